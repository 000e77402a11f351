//! [`SqlTables`]: the tables of a log in a database, within one transaction.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;

use anysms::{error::{Error, ErrorKind, Result}, message::MessageId, number::PhoneNumber, suppression::OptOutSource};

use crate::{Attempt, EntryId, LogEntry, LoggedEvent, OptOut, OptOutScope, Stage, backend::{sql::{connection::{Arg, Columns, Corrupt, Link, Value}, error::failed, rows::{AttemptRow, ChangeRow, ContentRow, EntryRow, EventRow, Id, Key, Number, OptOutRow, Provider, QueueRow, Token, json, message_of, micros, queue_of, read_attempt, read_entry, read_event, read_opt_out, read_queue, remotes, rows_or_none}, statements::Statements}, transaction::{Tables, Which}}, model::{entry::Case, event::Seen}};

/// How far a lease may seem to lie ahead before the clock must have been put back.
const SKEW: Duration = Duration::from_secs(2);

pub(crate) struct SqlTables<'c, 's> {
    pub(crate) link: &'s mut Link<'c>,
    pub(crate) sql: &'s Statements,
    now: Timestamp,
}

impl<'c, 's> SqlTables<'c, 's> {
    pub(crate) const fn new(link: &'s mut Link<'c>, sql: &'s Statements, now: Timestamp) -> Self {
        Self { link, sql, now }
    }

    /// Holds messages and reads them: by their places in the queue where they have one, else by themselves.
    /// What has a place is never changed by whoever does not hold that.
    async fn cases(&mut self, ids: &[i64]) -> Result<Vec<Case>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let all = json(&ids.iter().map(|id| Id { id: *id }).collect::<Vec<_>>())?;
        let mut places = self.link.rows(&self.sql.queue, &[all]).await.map_err(failed)?;
        if let Some(hold) = &self.sql.hold_entries {
            let placed: HashSet<i64> =
                places.iter().filter_map(|row| queue_of(row).ok()).map(|id| id.0).collect();
            let others: Vec<Id> =
                ids.iter().filter(|id| !placed.contains(id)).map(|id| Id { id: *id }).collect();
            if !others.is_empty() {
                let others = [json(&others)?];
                self.link.rows(hold, &others).await.map_err(failed)?;
                // One that came into the queue meanwhile.
                places.extend(self.link.rows(&self.sql.queue, &others).await.map_err(failed)?);
            }
        }
        self.read(ids, places).await
    }

    /// Reads messages that are held, with their attempts. What they say is left where it is: nothing hangs on it.
    async fn read(&mut self, ids: &[i64], places: Vec<Vec<Value>>) -> Result<Vec<Case>> {
        let ids = json(&ids.iter().map(|id| Id { id: *id }).collect::<Vec<_>>())?;
        let sql = self.sql;
        let rows =
            self.link.rows(&sql.entries, std::slice::from_ref(&ids)).await.map_err(failed)?;
        let attempts = self.link.rows(&sql.attempts, &[ids]).await.map_err(failed)?;
        let mut found: HashMap<EntryId, (Option<Vec<Value>>, Vec<Attempt>)> = HashMap::new();
        for row in places {
            let id = queue_of(&row).map_err(|Corrupt| corrupt("the queue"))?;
            found.entry(id).or_default().0 = Some(row);
        }
        let (mut cases, mut broken) = (Vec::with_capacity(rows.len()), HashSet::new());
        for row in attempts {
            let message = message_of(&row).map_err(|Corrupt| corrupt("an attempt"))?;
            match read_attempt(row) {
                Ok((id, attempt)) => found.entry(id).or_default().1.push(attempt),
                Err(Corrupt) => drop(broken.insert(message)),
            }
        }
        for row in rows {
            let id = queue_of(&row).map_err(|Corrupt| corrupt("an entry"))?;
            if broken.contains(&id) {
                continue;
            }
            let (place, attempts) = found.remove(&id).unwrap_or_default();
            let read = read_entry(&mut Columns::new(row)).and_then(|mut entry| {
                place.map_or(Ok(()), |place| read_queue(place, &mut entry))?;
                Ok(Case::new(entry, attempts))
            });
            match read {
                Ok(case) => cases.push(case),
                Err(Corrupt) => drop(broken.insert(id)),
            }
        }
        if !broken.is_empty() {
            // Somebody has to look at them.
            let broken = [ids_of(broken)?];
            self.link.rows(&sql.quarantine, &broken).await.map_err(failed)?;
            self.link.rows(&sql.leave_unasked, &broken).await.map_err(failed)?;
        }
        Ok(cases)
    }

    /// What the queue has to look at, and nobody else holds.
    async fn load_due(&mut self, most: usize) -> Result<Vec<Case>> {
        let args = [Arg::Int(micros(self.now)), Arg::Int(most as i64)];
        let mut places = self.link.rows(&self.sql.due, &args).await.map_err(failed)?;
        if places.len() < most {
            // Leases from the future: the clock was put back.
            let ahead = self.now.checked_add(SKEW).unwrap_or(self.now);
            let args = [Arg::Int(micros(ahead)), Arg::Int((most - places.len()) as i64)];
            let later = self.link.rows(&self.sql.leased_later, &args).await.map_err(failed)?;
            let known = |row: &Vec<Value>| places.iter().any(|known| known.first() == row.first());
            let later: Vec<_> = later.into_iter().filter(|row| !known(row)).collect();
            places.extend(later);
        }
        let ids: Vec<i64> =
            places.iter().filter_map(|row| queue_of(row).ok()).map(|id| id.0).collect();
        if ids.is_empty() { Ok(Vec::new()) } else { self.read(&ids, places).await }
    }
}

pub(crate) fn ids_of(ids: impl IntoIterator<Item = EntryId>) -> Result<Arg> {
    json(&ids.into_iter().map(|id| Id { id: id.0 }).collect::<Vec<_>>())
}

pub(crate) fn corrupt(what: &'static str) -> Error {
    Error::not_sent(ErrorKind::Other).with_detail(format!("log: {what} cannot be read"))
}

#[async_trait]
impl Tables for SqlTables<'_, '_> {
    fn now(&self) -> Timestamp {
        self.now
    }

    async fn load(&mut self, which: Which<'_>) -> Result<Vec<Case>> {
        let (sql, args) = match which {
            Which::Named(names) => {
                let mut keys = Vec::with_capacity(names.len());
                for (organisation, key) in names {
                    let organisation = organisation.as_deref().unwrap_or_default();
                    keys.push(Key { organisation, key: key.as_str() });
                }
                (&self.sql.named, vec![json(&keys)?])
            }
            Which::Tokens(tokens) => {
                let tokens: Vec<Token> =
                    tokens.iter().map(|token| Token { token: token.to_string() }).collect();
                (&self.sql.tokens, vec![json(&tokens)?])
            }
            Which::Ids(ids) => (&self.sql.ids, vec![json(&remotes(ids))?]),
            Which::Due(most) => return self.load_due(most).await,
            Which::Unchecked { providers, left, most } => {
                let providers: Vec<Provider<'_>> =
                    providers.iter().map(|id| Provider { provider: id.as_str() }).collect();
                let (now, left) = (Arg::Int(micros(self.now)), Arg::Int(micros(left)));
                (&self.sql.unchecked, vec![json(&providers)?, now, left, Arg::Int(most as i64)])
            }
        };
        let rows = self.link.rows(sql, &args).await.map_err(failed)?;
        let ids: Vec<i64> =
            rows.iter().filter_map(|row| queue_of(row).ok()).map(|id| id.0).collect();
        self.cases(&ids).await
    }

    async fn insert(&mut self, entries: Vec<LogEntry>) -> Result<Vec<Case>> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<EntryRow<'_>> = entries.iter().map(EntryRow::of).collect();
        let rows = json(&rows)?;
        let inserted = self.link.rows(&self.sql.insert_entries, &[rows]).await.map_err(failed)?;
        let mut ids = HashMap::new();
        for row in inserted {
            let mut row = Columns::new(row);
            let read = row.int().and_then(|id| Ok((id, row.text()?, row.text()?)));
            let (id, organisation, key) = read.map_err(|Corrupt| corrupt("an entry"))?;
            ids.insert((organisation, key), EntryId(id));
        }
        let mut cases = Vec::with_capacity(ids.len());
        for mut entry in entries {
            let organisation = entry.organisation.clone().unwrap_or_default();
            // Of two with one key the first was written.
            if let Some(id) = ids.remove(&(organisation, entry.key.as_str().to_owned())) {
                entry.id = id;
                cases.push(Case::new(entry, Vec::new()));
            }
        }
        if !cases.is_empty() {
            let said: Vec<_> = cases.iter().map(|case| ContentRow::of(&case.entry)).collect();
            self.link.rows(&self.sql.insert_contents, &[json(&said)?]).await.map_err(failed)?;
        }
        let queued: Vec<QueueRow<'_>> = cases
            .iter()
            .filter(|case| case.entry.wake_at.is_some())
            .map(|case| QueueRow::new(&case.entry))
            .collect();
        if !queued.is_empty() {
            self.link.rows(&self.sql.insert_queue, &[json(&queued)?]).await.map_err(failed)?;
        }
        let tagged: Vec<Key<'_>> = cases
            .iter()
            .filter(|case| !case.entry.tags.is_empty())
            .map(|case| Key::of(&case.entry))
            .collect();
        if !tagged.is_empty() {
            self.link.rows(&self.sql.insert_tags, &[json(&tagged)?]).await.map_err(failed)?;
        }
        Ok(cases)
    }

    async fn save(&mut self, cases: &[Case]) -> Result<()> {
        let mut entries = Vec::new();
        let (mut coming, mut queued, mut left) = (Vec::new(), Vec::new(), Vec::new());
        let (mut known, mut new) = (Vec::new(), Vec::new());
        for case in cases {
            if case.entry_changed() {
                entries.push(ChangeRow::of(&case.entry));
            }
            if case.place_changed() {
                match case.entry.stage {
                    Stage::Done => left.push(Id { id: case.entry.id.0 }),
                    _ if case.has_place() => queued.push(QueueRow::change(&case.entry)),
                    _ => coming.push(QueueRow::new(&case.entry)),
                }
            }
            for attempt in case.changed_attempts() {
                let row = AttemptRow::of(case.entry.id, attempt);
                if attempt.row == 0 { new.push(row) } else { known.push(row) }
            }
        }
        let sql = self.sql;
        let writes = [
            (&sql.save_entries, rows_or_none(&entries)?),
            (&sql.insert_queue, rows_or_none(&coming)?),
            (&sql.save_queue, rows_or_none(&queued)?),
            (&sql.leave_queue, rows_or_none(&left)?),
            (&sql.save_attempts, rows_or_none(&known)?),
            (&sql.insert_attempts, rows_or_none(&new)?),
        ];
        for (sql, rows) in writes {
            if let Some(rows) = rows {
                self.link.rows(sql, &[rows]).await.map_err(failed)?;
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

    async fn insert_events(&mut self, events: &[LoggedEvent]) -> Result<Vec<Seen>> {
        let rows: Vec<EventRow<'_>> = events.iter().map(EventRow::of).collect();
        let rows =
            self.link.rows(&self.sql.insert_events, &[json(&rows)?]).await.map_err(failed)?;
        let mut known = HashMap::new();
        for row in rows {
            let mut row = Columns::new(row);
            let read = row.text().and_then(|id| Ok((id, (row.int()?, row.int()?))));
            let (id, row) = read.map_err(|Corrupt| corrupt("an event"))?;
            known.insert(id, row);
        }
        let seen = |event: &LoggedEvent| match known.get(&event.id.to_string()) {
            Some((times, _)) if *times <= i64::from(event.times) => Seen::New,
            Some((_, at)) if *at != micros(event.received_at) => Seen::Before,
            Some(_) => Seen::Again,
            None => Seen::New,
        };
        Ok(events.iter().map(seen).collect())
    }

    async fn unknown_events(&mut self, ids: &[MessageId]) -> Result<Vec<LoggedEvent>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let sql = &self.sql.unknown_events;
        let rows = self.link.rows(sql, &[json(&remotes(ids))?]).await.map_err(failed)?;
        Ok(rows.into_iter().filter_map(|row| read_event(row).ok()).collect()) // the others say nothing
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
        let args = [ids_of(ids.iter().copied())?, Arg::Int(micros(self.now))];
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
        let args = [
            Arg::Int(number.digits() as i64), // 15 digits at most
            Arg::Text(scope.organisation.clone().unwrap_or_default()),
            Arg::Text(scope.sender.as_ref().map(ToString::to_string).unwrap_or_default()),
            Arg::Int(up_to as i64),
        ];
        self.link.rows(&self.sql.remove_opt_out, &args).await.map_err(failed)?;
        Ok(())
    }
}
