//! [`CodeKeys`]: keys from which codes are derived, so that no code is kept anywhere.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::ChallengeRow;
use crate::error::{Error, ErrorKind, Result};

/// Keys of a program's own codes: one that new challenges use, and old ones whose challenges still live.
///
/// A code is the HMAC-SHA256 of its challenge under a key, cut to digits. Nothing of it is stored: a resend, or a
/// process that was started anew, derives the same code again. To change the key, put the new one first and keep the
/// old one until its challenges are over:
///
/// ```
/// use anysms::verification::CodeKeys;
///
/// # fn main() -> anysms::Result<()> {
/// # let (new_secret, old_secret) = ([1; 32], [2; 32]);
/// let keys = CodeKeys::new("2026-12", new_secret)?.with_previous("2026-11", old_secret)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct CodeKeys(Vec<Key>);

#[derive(Clone)]
struct Key {
    id: String,
    mac: Hmac<Sha256>,
}

impl CodeKeys {
    /// Takes the key of new challenges: a name of 1 to 32 characters, which is kept with each challenge, and a secret
    /// of at least 32 random bytes.
    ///
    /// # Errors
    /// `Config` if the name is empty or too long, or the secret too short.
    pub fn new(id: &str, secret: impl AsRef<[u8]>) -> Result<Self> {
        Ok(Self(vec![Key::new(id, secret.as_ref())?]))
    }

    /// Adds a key of challenges that were started before.
    ///
    /// # Errors
    /// As [`new`](Self::new), and for a name that is there already.
    pub fn with_previous(mut self, id: &str, secret: impl AsRef<[u8]>) -> Result<Self> {
        if self.0.iter().any(|key| key.id == id) {
            return Err(refuse("code keys: two keys have one name; name each by its own"));
        }
        self.0.push(Key::new(id, secret.as_ref())?);
        Ok(self)
    }

    /// Returns the name of the key of new challenges.
    pub(super) fn id(&self) -> &str {
        self.0.first().map_or("", |key| &key.id)
    }

    /// Derives an id from a text that nobody can guess without the keys: one for each key, the newest first.
    pub(super) fn ids(&self, of: &str) -> impl Iterator<Item = u128> {
        self.0.iter().map(move |key| {
            let mut mac = key.mac.clone();
            add(&mut mac, &["anysms/challenge/1", of]);
            let bytes: [u8; 32] = mac.finalize().into_bytes().into();
            let (id, _) = bytes.split_at(16);
            u128::from_be_bytes(id.try_into().unwrap_or_default()) // always 16
        })
    }

    /// Derives the code of a challenge; `None` if its key is gone.
    pub(super) fn code(&self, row: &ChallengeRow) -> Option<String> {
        let key = self.0.iter().find(|key| key.id == row.key_id)?;
        Some(key.code(row))
    }

    /// Derives the code of a challenge and returns `true`; or, if its key is gone, one that is nobody's.
    pub(super) fn code_or_any(&self, row: &ChallengeRow) -> (String, bool) {
        let own = self.0.iter().find(|key| key.id == row.key_id);
        let code = own.or_else(|| self.0.first()).map(|key| key.code(row));
        (code.unwrap_or_default(), own.is_some())
    }
}

impl Key {
    fn new(id: &str, secret: &[u8]) -> Result<Self> {
        if !(1..=32).contains(&id.len()) || id.chars().any(char::is_control) {
            return Err(refuse("code keys: the name of a key must have 1 to 32 characters"));
        }
        if secret.len() < 32 {
            return Err(refuse("code keys: a secret must have at least 32 random bytes"));
        }
        let mac = Hmac::new_from_slice(secret)
            .map_err(|_| refuse("code keys: the secret cannot be used"))?; // HMAC takes any length
        Ok(Self { id: id.to_owned(), mac })
    }

    fn code(&self, row: &ChallengeRow) -> String {
        let mut mac = self.mac.clone();
        let tenant = row.tenant.as_ref().map_or("", |tenant| tenant.as_str());
        let (number, id) = (row.number.digits().to_string(), format!("{:032x}", row.id));
        let parts =
            ["anysms/otp/1", tenant, row.purpose.as_str(), &number, &id, &row.epoch.to_string()];
        add(&mut mac, &parts);
        digits(mac, row.length)
    }
}

/// Adds texts, each with its length before it, so that no two lists are one.
fn add(mac: &mut Hmac<Sha256>, parts: &[&str]) {
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
}

/// Cuts a MAC to decimal digits. Of 64 bits the lowest 10 digits are even to within 1 in 10⁹.
fn digits(mac: Hmac<Sha256>, length: u8) -> String {
    let bytes: [u8; 32] = mac.finalize().into_bytes().into();
    let (first, _) = bytes.split_at(8);
    let number = u64::from_be_bytes(first.try_into().unwrap_or_default()); // always 8
    let length = length.clamp(4, 10);
    format!("{:0width$}", number % 10_u64.pow(u32::from(length)), width = usize::from(length))
}

fn refuse(rule: &'static str) -> Error {
    Error::not_sent(ErrorKind::Config).with_detail(rule)
}

impl fmt::Debug for CodeKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| &key.id)).finish()
    }
}
