//! [`SandboxVendor`]: a vendor's wire format for the sandbox.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{
    HeaderMap, Method, Response, StatusCode, Uri,
    header::{AUTHORIZATION, CONTENT_TYPE},
};

use crate::{
    message::{MessageStatus, WebUrl},
    number::PhoneNumber,
    provider_id::ProviderId,
    sandbox::{Carried, Carrier, Fate},
};

/// A vendor's half of the sandbox: reads what its clients ask, answers in its words and with its
/// error codes, and signs what it calls.
pub trait SandboxVendor: fmt::Debug + Send + Sync + 'static {
    /// Returns the vendor.
    fn provider(&self) -> ProviderId;

    /// Returns the prefix of the paths of its API, such as `/2010-04-01/`.
    fn prefix(&self) -> &'static str;

    /// Returns the recipients of the message that a request submits, as far as they can be read; `None` if
    /// it submits none.
    fn submission(&self, ask: &Ask<'_>) -> Option<Vec<PhoneNumber>>;

    /// Returns a refusal with this HTTP status, in the vendor's words and with its code where it has one.
    fn refusal(&self, status: u16) -> Response<Bytes>;

    /// Answers one request.
    fn answer(&self, ask: &Ask<'_>, carrier: &Carrier) -> Response<Bytes>;

    /// Returns the steps of a message after it was taken; each is reported.
    fn timeline(&self, message: &Carried, fate: Fate) -> Vec<Step>;

    /// Returns the signed request that reports where a message stands; `None` if it has no callback.
    fn report(&self, message: &Carried) -> Option<http::Request<Bytes>>;

    /// Returns the signed request for a message that someone sent to a number of the account.
    fn inbound(&self, message: &Inbound, url: &WebUrl) -> Option<http::Request<Bytes>>;
}

/// One request of a client.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Ask<'a> {
    /// The method.
    pub method: &'a Method,
    /// The address, path and query.
    pub uri: &'a Uri,
    headers: &'a HeaderMap,
    /// The body.
    pub body: &'a [u8],
}

impl<'a> Ask<'a> {
    pub(super) const fn new(parts: &'a http::request::Parts, body: &'a [u8]) -> Self {
        Self { method: &parts.method, uri: &parts.uri, headers: &parts.headers, body }
    }

    /// Returns user name and password of HTTP Basic; `None` if the request has none.
    #[must_use]
    pub fn basic(&self) -> Option<(String, String)> {
        let encoded = self.headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
        let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
        let (user, password) = decoded.split_once(':')?;
        Some((user.to_owned(), password.to_owned()))
    }

    /// Returns the parameters of the query.
    #[must_use]
    pub fn query(&self) -> Vec<(String, String)> {
        pairs(self.uri.query().unwrap_or_default().as_bytes())
    }

    /// Returns the parameters of a form body.
    #[must_use]
    pub fn form(&self) -> Vec<(String, String)> {
        pairs(self.body)
    }
}

impl fmt::Debug for Ask<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ask").field("method", self.method).finish_non_exhaustive()
    }
}

/// One step of a message's way.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// Status of the message then.
    pub status: MessageStatus,
    /// The vendor's error code, if it did not arrive.
    pub error_code: Option<u32>,
}

impl Step {
    /// Creates a step to this status.
    #[must_use]
    pub const fn to(status: MessageStatus) -> Self {
        Self { status, error_code: None }
    }

    /// Returns the steps to a fate, from the hand-over to the carrier on.
    #[must_use]
    pub fn to_fate(fate: Fate) -> Vec<Self> {
        let failed = |status, code| Self { status, error_code: Some(code) };
        let sent = Self::to(MessageStatus::Sent);
        match fate {
            Fate::Delivered => vec![sent, Self::to(MessageStatus::Delivered)],
            Fate::Sent => vec![sent],
            Fate::Undelivered(code) => vec![sent, failed(MessageStatus::Undelivered, code)],
            Fate::Failed(code) => vec![failed(MessageStatus::Failed, code)],
        }
    }
}

/// A message that someone sends to a number of the account.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Inbound {
    /// Number that sends it.
    pub from: PhoneNumber,
    /// The number it is sent to.
    pub to: PhoneNumber,
    /// The text.
    pub text: crate::message::Text,
}

impl Inbound {
    /// Creates a text from one number to another.
    #[must_use]
    pub fn new(from: PhoneNumber, to: PhoneNumber, text: impl Into<String>) -> Self {
        Self { from, to, text: text.into().into() }
    }
}

/// Returns a JSON answer.
#[must_use]
pub fn json(status: u16, body: &impl serde::Serialize) -> Response<Bytes> {
    answer(status, "application/json", serde_json::to_vec(body).unwrap_or_default())
}

/// Returns a page of HTML that names the status, as a gateway in front of a vendor answers.
#[must_use]
pub fn html(status: u16) -> Response<Bytes> {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let title = format!("{status} {}", reason.unwrap_or_default());
    let page = format!("<html><head><title>{title}</title></head><body>{title}</body></html>");
    answer(status, "text/html", page.into_bytes())
}

fn answer(status: u16, kind: &'static str, body: Vec<u8>) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status.try_into().unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static(kind));
    response
}

fn pairs(bytes: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(bytes).into_owned().collect()
}
