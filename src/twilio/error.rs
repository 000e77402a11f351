//! Twilio's error codes and bodies, read as this crate's errors.
//!
//! Codes: 206 of Twilio's error dictionary that concern messaging, as of 2026-11-20.

use std::ops::RangeInclusive;

use http::StatusCode;

use crate::{
    error::{Error, ErrorKind, Outcome},
    message::DeliveryFailure,
    transport::{
        api::{Effect, Refusal},
        lenient,
    },
    twilio::sms::wire::ErrorBody,
};

/// Returns the kind of a Twilio error code, in an answer, a delivery report or a callback.
///
/// Codes that are not in the table are read by their range, as Twilio adds codes without notice.
///
/// Find the failures that lie with recipients in an export of Twilio's:
///
/// ```
/// use anysms::{error::Blame, twilio::error_kind};
///
/// let mut codes = vec![21610, 30003, 30007, 20429];
/// codes.retain(|code| error_kind(*code).blame() == Blame::Recipient);
/// assert_eq!(codes, [21610, 30003]); // opted out, unreachable
/// ```
#[must_use]
pub fn error_kind(code: u32) -> ErrorKind {
    match code {
        20001 | 20002 | 20004 | 20007 | 20410 | 20422 | 20423 | 20426 | 21201 | 21218 | 21401
        | 21421 | 21609 | 21624 | 21626 | 21627 | 21664 | 21666 | 21710 | 21712 | 21714 | 21900
        | 21910 | 30010 | 30012 | 30013 | 30016 | 30045 | 30400 | 60200 | 60207 | 60223 => {
            ErrorKind::InvalidRequest
        }
        21211 | 21214 | 21217 | 21265 | 21266 | 21268 | 21604 | 21612 | 21614 | 21635 | 21653
        | 30005 | 30006 | 30014 | 60205 | 63003 | 63015 | 63024 => ErrorKind::InvalidRecipient,
        21212 | 21264 | 21601 | 21603 | 21606 | 21616 | 21621 | 21657 | 21659 | 21660 | 21661
        | 21662 | 21663 | 21665 | 21667 | 21668 | 21702 | 21703 | 21704 | 21705 | 21709 | 30043
        | 63007 => ErrorKind::InvalidSender,
        21717 | 30018 | 30024 | 30032 | 30033 | 30034 | 30035 | 30040 | 30041 | 30042 => {
            ErrorKind::UnregisteredSender
        }
        11751 | 20413 | 21602 | 21605 | 21617 | 21619 | 21620 | 21623 | 21652 | 21654 | 21655
        | 21656 | 21658 | 21901 | 30019 | 63016 | 63019 => ErrorKind::InvalidContent,
        21618 | 30007 | 30038 | 30110 | 30111 | 30450 | 60238 | 63013 => ErrorKind::ContentFiltered,
        21610 => ErrorKind::OptedOut,
        30004 | 63032 | 63033 => ErrorKind::Blocked,
        30610 | 30640 | 60410 => ErrorKind::PolicyBlocked,
        21215 | 21408 | 60220 | 60605 => ErrorKind::GeoPermission,
        30003 | 63036 => ErrorKind::Unreachable,
        30036 => ErrorKind::Expired,
        20003 | 20006 | 20008 | 20101 | 20104 | 20403 | 60204 | 60606 => ErrorKind::Credentials,
        10001 | 20005 | 20010 | 21219 | 21267 | 21607 | 21608 | 21622 | 30002 | 30037 | 30044 => {
            ErrorKind::Account
        }
        14107 | 20429 | 30022 | 30023 | 30025 | 30026 | 30027 | 30454 | 60202 | 60203 | 60212
        | 60611 | 60616 | 63017 | 63018 | 63038 => ErrorKind::RateLimited,
        21611 | 30001 => ErrorKind::QueueFull,
        20500 | 20503 | 21730 | 30017 | 30020 | 30021 | 30103 | 30410 | 60613 => {
            ErrorKind::Unavailable
        }
        20404 | 21422 | 21452 | 21701 | 21711 | 30404 | 60600 => ErrorKind::NotFound,
        20009 | 20409 | 30409 => ErrorKind::Conflict,
        21407 | 30011 | 30015 | 60607 => ErrorKind::Unsupported,
        11200 | 11205 | 11206 | 11210 | 11215 | 11220 | 11235 | 11237 | 11750 | 12100 | 12102
        | 12200 | 12300 | 14101 | 14103 | 14109 | 14110 | 30009 | 30039 => ErrorKind::Webhook,
        30008 | 30046 | 30453 | 30485 | 60608 => ErrorKind::Other,
        // Ranges, for codes that are newer than the table.
        11000..=12999 | 14000..=14999 => ErrorKind::Webhook,
        21700..=21799 | 30440..=30489 | 30800..=30899 => ErrorKind::UnregisteredSender,
        10000..=10999 => ErrorKind::Account,
        20000..=20999 | 21200..=21999 | 30400..=30499 => ErrorKind::InvalidRequest,
        30100..=30199 => ErrorKind::ContentFiltered,
        _ => ErrorKind::Other,
    }
}

/// Returns whether the code leaves the outcome of a submission unknown, whatever the HTTP status: trouble
/// inside Twilio (20500, 20503), and a provider of Twilio's that did not answer (30410).
pub(super) fn is_unproved(code: u32) -> bool {
    matches!(code, 20500 | 20503 | 30410)
}

/// Returns the address of Twilio's page about an error code.
#[must_use]
pub fn error_help(code: u32) -> String {
    [PAGES, &code.to_string()].concat()
}

/// Address before the number of Twilio's page about an error code.
const PAGES: &str = "https://www.twilio.com/docs/errors/";

/// Returns the failure that a code of a delivery report says; `None` for 0.
pub(super) fn failure_of(code: u32) -> Option<DeliveryFailure> {
    if code == 0 {
        return None;
    }
    let text = code.to_string();
    let help = [PAGES, &text].concat();
    Some(DeliveryFailure { kind: error_kind(code), code: text, help: Some(help) })
}

/// Reads why a message did not arrive from the code of a delivery report; `None` for no code and for zeros.
pub(super) fn delivery_failure(code: Option<&str>) -> Option<DeliveryFailure> {
    let code = code.filter(|code| code.bytes().any(|b| b != b'0'))?;
    match code.parse() {
        Ok(number) => failure_of(number),
        Err(_) => Some(DeliveryFailure::new(ErrorKind::Other, code)),
    }
}

/// Codes of Twilio's error dictionary. Another number in the place of a code is not Twilio's.
const CODES: RangeInclusive<u32> = 10_000..=99_999;

/// Returns the error for a refusal: the outcome by the HTTP status, the kind by Twilio's code if it gave
/// one. Twilio's words are kept and never read.
pub(super) fn refused(refusal: Refusal) -> Error {
    let Refusal { error, effect, status, body, .. } = refusal;
    let outcome = error.outcome();
    let Some(body) = lenient::object::<ErrorBody<'_>>(&body) else {
        return error; // HTML or nothing, as gateways answer: the HTTP status is all there is
    };
    let code = body.code.parse().filter(|code| CODES.contains(code));
    if code.is_none() && status == StatusCode::FORBIDDEN && !body.is_empty() {
        // The JSON of a gateway, such as {"message":"Forbidden"}.
        return error
            .with_kind(ErrorKind::Unavailable, outcome)
            .with_provider_message(body.words());
    }
    let kind = code.map_or(error.kind(), error_kind);
    let kind = if kind == ErrorKind::Other { error.kind() } else { kind };
    let unproved = effect == Effect::Sends && code.is_some_and(is_unproved);
    let outcome = if unproved { Outcome::Unknown } else { outcome };
    let refined = error.with_kind(kind, outcome).with_provider_message(body.words());
    match code {
        Some(code) => refined.with_code(code.to_string()).with_help(Some(error_help(code))),
        None => refined,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_code_has_its_kind() {
        let table = include_str!("../../tests/data/twilio/error_codes.csv");
        let rows: Vec<_> = table.lines().skip(1).filter_map(|row| row.split_once(',')).collect();
        assert_eq!(rows.len(), 206);
        for (code, class) in rows {
            let expected = match (code, class) {
                ("20009" | "20409" | "30409", _) => ErrorKind::Conflict,
                (_, "bad_request") => ErrorKind::InvalidRequest,
                (_, "invalid_sender") => ErrorKind::InvalidSender,
                (_, "invalid_recipient") => ErrorKind::InvalidRecipient,
                (_, "content_invalid") => ErrorKind::InvalidContent,
                (_, "webhook" | "inbound") => ErrorKind::Webhook,
                (_, "rate_limited") => ErrorKind::RateLimited,
                (_, "account") => ErrorKind::Account,
                (_, "unregistered_sender") => ErrorKind::UnregisteredSender,
                (_, "transient") => ErrorKind::Unavailable,
                (_, "auth") => ErrorKind::Credentials,
                (_, "content_filtered") => ErrorKind::ContentFiltered,
                (_, "not_found") => ErrorKind::NotFound,
                (_, "geo_permission") => ErrorKind::GeoPermission,
                (_, "unsupported") => ErrorKind::Unsupported,
                (_, "blocked_recipient") => ErrorKind::Blocked,
                (_, "blocked_policy") => ErrorKind::PolicyBlocked,
                (_, "queue_full") => ErrorKind::QueueFull,
                (_, "unreachable") => ErrorKind::Unreachable,
                (_, "opted_out") => ErrorKind::OptedOut,
                (_, "expired") => ErrorKind::Expired,
                (_, "unknown") => ErrorKind::Other,
                (_, class) => panic!("a class without a kind: {class}"),
            };
            assert_eq!(error_kind(code.parse().unwrap()), expected, "{code}");
        }
    }

    #[test]
    fn no_code_is_no_failure() {
        assert_eq!(delivery_failure(None), None);
        assert_eq!(delivery_failure(Some("")), None);
        assert_eq!(delivery_failure(Some("0")), None);
        assert_eq!(delivery_failure(Some("30003")).unwrap().kind, ErrorKind::Unreachable);
        assert_eq!(delivery_failure(Some("odd")).unwrap().kind, ErrorKind::Other);
    }
}
