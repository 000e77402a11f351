//! Plivo's error codes and bodies, read as this crate's errors.
//!
//! Plivo gives codes only in delivery reports; its REST errors are free text under several names.
//! Codes: Plivo's pages and support articles, as of 2026-11-20.

use serde_json::{Map, Value};

use crate::{
    error::{Error, ErrorKind},
    message::{DeliveryFailure, word},
    transport::{
        api::{Effect, Refusal},
        lenient,
    },
};

/// Plivo's page about its error codes.
pub const ERROR_HELP: &str = "https://www.plivo.com/docs/messaging/troubleshooting/error-codes";

/// Returns the kind of a Plivo error code in a delivery report or a callback of an **outbound** message. (In
/// the record of an inbound message the field holds the status your webhook answered.)
#[must_use]
pub fn error_kind(code: u32) -> ErrorKind {
    match code {
        10 | 110..=130 => ErrorKind::InvalidContent,
        20 | 90 | 140 | 300 => ErrorKind::Unavailable,
        30 | 60 => ErrorKind::ContentFiltered,
        40 | 201 => ErrorKind::InvalidSender,
        50 | 70 => ErrorKind::InvalidRecipient,
        80 => ErrorKind::Unreachable,
        100 => ErrorKind::Blocked,
        200 => ErrorKind::OptedOut,
        380 => ErrorKind::InvalidContent,
        420 => ErrorKind::Expired,
        450 => ErrorKind::GeoPermission,
        451 => ErrorKind::PolicyBlocked,
        900 | 910 => ErrorKind::Account,
        950 | 960 | 970 => ErrorKind::UnregisteredSender,
        901..=999 => ErrorKind::Account, // the rest of the 9xx block accounts or registrations
        _ => ErrorKind::Other,
    }
}

/// Reads why a message did not arrive from the code of a delivery report; `None` for no code, `0` and `000`.
pub(super) fn delivery_failure(code: Option<&str>) -> Option<DeliveryFailure> {
    let code = code.filter(|code| code.bytes().any(|b| b != b'0'))?;
    let number: Option<u32> = code.parse().ok();
    let mut failure = DeliveryFailure::new(number.map_or(ErrorKind::Other, error_kind), code);
    failure.help = number.map(|_| ERROR_HELP.to_owned());
    Some(failure)
}

/// Returns the error for a refusal: the outcome by the HTTP status, the kind by the status and by the text of
/// Plivo's own JSON. Words of anybody else, and words over 429 and 5xx, are kept and never read.
pub(super) fn refused(refusal: Refusal) -> Error {
    let Refusal { error, effect, status, body, .. } = refusal;
    let outcome = error.outcome();
    let json: Option<Map<String, Value>> = serde_json::from_slice(&body).ok();
    let by_plivo = json.as_ref().is_some_and(is_by_plivo);
    let words = words(&body);
    let by_text = || words.as_deref().filter(|_| by_plivo).and_then(kind_of_text);
    let kind = match status.as_u16() {
        401 => ErrorKind::Credentials,
        403 if json.is_some_and(|json| !json.is_empty()) && !by_plivo => ErrorKind::Unavailable,
        403 if lenient::is_page(&body) => ErrorKind::Unavailable,
        // Plivo answers 403 to a submission where the destination country is not enabled.
        403 if effect == Effect::Sends => ErrorKind::GeoPermission,
        403 | 429 | 500..=599 => error.kind(),
        _ => by_text().unwrap_or_else(|| error.kind()),
    };
    error.with_kind(kind, outcome).with_provider_message(words).with_request_id(api_id(&body))
}

/// Returns whether a JSON object has the shape of Plivo's errors: an `api_id`, an `error`, or of lookups an
/// `error_code` with its `message`.
fn is_by_plivo(json: &Map<String, Value>) -> bool {
    json.contains_key("api_id")
        || json.get("error").is_some_and(|error| error.is_string() || error.is_object())
        || json.contains_key("error_code") && json.contains_key("message")
}

/// Returns Plivo's own words, wherever they are in the body.
pub(super) fn words(body: &[u8]) -> Option<String> {
    let Ok(json) = serde_json::from_slice::<Value>(body) else {
        let text = std::str::from_utf8(body).ok()?.trim();
        return (!text.is_empty()).then(|| text.chars().take(1_000).collect());
    };
    const PLACES: [&str; 8] = [
        "/error",
        "/error/error",
        "/error/message",
        "/message",
        "/global_error",
        "/data/error",
        "/data/message",
        "/errors/global_error",
    ];
    PLACES.iter().find_map(|place| json.pointer(place)?.as_str()).map(str::to_owned)
}

/// Returns Plivo's id of the request, which it gives in the body.
fn api_id(body: &[u8]) -> Option<String> {
    let json: Value = serde_json::from_slice(body).ok()?;
    json.get("api_id")?.as_str().and_then(word).map(str::to_owned)
}

/// Returns the kind that Plivo's text names, by the whole words that have been seen in it: "context" is not
/// "text".
fn kind_of_text(text: &str) -> Option<ErrorKind> {
    let text = text.to_ascii_lowercase();
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let has = |phrase: &[&str]| words.windows(phrase.len()).any(|words| words == phrase);
    let any = |phrases: &[&[&str]]| phrases.iter().any(|phrase| has(phrase));
    let (src, dst) = (has(&["src"]), has(&["dst"]));
    let kind = if has(&["geo"]) && any(&[&["permission"], &["permissions"]]) {
        ErrorKind::GeoPermission
    } else if has(&["insufficient"]) {
        ErrorKind::Account
    } else if any(&[&["too", "many", "requests"], &["rate", "limit"]]) {
        ErrorKind::RateLimited
    } else if any(&[&["invalid", "auth"], &["authentication"]]) {
        ErrorKind::Credentials
    } else if has(&["caller", "id"]) || src && !dst {
        ErrorKind::InvalidSender
    } else if dst || any(&[&["destination"], &["destinations"]]) {
        ErrorKind::InvalidRecipient
    } else if any(&[&["media"], &["text"]]) {
        ErrorKind::InvalidContent
    } else {
        return None;
    };
    Some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_words_in_every_shape() {
        for (body, text) in [
            (r#"{"api_id":"1","error":"not found"}"#, Some("not found")),
            (r#"{"error":{"error":"nested"}}"#, Some("nested")),
            (r#"{"error":{"message":"deeper"}}"#, Some("deeper")),
            (r#"{"error_code":404,"message":"invalid"}"#, Some("invalid")),
            (r#"{"data":{"message":"inner"}}"#, Some("inner")),
            ("Could not verify your access level.\n", Some("Could not verify your access level.")),
            ("{}", None),
            ("", None),
            ("[]", None),
        ] {
            assert_eq!(words(body.as_bytes()).as_deref(), text, "{body}");
        }
    }

    #[test]
    fn a_word_is_read_whole() {
        for (text, kind) in [
            ("geo-permission denied", Some(ErrorKind::GeoPermission)),
            ("Geo permissions", Some(ErrorKind::GeoPermission)),
            ("authentication_failed", Some(ErrorKind::Credentials)),
            ("rate_limit_exceeded", Some(ErrorKind::RateLimited)),
            ("src is identical to src in dst", Some(ErrorKind::InvalidRecipient)),
            ("text: is missing", Some(ErrorKind::InvalidContent)),
            ("no context given", None),
            ("retry immediately", None),
            ("geography of permissions", None),
            ("resrc", None),
            ("unauthenticated authentications", None),
        ] {
            assert_eq!(kind_of_text(text), kind, "{text}");
        }
    }

    #[test]
    fn every_documented_code_has_its_kind() {
        for (code, kind) in [
            (10, ErrorKind::InvalidContent),
            (20, ErrorKind::Unavailable),
            (30, ErrorKind::ContentFiltered),
            (40, ErrorKind::InvalidSender),
            (50, ErrorKind::InvalidRecipient),
            (60, ErrorKind::ContentFiltered),
            (70, ErrorKind::InvalidRecipient),
            (80, ErrorKind::Unreachable),
            (90, ErrorKind::Unavailable),
            (100, ErrorKind::Blocked),
            (110, ErrorKind::InvalidContent),
            (120, ErrorKind::InvalidContent),
            (200, ErrorKind::OptedOut),
            (201, ErrorKind::InvalidSender),
            (300, ErrorKind::Unavailable),
            (420, ErrorKind::Expired),
            (450, ErrorKind::GeoPermission),
            (451, ErrorKind::PolicyBlocked),
            (900, ErrorKind::Account),
            (910, ErrorKind::Account),
            (960, ErrorKind::UnregisteredSender),
            (1000, ErrorKind::Other),
            (150, ErrorKind::Other),
        ] {
            assert_eq!(error_kind(code), kind, "{code}");
        }
        for none in [None, Some(""), Some("000"), Some("0")] {
            assert_eq!(delivery_failure(none), None);
        }
        assert_eq!(delivery_failure(Some("200")).unwrap().kind, ErrorKind::OptedOut);
    }
}
