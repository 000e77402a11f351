//! [`PostgresLog`]: a log in PostgreSQL.

use std::{fmt, sync::Arc, time::Duration};

use jiff::Timestamp;
use sqlx::{PgConnection, PgPool, postgres::PgListener};
use tokio::time::sleep;

use super::{
    EnqueueSql, Lane, Lanes, Link, Reads, Source, SqlHome, Statements, TablePrefix, Within, Writer,
    check_schema, failed, group_commit::source_time, connection::Dialect, schema,
};
use anysms::{error::{Error, ErrorKind, Result}, message::Message};
use crate::{LogPolicy, backend::{clock::SteadyClock, notify::Wake}};

/// A log in PostgreSQL 13 or newer: the home for many machines. A clone is the same log.
///
/// It takes five connections of the pool for good: four that write, each with `synchronous_commit=on`, and one
/// that hears of what other machines put into the queue, and gives them back when the pool is closed. Leases and
/// schedules go by the server's clock. This crate builds `sqlx` without TLS: where the server asks for it, name
/// `sqlx` 0.9 in your own `Cargo.toml`, with its feature `tls-rustls-ring-webpki` or another of those.
///
/// A report reads all messages that it counts. The server should have room for them: its manual recommends a
/// quarter of the memory as `shared_buffers`, of which it has 128 MB by default; a million messages take 300.
#[derive(Clone)]
pub struct PostgresLog(pub(crate) Arc<SqlHome>);

/// Those that write, the one that listens, and three for reads.
const LEAST: u32 = 8;

impl PostgresLog {
    /// By a pool of your own, of at least 8 connections, and brings the tables to the newest version.
    ///
    /// # Errors
    /// `Config` if the pool has room for fewer, or the tables are of a version that does not fit; `Unavailable` if
    /// the database cannot be reached or written; `Other` if it refuses the user or a statement.
    pub async fn new(pool: PgPool) -> Result<Self> {
        let prefix = TablePrefix::default();
        Self::migrate(&pool, &prefix).await?;
        Self::with_prefix(pool, prefix, LogPolicy::default()).await
    }

    /// Brings the tables to the newest version, in one transaction. Programs of the version before go on
    /// meanwhile; programs that start at once wait for each other.
    ///
    /// # Errors
    /// `Unavailable` if the database cannot be reached or written.
    pub async fn migrate(pool: &PgPool, prefix: &TablePrefix) -> Result<()> {
        let mut connection = pool.acquire().await.map_err(failed)?;
        let mut link = Link::Postgres(&mut connection);
        schema::migrate(&mut link, prefix.as_str()).await.map_err(failed)
    }

    /// The statements that make the tables, for a migration tool of your own: those that lead on from a
    /// version, 0 for all. Run them in one transaction.
    #[must_use]
    pub fn schema(prefix: &TablePrefix, from: u32) -> String {
        schema::statements(Dialect::Postgres, prefix.as_str(), from.into())
    }

    /// By a pool of your own, with tables that are there.
    ///
    /// # Errors
    /// `Config` if the tables are missing or of a version that does not fit, or the pool has room for fewer than
    /// 8 connections; `Unavailable` if the database cannot be reached.
    pub async fn with_prefix(pool: PgPool, prefix: TablePrefix, policy: LogPolicy) -> Result<Self> {
        if pool.options().get_max_connections() < LEAST {
            let detail = format!("pool: has room for fewer than {LEAST} connections");
            return Err(Error::not_sent(ErrorKind::Config).with_detail(detail));
        }
        let sql = Arc::new(Statements::new(Dialect::Postgres, prefix.as_str()));
        let mut connection = pool.acquire().await.map_err(failed)?;
        let mut link = Link::Postgres(&mut connection);
        check_schema(&mut link, &prefix).await?;
        let now = source_time(&mut link, &sql).await.map_err(failed)?;
        drop(connection);
        let clock = Arc::new(SteadyClock::new(now));
        let lane = || {
            Lane::start(Writer {
                source: Source::Postgres(pool.clone()),
                sql: Arc::clone(&sql),
                policy,
                clock: Arc::clone(&clock),
            })
        };
        let lanes = || Lanes::new(vec![lane(), lane()]);
        let (grouped, single) = (lanes(), lanes());
        let wake = Arc::new(Wake::default());
        tokio::spawn(listen(
            pool.clone(),
            format!("{}queue", prefix.as_str()),
            Arc::downgrade(&wake),
        ));
        let reads = Reads::Postgres(pool);
        Ok(Self(Arc::new(SqlHome { policy, sql, clock, wake, grouped, single, reads })))
    }

    /// The log inside of a transaction of your own, on a connection to the same database.
    #[must_use]
    pub fn within<'c>(&'c self, connection: &'c mut PgConnection) -> Within<'c> {
        Within::new(&self.0, Link::Postgres(connection))
    }

    /// What puts messages into the queue within a transaction of another driver.
    ///
    /// # Errors
    /// `InvalidContent` for a message that cannot be written as JSON.
    pub fn enqueue_sql(&self, messages: &[Message], at: Option<Timestamp>) -> Result<EnqueueSql> {
        EnqueueSql::new(&self.0, Dialect::Postgres, messages, at)
    }
}

/// Hears of what is put into the queue, by whatever machine, for as long as the log is there.
async fn listen(pool: PgPool, channel: String, wake: std::sync::Weak<Wake>) {
    while wake.strong_count() > 0 {
        if let Ok(mut listener) = PgListener::connect_with(&pool).await
            && listener.listen(&channel).await.is_ok()
        {
            loop {
                let heard = tokio::time::timeout(Duration::from_secs(60), listener.recv()).await;
                let Some(wake) = wake.upgrade() else { return };
                match heard {
                    Ok(Ok(_)) | Err(_) => wake.now(),
                    Ok(Err(_)) => break,
                }
            }
        }
        sleep(Duration::from_secs(1)).await;
    }
}

impl fmt::Debug for PostgresLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PostgresLog").field(&self.0).finish()
    }
}
