//! [`Weighted`]: messages shared out among providers, less to one whose delivery reports turn bad.

use async_trait::async_trait;

use crate::{
    account_id::AccountKey,
    error::Result,
    layers::{provider_health::DeliveryReports, provider_set::Members},
    message::{Message, MessageId, MessageRecord, Page, Query, Receipt},
    provider::{AccountStatus, Capabilities, SmsProvider},
    provider_id::ProviderId,
    random,
};

/// Shares messages out among providers by weights. A provider whose delivery reports turn slow or bad gets
/// less, down to a twentieth of its weight, and gets it back as they turn good again.
///
/// Let [`DeliveryReports::learn`] see every event of every webhook; without any the weights stay what they
/// are. One provider is asked for each message, and no other: a `Failover` goes around each of them.
///
/// ```
/// use anysms::{Result, SmsProvider, layers::{DeliveryReports, Weighted}};
///
/// fn stack(a: impl SmsProvider, b: impl SmsProvider) -> Result<(Weighted, DeliveryReports)> {
///     let reports = DeliveryReports::default();
///     Ok((Weighted::new(a, 3, &reports).and(b, 1)?, reports))
/// }
/// ```
#[derive(Debug)]
pub struct Weighted {
    members: Members,
    weights: Vec<u32>,
    reports: DeliveryReports,
}

impl Weighted {
    /// Begins with a provider and its weight.
    pub fn new(first: impl SmsProvider, weight: u32, reports: &DeliveryReports) -> Self {
        Self { members: Members::new(first), weights: vec![weight], reports: reports.clone() }
    }

    /// Adds a provider and its weight. All weights 0 are all weights equal.
    ///
    /// # Errors
    /// `Config` if a list of opt-outs stands around some of the providers and not around all, or a guard
    /// around any of them.
    pub fn and(mut self, next: impl SmsProvider, weight: u32) -> Result<Self> {
        self.members.push(next)?;
        self.weights.push(weight);
        Ok(self)
    }

    /// The number of the provider that the next message goes to; `random` is at least 0 and less than 1.
    fn pick(&self, random: f64) -> usize {
        let health = self.reports.health(self.weights.len());
        let equal = self.weights.iter().all(|weight| *weight == 0);
        let weight = |weight: &u32| if equal { 1.0 } else { f64::from(*weight) };
        let weights: Vec<f64> =
            self.weights.iter().zip(health).map(|(own, health)| weight(own) * health).collect();
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
    /// The first provider's.
    fn id(&self) -> ProviderId {
        self.members.id()
    }

    fn capabilities(&self) -> Capabilities {
        self.members.capabilities()
    }

    fn account(&self, message: &Message) -> Option<AccountKey> {
        self.members.account(message)
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        let number = self.pick(random::fraction());
        let receipt = self.members.get(number).send(message).await?;
        if let Some(id) = &receipt.id {
            self.reports.expect(id, number);
        }
        Ok(receipt)
    }

    async fn fetch(&self, id: &MessageId) -> Result<MessageRecord> {
        self.members.fetch(id).await
    }

    async fn list(&self, query: &Query) -> Result<Page<MessageRecord>> {
        self.members.list(query).await
    }

    async fn cancel(&self, id: &MessageId) -> Result<()> {
        self.members.cancel(id).await
    }

    async fn check(&self) -> Result<AccountStatus> {
        self.members.check().await
    }
}
