//! [`MessageStatus`]: the status of a message, in the same words for every provider.

use std::{convert::Infallible, fmt, str::FromStr};

use crate::message::{UNREADABLE, word};

/// Status of a message.
///
/// Each vendor also has its own typed status; this is what they have in common. A word that is not
/// known is kept as [`MessageStatus::Other`], never refused.
///
/// Tell a customer how it went:
///
/// ```
/// use anysms::MessageStatus;
///
/// fn describe(status: &MessageStatus) -> &'static str {
///     match status {
///         MessageStatus::Delivered | MessageStatus::Read => "arrived",
///         status if status.is_failure() => "did not arrive",
///         _ => "on its way",
///     }
/// }
/// assert_eq!(describe(&MessageStatus::Undelivered), "did not arrive");
/// assert_eq!(describe(&MessageStatus::from_word("a_new_word")), "on its way");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MessageStatus {
    /// The provider took it; no sender is chosen yet.
    Accepted,
    /// The provider holds it until a given time.
    Scheduled,
    /// It waits in a queue of the provider.
    Queued,
    /// It is being handed to the carrier.
    Sending,
    /// The carrier took it. Where no delivery report comes it stays so for ever.
    Sent,
    /// The carrier reports that it arrived.
    Delivered,
    /// Parts of it arrived.
    PartiallyDelivered,
    /// The recipient opened it (channels other than SMS).
    Read,
    /// The carrier reports that it did not arrive.
    Undelivered,
    /// It never left the provider.
    Failed,
    /// The provider refused it after taking it.
    Rejected,
    /// It was called back before it was sent.
    Canceled,
    /// Inbound, on its way to you.
    Receiving,
    /// Inbound, arrived at the provider.
    Received,
    /// A word this crate does not know, as the provider wrote it; `unreadable` for what is no word.
    Other(Box<str>),
}

impl MessageStatus {
    /// Returns the status as a word, such as `delivered`; for an unknown one the provider's own.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Accepted => "accepted",
            Self::Scheduled => "scheduled",
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::PartiallyDelivered => "partially_delivered",
            Self::Read => "read",
            Self::Undelivered => "undelivered",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
            Self::Canceled => "canceled",
            Self::Receiving => "receiving",
            Self::Received => "received",
            Self::Other(word) => word,
        }
    }

    /// Reads a word, whatever its case. A word that is not known is kept.
    #[must_use]
    pub fn from_word(text: &str) -> Self {
        const KNOWN: [MessageStatus; 14] = [
            MessageStatus::Accepted,
            MessageStatus::Scheduled,
            MessageStatus::Queued,
            MessageStatus::Sending,
            MessageStatus::Sent,
            MessageStatus::Delivered,
            MessageStatus::PartiallyDelivered,
            MessageStatus::Read,
            MessageStatus::Undelivered,
            MessageStatus::Failed,
            MessageStatus::Rejected,
            MessageStatus::Canceled,
            MessageStatus::Receiving,
            MessageStatus::Received,
        ];
        let known = KNOWN.into_iter().find(|status| text.eq_ignore_ascii_case(status.as_str()));
        known.unwrap_or_else(|| Self::other(text))
    }

    /// Creates a status by a word that is not known. What is no word at all is not kept.
    pub(crate) fn other(text: &str) -> Self {
        Self::Other(word(text).unwrap_or(UNREADABLE).into())
    }

    /// Returns whether nothing more is expected. `Sent` is not final, though it may be the last word.
    ///
    /// Find the messages to ask about again:
    ///
    /// ```
    /// use anysms::MessageStatus;
    ///
    /// let statuses = ["queued", "sent", "delivered", "failed"].map(MessageStatus::from_word);
    /// let open: Vec<_> = statuses.iter().filter(|status| !status.is_final()).collect();
    /// assert_eq!(open, [&MessageStatus::Queued, &MessageStatus::Sent]);
    /// ```
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Delivered
                | Self::Read
                | Self::Undelivered
                | Self::Failed
                | Self::Rejected
                | Self::Canceled
                | Self::Received
        )
    }

    /// Returns whether it is final and did not arrive.
    #[must_use]
    pub const fn is_failure(&self) -> bool {
        matches!(self, Self::Undelivered | Self::Failed | Self::Rejected)
    }
}

impl fmt::Display for MessageStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for MessageStatus {
    type Err = Infallible;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Ok(Self::from_word(word))
    }
}

serde_as_text!(MessageStatus);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_round_trip_and_unknown_ones_are_kept() {
        for word in ["accepted", "partially_delivered", "received", "weird-new", ""] {
            assert_eq!(MessageStatus::from_word(word).as_str(), word);
        }
        assert_eq!(MessageStatus::from_word("DELIVERED"), MessageStatus::Delivered);
    }
}
