//! [`Clock`]: the time of a sandbox, which can be skipped.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// Time of a sandbox: this machine's, and what was skipped.
#[derive(Debug)]
pub(super) struct Clock(watch::Sender<Duration>);

impl Clock {
    pub(super) fn new(skipped: Duration) -> Self {
        Self(watch::Sender::new(skipped))
    }

    pub(super) fn now(&self) -> Timestamp {
        let skipped = SignedDuration::try_from(*self.0.borrow()).unwrap_or(SignedDuration::MAX);
        Timestamp::now().saturating_add(skipped).unwrap_or(Timestamp::MAX)
    }

    /// Skips so much time: what waits for it wakes up.
    pub(super) fn skip(&self, time: Duration) {
        self.0.send_modify(|skipped| *skipped = skipped.saturating_add(time));
    }

    pub(super) fn skipped(&self) -> Duration {
        *self.0.borrow()
    }

    /// Waits until this time.
    pub(super) async fn reach(&self, time: Timestamp) {
        let mut skips = self.0.subscribe();
        loop {
            let Ok(left) = Duration::try_from(time.duration_since(self.now())) else { return };
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(left) => {}
                _ = skips.changed() => {} // the sender lives as long as `self`
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_for_a_skipped_time_wakes_up() {
        let clock = Clock::new(Duration::ZERO);
        let tomorrow = clock.now() + SignedDuration::from_hours(24);
        let woken = tokio::join!(clock.reach(tomorrow), async {
            clock.skip(Duration::from_secs(23 * 3_600));
            tokio::task::yield_now().await;
            clock.skip(Duration::from_secs(3_600));
        });
        assert_eq!(woken, ((), ()));
        assert!(clock.now() >= tomorrow);
    }
}
