//! [`ScopedSuppressionList`]: the store's suppressions as the list of a layer.

use std::fmt;

use async_trait::async_trait;

use anysms::{
    PhoneNumber,
    error::Result,
    suppression::{OptOutDetails, SuppressionList, SuppressionSource},
};

use crate::{
    MessageStore, Suppression, SuppressionScope,
    backend::{
        RawBackend,
        operation::{Suppress, Unsuppress},
    },
    model::policy::{indexable, storable_scope},
};

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

    async fn insert_for(
        &self,
        number: PhoneNumber,
        source: SuppressionSource,
        details: &OptOutDetails,
    ) -> Result<()> {
        storable_scope(&self.scope)?;
        let now = self.store.backend.clock().now();
        let mut one = Suppression::new(number, self.scope.clone(), source, now);
        one.told = details.address.as_ref().map(indexable);
        one.until = details.keep.and_then(|keep| now.checked_add(keep).ok());
        self.store.backend.run(Suppress(one)).await
    }

    async fn remove_for(
        &self,
        number: PhoneNumber,
        up_to: SuppressionSource,
        details: &OptOutDetails,
    ) -> Result<()> {
        let told = details.address.as_ref().map(indexable);
        if told.is_none() {
            return Ok(()); // it is not known to whom it was said
        }
        self.store.backend.run(Unsuppress(number, self.scope.clone(), up_to, told)).await
    }
}

impl fmt::Debug for ScopedSuppressionList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedSuppressionList").field("scope", &self.scope).finish_non_exhaustive()
    }
}
