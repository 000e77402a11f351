//! [`Retry`]: retries at the same provider if nothing was sent.

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
    layers::{NoWait, budget::Budget},
    message::{Message, MessageClass, MessageId, MessageRecord, Page, Query, Receipt},
    provider::{AccountStatus, Capabilities, SmsProvider},
    provider_id::ProviderId,
    random,
};

/// Layer that retries if nothing was sent and the cause is temporary ([`Error::is_retryable`]): a rate
/// limit, a full queue, no connection.
///
/// A message that may have been sent is never resent, unless the policy allows it for its class
/// ([`RetryPolicy::with_resend`]). Waits are random with exponential backoff, or as long as the provider
/// asks plus up to a quarter. Retries are limited to a share of all calls, so that they do not overload a
/// failing provider. The final error lists all attempts: [`Error::attempts`].
///
/// Give each account its own `Retry`, as the share is counted per value.
///
/// Retry longer in a background job:
///
/// ```
/// use std::time::Duration;
///
/// use anysms::{SmsProvider, layers::{LayerExt, Retry, RetryPolicy}};
///
/// fn patient<P: SmsProvider>(provider: P) -> Retry<P> {
///     let policy = RetryPolicy::default()
///         .with_max_attempts(10)
///         .with_deadline(Duration::from_secs(600));
///     provider.retry(policy)
/// }
/// ```
#[derive(Debug)]
pub struct Retry<P> {
    inner: P,
    policy: RetryPolicy,
    budget: Budget,
}

/// Conditions and number of retries of [`Retry`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    max_attempts: u32,
    first_wait: Duration,
    max_wait: Duration,
    deadline: Duration,
    budget_percent: u32,
    min_budget: u32,
    resend: Vec<(MessageClass, ResendPolicy)>,
}

/// Limits for resending a message that **may have been sent**. The recipient may receive it twice.
///
/// [`Retry`] alone counts within one call. Within a store's `recorded` layer the limits are those of the
/// message's key, over all calls ([`ResendAllowed`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResendPolicy {
    /// Wait before each resend.
    pub after: Duration,
    /// Maximum number of resends.
    pub max: u32,
}

impl Default for ResendPolicy {
    /// Returns one resend, after 10 seconds.
    fn default() -> Self {
        Self { after: Duration::from_secs(10), max: 1 }
    }
}

impl Default for RetryPolicy {
    /// Returns the default: at most 3 attempts within 60 seconds.
    ///
    /// Waits up to 0.5 seconds, then up to 1 second (with more attempts, doubling up to 20 seconds), or as
    /// long as the provider asks. Retries are at most 10 % of the calls of the last minute, but 3 in any
    /// case.
    fn default() -> Self {
        Self {
            max_attempts: 3,
            first_wait: Duration::from_millis(500),
            max_wait: Duration::from_secs(20),
            deadline: Duration::from_secs(60),
            budget_percent: 10,
            min_budget: 3,
            resend: Vec::new(),
        }
    }
}

impl RetryPolicy {
    /// Sets the maximum number of attempts, the first included. 0 and 1 disable retries.
    #[must_use]
    pub const fn with_max_attempts(mut self, max: u32) -> Self {
        self.max_attempts = max;
        self
    }

    /// Sets the upper bound of the first wait, which doubles with each retry up to `longest`.
    #[must_use]
    pub const fn with_backoff(mut self, first: Duration, longest: Duration) -> Self {
        (self.first_wait, self.max_wait) = (first, longest);
        self
    }

    /// Sets the time after the start of the first attempt at which no further attempt begins. A running
    /// attempt is never aborted, as its outcome would be unknown.
    #[must_use]
    pub const fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sets the maximum share of retries in the calls of the last 60 seconds, in percent, and the number of
    /// retries that are allowed in any case.
    #[must_use]
    pub const fn with_budget(mut self, percent: u32, min: u32) -> Self {
        (self.budget_percent, self.min_budget) = (percent, min);
        self
    }

    /// Allows resending messages of a class that may have been sent, within the attempts, the deadline and
    /// the budget. **The recipient may receive such a message twice.** Off for all classes by default.
    ///
    /// Resend one-time codes, where a second copy of the same code does no harm:
    ///
    /// ```
    /// use anysms::{MessageClass, layers::{ResendPolicy, RetryPolicy}};
    ///
    /// let policy = RetryPolicy::default()
    ///     .with_resend(MessageClass::OneTimeCode, ResendPolicy::default());
    /// ```
    #[must_use]
    pub fn with_resend(mut self, class: MessageClass, resend: ResendPolicy) -> Self {
        self.resend.retain(|(known, _)| *known != class);
        self.resend.push((class, resend));
        self
    }

    fn resend(&self, class: MessageClass) -> Option<ResendPolicy> {
        self.resend.iter().find(|(known, _)| *known == class).map(|(_, resend)| *resend)
    }

    /// Returns the wait before the next attempt; `None` if there must not be one. `tries` attempts took
    /// `spent` in total, `random` is at least 0 and less than 1, and `resend` has the resends that are
    /// left.
    fn wait(
        &self,
        error: &Error,
        tries: u32,
        spent: Duration,
        random: f64,
        resend: Option<ResendPolicy>,
    ) -> Option<Duration> {
        if tries >= self.max_attempts {
            return None;
        }
        if error.outcome() == Outcome::Unknown {
            let after = resend.filter(|resend| resend.max > 0)?.after;
            return (spent.saturating_add(after) <= self.deadline).then_some(after);
        }
        if !error.is_retryable() {
            return None;
        }
        let doubled =
            self.first_wait.saturating_mul(1_u32.checked_shl(tries - 1).unwrap_or(u32::MAX));
        let wait = match error.retry_after() {
            Some(asked) => asked.saturating_add(asked.min(self.deadline).mul_f64(random / 4.0)),
            None => doubled.min(self.max_wait).mul_f64(random),
        };
        (spent.saturating_add(wait) <= self.deadline).then_some(wait)
    }
}

impl<P: SmsProvider> Retry<P> {
    /// Wraps a provider.
    pub fn new(inner: P, policy: RetryPolicy) -> Self {
        let budget = Budget::new(policy.budget_percent, policy.min_budget);
        Self { inner, policy, budget }
    }

    async fn run<T, F>(
        &self,
        (mut resend, no_wait): (Option<ResendPolicy>, bool),
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
            let is_long =
                |wait: &Duration| *wait > NoWait::MOST && error.outcome() == Outcome::NotSent;
            let wait = wait.filter(|wait| !(no_wait && is_long(wait)));
            let Some(wait) = wait.filter(|_| self.budget.take()) else {
                return Err(error.after(before, elapsed));
            };
            if let Some(resend) = resend.as_mut().filter(|_| error.outcome() == Outcome::Unknown) {
                resend.max -= 1; // not 0, or `wait` had returned `None`
            }
            before.extend(Attempt::all_of(&error, elapsed));
            #[cfg(any(feature = "tracing", feature = "metrics"))]
            super::observe::retried(error.provider().unwrap_or(&self.inner.id()), &error);
            sleep(wait).await;
        }
    }
}

/// Extension of a message that may be resent although an earlier attempt may have sent it, set by [`Retry`]
/// under [`RetryPolicy::with_resend`].
///
/// [`Retry`] counts the resends of one call. A store that records attempts refuses a resend without this
/// extension, and with it counts the resends of the message's key over all calls: a key that is delivered
/// six times is still resent at most [`most`](Self::most) times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResendAllowed {
    /// Maximum number of resends of the message over all calls.
    pub most: u32,
    /// Minimum time from the last attempt to a resend.
    pub after: Duration,
}

impl ResendAllowed {
    /// Allows `most` resends of a message, each at least `after` its last attempt.
    #[must_use]
    pub const fn new(most: u32, after: Duration) -> Self {
        Self { most, after }
    }
}

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
        self.run((resend, NoWait::is_on(message)), || async {
            let allowed = resend.filter(|_| maybe_sent.load(Relaxed));
            let again = allowed.map(|resend| {
                let mut message = message.clone();
                // Without it a store refuses the resend.
                message.extensions_mut().insert(ResendAllowed::new(resend.max, resend.after));
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
        self.run((None, false), || self.inner.fetch(id)).await
    }

    async fn list(&self, query: &Query) -> Result<Page<MessageRecord>> {
        self.run((None, false), || self.inner.list(query)).await
    }

    async fn cancel(&self, id: &MessageId) -> Result<()> {
        self.run((None, false), || self.inner.cancel(id)).await
    }

    async fn check(&self) -> Result<AccountStatus> {
        self.run((None, false), || self.inner.check()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arbitrary::seeded;
    use crate::error::ErrorKind;

    fn limited() -> Error {
        Error::not_sent(ErrorKind::RateLimited)
    }

    #[test]
    fn bounds_double_up_to_the_longest() {
        let policy = RetryPolicy::default().with_max_attempts(u32::MAX);
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
        assert_eq!(wait(u64::MAX, 0.9), None, "after the deadline");
    }

    #[test]
    fn only_what_is_proved_and_passes_is_tried_again_and_in_time() {
        let kinds = [
            ErrorKind::RateLimited,
            ErrorKind::QueueFull,
            ErrorKind::Unavailable,
            ErrorKind::Connect,
            ErrorKind::Timeout,
            ErrorKind::Interrupted,
            ErrorKind::Credentials,
            ErrorKind::OptedOut,
            ErrorKind::InvalidRecipient,
            ErrorKind::Other,
        ];
        let (mut random, mut again) = (seeded(), 0);
        for _ in 0..10_000 {
            let kind = *random.choice(&kinds).unwrap();
            let (sent, tries) = (random.u8(..4) == 0, random.u32(1..=20));
            let spent = Duration::from_millis(random.u64(..100_000));
            let asked = random.bool().then(|| Duration::from_millis(random.u64(..200_000)));
            let outcome = if sent { Outcome::Unknown } else { Outcome::NotSent };
            let error = Error::new(kind, outcome).with_retry_after(asked);
            let policy = RetryPolicy::default().with_max_attempts(10);
            let case = format!("{kind:?}, {outcome:?}, {tries}, {spent:?}, {asked:?}");
            if let Some(wait) = policy.wait(&error, tries, spent, random.f64(), None) {
                again += 1;
                assert!(error.is_retryable() && !sent && tries < 10, "{case}");
                assert!(spent + wait <= Duration::from_secs(60), "{case}");
                assert!(asked.is_none_or(|asked| wait >= asked), "{case}");
                assert!(asked.is_some() || wait <= Duration::from_secs(20), "{case}");
            } else {
                let longest = asked.unwrap_or(Duration::from_secs(20)).mul_f64(1.25);
                let late = spent + longest > Duration::from_secs(60);
                assert!(!error.is_retryable() || tries >= 10 || late, "{case}");
            }
        }
        assert!(again > 400, "{again}");
    }
}
