//! A PostgreSQL server of the test's own: on a socket in a temporary folder, gone with the test.

use std::{
    fs,
    os::unix::{
        fs::{PermissionsExt, chown},
        net::UnixStream,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::sync::oneshot;

/// What a server is told by its environment.
pub(crate) type Environment = Vec<(&'static str, String)>;

/// A server that runs for as long as the thread that started it.
pub(crate) struct Server {
    folder: tempfile::TempDir,
    user: Vec<String>,
    environment: Environment,
    process: Child,
    /// Ends with this program, however that ends, and takes the folder along.
    _cleaner: Child,
}

/// A new, empty database on the server of this process, and a pool of connections to it.
pub(crate) async fn database() -> PgPool {
    static SERVER: OnceLock<Server> = OnceLock::new();
    static COUNT: AtomicU32 = AtomicU32::new(0);
    // A server goes with the thread that started it.
    let server = tokio::task::spawn_blocking(|| SERVER.get_or_init(Server::start)).await.unwrap();
    let name = format!("test_{}", COUNT.fetch_add(1, Ordering::SeqCst));
    let root = server.pool("postgres", 1).await;
    sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .execute(&root)
        .await
        .unwrap();
    root.close().await;
    server.pool(&name, 10).await
}

impl Server {
    fn start() -> Self {
        let (sender, ready) = std::sync::mpsc::channel();
        thread::spawn(move || {
            sender.send(Self::run(Vec::new())).unwrap();
            loop {
                thread::park();
            }
        });
        ready.recv().unwrap()
    }

    fn run(environment: Environment) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut user = Vec::new();
        if id(&["-u"]) == 0 {
            // The server refuses to run as root.
            let (uid, gid) = (id(&["-u", "postgres"]), id(&["-g", "postgres"]));
            chown(folder.path(), Some(uid), Some(gid)).unwrap();
            user =
                vec![format!("--reuid={uid}"), format!("--regid={gid}"), "--clear-groups".into()];
        }
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let made = Command::new("setpriv")
            .args(&user)
            .arg(newest().join("initdb"))
            .args([
                "--no-sync",
                "--auth=trust",
                "--username=postgres",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
            ])
            .arg(folder.path().join("data"))
            .output()
            .unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let process = launch(folder.path(), &user, &environment);
        let cleaner = Command::new("sh")
            .args(["-c", "trap '' HUP INT TERM; cat; sleep 1; rm -rf \"$0\""])
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { folder, user, environment, process, _cleaner: cleaner }
    }

    fn options(&self, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(self.folder.path())
            .username("postgres")
            .database(database)
    }

    async fn pool(&self, database: &str, most: u32) -> PgPool {
        connect(&self.options(database), most).await
    }
}

async fn connect(options: &PgConnectOptions, most: u32) -> PgPool {
    for _ in 0..100 {
        // It answers before it is ready.
        match PgPoolOptions::new().max_connections(most).connect_with(options.clone()).await {
            Ok(pool) => return pool,
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    panic!("no connection to the server");
}

/// Starts a server on its data, and waits until somebody may connect.
fn launch(folder: &Path, user: &[String], environment: &Environment) -> Child {
    let mut process = Command::new("setpriv")
        .args(user)
        .arg("--pdeathsig=QUIT")
        .arg(newest().join("postgres"))
        .arg("-D")
        .arg(folder.join("data"))
        .args(["-c", "listen_addresses=", "-c", "max_connections=300", "-c"])
        .arg(format!("unix_socket_directories={}", folder.display()))
        .envs(environment.iter().cloned())
        .stdout(Stdio::null())
        .stderr(fs::File::create(folder.join("server.store")).unwrap())
        .spawn()
        .unwrap();
    for _ in 0..200 {
        if UnixStream::connect(folder.join(".s.PGSQL.5432")).is_ok() {
            return process;
        }
        thread::sleep(Duration::from_millis(50));
    }
    let _ = process.kill();
    let _ = process.wait();
    panic!("the server did not start: {:?}", fs::read_to_string(folder.join("server.store")));
}

/// A server of a test's own, which can be restarted.
#[allow(dead_code)] // not all who need a server restart it
pub(crate) struct Restartable {
    /// How to stop it, and whom to tell that it is back.
    restarts: mpsc::Sender<(&'static str, oneshot::Sender<Instant>)>,
    options: PgConnectOptions,
}

#[allow(dead_code)]
impl Restartable {
    pub(crate) async fn start(environment: Environment) -> Self {
        let (restarts, asked) = mpsc::channel::<(&str, oneshot::Sender<Instant>)>();
        let (sender, ready) = oneshot::channel();
        thread::spawn(move || {
            let mut server = Server::run(environment);
            sender.send(server.options("postgres")).unwrap();
            while let Ok((signal, back)) = asked.recv() {
                let pid = server.process.id().to_string();
                assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
                server.process.wait().unwrap();
                server.process = launch(server.folder.path(), &server.user, &server.environment);
                back.send(Instant::now()).unwrap();
            }
        });
        Self { restarts, options: ready.await.unwrap() }
    }

    pub(crate) async fn database(&self) -> PgPool {
        connect(&self.options, 1).await
    }

    /// Stops it by a signal and starts it again. When it was back.
    pub(crate) async fn restart(&self, signal: &'static str) -> Instant {
        let (sender, back) = oneshot::channel();
        self.restarts.send((signal, sender)).unwrap();
        back.await.unwrap()
    }
}

fn id(args: &[&str]) -> u32 {
    let output = Command::new("id").args(args).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

/// Debian has each version in a folder of its own, and none of them in the path.
fn newest() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL is installed");
    let number = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.map(|entry| entry.unwrap().path()).max_by_key(number);
    newest.expect("PostgreSQL is installed").join("bin")
}
