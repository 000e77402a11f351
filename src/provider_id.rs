//! [`ProviderId`]: the name of a provider. Imports nothing, so that every room may use it.

use std::{borrow::Cow, fmt, str::FromStr};

/// Name of a provider, such as `twilio`: 1 to 32 characters of `a-z`, `0-9`, `-` and `_`.
///
/// It is the first half of a `MessageId` and the label of a provider in errors, spans and metrics.
///
/// Name a provider of your own:
///
/// ```
/// use anysms::ProviderId;
///
/// const ACME: ProviderId = ProviderId::from_static("acme");
/// assert_eq!("acme".parse(), Ok(ACME));
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProviderId(Cow<'static, str>);

impl ProviderId {
    /// Creates a provider's name from a constant.
    ///
    /// # Panics
    /// If the name is not 1 to 32 characters of `a-z`, `0-9`, `-` and `_`. In a `const`, that fails the
    /// build.
    #[must_use]
    pub const fn from_static(name: &'static str) -> Self {
        assert!(
            is_name(name.as_bytes()),
            "provider id: use 1 to 32 characters of a-z, 0-9, - and _"
        );
        Self(Cow::Borrowed(name))
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProviderId {
    type Err = ProviderIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_name(text.as_bytes()) {
            Ok(Self(Cow::Owned(text.to_owned())))
        } else {
            Err(ProviderIdError)
        }
    }
}

impl fmt::Display for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

serde_as_text!(ProviderId);

/// Error of reading a [`ProviderId`]: the text is not a provider's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("provider id: use 1 to 32 characters of a-z, 0-9, - and _")]
#[non_exhaustive]
pub struct ProviderIdError;

const fn is_name(bytes: &[u8]) -> bool {
    if bytes.is_empty() || bytes.len() > 32 {
        return false;
    }
    let mut at = 0;
    while at < bytes.len() {
        if !matches!(bytes[at], b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_') {
            return false;
        }
        at += 1;
    }
    true
}
