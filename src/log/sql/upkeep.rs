//! [`Upkeep`]: the statements by which a log forgets.

use crate::log::{
    LogStatus, Stage,
    retention::ERASED,
    sql::{
        link::{Dialect, Sql},
        rows::{FORGET, Field, Kind},
        statements::given,
    },
};

const ID: [Field; 1] = [("id", Kind::Int)];

/// The statements by which a log forgets.
#[derive(Debug)]
pub(crate) struct Upkeep {
    pub(crate) older: Sql,
    pub(crate) with_address: Sql,
    /// What waits is called back.
    pub(crate) call_back: Sql,
    pub(crate) forget_texts: [Sql; 2],
    /// The first takes what stands in place of the numbers as well.
    pub(crate) forget_numbers: [Sql; 2],
    pub(crate) ended: Sql,
    pub(crate) remove: [Sql; 6],
    pub(crate) remove_unknown_events: Sql,
}

impl Upkeep {
    pub(crate) fn new(dialect: Dialect, p: &str) -> Self {
        let ids = format!("(SELECT id FROM {})", given(dialect, &ID));
        let sending = Stage::ALL[Stage::Sending as usize].1;
        let dead = Stage::ALL[Stage::Dead as usize].1;
        let (prepared, canceled) = (LogStatus::Prepared.rank(), LogStatus::Canceled.rank());
        // Nobody will send it.
        let idle =
            format!("NOT EXISTS (SELECT 1 FROM {p}queue WHERE message = id AND stage <> {dead})");
        // The degrees by name, so that the index gives the oldest of each.
        Self {
            older: format!(
                "SELECT id, theirs FROM {p}message WHERE forgotten IN (0, 1) AND forgotten < $1 AND \
                 created_at < $2 AND {idle} LIMIT $3"
            )
            .into(),
            with_address: format!(
                "SELECT id FROM {p}message WHERE theirs IN (SELECT theirs FROM {}) LIMIT $2",
                given(dialect, &[FORGET[1]])
            )
            .into(),
            call_back: format!(
                "UPDATE {p}message SET status = {canceled} WHERE status = {prepared} AND EXISTS (SELECT 1 \
                 FROM {p}queue WHERE message = id AND stage <> {sending}) AND id IN {ids}"
            )
            .into(),
            forget_texts: [
                format!("UPDATE {p}message SET forgotten = 1 WHERE forgotten = 0 AND id IN {ids}"),
                format!("UPDATE {p}content SET body = NULL, media = '[]' WHERE message IN {ids}"),
            ]
            .map(Into::into),
            forget_numbers: [
                format!(
                    "UPDATE {p}message SET theirs = x.theirs, content = 0, forgotten = 2 FROM {} \
                     WHERE {p}message.id = x.id AND (forgotten < 2 OR x.theirs = '{ERASED}')",
                    given(dialect, &FORGET)
                ),
                format!(
                    "UPDATE {p}content SET body = NULL, media = '[]', body_hash = NULL \
                     WHERE message IN {ids}"
                ),
            ]
            .map(Into::into),
            ended: format!(
                "SELECT id FROM {p}message WHERE forgotten IN (0, 1, 2) AND created_at < $1 AND \
                 coalesce(due_at, 0) < $1 AND {idle} AND NOT EXISTS (SELECT 1 FROM {p}attempt WHERE \
                 message = {p}message.id AND (outcome IS NULL OR begun_at >= $1)) LIMIT $2"
            )
            .into(),
            remove: [
                format!(
                    "DELETE FROM {p}event WHERE attempt <> 0 AND attempt IN \
                     (SELECT a.id FROM {p}attempt a WHERE a.message IN {ids})"
                ),
                format!("DELETE FROM {p}attempt WHERE message IN {ids}"),
                format!("DELETE FROM {p}tag WHERE message IN {ids}"),
                format!("DELETE FROM {p}content WHERE message IN {ids}"),
                format!("DELETE FROM {p}queue WHERE message IN {ids}"),
                format!("DELETE FROM {p}message WHERE id IN {ids}"),
            ]
            .map(Into::into),
            remove_unknown_events: format!(
                "DELETE FROM {p}event WHERE attempt = 0 AND received_at < $1"
            )
            .into(),
        }
    }

    #[cfg(all(test, feature = "sqlite"))]
    pub(crate) fn all(&self) -> impl Iterator<Item = &Sql> {
        let single = [
            &self.older,
            &self.with_address,
            &self.call_back,
            &self.ended,
            &self.remove_unknown_events,
        ];
        let steps = self.forget_texts.iter().chain(&self.forget_numbers).chain(&self.remove);
        single.into_iter().chain(steps)
    }
}
