//! Rows 19 to 33: what the vendors answer.

use anysms::ErrorKind;

use crate::{
    case::{By, Case, Class},
    fault::{Fault, Reply, Then},
    rows::YES,
};

pub(crate) fn all() -> Vec<Case> {
    let statuses = Case::new(21, "every status", Fault::Statuses, Class::Unknown).read(1);
    let parts = [
        yeses_that_refuse(),
        elsewhere(),
        twilio(),
        plivo(),
        waits(),
        in_between(),
        vec![statuses],
    ];
    parts.into_iter().flatten().collect()
}

/// The statuses that a server answers with, each in its turn.
pub(crate) const STATUSES: [std::ops::RangeInclusive<u16>; 3] = [200..=599, 600..=600, 999..=999];

/// What a status proves, whoever answers it and whatever else it says: rows 21 to 33.
pub(crate) fn class_of(status: u16) -> Class {
    match status {
        200..=299 => Class::AcceptedWithoutId, // the body is empty
        307 | 308 | 421 | 425 => Class::Rejected,
        400 | 401 | 402 | 403 | 404 | 405 | 413 | 414 | 415 | 422 | 429 => Class::Rejected,
        407 | 411 | 417 | 426 | 428 | 431 | 451 => Class::Rejected,
        _ => Class::Unknown,
    }
}

fn answer(row: u8, by: By, status: u16, body: &str) -> Case {
    let name = format!("{status} {body}");
    let fault = Reply::new(status, body).then(Then::Next);
    Case::new(row, name, fault, class_of(status)).by(by).read(1)
}

const QUEUED_WITH_A_CODE: &str = r#"{"sid":"SM1","status":"queued","error_code":21610}"#;

/// Refusals by definition, and the pages of whoever stands in between.
fn in_between() -> Vec<Case> {
    let refusal = |status| {
        let reply = Reply::new(status, "").then(Then::Next);
        Case::new(36, format!("{status}"), reply, class_of(status)).read(1)
    };
    let page = |(status, kind)| {
        let page = "<html>text media geo permission dst</html>";
        let reply = Reply::new(status, page).then(Then::Next);
        Case::new(37, format!("{status}, a page"), reply, class_of(status)).read(1).kind(kind)
    };
    let pages = [
        (403, ErrorKind::Unavailable),
        (404, ErrorKind::NotFound),
        (429, ErrorKind::RateLimited),
        (503, ErrorKind::Unavailable),
    ];
    let refusals = [407, 411, 417, 426, 428, 431, 451].map(refusal);
    refusals.into_iter().chain(pages.map(page)).collect()
}

fn yeses_that_refuse() -> Vec<Case> {
    let rejected =
        |row, by, status, body| Case { class: Class::Rejected, ..answer(row, by, status, body) };
    let unknown =
        |row, by, status, body| Case { class: Class::Unknown, ..answer(row, by, status, body) };
    let failed = |body| rejected(19, By::Twilio, 201, body);
    let invalid = |body| rejected(20, By::Plivo, 202, body).kind(ErrorKind::InvalidRecipient);
    let taken = YES.replace("\"api_id\"", "\"invalid_number\":[\"447700900124\"],\"api_id\"");
    vec![
        failed(r#"{"sid":"SM1","status":"failed"}"#),
        failed(r#"{"sid":"SM1","status":"failed","error_code":30001}"#),
        failed(r#"{"sid":"SM1","status":"canceled"}"#),
        failed(r#"{"sid":"SM1","status":"failed","error_code":21610}"#).kind(ErrorKind::OptedOut),
        unknown(19, By::Twilio, 201, r#"{"sid":"SM1","status":"failed","error_code":20500}"#),
        invalid(r#"{"api_id":"a1","invalid_number":["447700900123"]}"#),
        invalid(r#"{"api_id":"a1","message_uuid":[],"invalid_number":["447700900123"]}"#),
        unknown(20, By::Plivo, 202, r#"{"api_id":"a1","error":"words"}"#),
        Case { class: Class::Accepted, ..answer(20, By::Plivo, 202, &taken) },
        Case { class: Class::Accepted, ..answer(38, By::Twilio, 201, QUEUED_WITH_A_CODE) },
    ]
}

/// Redirects to where they came from, and servers that say to ask elsewhere.
fn elsewhere() -> Vec<Case> {
    let case = |(row, status, kind)| {
        let reply = Reply::new(status, "").header("location", "?again").then(Then::Next);
        Case::new(row, format!("{status} to itself"), reply, class_of(status)).read(1).kind(kind)
    };
    let moved = [301, 302, 303].map(|status| (21, status, ErrorKind::Config));
    let kept = [307, 308].map(|status| (22, status, ErrorKind::Config));
    let early = [421, 425].map(|status| (22, status, ErrorKind::Unavailable));
    moved.into_iter().chain(kept).chain(early).map(case).collect()
}

fn twilio() -> Vec<Case> {
    use ErrorKind::{
        Account, Conflict, ContentFiltered, Credentials, GeoPermission, InvalidContent,
        InvalidRecipient, InvalidSender, NotFound, OptedOut, QueueFull, RateLimited, Unavailable,
    };
    let rows = [
        (23, 400, 21211, InvalidRecipient),
        (23, 400, 21408, GeoPermission),
        (23, 400, 21602, InvalidContent),
        (23, 400, 21606, InvalidSender),
        (23, 400, 21610, OptedOut),
        (23, 400, 21614, InvalidRecipient),
        (23, 400, 30007, ContentFiltered),
        (23, 404, 20404, NotFound),
        (24, 401, 20003, Credentials),
        (24, 403, 20403, Credentials),
        (25, 402, 20005, Account),
        (27, 409, 90009, Conflict),
        (28, 429, 20429, RateLimited),
        (28, 429, 21611, QueueFull),
        (30, 500, 20500, Unavailable),
        (31, 503, 20503, Unavailable),
        (32, 502, 20500, Unavailable),
        (32, 504, 20500, Unavailable),
    ];
    let case = |(row, status, code, kind)| {
        let body = format!(r#"{{"code":{code},"message":"words","status":{status}}}"#);
        answer(row, By::Twilio, status, &body).kind(kind)
    };
    // A code of trouble inside Twilio is believed more than the status.
    let doubtful = [(400, 20500), (429, 20503), (404, 30410)].map(|(status, code)| {
        let case = answer(30, By::Twilio, status, &format!(r#"{{"code":{code}}}"#));
        Case { class: Class::Unknown, ..case }
    });
    rows.into_iter().map(case).chain(doubtful).collect()
}

fn plivo() -> Vec<Case> {
    use ErrorKind::{
        Account, Conflict, Credentials, GeoPermission, InvalidRecipient, NotFound, RateLimited,
        Timeout, Unavailable,
    };
    let rows = [
        (23, 400, "dst is not a valid number", InvalidRecipient),
        (23, 404, "not found", NotFound),
        (24, 401, "invalid auth", Credentials),
        (24, 403, "no", GeoPermission),
        (25, 402, "pay", Account),
        (25, 400, "insufficient credit", Account),
        (26, 408, "late", Timeout),
        (27, 409, "conflict", Conflict),
        (29, 429, "too many requests", RateLimited),
        (33, 500, "oops", Unavailable),
        (33, 502, "oops", Unavailable),
        (33, 503, "oops", Unavailable),
        (33, 504, "oops", Unavailable),
    ];
    let case = |(row, status, words, kind)| {
        let body = format!(r#"{{"api_id":"a1","error":"{words}"}}"#);
        answer(row, By::Plivo, status, &body).kind(kind)
    };
    rows.into_iter().map(case).collect()
}

/// `Retry-After`, in seconds and as a date beside the answer's own.
fn waits() -> Vec<Case> {
    let forms = [("120", Some(120)), ("Sat, 21 Nov 2026 08:00:30 GMT", Some(30)), ("soon", None)];
    let both = |(text, wait): (&str, Option<u64>)| {
        [(28, 429), (31, 503)].map(|(row, status)| {
            let date = "Sat, 21 Nov 2026 08:00:00 GMT";
            let reply = Reply::new(status, "{}").header("retry-after", text).header("date", date);
            let name = format!("{status}, retry after {text}");
            let case = Case::new(row, name, reply.then(Then::Next), class_of(status)).read(1);
            wait.into_iter().fold(case, Case::wait)
        })
    };
    forms.into_iter().flat_map(both).collect()
}
