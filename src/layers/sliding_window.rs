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

/// Spending within the last window, in total and by tenant.
pub(super) struct SpendWindow {
    cap: Decimal,
    tenant_cap: Decimal,
    window: Duration,
    log: VecDeque<Cost>,
    sum: Decimal,
    /// Sums by the hash of the tenant; 0 is not kept.
    sums: HashMap<u64, Decimal>,
}

/// Cost of a tenant's message that was admitted at this time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    pub(super) at: Instant,
    pub(super) tenant: u64,
    pub(super) amount: Decimal,
}

impl SpendWindow {
    /// Creates a window with a cap, of which one tenant may use up a share in percent.
    pub(super) fn new(cap: Decimal, share: u32, window: Duration) -> Self {
        let share = Decimal::new(share.min(100).into(), 2);
        let tenant_cap = cap.checked_mul(share).unwrap_or(cap);
        Self {
            cap,
            tenant_cap,
            window,
            log: VecDeque::new(),
            sum: Decimal::ZERO,
            sums: HashMap::new(),
        }
    }

    /// Returns `true` if this cost is within the rest of the cap and of the tenant's share.
    pub(super) fn fits(&mut self, cost: Cost) -> bool {
        while let Some(first) = self.log.front().copied()
            && cost.at.saturating_duration_since(first.at) >= self.window
        {
            self.log.pop_front();
            self.subtract(first);
        }
        let own = self.sums.get(&cost.tenant).copied().unwrap_or_default();
        let within = |sum: Decimal, cap| sum.checked_add(cost.amount).is_some_and(|sum| sum <= cap);
        within(self.sum, self.cap) && within(own, self.tenant_cap)
    }

    /// Counts a cost that fits.
    pub(super) fn count(&mut self, cost: Cost) {
        self.log.push_back(cost);
        self.sum += cost.amount;
        *self.sums.entry(cost.tenant).or_default() += cost.amount;
    }

    /// Removes a cost that was counted.
    pub(super) fn take_back(&mut self, cost: Cost) {
        if let Some(index) = self.log.iter().rposition(|entry| *entry == cost) {
            self.log.remove(index);
            self.subtract(cost);
        }
    }

    fn subtract(&mut self, cost: Cost) {
        if self.log.is_empty() {
            // Sums of very different amounts were rounded.
            self.sum = Decimal::ZERO;
            self.sums.clear();
            return;
        }
        self.sum -= cost.amount;
        if let Some(own) = self.sums.get_mut(&cost.tenant) {
            *own -= cost.amount;
            if own.is_zero() {
                self.sums.remove(&cost.tenant);
            }
        }
    }
}
