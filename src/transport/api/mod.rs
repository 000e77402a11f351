//! [`Api`]: the signed-in low-level client that every vendor here is written on.
//!
//! It is public, for a vendor of a program's own and for what has no type in this crate yet:
//!
//! ```
//! # async fn example(twilio: anysms::twilio::Twilio) -> anysms::Result<()> {
//! use anysms::{http::Method, twilio::Product};
//!
//! let path = ["Usage", "Records", "Today.json"];
//! let today = twilio.request(Method::GET, Product::Account, path).query("Category", "sms").send().await?;
//! let today: serde_json::Value = today.json()?;
//! println!("{}", today["usage_records"][0]["count"]);
//! # Ok(())
//! # }
//! ```
//!
//! What belongs here: the address (`base`), what a call does and how it is answered (`call`), the client
//! itself, and for its users requests (`request`) and lists of pages (`pages`).

mod base;
mod call;
mod pages;
mod request;

use std::{fmt, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT},
    uri::PathAndQuery,
};
use serde::Deserialize;

use crate::{
    account_id::AccountId,
    error::{Error, ErrorKind, Outcome, Result},
    message::{Cursor, MessageId, word},
    provider_id::ProviderId,
    transport::{Answer, HttpTransport, kind_of_status, lenient, outcome_of_status, retry_after},
};
use base::config;
pub(crate) use base::set_in_code;

pub use base::BaseUrl;
pub use call::{Effect, Refusal};
pub use pages::ApiPages;
pub use request::{ApiRequest, ApiResponse};

pub(crate) use call::{Accepted, Call};

/// Reads a refusal as the vendor's own error: refines the kind by the vendor's code, keeps its words.
pub type ReadRefusal = fn(Refusal) -> Error;

/// Client of one vendor's API, signed in as one account. A clone is cheap.
#[derive(Clone)]
pub struct Api {
    provider: ProviderId,
    account: AccountId,
    transport: Arc<dyn HttpTransport>,
    base: BaseUrl,
    headers: HeaderMap,
    request_id: Option<HeaderName>,
    next_page: &'static [&'static str],
    read_refusal: ReadRefusal,
}

impl Api {
    /// Signs in with a user name and a password by HTTP Basic.
    ///
    /// # Errors
    /// `Config` if the credentials cannot be written into a header.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # fn example(transport: Arc<dyn anysms::transport::HttpTransport>) -> anysms::Result<()> {
    /// use anysms::{ProviderId, transport::{Api, BaseUrl}};
    ///
    /// const ACME: ProviderId = ProviderId::from_static("acme");
    /// let base = BaseUrl::https("api.example.com")?;
    /// let api = Api::new(ACME, "acct-1".into(), transport, base, ("acct-1", "secret"))?
    ///     .with_request_id("x-request-id") // kept on errors, for the vendor's support desk
    ///     .with_next_page(&["/links/next"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(
        provider: ProviderId,
        account: AccountId,
        transport: Arc<dyn HttpTransport>,
        base: BaseUrl,
        (user, password): (&str, &str),
    ) -> Result<Self> {
        let basic = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
        let mut authorization = HeaderValue::try_from(basic)
            .map_err(|_| config("credentials: cannot be written into a header"))?;
        authorization.set_sensitive(true);
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(AUTHORIZATION, authorization);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let agent = concat!("anysms/", env!("CARGO_PKG_VERSION"));
        headers.insert(USER_AGENT, HeaderValue::from_static(agent));
        let read_refusal: ReadRefusal = |refusal| refusal.error;
        let (request_id, next_page) = (None, [].as_slice());
        Ok(Self {
            provider,
            account,
            transport,
            base,
            headers,
            request_id,
            next_page,
            read_refusal,
        })
    }

    /// Names the header in which the vendor gives the id of a request.
    #[must_use]
    pub fn with_request_id(mut self, header: &'static str) -> Self {
        self.request_id = HeaderName::try_from(header).ok();
        self
    }

    /// Names the JSON pointers at which a page of a list may say where the next one is.
    #[must_use]
    pub const fn with_next_page(mut self, pointers: &'static [&'static str]) -> Self {
        self.next_page = pointers;
        self
    }

    /// Sets how a refusal is read as the vendor's own error.
    #[must_use]
    pub const fn with_read_refusal(mut self, read: ReadRefusal) -> Self {
        self.read_refusal = read;
        self
    }

    pub(crate) const fn base(&self) -> &BaseUrl {
        &self.base
    }

    /// Returns the account that is signed in.
    #[must_use]
    pub const fn account(&self) -> &AccountId {
        &self.account
    }

    /// Begins a request to this path of the API, given in segments, which are escaped: a segment with a slash
    /// stays one segment.
    pub fn request<S: AsRef<str>>(
        &self,
        method: Method,
        segments: impl IntoIterator<Item = S>,
    ) -> ApiRequest<'_> {
        ApiRequest::new(self, Ok(self.base.clone()), method, "", segments)
    }

    /// Begins a request as [`request`](Self::request) does, to another host of the vendor or below a path.
    pub(crate) fn request_at<S: AsRef<str>>(
        &self,
        base: Result<BaseUrl>,
        below: &str,
        method: Method,
        segments: impl IntoIterator<Item = S>,
    ) -> ApiRequest<'_> {
        ApiRequest::new(self, base, method, below, segments)
    }

    /// Returns the whole address of a path on the vendor's host.
    pub(crate) fn uri(&self, path_and_query: &str) -> Result<Uri> {
        let path = path_and_query.parse();
        self.base.uri(path.map_err(|_| config("request: the path is malformed"))?)
    }

    /// Returns a request without a body.
    pub(crate) fn bare(&self, method: Method, uri: Uri) -> Request<Bytes> {
        let mut request = Request::new(Bytes::new());
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers.clone();
        request
    }

    /// Returns a POST with a body of this content type.
    pub(crate) fn post(
        &self,
        uri: Uri,
        content_type: &'static str,
        body: Vec<u8>,
    ) -> Request<Bytes> {
        let mut request = Request::new(body.into());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.clone_from(&self.headers);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        request
    }

    /// Returns the address of the next page: a path on the vendor's own host, with the list's own path.
    pub(crate) fn next_page(&self, cursor: &Cursor, list_path: &str) -> Result<Uri> {
        let elsewhere = || {
            Error::not_sent(ErrorKind::InvalidRequest)
                .with_provider(self.provider.clone())
                .with_detail("cursor: leads away from this provider's list")
        };
        let path: PathAndQuery = cursor.as_str().parse().map_err(|_| elsewhere())?;
        // Plivo leaves the slash at the end out of some pages' addresses.
        let same = path.path().trim_end_matches('/') == list_path.trim_end_matches('/');
        if !cursor.as_str().starts_with('/') || !same {
            return Err(elsewhere());
        }
        self.base.uri(path)
    }

    /// Returns the id's own form, if it is an id of this provider.
    pub(crate) fn own_id<'a>(&self, id: &'a MessageId) -> Result<&'a str> {
        if *id.provider() == self.provider {
            Ok(id.value())
        } else {
            Err(Error::not_sent(ErrorKind::InvalidRequest)
                .with_provider(self.provider.clone())
                .with_detail("id: belongs to another provider"))
        }
    }

    /// Sends a request and tells yes from no.
    ///
    /// The transport takes the request at once, so that no future here has to hold and move it.
    pub(crate) fn run<'a>(
        &'a self,
        call: Call,
        request: Request<Bytes>,
    ) -> impl Future<Output = Result<Accepted>> + Send + 'a {
        #[cfg(feature = "tracing")]
        let start = std::time::Instant::now();
        let answer = self.transport.as_ref().execute(request); // not boxed once more by the Arc
        async move {
            let result = match answer.await {
                Ok(answer) => self
                    .tell(call, answer)
                    .map_err(|refusal| call.mark((self.read_refusal)(refusal))),
                Err(error) => {
                    let (kind, proved) = (error.kind().kind(), error.kind().outcome());
                    let error = Error::new(kind, call.outcome(proved, None)).caused_by(error);
                    Err(call.mark(self.signed(error)))
                }
            };
            #[cfg(feature = "tracing")]
            self.report(call, start.elapsed(), &result);
            result
        }
    }

    /// Returns the body of an answer that must have one.
    pub(crate) fn body(&self, accepted: Accepted, call: Call) -> Result<Bytes> {
        accepted.body.map_err(|error| {
            self.unreadable(call, "the body is missing")
                .with_request_id(accepted.request_id)
                .caused_by(error)
        })
    }

    /// Reads the body of an answer as JSON. What serde says of a failure may quote the body, so only
    /// the place is kept.
    pub(crate) fn decode<'a, T: Deserialize<'a>>(&self, call: Call, body: &'a [u8]) -> Result<T> {
        if !lenient::is_object(body) {
            return Err(self.unreadable(call, "not a JSON object"));
        }
        serde_json::from_slice(body).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            self.unreadable(call, format_args!("not the JSON expected, {line}:{column}"))
        })
    }

    /// Returns the error for an answer of 2xx that cannot be understood.
    pub(crate) fn unreadable(&self, call: Call, why: impl fmt::Display) -> Error {
        let error = Error::new(ErrorKind::InvalidResponse, call.outcome(Outcome::Unknown, None));
        call.mark(self.signed(error.with_detail(format!("answer to {}: {why}", call.name))))
    }

    /// Names the provider and the account on an error.
    fn signed(&self, error: Error) -> Error {
        error.with_provider(self.provider.clone()).with_account(self.account.clone())
    }

    fn tell(&self, call: Call, answer: Answer) -> Result<Accepted, Refusal> {
        let (head, body) = answer.into_parts();
        let id = self.request_id.as_ref().and_then(|name| head.headers.get(name)?.to_str().ok());
        let request_id = id.and_then(word).map(str::to_owned);
        let Some(proved) = outcome_of_status(head.status) else {
            return Ok(Accepted { status: head.status, body, request_id });
        };
        let outcome = call.outcome(proved, Some(head.status));
        let body = body.unwrap_or_default();
        let kind = match head.status {
            StatusCode::FORBIDDEN if lenient::is_page(&body) => ErrorKind::Unavailable,
            status => kind_of_status(status),
        };
        let error = self
            .signed(Error::new(kind, outcome))
            .with_status(head.status.as_u16())
            .with_retry_after(retry_after(&head.headers))
            .with_request_id(request_id);
        let (effect, status) = (call.effect, head.status);
        Err(Refusal { error, effect, status, body })
    }

    #[cfg(feature = "tracing")]
    fn report(&self, call: Call, took: std::time::Duration, result: &Result<Accepted>) {
        let error = result.as_ref().err();
        let status = match result {
            Ok(accepted) => accepted.status.as_u16(),
            Err(error) => error.status().unwrap_or(0),
        };
        tracing::debug!(
            target: "anysms::transport",
            {
                messaging.system = self.provider.as_str(),
                messaging.operation.name = call.name,
                http.response.status_code = status,
                error.type = error.map_or("", |e| e.kind().as_str()),
                anysms.outcome = error.map_or("", |e| e.outcome().as_str()),
                duration_ms = took.as_millis() as u64,
            },
            "exchange"
        );
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api")
            .field("provider", &self.provider)
            .field("account", &self.account)
            .field("base", &self.base)
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}
