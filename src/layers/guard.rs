//! [`Guard`]: limits the damage of application errors and SMS pumping fraud.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
};

use async_trait::async_trait;
use tokio::time::Instant;

use super::{
    guard_policy::{GuardPolicy, Target},
    lock::{Mutex, lock},
    sliding_window::{Cost, CountWindow, SpendWindow, WindowLimit},
};
use crate::{
    account_id::AccountKey,
    error::{Error, ErrorKind, Outcome, Result},
    message::{Message, MessageId, MessageRecord, Money, Page, Query, Receipt},
    number::PhoneNumber,
    provider::{AccountStatus, Capabilities, SmsProvider},
    provider_id::ProviderId,
};

/// Provider on the receipts of a dry run.
pub const DRY_RUN: ProviderId = ProviderId::from_static("dry-run");

/// Layer that enforces a [`GuardPolicy`]: allowed countries and kinds of numbers, limits per number and number
/// range, a spend cap, quiet hours, and redirection for staging.
///
/// A refusal is of kind `PolicyBlocked` or `GeoPermission`, names the rule, and is never passed on to
/// another provider. Place it outside [`Retry`](super::Retry), [`Failover`](super::Failover) and
/// [`Route`](super::Route), as it counts messages, not attempts.
///
/// Counters belong to this value and are lost when the program ends. Each tenant has its own, and messages
/// without a tenant one more; one over all tenants protects a number from what many send together. Numbers are
/// counted in their [canonical form](PhoneNumber::canonical). Messages admitted within the longest
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
    tenants: RandomState, // counters hold a hash of the tenant's name
}

/// Admitted messages, one window for each rule. Contains recipients, so it has no `Debug`.
struct State {
    numbers: Vec<Counter>,
    prefixes: Vec<Counter>,
    spent: Option<SpendWindow>,
}

/// Windows of one rule: by tenant, and over all tenants.
struct Counter {
    by_tenant: CountWindow<(u64, u64)>,
    overall: CountWindow<u64>,
}

impl Counter {
    fn new(limit: WindowLimit, overall: u32) -> Self {
        let overall = CountWindow::new(limit.times(overall));
        Self { by_tenant: CountWindow::new(limit), overall }
    }

    fn fits(&mut self, tenant: u64, key: u64, now: Instant) -> bool {
        self.by_tenant.fits((tenant, key), now) && self.overall.fits(key, now)
    }

    fn count(&mut self, tenant: u64, key: u64, now: Instant) {
        self.by_tenant.count((tenant, key), now);
        self.overall.count(key, now);
    }

    fn take_back(&mut self, tenant: u64, key: u64, at: Instant) {
        self.by_tenant.take_back((tenant, key), at);
        self.overall.take_back(key, at);
    }
}

impl<P: SmsProvider> Guard<P> {
    /// Wraps a provider.
    pub fn new(inner: P, policy: GuardPolicy) -> Self {
        let counter = |limit: &WindowLimit| Counter::new(*limit, policy.overall);
        let state = State {
            numbers: policy.per_number.iter().map(counter).collect(),
            prefixes: policy.per_prefix.iter().map(counter).collect(),
            spent: policy
                .spend
                .as_ref()
                .map(|s| SpendWindow::new(s.cap.amount, policy.spend_share, s.window)),
        };
        Self { inner, policy, state: Mutex::new(state), tenants: RandomState::new() }
    }

    /// Counts a message if every rule admits it.
    fn admit(&self, message: &Message) -> Result<Admission> {
        let refuse = |kind, rule: &'static str| {
            Error::not_sent(kind).with_provider(self.id()).with_detail(rule).by_layer()
        };
        let Some(to) = message.destination().number().map(PhoneNumber::canonical) else {
            let rule = "destination: has no phone number, which the guard needs";
            return Err(refuse(ErrorKind::PolicyBlocked, rule));
        };
        if !to.region().is_some_and(|region| self.policy.countries.contains(&region)) {
            let rule =
                "destination: the guard does not allow this country; add it to GuardPolicy::new";
            return Err(refuse(ErrorKind::GeoPermission, rule));
        }
        let blocked = |rule| refuse(ErrorKind::PolicyBlocked, rule);
        if !self.policy.allows_kind(to) {
            let rule = "destination: the guard does not allow this kind of number; \
                        see GuardPolicy::allowing_kind";
            return Err(blocked(rule));
        }
        #[cfg(feature = "quiet-hours")]
        if let Some(quiet) = &self.policy.quiet {
            quiet
                .check(message, jiff::Timestamp::now())
                .map_err(|error| error.with_provider(self.id()).by_layer())?;
        }
        let now = Instant::now();
        let tenant = self.tenants.hash_one(message.tenant());
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
                let amount = price.ok_or_else(unknown)?.amount;
                Some(Cost { at: now, tenant, amount })
            }
        };
        let (number, prefix) = (to.digits(), to.digits() / 10_000);
        let mut state = lock(&self.state);
        if !state.numbers.iter_mut().all(|counter| counter.fits(tenant, number, now)) {
            return Err(blocked("destination: too many messages to this number"));
        }
        if !state.prefixes.iter_mut().all(|counter| counter.fits(tenant, prefix, now)) {
            return Err(blocked("destination: too many messages to this range of numbers"));
        }
        if let (Some(spent), Some(cost)) = (&mut state.spent, cost)
            && !spent.fits(cost)
        {
            return Err(blocked("spend cap: reached"));
        }
        state.numbers.iter_mut().for_each(|counter| counter.count(tenant, number, now));
        state.prefixes.iter_mut().for_each(|counter| counter.count(tenant, prefix, now));
        if let (Some(spent), Some(cost)) = (&mut state.spent, cost) {
            spent.count(cost);
        }
        Ok(Admission { at: now, tenant, number, prefix, cost })
    }

    /// Removes a message that was not sent from the counters.
    fn take_back(&self, admission: &Admission) {
        let Admission { at, tenant, number, prefix, .. } = *admission;
        let mut state = lock(&self.state);
        state.numbers.iter_mut().for_each(|counter| counter.take_back(tenant, number, at));
        state.prefixes.iter_mut().for_each(|counter| counter.take_back(tenant, prefix, at));
        if let (Some(spent), Some(cost)) = (&mut state.spent, admission.cost) {
            spent.take_back(cost);
        }
    }
}

/// Message that was admitted and counted.
struct Admission {
    at: Instant,
    /// Hash of the tenant.
    tenant: u64,
    number: u64,
    prefix: u64,
    cost: Option<Cost>,
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
