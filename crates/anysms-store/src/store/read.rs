//! Lists, histories and reports.

use anysms::{
    TenantId,
    error::Result,
    message::{Cursor, MessageKey, Page},
};

use super::named;
use crate::{DeliveryStats, Entry, Filter, History, MessageStore, Usage, backend::Backend};

impl<B: Backend> MessageStore<B> {
    /// Returns one page of messages, the latest first, 1 to 1,000 on it.
    ///
    /// ```
    /// use anysms::{Message, PhoneNumber};
    /// use anysms_store::{DeliveryState, Filter, MessageStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = MessageStore::memory();
    /// let to: PhoneNumber = "+447700900123".parse()?;
    /// store.enqueue(&[Message::new(to, "Hello"), Message::new(to, "Hello again")], None).await?;
    /// let page = store.entries(&Filter::new().with_remote(to), 1, None).await?;
    /// assert_eq!(page.items[0].state(), Some(DeliveryState::Pending));
    /// let rest = store.entries(&Filter::new().with_remote(to), 50, page.next.as_ref()).await?;
    /// assert_eq!(rest.items.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// - `InvalidRequest`: the cursor is not of this store and filter.
    /// - `Unavailable`: the store cannot be read.
    pub async fn entries(
        &self,
        filter: &Filter,
        most: u32,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Entry>> {
        self.backend.entries(filter, most.clamp(1, 1_000), cursor).await
    }

    /// Returns a message with its attempts and events; `None` if there is no such message.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be read.
    pub async fn history(
        &self,
        tenant: Option<&TenantId>,
        key: &MessageKey,
    ) -> Result<Option<History>> {
        self.backend.history(&named(tenant, key)).await
    }

    /// Returns counts, failures and delivery times of the outbound messages of a filter.
    ///
    /// ```
    /// use anysms_store::{Filter, MessageStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> anysms::Result<()> {
    /// let stats = MessageStore::memory().delivery_stats(&Filter::new()).await?;
    /// assert_eq!((stats.messages(), stats.delivery_rate()), (0, None));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be read.
    pub async fn delivery_stats(&self, filter: &Filter) -> Result<DeliveryStats> {
        self.backend.delivery_stats(filter).await
    }

    /// Returns messages, segments and costs of what providers accepted, of the messages of a filter.
    ///
    /// ```
    /// use anysms_store::{Filter, MessageStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> anysms::Result<()> {
    /// let usage = MessageStore::memory().usage(&Filter::new()).await?;
    /// assert!(usage.rows.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be read.
    pub async fn usage(&self, filter: &Filter) -> Result<Usage> {
        self.backend.usage(filter).await
    }
}
