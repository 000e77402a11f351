//! Way of a request to a provider: [`HttpTransport`], [`Api`] on top of it, and what failures prove.
//!
//! The crate speaks HTTP through one object-safe trait over the `http` crate's types. The built-in
//! transport is `ReqwestTransport` (feature `reqwest`); a program with an HTTP client of its own
//! implements the trait in a few lines.
//!
//! What belongs here: the trait, the built-in transport, what a status or a broken connection proves
//! about a message (`classify`), and the client that vendors are written on (`api`, `lenient`).
//!
//! # Events
//! With the feature `tracing`, every exchange is one event of level `DEBUG`, target
//! `anysms::transport`, with these fields, which are a contract: `messaging.system` (the provider),
//! `messaging.operation.name` (such as `send`), `http.response.status_code` (0 without an answer),
//! `error.type` (the error's kind; empty on success), `anysms.outcome` (`not_sent`, `unknown`; empty
//! on success) and `duration_ms`. No field holds a number, a text, a URL or a token.

pub(crate) mod api;
mod classify;
pub(crate) mod lenient;
mod retry_after;

#[cfg(feature = "reqwest")]
mod reqwest;

use std::{error::Error as StdError, fmt, io, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;

use crate::error::{ErrorKind, Outcome};

pub use api::{Api, ApiPages, ApiRequest, ApiResponse, BaseUrl, Effect, ReadRefusal, Refusal};
pub use classify::{kind_of_status, outcome_of_status};
pub use retry_after::retry_after;

#[cfg(feature = "reqwest")]
pub use self::reqwest::{ReqwestTransport, ReqwestTransportBuilder};

/// Answer whose head arrived. Its body may not have, and that is no reason to forget the head: a provider
/// that said 201 has taken the message.
pub type Answer = http::Response<Result<Bytes, BodyError>>;

/// Carries one HTTP request to a provider.
///
/// # Contract
/// - One call is **at most one** request on the wire: no retries, no redirects followed.
/// - An answer of any status is `Ok`. `Err` means that no head of an answer arrived, and its kind says
///   whether the request can have been read. When in doubt, it can.
/// - Bodies are capped, 256 KiB is plenty; an answer that is cut short keeps its head.
///
/// Accept everything and send nothing, as in a dry run:
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use anysms::{async_trait, bytes::Bytes, http::{Request, Response}};
/// use anysms::transport::{Answer, HttpTransport, TransportError};
///
/// #[derive(Debug)]
/// struct DryRun;
///
/// #[async_trait]
/// impl HttpTransport for DryRun {
///     async fn execute(&self, _: Request<Bytes>) -> Result<Answer, TransportError> {
///         Ok(Response::new(Ok("{}".into())))
///     }
/// }
/// assert_eq!(DryRun.execute(Request::default()).await?.status(), 200);
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait HttpTransport: fmt::Debug + Send + Sync + 'static {
    /// Sends the request and reads the answer.
    ///
    /// # Errors
    /// [`TransportError`] if no head of an answer arrived.
    async fn execute(&self, request: http::Request<Bytes>) -> Result<Answer, TransportError>;
}

#[async_trait]
impl<T: HttpTransport + ?Sized> HttpTransport for Arc<T> {
    async fn execute(&self, request: http::Request<Bytes>) -> Result<Answer, TransportError> {
        (**self).execute(request).await
    }
}

/// Reason why there is no answer, and with it whether the request can have been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// The request could not be put together. Nothing left.
    InvalidRequest,
    /// Name lookup, TCP, TLS or a proxy's tunnel failed, or took longer than the time to connect.
    /// Nothing left: a request follows the handshake.
    Connect,
    /// The server said that it did not process the request: an HTTP/2 stream refused, or above the
    /// last that a server that goes away has looked at (RFC 9113, 6.8 and 8.7).
    Refused,
    /// The answer did not come in time. The request may have been read.
    Timeout,
    /// The connection broke after the request may have been written. It may have been read.
    Interrupted,
}

impl TransportErrorKind {
    /// Returns what this failure proves.
    #[must_use]
    pub const fn outcome(self) -> Outcome {
        match self {
            Self::InvalidRequest | Self::Connect | Self::Refused => Outcome::NotSent,
            Self::Timeout | Self::Interrupted => Outcome::Unknown,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::InvalidRequest => "request: could not be put together",
            Self::Connect => "connection: could not be made",
            Self::Refused => "request: the server did not look at it",
            Self::Timeout => "answer: did not come in time",
            Self::Interrupted => "connection: broke before an answer came",
        }
    }

    pub(crate) const fn kind(self) -> ErrorKind {
        match self {
            Self::InvalidRequest => ErrorKind::InvalidRequest,
            Self::Connect => ErrorKind::Connect,
            Self::Refused => ErrorKind::Unavailable,
            Self::Timeout => ErrorKind::Timeout,
            Self::Interrupted => ErrorKind::Interrupted,
        }
    }
}

/// Failure of an exchange: no head of an answer arrived.
///
/// It keeps no error of an HTTP client, whose text is written elsewhere and may quote an address with a password
/// or what the server sent; what is known of the cause is said in this crate's own words.
#[derive(Debug, thiserror::Error)]
#[error("{}{}{}", kind.words(), if cause.is_empty() { "" } else { ": " }, cause)]
pub struct TransportError {
    kind: TransportErrorKind,
    cause: &'static str,
    source: Option<BodyError>,
}

impl TransportError {
    /// Creates a failure of this kind.
    #[must_use]
    pub const fn new(kind: TransportErrorKind) -> Self {
        Self { kind, cause: "", source: None }
    }

    /// Says more of the cause, in words of the program's own, such as `refused`.
    #[must_use]
    pub const fn with_cause(mut self, cause: &'static str) -> Self {
        self.cause = cause;
        self
    }

    /// Keeps the cause: a [`BodyError`] as it is, of an I/O error its [kind](std::io::Error::kind), and of any
    /// other nothing, as its text may hold an address, a header or what the server sent.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let source = source.into();
        self.source = source.downcast_ref().copied();
        match source.downcast_ref::<io::Error>() {
            Some(error) => self.with_cause(classify::cause_of(error.kind())),
            None => self,
        }
    }

    /// Returns what is known of the cause, in this crate's words, such as `refused`; empty if that is nothing.
    #[must_use]
    pub const fn cause(&self) -> &'static str {
        self.cause
    }

    /// Returns the reason why there is no answer.
    #[must_use]
    pub const fn kind(&self) -> TransportErrorKind {
        self.kind
    }
}

/// Reason why the body of an answer is missing although its head arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// It is larger than the cap.
    #[error("answer: the body is larger than the cap")]
    TooLarge,
    /// It did not come in time.
    #[error("answer: the body did not come in time")]
    Timeout,
    /// The connection broke, or its encoding is wrong.
    #[error("answer: the body broke off")]
    Interrupted,
}
