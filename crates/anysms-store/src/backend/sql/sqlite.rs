//! [`SqliteLog`]: a log in a SQLite file.

use std::{fmt, path::Path, sync::Arc, time::Duration};

use jiff::Timestamp;
use sqlx::{
    Connection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    EnqueueSql, Lane, Lanes, Link, Reads, Source, SqlHome, Statements, TablePrefix, Within, Writer,
    check_schema, failed, connection::Dialect, schema,
};
use anysms::{error::{Error, ErrorKind, Result}, message::Message};
use crate::{LogPolicy, backend::{clock::SteadyClock, notify::Wake}};

/// A log in a SQLite file: the home for programs on one machine. A clone is the same log.
///
/// It has a connection of its own that writes, with write-ahead log and `synchronous=FULL`: an intent that is
/// answered is on disk. What waits while it commits shares the next commit. Several processes may use one
/// file.
#[derive(Clone)]
pub struct SqliteLog(pub(crate) Arc<SqlHome>);

/// Before this version SQLite could lose what a commit in the write-ahead log had written.
const OLDEST: i64 = 3_051_003;

/// How many reads at a time.
const READERS: u32 = 4;

/// How long a write waits for another process.
const BUSY: Duration = Duration::from_secs(5);

impl SqliteLog {
    /// Opens a file, which is made if it is missing, and brings its tables to the newest version.
    ///
    /// # Errors
    /// `Unavailable` if the file cannot be opened or written; `Config` if the SQLite that this program was
    /// built with is older than 3.51.3.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self> {
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
        let prefix = TablePrefix::default();
        Self::migrate(&options, &prefix).await?;
        Self::with_options(options, prefix, LogPolicy::default()).await
    }

    /// Brings the tables to the newest version, in one transaction. A program of the version before goes on
    /// meanwhile.
    ///
    /// # Errors
    /// `Unavailable` if the file cannot be opened or written.
    pub async fn migrate(options: &SqliteConnectOptions, prefix: &TablePrefix) -> Result<()> {
        let mut connection = connect(&writing(options.clone())).await?;
        let mut link = Link::Sqlite(&mut connection);
        schema::migrate(&mut link, prefix.as_str()).await.map_err(failed)?;
        connection.close().await.map_err(failed)
    }

    /// The statements that make the tables, for a migration tool of your own: those that lead on from a
    /// version, 0 for all. Run them in one transaction.
    #[must_use]
    pub fn schema(prefix: &TablePrefix, from: u32) -> String {
        schema::statements(Dialect::Sqlite, prefix.as_str(), from.into())
    }

    /// Opens a file whose tables are there, by options of your own. What the log's promises need is set:
    /// write-ahead log, `synchronous=FULL`, a busy timeout.
    ///
    /// # Errors
    /// `Config` if the tables are missing or of a version that does not fit, or SQLite is older than 3.51.3;
    /// `Unavailable` if the file cannot be opened.
    pub async fn with_options(
        options: SqliteConnectOptions,
        prefix: TablePrefix,
        policy: LogPolicy,
    ) -> Result<Self> {
        let mut connection = connect(&writing(options.clone())).await?;
        check_version(&mut connection).await?;
        check_schema(&mut Link::Sqlite(&mut connection), &prefix).await?;
        connection.close().await.map_err(failed)?;
        let sql = Arc::new(Statements::new(Dialect::Sqlite, prefix.as_str()));
        let clock = Arc::new(SteadyClock::new(Timestamp::now()));
        let lane = Lane::start(Writer {
            source: Source::Sqlite(Box::new(writing(options.clone()))),
            sql: Arc::clone(&sql),
            policy,
            clock: Arc::clone(&clock),
        });
        let pool = SqlitePoolOptions::new().max_connections(READERS);
        let reads = Reads::Sqlite(
            pool.connect_lazy_with(options.busy_timeout(BUSY).pragma("query_only", "on")),
        );
        let wake = Arc::new(Wake::default());
        let (grouped, single) = (Lanes::new(vec![lane.clone()]), Lanes::new(vec![lane]));
        Ok(Self(Arc::new(SqlHome { policy, sql, clock, wake, grouped, single, reads })))
    }

    /// The log inside of a transaction of your own, on a connection to the same file. Begin it by
    /// `BEGIN IMMEDIATE`: one that reads first may not be allowed to write. Every other write of the log waits
    /// until it ends, for at most some 10 seconds. What is forgotten so is overwritten in the file if the connection
    /// has `secure_delete` on, as the log's own has.
    #[must_use]
    pub fn within<'c>(&'c self, connection: &'c mut SqliteConnection) -> Within<'c> {
        Within::new(&self.0, Link::Sqlite(connection))
    }

    /// What puts messages into the queue within a transaction of another driver.
    ///
    /// # Errors
    /// `InvalidContent` for a message that cannot be written as JSON.
    pub fn enqueue_sql(&self, messages: &[Message], at: Option<Timestamp>) -> Result<EnqueueSql> {
        EnqueueSql::new(&self.0, Dialect::Sqlite, messages, at)
    }
}

fn writing(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY)
        .pragma("secure_delete", "on") // what is forgotten is overwritten
        .pragma("cache_size", "-32000") // KiB
        .pragma("wal_autocheckpoint", "4000") // pages of 4 KiB
        .pragma("journal_size_limit", "67108864") // what a long reader made it grow beyond is given back
}

async fn connect(options: &SqliteConnectOptions) -> Result<SqliteConnection> {
    SqliteConnection::connect_with(options).await.map_err(failed)
}

async fn check_version(connection: &mut SqliteConnection) -> Result<()> {
    let text: String = sqlx::query_scalar("SELECT sqlite_version()")
        .fetch_one(connection)
        .await
        .map_err(failed)?;
    let number =
        text.split('.').try_fold(0, |sum, part| Some(sum * 1_000 + part.parse::<i64>().ok()?));
    if number.is_some_and(|number| number >= OLDEST) {
        return Ok(());
    }
    let detail = format!("log: needs SQLite 3.51.3 or newer, is built with {text}");
    Err(Error::not_sent(ErrorKind::Config).with_detail(detail))
}

impl fmt::Debug for SqliteLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SqliteLog").field(&self.0).finish()
    }
}
