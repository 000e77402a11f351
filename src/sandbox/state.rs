//! [`State`]: everything that a sandbox keeps, as a file that outlives it.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::{
    number::PhoneNumber,
    sandbox::{Carried, Fate, Record, SandboxAccount, Used, server::Shared},
};

/// Shortest time between two writes of the file.
const PAUSE: Duration = Duration::from_secs(1);

/// Everything that a sandbox keeps, but for faults, which are of one run.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct State {
    pub(super) skipped: Duration,
    pub(super) accounts: Vec<SandboxAccount>,
    pub(super) records: Vec<Record>,
    pub(super) usage: Vec<Used>,
    pub(super) opted_out: Vec<(String, PhoneNumber)>,
    pub(super) fates: Vec<(PhoneNumber, Fate)>,
    /// Oldest first.
    pub(super) messages: Vec<Carried>,
}

impl State {
    /// Reads the file; an empty state if there is none.
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        match fs::read(path) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    /// Writes the file as a whole: who reads it finds the old one or the new one.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let beside = path.with_extension("new");
        let mut options = fs::OpenOptions::new();
        options.create(true).truncate(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600); // it has numbers and texts
        let mut file = options.open(&beside)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.sync_all()?;
        fs::rename(beside, path)
    }
}

/// Writes the file whenever something has changed, until the sandbox stops.
pub(super) async fn keep(shared: Arc<Shared>, path: PathBuf) {
    let mut changes = shared.carrier.changes();
    loop {
        if changes.changed().await.is_err() {
            return;
        }
        let (state, path) = (shared.carrier.state(), path.clone());
        let written = tokio::task::spawn_blocking(move || state.write(&path)).await;
        #[cfg(feature = "tracing")]
        if let Ok(Err(error)) = &written {
            tracing::warn!(target: "anysms", %error, "the sandbox's file could not be written");
        }
        drop(written);
        tokio::time::sleep(PAUSE).await;
    }
}
