//! Writes of cases: what has changed of each, table by table.

use std::collections::HashMap;

use anysms::error::Result;

use super::{
    connection::{Columns, Corrupt, Sql},
    error::{failed, stale},
    rows::{
        ATTEMPT, ENTRY, Id, Place, QUEUE, ResultRow,
        column::{Column, Role, has_changed},
        json::{CHANGED, INSERTED, NEW, json, rows_of},
        stored::micros,
    },
    transaction::{SqlTransaction, corrupt},
};
use crate::{AttemptToken, Stage, model::case::Case};

impl SqlTransaction<'_, '_> {
    /// Writes rows by a statement, if there are any. Returns the number of rows that it returns.
    pub(super) async fn write<T: 'static>(
        &mut self,
        sql: &Sql,
        rows: Vec<&T>,
        columns: &[Column<T>],
        roles: &[Role],
    ) -> Result<usize> {
        if rows.is_empty() {
            return Ok(0);
        }
        let rows = rows_of(self.connection.dialect(), rows, columns, roles)?;
        Ok(self.connection.rows(sql, &rows).await.map_err(failed)?.len())
    }

    /// Writes what has changed of cases since they were read, and the ends of those that ended.
    pub(super) async fn write_cases(&mut self, cases: &mut [Case]) -> Result<()> {
        for case in cases.iter_mut().filter(|case| case.has_place()) {
            let changed = has_changed(ENTRY, case.before(), &case.entry)
                || has_changed(QUEUE, case.before(), &case.entry)
                || case.changed_attempts().next().is_some();
            // A place that is new is of a version that no earlier one of the message had.
            case.entry.version = if case.had_place() {
                case.entry.version + i64::from(changed)
            } else {
                micros(self.now)
            };
        }
        let mut entries = Vec::new();
        let (mut coming, mut queued, mut left) = (Vec::new(), Vec::new(), Vec::new());
        let (mut kept, mut ends, mut back) = (Vec::new(), Vec::new(), Vec::new());
        let (mut known, mut new) = (Vec::new(), Vec::new());
        for case in &*cases {
            let (before, now) = (case.before(), &case.entry);
            if has_changed(ENTRY, before, now) {
                entries.push(now);
            }
            ends.extend(case.ended.map(|end| ResultRow::new(now.id, end, micros(self.now))));
            back.extend(case.is_back().then_some(Id { id: now.id.0 }));
            if has_changed(QUEUE, before, now) {
                match now.stage {
                    Stage::Done => {
                        left.push(Place { id: now.id.0, version: before.version });
                        let keeps = now.kept.is_some() && before.kept.is_none();
                        kept.extend(keeps.then_some(Id { id: now.id.0 }));
                    }
                    _ if case.had_place() => queued.push(now),
                    _ => coming.push(now),
                }
            }
            for attempt in case.changed_attempts() {
                if attempt.row == 0 { new.push(attempt) } else { known.push(attempt) }
            }
        }
        let sql = self.sql;
        // The places first, in order, as everybody holds them.
        queued.sort_unstable_by_key(|entry| entry.id);
        left.sort_unstable_by_key(|place| place.id);
        let placed = queued.len() + left.len();
        let mut written = self.write(&sql.save_queue, queued, QUEUE, &CHANGED).await?;
        if !kept.is_empty() {
            self.connection.rows(&sql.keep, &[json(&kept)?]).await.map_err(failed)?;
        }
        if !left.is_empty() {
            let left = self.connection.rows(&sql.end_places, &[json(&left)?]).await;
            written += left.map_err(failed)?.len();
        }
        // What was not read is as it was remembered only if its place was.
        if self.trusts && (written < placed || cases.iter().any(Case::is_unproved)) {
            return Err(stale());
        }
        self.write(&sql.insert_queue, coming, QUEUE, &INSERTED).await?;
        self.write(&sql.save_entries, entries, ENTRY, &CHANGED).await?;
        if !back.is_empty() {
            self.connection.rows(&sql.take_back, &[json(&back)?]).await.map_err(failed)?;
        }
        if !ends.is_empty() {
            self.connection.rows(&sql.insert_results, &[json(&ends)?]).await.map_err(failed)?;
        }
        self.write(&sql.save_attempts, known, ATTEMPT, &CHANGED).await?;
        if new.is_empty() {
            return Ok(());
        }
        let new = rows_of(self.connection.dialect(), new, ATTEMPT, &NEW)?;
        let mut rows = HashMap::new();
        for row in self.connection.rows(&sql.insert_attempts, &new).await.map_err(failed)? {
            let mut row = Columns::new(row);
            let read = row.int().and_then(|id| Ok((row.parse::<AttemptToken>()?, id)));
            let (token, id) = read.map_err(|Corrupt| corrupt("an attempt"))?;
            rows.insert(token, id);
        }
        for attempt in cases.iter_mut().flat_map(|case| &mut case.attempts) {
            if let Some(row) = rows.get(&attempt.token) {
                attempt.row = *row;
            }
        }
        Ok(())
    }
}
