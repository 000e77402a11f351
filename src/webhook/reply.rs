//! [`Reply`]: an answer to a provider.

use std::{borrow::Cow, fmt};

use bytes::Bytes;
use http::{HeaderValue, header::CONTENT_TYPE};

/// Answer to a provider: status 200 and an XML document. Never plain text, which Twilio would send to the
/// sender as a message. `Debug` shows only its length.
///
/// It is made by [`Webhook::reply`](crate::webhook::Webhook::reply), by a vendor's own builder, or is
/// [`Reply::EMPTY`].
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    body: Cow<'static, str>,
}

impl Reply {
    /// The document that says nothing: taken, no message to send back.
    pub const EMPTY: Self =
        Self { body: Cow::Borrowed(r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#) };

    pub(super) const fn from_xml(document: String) -> Self {
        Self { body: Cow::Owned(document) }
    }

    /// Returns the HTTP status: always 200.
    #[must_use]
    pub const fn status(&self) -> u16 {
        200
    }

    /// Returns the value for `Content-Type`: always `application/xml`. The document itself says that it is
    /// in UTF-8.
    #[must_use]
    pub const fn content_type(&self) -> &'static str {
        "application/xml"
    }

    /// Returns the body.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Converts it into a response of the `http` crate.
    #[must_use]
    pub fn into_http(self) -> http::Response<Bytes> {
        let kind = HeaderValue::from_static(self.content_type());
        let mut response = http::Response::new(match self.body {
            Cow::Borrowed(text) => Bytes::from_static(text.as_bytes()),
            Cow::Owned(text) => text.into(),
        });
        response.headers_mut().insert(CONTENT_TYPE, kind);
        response
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply([{} bytes])", self.body.len())
    }
}
