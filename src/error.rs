//! Errors, and what they prove of the message.
//!
//! One error type for every provider. It answers three questions, each on its own:
//! [`Error::kind`] says what is wrong, [`Error::outcome`] says whether anything may have left,
//! and [`Error::may_fail_over`] says whether another provider may try instead.
//!
//! What belongs here: the error, its kinds and its outcome. What turns a vendor's code into a kind
//! lives with the vendor; what turns a broken connection into an outcome lives in `transport`.

mod attempt;
mod blame;
mod build;
mod foreign;
mod http_status;
mod kind;
mod outcome;

use std::{borrow::Cow, error::Error as StdError, fmt, sync::Arc, time::Duration};

use crate::{account_id::AccountId, provider_id::ProviderId};

pub use attempt::Attempt;
pub use blame::Blame;
pub use kind::ErrorKind;
pub use outcome::Outcome;

/// A result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed call: one pointer wide, and free of numbers, texts, URLs and tokens however printed.
///
/// Providers outside this crate make their own with [`Error::not_sent`] or [`Error::unknown`]; there
/// is no constructor that leaves the outcome open.
///
/// ```
/// use anysms::{Error, ErrorKind, Outcome};
///
/// let error = Error::not_sent(ErrorKind::RateLimited).with_status(429);
/// assert_eq!(error.outcome(), Outcome::NotSent);
/// assert!(error.is_retryable() && error.may_fail_over());
/// assert!(!Error::unknown(ErrorKind::Timeout).is_retryable());
/// ```
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    outcome: Outcome,
    detail: Cow<'static, str>,
    provider: Option<ProviderId>,
    account: Option<AccountId>,
    at_stake: bool,
    code: Option<String>,
    status: Option<u16>,
    retry_after: Option<Duration>,
    request_id: Option<String>,
    help: Option<String>,
    provider_message: Option<String>,
    attempts: Vec<Attempt>,
    by_layer: bool,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// Returns whether a layer refused by itself.
    #[must_use]
    pub fn is_by_layer(&self) -> bool {
        self.0.by_layer
    }

    /// Returns the kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns whether the message may have left. For calls that send nothing: whether the change that was
    /// asked for may have been made; a read is always [`Outcome::NotSent`].
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// Returns the field and the rule it breaks; empty if there is nothing to add.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// Returns the provider that was asked; `None` where nobody was.
    #[must_use]
    pub fn provider(&self) -> Option<&ProviderId> {
        self.0.provider.as_ref()
    }

    /// Returns the account that was asked; `None` where nobody said.
    #[must_use]
    pub fn account(&self) -> Option<&AccountId> {
        self.0.account.as_ref()
    }

    /// Returns whose fault it is. A limit that a layer of this program set is this program's own.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self.0.kind {
            ErrorKind::RateLimited | ErrorKind::QueueFull if self.0.by_layer => Blame::Us,
            kind => kind.blame(),
        }
    }

    /// Returns the provider's own error code, such as `21610`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// Returns the HTTP status of the answer, where there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Returns the wait that the provider asks for before the next request; `None` if it asks for none.
    ///
    /// Pass the wait on to the client of an API of your own:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use anysms::{Error, ErrorKind, http::Response};
    ///
    /// let error = Error::not_sent(ErrorKind::RateLimited).with_status(429);
    /// let error = error.with_retry_after(Some(Duration::from_secs(30)));
    /// let wait = error.retry_after().unwrap_or(Duration::from_secs(60)).as_secs();
    /// let answer = Response::builder().status(503).header("retry-after", wait).body(())?;
    /// assert_eq!(answer.headers()["retry-after"], "30");
    /// # Ok::<(), anysms::http::Error>(())
    /// ```
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns the provider's id of the request, for its support desk.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Returns the address of the provider's page about this code.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// Returns all tries in order, of which this error ends the last; empty if there was one alone.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.0.attempts
    }

    /// Returns the provider's own words, never printed by `Display` or `Debug`.
    ///
    /// **They often quote the recipient's number.** Show them to the account's owner, not to a log.
    #[must_use]
    pub fn provider_message(&self) -> Option<&str> {
        self.0.provider_message.as_deref()
    }

    /// Returns whether the same provider may be asked again: the cause is likely to pass, and it is proved
    /// that nothing was sent.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.outcome == Outcome::NotSent && self.0.kind.is_transient()
    }

    /// Returns whether another provider may be asked: it is proved that nothing was sent, and the provider
    /// is to blame, not the message or the recipient. A refusal that protects someone, such as an opt-out or
    /// a barred country, is never carried to the next provider.
    #[must_use]
    pub fn may_fail_over(&self) -> bool {
        self.0.outcome == Outcome::NotSent && self.blame().is_elsewhere()
    }
}

impl fmt::Display for Error {
    /// Returns one line: who, what, which field and rule, code, HTTP status, outcome.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        if let Some(provider) = &inner.provider {
            write!(f, "{provider}: ")?;
        }
        f.write_str(inner.kind.words().1)?;
        if !inner.detail.is_empty() {
            write!(f, ": {}", inner.detail)?;
        }
        let code = inner.code.as_ref().map(|code| format!("code {code}"));
        let status = inner.status.map(|status| format!("HTTP {status}"));
        let outcome = inner.at_stake.then(|| inner.outcome.to_string());
        let known: Vec<String> = [code, status, outcome].into_iter().flatten().collect();
        if known.is_empty() { Ok(()) } else { write!(f, " ({})", known.join(", ")) }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        f.debug_struct("Error")
            .field("kind", &inner.kind)
            .field("outcome", &inner.outcome)
            .field("detail", &inner.detail)
            .field("provider", &inner.provider)
            .field("account", &inner.account)
            .field("code", &inner.code)
            .field("status", &inner.status)
            .field("retry_after", &inner.retry_after)
            .field("request_id", &inner.request_id)
            .field("attempts", &inner.attempts)
            .field("source", &inner.source)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_pointer() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
    }

    #[test]
    fn nothing_unknown_is_retried_or_failed_over() {
        for kind in [ErrorKind::RateLimited, ErrorKind::Connect, ErrorKind::Credentials] {
            assert!(Error::not_sent(kind).may_fail_over());
            assert!(!Error::unknown(kind).may_fail_over());
            assert!(!Error::unknown(kind).is_retryable());
        }
    }

    #[test]
    fn protections_are_not_carried_to_another_provider() {
        for kind in [
            ErrorKind::OptedOut,
            ErrorKind::InvalidRecipient,
            ErrorKind::GeoPermission,
            ErrorKind::ContentFiltered,
            ErrorKind::Blocked,
            ErrorKind::PolicyBlocked,
            ErrorKind::InvalidContent,
        ] {
            assert!(!Error::not_sent(kind).may_fail_over(), "{kind}");
            assert!(!Error::not_sent(kind).is_retryable(), "{kind}");
        }
    }

    #[test]
    fn the_last_of_several_tries_knows_them_all() {
        let took = Duration::from_millis(7);
        let one = Error::not_sent(ErrorKind::Connect);
        let tried = |errors: &[&Error]| errors.iter().map(|e| Attempt::of(e, took)).collect();
        assert!(Error::not_sent(ErrorKind::Connect).after(Vec::new(), took).attempts().is_empty());
        let two = Error::not_sent(ErrorKind::RateLimited).with_status(429);
        let two = two.after(tried(&[&one]), took);
        let kinds = |error: &Error| error.attempts().iter().map(|a| a.kind).collect::<Vec<_>>();
        assert_eq!(kinds(&two), [ErrorKind::Connect, ErrorKind::RateLimited]);
        assert_eq!((two.attempts()[1].status, two.attempts()[1].elapsed), (Some(429), took));
        let four = two.after(tried(&[&one, &one]), took);
        assert_eq!(kinds(&four)[2..], [ErrorKind::Connect, ErrorKind::RateLimited]);
        assert_eq!(kinds(&four).len(), 4);
        assert_eq!(four.outcome(), Outcome::NotSent);
        let lost = Error::unknown(ErrorKind::Timeout);
        let five = Error::not_sent(ErrorKind::Connect).after(tried(&[&lost]), took);
        assert_eq!((five.kind(), five.outcome()), (ErrorKind::Connect, Outcome::Unknown));
        assert_eq!(five.attempts()[1].outcome, Outcome::NotSent, "of the last try itself");
    }

    #[test]
    fn display_is_one_line_and_keeps_the_providers_words_back() {
        let error = Error::not_sent(ErrorKind::InvalidRecipient)
            .with_provider(ProviderId::from_static("twilio"))
            .with_code("21211")
            .with_status(400)
            .with_provider_message(Some("The 'To' number +447700900123 is not valid.".into()));
        assert_eq!(
            error.to_string(),
            "twilio: the recipient cannot receive SMS (code 21211, HTTP 400, nothing was sent)"
        );
        assert!(!format!("{error:?} {error:#?}").contains("7700900123"));
    }
}
