//! Cases that only a database has: locks, broken rows, plans, lost statements.

use std::{path::Path, time::Duration};

use anysms::{ErrorKind, Message, Outcome, SmsProvider, message::MessageKey};
use anysms_store::RecordExt;
use anysms_store::{
    Filter, MessageStore, Reconciler, Retention, Stage, StorePolicy, TablePrefix, Worker,
};
use sqlx::{Connection, Executor, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{
    fake::{Fake, news, remote},
    message, postgres,
};

pub(crate) async fn connect(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    SqliteConnection::connect_with(&options).await.unwrap()
}

fn key(number: u32) -> MessageKey {
    format!("k{number}").parse().unwrap()
}

pub(crate) async fn run_for(store: &MessageStore, fake: &Fake, time: Duration) {
    let worker = Worker::new(store.clone(), fake.clone().recorded(store).unwrap()).unwrap();
    worker.run_until(tokio::time::sleep(time)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_rows_are_set_aside_and_the_others_are_sent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = MessageStore::sqlite(&path).await.unwrap();
    let messages: Vec<_> = ["a", "b", "c", "d", "e"].map(message).into();
    store.enqueue(&messages, None).await.unwrap();
    let mut connection = connect(&path).await;
    // One that was tried before.
    let tried = "INSERT INTO sms_attempt (message, number, token, provider, outcome, seen, status, id_conflict, \
                 begun_at, checks, check_at, given_up) VALUES (5, 1, '0', 'acme', 1, 0, 0, 0, 0, 0, 0, 0)";
    connection.execute(tried).await.unwrap();
    for broken in [
        "UPDATE sms_queue SET payload = '{' WHERE message = 1",
        "UPDATE sms_message SET tags = 'x' WHERE id = 2",
        "UPDATE sms_queue SET claims = 'many' WHERE message = 3",
    ] {
        connection.execute(broken).await.unwrap();
    }
    let fake = Fake::new();
    run_for(&store, &fake, Duration::from_secs(2)).await;
    assert_eq!(fake.calls(), 1);
    let dead = Filter::new().with_stage(Stage::Dead);
    let found: i64 = sqlx::query_scalar("SELECT count(*) FROM sms_queue WHERE stage = 4")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(found, 4, "each is set aside");
    assert_eq!(store.unreadable(10).await.unwrap().len(), 4, "and listed");
    Reconciler::new(store.clone()).run_once().await.unwrap();
    assert!(store.entries(&dead, 10, None).await.is_ok(), "a list leaves out what it cannot read");
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_the_next_version_fit_and_those_of_one_further_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let prefix: TablePrefix = "my_".parse().unwrap();
    let open =
        || MessageStore::sqlite_with(options.clone(), prefix.clone(), StorePolicy::default());
    let missing = open().await.unwrap_err();
    assert_eq!((missing.kind(), missing.outcome()), (ErrorKind::Config, Outcome::NotSent));
    // By another program.
    let mut connection = connect(&path).await;
    connection.execute(sqlx::AssertSqlSafe(MessageStore::sqlite_schema(&prefix, 0))).await.unwrap();
    open().await.unwrap();
    MessageStore::migrate_sqlite(&options, &prefix).await.unwrap();
    for (version, fits) in [(3, true), (4, false)] {
        let insert = format!("INSERT INTO my_migration (version) VALUES ({version})");
        connection.execute(sqlx::AssertSqlSafe(insert)).await.unwrap();
        assert_eq!(open().await.is_ok(), fits, "{version}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_and_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let prefix = TablePrefix::default();
    MessageStore::migrate_sqlite(&options, &prefix).await.unwrap();
    let small = options.clone().pragma("max_page_count", "120");
    let store = MessageStore::sqlite_with(small, prefix, StorePolicy::default()).await.unwrap();
    let fake = Fake::new();
    let sms = fake.clone().recorded(&store).unwrap();
    let (mut sent, mut refused) = (0, 0);
    for number in 0..300 {
        let long = Message::new(crate::number(123), "x".repeat(1_500)).with_key(key(number));
        match sms.send(&long).await {
            Ok(_) => sent += 1,
            Err(error) => {
                assert_eq!(
                    (error.kind(), error.outcome()),
                    (ErrorKind::Unavailable, Outcome::NotSent)
                );
                refused += 1;
            }
        }
    }
    assert!(sent > 10 && refused > 100, "{sent} sent, {refused} refused");
    assert_eq!(fake.calls(), sent, "nothing was sent without an intent");
    let roomy = MessageStore::sqlite(&path).await.unwrap();
    let sms = fake.clone().recorded(&roomy).unwrap();
    sms.send(&message("afterwards")).await.unwrap();
    assert_eq!(fake.calls(), sent + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_cut_off_at_any_page_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = MessageStore::sqlite(&path).await.unwrap();
    let sms = Fake::new().recorded(&store).unwrap();
    for number in 0..20 {
        sms.send(&message(&format!("k{number}"))).await.unwrap();
    }
    let wal = std::fs::read(folder.path().join("store.db-wal")).unwrap();
    let base = std::fs::read(&path).unwrap();
    let (header, frame) = (32, 24 + 4_096);
    let frames = (wal.len() - header) / frame;
    assert!(frames > 60, "{frames}");
    let (mut before, cut) = (0, tempfile::tempdir().unwrap());
    for kept in 0..=frames {
        let path = cut.path().join(format!("{kept}.db"));
        std::fs::write(&path, &base).unwrap();
        std::fs::write(cut.path().join(format!("{kept}.db-wal")), &wal[..header + kept * frame])
            .unwrap();
        let mut connection = connect(&path).await;
        let whole: String =
            sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut connection).await.unwrap();
        assert_eq!(whole, "ok", "after {kept} pages");
        let tables: i64 =
            sqlx::query_scalar("SELECT count(*) FROM sqlite_master WHERE name = 'sms_attempt'")
                .fetch_one(&mut connection)
                .await
                .unwrap();
        if tables == 0 {
            continue; // the schema is one transaction
        }
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM sms_attempt WHERE outcome = 0")
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert!(count >= before, "what was written stays");
        before = count;
        connection.close().await.unwrap();
    }
    assert_eq!(before, 20);
}

/// A plan made for a small table does not read a large one whole.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL"]
async fn tables_that_grow_are_read_by_their_indexes() {
    let pool = postgres::database().await;
    MessageStore::migrate_postgres(&pool, &TablePrefix::default()).await.unwrap();
    let scans = async || -> (i64, i64) {
        let sums = "SELECT sum(seq_scan)::bigint, sum(idx_scan)::bigint FROM pg_stat_user_tables \
                    WHERE relname IN ('sms_message', 'sms_content', 'sms_queue', 'sms_attempt', 'sms_event')";
        sqlx::query_as(sums).fetch_one(&pool).await.unwrap()
    };
    // The server gathers its statistics some time after the rows were written.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (before, _) = scans().await;
    let store = MessageStore::postgres(pool.clone()).await.unwrap();
    store.enqueue_all(&mut (0..2_000).map(|n| message(&format!("m{n}"))), None).await.unwrap();
    let fake = Fake::new();
    run_for(&store, &fake, Duration::from_secs(3)).await;
    for number in 1..=100 {
        store.record_status(&news(&remote(number), "delivered"), None).await.unwrap();
    }
    for _ in 0..150 {
        if scans().await.1 > 4_000 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        store.knows(&remote(1)).await.unwrap(); // a connection tells its counts when it has something to do
    }
    let (after, by_index) = scans().await;
    assert!(by_index > 4_000, "{by_index}");
    assert_eq!(after, before);
}

/// Erased texts leave the file itself, not only its tables.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_erased_leaves_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = MessageStore::sqlite(&path).await.unwrap();
    let sms = Fake::new().recorded(&store).unwrap();
    for number in 0..200 {
        // A word of one message alone, and no other begins like it, so that the index has it whole.
        let word = if number == 100 { "qwertz" } else { "xylophone" };
        let text = format!("Secret{number} is the word, {word}");
        let to = crate::number(if number % 2 == 0 { 123 } else { 124 });
        sms.send(&Message::new(to, text).with_key(key(number))).await.unwrap();
    }
    store.erase(crate::number(123), &Retention::default()).await.unwrap();
    let mut connection = connect(&path).await;
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").await.unwrap();
    let file = std::fs::read(&path).unwrap();
    let has = |text: &str| file.windows(text.len()).any(|some| some == text.as_bytes());
    assert!(
        has("Secret101") && has("secret") && has("447700900124"),
        "what was not erased is there"
    );
    assert!(!has("Secret100") && !has("447700900123") && !has("wertz"));
    let words = Filter::new().with_words("secret100");
    assert!(store.entries(&words, 10, None).await.unwrap().items.is_empty());
    let terms: i64 =
        sqlx::query_scalar("SELECT count(*) FROM sms_words WHERE sms_words MATCH 'xylophone'")
            .fetch_one(&mut connection)
            .await
            .unwrap();
    assert_eq!(terms, 100);
}

/// Statements that the server cancels at any point stop no worker for good.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL"]
async fn statements_that_are_broken_off_stop_nobody() {
    let pool = postgres::database().await;
    let store = MessageStore::postgres(pool.clone()).await.unwrap();
    let breaking = pool.clone();
    let breaks = tokio::spawn(async move {
        loop {
            let cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() \
                          AND datname = current_database()";
            breaking.execute(cancel).await.unwrap();
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
    });
    let fake = Fake::new();
    let messages: Vec<_> = (0..400).map(|n| message(&format!("m{n}"))).collect();
    for message in &messages {
        while store.enqueue(std::slice::from_ref(message), None).await.is_err() {}
    }
    run_for(&store, &fake, Duration::from_secs(5)).await;
    breaks.abort();
    run_for(&store, &fake, Duration::from_secs(2)).await;
    store.skip(Duration::from_secs(120));
    run_for(&store, &fake, Duration::from_secs(5)).await;
    let report = store.delivery_stats(&Filter::new()).await.unwrap();
    println!("{} sent, {:?}", fake.calls(), report.statuses);
    assert_eq!(report.refused, 0, "nothing is given up for the database's trouble");
    assert_eq!(fake.calls(), 400);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL"]
async fn a_pool_that_is_closed_has_its_connections_back() {
    let pool = postgres::database().await;
    let store = MessageStore::postgres(pool.clone()).await.unwrap();
    store.enqueue(&[message("a"), message("b")], None).await.unwrap();
    tokio::time::timeout(Duration::from_secs(10), pool.close()).await.expect("is closed");
    assert_eq!(
        store.enqueue(&[message("c")], None).await.unwrap_err().kind(),
        ErrorKind::Unavailable
    );
}

/// An open transaction of the application that holds one row delays that message alone.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL"]
async fn one_open_transaction_holds_up_one_message_on_postgres() {
    let pool = postgres::database().await;
    let store = MessageStore::postgres(pool.clone()).await.unwrap();
    let sms = std::sync::Arc::new(Fake::new().recorded(&store).unwrap());
    sms.send(&message("held")).await.unwrap();
    let mut transaction = pool.begin().await.unwrap();
    sqlx::query("SELECT id FROM sms_message FOR UPDATE")
        .fetch_all(&mut *transaction)
        .await
        .unwrap();
    let begun = std::time::Instant::now();
    let held = store.clone();
    let held =
        tokio::spawn(async move { held.record_status(&news(&remote(1), "delivered"), None).await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    let send = |at: u32| {
        let sms = std::sync::Arc::clone(&sms);
        tokio::spawn(async move { sms.send(&message(&format!("o{at}"))).await.is_ok() })
    };
    let others: Vec<_> = (0..12).map(send).collect();
    for other in others {
        assert!(other.await.unwrap());
    }
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    let error = held.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    transaction.rollback().await.unwrap();
    assert!(store.record_status(&news(&remote(1), "delivered"), None).await.unwrap().changed);
}

/// A file that another program locks refuses all callers in the time of one.
#[tokio::test(flavor = "multi_thread")]
async fn a_locked_file_is_one_wait_for_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = MessageStore::sqlite(&path).await.unwrap();
    let sms = std::sync::Arc::new(Fake::new().recorded(&store).unwrap());
    sms.send(&message("warm")).await.unwrap();
    let mut connection = connect(&path).await;
    connection.execute("BEGIN IMMEDIATE").await.unwrap();
    let begun = std::time::Instant::now();
    let send = |at: u32| {
        let sms = std::sync::Arc::clone(&sms);
        tokio::spawn(async move { sms.send(&message(&format!("k{at}"))).await.is_ok() })
    };
    let first = send(0);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let rest: Vec<_> = (1..9).map(send).collect();
    for one in std::iter::once(first).chain(rest) {
        assert!(!one.await.unwrap());
    }
    assert!(begun.elapsed() < Duration::from_secs(45), "{:?}", begun.elapsed());
    connection.execute("ROLLBACK").await.unwrap();
    assert!(sms.send(&message("after")).await.is_ok());
}
