//! [`MemoryIntents`]: intents that last as long as the process.

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use super::{Intent, IntentLog};
use crate::error::Result;

/// Log of intents in memory: for tests, and where a process that dies is looked after by hand.
#[derive(Default)]
pub struct MemoryIntents(Mutex<HashMap<String, Intent>>);

impl MemoryIntents {
    /// Creates an empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Intent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner) // each change is one insertion
    }
}

/// The names hold accounts, and may hold numbers, so `Debug` shows the intents alone.
impl fmt::Debug for MemoryIntents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all().values()).finish()
    }
}

#[async_trait]
impl IntentLog for MemoryIntents {
    async fn begin(&self, intent: &Intent) -> Result<Option<Intent>> {
        let mut all = self.all();
        if let Some(known) = all.get(&intent.name()) {
            return Ok(Some(known.clone()));
        }
        all.insert(intent.name(), intent.clone());
        Ok(None)
    }

    async fn finish(&self, intent: &Intent, id: &str) -> Result<()> {
        let mut all = self.all();
        let kept = all.entry(intent.name()).or_insert_with(|| intent.clone());
        kept.done = Some(id.to_owned());
        Ok(())
    }

    async fn withdraw(&self, intent: &Intent) -> Result<()> {
        self.all().remove(&intent.name());
        Ok(())
    }

    async fn find(&self, intent: &Intent) -> Result<Option<Intent>> {
        Ok(self.all().get(&intent.name()).cloned())
    }

    async fn open(&self) -> Result<Vec<Intent>> {
        let mut open: Vec<_> =
            self.all().values().filter(|intent| intent.done.is_none()).cloned().collect();
        open.sort_by_key(|intent| intent.begun_at);
        Ok(open)
    }
}
