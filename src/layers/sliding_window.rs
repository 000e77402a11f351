//! Counts within every window of a length, exactly: [`Window`] of a number or a range, [`Spent`] of money.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    time::Duration,
};

use rust_decimal::Decimal;
use tokio::time::Instant;

/// At most so many in every window of this length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Velocity {
    most: u32,
    window: Duration,
}

impl Velocity {
    pub(super) const fn new(most: u32, window: Duration) -> Self {
        Self { most, window }
    }
}

/// What was counted within the last window, and how often for each key.
pub(super) struct Window<K> {
    limit: Velocity,
    log: VecDeque<(Instant, K)>,
    counts: HashMap<K, u32>,
}

impl<K: Copy + Eq + Hash> Window<K> {
    pub(super) fn new(limit: Velocity) -> Self {
        Self { limit, log: VecDeque::new(), counts: HashMap::new() }
    }

    /// Whether there is room for one more.
    pub(super) fn fits(&mut self, key: K, now: Instant) -> bool {
        while let Some((at, key)) = self.log.front().copied()
            && now.saturating_duration_since(at) >= self.limit.window
        {
            self.log.pop_front();
            self.forget(key);
        }
        self.counts.get(&key).copied().unwrap_or_default() < self.limit.most
    }

    pub(super) fn count(&mut self, key: K, now: Instant) {
        self.log.push_back((now, key));
        *self.counts.entry(key).or_default() += 1;
    }

    /// Forgets one that was counted at this time.
    pub(super) fn take_back(&mut self, key: K, at: Instant) {
        if let Some(place) = self.log.iter().rposition(|entry| *entry == (at, key)) {
            self.log.remove(place);
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

/// What was spent within the last window.
pub(super) struct Spent {
    cap: Decimal,
    window: Duration,
    log: VecDeque<(Instant, Decimal)>,
    sum: Decimal,
}

impl Spent {
    pub(super) fn new(cap: Decimal, window: Duration) -> Self {
        Self { cap, window, log: VecDeque::new(), sum: Decimal::ZERO }
    }

    /// Whether this much more is within the cap.
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

    /// Forgets one that was counted at this time.
    pub(super) fn take_back(&mut self, cost: Decimal, at: Instant) {
        if let Some(place) = self.log.iter().rposition(|entry| *entry == (at, cost)) {
            self.log.remove(place);
            self.sum -= cost;
        }
    }
}
