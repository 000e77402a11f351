//! [`MessageKey`]: the idempotency key of everything this crate does with a message.

use std::{fmt, str::FromStr};

use crate::random;

/// Idempotency key of a message: retries, queues and the store recognise the message by it.
///
/// Every `Message` has one. A generated key is a random UUID; a caller's own, such as
/// `booking-4711-reminder`, lets a program that starts again refuse to send the same thing twice.
/// It may be printed and logged: put no personal data into it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageKey(Box<str>);

impl MessageKey {
    /// Longest key, in bytes.
    pub const MAX_LEN: usize = 128;

    /// Creates a new random key.
    #[must_use]
    pub fn random() -> Self {
        random::uuid().into()
    }

    /// Creates the caller's own key: 1 to 128 visible ASCII characters.
    ///
    /// # Errors
    /// [`MessageKeyError`] if the text breaks that rule.
    pub fn new(text: &str) -> Result<Self, MessageKeyError> {
        let fits = (1..=Self::MAX_LEN).contains(&text.len());
        if fits && text.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(Self(text.into()))
        } else {
            Err(MessageKeyError)
        }
    }

    /// Returns the key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MessageKey {
    type Err = MessageKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl fmt::Display for MessageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for MessageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageKey({self})")
    }
}

impl From<uuid::Uuid> for MessageKey {
    fn from(id: uuid::Uuid) -> Self {
        let mut buffer = uuid::Uuid::encode_buffer();
        Self((&*id.as_hyphenated().encode_lower(&mut buffer)).into())
    }
}

serde_as_text!(MessageKey);

/// A text that cannot be a message key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("message key: needs 1 to 128 visible ASCII characters")]
#[non_exhaustive]
pub struct MessageKeyError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_keys_differ_and_are_valid() {
        let (a, b) = (MessageKey::random(), MessageKey::random());
        assert_ne!(a, b);
        assert_eq!(MessageKey::new(a.as_str()), Ok(a));
    }

    #[test]
    fn refuses_empty_long_and_invisible() {
        for text in ["", "a b", "a\n", "é", &"x".repeat(129)] {
            assert_eq!(MessageKey::new(text), Err(MessageKeyError));
        }
    }
}
