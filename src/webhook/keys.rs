//! [`KeyRing`]: the keys that are good now.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    hash::BuildHasher,
    sync::{Arc, PoisonError, RwLock},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac, digest::CtOutput};
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;
use sha2::Sha256;

use crate::error::{Error, ErrorKind, Result};

/// The keys that are good now: one, or two to four while tokens are rotated. A clone is the same ring,
/// so that keys can be changed while requests are checked, and none is refused in between.
///
/// White space around a token, such as the line end of the file it was read from, is no part of it.
///
/// ```
/// use anysms::webhook::KeyRing;
///
/// let ring = KeyRing::new("old token")?;
/// ring.add("new token")?; // both are good
/// ring.replace(["new token"])?; // the old one is not any more
/// # Ok::<(), anysms::Error>(())
/// ```
#[derive(Clone)]
pub struct KeyRing(Arc<RwLock<Keys>>);

/// The keys of one moment.
pub(crate) type Keys = Arc<[Key]>;

impl KeyRing {
    /// Most keys of a ring.
    pub const MAX_KEYS: usize = 4;

    /// Creates a ring with one key.
    ///
    /// # Errors
    /// `Config` if the token is empty.
    pub fn new(token: impl Into<String>) -> Result<Self> {
        let key = Key::new(token.into())?;
        Ok(Self(Arc::new(RwLock::new([key].into()))))
    }

    /// Makes one more key good, behind the others.
    ///
    /// # Errors
    /// `Config` if the token is empty, or the ring is full.
    pub fn add(&self, token: impl Into<String>) -> Result<()> {
        let key = Key::new(token.into())?;
        let mut keys = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *keys = ring(keys.iter().cloned().chain([key]).collect())?;
        Ok(())
    }

    /// Creates another ring, with one more key behind those of this one.
    pub(crate) fn with(&self, token: impl Into<String>) -> Result<Self> {
        let more = Self(Arc::new(RwLock::new(self.keys())));
        more.add(token).map(|()| more)
    }

    /// Makes these keys good in place of all others, at once.
    ///
    /// # Errors
    /// `Config` if there is none, too many, or one is empty; then the ring stays as it was.
    pub fn replace(&self, tokens: impl IntoIterator<Item = impl Into<String>>) -> Result<()> {
        let keys: Result<Vec<_>> = tokens.into_iter().map(|token| Key::new(token.into())).collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = ring(keys?)?;
        Ok(())
    }

    /// Returns the number of keys that are good now: at least 1.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a ring has a key")]
    pub fn len(&self) -> usize {
        self.keys().len()
    }

    /// Returns the keys that are good now.
    pub(crate) fn keys(&self) -> Keys {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn ring(keys: Vec<Key>) -> Result<Keys> {
    match keys.len() {
        1..=KeyRing::MAX_KEYS => Ok(keys.into()),
        0 => Err(Error::not_sent(ErrorKind::Config).with_detail("keys: no signing key configured")),
        _ => {
            Err(Error::not_sent(ErrorKind::Config)
                .with_detail("keys: more than 4; replace an old one"))
        }
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing({} keys)", self.len())
    }
}

/// Lookup of an account's keys: for receivers that serve several accounts.
///
/// It is asked for every request, so it holds the rings rather than fetching them; a map does.
pub trait KeyLookup: fmt::Debug + Send + Sync + 'static {
    /// Returns the keys of an account; `None` if it is not known. The name is what the request **claims**,
    /// in any form: only the signature that follows proves it.
    fn keys(&self, account: &str) -> Option<KeyRing>;
}

impl<S: BuildHasher + Send + Sync + 'static> KeyLookup for HashMap<String, KeyRing, S> {
    fn keys(&self, account: &str) -> Option<KeyRing> {
        self.get(account).cloned()
    }
}

impl KeyLookup for BTreeMap<String, KeyRing> {
    fn keys(&self, account: &str) -> Option<KeyRing> {
        self.get(account).cloned()
    }
}

impl<L: KeyLookup + ?Sized> KeyLookup for Arc<L> {
    fn keys(&self, account: &str) -> Option<KeyRing> {
        (**self).keys(account)
    }
}

/// A key, ready to sign: the token is in the states of the hashes, which are wiped when they are dropped,
/// and nowhere else.
#[derive(Clone)]
pub(crate) struct Key {
    sha1: Hmac<Sha1>,
    sha256: Hmac<Sha256>,
}

impl Key {
    /// Takes a token, without white space around it: a file of one line ends in a line end that is no part of it.
    pub(crate) fn new(token: String) -> Result<Self> {
        let token = SecretString::from(token);
        let empty = || Error::not_sent(ErrorKind::Config).with_detail("auth token: is empty");
        let bytes = Some(token.expose_secret().trim()).filter(|token| !token.is_empty());
        let bytes = bytes.ok_or_else(empty)?;
        if bytes.contains(char::is_control) {
            let rule = "auth token: has a line end or another control character inside";
            return Err(Error::not_sent(ErrorKind::Config).with_detail(rule));
        }
        let bytes = bytes.as_bytes();
        let sha1 = Hmac::new_from_slice(bytes).map_err(|_| empty())?;
        let sha256 = Hmac::new_from_slice(bytes).map_err(|_| empty())?;
        Ok(Self { sha1, sha256 })
    }

    /// Returns the HMAC-SHA1 of a text.
    pub(crate) fn sha1(&self, text: &[u8]) -> [u8; 20] {
        update(self.sha1.clone(), text).finalize().into_bytes().into()
    }

    /// Returns the HMAC-SHA256 of a text.
    pub(crate) fn sha256(&self, text: &[u8]) -> [u8; 32] {
        update(self.sha256.clone(), text).finalize().into_bytes().into()
    }

    /// Returns whether `mac` is the HMAC-SHA1 of a text, in constant time.
    pub(crate) fn is_sha1(&self, text: &[u8], mac: &[u8; 20]) -> bool {
        update(self.sha1.clone(), text).verify_slice(mac).is_ok()
    }

    /// Returns whether `mac` is the HMAC-SHA256 of a text, in constant time.
    pub(crate) fn is_sha256(&self, text: &[u8], mac: &[u8; 32]) -> bool {
        update(self.sha256.clone(), text).verify_slice(mac).is_ok()
    }

    /// Returns a function that tells whether a MAC is the HMAC-SHA256 of a text, in constant time.
    pub(crate) fn signs_sha256(&self, text: &[u8]) -> impl Fn(&[u8; 32]) -> bool {
        let signed = update(self.sha256.clone(), text).finalize();
        move |mac| signed == CtOutput::new((*mac).into())
    }

    /// Returns whether `mac` is the start of the HMAC-SHA256 of a text, in constant time.
    pub(crate) fn starts_sha256(&self, text: &[u8], mac: &[u8]) -> bool {
        update(self.sha256.clone(), text).verify_truncated_left(mac).is_ok()
    }
}

fn update<M: Mac>(mut mac: M, text: &[u8]) -> M {
    mac.update(text);
    mac
}

/// Decodes an HMAC of so many bytes: canonical base64 of its one length, and nothing else.
pub(crate) fn decode_mac<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != N.div_ceil(3) * 4 {
        return None;
    }
    // Room for the padding, which the decoder counts as bytes at first.
    let mut bytes = [0; 36];
    let len = STANDARD.decode_slice(text, &mut bytes).ok()?;
    bytes.get(..len)?.try_into().ok()
}

/// Returns the first of the keys by which something holds. Every key is tried, so that the time does not
/// tell which it was.
pub(crate) fn first(keys: &[Key], holds: impl Fn(&Key) -> bool) -> Option<usize> {
    let tried = keys.iter().map(holds).enumerate();
    tried.fold(None, |found, (at, holds)| found.or(holds.then_some(at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_has_one_to_four_keys() {
        let ring = KeyRing::new("1").unwrap();
        let same = ring.clone();
        for token in ["2", "3", "4"] {
            ring.add(token).unwrap();
        }
        assert!(ring.add("5").is_err());
        assert!(ring.replace(["1", "2", "3", "4", "5"]).is_err());
        assert!(ring.replace(["1", " "]).is_err() && ring.replace(Vec::<String>::new()).is_err());
        assert_eq!((same.len(), format!("{same:?}").as_str()), (4, "KeyRing(4 keys)"));
        ring.replace(["6"]).unwrap();
        assert_eq!(same.len(), 1);
        for empty in ["", " ", "\t\n", "a\nb", "a\0"] {
            assert!(KeyRing::new(empty).is_err() && ring.add(empty).is_err());
        }
    }
}
