//! [`PlivoStatus`]: Plivo's own words for the status of a message.

use crate::message::MessageStatus;

/// Plivo's state of a message, in Plivo's own words. Of a record, a receipt or an event it is
/// `PlivoStatus::from(status.as_str())`. For an inbound message `Delivered` and
/// `Undelivered` say whether *your webhook* took it.
///
/// ```
/// use anysms::{MessageStatus, plivo::PlivoStatus};
///
/// let status = PlivoStatus::from("Rejected"); // Plivo's pages differ in the case
/// assert_eq!(status, PlivoStatus::Rejected);
/// assert!(MessageStatus::from(status).is_failure());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PlivoStatus {
    /// It waits at Plivo.
    Queued,
    /// The carrier took it. Can stay so for ever, as not every carrier reports.
    Sent,
    /// The carrier reports that it arrived.
    Delivered,
    /// The carrier reports that it did not arrive.
    Undelivered,
    /// It failed before it reached the carrier. Not charged.
    Failed,
    /// A word of older documentation; like `Failed`.
    Rejected,
    /// It was read (WhatsApp).
    Read,
    /// Inbound, arrived at Plivo.
    Received,
    /// A word this crate does not know.
    Other(Box<str>),
}

impl From<&str> for PlivoStatus {
    /// Reads a word, whatever its case.
    fn from(word: &str) -> Self {
        let is = |known| word.eq_ignore_ascii_case(known);
        match word {
            _ if is("queued") => Self::Queued,
            _ if is("sent") => Self::Sent,
            _ if is("delivered") => Self::Delivered,
            _ if is("undelivered") => Self::Undelivered,
            _ if is("failed") => Self::Failed,
            _ if is("rejected") => Self::Rejected,
            _ if is("read") => Self::Read,
            _ if is("received") => Self::Received,
            _ => Self::Other(word.into()),
        }
    }
}

impl From<PlivoStatus> for MessageStatus {
    fn from(status: PlivoStatus) -> Self {
        match status {
            PlivoStatus::Queued => Self::Queued,
            PlivoStatus::Sent => Self::Sent,
            PlivoStatus::Delivered => Self::Delivered,
            PlivoStatus::Undelivered => Self::Undelivered,
            PlivoStatus::Failed => Self::Failed,
            PlivoStatus::Rejected => Self::Rejected,
            PlivoStatus::Read => Self::Read,
            PlivoStatus::Received => Self::Received,
            PlivoStatus::Other(word) => Self::other(&word),
        }
    }
}
