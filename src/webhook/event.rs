//! [`Event`]: a provider's news, read from a webhook.

use std::{fmt, net::IpAddr, num::ParseIntError, str::FromStr};

use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{
    account_id::AccountKey,
    message::{
        AccountId, Address, DeliveryFailure, Extra, MessageId, MessageStatus, Money, PoolId, Text,
        WebUrl,
    },
    provider_id::ProviderId,
    text::{Keyword, Keywords},
    webhook::{Authenticity, FieldIssue},
};

/// News from a provider, read from a verified webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// Something became of a message you sent.
    Status(StatusUpdate),
    /// Someone sent you a message.
    Inbound(InboundMessage),
    /// An authentic request of a kind this crate does not read.
    Other(OtherEvent),
}

impl Event {
    /// Returns the event's id.
    #[must_use]
    pub const fn id(&self) -> &EventId {
        match self {
            Self::Status(update) => &update.id,
            Self::Inbound(message) => &message.id,
            Self::Other(other) => &other.id,
        }
    }

    /// Returns the vendor's id of the account; `None` if the request does not say it.
    pub(super) fn account(&self) -> Option<&str> {
        let account = match self {
            Self::Status(update) => update.account.as_ref(),
            Self::Inbound(message) => message.account.as_ref(),
            Self::Other(_) => None,
        };
        account.map(AccountId::as_str)
    }

    /// Returns the provider.
    pub(super) fn provider(&self) -> &ProviderId {
        match self {
            Self::Status(update) => update.message.provider(),
            Self::Inbound(message) => message.message.provider(),
            Self::Other(other) => &other.provider,
        }
    }

    /// Returns the account that the event speaks of; `None` where the request names none.
    #[must_use]
    pub fn account_key(&self) -> Option<AccountKey> {
        let (provider, account) = match self {
            Self::Status(update) => (update.message.provider(), update.account.as_ref()),
            Self::Inbound(message) => (message.message.provider(), message.account.as_ref()),
            Self::Other(_) => return None,
        };
        Some(AccountKey::new(provider.clone(), account?.clone()))
    }

    /// Returns the extent of the signature over the request.
    #[must_use]
    pub const fn authenticity(&self) -> Authenticity {
        match self {
            Self::Status(update) => update.authenticity,
            Self::Inbound(message) => message.authenticity,
            Self::Other(other) => other.authenticity,
        }
    }
}

/// New status of a message you sent.
///
/// Providers promise neither order nor uniqueness: an old status may come after a new one, and
/// the same one several times with the same [`EventId`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StatusUpdate {
    /// The same for every delivery of this news.
    pub id: EventId,
    /// Extent of the signature over the request.
    pub authenticity: Authenticity,
    /// The provider's id of the message.
    pub message: MessageId,
    /// Its status now.
    pub status: MessageStatus,
    /// Reason why it did not arrive; `None` if the request gives none.
    pub failure: Option<DeliveryFailure>,
    /// The vendor's id of the account.
    pub account: Option<AccountId>,
    /// Sender's address.
    pub from: Option<Address>,
    /// Recipient's address.
    pub to: Option<Address>,
    /// The pool the sender was picked from.
    pub pool: Option<PoolId>,
    /// Number of segments billed.
    pub segments: Option<u32>,
    /// Price of the message.
    pub price: Option<Money>,
    /// The vendor's count of this message's news, where it counts.
    pub sequence: Option<u32>,
    /// The address the send came from, where the vendor says. One that is not yours means that
    /// somebody else has your credentials.
    pub requester: Option<IpAddr>,
    /// Time at which it happened, where the vendor says.
    pub at: Option<Timestamp>,
    /// Fields that could not be read; the news stands without them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub issues: Vec<FieldIssue>,
    /// Fields of the vendor that have no place above, or that could not be read.
    pub extra: Extra,
}

impl StatusUpdate {
    /// News of a message. The id follows from the message, the status and the failure's code.
    #[must_use]
    pub fn new(
        message: MessageId,
        status: MessageStatus,
        failure: Option<DeliveryFailure>,
        authenticity: Authenticity,
    ) -> Self {
        let code = failure.as_ref().map_or("", |failure| failure.code.as_str());
        let (provider, value) = (message.provider(), message.value());
        let id = EventId::of(provider, ["status", value, status.as_str(), code]);
        Self {
            id,
            authenticity,
            message,
            status,
            failure,
            account: None,
            from: None,
            to: None,
            pool: None,
            segments: None,
            price: None,
            sequence: None,
            requester: None,
            at: None,
            issues: Vec::new(),
            extra: Extra::default(),
        }
    }
}

/// A message someone sent you.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct InboundMessage {
    /// The same for every delivery of this message.
    pub id: EventId,
    /// Extent of the signature over the request.
    pub authenticity: Authenticity,
    /// The provider's id of the message.
    pub message: MessageId,
    /// The vendor's id of the account.
    pub account: Option<AccountId>,
    /// Sender's address; [`Address::Other`] with an empty text, and an [issue](Self::issues), if the request does
    /// not say it.
    pub from: Address,
    /// Your address that it came to.
    pub to: Address,
    /// The pool that address belongs to.
    pub pool: Option<PoolId>,
    /// The text; empty where there is only media.
    pub text: Text,
    /// The media.
    pub media: Vec<InboundMedia>,
    /// Number of segments it came in.
    pub segments: Option<u32>,
    /// Keyword that the vendor took it for. [`intent`](Self::intent) reads the text as well.
    pub keyword: Option<Keyword>,
    /// Place where the sender's number is registered, not where the sender is.
    pub from_geography: Option<Geography>,
    /// Place where your number is registered.
    pub to_geography: Option<Geography>,
    /// Fields that could not be read; the message stands without them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub issues: Vec<FieldIssue>,
    /// Fields of the vendor that have no place above, or that could not be read.
    pub extra: Extra,
}

impl InboundMessage {
    /// Creates a message from one address to another. The id follows from the message's own.
    #[must_use]
    pub fn new(
        message: MessageId,
        (from, to): (Address, Address),
        text: Text,
        authenticity: Authenticity,
    ) -> Self {
        Self {
            id: EventId::of(message.provider(), ["inbound", message.value()]),
            authenticity,
            message,
            account: None,
            from,
            to,
            pool: None,
            text,
            media: Vec::new(),
            segments: None,
            keyword: None,
            from_geography: None,
            to_geography: None,
            issues: Vec::new(),
            extra: Extra::default(),
        }
    }

    /// Returns the keyword that the message asks for: the vendor's own finding, else the keyword that its
    /// text is; `None` if it is neither.
    ///
    /// Most vendors' flags depend on a setting, so the text is what to go by, and the flag knows the
    /// words that were set up there. Look at the [authenticity](Self::authenticity) before an opt-in.
    #[must_use]
    pub fn intent(&self, keywords: &Keywords) -> Option<Keyword> {
        self.keyword.or_else(|| keywords.find(&self.text))
    }
}

/// A file of an inbound message. `Debug` shows neither its path nor its type, which the sender chose.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct InboundMedia {
    /// Address from which it can be fetched.
    pub url: WebUrl,
    /// Its media type, where the vendor says.
    pub content_type: Option<String>,
}

impl InboundMedia {
    /// Creates a file at an address.
    #[must_use]
    pub const fn new(url: WebUrl, content_type: Option<String>) -> Self {
        Self { url, content_type }
    }
}

impl fmt::Debug for InboundMedia {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InboundMedia").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Place where a number is registered. Mostly known for the United States and Canada. `Debug` hides it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Geography {
    /// ISO 3166-1 alpha-2, such as `US`.
    pub country: Option<Text>,
    /// The state or province.
    pub state: Option<Text>,
    /// The city.
    pub city: Option<Text>,
    /// The postal code.
    pub zip: Option<Text>,
}

/// An authentic request of a kind this crate does not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OtherEvent {
    /// The same for every delivery of the same content.
    pub id: EventId,
    /// Extent of the signature over the request.
    pub authenticity: Authenticity,
    /// Provider whose event it is.
    pub provider: ProviderId,
    /// All its fields.
    pub fields: Extra,
}

impl OtherEvent {
    /// Creates a request of which only the fields are known. The id follows from them, in any order.
    #[must_use]
    pub fn new(provider: ProviderId, fields: Extra, authenticity: Authenticity) -> Self {
        let mut sorted: Vec<_> = fields.iter().collect();
        sorted.sort_unstable();
        let parts = sorted.iter().flat_map(|(name, value)| [*name, *value]);
        let id = EventId::of(&provider, std::iter::once("other").chain(parts));
        Self { id, authenticity, provider, fields }
    }
}

/// An event's id, derived from what it says: the same news has the same id however often it comes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(u128);

impl EventId {
    /// Creates the id as the first half of SHA-256 over the parts, each with its length before it.
    pub(super) fn of<P: AsRef<[u8]>>(
        provider: &ProviderId,
        parts: impl IntoIterator<Item = P>,
    ) -> Self {
        let mut text = Vec::with_capacity(128);
        let mut add = |part: &[u8]| {
            text.extend_from_slice(&(part.len() as u64).to_be_bytes());
            text.extend_from_slice(part);
        };
        add(provider.as_str().as_bytes());
        parts.into_iter().for_each(|part| add(part.as_ref()));
        let digest = Sha256::digest(&text);
        Self(u128::from_be_bytes(std::array::from_fn(|at| digest[at])))
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventId({self})")
    }
}

impl FromStr for EventId {
    type Err = ParseIntError;

    /// Reads what `Display` writes: 32 hex digits.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // A text of another length is read as none, for its error.
        let digits = text.len() == 32 && !text.starts_with('+');
        u128::from_str_radix(if digits { text } else { "" }, 16).map(Self)
    }
}

serde_as_text!(EventId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written() {
        let id = EventId::of(&ProviderId::from_static("acme"), ["1"]);
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in ["", "1", "+0000000000000000000000000000001", &"f".repeat(33), &"g".repeat(32)]
        {
            assert!(text.parse::<EventId>().is_err(), "{text}");
        }
    }
}
