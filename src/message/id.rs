//! [`MessageId`]: a provider's id of a message.

use std::{fmt, str::FromStr};

use crate::provider_id::ProviderId;

/// A provider's id of a message, together with the provider's name. As text: `twilio:SM0123…`.
///
/// ```
/// use anysms::MessageId;
///
/// let id: MessageId = "plivo:5b40a428-bfc7-4daf-9d06-726c558bf3b8".parse()?;
/// assert_eq!(id.provider().as_str(), "plivo");
/// assert_eq!(id.value(), "5b40a428-bfc7-4daf-9d06-726c558bf3b8");
/// # Ok::<(), anysms::message::MessageIdError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId {
    provider: ProviderId,
    value: Box<str>,
}

impl MessageId {
    /// Longest id a provider may use, in bytes.
    pub const MAX_LEN: usize = 128;

    /// Joins a provider and its own id: 1 to 128 of ASCII letters, digits, `-`, `_`, `.` and `:`,
    /// so that an id is safe in a URL path.
    ///
    /// # Errors
    /// [`MessageIdError`] if the id breaks that rule.
    pub fn new(provider: ProviderId, value: &str) -> Result<Self, MessageIdError> {
        // Without an early end, so that many bytes are looked at in one step.
        let allowed = value.bytes().fold(true, |all, b| {
            let mark = (b == b'-') | (b == b'_') | (b == b'.') | (b == b':');
            all & (b.is_ascii_alphanumeric() | mark)
        });
        let dots = value.bytes().all(|b| b == b'.');
        if value.len() > Self::MAX_LEN || dots || !allowed {
            return Err(MessageIdError);
        }
        Ok(Self { provider, value: value.into() })
    }

    /// Returns the provider that gave the id.
    #[must_use]
    pub fn provider(&self) -> &ProviderId {
        &self.provider
    }

    /// Returns the id in the provider's own form, such as `SM0123…`.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl FromStr for MessageId {
    type Err = MessageIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (provider, value) = text.split_once(':').ok_or(MessageIdError)?;
        Self::new(provider.parse().map_err(|_| MessageIdError)?, value)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.provider, self.value)
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageId({self})")
    }
}

serde_as_text!(MessageId);

/// A text that is not a message id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("message id: needs provider:id, the id of 1 to 128 letters, digits, -, _, . and :")]
#[non_exhaustive]
pub struct MessageIdError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_as_text() {
        let text = "twilio:SM11111111111111111111111111111111";
        let id: MessageId = text.parse().unwrap();
        assert_eq!(id.to_string(), text);
        assert_eq!(serde_json::from_str::<MessageId>(&format!("\"{text}\"")).unwrap(), id);
    }

    #[test]
    fn refuses_what_would_change_a_path() {
        for text in ["", "SM1", "twilio:", "twilio:..", "twilio:a/b", "twilio:a?b", "x y:1", ":1"] {
            assert_eq!(text.parse::<MessageId>(), Err(MessageIdError), "{text}");
        }
    }
}
