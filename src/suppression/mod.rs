//! Suppression: recipients who opted out of messages.
//!
//! What belongs here: the contract of a list, and a list in memory. The layer that refuses by a list is
//! `layers::Suppress`; a list with scopes that lasts is the message store's.

mod memory;

use std::{fmt, time::Duration};

use async_trait::async_trait;

use crate::{
    error::{ErrorKind, Result},
    message::{Address, PoolId, Sender},
    number::PhoneNumber,
    text::{Keyword, Keywords},
    webhook::{Authenticity, Event},
};

pub use memory::MemorySuppressionList;

/// List of recipients who opted out. It holds for every sender, channel and provider: another provider, a pool
/// or WhatsApp does not go round an opt-out.
///
/// Three methods are required. Compare numbers in their [canonical form](PhoneNumber::canonical): a second
/// form of a number is the same recipient. A list that cannot be read refuses every message: `layers::Suppress`
/// does not guess.
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

    /// Takes a number off the list, unless its source is greater than this.
    ///
    /// # Errors
    /// `Unavailable` if the list cannot be written now.
    async fn remove(&self, number: PhoneNumber, up_to: SuppressionSource) -> Result<()>;

    /// Adds a number with what is known of the opt-out. By default [`insert`](Self::insert), whatever sender was
    /// told; and nothing where it is to end by itself ([`OptOutDetails::keep`]), which such a list cannot hold:
    /// what may be forged is not kept for good.
    ///
    /// # Errors
    /// As [`insert`](Self::insert).
    async fn insert_for(
        &self,
        number: PhoneNumber,
        source: SuppressionSource,
        details: &OptOutDetails,
    ) -> Result<()> {
        if details.keep.is_some() {
            return Ok(());
        }
        self.insert(number, source).await
    }

    /// Takes back what one sender was told, after a START to that sender, and nothing that another was told
    /// ([`OptOutDetails::is_taken_back_by`]). By default nothing: a list that does not remember the senders
    /// cannot tell what the others were told.
    ///
    /// # Errors
    /// As [`remove`](Self::remove).
    async fn remove_for(
        &self,
        number: PhoneNumber,
        up_to: SuppressionSource,
        details: &OptOutDetails,
    ) -> Result<()> {
        let _ = (number, up_to, details);
        Ok(())
    }

    /// Learns opt-outs from a verified event. STOP, and a delivery report that says so, put a number on the
    /// list; for an hour if only the address of the request was signed, as anybody may have written its
    /// content. START takes back what its sender was told if the whole request was signed, and if the recipient
    /// opted out by message: what the program was told otherwise ([`SuppressionSource::Manual`]) stays. Numbers
    /// are passed on in their canonical form.
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
        let forgeable = event.authenticity() != Authenticity::Full;
        let details = |address, pool: &Option<PoolId>| OptOutDetails {
            address,
            pool: pool.clone(),
            keep: forgeable.then_some(UNPROVED),
        };
        match event {
            Event::Inbound(message) => {
                let Some(from) = message.from.number().map(PhoneNumber::canonical) else {
                    return Ok(());
                };
                let details = details(Some(message.to.clone()), &message.pool);
                match message.intent(keywords) {
                    Some(Keyword::OptOut) => {
                        self.insert_for(from, SuppressionSource::Keyword, &details).await
                    }
                    Some(Keyword::OptIn) if !forgeable => {
                        self.remove_for(from, SuppressionSource::Provider, &details).await
                    }
                    _ => Ok(()),
                }
            }
            Event::Status(update) => {
                let failure = update.failure.as_ref().map(|failure| failure.kind);
                let to = update.to.as_ref().and_then(Address::number).map(PhoneNumber::canonical);
                let Some(to) = to.filter(|_| failure == Some(ErrorKind::OptedOut)) else {
                    return Ok(());
                };
                let details = details(update.from.clone(), &update.pool);
                self.insert_for(to, SuppressionSource::Provider, &details).await
            }
            Event::Other(_) => Ok(()),
        }
    }
}

/// Time for which an opt-out counts that may be forged.
const UNPROVED: Duration = Duration::from_secs(60 * 60);

/// Known circumstances of an opt-out: the sender of yours that was told, and its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct OptOutDetails {
    /// Address of yours that the recipient wrote to, or that a refused message came from.
    pub address: Option<Address>,
    /// Pool to which that address belongs, or from which the provider picks.
    pub pool: Option<PoolId>,
    /// Time after which it ends, unless it is learned again; `None` for good.
    pub keep: Option<Duration>,
}

impl OptOutDetails {
    /// Returns `true` if a START with these details takes this opt-out back: it went to the same address, or to
    /// the pool of which only the pool is known here. An opt-out of which nothing is known is taken back by any.
    #[must_use]
    pub fn is_taken_back_by(&self, start: &Self) -> bool {
        match (&self.address, &self.pool) {
            (Some(_), _) => self.address == start.address,
            (None, Some(_)) => self.pool == start.pool,
            (None, None) => true,
        }
    }

    fn is_same_sender(&self, other: &Self) -> bool {
        (&self.address, &self.pool) == (&other.address, &other.pool)
    }
}

impl From<&Sender> for OptOutDetails {
    /// Names the sender of a message that was refused.
    fn from(sender: &Sender) -> Self {
        let address = (!matches!(sender, Sender::Pool(_))).then(|| Address::from(sender));
        Self { address, pool: sender.pool().cloned(), keep: None }
    }
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
