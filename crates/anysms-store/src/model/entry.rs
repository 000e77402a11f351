//! [`LogEntry`]: one message of the log, and what its row keeps for the queue.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Attempt, LogStatus, LoggedEvent, TextHash, model::hash::ContentHash, run::retention::Memory};

use anysms::{message::{Address, DeliveryFailure, Direction, MessageClass, MessageKey, Money, Text, WebUrl}, number::Region, ProviderId};

/// One message of the log, in either direction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LogEntry {
    /// Its place in the log.
    pub id: EntryId,
    /// Which way it went.
    pub direction: Direction,
    /// Whose it is, where a program serves several.
    pub organisation: Option<String>,
    /// The message's key; of an inbound one a key made from the provider's id.
    pub key: MessageKey,
    /// The recipient; of an inbound one the writer. A keyed hash once its time is over.
    pub theirs: Address,
    /// The sender; of an inbound one the address it came to. None while nobody knows.
    pub ours: Option<Address>,
    /// The country of the other's number.
    pub country: Option<Region>,
    /// The text, as far as the policy keeps it.
    pub text: Option<Text>,
    /// The addresses of its media, which are kept and go with the text.
    pub media: Vec<WebUrl>,
    /// SHA-256 of the text, which stays when the text goes.
    pub text_hash: Option<TextHash>,
    /// How many segments: as the provider counts, or as this crate does until then.
    pub segments: Option<u32>,
    /// What it is for.
    pub class: MessageClass,
    /// The campaign.
    pub campaign: Option<String>,
    /// The user who caused it.
    pub user: Option<String>,
    /// The tags, in the order of their letters.
    pub tags: Vec<String>,
    /// Where it is in the queue.
    pub stage: Stage,
    /// Where it stands; none of an inbound one.
    pub status: Option<LogStatus>,
    /// Why it did not arrive.
    pub failure: Option<DeliveryFailure>,
    /// Who sent it, or was asked last; of an inbound one who brought it.
    pub provider: Option<ProviderId>,
    /// What it was expected to cost.
    pub estimate: Option<Money>,
    /// What it cost.
    pub price: Option<Money>,
    /// When it was written down.
    pub created_at: Timestamp,
    /// When it is or was to be sent, if that is later.
    pub due_at: Option<Timestamp>,
    /// When a provider took it.
    pub accepted_at: Option<Timestamp>,
    /// When it arrived.
    pub delivered_at: Option<Timestamp>,
    /// When an inbound one was read.
    pub read_at: Option<Timestamp>,
    /// What the key stands for.
    #[serde(skip)]
    pub(crate) content: ContentHash,
    /// The message as JSON, while it is still to be sent.
    #[serde(skip)]
    pub(crate) payload: Option<Text>,
    /// Grows with each claim: what was claimed before cannot be begun any more.
    #[serde(skip)]
    pub(crate) fence: i64,
    /// How often it was claimed since it was last begun.
    #[serde(skip)]
    pub(crate) claims: u32,
    /// When the queue looks at it next: when it is due, or when its lease ends.
    #[serde(skip)]
    pub(crate) wake_at: Option<Timestamp>,
    #[serde(skip)]
    pub(crate) leased_at: Option<Timestamp>,
    #[serde(skip)]
    pub(crate) memory: Memory,
    /// From when on it is not worth sending.
    #[serde(skip)]
    pub(crate) expires_at: Option<Timestamp>,
}

/// Where an outbound message is in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Stage {
    /// It waits until it is due.
    Waiting,
    /// A worker has it and has not begun.
    Claimed,
    /// It is being submitted.
    Sending,
    /// It left the queue, whatever became of it.
    Done,
    /// It was claimed five times and never begun, or cannot be read (a dead letter, to some): somebody has to look
    /// at it, and, once it can be read, [`requeue`](crate::MessageLog::requeue) it or
    /// [call it back](crate::MessageLog::cancel_queued).
    Dead,
}

impl Stage {
    /// As it stands in a log's tables.
    pub(crate) const ALL: [(Self, i64, &str); 5] = [
        (Self::Waiting, 0, "waiting"),
        (Self::Claimed, 1, "claimed"),
        (Self::Sending, 2, "sending"),
        (Self::Done, 3, "done"),
        (Self::Dead, 4, "dead"),
    ];

    /// The stage as a word. Part of the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        Self::ALL[self as usize].2
    }
}

/// The place of a message in a log: the later, the greater. Of this log only.
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

/// A message of the log with all that was tried and reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct History {
    /// The message.
    pub entry: LogEntry,
    /// What was tried, in order.
    pub attempts: Vec<Attempt>,
    /// What was reported, in the order it came.
    pub events: Vec<LoggedEvent>,
}

/// A message and its attempts: what is read, changed and written as one. What it says may be left out, as
/// nothing hangs on it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) entry: LogEntry,
    pub(crate) attempts: Vec<Attempt>,
    /// As it was read.
    read: Box<Read>,
}

#[derive(Clone, Debug)]
struct Read {
    facts: Facts,
    place: Place,
    attempts: Vec<Attempt>,
}

/// What changes of a message itself.
type Facts = (
    MessageKey,
    (Option<LogStatus>, Option<DeliveryFailure>, Option<ProviderId>),
    (Option<u32>, Option<Money>, Option<Money>),
    (Option<Timestamp>, Option<Timestamp>),
);

/// What changes of its place in the queue.
type Place = (Stage, i64, u32, Option<Timestamp>, Option<Timestamp>, bool);

impl Case {
    pub(crate) fn new(entry: LogEntry, attempts: Vec<Attempt>) -> Self {
        let read = Read { facts: facts(&entry), place: place(&entry), attempts: attempts.clone() };
        Self { entry, attempts, read: Box::new(read) }
    }

    /// Whether the message itself has changed since it was read.
    pub(crate) fn entry_changed(&self) -> bool {
        self.read.facts != facts(&self.entry)
    }

    /// Whether its place in the queue has.
    pub(crate) fn place_changed(&self) -> bool {
        self.read.place != place(&self.entry)
    }

    /// Whether it had one when it was read.
    pub(crate) fn has_place(&self) -> bool {
        let (stage, _, _, wake_at, ..) = self.read.place;
        wake_at.is_some() || stage == Stage::Dead
    }

    /// The attempts that have, and those that are new.
    pub(crate) fn changed_attempts(&self) -> impl Iterator<Item = &Attempt> {
        let known = self.read.attempts.iter().map(Some).chain(std::iter::repeat(None));
        let changed = |(attempt, known): &(&Attempt, Option<&Attempt>)| *known != Some(*attempt);
        self.attempts.iter().zip(known).filter(changed).map(|(attempt, _)| attempt)
    }
}

fn facts(entry: &LogEntry) -> Facts {
    let stands = (entry.status, entry.failure.clone(), entry.provider.clone());
    let times = (entry.accepted_at, entry.delivered_at);
    (entry.key.clone(), stands, (entry.segments, entry.estimate, entry.price), times)
}

fn place(entry: &LogEntry) -> Place {
    let payload = entry.payload.is_some();
    (entry.stage, entry.fence, entry.claims, entry.wake_at, entry.leased_at, payload)
}
