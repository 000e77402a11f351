//! [`Budget`]: limits retries to a share of all calls, so that they do not overload a failing provider.

use tokio::time::Instant;

use super::{
    lock::{Mutex, lock},
    per_account::Idle,
};

/// Length of the window in seconds.
const WINDOW: u64 = 60;

/// Maximum share of retries in the calls of the last 60 seconds.
#[derive(Debug)]
pub(super) struct Budget {
    percent: u32,
    /// Number of retries that are allowed in any case.
    min: u32,
    start: Instant,
    window: Mutex<Window>,
}

/// Calls and retries of each of the last seconds, by second modulo 60.
#[derive(Debug)]
struct Window {
    seconds: [Second; WINDOW as usize],
    /// Current second.
    now: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Second {
    calls: u32,
    retries: u32,
}

impl Budget {
    pub(super) fn new(percent: u32, min: u32) -> Self {
        let window = Window { seconds: [Second::default(); WINDOW as usize], now: 0 };
        Self { percent, min, start: Instant::now(), window: Mutex::new(window) }
    }

    /// Counts a call, before its result is known.
    pub(super) fn count_call(&self) {
        self.with(|window| {
            let second = window.second();
            second.calls = second.calls.saturating_add(1);
        });
    }

    /// Counts a retry and returns `true` if the budget allows one more.
    pub(super) fn take(&self) -> bool {
        self.with(|window| {
            let sum = |of: fn(&Second) -> u32| -> u64 {
                window.seconds.iter().map(|second| u64::from(of(second))).sum()
            };
            let calls = sum(|second| second.calls);
            let share = calls.saturating_mul(self.percent.into()) / 100;
            let most = share.max(self.min.into());
            let free = sum(|second| second.retries) < most;
            let second = window.second();
            second.retries = second.retries.saturating_add(free.into());
            free
        })
    }

    fn with<T>(&self, f: impl FnOnce(&mut Window) -> T) -> T {
        let mut window = lock(&self.window);
        window.move_to(self.start.elapsed().as_secs());
        f(&mut window)
    }
}

impl Idle for Budget {
    fn is_idle(&self) -> bool {
        self.with(|window| window.seconds.iter().all(|second| second.calls == 0))
    }
}

impl Window {
    /// Clears the seconds that have passed out of the window.
    fn move_to(&mut self, now: u64) {
        for second in (self.now + 1..=now).take(WINDOW as usize) {
            self.seconds[(second % WINDOW) as usize] = Second::default();
        }
        self.now = self.now.max(now);
    }

    fn second(&mut self) -> &mut Second {
        &mut self.seconds[(self.now % WINDOW) as usize]
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::*;

    fn taken(budget: &Budget) -> usize {
        (0..10_000).take_while(|_| budget.take()).count()
    }

    #[tokio::test(start_paused = true)]
    async fn is_a_share_of_the_last_minute() {
        let budget = Budget::new(10, 3);
        assert_eq!(taken(&budget), 3, "the least");
        (0..1_000).for_each(|_| budget.count_call());
        assert_eq!(taken(&budget), 97);
        advance(Duration::from_secs(59)).await;
        assert_eq!(taken(&budget), 0);
        (0..100).for_each(|_| budget.count_call());
        assert_eq!(taken(&budget), 10);
        advance(Duration::from_secs(1)).await;
        assert_eq!(
            taken(&budget),
            0,
            "the first second is over: 100 calls and 10 retries are left"
        );
        advance(Duration::from_secs(59)).await;
        assert_eq!(taken(&budget), 3);
        advance(Duration::from_secs(10_000_000)).await;
        assert_eq!(taken(&budget), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn never_gives_more_than_its_share() {
        let budget = Budget::new(10, 3);
        let (mut calls, mut retries) = (0_u32, 0_u32);
        for _ in 0..3_600 {
            for _ in 0..7 {
                budget.count_call();
                calls += 1;
                retries += u32::from(budget.take());
            }
            advance(Duration::from_millis(997)).await;
        }
        assert!(retries <= calls / 10 + 3, "{retries} of {calls}");
        assert!(retries >= calls / 10 - 3 * 60, "{retries} of {calls}");
    }
}
