//! Who opted out of messages, and how that became known.
//!
//! What belongs here: the contract of a list and its home in memory. The layer that refuses by a list is
//! `layers::Suppress`; a list with scopes that lasts is the message log's.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use crate::{
    error::{ErrorKind, Result},
    number::PhoneNumber,
    text::{Keyword, Keywords},
    webhook::{Authenticity, Event, InboundMessage},
};

/// Who opted out of messages. It holds for every sender and every provider: an opt-out that one provider
/// heard of is not gone round by asking another.
///
/// A list that cannot be read refuses every message: `layers::Suppress` does not guess.
#[async_trait]
pub trait OptOuts: fmt::Debug + Send + Sync + 'static {
    /// Whether this number opted out, and how that became known.
    ///
    /// # Errors
    /// `Unavailable`, not sent, if the list cannot be read now.
    async fn find(&self, number: PhoneNumber) -> Result<Option<OptOutSource>>;

    /// Keeps that this number opted out. Twice is once; of two sources the greater
    /// stays.
    ///
    /// # Errors
    /// `Unavailable` if the list cannot be written now.
    async fn insert(&self, number: PhoneNumber, source: OptOutSource) -> Result<()>;

    /// Keeps that this number may be written to again, unless its opt-out is of a greater source than this.
    ///
    /// # Errors
    /// `Unavailable` if the list cannot be written now.
    async fn remove(&self, number: PhoneNumber, up_to: OptOutSource) -> Result<()>;

    /// Takes from a verified event what it says of opt-outs. STOP, and a delivery report that says so, put a
    /// number on the list. START takes it off if the whole request was signed, and if it was the recipient
    /// who opted out by message: what the program was told otherwise ([`OptOutSource::Manual`]) stays.
    ///
    /// # Errors
    /// Those of the list. Let the webhook answer 500 then, so that the provider calls again.
    async fn learn(&self, event: &Event, keywords: &Keywords) -> Result<()> {
        match event {
            Event::Inbound(message) => match (message.from.number(), message.intent(keywords)) {
                (Some(from), Some(Keyword::OptOut)) => {
                    self.insert(from, OptOutSource::Keyword).await?;
                }
                (Some(from), Some(Keyword::OptIn)) if is_whole(message) => {
                    self.remove(from, OptOutSource::Provider).await?;
                }
                _ => {}
            },
            Event::Status(update) => {
                let opted_out = update.failure.as_ref().map(|failure| failure.kind);
                let to = update.to.as_ref().and_then(|to| to.number());
                if let (Some(to), Some(ErrorKind::OptedOut)) = (to, opted_out) {
                    self.insert(to, OptOutSource::Provider).await?;
                }
            }
            Event::Other(_) => {}
        }
        Ok(())
    }
}

/// An opt-in that could be forged is none.
fn is_whole(message: &InboundMessage) -> bool {
    message.authenticity == Authenticity::Full
}

/// How an opt-out became known. The later in this list, the greater: START does not take back the last.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OptOutSource {
    /// The recipient wrote STOP.
    Keyword,
    /// The provider refused a message because of it.
    Provider,
    /// The program was told, such as by a form or on the phone.
    Manual,
}

/// Opt-outs in memory, gone when the program ends. A clone is the same list.
#[derive(Clone, Default)]
pub struct MemoryOptOuts {
    numbers: Arc<Mutex<HashMap<PhoneNumber, OptOutSource>>>,
}

impl MemoryOptOuts {
    /// An empty list.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PhoneNumber, OptOutSource>> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner) // no change is made in parts
    }
}

#[async_trait]
impl OptOuts for MemoryOptOuts {
    async fn find(&self, number: PhoneNumber) -> Result<Option<OptOutSource>> {
        Ok(self.lock().get(&number).copied())
    }

    async fn insert(&self, number: PhoneNumber, source: OptOutSource) -> Result<()> {
        let mut numbers = self.lock();
        let known = numbers.entry(number).or_insert(source);
        *known = source.max(*known);
        Ok(())
    }

    async fn remove(&self, number: PhoneNumber, up_to: OptOutSource) -> Result<()> {
        let mut numbers = self.lock();
        if numbers.get(&number).is_some_and(|source| *source <= up_to) {
            numbers.remove(&number);
        }
        Ok(())
    }
}

impl fmt::Debug for MemoryOptOuts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryOptOuts").field("len", &self.lock().len()).finish()
    }
}
