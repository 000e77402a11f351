//! [`Rates`]: when the next message of a limit may go, kept in this process or for several.

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::time::Instant;

use super::lock::{Mutex, lock};
use crate::error::Result;

/// Where the state of rate limits is kept: [`MemoryRates`], or one home for several processes.
///
/// The state of a key is one time, `next`. A demand is due once `next` has come; when it is granted, `next`
/// becomes the later of `next` and `now - slack`, and `interval` for each unit after that. So there are never
/// more grants within a period than fit into it and the slack, and none are lost to a timer that is late.
#[async_trait]
pub trait Rates: fmt::Debug + Send + Sync + 'static {
    /// How long to wait until all demands are due; zero if they are, and then they are granted together if
    /// `grant` says so. Nothing is granted in part.
    ///
    /// # Errors
    /// `Unavailable` if the state cannot be reached.
    async fn take(&self, demands: &[Demand], grant: bool) -> Result<Duration>;
}

/// What one message takes of one limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Demand {
    /// Which state: a hash of the limit and of what it is for, so that no number is in it.
    pub key: u128,
    /// Time between two units.
    pub interval: Duration,
    /// How far `next` may lie behind.
    pub slack: Duration,
    /// How many units are taken.
    pub units: u32,
}

impl Demand {
    /// How long its units take; a century at most.
    #[must_use]
    pub fn time(&self) -> Duration {
        self.interval.saturating_mul(self.units).min(CENTURY)
    }
}

/// Rates in memory, for one process. A clone is the same home.
#[derive(Clone, Default)]
pub struct MemoryRates {
    next: Arc<Mutex<Next>>,
}

#[derive(Default)]
struct Next {
    of: HashMap<u128, Instant>,
    /// When there are so many, those that have nothing to say any more are forgotten.
    prune_at: usize,
}

/// Fewest keys at which it is worth looking for idle ones.
const PRUNE_AT: usize = 1_024;

impl MemoryRates {
    /// An empty home.
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
                // A key that is not known could have gone long ago.
                let earliest = now.checked_sub(demand.slack).unwrap_or(now);
                let last = next.of.get(&demand.key).map_or(earliest, |last| earliest.max(*last));
                next.of.insert(demand.key, last.checked_add(demand.time()).unwrap_or(last));
            }
            next.prune(now);
        }
        wait
    }
}

impl Next {
    /// A key is idle once its time is longer ago than any slack.
    fn prune(&mut self, now: Instant) {
        if self.of.len() >= self.prune_at.max(PRUNE_AT) {
            self.of.retain(|_, next| now.saturating_duration_since(*next) < LONGEST_SLACK);
            self.prune_at = self.of.len() * 2;
        }
    }
}

/// Longer than anybody waits, and short enough to be added to a time.
pub(super) const CENTURY: Duration = Duration::from_secs(100 * 366 * 24 * 60 * 60);

/// Longest slack of any limit: what a timer may be late and somewhat more.
pub(super) const LONGEST_SLACK: Duration = Duration::from_millis(40);

#[async_trait]
impl Rates for MemoryRates {
    async fn take(&self, demands: &[Demand], grant: bool) -> Result<Duration> {
        Ok(self.take_now(demands, grant, Instant::now()))
    }
}

impl fmt::Debug for MemoryRates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryRates").field("keys", &lock(&self.next).of.len()).finish()
    }
}

#[cfg(all(test, anysms_shuttle))]
mod shuttle_tests {
    use shuttle::thread;

    use super::*;

    fn demand(key: u128) -> Demand {
        Demand { key, interval: Duration::from_secs(1), slack: Duration::ZERO, units: 1 }
    }

    /// Of all who ask at one time one is granted, and no key without the others.
    #[test]
    fn one_of_many_is_granted_and_nothing_in_part() {
        shuttle::check_random(
            || {
                let (rates, now) = (MemoryRates::new(), Instant::now());
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
