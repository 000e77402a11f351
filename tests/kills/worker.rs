//! The process that sends, and the log that it shares with the test.

use std::{
    io::BufRead,
    process::{Child as Process, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use anysms::{
    Capabilities, Error, ErrorKind, Message, MessageId, ProviderId, Receipt, SmsProvider,
    async_trait,
    layers::LayerExt,
    log::{
        LogEntry, LogFilter, LogPolicy, MessageLog, PostgresLog, SqliteLog, Stage, TablePrefix,
        Worker,
    },
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use crate::{carrier::Carrier, postgres};

pub(crate) const ACME: ProviderId = ProviderId::from_static("acme");

/// How long what was killed stays with whoever had it.
const LEASE: Duration = Duration::from_secs(5);

/// How many messages a worker has on their way.
pub(crate) const CONCURRENCY: usize = 32;

/// Where the worker dies by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    Nowhere,
    BeforeIntent,
    BeforeByte,
    /// It waits for an answer that never comes, and is killed from outside.
    AfterAccept,
}

/// A log, and where another process finds it.
pub(crate) struct Home {
    pub(crate) log: Arc<dyn MessageLog>,
    place: String,
    _folder: Option<tempfile::TempDir>,
}

impl Home {
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.db");
        let log = open(&path.display().to_string()).await;
        Self { log, place: path.display().to_string(), _folder: Some(folder) }
    }

    pub(crate) async fn postgres() -> Self {
        let pool = postgres::database().await;
        let options = pool.connect_options();
        let (socket, database) = (options.get_socket().unwrap(), options.get_database().unwrap());
        let place = format!("postgres:{}:{database}", socket.display());
        drop(pool);
        Self { log: open(&place).await, place, _folder: None }
    }

    pub(crate) async fn enqueue(&self, count: u32) {
        let to = "+447700900123".parse().unwrap();
        let message = |number| {
            Message::new(to, "Your table is ready").with_key(format!("k{number}").parse().unwrap())
        };
        self.log.enqueue_all(&mut (0..count).map(message), None).await.unwrap();
    }

    pub(crate) async fn entries(&self, filter: &LogFilter) -> Vec<LogEntry> {
        let (mut entries, mut cursor) = (Vec::new(), None);
        loop {
            let page = self.log.entries(filter, 1_000, cursor.as_ref()).await.unwrap();
            entries.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                return entries;
            }
        }
    }

    pub(crate) async fn count(&self, filter: &LogFilter) -> u32 {
        self.entries(filter).await.len() as u32
    }

    pub(crate) async fn until_all_ended(&self, count: u32) {
        let stage = |stage| LogFilter::new().with_stage(stage);
        for _ in 0..3_600 {
            let waiting = [Stage::Waiting, Stage::Claimed, Stage::Sending].map(stage);
            let mut left = 0;
            for filter in &waiting {
                left += self.log.entries(filter, 1, None).await.unwrap().items.len();
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

/// The worker's process, from outside.
pub(crate) struct Child(Process);

impl Child {
    pub(crate) fn start(home: &Home, carrier: &Carrier, point: Point) -> Self {
        let process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_worker_in_a_process_of_its_own", "--nocapture"])
            .env("ANYSMS_WORKER_LOG", &home.place)
            .env("ANYSMS_WORKER_PORT", carrier.port.to_string())
            .env("ANYSMS_WORKER_POINT", format!("{point:?}"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(process)
    }

    /// Until it has opened the log. What it says is read to its end, or it would die of saying it.
    pub(crate) async fn until_ready(&mut self) {
        let stdout = self.0.stdout.take().unwrap();
        let (ready, heard) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let mut ready = Some(ready);
            for line in std::io::BufReader::new(stdout).lines().map_while(Result::ok) {
                if line.contains("ready") {
                    ready.take().map(|ready| ready.send(()));
                }
            }
        });
        heard.await.expect("the worker starts");
    }

    /// As `kill -9`.
    pub(crate) async fn kill(mut self) {
        let _ = self.0.kill();
        tokio::task::spawn_blocking(move || self.0.wait()).await.unwrap().unwrap();
    }

    /// Until it has died by itself.
    pub(crate) async fn until_dead(mut self) {
        let status = tokio::task::spawn_blocking(move || self.0.wait()).await.unwrap().unwrap();
        assert!(!status.success());
    }
}

/// The worker's process, from inside.
pub(crate) fn main() {
    let Ok(place) = std::env::var("ANYSMS_WORKER_LOG") else { return };
    let port = std::env::var("ANYSMS_WORKER_PORT").unwrap().parse().unwrap();
    let point = match std::env::var("ANYSMS_WORKER_POINT").unwrap().as_str() {
        "Nowhere" => Point::Nowhere,
        "BeforeIntent" => Point::BeforeIntent,
        "BeforeByte" => Point::BeforeByte,
        "AfterAccept" => Point::AfterAccept,
        other => panic!("{other}"),
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let log = open(&place).await;
        println!("ready");
        let wire = Wire { port, dies: point == Point::BeforeByte };
        let callback = "https://example.com/hooks/acme".parse().unwrap();
        let recorded = wire.recorded(log.clone()).unwrap().with_callback(callback);
        let stack = Dying { inner: recorded, dies: point == Point::BeforeIntent };
        let most = if point == Point::Nowhere { CONCURRENCY } else { 1 };
        let worker = Worker::new(log, stack).unwrap().with_concurrency(most);
        worker.run_until(std::future::pending()).await;
    });
}

async fn open(place: &str) -> Arc<dyn MessageLog> {
    let prefix = TablePrefix::default();
    let policy = LogPolicy::default().with_lease(LEASE);
    let Some(place) = place.strip_prefix("postgres:") else {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(place);
        let options = options.create_if_missing(true);
        SqliteLog::migrate(&options, &prefix).await.unwrap();
        return Arc::new(SqliteLog::with_options(options, prefix, policy).await.unwrap());
    };
    let (socket, database) = place.split_once(':').unwrap();
    let options = sqlx::postgres::PgConnectOptions::new_without_pgpass()
        .socket(socket)
        .username("postgres")
        .database(database);
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(8).connect_with(options);
    let pool = pool.await.unwrap();
    PostgresLog::migrate(&pool, &prefix).await.unwrap();
    Arc::new(PostgresLog::with_prefix(pool, prefix, policy).await.unwrap())
}

/// Speaks to the carrier: a line out, a line back.
#[derive(Debug)]
struct Wire {
    port: u16,
    dies: bool,
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
        if self.dies {
            std::process::abort();
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

/// A layer outside of the log's that dies.
#[derive(Debug)]
struct Dying<P> {
    inner: P,
    dies: bool,
}

#[async_trait]
impl<P: SmsProvider> SmsProvider for Dying<P> {
    fn id(&self) -> ProviderId {
        self.inner.id()
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn send(&self, message: &Message) -> anysms::Result<Receipt> {
        if self.dies {
            std::process::abort();
        }
        self.inner.send(message).await
    }
}
