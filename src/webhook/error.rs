//! [`WebhookError`]: why a request is not an event.

use std::fmt;

use serde::Serialize;
use thiserror::Error;

/// Reason why a request is not an event. Its text quotes nothing of the request.
///
/// ```
/// use anysms::webhook::{WebhookError, WebhookErrorKind};
///
/// let error = WebhookError::new(WebhookErrorKind::MissingField).with_field("MessageSid");
/// assert_eq!(error.to_string(), "webhook: a required field is missing: MessageSid");
/// assert_eq!(error.http_status(), 400); // the request was authentic
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("webhook: {kind}{}{field}", if .field.is_empty() { "" } else { ": " })]
pub struct WebhookError {
    kind: WebhookErrorKind,
    field: &'static str,
}

impl WebhookError {
    /// Creates an error that names no field.
    #[must_use]
    pub const fn new(kind: WebhookErrorKind) -> Self {
        Self { kind, field: "" }
    }

    /// Adds the name of the header or the field.
    #[must_use]
    pub const fn with_field(mut self, field: &'static str) -> Self {
        self.field = field;
        self
    }

    /// Returns the kind.
    #[must_use]
    pub const fn kind(&self) -> WebhookErrorKind {
        self.kind
    }

    /// Returns the name of the header or the field; empty where none is to blame.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        self.field
    }

    /// Returns `true` if the request is authentic and only its fields break a rule.
    #[must_use]
    pub const fn is_authentic(&self) -> bool {
        matches!(
            self.kind,
            WebhookErrorKind::MissingField
                | WebhookErrorKind::DuplicateField
                | WebhookErrorKind::InvalidField
        )
    }

    /// Returns the HTTP status to answer, with a constant body: 403 where nothing is proved, 413 beyond a
    /// limit, 415 for an unsupported content type or encoding, 404 for a callback token of another message,
    /// 400 for an authentic request with a malformed field.
    #[must_use]
    pub const fn http_status(&self) -> u16 {
        match self.kind {
            WebhookErrorKind::TooLarge | WebhookErrorKind::TooManyParameters => 413,
            WebhookErrorKind::UnsupportedContent => 415,
            WebhookErrorKind::TokenMismatch => 404,
            _ if self.is_authentic() => 400,
            _ => 403,
        }
    }
}

/// Field of an event that could not be read. The event stands all the same, without that field; its value stays
/// in the event's `extra`, as it came. Nothing of the value is in here.
///
/// ```
/// use anysms::webhook::{FieldIssue, WebhookErrorKind};
///
/// let issue = FieldIssue::new("Units", WebhookErrorKind::InvalidField);
/// assert_eq!(issue.to_string(), "Units: a field is malformed");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FieldIssue {
    /// Name of the field; `MediaUrl` for any of `MediaUrl0`, `MediaUrl1` and so on.
    pub field: &'static str,
    /// `MissingField` or `InvalidField`.
    pub kind: WebhookErrorKind,
}

impl FieldIssue {
    /// Creates an issue of a field.
    #[must_use]
    pub const fn new(field: &'static str, kind: WebhookErrorKind) -> Self {
        Self { field, kind }
    }
}

impl fmt::Display for FieldIssue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.kind)
    }
}

/// Kind of a [`WebhookError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WebhookErrorKind {
    /// No signature header, or an empty one.
    #[error("the signature is missing")]
    MissingSignature,
    /// A header that may be there once is there several times.
    #[error("a header is there several times")]
    AmbiguousHeader,
    /// A header holds bytes other than visible ASCII.
    #[error("a header is malformed")]
    MalformedHeader,
    /// The nonce is missing or not 1 to 64 digits.
    #[error("the nonce is not 1 to 64 digits")]
    BadNonce,
    /// No key and no form of the public URL gives this signature.
    #[error("the signature does not match; Webhook::diagnose finds out why")]
    BadSignature,
    /// The hash of the body in the URL is missing, malformed or of another body.
    #[error("the hash in the URL is not of this body")]
    BodyHashMismatch,
    /// No trusted proxy names a known public URL.
    #[error("no trusted proxy names a known public URL")]
    UntrustedAddress,
    /// The nonce, or the signature where there is no nonce, came before with another content.
    #[error("the nonce or signature came before with another content")]
    NonceReused,
    /// The token in the path is not of this message.
    #[error("the callback token is not of this message")]
    TokenMismatch,
    /// The method is not the one the provider was told to call by, or it is a GET with a body.
    #[error("the method is not the expected one")]
    UnsupportedMethod,
    /// The content type or encoding is not one that this provider sends.
    #[error("the content type or encoding is not supported")]
    UnsupportedContent,
    /// The decoded parameters are not UTF-8.
    #[error("the parameters are not UTF-8")]
    BadEncoding,
    /// The body or the address has more than [`MAX_BODY`](super::MAX_BODY) bytes.
    #[error("the body or the address is too large")]
    TooLarge,
    /// There are more than [`MAX_PARAMS`](super::MAX_PARAMS) parameters.
    #[error("there are too many parameters")]
    TooManyParameters,
    /// The request is about another account, or one whose keys are not known.
    #[error("the request is about another account")]
    WrongAccount,
    /// A request verified for one provider was given to the reader of another.
    #[error("the request was verified for another provider")]
    WrongProvider,
    /// A required field is missing.
    #[error("a required field is missing")]
    MissingField,
    /// A field that may be there once is there several times.
    #[error("a field is there several times")]
    DuplicateField,
    /// A field breaks its rule.
    #[error("a field is malformed")]
    InvalidField,
}

impl WebhookErrorKind {
    /// Returns the kind as a word for logs and metrics. Part of the contract.
    ///
    /// ```
    /// use anysms::webhook::WebhookErrorKind;
    ///
    /// assert_eq!(WebhookErrorKind::BadSignature.as_str(), "bad_signature");
    /// ```
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MissingSignature => "missing_signature",
            Self::AmbiguousHeader => "ambiguous_header",
            Self::MalformedHeader => "malformed_header",
            Self::BadNonce => "bad_nonce",
            Self::BadSignature => "bad_signature",
            Self::BodyHashMismatch => "body_hash_mismatch",
            Self::UntrustedAddress => "untrusted_address",
            Self::NonceReused => "nonce_reused",
            Self::TokenMismatch => "token_mismatch",
            Self::UnsupportedMethod => "unsupported_method",
            Self::UnsupportedContent => "unsupported_content",
            Self::BadEncoding => "bad_encoding",
            Self::TooLarge => "too_large",
            Self::TooManyParameters => "too_many_parameters",
            Self::WrongAccount => "wrong_account",
            Self::WrongProvider => "wrong_provider",
            Self::MissingField => "missing_field",
            Self::DuplicateField => "duplicate_field",
            Self::InvalidField => "invalid_field",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_one_word_wherever_it_is_written() {
        for kind in [WebhookErrorKind::BadSignature, WebhookErrorKind::NonceReused] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
