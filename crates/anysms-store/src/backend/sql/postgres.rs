//! A store in PostgreSQL.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use sqlx::{PgPool, postgres::PgListener};
use tokio::time::{sleep, timeout};

use super::{
    Connection, Dialect, Reads, Source, SqlBackend, Statements, TablePrefix, WriteQueue,
    WriteQueues, Writer, check_schema, failed, group_commit::source_time, schema,
};
use crate::{
    StorePolicy,
    backend::{clock::SteadyClock, notify::QueueSignal},
};
use anysms::error::{Error, ErrorKind, Result};

/// Connections that write, the one that listens, and three for reads.
const LEAST: u32 = 8;

pub(crate) async fn migrate(pool: &PgPool, prefix: &TablePrefix) -> Result<()> {
    let mut connection = pool.acquire().await.map_err(failed)?;
    schema::migrate(&mut Connection::Postgres(&mut connection), prefix.as_str())
        .await
        .map_err(failed)
}

pub(crate) async fn open(
    pool: PgPool,
    prefix: &TablePrefix,
    policy: StorePolicy,
) -> Result<SqlBackend> {
    if pool.options().get_max_connections() < LEAST {
        let detail = format!("pool: has room for fewer than {LEAST} connections");
        return Err(Error::not_sent(ErrorKind::Config).with_detail(detail));
    }
    let sql = Arc::new(Statements::new(Dialect::Postgres, prefix.as_str()));
    let mut held = pool.acquire().await.map_err(failed)?;
    let mut connection = Connection::Postgres(&mut held);
    let identity = check_schema(&mut connection, prefix).await?;
    let now = source_time(&mut connection, &sql).await.map_err(failed)?;
    drop(held);
    let clock = Arc::new(SteadyClock::new(now));
    let queue = || {
        WriteQueue::start(Writer {
            source: Source::Postgres(pool.clone()),
            sql: Arc::clone(&sql),
            policy,
            clock: Arc::clone(&clock),
        })
    };
    let queues = || WriteQueues::new(vec![queue(), queue()]);
    let (grouped, single) = (queues(), queues());
    let signal = Arc::new(QueueSignal::default());
    let channel = format!("{}queue", prefix.as_str());
    tokio::spawn(listen(pool.clone(), channel, Arc::downgrade(&signal)));
    let reads = Reads::Postgres(pool);
    Ok(SqlBackend { policy, identity, sql, clock, signal, grouped, single, reads })
}

/// Hears of what is enqueued, by whatever machine, for as long as the store is there.
async fn listen(pool: PgPool, channel: String, signal: Weak<QueueSignal>) {
    while signal.strong_count() > 0 {
        if let Ok(mut listener) = PgListener::connect_with(&pool).await
            && listener.listen(&channel).await.is_ok()
        {
            loop {
                let heard = timeout(Duration::from_secs(60), listener.recv()).await;
                let Some(signal) = signal.upgrade() else { return };
                match heard {
                    Ok(Ok(_)) | Err(_) => signal.raise(),
                    Ok(Err(_)) => break,
                }
            }
        }
        sleep(Duration::from_secs(1)).await;
    }
}
