//! [`Attempt`]: one try of several.

use std::time::Duration;

use crate::{
    account_id::AccountId,
    error::{Error, ErrorKind, Outcome},
    provider_id::ProviderId,
};

/// One try of several, as it ended: what a support desk asks for. No number, text, URL or token is in it.
///
/// Log every attempt of a message that failed:
///
/// ```
/// use std::time::Duration;
///
/// use anysms::{Error, ErrorKind, error::Attempt};
///
/// let first = Attempt::of(&Error::not_sent(ErrorKind::Connect), Duration::from_secs(3));
/// let error = Error::not_sent(ErrorKind::RateLimited).with_status(429);
/// let error = error.after(vec![first], Duration::from_millis(80));
/// let line = |tried: &Attempt| format!("{} {:?} {:?}", tried.kind, tried.status, tried.elapsed);
/// let lines: Vec<_> = error.attempts().iter().map(line).collect();
/// assert_eq!(lines, ["connect None 3s", "rate_limited Some(429) 80ms"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// Provider that was asked; `None` where nobody was.
    pub provider: Option<ProviderId>,
    /// Account that was asked; `None` where nobody said.
    pub account: Option<AccountId>,
    /// Kind of the error.
    pub kind: ErrorKind,
    /// Outcome: whether the message may have left.
    pub outcome: Outcome,
    /// The provider's own error code.
    pub code: Option<String>,
    /// The HTTP status of the answer, where there was one.
    pub status: Option<u16>,
    /// The provider's id of the request.
    pub request_id: Option<String>,
    /// Duration of the try.
    pub elapsed: Duration,
}

impl Attempt {
    /// Returns all tries that an error ends: those it knows, or the one that took so long.
    #[must_use]
    pub fn all_of(error: &Error, elapsed: Duration) -> Vec<Self> {
        match error.attempts() {
            [] => vec![Self::of(error, elapsed)],
            several => several.to_vec(),
        }
    }

    /// Creates the try that ended in this error.
    #[must_use]
    pub fn of(error: &Error, elapsed: Duration) -> Self {
        Self {
            provider: error.provider().cloned(),
            account: error.account().cloned(),
            kind: error.kind(),
            outcome: error.outcome(),
            code: error.code().map(str::to_owned),
            status: error.status(),
            request_id: error.request_id().map(str::to_owned),
            elapsed,
        }
    }
}
