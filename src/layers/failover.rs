//! [`Failover`]: tries the next provider if nothing was sent.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use crate::{
    account_id::AccountKey,
    error::{Attempt, Error, ErrorKind, Result},
    layers::{
        breaker::{Breaker, BreakerPolicy},
        per_account::PerAccount,
        provider_set::ProviderSet,
    },
    message::{Message, MessageId, MessageRecord, Page, Query, Receipt},
    provider::{AccountStatus, Capabilities, SmsProvider},
    provider_id::ProviderId,
};

/// Providers in order of preference. A message goes to the first healthy one, and to the next only if
/// nothing was sent and the failure is the provider's ([`Error::may_fail_over`]).
///
/// A message that may have been sent never goes to another provider, and neither does one that was refused
/// to protect somebody: an opt-out, a barred country, a content filter. A provider that keeps failing is
/// skipped, except for occasional probes ([`BreakerPolicy`]); each account by itself. Calls about one message go to the provider
/// named in its id. The final error lists all attempts: [`Error::attempts`].
///
/// Use a second provider when the first is down:
///
/// ```
/// use anysms::{Result, SmsProvider, layers::Failover};
///
/// fn stack(first: impl SmsProvider, second: impl SmsProvider) -> Result<Failover> {
///     Failover::new(first).or(second)
/// }
/// ```
#[derive(Debug)]
pub struct Failover {
    providers: ProviderSet,
    breakers: Vec<PerAccount<Breaker>>, // one for each
    policy: BreakerPolicy,
}

impl Failover {
    /// Creates a failover with its preferred provider and the default policy.
    pub fn new(first: impl SmsProvider) -> Self {
        Self::with_policy(first, BreakerPolicy::default())
    }

    /// Creates a failover with its preferred provider and a policy for all providers.
    pub fn with_policy(first: impl SmsProvider, policy: BreakerPolicy) -> Self {
        let breakers = vec![breakers(policy.clone())];
        Self { providers: ProviderSet::new(first), breakers, policy }
    }

    /// Adds the next provider.
    ///
    /// # Errors
    /// `Config` if only some of the providers have a suppression list or a store, or one has a guard.
    pub fn or(mut self, next: impl SmsProvider) -> Result<Self> {
        self.providers.push(next)?;
        self.breakers.push(breakers(self.policy.clone()));
        Ok(self)
    }
}

/// Returns the breakers of the accounts of one provider.
fn breakers(policy: BreakerPolicy) -> PerAccount<Breaker> {
    PerAccount::new(move || Breaker::new(policy.clone()))
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl SmsProvider for Failover {
    /// Returns the id of the first provider.
    fn id(&self) -> ProviderId {
        self.providers.id()
    }

    /// Returns the capabilities of any of the providers. With several, `waits` is set, as the second waits
    /// for the first.
    fn capabilities(&self) -> Capabilities {
        let all = self.providers.capabilities();
        Capabilities { waits: all.waits || self.breakers.len() > 1, ..all }
    }

    fn account(&self, message: &Message) -> Option<AccountKey> {
        self.providers.account(message)
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        let (mut before, mut last) = (Vec::new(), None::<(Error, Duration)>);
        for (provider, breakers) in self.providers.iter().zip(&self.breakers) {
            let breaker = breakers.of(provider.account(message));
            if !breaker.allows() {
                continue;
            }
            if let Some((error, elapsed)) = last.take() {
                before.extend(Attempt::all_of(&error, elapsed));
            }
            let begun = Instant::now();
            let sent = provider.send(message).await;
            breaker.count(sent.as_ref().err());
            let error = match sent {
                Err(error) => error,
                done => return done,
            };
            let next = error.may_fail_over();
            last = Some((error, begun.elapsed()));
            if !next {
                break;
            }
        }
        let none = || {
            Error::not_sent(ErrorKind::Unavailable)
                .with_detail("failover: all providers are failing; retry later")
        };
        Err(last.map_or_else(none, |(error, elapsed)| error.after(before, elapsed)))
    }

    async fn fetch(&self, id: &MessageId) -> Result<MessageRecord> {
        self.providers.fetch(id).await
    }

    /// Lists all messages of the first provider, then of the next.
    async fn list(&self, query: &Query) -> Result<Page<MessageRecord>> {
        self.providers.list(query).await
    }

    async fn cancel(&self, id: &MessageId) -> Result<()> {
        self.providers.cancel(id).await
    }

    /// Returns the first provider's account status if all providers answer.
    async fn check(&self) -> Result<AccountStatus> {
        self.providers.check().await
    }
}
