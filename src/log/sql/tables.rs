//! [`SqlTables`]: the tables of a log in a database, within one transaction.

use std::{collections::HashMap, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    error::{Error, ErrorKind, Result},
    log::{
        AttemptToken, EntryId, LogEntry, LoggedEvent, OptOut, OptOutScope, Stage,
        entry::Case,
        sql::{
            error::failed,
            link::{Arg, Columns, Corrupt, Link, Value},
            rows::{
                AttemptRow, EntryRow, EventRow, OptOutRow, micros, read_attempt, read_entry,
                read_event, read_opt_out,
            },
            statements::Statements,
        },
        tables::{Tables, Which},
    },
    message::MessageId,
    number::PhoneNumber,
    opt_out::OptOutSource,
};

/// How far a lease may seem to lie ahead before the clock must have been put back.
const SKEW: Duration = Duration::from_secs(2);

pub(crate) struct SqlTables<'c, 's> {
    link: &'s mut Link<'c>,
    sql: &'s Statements,
    now: Timestamp,
}

#[derive(Serialize)]
struct Id {
    id: i64,
}

#[derive(Serialize)]
struct Key<'a> {
    organisation: &'a str,
    key: &'a str,
}

#[derive(Serialize)]
struct Token {
    token: String,
}

#[derive(Serialize)]
struct Remote<'a> {
    provider: &'a str,
    remote: &'a str,
}

#[derive(Serialize)]
struct Number {
    number: u64,
}

#[derive(Serialize)]
struct Change<'a> {
    #[serde(flatten)]
    row: EntryRow<'a>,
    /// The payload goes.
    over: u8,
}

fn remotes(ids: &[MessageId]) -> Vec<Remote<'_>> {
    ids.iter().map(|id| Remote { provider: id.provider().as_str(), remote: id.value() }).collect()
}

/// Rows as one parameter.
fn json<T: Serialize>(rows: &[T]) -> Result<Arg> {
    let json = serde_json::to_string(rows).map_err(|_| {
        Error::not_sent(ErrorKind::InvalidRequest).with_detail("log: cannot be written as JSON")
    })?;
    Ok(Arg::Text(json))
}

impl<'c, 's> SqlTables<'c, 's> {
    pub(crate) const fn new(link: &'s mut Link<'c>, sql: &'s Statements, now: Timestamp) -> Self {
        Self { link, sql, now }
    }

    /// Cases of entries that were read, each with its attempts.
    async fn cases(&mut self, rows: Vec<Vec<Value>>) -> Result<Vec<Case>> {
        let mut cases = Vec::with_capacity(rows.len());
        let mut broken = Vec::new();
        for row in rows {
            let id = row.first().cloned();
            match read_entry(row) {
                Ok(entry) => cases.push(Case { entry, attempts: Vec::new() }),
                Err(Corrupt) => broken.extend(id.and_then(|id| match id {
                    Value::Int(id) => Some(Id { id }),
                    _ => None,
                })),
            }
        }
        self.quarantine(&broken).await?;
        let ids: Vec<Id> = cases.iter().map(|case| Id { id: case.entry.id.0 }).collect();
        if ids.is_empty() {
            return Ok(cases);
        }
        let sql = &self.sql.attempts;
        let attempts = self.link.rows(sql, &[json(&ids)?]).await.map_err(failed)?;
        let places: HashMap<EntryId, usize> =
            cases.iter().enumerate().map(|(place, case)| (case.entry.id, place)).collect();
        for row in attempts {
            let (message, attempt) = read_attempt(row).map_err(|Corrupt| corrupt("an attempt"))?;
            if let Some(place) = places.get(&message) {
                cases[*place].attempts.push(attempt);
            }
        }
        Ok(cases)
    }

    /// Takes rows that cannot be read out of the queue: somebody has to look at them.
    async fn quarantine(&mut self, broken: &[Id]) -> Result<()> {
        if broken.is_empty() {
            return Ok(());
        }
        let dead = Stage::ALL[Stage::Dead as usize].1;
        let ids: Vec<String> = broken.iter().map(|Id { id }| id.to_string()).collect();
        let sql = format!(
            "UPDATE {}message SET stage = {dead}, wake_at = NULL, leased_at = NULL WHERE id IN ({})",
            self.sql.prefix,
            ids.join(", ")
        );
        self.link.execute(&sql).await.map_err(failed)
    }
}

fn corrupt(what: &'static str) -> Error {
    Error::not_sent(ErrorKind::Other).with_detail(format!("log: {what} cannot be read"))
}

#[async_trait]
impl Tables for SqlTables<'_, '_> {
    fn now(&self) -> Timestamp {
        self.now
    }

    async fn load(&mut self, which: Which<'_>) -> Result<Vec<Case>> {
        let now = || Arg::Int(micros(self.now));
        let (sql, args) = match which {
            Which::Named(names) => {
                let keys: Vec<Key<'_>> = names
                    .iter()
                    .map(|(organisation, key)| Key {
                        organisation: organisation.as_deref().unwrap_or_default(),
                        key: key.as_str(),
                    })
                    .collect();
                (&self.sql.named, vec![json(&keys)?])
            }
            Which::Tokens(tokens) => {
                let tokens: Vec<Token> =
                    tokens.iter().map(|token| Token { token: token.to_string() }).collect();
                (&self.sql.tokens, vec![json(&tokens)?])
            }
            Which::Ids(ids) => (&self.sql.ids, vec![json(&remotes(ids))?]),
            Which::Due(most) => (&self.sql.due, vec![now(), Arg::Int(most as i64)]),
            Which::Unchecked(most) => (&self.sql.unchecked, vec![now(), Arg::Int(most as i64)]),
        };
        let mut rows = self.link.rows(sql, &args).await.map_err(failed)?;
        if let Which::Due(most) = which
            && rows.len() < most
        {
            // Leases from the future: the clock was put back.
            let ahead = self.now.checked_add(SKEW).unwrap_or(self.now);
            let args = [Arg::Int(micros(ahead)), Arg::Int((most - rows.len()) as i64)];
            let later = self.link.rows(&self.sql.leased_later, &args).await.map_err(failed)?;
            let known = |row: &Vec<Value>| rows.iter().any(|known| known.first() == row.first());
            let later: Vec<_> = later.into_iter().filter(|row| !known(row)).collect();
            rows.extend(later);
        }
        self.cases(rows).await
    }

    async fn insert(&mut self, entries: &[LogEntry]) -> Result<()> {
        let rows: Vec<EntryRow<'_>> = entries.iter().map(EntryRow::of).collect();
        self.link.rows(&self.sql.insert_entries, &[json(&rows)?]).await.map_err(failed)?;
        let tagged: Vec<Key<'_>> = entries
            .iter()
            .filter(|entry| !entry.tags.is_empty())
            .map(|entry| Key {
                organisation: entry.organisation.as_deref().unwrap_or_default(),
                key: entry.key.as_str(),
            })
            .collect();
        if !tagged.is_empty() {
            self.link.rows(&self.sql.insert_tags, &[json(&tagged)?]).await.map_err(failed)?;
        }
        Ok(())
    }

    async fn save(&mut self, cases: &mut [&mut Case]) -> Result<()> {
        if cases.is_empty() {
            return Ok(());
        }
        let mut changes = Vec::with_capacity(cases.len());
        let mut known = Vec::new();
        let mut new = Vec::new();
        for case in cases.iter() {
            let over = u8::from(case.entry.payload.is_none());
            changes.push(Change { row: EntryRow::of(&case.entry), over });
            for attempt in &case.attempts {
                let row = AttemptRow::of(case.entry.id, attempt);
                if attempt.row == 0 { new.push(row) } else { known.push(row) }
            }
        }
        let (changes, known) =
            (json(&changes)?, if known.is_empty() { None } else { Some(json(&known)?) });
        let new = if new.is_empty() { None } else { Some(json(&new)?) };
        self.link.rows(&self.sql.save_entries, &[changes]).await.map_err(failed)?;
        if let Some(known) = known {
            self.link.rows(&self.sql.save_attempts, &[known]).await.map_err(failed)?;
        }
        if let Some(new) = new {
            let rows = self.link.rows(&self.sql.insert_attempts, &[new]).await.map_err(failed)?;
            let mut ids: HashMap<AttemptToken, i64> = HashMap::new();
            for row in rows {
                let mut row = Columns::new(row);
                let read = row.int().and_then(|id| Ok((id, row.parse()?)));
                let (id, token) = read.map_err(|Corrupt| corrupt("an attempt"))?;
                ids.insert(token, id);
            }
            for case in cases.iter_mut() {
                for attempt in case.attempts.iter_mut().filter(|attempt| attempt.row == 0) {
                    attempt.row = ids.get(&attempt.token).copied().unwrap_or_default();
                }
            }
        }
        Ok(())
    }

    async fn hold(&mut self, ids: &[MessageId]) -> Result<()> {
        if let Some(hold) = self.sql.hold.as_ref().filter(|_| !ids.is_empty()) {
            self.link.rows(hold, &[json(&remotes(ids))?]).await.map_err(failed)?;
        }
        Ok(())
    }

    async fn insert_events(&mut self, events: &[LoggedEvent]) -> Result<Vec<bool>> {
        let rows: Vec<EventRow<'_>> = events.iter().map(EventRow::of).collect();
        let rows =
            self.link.rows(&self.sql.insert_events, &[json(&rows)?]).await.map_err(failed)?;
        let mut times = HashMap::new();
        for row in rows {
            let mut row = Columns::new(row);
            let read = row.text().and_then(|id| Ok((id, row.int()?)));
            let (id, count) = read.map_err(|Corrupt| corrupt("an event"))?;
            times.insert(id, count);
        }
        let new = |event: &LoggedEvent| {
            times.get(&event.id.to_string()).is_none_or(|count| *count <= i64::from(event.times))
        };
        Ok(events.iter().map(new).collect())
    }

    async fn unknown_events(&mut self, ids: &[MessageId]) -> Result<Vec<LoggedEvent>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let sql = &self.sql.unknown_events;
        let rows = self.link.rows(sql, &[json(&remotes(ids))?]).await.map_err(failed)?;
        rows.into_iter()
            .map(read_event)
            .collect::<Result<_, _>>()
            .map_err(|Corrupt| corrupt("an event"))
    }

    async fn save_events(&mut self, events: &[LoggedEvent]) -> Result<()> {
        let known: Vec<EventRow<'_>> =
            events.iter().filter(|event| !event.is_unknown()).map(EventRow::of).collect();
        if !known.is_empty() {
            self.link.rows(&self.sql.save_events, &[json(&known)?]).await.map_err(failed)?;
        }
        Ok(())
    }

    async fn mark_read(&mut self, ids: &[EntryId]) -> Result<u64> {
        let ids: Vec<Id> = ids.iter().map(|id| Id { id: id.0 }).collect();
        let args = [json(&ids)?, Arg::Int(micros(self.now))];
        let rows = self.link.rows(&self.sql.mark_read, &args).await.map_err(failed)?;
        Ok(rows.len() as u64)
    }

    async fn opt_outs(&mut self, numbers: &[PhoneNumber]) -> Result<Vec<OptOut>> {
        let numbers: Vec<Number> =
            numbers.iter().map(|number| Number { number: number.digits() }).collect();
        let rows = self.link.rows(&self.sql.opt_outs, &[json(&numbers)?]).await.map_err(failed)?;
        let read = rows.into_iter().map(read_opt_out).collect::<Result<_, _>>();
        read.map_err(|Corrupt| corrupt("an opt-out"))
    }

    async fn insert_opt_outs(&mut self, opt_outs: &[OptOut]) -> Result<()> {
        let rows: Vec<OptOutRow<'_>> = opt_outs.iter().map(OptOutRow::of).collect();
        self.link.rows(&self.sql.insert_opt_outs, &[json(&rows)?]).await.map_err(failed)?;
        Ok(())
    }

    async fn remove_opt_out(
        &mut self,
        number: PhoneNumber,
        scope: &OptOutScope,
        up_to: OptOutSource,
    ) -> Result<()> {
        let text = |text: &Option<String>| Arg::Text(text.clone().unwrap_or_default());
        let args = [
            Arg::Int(number.digits() as i64), // 15 digits at most
            text(&scope.organisation),
            text(&scope.sender),
            Arg::Int(up_to as i64),
        ];
        self.link.rows(&self.sql.remove_opt_out, &args).await.map_err(failed)?;
        Ok(())
    }
}
