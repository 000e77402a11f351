//! [`Route`]: chooses the provider of a message by rules.

use std::{collections::HashSet, fmt};

use async_trait::async_trait;

use crate::{
    account_id::AccountKey,
    error::{Error, ErrorKind, Result},
    layers::provider_set::ProviderSet,
    message::{Message, MessageId, MessageRecord, Page, Query, Receipt, Sender, TenantId},
    number::Region,
    provider::{AccountStatus, Capabilities, SmsProvider},
    provider_id::ProviderId,
};

/// Sends each message to the provider of the first matching rule, in the order in which rules were added,
/// or else to the default provider. With rules for [`tenants`](Self::tenants), a message of any other tenant is
/// refused: it never goes out by another's account.
///
/// Never tries another provider; put a [`Failover`](super::Failover) inside for that. Add each provider
/// only once, or `list` returns its messages twice.
///
/// Send domestic messages through a local provider:
///
/// ```
/// use anysms::{Result, SmsProvider, layers::Route, number::Region};
///
/// fn stack(local: impl SmsProvider, abroad: impl SmsProvider) -> Result<Route> {
///     Route::new(abroad).countries([Region::GB, Region::IM], local)
/// }
/// ```
pub struct Route {
    providers: ProviderSet,
    rules: Vec<Predicate>, // rule 0 belongs to provider 1; provider 0 is the default
    by_tenant: bool,
}

type Predicate = Box<dyn Fn(&Message) -> bool + Send + Sync>;

impl Route {
    /// Creates a route with the provider of messages that no rule matches.
    pub fn new(otherwise: impl SmsProvider) -> Self {
        Self { providers: ProviderSet::new(otherwise), rules: Vec::new(), by_tenant: false }
    }

    /// Returns the provider whose rule matches first, or the default one; `None` if there is none for this
    /// tenant.
    fn chosen(&self, message: &Message) -> Option<&dyn SmsProvider> {
        let rule = self.rules.iter().position(|fits| fits(message));
        let none = rule.is_none() && self.by_tenant && message.tenant().is_some();
        (!none).then(|| self.providers.get(rule.map_or(0, |rule| rule + 1)))
    }

    /// Adds a rule: messages to these countries go to this provider.
    ///
    /// # Errors
    /// As [`when`](Self::when).
    pub fn countries(
        self,
        countries: impl IntoIterator<Item = Region>,
        provider: impl SmsProvider,
    ) -> Result<Self> {
        let countries: Vec<Region> = countries.into_iter().collect();
        let fits = move |message: &Message| {
            let number = message.destination().number();
            number.and_then(|to| to.region()).is_some_and(|to| countries.contains(&to))
        };
        self.when(fits, provider)
    }

    /// Adds a rule: messages from these senders go to this provider.
    ///
    /// # Errors
    /// As [`when`](Self::when).
    pub fn senders(
        self,
        senders: impl IntoIterator<Item = Sender>,
        provider: impl SmsProvider,
    ) -> Result<Self> {
        let senders: Vec<Sender> = senders.into_iter().collect();
        self.when(
            move |message| message.sender().is_some_and(|from| senders.contains(from)),
            provider,
        )
    }

    /// Adds a rule: messages of these tenants go to this provider. From then on, a message of a tenant that no
    /// rule matches is refused as `InvalidRequest`; the default provider has those without a tenant.
    ///
    /// For many tenants with an account each use [`Accounts`](crate::Accounts).
    ///
    /// Give a clinic a provider of its own:
    ///
    /// ```
    /// use anysms::{Result, SmsProvider, TenantId, layers::Route};
    ///
    /// fn stack(own: impl SmsProvider, clinic: TenantId, theirs: impl SmsProvider) -> Result<Route> {
    ///     Route::new(own).tenants([clinic], theirs)
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`when`](Self::when).
    pub fn tenants(
        mut self,
        tenants: impl IntoIterator<Item = TenantId>,
        provider: impl SmsProvider,
    ) -> Result<Self> {
        let tenants: HashSet<TenantId> = tenants.into_iter().collect();
        self.by_tenant = true;
        self.when(
            move |message| message.tenant().is_some_and(|tenant| tenants.contains(tenant)),
            provider,
        )
    }

    /// Adds a rule: messages for which the closure returns `true` go to this provider.
    ///
    /// For rules about tenants use [`tenants`](Self::tenants), which refuses those without a rule.
    ///
    /// Send one-time codes through a premium route:
    ///
    /// ```
    /// use anysms::{MessageClass, Result, SmsProvider, layers::Route};
    ///
    /// fn stack(bulk: impl SmsProvider, premium: impl SmsProvider) -> Result<Route> {
    ///     Route::new(bulk).when(|message| message.class() == MessageClass::OneTimeCode, premium)
    /// }
    /// ```
    ///
    /// # Errors
    /// `Config` if only some of the providers have a suppression list or a store, or one has a guard.
    pub fn when(
        mut self,
        fits: impl Fn(&Message) -> bool + Send + Sync + 'static,
        provider: impl SmsProvider,
    ) -> Result<Self> {
        self.providers.push(provider)?;
        self.rules.push(Box::new(fits));
        Ok(self)
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl SmsProvider for Route {
    /// Returns the id of the default provider.
    fn id(&self) -> ProviderId {
        self.providers.id()
    }

    fn capabilities(&self) -> Capabilities {
        self.providers.capabilities()
    }

    fn account(&self, message: &Message) -> Option<AccountKey> {
        self.chosen(message)?.account(message)
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        let Some(provider) = self.chosen(message) else {
            let error = Error::not_sent(ErrorKind::InvalidRequest).with_provider(self.id());
            return Err(error
                .with_detail("tenant: has no route; add it to Route::tenants")
                .by_layer());
        };
        provider.send(message).await
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

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route").field("providers", &self.providers).finish_non_exhaustive()
    }
}
