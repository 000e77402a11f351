//! Records the events of webhooks.

use anysms::{
    TenantId,
    error::Result,
    message::MessageId,
    webhook::{InboundMessage, StatusUpdate},
};

use crate::{
    Applied, AttemptToken, EntryId, MessageStore, StatusEvent,
    backend::{
        Backend,
        operation::{CountIds, Insert, MarkRead},
    },
};

impl<B: Backend> MessageStore<B> {
    /// Writes a status of a verified webhook down and applies it to its message, in whatever order statuses come.
    ///
    /// The token is the last segment of the callback's path, where [`Recorded`](crate::Recorded) put one there.
    ///
    /// ```
    /// use anysms::{MessageId, MessageStatus, ProviderId, webhook::{Authenticity, StatusUpdate}};
    /// use anysms_store::MessageStore;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = MessageStore::memory();
    /// let id = MessageId::new(ProviderId::from_static("acme"), "A1")?;
    /// let update = StatusUpdate::new(id, MessageStatus::Delivered, None, Authenticity::Full);
    /// let applied = store.record_status(&update, None).await?;
    /// assert!(applied.message.is_none(), "the message is not known yet; the event waits for it");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be written. Answer the webhook with 503, so that the provider calls again.
    pub async fn record_status(
        &self,
        update: &StatusUpdate,
        token: Option<AttemptToken>,
    ) -> Result<Applied> {
        self.backend.run(StatusEvent::of(update, token, self.backend.clock().now())).await
    }

    /// Writes a message of a verified webhook down, for the tenant to whom the address belongs. Returns its id, or
    /// `None` if it was written before.
    ///
    /// A STOP in it is not acted on; [`ingest`](Self::ingest) does both.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be written.
    pub async fn record_inbound(
        &self,
        message: &InboundMessage,
        tenant: Option<&TenantId>,
    ) -> Result<Option<EntryId>> {
        let now = self.backend.clock().now();
        let entry = self.backend.policy().inbound(message, tenant, now);
        self.backend.run(Insert(Box::new(entry))).await
    }

    /// Returns `true` if an attempt has this provider's id.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be read.
    pub async fn knows(&self, id: &MessageId) -> Result<bool> {
        Ok(self.backend.run(CountIds(vec![id.clone()])).await? > 0)
    }

    /// Marks inbound messages as read and returns how many were not before.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be written.
    pub async fn mark_read(&self, entries: &[EntryId]) -> Result<u64> {
        self.backend.run(MarkRead(entries.to_vec())).await
    }
}
