//! [`Reply`]: what to answer a provider.

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};

/// What to answer a provider: a status, a content type and a body that fit the vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    content_type: &'static str,
    body: &'static str,
}

impl Reply {
    /// A document of the vendor's own kind.
    #[must_use]
    pub const fn new(content_type: &'static str, body: &'static str) -> Self {
        Self { content_type, body }
    }

    /// The HTTP status: always 200.
    #[must_use]
    pub const fn status(&self) -> u16 {
        200
    }

    /// The value for `Content-Type`.
    #[must_use]
    pub const fn content_type(&self) -> &'static str {
        self.content_type
    }

    /// The body.
    #[must_use]
    pub const fn body(&self) -> &'static str {
        self.body
    }

    /// As a response of the `http` crate.
    #[must_use]
    pub fn into_http(self) -> http::Response<Bytes> {
        let mut response = http::Response::new(Bytes::from_static(self.body.as_bytes()));
        *response.status_mut() = StatusCode::OK;
        let kind = HeaderValue::from_static(self.content_type);
        response.headers_mut().insert(CONTENT_TYPE, kind);
        response
    }
}
