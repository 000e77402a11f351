//! Part of a request's body that is signed: its parameters, or its hash in the query.

use sha2::{Digest, Sha256};

use crate::webhook::{Params, WebhookError, WebhookErrorKind, WebhookRequest};

/// Returns the parameters of a form, which are part of the signed text; `None` for a GET and for a body of
/// another type, whose hash must be in the query.
pub(in crate::twilio) fn signed_params(
    request: &WebhookRequest<'_>,
    lenient: bool,
) -> Result<Option<Params>, WebhookError> {
    match request.method() {
        "GET" if request.body().is_empty() => Ok(None),
        "POST" => {
            let form = request.has_form()?;
            match request.query().map_or(Ok(None), |query| hash_in_query(query, lenient))? {
                Some(hash) if Sha256::digest(request.body()).as_slice() != hash => {
                    Err(WebhookError::new(WebhookErrorKind::BodyHashMismatch))
                }
                None if !form => Err(WebhookError::new(WebhookErrorKind::BodyHashMismatch)),
                _ if form => Params::parse(request.body()).map(Some),
                _ => Ok(None),
            }
        }
        _ => Err(WebhookError::new(WebhookErrorKind::UnsupportedMethod)),
    }
}

/// Returns the SHA-256 of the body, if the query has one: exactly one parameter of that name, 64 digits of
/// lower-case hex.
fn hash_in_query(query: &str, lenient: bool) -> Result<Option<[u8; 32]>, WebhookError> {
    let mismatch = WebhookError::new(WebhookErrorKind::BodyHashMismatch);
    let parts = query.split('&').map(|part| part.split_once('=').unwrap_or((part, "")));
    let mut values = parts.filter_map(|(name, value)| (name == "bodySHA256").then_some(value));
    let Some(value) = values.next() else { return Ok(None) };
    let digits = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f') || lenient && b.is_ascii_hexdigit();
    if values.next().is_some() || value.len() != 64 || !value.bytes().all(digits) {
        return Err(mismatch);
    }
    let mut hash = [0; 32];
    for (byte, pair) in hash.iter_mut().zip(value.as_bytes().chunks_exact(2)) {
        let text = std::str::from_utf8(pair).map_err(|_| mismatch)?;
        *byte = u8::from_str_radix(text, 16).map_err(|_| mismatch)?;
    }
    Ok(Some(hash))
}
