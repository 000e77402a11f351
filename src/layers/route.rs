//! [`Route`]: which provider a message goes to, by rules.

use std::fmt;

use async_trait::async_trait;

use crate::{
    account_id::AccountKey,
    error::Result,
    layers::provider_set::Members,
    message::{Message, MessageId, MessageRecord, Page, Query, Receipt, Sender},
    number::Region,
    provider::{AccountStatus, Capabilities, SmsProvider},
    provider_id::ProviderId,
};

/// Sends each message to the provider of the first rule that fits it, in the order in which the rules were
/// given, and else to the one that began. It never tries another: that is what a `Failover` inside of it is
/// for. Give each provider once, with all that it is for, so that lists have no message twice.
///
/// ```
/// use anysms::{Result, SmsProvider, layers::Route, number::Region};
///
/// fn stack(local: impl SmsProvider, abroad: impl SmsProvider) -> Result<Route> {
///     Route::new(abroad).countries([Region::GB, Region::IM], local)
/// }
/// ```
pub struct Route {
    members: Members,
    rules: Vec<Rule>, // the provider of the first rule is the second member
}

type Rule = Box<dyn Fn(&Message) -> bool + Send + Sync>;

impl Route {
    /// Begins with the provider for whatever no rule fits.
    pub fn new(otherwise: impl SmsProvider) -> Self {
        Self { members: Members::new(otherwise), rules: Vec::new() }
    }

    /// Returns the place of the provider whose rule fits first.
    fn chosen(&self, message: &Message) -> usize {
        self.rules.iter().position(|fits| fits(message)).map_or(0, |rule| rule + 1)
    }

    /// Messages to these countries go to this provider.
    ///
    /// # Errors
    /// Those of [`when`](Self::when).
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

    /// Messages from these senders go to this provider.
    ///
    /// # Errors
    /// Those of [`when`](Self::when).
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

    /// Messages of which the closure says so go to this provider.
    ///
    /// # Errors
    /// `Config` if a list of opt-outs stands around some of the providers and not around all, or a guard
    /// around any of them.
    pub fn when(
        mut self,
        fits: impl Fn(&Message) -> bool + Send + Sync + 'static,
        provider: impl SmsProvider,
    ) -> Result<Self> {
        self.members.push(provider)?;
        self.rules.push(Box::new(fits));
        Ok(self)
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl SmsProvider for Route {
    /// That of the provider that began.
    fn id(&self) -> ProviderId {
        self.members.id()
    }

    fn capabilities(&self) -> Capabilities {
        self.members.capabilities()
    }

    fn account(&self, message: &Message) -> Option<AccountKey> {
        self.members.get(self.chosen(message)).account(message)
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        self.members.get(self.chosen(message)).send(message).await
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

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route").field("members", &self.members).finish_non_exhaustive()
    }
}
