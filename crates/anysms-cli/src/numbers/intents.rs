//! The log of purchases that are under way.

use std::{
    env,
    path::{Path, PathBuf},
    sync::Arc,
};

use anysms::intent::{FileIntents, IntentLog, MemoryIntents};
use clap::Args;

use crate::failure::Failure;

#[derive(Args)]
pub(super) struct Intents {
    /// The folder in which purchases are noted. Default: the user's state folder; with --sandbox none.
    #[arg(long, value_name = "DIR")]
    intents: Option<PathBuf>,
}

impl Intents {
    /// Opens the log. A sandbox of one command is gone after it, and so are its purchases.
    pub(super) fn open(&self, sandbox: bool) -> Result<Arc<dyn IntentLog>, Failure> {
        let folder = match (&self.intents, sandbox) {
            (Some(folder), _) => folder.clone(),
            (None, true) => return Ok(Arc::new(MemoryIntents::new())),
            (None, false) => {
                let var = |name| env::var_os(name).map(PathBuf::from);
                let missing = "is not given, and neither XDG_STATE_HOME nor HOME names a folder";
                folder(var("XDG_STATE_HOME"), var("HOME"))
                    .ok_or_else(|| Failure::usage("--intents", missing))?
            }
        };
        Ok(Arc::new(FileIntents::new(folder)?))
    }
}

/// The user's folder for it. Relative paths are not looked at, as the XDG Base Directory Specification asks.
fn folder(state: Option<PathBuf>, home: Option<PathBuf>) -> Option<PathBuf> {
    let absolute = |path: &PathBuf| path.is_absolute();
    let below = |home: PathBuf| home.join(Path::new(".local/state"));
    let state = state.filter(absolute).or_else(|| home.filter(absolute).map(below))?;
    Some(state.join("anysms").join("intents"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_state_folder_comes_from_the_environment() {
        let path = |text: &str| Some(PathBuf::from(text)).filter(|path| path.as_os_str() != "");
        for (state, home, expected) in [
            ("/s", "/h", "/s/anysms/intents"),
            ("", "/h", "/h/.local/state/anysms/intents"),
            ("s", "/h", "/h/.local/state/anysms/intents"),
            ("/s", "", "/s/anysms/intents"),
            ("", "h", ""),
            ("", "", ""),
        ] {
            assert_eq!(folder(path(state), path(home)), path(expected), "{state} {home}");
        }
    }
}
