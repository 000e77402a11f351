//! [`Within`]: a log inside of a transaction of the caller's own.

use std::fmt;

use async_trait::async_trait;
use tokio::sync::Mutex;

use super::{SqlHome, SqlTables, error::failed, connection::Link, read};
use anysms::{error::{Error, ErrorKind, Result}, message::{Cursor, Page}, number::PhoneNumber};
use crate::{DeliveryReport, History, LogEntry, LogFilter, OptOut, Usage, backend::{Answer, Home, Work, clock::SteadyClock, notify::Wake, perform, transaction::Named}, model::policy::LogPolicy};

/// A log inside of a transaction of your own: what is written by it is there if and only if that commits, and
/// it reads what the transaction sees. By `SqliteLog::within` and `PostgresLog::within`.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # async fn example(mut connection: sqlx::SqliteConnection, log: anysms_store::SqliteLog, message: anysms::Message) -> Result<(), Box<dyn std::error::Error>> {
/// use anysms_store::MessageLog;
/// use sqlx::{Connection, Executor};
///
/// let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
/// transaction.execute("INSERT INTO orders (table_number) VALUES (17)").await?;
/// log.within(&mut transaction).enqueue(&[message], None).await?;
/// transaction.commit().await?;
/// # Ok(())
/// # }
/// ```
///
/// After an error roll the transaction back: part of what was asked for may be written.
pub struct Within<'c> {
    home: &'c SqlHome,
    link: Mutex<Link<'c>>,
}

impl<'c> Within<'c> {
    pub(crate) fn new(home: &'c SqlHome, link: Link<'c>) -> Self {
        Self { home, link: Mutex::new(link) }
    }
}

#[async_trait]
impl Home for Within<'_> {
    fn policy(&self) -> LogPolicy {
        self.home.policy
    }

    async fn run(&self, work: Work) -> Result<Answer> {
        let link = &mut *self.link.lock().await;
        let mut tables = SqlTables::new(link, &self.home.sql, self.home.clock.now());
        let answers = perform(&mut tables, self.home.policy, std::slice::from_ref(&work)).await?;
        if let (Work::Enqueue(_), Some(notify)) = (&work, &self.home.sql.notify) {
            link.rows(notify, &[]).await.map_err(failed)?; // heard when the transaction commits
        }
        let gone = || Error::not_sent(ErrorKind::Other).with_detail("log: no answer");
        answers.into_iter().next().ok_or_else(gone)
    }

    fn clock(&self) -> &SteadyClock {
        self.home.clock()
    }

    /// Where there is no server that notifies, the worker that is woken waits for the transaction's lock.
    fn wake(&self) -> &Wake {
        self.home.wake()
    }

    async fn read_entries(
        &self,
        filter: &LogFilter,
        most: u32,
        cursor: Option<&Cursor>,
    ) -> Result<Page<LogEntry>> {
        read::entries(&mut *self.link.lock().await, &self.home.sql, filter, most, cursor).await
    }

    async fn read_history(&self, name: &Named) -> Result<Option<History>> {
        read::history(&mut *self.link.lock().await, &self.home.sql, name).await
    }

    async fn read_report(&self, filter: &LogFilter) -> Result<DeliveryReport> {
        read::delivery_report(&mut *self.link.lock().await, &self.home.sql, filter).await
    }

    async fn read_usage(&self, filter: &LogFilter) -> Result<Usage> {
        read::usage(&mut *self.link.lock().await, &self.home.sql, filter).await
    }

    async fn read_opt_outs(&self, after: Option<PhoneNumber>, most: u32) -> Result<Vec<OptOut>> {
        read::opt_outs(&mut *self.link.lock().await, &self.home.sql, after, most).await
    }
}

impl fmt::Debug for Within<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Within").field(&self.home).finish()
    }
}
