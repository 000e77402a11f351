//! What a log keeps in place of a content: [`TextHash`] of a text, `ContentHash` of all that makes a message.

use std::{fmt, str::FromStr};

use sha2::{Digest, Sha256};

use anysms::message::Message;

/// SHA-256 of a text. Whoever can guess a text can tell whether it was this one: short codes are no secret
/// behind it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TextHash([u8; 32]);

impl TextHash {
    /// The hash of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }
}

/// What a key stands for: the same key with another content is a mistake. 64 bits of a hash do, as only what
/// has the same key is ever compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ContentHash(pub(crate) i64);

impl ContentHash {
    /// Over recipient, text, media, sender and the vendors' options: what the recipient sees. When it is
    /// sent, how long it is worth sending and whom it is booked to may differ.
    pub(crate) fn of(message: &Message) -> Self {
        let content = (
            message.to(),
            message.text(),
            message.media(),
            message.sender(),
            options_of(message),
        );
        let json = serde_json::to_vec(&content).unwrap_or_default(); // texts and lists: always JSON
        let hash = Sha256::digest(json);
        Self(hash.iter().take(8).fold(0, |sum, byte| sum << 8 | i64::from(*byte)))
    }

    /// Of an inbound message, which nobody sends.
    pub(crate) const NONE: Self = Self(0);
}

/// The options of all vendors, as the message's own JSON has them.
fn options_of(message: &Message) -> serde_json::Value {
    let json = serde_json::to_value(message).ok();
    json.and_then(|mut json| json.get_mut("options").map(serde_json::Value::take))
        .unwrap_or_else(|| serde_json::Value::Array(Vec::new()))
}

impl fmt::Display for TextHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for TextHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TextHash(…)")
    }
}

impl FromStr for TextHash {
    type Err = TextHashError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 32];
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(TextHashError);
        }
        for (byte, two) in bytes.iter_mut().zip(digits.chunks(2)) {
            let digit = |digit: u8| (digit as char).to_digit(16).ok_or(TextHashError);
            *byte = (digit(two[0])? << 4 | digit(two[1])?) as u8;
        }
        Ok(Self(bytes))
    }
}

serde_as_text!(TextHash);

/// A text that is not a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TextHashError;

impl fmt::Display for TextHashError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hash: needs 64 hexadecimal digits")
    }
}

impl std::error::Error for TextHashError {}
