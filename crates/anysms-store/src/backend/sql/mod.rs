//! The log in a database: what SQLite and PostgreSQL share, which is nearly all of it.
//!
//! What belongs here: the tables (`schema`), how entries stand in them (`rows`), the statements, the
//! transactions (`lane`, `tables`) and the reads. Only `link` knows the drivers.

mod connection;
mod error;
mod group_commit;
mod in_transaction;
mod outbox;
mod prefix;
mod read;
mod retention;
mod rows;
mod schema;
mod statements;
mod transaction;

#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;

use std::{fmt, sync::Arc};

use async_trait::async_trait;

use anysms::{error::{Error, ErrorKind, Result}, message::{Cursor, Page}, number::PhoneNumber};

use crate::{DeliveryReport, History, LogEntry, LogFilter, OptOut, Usage, backend::{Answer, Home, Work, clock::SteadyClock, notify::Wake, transaction::Named}, model::policy::LogPolicy};
use error::failed;
use group_commit::{Lane, Lanes, Source, Writer};
use connection::Link;
use statements::Statements;
use transaction::SqlTables;

pub use outbox::EnqueueSql;
pub use prefix::{TablePrefix, TablePrefixError};
pub use in_transaction::Within;

/// A log in a database.
pub(crate) struct SqlHome {
    policy: LogPolicy,
    sql: Arc<Statements>,
    clock: Arc<SteadyClock>,
    wake: Arc<Wake>,
    /// What many do one at a time: intents, ends, events.
    grouped: Lanes,
    /// What one does with many. On SQLite the same, as there is one writer.
    single: Lanes,
    reads: Reads,
}

enum Reads {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::SqlitePool),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgPool),
}

/// One moment for all that is read. What is grouped stays in memory: the server's default of 4 MB has it sorted
/// on its disk. Nothing is compiled for a read: that takes longer than the read.
#[cfg(feature = "postgres")]
const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL work_mem = '64MB'; \
     SET LOCAL jit = off";

/// Runs a read in a transaction of its own.
macro_rules! read {
    ($home:expr, $read:path $(, $arg:expr)*) => {
        match &$home.reads {
            #[cfg(feature = "sqlite")]
            Reads::Sqlite(pool) => {
                let mut transaction = pool.begin().await.map_err(failed)?;
                $read(&mut Link::Sqlite(&mut transaction), &$home.sql $(, $arg)*).await
            }
            #[cfg(feature = "postgres")]
            Reads::Postgres(pool) => {
                let mut transaction = pool.begin_with(READ).await.map_err(failed)?;
                $read(&mut Link::Postgres(&mut transaction), &$home.sql $(, $arg)*).await
            }
        }
    };
}

#[async_trait]
impl Home for SqlHome {
    fn policy(&self) -> LogPolicy {
        self.policy
    }

    async fn run(&self, work: Work) -> Result<Answer> {
        let lane = if work.is_grouped() { &self.grouped } else { &self.single };
        lane.run(work).await
    }

    fn clock(&self) -> &SteadyClock {
        &self.clock
    }

    fn wake(&self) -> &Wake {
        &self.wake
    }

    async fn read_entries(
        &self,
        filter: &LogFilter,
        most: u32,
        cursor: Option<&Cursor>,
    ) -> Result<Page<LogEntry>> {
        read!(self, read::entries, filter, most, cursor)
    }

    async fn read_history(&self, name: &Named) -> Result<Option<History>> {
        read!(self, read::history, name)
    }

    async fn read_report(&self, filter: &LogFilter) -> Result<DeliveryReport> {
        read!(self, read::delivery_report, filter)
    }

    async fn read_usage(&self, filter: &LogFilter) -> Result<Usage> {
        read!(self, read::usage, filter)
    }

    async fn read_opt_outs(&self, after: Option<PhoneNumber>, most: u32) -> Result<Vec<OptOut>> {
        read!(self, read::opt_outs, after, most)
    }
}

/// Refuses tables that this version of the crate does not know.
async fn check_schema(link: &mut Link<'_>, prefix: &TablePrefix) -> Result<()> {
    if schema::fits(link, prefix.as_str()).await.map_err(failed)? {
        return Ok(());
    }
    let newest = schema::VERSION;
    let detail = format!("log: the tables are missing or not of version {newest} or the next");
    Err(Error::not_sent(ErrorKind::Config).with_detail(detail))
}

impl fmt::Debug for SqlHome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlHome").field("prefix", &self.sql.prefix).finish_non_exhaustive()
    }
}

/// Has a public type be the home that it holds.
macro_rules! is_home {
    ($type:ty) => {
        #[async_trait]
        impl Home for $type {
            fn policy(&self) -> LogPolicy {
                self.0.policy()
            }

            async fn run(&self, work: Work) -> Result<Answer> {
                self.0.run(work).await
            }

            fn clock(&self) -> &SteadyClock {
                self.0.clock()
            }

            fn wake(&self) -> &Wake {
                self.0.wake()
            }

            async fn read_entries(
                &self,
                filter: &LogFilter,
                most: u32,
                cursor: Option<&Cursor>,
            ) -> Result<Page<LogEntry>> {
                self.0.read_entries(filter, most, cursor).await
            }

            async fn read_history(&self, name: &Named) -> Result<Option<History>> {
                self.0.read_history(name).await
            }

            async fn read_report(&self, filter: &LogFilter) -> Result<DeliveryReport> {
                self.0.read_report(filter).await
            }

            async fn read_usage(&self, filter: &LogFilter) -> Result<Usage> {
                self.0.read_usage(filter).await
            }

            async fn read_opt_outs(
                &self,
                after: Option<PhoneNumber>,
                most: u32,
            ) -> Result<Vec<OptOut>> {
                self.0.read_opt_outs(after, most).await
            }
        }
    };
}

#[cfg(feature = "postgres")]
is_home!(postgres::PostgresLog);
#[cfg(feature = "sqlite")]
is_home!(sqlite::SqliteLog);
