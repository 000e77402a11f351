//! Lists, histories and reports.

use anysms::{
    TenantId,
    error::Result,
    message::{Cursor, MessageKey, Page},
};

use super::named;
use crate::{
    DeliveryStats, Entry, EntryId, Filter, History, MessageStore, Usage,
    backend::{Backend, operation::Sweep},
};

impl<B: Backend> MessageStore<B> {
    /// Ends submissions whose leases are over, so that what was interrupted is shown as unconfirmed even where no worker
    /// runs. A store that can only be read shows it as it was.
    pub(super) async fn sweep(&self) {
        if self.backend.has_stale().await.unwrap_or(false) {
            let _ = self.backend.run(Sweep(1_000)).await;
        }
    }

    /// Checks that the store can be read and written: for readiness probes.
    ///
    /// ```
    /// use anysms_store::MessageStore;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> anysms::Result<()> {
    /// MessageStore::memory().ping().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be read or written now.
    pub async fn ping(&self) -> Result<()> {
        self.backend.run(Sweep(1)).await.map(drop)
    }

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
        self.sweep().await;
        self.backend.entries(filter, most.clamp(1, 1_000), cursor).await
    }

    /// Returns at most so many messages that were set aside because their rows cannot be read, with a warning of `tracing`
    /// at the time. Lists leave them out; mend their rows by hand, then [requeue](Self::requeue) them.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be read.
    pub async fn unreadable(&self, most: u32) -> Result<Vec<EntryId>> {
        self.backend.unreadable(most.clamp(1, 1_000)).await
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
        self.sweep().await;
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
        self.sweep().await;
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
