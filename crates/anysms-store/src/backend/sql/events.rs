//! [`EventSql`]: statements of the events that providers report.

use crate::backend::sql::{
    connection::{Dialect, Sql},
    given::{given, given_rows, names},
    rows::{
        ATTEMPT, ENTRY, EVENT, Field,
        column::{all, changes, changing, named},
    },
};

/// The statements.
#[derive(Debug)]
pub(crate) struct EventSql {
    pub(crate) insert: Sql,
    pub(crate) unknown: Sql,
    pub(crate) save: Sql,
    pub(crate) of_attempts: Sql,
}

impl EventSql {
    pub(crate) fn new(dialect: Dialect, p: &str) -> Self {
        let event = names(&all(EVENT), "");
        let set = |(name, _): &Field| format!("{name} = x.{name}");
        let set = changing(EVENT).iter().map(set).collect::<Vec<_>>().join(", ");
        Self {
            insert: format!(
                "INSERT INTO {p}event ({event}) SELECT {event} FROM {} WHERE true \
                 ON CONFLICT (id) DO UPDATE SET times = {p}event.times + excluded.times, attempt = \
                 CASE WHEN {p}event.attempt = 0 THEN excluded.attempt ELSE {p}event.attempt END \
                 RETURNING id, times, received_at",
                given_rows(dialect, &all(EVENT))
            )
            .into(),
            unknown: format!(
                "SELECT {event} FROM {p}event WHERE attempt = 0 AND (provider_id, provider) IN \
                 (SELECT provider_id, provider FROM {})",
                given(dialect, &named(ATTEMPT, &["provider", "provider_id"]))
            )
            .into(),
            save: format!(
                "UPDATE {p}event SET {} FROM {} \
                 WHERE {p}event.id = x.id AND {p}event.attempt = 0",
                set,
                given_rows(dialect, &changes(EVENT))
            )
            .into(),
            of_attempts: format!(
                "SELECT {event} FROM {p}event WHERE attempt IN (SELECT id FROM {}) AND attempt <> 0 \
                 ORDER BY received_at, id",
                given(dialect, &named(ENTRY, &["id"]))
            )
            .into(),
        }
    }

    #[cfg(all(test, feature = "sqlite"))]
    pub(crate) fn all(&self) -> impl Iterator<Item = &Sql> {
        [&self.insert, &self.unknown, &self.save, &self.of_attempts].into_iter()
    }
}
