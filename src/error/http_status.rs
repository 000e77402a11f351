//! Status with which a service of one's own answers for an error.

use crate::error::{Error, ErrorKind, Outcome};

impl Error {
    /// Returns the HTTP status with which a service of one's own answers its caller; [`Error::status`] is the
    /// provider's. Pass [`Error::retry_after`] on with 429 and 503, and never the provider's words.
    ///
    /// | kind | status |
    /// |---|---|
    /// | `InvalidRequest` | 400 |
    /// | `OptedOut`, `Blocked`, `PolicyBlocked`, `GeoPermission` | 403 |
    /// | `NotFound` | 404 |
    /// | `Conflict` | 409 |
    /// | `InvalidRecipient`, `InvalidSender`, `UnregisteredSender`, `InvalidContent`, `ContentFiltered`, `Unreachable`, `Expired` | 422 |
    /// | `RateLimited` | 429 |
    /// | `Config`, `Credentials`, `Account`, `Webhook` (the service's own trouble, never the caller's) | 500 |
    /// | `Unsupported` | 501 |
    /// | `Interrupted`, `InvalidResponse`, `Other` | 502 |
    /// | `QueueFull`, `Unavailable`, `Connect` | 503 |
    /// | `Timeout` | 504 |
    ///
    /// Where the message may have been sent ([`Outcome::Unknown`]) it is 504 for `Timeout` and `Unavailable`,
    /// and else 502: never a status that asks to try again, and none that says that nothing happened.
    ///
    /// ```
    /// use anysms::{Error, ErrorKind};
    ///
    /// assert_eq!(Error::not_sent(ErrorKind::OptedOut).http_status(), 403);
    /// assert_eq!(Error::not_sent(ErrorKind::Unavailable).http_status(), 503);
    /// assert_eq!(Error::unknown(ErrorKind::Unavailable).http_status(), 504);
    /// ```
    #[must_use]
    pub fn http_status(&self) -> u16 {
        match (self.outcome(), self.kind()) {
            (Outcome::NotSent, kind) => where_nothing_was_sent(kind),
            (Outcome::Unknown, ErrorKind::Timeout | ErrorKind::Unavailable) => 504,
            (Outcome::Unknown, _) => 502,
        }
    }
}

const fn where_nothing_was_sent(kind: ErrorKind) -> u16 {
    use ErrorKind::{
        Account, Blocked, Config, Conflict, Connect, ContentFiltered, Credentials, Expired,
        GeoPermission, Interrupted, InvalidContent, InvalidRecipient, InvalidRequest,
        InvalidResponse, InvalidSender, NotFound, OptedOut, Other, PolicyBlocked, QueueFull,
        RateLimited, Timeout, Unavailable, Unreachable, UnregisteredSender, Unsupported, Webhook,
    };
    match kind {
        InvalidRequest => 400,
        OptedOut | Blocked | PolicyBlocked | GeoPermission => 403,
        NotFound => 404,
        Conflict => 409,
        InvalidRecipient | InvalidSender | UnregisteredSender | InvalidContent
        | ContentFiltered | Unreachable | Expired => 422,
        RateLimited => 429,
        Config | Credentials | Account | Webhook => 500,
        Unsupported => 501,
        Interrupted | InvalidResponse | Other => 502,
        QueueFull | Unavailable | Connect => 503,
        Timeout => 504,
    }
}
