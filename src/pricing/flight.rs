//! [`Flight`]: when a country is asked about next, and that it is asked about once at a time.

use std::{
    sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering},
    time::Duration,
};

use jiff::Timestamp;

use crate::random;

/// Time of a country that is being asked about.
const IN_FLIGHT: i64 = i64::MAX;

/// Schedule of one country.
#[derive(Debug, Default)]
pub(super) struct Flight {
    /// Time from which on it may be asked about, in milliseconds since 1970.
    next: AtomicI64,
    failures: AtomicU32,
    /// Number of flights that ended.
    landed: AtomicU64,
    /// Held while it is asked about.
    pub(super) seat: tokio::sync::Mutex<()>,
}

/// Waits after failures: the first, and the longest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waits(pub(super) Duration, pub(super) Duration);

impl Flight {
    /// Returns whether it may be asked about now.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.next.load(Ordering::Acquire) <= now.as_millisecond()
    }

    /// Takes the flight, for one caller alone. Returns the number of those that ended before it.
    pub(super) fn take(&self, now: Timestamp) -> Option<u64> {
        let landed = self.landed();
        let next = self.next.load(Ordering::Acquire);
        let due = next <= now.as_millisecond();
        let take =
            |next| self.next.compare_exchange(next, IN_FLIGHT, Ordering::AcqRel, Ordering::Acquire);
        (due && take(next).is_ok()).then_some(landed)
    }

    /// Takes the flight by hand, whether it is due or not.
    pub(super) fn take_anyway(&self) {
        self.next.store(IN_FLIGHT, Ordering::Release);
    }

    /// Returns the number of flights that ended.
    pub(super) fn landed(&self) -> u64 {
        self.landed.load(Ordering::Acquire)
    }

    /// Sets the next time after an answer, with a tenth of the time more or less.
    pub(super) fn answered(&self, after: Duration) {
        self.failures.store(0, Ordering::Release);
        self.set(after);
    }

    /// Sets the next time after a failure: twice as long as after the one before.
    pub(super) fn failed(&self, waits: Waits, at_least: Option<Duration>) {
        let failures = self.failures.fetch_add(1, Ordering::AcqRel);
        self.set(waits.after(failures).max(at_least.unwrap_or_default().min(waits.1)));
    }

    /// Gives back a flight that ended in nothing, as its runtime did.
    pub(super) fn give_up(&self, after: Duration) {
        if self.next.load(Ordering::Acquire) == IN_FLIGHT {
            self.set(after);
        }
    }

    fn set(&self, after: Duration) {
        let after = after.mul_f64(0.9 + 0.2 * random::fraction());
        let after = i64::try_from(after.as_millis()).unwrap_or(i64::MAX);
        let next = Timestamp::now().as_millisecond().saturating_add(after);
        self.landed.fetch_add(1, Ordering::AcqRel);
        self.next.store(next.min(IN_FLIGHT - 1), Ordering::Release);
    }
}

impl Waits {
    fn after(self, failures: u32) -> Duration {
        self.0.saturating_mul(2_u32.saturating_pow(failures)).min(self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_from_a_minute_to_an_hour() {
        let waits = Waits(Duration::from_secs(60), Duration::from_secs(3_600));
        let minutes = |failures| waits.after(failures).as_secs() / 60;
        assert_eq!([0, 1, 2, 5, 6, 40].map(minutes), [1, 2, 4, 32, 60, 60]);
    }

    #[test]
    fn one_takes_the_flight_and_the_next_time_has_its_jitter() {
        let (flight, now) = (Flight::default(), Timestamp::now());
        assert!(flight.is_due(now));
        assert_eq!((flight.take(now), flight.take(now)), (Some(0), None));
        flight.answered(Duration::from_secs(1_000));
        let wait = flight.next.load(Ordering::Relaxed) - now.as_millisecond();
        assert!((899_000..1_102_000).contains(&wait), "{wait}");
        assert_eq!(flight.landed(), 1);
        flight.give_up(Duration::ZERO);
        assert!(!flight.is_due(now), "an answer stays");
        flight.failed(Waits(Duration::ZERO, Duration::ZERO), Some(Duration::from_secs(9)));
        assert!(flight.is_due(Timestamp::now()), "no longer than the longest wait");
    }
}
