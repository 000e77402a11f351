//! Suppression: recipients who opted out of messages.
//!
//! What belongs here: the contract of a list and its home in memory. The layer that refuses by a list is
//! `layers::Suppress`; a list with scopes that lasts is the message log's.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;

use crate::{
    error::{ErrorKind, Result},
    number::PhoneNumber,
    text::{Keyword, Keywords},
    webhook::{Authenticity, Event},
};

/// List of recipients who opted out. It holds for every sender and every provider: asking another provider
/// does not go round an opt-out.
///
/// A list that cannot be read refuses every message: `layers::Suppress` does not guess.
///
/// Let nobody but the testers receive messages in staging:
///
/// ```
/// use anysms::{PhoneNumber, Result, async_trait};
/// use anysms::suppression::{SuppressionList, SuppressionSource as Source};
///
/// #[derive(Debug)]
/// struct AllBut(Vec<PhoneNumber>);
///
/// #[async_trait]
/// impl SuppressionList for AllBut {
///     async fn find(&self, number: PhoneNumber) -> Result<Option<Source>> {
///         Ok((!self.0.contains(&number)).then_some(Source::Manual))
///     }
///     async fn insert(&self, _: PhoneNumber, _: Source) -> Result<()> { Ok(()) }
///     async fn remove(&self, _: PhoneNumber, _: Source) -> Result<()> { Ok(()) }
/// }
/// ```
#[async_trait]
pub trait SuppressionList: fmt::Debug + Send + Sync + 'static {
    /// Returns how the opt-out of this number became known; `None` if it did not opt out.
    ///
    /// # Errors
    /// `Unavailable`, not sent, if the list cannot be read now.
    async fn find(&self, number: PhoneNumber) -> Result<Option<SuppressionSource>>;

    /// Adds a number to the list. Twice is once; of two sources the greater stays.
    ///
    /// # Errors
    /// `Unavailable` if the list cannot be written now.
    async fn insert(&self, number: PhoneNumber, source: SuppressionSource) -> Result<()>;

    /// Adds a number to the list for this time at most: for what is not proved. A longer entry stays as it is. A
    /// list that cannot forget by itself does nothing, as it does by default: what is not proved must not stay.
    ///
    /// # Errors
    /// `Unavailable` if the list cannot be written now.
    async fn insert_for(
        &self,
        number: PhoneNumber,
        source: SuppressionSource,
        time: Duration,
    ) -> Result<()> {
        let _ = (number, source, time);
        Ok(())
    }

    /// Takes a number off the list, unless its source is greater than this.
    ///
    /// # Errors
    /// `Unavailable` if the list cannot be written now.
    async fn remove(&self, number: PhoneNumber, up_to: SuppressionSource) -> Result<()>;

    /// Learns opt-outs from a verified event. STOP, and a delivery report that says so, put a number on the
    /// list. START takes it off if the recipient opted out by message: what the program was told otherwise
    /// ([`SuppressionSource::Manual`]) stays.
    ///
    /// Of a request that was signed in its address alone ([`Authenticity::UrlOnly`]) anybody may have written the
    /// rest, so START does nothing, and an opt-out holds for an hour ([`insert_for`](Self::insert_for)): look the
    /// message up at the provider meanwhile, and [insert](Self::insert) the number if it is true.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use anysms::suppression::{MemorySuppressionList, SuppressionList, SuppressionSource};
    /// use anysms::{text::Keywords, webhook::{Authenticity, Event, InboundMessage}};
    ///
    /// let (list, from) = (MemorySuppressionList::new(), "+447700900123");
    /// let ends = (from.parse()?, "+15555550100".parse()?);
    /// let stop = InboundMessage::new("acme:1".parse()?, ends, "Stop".into(), Authenticity::Full);
    /// list.learn(&Event::Inbound(stop), &Keywords::default()).await?;
    /// assert_eq!(list.find(from.parse()?).await?, Some(SuppressionSource::Keyword));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of the list. Let the webhook answer 500 then, so that the provider calls again.
    async fn learn(&self, event: &Event, keywords: &Keywords) -> Result<()> {
        match event {
            Event::Inbound(message) => match (message.from.number(), message.intent(keywords)) {
                (Some(from), Some(Keyword::OptOut)) => {
                    opt_out(self, from, SuppressionSource::Keyword, event).await?;
                }
                (Some(from), Some(Keyword::OptIn)) if is_whole(event) => {
                    self.remove(from, SuppressionSource::Provider).await?;
                }
                _ => {}
            },
            Event::Status(update) => {
                let opted_out = update.failure.as_ref().map(|failure| failure.kind);
                let to = update.to.as_ref().and_then(|to| to.number());
                if let (Some(to), Some(ErrorKind::OptedOut)) = (to, opted_out) {
                    opt_out(self, to, SuppressionSource::Provider, event).await?;
                }
            }
            Event::Other(_) => {}
        }
        Ok(())
    }
}

/// Time for which an opt-out holds that could be forged.
const UNPROVED: Duration = Duration::from_secs(60 * 60);

/// Adds a number to a list, for as long as the event is proof of it.
async fn opt_out<L: SuppressionList + ?Sized>(
    list: &L,
    number: PhoneNumber,
    source: SuppressionSource,
    event: &Event,
) -> Result<()> {
    if is_whole(event) {
        list.insert(number, source).await
    } else {
        list.insert_for(number, source, UNPROVED).await
    }
}

/// Returns whether the whole request was signed: an opt-in that could be forged is none.
fn is_whole(event: &Event) -> bool {
    event.authenticity() == Authenticity::Full
}

/// Source of a suppression. A later variant is the greater: START does not take back
/// [`Manual`](Self::Manual).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SuppressionSource {
    /// The recipient wrote STOP.
    Keyword,
    /// The provider refused a message because of it.
    Provider,
    /// The program was told, such as by a form or on the phone.
    Manual,
}

/// Suppression list in memory, gone when the program ends. A clone is the same list.
///
/// Refuse messages to a recipient who asked for it on the phone:
///
/// ```
/// # #[cfg(feature = "layers")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
///
/// use anysms::{Accounts, ErrorKind, Message, PhoneNumber, SmsProvider, layers::LayerExt};
/// use anysms::suppression::{MemorySuppressionList, SuppressionList, SuppressionSource};
///
/// let to: PhoneNumber = "+447700900123".parse()?;
/// let list = Arc::new(MemorySuppressionList::new());
/// list.insert(to, SuppressionSource::Manual).await?;
/// let sms = Accounts::new().suppress(list)?; // or any other provider
/// let error = sms.send(&Message::new(to, "Hello")).await.unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::OptedOut);
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "layers"))]
/// # fn main() {}
/// ```
#[derive(Clone, Default)]
pub struct MemorySuppressionList {
    numbers: Arc<Mutex<Numbers>>,
}

/// Numbers, each with the source of its suppression.
#[derive(Default)]
struct Numbers {
    lasting: HashMap<PhoneNumber, SuppressionSource>,
    /// Numbers that are not proved, and when their entries end.
    passing: HashMap<PhoneNumber, (SuppressionSource, Instant)>,
}

/// Most numbers that are not proved at one time: whoever forges them has as many as they like.
const MAX_PASSING: usize = 10_000;

impl MemorySuppressionList {
    /// Creates an empty list.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Numbers> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner) // no change is made in parts
    }
}

#[async_trait]
impl SuppressionList for MemorySuppressionList {
    async fn find(&self, number: PhoneNumber) -> Result<Option<SuppressionSource>> {
        let numbers = self.lock();
        let passing = || numbers.passing.get(&number).filter(|(_, end)| Instant::now() < *end);
        Ok(numbers.lasting.get(&number).copied().or_else(|| passing().map(|(source, _)| *source)))
    }

    async fn insert(&self, number: PhoneNumber, source: SuppressionSource) -> Result<()> {
        let mut numbers = self.lock();
        let known = numbers.lasting.entry(number).or_insert(source);
        *known = source.max(*known);
        Ok(())
    }

    async fn insert_for(
        &self,
        number: PhoneNumber,
        source: SuppressionSource,
        time: Duration,
    ) -> Result<()> {
        let (now, passing) = (Instant::now(), &mut self.lock().passing);
        let Some(end) = now.checked_add(time) else { return Ok(()) };
        if passing.len() >= MAX_PASSING {
            passing.retain(|_, (_, end)| now < *end);
        }
        if passing.len() < MAX_PASSING {
            let known = passing.entry(number).or_insert((source, end));
            *known = (source.max(known.0), end.max(known.1));
        }
        Ok(())
    }

    async fn remove(&self, number: PhoneNumber, up_to: SuppressionSource) -> Result<()> {
        let mut numbers = self.lock();
        if numbers.lasting.get(&number).is_some_and(|source| *source <= up_to) {
            numbers.lasting.remove(&number);
        }
        if numbers.passing.get(&number).is_some_and(|(source, _)| *source <= up_to) {
            numbers.passing.remove(&number);
        }
        Ok(())
    }
}

impl fmt::Debug for MemorySuppressionList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemorySuppressionList").field("len", &self.lock().lasting.len()).finish()
    }
}
