//! The name of a provider: a leaf that every room may use.

use std::{borrow::Cow, fmt, str::FromStr};

/// A provider's name, such as `twilio`: 1 to 32 of `a-z`, `0-9`, `-` and `_`.
///
/// It is the first half of a `MessageId` and the label of a provider in errors, spans and metrics.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProviderId(Cow<'static, str>);

impl ProviderId {
    /// Names a provider by a constant.
    ///
    /// # Panics
    /// If the name breaks the rule; in a `const`, as it should be used, that fails the build.
    #[must_use]
    pub const fn from_static(name: &'static str) -> Self {
        assert!(is_name(name.as_bytes()), "a provider id is 1 to 32 of a-z, 0-9, - and _");
        Self(Cow::Borrowed(name))
    }

    /// The name.
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

/// A text that is not a provider's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProviderIdError;

impl fmt::Display for ProviderIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("provider id: needs 1 to 32 of a-z, 0-9, - and _")
    }
}

impl std::error::Error for ProviderIdError {}

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
