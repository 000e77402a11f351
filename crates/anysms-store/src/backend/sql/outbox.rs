//! [`EnqueueSql`]: statements that enqueue messages by any driver.

use std::{collections::HashSet, fmt};

use jiff::Timestamp;

use super::{
    SqlBackend,
    connection::Dialect,
    given::{given, names},
    rows::{
        CONTENT, ENTRY, Field, Kind, QUEUE,
        column::{Role, named, without_id},
        json::Rows,
    },
    threads::on_conflict,
};
use crate::{Stage, backend::RawBackend, model::hash::ContentFingerprint};
use anysms::{error::Result, message::Message};

/// Statements that enqueue messages, for an application that speaks to the same database by another driver than `sqlx`.
/// Made by [`MessageStore::enqueue_sql`](crate::MessageStore::enqueue_sql).
///
/// Run them in the application's transaction, in this order, each with [`parameter`](Self::parameter) as its only
/// parameter, a text, bound to `$1`. The same statements again change nothing. In PostgreSQL workers hear of it when
/// the transaction commits; on SQLite, which has to be of version 3.42 or newer and have FTS5, within a second.
/// `Debug` shows no message.
///
/// ```
/// use anysms::Message;
/// use anysms_store::MessageStore;
///
/// fn enqueue(
///     store: &MessageStore,
///     message: Message,
///     mut execute: impl FnMut(&str, &str),
///     query: impl Fn(&str, &str) -> Vec<String>,
/// ) -> anysms::Result<()> {
///     let sql = store.enqueue_sql(&[message], None)?;
///     for statement in &sql.statements {
///         execute(statement, &sql.parameter);
///     }
///     let refused = query(&sql.conflicts, &sql.parameter);
///     assert!(refused.is_empty(), "{refused:?} were used for other messages: roll back");
///     Ok(())
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EnqueueSql {
    /// Statements to execute, in this order. None of them gives rows that matter.
    pub statements: Vec<String>,
    /// Query to run after them: the keys that were used for different messages already, one in each row, and behind it
    /// the tenant. Where there are some, these messages are not in the queue.
    pub conflicts: String,
    /// Messages, as JSON.
    pub parameter: String,
}

impl EnqueueSql {
    pub(crate) fn new(
        backend: &SqlBackend,
        messages: &[Message],
        at: Option<Timestamp>,
    ) -> Result<Self> {
        let now = backend.clock().now();
        let mut known = HashSet::new();
        let mut rows = Rows::new();
        for message in messages {
            let entry = backend.policy.queued(message, at, now, &backend.seal);
            if !known.insert((entry.tenant.clone(), entry.key.clone(), entry.content)) {
                continue;
            }
            let (roles, mut first) = ([Role::Fixed, Role::Changing], true); // the database gives the ids
            rows.start();
            for table in [ENTRY, CONTENT, QUEUE] {
                rows.columns(&entry, table, &roles, &mut first);
            }
            let first_edition = ContentFingerprint::of_version(1, message).hash;
            rows.end(&format!(",\"{}\":{first_edition}", FIRST_EDITION.0));
        }
        let parameter = rows.text()?;
        let keys = backend.policy.keys.as_micros().try_into().unwrap_or(i64::MAX);
        let (statements, conflicts) = statements(backend.dialect(), &backend.sql.prefix, keys);
        Ok(Self { statements, conflicts, parameter })
    }
}

/// Hash of the content as the first edition made it, for rows that it wrote.
const FIRST_EDITION: Field = ("content_1", Kind::Int);

/// Returns the statements of the queue. A key stands for its message for `keys` microseconds.
fn statements(dialect: Dialect, p: &str, keys: i64) -> (Vec<String>, String) {
    // The database gives the ids.
    let (entry, content, place) = (&without_id(ENTRY), &without_id(CONTENT), &without_id(QUEUE));
    let mut by = named(ENTRY, &["tenant", "key", "content", "created_at"]);
    by.push(FIRST_EDITION);
    let and = |more: &[Field]| by.iter().chain(more).copied().collect::<Vec<_>>();
    let same = "m.freed = 0 AND m.tenant = x.tenant AND m.key = x.key";
    let tags = match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => "json_each(m.tags)",
        #[cfg(feature = "postgres")]
        Dialect::Postgres => "json_array_elements_text(m.tags::json)",
    };
    // What ended longer ago than a key stands for its message gives its key away, as `Case::is_over` says.
    let dead = Stage::Dead.number();
    let over = format!(
        "m.created_at <= x.created_at - {keys} AND coalesce(m.due_at, 0) <= x.created_at - {keys} AND \
         NOT EXISTS (SELECT 1 FROM {p}queue q WHERE q.message = m.id AND q.stage <> {dead}) AND \
         NOT EXISTS (SELECT 1 FROM {p}attempt a WHERE a.message = m.id AND \
         (a.outcome IS NULL OR a.begun_at > x.created_at - {keys}))"
    );
    // Nobody has begun what this very call wrote, and it has no place so far.
    let fresh = format!(
        "m.content = x.content AND m.created_at = x.created_at AND m.status = 0 \
         AND NOT EXISTS (SELECT 1 FROM {p}queue q WHERE q.message = m.id)"
    );
    let statements = [
        format!(
            "UPDATE {p}message AS m SET freed = m.id FROM {} WHERE {same} AND {over}",
            given(dialect, &by)
        ),
        format!(
            "INSERT INTO {p}message ({0}) SELECT {0} FROM {1} WHERE true \
             ON CONFLICT (tenant, key) WHERE freed = 0 DO NOTHING",
            names(entry, ""),
            given(dialect, entry)
        ),
        format!(
            "INSERT INTO {p}content (message, {}) SELECT m.id, {} FROM {p}message m, {} \
             WHERE {same} ON CONFLICT (message) DO NOTHING",
            names(content, ""),
            names(content, "x."),
            given(dialect, &and(content))
        ),
        format!(
            "INSERT INTO {p}queue (message, {}) SELECT m.id, {} FROM {p}message m, {} \
             WHERE {same} AND {fresh}",
            names(place, ""),
            names(place, "x."),
            given(dialect, &and(place))
        ),
        format!(
            "INSERT INTO {p}tag (tag, message) SELECT e.value, m.id FROM {p}message m, {}, {tags} e \
             WHERE {same} ON CONFLICT (tag, message) DO NOTHING",
            given(dialect, &by)
        ),
        format!(
            "INSERT INTO {p}thread (tenant, local, remote, last_entry, last_at, unread, state, opened_at) \
             SELECT m.tenant, coalesce(m.local, ''), m.remote, max(m.id), max(m.created_at), 0, 0, \
             min(m.created_at) FROM {p}message m, {} WHERE {same} AND m.forgotten < 2 AND m.direction = 0 \
             GROUP BY m.tenant, coalesce(m.local, ''), m.remote {}",
            given(dialect, &by),
            on_conflict(p)
        ),
    ];
    let conflicts = format!(
        "SELECT m.key, m.tenant FROM {p}message m, {} WHERE {same} AND m.content <> \
         CASE m.content_version WHEN 1 THEN x.{} ELSE x.content END",
        given(dialect, &by),
        FIRST_EDITION.0
    );
    match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => {
            let old = |sql: String| sql.replace("jsonb_each(", "json_each("); // that came later
            (statements.map(old).into(), old(conflicts))
        }
        #[cfg(feature = "postgres")]
        Dialect::Postgres => {
            let notify = format!("SELECT pg_notify('{p}queue', '') WHERE $1::text IS NOT NULL");
            (statements.into_iter().chain([notify]).collect(), conflicts)
        }
    }
}

impl fmt::Debug for EnqueueSql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnqueueSql").field("statements", &self.statements.len()).finish()
    }
}
