//! [`Breaker`]: circuit breaker of one account of one provider.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

use super::{
    lock::{Mutex, lock},
    per_account::Idle,
};
use crate::error::{Error, ErrorKind, Outcome};

/// Conditions under which [`Failover`](super::Failover) skips a provider, and the interval of its probes.
///
/// Counted as failures: no answer, rate limits, server errors, refused credentials and an account without
/// funds. The refusal of a single message is not a failure. A message that a layer or the client refused
/// before it reached the provider is not counted at all.
///
/// Two accounts of one provider are two providers here: where one is [`Accounts`](crate::Accounts), the revoked
/// credentials of one tenant skip the provider for that tenant's messages alone
/// ([`SmsProvider::account`](crate::SmsProvider::account)).
///
/// Skip a provider sooner and probe it every minute:
///
/// ```
/// use std::time::Duration;
///
/// use anysms::{SmsProvider, layers::{BreakerPolicy, Failover}};
///
/// fn stack(first: impl SmsProvider) -> Failover {
///     let policy = BreakerPolicy::default()
///         .with_consecutive_failures(3)
///         .with_probe_interval(Duration::from_secs(60));
///     Failover::with_policy(first, policy)
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BreakerPolicy {
    consecutive: u32,
    percent: u32,
    min_calls: usize,
    window: Duration,
    probe_interval: Duration,
}

impl Default for BreakerPolicy {
    /// Skips a provider after 5 consecutive failures, or if half of at least 20 calls in 30 seconds failed,
    /// or at once if it refuses the credentials. Probes it every 10 seconds.
    fn default() -> Self {
        Self {
            consecutive: 5,
            percent: 50,
            min_calls: 20,
            window: Duration::from_secs(30),
            probe_interval: Duration::from_secs(10),
        }
    }
}

impl BreakerPolicy {
    /// Sets the number of consecutive failures after which the provider is skipped.
    #[must_use]
    pub const fn with_consecutive_failures(mut self, failures: u32) -> Self {
        self.consecutive = failures;
        self
    }

    /// Sets the share of failures after which the provider is skipped, in percent of at least `min_calls`
    /// calls within the window. Looks at the last 1,000 calls at most.
    #[must_use]
    pub const fn with_failure_rate(
        mut self,
        percent: u32,
        min_calls: usize,
        window: Duration,
    ) -> Self {
        (self.percent, self.min_calls, self.window) = (percent, min_calls, window);
        self
    }

    /// Sets the interval at which one message probes a skipped provider.
    #[must_use]
    pub const fn with_probe_interval(mut self, interval: Duration) -> Self {
        self.probe_interval = interval;
        self
    }
}

/// Maximum number of calls that are counted within the window.
const MAX_CALLS: usize = 1_000;

/// Circuit breaker. While it is open, only probes reach the provider.
#[derive(Debug)]
pub(super) struct Breaker {
    policy: BreakerPolicy,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Calls of the window: the time at which each ended, and `true` for a failure.
    calls: VecDeque<(Instant, bool)>,
    consecutive: u32,
    /// Time at which it opened or was last probed; `None` while closed.
    open: Option<Instant>,
}

impl Breaker {
    pub(super) fn new(policy: BreakerPolicy) -> Self {
        Self { policy, state: Mutex::default() }
    }

    /// Returns `true` if the provider may be called now. While open, one caller per interval gets `true`,
    /// for the probe.
    pub(super) fn allows(&self) -> bool {
        self.allows_at(Instant::now())
    }

    /// Counts the result of a call.
    pub(super) fn count(&self, error: Option<&Error>) {
        self.count_at(Instant::now(), error);
    }

    fn allows_at(&self, now: Instant) -> bool {
        let mut state = lock(&self.state);
        match state.open {
            None => true,
            Some(last) if now.saturating_duration_since(last) >= self.policy.probe_interval => {
                state.open = Some(now);
                true
            }
            Some(_) => false,
        }
    }

    fn count_at(&self, now: Instant, error: Option<&Error>) {
        let failed = error.is_some_and(is_failure);
        if error.is_some_and(|error| !failed && (error.is_by_layer() || error.status().is_none())) {
            // The provider was not reached, so the next call may be the probe.
            let state = &mut *lock(&self.state);
            state.open =
                state.open.map(|last| now.checked_sub(self.policy.probe_interval).unwrap_or(last));
            return;
        }
        let at_once = error.is_some_and(|error| error.kind() == ErrorKind::Credentials);
        let state = &mut *lock(&self.state);
        if !failed {
            if state.open.take().is_some() {
                state.calls.clear();
            }
            state.consecutive = 0;
        }
        state.calls.push_back((now, failed));
        let old = |at: Instant| now.saturating_duration_since(at) > self.policy.window;
        while state.calls.len() > MAX_CALLS || state.calls.front().is_some_and(|(at, _)| old(*at)) {
            state.calls.pop_front();
        }
        if failed {
            state.consecutive = state.consecutive.saturating_add(1);
            let failures = state.calls.iter().filter(|(_, failed)| *failed).count();
            // Both fit into 64 bits, as there are 1,000 calls at most.
            let share =
                failures as u64 * 100 >= state.calls.len() as u64 * u64::from(self.policy.percent);
            let many = state.calls.len() >= self.policy.min_calls && share;
            if at_once || many || state.consecutive >= self.policy.consecutive {
                state.open = Some(now);
            }
        }
    }
}

impl Idle for Breaker {
    fn is_idle(&self) -> bool {
        let (now, state) = (Instant::now(), lock(&self.state));
        let old = |at: Instant| now.saturating_duration_since(at) > self.policy.window;
        state.open.is_none() && state.calls.back().is_none_or(|(at, _)| old(*at))
    }
}

/// Returns `true` for errors of the provider, not of a single message.
fn is_failure(error: &Error) -> bool {
    !error.is_by_layer() && (error.outcome() == Outcome::Unknown || error.blame().hits_the_next())
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn down() -> Error {
        Error::not_sent(ErrorKind::Unavailable)
    }

    async fn seconds(seconds: u64) {
        advance(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn opens_after_troubles_in_a_row_and_closes_after_a_good_probe() {
        let breaker = Breaker::new(BreakerPolicy::default());
        for _ in 0..3 {
            (0..4).for_each(|_| breaker.count(Some(&down())));
            assert!(breaker.allows());
            breaker.count(None);
        }
        (0..5).for_each(|_| breaker.count(Some(&down())));
        assert!(!breaker.allows());
        seconds(9).await;
        assert!(!breaker.allows());
        seconds(1).await;
        assert_eq!([breaker.allows(), breaker.allows()], [true, false], "one probe");
        breaker.count(Some(&down()));
        seconds(10).await;
        assert!(breaker.allows());
        breaker.count(None);
        assert!(breaker.allows() && breaker.allows());
        (0..4).for_each(|_| breaker.count(Some(&down())));
        assert!(breaker.allows(), "what was before the probe is forgotten");
    }

    #[tokio::test(start_paused = true)]
    async fn opens_where_half_of_many_are_in_trouble() {
        let breaker = Breaker::new(BreakerPolicy::default());
        for n in 0..19 {
            breaker.count((n % 2 == 0).then(down).as_ref());
        }
        assert!(breaker.allows(), "19 are not enough");
        breaker.count(Some(&down()));
        assert!(!breaker.allows());

        let breaker = Breaker::new(BreakerPolicy::default());
        for n in 0..60 {
            breaker.count((n % 2 == 0).then(down).as_ref());
            seconds(2).await;
        }
        assert!(breaker.allows(), "there are never 20 within 30 seconds");
    }

    #[tokio::test(start_paused = true)]
    async fn what_never_reached_the_provider_is_no_probe() {
        let breaker = Breaker::new(BreakerPolicy::default());
        (0..5).for_each(|_| breaker.count(Some(&down())));
        seconds(10).await;
        for error in [
            Error::not_sent(ErrorKind::OptedOut).by_layer(),
            Error::not_sent(ErrorKind::InvalidRecipient),
        ] {
            assert!(breaker.allows() && !breaker.allows());
            breaker.count(Some(&error));
        }
        assert!(
            breaker.allows() && !breaker.allows(),
            "still open, and the probe is still to be made"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_message_is_no_trouble_and_refused_credentials_are_enough() {
        let breaker = Breaker::new(BreakerPolicy::default());
        for kind in [ErrorKind::InvalidRecipient, ErrorKind::OptedOut, ErrorKind::Unsupported] {
            (0..50).for_each(|_| breaker.count(Some(&Error::not_sent(kind).with_status(400))));
        }
        assert!(breaker.allows());
        let own = || Error::not_sent(ErrorKind::RateLimited).by_layer();
        (0..50).for_each(|_| breaker.count(Some(&own())));
        assert!(breaker.allows(), "the program's own limit");
        breaker.count(Some(&Error::not_sent(ErrorKind::Credentials)));
        assert!(!breaker.allows());
    }
}

#[cfg(all(test, anysms_shuttle))]
mod shuttle_tests {
    use std::sync::Arc;

    use shuttle::thread;

    use super::*;

    /// Under every schedule of threads there is one probe, and none too early.
    #[test]
    fn one_probe_of_many_who_ask() {
        shuttle::check_random(
            || {
                let breaker =
                    Arc::new(Breaker::new(BreakerPolicy::default().with_consecutive_failures(3)));
                let now = Instant::now();
                let all = |f: fn(&Breaker, Instant) -> bool, at: Instant| {
                    let askers = [(); 3].map(|()| {
                        let breaker = Arc::clone(&breaker);
                        thread::spawn(move || f(&breaker, at))
                    });
                    askers.into_iter().map(|asker| asker.join().unwrap()).filter(|yes| *yes).count()
                };
                let fail = |breaker: &Breaker, at: Instant| {
                    breaker.count_at(at, Some(&Error::not_sent(ErrorKind::Connect)));
                    true
                };
                let ask = |breaker: &Breaker, at: Instant| breaker.allows_at(at);
                assert_eq!(all(ask, now), 3);
                all(fail, now);
                assert_eq!(all(ask, now), 0);
                let later = now + Duration::from_secs(10);
                assert_eq!(all(ask, later), 1);
                // The first success closes it for all.
                let succeed = |breaker: &Breaker, at: Instant| {
                    breaker.count_at(at, None);
                    breaker.allows_at(at)
                };
                assert_eq!(all(succeed, later), 3);
            },
            crate::layers::schedules(),
        );
    }
}
