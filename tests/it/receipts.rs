//! What an answer of 2xx to a submission proves: a provider that said yes is believed, even if the
//! rest of its answer is lost, and a refusal inside a yes is told apart.

use std::sync::Arc;

use anysms::{
    Error, ErrorKind, Message, MessageStatus, Outcome, PhoneNumber, Receipt, Result, SmsProvider,
    plivo::{Plivo, PlivoConfig},
    testing::ScriptedTransport,
    transport::BodyError,
    twilio::{Twilio, TwilioConfig},
};
use bytes::Bytes;

const UUID: &str = "5b40a428-bfc7-4daf-9d06-726c558bf3b8";

async fn twilio(transport: ScriptedTransport, message: &Message) -> Result<Receipt> {
    let config = TwilioConfig::new("AC00000000000000000000000000000001", "token")
        .with_sender("+15555550100".parse().unwrap());
    let sent = Twilio::with_transport(&config, Arc::new(transport.clone()))?.send(message).await;
    assert_eq!(transport.requests().len(), 1);
    sent
}

async fn plivo(transport: ScriptedTransport, message: &Message) -> Result<Receipt> {
    let config = PlivoConfig::new("MA000000000000000001", "token")
        .with_sender("+15555550100".parse().unwrap());
    let sent = Plivo::with_transport(&config, Arc::new(transport.clone()))?.send(message).await;
    assert_eq!(transport.requests().len(), 1);
    sent
}

fn message() -> Message {
    Message::new("+447700900123".parse::<PhoneNumber>().unwrap(), "Hello")
}

fn answer(status: u16, body: impl Into<Bytes>) -> ScriptedTransport {
    ScriptedTransport::new().answer(status, body)
}

async fn twilio_error(body: &str) -> Error {
    twilio(answer(201, body.to_owned()), &message()).await.expect_err(body)
}

async fn plivo_error(body: &str) -> Error {
    plivo(answer(202, body.to_owned()), &message()).await.expect_err(body)
}

#[tokio::test]
async fn a_yes_that_cannot_be_read_is_a_receipt_without_an_id() {
    let bodies: [&[u8]; 19] = [
        b"",
        b" ",
        b"<html><body>OK</body></html>",
        b"queued",
        b"\xff\xfe\x00",
        b"null",
        b"true",
        b"201",
        b"\"failed\"",
        b"[]",
        b"{}",
        // Not an object, so nothing in it has a name, whatever its place says.
        b"[\"SM1\",\"failed\",1,null,null,30003]",
        b"[\"1\",[],[\"447700900123\"]]",
        b"{\"sid\":\"SM1\",\"message_uuid\":[\"1\"]",
        b"{\"sid\":\"SM1\",\"message_uuid\":[\"1\"]} {}",
        b"{\"sid\":null,\"message_uuid\":null,\"error\":null,\"error_code\":null}",
        b"{\"sid\":\"\",\"message_uuid\":[],\"invalid_number\":[]}",
        // Not safe in a path, so not an id.
        b"{\"sid\":\"../Accounts\",\"message_uuid\":[\"../../Account\"]}",
        b"{\"sid\":{\"a\":1},\"message_uuid\":{\"a\":1},\"error_code\":0}",
    ];
    for status in [200, 201, 202, 204, 206, 299] {
        for body in bodies {
            let message = message();
            let shown = String::from_utf8_lossy(body);
            let receipt = twilio(answer(status, body), &message).await.unwrap();
            assert_eq!((receipt.id, &receipt.key), (None, message.key()), "{status} {shown}");
            assert_eq!(receipt.status, MessageStatus::Accepted, "{status} {shown}");
            let receipt = plivo(answer(status, body), &message).await.unwrap();
            assert_eq!((receipt.id, &receipt.key), (None, message.key()), "{status} {shown}");
            assert!(!receipt.status.is_failure());
        }
    }
}

#[tokio::test]
async fn a_yes_whose_body_is_lost_is_a_receipt_without_an_id() {
    for error in [BodyError::TooLarge, BodyError::Timeout, BodyError::Interrupted] {
        for status in [200, 201, 202] {
            let message = message();
            let lost = || ScriptedTransport::new().lose_body(status, error);
            let receipt = twilio(lost(), &message).await.unwrap();
            assert_eq!((receipt.id, &receipt.key), (None, message.key()));
            assert_eq!(receipt.provider.as_str(), "twilio");
            let receipt = plivo(lost(), &message).await.unwrap();
            assert_eq!((receipt.id, &receipt.key), (None, message.key()));
            assert_eq!(receipt.provider.as_str(), "plivo");
        }
    }
}

#[tokio::test]
async fn the_id_of_a_receipt_is_the_providers_own() {
    for (status, body) in [
        (201, r#"{"sid":"SM1","status":"accepted","num_segments":"0","error_code":null}"#),
        (200, r#"{"sid":"SM1","brand_new":{"deep":[1]},"error_code":0}"#),
        (202, r#" {"error_code":"","error_message":null,"sid":"SM1"} "#),
    ] {
        let receipt = twilio(answer(status, body), &message()).await.unwrap();
        assert_eq!(receipt.id.unwrap().to_string(), "twilio:SM1", "{body}");
        assert_eq!((receipt.status, receipt.segments), (MessageStatus::Accepted, None));
    }
    for (status, body) in [
        (202, format!(r#"{{"message_uuid":["{UUID}"]}}"#)),
        (202, format!(r#"{{"message_uuid":"{UUID}","api_id":7}}"#)),
        (200, format!(r#"{{"message_uuid":["{UUID}"],"error":"odd","message":null}}"#)),
        (201, format!(r#"{{"message_uuid":["{UUID}"],"invalid_number":["447700900124"]}}"#)),
    ] {
        let receipt = plivo(answer(status, body.clone()), &message()).await.unwrap();
        assert_eq!(receipt.id.unwrap().to_string(), format!("plivo:{UUID}"), "{body}");
        assert_eq!(receipt.status, MessageStatus::Queued);
    }
}

#[tokio::test]
async fn twilio_may_refuse_a_message_as_it_takes_it() {
    for (body, kind, code) in [
        (r#"{"sid":"SM1","status":"failed"}"#, ErrorKind::Other, None),
        (r#"{"sid":"SM1","status":"canceled","error_code":null}"#, ErrorKind::Other, None),
        // To ask again is pointless, whatever the code says of other answers.
        (r#"{"sid":"SM1","status":"failed","error_code":30001}"#, ErrorKind::Other, Some("30001")),
        (
            r#"{"sid":"SM1","status":"failed","error_code":21610}"#,
            ErrorKind::OptedOut,
            Some("21610"),
        ),
    ] {
        let error = twilio_error(body).await;
        assert_eq!((error.kind(), error.outcome()), (kind, Outcome::NotSent), "{body}");
        assert_eq!((error.code(), error.status()), (code, Some(201)), "{body}");
        let help = code.map(|code| format!("https://www.twilio.com/docs/errors/{code}"));
        assert_eq!(error.help().map(str::to_owned), help);
        assert!(!error.is_retryable() && !error.may_fail_over(), "{body}");
    }
}

#[tokio::test]
async fn a_code_does_not_unsend_what_left_or_may_have_left() {
    for (body, status) in [
        (r#"{"sid":"SM1","status":"delivered","error_code":30018}"#, MessageStatus::Delivered),
        (r#"{"sid":"SM1","status":"queued","error_code":30018}"#, MessageStatus::Queued),
        (r#"{"sid":"SM1","status":"undelivered","error_code":30003}"#, MessageStatus::Undelivered),
    ] {
        let receipt = twilio(answer(201, body), &message()).await.unwrap();
        assert_eq!((receipt.id.is_some(), receipt.status), (true, status), "{body}");
    }
    let failed = r#"{"sid":"SM1","status":"failed","error_code":20503}"#;
    assert_eq!(twilio_error(failed).await.outcome(), Outcome::Unknown);
    // What has a uuid, or may have one, was taken.
    for body in [
        format!(r#"{{"message_uuid":[null,"{UUID}"],"invalid_number":["1"]}}"#),
        r#"{"message_uuid":[{"id":"u"}],"invalid_number":["1"]}"#.to_owned(),
        r#"{"message":"message(s) queued","invalid_number":""}"#.to_owned(),
        r#"{"message":"message(s) queued","error":""}"#.to_owned(),
    ] {
        assert!(plivo(answer(202, body.clone()), &message()).await.is_ok(), "{body}");
    }
}

/// A no that is not a no: only `failed` and `canceled` prove that nothing leaves.
#[tokio::test]
async fn a_code_beside_a_yes_is_a_warning() {
    let words = ["accepted", "queued", "scheduled", "sending", "sent", "delivered", "brand_new"];
    for word in words {
        for code in ["30002", "10042", "30044", "30999", "21999", "63099", "20503", "21610", "1"] {
            for written in [code.to_owned(), format!("\"{code}\"")] {
                let body = format!(r#"{{"sid":"SM1","status":"{word}","error_code":{written}}}"#);
                let receipt = twilio(answer(201, body.clone()), &message()).await.unwrap();
                let kept =
                    (receipt.id.is_some(), receipt.status.as_str(), receipt.warning.as_deref());
                assert_eq!(kept, (true, word, Some(code)), "{body}");
            }
        }
    }
    let receipt = twilio(answer(201, r#"{"error_code":99999}"#), &message()).await.unwrap();
    assert_eq!((receipt.id, receipt.warning.as_deref()), (None, Some("99999")));
    for none in ["null", "0", "\"\"", "\"odd\""] {
        let body = format!(r#"{{"sid":"SM1","status":"queued","error_code":{none}}}"#);
        assert_eq!(twilio(answer(201, body), &message()).await.unwrap().warning, None, "{none}");
    }

    let body = format!(r#"{{"message_uuid":["{UUID}"],"error_code":"450","error":"words"}}"#);
    let receipt = plivo(answer(202, body.clone()), &message()).await.unwrap();
    assert_eq!((receipt.id.is_some(), receipt.warning.as_deref()), (true, Some("450")));
    let config = PlivoConfig::new("MA000000000000000001", "token")
        .with_sender("+15555550100".parse().unwrap());
    let bulk = Plivo::with_transport(&config, Arc::new(answer(202, body))).unwrap();
    let receipt = bulk.send_several(&[message()]).await.remove(0).unwrap();
    assert_eq!((receipt.id.is_some(), receipt.warning.as_deref()), (true, Some("450")));
}

#[tokio::test]
async fn plivo_may_find_no_number_to_send_to() {
    for body in [
        r#"{"api_id":"a1","message":"message(s) queued","invalid_number":["447700900123"]}"#,
        r#"{"api_id":"a1","message_uuid":[],"invalid_number":["447700900123"]}"#,
        r#"{"api_id":"a1","message_uuid":null,"invalid_number":"447700900123"}"#,
        r#"{"api_id":"a1","message_uuid":[],"invalid_number":[447700900123],"error":"x"}"#,
    ] {
        let error = plivo_error(body).await;
        assert_eq!(error.kind(), ErrorKind::InvalidRecipient, "{body}");
        assert_eq!((error.outcome(), error.request_id()), (Outcome::NotSent, Some("a1")));
        assert!(!error.is_retryable() && !error.may_fail_over());
    }
}

#[tokio::test]
async fn an_error_inside_plivos_yes_proves_nothing() {
    for (body, words) in [
        (r#"{"api_id":"a1","error":"not found"}"#, Some("not found")),
        (r#"{"api_id":"a1","error":{"error":"nested"}}"#, Some("nested")),
        (r#"{"api_id":"a1","error":{"message":"deeper"},"message_uuid":[]}"#, Some("deeper")),
        (r#"{"api_id":"a1","error":17}"#, None),
        (r#"{"api_id":"a1","error":true,"message_uuid":null}"#, None),
        (r#"{"api_id":"a1","error":{"odd":1}}"#, None),
    ] {
        let error = plivo_error(body).await;
        assert_eq!(
            (error.outcome(), error.provider_message()),
            (Outcome::Unknown, words),
            "{body}"
        );
        assert_eq!(error.request_id(), Some("a1"), "{body}");
        assert!(!error.is_retryable() && !error.may_fail_over());
    }
}

#[tokio::test]
async fn the_id_of_the_request_is_kept() {
    let (most, over) = ("R".repeat(128), "R".repeat(129));
    for (status, body, written, kept) in [
        (201, r#"{"sid":"SM1"}"#, "RQ1", Some("RQ1")),
        (201, "", "RQ1", Some("RQ1")),
        (400, "{}", "RQ1", Some("RQ1")),
        (201, "", &most, Some(most.as_str())),
        (201, "", &over, None),
        (400, "", &over, None),
    ] {
        let mut head = http::Response::new(Ok(Bytes::from(body)));
        *head.status_mut() = status.try_into().unwrap();
        head.headers_mut().insert("Twilio-Request-Id", written.parse().unwrap());
        let sent = twilio(ScriptedTransport::new().respond(head), &message()).await;
        let id = match &sent {
            Ok(receipt) => receipt.request_id.as_deref(),
            Err(error) => error.request_id(),
        };
        assert_eq!((id, sent.is_ok()), (kept, status == 201));
    }
}
