//! [`Failover`]: the next provider, where it is proved that nothing was sent.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use crate::{
    account_id::AccountKey,
    error::{Attempt, Error, ErrorKind, Result},
    layers::{
        breaker::{Breaker, BreakerPolicy},
        provider_set::Members,
    },
    message::{Message, MessageId, MessageRecord, Page, Query, Receipt},
    provider::{AccountStatus, Capabilities, SmsProvider},
    provider_id::ProviderId,
};

/// Several providers in order: a message goes to the first that is not known to be in trouble, and to
/// the next only where it is proved that nothing was sent and the provider is to blame
/// ([`Error::may_fail_over`]). What may have been sent goes nowhere else, and neither does a refusal that
/// protects someone: an opt-out, a barred country, a filter.
///
/// A provider that keeps failing is passed over, but for a message now and then that tries it
/// ([`BreakerPolicy`]). What is about one message goes to the provider that its id names. The error after
/// several providers has them all: [`Error::attempts`].
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
    members: Members,
    breakers: Vec<Breaker>, // one for each
    policy: BreakerPolicy,
}

impl Failover {
    /// Begins with the provider that is asked first.
    pub fn new(first: impl SmsProvider) -> Self {
        Self::with_policy(first, BreakerPolicy::default())
    }

    /// The same by another policy, which holds for all providers.
    pub fn with_policy(first: impl SmsProvider, policy: BreakerPolicy) -> Self {
        let breakers = vec![Breaker::new(policy.clone())];
        Self { members: Members::new(first), breakers, policy }
    }

    /// Adds the provider that is asked next.
    ///
    /// # Errors
    /// `Config` if a list of opt-outs stands around some of the providers and not around all, or a guard
    /// around any of them.
    pub fn or(mut self, next: impl SmsProvider) -> Result<Self> {
        self.members.push(next)?;
        self.breakers.push(Breaker::new(self.policy.clone()));
        Ok(self)
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl SmsProvider for Failover {
    /// The first provider's.
    fn id(&self) -> ProviderId {
        self.members.id()
    }

    /// What any of them can do. The second waits for the first.
    fn capabilities(&self) -> Capabilities {
        let all = self.members.capabilities();
        Capabilities { waits: all.waits || self.breakers.len() > 1, ..all }
    }

    fn account(&self, message: &Message) -> Option<AccountKey> {
        self.members.account(message)
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        let (mut before, mut last) = (Vec::new(), None::<(Error, Duration)>);
        for (provider, breaker) in self.members.iter().zip(&self.breakers) {
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
            let goes_on = error.may_fail_over();
            last = Some((error, begun.elapsed()));
            if !goes_on {
                break;
            }
        }
        let none =
            || Error::not_sent(ErrorKind::Unavailable).with_detail("every provider is in trouble");
        Err(last.map_or_else(none, |(error, elapsed)| error.after(before, elapsed)))
    }

    async fn fetch(&self, id: &MessageId) -> Result<MessageRecord> {
        self.members.fetch(id).await
    }

    /// All messages of the first provider, then of the next.
    async fn list(&self, query: &Query) -> Result<Page<MessageRecord>> {
        self.members.list(query).await
    }

    async fn cancel(&self, id: &MessageId) -> Result<()> {
        self.members.cancel(id).await
    }

    /// The first provider's account, if all are alive.
    async fn check(&self) -> Result<AccountStatus> {
        self.members.check().await
    }
}
