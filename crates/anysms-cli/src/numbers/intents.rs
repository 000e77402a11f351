//! The log of purchases that are under way.

use std::{path::PathBuf, sync::Arc};

use anysms::intent::{FileIntents, IntentLog, MemoryIntents};
use clap::Args;

use crate::{failure::Failure, state_folder};

#[derive(Args)]
pub(super) struct Intents {
    /// The folder in which purchases are noted. Default: the user's state folder; with --sandbox none.
    #[arg(long, value_name = "DIR")]
    intents: Option<PathBuf>,
}

impl Intents {
    /// Opens the log. A sandbox of one command is gone after it, and so are its purchases.
    pub(super) fn open(&self, sandbox: bool) -> Result<Arc<dyn IntentLog>, Failure> {
        if self.intents.is_none() && sandbox {
            return Ok(Arc::new(MemoryIntents::new()));
        }
        Ok(Arc::new(FileIntents::new(state_folder::intents(self.intents.as_deref())?)?))
    }
}
