//! What the clients of all vendors share: a base URL, credentials, and one exchange at a time.

use std::{fmt, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, StatusCode, Uri,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT},
    uri::{Authority, PathAndQuery, Scheme},
};
use serde::Deserialize;

use crate::{
    error::{Error, ErrorKind, Outcome, Result},
    message::{Cursor, MessageId, word},
    provider_id::ProviderId,
    transport::{
        Answer, BodyError, HttpTransport, kind_of_status, lenient, outcome_of_status, retry_after,
    },
};

/// Where a vendor's API is: scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Base {
    scheme: Scheme,
    authority: Authority,
}

impl Base {
    /// The vendor's own host, over https.
    pub(crate) fn https(host: &str) -> Result<Self> {
        let authority = host.parse().map_err(|_| config("base URL: the host is malformed"))?;
        Ok(Self { scheme: Scheme::HTTPS, authority })
    }

    /// A host of the user's own. It receives the credentials, so it must be a loopback address
    /// unless any host is allowed, and then over https.
    pub(crate) fn custom(url: &str, any_host: bool) -> Result<Self> {
        let malformed = || config("base URL: needs a scheme and a host, and nothing after them");
        let uri: Uri = url.parse().map_err(|_| malformed())?;
        let parts = uri.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(malformed());
        };
        let path = parts.path_and_query.as_ref().map_or("/", PathAndQuery::as_str);
        if path != "/" || url.contains(['#', '@']) {
            return Err(malformed());
        }
        let https = scheme == Scheme::HTTPS;
        match (is_loopback(authority.host()), any_host) {
            (true, _) if https || scheme == Scheme::HTTP => {}
            (false, true) if https => {}
            (false, true) => return Err(config("base URL: must be https")),
            _ => return Err(config("base URL: must be a loopback address, or allowed by name")),
        }
        Ok(Self { scheme, authority })
    }

    fn uri(&self, path: PathAndQuery) -> Result<Uri> {
        Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(path)
            .build()
            .map_err(|_| config("request: the URL could not be put together"))
    }
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn config(detail: &'static str) -> Error {
    Error::not_sent(ErrorKind::Config).with_detail(detail)
}

/// What a call does at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It submits a message.
    Sends,
    /// It changes a message that is there.
    Changes,
    /// It only reads: it has never sent anything, however it fails.
    Reads,
}

/// One kind of call, for errors and events.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) name: &'static str,
    pub(crate) effect: Effect,
}

impl Call {
    pub(crate) const fn sending(name: &'static str) -> Self {
        Self { name, effect: Effect::Sends }
    }

    pub(crate) const fn changing(name: &'static str) -> Self {
        Self { name, effect: Effect::Changes }
    }

    pub(crate) const fn reading(name: &'static str) -> Self {
        Self { name, effect: Effect::Reads }
    }

    /// What a failure proves, given what the transport or the status proves of a submission.
    fn outcome(self, proved: Outcome, status: Option<StatusCode>) -> Outcome {
        match self.effect {
            Effect::Reads => Outcome::NotSent,
            // Of a submission, a conflict may mean that the message is there already; of a change,
            // it means that the change was refused.
            Effect::Changes if status == Some(StatusCode::CONFLICT) => Outcome::NotSent,
            Effect::Sends | Effect::Changes => proved,
        }
    }
}

/// An answer of 2xx, and a body that may still be missing.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) status: StatusCode,
    pub(crate) body: Result<Bytes, BodyError>,
    pub(crate) request_id: Option<String>,
}

/// A refusal: what the status says, and the body for the vendor to read its own code from.
#[derive(Debug)]
pub(crate) struct Refused {
    /// Kind and outcome by the status alone; the vendor refines it.
    pub(crate) error: Error,
    pub(crate) status: StatusCode,
    pub(crate) outcome: Outcome,
    pub(crate) body: Bytes,
}

/// One vendor's API with one account's credentials.
#[derive(Clone)]
pub(crate) struct Rest {
    provider: ProviderId,
    transport: Arc<dyn HttpTransport>,
    base: Base,
    headers: HeaderMap,
    post_headers: HeaderMap, // those, and the type of what is posted
    request_id: Option<&'static str>,
}

impl Rest {
    /// `posts` is the content type of what is posted; `request_id` names the header in which the vendor
    /// gives the id of a request, if it does.
    pub(crate) fn new(
        provider: ProviderId,
        transport: Arc<dyn HttpTransport>,
        base: Base,
        (user, password): (&str, &str),
        posts: &'static str,
        request_id: Option<&'static str>,
    ) -> Result<Self> {
        let basic = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
        let mut authorization = HeaderValue::try_from(basic)
            .map_err(|_| config("credentials: cannot be written into a header"))?;
        authorization.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, authorization);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let agent = concat!("anysms/", env!("CARGO_PKG_VERSION"));
        headers.insert(USER_AGENT, HeaderValue::from_static(agent));
        let mut post_headers = headers.clone();
        post_headers.insert(CONTENT_TYPE, HeaderValue::from_static(posts));
        Ok(Self { provider, transport, base, headers, post_headers, request_id })
    }

    /// The whole address of a path on the vendor's host.
    pub(crate) fn uri(&self, path_and_query: &str) -> Result<Uri> {
        let path = path_and_query.parse();
        self.base.uri(path.map_err(|_| config("request: the path is malformed"))?)
    }

    /// A request without a body.
    pub(crate) fn request(&self, method: Method, uri: Uri) -> Request<Bytes> {
        let mut request = Request::new(Bytes::new());
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers.clone();
        request
    }

    /// A POST with a body.
    pub(crate) fn post(&self, uri: Uri, body: Vec<u8>) -> Request<Bytes> {
        let mut request = Request::new(body.into());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        *request.headers_mut() = self.post_headers.clone();
        request
    }

    /// The address of the next page: a path on the vendor's own host, with the list's own path.
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

    /// The id's own form, if it is an id of this provider.
    pub(crate) fn own_id<'a>(&self, id: &'a MessageId) -> Result<&'a str> {
        if *id.provider() == self.provider {
            Ok(id.value())
        } else {
            Err(Error::not_sent(ErrorKind::InvalidRequest)
                .with_provider(self.provider.clone())
                .with_detail("id: belongs to another provider"))
        }
    }

    /// Sends a request and tells yes from no. `refine` reads a refusal as the vendor's own.
    ///
    /// The transport takes the request at once, so that no future here has to hold and move it.
    pub(crate) fn run<'a>(
        &'a self,
        call: Call,
        request: Request<Bytes>,
        refine: impl FnOnce(Refused) -> Error + Send + 'a,
    ) -> impl Future<Output = Result<Accepted>> + Send + 'a {
        #[cfg(feature = "tracing")]
        let start = std::time::Instant::now();
        let answer = self.transport.as_ref().execute(request); // not boxed once more by the Arc
        async move {
            let result = match answer.await {
                Ok(answer) => self.tell(call, answer).map_err(refine),
                Err(error) => {
                    let (kind, proved) = (error.kind().kind(), error.kind().outcome());
                    Err(Error::new(kind, call.outcome(proved, None))
                        .with_provider(self.provider.clone())
                        .with_source(error))
                }
            };
            #[cfg(feature = "tracing")]
            self.report(call, start.elapsed(), &result);
            result
        }
    }

    /// The body of an answer that must have one.
    pub(crate) fn body(&self, accepted: Accepted, call: Call) -> Result<Bytes> {
        accepted.body.map_err(|error| {
            self.unreadable(call, "the body is missing")
                .with_request_id(accepted.request_id)
                .with_source(error)
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

    /// The error for an answer of 2xx that cannot be understood.
    pub(crate) fn unreadable(&self, call: Call, why: impl fmt::Display) -> Error {
        Error::new(ErrorKind::InvalidResponse, call.outcome(Outcome::Unknown, None))
            .with_provider(self.provider.clone())
            .with_detail(format!("answer to {}: {why}", call.name))
    }

    fn tell(&self, call: Call, answer: Answer) -> Result<Accepted, Refused> {
        let (head, body) = answer.into_parts();
        let id = self.request_id.and_then(|name| head.headers.get(name)?.to_str().ok());
        let request_id = id.and_then(word).map(str::to_owned);
        let Some(proved) = outcome_of_status(head.status) else {
            return Ok(Accepted { status: head.status, body, request_id });
        };
        let outcome = call.outcome(proved, Some(head.status));
        let error = Error::new(kind_of_status(head.status), outcome)
            .with_provider(self.provider.clone())
            .with_status(head.status.as_u16())
            .with_retry_after(retry_after(&head.headers))
            .with_request_id(request_id);
        Err(Refused { error, status: head.status, outcome, body: body.unwrap_or_default() })
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

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rest")
            .field("provider", &self.provider)
            .field("base", &self.base)
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_go_only_where_they_may() {
        for url in
            ["http://127.0.0.1:8080", "http://localhost:1/", "http://[::1]:2", "https://127.0.0.1"]
        {
            assert!(Base::custom(url, false).is_ok(), "{url}");
        }
        for url in [
            "http://example.com",
            "https://example.com",
            "http://127.0.0.1.example.com",
            "http://127.0.0.1@example.com",
            "http://127.0.0.1:80/path",
            "http://127.0.0.1?x",
            "ftp://127.0.0.1",
            "127.0.0.1:80",
            "",
        ] {
            assert!(Base::custom(url, false).is_err(), "{url}");
        }
        assert!(Base::custom("https://sms-gateway.example.com", true).is_ok());
        assert!(Base::custom("http://sms-gateway.example.com", true).is_err());
    }
}
