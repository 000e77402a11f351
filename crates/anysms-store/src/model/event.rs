//! [`StatusEvent`]: a status as the store keeps it; [`Applied`]: what it changed.

use std::sync::LazyLock;

use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};

use anysms::{
    AccountId, ProviderId, TenantId,
    message::{Address, DeliveryFailure, MessageId, MessageKey, MessageStatus, Money},
    webhook::{Authenticity, EventId, StatusUpdate},
};

use crate::{
    AttemptToken, Progress, StatusConflict,
    model::{attempt::without_help, policy::plausible},
};

/// Status that a provider reported of a message. Every one is kept, even where it changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StatusEvent {
    /// Id of the event, the same for every delivery of it. It covers who says it and how far that is proved, so it is
    /// another one than that of the update.
    pub id: EventId,
    /// Provider's id of the message.
    pub message: MessageId,
    /// Account that the provider names.
    pub account: Option<AccountId>,
    /// Status, in the provider's own word if it is not known.
    pub status: MessageStatus,
    /// Reason why the message did not arrive.
    pub failure: Option<DeliveryFailure>,
    /// Number of segments that the provider counts.
    pub segments: Option<u32>,
    /// Price that the provider charged; `None` for an amount over a million, which is none.
    pub price: Option<Money>,
    /// Provider's count of the events of this message, where it counts. For display: no order is relied on.
    pub sequence: Option<u32>,
    /// Time it happened, where the provider says.
    pub at: Option<Timestamp>,
    /// Time it came first.
    pub received_at: Timestamp,
    /// Number of times it came.
    pub times: u32,
    /// `true` if something further was known already when it came.
    pub stale: bool,
    /// Extent of its proof. One that proves only its address changes nothing by itself: the provider is asked.
    pub proof: Authenticity,
    /// Recipient that it names.
    pub recipient: Option<Address>,
    /// Sender that it names.
    pub sender: Option<Address>,
    /// `true` if it names another account, recipient or sender than the attempt has: it is kept and changes nothing.
    pub foreign: bool,
    /// Attempt that it belongs to; 0 while that is unknown.
    #[serde(skip)]
    pub(crate) attempt: i64,
    #[serde(skip)]
    pub(crate) token: Option<AttemptToken>,
}

impl StatusEvent {
    pub(crate) fn of(update: &StatusUpdate, token: Option<AttemptToken>, now: Timestamp) -> Self {
        Self {
            id: identity(
                update.id,
                update.account.as_ref(),
                update.authenticity,
                [update.from.as_ref(), update.to.as_ref()],
            ),
            message: update.message.clone(),
            account: update.account.clone(),
            status: update.status.clone(),
            failure: update.failure.as_ref().map(without_help),
            segments: update.segments,
            price: plausible(update.price),
            sequence: update.sequence,
            at: update.at,
            received_at: now,
            times: 1,
            stale: false,
            proof: update.authenticity,
            recipient: update.to.clone(),
            sender: update.from.clone(),
            foreign: false,
            attempt: 0,
            token,
        }
    }

    /// Returns `true` if it is of a message that the store does not know (yet).
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        self.attempt == 0
    }

    /// Creates an event with no field set.
    pub(crate) fn blank() -> Self {
        BLANK.clone()
    }
}

#[allow(clippy::expect_used)] // the id is a constant that fits
static BLANK: LazyLock<StatusEvent> = LazyLock::new(|| {
    let id = MessageId::new(ProviderId::from_static("none"), "none").expect("fits");
    let update = StatusUpdate::new(id, MessageStatus::Accepted, None, Authenticity::Full);
    StatusEvent::of(&update, None, Timestamp::UNIX_EPOCH)
});

/// Returns the id of news in the store: what it says, in whose name, with which proof. The id of an event covers what
/// it says alone, and another account's word must not pass for a repetition of the provider's own.
pub(crate) fn identity(
    id: EventId,
    account: Option<&AccountId>,
    proof: Authenticity,
    ends: [Option<&Address>; 2],
) -> EventId {
    let of = |end: Option<&Address>| end.map(Address::to_string);
    let [from, to] = ends.map(of);
    let (account, is_full) = (account.map(AccountId::as_str), proof == Authenticity::Full);
    let said = serde_json::json!([id.to_string(), account, is_full, from, to]).to_string();
    let digits: String = Sha256::digest(said).iter().take(16).map(|b| format!("{b:02x}")).collect();
    digits.parse().unwrap_or(id) // 32 hexadecimal digits are one
}

/// Changes that an event made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Applied {
    /// Tenant and key of the message; `None` while the store does not know it: the event is kept and counts as soon
    /// as the message is known.
    pub message: Option<(Option<TenantId>, MessageKey)>,
    /// Progress of the message now.
    pub status: Option<Progress>,
    /// `true` if the progress of the message changed: tell the user.
    pub changed: bool,
    /// `true` if the event came before.
    pub duplicate: bool,
    /// `true` if something further was known already.
    pub stale: bool,
    /// `true` if the status is a word that is not known, or one of inbound messages, and changed nothing; that the
    /// provider has the message is proved all the same.
    pub unmapped: bool,
    /// Contradiction with an earlier report.
    pub conflict: Option<StatusConflict>,
    /// `true` if the provider's id differs from the one that the attempt has. The first is kept.
    pub id_conflict: bool,
    /// `true` if this attempt arrived although an earlier one did: the recipient has the message twice.
    pub delivered_twice: bool,
    /// `true` if the event names another account, recipient or sender than the attempt has. It is kept with the
    /// attempt and changes nothing.
    pub foreign: bool,
    /// `true` if the event proves only its address: it changes nothing, and a [`Reconciler`](crate::Reconciler) asks
    /// the provider at once.
    pub unproved: bool,
}

/// Novelty of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    New,
    /// This very one was written before: a write that is made again.
    Again,
    Before,
}
