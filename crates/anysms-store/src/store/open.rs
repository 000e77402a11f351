//! Opens a store.

use std::sync::Arc;

use crate::{
    MessageStore, StorePolicy,
    backend::{AnyBackend, Kind, memory::MemoryBackend},
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
