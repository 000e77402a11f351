//! [`AttemptToken`]: the secret name of one attempt.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// Secret name of one attempt: random, 32 hexadecimal digits as text.
///
/// It stands in the path to which the provider reports, so that a report finds its attempt although the provider's id
/// is not known yet. Whoever has it can do nothing without the provider's signature; `Debug` hides it all the same.
///
/// ```
/// use anysms_store::AttemptToken;
///
/// let token: AttemptToken = "0123456789abcdef0123456789abcdef".parse()?;
/// assert_eq!(format!("{token:?}"), "AttemptToken(…)");
/// # Ok::<(), anysms_store::AttemptTokenError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttemptToken(u128);

impl AttemptToken {
    /// A token of no attempt.
    pub(crate) const NONE: Self = Self(0);

    /// Creates a new token, by the system's randomness.
    pub(crate) fn random() -> Self {
        Self(uuid::Uuid::new_v4().as_u128())
    }
}

impl fmt::Display for AttemptToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for AttemptToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AttemptToken(…)")
    }
}

impl FromStr for AttemptToken {
    type Err = AttemptTokenError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let token = u128::from_str_radix(text, 16).ok().filter(|_| digits);
        token.map(Self).ok_or(AttemptTokenError)
    }
}

/// Error of a text that is not an attempt's token: answer 404.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("attempt token: needs 32 hexadecimal digits")]
#[non_exhaustive]
pub struct AttemptTokenError;

serde_as_text!(AttemptToken);
