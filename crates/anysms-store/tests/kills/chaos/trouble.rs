//! Others at the database: one has the SQLite file locked, one has rows of PostgreSQL in an open transaction.

use std::time::Duration;

use sqlx::{ConnectOptions, Connection, Executor};
use tokio::{sync::watch, time::sleep};

use crate::{Random, worker::at};

/// Pause between two locks, and how long each is held at most.
const PAUSE: Duration = Duration::from_millis(700);
const HELD: Duration = Duration::from_millis(600);

/// A lock that outlasts leases and the patience of a write, one of twenty in the long form.
const LONG: Duration = Duration::from_millis(6_500);

/// Locks what there is, again and again, until it is told to stop. How often.
pub(crate) async fn lock(place: String, is_long: bool, stop: watch::Receiver<bool>) -> u32 {
    let (mut random, mut locks) = (Random::default(), 0);
    while !*stop.borrow() {
        sleep(random.up_to(2 * PAUSE)).await;
        let long = is_long && random.below(20) == 0;
        let held = if long { LONG } else { random.up_to(HELD) };
        locks += u32::from(match place.strip_prefix("postgres:") {
            None => lock_file(&place, held).await.is_ok(),
            Some(place) => lock_rows(place, held, random.below(1_000)).await.is_ok(),
        });
    }
    locks
}

async fn lock_file(place: &str, held: Duration) -> sqlx::Result<()> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(place);
    let mut connection = options.busy_timeout(Duration::from_secs(5)).connect().await?;
    let locked = connection.execute("BEGIN IMMEDIATE").await;
    sleep(held).await;
    connection.close().await?;
    locked.map(drop)
}

/// Holds some of the messages that are in the queue, and some of all.
async fn lock_rows(place: &str, held: Duration, number: u64) -> sqlx::Result<()> {
    let mut connection = at(place).connect().await?;
    connection.execute("BEGIN").await?;
    let prefix = anysms_store::TablePrefix::default();
    let some = format!(
        "SELECT 1 FROM {0}message WHERE id % 40 = {1} OR id IN (SELECT message FROM {0}queue LIMIT 20) \
         ORDER BY id FOR UPDATE",
        prefix.as_str(),
        number % 40
    );
    let locked = connection.execute(sqlx::AssertSqlSafe(some)).await;
    sleep(held).await;
    connection.close().await?;
    locked.map(drop)
}
