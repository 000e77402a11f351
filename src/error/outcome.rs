//! [`Outcome`]: the proof that a failure gives.

use std::fmt;

/// Proof that a failure gives: whether the thing that was asked for may have happened all the same.
///
/// Exhaustive on purpose: every layer that decides about a second attempt must handle both.
///
/// Decide whether a message may be sent anew:
///
/// ```
/// use anysms::{Error, ErrorKind, Outcome};
///
/// fn next_step(error: &Error) -> &'static str {
///     match error.outcome() {
///         Outcome::NotSent => "send it again",
///         Outcome::Unknown => "look it up at the provider first",
///     }
/// }
/// let late = Error::unknown(ErrorKind::Timeout);
/// assert_eq!(next_step(&late), "look it up at the provider first");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::exhaustive_enums)] // a third answer would be a breaking change, and should be one
pub enum Outcome {
    /// Proved: no message left, nothing was changed. A new attempt sends nobody the same text twice.
    NotSent,
    /// Not proved either way: the message may be on its way. A new attempt may send it twice.
    Unknown,
}

impl Outcome {
    /// Returns the outcome as a word for logs and metrics, such as `not_sent`. Part of the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotSent => "not_sent",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotSent => "nothing was sent",
            Self::Unknown => "may have been sent",
        })
    }
}
