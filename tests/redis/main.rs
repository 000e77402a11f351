//! What needs Redis, against a server of the test's own. It needs `redis-server`, as Debian has it:
//!
//! ```text
//! cargo test -p anysms-tests --test redis -- --ignored
//! ```

mod prices;
mod rates;

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// A server on a socket in a folder of its own, up for as long as this value lives.
struct Redis {
    server: Child,
    folder: PathBuf,
}

impl Redis {
    fn start(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("redis-{name}"));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let server = Command::new("redis-server")
            .current_dir(&folder)
            .args(["--port", "0", "--save", "", "--unixsocket", "redis.sock"])
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is missing: install Debian's package of that name");
        let begun = Instant::now();
        while !folder.join("redis.sock").exists() {
            assert!(begun.elapsed() < Duration::from_secs(10), "redis-server does not start");
            std::thread::sleep(Duration::from_millis(10));
        }
        Self { server, folder }
    }

    fn url(&self) -> String {
        format!("redis+unix://{}", self.folder.join("redis.sock").display())
    }

    fn stop(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
