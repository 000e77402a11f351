//! The message log: every message accounted for.
//!
//! A log writes down the intent to send before the provider is asked, the outcome after it, and every
//! status that a verified webhook brings. Lists, reports and costs are read from it; the queue for sending in
//! the background is in it; and it is the proof that nothing is sent twice and nothing is lost, even if the
//! process is killed at the worst moment.
//!
//! - [`MessageLog`] is the contract, and what users call. Its homes: [`MemoryLog`], `SqliteLog` (feature
//!   `sqlite`) and `PostgresLog` (feature `postgres`).
//! - [`layers::Recorded`](crate::Recorded) writes every attempt down, directly around each provider.
//!
//! What belongs here: the protocol (`case`, pure), what is done by it in transactions (`ops`), the homes, and
//! what is read from them. Nothing here asks a provider; the layer and the worker do.

// What only databases need lies idle in a build without one.
#![cfg_attr(not(any(feature = "sqlite", feature = "postgres")), allow(dead_code))]

#[macro_use]
mod serde_text;

mod backend;
mod model;
mod protocol;
mod report;
mod run;

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;

use anysms::{error::{Error, Result}, message::{Cursor, Message, MessageId, MessageKey, Page}, number::PhoneNumber, suppression::OptOutSource, webhook::{InboundMessage, StatusUpdate}};

pub use backend::memory::MemoryLog;
#[cfg(feature = "postgres")]
pub use backend::sql::postgres::PostgresLog;
#[cfg(feature = "sqlite")]
pub use backend::sql::sqlite::SqliteLog;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use backend::sql::{EnqueueSql, TablePrefix, TablePrefixError, Within};
pub use model::{
    attempt::{Attempt, AttemptOutcome, SettledBy},
    attempt_token::{AttemptToken, AttemptTokenError},
    entry::{EntryId, History, LogEntry, Stage},
    event::{Applied, LoggedEvent},
    filter::LogFilter,
    hash::{TextHash, TextHashError},
    opt_out::{OptOut, OptOutScope, ScopedOptOuts},
    policy::{LogPolicy, TextPolicy},
    status::{LogStatus, Progress, StatusConflict, message_status},
};
pub use report::{DeliveryReport, Percentiles, Usage, UsageRow, export};
pub use run::{
    reconcile::{Reconciled, Reconciler},
    record::Recorded,
    retention::{Forgotten, Retention},
    worker::Worker,
};

use backend::{Answer, Home, Work, transaction::Named};
use protocol::operations::{self, Order};

/// A log of messages. All homes keep the same promises, and one suite holds them to it.
///
/// Sealed: the homes are this crate's, so that there is one protocol.
///
/// Messages are named by their organisation and key. `None`, and an empty name, are the organisation of messages
/// that have none.
///
/// # Errors
/// Every method may end in `Unavailable` where the home cannot be read or written now, and in `Other` where the
/// database refuses a statement or a row cannot be read. Of a write the outcome says whether it may have been made
/// all the same; every write may be made again and is one.
#[allow(private_bounds)] // that is the seal
#[async_trait]
pub trait MessageLog: Home {
    /// Puts messages into the queue (the outbox, to some), to be sent at once or at a time; which entry each is.
    /// The key is the idempotency key: the same message again is the same entry, whatever became of it.
    ///
    /// A message's own [`with_send_at`](Message::with_send_at) leaves the waiting to the provider, where it can
    /// schedule; with a time here the message waits in the log, where it can be called back, and an opt-out
    /// stops it.
    ///
    /// # Errors
    /// Of one message: `Conflict` if its key stands for another content. Of all: `Unavailable`.
    async fn enqueue(
        &self,
        messages: &[Message],
        at: Option<Timestamp>,
    ) -> Result<Vec<Result<EntryId>>> {
        let messages =
            messages.iter().map(|message| operations::Enqueue { message: message.clone(), at }).collect();
        let ids = ask(self, Work::Enqueue(messages)).await?;
        self.wake().now();
        Ok(ids)
    }

    /// Puts many messages into the queue, 500 at a time and three times that at once, and does not keep them in
    /// memory. Those whose key stands for another content are left out: their places, from 0. After an error
    /// the same messages again go on where it stopped.
    async fn enqueue_all(
        &self,
        messages: &mut (dyn Iterator<Item = Message> + Send),
        at: Option<Timestamp>,
    ) -> Result<Vec<u64>> {
        let source = Mutex::new((0, messages));
        let part = || enqueue_part(self, &source, at);
        let parts = tokio::try_join!(part(), part(), part())?;
        let mut refused = [parts.0, parts.1, parts.2].concat();
        refused.sort_unstable();
        Ok(refused)
    }

    /// Calls a message back that waits in the queue, for its first try or its next, or that is set aside
    /// ([`Stage::Dead`]). Whether it is called back: it was not sent, and will not be.
    async fn cancel_queued(&self, organisation: Option<&str>, key: &MessageKey) -> Result<bool> {
        ask(self, Work::Order(named(organisation, key), Order::Cancel)).await
    }

    /// Puts a message that is set aside ([`Stage::Dead`]) back into the queue. Whether it waits there.
    async fn requeue(&self, organisation: Option<&str>, key: &MessageKey) -> Result<bool> {
        let requeued = ask(self, Work::Order(named(organisation, key), Order::Requeue)).await?;
        self.wake().now();
        Ok(requeued)
    }

    /// Keeps what somebody found out of the attempts of a message of which nobody knew
    /// ([`AttemptOutcome::Unknown`]): that they were accepted, or that nothing was sent, after which the key may
    /// be sent again. Whether there were any. A callback that comes later is believed all the same.
    async fn settle(
        &self,
        organisation: Option<&str>,
        key: &MessageKey,
        outcome: AttemptOutcome,
    ) -> Result<bool> {
        ask(self, Work::Order(named(organisation, key), Order::Decide(outcome))).await
    }

    /// Keeps a status of a verified webhook and applies it, in whatever order statuses come. The token is
    /// the one of the callback's path, where [`Recorded`](crate::Recorded) put one there.
    async fn record_status(
        &self,
        update: &StatusUpdate,
        token: Option<AttemptToken>,
    ) -> Result<Applied> {
        let event = LoggedEvent::of(update, token, self.clock().now());
        ask(self, Work::Record(Box::new(event))).await
    }

    /// Keeps a message of a verified webhook, for the organisation to which the address belongs. Twice is
    /// once. What it means is not looked at: [`ScopedOptOuts::learn`](anysms::suppression::OptOuts::learn) keeps a
    /// STOP.
    async fn record_inbound(
        &self,
        message: &InboundMessage,
        organisation: Option<&str>,
    ) -> Result<()> {
        let organisation = organisation.filter(|name| !name.is_empty());
        let entry = self.policy().inbound(message, organisation, self.clock().now());
        ask(self, Work::Insert(Box::new(entry))).await
    }

    /// Whether an attempt has this id of a provider.
    async fn knows(&self, id: &MessageId) -> Result<bool> {
        let known: u64 = ask(self, Work::CountIds(vec![id.clone()])).await?;
        Ok(known > 0)
    }

    /// One page of messages, the latest first, at most 1,000 on it.
    ///
    /// # Errors
    /// `InvalidRequest` for a cursor that is not of this log.
    async fn entries(
        &self,
        filter: &LogFilter,
        most: u32,
        cursor: Option<&Cursor>,
    ) -> Result<Page<LogEntry>> {
        self.read_entries(filter, most.clamp(1, 1_000), cursor).await
    }

    /// A message with all that was tried and reported.
    async fn history(
        &self,
        organisation: Option<&str>,
        key: &MessageKey,
    ) -> Result<Option<History>> {
        self.read_history(&named(organisation, key)).await
    }

    /// How outbound messages fared, those of the filter.
    async fn delivery_report(&self, filter: &LogFilter) -> Result<DeliveryReport> {
        self.read_report(filter).await
    }

    /// What messages that a provider took cost, those of the filter.
    async fn usage(&self, filter: &LogFilter) -> Result<Usage> {
        self.read_usage(filter).await
    }

    /// Keeps that inbound messages were read; how many were not before.
    async fn mark_read(&self, entries: &[EntryId]) -> Result<u64> {
        ask(self, Work::MarkRead(entries.to_vec())).await
    }

    /// Forgets what is old, in transactions of at most 5,000 messages. Call it once a day.
    async fn purge(&self, retention: &Retention) -> Result<Forgotten> {
        let mut all = Forgotten::default();
        loop {
            let purge = Work::Purge(retention.at(self.clock().now(), self.policy().keys));
            let (some, more): (Forgotten, bool) = ask(self, purge).await?;
            all.texts += some.texts;
            all.numbers += some.numbers;
            all.messages += some.messages;
            if !more {
                return Ok(all);
            }
        }
    }

    /// Forgets whose the messages to and from a number are, and their texts; of how many. What waits to be
    /// sent to it is called back. What costs and reports need stays, and so do its opt-outs. By the retention of
    /// the log, so that messages are found whose number is a hash by its secret.
    async fn erase(&self, number: PhoneNumber, retention: &Retention) -> Result<u64> {
        let (mut all, addresses) = (0, retention.addresses(number));
        loop {
            let (some, more): (u64, bool) = ask(self, Work::Erase(addresses.clone())).await?;
            all += some;
            if !more {
                return Ok(all);
            }
        }
    }

    /// Keeps that a number opted out within a scope. Twice is once; of two sources the greater stays.
    async fn opt_out(
        &self,
        number: PhoneNumber,
        scope: OptOutScope,
        source: OptOutSource,
    ) -> Result<()> {
        let opt_out = OptOut { number, scope, source, at: self.clock().now() };
        ask(self, Work::OptOut(opt_out)).await
    }

    /// Takes an opt-out of this very scope off, unless its source is greater than this.
    async fn opt_in(
        &self,
        number: PhoneNumber,
        scope: OptOutScope,
        up_to: OptOutSource,
    ) -> Result<()> {
        ask(self, Work::OptIn(number, scope, up_to)).await
    }

    /// All opt-outs of so many numbers, from 1 to 1,000: the next after this one, in their order.
    async fn opt_outs(&self, after: Option<PhoneNumber>, most: u32) -> Result<Vec<OptOut>> {
        self.read_opt_outs(after, most.clamp(1, 1_000)).await
    }

    /// All opt-outs of a number.
    async fn opt_outs_of(&self, number: PhoneNumber) -> Result<Vec<OptOut>> {
        ask(self, Work::FindOptOuts(number)).await
    }

    /// For tests: the log's own time goes on from so much later, in this process. Leases end, what is queued
    /// for then becomes due, and providers are asked what became of attempts.
    #[cfg(feature = "testing")]
    fn skip(&self, time: std::time::Duration) {
        self.clock().skip(time);
        self.wake().now();
    }
}

impl<H: Home + ?Sized> MessageLog for H {}

/// A message by its organisation, if it has one, and its key.
fn named(organisation: Option<&str>, key: &MessageKey) -> Named {
    (organisation.filter(|name| !name.is_empty()).map(str::to_owned), key.clone())
}

/// Tells of an error that nobody waits for.
#[cfg_attr(not(feature = "tracing"), allow(unused_variables))]
fn trouble(task: &'static str, error: &Error) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        target: "anysms",
        { anysms.task = task, error.type = error.kind().as_str(), anysms.code = error.code() },
        "log"
    );
}

/// Has one thing done and takes its answer.
pub(crate) async fn ask<H, T>(home: &H, work: Work) -> Result<T>
where
    H: Home + ?Sized,
    T: TryFrom<Answer, Error = Error>,
{
    home.run(work).await?.try_into()
}

/// What there is to queue, and how many were taken of it.
type Source<'a> = Mutex<(u64, &'a mut (dyn Iterator<Item = Message> + Send))>;

/// Queues what others leave, while a home does something else for them; the places of what was refused.
async fn enqueue_part<H: Home + ?Sized>(
    home: &H,
    source: &Source<'_>,
    at: Option<Timestamp>,
) -> Result<Vec<u64>> {
    let mut refused = Vec::new();
    loop {
        let (start, some) = {
            let mut source = source.lock().unwrap_or_else(PoisonError::into_inner);
            let (start, messages) = &mut *source;
            let some: Vec<_> =
                messages.take(500).map(|message| operations::Enqueue { message, at }).collect();
            let place = *start;
            *start += some.len() as u64;
            (place, some)
        };
        if some.is_empty() {
            return Ok(refused);
        }
        let ids: Vec<Result<EntryId>> = ask(home, Work::Enqueue(some)).await?;
        home.wake().now();
        let places = (start..).zip(ids);
        refused.extend(places.filter(|(_, id)| id.is_err()).map(|(place, _)| place));
    }
}
