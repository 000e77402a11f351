//! [`Suppression`]: a recipient who opted out, of what, when, and how that became known.

use jiff::Timestamp;
use serde::Serialize;

use anysms::{
    AccountId, TenantId,
    message::{Address, Channel, Message, MessageId, PoolId},
    number::PhoneNumber,
};

use crate::{AttemptRecord, Entry};
pub(crate) use anysms::suppression::SuppressionSource;

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
    /// went to no number, or to another than the message names.
    pub(crate) fn refused(entry: &Entry, attempt: &AttemptRecord, now: Timestamp) -> Option<Self> {
        if attempt.redirected {
            return None; // it is of another number
        }
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

    /// Narrows the scope to messages of a campaign; an empty name is none.
    #[must_use]
    pub fn with_campaign(mut self, campaign: impl Into<String>) -> Self {
        self.campaign = Some(campaign.into()).filter(|name| !name.is_empty());
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
