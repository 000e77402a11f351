//! [`Child`]: another process of this program, seen from outside.

use std::{
    io::BufRead,
    process::{Child as Process, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use crate::{
    carrier::Carrier,
    worker::{Backend, Point},
};

/// This program as another process, which its environment tells what to run.
pub(crate) struct Child {
    process: Process,
    said: Arc<Mutex<Vec<String>>>,
}

impl Child {
    /// Starts a worker.
    pub(crate) fn start(backend: &Backend, carrier: &Carrier, point: Point) -> Self {
        Self::start_with(backend, carrier, point, &[])
    }

    /// Starts a worker with more in its environment.
    pub(crate) fn start_with(
        backend: &Backend,
        carrier: &Carrier,
        point: Point,
        more: &[(&str, String)],
    ) -> Self {
        let mut all = vec![
            ("ANYSMS_WORKER_LOG", backend.place.clone()),
            ("ANYSMS_WORKER_LEASE", backend.lease.as_millis().to_string()),
            ("ANYSMS_WORKER_PORT", carrier.port.to_string()),
            ("ANYSMS_WORKER_POINT", format!("{point:?}")),
        ];
        all.extend_from_slice(more);
        Self::of("a_worker_in_a_process_of_its_own", &all)
    }

    /// Starts another test in a process of its own. Its output is read to the end, as it would otherwise be killed by
    /// writing to a closed pipe.
    pub(crate) fn of(test: &str, environment: &[(&str, String)]) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (stdout, said) = (process.stdout.take().unwrap(), Arc::<Mutex<Vec<String>>>::default());
        let hears = Arc::clone(&said);
        std::thread::spawn(move || {
            for line in std::io::BufReader::new(stdout).lines().map_while(Result::ok) {
                hears.lock().unwrap().push(line);
            }
        });
        Self { process, said }
    }

    /// Waits until it has opened the store.
    pub(crate) async fn until_ready(&self) {
        self.until_said("ready", 1).await;
    }

    /// Waits until it has written a word so many times.
    pub(crate) async fn until_said(&self, word: &str, times: u32) {
        let start = Instant::now();
        while self.times_said(word) < times {
            let said = self.said.lock().unwrap().clone();
            assert!(start.elapsed() < Duration::from_secs(60), "not {word}: {said:?}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    pub(crate) fn times_said(&self, word: &str) -> u32 {
        let said = self.said.lock().unwrap();
        said.iter().filter(|line| line.contains(word)).count() as u32
    }

    /// Returns what stands behind these words in the first line that has them.
    pub(crate) fn word_after(&self, words: &str) -> Option<String> {
        let said = self.said.lock().unwrap();
        said.iter().find_map(|line| Some(line.split_once(words)?.1.to_owned()))
    }

    /// Kills it, as `kill -9` does.
    pub(crate) async fn kill(mut self) {
        let _ = self.process.kill();
        self.until_ended().await;
    }

    /// Sends it a signal, as `kill -STOP`, `-CONT` or `-TERM` does.
    pub(crate) fn signal(&self, name: &str) {
        let kill = Command::new("kill").arg(name).arg(self.process.id().to_string()).status();
        assert!(kill.unwrap().success());
    }

    pub(crate) fn is_alive(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    /// Waits until it has ended by itself.
    pub(crate) async fn until_dead(self) {
        assert!(!self.until_ended().await.success());
    }

    pub(crate) async fn until_ended(mut self) -> ExitStatus {
        tokio::task::spawn_blocking(move || self.process.wait()).await.unwrap().unwrap()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
