//! [`Suppression`]: a recipient who opted out, of what, when, and how that became known.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Serialize;

use anysms::{
    AccountId, TenantId,
    error::Result,
    message::{Address, Channel, Message, MessageId, PoolId},
    number::PhoneNumber,
};

use crate::{Entry, MessageStore};
pub(crate) use anysms::suppression::{SuppressionList, SuppressionSource};

/// Recipient who opted out, of everything or within a scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Suppression {
    /// Number of the recipient, on whatever channel.
    pub number: PhoneNumber,
    /// Scope.
    pub scope: SuppressionScope,
    /// Source from which it became known.
    pub source: SuppressionSource,
    /// Time it became known.
    pub at: Timestamp,
    /// Own address to which the recipient said so; `None` where that is not known. A START to another address does not
    /// take it off.
    pub told: Option<Address>,
    /// Time it ends by itself; `None` if it does not. A STOP whose content is not proved ends after an hour, unless the
    /// provider confirms it.
    pub until: Option<Timestamp>,
    /// Inbound message that says so, as long as it is not proved, and the account that has it.
    #[serde(skip)]
    pub(crate) said_by: Option<MessageId>,
    #[serde(skip)]
    pub(crate) account: Option<AccountId>,
}

impl Suppression {
    /// Creates a suppression that stays. Numbers are compared in one canonical form.
    pub(crate) fn new(
        number: PhoneNumber,
        scope: SuppressionScope,
        source: SuppressionSource,
        at: Timestamp,
    ) -> Self {
        let number = number.canonical();
        Self { number, scope, source, at, told: None, until: None, said_by: None, account: None }
    }

    /// Returns the suppression of a recipient whom a provider refused, as having opted out, for a message; `None` if it
    /// went to no number.
    pub(crate) fn refused(entry: &Entry, now: Timestamp) -> Option<Self> {
        let scope = SuppressionScope { tenant: entry.tenant.clone(), ..SuppressionScope::all() };
        let sender = entry.sender.as_ref().filter(|sender| sender.pool().is_none());
        let one = Self::new(entry.remote.number()?, scope, SuppressionSource::Provider, now);
        Some(Self { told: sender.map(Address::from), ..one })
    }

    /// Returns whether it holds at a time.
    pub(crate) fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| until > now)
    }

    /// Returns whether a provider may confirm it.
    pub(crate) fn is_unproved(&self, now: Timestamp) -> bool {
        self.until.is_some() && self.said_by.is_some() && self.holds(now)
    }

    /// Returns whether both are one row.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.number == other.number && self.scope == other.scope && self.told == other.told
    }

    /// Takes in what another one of the same scope says.
    pub(crate) fn join(&mut self, other: &Self) {
        self.source = self.source.max(other.source);
        self.until = self.until.zip(other.until).map(|(a, b)| a.max(b));
        self.said_by =
            other.said_by.clone().or(self.said_by.take()).filter(|_| self.until.is_some());
        self.account = other.account.clone().or(self.account.take());
    }
}

/// Scope of a suppression: everything, or the messages of one tenant, from one sender or pool, on one channel, of one
/// campaign, or of several of these at once.
///
/// ```
/// use anysms::{Message, PhoneNumber};
/// use anysms_store::SuppressionScope;
///
/// let scope = SuppressionScope::all().with_tenant("clinic".parse()?);
/// let message = Message::new("+447700900123".parse::<PhoneNumber>()?, "Hello");
/// assert!(!scope.covers(&message));
/// assert!(scope.covers(&message.with_tenant("clinic".parse()?)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct SuppressionScope {
    /// Tenant whose messages alone are meant.
    pub tenant: Option<TenantId>,
    /// Sender whose messages alone are meant.
    pub sender: Option<Address>,
    /// Pool whose messages alone are meant.
    pub pool: Option<PoolId>,
    /// Channel whose messages alone are meant.
    pub channel: Option<Channel>,
    /// Campaign whose messages alone are meant.
    pub campaign: Option<String>,
}

impl SuppressionScope {
    /// Returns the scope of everything.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Narrows the scope to the messages of a tenant.
    #[must_use]
    pub fn with_tenant(mut self, tenant: TenantId) -> Self {
        self.tenant = Some(tenant);
        self
    }

    /// Narrows the scope to messages from a sender.
    #[must_use]
    pub fn with_sender(mut self, sender: impl Into<Address>) -> Self {
        self.sender = Some(sender.into());
        self
    }

    /// Narrows the scope to messages from a pool of senders.
    #[must_use]
    pub fn with_pool(mut self, pool: PoolId) -> Self {
        self.pool = Some(pool);
        self
    }

    /// Narrows the scope to messages on a channel.
    #[must_use]
    pub const fn with_channel(mut self, channel: Channel) -> Self {
        self.channel = Some(channel);
        self
    }

    /// Narrows the scope to messages of a campaign.
    #[must_use]
    pub fn with_campaign(mut self, campaign: impl Into<String>) -> Self {
        self.campaign = Some(campaign.into());
        self
    }

    /// Returns `true` if the scope covers a message. A message that names no sender, or a pool, may come from any
    /// sender; one that names no sender may come from any pool.
    #[must_use]
    pub fn covers(&self, message: &Message) -> bool {
        let sender = message.sender();
        let one = sender.filter(|sender| sender.pool().is_none()).map(Address::from);
        let pool = sender.map(|sender| sender.pool());
        covers(&self.tenant, &message.tenant().cloned())
            && (self.sender.is_none() || one.is_none() || self.sender == one)
            && (self.pool.is_none() || pool.is_none_or(|pool| pool == self.pool.as_ref()))
            && covers(&self.channel, &Some(message.destination().channel()))
            && covers(&self.campaign, &message.campaign().map(str::to_owned))
    }

    /// Returns whether both may be about the same message.
    pub(crate) fn meets(&self, of: &Self) -> bool {
        covers(&self.tenant, &of.tenant)
            && (of.sender.is_none() || covers(&self.sender, &of.sender))
            && (of.pool.is_none() || covers(&self.pool, &of.pool))
            && (of.channel.is_none() || covers(&self.channel, &of.channel))
            && (of.campaign.is_none() || covers(&self.campaign, &of.campaign))
    }

    /// Returns its parts as tables have them, empty for none: tenant, sender, pool, channel, campaign.
    pub(crate) fn names(&self) -> [String; 5] {
        fn name(part: Option<impl ToString>) -> String {
            part.map(|part| part.to_string()).unwrap_or_default()
        }
        [
            name(self.tenant.as_ref()),
            name(self.sender.as_ref()),
            name(self.pool.as_ref()),
            name(self.channel.map(Channel::as_str)),
            name(self.campaign.as_ref()),
        ]
    }
}

/// Returns whether a part of a scope is not narrowed, or narrowed to this.
fn covers<T: PartialEq>(scope: &Option<T>, of: &Option<T>) -> bool {
    scope.is_none() || scope == of
}

/// A store's suppressions within a scope as the list of [`Suppress`](anysms::layers::Suppress) and of webhooks.
///
/// It is the same list that [`Recorded`](crate::Recorded) looks at before each attempt: `find` finds every
/// suppression that covers the scope, and what is inserted is kept for exactly the scope. Made by
/// [`MessageStore::suppression_list`].
#[derive(Clone)]
pub struct ScopedSuppressionList {
    store: MessageStore,
    scope: SuppressionScope,
}

impl MessageStore {
    /// Returns the store's suppressions within a scope as a list.
    ///
    /// ```
    /// use anysms::{PhoneNumber, suppression::{SuppressionList, SuppressionSource}};
    /// use anysms_store::{MessageStore, SuppressionScope};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let list = MessageStore::memory().suppression_list(SuppressionScope::all());
    /// let number: PhoneNumber = "+447700900123".parse()?;
    /// list.insert(number, SuppressionSource::Manual).await?;
    /// assert_eq!(list.find(number).await?, Some(SuppressionSource::Manual));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn suppression_list(&self, scope: SuppressionScope) -> ScopedSuppressionList {
        ScopedSuppressionList { store: self.clone(), scope }
    }
}

#[async_trait]
impl SuppressionList for ScopedSuppressionList {
    async fn find(&self, number: PhoneNumber) -> Result<Option<SuppressionSource>> {
        let found = self.store.suppressions_of(number).await?;
        let here = found.iter().filter(|one| one.scope.meets(&self.scope));
        Ok(here.map(|one| one.source).max())
    }

    async fn insert(&self, number: PhoneNumber, source: SuppressionSource) -> Result<()> {
        self.store.suppress(number, self.scope.clone(), source).await
    }

    async fn remove(&self, number: PhoneNumber, up_to: SuppressionSource) -> Result<()> {
        self.store.unsuppress(number, self.scope.clone(), up_to).await
    }
}

impl fmt::Debug for ScopedSuppressionList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedSuppressionList").field("scope", &self.scope).finish_non_exhaustive()
    }
}
