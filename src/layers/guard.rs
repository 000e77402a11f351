//! [`Guard`]: limits the damage of application errors and SMS pumping fraud.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::time::Instant;

use super::{
    lock::{Mutex, lock},
    sliding_window::{CountWindow, SpendWindow, WindowLimit},
};
use crate::{
    account_id::AccountKey,
    error::{Error, ErrorKind, Outcome, Result},
    message::{Message, MessageId, MessageRecord, Money, Page, Query, Receipt},
    number::{PhoneNumber, Region},
    provider::{AccountStatus, Capabilities, SmsProvider},
    provider_id::ProviderId,
};

/// Layer that enforces a [`GuardPolicy`]: allowed countries, limits per number and number range, a spend
/// cap, quiet hours, and redirection for staging.
///
/// A refusal is of kind `PolicyBlocked` or `GeoPermission`, names the rule, and is never passed on to
/// another provider. Place it outside [`Retry`](super::Retry), [`Failover`](super::Failover) and
/// [`Route`](super::Route), as it counts messages, not attempts.
///
/// Counters belong to this value and are lost when the program ends. Messages admitted within the longest
/// window take some 50 bytes of memory each. Windows go by the time of admission, not of sending.
///
/// Protect a sign-up form against SMS pumping:
///
/// ```
/// use anysms::{SmsProvider, layers::{Guard, GuardPolicy, LayerExt}, number::Region};
///
/// fn guarded<P: SmsProvider>(provider: P) -> Guard<P> {
///     provider.guard(GuardPolicy::new([Region::GB, Region::JE]))
/// }
/// ```
pub struct Guard<P> {
    inner: P,
    policy: GuardPolicy,
    state: Mutex<State>,
}

/// Rules of a [`Guard`].
///
/// Send everything to a test phone in staging:
///
/// ```
/// use anysms::{PhoneNumber, PhoneNumberError, layers::GuardPolicy, number::Region};
///
/// fn staging() -> Result<GuardPolicy, PhoneNumberError> {
///     Ok(GuardPolicy::new([Region::GB]).redirecting_to("+447700900123".parse()?))
/// }
/// # staging().unwrap();
/// ```
#[derive(Clone)]
pub struct GuardPolicy {
    countries: Vec<Region>,
    per_number: Vec<WindowLimit>,
    per_prefix: Vec<WindowLimit>,
    spend: Option<Spend>,
    #[cfg(feature = "quiet-hours")]
    quiet: Option<super::QuietHours>,
    target: Target,
}

#[derive(Clone)]
struct Spend {
    cap: Money,
    window: Duration,
    price: PriceOf,
}

type PriceOf = Arc<dyn Fn(&Message) -> Option<Money> + Send + Sync>;

/// Recipient of admitted messages.
#[derive(Clone, Copy)]
enum Target {
    Recipient,
    Redirected(PhoneNumber),
    Nobody,
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// Provider on the receipts of a dry run.
pub const DRY_RUN: ProviderId = ProviderId::from_static("dry-run");

impl GuardPolicy {
    /// Creates a policy that allows these countries, with default limits.
    ///
    /// Defaults: 3 messages to one number in 10 minutes and 10 in a day; 20 messages in an hour to a range
    /// of numbers that differ only in their last four digits, as numbers pumped for termination fees do.
    #[must_use]
    pub fn new(countries: impl IntoIterator<Item = Region>) -> Self {
        let limit = |max, seconds| WindowLimit::new(max, Duration::from_secs(seconds));
        Self {
            countries: countries.into_iter().collect(),
            per_number: vec![limit(3, 10 * MINUTE), limit(10, 24 * HOUR)],
            per_prefix: vec![limit(20, HOUR)],
            spend: None,
            #[cfg(feature = "quiet-hours")]
            quiet: None,
            target: Target::Recipient,
        }
    }

    /// Replaces the limits per recipient: the maximum number of messages in any window of a length.
    ///
    /// Allow one message a minute and five a day:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use anysms::{layers::GuardPolicy, number::Region};
    ///
    /// let policy = GuardPolicy::new([Region::GB])
    ///     .with_per_number([(1, Duration::from_secs(60)), (5, Duration::from_secs(24 * 60 * 60))]);
    /// ```
    #[must_use]
    pub fn with_per_number(mut self, limits: impl IntoIterator<Item = (u32, Duration)>) -> Self {
        self.per_number = window_limits(limits);
        self
    }

    /// Replaces the limits per number range: the maximum number of messages, in any window of a length, to
    /// numbers that differ only in their last four digits.
    #[must_use]
    pub fn with_per_prefix(mut self, limits: impl IntoIterator<Item = (u32, Duration)>) -> Self {
        self.per_prefix = window_limits(limits);
        self
    }

    /// Sets the maximum spending in any window of a length. The closure returns the price of a message; a
    /// message without a price, or in a currency other than the cap's, is refused.
    ///
    /// Spend at most 50 pounds a day, at 4 pence a segment:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use anysms::{Decimal, layers::GuardPolicy, message::{Currency, Money}, number::Region, text};
    ///
    /// let pounds = |amount| Some(Money::new(amount, "GBP".parse::<Currency>().ok()?));
    /// let cap = pounds(Decimal::from(50)).expect("GBP is a currency code");
    /// let policy = GuardPolicy::new([Region::GB]).with_spend_cap(
    ///     cap,
    ///     Duration::from_secs(24 * 60 * 60),
    ///     move |message| pounds(text::segments(message.text()).cost(Decimal::new(4, 2))),
    /// );
    /// ```
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

    /// Sets quiet hours by the recipient's clock.
    #[cfg(feature = "quiet-hours")]
    #[must_use]
    pub fn with_quiet_hours(mut self, quiet: super::QuietHours) -> Self {
        self.quiet = Some(quiet);
        self
    }

    /// Redirects all admitted messages to one number, for staging.
    #[must_use]
    pub const fn redirecting_to(mut self, number: PhoneNumber) -> Self {
        self.target = Target::Redirected(number);
        self
    }

    /// Sends nothing. Admitted messages get a receipt of the provider [`DRY_RUN`], without an id.
    #[must_use]
    pub const fn dry_run(mut self) -> Self {
        self.target = Target::Nobody;
        self
    }
}

fn window_limits(limits: impl IntoIterator<Item = (u32, Duration)>) -> Vec<WindowLimit> {
    limits.into_iter().map(|(max, window)| WindowLimit::new(max, window)).collect()
}

impl fmt::Debug for GuardPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = match self.target {
            Target::Recipient => "the recipient",
            Target::Redirected(_) => "one number",
            Target::Nobody => "nobody",
        };
        f.debug_struct("GuardPolicy")
            .field("countries", &self.countries)
            .field("per_number", &self.per_number)
            .field("per_prefix", &self.per_prefix)
            .field("spend_cap", &self.spend.as_ref().map(|spend| (spend.cap, spend.window)))
            .field("target", &target)
            .finish_non_exhaustive()
    }
}

/// Admitted messages, one window for each rule. Contains recipients, so it has no `Debug`.
struct State {
    numbers: Vec<CountWindow<u64>>,
    prefixes: Vec<CountWindow<u64>>,
    spent: Option<SpendWindow>,
}

impl<P: SmsProvider> Guard<P> {
    /// Wraps a provider.
    pub fn new(inner: P, policy: GuardPolicy) -> Self {
        let state = State {
            numbers: policy.per_number.iter().map(|limit| CountWindow::new(*limit)).collect(),
            prefixes: policy.per_prefix.iter().map(|limit| CountWindow::new(*limit)).collect(),
            spent: policy.spend.as_ref().map(|s| SpendWindow::new(s.cap.amount, s.window)),
        };
        Self { inner, policy, state: Mutex::new(state) }
    }

    /// Counts a message if every rule admits it.
    fn admit(&self, message: &Message) -> Result<Admission> {
        let refuse = |kind, rule: &'static str| {
            Error::not_sent(kind).with_provider(self.id()).with_detail(rule).by_layer()
        };
        let Some(to) = message.destination().number() else {
            let rule = "destination: has no phone number, which the guard needs";
            return Err(refuse(ErrorKind::PolicyBlocked, rule));
        };
        if !to.region().is_some_and(|region| self.policy.countries.contains(&region)) {
            let rule =
                "destination: the guard does not allow this country; add it to GuardPolicy::new";
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
                let unknown =
                    || blocked("spend cap: the message has no price in the cap's currency");
                Some(price.ok_or_else(unknown)?.amount)
            }
        };
        let now = Instant::now();
        let admission =
            Admission { at: now, number: to.digits(), prefix: to.digits() / 10_000, cost };
        let mut state = lock(&self.state);
        if !state.numbers.iter_mut().all(|window| window.fits(admission.number, now)) {
            return Err(blocked("destination: too many messages to this number"));
        }
        if !state.prefixes.iter_mut().all(|window| window.fits(admission.prefix, now)) {
            return Err(blocked("destination: too many messages to this range of numbers"));
        }
        if let (Some(spent), Some(cost)) = (&mut state.spent, cost)
            && !spent.fits(cost, now)
        {
            return Err(blocked("spend cap: reached"));
        }
        state.numbers.iter_mut().for_each(|window| window.count(admission.number, now));
        state.prefixes.iter_mut().for_each(|window| window.count(admission.prefix, now));
        if let (Some(spent), Some(cost)) = (&mut state.spent, cost) {
            spent.count(cost, now);
        }
        Ok(admission)
    }

    /// Removes a message that was not sent from the counters.
    fn take_back(&self, admission: &Admission) {
        let mut state = lock(&self.state);
        state
            .numbers
            .iter_mut()
            .for_each(|window| window.take_back(admission.number, admission.at));
        state
            .prefixes
            .iter_mut()
            .for_each(|window| window.take_back(admission.prefix, admission.at));
        if let (Some(spent), Some(cost)) = (&mut state.spent, admission.cost) {
            spent.take_back(cost, admission.at);
        }
    }
}

/// Message that was admitted and counted.
struct Admission {
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
        let admission = self.admit(message)?;
        let sent = match self.policy.target {
            Target::Recipient => self.inner.send(message).await,
            Target::Redirected(to) => {
                self.inner
                    .send(&message.clone().with_destination(message.destination().with_number(to)))
                    .await
            }
            Target::Nobody => Ok(Receipt::new(DRY_RUN, None, message.key().clone())),
        };
        if sent.as_ref().is_err_and(|error| error.outcome() == Outcome::NotSent) {
            self.take_back(&admission);
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
