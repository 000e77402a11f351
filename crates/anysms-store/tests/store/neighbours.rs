//! Others who use the same database: one who reads for long, and a program of the next version. `ANYSMS_READER=600`
//! has one read for so many seconds.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anysms::{Message, SmsProvider};
use anysms_store::RecordExt;
use anysms_store::{Filter, MessageStore, Progress, Worker};
use sqlx::Executor;

use crate::{databases::connect, fake::Fake, message, number, postgres};

/// The size of the write-ahead journal, in MiB.
fn size(path: &Path) -> f64 {
    let wal = path.with_extension("db-wal");
    std::fs::metadata(wal).unwrap().len() as f64 / (1_024.0 * 1_024.0)
}

/// Queues many long messages.
async fn fill(store: &MessageStore, round: u32) {
    let long = |n| {
        let key = format!("k{round}-{n}").parse().unwrap();
        Message::new(number(123), "x".repeat(1_500)).with_key(key)
    };
    let mut messages = (0..1_000).map(long);
    assert!(store.enqueue_all(&mut messages, None).await.unwrap().is_empty());
}

/// Beyond what is given back. At 16 MiB the write-ahead journal would begin again from its start.
const USUAL: f64 = 70.0;

#[tokio::test(flavor = "multi_thread")]
async fn one_who_reads_for_long_hinders_nobody_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = MessageStore::sqlite(&path).await.unwrap();
    let sms = Fake::new().recorded(&store).unwrap();
    let mut reader = connect(&path).await;
    reader.execute("BEGIN; SELECT count(*) FROM sms_message").await.unwrap();
    let seconds = std::env::var("ANYSMS_READER").map_or(0, |text| text.parse().unwrap());
    let (start, mut round) = (Instant::now(), 0);
    while size(&path) < USUAL || start.elapsed() < Duration::from_secs(seconds) {
        if size(&path) < USUAL {
            fill(&store, round).await;
        }
        for n in 0..20 {
            sms.send(&message(&format!("s{round}-{n}"))).await.unwrap();
        }
        round += 1;
    }
    let beside = size(&path);
    reader.execute("COMMIT").await.unwrap();
    for n in 0..20 {
        sms.send(&message(&format!("a{n}"))).await.unwrap();
    }
    fill(&store, round).await;
    let afterwards = size(&path);
    println!("{beside:.1} MiB after {} beside a reader, {afterwards:.1} afterwards", 20 * round);
    assert!(afterwards < beside + 1.0, "it is used again");
    assert!(afterwards < 65.0, "and what it grew beyond is given back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_of_the_next_version_may_come_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = MessageStore::sqlite(&path).await.unwrap();
    let mut connection = connect(&path).await;
    let change = async move |sql: &'static str| {
        connection.execute(sql).await.unwrap();
    };
    the_next_version_comes(store, change).await;
    MessageStore::sqlite(&path).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL"]
async fn a_program_of_the_next_version_may_come_on_postgres() {
    let pool = postgres::database().await;
    let store = MessageStore::postgres(pool.clone()).await.unwrap();
    let changing = pool.clone();
    let change = async move |sql: &'static str| {
        changing.execute(sql).await.unwrap();
    };
    the_next_version_comes(store, change).await;
    MessageStore::postgres(pool).await.unwrap();
}

/// A step of the schema only adds. Meanwhile a worker and a caller send, and nothing goes wrong.
async fn the_next_version_comes(store: MessageStore, mut change: impl AsyncFnMut(&'static str)) {
    let fake = Fake::new();
    let stack = || fake.clone().recorded(&store).unwrap();
    let mut messages = (0..300).map(|n| message(&format!("q{n}")));
    store.enqueue_all(&mut messages, None).await.unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let worker = Worker::new(store.clone(), stack()).unwrap();
    let worker = tokio::spawn(worker.run_until(async { stopped.await.unwrap_or_default() }));
    for n in 0..40 {
        match n {
            10 => change("ALTER TABLE sms_message ADD COLUMN later TEXT").await,
            15 => change("ALTER TABLE sms_attempt ADD COLUMN later TEXT NOT NULL DEFAULT ''").await,
            20 => change("CREATE INDEX sms_later ON sms_message (later)").await,
            25 => change("ALTER TABLE sms_queue ADD COLUMN later TEXT").await,
            30 => change("INSERT INTO sms_migration (version) VALUES (3)").await,
            _ => {}
        }
        stack().send(&message(&format!("d{n}"))).await.unwrap();
    }
    while fake.calls() < 340 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stop.send(()).unwrap();
    worker.await.unwrap();
    let accepted = Filter::new().with_status(Progress::Accepted);
    let page = store.entries(&accepted, 1_000, None).await.unwrap();
    assert_eq!((fake.calls(), page.items.len()), (340, 340));
}
