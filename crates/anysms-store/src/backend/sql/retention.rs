//! [`RetentionSql`]: statements that remove what is old.

use std::collections::HashSet;

use async_trait::async_trait;
use jiff::Timestamp;

use anysms::{error::Result, message::Text};

use crate::{
    EntryId, Progress, Stage,
    backend::sql::{
        connection::{Arg, Columns, Corrupt, Dialect, Sql, Value},
        error::failed,
        given::given,
        rows::{
            FORGET, Field, ForgetRow, Kind, Remotes, id_of, is_dead, json::json, stored::micros,
        },
        transaction::{SqlTransaction, corrupt, ids_of},
    },
    model::redaction::Redaction,
    protocol::retention::{ERASED, Forget},
    protocol::transaction::Upkeep,
};

const ID: [Field; 1] = [("id", Kind::Int)];

/// The statements.
#[derive(Debug)]
pub(crate) struct RetentionSql {
    pub(crate) older: Sql,
    pub(crate) with_address: Sql,
    /// Calls back what waits.
    pub(crate) call_back: Sql,
    pub(crate) forget_texts: [Sql; 2],
    /// The first takes what stands in place of the numbers as well.
    pub(crate) forget_numbers: [Sql; 2],
    pub(crate) ended: Sql,
    pub(crate) remove: [Sql; 7],
    pub(crate) remove_unknown_events: Sql,
}

impl RetentionSql {
    pub(crate) fn new(dialect: Dialect, p: &str) -> Self {
        let ids = format!("(SELECT id FROM {})", given(dialect, &ID));
        let sending = Stage::Sending.number();
        let dead = Stage::Dead.number();
        let (prepared, canceled) = (Progress::Prepared.rank(), Progress::Canceled.rank());
        // Nobody will send it.
        let idle =
            format!("NOT EXISTS (SELECT 1 FROM {p}queue WHERE message = id AND stage <> {dead})");
        // The degrees by name, so that the index gives the oldest of each.
        Self {
            older: format!(
                "SELECT id, remote FROM {p}message WHERE forgotten IN (0, 1) AND forgotten < $1 AND \
                 created_at < $2 AND {idle} LIMIT $3"
            )
            .into(),
            with_address: format!(
                "SELECT id FROM {p}message WHERE remote IN (SELECT remote FROM {}) LIMIT $2",
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
                format!(
                    "UPDATE {p}content SET body = NULL, media = '[]', kept = NULL WHERE message IN {ids}"
                ),
            ]
            .map(Into::into),
            forget_numbers: [
                format!(
                    "UPDATE {p}message SET remote = x.remote, content = 0, forgotten = 2 FROM {} \
                     WHERE {p}message.id = x.id AND (forgotten < 2 OR x.remote = '{ERASED}')",
                    given(dialect, &FORGET)
                ),
                format!(
                    "UPDATE {p}content SET body = NULL, media = '[]', body_hash = NULL, kept = NULL \
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
                format!("DELETE FROM {p}result WHERE message IN {ids}"),
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

impl SqlTransaction<'_, '_> {
    /// Holds messages as everybody does, their places in the queue first, and leaves out those that are to be
    /// sent after all.
    async fn hold_idle(&mut self, ids: Vec<EntryId>) -> Result<Vec<EntryId>> {
        let all = [ids_of(ids.iter().copied())?];
        let mut places = self.connection.rows(&self.sql.queue, &all).await.map_err(failed)?;
        if let Some(hold) = &self.sql.hold_entries {
            self.connection.rows(hold, &all).await.map_err(failed)?;
            // What came into the queue meanwhile.
            places.extend(self.connection.rows(&self.sql.queue, &all).await.map_err(failed)?);
        }
        let busy: HashSet<EntryId> =
            places.iter().filter(|row| !is_dead(row)).filter_map(|row| id_of(row).ok()).collect();
        Ok(ids.into_iter().filter(|id| !busy.contains(id)).collect())
    }

    /// Takes messages that are held out of the queue.
    async fn call_back(&mut self, ids: &Arg) -> Result<()> {
        let ids = std::slice::from_ref(ids);
        self.connection.rows(&self.sql.retention.call_back, ids).await.map_err(failed)?;
        self.connection.rows(&self.sql.leave_queue, ids).await.map_err(failed)?;
        Ok(())
    }
}

#[async_trait]
impl Upkeep for SqlTransaction<'_, '_> {
    async fn older(
        &mut self,
        than: Redaction,
        before: Timestamp,
        most: usize,
    ) -> Result<Vec<(EntryId, String)>> {
        let args = [Arg::Int(than as i64), Arg::Int(micros(before)), Arg::Int(most as i64)];
        let rows = self.connection.rows(&self.sql.retention.older, &args).await.map_err(failed)?;
        let read = |row| {
            let mut row = Columns::new(row);
            Ok((EntryId(row.int()?), row.text()?))
        };
        rows.into_iter().map(read).collect::<Result<_, _>>().map_err(|Corrupt| corrupt("an entry"))
    }

    async fn with_address(&mut self, remote: &[Text], most: usize) -> Result<Vec<EntryId>> {
        let remote: Vec<Remotes<'_>> = remote.iter().map(|remote| Remotes { remote }).collect();
        let args = [json(&remote)?, Arg::Int(most as i64)];
        let rows =
            self.connection.rows(&self.sql.retention.with_address, &args).await.map_err(failed)?;
        ids_in(&rows)
    }

    async fn forget_texts(&mut self, ids: &[EntryId]) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let ids = ids_of(self.hold_idle(ids.to_vec()).await?)?;
        self.call_back(&ids).await?;
        for sql in &self.sql.retention.forget_texts {
            self.connection.rows(sql, std::slice::from_ref(&ids)).await.map_err(failed)?;
        }
        Ok(())
    }

    async fn forget_numbers(&mut self, forget: &[Forget]) -> Result<()> {
        if forget.is_empty() {
            return Ok(());
        }
        let all: Vec<EntryId> = forget.iter().map(|forget| forget.id).collect();
        let idle = self.hold_idle(all.clone()).await?;
        // What is erased is called back; nothing else is that waits.
        let gone = |forget: &&Forget| forget.remote == ERASED || idle.contains(&forget.id);
        let forget: Vec<&Forget> = forget.iter().filter(gone).collect();
        let threads = self.threads_of(forget.iter().map(|forget| forget.id)).await?;
        let ids = ids_of(forget.iter().map(|forget| forget.id))?;
        self.call_back(&ids).await?;
        let rows: Vec<ForgetRow<'_>> = forget.into_iter().map(ForgetRow::of).collect();
        let [messages, contents] = &self.sql.retention.forget_numbers;
        self.connection.rows(messages, &[json(&rows)?]).await.map_err(failed)?;
        self.connection.rows(contents, &[ids]).await.map_err(failed)?;
        self.leave_threads(&threads).await
    }

    async fn remove(&mut self, before: Timestamp, most: usize) -> Result<u64> {
        let retention = &self.sql.retention;
        let args = [Arg::Int(micros(before)), Arg::Int(most as i64)];
        let rows = self.connection.rows(&retention.ended, &args).await.map_err(failed)?;
        let ids = self.hold_idle(ids_in(&rows)?).await?;
        let removed = ids.len() as u64;
        if removed > 0 {
            let threads = self.threads_of(ids.iter().copied()).await?;
            let ids = [ids_of(ids)?];
            for sql in &retention.remove {
                self.connection.rows(sql, &ids).await.map_err(failed)?;
            }
            self.leave_threads(&threads).await?;
        }
        self.connection.rows(&retention.remove_unknown_events, &args[..1]).await.map_err(failed)?;
        Ok(removed)
    }
}

fn ids_in(rows: &[Vec<Value>]) -> Result<Vec<EntryId>> {
    rows.iter()
        .map(|row| id_of(row))
        .collect::<Result<_, _>>()
        .map_err(|Corrupt| corrupt("an entry"))
}
