//! [`Retention`]: when texts and numbers leave a store.

use std::{fmt, time::Duration};

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use sha2::Sha256;

use anysms::{
    error::{Error, ErrorKind, Result},
    message::{Address, Text},
    number::PhoneNumber,
};

use crate::{
    Entry, EntryId,
    model::{hash::ContentFingerprint, redaction::Redaction},
    protocol::transaction::Tables,
};

/// Times after which texts, numbers and whole messages leave a store, counted from when a message was
/// written down. Suppressions stay, and so does what waits in the queue; dead letters
/// ([`Stage::Dead`](crate::Stage::Dead)) do not.
///
/// ```
/// use std::time::Duration;
///
/// use anysms_store::Retention;
///
/// let day = Duration::from_secs(24 * 60 * 60);
/// let retention = Retention::default().with_texts(7 * day).with_numbers(400 * day, "a secret")?;
/// # drop(retention);
/// # Ok::<(), anysms::Error>(())
/// ```
pub struct Retention {
    texts: Option<Duration>,
    numbers: Option<(Duration, SecretString)>,
    messages: Option<Duration>,
    challenges: Option<Duration>,
}

/// Numbers of what a purge removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PurgeReport {
    /// Number of messages that lost their text.
    pub texts: u64,
    /// Number of messages that lost their number.
    pub numbers: u64,
    /// Number of messages that were removed altogether.
    pub messages: u64,
    /// Number of challenges of one-time codes that were removed.
    pub challenges: u64,
}

impl Default for Retention {
    /// Texts go after 30 days, challenges of one-time codes after 90; numbers and messages stay.
    fn default() -> Self {
        let month = Duration::from_secs(30 * 24 * 60 * 60);
        Self { texts: Some(month), numbers: None, messages: None, challenges: Some(3 * month) }
    }
}

impl Retention {
    /// Removes texts and the addresses of media after this time; hashes of texts stay.
    #[must_use]
    pub const fn with_texts(mut self, keep: Duration) -> Self {
        self.texts = Some(keep);
        self
    }

    /// Replaces remote numbers by a hash by this secret after this time; 400 days are usual.
    ///
    /// The same number has the same hash, so that messages to one person can still be counted; whoever has the secret
    /// can tell whose. Texts, their hashes and what keys stand for go with the numbers: a message with such a key is
    /// refused from then on, until the key is free.
    ///
    /// # Errors
    /// `Config` if the secret is empty.
    pub fn with_numbers(mut self, keep: Duration, secret: impl Into<String>) -> Result<Self> {
        let secret = SecretString::from(secret.into());
        if secret.expose_secret().is_empty() {
            return Err(Error::not_sent(ErrorKind::Config)
                .with_detail("secret: empty; give one of at least 16 random characters"));
        }
        self.numbers = Some((keep, secret));
        Ok(self)
    }

    /// Removes messages that ended this long after they were written down, were due and were last tried, with their
    /// attempts and events, and events of messages that the store never knew.
    ///
    /// Not before the key is free ([`StorePolicy::with_keys`](crate::StorePolicy::with_keys)).
    #[must_use]
    pub const fn with_messages(mut self, keep: Duration) -> Self {
        self.messages = Some(keep);
        self
    }

    /// Removes challenges of one-time codes, with their numbers, checks and counts, after this time: a day at least.
    #[must_use]
    pub const fn with_challenges(mut self, keep: Duration) -> Self {
        self.challenges = Some(keep);
        self
    }

    pub(crate) fn at(&self, now: Timestamp, keys: Duration) -> Purge {
        let before = |keep: Duration| now.checked_sub(keep).unwrap_or(Timestamp::MIN);
        Purge {
            texts: self.texts.map(before),
            numbers: self.numbers.as_ref().map(|(keep, secret)| (before(*keep), secret.clone())),
            messages: self.messages.map(|keep| before(keep.max(keys))),
            challenges: self.challenges.map(|keep| before(keep.max(DAY))),
        }
    }

    /// Returns all forms in which a store may hold a number: itself, in other channels, and its hash.
    pub(crate) fn addresses(&self, number: PhoneNumber) -> Vec<Text> {
        let plain =
            ["", "whatsapp:", "rcs:", "sms:", "tel:"].map(|channel| format!("{channel}{number}"));
        let secret = self.numbers.as_ref().map(|(_, secret)| secret);
        let hashes = secret.map(|secret| plain.each_ref().map(|plain| hashed(secret, plain)));
        plain.into_iter().chain(hashes.into_iter().flatten()).map(Text::from).collect()
    }
}

impl fmt::Debug for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retention").field("texts", &self.texts).finish_non_exhaustive()
    }
}

/// Times before which texts, numbers and messages are forgotten now.
#[derive(Clone)]
pub(crate) struct Purge {
    texts: Option<Timestamp>,
    numbers: Option<(Timestamp, SecretString)>,
    messages: Option<Timestamp>,
    challenges: Option<Timestamp>,
}

impl fmt::Debug for Purge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Purge")
    }
}

/// Replacement of a message's number from now on.
#[derive(Clone, Debug)]
pub(crate) struct Forget {
    pub(crate) id: EntryId,
    pub(crate) remote: String,
}

/// Replacement of a number that was erased.
pub(crate) const ERASED: &str = "#erased";

/// Longest window of a count of one-time codes.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Most messages of one transaction.
const MOST: usize = 5_000;

/// Forgets a part of what is old. Returns its report, and whether there may be more.
pub(crate) async fn purge(tables: &mut dyn Tables, purge: &Purge) -> Result<(PurgeReport, bool)> {
    let (mut report, most) = (PurgeReport::default(), MOST as u64);
    if let Some(before) = purge.messages {
        report.messages = tables.remove(before, MOST).await?;
    }
    if let Some(before) = purge.texts {
        let old = tables.older(Redaction::WithoutText, before, MOST).await?;
        let ids: Vec<EntryId> = old.into_iter().map(|(id, _)| id).collect();
        report.texts = ids.len() as u64;
        tables.forget_texts(&ids).await?;
    }
    if let Some((before, secret)) = &purge.numbers {
        let old = tables.older(Redaction::WithoutNumber, *before, MOST).await?;
        let forget =
            |(id, remote): (EntryId, String)| Forget { id, remote: hashed(secret, &remote) };
        let old: Vec<Forget> = old.into_iter().map(forget).collect();
        report.numbers = old.len() as u64;
        tables.forget_numbers(&old).await?;
    }
    if let Some(before) = purge.challenges {
        report.challenges = tables.remove_challenges(before, MOST).await?;
    }
    let PurgeReport { texts, numbers, messages, challenges } = report;
    Ok((report, [texts, numbers, messages, challenges].iter().any(|count| *count >= most)))
}

/// Forgets all that came from or went to these addresses, a part of it; whether there may be more. What waits to
/// be sent to them is called back.
pub(crate) async fn erase(tables: &mut dyn Tables, addresses: &[Text]) -> Result<(u64, bool)> {
    let ids = tables.with_address(addresses, MOST).await?;
    let (count, more) = (ids.len() as u64, ids.len() == MOST);
    let forget = |id| Forget { id, remote: ERASED.to_owned() };
    let forget: Vec<Forget> = ids.into_iter().map(forget).collect();
    tables.forget_numbers(&forget).await?;
    Ok((count, more))
}

/// Returns 48 bits of a keyed hash: enough to tell people apart, too few to be sure of one.
fn hashed(secret: &SecretString, remote: &str) -> String {
    let key = secret.expose_secret().as_bytes();
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return "#".to_owned() }; // takes any key
    mac.update(remote.as_bytes());
    let hash = mac.finalize().into_bytes();
    hash.iter().take(6).fold("#".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

impl Entry {
    /// Forgets the text, in memory.
    pub(crate) fn forget_text(&mut self) {
        self.text = None;
        self.media.clear();
        self.redaction = self.redaction.max(Redaction::WithoutText);
    }

    /// Forgets the text and the number, in memory.
    pub(crate) fn forget_number(&mut self, forget: &Forget) {
        self.forget_text();
        (self.text_hash, self.content) = (None, ContentFingerprint::NONE);
        self.remote = Address::from_wire(&forget.remote);
        self.redaction = Redaction::WithoutNumber;
    }
}
