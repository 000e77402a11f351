//! Exact counts within a sliding window: [`CountWindow`] for messages by key, [`SpendWindow`] for money.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    time::Duration,
};

use rust_decimal::Decimal;
use tokio::time::Instant;

/// Maximum count in any window of a length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WindowLimit {
    max: u32,
    window: Duration,
}

impl WindowLimit {
    pub(super) const fn new(max: u32, window: Duration) -> Self {
        Self { max, window }
    }

    /// Returns a limit that many times as high.
    pub(super) const fn times(self, factor: u32) -> Self {
        Self { max: self.max.saturating_mul(factor), window: self.window }
    }
}

/// Events of the last window, with a count for each key.
pub(super) struct CountWindow<K> {
    limit: WindowLimit,
    log: VecDeque<(Instant, K)>,
    counts: HashMap<K, u32>,
}

impl<K: Copy + Eq + Hash> CountWindow<K> {
    pub(super) fn new(limit: WindowLimit) -> Self {
        Self { limit, log: VecDeque::new(), counts: HashMap::new() }
    }

    /// Returns `true` if one more event is within the limit.
    pub(super) fn fits(&mut self, key: K, now: Instant) -> bool {
        while let Some((at, key)) = self.log.front().copied()
            && now.saturating_duration_since(at) >= self.limit.window
        {
            self.log.pop_front();
            self.forget(key);
        }
        self.counts.get(&key).copied().unwrap_or_default() < self.limit.max
    }

    pub(super) fn count(&mut self, key: K, now: Instant) {
        self.log.push_back((now, key));
        let count = self.counts.entry(key).or_default();
        *count = count.saturating_add(1);
    }

    /// Removes an event that was counted at this time.
    pub(super) fn take_back(&mut self, key: K, at: Instant) {
        if let Some(index) = self.log.iter().rposition(|entry| *entry == (at, key)) {
            self.log.remove(index);
            self.forget(key);
        }
    }

    fn forget(&mut self, key: K) {
        if let Some(count) = self.counts.get_mut(&key) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&key);
            }
        }
    }
}

/// Spending within the last window.
pub(super) struct SpendWindow {
    cap: Decimal,
    window: Duration,
    log: VecDeque<(Instant, Decimal)>,
    sum: Decimal,
}

impl SpendWindow {
    pub(super) fn new(cap: Decimal, window: Duration) -> Self {
        Self { cap, window, log: VecDeque::new(), sum: Decimal::ZERO }
    }

    /// Returns `true` if this cost is within the rest of the cap.
    pub(super) fn fits(&mut self, cost: Decimal, now: Instant) -> bool {
        while let Some((at, cost)) = self.log.front().copied()
            && now.saturating_duration_since(at) >= self.window
        {
            self.log.pop_front();
            self.sum -= cost;
        }
        self.sum.checked_add(cost).is_some_and(|sum| sum <= self.cap)
    }

    pub(super) fn count(&mut self, cost: Decimal, now: Instant) {
        self.log.push_back((now, cost));
        self.sum += cost;
    }

    /// Removes an event that was counted at this time.
    pub(super) fn take_back(&mut self, cost: Decimal, at: Instant) {
        if let Some(index) = self.log.iter().rposition(|entry| *entry == (at, cost)) {
            self.log.remove(index);
            self.sum -= cost;
        }
    }
}
