//! Proofs that an HTTP status or a broken exchange gives about a message, and the cause they name.
//!
//! The rule behind the tables: whatever is not listed is unknown.

use std::io;

use http::StatusCode;

use crate::error::{ErrorKind, Outcome};

#[cfg(feature = "reqwest")]
use crate::transport::TransportErrorKind;

/// Returns what the status of a refused submission proves; `None` for 2xx, as the provider said yes.
///
/// 5xx proves nothing: gateways answer so after the origin ran, and Twilio says of its own 500 that
/// the outcome is not known. 408 is late at many gateways; 409 means that something exists already;
/// 301 to 303 mean that the method was performed. 307 and 308 mean that it was not. 407, 411, 417, 426, 428,
/// 431 and 451 refuse by definition (RFC 9110, 6585 and 7725), whoever on the way answers so.
///
/// ```
/// use anysms::{Outcome, http::StatusCode, transport::outcome_of_status};
///
/// assert_eq!(outcome_of_status(StatusCode::TOO_MANY_REQUESTS), Some(Outcome::NotSent));
/// assert_eq!(outcome_of_status(StatusCode::BAD_GATEWAY), Some(Outcome::Unknown));
/// assert_eq!(outcome_of_status(StatusCode::CREATED), None);
/// ```
#[must_use]
pub fn outcome_of_status(status: StatusCode) -> Option<Outcome> {
    match status.as_u16() {
        200..=299 => None,
        307
        | 308
        | 400..=405
        | 407
        | 411
        | 413..=415
        | 417
        | 421
        | 422
        | 425
        | 426
        | 428
        | 429
        | 431
        | 451 => Some(Outcome::NotSent),
        _ => Some(Outcome::Unknown),
    }
}

/// Returns the kind that the status names, where the provider's own code says nothing.
#[must_use]
pub fn kind_of_status(status: StatusCode) -> ErrorKind {
    match status.as_u16() {
        300..=399 => ErrorKind::Config, // only a wrong base URL redirects
        // What stands in between wants the request to be made otherwise; another provider's way may be free.
        407 | 411 | 417 | 426 | 428 | 431 => ErrorKind::Config,
        400 | 405 | 415 | 422 => ErrorKind::InvalidRequest,
        401 | 403 => ErrorKind::Credentials,
        402 => ErrorKind::Account,
        404 | 410 => ErrorKind::NotFound,
        408 => ErrorKind::Timeout,
        409 => ErrorKind::Conflict,
        413 | 414 => ErrorKind::InvalidContent,
        429 => ErrorKind::RateLimited,
        421 | 425 | 451 | 500..=599 => ErrorKind::Unavailable,
        _ => ErrorKind::Other,
    }
}

/// Returns what an I/O error says of a connection, in this crate's words; empty if that is nothing.
pub(super) fn cause_of(kind: io::ErrorKind) -> &'static str {
    use io::ErrorKind::{
        AddrNotAvailable, BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset,
        HostUnreachable, NetworkUnreachable, TimedOut, UnexpectedEof,
    };
    match kind {
        ConnectionRefused => "refused",
        ConnectionReset | ConnectionAborted | BrokenPipe => "reset",
        HostUnreachable | NetworkUnreachable => "no route to the host",
        AddrNotAvailable => "no address or port is left on this machine",
        TimedOut => "timed out",
        UnexpectedEof => "ended too early",
        _ => "",
    }
}

/// Report of an HTTP client on an exchange that ended without the head of an answer.
#[cfg(feature = "reqwest")]
#[derive(Clone, Copy, Debug)]
pub(super) struct Failure {
    pub(super) unbuilt: bool,
    pub(super) connecting: bool,
    pub(super) refused: bool,
    pub(super) late: bool,
}

#[cfg(feature = "reqwest")]
impl Failure {
    /// `connecting` comes before `late`: a connection that hangs is both a failure to connect and a
    /// timeout, and only the former proves that nothing was sent.
    pub(super) const fn kind(self) -> TransportErrorKind {
        match self {
            Self { unbuilt: true, .. } => TransportErrorKind::InvalidRequest,
            Self { connecting: true, .. } => TransportErrorKind::Connect,
            Self { refused: true, .. } => TransportErrorKind::Refused,
            Self { late: true, .. } => TransportErrorKind::Timeout,
            Self { .. } => TransportErrorKind::Interrupted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "reqwest")]
    #[test]
    fn a_failure_without_a_proof_is_unknown() {
        for bits in 0..16_u8 {
            let [unbuilt, connecting, refused, late] = [1, 2, 4, 8].map(|bit| bits & bit != 0);
            let kind = Failure { unbuilt, connecting, refused, late }.kind();
            let proved = unbuilt || connecting || refused;
            let expected = if proved { Outcome::NotSent } else { Outcome::Unknown };
            assert_eq!(kind.outcome(), expected, "{bits:04b}");
            assert_eq!(kind == TransportErrorKind::Timeout, late && !proved, "{bits:04b}");
        }
    }

    #[test]
    fn only_what_is_listed_is_proved() {
        let proved = [
            307, 308, 400, 401, 402, 403, 404, 405, 407, 411, 413, 414, 415, 417, 421, 422, 425,
            426, 428, 429, 431, 451,
        ];
        for code in 100..=999 {
            let status = StatusCode::from_u16(code).unwrap();
            let expected = match code {
                200..=299 => None,
                _ if proved.contains(&code) => Some(Outcome::NotSent),
                _ => Some(Outcome::Unknown),
            };
            assert_eq!(outcome_of_status(status), expected, "{code}");
        }
    }
}
