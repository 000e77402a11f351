//! [`Store`] that several processes share, and the worker that runs as one of them.

use std::{path::Path, time::Duration};

use anysms::{
    Capabilities, Error, ErrorKind, Message, MessageId, ProviderId, Receipt, SmsProvider,
    async_trait,
};
use anysms_store::RecordExt;
use anysms_store::{Entry, Filter, MessageStore, Stage, StorePolicy, TablePrefix, Worker};
use sqlx::{ConnectOptions, Connection, Executor};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    signal::unix::{SignalKind, signal},
};

use crate::postgres;

pub(crate) const ACME: ProviderId = ProviderId::from_static("acme");

/// Time for which a killed process keeps the messages that it had claimed.
pub(crate) const LEASE: Duration = Duration::from_secs(5);

/// Number of messages that a worker submits at a time.
pub(crate) const CONCURRENCY: usize = 32;

/// Point at which the worker kills itself, or waits for its gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    Nowhere,
    BeforeIntent,
    BeforeByte,
    /// Waits for an answer that never comes, and is killed from outside.
    AfterAccept,
    WaitsBeforeIntent,
    WaitsBeforeByte,
}

impl Point {
    const ALL: [Self; 6] = [
        Self::Nowhere,
        Self::BeforeIntent,
        Self::BeforeByte,
        Self::AfterAccept,
        Self::WaitsBeforeIntent,
        Self::WaitsBeforeByte,
    ];

    fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|point| format!("{point:?}") == name).expect("a point")
    }
}

/// A store, and where another process finds it.
pub(crate) struct Backend {
    pub(crate) store: MessageStore,
    pub(crate) place: String,
    pub(crate) lease: Duration,
    _folder: Option<tempfile::TempDir>,
}

impl Backend {
    pub(crate) async fn sqlite() -> Self {
        Self::sqlite_with(LEASE).await
    }

    pub(crate) async fn sqlite_with(lease: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("store.db").display().to_string();
        Self { store: open(&place, lease).await, place, lease, _folder: Some(folder) }
    }

    pub(crate) async fn postgres() -> Self {
        Self::postgres_with(LEASE).await
    }

    pub(crate) async fn postgres_with(lease: Duration) -> Self {
        Self::of_pool(&postgres::database().await, lease).await
    }

    /// Opens the store in the database of a pool.
    pub(crate) async fn of_pool(pool: &sqlx::PgPool, lease: Duration) -> Self {
        let options = pool.connect_options();
        let (socket, database) = (options.get_socket().unwrap(), options.get_database().unwrap());
        let place = format!("postgres:{}:{database}", socket.display());
        Self { store: open(&place, lease).await, place, lease, _folder: None }
    }

    /// Returns whether no transaction is open.
    pub(crate) async fn is_quiet(&self) -> bool {
        let Some(place) = self.place.strip_prefix("postgres:") else {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&self.place);
            let mut connection = options.busy_timeout(Duration::ZERO).connect().await.unwrap();
            let quiet = connection.execute("BEGIN IMMEDIATE").await.is_ok();
            connection.close().await.unwrap();
            return quiet;
        };
        let mut connection = at(place).connect().await.unwrap();
        let busy: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
             AND pid <> pg_backend_pid() AND xact_start IS NOT NULL",
        )
        .fetch_one(&mut connection)
        .await
        .unwrap();
        busy == 0
    }

    pub(crate) async fn enqueue(&self, count: u32) {
        self.store.enqueue_all(&mut (0..count).map(message), None).await.unwrap();
    }

    pub(crate) async fn entries(&self, filter: &Filter) -> Vec<Entry> {
        let (mut entries, mut cursor) = (Vec::new(), None);
        loop {
            let page = self.store.entries(filter, 1_000, cursor.as_ref()).await.unwrap();
            entries.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                return entries;
            }
        }
    }

    pub(crate) async fn count(&self, filter: &Filter) -> u32 {
        self.entries(filter).await.len() as u32
    }

    pub(crate) async fn until_all_ended(&self, count: u32) {
        let stage = |stage| Filter::new().with_stage(stage);
        for _ in 0..3_600 {
            let waiting = [Stage::Waiting, Stage::Claimed, Stage::Sending].map(stage);
            let mut left = 0;
            for filter in &waiting {
                left += self.store.entries(filter, 1, None).await.unwrap().items.len();
            }
            if left == 0 {
                assert_eq!(self.count(&stage(Stage::Done)).await, count);
                return;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("some are stuck");
    }
}

/// Returns the message of this number, with a key of its own.
pub(crate) fn message(number: u32) -> Message {
    let to: anysms::PhoneNumber = "+447700900123".parse().unwrap();
    Message::new(to, "Your table is ready").with_key(format!("k{number}").parse().unwrap())
}

/// Runs as the worker, if the environment asks for one, and stops in good order when it is asked to.
pub(crate) fn main() {
    let Ok(place) = std::env::var("ANYSMS_WORKER_LOG") else { return };
    let setting = |name: &str| std::env::var(format!("ANYSMS_WORKER_{name}")).unwrap();
    let port = setting("PORT").parse().unwrap();
    let point = Point::named(&setting("POINT"));
    let lease = Duration::from_millis(setting("LEASE").parse().unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = open(&place, lease).await;
        let mut stop = signal(SignalKind::terminate()).unwrap();
        println!("ready");
        let wire = Wire { port, point };
        let callback = "https://example.com/hooks/acme".parse().unwrap();
        let recorded = wire.recorded(&store).unwrap().with_callback(callback);
        let stack = Outside { inner: recorded, point };
        let dies = matches!(point, Point::BeforeIntent | Point::BeforeByte | Point::AfterAccept);
        let most = if dies { 1 } else { CONCURRENCY };
        let worker = Worker::new(store, stack).unwrap().with_concurrency(most);
        worker.run_until(async { stop.recv().await.unwrap_or_default() }).await;
    });
}

pub(crate) async fn open(place: &str, lease: Duration) -> MessageStore {
    let prefix = TablePrefix::default();
    match place.strip_prefix("postgres:") {
        None => MessageStore::migrate_sqlite(&file(place), &prefix).await.unwrap(),
        Some(server) => {
            let pool = pool(server).await.unwrap();
            MessageStore::migrate_postgres(&pool, &prefix).await.unwrap();
            pool.close().await;
        }
    }
    opened(place, lease).await.unwrap()
}

/// Opens the store that the environment names.
pub(crate) async fn opened(place: &str, lease: Duration) -> anysms::Result<MessageStore> {
    let policy = StorePolicy::default().with_lease(lease);
    let Some(server) = place.strip_prefix("postgres:") else {
        return MessageStore::sqlite_with(file(place), TablePrefix::default(), policy).await;
    };
    let pool = pool(server).await.map_err(|_| Error::not_sent(ErrorKind::Unavailable))?;
    MessageStore::postgres_with(pool, TablePrefix::default(), policy).await
}

fn file(place: &str) -> sqlx::sqlite::SqliteConnectOptions {
    sqlx::sqlite::SqliteConnectOptions::new().filename(place).create_if_missing(true)
}

async fn pool(server: &str) -> sqlx::Result<sqlx::PgPool> {
    sqlx::postgres::PgPoolOptions::new().max_connections(8).connect_with(at(server)).await
}

/// Address of a PostgreSQL server's socket, with a database.
pub(crate) fn at(place: &str) -> sqlx::postgres::PgConnectOptions {
    let (socket, database) = place.split_once(':').unwrap();
    let options = sqlx::postgres::PgConnectOptions::new_without_pgpass();
    options.socket(socket).username("postgres").database(database)
}

/// Says that it waits, and waits for its gate, a file.
async fn gate() {
    println!("waits");
    let gate = std::env::var("ANYSMS_WORKER_GATE").unwrap();
    while !Path::new(&gate).exists() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Provider that asks the carrier in the parent process: one line out, one line back.
#[derive(Debug)]
struct Wire {
    port: u16,
    point: Point,
}

#[async_trait]
impl SmsProvider for Wire {
    fn id(&self) -> ProviderId {
        ACME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn send(&self, message: &Message) -> anysms::Result<Receipt> {
        match self.point {
            Point::BeforeByte => std::process::abort(),
            Point::WaitsBeforeByte => gate().await,
            _ => {}
        }
        let socket = TcpStream::connect(("127.0.0.1", self.port)).await;
        let mut socket = socket.map_err(|_| Error::not_sent(ErrorKind::Connect))?;
        let broken = |_| Error::unknown(ErrorKind::Interrupted);
        let url = message.status_callback().unwrap().as_str();
        let token = url.rsplit_once('/').unwrap().1;
        let line = format!("{} {token}\n", message.key());
        socket.write_all(line.as_bytes()).await.map_err(broken)?;
        let mut id = String::new();
        BufReader::new(socket).read_line(&mut id).await.map_err(broken)?;
        if id.is_empty() {
            return Err(Error::unknown(ErrorKind::Interrupted));
        }
        let id = MessageId::new(ACME, id.trim()).unwrap();
        Ok(Receipt::new(ACME, Some(id), message.key().clone()))
    }
}

/// Layer around the one that records.
#[derive(Debug)]
struct Outside<P> {
    inner: P,
    point: Point,
}

#[async_trait]
impl<P: SmsProvider> SmsProvider for Outside<P> {
    fn id(&self) -> ProviderId {
        self.inner.id()
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn send(&self, message: &Message) -> anysms::Result<Receipt> {
        match self.point {
            Point::BeforeIntent => std::process::abort(),
            Point::WaitsBeforeIntent => gate().await,
            _ => {}
        }
        let sent = self.inner.send(message).await;
        match &sent {
            Ok(_) => println!("came of it: accepted"),
            Err(error) => println!("came of it: {:?}, {error}", error.outcome()),
        }
        sent
    }
}
