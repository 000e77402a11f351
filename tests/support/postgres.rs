//! A PostgreSQL server of the test's own: on a socket in a temporary folder, gone with the test.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, chown},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

/// A server that runs for as long as the process.
pub(crate) struct Server {
    folder: tempfile::TempDir,
    _process: Child,
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
            sender.send(Self::run()).unwrap();
            loop {
                thread::park();
            }
        });
        ready.recv().unwrap()
    }

    fn run() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bin = newest();
        let mut user = Vec::new();
        if id(&["-u"]) == 0 {
            // The server refuses to run as root.
            let (uid, gid) = (id(&["-u", "postgres"]), id(&["-g", "postgres"]));
            chown(folder.path(), Some(uid), Some(gid)).unwrap();
            user =
                vec![format!("--reuid={uid}"), format!("--regid={gid}"), "--clear-groups".into()];
        }
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let data = folder.path().join("data");
        let made = Command::new("setpriv")
            .args(&user)
            .arg(bin.join("initdb"))
            .args([
                "--no-sync",
                "--auth=trust",
                "--username=postgres",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
            ])
            .arg(&data)
            .output()
            .unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let process = Command::new("setpriv")
            .args(&user)
            .arg("--pdeathsig=QUIT")
            .arg(bin.join("postgres"))
            .arg("-D")
            .arg(&data)
            .args(["-c", "listen_addresses=", "-c", "max_connections=300", "-c"])
            .arg(format!("unix_socket_directories={}", folder.path().display()))
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.path().join("server.log")).unwrap())
            .spawn()
            .unwrap();
        let server = Self { folder, _process: process };
        let socket = server.folder.path().join(".s.PGSQL.5432");
        for _ in 0..200 {
            if std::os::unix::net::UnixStream::connect(&socket).is_ok() {
                return server;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!(
            "the server did not start: {:?}",
            fs::read_to_string(server.folder.path().join("server.log"))
        );
    }

    async fn pool(&self, database: &str, most: u32) -> PgPool {
        let options = PgConnectOptions::new_without_pgpass()
            .socket(self.folder.path())
            .username("postgres")
            .database(database);
        for _ in 0..100 {
            // It answers before it is ready.
            match PgPoolOptions::new().max_connections(most).connect_with(options.clone()).await {
                Ok(pool) => return pool,
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
        panic!("no connection to the server");
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
