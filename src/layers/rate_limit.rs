//! [`RateLimit`]: no more messages or requests within a period than a provider takes.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep};

use crate::{
    account_id::AccountKey,
    error::{Error, ErrorKind, Outcome, Result},
    layers::{
        fair_queue::Lanes,
        rate_store::{CENTURY, Demand, LONGEST_SLACK, MemoryRates, Rates},
    },
    message::{Message, MessageId, MessageRecord, Page, Query, Receipt, Sender},
    provider::{AccountStatus, Capabilities, SmsProvider},
    provider_id::ProviderId,
    text,
};

/// Keeps to the limits of a provider, of a sender or of a campaign: a message waits for its turn, within a
/// process in the order in which they came, or is refused ([`ErrorKind::RateLimited`], not sent, with
/// [`Error::retry_after`]) if that would take too long.
///
/// Messages are spaced evenly, by when they really leave: in every window as long as the period there are
/// at most 5 % more than the limit, and none more where that is not a whole one.
///
/// It goes inside of `Retry`, so that every try is counted, and around [`Suppress`](super::Suppress), so
/// that nobody is written to who opted out while the message waited.
///
/// ```
/// use anysms::{SmsProvider, layers::{Limit, RateLimit}};
///
/// fn stack(provider: impl SmsProvider) -> impl SmsProvider {
///     // A US long code sends one segment a second; the account takes 60 requests.
///     RateLimit::new(provider, [Limit::segments(1).per_sender(), Limit::requests(60)])
/// }
/// ```
#[derive(Debug)]
pub struct RateLimit<P> {
    inner: P,
    limits: Vec<(Limit, Sha256)>, // with what the keys of each begin with
    longest_wait: Duration,
    rates: Arc<dyn Rates>,
    lanes: Lanes,
}

/// So many within a period: of the whole account, unless it is said what else each limit is for.
#[derive(Clone)]
pub struct Limit {
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

impl Limit {
    /// So many messages a second.
    #[must_use]
    pub const fn messages(count: u32) -> Self {
        Self::new(Unit::Messages, count)
    }

    /// So many segments a second, which is what carriers count. A long message goes at once, and the next
    /// waits for all of its segments: within a second there may be one message's segments more.
    #[must_use]
    pub const fn segments(count: u32) -> Self {
        Self::new(Unit::Segments, count)
    }

    /// So many requests a second: messages, and everything that is asked about them.
    #[must_use]
    pub const fn requests(count: u32) -> Self {
        Self::new(Unit::Requests, count)
    }

    const fn new(unit: Unit, count: u32) -> Self {
        Self { unit, count, period: Duration::from_secs(1), scope: Scope::Account }
    }

    /// The same count within another period, such as a minute.
    #[must_use]
    pub const fn within(mut self, period: Duration) -> Self {
        self.period = period;
        self
    }

    /// For each sender; messages without one, which take the provider's default, are one sender.
    #[must_use]
    pub fn per_sender(mut self) -> Self {
        self.scope = Scope::Sender;
        self
    }

    /// For each campaign ([`Message::with_campaign`]). A message of no campaign is not limited.
    #[must_use]
    pub fn per_campaign(mut self) -> Self {
        self.scope = Scope::Campaign;
        self
    }

    /// For each value of the closure, such as an organisation. A message without one is not limited.
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

    /// Time between two units: a little more than the period's share where nothing is made up for, as what
    /// was granted in time leaves a moment later. A count of 0 lets one go in a very long time.
    fn interval(&self) -> Duration {
        let share = self.period.checked_div(self.count).unwrap_or(CENTURY).min(CENTURY);
        let margin = (share / 100).min(Duration::from_millis(5));
        if self.slack().is_zero() { share + margin } else { share }
    }

    /// How far a late timer may be made up for: 5 % of the period in whole messages, but for half of one, and
    /// little time.
    fn slack(&self) -> Duration {
        let more = f64::from(self.count / 20) - 0.5;
        let share = more.max(0.0) / f64::from(self.count.max(1));
        self.period.min(CENTURY).mul_f64(share).min(LONGEST_SLACK)
    }

    /// What the keys of it begin with: whose it is, and which of the limits.
    fn hash(&self, name: &str, number: usize) -> Sha256 {
        let (unit, count, period) = (self.unit, self.count, self.period.as_nanos());
        Sha256::new_with_prefix(format!("{name}\n{number} {unit:?} {count} {period}\n"))
    }

    /// What a message takes of it; none if it is not limited by it.
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

impl fmt::Debug for Limit {
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
    /// Around a provider, by all of these limits. A message waits for at most 30 seconds.
    ///
    /// Give the narrow limits first (a sender's before the account's): who waits for one is not in the way of
    /// those who wait for the next.
    pub fn new(inner: P, limits: impl IntoIterator<Item = Limit>) -> Self {
        let limits = limits.into_iter().map(|limit| (limit, Sha256::new())).collect();
        let (rates, lanes) = (Arc::new(MemoryRates::new()), Lanes::default());
        Self { inner, limits, longest_wait: Duration::from_secs(30), rates, lanes }.named("")
    }

    /// How long a message waits at most; with none, what is over the limit is refused.
    #[must_use]
    pub const fn with_longest_wait(mut self, wait: Duration) -> Self {
        self.longest_wait = wait;
        self
    }

    /// Shares the limits with whoever has the same home, the same limits and the same name, such as the
    /// account's.
    #[must_use]
    pub fn shared(mut self, rates: Arc<dyn Rates>, name: &str) -> Self {
        self.rates = rates;
        self.named(name)
    }

    fn named(mut self, name: &str) -> Self {
        for (number, (limit, hash)) in self.limits.iter_mut().enumerate() {
            *hash = limit.hash(name, number);
        }
        self
    }

    /// Waits until a message, or a request about one, may go.
    async fn pass(&self, message: Option<&Message>) -> Result<()> {
        let counted = |limit: &Limit| message.is_some() || limit.unit == Unit::Requests;
        let limits = self.limits.iter().filter(|(limit, _)| counted(limit));
        let demands: Vec<Demand> =
            limits.filter_map(|(limit, hash)| limit.demand(hash.clone(), message)).collect();
        // Where nobody waits there is no lane to join.
        if self.lanes.are_free(&demands) && self.take(&demands, true).await?.is_zero() {
            return Ok(());
        }
        let (start, mut places) = (Instant::now(), Vec::with_capacity(demands.len()));
        for (at, demand) in demands.iter().enumerate() {
            let (mut place, before) = self.lanes.join(demand.key, demand.time());
            if !before.is_zero() && start.elapsed().saturating_add(before) > self.longest_wait {
                return Err(self.late(before));
            }
            place.turn().await;
            places.push(place); // nobody overtakes
            loop {
                let wait = self.take(&demands[..=at], at + 1 == demands.len()).await?;
                if wait.is_zero() {
                    break;
                }
                if start.elapsed().saturating_add(wait) > self.longest_wait {
                    return Err(self.late(wait));
                }
                sleep(wait).await;
            }
        }
        Ok(())
    }

    /// Whatever a home says of its own trouble, nothing was sent.
    async fn take(&self, demands: &[Demand], grant: bool) -> Result<Duration> {
        let wait = self.rates.take(demands, grant).await;
        wait.map_err(|error| error.with_outcome(Outcome::NotSent).by_layer())
    }

    fn late(&self, wait: Duration) -> Error {
        Error::not_sent(ErrorKind::RateLimited)
            .with_provider(self.id())
            .with_detail("the program's own limit")
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
