//! What a refusal, a broken connection or an answer that cannot be read proves about a message.

use std::{sync::Arc, time::Duration};

use anysms::{
    Error, ErrorKind, Message, MessageId, Outcome, PhoneNumber, Query, SmsProvider,
    plivo::{Plivo, PlivoConfig},
    testing::ScriptedTransport,
    transport::{BodyError, TransportErrorKind},
    twilio::{Twilio, TwilioConfig},
};
use bytes::Bytes;
use serde_json::Value;

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../data/plivo/", $name))
    };
}

fn twilio_over(transport: ScriptedTransport) -> Twilio {
    let config = TwilioConfig::new("AC00000000000000000000000000000001", "token")
        .with_sender("+15555550100".parse().unwrap());
    Twilio::with_transport(&config, Arc::new(transport)).unwrap()
}

fn plivo_over(transport: ScriptedTransport) -> Plivo {
    let config = PlivoConfig::new("MA000000000000000001", "token")
        .with_sender("+15555550100".parse().unwrap());
    Plivo::with_transport(&config, Arc::new(transport)).unwrap()
}

fn twilio(status: u16, body: impl Into<Bytes>) -> Twilio {
    twilio_over(ScriptedTransport::new().answer(status, body))
}

fn plivo(status: u16, body: impl Into<Bytes>) -> Plivo {
    plivo_over(ScriptedTransport::new().answer(status, body))
}

fn message() -> Message {
    Message::new("+447700900123".parse::<PhoneNumber>().unwrap(), "Hello")
}

fn sid() -> MessageId {
    "twilio:SM00000000000000000000000000000002".parse().unwrap()
}

fn uuid() -> MessageId {
    "plivo:5b40a428-bfc7-4daf-9d06-726c558bf3b8".parse().unwrap()
}

/// The errors of every call that only reads, each over a transport of its own.
async fn reads(transport: impl Fn() -> ScriptedTransport) -> [Error; 8] {
    let (twilio, plivo) = (|| twilio_over(transport()), || plivo_over(transport()));
    [
        twilio().fetch(&sid()).await.unwrap_err(),
        twilio().list(&Query::new()).await.unwrap_err(),
        twilio().check().await.unwrap_err(),
        twilio().media(&sid(), None).await.unwrap_err(),
        plivo().fetch(&uuid()).await.unwrap_err(),
        plivo().list(&Query::new()).await.unwrap_err(),
        plivo().check().await.unwrap_err(),
        plivo().media(&uuid()).await.unwrap_err(),
    ]
}

/// The errors of every call of Twilio's that changes something.
async fn changes(transport: impl Fn() -> ScriptedTransport) -> [Error; 6] {
    let twilio = || twilio_over(transport());
    let file = "ME00000000000000000000000000000003";
    [
        twilio().send(&message()).await.unwrap_err(),
        twilio().cancel(&sid()).await.unwrap_err(),
        twilio().redact(&sid()).await.unwrap_err(),
        twilio().delete(&sid()).await.unwrap_err(),
        twilio().delete_media(&sid(), file).await.unwrap_err(),
        twilio().feedback(&sid(), true).await.unwrap_err(),
    ]
}

#[tokio::test]
async fn plivos_published_refusals_are_told_apart() {
    let plain = "Could not verify your access level for that URL.";
    let denied = "authentication credentials were not provided";
    for (status, body, kind, words, request_id) in [
        (401, fixture!("error.401.plaintext.txt"), ErrorKind::Credentials, plain, None),
        (401, fixture!("message.send.error-401.json"), ErrorKind::Credentials, denied, None),
        (
            404,
            fixture!("error.404.json"),
            ErrorKind::NotFound,
            "not found",
            Some("error-api-id-001"),
        ),
    ] {
        let client = || plivo(status, body);
        for error in [
            client().send(&message()).await.unwrap_err(),
            client().fetch(&uuid()).await.unwrap_err(),
            client().list(&Query::new()).await.unwrap_err(),
            client().check().await.unwrap_err(),
            client().media(&uuid()).await.unwrap_err(),
        ] {
            assert_eq!((error.kind(), error.outcome()), (kind, Outcome::NotSent), "{body}");
            assert_eq!((error.status(), error.provider_message()), (Some(status), Some(words)));
            assert_eq!((error.request_id(), error.code()), (request_id, None));
            assert_eq!(error.provider().unwrap().as_str(), "plivo");
        }
    }
}

#[tokio::test]
async fn twilios_published_refusals_are_told_apart() {
    let rows: Vec<Value> =
        serde_json::from_str(include_str!("../data/twilio/error_bodies.json")).unwrap();
    let expected = [
        ("auth", ErrorKind::Credentials, Some("20003")),
        ("not-found", ErrorKind::NotFound, Some("20404")),
        ("to-invalid", ErrorKind::InvalidRecipient, Some("21211")),
        ("from-invalid", ErrorKind::InvalidSender, Some("21212")),
        ("from-not-yours", ErrorKind::InvalidSender, Some("21606")),
        ("not-mobile", ErrorKind::InvalidRecipient, Some("21614")),
        ("queue-full", ErrorKind::QueueFull, Some("21611")),
        ("body-required", ErrorKind::InvalidContent, Some("21602")),
        ("problem-json-shape", ErrorKind::InvalidRequest, Some("20001")),
        ("standards-v1-shape", ErrorKind::NotFound, Some("20404")),
        ("not-json", ErrorKind::Unavailable, None),
    ];
    assert_eq!(rows.len(), expected.len());
    for (row, (id, kind, code)) in rows.iter().zip(expected) {
        assert_eq!(row["id"], id);
        let status = u16::try_from(row["http"].as_u64().unwrap()).unwrap();
        let text = row["body_text"].as_str().map(str::to_owned);
        let body = text.unwrap_or_else(|| row["body"].to_string());
        // Only the gateway's own page leaves it open whether the message left.
        let sent = if status == 502 { Outcome::Unknown } else { Outcome::NotSent };
        let client = || twilio(status, body.clone());
        for (error, outcome) in [
            (client().send(&message()).await.unwrap_err(), sent),
            (client().fetch(&sid()).await.unwrap_err(), Outcome::NotSent),
            (client().list(&Query::new()).await.unwrap_err(), Outcome::NotSent),
            (client().check().await.unwrap_err(), Outcome::NotSent),
        ] {
            assert_eq!((error.kind(), error.code()), (kind, code), "{id}");
            assert_eq!((error.status(), error.outcome()), (Some(status), outcome), "{id}");
            let help = code.map(|code| format!("https://www.twilio.com/docs/errors/{code}"));
            assert_eq!(error.help().map(str::to_owned), help, "{id}");
            let words = row["body"]["message"].as_str().or(row["body"]["detail"].as_str());
            assert_eq!(error.provider_message(), words, "{id}");
        }
    }
}

/// What each HTTP status proves: rows 21 to 33 of the design, and the default for all others.
fn proved(status: u16) -> Outcome {
    match status {
        307 | 308 | 421 | 425 => Outcome::NotSent, // the method was not performed
        407 | 411 | 417 | 426 | 428 | 431 | 451 => Outcome::NotSent, // refusals by definition
        400 | 404 | 405 | 413 | 414 | 415 | 422 => Outcome::NotSent,
        401..=403 => Outcome::NotSent,
        429 => Outcome::NotSent,
        _ => Outcome::Unknown, // 301 to 303, 408, 409, every 5xx, and what nobody has classified
    }
}

fn kind_by_status(status: u16) -> ErrorKind {
    match status {
        300..=399 | 407 | 411 | 417 | 426 | 428 | 431 => ErrorKind::Config,
        400 | 405 | 415 | 422 => ErrorKind::InvalidRequest,
        401 | 403 => ErrorKind::Credentials,
        402 => ErrorKind::Account,
        404 | 410 => ErrorKind::NotFound,
        408 => ErrorKind::Timeout,
        409 => ErrorKind::Conflict,
        413 | 414 => ErrorKind::InvalidContent,
        429 => ErrorKind::RateLimited,
        421 | 425 | 451 | 500..=599 => ErrorKind::Unavailable,
        _ => ErrorKind::Other,
    }
}

#[tokio::test]
async fn every_status_proves_what_the_table_says() {
    for status in (100..=199).chain(300..=999) {
        // The body must not change what the status proves; a code that says that nobody knows must.
        let unproved = r#"{"code":20500,"message":"x"}"#;
        let error = twilio(status, unproved).send(&message()).await.unwrap_err();
        assert_eq!((error.outcome(), error.is_retryable()), (Outcome::Unknown, false));
        for body in ["", "<html>", "{}", r#"{"code":20001,"message":"x","error":"y"}"#] {
            let outcome = proved(status);
            let error = twilio(status, body).send(&message()).await.unwrap_err();
            assert_eq!((error.outcome(), error.status()), (outcome, Some(status)), "{body}");
            assert_eq!(error.may_fail_over() || error.is_retryable(), {
                outcome == Outcome::NotSent
                    && matches!(
                        error.kind(),
                        ErrorKind::Config
                            | ErrorKind::Credentials
                            | ErrorKind::Account
                            | ErrorKind::RateLimited
                            | ErrorKind::Unavailable
                    )
            });
            let error = plivo(status, body).send(&message()).await.unwrap_err();
            assert_eq!((error.outcome(), error.status()), (outcome, Some(status)), "{body}");
        }
        let error = twilio(status, "").send(&message()).await.unwrap_err();
        assert_eq!(error.kind(), kind_by_status(status), "{status}");
        let error = plivo(status, "").send(&message()).await.unwrap_err();
        // Plivo answers 403 where the destination country is not enabled.
        let geo = if status == 403 { ErrorKind::GeoPermission } else { kind_by_status(status) };
        assert_eq!(error.kind(), geo, "{status}");
    }
}

#[tokio::test]
async fn a_change_that_sends_nothing_may_have_been_made_too() {
    for status in [301, 307, 400, 404, 408, 409, 429, 500, 502, 503] {
        let [send, changes @ ..] = changes(|| ScriptedTransport::new().answer(status, "")).await;
        assert_eq!(send.outcome(), proved(status), "{status} {send}");
        // A conflict means that the change was refused, not that a message is there already.
        let outcome = if status == 409 { Outcome::NotSent } else { proved(status) };
        for error in changes {
            assert_eq!(error.outcome(), outcome, "{status} {error}");
        }
    }
}

#[tokio::test]
async fn a_read_that_fails_has_sent_nothing() {
    for status in (300..=599).step_by(3).chain([401, 403, 408, 409, 429, 500, 502, 503, 504]) {
        for error in reads(|| ScriptedTransport::new().answer(status, "<html>")).await {
            assert_eq!(error.outcome(), Outcome::NotSent, "{error}");
            assert_eq!(error.status(), Some(status), "{error}");
            // A page that forbids is not the provider's.
            let page = status == 403;
            let kind = if page { ErrorKind::Unavailable } else { kind_by_status(status) };
            assert_eq!(error.kind(), kind, "{error}");
        }
    }
}

#[tokio::test]
async fn a_read_that_cannot_be_understood_has_sent_nothing() {
    let bodies: [&[u8]; 8] =
        [b"", b"<html>", b"\xff", b"null", b"[]", b"[[]]", b"{\"messages\":[7]", b"\"text\""];
    for body in bodies {
        for error in reads(|| ScriptedTransport::new().answer(200, body)).await {
            let shown = String::from_utf8_lossy(body);
            assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{shown} {error}");
            assert_eq!(error.outcome(), Outcome::NotSent, "{shown} {error}");
        }
    }
    for lost in [BodyError::TooLarge, BodyError::Timeout, BodyError::Interrupted] {
        for error in reads(|| ScriptedTransport::new().lose_body(200, lost)).await {
            assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{error}");
            assert_eq!(error.outcome(), Outcome::NotSent, "{error}");
            let source = std::error::Error::source(&error).unwrap();
            assert_eq!(source.downcast_ref::<BodyError>(), Some(&lost));
        }
    }
}

#[tokio::test]
async fn an_account_is_believed_only_about_itself() {
    let other = "AC00000000000000000000000000000009";
    for sid in [other, "1", "0000001", "C00000000000000000000000000000001", ""] {
        let body = format!(r#"{{"sid":"{sid}","status":"active"}}"#);
        let error = twilio(200, body).check().await.expect_err(sid);
        assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{sid}");
    }
    for id in ["MA000000000000000009", "1", "Account", "v1", "/", "MA00000000000000000", ""] {
        let body = format!(r#"{{"auth_id":"{id}"}}"#);
        let error = plivo(200, body).check().await.expect_err(id);
        assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{id}");
    }
}

#[tokio::test]
async fn a_broken_connection_proves_what_its_kind_says() {
    for (kind, error_kind, outcome) in [
        (TransportErrorKind::InvalidRequest, ErrorKind::InvalidRequest, Outcome::NotSent),
        (TransportErrorKind::Connect, ErrorKind::Connect, Outcome::NotSent),
        (TransportErrorKind::Refused, ErrorKind::Unavailable, Outcome::NotSent),
        (TransportErrorKind::Timeout, ErrorKind::Timeout, Outcome::Unknown),
        (TransportErrorKind::Interrupted, ErrorKind::Interrupted, Outcome::Unknown),
    ] {
        let broken = || ScriptedTransport::new().fail(kind);
        let plivo = plivo_over(broken()).send(&message()).await.unwrap_err();
        for error in changes(broken).await.into_iter().chain([plivo]) {
            assert_eq!((error.kind(), error.outcome()), (error_kind, outcome), "{error}");
            let passing = matches!(kind, TransportErrorKind::Connect | TransportErrorKind::Refused);
            assert_eq!((error.is_retryable(), error.may_fail_over()), (passing, passing));
            assert!(error.provider().is_some() && error.status().is_none());
        }
        for error in reads(broken).await {
            assert_eq!((error.kind(), error.outcome()), (error_kind, Outcome::NotSent), "{error}");
        }
    }
}

#[tokio::test]
async fn a_code_says_more_than_the_status_and_never_moves_the_outcome() {
    for (status, code, kind, outcome) in [
        (400, "21610", ErrorKind::OptedOut, Outcome::NotSent),
        (400, "21408", ErrorKind::GeoPermission, Outcome::NotSent),
        (400, "\"21211\"", ErrorKind::InvalidRecipient, Outcome::NotSent),
        (409, "90009", ErrorKind::Conflict, Outcome::Unknown),
        (429, "20429", ErrorKind::RateLimited, Outcome::NotSent),
        (500, "20500", ErrorKind::Unavailable, Outcome::Unknown),
        (503, "20503", ErrorKind::Unavailable, Outcome::Unknown),
        (500, "21610", ErrorKind::OptedOut, Outcome::Unknown),
        (418, "null", ErrorKind::Other, Outcome::Unknown),
    ] {
        let body = format!(r#"{{"code":{code},"message":"words"}}"#);
        let error = twilio(status, body).send(&message()).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (kind, outcome), "{status} {code}");
        let text = code.trim_matches('"');
        assert_eq!(error.code(), Some(text).filter(|code| *code != "null"));
    }
    for (status, text, kind) in [
        (400, "Insufficient Credit", ErrorKind::Account),
        (400, "This caller ID is not allowed for outbound message", ErrorKind::InvalidSender),
        (400, "dst is not a valid number", ErrorKind::InvalidRecipient),
        (400, "something else", ErrorKind::InvalidRequest),
        (402, "something else", ErrorKind::Account),
        (400, "geo-permission denied", ErrorKind::GeoPermission),
        (403, "something else", ErrorKind::GeoPermission),
        (401, "dst", ErrorKind::Credentials),
        (429, "too many requests", ErrorKind::RateLimited),
    ] {
        let body = format!(r#"{{"api_id":"a1","error":"{text}"}}"#);
        let error = plivo(status, body).send(&message()).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (kind, Outcome::NotSent), "{status} {text}");
        assert_eq!((error.provider_message(), error.request_id()), (Some(text), Some("a1")));
    }
    // Anywhere but at a submission it is about the credentials.
    let error = plivo(403, "{}").fetch(&uuid()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credentials);
}

#[tokio::test]
async fn the_time_to_wait_is_kept_in_both_forms() {
    let date = "Sat, 21 Nov 2026 08:00:00 GMT";
    for (text, wait) in [
        ("120", Some(120)),
        ("0", Some(0)),
        ("Sat, 21 Nov 2026 08:00:30 GMT", Some(30)),
        ("Sat, 21 Nov 2026 07:59:59 GMT", None),
        ("-1", None),
        ("soon", None),
    ] {
        for status in [429, 503] {
            let answer = || {
                let mut answer = http::Response::new(Ok(Bytes::from_static(b"{}")));
                *answer.status_mut() = status.try_into().unwrap();
                answer.headers_mut().insert("Retry-After", text.parse().unwrap());
                answer.headers_mut().insert("Date", date.parse().unwrap());
                ScriptedTransport::new().respond(answer)
            };
            let wait = wait.map(Duration::from_secs);
            let twilio = twilio_over(answer()).send(&message()).await.unwrap_err();
            let plivo = plivo_over(answer()).send(&message()).await.unwrap_err();
            for error in [twilio, plivo].into_iter().chain(reads(answer).await) {
                assert_eq!(error.retry_after(), wait, "{text} {error}");
            }
        }
    }
}
