//! [`RateStore`]: the state of quotas, for one process or several.

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::time::Instant;

use super::lock::{Mutex, lock};
use crate::error::Result;

/// Storage of the state of quotas: [`MemoryRateStore`] for one process, `RedisRateStore` for several.
///
/// The state of a key is one time, `next`. A demand is due at `next`. When it is granted, `next` becomes
/// the later of `next` and `now - slack`, plus `interval` for each unit. Therefore a period never has more
/// grants than fit into it and the slack, and late timers lose none.
#[async_trait]
pub trait RateStore: fmt::Debug + Send + Sync + 'static {
    /// Returns the time until all demands are due; zero if they are. If they are due and `grant` is `true`,
    /// grants all of them together; never grants some of them.
    ///
    /// # Errors
    /// `Unavailable` if the storage cannot be reached.
    async fn take(&self, demands: &[Demand], grant: bool) -> Result<Duration>;
}

/// Demand of one message on one quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Demand {
    /// Key of the state: a hash of the quota and its scope. Contains no phone number.
    pub key: u128,
    /// Time between two units.
    pub interval: Duration,
    /// Maximum time by which `next` may lie in the past.
    pub slack: Duration,
    /// Number of units.
    pub units: u32,
}

impl Demand {
    /// Returns the total time of its units, at most a century.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.interval.saturating_mul(self.units).min(CENTURY)
    }
}

/// State of quotas in memory, for one process. Clones share their state.
///
/// Share the quota of an account between two stacks:
///
/// ```
/// use std::sync::Arc;
///
/// use anysms::{SmsProvider, layers::{LayerExt, MemoryRateStore, Quota}};
///
/// fn two(a: impl SmsProvider, b: impl SmsProvider) -> (impl SmsProvider, impl SmsProvider) {
///     let store = Arc::new(MemoryRateStore::new());
///     let limit = || [Quota::messages(10)];
///     (
///         a.rate_limit(limit()).shared(store.clone(), "main account"),
///         b.rate_limit(limit()).shared(store, "main account"),
///     )
/// }
/// ```
#[derive(Clone, Default)]
pub struct MemoryRateStore {
    next: Arc<Mutex<Next>>,
}

#[derive(Default)]
struct Next {
    of: HashMap<u128, Instant>,
    /// Number of keys at which idle keys are removed.
    prune_at: usize,
}

/// Minimum number of keys at which idle keys are removed.
const PRUNE_AT: usize = 1_024;

impl MemoryRateStore {
    /// Creates an empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn take_now(&self, demands: &[Demand], grant: bool, now: Instant) -> Duration {
        let mut next = lock(&self.next);
        let due = demands.iter().filter_map(|demand| next.of.get(&demand.key)).max();
        let wait = due.map_or(Duration::ZERO, |due| due.saturating_duration_since(now));
        if wait.is_zero() && grant {
            for demand in demands {
                // An unknown key has not been used recently.
                let earliest = now.checked_sub(demand.slack).unwrap_or(now);
                let last = next.of.get(&demand.key).map_or(earliest, |last| earliest.max(*last));
                next.of.insert(demand.key, last.checked_add(demand.duration()).unwrap_or(last));
            }
            next.prune(now);
        }
        wait
    }
}

impl Next {
    /// Removes idle keys: those whose time is longer ago than any slack.
    fn prune(&mut self, now: Instant) {
        if self.of.len() >= self.prune_at.max(PRUNE_AT) {
            self.of.retain(|_, next| now.saturating_duration_since(*next) < LONGEST_SLACK);
            self.prune_at = self.of.len() * 2;
        }
    }
}

/// Maximum time of a demand: longer than any wait, and short enough to add to a time.
pub(super) const CENTURY: Duration = Duration::from_secs(100 * 366 * 24 * 60 * 60);

/// Maximum slack of any quota: the usual delay of a timer and somewhat more.
pub(super) const LONGEST_SLACK: Duration = Duration::from_millis(40);

#[async_trait]
impl RateStore for MemoryRateStore {
    async fn take(&self, demands: &[Demand], grant: bool) -> Result<Duration> {
        Ok(self.take_now(demands, grant, Instant::now()))
    }
}

impl fmt::Debug for MemoryRateStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryRateStore").field("keys", &lock(&self.next).of.len()).finish()
    }
}

#[cfg(all(test, anysms_shuttle))]
mod shuttle_tests {
    use shuttle::thread;

    use super::*;

    fn demand(key: u128) -> Demand {
        Demand { key, interval: Duration::from_secs(1), slack: Duration::ZERO, units: 1 }
    }

    /// One of several concurrent demands is granted, with all of its keys.
    #[test]
    fn one_of_many_is_granted_and_nothing_in_part() {
        shuttle::check_random(
            || {
                let (rates, now) = (MemoryRateStore::new(), Instant::now());
                let asks =
                    [vec![demand(1), demand(2)], vec![demand(2), demand(1)], vec![demand(2)]];
                let granted: Vec<_> = asks
                    .map(|demands| {
                        let rates = rates.clone();
                        thread::spawn(move || rates.take_now(&demands, true, now).is_zero())
                    })
                    .into_iter()
                    .map(|asker| asker.join().unwrap())
                    .collect();
                assert_eq!(granted.iter().filter(|granted| **granted).count(), 1);
                // If it was the one who asked for the second alone, the first is still free.
                assert_eq!(rates.take_now(&[demand(1)], false, now).is_zero(), granted[2]);
                let second = now + Duration::from_secs(1);
                assert!(rates.take_now(&[demand(1), demand(2)], true, second).is_zero());
            },
            crate::layers::schedules(),
        );
    }
}
