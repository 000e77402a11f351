//! [`LoggedEvent`]: what a provider reported of a message, as the log keeps it; [`Applied`]: what came of it.

use jiff::Timestamp;
use serde::Serialize;

use crate::{AttemptToken, LogStatus, StatusConflict};

use anysms::{message::{DeliveryFailure, MessageId, MessageKey, MessageStatus, Money}, webhook::{EventId, StatusUpdate}};

/// What a provider reported of a message. All of it is kept, even where it changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LoggedEvent {
    /// The same for every delivery of this news.
    pub id: EventId,
    /// The provider's id of the message.
    pub message: MessageId,
    /// The status, in the provider's own word if it is not known.
    pub status: MessageStatus,
    /// Why it did not arrive.
    pub failure: Option<DeliveryFailure>,
    /// How many segments the provider counts.
    pub segments: Option<u32>,
    /// What it cost.
    pub price: Option<Money>,
    /// The provider's count of this message's news, where it counts. For display: order is not relied on.
    pub sequence: Option<u32>,
    /// When it happened, where the provider says.
    pub at: Option<Timestamp>,
    /// When it came first.
    pub received_at: Timestamp,
    /// How often it came.
    pub times: u32,
    /// Something further was known already when it came.
    pub stale: bool,
    /// Which attempt it is of; 0 while nobody knows.
    #[serde(skip)]
    pub(crate) attempt: i64,
    #[serde(skip)]
    pub(crate) token: Option<AttemptToken>,
}

impl LoggedEvent {
    pub(crate) fn of(update: &StatusUpdate, token: Option<AttemptToken>, now: Timestamp) -> Self {
        Self {
            id: update.id,
            message: update.message.clone(),
            status: update.status.clone(),
            failure: update.failure.clone(),
            segments: update.segments,
            price: update.price,
            sequence: update.sequence,
            at: update.at,
            received_at: now,
            times: 1,
            stale: false,
            attempt: 0,
            token,
        }
    }

    /// Whether it is of a message that the log does not know (yet).
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        self.attempt == 0
    }
}

/// What came of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Applied {
    /// Which message, by its organisation and key; none while the log does not know it: the event is kept
    /// and counts as soon as the message is known.
    pub message: Option<(Option<String>, MessageKey)>,
    /// Where the message stands now.
    pub status: Option<LogStatus>,
    /// The message stands elsewhere than before: tell the user.
    pub news: bool,
    /// It came before.
    pub duplicate: bool,
    /// Something further was known already.
    pub stale: bool,
    /// The status is a word that is not known, or one of inbound messages, and changed nothing; that the provider
    /// has the message is proved all the same.
    pub unmapped: bool,
    /// It shows that an end which was reported was none, or the other way round.
    pub conflict: Option<StatusConflict>,
    /// The provider's id is another than the one that the attempt has. The first is kept.
    pub id_conflict: bool,
    /// This attempt arrived although an earlier one did: the recipient has the message twice.
    pub delivered_twice: bool,
}

/// Whether an event came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    New,
    /// This very one was written before: a write that is made again.
    Again,
    Before,
}
