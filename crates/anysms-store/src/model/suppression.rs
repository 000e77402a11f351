//! [`Suppression`]: a recipient who opted out, of what, when, and how that became known.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Serialize;

use anysms::{
    TenantId,
    error::Result,
    message::{Address, Message},
    number::PhoneNumber,
};

use crate::MessageStore;
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
}

/// Scope of a suppression: everything, one tenant's messages, or those from one sender.
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

    /// Returns `true` if the scope covers a message. A message that names no sender, or a pool, may come from any.
    #[must_use]
    pub fn covers(&self, message: &Message) -> bool {
        let named = message.sender().filter(|sender| sender.pool().is_none());
        self.meets(&Self { tenant: message.tenant().cloned(), sender: named.map(Address::from) })
    }

    /// Returns whether both may be about the same message.
    pub(crate) fn meets(&self, of: &Self) -> bool {
        let tenant = self.tenant.is_none() || self.tenant == of.tenant;
        let sender = self.sender.is_none() || of.sender.is_none() || self.sender == of.sender;
        tenant && sender
    }

    /// Returns the tenant's name, empty for none, as tables have it.
    pub(crate) fn tenant_name(&self) -> &str {
        self.tenant.as_ref().map_or("", TenantId::as_str)
    }

    /// Returns the sender, empty for none, as tables have it.
    pub(crate) fn sender_name(&self) -> String {
        self.sender.as_ref().map(ToString::to_string).unwrap_or_default()
    }
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
        Ok(found.iter().filter(|one| one.scope.meets(&self.scope)).map(|one| one.source).max())
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
