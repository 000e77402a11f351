//! Round trip of every column, at its limits, on every backend: what is written is read back, whole.
//!
//! Every field of a row is named here, so that a new one does not compile until it is written and read, too. On
//! PostgreSQL: `cargo test -p anysms-store --all-features --lib -- --ignored`; `ANYSMS_ROWS=10000` writes so many.

mod any;
#[cfg(feature = "postgres")]
#[path = "../../tests/support/postgres.rs"]
#[allow(dead_code)] // no test here restarts its server
mod postgres;

use anysms::{TenantId, error::Result};

use crate::{
    AttemptRecord, End, Entry, EntryId, Filter, MessageStore, Stage, StatusEvent, StorePolicy,
    Suppression, SuppressionScope,
    backend::{
        RawBackend,
        operation::{Operation, Suppress, Untold},
    },
    model::{case::Case, redaction::Redaction, status::StatusReducer},
    protocol::transaction::{Tables, Which},
};
use any::Any;

/// Rows of one message.
#[derive(Clone, Debug)]
struct Whole {
    entry: Entry,
    attempts: Vec<AttemptRecord>,
    events: Vec<StatusEvent>,
    /// End that is to be told.
    end: Option<End>,
}

/// Writes a message with its attempts and events.
#[derive(Clone, Debug)]
struct Insert(Whole);

/// Writes over all that changes of a message, except for its end.
#[derive(Clone, Debug)]
struct Change(EntryId, Whole);

/// Reads a message as changes read it: without its content.
#[derive(Clone, Debug)]
struct Load(EntryId);

macro_rules! operation {
    ($name:ident -> $output:ty, |$this:ident, $tables:ident| $run:expr) => {
        #[async_trait::async_trait]
        impl Operation for $name {
            type Output = $output;

            async fn run(
                $tables: &mut dyn Tables,
                _: StorePolicy,
                all: &[&Self],
            ) -> Result<Vec<$output>> {
                let mut outputs = Vec::new();
                for $this in all {
                    outputs.push($run);
                }
                Ok(outputs)
            }
        }
    };
}

operation!(Insert -> EntryId, |this, tables| {
    let mut cases = tables.insert(vec![this.0.entry.clone()]).await?;
    let id = cases[0].entry.id;
    let whole = this.0.clone();
    (cases[0].attempts, cases[0].ended) = (with_message(whole.attempts, id), whole.end);
    tables.save(&mut cases).await?;
    let row = load(tables, id).await?.attempts.first().map_or(0, |attempt| attempt.row);
    let of = |event| StatusEvent { attempt: row, ..event };
    let events: Vec<_> = whole.events.into_iter().map(of).collect();
    tables.insert_events(&events).await?;
    id
});

operation!(Change -> (), |this, tables| {
    let mut case = load(tables, this.0).await?;
    let whole = this.1.clone();
    case.entry = changed(&case.entry, whole.entry);
    for (known, new) in case.attempts.iter_mut().zip(with_message(whole.attempts, this.0)) {
        *known = changed_attempt(known, new);
    }
    tables.save(&mut [case]).await?;
});

operation!(Load -> Case, |this, tables| load(tables, this.0).await?);

async fn load(tables: &mut dyn Tables, id: EntryId) -> Result<Case> {
    let cases = tables.load(Which::Entries(&[id])).await?;
    Ok(cases.into_iter().next().expect("it is there, and can be read"))
}

fn with_message(attempts: Vec<AttemptRecord>, message: EntryId) -> Vec<AttemptRecord> {
    attempts.into_iter().map(|attempt| AttemptRecord { message, ..attempt }).collect()
}

/// The entry with everything that changes while it is sent taken from another.
fn changed(before: &Entry, new: Entry) -> Entry {
    Entry {
        segments: new.segments,
        status: new.status,
        failure: new.failure,
        error_text: new.error_text,
        provider: new.provider,
        account: new.account,
        provider_id: new.provider_id,
        estimate: new.estimate,
        price: new.price,
        due_at: new.due_at,
        accepted_at: new.accepted_at,
        delivered_at: new.delivered_at,
        failed_at: new.failed_at,
        ..before.clone()
    }
}

/// The attempt with all but its names taken from another.
fn changed_attempt(before: &AttemptRecord, new: AttemptRecord) -> AttemptRecord {
    let AttemptRecord { row, number, token, redirected, .. } = *before;
    AttemptRecord { row, number, token, redirected, ..new }
}

impl Any {
    /// A message, in the queue or not.
    fn entry(&mut self, number: u32) -> Entry {
        let (failure, error_text) = self.failure().unzip();
        let (provider, provider_id) = self.id().map(|id| (id.provider().clone(), id)).unzip();
        let is_placed = self.one_in(2);
        let tenant: Option<TenantId> = self.option(|any| {
            let name: String = any.name(TenantId::MAX_LEN);
            name.parse().unwrap_or_else(|_| "clinic".parse().unwrap())
        });
        let mut tags = self.list(|any| any.name(255));
        tags.sort_unstable();
        tags.dedup();
        Entry {
            id: EntryId::default(),
            direction: self.direction(),
            tenant,
            key: self.key(number),
            remote: self.address(),
            local: self.option(Self::address),
            sender: self.option(Self::sender),
            country: self.option(Self::region),
            text: self.option(|any| any.text(3_000).into()),
            media: self.list(Self::url),
            text_hash: self.option(|any| crate::TextHash::of(&any.name(9))),
            segments: self.option(Self::u32),
            class: self.class(),
            campaign: self.option(|any| any.name(255)),
            user: self.option(|any| any.name(255)),
            tags,
            stage: if is_placed { self.stage() } else { Stage::Done },
            status: self.option(Self::progress),
            failure,
            error_text,
            provider,
            account: self.option(Self::account),
            provider_id,
            estimate: self.option(Self::money),
            price: self.option(Self::money),
            created_at: self.time(),
            due_at: self.option(Self::time),
            accepted_at: self.option(Self::time),
            delivered_at: self.option(Self::time),
            failed_at: self.option(Self::time),
            read_at: self.option(Self::time),
            content: self.fingerprint(),
            payload: Some(self.json().into()).filter(|_| is_placed),
            fence: if is_placed { self.i64() } else { 0 },
            claims: if is_placed { self.u32() } else { 0 },
            version: 0, // counted by the database itself
            wake_at: Some(self.time()).filter(|_| is_placed),
            leased_at: self.option(Self::time).filter(|_| is_placed),
            redaction: self.pick(&[
                Redaction::Whole,
                Redaction::WithoutText,
                Redaction::WithoutNumber,
            ]),
            expires_at: self.option(Self::time).filter(|_| is_placed),
            keeps: is_placed && self.one_in(2),
            kept: self.option(|any| any.text(3_000).into()),
            freed: 0, // its key would stand for nothing
        }
    }

    fn attempt(&mut self, number: u32) -> AttemptRecord {
        let mut reports = StatusReducer::default();
        for _ in 0..self.below(4) {
            let failure = self.failure().map(|(failure, _)| failure);
            reports.add(self.progress(), failure.as_ref());
        }
        let provider = self.provider();
        let id = |any: &mut Self| any.id_of(&provider);
        AttemptRecord {
            number,
            account: self.option(Self::account),
            id: self.option(id),
            outcome: self.option(Self::outcome),
            settled_by: self.option(Self::settled_by),
            status: reports.status(),
            failure: reports.failure().cloned(),
            error_text: reports.failure().map(|_| self.text(1_000)),
            conflict: reports.conflict(),
            id_conflict: self.one_in(2),
            begun_at: self.time(),
            ended_at: self.option(Self::time),
            delivered_at: self.option(Self::time),
            failed_at: self.option(Self::time),
            segments: self.option(Self::u32),
            price: self.option(Self::money),
            request_id: self.option(|any| any.text(1_000)),
            row: 0,
            message: EntryId::default(),
            token: self.token(),
            reports,
            checks: self.u32(),
            check_at: self.option(Self::time),
            cost_checks: self.u32(),
            cost_check_at: self.option(Self::time),
            given_up: self.one_in(2),
            redirected: self.one_in(2),
            hinted: self.option(id),
            provider: provider.clone(),
        }
    }

    fn event(&mut self) -> StatusEvent {
        let provider = self.provider();
        StatusEvent {
            id: self.event_id(),
            message: self.id_of(&provider),
            account: self.option(Self::account),
            status: self.message_status(),
            failure: self.failure().map(|(failure, _)| failure),
            segments: self.option(Self::u32),
            price: self.option(Self::money),
            sequence: self.option(Self::u32),
            at: self.option(Self::time),
            received_at: self.time(),
            times: self.u32().max(1),
            stale: self.one_in(2),
            proof: self.proof(),
            recipient: self.option(Self::address),
            sender: self.option(Self::address),
            foreign: self.one_in(2),
            attempt: 0,
            token: None, // an event that is found by it has its attempt
        }
    }

    fn suppression(&mut self, number: u32) -> Suppression {
        let pool = |any: &mut Self| any.alphanumeric(64).parse().unwrap();
        Suppression {
            number: format!("+4477009{:05}", number % 100_000).parse().unwrap(),
            scope: SuppressionScope {
                tenant: self
                    .option(|any| any.alphanumeric(TenantId::MAX_LEN as u64).parse().unwrap()),
                sender: self.option(Self::address).filter(|sender| !sender.to_string().is_empty()),
                pool: self.option(pool),
                channel: self.option(Self::channel),
                campaign: self.option(|any| any.text(255)).filter(|name| !name.is_empty()),
            },
            source: self.suppression_source(),
            at: self.time(),
            told: self.option(Self::address).filter(|told| !told.to_string().is_empty()),
            until: self.option(Self::time),
            said_by: self.id(),
            account: self.option(Self::account),
        }
    }

    fn whole(&mut self, number: u32) -> Whole {
        let attempts = [1, 2, u32::MAX].into_iter().take(self.below(4) as usize);
        let attempts: Vec<_> = attempts.map(|number| self.attempt(number)).collect();
        let events = if attempts.is_empty() { Vec::new() } else { self.list(Self::event) };
        Whole { entry: self.entry(number), attempts, events, end: self.option(Self::end) }
    }
}

/// Number of messages that are written.
fn rows() -> u32 {
    std::env::var("ANYSMS_ROWS").map_or(60, |text| text.parse().expect("a number"))
}

/// Writes whatever there may be, and compares what is read with it. A database keeps microseconds, eight decimal
/// places, and U+FFFD for a NUL; memory keeps everything.
async fn all_is_read_back(store: MessageStore, is_sql: bool) {
    let (backend, mut ends) = (&store.backend, Vec::new());
    for number in 0..rows() {
        let seed = u64::from(number) * 2 + 1;
        let (raw, kept) = (|seed| Any::new(seed, false), |seed| Any::new(seed, is_sql));
        let expected = kept(seed).whole(number);
        let id = backend.run(Insert(raw(seed).whole(number))).await;
        let id = id.unwrap_or_else(|error| panic!("{error}: {:#?}", raw(seed).whole(number)));
        compare(&store, id, &expected, number).await;
        ends.extend(expected.end.map(|end| (id, end)));
        let change = backend.run(Change(id, raw(seed + 1).whole(number)));
        change.await.unwrap();
        let new = kept(seed + 1).whole(number);
        let mut expected = Whole { entry: changed(&expected.entry, new.entry), ..expected };
        for (known, new) in expected.attempts.iter_mut().zip(new.attempts) {
            *known = changed_attempt(known, new);
        }
        compare(&store, id, &expected, number).await;
    }
    let told = backend.run(Untold(rows() as usize)).await.unwrap();
    let mut told: Vec<_> = told.iter().map(|result| (result.entry.id, result.end)).collect();
    told.sort_unstable_by_key(|(id, _)| *id);
    assert_eq!(told, ends);
    let page = store.entries(&Filter::new(), rows(), None).await.unwrap();
    assert_eq!(page.items.len(), rows() as usize);
    assert!(store.unreadable(rows()).await.unwrap().is_empty());
    let raw = (0..rows()).map(|number| Any::new(number.into(), false).suppression(number));
    for one in raw {
        backend.run(Suppress(one)).await.unwrap();
    }
    let read = backend.suppressions(None, rows()).await.unwrap();
    let kept = |number: u32| Any::new(number.into(), is_sql).suppression(number);
    assert_eq!(read.len(), rows() as usize);
    for (number, read) in (0..).zip(read) {
        same(&read, &kept(number), number);
    }
}

/// Reads a message in both ways: for a change, and to show it.
async fn compare(store: &MessageStore, id: EntryId, expected: &Whole, number: u32) {
    let case = store.backend.run(Load(id)).await.unwrap();
    let Whole { entry, attempts, events, end: _ } = expected; // ends are told
    let entry = Entry { id, version: case.entry.version, ..entry.clone() };
    let attempts: Vec<_> = with_message(attempts.clone(), id)
        .into_iter()
        .zip(&case.attempts)
        .map(|(expected, read)| AttemptRecord { row: read.row, ..expected })
        .collect();
    let row = attempts.first().map_or(0, |attempt| attempt.row);
    let bare = |entry: &Entry| Entry {
        text: None,
        media: Vec::new(),
        text_hash: None,
        kept: None,
        ..entry.clone()
    };
    same(&bare(&case.entry), &bare(&entry), number);
    same(&case.attempts, &attempts, number);
    let name = (entry.tenant.clone(), entry.key.clone());
    let history = store.backend.history(&name).await.unwrap().expect("it is there");
    same(&history.entry, &entry, number);
    same(&history.attempts, &attempts, number);
    let of = |event: &StatusEvent| StatusEvent { attempt: row, ..event.clone() };
    let sorted = |mut events: Vec<StatusEvent>| {
        events.sort_by_key(|event| event.id);
        events
    };
    same(&sorted(history.events), &sorted(events.iter().map(of).collect()), number);
}

/// Compares whole values, and shows the lines in which they differ.
fn same<T: PartialEq + serde::Serialize + std::fmt::Debug>(read: &T, expected: &T, number: u32) {
    if read == expected {
        return;
    }
    let text = |value| format!("{value:#?}\n{}", serde_json::to_string_pretty(value).unwrap());
    let [read, expected] = [read, expected].map(text);
    let lines = read.lines().zip(expected.lines()).filter(|(read, expected)| read != expected);
    panic!("message {number}, read and expected: {:#?}", lines.collect::<Vec<_>>());
}

#[tokio::test]
async fn all_is_read_back_from_memory() {
    all_is_read_back(MessageStore::memory(), false).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn all_is_read_back_from_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.path().join("a.db"));
    let (options, prefix) = (options.create_if_missing(true), crate::TablePrefix::default());
    MessageStore::migrate_sqlite(&options, &prefix).await.unwrap();
    let store = MessageStore::sqlite_with(options, prefix, StorePolicy::default()).await.unwrap();
    all_is_read_back(store, true).await;
}

#[cfg(feature = "postgres")]
#[tokio::test]
#[ignore = "needs PostgreSQL"]
async fn all_is_read_back_from_postgres() {
    let (pool, prefix) = (postgres::database().await, crate::TablePrefix::default());
    MessageStore::migrate_postgres(&pool, &prefix).await.unwrap();
    let store = MessageStore::postgres_with(pool, prefix, StorePolicy::default()).await.unwrap();
    all_is_read_back(store, true).await;
}
