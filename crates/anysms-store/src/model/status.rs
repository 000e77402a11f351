//! [`Progress`], [`DeliveryState`], and [`StatusReducer`], which joins reports in whatever order they come.

use std::fmt;

use serde::{Deserialize, Serialize};

use anysms::message::{DeliveryFailure, MessageStatus};

/// Progress of a message, or of one attempt to send it. The later in this list, the further.
///
/// A status of what did not arrive stands below what did: a delivery report is evidence, and a report of failure may
/// be a timeout. A cancel stands below everything that shows that it came too late.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Progress {
    /// Written down, not submitted yet or being submitted now.
    #[default]
    Prepared,
    /// Perhaps sent: its outcome is unknown.
    Unconfirmed,
    /// Held by the provider until a given time.
    Scheduled,
    /// Accepted by the provider.
    Accepted,
    /// In a queue of the provider.
    Queued,
    /// Canceled before it was sent.
    Canceled,
    /// On its way to the carrier.
    Sending,
    /// Accepted by the carrier.
    Sent,
    /// Failed: it never left the provider, or never reached it.
    Failed,
    /// Refused by the provider after it was accepted.
    Rejected,
    /// Not delivered, as the carrier reports.
    Undelivered,
    /// Delivered in part.
    PartiallyDelivered,
    /// Delivered, as the carrier reports.
    Delivered,
    /// Opened by the recipient.
    Read,
}

/// All, each with its rank, which is what a database keeps: there is room for more between them.
const RANKS: [(Progress, u8, &str); 14] = [
    (Progress::Prepared, 0, "prepared"),
    (Progress::Unconfirmed, 10, "unconfirmed"),
    (Progress::Scheduled, 20, "scheduled"),
    (Progress::Accepted, 25, "accepted"),
    (Progress::Queued, 30, "queued"),
    (Progress::Canceled, 35, "canceled"),
    (Progress::Sending, 40, "sending"),
    (Progress::Sent, 50, "sent"),
    (Progress::Failed, 62, "failed"),
    (Progress::Rejected, 63, "rejected"),
    (Progress::Undelivered, 66, "undelivered"),
    (Progress::PartiallyDelivered, 70, "partially_delivered"),
    (Progress::Delivered, 80, "delivered"),
    (Progress::Read, 90, "read"),
];

impl Progress {
    /// Returns all, from the least to the furthest.
    #[must_use]
    pub fn all() -> impl DoubleEndedIterator<Item = Self> {
        RANKS.into_iter().map(|(status, ..)| status)
    }

    /// Returns it as a word, such as `delivered`. Part of the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        RANKS[self as usize].2
    }

    /// Returns its rank, 0 to 90 with gaps, as the tables of a store have it.
    #[must_use]
    pub const fn rank(self) -> u8 {
        RANKS[self as usize].1
    }

    pub(crate) fn from_rank(rank: i64) -> Option<Self> {
        RANKS.into_iter().find(|(_, known, _)| i64::from(*known) == rank).map(|(status, ..)| status)
    }

    /// Returns the progress that a provider's status means; `None` for a status of inbound messages and for a word
    /// that is not known.
    ///
    /// ```
    /// use anysms::MessageStatus;
    /// use anysms_store::Progress;
    ///
    /// assert_eq!(Progress::of(&MessageStatus::Delivered), Some(Progress::Delivered));
    /// assert_eq!(Progress::of(&MessageStatus::from_word("weird-new")), None);
    /// ```
    #[must_use]
    pub fn of(status: &MessageStatus) -> Option<Self> {
        Some(match status {
            MessageStatus::Scheduled => Self::Scheduled,
            MessageStatus::Accepted => Self::Accepted,
            MessageStatus::Queued => Self::Queued,
            MessageStatus::Canceled => Self::Canceled,
            MessageStatus::Sending => Self::Sending,
            MessageStatus::Sent => Self::Sent,
            MessageStatus::Failed => Self::Failed,
            MessageStatus::Rejected => Self::Rejected,
            MessageStatus::Undelivered => Self::Undelivered,
            MessageStatus::PartiallyDelivered => Self::PartiallyDelivered,
            MessageStatus::Delivered => Self::Delivered,
            MessageStatus::Read => Self::Read,
            _ => return None, // one of inbound messages, or a word that is not known
        })
    }

    /// Returns `true` if nothing more is expected.
    #[must_use]
    pub const fn is_final(self) -> bool {
        self.is_negative() || matches!(self, Self::Delivered | Self::Read)
    }

    /// Returns `true` if it is final and the message did not arrive.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        matches!(self, Self::Canceled | Self::Failed | Self::Rejected | Self::Undelivered)
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// State of an outbound message as one plain word, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeliveryState {
    /// Not sent yet: in the queue, or scheduled at the provider.
    Pending,
    /// Sent: accepted by the provider; no report of its delivery yet.
    Sent,
    /// Delivered.
    Delivered,
    /// Failed: refused, expired, or not delivered.
    Failed,
    /// Unconfirmed: it may have been sent.
    Unconfirmed,
    /// Canceled before it was sent.
    Canceled,
}

impl DeliveryState {
    /// Returns the state of a progress.
    ///
    /// ```
    /// use anysms_store::{DeliveryState, Progress};
    ///
    /// assert_eq!(DeliveryState::of(Progress::Undelivered).as_str(), "failed");
    /// assert_eq!(DeliveryState::of(Progress::Queued), DeliveryState::Sent);
    /// ```
    #[must_use]
    pub const fn of(progress: Progress) -> Self {
        match progress {
            Progress::Prepared | Progress::Scheduled => Self::Pending,
            Progress::Unconfirmed => Self::Unconfirmed,
            Progress::Accepted
            | Progress::Queued
            | Progress::Sending
            | Progress::Sent
            | Progress::PartiallyDelivered => Self::Sent,
            Progress::Delivered | Progress::Read => Self::Delivered,
            Progress::Failed | Progress::Rejected | Progress::Undelivered => Self::Failed,
            Progress::Canceled => Self::Canceled,
        }
    }

    /// Returns it as a word, such as `delivered`. Part of the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Unconfirmed => "unconfirmed",
            Self::Canceled => "canceled",
        }
    }
}

impl fmt::Display for DeliveryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Everything that was reported of one attempt: each status, and the reason of a failure.
///
/// Reports come late, twice and in any order, so this only ever grows: any order and any repetition of the
/// same reports gives the same.
///
/// ```
/// use anysms_store::{Progress, StatusReducer};
///
/// let mut reports = StatusReducer::default();
/// for status in [Progress::Delivered, Progress::Sent, Progress::Queued] {
///     reports.add(status, None);
/// }
/// assert_eq!(reports.status(), Progress::Delivered);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusReducer {
    /// One bit for each status that was reported, the furthest the highest.
    seen: u16,
    failure: Option<DeliveryFailure>,
}

/// Two reports of one attempt that cannot both be true, such as failed and delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct StatusConflict {
    /// End that was reported and was none.
    pub from: Progress,
    /// Report that shows it.
    pub to: Progress,
}

impl StatusReducer {
    /// Adds a report. Returns `true` if the status was not reported before.
    pub fn add(&mut self, status: Progress, failure: Option<&DeliveryFailure>) -> bool {
        let is_new = self.seen & status.bit() == 0;
        self.join(&Self { seen: status.bit(), failure: failure.cloned() });
        is_new
    }

    /// Adds all reports that another has of the same attempt.
    pub fn join(&mut self, other: &Self) {
        let (mine, others) = (self.status(), other.status());
        // A failure goes with the status that has it.
        if others > mine || others == mine && weight(&other.failure) > weight(&self.failure) {
            self.failure.clone_from(&other.failure);
        }
        self.seen |= other.seen;
    }

    /// Returns the furthest status.
    #[must_use]
    pub fn status(&self) -> Progress {
        Progress::all().rfind(|status| self.seen & status.bit() != 0).unwrap_or_default()
    }

    /// Returns the reason of the failure; `None` if that status is none, or the provider gives no reason.
    #[must_use]
    pub const fn failure(&self) -> Option<&DeliveryFailure> {
        self.failure.as_ref()
    }

    /// Returns an end that was reported and was none; `None` if the reports agree.
    #[must_use]
    pub fn conflict(&self) -> Option<StatusConflict> {
        let seen = |status: &Progress| self.seen & status.bit() != 0;
        let to = Progress::all().rfind(|status| seen(status) && !status.is_negative())?;
        let from =
            Progress::all().rfind(|status| seen(status) && status.is_negative() && *status < to)?;
        Some(StatusConflict { from, to })
    }

    /// Returns the reports as a database keeps them.
    pub(crate) const fn seen(&self) -> u16 {
        self.seen
    }

    pub(crate) const fn from_seen(seen: u16, failure: Option<DeliveryFailure>) -> Self {
        Self { seen, failure }
    }
}

/// Decides between two codes at the same status: one has to stand, whichever came first: one is more than none, a number
/// more than a word, and the greater of two numbers more than the other.
fn weight(failure: &Option<DeliveryFailure>) -> Option<(Option<u64>, &str, &str)> {
    let failure = failure.as_ref()?;
    Some((failure.code.parse().ok(), &failure.code, failure.kind.as_str()))
}

/// Returns the progress of a message from that of its attempts, each with whether more is to come of it; `None`
/// without attempts.
///
/// Something that arrived counts first, then what is on its way, then the end.
///
/// ```
/// use anysms_store::{Progress, message_status};
///
/// let attempts = [(Progress::Failed, false), (Progress::Sending, true)];
/// assert_eq!(message_status(attempts), Some(Progress::Sending));
/// ```
#[must_use]
pub fn message_status(attempts: impl IntoIterator<Item = (Progress, bool)>) -> Option<Progress> {
    let (mut arrived, mut open, mut ended) = (None, None, None);
    for (status, is_open) in attempts {
        let most = if status >= Progress::Delivered {
            &mut arrived
        } else if is_open {
            &mut open
        } else {
            &mut ended
        };
        *most = (*most).max(Some(status));
    }
    arrived.or(open).or(ended)
}
