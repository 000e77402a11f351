//! [`Tables`]: the reads and writes of a backend within one transaction. Everything that decides is in
//! `transitions` and `operations`, and the same for all backends.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use anysms::{
    ProviderId, TenantId,
    error::Result,
    message::{Address, MessageId, MessageKey, Text},
    number::{PhoneNumber, Region},
};

use crate::{
    AttemptToken, End, Entry, EntryId, PriceRecord, StatusEvent, Suppression, SuppressionScope,
    model::redaction::Redaction,
    model::seal::Seal,
    model::{
        case::{Case, Snapshot},
        event::Seen,
        suppression::SuppressionSource,
    },
    protocol::{
        challenges::{ChallengeTables, IntentTables},
        prices::PriceChanges,
        retention::Forget,
        threads::ThreadTables,
        turns::Turns,
    },
};

/// A message by its tenant and key.
pub(crate) type Named = (Option<TenantId>, MessageKey);

/// Choice of the cases to read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which<'a> {
    Named(&'a [Named]),
    Entries(&'a [EntryId]),
    Tokens(&'a [AttemptToken]),
    /// Cases by the providers' ids or by tokens, held in one order.
    Reported {
        ids: &'a [MessageId],
        tokens: &'a [AttemptToken],
    },
    /// At most `most` cases that the queue has to look at, by their turns; of a tenant's the longest due first. A case
    /// that another transaction looks at is left out.
    Due {
        most: usize,
        turns: &'a Turns,
    },
    /// At most this many cases with a submission whose lease is over.
    Stale(usize),
    /// At most `most` cases whose check is due: those with an attempt at one of `providers`, and those that have been
    /// due since `left`, as no one made the check.
    Unchecked {
        providers: &'a [ProviderId],
        left: Timestamp,
        most: usize,
    },
    /// At most `most` cases with an attempt at one of `providers` whose price is to be asked for.
    Uncosted {
        providers: &'a [ProviderId],
        most: usize,
    },
}

/// The tables of one backend, within one transaction.
#[async_trait]
pub(crate) trait Tables:
    Upkeep + PriceTables + ChallengeTables + IntentTables + ThreadTables
{
    /// Returns the backend's time, the same for the whole transaction.
    fn now(&self) -> Timestamp;

    /// Returns the seal of the texts of one-time codes.
    fn seal(&self) -> &Seal;

    /// Reads cases, each with all its attempts in order, and keeps other transactions from changing them.
    async fn load(&mut self, which: Which<'_>) -> Result<Vec<Case>>;

    /// Writes new entries, but for those whose key has an entry already. Returns the cases of the new ones.
    async fn insert(&mut self, entries: Vec<Entry>) -> Result<Vec<Case>>;

    /// Returns the payload that was kept of a message which left the queue.
    async fn kept(&mut self, id: EntryId) -> Result<Option<Text>>;

    /// Returns cases that this program read or wrote before, with nobody else changing them from now on: as they
    /// were where they have not changed since, else as they are now.
    async fn load_again(&mut self, known: Vec<Arc<Snapshot>>) -> Result<Vec<Case>>;

    /// Writes what has changed of cases since they were read, and the ends of those that ended.
    async fn save(&mut self, cases: &mut [Case]) -> Result<()>;

    /// Takes at most `most` ends that are to be told now, and sets when they are told again.
    async fn untold(&mut self, most: usize, again: Timestamp) -> Result<Vec<(EntryId, End)>>;

    /// Removes ends that were told: those that are still the last.
    async fn told(&mut self, ends: &[(EntryId, End)]) -> Result<()>;

    /// Holds the providers' ids, so that an event and the answer that names its id see each other.
    async fn hold(&mut self, ids: &[MessageId]) -> Result<()>;

    /// Writes events that are new, and counts those that came before.
    async fn insert_events(&mut self, events: &[StatusEvent]) -> Result<Vec<Seen>>;

    /// Reads the events of messages that were not known when they came.
    async fn unknown_events(&mut self, ids: &[MessageId]) -> Result<Vec<StatusEvent>>;

    /// Writes to which attempt events belong, and whether they were stale.
    async fn save_events(&mut self, events: &[StatusEvent]) -> Result<()>;

    /// Marks inbound messages as read. Returns the number of messages that were unread.
    async fn mark_read(&mut self, ids: &[EntryId]) -> Result<u64>;

    /// Returns all opt-outs of these numbers.
    async fn suppressions(&mut self, numbers: &[PhoneNumber]) -> Result<Vec<Suppression>>;

    /// Writes opt-outs. Of two with the same scope that were told to the same address the first time, the greater source
    /// and the later end stay.
    async fn insert_suppressions(&mut self, suppressions: &[Suppression]) -> Result<()>;

    /// Takes an opt-out off that was told to an own address, or to any, unless its source is greater.
    async fn remove_suppression(
        &mut self,
        number: PhoneNumber,
        scope: &SuppressionScope,
        up_to: SuppressionSource,
        told: Option<&Address>,
    ) -> Result<()>;

    /// Returns at most `most` suppressions that end by themselves unless a provider confirms them.
    async fn unproved_suppressions(&mut self, most: usize) -> Result<Vec<Suppression>>;
}

/// The prices.
#[async_trait]
pub(crate) trait PriceTables: Send {
    /// Returns the prices of a country in the order in which they came: those that hold, which no other transaction
    /// changes from now on, or all.
    async fn prices(
        &mut self,
        provider: &ProviderId,
        country: Region,
        open: bool,
    ) -> Result<Vec<PriceRecord>>;

    /// Writes which prices are said again, end, or are new.
    async fn change_prices(&mut self, changes: PriceChanges, at: Timestamp) -> Result<()>;
}

/// Upkeep of the tables: forgets and removes old messages.
#[async_trait]
pub(crate) trait Upkeep: Send {
    /// Returns at most `most` messages that left the queue before a time and are not forgotten so far, each
    /// with the replacement of its number.
    async fn older(
        &mut self,
        than: Redaction,
        before: Timestamp,
        most: usize,
    ) -> Result<Vec<(EntryId, String)>>;

    /// Returns at most `most` messages to or from one of these addresses.
    async fn with_address(&mut self, remote: &[Text], most: usize) -> Result<Vec<EntryId>>;

    /// Forgets texts. Messages that still wait are called back.
    async fn forget_texts(&mut self, ids: &[EntryId]) -> Result<()>;

    /// Forgets texts, numbers and the contents behind the keys. Messages that still wait are called back.
    async fn forget_numbers(&mut self, forget: &[Forget]) -> Result<()>;

    /// Removes at most `most` messages that ended and were written down before a time, and the events of
    /// unknown messages. Returns the number of messages removed.
    async fn remove(&mut self, before: Timestamp, most: usize) -> Result<u64>;
}
