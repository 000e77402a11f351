//! Writes inside of a transaction of the caller's own.

use std::time::Duration;

use anysms::{Message, message::Direction, suppression::SuppressionSource};
use anysms_store::{Backend, EnqueueSql, Filter, MessageStore, Retention, SuppressionScope};
use sqlx::{Connection, Executor};

use crate::{
    databases::{connect, run_for},
    fake::{Fake, news, remote},
    lists::inbound,
    message, number, postgres,
};

/// Every kind of write.
async fn write_all(store: &MessageStore<impl Backend>) {
    store.enqueue(&[message("kept"), message("withdrawn")], None).await.unwrap()[0]
        .as_ref()
        .unwrap();
    assert!(store.cancel_queued(None, &"withdrawn".parse().unwrap()).await.unwrap());
    store.enqueue_all(&mut (0..1_200).map(|n| message(&format!("m{n}"))), None).await.unwrap();
    let from = number(124);
    store.record_inbound(&inbound(124, 101, "Thank you"), None).await.unwrap();
    let unread = store.entries(&Filter::new().unread(), 10, None).await.unwrap();
    assert_eq!(unread.items.len(), 1, "it reads what it wrote");
    assert_eq!(store.mark_read(&[unread.items[0].id]).await.unwrap(), 1);
    store.record_status(&news(&remote(1), "sent"), None).await.unwrap();
    store.suppress(from, SuppressionScope::all(), SuppressionSource::Manual).await.unwrap();
    store.suppress(number(125), SuppressionScope::all(), SuppressionSource::Manual).await.unwrap();
    store
        .unsuppress(number(125), SuppressionScope::all(), SuppressionSource::Manual)
        .await
        .unwrap();
    store.erase(from, &Retention::default()).await.unwrap();
    store.purge(&Retention::default()).await.unwrap();
}

const ALL: (u64, usize, usize) = (1_202, 1, 1);

/// What of that is there: messages, inbound ones, opt-outs.
async fn count_all(store: &MessageStore<impl Backend>) -> (u64, usize, usize) {
    let outbound = Filter::new().with_direction(Direction::Outbound);
    let inbound = Filter::new().with_direction(Direction::Inbound);
    let inbound = store.entries(&inbound, 10, None).await.unwrap().items.len();
    let messages = store.delivery_stats(&outbound).await.unwrap().messages();
    (messages, inbound, store.suppressions(None, 10).await.unwrap().len())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_write_joins_a_transaction_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let store = MessageStore::sqlite(&path).await.unwrap();
    let mut connection = connect(&path).await;
    connection.execute("CREATE TABLE orders (name TEXT)").await.unwrap();
    for commits in [false, true] {
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
        transaction.execute("INSERT INTO orders VALUES ('one')").await.unwrap();
        write_all(&store.in_transaction(&mut transaction).unwrap()).await;
        assert_eq!(count_all(&store.in_transaction(&mut transaction).unwrap()).await, ALL);
        assert_eq!(count_all(&store).await, (0, 0, 0), "nobody else sees it");
        match commits {
            true => transaction.commit().await.unwrap(),
            false => transaction.rollback().await.unwrap(),
        }
        assert_eq!(count_all(&store).await, if commits { ALL } else { (0, 0, 0) });
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL"]
async fn every_write_joins_a_transaction_on_postgres() {
    let pool = postgres::database().await;
    let store = MessageStore::postgres(pool.clone()).await.unwrap();
    pool.execute("CREATE TABLE orders (name TEXT)").await.unwrap();
    for commits in [false, true] {
        let mut transaction = pool.begin().await.unwrap();
        transaction.execute("INSERT INTO orders VALUES ('one')").await.unwrap();
        write_all(&store.in_transaction(&mut transaction).unwrap()).await;
        assert_eq!(count_all(&store.in_transaction(&mut transaction).unwrap()).await, ALL);
        assert_eq!(count_all(&store).await, (0, 0, 0), "nobody else sees it");
        match commits {
            true => transaction.commit().await.unwrap(),
            false => transaction.rollback().await.unwrap(),
        }
        assert_eq!(count_all(&store).await, if commits { ALL } else { (0, 0, 0) });
    }
}

/// The worker hears of the commit, on each of the backends.
async fn is_sent(store: &MessageStore) {
    let fake = Fake::new();
    run_for(store, &fake, Duration::from_secs(2)).await;
    assert_eq!(fake.calls(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_queued_in_a_transaction_is_sent_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let store = MessageStore::sqlite(&path).await.unwrap();
    let mut connection = connect(&path).await;
    let queue = async {
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
        store
            .in_transaction(&mut transaction)
            .unwrap()
            .enqueue(&[message("one")], None)
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await; // the worker waits meanwhile
        transaction.commit().await.unwrap();
    };
    tokio::join!(is_sent(&store), queue);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL"]
async fn what_was_queued_in_a_transaction_is_sent_on_postgres() {
    let pool = postgres::database().await;
    let store = MessageStore::postgres(pool.clone()).await.unwrap();
    let queue = async {
        let mut transaction = pool.begin().await.unwrap();
        store
            .in_transaction(&mut transaction)
            .unwrap()
            .enqueue(&[message("one")], None)
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        transaction.commit().await.unwrap();
    };
    tokio::join!(is_sent(&store), queue);
}

/// As another driver would: texts of SQL, and one parameter. The keys that are refused.
macro_rules! execute {
    ($sql:expr, $connection:expr) => {{
        let sql: &EnqueueSql = $sql;
        for statement in &sql.statements {
            let query = sqlx::query(sqlx::AssertSqlSafe(statement.as_str())).bind(&sql.parameter);
            query.execute(&mut *$connection).await.unwrap();
        }
        let conflicts = sqlx::query_scalar(sqlx::AssertSqlSafe(sql.conflicts.as_str()));
        let conflicts: Vec<String> =
            conflicts.bind(&sql.parameter).fetch_all(&mut *$connection).await.unwrap();
        conflicts
    }};
}

/// On either database, by a connection that the store knows nothing of.
macro_rules! queue_by_another_driver {
    ($store:expr, $connection:expr) => {{
        let one = $store.enqueue_sql(&[message("one").with_tag("vip")], None).unwrap();
        let mut transaction = $connection.begin().await.unwrap();
        assert!(execute!(&one, transaction).is_empty());
        transaction.rollback().await.unwrap();
        assert!($store.entries(&Filter::new(), 10, None).await.unwrap().items.is_empty());
        assert!(execute!(&one, $connection).is_empty());
        let other = Message::new(number(123), "Another").with_key("one".parse().unwrap());
        let more = $store.enqueue_sql(&[message("two"), other, message("two")], None).unwrap();
        assert_eq!(execute!(&more, $connection), ["one"], "stands for another message");
        assert!(execute!(&one, $connection).is_empty(), "the same again is the same");
        are_sent_once(&$store).await;
        assert!(execute!(&one, $connection).is_empty());
        let fake = Fake::new();
        run_for(&$store, &fake, Duration::from_millis(500)).await;
        assert_eq!(fake.calls(), 0, "what was sent is not queued again");
        assert!(!format!("{one:?}").contains("900123"));
        // A week later the key is another message's.
        $store.skip(Duration::from_secs(8 * 24 * 60 * 60));
        let later = $store.enqueue_sql(&[message("one"), message("two")], None).unwrap();
        assert!(execute!(&later, $connection).is_empty());
        assert!(execute!(&later, $connection).is_empty());
        are_sent_once(&$store).await;
        one
    }};
}

async fn are_sent_once(store: &MessageStore) {
    let fake = Fake::new();
    run_for(store, &fake, Duration::from_secs(2)).await;
    let mut sent: Vec<String> =
        fake.sent.lock().unwrap().iter().map(|message| message.key().to_string()).collect();
    sent.sort();
    assert_eq!(sent, ["one", "two"]);
    let tagged = Filter::new().with_tag("vip");
    assert_eq!(store.entries(&tagged, 10, None).await.unwrap().items.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_driver_queues_messages_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let store = MessageStore::sqlite(&path).await.unwrap();
    let mut connection = Box::new(connect(&path).await);
    queue_by_another_driver!(store, connection);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL"]
async fn another_driver_queues_messages_on_postgres() {
    let pool = postgres::database().await;
    let store = MessageStore::postgres(pool.clone()).await.unwrap();
    let mut connection = pool.acquire().await.unwrap();
    let one = queue_by_another_driver!(store, connection);
    // A driver that asks the server for the parameter's type hears that it is a text.
    for (number, statement) in one.statements.iter().chain([&one.conflicts]).enumerate() {
        let prepare = format!("PREPARE s{number} AS {statement}");
        connection.execute(sqlx::AssertSqlSafe(prepare)).await.unwrap();
    }
    let types =
        "SELECT DISTINCT parameter_types::text FROM pg_prepared_statements WHERE name ~ '^s[0-9]$'";
    let types: Vec<String> = sqlx::query_scalar(types).fetch_all(&mut *connection).await.unwrap();
    assert_eq!(types, ["{text}"]);
}
