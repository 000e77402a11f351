//! A store in a SQLite file.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use sqlx::{
    Connection as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    Connection, Dialect, Reads, Source, SqlBackend, Statements, TablePrefix, WriteQueue,
    WriteQueues, Writer, check_schema, failed, schema,
};
use crate::{
    StorePolicy,
    backend::{clock::SteadyClock, notify::QueueSignal},
};
use anysms::error::{Error, ErrorKind, Result};

/// Before this version SQLite could lose what a commit in the write-ahead journal had written.
const OLDEST: i64 = 3_051_003;

/// Reads at a time.
const READERS: u32 = 4;

/// Time that a write waits for another process.
const BUSY: Duration = Duration::from_secs(5);

pub(crate) async fn migrate(options: &SqliteConnectOptions, prefix: &TablePrefix) -> Result<()> {
    let mut connection = connect(&writing(options.clone())).await?;
    let migrated = schema::migrate(&mut Connection::Sqlite(&mut connection), prefix.as_str()).await;
    migrated.map_err(failed)?;
    connection.close().await.map_err(failed)
}

pub(crate) async fn open(
    options: SqliteConnectOptions,
    prefix: &TablePrefix,
    policy: StorePolicy,
) -> Result<SqlBackend> {
    let mut connection = connect(&writing(options.clone())).await?;
    check_version(&mut connection).await?;
    let identity = check_schema(&mut Connection::Sqlite(&mut connection), prefix).await?;
    connection.close().await.map_err(failed)?;
    let sql = Arc::new(Statements::new(Dialect::Sqlite, prefix.as_str()));
    let clock = Arc::new(SteadyClock::new(Timestamp::now()));
    let queue = WriteQueue::start(Writer {
        source: Source::Sqlite(Box::new(writing(options.clone()))),
        sql: Arc::clone(&sql),
        policy,
        clock: Arc::clone(&clock),
    });
    let pool = SqlitePoolOptions::new().max_connections(READERS);
    let reads = Reads::Sqlite(
        pool.connect_lazy_with(options.busy_timeout(BUSY).pragma("query_only", "on")),
    );
    let signal = Arc::new(QueueSignal::default());
    let (grouped, single) = (WriteQueues::new(vec![queue.clone()]), WriteQueues::new(vec![queue]));
    Ok(SqlBackend { policy, identity, sql, clock, signal, grouped, single, reads })
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
    let detail = format!("store: needs SQLite 3.51.3 or newer, is built with {text}");
    Err(Error::not_sent(ErrorKind::Config).with_detail(detail))
}
