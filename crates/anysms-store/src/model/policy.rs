//! [`StorePolicy`]: the amount that a store keeps, and the time for which it keeps it; and the entries that
//! messages become by it.

use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;

use anysms::{
    TenantId,
    error::{Error, ErrorKind, Result},
    message::{Address, Direction, Media, Message, MessageClass, MessageKey, Money, Text, WebUrl},
    text,
    webhook::InboundMessage,
};

use crate::{
    Entry, Progress, Stage, SuppressionScope, TextHash,
    model::{event::identity, hash::ContentFingerprint, seal::Seal},
};

/// Rules of a store: how much it keeps of texts, how long a key stands for its message, and how long a lease lasts.
///
/// ```
/// use std::time::Duration;
///
/// use anysms_store::{StorePolicy, TextPolicy};
///
/// let policy = StorePolicy::default()
///     .with_texts(TextPolicy::Truncate(20))
///     .with_keys(Duration::from_secs(24 * 60 * 60));
/// assert_ne!(policy, StorePolicy::default());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StorePolicy {
    pub(crate) texts: TextPolicy,
    pub(crate) keys: Duration,
    pub(crate) lease: Duration,
    unconfirmed: [Unconfirmed; 3],
}

/// Rule for a queued message that may have been sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unconfirmed {
    /// It is held: never sent again by itself. [`MessageStore::settle`](crate::MessageStore::settle) resolves it.
    #[default]
    Hold,
    /// The provider is asked by a [`Reconciler`](crate::Reconciler); if it has no such message after the last look,
    /// the message is sent once more. What is not found is not proved: it may arrive twice.
    AskThenResend,
    /// It is sent once more after 30 seconds. It may arrive twice.
    Resend,
}

/// Part that a store keeps of the text of a message that was sent or came in. What waits in the queue is kept whole
/// until then. Of the text of a one-time code nothing is kept, whatever this says: in the queue it is sealed
/// ([`MessageStore::seal_codes_with`](crate::MessageStore::seal_codes_with)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TextPolicy {
    /// The text, until [`Retention`](crate::Retention) takes it.
    Keep,
    /// This many characters of it, and its hash.
    Truncate(usize),
    /// Its hash alone.
    Hash,
    /// Nothing. An unconfirmed send can then be found by its callback alone.
    Absent,
}

impl Default for StorePolicy {
    /// Texts are kept, a key stands for its message for 7 days, and a lease lasts a minute.
    fn default() -> Self {
        let (week, minute) = (Duration::from_secs(7 * 24 * 60 * 60), Duration::from_secs(60));
        Self {
            texts: TextPolicy::Keep,
            keys: week,
            lease: minute,
            unconfirmed: [Unconfirmed::Hold; 3],
        }
    }
}

impl StorePolicy {
    /// Sets how much is kept of texts.
    #[must_use]
    pub const fn with_texts(mut self, texts: TextPolicy) -> Self {
        self.texts = texts;
        self
    }

    /// Sets how long a key stands for its message, from when that was written down, was due or was last tried,
    /// whichever is the latest; 7 days by default. After that the same key is a new message, unless the old one still
    /// waits.
    #[must_use]
    pub const fn with_keys(mut self, keep: Duration) -> Self {
        self.keys = keep;
        self
    }

    /// Sets how long a worker holds a claim that it does not renew, and after how long a submission without an answer
    /// counts as unconfirmed; 60 seconds by default, at least 1.
    ///
    /// Give it twice the longest time that a submission takes; the built-in transport ends by itself after 30
    /// seconds. All processes of one store must use the same.
    #[must_use]
    pub fn with_lease(mut self, lease: Duration) -> Self {
        self.lease = lease.max(Duration::from_secs(1));
        self
    }

    /// Sets what becomes of queued messages of a class that may have been sent; they are held by default.
    #[must_use]
    pub const fn with_unconfirmed(mut self, class: MessageClass, then: Unconfirmed) -> Self {
        self.unconfirmed[place(class)] = then;
        self
    }

    /// Returns what becomes of queued messages of a class that may have been sent.
    #[must_use]
    pub const fn unconfirmed(&self, class: MessageClass) -> Unconfirmed {
        self.unconfirmed[place(class)]
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

    /// Returns the media to keep: they are as personal as texts.
    fn media<'a>(self, media: impl Iterator<Item = &'a WebUrl>) -> Vec<WebUrl> {
        match self.texts {
            TextPolicy::Keep | TextPolicy::Truncate(_) => media.cloned().collect(),
            TextPolicy::Hash | TextPolicy::Absent => Vec::new(),
        }
    }

    /// Returns the entry of a message that is sent at once.
    pub(crate) fn outbound(self, message: &Message, now: Timestamp) -> Entry {
        let is_code = message.class() == MessageClass::OneTimeCode;
        // Of a code nothing is kept by which it could be found out.
        let kept = if is_code { self.with_texts(TextPolicy::Absent) } else { self };
        let (text, text_hash) = kept.text(message.text());
        // A message that was read from JSON may have a NUL in one.
        let mut tags: Vec<String> =
            message.tags().map(|tag| tag.replace('\0', "\u{fffd}")).collect();
        tags.sort_unstable();
        tags.dedup();
        Entry {
            tenant: message.tenant().cloned(),
            key: message.key().clone(),
            remote: message.destination().into(),
            local: message.sender().map(Address::from),
            sender: message.sender().cloned(),
            country: message.destination().number().and_then(|number| number.region()),
            text,
            media: kept.media(message.media().iter().map(Media::url)),
            text_hash,
            segments: Some(text::segments(message.text()).count() as u32),
            class: message.class(),
            campaign: message.campaign().map(str::to_owned),
            user: message.user().map(str::to_owned),
            tags,
            stage: Stage::Sending,
            status: Some(Progress::Prepared),
            created_at: now,
            content: ContentFingerprint::of(message),
            ..Entry::blank()
        }
    }

    /// Returns the entry of a message that waits in the queue.
    ///
    /// The text of a one-time code is sealed, and expires by itself: another process may not be able to open it.
    pub(crate) fn queued(
        self,
        message: &Message,
        at: Option<Timestamp>,
        now: Timestamp,
        seal: &Seal,
    ) -> Entry {
        let due = at.unwrap_or(now);
        let is_code = message.class() == MessageClass::OneTimeCode;
        let validity = message.validity().or(is_code.then_some(CODE));
        let validity = validity.and_then(|validity| due.checked_add(validity).ok());
        let json = serde_json::to_string(message).unwrap_or_default(); // what cannot be read back is dead
        let json = if is_code { seal.close(&json).unwrap_or_default() } else { json.into() };
        Entry {
            stage: Stage::Waiting,
            payload: Some(json),
            keeps: self.texts == TextPolicy::Keep && message.class() != MessageClass::OneTimeCode,
            wake_at: Some(due),
            due_at: at,
            expires_at: validity,
            ..self.outbound(message, now)
        }
    }

    /// Returns the entry of a message that came in.
    pub(crate) fn inbound(
        self,
        message: &InboundMessage,
        tenant: Option<&TenantId>,
        now: Timestamp,
    ) -> Entry {
        let (text, text_hash) = self.text(&message.text);
        let ends = [Some(&message.from), Some(&message.to)];
        let id = identity(message.id, message.account.as_ref(), message.authenticity, ends);
        // 8 + 32 visible characters: a key.
        let key = format!("inbound-{id}").parse().unwrap_or_else(|_| MessageKey::random());
        Entry {
            direction: Direction::Inbound,
            tenant: tenant.cloned(),
            key,
            remote: indexable(&message.from),
            local: Some(indexable(&message.to)),
            country: message.from.number().and_then(|number| number.region()),
            text,
            media: self.media(message.media.iter().map(|media| &media.url)),
            text_hash,
            segments: message.segments,
            provider: Some(message.message.provider().clone()),
            account: message.account.clone(),
            provider_id: Some(message.message.clone()),
            created_at: now,
            ..Entry::blank()
        }
    }
}

/// Validity of a queued one-time code that names none.
const CODE: Duration = Duration::from_secs(10 * 60);

/// Returns the place of a class in a table of classes.
const fn place(class: MessageClass) -> usize {
    match class {
        MessageClass::OneTimeCode => 0,
        MessageClass::Marketing => 2,
        _ => 1,
    }
}

/// Greatest amount that is a price of a message, in whole units of any currency, so that sums fit the tables.
const DEAREST: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

/// Returns a price as far as it can be one of a message: up to a million, of either sign. What is beyond is not kept.
pub(crate) fn plausible(price: Option<Money>) -> Option<Money> {
    price.filter(|price| price.amount.abs() <= DEAREST)
}

/// Longest tag, campaign, user and address, in bytes: what an index takes.
const LONGEST_NAME: usize = 255;

/// Returns an address as an index takes it: of one that is none and longer than 255 bytes, the beginning.
pub(crate) fn indexable(address: &Address) -> Address {
    match address {
        Address::Other(text) if text.len() > LONGEST_NAME => {
            let end = (0..=LONGEST_NAME).rev().find(|end| text.is_char_boundary(*end));
            Address::from_wire(&text[..end.unwrap_or_default()])
        }
        _ => address.clone(),
    }
}

/// Refuses a scope that no message can be in.
///
/// # Errors
/// `InvalidRequest` for a campaign or a sender of more than 255 bytes.
pub(crate) fn storable_scope(scope: &SuppressionScope) -> Result<()> {
    let sender = scope.sender.as_ref().map(Address::to_string);
    let parts = [("campaign", scope.campaign.as_deref()), ("sender", sender.as_deref())];
    let long = |(_, part): &&(_, Option<&str>)| part.is_some_and(|part| part.len() > LONGEST_NAME);
    let Some((field, _)) = parts.iter().find(long) else { return Ok(()) };
    let detail = format!(
        "scope: the {field} is longer than {LONGEST_NAME} bytes; no message has such a one"
    );
    Err(Error::not_sent(ErrorKind::InvalidRequest).with_detail(detail))
}

/// Returns a name that a person gave, if a table can hold and find it.
///
/// # Errors
/// `InvalidRequest` for an empty one, one of more than 255 bytes, or one with control characters.
pub(crate) fn storable_name(field: &str, name: &str) -> Result<String> {
    let problem = if name.is_empty() {
        "empty; pass None to take it off".to_owned()
    } else if name.len() > LONGEST_NAME {
        format!("longer than {LONGEST_NAME} bytes; shorten it, or keep it in a table of your own")
    } else if name.chars().any(char::is_control) {
        "has control characters; take them out".to_owned()
    } else {
        return Ok(name.to_owned());
    };
    Err(Error::not_sent(ErrorKind::InvalidRequest).with_detail(format!("{field}: {problem}")))
}

/// Refuses what no table could hold or find again.
///
/// # Errors
/// `InvalidRequest` for a tag, a campaign or a user of more than 255 bytes.
pub(crate) fn storable(message: &Message) -> Result<()> {
    let names = message.tags().map(|tag| ("tag", tag));
    let names = names.chain(message.campaign().map(|name| ("campaign", name)));
    let mut names = names.chain(message.user().map(|name| ("user", name)));
    let Some((field, _)) = names.find(|(_, name)| name.len() > LONGEST_NAME) else { return Ok(()) };
    let detail = format!(
        "{field}: longer than {LONGEST_NAME} bytes; shorten it, or keep it in a table of your own"
    );
    Err(Error::not_sent(ErrorKind::InvalidRequest).with_detail(detail))
}
