//! [`MessageStore`]: the store and its methods.
//!
//! What belongs here: the public methods, a file for each part of the work (`queue`, `record`, `read`, `forget`,
//! `suppress`, `threads`), and how a store is opened (`open`). What they do is in `protocol`; how it is kept, in `backend`.

mod costs;
mod forget;
mod open;
mod prices;
mod queue;
mod read;
mod record;
mod suppress;
mod suppression_list;
mod threads;
mod unfinished;
mod verify;

use anysms::{TenantId, message::MessageKey};

pub use prices::StorePriceCache;
pub use suppression_list::ScopedSuppressionList;

use crate::backend::{AnyBackend, Backend};
use crate::protocol::transaction::Named;

/// Store of messages: the intent to send, the outcome, every status that a webhook brings, and the queue.
///
/// A clone is the same store. Opened by [`memory`](MessageStore::memory), `sqlite` or `postgres`; all keep the
/// same promises, and one suite of tests holds them to it. A message is named by its tenant and its key; `None`
/// is the tenant of messages that have none.
///
/// ```
/// use anysms::{Message, PhoneNumber};
/// use anysms_store::{MessageStore, Progress};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MessageStore::memory();
/// let to: PhoneNumber = "+447700900123".parse()?;
/// let message = Message::new(to, "Your table is ready").with_key("order-17".parse()?);
/// store.enqueue(&[message.clone()], None).await?;
///
/// let history = store.history(None, message.key()).await?.expect("it was queued");
/// assert_eq!(history.entry.status, Some(Progress::Prepared));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every method may fail as `Unavailable` where the backend cannot be read or written now, and as `Other` where the
/// database refuses a statement or a row cannot be read. The outcome of a failed write says whether it may have
/// been made; every write may be repeated and has its effect once.
#[derive(Clone, Debug)]
pub struct MessageStore<B: Backend = AnyBackend> {
    pub(crate) backend: B,
}

fn named(tenant: Option<&TenantId>, key: &MessageKey) -> Named {
    (tenant.cloned(), key.clone())
}
