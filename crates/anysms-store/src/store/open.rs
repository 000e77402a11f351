//! Opens a store.

use std::sync::Arc;

use anysms::error::{Error, ErrorKind, Result};

use crate::{
    MessageStore, StorePolicy,
    backend::{AnyBackend, Kind, RawBackend, memory::MemoryBackend},
};

#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;

/// Messages that a store in memory keeps unless told otherwise.
const MEMORY_CAPACITY: usize = 100_000;

impl MessageStore {
    /// Opens a store in memory for up to 100,000 messages, which is gone when the program ends.
    ///
    /// It suits tests, and programs that only want no message twice while they run.
    ///
    /// ```
    /// use anysms_store::MessageStore;
    ///
    /// let store = MessageStore::memory();
    /// let same = store.clone();
    /// # drop((store, same));
    /// ```
    #[must_use]
    pub fn memory() -> Self {
        Self::memory_with(MEMORY_CAPACITY, StorePolicy::default())
    }

    /// Sets the secret by which the texts of one-time codes are sealed while they wait in the queue, for this handle and
    /// all its clones.
    ///
    /// Without it the key is this process's own: a code that one process puts into the queue can then be sent by a
    /// worker of that process alone, and expires if there is none. Programs with workers in other processes give all of
    /// them the same secret, 32 random characters or more.
    ///
    /// # Errors
    /// `Config` if the secret is shorter than 16 bytes.
    pub fn seal_codes_with(self, secret: &str) -> Result<Self> {
        if secret.len() < 16 {
            return Err(Error::not_sent(ErrorKind::Config)
                .with_detail("secret: shorter than 16 bytes; give 32 random characters"));
        }
        self.backend.seal().set(secret);
        Ok(self)
    }

    /// Opens a store in memory for this many messages, by a policy.
    ///
    /// When full, evicts the oldest message whose outcome is known, and frees its key; if there is none, new
    /// messages are refused as `Unavailable`.
    ///
    /// ```
    /// use anysms_store::{MessageStore, StorePolicy, TextPolicy};
    ///
    /// let policy = StorePolicy::default().with_texts(TextPolicy::Hash);
    /// let store = MessageStore::memory_with(1_000, policy);
    /// # drop(store);
    /// ```
    #[must_use]
    pub fn memory_with(capacity: usize, policy: StorePolicy) -> Self {
        let memory = MemoryBackend::new(capacity, policy);
        Self { backend: AnyBackend(Kind::Memory(Arc::new(memory))) }
    }
}
