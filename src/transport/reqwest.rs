//! The built-in transport: `reqwest` over rustls.

use std::{
    fmt, io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::{Bytes, BytesMut};

use crate::{
    error::{Error, ErrorKind, Result},
    transport::{
        Answer, BodyError, HttpTransport, TransportError, TransportErrorKind,
        classify::{Failure, cause_of},
    },
};

/// Longest body that is read, in bytes.
const BODY_CAP: usize = 256 * 1024;

/// HTTP through `reqwest` and rustls, set up so that one call is at most one request.
///
/// Redirects are not followed and `reqwest`'s own retries are off: its defaults turn one submission
/// into 11 on a redirect loop (307), and into 3 on a refused HTTP/2 stream (measured, 0.13, 2026-11).
/// 3 seconds to connect, 30 in all (Twilio itself may take 26), 15 idle in the pool. Proxies are not
/// taken from the environment; [`ReqwestTransportBuilder::proxy`] names one.
///
/// It speaks HTTP/1.1, and with the feature `http2` HTTP/2 where the server does, over TLS.
///
/// A clone shares the pool. It needs a running Tokio runtime.
#[derive(Clone)]
pub struct ReqwestTransport {
    client: reqwest::Client,
    last: Arc<LastUrl>,
}

impl ReqwestTransport {
    /// Creates a transport with the defaults.
    ///
    /// # Errors
    /// `Config` if TLS cannot be set up, as on a machine without any root certificates.
    pub fn new() -> Result<Self> {
        Self::builder().build()
    }

    /// Begins a transport with settings of the program's own.
    pub fn builder() -> ReqwestTransportBuilder {
        ReqwestTransportBuilder {
            connect_timeout: Duration::from_secs(3),
            timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(15),
            root_certificates: Vec::new(),
            proxy: None,
            #[cfg(feature = "http2")]
            http2_only: false,
        }
    }

    /// Returns a request in `reqwest`'s own type.
    fn translate(&self, request: http::Request<Bytes>) -> Result<reqwest::Request, TransportError> {
        let (head, body) = request.into_parts();
        let mut request = reqwest::Request::new(head.method, self.last.url(head.uri)?);
        *request.headers_mut() = head.headers;
        *request.body_mut() = Some(body.into());
        Ok(request)
    }
}

impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReqwestTransport")
    }
}

impl HttpTransport for ReqwestTransport {
    /// Sends a request. Written as the macro writes it, except that the future holds the request once: it stays under
    /// a kilobyte, up to which allocators are fastest.
    fn execute<'s, 'f>(
        &'s self,
        request: http::Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Answer, TransportError>> + Send + 'f>>
    where
        's: 'f,
    {
        Box::pin(async move {
            let has_body = !request.body().is_empty();
            let pending = self.client.execute(self.translate(request)?);
            let mut response = pending.await.map_err(|error| failure(&error, has_body))?;
            let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
            let mut answer = http::Response::new(read(response).await);
            (*answer.status_mut(), *answer.headers_mut()) = (status, headers);
            Ok(answer)
        })
    }
}

/// The settings of a [`ReqwestTransport`].
#[derive(Clone)]
#[must_use]
pub struct ReqwestTransportBuilder {
    connect_timeout: Duration,
    timeout: Duration,
    idle_timeout: Duration,
    root_certificates: Vec<Vec<u8>>,
    proxy: Option<String>,
    #[cfg(feature = "http2")]
    http2_only: bool,
}

impl ReqwestTransportBuilder {
    /// Sets the time for lookup, TCP and TLS together, 3 seconds by default. Keep it well under the total: a
    /// connection that hangs past the total cannot be told from a request that was read.
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets the time for everything, to the last byte of the answer.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the time for which an idle connection is kept.
    pub const fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// Trusts these certificates (PEM) beside the machine's own.
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates.push(pem.into());
        self
    }

    /// Sends everything through this proxy.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// Speaks HTTP/2 from the first byte, without TLS too: for a gateway that is known to.
    #[cfg(feature = "http2")]
    pub const fn http2_prior_knowledge(mut self) -> Self {
        self.http2_only = true;
        self
    }

    /// Builds the transport.
    ///
    /// # Errors
    /// `Config` if a certificate or the proxy's URL is malformed, or TLS cannot be set up.
    pub fn build(self) -> Result<ReqwestTransport> {
        // What reqwest says of a proxy's malformed address quotes its password, so nothing of it is kept.
        let config = |detail: &'static str| {
            move |_: reqwest::Error| Error::not_sent(ErrorKind::Config).with_detail(detail)
        };
        let mut client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(self.connect_timeout)
            .timeout(self.timeout)
            .pool_idle_timeout(self.idle_timeout);
        #[cfg(not(feature = "http2"))]
        {
            client = client.http1_only();
        }
        #[cfg(feature = "http2")]
        {
            // All sends share one connection: if it dies in silence, they must not all wait for it.
            client = client
                .http2_keep_alive_interval(Duration::from_secs(10))
                .http2_keep_alive_timeout(Duration::from_secs(5));
            if self.http2_only {
                client = client.http2_prior_knowledge();
            }
        }
        let mut roots = Vec::new();
        for pem in &self.root_certificates {
            let certificates = reqwest::Certificate::from_pem_bundle(pem);
            roots.extend(certificates.map_err(config("root certificates: not PEM"))?);
        }
        if !roots.is_empty() {
            client = client.tls_certs_merge(roots);
        }
        if let Some(url) = &self.proxy {
            let proxy = reqwest::Proxy::all(url).map_err(config("proxy: not a proxy's URL"))?;
            client = client.proxy(proxy);
        }
        let client = client.build().map_err(config("TLS could not be set up"))?;
        Ok(ReqwestTransport { client, last: Arc::default() })
    }
}

impl fmt::Debug for ReqwestTransportBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransportBuilder")
            .field("connect_timeout", &self.connect_timeout)
            .field("timeout", &self.timeout)
            .field("idle_timeout", &self.idle_timeout)
            .field("root_certificates", &self.root_certificates.len())
            .field("proxy", &self.proxy.is_some())
            .finish()
    }
}

/// The address of the last request, in `reqwest`'s own type. All submissions of an account go to one
/// address, and to parse it anew would be the dearest part of a send.
#[derive(Default)]
struct LastUrl(Mutex<Option<(http::Uri, reqwest::Url)>>);

impl LastUrl {
    fn url(&self, uri: http::Uri) -> Result<reqwest::Url, TransportError> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, url)) = &*last
            && *known == uri
        {
            return Ok(url.clone());
        }
        let url = reqwest::Url::parse(&uri.to_string())
            .map_err(|_| TransportError::new(TransportErrorKind::InvalidRequest))?;
        *last = Some((uri, url.clone()));
        Ok(url)
    }
}

/// Reads an error of reqwest's for what it proves.
fn failure(error: &reqwest::Error, has_body: bool) -> TransportError {
    let refused = http2(error, has_body);
    let failure = Failure {
        unbuilt: error.is_builder(),
        connecting: error.is_connect(),
        refused,
        late: error.is_timeout(),
    };
    TransportError::new(failure.kind()).with_cause(cause(error))
}

/// Returns what reqwest's causes say, in this crate's words. Nothing of their own text is kept: the URL holds the
/// account, an error may quote a proxy's password, and the server may write what it likes.
fn cause(error: &reqwest::Error) -> &'static str {
    let (mut texts, mut by_kind) = (String::new(), "");
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        if let Some(error) = cause.downcast_ref::<io::Error>().filter(|_| by_kind.is_empty()) {
            by_kind = cause_of(error.kind());
        }
        texts += &cause.to_string().to_ascii_lowercase();
        next = cause.source();
    }
    let says = |words: &[&str]| error.is_connect() && words.iter().any(|word| texts.contains(word));
    if says(&["certificate"]) {
        "the certificate was not accepted"
    } else if says(&["tls", "handshake", "corrupt message"]) {
        "no TLS connection could be agreed on"
    } else if says(&["dns", "lookup"]) {
        "the name was not found"
    } else {
        by_kind
    }
}

/// Returns whether the server itself said that it did not process the request.
///
/// `h2` gives a stream the error of a GOAWAY only if its id is above the last of which the GOAWAY
/// speaks; what is at or below it ends with an I/O error. There is one other way to that error: a
/// GOAWAY of any kind that comes between the head of a request and its body, which then never follows.
/// So it proves nothing of a request without one.
#[cfg(feature = "http2")]
fn http2(error: &reqwest::Error, has_body: bool) -> bool {
    let mut causes =
        std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    let Some(cause) = causes.find_map(|cause| cause.downcast_ref::<h2::Error>()) else {
        return false;
    };
    let refused = cause.is_reset() && cause.reason() == Some(h2::Reason::REFUSED_STREAM);
    cause.is_remote() && (refused || cause.is_go_away() && has_body)
}

#[cfg(not(feature = "http2"))]
fn http2(_: &reqwest::Error, _: bool) -> bool {
    false
}

/// Reads a body up to the cap. Most answers are one chunk, which is taken without a copy.
async fn read(mut response: reqwest::Response) -> Result<Bytes, BodyError> {
    let mut chunks = BytesMut::new();
    let mut first = Bytes::new();
    loop {
        match response.chunk().await {
            Ok(None) if chunks.is_empty() => return Ok(first),
            Ok(None) => return Ok(chunks.freeze()),
            Ok(Some(chunk)) if first.len().max(chunks.len()) + chunk.len() > BODY_CAP => {
                return Err(BodyError::TooLarge);
            }
            Ok(Some(chunk)) if first.is_empty() => first = chunk,
            Ok(Some(chunk)) => {
                if chunks.is_empty() {
                    chunks.extend_from_slice(&first);
                }
                chunks.extend_from_slice(&chunk);
            }
            Err(error) if error.is_timeout() => return Err(BodyError::Timeout),
            Err(_) => return Err(BodyError::Interrupted),
        }
    }
}
