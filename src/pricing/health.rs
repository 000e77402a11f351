//! [`PriceHealth`]: how a book is doing.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use jiff::Timestamp;
use serde::Serialize;

use crate::error::{Error, ErrorKind};

/// Counters of a [`PriceBook`](super::PriceBook) since it was built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PriceHealth {
    /// Number of countries with prices in memory.
    pub countries: u64,
    /// Number of those whose prices are older than they are fresh for.
    pub stale: u64,
    /// Number of times that the source was asked.
    pub asked: u64,
    /// Number of times that the source failed, or did not answer in time.
    pub source_failures: u64,
    /// Number of prices that came from a cache.
    pub cache_hits: u64,
    /// Number of times that a cache failed, or did not answer in time.
    pub cache_failures: u64,
    /// Kind of the source's last failure; `None` if it has not failed, or has answered since.
    pub last_failure: Option<ErrorKind>,
    /// Time at which the source answered last.
    pub answered_at: Option<Timestamp>,
}

/// The counters while they count.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) asked: AtomicU64,
    source_failures: AtomicU64,
    pub(super) cache_hits: AtomicU64,
    pub(super) cache_failures: AtomicU64,
    last: Mutex<(Option<ErrorKind>, Option<Timestamp>)>,
}

pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Counters {
    pub(super) fn answered(&self) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = (None, Some(Timestamp::now()));
    }

    pub(super) fn failed(&self, error: &Error) {
        count(&self.source_failures);
        self.last.lock().unwrap_or_else(PoisonError::into_inner).0 = Some(error.kind());
    }

    pub(super) fn health(&self, countries: u64, stale: u64) -> PriceHealth {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (last_failure, answered_at) = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        PriceHealth {
            countries,
            stale,
            asked: of(&self.asked),
            source_failures: of(&self.source_failures),
            cache_hits: of(&self.cache_hits),
            cache_failures: of(&self.cache_failures),
            last_failure,
            answered_at,
        }
    }
}
