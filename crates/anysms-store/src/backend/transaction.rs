//! [`Tables`]: what a backend of the store reads and writes within one transaction. Everything that decides is in
//! `case` and `ops`, and the same for all backends.

use async_trait::async_trait;
use jiff::Timestamp;

use anysms::{
    ProviderId, TenantId,
    error::Result,
    message::{MessageId, MessageKey, Text},
    number::PhoneNumber,
};

use crate::{
    AttemptToken, Entry, EntryId, StatusEvent, Suppression, SuppressionScope,
    model::{entry::Case, event::Seen, suppression::SuppressionSource},
    run::retention::{Forget, Redaction},
};

/// A message by its tenant and key.
pub(crate) type Named = (Option<TenantId>, MessageKey);

/// Which cases to read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which<'a> {
    Named(&'a [Named]),
    Tokens(&'a [AttemptToken]),
    /// By the providers' ids.
    Ids(&'a [MessageId]),
    /// At most so many of those that the queue has to look at, the longest due first. What another
    /// transaction looks at is left out.
    Due(usize),
    /// At most so many of those of which one of these providers has to be asked, whose submission has to have
    /// ended, or of which nobody asked since then.
    Unchecked {
        providers: &'a [ProviderId],
        left: Timestamp,
        most: usize,
    },
}

/// The tables of one backend, within one transaction.
#[async_trait]
pub(crate) trait Tables: Upkeep {
    /// The backend's time, the same for the whole transaction.
    fn now(&self) -> Timestamp;

    /// Reads cases, each with all its attempts in order, and keeps other transactions from changing them.
    async fn load(&mut self, which: Which<'_>) -> Result<Vec<Case>>;

    /// Writes new entries. One whose key stands for an entry already is left out; the cases of the others.
    async fn insert(&mut self, entries: Vec<Entry>) -> Result<Vec<Case>>;

    /// Writes what has changed of cases since they were read.
    async fn save(&mut self, cases: &[Case]) -> Result<()>;

    /// Holds the providers' ids, so that an event and the answer that names its id see each other.
    async fn hold(&mut self, ids: &[MessageId]) -> Result<()>;

    /// Writes events that are new, and counts those that came before.
    async fn insert_events(&mut self, events: &[StatusEvent]) -> Result<Vec<Seen>>;

    /// Reads the events of messages that were not known when they came.
    async fn unknown_events(&mut self, ids: &[MessageId]) -> Result<Vec<StatusEvent>>;

    /// Writes to which attempt events belong, and whether they were stale.
    async fn save_events(&mut self, events: &[StatusEvent]) -> Result<()>;

    /// Writes that inbound messages were read; of how many that is news.
    async fn mark_read(&mut self, ids: &[EntryId]) -> Result<u64>;

    /// All opt-outs of these numbers.
    async fn suppressions(&mut self, numbers: &[PhoneNumber]) -> Result<Vec<Suppression>>;

    /// Writes opt-outs. Of two with the same scope the first time and the greater source stay.
    async fn insert_suppressions(&mut self, suppressions: &[Suppression]) -> Result<()>;

    /// Takes an opt-out off, unless its source is greater.
    async fn remove_suppression(
        &mut self,
        number: PhoneNumber,
        scope: &SuppressionScope,
        up_to: SuppressionSource,
    ) -> Result<()>;
}

/// How they forget.
#[async_trait]
pub(crate) trait Upkeep: Send {
    /// At most so many messages that left the queue before a time and are not forgotten so far, each with
    /// what stands for its number.
    async fn older(
        &mut self,
        than: Redaction,
        before: Timestamp,
        most: usize,
    ) -> Result<Vec<(EntryId, String)>>;

    /// At most so many messages to or from one of these addresses.
    async fn with_address(&mut self, remote: &[Text], most: usize) -> Result<Vec<EntryId>>;

    /// Forgets texts. What still waits is called back.
    async fn forget_texts(&mut self, ids: &[EntryId]) -> Result<()>;

    /// Forgets texts, numbers and what the keys stand for. What still waits is called back.
    async fn forget_numbers(&mut self, forget: &[Forget]) -> Result<()>;

    /// Removes at most so many messages that ended and were written down before a time, and the events of
    /// messages that nobody knew; how many messages.
    async fn remove(&mut self, before: Timestamp, most: usize) -> Result<u64>;
}
