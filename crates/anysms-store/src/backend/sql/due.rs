//! Claims by turns: what is due of each tenant, and the rows of those whose turn it is.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use anysms::error::Result;

use super::transaction::{SqlTransaction, corrupt, ids_of};
use crate::{
    EntryId,
    backend::sql::{
        connection::{Arg, Columns, Corrupt, Dialect, Value},
        error::failed,
        given::given,
        rows::{Kind, Tenant, id_of, json::json, stored::micros},
    },
    model::case::Case,
    protocol::turns::{MOST_TENANTS, RANKS, Turns, deal},
};

/// Distance by which a lease may seem to lie ahead before the clock must have been put back.
const SKEW: Duration = Duration::from_secs(2);

impl SqlTransaction<'_, '_> {
    /// Returns the tenants of a rank with something in the queue, those behind the one that had the last turn first.
    async fn tenants(&mut self, rank: usize, last: Option<&str>) -> Result<Vec<String>> {
        let mut tenants = self.list_tenants(rank, None).await?;
        let Some(last) = last else { return Ok(tenants) };
        let behind = tenants.partition_point(|tenant| tenant.as_str() <= last);
        let mut turns = tenants.split_off(behind);
        if turns.is_empty() || turns.len() + behind == MOST_TENANTS {
            turns = self.list_tenants(rank, Some(last)).await?; // there may be more
            turns.truncate(MOST_TENANTS);
        }
        turns.extend(tenants);
        Ok(turns)
    }

    /// Returns the names of tenants in order, from the first or behind one.
    async fn list_tenants(&mut self, rank: usize, behind: Option<&str>) -> Result<Vec<String>> {
        let mut args = vec![Arg::Int(rank as i64), Arg::Int(MOST_TENANTS as i64)];
        args.extend(behind.map(|behind| Arg::Text(behind.to_owned())));
        let sql = &self.sql.tenants[args.len() - 2];
        let rows = self.connection.rows(sql, &args).await.map_err(failed)?;
        let read = rows.into_iter().map(|row| Columns::new(row).text());
        read.collect::<Result<_, _>>().map_err(|Corrupt| corrupt("the queue"))
    }

    /// Returns what is due of tenants, of each as many as may be taken, and at most so many.
    async fn due(
        &mut self,
        rank: usize,
        tenants: &[String],
        turns: &Turns,
        most: usize,
    ) -> Result<Vec<VecDeque<i64>>> {
        let given: Vec<Tenant<'_>> = tenants.iter().map(|tenant| Tenant { tenant }).collect();
        let args = [
            json(&given)?,
            Arg::Int(rank as i64),
            Arg::Int(micros(self.now)),
            Arg::Int(most as i64),
        ];
        let rows = self.connection.rows(&self.sql.due, &args).await.map_err(failed)?;
        let mut lists = HashMap::new();
        for row in rows {
            let mut row = Columns::new(row);
            let read = row.text().and_then(|tenant| Ok((tenant, row.text_or_none()?)));
            let (tenant, list) = read.map_err(|Corrupt| corrupt("the queue"))?;
            let list = list.map_or(Ok(VecDeque::new()), |list| serde_json::from_str(&list));
            lists.insert(tenant, list.map_err(|_| corrupt("the queue"))?);
        }
        let of = |tenant: &String| {
            let mut list = lists.remove(tenant).unwrap_or_default();
            turns.cut(tenant, &mut list);
            list
        };
        Ok(tenants.iter().map(of).collect())
    }

    /// Returns whose turn it is in a rank.
    async fn deal(&mut self, rank: usize, turns: &Turns, most: usize) -> Result<Vec<i64>> {
        let tenants = self.tenants(rank, turns.last[rank].as_deref()).await?;
        if tenants.is_empty() {
            return Ok(Vec::new());
        }
        // Enough of each if all have some; of all that they have only where few have.
        let share = (2 * most / tenants.len()).clamp(8, most.max(8));
        let mut due = self.due(rank, &tenants, turns, share).await?;
        let full = due.iter().any(|list| list.len() == share);
        if full && due.iter().map(VecDeque::len).sum::<usize>() < most {
            due = self.due(rank, &tenants, turns, most).await?;
        }
        Ok(deal(due, most))
    }

    /// Loads the messages that the queue has to look at, by turns, and that no other transaction holds.
    pub(super) async fn load_due(&mut self, most: usize, turns: &Turns) -> Result<Vec<Case>> {
        let mut places = Vec::new();
        for rank in 0..RANKS {
            let left = most - places.len();
            if left == 0 {
                break;
            }
            let ids = self.deal(rank, turns, left).await?;
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

/// Returns the statement that lists the tenants of a rank (`$1`) in order, at most `$2`.
pub(super) fn tenants(p: &str, behind: &str) -> String {
    let next = |condition: &str| {
        format!(
            "(SELECT q.queue_tenant FROM {p}queue q WHERE q.rank = $1 AND q.wake_at IS NOT NULL{condition} \
             ORDER BY q.queue_tenant LIMIT 1)"
        )
    };
    format!(
        "WITH RECURSIVE round (tenant, n) AS (SELECT {}, 1 UNION ALL SELECT {}, round.n + 1 FROM round \
         WHERE round.tenant IS NOT NULL AND round.n < $2) \
         SELECT tenant FROM round WHERE tenant IS NOT NULL ORDER BY n",
        next(behind),
        next(" AND q.queue_tenant > round.tenant")
    )
}

/// Returns the statement that lists at most `$4` messages of a rank (`$2`) that are due at `$3`, of each tenant.
pub(super) fn due(dialect: Dialect, p: &str) -> String {
    let list = match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => "json_group_array(message)",
        #[cfg(feature = "postgres")]
        Dialect::Postgres => "json_agg(message)::text",
    };
    format!(
        "SELECT x.tenant, (SELECT {list} FROM (SELECT q.message FROM {p}queue q WHERE q.rank = $2 \
         AND q.queue_tenant = x.tenant AND q.wake_at <= $3 ORDER BY q.wake_at LIMIT $4) AS d) FROM {}",
        given(dialect, &[("tenant", Kind::Text)])
    )
}
