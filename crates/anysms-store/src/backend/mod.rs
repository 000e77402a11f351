//! Storage of messages: in memory, in SQLite and in PostgreSQL.
//!
//! What belongs here: the sealed [`Backend`] trait, the operations that run in its transactions
//! (`operation`), and the backends, which are the tables of `protocol::transaction`. Nothing here decides
//! what may become of a message: that is `protocol`.

pub(crate) mod clock;
pub(crate) mod memory;
pub(crate) mod notify;
pub(crate) mod operation;
#[cfg(test)]
mod round_trip;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
// What one database needs lies idle in a build with the other alone.
#[cfg_attr(
    not(all(feature = "sqlite", feature = "postgres")),
    allow(unused_imports, unused_variables)
)]
pub(crate) mod sql;

use std::{fmt, sync::Arc};

use anysms::{
    error::Result,
    message::{Cursor, Page},
    number::PhoneNumber,
    verification::{ChallengeFact, ChallengeRow, ChallengeSend, ReportQuery},
};
use jiff::Timestamp;

use crate::{
    DeliveryStats, Entry, EntryId, Filter, History, StorePolicy, Suppression, Thread, ThreadFilter,
    ThreadId, Usage,
    backend::{
        clock::SteadyClock, memory::MemoryBackend, notify::QueueSignal, operation::Operation,
    },
    model::seal::Seal,
    model::thread::ThreadEnds,
    protocol::transaction::Named,
    report::costs::CostSum,
};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
use sql::SqlBackend;

/// Operations of a backend.
pub(crate) trait RawBackend: fmt::Debug + Send + Sync {
    fn policy(&self) -> StorePolicy;

    /// Returns the identity of the store: the same for all handles, processes and machines that share its tables.
    fn identity(&self) -> u128;

    /// Returns the seal of the texts of one-time codes.
    fn seal(&self) -> &Seal;

    /// Takes what was erased out of the files beside the database.
    fn scrub(&self) -> impl Future<Output = Result<()>> + Send;

    /// Returns the clock of leases and schedules.
    fn clock(&self) -> &SteadyClock;

    /// Returns the signal to the workers of this process that the queue may hold something.
    fn signal(&self) -> &QueueSignal;

    /// Runs an operation in a transaction, which it may share with others, and returns its output once that
    /// is committed.
    fn run<O: Operation>(&self, operation: O) -> impl Future<Output = Result<O::Output>> + Send;

    fn entries(
        &self,
        filter: &Filter,
        most: u32,
        cursor: Option<&Cursor>,
    ) -> impl Future<Output = Result<Page<Entry>>> + Send;

    fn history(&self, name: &Named) -> impl Future<Output = Result<Option<History>>> + Send;

    /// Returns at most so many messages that were set aside and cannot be read.
    fn unreadable(&self, most: u32) -> impl Future<Output = Result<Vec<EntryId>>> + Send;

    /// Returns whether a submission's lease is over.
    fn has_stale(&self) -> impl Future<Output = Result<bool>> + Send;

    fn delivery_stats(&self, filter: &Filter)
    -> impl Future<Output = Result<DeliveryStats>> + Send;

    fn usage(&self, filter: &Filter) -> impl Future<Output = Result<Usage>> + Send;

    fn costs(&self, filter: &Filter) -> impl Future<Output = Result<Vec<CostSum>>> + Send;

    fn suppressions(
        &self,
        after: Option<PhoneNumber>,
        most: u32,
    ) -> impl Future<Output = Result<Vec<Suppression>>> + Send;

    /// Returns at most so many sends of codes that have been due since before a time.
    fn due_codes(
        &self,
        before: Timestamp,
        most: usize,
    ) -> impl Future<Output = Result<Vec<(ChallengeRow, ChallengeSend)>>> + Send;

    fn challenge_facts(
        &self,
        query: &ReportQuery,
    ) -> impl Future<Output = Result<Vec<ChallengeFact>>> + Send;

    fn threads(
        &self,
        filter: &ThreadFilter,
        most: u32,
        cursor: Option<&Cursor>,
    ) -> impl Future<Output = Result<Page<Thread>>> + Send;

    fn thread(&self, id: ThreadId) -> impl Future<Output = Result<Option<Thread>>> + Send;

    fn thread_between(
        &self,
        ends: &ThreadEnds,
    ) -> impl Future<Output = Result<Option<Thread>>> + Send;

    fn thread_entries(
        &self,
        id: ThreadId,
        most: u32,
        cursor: Option<&Cursor>,
    ) -> impl Future<Output = Result<Page<Entry>>> + Send;
}

/// Place where a store keeps its messages: [`AnyBackend`], or `InTransaction`. Sealed, so that every backend
/// follows one protocol; name it to take a store and a store in a transaction alike.
///
/// ```
/// use anysms::{Message, Result};
/// use anysms_store::{Backend, MessageStore};
///
/// async fn thank<B: Backend>(store: &MessageStore<B>, message: Message) -> Result<()> {
///     store.enqueue(&[message], None).await?.remove(0)?;
///     Ok(())
/// }
/// ```
#[allow(private_bounds)] // that is the seal
pub trait Backend: RawBackend {}

impl<B: RawBackend> Backend for B {}

/// Backend that a constructor of [`MessageStore`](crate::MessageStore) chose: memory, SQLite or PostgreSQL.
#[derive(Clone, Debug)]
pub struct AnyBackend(pub(crate) Kind);

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Memory(Arc<MemoryBackend>),
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    Sql(Arc<SqlBackend>),
}

/// Does the same with whichever backend it is.
macro_rules! each {
    ($any:expr, $backend:ident => $do:expr) => {
        match &$any.0 {
            Kind::Memory($backend) => $do,
            #[cfg(any(feature = "sqlite", feature = "postgres"))]
            Kind::Sql($backend) => $do,
        }
    };
}

impl RawBackend for AnyBackend {
    fn policy(&self) -> StorePolicy {
        each!(self, backend => backend.policy())
    }

    fn identity(&self) -> u128 {
        each!(self, backend => backend.identity())
    }

    fn seal(&self) -> &Seal {
        each!(self, backend => backend.seal())
    }

    async fn scrub(&self) -> Result<()> {
        each!(self, backend => backend.scrub().await)
    }

    fn clock(&self) -> &SteadyClock {
        each!(self, backend => backend.clock())
    }

    fn signal(&self) -> &QueueSignal {
        each!(self, backend => backend.signal())
    }

    async fn run<O: Operation>(&self, operation: O) -> Result<O::Output> {
        each!(self, backend => backend.run(operation).await)
    }

    async fn entries(
        &self,
        filter: &Filter,
        most: u32,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Entry>> {
        each!(self, backend => backend.entries(filter, most, cursor).await)
    }

    async fn history(&self, name: &Named) -> Result<Option<History>> {
        each!(self, backend => backend.history(name).await)
    }

    async fn unreadable(&self, most: u32) -> Result<Vec<EntryId>> {
        each!(self, backend => backend.unreadable(most).await)
    }

    async fn has_stale(&self) -> Result<bool> {
        each!(self, backend => backend.has_stale().await)
    }

    async fn delivery_stats(&self, filter: &Filter) -> Result<DeliveryStats> {
        each!(self, backend => backend.delivery_stats(filter).await)
    }

    async fn usage(&self, filter: &Filter) -> Result<Usage> {
        each!(self, backend => backend.usage(filter).await)
    }

    async fn costs(&self, filter: &Filter) -> Result<Vec<CostSum>> {
        each!(self, backend => backend.costs(filter).await)
    }

    async fn suppressions(
        &self,
        after: Option<PhoneNumber>,
        most: u32,
    ) -> Result<Vec<Suppression>> {
        each!(self, backend => backend.suppressions(after, most).await)
    }

    async fn due_codes(
        &self,
        before: Timestamp,
        most: usize,
    ) -> Result<Vec<(ChallengeRow, ChallengeSend)>> {
        each!(self, backend => backend.due_codes(before, most).await)
    }

    async fn challenge_facts(&self, query: &ReportQuery) -> Result<Vec<ChallengeFact>> {
        each!(self, backend => backend.challenge_facts(query).await)
    }

    async fn threads(
        &self,
        filter: &ThreadFilter,
        most: u32,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Thread>> {
        each!(self, backend => backend.threads(filter, most, cursor).await)
    }

    async fn thread(&self, id: ThreadId) -> Result<Option<Thread>> {
        each!(self, backend => backend.thread(id).await)
    }

    async fn thread_between(&self, ends: &ThreadEnds) -> Result<Option<Thread>> {
        each!(self, backend => backend.thread_between(ends).await)
    }

    async fn thread_entries(
        &self,
        id: ThreadId,
        most: u32,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Entry>> {
        each!(self, backend => backend.thread_entries(id, most, cursor).await)
    }
}
