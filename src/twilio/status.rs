//! [`TwilioStatus`]: Twilio's own words for the status of a message.

use crate::message::MessageStatus;

/// Twilio's status of a message, in Twilio's own words (API 2010-04-01). Of a record, a receipt or an
/// event it is `TwilioStatus::from(status.as_str())`.
///
/// ```
/// use anysms::{MessageStatus, twilio::TwilioStatus};
///
/// let status = TwilioStatus::from("partially_delivered");
/// assert_eq!(status, TwilioStatus::PartiallyDelivered);
/// assert!(!MessageStatus::from(status).is_final());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TwilioStatus {
    /// A Messaging Service took it; the sender is not chosen yet.
    Accepted,
    /// It waits for its `SendAt`.
    Scheduled,
    /// It waits in the queue of a sender.
    Queued,
    /// It is being handed to the carrier.
    Sending,
    /// The carrier took it. Stays so where no delivery report comes.
    Sent,
    /// The carrier reports that it arrived.
    Delivered,
    /// The carrier reports that it did not arrive.
    Undelivered,
    /// It could not be sent.
    Failed,
    /// It was scheduled and then cancelled.
    Canceled,
    /// It was read (WhatsApp, RCS).
    Read,
    /// In Twilio's list; Twilio does not say what it means.
    PartiallyDelivered,
    /// Inbound, on its way.
    Receiving,
    /// Inbound, arrived.
    Received,
    /// A word this crate does not know.
    Other(Box<str>),
}

impl From<&str> for TwilioStatus {
    fn from(word: &str) -> Self {
        match word {
            "accepted" => Self::Accepted,
            "scheduled" => Self::Scheduled,
            "queued" => Self::Queued,
            "sending" => Self::Sending,
            "sent" => Self::Sent,
            "delivered" => Self::Delivered,
            "undelivered" => Self::Undelivered,
            "failed" => Self::Failed,
            "canceled" => Self::Canceled,
            "read" => Self::Read,
            "partially_delivered" => Self::PartiallyDelivered,
            "receiving" => Self::Receiving,
            "received" => Self::Received,
            other => Self::Other(other.into()),
        }
    }
}

impl From<TwilioStatus> for MessageStatus {
    fn from(status: TwilioStatus) -> Self {
        match status {
            TwilioStatus::Accepted => Self::Accepted,
            TwilioStatus::Scheduled => Self::Scheduled,
            TwilioStatus::Queued => Self::Queued,
            TwilioStatus::Sending => Self::Sending,
            TwilioStatus::Sent => Self::Sent,
            TwilioStatus::Delivered => Self::Delivered,
            TwilioStatus::Undelivered => Self::Undelivered,
            TwilioStatus::Failed => Self::Failed,
            TwilioStatus::Canceled => Self::Canceled,
            TwilioStatus::Read => Self::Read,
            TwilioStatus::PartiallyDelivered => Self::PartiallyDelivered,
            TwilioStatus::Receiving => Self::Receiving,
            TwilioStatus::Received => Self::Received,
            TwilioStatus::Other(word) => Self::other(&word),
        }
    }
}
