//! [`Case`]: a message and its attempts, as the protocol changes them.

use std::sync::Arc;

use crate::{AttemptRecord, End, Entry, Stage};

/// A message and its attempts: what is read, changed and written as one. Its content may be left out, as nothing
/// hangs on it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) entry: Entry,
    pub(crate) attempts: Vec<AttemptRecord>,
    /// End of a message of the queue, where it ended in this very transaction.
    pub(crate) ended: Option<End>,
    read: Arc<Snapshot>,
    new: bool,
    trusted: bool,
}

/// A message and its attempts as they were read, or written.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) entry: Entry,
    attempts: Vec<AttemptRecord>,
}

impl Case {
    pub(crate) fn new(entry: Entry, attempts: Vec<AttemptRecord>) -> Self {
        Self::of(Arc::new(Snapshot { entry, attempts }))
    }

    /// Returns the case as it was read or written.
    pub(crate) fn of(read: Arc<Snapshot>) -> Self {
        let (entry, attempts) = (read.entry.clone(), read.attempts.clone());
        Self { entry, attempts, ended: None, read, new: false, trusted: false }
    }

    /// Returns the case as it is remembered, which a write of its place in the queue has to prove.
    pub(crate) fn trusted(read: Arc<Snapshot>) -> Self {
        Self { trusted: true, ..Self::of(read) }
    }

    /// Returns whether it is as it was remembered, and nothing proves that it still is.
    pub(crate) fn is_unproved(&self) -> bool {
        self.trusted && self.entry.version == self.before().version && self.has_place()
    }

    /// Returns the case as it is read now, for a backend that keeps cases.
    pub(crate) fn read_again(&self) -> Self {
        Self::of(self.snapshot())
    }

    /// Returns the case as it is now.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::new(Snapshot { entry: self.entry.clone(), attempts: self.attempts.clone() })
    }

    /// Creates the case of an entry that is inserted now.
    pub(crate) fn inserted(entry: Entry) -> Self {
        Self { new: true, ..Self::new(entry, Vec::new()) }
    }

    /// Returns the message as it was read.
    pub(crate) fn before(&self) -> &Entry {
        &self.read.entry
    }

    /// Returns whether it was made in this very transaction.
    pub(crate) fn is_new(&self) -> bool {
        self.new
    }

    /// Returns whether it had a place in the queue when it was read.
    pub(crate) fn had_place(&self) -> bool {
        let before = self.before();
        before.wake_at.is_some() || before.stage == Stage::Dead
    }

    /// Returns whether it has a place in the queue.
    pub(crate) fn has_place(&self) -> bool {
        self.entry.stage != Stage::Done
    }

    /// Returns whether a message that had ended waits in the queue again.
    pub(crate) fn is_back(&self) -> bool {
        let over = |stage| matches!(stage, Stage::Done | Stage::Dead);
        self.entry.payload.is_some() && over(self.before().stage) && !over(self.entry.stage)
    }

    /// Returns the attempts that have changed, and those that are new.
    pub(crate) fn changed_attempts(&self) -> impl Iterator<Item = &AttemptRecord> {
        let known = self.read.attempts.iter().map(Some).chain(std::iter::repeat(None));
        let changed =
            |(attempt, known): &(&AttemptRecord, Option<&AttemptRecord>)| *known != Some(*attempt);
        self.attempts.iter().zip(known).filter(changed).map(|(attempt, _)| attempt)
    }
}
