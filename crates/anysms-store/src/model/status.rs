//! [`LogStatus`], and [`Progress`], which puts reports together in whatever order they come.

use serde::{Deserialize, Serialize};

use anysms::message::{DeliveryFailure, MessageStatus};

/// How far a message or one attempt to send it got. The later in this list, the further.
///
/// What did not arrive stands below what did: a delivery report is evidence, and a report of failure may
/// be a timeout. A cancel stands below everything that shows that it came too late.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LogStatus {
    /// Written down, not submitted yet or being submitted now.
    #[default]
    Prepared,
    /// It may have been sent: nobody knows.
    Unknown,
    /// The provider holds it until a given time.
    Scheduled,
    /// The provider took it.
    Accepted,
    /// It waits in a queue of the provider.
    Queued,
    /// It was called back before it was sent.
    Canceled,
    /// It is being handed to the carrier.
    Sending,
    /// The carrier took it.
    Sent,
    /// It never left the provider, or never reached it.
    Failed,
    /// The provider refused it after taking it.
    Rejected,
    /// The carrier reports that it did not arrive.
    Undelivered,
    /// Parts of it arrived.
    PartiallyDelivered,
    /// The carrier reports that it arrived.
    Delivered,
    /// The recipient opened it.
    Read,
}

/// Each with its rank, which is what a database keeps: there is room for more between them.
const RANKS: [(LogStatus, u8, &str); 14] = [
    (LogStatus::Prepared, 0, "prepared"),
    (LogStatus::Unknown, 10, "unknown"),
    (LogStatus::Scheduled, 20, "scheduled"),
    (LogStatus::Accepted, 25, "accepted"),
    (LogStatus::Queued, 30, "queued"),
    (LogStatus::Canceled, 35, "canceled"),
    (LogStatus::Sending, 40, "sending"),
    (LogStatus::Sent, 50, "sent"),
    (LogStatus::Failed, 62, "failed"),
    (LogStatus::Rejected, 63, "rejected"),
    (LogStatus::Undelivered, 66, "undelivered"),
    (LogStatus::PartiallyDelivered, 70, "partially_delivered"),
    (LogStatus::Delivered, 80, "delivered"),
    (LogStatus::Read, 90, "read"),
];

impl LogStatus {
    /// All, from the least to the furthest.
    #[must_use]
    pub fn all() -> impl DoubleEndedIterator<Item = Self> {
        RANKS.into_iter().map(|(status, ..)| status)
    }

    /// The status as a word, such as `delivered`. Part of the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        RANKS[self as usize].2
    }

    /// Its place in the order, as it stands in a log's tables: 0 to 90, with gaps.
    #[must_use]
    pub const fn rank(self) -> u8 {
        RANKS[self as usize].1
    }

    pub(crate) fn from_rank(rank: i64) -> Option<Self> {
        RANKS.into_iter().find(|(_, known, _)| i64::from(*known) == rank).map(|(status, ..)| status)
    }

    /// What a provider's status of an outbound message means here; none for one of inbound messages and for
    /// a word that is not known.
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

    /// Whether nothing more is expected.
    #[must_use]
    pub const fn is_final(self) -> bool {
        self.is_negative() || matches!(self, Self::Delivered | Self::Read)
    }

    /// Whether it is final and did not arrive.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        matches!(self, Self::Canceled | Self::Failed | Self::Rejected | Self::Undelivered)
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

impl std::fmt::Display for LogStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is known of one attempt: every status that was reported of it, and why it failed where it did.
///
/// Reports come late, twice and in any order, so this only ever grows: any order and any repetition of the
/// same reports gives the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// One bit for each status that was reported, the furthest the highest.
    seen: u16,
    failure: Option<DeliveryFailure>,
}

/// Reports of one attempt that cannot both be true, such as failed and delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct StatusConflict {
    /// The end that was reported and was none.
    pub from: LogStatus,
    /// What shows that it was none.
    pub to: LogStatus,
}

impl Progress {
    /// Takes a report. Whether the status was not reported before.
    pub fn add(&mut self, status: LogStatus, failure: Option<&DeliveryFailure>) -> bool {
        let news = self.seen & status.bit() == 0;
        self.join(&Self { seen: status.bit(), failure: failure.cloned() });
        news
    }

    /// Takes all that another knows of the same attempt.
    pub fn join(&mut self, other: &Self) {
        let (ours, theirs) = (self.status(), other.status());
        // A failure goes with the status that has it.
        if theirs > ours || theirs == ours && weight(&other.failure) > weight(&self.failure) {
            self.failure.clone_from(&other.failure);
        }
        self.seen |= other.seen;
    }

    /// How far it got.
    #[must_use]
    pub fn status(&self) -> LogStatus {
        LogStatus::all().rfind(|status| self.seen & status.bit() != 0).unwrap_or_default()
    }

    /// Why, if that is a failure and the provider says why.
    #[must_use]
    pub const fn failure(&self) -> Option<&DeliveryFailure> {
        self.failure.as_ref()
    }

    /// Whether an end was reported that was none.
    #[must_use]
    pub fn conflict(&self) -> Option<StatusConflict> {
        let seen = |status: &LogStatus| self.seen & status.bit() != 0;
        let to = LogStatus::all().rfind(|status| seen(status) && !status.is_negative())?;
        let from = LogStatus::all()
            .rfind(|status| seen(status) && status.is_negative() && *status < to)?;
        Some(StatusConflict { from, to })
    }

    /// As a database keeps it.
    pub(crate) const fn seen(&self) -> u16 {
        self.seen
    }

    pub(crate) const fn from_seen(seen: u16, failure: Option<DeliveryFailure>) -> Self {
        Self { seen, failure }
    }
}

/// Of two codes at the same status one has to stand, whichever came first: one is more than none, a number
/// more than a word, and the greater of two numbers more than the other.
fn weight(failure: &Option<DeliveryFailure>) -> Option<(Option<u64>, &str, &str)> {
    let failure = failure.as_ref()?;
    Some((failure.code.parse().ok(), &failure.code, failure.kind.as_str()))
}

/// Where a message stands of which these are the attempts, each with whether more is to come of it: something
/// that arrived counts first, then what is on its way, then the end.
#[must_use]
pub fn message_status(attempts: impl IntoIterator<Item = (LogStatus, bool)>) -> Option<LogStatus> {
    let (mut arrived, mut open, mut ended) = (None, None, None);
    for (status, is_open) in attempts {
        let most = if status >= LogStatus::Delivered {
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
