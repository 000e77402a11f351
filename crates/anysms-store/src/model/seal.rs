//! [`Seal`]: keeps the texts of one-time codes out of the tables while they wait in the queue.

use std::{
    fmt,
    sync::{PoisonError, RwLock},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce, aead::Aead};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use anysms::message::Text;

/// Beginning of what is sealed; JSON begins otherwise.
const MARK: &str = "sealed:";

/// Returns whether a text is sealed.
pub(crate) fn is_sealed(text: &str) -> bool {
    text.starts_with(MARK)
}

/// Bytes of a nonce of XChaCha20.
const NONCE: usize = 24;

/// Key under which a store seals. Until a secret is given it is this process's own.
pub(crate) struct Seal(RwLock<Key>);

struct Key {
    name: String,
    cipher: XChaCha20Poly1305,
}

impl Key {
    fn of(secret: &[u8]) -> Self {
        let key = Sha256::new_with_prefix("anysms/seal/1\n").chain_update(secret).finalize();
        let name = Sha256::digest(key).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        Self { name, cipher: XChaCha20Poly1305::new(&<[u8; 32]>::from(key).into()) }
    }
}

/// Result of opening what is kept.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Opened {
    /// Text that was sealed, or never was.
    Text(Text),
    /// It is sealed by a key that this process does not have.
    Foreign,
    /// It is broken.
    Broken,
}

impl Default for Seal {
    fn default() -> Self {
        Self(RwLock::new(Key::of(&[Uuid::new_v4(), Uuid::new_v4()].map(Uuid::into_bytes).concat())))
    }
}

impl Seal {
    /// Seals by a secret that processes share.
    pub(crate) fn set(&self, secret: &str) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Key::of(secret.as_bytes());
    }

    /// Seals a text. `None` if it cannot be.
    pub(crate) fn close(&self, text: &str) -> Option<Text> {
        let key = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let random = [Uuid::new_v4(), Uuid::new_v4()].map(Uuid::into_bytes).concat();
        let nonce: [u8; NONCE] = random.get(..NONCE)?.try_into().ok()?;
        let sealed = key.cipher.encrypt(&XNonce::from(nonce), text.as_bytes()).ok()?;
        let both = [&nonce[..], &sealed].concat();
        Some(format!("{MARK}{}:{}", key.name, BASE64_STANDARD.encode(both)).into())
    }

    /// Opens what was sealed; what was not is returned as it is.
    pub(crate) fn open(&self, kept: &Text) -> Opened {
        let Some(sealed) = kept.strip_prefix(MARK) else { return Opened::Text(kept.clone()) };
        let key = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let Some((name, both)) = sealed.split_once(':') else { return Opened::Broken };
        if name != key.name {
            return Opened::Foreign;
        }
        let opened = || {
            let both = BASE64_STANDARD.decode(both).ok()?;
            let (nonce, sealed) = both.split_at_checked(NONCE)?;
            let nonce: [u8; NONCE] = nonce.try_into().ok()?;
            let text = key.cipher.decrypt(&XNonce::from(nonce), sealed).ok()?;
            String::from_utf8(text).ok()
        };
        opened().map_or(Opened::Broken, |text| Opened::Text(text.into()))
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_opened_by_its_own_key_alone() {
        let (one, two) = (Seal::default(), Seal::default());
        let sealed = one.close("Your code is 123456").unwrap();
        assert!(!sealed.contains("123456"));
        assert_eq!(one.open(&sealed), Opened::Text("Your code is 123456".into()));
        assert_eq!(two.open(&sealed), Opened::Foreign);
        assert_eq!(one.open(&"{}".into()), Opened::Text("{}".into()));
        assert_eq!(one.open(&format!("{}A", &*sealed).into()), Opened::Broken);
        one.set("a secret");
        two.set("a secret");
        let sealed = one.close("x").unwrap();
        assert_eq!(two.open(&sealed), Opened::Text("x".into()));
        assert_ne!(one.close("x"), one.close("x"));
    }
}
