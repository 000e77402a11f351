//! [`Retention`]: when texts and numbers leave a log.

use std::{fmt, time::Duration};

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::{
    error::{Error, ErrorKind, Result},
    log::{EntryId, LogEntry, tables::Tables},
    message::Address,
    number::PhoneNumber,
};

/// When texts and numbers leave a log. What is left is what reports need; opt-outs stay.
pub struct Retention {
    texts: Option<Duration>,
    numbers: Option<(Duration, SecretString)>,
}

/// How much of a log was forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Forgotten {
    /// Of how many messages the text.
    pub texts: u64,
    /// Of how many messages the number.
    pub numbers: u64,
}

impl Default for Retention {
    /// Texts go after 30 days; numbers stay.
    fn default() -> Self {
        Self { texts: Some(Duration::from_secs(30 * 24 * 60 * 60)), numbers: None }
    }
}

impl Retention {
    /// Texts go after so long; their hashes stay.
    #[must_use]
    pub const fn with_texts(mut self, keep: Duration) -> Self {
        self.texts = Some(keep);
        self
    }

    /// In place of the others' numbers stands a hash by this secret after so long; 400 days are usual. The
    /// same number has the same hash, so that messages to one person can still be counted; whoever has the
    /// secret can tell whose.
    ///
    /// # Errors
    /// `Config` if the secret is empty.
    pub fn with_numbers(mut self, keep: Duration, secret: impl Into<String>) -> Result<Self> {
        let secret = SecretString::from(secret.into());
        if secret.expose_secret().is_empty() {
            return Err(Error::not_sent(ErrorKind::Config).with_detail("secret: is empty"));
        }
        self.numbers = Some((keep, secret));
        Ok(self)
    }

    pub(crate) fn at(&self, now: Timestamp) -> Purge {
        let before = |keep: Duration| now.checked_sub(keep).unwrap_or(Timestamp::MIN);
        Purge {
            texts: self.texts.map(before),
            numbers: self.numbers.as_ref().map(|(keep, secret)| (before(*keep), secret.clone())),
        }
    }
}

impl fmt::Debug for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retention").field("texts", &self.texts).finish_non_exhaustive()
    }
}

/// What is to be forgotten now.
#[derive(Clone)]
pub(crate) struct Purge {
    texts: Option<Timestamp>,
    numbers: Option<(Timestamp, SecretString)>,
}

impl fmt::Debug for Purge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Purge")
    }
}

/// How much of a message a log has forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Memory {
    #[default]
    Whole,
    WithoutText,
    WithoutNumber,
}

/// What is to be forgotten of one message.
#[derive(Clone, Debug)]
pub(crate) struct Forget {
    pub(crate) id: EntryId,
    pub(crate) memory: Memory,
    /// What stands in place of the number.
    pub(crate) theirs: String,
}

/// Most messages of one transaction.
const MOST: usize = 5_000;

/// Forgets what is old, a part of it; whether there may be more.
pub(crate) async fn purge(tables: &mut dyn Tables, purge: &Purge) -> Result<(Forgotten, bool)> {
    let (mut forgotten, mut more) = (Forgotten::default(), false);
    if let Some(before) = purge.texts {
        let old = tables.older(Memory::WithoutText, before, MOST).await?;
        forgotten.texts = old.len() as u64;
        more |= old.len() == MOST;
        let forget = |(id, theirs)| Forget { id, memory: Memory::WithoutText, theirs };
        tables.forget(old.into_iter().map(forget).collect()).await?;
    }
    if let Some((before, secret)) = &purge.numbers {
        let old = tables.older(Memory::WithoutNumber, *before, MOST).await?;
        forgotten.numbers = old.len() as u64;
        more |= old.len() == MOST;
        let forget = |(id, theirs): (EntryId, String)| {
            let theirs = if theirs.starts_with('#') { theirs } else { hashed(secret, &theirs) };
            Forget { id, memory: Memory::WithoutNumber, theirs }
        };
        tables.forget(old.into_iter().map(forget).collect()).await?;
    }
    Ok((forgotten, more))
}

/// Forgets all of a number but its opt-outs, a part of it; whether there may be more. What waits to be sent
/// to it leaves the queue.
pub(crate) async fn erase(tables: &mut dyn Tables, number: PhoneNumber) -> Result<(u64, bool)> {
    let ids = tables.with_number(&Address::from(number), MOST).await?;
    let (count, more) = (ids.len() as u64, ids.len() == MOST);
    let theirs = "#erased".to_owned();
    let forget = |id| Forget { id, memory: Memory::WithoutNumber, theirs: theirs.clone() };
    tables.forget(ids.into_iter().map(forget).collect()).await?;
    Ok((count, more))
}

/// 48 bits of a keyed hash: enough to tell people apart, too few to be sure of one.
fn hashed(secret: &SecretString, theirs: &str) -> String {
    let key = secret.expose_secret().as_bytes();
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return "#".to_owned() }; // takes any key
    mac.update(theirs.as_bytes());
    let hash = mac.finalize().into_bytes();
    hash.iter().take(6).fold("#".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

impl LogEntry {
    /// Forgets the same in memory.
    pub(crate) fn forget(&mut self, forget: &Forget) {
        self.text = None;
        self.media.clear();
        self.payload = None;
        self.memory = self.memory.max(forget.memory);
        if forget.memory == Memory::WithoutNumber {
            self.text_hash = None;
            self.theirs = Address::from_wire(&forget.theirs);
        }
    }
}
