//! [`WebhookError`]: why a request is not an event.

use std::fmt;

/// Why a request is not an event. Says nothing of the request's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebhookError {
    kind: WebhookErrorKind,
    field: &'static str,
}

impl WebhookError {
    /// An error of this kind.
    #[must_use]
    pub const fn new(kind: WebhookErrorKind) -> Self {
        Self { kind, field: "" }
    }

    /// Names the header or the field.
    #[must_use]
    pub const fn with_field(mut self, field: &'static str) -> Self {
        self.field = field;
        self
    }

    /// Why.
    #[must_use]
    pub const fn kind(&self) -> WebhookErrorKind {
        self.kind
    }

    /// The header or the field, or an empty text.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        self.field
    }

    /// Whether the request was proved to be the provider's, and only its fields break a rule.
    #[must_use]
    pub const fn is_authentic(&self) -> bool {
        matches!(
            self.kind,
            WebhookErrorKind::MissingField
                | WebhookErrorKind::DuplicateField
                | WebhookErrorKind::InvalidField
        )
    }

    /// The status to answer: 403 to what is not proved, 413 to what is too large, 415 to a form of
    /// body that is not read, 404 to a
    /// callback about another message, 400 to what is authentic and malformed. Answer it with a constant body.
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

/// The kinds of [`WebhookError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WebhookErrorKind {
    /// No signature, or an empty one.
    MissingSignature,
    /// A header that must be there once is there several times.
    AmbiguousHeader,
    /// A header with bytes that do not belong there.
    MalformedHeader,
    /// The nonce is missing or not 1 to 64 digits.
    BadNonce,
    /// No key and no form of the public URL gives this signature.
    BadSignature,
    /// The hash of the body in the URL is missing, malformed or of another body.
    BodyHashMismatch,
    /// No trusted proxy names an address that is known.
    UntrustedAddress,
    /// The nonce, or the signature where there is no nonce, came before with another content.
    NonceReused,
    /// The token in the path is not of this message.
    TokenMismatch,
    /// Neither GET nor POST, or a GET with a body.
    UnsupportedMethod,
    /// A content type or encoding that this webhook does not use.
    UnsupportedContent,
    /// The body is not UTF-8 once decoded.
    BadEncoding,
    /// The body is over the limit.
    TooLarge,
    /// There are more parameters than the limit.
    TooManyParameters,
    /// Signed, but about another account.
    WrongAccount,
    /// A verified request of one provider was given to another's reader.
    WrongProvider,
    /// A field that must be there is not.
    MissingField,
    /// A field that must be there once is there several times.
    DuplicateField,
    /// A field that breaks its rule.
    InvalidField,
}

impl fmt::Display for WebhookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            WebhookErrorKind::MissingSignature => "webhook: the signature is missing",
            WebhookErrorKind::AmbiguousHeader => "webhook: a header is there several times",
            WebhookErrorKind::MalformedHeader => "webhook: a header is malformed",
            WebhookErrorKind::BadNonce => "webhook: the nonce is not 1 to 64 digits",
            WebhookErrorKind::BadSignature => "webhook: the signature does not match",
            WebhookErrorKind::BodyHashMismatch => "webhook: the hash is not of this body",
            WebhookErrorKind::UntrustedAddress => "webhook: no trusted proxy names a known address",
            WebhookErrorKind::NonceReused => {
                "webhook: the nonce or signature came with another content before"
            }
            WebhookErrorKind::TokenMismatch => "webhook: the token is not of this message",
            WebhookErrorKind::UnsupportedMethod => "webhook: the method is not supported",
            WebhookErrorKind::UnsupportedContent => "webhook: the content type is not supported",
            WebhookErrorKind::BadEncoding => "webhook: the body is not UTF-8",
            WebhookErrorKind::TooLarge => "webhook: the body is too large",
            WebhookErrorKind::TooManyParameters => "webhook: there are too many parameters",
            WebhookErrorKind::WrongAccount => "webhook: is about another account",
            WebhookErrorKind::WrongProvider => "webhook: was verified for another provider",
            WebhookErrorKind::MissingField => "webhook: a field is missing",
            WebhookErrorKind::DuplicateField => "webhook: a field is there several times",
            WebhookErrorKind::InvalidField => "webhook: a field is malformed",
        })?;
        if self.field.is_empty() { Ok(()) } else { write!(f, ": {}", self.field) }
    }
}

impl std::error::Error for WebhookError {}
