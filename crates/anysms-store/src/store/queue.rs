//! The queue: what is to be sent in the background.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use anysms::{
    TenantId,
    error::Result,
    message::{Message, MessageKey},
};

use super::named;
use crate::{
    AttemptOutcome, Enqueued, MessageStore,
    backend::{
        Backend,
        operation::{Carry, EnqueueAll},
    },
    protocol::operations::{Enqueue, Order},
};

impl<B: Backend> MessageStore<B> {
    /// Enqueues messages for the worker, to be sent at once or at a time, and returns what the entry of each is now, in
    /// order.
    ///
    /// The message's key is the idempotency key: the same message again is the same entry, and is not sent again,
    /// whatever became of it ([`Enqueued::Known`]); its time stays. [`requeue`](Self::requeue) and
    /// [`reschedule`](Self::reschedule) change that on purpose. Claims go by class: codes first, marketing last, and
    /// within a class from tenant to tenant.
    /// A message's own [`with_send_at`](Message::with_send_at) leaves the waiting to the provider, where it can
    /// schedule; with a time here the message waits in the store, where it can be canceled and a suppression stops
    /// it.
    ///
    /// ```
    /// use anysms::{Message, PhoneNumber};
    /// use anysms_store::{Enqueued, MessageStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = MessageStore::memory();
    /// let message = Message::new("+447700900123".parse::<PhoneNumber>()?, "Your table is ready");
    /// let first = store.enqueue(&[message.clone()], None).await?.remove(0)?;
    /// let again = store.enqueue(&[message], None).await?.remove(0)?;
    /// assert_eq!(first, Enqueued::Queued(first.id()));
    /// assert!(matches!(again, Enqueued::Known { id, .. } if id == first.id()));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Of one message: `Conflict` if its key was already used for a different message. Of all: `Unavailable`.
    pub async fn enqueue(
        &self,
        messages: &[Message],
        at: Option<Timestamp>,
    ) -> Result<Vec<Result<Enqueued>>> {
        let messages =
            messages.iter().map(|message| Enqueue { message: message.clone(), at }).collect();
        let ids = self.backend.run(EnqueueAll(messages)).await?;
        self.backend.signal().raise();
        Ok(ids)
    }

    /// Enqueues many messages without keeping them in memory, and returns the places of those that were refused.
    ///
    /// Places count from 0; a message is refused if its key was already used for a different message. Three
    /// transactions of 500 messages run at once. After an error the same messages again go on where it stopped.
    ///
    /// ```
    /// use anysms::{Message, PhoneNumber};
    /// use anysms_store::MessageStore;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = MessageStore::memory();
    /// let to: PhoneNumber = "+447700900123".parse()?;
    /// let mut messages = (0..1_200).map(|_| Message::new(to, "We open at nine tomorrow"));
    /// let refused = store.enqueue_all(&mut messages, None).await?;
    /// assert!(refused.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be written.
    pub async fn enqueue_all(
        &self,
        messages: &mut (dyn Iterator<Item = Message> + Send),
        at: Option<Timestamp>,
    ) -> Result<Vec<u64>> {
        let source = Mutex::new((0, messages));
        let part = || self.enqueue_part(&source, at);
        let parts = tokio::try_join!(part(), part(), part())?;
        let mut refused = [parts.0, parts.1, parts.2].concat();
        refused.sort_unstable();
        Ok(refused)
    }

    /// Enqueues what the other parts leave.
    async fn enqueue_part(&self, source: &Source<'_>, at: Option<Timestamp>) -> Result<Vec<u64>> {
        let mut refused = Vec::new();
        loop {
            let (start, some) = {
                let mut source = source.lock().unwrap_or_else(PoisonError::into_inner);
                let (start, messages) = &mut *source;
                let some: Vec<_> =
                    messages.take(500).map(|message| Enqueue { message, at }).collect();
                let place = *start;
                *start += some.len() as u64;
                (place, some)
            };
            if some.is_empty() {
                return Ok(refused);
            }
            let ids = self.backend.run(EnqueueAll(some)).await?;
            self.backend.signal().raise();
            let places = (start..).zip(ids);
            refused.extend(places.filter(|(_, id)| id.is_err()).map(|(place, _)| place));
        }
    }

    /// Cancels a message that waits in the queue or is a dead letter ([`Stage::Dead`](crate::Stage::Dead)). Returns
    /// `true` if it is canceled: it was not sent and will not be, unless it is [requeued](Self::requeue): a direct send
    /// with its key is refused.
    ///
    /// ```
    /// use anysms::{Message, PhoneNumber};
    /// use anysms_store::MessageStore;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = MessageStore::memory();
    /// let message = Message::new("+447700900123".parse::<PhoneNumber>()?, "See you tomorrow");
    /// store.enqueue(&[message.clone()], None).await?;
    /// assert!(store.cancel_queued(None, message.key()).await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be written.
    pub async fn cancel_queued(&self, tenant: Option<&TenantId>, key: &MessageKey) -> Result<bool> {
        self.backend.run(Carry(named(tenant, key), Order::Cancel)).await
    }

    /// Puts a message back into the queue: a dead letter ([`Stage::Dead`](crate::Stage::Dead)), or one that left the
    /// queue and is proved not to have been sent: failed, expired, canceled, or [settled](Self::settle) as not sent.
    /// Returns `true` if it waits there.
    ///
    /// Not one that was sent directly, which can simply be sent again; and only as long as its text is kept
    /// ([`TextPolicy`](crate::TextPolicy), [`Retention`](crate::Retention)), which that of a one-time code never is.
    ///
    /// ```
    /// use anysms::{Message, PhoneNumber};
    /// use anysms_store::MessageStore;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = MessageStore::memory();
    /// let message = Message::new("+447700900123".parse::<PhoneNumber>()?, "See you tomorrow");
    /// store.enqueue(&[message.clone()], None).await?;
    /// store.cancel_queued(None, message.key()).await?;
    /// assert!(store.requeue(None, message.key()).await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be written.
    pub async fn requeue(&self, tenant: Option<&TenantId>, key: &MessageKey) -> Result<bool> {
        let requeued = self.backend.run(Carry(named(tenant, key), Order::Requeue)).await?;
        self.backend.signal().raise();
        Ok(requeued)
    }

    /// Moves a message that waits in the queue to another time. Returns `true` if it waits there; `false` if it is being
    /// sent, or left the queue.
    ///
    /// A validity counts from the new time.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be written.
    pub async fn reschedule(
        &self,
        tenant: Option<&TenantId>,
        key: &MessageKey,
        at: Timestamp,
    ) -> Result<bool> {
        let moved = self.backend.run(Carry(named(tenant, key), Order::Reschedule(at))).await?;
        self.backend.signal().raise();
        Ok(moved)
    }

    /// Resolves a message's unconfirmed attempts by hand, as accepted or as not sent. Returns `true` if there were
    /// any.
    ///
    /// After "not sent" the key may be sent again. A webhook that comes later and says otherwise is believed.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be written.
    pub async fn settle(
        &self,
        tenant: Option<&TenantId>,
        key: &MessageKey,
        outcome: AttemptOutcome,
    ) -> Result<bool> {
        self.backend.run(Carry(named(tenant, key), Order::Decide(outcome))).await
    }

    /// Moves the store's clock forward, in this process, for tests: leases end, scheduled messages become due, and
    /// the reconciler asks about attempts.
    #[cfg(feature = "testing")]
    pub fn skip(&self, time: std::time::Duration) {
        self.backend.clock().skip(time);
        self.backend.signal().raise();
    }
}

/// Messages that are left to enqueue, and how many were taken.
type Source<'a> = Mutex<(u64, &'a mut (dyn Iterator<Item = Message> + Send))>;
