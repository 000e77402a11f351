//! [`Guard`]: what an application's mistake, or a fraudster's script, must not cost.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::time::Instant;

use super::{
    lock::{Mutex, lock},
    sliding_window::{Spent, Velocity, Window},
};
use crate::{
    account_id::AccountKey,
    error::{Error, ErrorKind, Outcome, Result},
    message::{Message, MessageId, MessageRecord, Money, Page, Query, Receipt},
    number::{PhoneNumber, Region},
    provider::{AccountStatus, Capabilities, SmsProvider},
    provider_id::ProviderId,
};

/// Refuses messages to countries that were not named, too many to one number or to numbers side by side, and
/// more than may be spent; keeps quiet hours; and lets staging write to one number only, or to nobody.
///
/// A refusal is of the kind `PolicyBlocked` or `GeoPermission`, says which rule it was, and is never carried
/// to another provider. Put it outside of `Retry`, `Failover` and `Route`: it counts messages, not tries.
///
/// Counters are this value's own, and gone when the program ends. What was let through within the longest
/// window is in memory, some 50 bytes a message; windows are by when a message was let through, whatever it
/// waits for after that.
pub struct Guard<P> {
    inner: P,
    policy: GuardPolicy,
    state: Mutex<State>,
}

/// The rules of a [`Guard`].
#[derive(Clone)]
pub struct GuardPolicy {
    countries: Vec<Region>,
    per_number: Vec<Velocity>,
    per_prefix: Vec<Velocity>,
    spend: Option<Spend>,
    #[cfg(feature = "quiet-hours")]
    quiet: Option<super::QuietHours>,
    destination: Passage,
}

#[derive(Clone)]
struct Spend {
    cap: Money,
    window: Duration,
    price: PriceOf,
}

type PriceOf = Arc<dyn Fn(&Message) -> Option<Money> + Send + Sync>;

/// Where messages go that pass.
#[derive(Clone, Copy)]
enum Passage {
    Recipient,
    Instead(PhoneNumber),
    Nobody,
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// Who a dry run says took a message.
pub const DRY_RUN: ProviderId = ProviderId::from_static("dry-run");

impl GuardPolicy {
    /// Lets messages go to these countries, at most 3 to one number within 10 minutes and 10 within a day,
    /// and at most 20 within an hour to numbers that differ in their last four digits only: numbers that are
    /// pumped for their termination fees come in such ranges.
    #[must_use]
    pub fn new(countries: impl IntoIterator<Item = Region>) -> Self {
        let of = |most, seconds| Velocity::new(most, Duration::from_secs(seconds));
        Self {
            countries: countries.into_iter().collect(),
            per_number: vec![of(3, 10 * MINUTE), of(10, 24 * HOUR)],
            per_prefix: vec![of(20, HOUR)],
            spend: None,
            #[cfg(feature = "quiet-hours")]
            quiet: None,
            destination: Passage::Recipient,
        }
    }

    /// How many messages one number may get, in place of the defaults. Each limit holds for every window of
    /// its length.
    #[must_use]
    pub fn with_per_number(mut self, limits: impl IntoIterator<Item = (u32, Duration)>) -> Self {
        self.per_number = velocities(limits);
        self
    }

    /// How many messages all numbers together may get that differ in their last four digits only, in place
    /// of the default.
    #[must_use]
    pub fn with_per_prefix(mut self, limits: impl IntoIterator<Item = (u32, Duration)>) -> Self {
        self.per_prefix = velocities(limits);
        self
    }

    /// What may be spent in every window of this length, by the price that the closure gives each message.
    /// A message without a price, or in another currency than the cap's, is refused.
    #[must_use]
    pub fn with_spend_cap(
        mut self,
        cap: Money,
        window: Duration,
        price: impl Fn(&Message) -> Option<Money> + Send + Sync + 'static,
    ) -> Self {
        self.spend = Some(Spend { cap, window, price: Arc::new(price) });
        self
    }

    /// Keeps quiet hours.
    #[cfg(feature = "quiet-hours")]
    #[must_use]
    pub fn with_quiet_hours(mut self, quiet: super::QuietHours) -> Self {
        self.quiet = Some(quiet);
        self
    }

    /// Sends everything that passes to this number, for staging.
    #[must_use]
    pub const fn redirecting_to(mut self, number: PhoneNumber) -> Self {
        self.destination = Passage::Instead(number);
        self
    }

    /// Sends nothing: what passes gets a receipt of the provider [`DRY_RUN`], without an id.
    #[must_use]
    pub const fn dry_run(mut self) -> Self {
        self.destination = Passage::Nobody;
        self
    }
}

fn velocities(limits: impl IntoIterator<Item = (u32, Duration)>) -> Vec<Velocity> {
    limits.into_iter().map(|(most, window)| Velocity::new(most, window)).collect()
}

impl fmt::Debug for GuardPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let destination = match self.destination {
            Passage::Recipient => "the recipient",
            Passage::Instead(_) => "one number",
            Passage::Nobody => "nobody",
        };
        f.debug_struct("GuardPolicy")
            .field("countries", &self.countries)
            .field("per_number", &self.per_number)
            .field("per_prefix", &self.per_prefix)
            .field("spend_cap", &self.spend.as_ref().map(|spend| (spend.cap, spend.window)))
            .field("destination", &destination)
            .finish_non_exhaustive()
    }
}

/// What was let through, in the order of the policy's rules. It knows recipients, so it has no `Debug`.
struct State {
    numbers: Vec<Window<u64>>,
    prefixes: Vec<Window<u64>>,
    spent: Option<Spent>,
}

impl<P: SmsProvider> Guard<P> {
    /// Around a provider.
    pub fn new(inner: P, policy: GuardPolicy) -> Self {
        let state = State {
            numbers: policy.per_number.iter().map(|limit| Window::new(*limit)).collect(),
            prefixes: policy.per_prefix.iter().map(|limit| Window::new(*limit)).collect(),
            spent: policy.spend.as_ref().map(|s| Spent::new(s.cap.amount, s.window)),
        };
        Self { inner, policy, state: Mutex::new(state) }
    }

    /// Counts a message in if every rule lets it go.
    fn admit(&self, message: &Message) -> Result<Pass> {
        let refuse = |kind, rule: &'static str| {
            Error::not_sent(kind).with_provider(self.id()).with_detail(rule).by_layer()
        };
        let Some(to) = message.destination().number() else {
            let rule = "destination: has no number for the guard to look at";
            return Err(refuse(ErrorKind::PolicyBlocked, rule));
        };
        if !to.region().is_some_and(|region| self.policy.countries.contains(&region)) {
            let rule = "to: the guard's list has no such country";
            return Err(refuse(ErrorKind::GeoPermission, rule));
        }
        let blocked = |rule| refuse(ErrorKind::PolicyBlocked, rule);
        #[cfg(feature = "quiet-hours")]
        if let Some(quiet) = &self.policy.quiet {
            quiet
                .check(message, jiff::Timestamp::now())
                .map_err(|error| error.with_provider(self.id()).by_layer())?;
        }
        let cost = match &self.policy.spend {
            None => None,
            Some(spend) => {
                let price = (spend.price)(message);
                let usable = |price: &Money| {
                    price.currency == spend.cap.currency && !price.amount.is_sign_negative()
                };
                let price = price.filter(usable);
                let unknown = || blocked("spend cap: the message has no price in its currency");
                Some(price.ok_or_else(unknown)?.amount)
            }
        };
        let now = Instant::now();
        let pass = Pass { at: now, number: to.digits(), prefix: to.digits() / 10_000, cost };
        let mut state = lock(&self.state);
        if !state.numbers.iter_mut().all(|window| window.fits(pass.number, now)) {
            return Err(blocked("to: too many messages to this number"));
        }
        if !state.prefixes.iter_mut().all(|window| window.fits(pass.prefix, now)) {
            return Err(blocked("to: too many messages to numbers of this range"));
        }
        if let (Some(spent), Some(cost)) = (&mut state.spent, cost)
            && !spent.fits(cost, now)
        {
            return Err(blocked("spend cap: is reached"));
        }
        state.numbers.iter_mut().for_each(|window| window.count(pass.number, now));
        state.prefixes.iter_mut().for_each(|window| window.count(pass.prefix, now));
        if let (Some(spent), Some(cost)) = (&mut state.spent, cost) {
            spent.count(cost, now);
        }
        Ok(pass)
    }

    /// Takes a message out again of which it is proved that it was not sent.
    fn take_back(&self, pass: &Pass) {
        let mut state = lock(&self.state);
        state.numbers.iter_mut().for_each(|window| window.take_back(pass.number, pass.at));
        state.prefixes.iter_mut().for_each(|window| window.take_back(pass.prefix, pass.at));
        if let (Some(spent), Some(cost)) = (&mut state.spent, pass.cost) {
            spent.take_back(cost, pass.at);
        }
    }
}

/// A message that was counted in.
struct Pass {
    at: Instant,
    number: u64,
    prefix: u64,
    cost: Option<rust_decimal::Decimal>,
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<P: SmsProvider> SmsProvider for Guard<P> {
    fn id(&self) -> ProviderId {
        self.inner.id()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { guards: true, ..self.inner.capabilities() }
    }

    fn account(&self, message: &Message) -> Option<AccountKey> {
        self.inner.account(message)
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        let pass = self.admit(message)?;
        let sent = match self.policy.destination {
            Passage::Recipient => self.inner.send(message).await,
            Passage::Instead(to) => {
                self.inner
                    .send(&message.clone().with_destination(message.destination().with_number(to)))
                    .await
            }
            Passage::Nobody => Ok(Receipt::new(DRY_RUN, None, message.key().clone())),
        };
        if sent.as_ref().is_err_and(|error| error.outcome() == Outcome::NotSent) {
            self.take_back(&pass);
        }
        sent
    }

    async fn fetch(&self, id: &MessageId) -> Result<MessageRecord> {
        self.inner.fetch(id).await
    }

    async fn list(&self, query: &Query) -> Result<Page<MessageRecord>> {
        self.inner.list(query).await
    }

    async fn cancel(&self, id: &MessageId) -> Result<()> {
        self.inner.cancel(id).await
    }

    async fn check(&self) -> Result<AccountStatus> {
        self.inner.check().await
    }
}

impl<P: fmt::Debug> fmt::Debug for Guard<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("inner", &self.inner)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
