//! [`Retry`]: the same provider once more, where it is proved that nothing was sent.

use std::{
    future::Future,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

use async_trait::async_trait;
use tokio::time::{Instant, sleep};

use crate::{
    account_id::AccountKey,
    error::{Attempt, Error, Outcome, Result},
    layers::budget::Budget,
    message::{Message, MessageClass, MessageId, MessageRecord, Page, Query, Receipt},
    provider::{AccountStatus, Capabilities, SmsProvider},
    provider_id::ProviderId,
    random,
};

/// Asks a provider again where it is proved that nothing was sent and the cause is likely to pass
/// ([`Error::is_retryable`]): a rate limit, a full queue, no connection. What may have been sent is
/// never sent again, unless the policy allows it for messages of that class
/// ([`RetryPolicy::with_resend`]).
///
/// Waits are random up to a bound that doubles, or as long as the provider asks, and a little more.
/// Retries are a share of all calls, so that they do not become the load on a provider in trouble. The
/// error after several tries has them all: [`Error::attempts`].
///
/// Give each account a `Retry` of its own: the share is counted for each value.
#[derive(Debug)]
pub struct Retry<P> {
    inner: P,
    policy: RetryPolicy,
    budget: Budget,
}

/// When and how often [`Retry`] asks again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    tries: u32,
    first_wait: Duration,
    longest_wait: Duration,
    deadline: Duration,
    budget_percent: u32,
    least_budget: u32,
    resend: Vec<(MessageClass, AllowResend)>,
}

/// How a message that **may have been sent** is sent again: the recipient may get it twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AllowResend {
    /// How long to wait before.
    pub after: Duration,
    /// How often, at most.
    pub most: u32,
}

impl Default for AllowResend {
    /// Once, after 10 seconds.
    fn default() -> Self {
        Self { after: Duration::from_secs(10), most: 1 }
    }
}

impl Default for RetryPolicy {
    /// At most 3 tries within 60 seconds. Waits of up to 0.5 seconds, then 1 second; at most 20 seconds
    /// if there are more, and as long as the provider asks, within the 60 seconds. Retries are at most
    /// 10 % of the calls of the last minute, 3 of them in any case.
    fn default() -> Self {
        Self {
            tries: 3,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(20),
            deadline: Duration::from_secs(60),
            budget_percent: 10,
            least_budget: 3,
            resend: Vec::new(),
        }
    }
}

impl RetryPolicy {
    /// At most so many tries in all, the first included. 1 and 0 are no retry.
    #[must_use]
    pub const fn with_tries(mut self, most: u32) -> Self {
        self.tries = most;
        self
    }

    /// The bound of the first wait, which doubles with every further one up to the longest.
    #[must_use]
    pub const fn with_waits(mut self, first: Duration, longest: Duration) -> Self {
        (self.first_wait, self.longest_wait) = (first, longest);
        self
    }

    /// No try begins later than this after the first one did. A try that has begun is not broken off,
    /// as nobody would know what became of it.
    #[must_use]
    pub const fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Retries are at most this share of the calls of the last 60 seconds, but so many in any case.
    #[must_use]
    pub const fn with_budget(mut self, percent: u32, least: u32) -> Self {
        (self.budget_percent, self.least_budget) = (percent, least);
        self
    }

    /// Sends messages of this class again even if they may have been sent, within the tries, the deadline
    /// and the budget. Made for one-time codes, of which a second copy of the same code harms nobody;
    /// **everything else may reach somebody twice**. Off for every class unless it is said.
    ///
    /// ```
    /// use anysms::{MessageClass, layers::{AllowResend, RetryPolicy}};
    ///
    /// let policy = RetryPolicy::default()
    ///     .with_resend(MessageClass::OneTimeCode, AllowResend::default());
    /// ```
    #[must_use]
    pub fn with_resend(mut self, class: MessageClass, allow: AllowResend) -> Self {
        self.resend.retain(|(known, _)| *known != class);
        self.resend.push((class, allow));
        self
    }

    fn resend(&self, class: MessageClass) -> Option<AllowResend> {
        self.resend.iter().find(|(known, _)| *known == class).map(|(_, allow)| *allow)
    }

    /// How long to wait before the next try, if there may be one: after so many tries, which took so
    /// long in all. `random` is at least 0 and less than 1. `resend` is what is left of the leave to send
    /// what may have been sent.
    fn wait(
        &self,
        error: &Error,
        tries: u32,
        spent: Duration,
        random: f64,
        resend: Option<AllowResend>,
    ) -> Option<Duration> {
        if tries >= self.tries {
            return None;
        }
        if error.outcome() == Outcome::Unknown {
            let after = resend.filter(|allow| allow.most > 0)?.after;
            return (spent.saturating_add(after) <= self.deadline).then_some(after);
        }
        if !error.is_retryable() {
            return None;
        }
        let doubled =
            self.first_wait.saturating_mul(1_u32.checked_shl(tries - 1).unwrap_or(u32::MAX));
        let wait = match error.retry_after() {
            Some(asked) => asked.saturating_add(asked.min(self.deadline).mul_f64(random / 4.0)),
            None => doubled.min(self.longest_wait).mul_f64(random),
        };
        (spent.saturating_add(wait) <= self.deadline).then_some(wait)
    }
}

impl<P: SmsProvider> Retry<P> {
    /// Around a provider.
    pub fn new(inner: P, policy: RetryPolicy) -> Self {
        let budget = Budget::new(policy.budget_percent, policy.least_budget);
        Self { inner, policy, budget }
    }

    async fn run<T, F>(
        &self,
        mut resend: Option<AllowResend>,
        call: impl Fn() -> F + Send + Sync,
    ) -> Result<T>
    where
        T: Send,
        F: Future<Output = Result<T>> + Send,
    {
        self.budget.count_call();
        let (start, mut before) = (Instant::now(), Vec::new());
        let mut tries = 0;
        loop {
            tries += 1;
            let begun = Instant::now();
            let error = match call().await {
                Err(error) => error,
                done => return done,
            };
            let elapsed = begun.elapsed();
            let random = random::fraction();
            let wait = self.policy.wait(&error, tries, start.elapsed(), random, resend);
            let Some(wait) = wait.filter(|_| self.budget.take()) else {
                return Err(error.after(before, elapsed));
            };
            if let Some(allow) = resend.as_mut().filter(|_| error.outcome() == Outcome::Unknown) {
                allow.most -= 1; // `wait` gives leave only where there is some
            }
            before.extend(Attempt::all_of(&error, elapsed));
            #[cfg(any(feature = "tracing", feature = "metrics"))]
            super::observe::retried(error.provider().unwrap_or(&self.inner.id()), &error);
            sleep(wait).await;
        }
    }
}

/// Mark on a message that a policy allows to be sent again although an earlier try may have sent it
/// ([`RetryPolicy::with_resend`]). A store that records attempts refuses such a try without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResendAllowed;

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<P: SmsProvider> SmsProvider for Retry<P> {
    fn id(&self) -> ProviderId {
        self.inner.id()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { waits: true, ..self.inner.capabilities() }
    }

    fn account(&self, message: &Message) -> Option<AccountKey> {
        self.inner.account(message)
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        let resend = self.policy.resend(message.class());
        let maybe_sent = AtomicBool::new(false);
        self.run(resend, || async {
            let again = maybe_sent.load(Relaxed).then(|| {
                let mut message = message.clone();
                message.extensions_mut().insert(ResendAllowed); // or a store would refuse it
                message
            });
            let sent = self.inner.send(again.as_ref().unwrap_or(message)).await;
            if sent.as_ref().is_err_and(|error| error.outcome() == Outcome::Unknown) {
                maybe_sent.store(true, Relaxed);
            }
            sent
        })
        .await
    }

    async fn fetch(&self, id: &MessageId) -> Result<MessageRecord> {
        self.run(None, || self.inner.fetch(id)).await
    }

    async fn list(&self, query: &Query) -> Result<Page<MessageRecord>> {
        self.run(None, || self.inner.list(query)).await
    }

    async fn cancel(&self, id: &MessageId) -> Result<()> {
        self.run(None, || self.inner.cancel(id)).await
    }

    async fn check(&self) -> Result<AccountStatus> {
        self.run(None, || self.inner.check()).await
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::error::ErrorKind;

    fn limited() -> Error {
        Error::not_sent(ErrorKind::RateLimited)
    }

    #[test]
    fn bounds_double_up_to_the_longest() {
        let policy = RetryPolicy::default().with_tries(u32::MAX);
        let bound =
            |tries| policy.wait(&limited(), tries, Duration::ZERO, 1.0 - f64::EPSILON, None);
        for (tries, bound_ms) in
            [(1, 500), (2, 1_000), (3, 2_000), (6, 16_000), (7, 20_000), (99, 20_000)]
        {
            let short = Duration::from_millis(bound_ms) - bound(tries).unwrap();
            assert!(short < Duration::from_micros(1), "{tries}");
        }
        assert_eq!(policy.wait(&limited(), 1, Duration::ZERO, 0.0, None), Some(Duration::ZERO));
    }

    #[test]
    fn waits_as_long_as_the_provider_asks_and_up_to_a_quarter_more() {
        let policy = RetryPolicy::default();
        let wait = |seconds, random| {
            let error = limited().with_retry_after(Some(Duration::from_secs(seconds)));
            policy.wait(&error, 1, Duration::from_secs(10), random, None)
        };
        assert_eq!(wait(8, 0.0), Some(Duration::from_secs(8)));
        assert_eq!(wait(8, 0.5), Some(Duration::from_secs(9)));
        assert_eq!((wait(50, 0.0), wait(50, 0.5)), (Some(Duration::from_secs(50)), None));
        assert_eq!(wait(u64::MAX, 0.9), None, "later than anybody waits");
    }

    proptest! {
        #[test]
        fn only_what_is_proved_and_passes_is_tried_again_and_in_time(
            kind in prop::sample::select(vec![
                ErrorKind::RateLimited, ErrorKind::QueueFull, ErrorKind::Unavailable, ErrorKind::Connect,
                ErrorKind::Timeout, ErrorKind::Interrupted, ErrorKind::Credentials, ErrorKind::OptedOut,
                ErrorKind::InvalidRecipient, ErrorKind::Other,
            ]),
            sent in any::<bool>(), tries in 1..=20_u32, spent in 0..100_000_u64,
            asked in prop::option::of(0..200_000_u64), random in 0.0..1.0_f64,
        ) {
            let outcome = if sent { Outcome::Unknown } else { Outcome::NotSent };
            let (spent, asked) = (Duration::from_millis(spent), asked.map(Duration::from_millis));
            let error = Error::new(kind, outcome).with_retry_after(asked);
            let policy = RetryPolicy::default().with_tries(10);
            match policy.wait(&error, tries, spent, random, None) {
                Some(wait) => {
                    prop_assert!(error.is_retryable() && !sent && tries < 10);
                    prop_assert!(spent + wait <= Duration::from_secs(60));
                    prop_assert!(asked.is_none_or(|asked| wait >= asked));
                    prop_assert!(asked.is_some() || wait <= Duration::from_secs(20));
                }
                None => prop_assert!(
                    !error.is_retryable() || tries >= 10
                        || spent + asked.unwrap_or(Duration::from_secs(20)).mul_f64(1.25) > Duration::from_secs(60)
                ),
            }
        }
    }
}
