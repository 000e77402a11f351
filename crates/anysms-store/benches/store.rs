//! Operations of the message store in a second, beside those of its database alone.
//!
//! `cargo bench --bench store -- sqlite 1000000` or `-- postgres 1000000`. PostgreSQL runs on a server of the
//! bench's own, with 1 GB of buffers; with the 128 MB that a server has by default, a report over a million messages
//! takes twice as long. Without arguments it is SQLite with 2,000.

#[path = "../tests/support/postgres.rs"]
#[allow(dead_code)] // the bench needs the one server, and restarts it
mod postgres;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anysms::{
    Capabilities, Message, MessageId, PhoneNumber, ProviderId, Receipt, Result, SmsProvider,
    Timestamp, async_trait,
    twilio::TwilioWebhook,
    webhook::{Event, PublicUrl, WebhookExt, WebhookRequest},
};
use anysms_store::RecordExt;
use anysms_store::{Filter, MessageStore, Worker};
use sqlx::{Connection, Executor, postgres::PgPoolOptions};
use tokio::sync::watch;

const TWILIO: ProviderId = ProviderId::from_static("twilio");

/// Takes everything at once.
#[derive(Clone, Debug, Default)]
struct Fake(Arc<AtomicU64>);

#[async_trait]
impl SmsProvider for Fake {
    fn id(&self) -> ProviderId {
        TWILIO
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        self.0.fetch_add(1, Ordering::Relaxed);
        // By the key, so that a webhook names the recipient of its own message.
        let number = message.key().as_str().rsplit('-').next().and_then(|n| n.parse().ok());
        let number = number.expect("a key with a number");
        Ok(Receipt::new(TWILIO, Some(remote(number)), message.key().clone()))
    }
}

fn remote(number: u64) -> MessageId {
    MessageId::new(TWILIO, &format!("SM{number:032x}")).expect("an id")
}

fn message(number: u64) -> Message {
    let to: PhoneNumber = format!("+447700{:06}", number % 1_000_000).parse().expect("a number");
    Message::new(to, format!("Your table is ready, number {number}: please come to the desk."))
        .with_key(format!("order-{number}").parse().expect("a key"))
        .with_tenant(format!("tenant-{}", number % 10).parse().expect("a tenant"))
}

/// Resident memory in MiB.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}

/// Time on the clock and of the processors, of this process and of PostgreSQL's: what a slice of a busy machine is
/// worth changes, what the work costs does not.
struct Start(Instant, Duration);

impl Start {
    fn now() -> Self {
        Self(Instant::now(), processors())
    }
}

fn processors() -> Duration {
    let own = std::process::id().to_string();
    let time = |stat: String| {
        let (head, fields) = stat.rsplit_once(") ")?;
        let (id, name) = head.split_once(" (")?;
        let fields = fields.split(' ').skip(11).take(4); // user and system, its own and its children's
        let ticks: u64 = fields.filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
        (id == own || name == "postgres").then_some(ticks)
    };
    let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let stats = all.filter_map(|one| std::fs::read_to_string(one.path().join("stat")).ok());
    Duration::from_millis(10 * stats.filter_map(time).sum::<u64>())
}

fn rate(name: &str, count: u64, start: &Start) {
    let (took, busy) = (start.0.elapsed().as_secs_f64(), processors().saturating_sub(start.1));
    let each = busy.as_secs_f64() * 1e6 / count as f64;
    println!(
        "{name}: {count} in {took:.1} s, {:.0}/s, {each:.0} us of a processor each",
        count as f64 / took
    );
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|one| one != "--bench").collect();
    let backend = arguments.first().map_or("sqlite", String::as_str);
    let count: u64 = arguments.get(1).map_or(2_000, |count| count.parse().expect("a number"));
    let folder =
        tempfile::tempdir_in(std::env::current_dir().expect("a folder")).expect("a folder");
    // Four programs on one store, each with connections of its own.
    let mut stores: Vec<MessageStore> = Vec::new();
    let server;
    match backend {
        "sqlite" => {
            bare_sqlite(&folder.path().join("bare.db")).await;
            for _ in 0..4 {
                let store =
                    MessageStore::sqlite(folder.path().join("store.db")).await.expect("a store");
                stores.push(store);
            }
        }
        "postgres" => {
            server = postgres::Restartable::start(Vec::new()).await;
            let pool = server.database().await;
            pool.execute("ALTER SYSTEM SET shared_buffers = '1GB'").await.expect("a setting");
            pool.close().await;
            server.restart("-INT").await;
            let pool = server.database().await;
            bare_postgres(&pool).await;
            for _ in 0..4 {
                let options = pool.connect_options().as_ref().clone();
                let own = PgPoolOptions::new().max_connections(10).connect_lazy_with(options);
                stores.push(MessageStore::postgres(own).await.expect("a store"));
            }
        }
        other => panic!("{other}: sqlite or postgres"),
    }
    let (store, fake) = (stores[0].clone(), Fake::default());
    enqueue(&store, count).await;
    for (quarter, concurrency) in [None, Some(512)].into_iter().enumerate() {
        let sent = quarter as u64 * count / 2;
        drain(&stores[..1], &fake, concurrency, sent + count / 4).await;
        drain(&stores, &fake, concurrency, sent + count / 2).await;
    }
    webhooks(&store, count.min(100_000)).await;
    reports(&store).await;
}

/// What the database does with one row a commit, and with 500.
async fn bare_sqlite(path: &std::path::Path) {
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
        .synchronous(sqlx::sqlite::SqliteSynchronous::Full);
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.expect("a file");
    connection
        .execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT)")
        .await
        .expect("a table");
    let start = Start::now();
    for _ in 0..200 {
        connection.execute("INSERT INTO t (a, b) VALUES ('a', 'b')").await.expect("a row");
    }
    rate("bare commits", 200, &start);
    let start = Start::now();
    for _ in 0..20 {
        connection.execute("BEGIN IMMEDIATE").await.expect("begins");
        for _ in 0..500 {
            sqlx::query("INSERT INTO t (a, b) VALUES ($1, $2)")
                .bind("a")
                .bind("b")
                .execute(&mut connection)
                .await
                .expect("a row");
        }
        connection.execute("COMMIT").await.expect("commits");
    }
    rate("bare rows, 500 a commit", 10_000, &start);
}

async fn bare_postgres(pool: &sqlx::PgPool) {
    let mut connection = pool.acquire().await.expect("a connection");
    connection
        .execute(
            "CREATE TABLE t (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a TEXT, b TEXT)",
        )
        .await
        .expect("a table");
    let start = Start::now();
    for _ in 0..200 {
        connection.execute("INSERT INTO t (a, b) VALUES ('a', 'b')").await.expect("a row");
    }
    rate("bare commits", 200, &start);
    let start = Start::now();
    for _ in 0..20 {
        sqlx::query("INSERT INTO t (a, b) SELECT 'a', 'b' FROM generate_series(1, 500)")
            .execute(&mut *connection)
            .await
            .expect("rows");
    }
    rate("bare rows, 500 a commit", 10_000, &start);
}

async fn enqueue(store: &MessageStore, count: u64) {
    let start = Start::now();
    store.enqueue_all(&mut (0..count / 10).map(message), None).await.expect("queued");
    let tenth = resident();
    store.enqueue_all(&mut (count / 10..count).map(message), None).await.expect("queued");
    rate("enqueue", count, &start);
    println!("memory: {tenth:.1} MiB at a tenth, {:.1} MiB at the end", resident());
}

/// A worker for each, until so many have been sent in all.
async fn drain(stores: &[MessageStore], fake: &Fake, concurrency: Option<usize>, up_to: u64) {
    let (stop, stopped) = watch::channel(false);
    let (start, before) = (Start::now(), fake.0.load(Ordering::Relaxed));
    let mut tasks = tokio::task::JoinSet::new();
    for store in stores {
        let recorded = fake.clone().recorded(store).expect("a stack");
        let mut worker = Worker::new(store.clone(), recorded).expect("a worker");
        if let Some(most) = concurrency {
            worker = worker.with_concurrency(most);
        }
        let mut stopped = stopped.clone();
        let stopped = async move { drop(stopped.wait_for(|stop| *stop).await) };
        tasks.spawn(worker.run_until(stopped));
    }
    while fake.0.load(Ordering::Relaxed) < up_to {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let sent = fake.0.load(Ordering::Relaxed) - before;
    let setting = concurrency.map_or("by default".to_owned(), |most| format!("{most} at a time"));
    rate(&format!("drain by {}, {setting}", stores.len()), sent, &start);
    stop.send_replace(true);
    tasks.join_all().await;
}

/// Requests as they come in, each checked, read and kept, 64 at a time.
async fn webhooks(store: &MessageStore, count: u64) {
    let url = PublicUrl::parse("https://example.com/hooks/twilio").expect("a url");
    let webhook = Arc::new(TwilioWebhook::new("token", url).expect("a webhook"));
    let requests: Arc<Vec<(Vec<u8>, String)>> = Arc::new((0..count).map(signed).collect());
    let next = Arc::new(AtomicU64::new(0));
    let start = Start::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let (store, webhook) = (store.clone(), Arc::clone(&webhook));
        let (requests, next) = (Arc::clone(&requests), Arc::clone(&next));
        tasks.spawn(async move {
            let mut times = Vec::new();
            while let Some((body, signature)) =
                requests.get(next.fetch_add(1, Ordering::Relaxed) as usize)
            {
                let begun = Instant::now();
                let headers = [
                    ("x-twilio-signature", signature.as_bytes()),
                    ("content-type", b"application/x-www-form-urlencoded".as_slice()),
                ];
                let request = WebhookRequest::new("POST", "/hooks/twilio", &headers, body);
                let Ok(Event::Status(update)) = webhook.receive(request) else {
                    panic!("a status")
                };
                assert!(store.record_status(&update, None).await.expect("kept").message.is_some());
                times.push(begun.elapsed());
            }
            times
        });
    }
    let mut times: Vec<Duration> = tasks.join_all().await.into_iter().flatten().collect();
    rate("webhooks", count, &start);
    times.sort_unstable();
    println!("webhooks: p99 {:.1} ms", times[times.len() * 99 / 100].as_secs_f64() * 1_000.0);
}

fn signed(number: u64) -> (Vec<u8>, String) {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use hmac::{Hmac, KeyInit, Mac};
    let (id, to) = (remote(number), message(number).destination().to_string());
    let fields = [
        ("AccountSid", "AC00000000000000000000000000000000"),
        ("ApiVersion", "2010-04-01"),
        ("From", "+15555550100"),
        ("MessageSid", id.value()),
        ("MessageStatus", "delivered"),
        ("SmsSid", id.value()),
        ("SmsStatus", "delivered"),
        ("To", &to),
    ];
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(b"token").expect("a key");
    mac.update(b"https://example.com/hooks/twilio");
    let mut body = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
        body.append_pair(name, value);
    }
    (body.finish().into_bytes(), STANDARD.encode(mac.finalize().into_bytes()))
}

async fn reports(store: &MessageStore) {
    let month = Duration::from_secs(31 * 24 * 60 * 60);
    let filter =
        Filter::new().with_tenant("tenant-3".parse().unwrap()).with_since(Timestamp::now() - month);
    for round in 1..=2 {
        let start = Instant::now();
        let report = store.delivery_stats(&filter).await.expect("a report");
        let report_took = start.elapsed();
        let start = Instant::now();
        let usage = store.usage(&filter).await.expect("a report");
        println!(
            "reports, round {round}: {} messages, delivery {:.0} ms, usage {:.0} ms ({} rows)",
            report.messages(),
            report_took.as_secs_f64() * 1_000.0,
            start.elapsed().as_secs_f64() * 1_000.0,
            usage.rows.len()
        );
    }
    let start = Instant::now();
    let page = store.entries(&filter, 50, None).await.expect("a page");
    println!("a page of {}: {:.1} ms", page.items.len(), start.elapsed().as_secs_f64() * 1_000.0);
}
