//! Databases of the first edition.

use std::time::Duration;

use anysms::{Message, MessageId, PhoneNumber, TenantId, message::MessageKey};
use anysms_store::{
    AttemptOutcome, DeliveryState, Filter, MessageStore, Progress, RecordExt, Stage, StorePolicy,
    SuppressionScope, TablePrefix, ThreadFilter,
};
use sqlx::{AssertSqlSafe, Executor};

use crate::{databases::connect, fake::Fake, number, postgres};

const COMMON: &str = include_str!("../../src/backend/sql/schema/1.sql");
const SQLITE: &str = include_str!("../../src/backend/sql/schema/1.sqlite.sql");
const POSTGRES: &str = include_str!("../../src/backend/sql/schema/1.postgres.sql");

/// What the first edition wrote: a message that was delivered, one that failed, one that waits, one that came in,
/// an event of a message that nobody knows, and an opt-out.
const ROWS: &str = r#"
INSERT INTO sms_message (created_at, content, direction, class, status, forgotten, organisation, key, theirs, ours,
    country, campaign, tags, provider, accepted_at, delivered_at, segments, price, price_currency) VALUES
    (1700000000000000, 6559377035400807440, 0, 0, 80, 0, 'clinic', 'first-edition-a', '+447700900123', 'ACME', 'GB',
     'spring', '["vip"]', 'acme', 1700000001000000, 1700000002000000, 1, 4000000, 'USD');
INSERT INTO sms_message (created_at, content, direction, class, status, forgotten, organisation, key, theirs,
    failure_kind, failure_code, provider) VALUES
    (1700000000000000, 2, 0, 0, 66, 0, '', 'first-edition-b', '+447700900124', 'unreachable', '30003', 'acme');
INSERT INTO sms_message (created_at, content, direction, class, status, forgotten, organisation, key, theirs) VALUES
    (1700000000000000, 3, 0, 0, 0, 0, '', 'first-edition-c', '+447700900125');
INSERT INTO sms_message (created_at, content, direction, class, forgotten, organisation, key, theirs, ours, provider)
    VALUES (1700000000000000, 0, 1, 0, 0, 'clinic', 'inbound-d', '+447700900126', '+15555550100', 'acme');
INSERT INTO sms_content (message, body, media) VALUES (1, 'Your table is ready', '[]'), (2, 'b', '[]'),
    (3, 'c', '[]'), (4, 'd', '[]');
INSERT INTO sms_queue (message, stage, payload, fence, claims, wake_at) VALUES (3, 0,
    '{"key":"first-edition-c","to":"+447700900125","text":"c","class":"transactional"}', 0, 0, 1700000000000000);
INSERT INTO sms_tag (tag, message) VALUES ('vip', 1);
INSERT INTO sms_attempt (message, number, token, provider, remote, outcome, settled_by, seen, status, id_conflict,
    begun_at, ended_at, delivered_at, checks, given_up) VALUES
    (1, 1, '0000000000000000000000000000000a', 'acme', 'A1', 0, 0, 4104, 80, 0, 1700000000500000, 1700000001000000,
     1700000002000000, 0, 0);
INSERT INTO sms_attempt (message, number, token, provider, remote, outcome, settled_by, seen, status, failure_kind,
    failure_code, id_conflict, begun_at, ended_at, checks, given_up) VALUES
    (2, 1, '0000000000000000000000000000000b', 'acme', 'A2', 0, 0, 1032, 66, 'unreachable', '30003', 0,
     1700000000500000, 1700000001000000, 0, 0);
INSERT INTO sms_event (id, provider, remote, attempt, status, received_at, times, stale) VALUES
    ('000000000000000000000000000000e1', 'acme', 'A1', 1, 'delivered', 1700000003000000, 2, 0),
    ('000000000000000000000000000000e2', 'acme', 'A2', 2, 'undelivered', 1700000004000000, 1, 0),
    ('000000000000000000000000000000e3', 'acme', 'A9', 0, 'sent', 1700000005000000, 1, 0);
INSERT INTO sms_opt_out (number, organisation, sender, source, at) VALUES
    (447700900127, 'clinic', '', 0, 1700000000000000);
"#;

fn tables(own: &str, id: &str, key: &str) -> String {
    let sql = format!("{COMMON}\n{own}\n").replace("{p}", "sms_");
    let sql = sql.replace("{id}", id).replace("{key}", key);
    format!(
        "CREATE TABLE sms_migration (version BIGINT NOT NULL PRIMARY KEY);\n{sql}\n\
         INSERT INTO sms_migration (version) VALUES (1);\n{ROWS}"
    )
}

/// The rows are of 2023, and their keys still stand for their messages.
fn policy() -> StorePolicy {
    StorePolicy::default().with_keys(Duration::from_secs(20 * 365 * 24 * 60 * 60))
}

async fn all_is_read(store: &MessageStore) {
    let clinic: TenantId = "clinic".parse().unwrap();
    let key = |text: &str| text.parse::<MessageKey>().unwrap();
    let all = store.entries(&Filter::new(), 50, None).await.unwrap().items;
    assert_eq!(all.len(), 4);

    let a = store.history(Some(&clinic), &key("first-edition-a")).await.unwrap().unwrap();
    assert_eq!(a.entry.state(), Some(DeliveryState::Delivered));
    assert_eq!(a.entry.provider_id.as_ref().map(MessageId::value), Some("A1"));
    assert_eq!((a.entry.text.as_deref(), a.entry.tags.len()), (Some("Your table is ready"), 1));
    assert_eq!(a.entry.price.unwrap().to_string(), "0.04 USD");
    assert_eq!((a.attempts[0].outcome, a.events.len()), (Some(AttemptOutcome::Accepted), 1));
    assert_eq!(a.attempts[0].id.as_ref().map(MessageId::value), Some("A1"));

    let b = store.history(None, &key("first-edition-b")).await.unwrap().unwrap();
    assert_eq!(
        (b.entry.status, b.entry.error_code()),
        (Some(Progress::Undelivered), Some("30003"))
    );
    assert_eq!(b.entry.error_text.as_deref(), Some("the handset cannot be reached"));
    assert_eq!(b.entry.failed_at.unwrap().as_second(), 1_700_000_004);

    let c = store.history(None, &key("first-edition-c")).await.unwrap().unwrap();
    assert_eq!((c.entry.stage, c.entry.state()), (Stage::Waiting, Some(DeliveryState::Pending)));

    let found =
        |filter: Filter| async move { store.entries(&filter, 9, None).await.unwrap().items.len() };
    assert_eq!(found(Filter::new().with_tenant(clinic.clone())).await, 2);
    assert_eq!(found(Filter::new().with_remote(number(126))).await, 1);
    assert_eq!(found(Filter::new().with_words("table")).await, 1);
    assert_eq!(found(Filter::new().with_tag("vip")).await, 1);

    let threads = store.threads(&ThreadFilter::new(), 50, None).await.unwrap().items;
    assert_eq!(threads.len(), 4, "each message is in a thread of its own");
    let unread: Vec<u64> = threads.iter().map(|thread| thread.unread).collect();
    assert_eq!((unread.iter().sum::<u64>(), threads[0].unread), (1, 1));

    let out: PhoneNumber = number(127);
    let scope = SuppressionScope::all().with_tenant(clinic.clone());
    assert_eq!(store.suppressions_of(out).await.unwrap()[0].scope, scope);

    // A key of the first edition stands for its message, by the hash that the first edition made.
    let message =
        Message::new(number(123), "Your table is ready").with_sender("ACME".parse().unwrap());
    let message = message.with_key(key("first-edition-a")).with_tenant(clinic);
    let sms = Fake::new().recorded(store).unwrap();
    let receipt = anysms::SmsProvider::send(&sms, &message).await.unwrap();
    assert!(receipt.earlier);
    let ids = store.enqueue(std::slice::from_ref(&message), None).await.unwrap();
    assert_eq!(ids[0].as_ref().unwrap().id(), a.entry.id);
    let other = Message::new(number(123), "Something else").with_key(key("first-edition-b"));
    assert!(store.enqueue(&[other], None).await.unwrap()[0].is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sqlite_file_of_the_first_edition_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let sql = tables(SQLITE, "INTEGER PRIMARY KEY AUTOINCREMENT", "INTEGER PRIMARY KEY");
    connect(&path).await.execute(AssertSqlSafe(sql)).await.unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
    let prefix = TablePrefix::default();
    MessageStore::migrate_sqlite(&options, &prefix).await.unwrap();
    let store = MessageStore::sqlite_with(options, prefix, policy()).await.unwrap();
    all_is_read(&store).await;
    // Once is enough.
    assert!(MessageStore::sqlite(&path).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL"]
async fn a_postgres_database_of_the_first_edition_is_read() {
    let pool = postgres::database().await;
    let id = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY";
    let sql = tables(POSTGRES, id, "BIGINT PRIMARY KEY");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&pool).await.unwrap();
    let prefix = TablePrefix::default();
    MessageStore::migrate_postgres(&pool, &prefix).await.unwrap();
    all_is_read(&MessageStore::postgres_with(pool, prefix, policy()).await.unwrap()).await;
}

#[test]
fn printed_statements_lead_on_from_the_first_edition() {
    let prefix = TablePrefix::default();
    for sql in [MessageStore::sqlite_schema(&prefix, 1), MessageStore::postgres_schema(&prefix, 1)]
    {
        assert!(sql.contains("RENAME COLUMN organisation TO tenant"));
        assert!(!sql.contains("CREATE TABLE sms_message"));
    }
}
