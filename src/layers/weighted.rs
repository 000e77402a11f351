//! [`Weighted`]: distributes messages by weights, which drop with bad delivery reports.

use async_trait::async_trait;

use crate::{
    account_id::AccountKey,
    error::Result,
    layers::{provider_health::ProviderHealth, provider_set::ProviderSet},
    message::{Message, MessageId, MessageRecord, Page, Query, Receipt},
    provider::{AccountStatus, Capabilities, SmsProvider},
    provider_id::ProviderId,
    random,
};

/// Distributes messages among providers by weights. The weight of a provider drops with slow or bad
/// delivery reports, down to a twentieth, and recovers with good ones. Each account of a provider has a weight
/// of its own: the bad reports of one tenant's account move no other tenant's messages.
///
/// Pass every webhook event to [`ProviderHealth::learn`]; without events the weights stay constant. Each
/// message goes to one provider only; put a [`Failover`](super::Failover) inside to try others.
///
/// Send three quarters of the traffic through the first provider:
///
/// ```
/// use anysms::{Result, SmsProvider, layers::{ProviderHealth, Weighted}};
///
/// fn stack(a: impl SmsProvider, b: impl SmsProvider) -> Result<(Weighted, ProviderHealth)> {
///     let health = ProviderHealth::default();
///     Ok((Weighted::new(a, 3, &health).and(b, 1)?, health))
/// }
/// ```
#[derive(Debug)]
pub struct Weighted {
    providers: ProviderSet,
    weights: Vec<u32>,
    health: ProviderHealth,
}

impl Weighted {
    /// Creates a distribution with its first provider and that provider's weight.
    pub fn new(first: impl SmsProvider, weight: u32, health: &ProviderHealth) -> Self {
        Self { providers: ProviderSet::new(first), weights: vec![weight], health: health.clone() }
    }

    /// Adds a provider with its weight. If every weight is 0, providers share traffic equally.
    ///
    /// # Errors
    /// `Config` if only some of the providers have a suppression list or a store, or one has a guard.
    pub fn and(mut self, next: impl SmsProvider, weight: u32) -> Result<Self> {
        self.providers.push(next)?;
        self.weights.push(weight);
        Ok(self)
    }

    /// Returns the index of the provider of a message; `random` is at least 0 and less than 1.
    fn pick(&self, message: &Message, random: f64) -> usize {
        let accounts = self.providers.iter().map(|provider| provider.account(message));
        let scores = self.health.shares(accounts.enumerate());
        let equal = self.weights.iter().all(|weight| *weight == 0);
        let weight = |weight: &u32| if equal { 1.0 } else { f64::from(*weight) };
        let weights: Vec<f64> =
            self.weights.iter().zip(scores).map(|(own, score)| weight(own) * score).collect();
        let mut left = random * weights.iter().sum::<f64>();
        let last = weights.iter().rposition(|weight| *weight > 0.0).unwrap_or_default();
        let found = weights.iter().position(|weight| {
            left -= weight;
            left < 0.0
        });
        found.unwrap_or(last)
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl SmsProvider for Weighted {
    /// Returns the id of the first provider.
    fn id(&self) -> ProviderId {
        self.providers.id()
    }

    fn capabilities(&self) -> Capabilities {
        self.providers.capabilities()
    }

    fn account(&self, message: &Message) -> Option<AccountKey> {
        self.providers.account(message)
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        let index = self.pick(message, random::fraction());
        let provider = self.providers.get(index);
        let account = provider.account(message);
        let receipt = provider.send(message).await?;
        if let Some(id) = &receipt.id {
            self.health.expect(id, (index, account));
        }
        Ok(receipt)
    }

    async fn fetch(&self, id: &MessageId) -> Result<MessageRecord> {
        self.providers.fetch(id).await
    }

    async fn list(&self, query: &Query) -> Result<Page<MessageRecord>> {
        self.providers.list(query).await
    }

    async fn cancel(&self, id: &MessageId) -> Result<()> {
        self.providers.cancel(id).await
    }

    async fn check(&self) -> Result<AccountStatus> {
        self.providers.check().await
    }
}
