//! [`Pools`]: groups of senders from which the provider picks.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;

use crate::{
    account_id::AccountKey,
    error::{Error, ErrorKind, Result},
    message::{PoolId, Sender, WebUrl},
};

/// Pool of senders.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pool {
    /// Provider's id, to send with.
    pub id: PoolId,
    /// Name.
    pub name: String,
    /// `true` if a recipient always sees the same sender of it; `None` if the provider does not say.
    pub sticky_sender: Option<bool>,
    /// Webhook for messages that its senders receive; `None` if there is none.
    pub inbound: Option<WebUrl>,
    /// Webhook for delivery reports; `None` if there is none.
    pub status_callback: Option<WebUrl>,
    /// Application of the provider's; `None` if there is none.
    pub application: Option<String>,
}

impl Pool {
    pub(crate) fn new(id: PoolId, name: String) -> Self {
        Self {
            id,
            name,
            sticky_sender: None,
            inbound: None,
            status_callback: None,
            application: None,
        }
    }
}

/// Settings of a new pool. What is `None` is the provider's default.
///
/// ```
/// use std::time::Duration;
///
/// use anysms::numbers::PoolSetup;
///
/// let setup = PoolSetup::new("club")
///     .with_sticky_sender(true)
///     .with_validity(Duration::from_secs(3_600))
///     .with_inbound("https://example.com/sms".parse()?);
/// assert_eq!(setup.name, "club");
/// # Ok::<(), anysms::message::WebUrlError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolSetup {
    /// Name: 1 to 64 characters.
    pub name: String,
    /// `true` to show a recipient always the same sender. Both vendors do by default.
    pub sticky_sender: Option<bool>,
    /// Webhook for messages that its senders receive. Twilio's.
    pub inbound: Option<WebUrl>,
    /// Webhook that is called if the inbound one fails. Twilio's.
    pub fallback: Option<WebUrl>,
    /// Webhook for delivery reports. Twilio's.
    pub status_callback: Option<WebUrl>,
    /// Time after which a message that waits is dropped: 1 second to 10 hours, in whole seconds. Twilio's.
    pub validity: Option<Duration>,
    /// Application for messages that its senders receive. Plivo's.
    pub application: Option<String>,
}

impl PoolSetup {
    /// Names a pool.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            sticky_sender: None,
            inbound: None,
            fallback: None,
            status_callback: None,
            validity: None,
            application: None,
        }
    }

    /// Sets whether a recipient always sees the same sender.
    #[must_use]
    pub const fn with_sticky_sender(mut self, sticky: bool) -> Self {
        self.sticky_sender = Some(sticky);
        self
    }

    /// Sets the webhook for messages that come in.
    #[must_use]
    pub fn with_inbound(mut self, url: WebUrl) -> Self {
        self.inbound = Some(url);
        self
    }

    /// Sets the webhook that is called if the inbound one fails.
    #[must_use]
    pub fn with_fallback(mut self, url: WebUrl) -> Self {
        self.fallback = Some(url);
        self
    }

    /// Sets the webhook for delivery reports.
    #[must_use]
    pub fn with_status_callback(mut self, url: WebUrl) -> Self {
        self.status_callback = Some(url);
        self
    }

    /// Sets the time after which a message that waits is dropped.
    #[must_use]
    pub const fn with_validity(mut self, validity: Duration) -> Self {
        self.validity = Some(validity);
        self
    }

    /// Sets the application for messages that come in.
    #[must_use]
    pub fn with_application(mut self, id: impl Into<String>) -> Self {
        self.application = Some(id.into());
        self
    }

    /// Fails for a name or a validity out of its range.
    pub(crate) fn check(&self) -> Result<()> {
        let refuse = |rule: &'static str| {
            Err(Error::not_sent(ErrorKind::InvalidRequest).with_detail(rule).without_message())
        };
        let letters = self.name.chars().count();
        if !(1..=64).contains(&letters) || self.name.trim() != self.name {
            return refuse("name: must be 1 to 64 characters, without a space at either end");
        }
        let whole =
            |time: &Duration| (1..=36_000).contains(&time.as_secs()) && time.subsec_nanos() == 0;
        if self.validity.as_ref().is_some_and(|time| !whole(time)) {
            return refuse("validity: must be 1 to 36,000 seconds, whole ones");
        }
        Ok(())
    }
}

/// Choice among the pools of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolQuery {
    /// Only those of exactly this name.
    pub name: Option<String>,
    /// Most pools of the answer: at least 1.
    pub limit: usize,
}

impl Default for PoolQuery {
    fn default() -> Self {
        Self { name: None, limit: 1_000 }
    }
}

impl PoolQuery {
    /// Chooses all pools, at most 1,000.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Chooses those of a name. Twilio allows several of one name, Plivo does not.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }

    /// Sets the most pools of the answer.
    #[must_use]
    pub const fn at_most(mut self, pools: usize) -> Self {
        self.limit = pools;
        self
    }

    /// Returns whether a pool is one of those that are chosen.
    pub(crate) fn fits(&self, pool: &Pool) -> bool {
        self.name.as_ref().is_none_or(|name| *name == pool.name)
    }
}

/// Pools of senders of an account at a provider: Twilio's Messaging Services, Plivo's Powerpacks.
///
/// Create through a [`PoolMaker`](crate::numbers::PoolMaker): it makes no second one of a name.
///
/// ```
/// # #[cfg(all(feature = "sandbox", feature = "twilio"))]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use anysms::numbers::{PoolSetup, Pools};
/// use anysms::{sandbox::Sandbox, twilio::{Twilio, TwilioConfig}};
///
/// let sandbox = Sandbox::start().await?;
/// let twilio = Twilio::new(&TwilioConfig::sandbox(&sandbox))?;
/// let pool = twilio.create_pool(&PoolSetup::new("club")).await?;
/// twilio.add_sender(&pool.id, &"ACME".parse()?).await?;
/// assert_eq!(twilio.senders(&pool.id).await?, ["ACME".parse()?]);
/// # Ok(())
/// # }
/// # #[cfg(not(all(feature = "sandbox", feature = "twilio")))]
/// # fn main() {}
/// ```
#[async_trait]
pub trait Pools: fmt::Debug + Send + Sync {
    /// Returns the provider that is asked, and the account that pools belong to.
    fn pools_account(&self) -> AccountKey;

    /// Creates a pool. This call alone does not know of an earlier one.
    ///
    /// # Errors
    /// `InvalidRequest` or `Unsupported` for a setting, before anything is asked; else the provider's refusal.
    async fn create_pool(&self, setup: &PoolSetup) -> Result<Pool>;

    /// Lists pools, as many pages as the query needs.
    ///
    /// # Errors
    /// As any read of the provider.
    async fn list_pools(&self, query: &PoolQuery) -> Result<Vec<Pool>>;

    /// Adds a sender of the account: a number or a short code, at Twilio an alphanumeric one as well. One that is in
    /// the pool already stays in it.
    ///
    /// # Errors
    /// `Unsupported` for another sender; `NotFound` if the account does not have it; else the provider's refusal.
    async fn add_sender(&self, pool: &PoolId, sender: &Sender) -> Result<()>;

    /// Removes a sender from the pool. The account keeps it.
    ///
    /// # Errors
    /// `Unsupported` for a sender of another sort; `NotFound` if the pool does not have it, as after a removal whose
    /// answer was lost; else the provider's refusal.
    async fn remove_sender(&self, pool: &PoolId, sender: &Sender) -> Result<()>;

    /// Lists the senders of a pool, at most 10,000: numbers, short codes and alphanumeric ones. Others that a
    /// provider has are left out.
    ///
    /// # Errors
    /// `NotFound` if there is no such pool; else as any read of the provider.
    async fn senders(&self, pool: &PoolId) -> Result<Vec<Sender>>;

    /// Deletes a pool. The account keeps its senders.
    ///
    /// # Errors
    /// `NotFound` if there is no such pool; else the provider's refusal.
    async fn delete_pool(&self, pool: &PoolId) -> Result<()>;
}

#[async_trait]
impl<P: Pools + ?Sized> Pools for Arc<P> {
    fn pools_account(&self) -> AccountKey {
        (**self).pools_account()
    }

    async fn create_pool(&self, setup: &PoolSetup) -> Result<Pool> {
        (**self).create_pool(setup).await
    }

    async fn list_pools(&self, query: &PoolQuery) -> Result<Vec<Pool>> {
        (**self).list_pools(query).await
    }

    async fn add_sender(&self, pool: &PoolId, sender: &Sender) -> Result<()> {
        (**self).add_sender(pool, sender).await
    }

    async fn remove_sender(&self, pool: &PoolId, sender: &Sender) -> Result<()> {
        (**self).remove_sender(pool, sender).await
    }

    async fn senders(&self, pool: &PoolId) -> Result<Vec<Sender>> {
        (**self).senders(pool).await
    }

    async fn delete_pool(&self, pool: &PoolId) -> Result<()> {
        (**self).delete_pool(pool).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_out_of_their_ranges_are_refused() {
        for setup in [
            PoolSetup::new(""),
            PoolSetup::new(" club"),
            PoolSetup::new("é".repeat(65)),
            PoolSetup::new("club").with_validity(Duration::ZERO),
            PoolSetup::new("club").with_validity(Duration::from_secs(36_001)),
            PoolSetup::new("club").with_validity(Duration::from_millis(1_500)),
        ] {
            assert_eq!(setup.check().unwrap_err().kind(), ErrorKind::InvalidRequest);
        }
        PoolSetup::new("é".repeat(64)).with_validity(Duration::from_secs(36_000)).check().unwrap();
    }
}
