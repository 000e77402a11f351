//! Parts of a request that Plivo signs or names an account by.

use crate::webhook::{WebhookError, WebhookErrorKind, WebhookRequest};

/// Returns the body, if it is one whose parameters may be signed.
///
/// # Errors
/// `UnsupportedContent` for a body that is no form, `UnsupportedMethod` for other methods and a GET with a
/// body.
pub(in crate::plivo) fn signed_body<'a>(
    request: &WebhookRequest<'a>,
) -> Result<&'a [u8], WebhookError> {
    match request.method() {
        "GET" if request.body().is_empty() => Ok(b""),
        "POST" if request.body().is_empty() || request.has_form()? => Ok(request.body()),
        "POST" => {
            let kind = WebhookErrorKind::UnsupportedContent;
            Err(WebhookError::new(kind).with_field("content-type"))
        }
        _ => Err(WebhookError::new(WebhookErrorKind::UnsupportedMethod)),
    }
}

/// Returns the nonce, which must be 1 to 64 digits. A dot or a letter in it would let it trade places with its neighbours in
/// the signed text.
///
/// # Errors
/// `BadNonce`.
pub(in crate::plivo) fn nonce<'a>(
    request: &WebhookRequest<'a>,
    header: &'static str,
) -> Result<&'a str, WebhookError> {
    let nonce = request.header(header)?.unwrap_or_default();
    if (1..=64).contains(&nonce.len()) && nonce.bytes().all(|b| b.is_ascii_digit()) {
        Ok(nonce)
    } else {
        Err(WebhookError::new(WebhookErrorKind::BadNonce).with_field(header))
    }
}

/// Returns the last segment of a path; `None` if it is empty.
pub(in crate::plivo) fn last_segment(path: &str) -> Option<&str> {
    path.rsplit('/').next().filter(|segment| !segment.is_empty())
}
