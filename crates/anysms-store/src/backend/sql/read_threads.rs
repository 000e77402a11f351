//! Reads of threads: lists, one thread, and the messages of one.

use jiff::Timestamp;

use anysms::{
    TenantId,
    error::{Error, ErrorKind, Result},
    message::{Cursor, Page},
};

use crate::{
    Entry, Thread, ThreadFilter, ThreadId, ThreadState,
    backend::sql::{
        connection::{Arg, Columns, Connection, Corrupt, Sql},
        error::failed,
        read::{corrupt, whole},
        rows::{
            id_of,
            stored::micros,
            thread::{COLUMNS, read_thread},
        },
        statements::Statements,
        threads::shown,
    },
    model::thread::ThreadEnds,
};

/// Reads the place before which a page begins.
fn before(cursor: Option<&Cursor>) -> Result<Option<i64>> {
    let bad = |_| {
        Error::not_sent(ErrorKind::InvalidRequest)
            .with_detail("cursor: not of this store and filter")
    };
    cursor.map(|cursor| cursor.as_str().parse().map_err(bad)).transpose()
}

/// Conditions of a list, and their parameters.
struct Conditions {
    args: Vec<Arg>,
    now: usize,
    sql: String,
}

impl Conditions {
    fn of(filter: &ThreadFilter, before: Option<i64>, now: Timestamp) -> Self {
        let (sql, args) = (String::new(), vec![Arg::Int(micros(now))]);
        let mut all = Self { args, now: 1, sql };
        if let Some(tenant) = &filter.tenant {
            let tenant = tenant.as_ref().map_or("", TenantId::as_str);
            all.and("tenant =", Arg::Text(tenant.to_owned()));
        }
        match &filter.assignee {
            Some(Some(assignee)) => all.and("assignee =", Arg::Text(assignee.clone())),
            Some(None) => all.sql += " AND assignee IS NULL",
            None => {}
        }
        if filter.unread {
            all.sql += " AND unread > 0";
        }
        if let Some(remote) = &filter.remote {
            all.and("remote =", Arg::Text(remote.to_string()));
        }
        if let Some(local) = &filter.local {
            all.and("local =", Arg::Text(local.to_string()));
        }
        if let Some(before) = before {
            all.and("last_entry <", Arg::Int(before));
        }
        all
    }

    fn and(&mut self, condition: &str, arg: Arg) {
        self.args.push(arg);
        self.sql += &format!(" AND {condition} ${}", self.args.len());
    }

    /// Returns the conditions of a state now, each with a range of the index of states.
    fn states(&self, state: Option<ThreadState>) -> Vec<String> {
        let [open, closed, snoozed] = [0, 1, 2].map(|number| format!("state = {number}"));
        let now = self.now;
        match state {
            Some(ThreadState::Open) => {
                vec![open, format!("{snoozed} AND snoozed_until <= ${now}")]
            }
            Some(ThreadState::Closed) => vec![closed],
            Some(ThreadState::Snoozed) => vec![format!("{snoozed} AND snoozed_until > ${now}")],
            None => vec![open, closed, snoozed],
        }
    }
}

/// Returns the statement of a page, which asks for one thread more than `most`, and its parameters.
fn list(
    p: &str,
    filter: &ThreadFilter,
    most: u32,
    before: Option<i64>,
    now: Timestamp,
) -> (Sql, Vec<Arg>) {
    let mut of = Conditions::of(filter, before, now);
    let states = of.states(filter.state);
    of.args.push(Arg::Int(i64::from(most) + 1));
    let end = format!("ORDER BY last_entry DESC LIMIT ${}", of.args.len());
    // Few have the same assignee, the same person or something unread; each of them has an index of its own.
    let has_index = filter.unread
        || filter.remote.is_some()
        || matches!(filter.assignee, Some(Some(_)))
        || filter.tenant.is_none();
    let threads = if has_index {
        let state = match filter.state {
            Some(_) => format!(" AND ({})", states.join(" OR ")),
            None => String::new(),
        };
        let sql = &of.sql;
        // Every statement has the same parameters.
        format!("SELECT {COLUMNS} FROM {p}thread WHERE $1 >= 0{state}{sql} {end}")
    } else {
        let branch = |state: &String| {
            let sql = &of.sql;
            format!(
                "SELECT * FROM (SELECT {COLUMNS} FROM {p}thread WHERE $1 >= 0 AND {state}{sql} {end}) AS b"
            )
        };
        let branches: Vec<String> = states.iter().map(branch).collect();
        format!("SELECT * FROM ({}) AS a {end}", branches.join(" UNION ALL "))
    };
    (shown(p, &threads).into(), of.args)
}

/// Reads one page of threads, those with the latest message first. A row that cannot be read is left out.
pub(crate) async fn threads(
    connection: &mut Connection<'_>,
    sql: &Statements,
    filter: &ThreadFilter,
    most: u32,
    cursor: Option<&Cursor>,
    now: Timestamp,
) -> Result<Page<Thread>> {
    let (text, args) = list(&sql.prefix, filter, most, before(cursor)?, now);
    let rows = connection.rows(&text, &args).await.map_err(failed)?;
    let more = rows.len() > most as usize;
    let rows = rows.into_iter().take(most as usize);
    let items: Vec<Thread> = rows.filter_map(|row| read_thread(row).ok()).collect();
    let next = items.last().filter(|_| more).map(|last| Cursor::new(last.last.entry.to_string()));
    Ok(Page::new(items.into_iter().map(|thread| thread.at(now)).collect(), next))
}

/// Reads one thread by its place.
pub(crate) async fn thread(
    connection: &mut Connection<'_>,
    sql: &Statements,
    id: ThreadId,
    now: Timestamp,
) -> Result<Option<Thread>> {
    one(connection, &sql.threads.by_id, &[Arg::Int(id.0)], now).await
}

/// Reads one thread by its ends.
pub(crate) async fn thread_between(
    connection: &mut Connection<'_>,
    sql: &Statements,
    ends: &ThreadEnds,
    now: Timestamp,
) -> Result<Option<Thread>> {
    let args = [&ends.remote, &ends.tenant, &ends.local].map(|text| Arg::Text(text.clone()));
    one(connection, &sql.threads.between, &args, now).await
}

async fn one(
    connection: &mut Connection<'_>,
    sql: &Sql,
    args: &[Arg],
    now: Timestamp,
) -> Result<Option<Thread>> {
    let row = connection.rows(sql, args).await.map_err(failed)?.into_iter().next();
    let thread = row.map(read_thread).transpose().map_err(corrupt)?;
    Ok(thread.map(|thread| thread.at(now)))
}

/// Returns the statement of a page of the messages of a thread.
fn entries(select: &str, before: Option<i64>) -> String {
    let before = if before.is_some() { " AND id < $5" } else { "" };
    format!(
        "{select} WHERE remote = $2 AND tenant = $3 AND coalesce(local, '') = $4{before} \
         ORDER BY id DESC LIMIT $1"
    )
}

/// Reads one page of the messages of a thread, the latest first.
pub(crate) async fn thread_entries(
    connection: &mut Connection<'_>,
    sql: &Statements,
    id: ThreadId,
    most: u32,
    cursor: Option<&Cursor>,
) -> Result<Page<Entry>> {
    let before = before(cursor)?;
    let ends = format!("SELECT remote, tenant, local FROM {}thread WHERE id = $1", sql.prefix);
    let ends = connection.rows(&ends.into(), &[Arg::Int(id.0)]).await.map_err(failed)?;
    let Some(ends) = ends.into_iter().next() else { return Ok(Page::new(Vec::new(), None)) };
    let mut ends = Columns::new(ends);
    let mut args = vec![Arg::Int(i64::from(most) + 1)];
    for _ in 0..3 {
        args.push(Arg::Text(ends.text().map_err(corrupt)?));
    }
    args.extend(before.map(Arg::Int));
    let text = entries(&sql.select, before).into();
    let rows = connection.rows(&text, &args).await.map_err(failed)?;
    let more = rows.len() > most as usize;
    let last = rows.get(most as usize - 1).filter(|_| more).map(|row| id_of(row));
    let last = last.transpose().map_err(|Corrupt| corrupt(Corrupt))?;
    let items = whole(connection, sql, rows.into_iter().take(most as usize)).await?;
    Ok(Page::new(items, last.map(|id| Cursor::new(id.to_string()))))
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;
    use crate::backend::sql::{connection::Dialect, schema::tests::Plans};

    /// Checks that no list reads a table from end to end, or sorts more than a page.
    #[tokio::test]
    async fn lists_of_threads_have_their_indexes() {
        let mut plans = Plans::with_prefix("sms_").await;
        let number: anysms::PhoneNumber = "+447700900123".parse().unwrap();
        let all = || ThreadFilter::new().with_tenant("clinic".parse::<TenantId>().unwrap());
        let filters = [
            ThreadFilter::new(),
            ThreadFilter::new().with_state(ThreadState::Open),
            all(),
            all().with_state(ThreadState::Open),
            all().with_state(ThreadState::Closed),
            all().with_state(ThreadState::Snoozed),
            all().unassigned(),
            all().unread(),
            all().unread().with_state(ThreadState::Open),
            all().with_assignee("desk-2"),
            all().with_assignee("desk-2").with_state(ThreadState::Open),
            all().with_remote(number),
        ];
        for filter in filters {
            for before in [None, Some(7)] {
                let (text, _) = list("sms_", &filter, 50, before, Timestamp::UNIX_EPOCH);
                for step in plans.of(&text).await {
                    let whole = step.starts_with("SCAN sms_thread") && !step.contains("INDEX");
                    assert!(!whole && !step.starts_with("SCAN m"), "{step}: {filter:?}");
                }
            }
        }
        let sql = Statements::new(Dialect::Sqlite, "sms_");
        for before in [None, Some(7)] {
            for step in plans.of(&entries(&sql.select, before)).await {
                assert!(!step.contains("SCAN") && !step.contains("TEMP B-TREE"), "{step}");
                if step.contains("sms_message ") {
                    assert!(step.contains("INDEX sms_message_thread"), "{step}");
                }
            }
        }
    }
}
