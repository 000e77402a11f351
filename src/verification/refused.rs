//! [`Refused`]: why a send or a try was refused, and what the caller is told.

use std::time::Duration;

use crate::error::{Error, ErrorKind};

/// Reason of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refused {
    /// Limit is reached; time until it is not any more.
    Limit(Duration),
    /// Range or country is blocked; time until it is not any more.
    Gate(Duration),
    /// Wrong codes before: time until one is compared again.
    Guessed(Duration),
    /// Wait before the next send.
    TooSoon(Duration),
    /// Challenge's code was sent as often as it may be.
    NoMoreSends,
}

impl Refused {
    /// Returns the error for the caller, with the time to wait.
    pub(super) fn into_error(self) -> Error {
        let limited = |rule, wait: Option<Duration>| {
            // Whole seconds, never too early.
            let whole = |wait: Duration| wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            let wait = wait.map(|wait| Duration::from_secs(whole(wait)));
            Error::not_sent(ErrorKind::RateLimited)
                .with_detail(rule)
                .with_retry_after(wait)
                .by_layer()
        };
        match self {
            Self::Limit(wait) => {
                limited("codes: too many were asked for; wait before the next", Some(wait))
            }
            Self::Gate(wait) => Error::not_sent(ErrorKind::PolicyBlocked)
                .with_detail(
                    "codes: too few of this range or country are approved; it is blocked for now",
                )
                .with_retry_after(Some(wait))
                .by_layer(),
            Self::Guessed(wait) => {
                limited("code: wrong ones were tried before; wait before the next", Some(wait))
                    .without_message()
            }
            Self::TooSoon(wait) => {
                limited("code: was sent a moment ago; wait before it is sent again", Some(wait))
            }
            Self::NoMoreSends => {
                limited("code: was sent as often as it may be; start a new challenge", None)
            }
        }
    }
}
