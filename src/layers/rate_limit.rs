//! [`RateLimit`]: spaces messages and requests to stay within quotas.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep};

use crate::{
    account_id::AccountKey,
    error::{Error, ErrorKind, Outcome, Result},
    layers::{
        NoWait,
        fair_queue::FairQueue,
        rate_store::{CENTURY, Demand, LONGEST_SLACK, MemoryRateStore, RateStore},
    },
    message::{Message, MessageId, MessageRecord, Page, Query, Receipt, Sender},
    provider::{AccountStatus, Capabilities, SmsProvider},
    provider_id::ProviderId,
    text,
};

/// Layer that keeps to the quotas of an account, a sender or a campaign.
///
/// A message waits for its turn, first come, first served within a process. If it would wait too long, it
/// is refused as [`ErrorKind::RateLimited`], not sent, with [`Error::retry_after`].
///
/// Messages are spaced evenly, by the time at which they really leave. Any window as long as the period has
/// at most 5 % more than the quota, and none more if 5 % is less than one message.
///
/// Place it inside [`Retry`](super::Retry), so that every attempt counts, and around
/// [`Suppress`](super::Suppress), so that recipients who opt out during the wait receive nothing.
///
/// Keep to the limits of a US long code:
///
/// ```
/// use anysms::{SmsProvider, layers::{Quota, RateLimit}};
///
/// fn stack(provider: impl SmsProvider) -> impl SmsProvider {
///     // A US long code sends one segment a second; the account accepts 60 requests a second.
///     RateLimit::new(provider, [Quota::segments(1).per_sender(), Quota::requests(60)])
/// }
/// ```
#[derive(Debug)]
pub struct RateLimit<P> {
    inner: P,
    quotas: Vec<(Quota, Sha256)>, // each with the hash that its keys begin with
    max_wait: Duration,
    store: Arc<dyn RateStore>,
    queue: FairQueue,
}

/// Maximum number of messages, segments or requests within a period, by default a second.
///
/// Applies to all messages together, unless a scope is set: per sender, per campaign, or per value of a
/// closure.
///
/// Limit a campaign to 60 messages a minute:
///
/// ```
/// use std::time::Duration;
///
/// use anysms::layers::Quota;
///
/// let quota = Quota::messages(60).within(Duration::from_secs(60)).per_campaign();
/// ```
#[derive(Clone)]
pub struct Quota {
    unit: Unit,
    count: u32,
    period: Duration,
    scope: Scope,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Messages,
    Segments,
    Requests,
}

#[derive(Clone)]
enum Scope {
    Account,
    Sender,
    Campaign,
    By(KeyOf),
}

type KeyOf = Arc<dyn Fn(&Message) -> Option<String> + Send + Sync>;

impl Quota {
    /// Creates a quota of messages a second.
    #[must_use]
    pub const fn messages(count: u32) -> Self {
        Self::new(Unit::Messages, count)
    }

    /// Creates a quota of segments a second, the unit that carriers count.
    ///
    /// A long message leaves at once and the next waits for all of its segments, so a period may exceed the
    /// quota by the segments of one message.
    #[must_use]
    pub const fn segments(count: u32) -> Self {
        Self::new(Unit::Segments, count)
    }

    /// Creates a quota of requests a second: sends and all other calls to the provider.
    #[must_use]
    pub const fn requests(count: u32) -> Self {
        Self::new(Unit::Requests, count)
    }

    const fn new(unit: Unit, count: u32) -> Self {
        Self { unit, count, period: Duration::from_secs(1), scope: Scope::Account }
    }

    /// Sets the period, such as a minute.
    #[must_use]
    pub const fn within(mut self, period: Duration) -> Self {
        self.period = period;
        self
    }

    /// Applies the quota to each sender separately. Messages without a sender share one, the provider's
    /// default.
    #[must_use]
    pub fn per_sender(mut self) -> Self {
        self.scope = Scope::Sender;
        self
    }

    /// Applies the quota to each campaign ([`Message::with_campaign`]) separately. Messages without a
    /// campaign are not limited.
    #[must_use]
    pub fn per_campaign(mut self) -> Self {
        self.scope = Scope::Campaign;
        self
    }

    /// Applies the quota to each value of the closure separately. Messages for which it returns `None` are
    /// not limited.
    ///
    /// Give each tenant the same share:
    ///
    /// ```
    /// use anysms::layers::Quota;
    ///
    /// let fair = Quota::messages(5).per(|message| message.tenant().map(ToString::to_string));
    /// ```
    #[must_use]
    pub fn per(mut self, key: impl Fn(&Message) -> Option<String> + Send + Sync + 'static) -> Self {
        self.scope = Scope::By(Arc::new(key));
        self
    }

    fn units(&self, message: &Message) -> u32 {
        match self.unit {
            Unit::Messages | Unit::Requests => 1,
            Unit::Segments => {
                u32::try_from(text::segments(message.text()).count()).unwrap_or(u32::MAX).max(1)
            }
        }
    }

    /// Returns the time between two units. Without slack it is slightly longer than the share of the
    /// period, as a message leaves a moment after it is granted. A count of 0 makes it a century.
    fn interval(&self) -> Duration {
        let share = self.period.checked_div(self.count).unwrap_or(CENTURY).min(CENTURY);
        let margin = (share / 100).min(Duration::from_millis(5));
        if self.slack().is_zero() { share + margin } else { share }
    }

    /// Returns the delay of a late timer that may be caught up: 5 % of the period in whole messages, less
    /// half a message, and at most [`LONGEST_SLACK`].
    fn slack(&self) -> Duration {
        let more = f64::from(self.count / 20) - 0.5;
        let share = more.max(0.0) / f64::from(self.count.max(1));
        self.period.min(CENTURY).mul_f64(share).min(LONGEST_SLACK)
    }

    /// Returns the hash that the quota's keys begin with: the shared name and the quota.
    fn hash(&self, name: &str, number: usize) -> Sha256 {
        let (unit, count, period) = (self.unit, self.count, self.period.as_nanos());
        Sha256::new_with_prefix(format!("{name}\n{number} {unit:?} {count} {period}\n"))
    }

    /// Returns the demand of a message on the quota; `None` if the quota does not apply to it.
    fn demand(&self, mut hash: Sha256, message: Option<&Message>) -> Option<Demand> {
        match (&self.scope, message) {
            (Scope::Account, _) => hash.update("account"),
            (_, None) => return None,
            (Scope::Sender, Some(message)) => {
                hash.update("sender ");
                hash.update(message.sender().map(Sender::to_string).unwrap_or_default());
            }
            (Scope::Campaign, Some(message)) => {
                hash.update("campaign ");
                hash.update(message.campaign()?);
            }
            (Scope::By(key), Some(message)) => {
                hash.update("key ");
                hash.update(key(message)?);
            }
        }
        let key = hash.finalize().iter().take(16).fold(0, |key, byte| key << 8 | u128::from(*byte));
        let units = message.map_or(1, |message| self.units(message));
        Some(Demand { key, interval: self.interval(), slack: self.slack(), units })
    }
}

impl fmt::Debug for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scope = match self.scope {
            Scope::Account => "account",
            Scope::Sender => "sender",
            Scope::Campaign => "campaign",
            Scope::By(_) => "key",
        };
        write!(f, "{} {:?} within {:?} per {scope}", self.count, self.unit, self.period)
    }
}

impl<P: SmsProvider> RateLimit<P> {
    /// Wraps a provider; all quotas apply. A message waits for at most 30 seconds.
    ///
    /// List narrow quotas first (a sender's before the account's), so that a message waiting for a narrow
    /// one does not delay others.
    pub fn new(inner: P, quotas: impl IntoIterator<Item = Quota>) -> Self {
        let quotas = quotas.into_iter().map(|quota| (quota, Sha256::new())).collect();
        let (store, queue) = (Arc::new(MemoryRateStore::new()), FairQueue::default());
        Self { inner, quotas, max_wait: Duration::from_secs(30), store, queue }.named("")
    }

    /// Sets the maximum wait of a message. With zero, messages over the quota are refused at once.
    ///
    /// Refuse instead of waiting:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use anysms::{SmsProvider, layers::{LayerExt, Quota}};
    ///
    /// fn strict(provider: impl SmsProvider) -> impl SmsProvider {
    ///     provider.rate_limit([Quota::messages(10)]).with_max_wait(Duration::ZERO)
    /// }
    /// ```
    #[must_use]
    pub const fn with_max_wait(mut self, wait: Duration) -> Self {
        self.max_wait = wait;
        self
    }

    /// Shares the quotas with all rate limits of the same store, quotas and name, also in other processes.
    /// Use a name such as the account's.
    #[must_use]
    pub fn shared(mut self, store: Arc<dyn RateStore>, name: &str) -> Self {
        self.store = store;
        self.named(name)
    }

    fn named(mut self, name: &str) -> Self {
        for (number, (quota, hash)) in self.quotas.iter_mut().enumerate() {
            *hash = quota.hash(name, number);
        }
        self
    }

    /// Waits until a message, or another request, may be sent.
    async fn pass(&self, message: Option<&Message>) -> Result<()> {
        let counted = |quota: &Quota| message.is_some() || quota.unit == Unit::Requests;
        let quotas = self.quotas.iter().filter(|(quota, _)| counted(quota));
        let demands: Vec<Demand> =
            quotas.filter_map(|(quota, hash)| quota.demand(hash.clone(), message)).collect();
        // Fast path: no other message is waiting.
        if self.queue.is_empty_for(&demands) && self.take(&demands, true).await?.is_zero() {
            return Ok(());
        }
        let impatient = message.is_some_and(NoWait::is_on);
        let max_wait = if impatient { self.max_wait.min(NoWait::MOST) } else { self.max_wait };
        let (start, mut tickets) = (Instant::now(), Vec::with_capacity(demands.len()));
        for (at, demand) in demands.iter().enumerate() {
            let (mut ticket, before) = self.queue.join(demand.key, demand.duration());
            if !before.is_zero() && start.elapsed().saturating_add(before) > max_wait {
                return Err(self.late(before));
            }
            ticket.turn().await;
            tickets.push(ticket); // held, so that no later message overtakes
            loop {
                let wait = self.take(&demands[..=at], at + 1 == demands.len()).await?;
                if wait.is_zero() {
                    break;
                }
                if start.elapsed().saturating_add(wait) > max_wait {
                    return Err(self.late(wait));
                }
                sleep(wait).await;
            }
        }
        Ok(())
    }

    /// Asks the store. Its errors are reported as not sent, as they come before any submission.
    async fn take(&self, demands: &[Demand], grant: bool) -> Result<Duration> {
        let wait = self.store.take(demands, grant).await;
        wait.map_err(|error| error.with_outcome(Outcome::NotSent).by_layer())
    }

    fn late(&self, wait: Duration) -> Error {
        Error::not_sent(ErrorKind::RateLimited)
            .with_provider(self.id())
            .with_detail("rate limit: the program's own quota is used up; retry later")
            .with_retry_after(Some(wait))
            .by_layer()
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<P: SmsProvider> SmsProvider for RateLimit<P> {
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
        self.pass(Some(message)).await?;
        self.inner.send(message).await
    }

    async fn fetch(&self, id: &MessageId) -> Result<MessageRecord> {
        self.pass(None).await?;
        self.inner.fetch(id).await
    }

    async fn list(&self, query: &Query) -> Result<Page<MessageRecord>> {
        self.pass(None).await?;
        self.inner.list(query).await
    }

    async fn cancel(&self, id: &MessageId) -> Result<()> {
        self.pass(None).await?;
        self.inner.cancel(id).await
    }

    async fn check(&self) -> Result<AccountStatus> {
        self.pass(None).await?;
        self.inner.check().await
    }
}
