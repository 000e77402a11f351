//! Claims by turns: what is due of each tenant, and the rows of those whose turn it is.

use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

use anysms::error::Result;

use super::transaction::{SqlTransaction, corrupt, ids_of};
use crate::{
    EntryId,
    backend::sql::{
        connection::{Arg, Columns, Corrupt, Dialect, Value},
        error::failed,
        rows::{id_of, stored::micros},
    },
    model::entry::Case,
    protocol::turns::{MOST_TENANTS, Turns, deal},
};

/// Distance by which a lease may seem to lie ahead before the clock must have been put back.
const SKEW: Duration = Duration::from_secs(2);

impl SqlTransaction<'_, '_> {
    /// Returns what is due of each tenant of a rank, from those behind one on, in the order of tenants.
    async fn due_behind(
        &mut self,
        rank: usize,
        (last, from_first): (&str, bool),
        most: usize,
    ) -> Result<Vec<(String, VecDeque<i64>)>> {
        let args = [
            Arg::Int(rank as i64),
            Arg::Int(micros(self.now)),
            Arg::Int(most as i64),
            Arg::Text(if from_first { String::new() } else { last.to_owned() }),
            Arg::Int(MOST_TENANTS as i64),
        ];
        let sql = &self.sql.turns[usize::from(from_first)];
        let rows = self.connection.rows(sql, &args).await.map_err(failed)?;
        let read = |row| {
            let mut row = Columns::new(row);
            let (tenant, list) = (row.text()?, row.text_or_none()?);
            let list: Vec<i64> = list
                .map_or(Ok(Vec::new()), |list| serde_json::from_str(&list))
                .map_err(|_| Corrupt)?;
            Ok((tenant, list.into()))
        };
        rows.into_iter().map(read).collect::<Result<_, _>>().map_err(|Corrupt| corrupt("the queue"))
    }

    /// Loads the messages that the queue has to look at, by turns, and that no other transaction holds.
    pub(super) async fn load_due(&mut self, most: usize, turns: &Turns) -> Result<Vec<Case>> {
        let mut places = Vec::new();
        for (rank, last) in turns.last.iter().enumerate() {
            let left = most - places.len();
            if left == 0 {
                break;
            }
            let mut tenants = match last {
                Some(last) => self.due_behind(rank, (last, false), left).await?,
                None => Vec::new(),
            };
            if tenants.iter().map(|(_, due)| due.len()).sum::<usize>() < left {
                let before = self.due_behind(rank, ("", true), left).await?;
                let known: HashSet<String> = tenants.iter().map(|(name, _)| name.clone()).collect();
                tenants.extend(before.into_iter().filter(|(tenant, _)| !known.contains(tenant)));
            }
            tenants.iter_mut().for_each(|(tenant, due)| turns.cut(tenant, due));
            let ids = deal(tenants.into_iter().map(|(_, due)| due).collect(), left);
            if !ids.is_empty() {
                let args = [ids_of(ids.into_iter().map(EntryId))?, Arg::Int(micros(self.now))];
                places.extend(self.connection.rows(&self.sql.take, &args).await.map_err(failed)?);
            }
        }
        if places.len() < most {
            // Leases from the future: the clock was put back.
            let ahead = self.now.checked_add(SKEW).unwrap_or(self.now);
            let args = [Arg::Int(micros(ahead)), Arg::Int((most - places.len()) as i64)];
            let later =
                self.connection.rows(&self.sql.leased_later, &args).await.map_err(failed)?;
            let known = |row: &Vec<Value>| places.iter().any(|known| known.first() == row.first());
            let later: Vec<_> = later.into_iter().filter(|row| !known(row)).collect();
            places.extend(later);
        }
        let ids: Vec<i64> =
            places.iter().filter_map(|row| id_of(row).ok()).map(|id| id.0).collect();
        if ids.is_empty() { Ok(Vec::new()) } else { self.read(&ids, places).await }
    }
}

/// Returns the statement that goes from tenant to tenant of a rank (`$1`), at most `$5`, and lists at most `$3` messages
/// of each that are due at `$2`.
pub(super) fn turns(dialect: Dialect, p: &str, behind: &str) -> String {
    let list = match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => "json_group_array(message)",
        #[cfg(feature = "postgres")]
        Dialect::Postgres => "json_agg(message)::text",
    };
    let of = format!("FROM {p}queue WHERE rank = $1 AND wake_at IS NOT NULL");
    format!(
        "WITH RECURSIVE round (tenant, n) AS (\
         SELECT (SELECT queue_tenant {of} {behind} ORDER BY queue_tenant LIMIT 1), 1 UNION ALL \
         SELECT (SELECT q.queue_tenant FROM {p}queue q WHERE q.rank = $1 AND q.wake_at IS NOT NULL \
         AND q.queue_tenant > round.tenant ORDER BY q.queue_tenant LIMIT 1), round.n + 1 \
         FROM round WHERE round.tenant IS NOT NULL AND round.n < $5) \
         SELECT round.tenant, (SELECT {list} FROM (SELECT q.message FROM {p}queue q WHERE q.rank = $1 \
         AND q.queue_tenant = round.tenant AND q.wake_at <= $2 ORDER BY q.wake_at LIMIT $3) AS d) \
         FROM round WHERE round.tenant IS NOT NULL"
    )
}
