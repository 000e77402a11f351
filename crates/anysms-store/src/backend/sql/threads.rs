//! [`ThreadSql`]: statements of the threads, and the threads within a transaction.

use async_trait::async_trait;

use anysms::{TenantId, error::Result};

use crate::{
    EntryId, Thread, ThreadId,
    backend::sql::{
        connection::{Arg, Columns, Corrupt, Dialect, Sql, Value},
        error::failed,
        given::{given, given_rows, names},
        rows::{
            ENTRY,
            column::{all, named},
            json::{INSERTED, rows_of},
            stored::micros,
            thread::{COLUMNS, THREAD, read_ends, read_thread},
        },
        transaction::{SqlTransaction, corrupt, ids_of},
    },
    model::thread::ThreadRow,
    protocol::threads::ThreadTables,
};

/// The statements. A message is in the thread of its remote address, its tenant and its own address, which is empty
/// for none; one that lost its number is in none.
#[derive(Debug)]
pub(crate) struct ThreadSql {
    /// Takes messages into their threads.
    join: Sql,
    /// Holds threads, in order.
    hold: Option<Sql>,
    /// Threads of messages, each with the number of messages that are not read.
    of: Sql,
    /// Takes messages that are gone out of their threads.
    leave: Sql,
    /// Removes threads without a message.
    remove_empty: Sql,
    /// Subtracts messages that were read.
    read: Sql,
    hold_one: Option<Sql>,
    pub(super) by_id: Sql,
    pub(super) between: Sql,
    save: Sql,
    mark_read: Sql,
    /// Marks messages as read, by their ids.
    pub(super) read_entries: Sql,
    /// Holds all threads.
    hold_all: Option<Sql>,
    /// Name of the prefix, for the statements of a rebuild.
    prefix: String,
    unread: Sql,
}

/// Number of messages of a part of a rebuild, but for the last remote address.
const PART: i64 = 5_000;

impl ThreadSql {
    pub(crate) fn new(dialect: Dialect, p: &str) -> Self {
        #[cfg(feature = "postgres")]
        let postgres = dialect == Dialect::Postgres;
        #[cfg(not(feature = "postgres"))]
        let postgres = false;
        let columns = &all(THREAD);
        let rows = given_rows(dialect, columns);
        let name = names(columns, "");
        let same = |one: &str| {
            format!("{one}.remote = x.remote AND {one}.tenant = x.tenant AND {one}.local = x.local")
        };
        let own = format!("{p}thread");
        let of_message = format!(
            "m.remote = {own}.remote AND m.tenant = {own}.tenant AND coalesce(m.local, '') = {own}.local"
        );
        let latest = |column: &str| {
            format!(
                "coalesce((SELECT m.{column} FROM {p}message m WHERE {of_message} ORDER BY m.id DESC LIMIT 1), 0)"
            )
        };
        let less = format!(
            "unread = CASE WHEN {own}.unread > x.unread THEN {own}.unread - x.unread ELSE 0 END"
        );
        let select = |condition: &str| -> Sql {
            shown(p, &format!("SELECT {COLUMNS} FROM {own} WHERE {condition}")).into()
        };
        Self {
            join: format!(
                "INSERT INTO {own} ({name}, state, opened_at) SELECT {name}, 0, last_at FROM {rows} WHERE true {}",
                on_conflict(p)
            )
            .into(),
            hold: postgres.then(|| {
                format!(
                    "SELECT t.id FROM {own} t, {rows} WHERE {} \
                     ORDER BY t.remote COLLATE \"C\", t.tenant COLLATE \"C\", t.local COLLATE \"C\" FOR UPDATE OF t",
                    same("t")
                )
                .into()
            }),
            of: format!(
                "SELECT tenant, coalesce(local, ''), remote, \
                 count(CASE WHEN direction = 1 AND read_at IS NULL THEN 1 END) FROM {p}message \
                 WHERE forgotten < 2 AND id IN (SELECT id FROM {}) GROUP BY tenant, coalesce(local, ''), remote",
                given(dialect, &named(ENTRY, &["id"]))
            )
            .into(),
            leave: format!(
                "UPDATE {own} SET {less}, last_entry = {}, last_at = {} FROM {rows} WHERE {}",
                latest("id"),
                latest("created_at"),
                same(&own)
            )
            .into(),
            remove_empty: format!("DELETE FROM {own} WHERE last_entry = 0").into(),
            read: format!("UPDATE {own} SET {less} FROM {rows} WHERE {}", same(&own)).into(),
            hold_one: postgres.then(|| format!("SELECT id FROM {own} WHERE id = $1 FOR UPDATE").into()),
            by_id: select("id = $1"),
            between: select("remote = $1 AND tenant = $2 AND local = $3"),
            save: format!(
                "UPDATE {own} SET state = $2, snoozed_until = nullif($3, 0), opened_at = $4, \
                 closed_at = nullif($5, 0), assignee = nullif($6, ''), subject = nullif($7, '') WHERE id = $1"
            )
            .into(),
            unread: format!(
                "SELECT remote, tenant, local, unread FROM {own} WHERE id = $1 AND unread > 0"
            )
            .into(),
            mark_read: format!(
                "UPDATE {p}message SET read_at = $5 WHERE id IN (SELECT id FROM {p}message \
                 WHERE remote = $1 AND tenant = $2 AND coalesce(local, '') = $3 AND direction = 1 \
                 AND read_at IS NULL ORDER BY id DESC LIMIT $4) RETURNING id, tenant, coalesce(local, ''), remote, direction"
            )
            .into(),
            read_entries: format!(
                "UPDATE {p}message SET read_at = $2 WHERE direction = 1 AND read_at IS NULL \
                 AND id IN (SELECT id FROM {}) RETURNING id, tenant, coalesce(local, ''), remote, direction",
                given(dialect, &named(ENTRY, &["id"]))
            )
            .into(),
            hold_all: postgres
                .then(|| format!("LOCK TABLE {own} IN SHARE ROW EXCLUSIVE MODE").into()),
            prefix: p.to_owned(),
        }
    }

    #[cfg(all(test, feature = "sqlite"))]
    pub(crate) fn all(&self) -> impl Iterator<Item = &Sql> {
        [
            &self.join,
            &self.of,
            &self.leave,
            &self.remove_empty,
            &self.read,
            &self.by_id,
            &self.between,
            &self.save,
            &self.unread,
            &self.mark_read,
            &self.read_entries,
        ]
        .into_iter()
    }
}

/// Returns the statement of threads with their last messages, by that of the threads alone.
pub(super) fn shown(p: &str, threads: &str) -> String {
    let columns: Vec<String> = COLUMNS.split(", ").map(|name| format!("t.{name}")).collect();
    format!(
        "SELECT {}, m.direction, m.status, c.body FROM ({threads}) AS t \
         LEFT JOIN {p}message m ON m.id = t.last_entry LEFT JOIN {p}content c ON c.message = t.last_entry \
         ORDER BY t.last_entry DESC",
        columns.join(", ")
    )
}

/// Returns the rule by which messages change a thread that is there: an inbound one opens it, and a closed one begins
/// a session with it.
pub(super) fn on_conflict(p: &str) -> String {
    let own = format!("{p}thread");
    let later = format!("excluded.last_entry > {own}.last_entry");
    format!(
        "ON CONFLICT (remote, tenant, local) DO UPDATE SET \
         last_entry = CASE WHEN {later} THEN excluded.last_entry ELSE {own}.last_entry END, \
         last_at = CASE WHEN {later} THEN excluded.last_at ELSE {own}.last_at END, \
         unread = {own}.unread + excluded.unread, \
         opened_at = CASE WHEN excluded.unread > 0 AND {own}.state = 1 THEN excluded.last_at \
         ELSE {own}.opened_at END, \
         state = CASE WHEN excluded.unread > 0 THEN 0 ELSE {own}.state END, \
         snoozed_until = CASE WHEN excluded.unread > 0 THEN NULL ELSE {own}.snoozed_until END"
    )
}

impl SqlTransaction<'_, '_> {
    async fn thread_rows(&mut self, sql: &Sql, rows: &[ThreadRow]) -> Result<()> {
        let rows = rows_of(self.connection.dialect(), rows, THREAD, &INSERTED)?;
        self.connection.rows(sql, &rows).await.map_err(failed)?;
        Ok(())
    }

    /// Takes messages that were just written into their threads.
    pub(super) async fn join_threads(&mut self, rows: Vec<ThreadRow>) -> Result<()> {
        if rows.is_empty() { Ok(()) } else { self.thread_rows(&self.sql.threads.join, &rows).await }
    }

    /// Returns the threads of messages that are about to go, or to lose their numbers.
    pub(super) async fn threads_of(
        &mut self,
        ids: impl IntoIterator<Item = EntryId>,
    ) -> Result<Vec<ThreadRow>> {
        let rows = self.connection.rows(&self.sql.threads.of, &[ids_of(ids)?]).await;
        let read = |row| read_ends(&mut Columns::new(row));
        let rows: Vec<_> = rows.map_err(failed)?.into_iter().map(read).collect();
        let rows: std::result::Result<Vec<_>, Corrupt> = rows.into_iter().collect();
        let mut rows = rows.map_err(|Corrupt| corrupt("a thread"))?;
        ThreadRow::sum(&mut rows);
        Ok(rows)
    }

    /// Brings threads up to date from which messages have gone, and removes those that have none left.
    pub(super) async fn leave_threads(&mut self, rows: &[ThreadRow]) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        if let Some(hold) = &self.sql.threads.hold {
            self.thread_rows(hold, rows).await?;
        }
        self.thread_rows(&self.sql.threads.leave, rows).await?;
        let empty = &self.sql.threads.remove_empty;
        self.connection.rows(empty, &[]).await.map_err(failed)?;
        Ok(())
    }

    /// Subtracts messages that were read from their threads. Their rows are an id, the ends and the direction,
    /// which is 1.
    pub(super) async fn read_threads(&mut self, read: Vec<Vec<Value>>) -> Result<u64> {
        let count = read.len() as u64;
        let ends = |row| {
            let mut columns = Columns::new(row);
            columns.skip();
            read_ends(&mut columns)
        };
        let rows: std::result::Result<Vec<_>, Corrupt> = read.into_iter().map(ends).collect();
        let mut rows = rows.map_err(|Corrupt| corrupt("a message"))?;
        ThreadRow::sum(&mut rows);
        if !rows.is_empty() {
            if let Some(hold) = &self.sql.threads.hold {
                self.thread_rows(hold, &rows).await?;
            }
            self.thread_rows(&self.sql.threads.read, &rows).await?;
        }
        Ok(count)
    }

    async fn run_text(&mut self, text: String, args: &[Arg]) -> Result<Vec<Vec<Value>>> {
        self.connection.rows(&Sql::from(text), args).await.map_err(failed)
    }
}

#[async_trait]
impl ThreadTables for SqlTransaction<'_, '_> {
    async fn thread(&mut self, id: ThreadId) -> Result<Option<Thread>> {
        if let Some(hold) = &self.sql.threads.hold_one {
            self.connection.rows(hold, &[Arg::Int(id.0)]).await.map_err(failed)?;
        }
        let rows = self.connection.rows(&self.sql.threads.by_id, &[Arg::Int(id.0)]).await;
        let row = rows.map_err(failed)?.into_iter().next();
        row.map(read_thread).transpose().map_err(|Corrupt| corrupt("a thread"))
    }

    async fn save_thread(&mut self, thread: &Thread) -> Result<()> {
        let time = |time: Option<jiff::Timestamp>| Arg::Int(time.map(micros).unwrap_or_default());
        let text = |text: Option<&str>| Arg::Text(text.unwrap_or_default().to_owned());
        let args = [
            Arg::Int(thread.id.0),
            Arg::Int(thread.state.number()),
            time(thread.snoozed_until),
            Arg::Int(micros(thread.opened_at)),
            time(thread.closed_at),
            text(thread.assignee.as_deref()),
            text(thread.subject.as_deref()),
        ];
        self.connection.rows(&self.sql.threads.save, &args).await.map_err(failed)?;
        Ok(())
    }

    /// Looks at no more messages than lie before the oldest that is not read.
    async fn mark_thread_read(&mut self, id: ThreadId) -> Result<u64> {
        let rows = self.connection.rows(&self.sql.threads.unread, &[Arg::Int(id.0)]).await;
        let Some(row) = rows.map_err(failed)?.into_iter().next() else { return Ok(0) };
        let arg = |value| match value {
            Value::Int(int) => Arg::Int(int),
            Value::Text(text) => Arg::Text(text),
            Value::Null => Arg::Text(String::new()),
        };
        let mut args: Vec<Arg> = row.into_iter().map(arg).collect();
        args.push(Arg::Int(micros(self.now)));
        let read = self.connection.rows(&self.sql.threads.mark_read, &args).await;
        self.read_threads(read.map_err(failed)?).await
    }

    async fn rebuild_threads(
        &mut self,
        tenant: Option<&TenantId>,
        after: Option<&str>,
    ) -> Result<Option<String>> {
        let p = self.sql.threads.prefix.clone();
        if let Some(hold) = &self.sql.threads.hold_all {
            self.connection.rows(hold, &[]).await.map_err(failed)?;
        }
        let (mut args, mut bounds) = (Vec::new(), String::new());
        let mut bound = |condition: &str, text: &str| {
            args.push(Arg::Text(text.to_owned()));
            bounds += &format!(" AND {condition} ${}", args.len());
            (args.clone(), bounds.clone())
        };
        let mut bounded = (Vec::new(), String::new());
        if let Some(tenant) = tenant {
            bounded = bound("tenant =", tenant.as_str());
        }
        if let Some(after) = after {
            bounded = bound("remote >", after);
        }
        let (with, text) = &bounded;
        let last = format!(
            "SELECT remote FROM {p}message WHERE true{text} ORDER BY remote LIMIT 1 OFFSET {PART}"
        );
        let last = self.run_text(last, with).await?.into_iter().next();
        let last = last.map(|row| Columns::new(row).text()).transpose();
        let last = last.map_err(|Corrupt| corrupt("a message"))?;
        if let Some(last) = &last {
            bounded = bound("remote <=", last);
        }
        let (args, bounds) = bounded;
        let made = format!(
            "INSERT INTO {p}thread (tenant, local, remote, last_entry, last_at, unread, state, opened_at) \
             {} ON CONFLICT (remote, tenant, local) DO UPDATE SET last_entry = excluded.last_entry, \
             last_at = excluded.last_at, unread = excluded.unread",
            projected(&p, &bounds)
        );
        self.run_text(made, &args).await?;
        let empty = format!(
            "DELETE FROM {p}thread WHERE NOT EXISTS (SELECT 1 FROM {p}message m WHERE m.forgotten < 2 AND \
             m.remote = {p}thread.remote AND m.tenant = {p}thread.tenant AND \
             coalesce(m.local, '') = {p}thread.local){bounds}"
        );
        self.run_text(empty, &args).await?;
        Ok(last)
    }
}

/// Returns the query of the threads that messages make.
fn projected(p: &str, bounds: &str) -> String {
    format!(
        "SELECT g.tenant, g.local, g.remote, g.last_entry, (SELECT m.created_at FROM {p}message m \
         WHERE m.id = g.last_entry), g.unread, 0, g.opened_at FROM (SELECT tenant, coalesce(local, '') AS local, \
         remote, max(id) AS last_entry, count(CASE WHEN direction = 1 AND read_at IS NULL THEN 1 END) AS unread, \
         min(created_at) AS opened_at FROM {p}message WHERE forgotten < 2{bounds} \
         GROUP BY tenant, coalesce({p}message.local, ''), remote) AS g WHERE true"
    )
}
