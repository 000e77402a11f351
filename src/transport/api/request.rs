//! [`ApiRequest`]: a request that is put together, and [`ApiResponse`], its answer.

use bytes::Bytes;
use form_urlencoded::Serializer;
use http::{
    HeaderName, HeaderValue, Method, StatusCode, Uri,
    header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    error::{Error, ErrorKind, Result},
    transport::api::{Api, ApiPages, BaseUrl, Call, Effect, base::config},
};

/// Characters of a path segment that are written as they are: the unreserved ones of RFC 3986.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Request to a vendor's API, signed in; made by [`Api::request`] and by `request` of the vendors' clients.
///
/// GET only reads: its errors say [`Outcome::NotSent`](crate::Outcome::NotSent) however it fails. Any other
/// method may have made its change after a failure that proves nothing; say [`sends`](Self::sends) where it
/// submits a message.
///
/// Submit a message to a vendor of your own:
///
/// ```
/// # #[cfg(feature = "testing")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> anysms::Result<()> {
/// use std::sync::Arc;
///
/// use anysms::{ProviderId, http::Method, testing::ScriptedTransport, transport::{Api, BaseUrl}};
///
/// let transport = Arc::new(ScriptedTransport::new().answer(201, r#"{"id":"m1"}"#));
/// let (acme, base) = (ProviderId::from_static("acme"), BaseUrl::https("api.example.com")?);
/// let api = Api::new(acme, "acct-1".into(), transport, base, ("acct-1", "secret"))?;
/// let request = api.request(Method::POST, ["v1", "messages"]).form("to", "+447700900123");
/// let taken: serde_json::Value = request.sends().send().await?.json()?;
/// assert_eq!(taken["id"], "m1");
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "testing"))]
/// # fn main() {}
/// ```
#[derive(Debug)]
#[must_use = "nothing is asked before `send`"]
pub struct ApiRequest<'a> {
    api: &'a Api,
    target: Result<(BaseUrl, String)>,
    method: Method,
    query: Vec<(String, String)>,
    form: Vec<(String, String)>,
    json: Option<Result<Vec<u8>>>,
    headers: Vec<(&'static str, String)>,
    effect: Effect,
}

impl<'a> ApiRequest<'a> {
    pub(super) fn new<S: AsRef<str>>(
        api: &'a Api,
        base: Result<BaseUrl>,
        method: Method,
        below: &str,
        segments: impl IntoIterator<Item = S>,
    ) -> Self {
        let reads = method == Method::GET || method == Method::HEAD;
        let effect = if reads { Effect::Reads } else { Effect::Changes };
        let target = base.and_then(|base| Ok((base, path(below, segments)?)));
        let (query, form, headers) = (Vec::new(), Vec::new(), Vec::new());
        Self { api, target, method, query, form, json: None, headers, effect }
    }

    /// Adds a parameter of the query.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Adds a field of a form in the body.
    pub fn form(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.form.push((name.into(), value.into()));
        self
    }

    /// Sets a body of JSON. A value that cannot be written as JSON is refused when it is sent.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        let refuse = |_| config("request: the body cannot be written as JSON");
        self.json = Some(serde_json::to_vec(body).map_err(refuse));
        self
    }

    /// Sets a header. `Authorization` and the headers of the body are the client's own, and are refused when it is
    /// sent, as is what cannot be written in a header.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Says that it submits a message, so that an error's outcome speaks of that message.
    pub fn sends(mut self) -> Self {
        self.effect = Effect::Sends;
        self
    }

    /// Names the vendor's host that it is meant for, where one test host stands for several.
    pub(crate) fn meant_for(mut self, host: Option<&'static str>) -> Self {
        self.headers.extend(host.map(|host| ("x-forwarded-host", host.to_owned())));
        self
    }

    /// Sends it, once.
    ///
    /// # Errors
    /// `InvalidRequest`, not sent, for a path that cannot be written, or a form and JSON together; else the
    /// kind that the vendor's refusal or the broken connection says, with its outcome.
    pub async fn send(self) -> Result<ApiResponse> {
        let uri = self.uri()?;
        self.send_to(uri).await
    }

    /// Sends it, once, where the body of the answer says nothing: it may be missing or empty.
    pub(crate) async fn send_empty(self) -> Result<()> {
        let uri = self.uri()?;
        let (call, request) = self.prepared(uri)?;
        self.api.run(call, request).await.map(drop)
    }

    /// Reads a list page by page, beginning with this request.
    pub fn pages(self) -> ApiPages<'a> {
        ApiPages::new(self)
    }

    /// Sends it to an address on the same host.
    pub(super) async fn send_to(&self, uri: Uri) -> Result<ApiResponse> {
        let (call, request) = self.prepared(uri)?;
        let accepted = self.api.run(call, request).await?;
        let (status, request_id) = (accepted.status, accepted.request_id.clone());
        let body = self.api.body(accepted, call)?;
        Ok(ApiResponse { status, request_id, body, api: self.api.clone(), call })
    }

    fn prepared(&self, uri: Uri) -> Result<(Call, http::Request<Bytes>)> {
        let call = Call { name: "request", effect: self.effect };
        let mut request = self.api.bare(self.method.clone(), uri);
        for (name, value) in &self.headers {
            let (name, value) = header(name, value)?;
            request.headers_mut().insert(name, value);
        }
        if let Some((content_type, body)) = self.body()? {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
            request = request.map(|_| body);
        }
        Ok((call, request))
    }

    pub(super) fn uri(&self) -> Result<Uri> {
        let (base, mut path) = self.target.clone()?;
        if !self.query.is_empty() {
            let query = Serializer::new(String::new()).extend_pairs(&self.query).finish();
            path = format!("{path}?{query}");
        }
        let path = path.parse().map_err(|_| invalid("path: cannot be written"))?;
        base.uri(path)
    }

    pub(super) const fn api(&self) -> &'a Api {
        self.api
    }

    /// Returns the address on the same host that a page names; `None` if it is on another.
    pub(super) fn same_host(&self, uri: Uri) -> Option<Result<Uri>> {
        let (base, _) = self.target.as_ref().ok()?;
        match uri.scheme() {
            None => uri.path_and_query().map(|path| base.uri(path.clone())),
            Some(_) => base.has(&uri).then_some(Ok(uri)),
        }
    }

    fn body(&self) -> Result<Option<(&'static str, Bytes)>> {
        match (&self.json, self.form.is_empty()) {
            (None, true) => Ok(None),
            (None, false) => {
                let form = Serializer::new(String::new()).extend_pairs(&self.form).finish();
                Ok(Some(("application/x-www-form-urlencoded", form.into())))
            }
            (Some(json), true) => Ok(Some(("application/json", json.clone()?.into()))),
            (Some(_), false) => Err(invalid("body: has a form and JSON; give one of them")),
        }
    }
}

/// Returns a header that a caller may set.
fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue)> {
    const OWN: [HeaderName; 4] = [AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST];
    let name = HeaderName::try_from(name).map_err(|_| invalid("header: the name is none"))?;
    if OWN.contains(&name) {
        return Err(invalid("header: is set by the client; leave it out"));
    }
    let value = HeaderValue::try_from(value);
    Ok((name, value.map_err(|_| invalid("header: the value cannot be written in a header"))?))
}

fn invalid(rule: &'static str) -> Error {
    Error::not_sent(ErrorKind::InvalidRequest).with_detail(rule)
}

fn path<S: AsRef<str>>(below: &str, segments: impl IntoIterator<Item = S>) -> Result<String> {
    let mut path = below.to_owned();
    for segment in segments {
        let segment = segment.as_ref();
        if segment.is_empty() && path.ends_with('/') || segment == "." || segment == ".." {
            return Err(invalid("path: a segment is empty, . or .."));
        }
        path.push('/');
        path.extend(utf8_percent_encode(segment, SEGMENT));
    }
    Ok(path)
}

/// Answer of 2xx to an [`ApiRequest`]. `Debug` does not show its body.
pub struct ApiResponse {
    status: StatusCode,
    request_id: Option<String>,
    body: Bytes,
    api: Api,
    call: Call,
}

impl ApiResponse {
    /// Returns the HTTP status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the vendor's id of the request; `None` where the vendor gives none.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// Returns the body as it came, at most 256 KiB.
    #[must_use]
    pub const fn body(&self) -> &Bytes {
        &self.body
    }

    /// Reads the body as JSON.
    ///
    /// # Errors
    /// `InvalidResponse` if it is not the JSON that is asked for; the place is named, and nothing is quoted.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            self.api.unreadable(self.call, format_args!("not the JSON expected, {line}:{column}"))
        })
    }
}

impl std::fmt::Debug for ApiResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiResponse")
            .field("status", &self.status)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_of_the_client_stays_its_own() {
        assert!(header("X-Twilio-Webhook-Enabled", "true").is_ok());
        for (name, value) in
            [("Authorization", "x"), ("content-type", "x"), ("a b", "x"), ("x", "a\nb")]
        {
            assert!(header(name, value).is_err(), "{name}");
        }
    }

    #[test]
    fn a_segment_stays_one_segment() {
        assert_eq!(path("/v1", ["a b", "c/d", "é?#"]).unwrap(), "/v1/a%20b/c%2Fd/%C3%A9%3F%23");
        assert_eq!(path("/v1", ["Message", ""]).unwrap(), "/v1/Message/"); // with the slash at its end
        for segments in [["..", "a"], ["a", "."]] {
            assert!(path("", segments).is_err());
        }
    }
}
