//! [`SteadyClock`]: a time that does not jump when somebody moves the machine's clock.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};

/// Goes on from a time that was seen, at the pace of the machine. A time that is seen later and is quite
/// another is believed once it has stood for five minutes: leases are shorter than that, and a message that
/// is to be sent tomorrow is not sent because a clock was wrong for a moment.
#[derive(Debug)]
pub(crate) struct SteadyClock {
    state: Mutex<State>,
    /// Time that a test skipped, in microseconds.
    skipped: AtomicI64,
}

#[derive(Debug)]
struct State {
    base: Timestamp,
    at: Instant,
    /// Difference of the time that is seen, in seconds, and the moment since which it lasts.
    doubt: Option<(f64, Instant)>,
}

/// Greatest difference, in seconds, that counts as a clock being set right.
const DRIFT: f64 = 2.0;

/// Time for which another reading must hold before it is believed.
const BELIEVED: Duration = Duration::from_secs(5 * 60);

impl SteadyClock {
    pub(crate) fn new(seen: Timestamp) -> Self {
        let state = State { base: seen, at: Instant::now(), doubt: None };
        Self { state: Mutex::new(state), skipped: AtomicI64::new(0) }
    }

    pub(crate) fn now(&self) -> Timestamp {
        let now = self.lock().at(Instant::now());
        let skipped = SignedDuration::from_micros(self.skipped.load(Ordering::Relaxed));
        now.checked_add(skipped).unwrap_or(now)
    }

    /// Skips a duration.
    #[cfg(feature = "testing")]
    pub(crate) fn skip(&self, by: Duration) {
        let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.skipped.fetch_add(by, Ordering::Relaxed);
    }

    /// Takes the time that the source shows now.
    pub(crate) fn see(&self, seen: Timestamp) {
        self.lock().see(seen, Instant::now());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner) // no change is made in parts
    }
}

impl State {
    fn at(&self, now: Instant) -> Timestamp {
        let elapsed = now.saturating_duration_since(self.at);
        self.base.checked_add(elapsed).unwrap_or(self.base)
    }

    fn see(&mut self, seen: Timestamp, now: Instant) {
        let by = seen.duration_since(self.at(now)).as_secs_f64();
        let believed = by.abs() < DRIFT
            || match self.doubt {
                Some((before, since)) if (by - before).abs() < DRIFT => {
                    now.saturating_duration_since(since) >= BELIEVED
                }
                _ => {
                    self.doubt = Some((by, now));
                    false
                }
            };
        if believed {
            *self = Self { base: seen, at: now, doubt: None };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_is_believed_after_five_minutes_and_a_drift_at_once() {
        let (start, wall) = (Instant::now(), Timestamp::from_second(1_800_000_000).unwrap());
        let mut clock = State { base: wall, at: start, doubt: None };
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let time = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).unwrap();
        clock.see(time(11), at(10));
        assert_eq!(clock.at(at(10)), time(11), "a second is drift");
        for jump in [3_600, -3_600, 365 * 86_400, -365 * 86_400] {
            let mut clock = State { base: wall, at: start, doubt: None };
            for seconds in (10..310).step_by(10) {
                clock.see(time(jump + seconds), at(seconds as u64));
                assert_eq!(clock.at(at(seconds as u64)), time(seconds), "{jump} after {seconds}");
            }
            clock.see(time(jump + 310), at(310));
            assert_eq!(clock.at(at(310)), time(jump + 310), "{jump} stood for five minutes");
        }
        let mut clock = State { base: wall, at: start, doubt: None };
        clock.see(time(3_610), at(10));
        clock.see(time(20), at(20));
        clock.see(time(3_630), at(400));
        assert_eq!(clock.at(at(400)), time(400), "it was right in between");
    }
}
