//! The events of the feature `tracing`: one for each exchange, with the fields that are promised and
//! nothing that is secret.

use std::{
    io,
    sync::{Arc, Mutex},
};

use anysms::{
    Message, MessageClass, MessageId, PhoneNumber, Query, SmsProvider,
    plivo::{Plivo, PlivoConfig},
    provider::LogOnly,
    testing::ScriptedTransport,
    transport::{BodyError, TransportErrorKind},
    twilio::{Twilio, TwilioConfig},
};
use serde_json::{Value, json};
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const MAIN: &str = "MA0123456789ABCDEFGH";

/// What was written so far. A clone shares it.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The fields of one event, but for how long it took.
fn event(system: &str, name: &str, status: u16, kind: &str, outcome: &str) -> Value {
    json!({
        "message": "exchange",
        "messaging.system": system,
        "messaging.operation.name": name,
        "http.response.status_code": status,
        "error.type": kind,
        "anysms.outcome": outcome,
    })
}

#[tokio::test]
async fn every_exchange_is_one_event_that_tells_no_secret() {
    let lines = Lines::default();
    let writer = lines.clone();
    let layer = tracing_subscriber::fmt::layer().json().with_writer(move || writer.clone());
    let targets = Targets::new().with_target("anysms", tracing::Level::TRACE);
    let guard = tracing_subscriber::registry().with(layer).with(targets).set_default();

    let message = Message::new("+447700900123".parse::<PhoneNumber>().unwrap(), "CANARY_text")
        .with_sender("+447700900124".parse().unwrap())
        .with_status_callback("https://example.com/CANARY_path".parse().unwrap());
    let quoting = r#"{"code":21211,"message":"+447700900123 CANARY_text"}"#;
    let script = ScriptedTransport::new()
        .answer(201, r#"{"sid":"SM1"}"#)
        .answer(400, quoting)
        .lose_body(202, BodyError::Timeout)
        .fail(TransportErrorKind::Timeout)
        .answer(200, r#"{"messages":[],"x":"CANARY_text"}"#)
        .answer(503, "CANARY_text");
    let config = TwilioConfig::new(ACCOUNT, "CANARY_token");
    let twilio = Twilio::with_transport(&config, Arc::new(script)).unwrap();
    for ok in [true, false, true, false] {
        assert_eq!(twilio.send(&message).await.is_ok(), ok);
    }
    let id: MessageId = "twilio:SM1".parse().unwrap();
    twilio.list(&Query::new().with_to(message.destination())).await.unwrap();
    twilio.cancel(&id).await.unwrap_err();
    let script = ScriptedTransport::new()
        .answer(202, r#"{"message_uuid":["1"]}"#)
        .answer(403, r#"{"error":"CANARY_text +447700900123"}"#)
        .fail(TransportErrorKind::Interrupted);
    let config = PlivoConfig::new(MAIN, "CANARY_token");
    let plivo = Plivo::with_transport(&config, Arc::new(script)).unwrap();
    plivo.send(&message).await.unwrap();
    plivo.send(&message).await.unwrap_err();
    plivo.check().await.unwrap_err();
    drop(guard);

    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    for secret in ["CANARY", "7700900123", "7700900124", ACCOUNT, MAIN, "Basic"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    let mut seen = Vec::new();
    for line in text.lines() {
        let mut line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(
            (&line["target"], &line["level"]),
            (&"anysms::transport".into(), &"DEBUG".into())
        );
        let took = line["fields"].as_object_mut().unwrap().remove("duration_ms").unwrap();
        assert!(took.is_u64());
        seen.push(line["fields"].take());
    }
    let expected = [
        event("twilio", "send", 201, "", ""),
        event("twilio", "send", 400, "invalid_recipient", "not_sent"),
        event("twilio", "send", 202, "", ""),
        event("twilio", "send", 0, "timeout", "unknown"),
        event("twilio", "list", 200, "", ""),
        event("twilio", "cancel", 503, "unavailable", "unknown"),
        event("plivo", "send", 202, "", ""),
        event("plivo", "send", 403, "geo_permission", "not_sent"),
        event("plivo", "check", 0, "interrupted", "not_sent"),
    ];
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_message_that_is_only_logged_is_one_event_without_its_text() {
    let lines = Lines::default();
    let writer = lines.clone();
    let layer = tracing_subscriber::fmt::layer().json().with_writer(move || writer.clone());
    let targets = Targets::new().with_target("anysms", tracing::Level::TRACE);
    let guard = tracing_subscriber::registry().with(layer).with(targets).set_default();
    let message = Message::new("+447700900123".parse::<PhoneNumber>().unwrap(), "CANARY_text")
        .with_class(MessageClass::OneTimeCode)
        .with_tenant("clinic".parse().unwrap());
    LogOnly::new().send(&message).await.unwrap();
    drop(guard);
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(!text.contains("CANARY") && !text.contains("7700900"), "{text}");
    let line: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        line["fields"],
        json!({
            "message": "message not sent: the provider only logs",
            "messaging.system": "log-only",
            "anysms.class": "one_time_code",
            "anysms.segments": 1,
            "anysms.tenant": "clinic",
        })
    );
}
