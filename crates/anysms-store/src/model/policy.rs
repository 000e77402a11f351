//! [`LogPolicy`]: what a log keeps, and for how long; and what becomes an entry by it.

use std::time::Duration;

use jiff::Timestamp;

use crate::{EntryId, LogEntry, LogStatus, Stage, TextHash, model::hash::ContentHash, run::retention::Memory};

use anysms::{message::{Address, Direction, Media, Message, MessageClass, MessageKey, Text, WebUrl}, text, webhook::InboundMessage};

/// What a log keeps, and for how long a key stands for its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogPolicy {
    pub(crate) texts: TextPolicy,
    pub(crate) keys: Duration,
    pub(crate) lease: Duration,
}

/// What a log keeps of the text of a message that has been sent or came in. What waits in the queue is kept
/// whole until then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TextPolicy {
    /// The text, until [`Retention`](crate::Retention) takes it.
    Keep,
    /// So many characters of it, and its hash.
    Truncate(usize),
    /// Its hash alone.
    Hash,
    /// Nothing. A send of which nobody knows can then be found by its callback alone.
    Absent,
}

impl Default for LogPolicy {
    /// Texts are kept, a key stands for its message for 7 days, and a lease lasts a minute.
    fn default() -> Self {
        let (week, minute) = (Duration::from_secs(7 * 24 * 60 * 60), Duration::from_secs(60));
        Self { texts: TextPolicy::Keep, keys: week, lease: minute }
    }
}

impl LogPolicy {
    /// What is kept of texts.
    #[must_use]
    pub const fn with_texts(mut self, texts: TextPolicy) -> Self {
        self.texts = texts;
        self
    }

    /// How long a key stands for its message, from when that was written down, was due or was last tried, whichever
    /// is the latest. After that the same key is a new message, unless the old one still waits.
    #[must_use]
    pub const fn with_keys(mut self, keep: Duration) -> Self {
        self.keys = keep;
        self
    }

    /// How long a worker has what it claimed unless it says that it is still at it, and after how long a
    /// submission of which nothing is heard counts as one of which nobody knows. Twice as long as a
    /// submission takes at most, at least a second; the built-in transport ends by itself after 30 seconds.
    /// All processes of one log must have the same.
    #[must_use]
    pub fn with_lease(mut self, lease: Duration) -> Self {
        self.lease = lease.max(Duration::from_secs(1));
        self
    }

    fn text(self, text: &str) -> (Option<Text>, Option<TextHash>) {
        let hash = Some(TextHash::of(text));
        // PostgreSQL has no text with a NUL in it.
        let kept = |most: usize| -> String {
            text.chars().take(most).map(|c| if c == '\0' { '\u{fffd}' } else { c }).collect()
        };
        match self.texts {
            TextPolicy::Keep => (Some(kept(usize::MAX).into()), hash),
            TextPolicy::Truncate(most) => (Some(kept(most).into()), hash),
            TextPolicy::Hash => (None, hash),
            TextPolicy::Absent => (None, None),
        }
    }

    /// Media are as personal as texts.
    fn media<'a>(self, media: impl Iterator<Item = &'a WebUrl>) -> Vec<WebUrl> {
        match self.texts {
            TextPolicy::Keep | TextPolicy::Truncate(_) => media.cloned().collect(),
            TextPolicy::Hash | TextPolicy::Absent => Vec::new(),
        }
    }

    /// The entry of a message that is sent at once.
    pub(crate) fn outbound(self, message: &Message, now: Timestamp) -> LogEntry {
        let (text, text_hash) = self.text(message.text());
        let mut tags: Vec<String> = message.tags().map(str::to_owned).collect();
        tags.sort_unstable();
        tags.dedup();
        LogEntry {
            id: EntryId::default(),
            direction: Direction::Outbound,
            organisation: message.organisation().map(str::to_owned),
            key: message.key().clone(),
            theirs: message.to().into(),
            ours: message.sender().map(Address::from),
            country: message.to().region(),
            text,
            media: self.media(message.media().iter().map(Media::url)),
            text_hash,
            segments: Some(text::segments(message.text()).count() as u32),
            class: message.class(),
            campaign: message.campaign().map(str::to_owned),
            user: message.user().map(str::to_owned),
            tags,
            stage: Stage::Sending,
            status: Some(LogStatus::Prepared),
            failure: None,
            provider: None,
            estimate: None,
            price: None,
            created_at: now,
            due_at: None,
            accepted_at: None,
            delivered_at: None,
            read_at: None,
            content: ContentHash::of(message),
            payload: None,
            fence: 0,
            claims: 0,
            wake_at: None,
            leased_at: None,
            expires_at: None,
            memory: Memory::default(),
        }
    }

    /// The entry of a message that waits in the queue.
    pub(crate) fn queued(
        self,
        message: &Message,
        at: Option<Timestamp>,
        now: Timestamp,
    ) -> LogEntry {
        let due = at.unwrap_or(now);
        let validity = message.validity().and_then(|validity| due.checked_add(validity).ok());
        let json = serde_json::to_string(message).unwrap_or_default(); // what cannot be read back is dead
        LogEntry {
            stage: Stage::Waiting,
            payload: Some(json.into()),
            wake_at: Some(due),
            due_at: at,
            expires_at: validity,
            ..self.outbound(message, now)
        }
    }

    /// The entry of a message that came in.
    pub(crate) fn inbound(
        self,
        message: &InboundMessage,
        organisation: Option<&str>,
        now: Timestamp,
    ) -> LogEntry {
        let (text, text_hash) = self.text(&message.text);
        // 8 + 32 visible characters: a key.
        let key =
            format!("inbound-{}", message.id).parse().unwrap_or_else(|_| MessageKey::random());
        LogEntry {
            id: EntryId::default(),
            direction: Direction::Inbound,
            organisation: organisation.map(str::to_owned),
            key,
            theirs: message.from.clone(),
            ours: Some(message.to.clone()),
            country: message.from.number().and_then(|number| number.region()),
            text,
            media: self.media(message.media.iter().map(|media| &media.url)),
            text_hash,
            segments: message.segments,
            class: MessageClass::default(),
            campaign: None,
            user: None,
            tags: Vec::new(),
            stage: Stage::Done,
            status: None,
            failure: None,
            provider: Some(message.message.provider().clone()),
            estimate: None,
            price: None,
            created_at: now,
            due_at: None,
            accepted_at: None,
            delivered_at: None,
            read_at: None,
            content: ContentHash::NONE,
            payload: None,
            fence: 0,
            claims: 0,
            wake_at: None,
            leased_at: None,
            expires_at: None,
            memory: Memory::default(),
        }
    }
}
