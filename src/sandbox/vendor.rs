//! [`SandboxVendor`]: a vendor's wire format for the sandbox.

use std::{fmt, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{
    HeaderMap, Method, Response, StatusCode, Uri,
    header::{AUTHORIZATION, CONTENT_TYPE},
};

use crate::{
    error::ErrorKind,
    message::{MessageStatus, Text, WebUrl},
    number::PhoneNumber,
    provider_id::ProviderId,
    sandbox::{Callback, Carried, Carrier, Fate, SandboxAccount, calls},
};

/// A vendor's half of the sandbox: reads what its clients ask, answers in its words and with its
/// error codes, and signs what it calls.
pub trait SandboxVendor: fmt::Debug + Send + Sync + 'static {
    /// Returns the vendor.
    fn provider(&self) -> ProviderId;

    /// Returns `true` if a request is for this vendor, by its host or its path.
    fn speaks(&self, ask: &Ask<'_>) -> bool;

    /// Opens a main account that has a number: the one of this id and token, or one of its own making.
    fn open_account(&self, carrier: &Carrier, known: Option<(&str, &str)>) -> SandboxAccount;

    /// Opens the account that a sandbox starts with.
    fn open(&self, carrier: &Carrier) -> SandboxAccount {
        self.open_account(carrier, None)
    }

    /// Returns the numbers of an account.
    fn numbers(&self, account: &SandboxAccount, carrier: &Carrier) -> Vec<PhoneNumber>;

    /// Gives an account a number. Returns `false` if another account has it.
    fn give_number(&self, account: &SandboxAccount, number: PhoneNumber, carrier: &Carrier)
    -> bool;

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
    fn report(&self, message: &Carried, carrier: &Carrier) -> Option<http::Request<Bytes>>;

    /// Takes a message that a phone sent to a number, keeps what it says of opting out, and answers its
    /// keywords.
    fn take_in(&self, message: &Inbound, carrier: &Carrier) -> Carried;

    /// Returns the webhook that a number or its application names; `None` if none is set.
    fn webhook(&self, message: &Carried, carrier: &Carrier) -> Option<Callback>;

    /// Returns the signed request for a message that a phone sent.
    fn inbound(
        &self,
        message: &Carried,
        webhook: &Callback,
        carrier: &Carrier,
    ) -> Option<http::Request<Bytes>>;

    /// Returns the text that the vendor signed of a request that calls a webhook; `None` if it signed none.
    fn signed_text(&self, request: &http::Request<Bytes>) -> Option<String>;

    /// Returns the kind of an error code and the address of the vendor's page about it.
    fn error_help(&self, code: u32) -> (ErrorKind, String);

    /// Does what this webhook answered: sends its messages. Returns the webhook to ask next, if the answer
    /// names one.
    fn obey(
        &self,
        message: &Carried,
        webhook: &Callback,
        answer: &Response<Bytes>,
        carrier: &Carrier,
    ) -> Option<Callback>;

    /// Returns how long a webhook at this address may take to answer.
    fn patience(&self, url: &WebUrl) -> Duration;

    /// Returns how long to wait before a webhook is called once more, after so many calls, of which the last
    /// was answered with this status; `None` if it is not.
    fn again(&self, url: &WebUrl, calls: u32, answer: Option<u16>) -> Option<Duration>;
}

/// Most bytes of a request's body that are kept with its message.
const SHOWN: usize = 16_384;

/// One request of a client.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Ask<'a> {
    /// The method.
    pub method: &'a Method,
    /// The address, path and query.
    pub uri: &'a Uri,
    /// The base URL of the sandbox.
    pub base: &'a str,
    headers: &'a HeaderMap,
    /// The body.
    pub body: &'a [u8],
}

impl<'a> Ask<'a> {
    pub(crate) const fn new(
        parts: &'a http::request::Parts,
        body: &'a [u8],
        base: &'a str,
    ) -> Self {
        Self { method: &parts.method, uri: &parts.uri, base, headers: &parts.headers, body }
    }

    /// Returns the host of a vendor that a request is for, and its path there: the host is the first part of
    /// the path, or in the header `X-Forwarded-Host` or `Host`. `None` where none names one below this
    /// domain.
    #[must_use]
    pub fn vendor_host(&self, domain: &str) -> Option<(&'a str, &'a str)> {
        let is_vendors = |host: &&str| {
            host.strip_suffix(domain).is_some_and(|name| name.ends_with('.') && name.len() > 1)
        };
        let path = self.uri.path();
        let (first, _) = path[1.min(path.len())..].split_once('/').unwrap_or_default();
        if is_vendors(&first) {
            return Some((first, &path[1 + first.len()..]));
        }
        let named = [self.header("x-forwarded-host"), self.header("host"), self.uri.host()];
        let mut named = named.into_iter().flatten();
        let host = named.find_map(|host| host.split(':').next().filter(is_vendors));
        host.map(|host| (host, path))
    }

    /// Returns the text of a header; `None` if there is none, or it is no text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns user name and password of HTTP Basic; `None` if the request has none.
    #[must_use]
    pub fn basic(&self) -> Option<(String, String)> {
        let encoded = self.headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
        let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
        let (user, password) = decoded.split_once(':')?;
        Some((user.to_owned(), password.to_owned()))
    }

    /// Returns the request as text, without its credentials.
    pub(super) fn shown(&self) -> Text {
        let line = format!("{} {}", self.method, self.uri);
        let most = self.body.len().min(SHOWN);
        calls::as_text(&line, self.headers, &self.body[..most])
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

/// Message that a phone sends to a number of an account.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Inbound {
    /// Number of the phone.
    pub from: PhoneNumber,
    /// Number that it is sent to.
    pub to: PhoneNumber,
    /// The text.
    pub text: Text,
    /// Addresses of its pictures and files.
    pub media: Vec<WebUrl>,
    /// Channel, such as `whatsapp` or `rcs`; `None` for SMS and MMS.
    pub channel: Option<String>,
}

impl Inbound {
    /// Creates a text from one number to another.
    #[must_use]
    pub fn new(from: PhoneNumber, to: PhoneNumber, text: impl Into<String>) -> Self {
        Self { from, to, text: text.into().into(), media: Vec::new(), channel: None }
    }

    /// Adds a picture or another file.
    #[must_use]
    pub fn with_media(mut self, url: WebUrl) -> Self {
        self.media.push(url);
        self
    }

    /// Sends it over another channel than SMS, such as `whatsapp` or `rcs`.
    #[must_use]
    pub fn over(mut self, channel: impl Into<String>) -> Self {
        self.channel = Some(channel.into());
        self
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
