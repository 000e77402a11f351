//! Messages in a database: everything that SQLite and PostgreSQL share, which is nearly all of it.
//!
//! What belongs here: the tables and their versions (`schema`), the columns of each kind of row (`rows`, the one
//! place where a column is declared), the statements, the transactions (`group_commit`, `transaction`,
//! `in_transaction`) and the reads. Only `connection` knows the drivers.

mod challenges;
pub(crate) mod connection;
mod due;
mod error;
mod events;
mod given;
mod group_commit;
mod in_transaction;
mod intents;
mod outbox;
mod prefix;
mod price;
mod read;
mod read_threads;
mod report;
mod retention;
mod rows;
mod save;
pub(crate) mod schema;
mod statements;
mod suppression;
mod threads;
mod transaction;

#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;

use std::{fmt, sync::Arc};

use anysms::{
    error::{Error, ErrorKind, Result},
    message::{Cursor, Page},
    number::PhoneNumber,
    verification::{ChallengeFact, ChallengeRow, ChallengeSend, ReportQuery},
};
use jiff::Timestamp;

use crate::{
    DeliveryStats, Entry, EntryId, Filter, History, StorePolicy, Suppression, Thread, ThreadFilter,
    ThreadId, Usage,
    backend::{RawBackend, clock::SteadyClock, notify::QueueSignal, operation::Operation},
    model::seal::Seal,
    model::thread::ThreadEnds,
    protocol::transaction::Named,
    report::costs::CostSum,
};
use connection::{Connection, Dialect};
use error::failed;
use group_commit::{Source, WriteQueue, WriteQueues, Writer};
use statements::Statements;

pub use in_transaction::{InTransaction, OpenTransaction, StoreTransaction};
pub use outbox::EnqueueSql;
pub use prefix::{TablePrefix, TablePrefixError};

/// Messages in a database.
pub(crate) struct SqlBackend {
    policy: StorePolicy,
    identity: u128,
    seal: Arc<Seal>,
    sql: Arc<Statements>,
    clock: Arc<SteadyClock>,
    signal: Arc<QueueSignal>,
    /// Queues for intents, ends and events, which come one at a time and often.
    grouped: WriteQueues,
    /// For the rest. On SQLite the same queue, as there is one writer.
    single: WriteQueues,
    reads: Reads,
}

enum Reads {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::SqlitePool, Box<sqlx::sqlite::SqliteConnectOptions>),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgPool),
}

/// One moment for all that is read. What is grouped stays in memory: the server's default of 4 MB has it sorted
/// on its disk. Nothing is compiled for a read: that takes longer than the read.
#[cfg(feature = "postgres")]
const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL work_mem = '64MB'; \
     SET LOCAL jit = off";

impl SqlBackend {
    pub(crate) const fn dialect(&self) -> Dialect {
        match self.reads {
            #[cfg(feature = "sqlite")]
            Reads::Sqlite(..) => Dialect::Sqlite,
            #[cfg(feature = "postgres")]
            Reads::Postgres(_) => Dialect::Postgres,
        }
    }
}

/// Runs a read in a transaction of its own.
macro_rules! read {
    ($backend:expr, $read:path $(, $arg:expr)*) => {
        match &$backend.reads {
            #[cfg(feature = "sqlite")]
            Reads::Sqlite(pool, _) => {
                let mut transaction = pool.begin().await.map_err(failed)?;
                $read(&mut Connection::Sqlite(&mut transaction), &$backend.sql $(, $arg)*).await
            }
            #[cfg(feature = "postgres")]
            Reads::Postgres(pool) => {
                let mut transaction = pool.begin_with(READ).await.map_err(failed)?;
                $read(&mut Connection::Postgres(&mut transaction), &$backend.sql $(, $arg)*).await
            }
        }
    };
}

impl RawBackend for SqlBackend {
    fn policy(&self) -> StorePolicy {
        self.policy
    }

    fn identity(&self) -> u128 {
        self.identity
    }

    fn seal(&self) -> &Seal {
        &self.seal
    }

    async fn scrub(&self) -> Result<()> {
        match &self.reads {
            #[cfg(feature = "sqlite")]
            Reads::Sqlite(_, options) => sqlite::scrub(options).await,
            #[cfg(feature = "postgres")]
            Reads::Postgres(_) => Ok(()), // what its journal keeps is the server's
        }
    }

    fn clock(&self) -> &SteadyClock {
        &self.clock
    }

    fn signal(&self) -> &QueueSignal {
        &self.signal
    }

    async fn run<O: Operation>(&self, operation: O) -> Result<O::Output> {
        let queues = if O::TOGETHER.is_some() { &self.grouped } else { &self.single };
        queues.run(operation).await
    }

    async fn entries(
        &self,
        filter: &Filter,
        most: u32,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Entry>> {
        read!(self, read::entries, filter, most, cursor)
    }

    async fn history(&self, name: &Named) -> Result<Option<History>> {
        read!(self, read::history, name)
    }

    async fn unreadable(&self, most: u32) -> Result<Vec<EntryId>> {
        read!(self, read::unreadable, most)
    }

    async fn has_stale(&self) -> Result<bool> {
        read!(self, read::has_stale, self.clock.now())
    }

    async fn delivery_stats(&self, filter: &Filter) -> Result<DeliveryStats> {
        read!(self, report::delivery_stats, filter)
    }

    async fn usage(&self, filter: &Filter) -> Result<Usage> {
        read!(self, report::usage, filter)
    }

    async fn costs(&self, filter: &Filter) -> Result<Vec<CostSum>> {
        read!(self, report::costs, filter)
    }

    async fn suppressions(
        &self,
        after: Option<PhoneNumber>,
        most: u32,
    ) -> Result<Vec<Suppression>> {
        read!(self, read::suppressions, after, most)
    }

    async fn due_codes(
        &self,
        before: Timestamp,
        most: usize,
    ) -> Result<Vec<(ChallengeRow, ChallengeSend)>> {
        read!(self, challenges::due, before, most)
    }

    async fn challenge_facts(&self, query: &ReportQuery) -> Result<Vec<ChallengeFact>> {
        read!(self, challenges::facts, query)
    }

    async fn threads(
        &self,
        filter: &ThreadFilter,
        most: u32,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Thread>> {
        read!(self, read_threads::threads, filter, most, cursor, self.clock.now())
    }

    async fn thread(&self, id: ThreadId) -> Result<Option<Thread>> {
        read!(self, read_threads::thread, id, self.clock.now())
    }

    async fn thread_between(&self, ends: &ThreadEnds) -> Result<Option<Thread>> {
        read!(self, read_threads::thread_between, ends, self.clock.now())
    }

    async fn thread_entries(
        &self,
        id: ThreadId,
        most: u32,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Entry>> {
        read!(self, read_threads::thread_entries, id, most, cursor)
    }
}

/// Returns the identity of the tables, and refuses those that this version of the crate does not know.
async fn check_schema(connection: &mut Connection<'_>, prefix: &TablePrefix) -> Result<u128> {
    if schema::fits(connection, prefix.as_str()).await.map_err(failed)? {
        return schema::identity(connection, prefix.as_str()).await.map_err(failed);
    }
    let newest = schema::VERSION;
    let detail = format!(
        "store: the tables are missing or of another version than {newest} and the next; migrate them"
    );
    Err(Error::not_sent(ErrorKind::Config).with_detail(detail))
}

impl fmt::Debug for SqlBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlBackend").field("prefix", &self.sql.prefix).finish_non_exhaustive()
    }
}
