//! [`Attempt`]: one try of several.

use std::time::Duration;

use crate::{
    account_id::AccountId,
    error::{Error, ErrorKind, Outcome},
    provider_id::ProviderId,
};

/// One try of several, as it ended: what a support desk asks for. No number, text, URL or token is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// Who was asked.
    pub provider: Option<ProviderId>,
    /// Account that was asked; `None` where nobody said.
    pub account: Option<AccountId>,
    /// What was wrong.
    pub kind: ErrorKind,
    /// Whether the message may have left.
    pub outcome: Outcome,
    /// The provider's own error code.
    pub code: Option<String>,
    /// The HTTP status of the answer, where there was one.
    pub status: Option<u16>,
    /// The provider's id of the request.
    pub request_id: Option<String>,
    /// How long it took.
    pub elapsed: Duration,
}

impl Attempt {
    /// All tries that an error ends: those it knows, or the one that took so long.
    #[must_use]
    pub fn all_of(error: &Error, elapsed: Duration) -> Vec<Self> {
        match error.attempts() {
            [] => vec![Self::of(error, elapsed)],
            several => several.to_vec(),
        }
    }

    /// The try that ended in this error.
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
