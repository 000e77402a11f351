//! [`WebhookRequest`]: a request as it came, free of any framework.

use std::{fmt, net::IpAddr};

use http::HeaderMap;

use crate::webhook::{WebhookError, WebhookErrorKind};

/// Longest body that is read, in bytes.
pub const MAX_BODY: usize = 64 * 1024;
/// Most parameters that are read.
pub const MAX_PARAMS: usize = 256;

/// A request as it came: method, raw path and query, headers, raw body. It borrows everything.
///
/// The bytes must be those of the wire. A framework that decodes, reorders or trims them first makes
/// every signature fail.
#[derive(Clone, Copy)]
pub struct WebhookRequest<'a> {
    method: &'a str,
    path_and_query: &'a str,
    headers: Headers<'a>,
    body: &'a [u8],
    peer: Option<IpAddr>,
}

#[derive(Clone, Copy)]
enum Headers<'a> {
    Map(&'a HeaderMap),
    Pairs(&'a [(&'a str, &'a [u8])]),
}

impl<'a> WebhookRequest<'a> {
    /// Creates a request from plain parts: for frameworks on another version of the `http` crate.
    ///
    /// `path_and_query` is raw, from its `/` on; a header that is there twice is two pairs.
    #[must_use]
    pub const fn new(
        method: &'a str,
        path_and_query: &'a str,
        headers: &'a [(&'a str, &'a [u8])],
        body: &'a [u8],
    ) -> Self {
        Self { method, path_and_query, headers: Headers::Pairs(headers), body, peer: None }
    }

    /// Creates a request of the `http` crate with its whole body.
    #[must_use]
    pub fn from_http<B: AsRef<[u8]>>(request: &'a http::Request<B>) -> Self {
        let body = request.body().as_ref();
        Self::from_map(request.method(), request.uri(), request.headers(), body)
    }

    /// Creates a request from the parts of a request of the `http` crate, and its whole body.
    #[must_use]
    pub fn from_parts(parts: &'a http::request::Parts, body: &'a [u8]) -> Self {
        Self::from_map(&parts.method, &parts.uri, &parts.headers, body)
    }

    /// Creates a request from its single parts: a router may hold another address than the one that came in.
    pub(crate) fn from_map(
        method: &'a http::Method,
        uri: &'a http::Uri,
        headers: &'a HeaderMap,
        body: &'a [u8],
    ) -> Self {
        let path_and_query = uri.path_and_query().map_or("/", |path| path.as_str());
        Self {
            method: method.as_str(),
            path_and_query,
            headers: Headers::Map(headers),
            body,
            peer: None,
        }
    }

    /// Says who opened the connection: needed where a trusted proxy names the public address.
    #[must_use]
    pub const fn with_peer(mut self, peer: IpAddr) -> Self {
        self.peer = Some(peer);
        self
    }

    /// Returns the address that opened the connection; `None` if it was not given.
    #[must_use]
    pub const fn peer(&self) -> Option<IpAddr> {
        self.peer
    }

    /// Returns the method, such as `POST`.
    #[must_use]
    pub const fn method(&self) -> &'a str {
        self.method
    }

    /// Returns the raw path, from its `/` on.
    #[must_use]
    pub fn path(&self) -> &'a str {
        split(self.path_and_query).0
    }

    /// Returns the raw path and query, from its `/` on.
    #[must_use]
    pub const fn path_and_query(&self) -> &'a str {
        self.path_and_query
    }

    /// Returns the same request but for these parts.
    pub(super) const fn changed<'b>(
        &self,
        method: &'b str,
        path_and_query: &'b str,
        body: &'b [u8],
    ) -> WebhookRequest<'b>
    where
        'a: 'b,
    {
        WebhookRequest { method, path_and_query, headers: self.headers, body, peer: self.peer }
    }

    /// Returns the raw query, without its `?`; `None` if there is no `?`.
    #[must_use]
    pub fn query(&self) -> Option<&'a str> {
        split(self.path_and_query).1
    }

    /// Returns the raw body.
    #[must_use]
    pub const fn body(&self) -> &'a [u8] {
        self.body
    }

    /// Returns the one value of a header, as visible ASCII; `None` if it is not there.
    ///
    /// # Errors
    /// `AmbiguousHeader` if it is there several times, `MalformedHeader` if it holds other bytes.
    pub fn header(&self, name: &'static str) -> Result<Option<&'a str>, WebhookError> {
        let fail = |kind| WebhookError::new(kind).with_field(name);
        let (value, more) = match self.headers {
            Headers::Map(map) => {
                let mut values = map.get_all(name).iter();
                (values.next().map(|value| value.as_bytes()), values.next().is_some())
            }
            Headers::Pairs(pairs) => {
                let same = |known: &str| known == name || known.eq_ignore_ascii_case(name);
                let mut values = pairs.iter().filter(|(known, _)| same(known));
                (values.next().map(|(_, value)| *value), values.next().is_some())
            }
        };
        let Some(value) = value else { return Ok(None) };
        if more {
            return Err(fail(WebhookErrorKind::AmbiguousHeader));
        }
        // Without an early end, so that many bytes are looked at in one step.
        let visible = value.iter().fold(true, |all, b| all & matches!(b, b' '..=b'~'));
        match std::str::from_utf8(value) {
            Ok(text) if visible => Ok(Some(text)),
            _ => Err(fail(WebhookErrorKind::MalformedHeader)),
        }
    }

    /// Refuses what is over the limits, before anything is decoded or hashed.
    pub(crate) fn within_limits(&self) -> Result<(), WebhookError> {
        if self.body.len() > MAX_BODY || self.path_and_query.len() > MAX_BODY {
            return Err(WebhookError::new(WebhookErrorKind::TooLarge));
        }
        Ok(())
    }

    /// Returns whether the body is a form, by its content type; an absent one is not.
    pub(crate) fn has_form(&self) -> Result<bool, WebhookError> {
        if self.header("content-encoding")?.is_some_and(|coding| coding != "identity") {
            let kind = WebhookErrorKind::UnsupportedContent;
            return Err(WebhookError::new(kind).with_field("content-encoding"));
        }
        let Some(kind) = self.header("content-type")? else { return Ok(false) };
        // As both vendors write it.
        if matches!(
            kind,
            "application/x-www-form-urlencoded"
                | "application/x-www-form-urlencoded; charset=UTF-8"
                | "application/x-www-form-urlencoded; charset=utf-8"
        ) {
            return Ok(true);
        }
        let (kind, parameters) = kind.split_once(';').unwrap_or((kind, ""));
        if !kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Ok(false);
        }
        let charset = parameters.trim();
        let utf8 = ["charset=utf-8", "charset=\"utf-8\""];
        if charset.is_empty() || utf8.iter().any(|known| charset.eq_ignore_ascii_case(known)) {
            Ok(true)
        } else {
            let kind = WebhookErrorKind::UnsupportedContent;
            Err(WebhookError::new(kind).with_field("content-type"))
        }
    }
}

/// Splits a path from its query, `None` if there is no `?`. Both are short, so that a loop is faster than a
/// search.
pub(super) fn split(path_and_query: &str) -> (&str, Option<&str>) {
    match path_and_query.bytes().position(|b| b == b'?') {
        Some(at) => (&path_and_query[..at], Some(&path_and_query[at + 1..])),
        None => (path_and_query, None),
    }
}

impl fmt::Debug for WebhookRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookRequest")
            .field("method", &self.method)
            .field("body", &self.body.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sources_read_alike() {
        let request = http::Request::post("https://internal/hooks/a%2Fb?x=1&&y")
            .header("X-Signature", "abc")
            .header("X-Twice", "1")
            .header("X-Twice", "2")
            .body(b"body".as_slice())
            .unwrap();
        let pairs: [(&str, &[u8]); 4] =
            [("x-signature", b"abc"), ("X-TWICE", b"1"), ("x-twice", b"2"), ("x-bytes", b"\xff")];
        let plain = WebhookRequest::new("POST", "/hooks/a%2Fb?x=1&&y", &pairs, b"body");
        for request in [WebhookRequest::from_http(&request), plain] {
            assert_eq!((request.method(), request.path()), ("POST", "/hooks/a%2Fb"));
            assert_eq!((request.query(), request.body()), (Some("x=1&&y"), b"body".as_slice()));
            assert_eq!(request.header("x-signature"), Ok(Some("abc")));
            assert_eq!(request.header("x-absent"), Ok(None));
            let error = request.header("x-twice").unwrap_err();
            assert_eq!(error.kind(), WebhookErrorKind::AmbiguousHeader);
        }
        let error = plain.header("x-bytes").unwrap_err();
        assert_eq!(error.kind(), WebhookErrorKind::MalformedHeader);
    }
}
