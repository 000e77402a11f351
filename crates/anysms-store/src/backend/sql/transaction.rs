//! [`SqlTransaction`]: the tables of a store in a database, within one transaction.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use async_trait::async_trait;
use jiff::Timestamp;

use anysms::{
    PhoneNumber, TenantId,
    error::{Error, ErrorKind, Result},
    message::{Address, MessageId, Text},
};

use crate::{
    AttemptRecord, AttemptToken, End, Entry, EntryId, StatusEvent, Suppression, SuppressionScope,
    backend::sql::{
        connection::{Arg, Columns, Connection, Corrupt, Value},
        error::failed,
        rows::{
            CONTENT, ENTRY, EVENT, Id, Key, Number, Provider, QUEUE, ResultRow, SUPPRESSION, Token,
            id_of,
            json::{CHANGED, INSERTED, NEW, json, rows_of},
            message_of, provider_ids, read_attempt, read_entry, read_event, read_place,
            read_suppression,
            stored::{Stored as _, micros},
            told,
        },
        statements::Statements,
    },
    model::seal::Seal,
    model::{
        case::{Case, Snapshot},
        event::Seen,
        suppression::SuppressionSource,
        thread::ThreadRow,
    },
    protocol::transaction::{Tables, Which},
    trouble::trouble,
};

pub(crate) struct SqlTransaction<'c, 's> {
    pub(crate) connection: &'s mut Connection<'c>,
    pub(crate) sql: &'s Statements,
    seal: &'s Seal,
    pub(crate) now: Timestamp,
    /// `true` if it relies on cases that this program remembers, and fails as [`stale`] where they have changed.
    pub(crate) trusts: bool,
}

impl<'c, 's> SqlTransaction<'c, 's> {
    pub(crate) const fn new(
        connection: &'s mut Connection<'c>,
        sql: &'s Statements,
        seal: &'s Seal,
        now: Timestamp,
    ) -> Self {
        Self { connection, sql, seal, now, trusts: false }
    }

    /// Holds messages and reads them: by their places in the queue where they have one, else by themselves.
    /// A message that has a place is changed only under the lock of that place.
    async fn cases(&mut self, ids: &[i64]) -> Result<Vec<Case>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let all = json(&ids.iter().map(|id| Id { id: *id }).collect::<Vec<_>>())?;
        let mut places = self.connection.rows(&self.sql.queue, &[all]).await.map_err(failed)?;
        if let Some(hold) = &self.sql.hold_entries {
            let placed: HashSet<i64> =
                places.iter().filter_map(|row| id_of(row).ok()).map(|id| id.0).collect();
            let others: Vec<Id> =
                ids.iter().filter(|id| !placed.contains(id)).map(|id| Id { id: *id }).collect();
            if !others.is_empty() {
                let others = [json(&others)?];
                self.connection.rows(hold, &others).await.map_err(failed)?;
                // One that came into the queue meanwhile.
                places
                    .extend(self.connection.rows(&self.sql.queue, &others).await.map_err(failed)?);
            }
        }
        self.read(ids, places).await
    }

    /// Reads messages that are held, with their attempts. What they say is left where it is: nothing hangs on it.
    pub(super) async fn read(&mut self, ids: &[i64], places: Vec<Vec<Value>>) -> Result<Vec<Case>> {
        let ids = json(&ids.iter().map(|id| Id { id: *id }).collect::<Vec<_>>())?;
        let sql = self.sql;
        let rows =
            self.connection.rows(&sql.entries, std::slice::from_ref(&ids)).await.map_err(failed)?;
        let attempts = self.connection.rows(&sql.attempts, &[ids]).await.map_err(failed)?;
        let mut found: HashMap<EntryId, (Option<Vec<Value>>, Vec<AttemptRecord>)> = HashMap::new();
        for row in places {
            let id = id_of(&row).map_err(|Corrupt| corrupt("the queue"))?;
            found.entry(id).or_default().0 = Some(row);
        }
        let (mut cases, mut broken) = (Vec::with_capacity(rows.len()), HashSet::new());
        for row in attempts {
            let message = message_of(&row).map_err(|Corrupt| corrupt("an attempt"))?;
            match read_attempt(row) {
                Ok(attempt) => found.entry(message).or_default().1.push(attempt),
                Err(Corrupt) => drop(broken.insert(message)),
            }
        }
        for row in rows {
            let id = id_of(&row).map_err(|Corrupt| corrupt("an entry"))?;
            if broken.contains(&id) {
                continue;
            }
            let (place, attempts) = found.remove(&id).unwrap_or_default();
            let read = read_entry(&mut Columns::new(row)).and_then(|mut entry| {
                place.map_or(Ok(()), |place| read_place(place, &mut entry))?;
                Ok(Case::new(entry, attempts))
            });
            match read {
                Ok(case) => cases.push(case),
                Err(Corrupt) => drop(broken.insert(id)),
            }
        }
        if !broken.is_empty() {
            // Somebody has to look at them: see `MessageStore::unreadable`.
            trouble("quarantine", &corrupt("a message"));
            let broken = [ids_of(broken)?];
            self.connection.rows(&sql.quarantine, &broken).await.map_err(failed)?;
            self.connection.rows(&sql.leave_unasked, &broken).await.map_err(failed)?;
        }
        Ok(cases)
    }
}

pub(crate) fn ids_of(ids: impl IntoIterator<Item = EntryId>) -> Result<Arg> {
    json(&ids.into_iter().map(|id| Id { id: id.0 }).collect::<Vec<_>>())
}

fn tokens_of(tokens: &[AttemptToken]) -> Result<Arg> {
    let tokens: Vec<Token> =
        tokens.iter().map(|token| Token { token: token.to_string() }).collect();
    json(&tokens)
}

pub(crate) fn corrupt(what: &'static str) -> Error {
    Error::not_sent(ErrorKind::Other).with_detail(format!("store: {what} cannot be read"))
}

#[async_trait]
impl Tables for SqlTransaction<'_, '_> {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn seal(&self) -> &Seal {
        self.seal
    }

    async fn load(&mut self, which: Which<'_>) -> Result<Vec<Case>> {
        let (sql, args) = match which {
            Which::Named(names) => {
                let mut keys = Vec::with_capacity(names.len());
                for (tenant, key) in names {
                    let tenant = tenant.as_ref().map_or("", TenantId::as_str);
                    keys.push(Key { tenant, key: key.as_str() });
                }
                (&self.sql.named, vec![json(&keys)?])
            }
            Which::Entries(ids) => {
                let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
                return self.cases(&ids).await;
            }
            Which::Tokens(tokens) => (&self.sql.tokens, vec![tokens_of(tokens)?]),
            Which::Reported { ids, tokens } => {
                let args = [json(&provider_ids(ids))?];
                let mut rows = self.connection.rows(&self.sql.ids, &args).await.map_err(failed)?;
                if !tokens.is_empty() {
                    let args = [tokens_of(tokens)?];
                    rows.extend(
                        self.connection.rows(&self.sql.tokens, &args).await.map_err(failed)?,
                    );
                }
                let ids: BTreeSet<i64> =
                    rows.iter().filter_map(|row| id_of(row).ok()).map(|id| id.0).collect();
                return self.cases(&ids.into_iter().collect::<Vec<_>>()).await;
            }
            Which::Due { most, turns } => return self.load_due(most, turns).await,
            Which::Stale(most) => {
                (&self.sql.stale, vec![Arg::Int(micros(self.now)), Arg::Int(most as i64)])
            }
            Which::Unchecked { providers, left, most } => {
                let providers: Vec<Provider<'_>> =
                    providers.iter().map(|id| Provider { provider: id.as_str() }).collect();
                let (now, left) = (Arg::Int(micros(self.now)), Arg::Int(micros(left)));
                (&self.sql.unchecked, vec![json(&providers)?, now, left, Arg::Int(most as i64)])
            }
            Which::Uncosted { providers, most } => {
                let providers: Vec<Provider<'_>> =
                    providers.iter().map(|id| Provider { provider: id.as_str() }).collect();
                let now = Arg::Int(micros(self.now));
                (&self.sql.price.uncosted, vec![json(&providers)?, now, Arg::Int(most as i64)])
            }
        };
        let rows = self.connection.rows(sql, &args).await.map_err(failed)?;
        let ids: Vec<i64> = rows.iter().filter_map(|row| id_of(row).ok()).map(|id| id.0).collect();
        self.cases(&ids).await
    }

    async fn insert(&mut self, entries: Vec<Entry>) -> Result<Vec<Case>> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let dialect = self.connection.dialect();
        let rows = rows_of(dialect, &entries, ENTRY, &NEW)?;
        let inserted =
            self.connection.rows(&self.sql.insert_entries, &rows).await.map_err(failed)?;
        let mut ids = HashMap::new();
        for row in inserted {
            let mut row = Columns::new(row);
            let read = row.int().and_then(|id| Ok((id, row.text()?, row.text()?)));
            let (id, tenant, key) = read.map_err(|Corrupt| corrupt("an entry"))?;
            ids.insert((tenant, key), EntryId(id));
        }
        let mut cases = Vec::with_capacity(ids.len());
        for mut entry in entries {
            let name = (entry.tenant_name().to_owned(), entry.key.as_str().to_owned());
            // Of two with one key the first was written.
            if let Some(id) = ids.remove(&name) {
                entry.id = id;
                cases.push(Case::inserted(entry));
            }
        }
        let written: Vec<&Entry> = cases.iter().map(|case| &case.entry).collect();
        if !cases.is_empty() {
            let contents = rows_of(dialect, written.iter().copied(), CONTENT, &INSERTED)?;
            self.connection.rows(&self.sql.insert_contents, &contents).await.map_err(failed)?;
        }
        let threads = ThreadRow::of(written.iter().copied());
        let queued = written.into_iter().filter(|entry| entry.wake_at.is_some()).collect();
        self.write(&self.sql.insert_queue, queued, QUEUE, &INSERTED).await?;
        let tagged: Vec<Key<'_>> = cases
            .iter()
            .filter(|case| !case.entry.tags.is_empty())
            .map(|case| Key::of(&case.entry))
            .collect();
        if !tagged.is_empty() {
            self.connection.rows(&self.sql.insert_tags, &[json(&tagged)?]).await.map_err(failed)?;
        }
        self.join_threads(threads).await?;
        Ok(cases)
    }

    async fn kept(&mut self, id: EntryId) -> Result<Option<Text>> {
        let rows = self.connection.rows(&self.sql.kept, &[Arg::Int(id.0)]).await.map_err(failed)?;
        let Some(row) = rows.into_iter().next() else { return Ok(None) };
        let payload = Columns::new(row).text_or_none().map_err(|Corrupt| corrupt("a content"))?;
        Ok(payload.map(Text::from))
    }

    async fn load_again(&mut self, known: Vec<Arc<Snapshot>>) -> Result<Vec<Case>> {
        if self.trusts {
            return Ok(known.into_iter().map(Case::trusted).collect());
        }
        let ids: Vec<i64> = known.iter().map(|known| known.entry.id.0).collect();
        self.cases(&ids).await
    }

    async fn save(&mut self, cases: &mut [Case]) -> Result<()> {
        self.write_cases(cases).await
    }

    async fn untold(&mut self, most: usize, again: Timestamp) -> Result<Vec<(EntryId, End)>> {
        let times = [self.now, again].map(|time| Arg::Int(micros(time)));
        let [now, again] = times;
        let args = [now, again, Arg::Int(most as i64)];
        let rows = self.connection.rows(&self.sql.untold, &args).await.map_err(failed)?;
        let read = |row| {
            let mut row = Columns::new(row);
            Ok((EntryId(row.int()?), End::read(&mut row)?))
        };
        rows.into_iter().map(read).collect::<Result<_, _>>().map_err(|Corrupt| corrupt("a result"))
    }

    async fn told(&mut self, ends: &[(EntryId, End)]) -> Result<()> {
        let ends: Vec<_> = ends.iter().map(|(id, end)| ResultRow::new(*id, *end, 0)).collect();
        self.connection.rows(&self.sql.told, &[json(&ends)?]).await.map_err(failed)?;
        Ok(())
    }

    async fn hold(&mut self, ids: &[MessageId]) -> Result<()> {
        if let Some(hold) = self.sql.hold.as_ref().filter(|_| !ids.is_empty()) {
            self.connection.rows(hold, &[json(&provider_ids(ids))?]).await.map_err(failed)?;
        }
        Ok(())
    }

    async fn insert_events(&mut self, events: &[StatusEvent]) -> Result<Vec<Seen>> {
        let rows = rows_of(self.connection.dialect(), events, EVENT, &INSERTED)?;
        let rows = self.connection.rows(&self.sql.events.insert, &rows).await.map_err(failed)?;
        let mut known = HashMap::new();
        for row in rows {
            let mut row = Columns::new(row);
            let read = row.text().and_then(|id| Ok((id, (row.int()?, row.int()?))));
            let (id, row) = read.map_err(|Corrupt| corrupt("an event"))?;
            known.insert(id, row);
        }
        let seen = |event: &StatusEvent| match known.get(&event.id.to_string()) {
            Some((times, _)) if *times <= i64::from(event.times) => Seen::New,
            Some((_, at)) if *at != micros(event.received_at) => Seen::Before,
            Some(_) => Seen::Again,
            None => Seen::New,
        };
        Ok(events.iter().map(seen).collect())
    }

    async fn unknown_events(&mut self, ids: &[MessageId]) -> Result<Vec<StatusEvent>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let sql = &self.sql.events.unknown;
        let rows = self.connection.rows(sql, &[json(&provider_ids(ids))?]).await.map_err(failed)?;
        Ok(rows.into_iter().filter_map(|row| read_event(row).ok()).collect()) // the others say nothing
    }

    async fn save_events(&mut self, events: &[StatusEvent]) -> Result<()> {
        let known = events.iter().filter(|event| !event.is_unknown()).collect();
        self.write(&self.sql.events.save, known, EVENT, &CHANGED).await.map(drop)
    }

    async fn mark_read(&mut self, ids: &[EntryId]) -> Result<u64> {
        let args = [ids_of(ids.iter().copied())?, Arg::Int(micros(self.now))];
        let rows =
            self.connection.rows(&self.sql.threads.read_entries, &args).await.map_err(failed)?;
        self.read_threads(rows).await
    }

    async fn suppressions(&mut self, numbers: &[PhoneNumber]) -> Result<Vec<Suppression>> {
        let numbers: Vec<Number> =
            numbers.iter().map(|number| Number { number: number.digits() }).collect();
        let rows = self
            .connection
            .rows(&self.sql.suppression.find, &[json(&numbers)?])
            .await
            .map_err(failed)?;
        let read = rows.into_iter().map(read_suppression).collect::<Result<_, _>>();
        read.map_err(|Corrupt| corrupt("a suppression"))
    }

    async fn insert_suppressions(&mut self, suppressions: &[Suppression]) -> Result<()> {
        let rows = rows_of(self.connection.dialect(), suppressions, SUPPRESSION, &INSERTED)?;
        self.connection.rows(&self.sql.suppression.insert, &rows).await.map_err(failed)?;
        Ok(())
    }

    async fn remove_suppression(
        &mut self,
        number: PhoneNumber,
        scope: &SuppressionScope,
        up_to: SuppressionSource,
        address: Option<&Address>,
    ) -> Result<()> {
        let mut args = vec![Arg::Int(number.digits() as i64)]; // 15 digits at most
        args.extend(scope.names().map(Arg::Text));
        args.extend([Arg::Int(up_to as i64), Arg::Text(told(address))]);
        self.connection.rows(&self.sql.suppression.remove, &args).await.map_err(failed)?;
        Ok(())
    }

    async fn unproved_suppressions(&mut self, most: usize) -> Result<Vec<Suppression>> {
        let args = [Arg::Int(micros(self.now)), Arg::Int(most as i64)];
        let sql = &self.sql.suppression.unproved;
        let rows = self.connection.rows(sql, &args).await.map_err(failed)?;
        let read = rows.into_iter().map(read_suppression).collect::<Result<_, _>>();
        read.map_err(|Corrupt| corrupt("a suppression"))
    }
}
