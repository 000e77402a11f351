//! [`InTransaction`]: a store inside of a transaction of the caller's own.

use std::fmt;

use tokio::sync::Mutex;

use super::{
    SqlBackend, challenges, connection::Connection, error::failed, read, read_threads, report,
    transaction::SqlTransaction,
};
use crate::{
    DeliveryStats, Entry, EntryId, Filter, History, MessageStore, StorePolicy, Suppression, Thread,
    ThreadFilter, ThreadId, Usage,
    backend::{RawBackend, clock::SteadyClock, notify::QueueSignal, operation::Operation},
    model::seal::Seal,
    model::thread::ThreadEnds,
    protocol::transaction::Named,
    report::costs::CostSum,
};
use anysms::{
    error::{Error, ErrorKind, Result},
    message::{Cursor, Page},
    number::PhoneNumber,
    verification::{ChallengeFact, ChallengeRow, ChallengeSend, ReportQuery},
};
use jiff::Timestamp;

/// Store inside of a transaction of the caller's own, with the methods of every store. Made by
/// [`MessageStore::in_transaction`].
pub type StoreTransaction<'c> = MessageStore<InTransaction<'c>>;

/// Backend of a [`StoreTransaction`].
pub struct InTransaction<'c> {
    backend: &'c SqlBackend,
    connection: Mutex<Connection<'c>>,
}

/// Connection on which a transaction of the caller's own is open: from a `sqlx` connection or transaction of SQLite
/// or PostgreSQL.
pub struct OpenTransaction<'c>(pub(crate) Connection<'c>);

macro_rules! open_transaction {
    ($kind:ident, $connection:ty, $database:ty) => {
        impl<'c> From<&'c mut $connection> for OpenTransaction<'c> {
            fn from(connection: &'c mut $connection) -> Self {
                Self(Connection::$kind(connection))
            }
        }

        impl<'c> From<&'c mut sqlx::Transaction<'_, $database>> for OpenTransaction<'c> {
            fn from(transaction: &'c mut sqlx::Transaction<'_, $database>) -> Self {
                Self(Connection::$kind(&mut **transaction))
            }
        }
    };
}

#[cfg(feature = "sqlite")]
open_transaction!(Sqlite, sqlx::SqliteConnection, sqlx::Sqlite);
#[cfg(feature = "postgres")]
open_transaction!(Postgres, sqlx::PgConnection, sqlx::Postgres);

impl<'c> InTransaction<'c> {
    pub(crate) fn new(backend: &'c SqlBackend, connection: Connection<'c>) -> Self {
        Self { backend, connection: Mutex::new(connection) }
    }
}

impl RawBackend for InTransaction<'_> {
    fn policy(&self) -> StorePolicy {
        self.backend.policy
    }

    async fn run<O: Operation>(&self, operation: O) -> Result<O::Output> {
        let connection = &mut *self.connection.lock().await;
        let mut tables = SqlTransaction::new(
            connection,
            &self.backend.sql,
            &self.backend.seal,
            self.backend.clock.now(),
        );
        let outputs = O::run(&mut tables, self.backend.policy, &[&operation]).await?;
        if let Some(notify) = self.backend.sql.notify.as_ref().filter(|_| operation.enqueues()) {
            connection.rows(notify, &[]).await.map_err(failed)?; // heard when the transaction commits
        }
        let none = || Error::not_sent(ErrorKind::Other).with_detail("store: no answer");
        outputs.into_iter().next().ok_or_else(none)
    }

    fn identity(&self) -> u128 {
        self.backend.identity()
    }

    fn seal(&self) -> &Seal {
        self.backend.seal()
    }

    /// Leaves the files to whoever ends the transaction.
    async fn scrub(&self) -> Result<()> {
        Ok(())
    }

    fn clock(&self) -> &SteadyClock {
        &self.backend.clock
    }

    /// Returns the backend's signal. Where there is no server that notifies, the worker that is woken waits
    /// for the transaction's lock.
    fn signal(&self) -> &QueueSignal {
        &self.backend.signal
    }

    async fn entries(
        &self,
        filter: &Filter,
        most: u32,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Entry>> {
        let connection = &mut *self.connection.lock().await;
        read::entries(connection, &self.backend.sql, filter, most, cursor).await
    }

    async fn history(&self, name: &Named) -> Result<Option<History>> {
        read::history(&mut *self.connection.lock().await, &self.backend.sql, name).await
    }

    async fn unreadable(&self, most: u32) -> Result<Vec<EntryId>> {
        read::unreadable(&mut *self.connection.lock().await, &self.backend.sql, most).await
    }

    async fn has_stale(&self) -> Result<bool> {
        let connection = &mut *self.connection.lock().await;
        read::has_stale(connection, &self.backend.sql, self.backend.clock().now()).await
    }

    async fn delivery_stats(&self, filter: &Filter) -> Result<DeliveryStats> {
        report::delivery_stats(&mut *self.connection.lock().await, &self.backend.sql, filter).await
    }

    async fn usage(&self, filter: &Filter) -> Result<Usage> {
        report::usage(&mut *self.connection.lock().await, &self.backend.sql, filter).await
    }

    async fn costs(&self, filter: &Filter) -> Result<Vec<CostSum>> {
        report::costs(&mut *self.connection.lock().await, &self.backend.sql, filter).await
    }

    async fn suppressions(
        &self,
        after: Option<PhoneNumber>,
        most: u32,
    ) -> Result<Vec<Suppression>> {
        read::suppressions(&mut *self.connection.lock().await, &self.backend.sql, after, most).await
    }

    async fn due_codes(
        &self,
        before: Timestamp,
        most: usize,
    ) -> Result<Vec<(ChallengeRow, ChallengeSend)>> {
        let sql = &self.backend.sql;
        challenges::due(&mut *self.connection.lock().await, sql, before, most).await
    }

    async fn challenge_facts(&self, query: &ReportQuery) -> Result<Vec<ChallengeFact>> {
        let sql = &self.backend.sql;
        challenges::facts(&mut *self.connection.lock().await, sql, query).await
    }

    async fn threads(
        &self,
        filter: &ThreadFilter,
        most: u32,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Thread>> {
        let (connection, now) = (&mut *self.connection.lock().await, self.backend.clock.now());
        read_threads::threads(connection, &self.backend.sql, filter, most, cursor, now).await
    }

    async fn thread(&self, id: ThreadId) -> Result<Option<Thread>> {
        let (connection, now) = (&mut *self.connection.lock().await, self.backend.clock.now());
        read_threads::thread(connection, &self.backend.sql, id, now).await
    }

    async fn thread_between(&self, ends: &ThreadEnds) -> Result<Option<Thread>> {
        let (connection, now) = (&mut *self.connection.lock().await, self.backend.clock.now());
        read_threads::thread_between(connection, &self.backend.sql, ends, now).await
    }

    async fn thread_entries(
        &self,
        id: ThreadId,
        most: u32,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Entry>> {
        let connection = &mut *self.connection.lock().await;
        read_threads::thread_entries(connection, &self.backend.sql, id, most, cursor).await
    }
}

impl fmt::Debug for InTransaction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("InTransaction").field(&self.backend).finish()
    }
}

impl fmt::Debug for OpenTransaction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OpenTransaction").field(&self.0.dialect()).finish()
    }
}
