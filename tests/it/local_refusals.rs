//! What is refused before anything is asked: each with its kind, and without a request.

use std::{sync::Arc, time::Duration};

use anysms::{
    Destination, Error, ErrorKind, Message, MessageId, MessageStatus, Outcome, PhoneNumber, Query,
    Sender, SmsProvider, Timestamp,
    message::Channel,
    message::{Direction, MAX_MEDIA, Media},
    plivo::{MessageType, Plivo, PlivoConfig, PlivoOptions},
    testing::ScriptedTransport,
    twilio::{Twilio, TwilioConfig, TwilioOptions},
};

const POOL: &str = "MG00000000000000000000000000000002";

fn twilio(transport: &ScriptedTransport) -> Twilio {
    let config = TwilioConfig::new("AC00000000000000000000000000000001", "token");
    Twilio::with_transport(&config, Arc::new(transport.clone())).unwrap()
}

fn plivo(transport: &ScriptedTransport) -> Plivo {
    let config = PlivoConfig::new("MA000000000000000001", "token");
    Plivo::with_transport(&config, Arc::new(transport.clone())).unwrap()
}

fn bare(text: &str) -> Message {
    Message::new("+447700900123".parse::<PhoneNumber>().unwrap(), text)
}

fn message() -> Message {
    bare("Hello").with_sender("+15555550100".parse().unwrap())
}

fn media(count: usize) -> Message {
    let file = || Media::from_url("https://files.example.com/1.jpg".parse().unwrap());
    (0..count).fold(message(), |message, _| message.with_media(file()))
}

fn later() -> Timestamp {
    "2026-12-01T09:30:00Z".parse().unwrap()
}

/// A refusal of this kind that names the provider and the field, and asked for nothing.
fn assert_local(error: &Error, kind: ErrorKind, field: &str, transport: &ScriptedTransport) {
    assert_eq!((error.kind(), error.outcome()), (kind, Outcome::NotSent), "{error}");
    assert!(error.detail().starts_with(field), "{field}: {error}");
    assert!(error.provider().is_some() && error.status().is_none(), "{error}");
    assert_eq!(transport.requests().len(), 0, "{error}");
}

fn validity(millis: u64) -> Message {
    message().with_validity(Duration::from_millis(millis))
}

#[tokio::test]
async fn twilio_is_not_asked_for_what_it_would_refuse() {
    let mut alone = PlivoOptions::default();
    alone.media_ids = vec!["1".into()];
    let messenger = || message().with_destination("messenger:1".parse::<Destination>().unwrap());
    let one_of_pool: Sender = format!("{POOL}/+15555550101").parse().unwrap();
    let mut from_page = Query::new().with_from("+15555550100".parse::<Sender>().unwrap());
    from_page.from_channel = Channel::Messenger;
    for (message, kind, field) in [
        (bare("Hello"), ErrorKind::InvalidSender, "sender"),
        (message().with_send_at(later()), ErrorKind::InvalidRequest, "send_at"),
        (messenger(), ErrorKind::InvalidSender, "sender"),
        (messenger().with_sender("Joe".parse().unwrap()), ErrorKind::InvalidSender, "sender"),
        (validity(0), ErrorKind::InvalidRequest, "validity"),
        (validity(1_500), ErrorKind::InvalidRequest, "validity"),
        (validity(36_001_000), ErrorKind::InvalidRequest, "validity"),
        (bare("").with_sender(POOL.parse().unwrap()), ErrorKind::InvalidContent, "text"),
        // Another vendor's media are not this one's.
        (
            bare("").with_sender(POOL.parse().unwrap()).with_options(&alone),
            ErrorKind::InvalidContent,
            "text",
        ),
        (media(MAX_MEDIA + 1), ErrorKind::InvalidContent, "media"),
    ] {
        let transport = ScriptedTransport::new();
        let error = twilio(&transport).send(&message).await.unwrap_err();
        assert_local(&error, kind, field, &transport);
    }
    for fits in [validity(1_000), validity(36_000_000), media(MAX_MEDIA)] {
        let transport = ScriptedTransport::new().answer(201, "");
        assert!(twilio(&transport).send(&fits).await.is_ok());
    }
    for (query, kind) in [
        (Query::new().with_status(MessageStatus::Sent), ErrorKind::Unsupported),
        (Query::new().with_direction(Direction::Inbound), ErrorKind::Unsupported),
        (Query::new().with_from(POOL.parse::<Sender>().unwrap()), ErrorKind::Unsupported),
        (Query::new().with_page_size(0), ErrorKind::InvalidRequest),
        (Query::new().with_page_size(1_001), ErrorKind::InvalidRequest),
        (Query::new().with_from(one_of_pool), ErrorKind::Unsupported),
        (from_page, ErrorKind::InvalidSender),
    ] {
        let transport = ScriptedTransport::new();
        let error = twilio(&transport).list(&query).await.unwrap_err();
        assert_local(&error, kind, "", &transport);
    }
}

#[tokio::test]
async fn plivo_is_not_asked_for_what_it_would_refuse() {
    let mut broken = PlivoOptions::default();
    broken.template = Some("{".into());
    let mut mistyped = PlivoOptions::default();
    mistyped.template = Some("{}".into());
    let mut typed = PlivoOptions::default();
    typed.message_type = Some(MessageType::WhatsApp);
    let to = |message: Message, destination: &str| {
        message.with_destination(destination.parse::<Destination>().unwrap())
    };
    let whatsapp = |message: Message| to(message, "whatsapp:+447700900123");
    let mut ten = PlivoOptions::default();
    ten.media_ids = vec!["1".into(); MAX_MEDIA];
    for (message, kind, field) in [
        (bare("Hello"), ErrorKind::InvalidSender, "sender"),
        (
            bare("Hello").with_sender("Joe & Co".parse().unwrap()),
            ErrorKind::InvalidSender,
            "sender",
        ),
        (
            bare("Hello").with_sender("+447700900123".parse().unwrap()),
            ErrorKind::InvalidSender,
            "sender: is the recipient",
        ),
        (message().with_send_at(later()), ErrorKind::Unsupported, "send_at"),
        (validity(4_000), ErrorKind::InvalidRequest, "validity"),
        (validity(10_800_000), ErrorKind::InvalidRequest, "validity"),
        (validity(5_001), ErrorKind::InvalidRequest, "validity"),
        (bare("").with_sender("ACME".parse().unwrap()), ErrorKind::InvalidContent, "text"),
        (media(MAX_MEDIA + 1), ErrorKind::InvalidContent, "media"),
        (media(1).with_options(&ten), ErrorKind::InvalidContent, "media"),
        (
            whatsapp(message().with_options(&broken)),
            ErrorKind::InvalidRequest,
            "template: is not JSON",
        ),
        (message().with_options(&typed), ErrorKind::InvalidRequest, "message_type"),
        (to(message(), "rcs:+447700900123"), ErrorKind::Unsupported, "destination"),
        (to(message(), "messenger:1"), ErrorKind::Unsupported, "destination"),
        (
            message().with_sender("rcs:brand_agent".parse().unwrap()),
            ErrorKind::InvalidSender,
            "sender",
        ),
        (
            message().with_fallback_sender("+15555550102".parse().unwrap()),
            ErrorKind::Unsupported,
            "fallback_sender",
        ),
        (message().with_options(&mistyped), ErrorKind::InvalidRequest, "template, interactive"),
        (
            whatsapp(bare("").with_sender("ACME".parse().unwrap())),
            ErrorKind::InvalidContent,
            "text",
        ),
    ] {
        let transport = ScriptedTransport::new();
        let error = plivo(&transport).send(&message).await.unwrap_err();
        assert_local(&error, kind, field, &transport);
    }
    for fits in [validity(5_000), validity(10_799_000), message().with_options(&ten)] {
        let transport = ScriptedTransport::new().answer(202, "");
        assert!(plivo(&transport).send(&fits).await.is_ok());
    }
    let transport = ScriptedTransport::new();
    let query = Query::new().with_status(MessageStatus::Scheduled);
    let error = plivo(&transport).list(&query).await.unwrap_err();
    assert_local(&error, ErrorKind::Unsupported, "list", &transport);
    for size in [0, 21] {
        let transport = ScriptedTransport::new();
        let query = Query::new().with_page_size(size);
        let error = plivo(&transport).list(&query).await.unwrap_err();
        assert_local(&error, ErrorKind::InvalidRequest, "page_size", &transport);
    }
    let transport = ScriptedTransport::new();
    let error = plivo(&transport).cancel(&"plivo:1".parse().unwrap()).await.unwrap_err();
    assert_local(&error, ErrorKind::Unsupported, "cancel", &transport);
}

#[tokio::test]
async fn the_id_of_another_provider_is_refused() {
    let (sid, uuid): (MessageId, MessageId) =
        ("twilio:SM1".parse().unwrap(), "plivo:1".parse().unwrap());
    let transport = ScriptedTransport::new();
    let (twilio, plivo) = (twilio(&transport), plivo(&transport));
    for error in [
        twilio.fetch(&uuid).await.unwrap_err(),
        twilio.cancel(&uuid).await.unwrap_err(),
        twilio.redact(&uuid).await.unwrap_err(),
        twilio.delete(&uuid).await.unwrap_err(),
        twilio.media(&uuid, None).await.unwrap_err(),
        twilio.feedback(&uuid, true).await.unwrap_err(),
        plivo.fetch(&sid).await.unwrap_err(),
        plivo.media(&sid).await.unwrap_err(),
    ] {
        assert_local(&error, ErrorKind::InvalidRequest, "id", &transport);
    }
    for file in ["", "ME1", "../ME00000000000000000000000000000003"] {
        let error = twilio.delete_media(&sid, file).await.unwrap_err();
        assert_local(&error, ErrorKind::InvalidRequest, "media", &transport);
    }
}

#[tokio::test]
async fn options_survive_a_queue_and_odd_ones_are_refused() {
    let mut options = TwilioOptions::default();
    options.attempt = Some(3);
    let mut other = PlivoOptions::default();
    other.message_type = Some(MessageType::Sms);
    let kept = message().with_options(&options).with_options(&other);
    let mut json = serde_json::to_value(&kept).unwrap();
    let read: Message = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(read, kept);
    assert_eq!(read.options::<TwilioOptions>().unwrap(), Some(options));
    assert_eq!(read.options::<PlivoOptions>().unwrap(), Some(other));

    json["options"] = serde_json::json!([["twilio", { "attempt": "many" }]]);
    let odd: Message = serde_json::from_value(json).unwrap();
    let transport = ScriptedTransport::new();
    let error = twilio(&transport).send(&odd).await.unwrap_err();
    assert_local(&error, ErrorKind::InvalidRequest, "options", &transport);
}
