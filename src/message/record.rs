//! [`MessageRecord`]: a provider's record of a message.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    error::ErrorKind,
    message::{
        AccountId, Address, Extra, MessageId, MessageStatus, Money, PoolId, Text, UNREADABLE,
        WebUrl, word,
    },
};

/// A provider's record of a message. Everything but the id and the status may be missing.
///
/// Add up the prices of a list:
///
/// ```
/// use anysms::{Decimal, MessageRecord, MessageStatus};
///
/// fn cost(records: &[MessageRecord]) -> Decimal {
///     records.iter().filter_map(|record| record.price).map(|price| price.amount).sum()
/// }
/// let mut record = MessageRecord::new("twilio:SM1".parse()?, MessageStatus::Delivered);
/// record.price = Some("0.00750 USD".parse()?);
/// assert_eq!(cost(&[record.clone(), record]).to_string(), "0.01500");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MessageRecord {
    /// The provider's id.
    pub id: MessageId,
    /// Account it belongs to, where the provider says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// Status.
    pub status: MessageStatus,
    /// Direction.
    pub direction: Option<Direction>,
    /// Sender's address.
    pub from: Option<Address>,
    /// Recipient's address.
    pub to: Option<Address>,
    /// The pool the sender was picked from.
    pub pool: Option<PoolId>,
    /// The text, where the provider keeps it.
    pub text: Option<Text>,
    /// Number of segments billed.
    pub segments: Option<u32>,
    /// Number of media files.
    pub media: Option<u32>,
    /// Price, positive; `None` until the provider knows.
    pub price: Option<Money>,
    /// Reason why it did not arrive.
    pub failure: Option<DeliveryFailure>,
    /// Time at which the provider took it.
    pub created_at: Option<Timestamp>,
    /// Time at which it was sent.
    pub sent_at: Option<Timestamp>,
    /// Time of the provider's last change.
    pub updated_at: Option<Timestamp>,
    /// Fields of the vendor that have no place above.
    pub extra: Extra,
}

impl MessageRecord {
    /// Creates a record of which only the id and the status are known.
    #[must_use]
    pub fn new(id: MessageId, status: MessageStatus) -> Self {
        Self {
            id,
            account: None,
            status,
            direction: None,
            from: None,
            to: None,
            pool: None,
            text: None,
            segments: None,
            media: None,
            price: None,
            failure: None,
            created_at: None,
            sent_at: None,
            updated_at: None,
            extra: Extra::default(),
        }
    }
}

/// Direction of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(clippy::exhaustive_enums)] // there are two ways
pub enum Direction {
    /// From you.
    Outbound,
    /// To you.
    Inbound,
}

/// Reason why a message did not arrive, as a delivery report says it.
///
/// Strike off numbers that no message will ever reach:
///
/// ```
/// use anysms::{ErrorKind, message::DeliveryFailure};
///
/// fn is_dead(failure: &DeliveryFailure) -> bool {
///     failure.kind == ErrorKind::InvalidRecipient
/// }
/// assert!(is_dead(&DeliveryFailure::new(ErrorKind::InvalidRecipient, "30006"))); // a landline
/// assert!(!is_dead(&DeliveryFailure::new(ErrorKind::Unreachable, "30003"))); // switched off
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeliveryFailure {
    /// Kind of the failure, the same for every provider.
    pub kind: ErrorKind,
    /// The provider's own code.
    pub code: String,
    /// The provider's page about the code, where there is one.
    pub help: Option<String>,
}

impl DeliveryFailure {
    /// Creates a failure with the provider's own code; what is no word becomes `unreadable`.
    #[must_use]
    pub fn new(kind: ErrorKind, code: &str) -> Self {
        Self { kind, code: word(code).unwrap_or(UNREADABLE).to_owned(), help: None }
    }
}

/// A file of a message, as the provider keeps it. `Debug` does not show its type, which its sender may have chosen.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MediaRecord {
    /// The provider's id of the file.
    pub id: String,
    /// Its media type, such as `image/jpeg`.
    pub content_type: Option<String>,
    /// Its size in bytes.
    pub size: Option<u64>,
    /// Address at which it can be fetched.
    pub url: Option<WebUrl>,
    /// Time at which it was stored.
    pub created_at: Option<Timestamp>,
}

impl fmt::Debug for MediaRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MediaRecord")
            .field("id", &self.id)
            .field("size", &self.size)
            .field("url", &self.url)
            .field("created_at", &self.created_at)
            .finish_non_exhaustive()
    }
}

impl MediaRecord {
    /// Creates a file of which only the id is known.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), content_type: None, size: None, url: None, created_at: None }
    }
}
