//! [`Breaker`]: whether a provider in trouble is asked at all.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

use super::lock::{Mutex, lock};
use crate::error::{Error, ErrorKind, Outcome};

/// When a provider is not asked any more, and how often it is tried then.
///
/// What counts as trouble is the provider's: an answer that never came, a rate limit, a server error,
/// refused credentials or an account without funds. A refusal of one message is none; and what was refused
/// before anybody was asked, by a layer or by the client, says nothing of the provider at all.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BreakerPolicy {
    in_a_row: u32,
    percent: u32,
    least: usize,
    window: Duration,
    probe_every: Duration,
}

impl Default for BreakerPolicy {
    /// After 5 troubles in a row, or where half of at least 20 calls of the last 30 seconds were; one
    /// message every 10 seconds tries whether it is over. Refused credentials are enough by themselves.
    fn default() -> Self {
        Self {
            in_a_row: 5,
            percent: 50,
            least: 20,
            window: Duration::from_secs(30),
            probe_every: Duration::from_secs(10),
        }
    }
}

impl BreakerPolicy {
    /// So many troubles in a row are enough.
    #[must_use]
    pub const fn with_in_a_row(mut self, troubles: u32) -> Self {
        self.in_a_row = troubles;
        self
    }

    /// So many percent of at least so many calls within the window are enough; of the last 1,000, if
    /// there were more.
    #[must_use]
    pub const fn with_share(mut self, percent: u32, least: usize, window: Duration) -> Self {
        (self.percent, self.least, self.window) = (percent, least, window);
        self
    }

    /// How often one message tries whether the trouble is over.
    #[must_use]
    pub const fn with_probe_every(mut self, pause: Duration) -> Self {
        self.probe_every = pause;
        self
    }
}

/// Most calls that are looked back on, however many there were within the window.
const MOST: usize = 1_000;

/// Open: the provider is not asked, but for a probe now and then.
#[derive(Debug)]
pub(super) struct Breaker {
    policy: BreakerPolicy,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When each call of the window ended, and whether in trouble.
    calls: VecDeque<(Instant, bool)>,
    in_a_row: u32,
    /// When it opened or was last tried; none while it is closed.
    open: Option<Instant>,
}

impl Breaker {
    pub(super) fn new(policy: BreakerPolicy) -> Self {
        Self { policy, state: Mutex::default() }
    }

    /// Whether the provider may be asked now. Of those who ask while it is open one is the probe.
    pub(super) fn allows(&self) -> bool {
        self.allows_at(Instant::now())
    }

    /// What became of a call.
    pub(super) fn count(&self, error: Option<&Error>) {
        self.count_at(Instant::now(), error);
    }

    fn allows_at(&self, now: Instant) -> bool {
        let mut state = lock(&self.state);
        match state.open {
            None => true,
            Some(last) if now.saturating_duration_since(last) >= self.policy.probe_every => {
                state.open = Some(now);
                true
            }
            Some(_) => false,
        }
    }

    fn count_at(&self, now: Instant, error: Option<&Error>) {
        let trouble = error.is_some_and(is_trouble);
        if error.is_some_and(|error| !trouble && (error.is_by_layer() || error.status().is_none()))
        {
            // It was no probe either: the next may be one.
            let state = &mut *lock(&self.state);
            state.open =
                state.open.map(|last| now.checked_sub(self.policy.probe_every).unwrap_or(last));
            return;
        }
        let at_once = error.is_some_and(|error| error.kind() == ErrorKind::Credentials);
        let state = &mut *lock(&self.state);
        if !trouble {
            if state.open.take().is_some() {
                state.calls.clear();
            }
            state.in_a_row = 0;
        }
        state.calls.push_back((now, trouble));
        let old = |at: Instant| now.saturating_duration_since(at) > self.policy.window;
        while state.calls.len() > MOST || state.calls.front().is_some_and(|(at, _)| old(*at)) {
            state.calls.pop_front();
        }
        if trouble {
            state.in_a_row = state.in_a_row.saturating_add(1);
            let troubles = state.calls.iter().filter(|(_, trouble)| *trouble).count();
            let share = troubles * 100 >= state.calls.len() * self.policy.percent as usize;
            let many = state.calls.len() >= self.policy.least && share;
            if at_once || many || state.in_a_row >= self.policy.in_a_row {
                state.open = Some(now);
            }
        }
    }
}

/// Whether it is the provider, and not one message, that is in trouble.
fn is_trouble(error: &Error) -> bool {
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

    /// Whatever the order of answers, and of those who ask at one time: one probe, and none too early.
    #[test]
    fn one_probe_of_many_who_ask() {
        shuttle::check_random(
            || {
                let breaker = Arc::new(Breaker::new(BreakerPolicy::default().with_in_a_row(3)));
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
