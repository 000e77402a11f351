//! [`Entry`]: a message of the store, and what its row keeps for the queue.

use std::{fmt, sync::LazyLock};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use anysms::{
    AccountId, ProviderId, Sender, TenantId,
    message::{
        Address, DeliveryFailure, Direction, MessageClass, MessageId, MessageKey, Money, Text,
        WebUrl,
    },
    number::Region,
};

use crate::{
    AttemptRecord, DeliveryState, Progress, StatusEvent, TextHash, model::hash::ContentFingerprint,
    model::redaction::Redaction,
};

/// Message of the store, in either direction.
///
/// To add a field: this struct, `Entry::blank`, one line in `backend/sql/rows/entry.rs`, and a step of
/// `backend/sql/schema`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Entry {
    /// Place in the store.
    pub id: EntryId,
    /// Direction: outbound or inbound.
    pub direction: Direction,
    /// Tenant on whose behalf it was sent, or to whom it came; `None` where a program has no tenants.
    pub tenant: Option<TenantId>,
    /// Idempotency key; of an inbound message one made from the provider's id.
    pub key: MessageKey,
    /// Other end: the recipient, or the writer of an inbound message. A keyed hash once its retention is over.
    pub remote: Address,
    /// Own end: the sender, or the address an inbound message came to. `None` while it is not known.
    pub local: Option<Address>,
    /// Sender or pool that the message asked for; `None` for the provider's default.
    pub sender: Option<Sender>,
    /// Country of the remote number.
    pub country: Option<Region>,
    /// Text, as far as the policy keeps it.
    pub text: Option<Text>,
    /// Addresses of its media, kept as long as the text.
    pub media: Vec<WebUrl>,
    /// SHA-256 of the text, which stays when the text goes.
    pub text_hash: Option<TextHash>,
    /// Number of segments: as the provider counts, or as this crate counts until then.
    pub segments: Option<u32>,
    /// Purpose.
    pub class: MessageClass,
    /// Campaign.
    pub campaign: Option<String>,
    /// User who caused it.
    pub user: Option<String>,
    /// Tags, sorted.
    pub tags: Vec<String>,
    /// Stage of the queue.
    pub stage: Stage,
    /// Progress of the delivery; `None` for an inbound message.
    pub status: Option<Progress>,
    /// Reason why it did not arrive, with the provider's code.
    pub failure: Option<DeliveryFailure>,
    /// The same reason as half a sentence for people, in this project's words.
    pub error_text: Option<String>,
    /// Provider that sent it, or was asked last; of an inbound message the one that brought it.
    pub provider: Option<ProviderId>,
    /// Account at that provider; `None` where the provider has none, or did not say.
    pub account: Option<AccountId>,
    /// Provider's id of it.
    pub provider_id: Option<MessageId>,
    /// Expected cost.
    pub estimate: Option<Money>,
    /// Cost that the provider charged.
    pub price: Option<Money>,
    /// Time it was written down.
    pub created_at: Timestamp,
    /// Time it is or was due, if that is later.
    pub due_at: Option<Timestamp>,
    /// Time a provider accepted it.
    pub accepted_at: Option<Timestamp>,
    /// Time it arrived.
    pub delivered_at: Option<Timestamp>,
    /// Time it failed; `None` unless it is failed now.
    pub failed_at: Option<Timestamp>,
    /// Time an inbound message was read.
    pub read_at: Option<Timestamp>,
    /// Content that the key stands for.
    #[serde(skip)]
    pub(crate) content: ContentFingerprint,
    /// The message as JSON, while it is still to be sent.
    #[serde(skip)]
    pub(crate) payload: Option<Text>,
    /// Grows with each claim: what was claimed before cannot be begun any more.
    #[serde(skip)]
    pub(crate) fence: i64,
    /// Number of claims since it was last begun.
    #[serde(skip)]
    pub(crate) claims: u32,
    /// Time at which the queue looks at it next: when it is due, or when its lease ends.
    #[serde(skip)]
    pub(crate) wake_at: Option<Timestamp>,
    #[serde(skip)]
    pub(crate) leased_at: Option<Timestamp>,
    #[serde(skip)]
    pub(crate) redaction: Redaction,
    /// Time from which on it is not worth sending.
    #[serde(skip)]
    pub(crate) expires_at: Option<Timestamp>,
    /// `true` if the payload is kept when the message leaves the queue and was not sent, so that it can be put back.
    #[serde(skip)]
    pub(crate) keeps: bool,
    /// The payload that was kept.
    #[serde(skip)]
    pub(crate) kept: Option<Text>,
    /// Own id if the key stands for another message now; else 0.
    #[serde(skip)]
    pub(crate) freed: i64,
    /// Grows with each change of the message while it has a place in the queue.
    #[serde(skip)]
    pub(crate) version: i64,
}

impl Entry {
    /// Returns the state of an outbound message as one plain word; `None` for an inbound one.
    ///
    /// A dead letter ([`Stage::Dead`]) that was never sent counts as failed: somebody has to look at it.
    #[must_use]
    pub fn state(&self) -> Option<DeliveryState> {
        let state = self.status.map(DeliveryState::of);
        let dead = self.stage == Stage::Dead && state == Some(DeliveryState::Pending);
        if dead { Some(DeliveryState::Failed) } else { state }
    }

    /// Returns the provider's code of the failure, or this project's own word; `None` unless it failed.
    #[must_use]
    pub fn error_code(&self) -> Option<&str> {
        self.failure.as_ref().map(|failure| failure.code.as_str())
    }

    /// Returns the place of its class among claims: codes go first, marketing last.
    pub(crate) const fn rank(&self) -> i64 {
        match self.class {
            MessageClass::OneTimeCode => 0,
            MessageClass::Marketing => 2,
            _ => 1,
        }
    }

    /// Returns the name of the tenant, empty for none, as tables have it.
    pub(crate) fn tenant_name(&self) -> &str {
        self.tenant.as_ref().map_or("", TenantId::as_str)
    }

    /// Creates an outbound entry with no field set.
    pub(crate) fn blank() -> Self {
        BLANK.clone()
    }
}

/// A clone is cheaper than a new one.
static BLANK: LazyLock<Entry> = LazyLock::new(|| Entry {
    id: EntryId::default(),
    direction: Direction::Outbound,
    tenant: None,
    key: MessageKey::random(),
    remote: Address::Other("".into()),
    local: None,
    sender: None,
    country: None,
    text: None,
    media: Vec::new(),
    text_hash: None,
    segments: None,
    class: MessageClass::default(),
    campaign: None,
    user: None,
    tags: Vec::new(),
    stage: Stage::Done,
    status: None,
    failure: None,
    error_text: None,
    provider: None,
    account: None,
    provider_id: None,
    estimate: None,
    price: None,
    created_at: Timestamp::UNIX_EPOCH,
    due_at: None,
    accepted_at: None,
    delivered_at: None,
    failed_at: None,
    read_at: None,
    content: ContentFingerprint::NONE,
    payload: None,
    fence: 0,
    claims: 0,
    wake_at: None,
    leased_at: None,
    redaction: Redaction::Whole,
    expires_at: None,
    keeps: false,
    kept: None,
    freed: 0,
    version: 0,
});

/// Stage of an outbound message in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Stage {
    /// Waits until it is due.
    Waiting,
    /// Claimed by a worker, not begun.
    Claimed,
    /// Being submitted.
    Sending,
    /// Out of the queue, whatever became of it.
    Done,
    /// Dead letter: claimed five times and never begun, or unreadable. Look at it, then
    /// [`requeue`](crate::MessageStore::requeue) or [cancel](crate::MessageStore::cancel_queued) it.
    Dead,
}

impl Stage {
    /// All, each by its number in the tables and its word.
    const ALL: [(Self, i64, &str); 5] = [
        (Self::Waiting, 0, "waiting"),
        (Self::Claimed, 1, "claimed"),
        (Self::Sending, 2, "sending"),
        (Self::Done, 3, "done"),
        (Self::Dead, 4, "dead"),
    ];

    /// Returns the stage as a word, such as `waiting`. Part of the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        Self::ALL[self as usize].2
    }

    pub(crate) const fn number(self) -> i64 {
        Self::ALL[self as usize].1
    }

    pub(crate) fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known, _)| *known == number).map(|(stage, ..)| stage)
    }
}

/// Place of a message in one store: the later the message, the greater.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct EntryId(pub(crate) i64);

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Result of putting a message into the queue: what its entry is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Enqueued {
    /// It is new, and waits in the queue.
    Queued(EntryId),
    /// Its key stood for this message already, and nothing was changed: see whether it waits, was sent, failed or was
    /// canceled. [`requeue`](crate::MessageStore::requeue) and [`reschedule`](crate::MessageStore::reschedule) change
    /// that on purpose.
    Known {
        /// Place in the store.
        id: EntryId,
        /// Stage of the queue.
        stage: Stage,
        /// Progress of the delivery.
        status: Option<Progress>,
    },
}

impl Enqueued {
    /// Returns the place of the message in the store.
    #[must_use]
    pub const fn id(self) -> EntryId {
        match self {
            Self::Queued(id) | Self::Known { id, .. } => id,
        }
    }
}

/// Message with its attempts and its events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct History {
    /// Message.
    pub entry: Entry,
    /// Attempts, in order.
    pub attempts: Vec<AttemptRecord>,
    /// Events, in the order in which they came.
    pub events: Vec<StatusEvent>,
}
