//! Kinds of faults that public reports have of webhooks: each test is named after its kind.

use std::{
    io,
    sync::{Arc, Mutex},
};

use anysms::{
    MessageStatus,
    message::Address,
    plivo::PlivoWebhook,
    text::{Keyword, Keywords},
    twilio::TwilioWebhook,
    webhook::{
        Authenticity, Event, FieldIssue, InboundMessage, KeyRing, MemoryReplayStore, PublicUrl,
        StatusUpdate, Verified, Webhook, WebhookError, WebhookErrorKind, WebhookExt,
        WebhookRequest,
    },
};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use serde_json::{Value, json};
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

const URL: &str = "https://example.com/hooks";
const FORM: &[u8] = b"application/x-www-form-urlencoded";
const SID: &str = "SM11111111111111111111111111111111";
const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const UUID: &str = "5b40a428-bfc7-4daf-9d06-726c558bf3b8";
const NONCE: &str = "12345678901234567890";

fn twilio(url: &str) -> TwilioWebhook {
    TwilioWebhook::new("token", url.parse().unwrap()).unwrap()
}

fn plivo(url: &str) -> PlivoWebhook {
    PlivoWebhook::new("token", url.parse().unwrap()).unwrap()
}

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// A form as Twilio sends it: signed for one address, and come in under another target.
fn come(
    signed: &str,
    target: &str,
    webhook: &TwilioWebhook,
    body: &str,
) -> Result<Event, WebhookError> {
    let signature = webhook.sign(signed, body.as_bytes())?;
    let headers: [(&str, &[u8]); 2] =
        [("Content-Type", FORM), ("X-Twilio-Signature", signature.as_bytes())];
    webhook.receive(WebhookRequest::new("POST", target, &headers, body.as_bytes()))
}

fn twilio_post(fields: &[(&str, &str)]) -> Result<Event, WebhookError> {
    come(URL, "/hooks", &twilio(URL), &form(fields))
}

fn plivo_at(
    signed: &str,
    target: &str,
    webhook: &PlivoWebhook,
    body: &str,
) -> Result<Event, WebhookError> {
    let signature = webhook.sign_v3("POST", signed, body.as_bytes(), NONCE)?;
    let headers: [(&str, &[u8]); 3] = [
        ("content-type", FORM),
        ("X-Plivo-Signature-V3", signature.as_bytes()),
        ("X-Plivo-Signature-V3-Nonce", NONCE.as_bytes()),
    ];
    webhook.receive(WebhookRequest::new("POST", target, &headers, body.as_bytes()))
}

fn plivo_post(fields: &[(&str, &str)]) -> Result<Event, WebhookError> {
    plivo_at(URL, "/hooks", &plivo(URL), &form(fields))
}

fn inbound(event: Result<Event, WebhookError>) -> InboundMessage {
    match event {
        Ok(Event::Inbound(message)) => message,
        other => panic!("not a message: {other:?}"),
    }
}

fn status(event: Result<Event, WebhookError>) -> StatusUpdate {
    match event {
        Ok(Event::Status(update)) => update,
        other => panic!("not a status: {other:?}"),
    }
}

fn found(issues: &[FieldIssue]) -> Vec<(&'static str, WebhookErrorKind)> {
    issues.iter().map(|issue| (issue.field, issue.kind)).collect()
}

#[test]
fn byte_equality_where_parties_agree_on_meaning() {
    const STATUS: &str = "MessageSid=SM1&MessageStatus=sent";
    for (configured, said) in [
        ("b=2&a=1", vec!["a=1&b=2", "b=2&a=1", "b=%32&a=1"]),
        ("to=a%40b.example&x=1", vec!["to=a@b.example&x=1", "x=1&to=a%40b.example"]),
        ("to=a@b.example", vec!["to=a%40b.example"]),
        ("name=A+B", vec!["name=A%20B", "name=A+B"]),
        ("name=A%20B", vec!["name=A+B"]),
        ("flag", vec!["flag=", "flag"]),
        ("flag=&x=1", vec!["x=1&flag"]),
        ("u=%2Fa%2fb", vec!["u=/a/b", "u=%2fa%2Fb"]),
        ("a=1&a=2&a=1", vec!["a=2&a=1&a=1"]),
        ("q=%C3%A9", vec!["q=%c3%a9", "q=é"]),
    ] {
        let url = format!("{URL}?{configured}");
        for said in said {
            let target = format!("/hooks?{said}");
            let event = come(&url, &target, &twilio(&url), STATUS);
            assert!(event.is_ok(), "{configured} {said}: {event:?}");
            // What is signed is what was configured, and nothing that merely says the same.
            if said != configured && !said.contains('@') {
                let other = come(&format!("{URL}?{said}"), &target, &twilio(&url), STATUS);
                assert_eq!(other.unwrap_err().kind(), WebhookErrorKind::BadSignature, "{said}");
            }
            let body = "MessageUUID=u1&Status=sent";
            let event = plivo_at(&url, &target, &plivo(&url).lenient(), body);
            assert!(event.is_ok(), "{configured} {said}: {event:?}");
        }
    }
    for (configured, said) in [
        ("b=2&a=1", "a=1&b=3"),
        ("b=2&a=1", "a=1"),
        ("b=2&a=1", "a=1&b=2&c=3"),
        ("a=1&a=2", "a=1&a=2&a=2"),
        ("a=1%26b=2", "a=1&b=2"),
        ("a=1+2", "a=1%2B2"),
        ("flag", "Flag"),
        ("flag", "flag=1"),
        ("a=b", "b=a"),
        ("a=1", ""),
        ("", "a=1"),
    ] {
        let url =
            if configured.is_empty() { URL.to_owned() } else { format!("{URL}?{configured}") };
        let target = format!("/hooks?{said}");
        let error = come(&url, &target, &twilio(&url), STATUS).unwrap_err();
        assert_eq!((error.kind(), error.field()), (WebhookErrorKind::BadSignature, "query"));
        let error = plivo_at(&url, &target, &plivo(&url), "MessageUUID=u1&Status=sent");
        assert_eq!(error.unwrap_err().kind(), WebhookErrorKind::BadSignature, "{said}");
    }
}

#[test]
fn by_get_the_query_that_was_configured_may_stand_anywhere() {
    let url = "https://example.com/hooks?tenant=a%40b&x=1";
    let public: PublicUrl = url.parse::<PublicUrl>().unwrap().by_get();
    let webhook = TwilioWebhook::new("token", public).unwrap();
    let parameters = "MessageSid=SM1&MessageStatus=sent";
    let signature = webhook.sign(&format!("{url}&{parameters}"), b"").unwrap();
    let headers: [(&str, &[u8]); 1] = [("X-Twilio-Signature", signature.as_bytes())];
    let receive = |query: &str| {
        webhook.receive(WebhookRequest::new("GET", &format!("/hooks?{query}"), &headers, b""))
    };
    for query in [
        format!("tenant=a%40b&x=1&{parameters}"),
        format!("{parameters}&x=1&tenant=a@b"),
        format!("x=1&{parameters}&tenant=a%40b"),
    ] {
        assert!(receive(&query).is_ok(), "{query}");
    }
    for query in [
        format!("tenant=a%40c&x=1&{parameters}"),
        format!("tenant=a%40b&{parameters}"),
        format!("tenant=a%40b&x=1&{parameters}&x=1"),
        "tenant=a%40b&x=1&MessageSid=SM2&MessageStatus=sent".to_owned(),
    ] {
        assert_eq!(receive(&query).unwrap_err().kind(), WebhookErrorKind::BadSignature, "{query}");
    }
}

#[test]
fn the_events_type_from_one_optional_field() {
    let ends = [("From", "+447700900123"), ("To", "+447700900456")];
    let with = |more: &[(&'static str, &'static str)]| [&ends[..], more].concat();
    let sid = ("MessageSid", SID);
    let media = ("MediaUrl0", "https://api.example.com/1");
    for mark in [
        vec![("NumMedia", "1"), media],
        vec![("NumMedia", "0")],
        vec![media],
        vec![("SmsStatus", "received")],
        vec![("SmsMessageSid", SID)],
        vec![("Body", "")],
        vec![("MessageStatus", "received"), ("Body", "hi")],
    ] {
        let message = inbound(twilio_post(&with(&[&[sid], &mark[..]].concat())));
        assert_eq!(message.message.value(), SID, "{mark:?}");
        assert_eq!(message.media.len(), usize::from(mark.contains(&media)), "{mark:?}");
    }
    for mark in [("MessageStatus", "delivered"), ("MessageStatus", "brand_new")] {
        assert_eq!(status(twilio_post(&with(&[sid, mark]))).status.as_str(), mark.1);
    }
    let uuid = ("MessageUUID", UUID);
    for mark in [
        ("Text", "hi"),
        ("Text", ""),
        ("Body", "hi"),
        ("Media0", "https://media.example.com/1"),
        ("Media1", "https://media.example.com/1"),
        ("MediaCount", "0"),
        ("ContentType", "button"),
        ("MessageIntent", ""),
    ] {
        let message = inbound(plivo_post(&with(&[uuid, mark])));
        assert_eq!(message.message.value(), UUID, "{mark:?}");
    }
    assert_eq!(status(plivo_post(&with(&[uuid, ("Status", "sent")]))).status, MessageStatus::Sent);

    // Of what could be either nobody says which, and nothing of it is lost.
    let ambiguous = [
        plivo_post(&with(&[uuid])),
        plivo_post(&with(&[uuid, ("Units", "1"), ("ErrorCode", "000")])),
        twilio_post(&with(&[sid])),
        twilio_post(&with(&[sid, ("SmsStatus", "delivered")])),
    ];
    for (event, fields) in ambiguous.into_iter().zip([3, 5, 3, 4]) {
        match event {
            Ok(Event::Other(other)) => {
                assert_eq!(other.fields.iter().count(), fields);
                assert_eq!(other.fields.get("From"), Some("+447700900123"));
            }
            event => panic!("{event:?}"),
        }
    }
}

#[test]
fn a_side_field_costs_the_whole_event() {
    use WebhookErrorKind::{InvalidField, MissingField};

    let base = [("MessageSid", SID), ("To", "+447700900456")];
    let came = |more: &[(&'static str, &'static str)]| {
        inbound(twilio_post(&[&base[..], &[("Body", "STOP")], more].concat()))
    };
    let from = ("From", "+447700900123");
    for (more, issues) in [
        (vec![("From", "")], vec![("From", MissingField)]),
        (vec![], vec![("From", MissingField)]),
        (vec![from, ("NumMedia", "1")], vec![("MediaUrl", MissingField)]),
        (vec![from, ("NumMedia", "4000000000")], vec![("MediaUrl", MissingField)]),
        (vec![from, ("NumMedia", "one")], vec![("NumMedia", InvalidField)]),
        (vec![from, ("NumMedia", "1"), ("MediaUrl0", "none")], vec![("MediaUrl", InvalidField)]),
        (vec![from, ("NumSegments", "1.0")], vec![("NumSegments", InvalidField)]),
        (vec![from, ("MessagingServiceSid", "a b")], vec![("MessagingServiceSid", InvalidField)]),
    ] {
        let message = came(&more);
        assert_eq!(found(&message.issues), issues, "{more:?}");
        assert_eq!(message.intent(&Keywords::standard()), Some(Keyword::OptOut), "{more:?}");
        for (name, value) in &more {
            let bad = issues.iter().any(|(field, _)| name.starts_with(field));
            if bad && *name != "From" && !(*name == "NumMedia" && issues[0].0 == "MediaUrl") {
                let kept: Vec<_> =
                    message.extra.iter().filter(|(known, _)| known == name).collect();
                assert!(kept.iter().any(|(_, kept)| kept == value), "{name} is kept as it came");
            }
        }
    }
    assert_eq!(came(&[("From", "")]).from, Address::Other("".into()));
    // The good file of two is there.
    let two = [
        ("NumMedia", "2"),
        ("MediaUrl0", "none"),
        ("MediaContentType0", "image/png"),
        ("MediaUrl1", "https://x.example/1"),
        ("MediaContentType1", "image/png"),
        from,
    ];
    let message = came(&two);
    assert_eq!(
        (message.media.len(), found(&message.issues)),
        (1, vec![("MediaUrl", InvalidField)])
    );
    assert_eq!(message.media[0].content_type.as_deref(), Some("image/png"));
    assert_eq!(message.extra.get("MediaUrl0"), Some("none"));

    let base = [("MessageSid", SID), ("MessageStatus", "undelivered")];
    for (name, value) in
        [("ErrorCode", "thirty"), ("MessagingServiceSid", "?"), ("ErrorCode", "1.0")]
    {
        let update = status(twilio_post(&[&base[..], &[(name, value)]].concat()));
        assert_eq!(found(&update.issues), [(name, InvalidField)]);
        assert_eq!((update.extra.get(name), &update.failure), (Some(value), &None));
    }

    let base = [("MessageUUID", UUID), ("Status", "delivered"), ("To", "447700900123")];
    for (name, value) in [
        ("TotalAmount", "None"),
        ("TotalAmount", "-1"),
        ("Units", "1.0"),
        ("Sequence", "first"),
        ("ErrorCode", "none"),
        ("PowerpackUUID", "a b"),
        ("DeliveryReportTime", "soon"),
        ("SentTime", "2026-13-45"),
        ("QueuedTime", "None"),
        ("requester_ip", "localhost"),
    ] {
        let update = status(plivo_post(&[&base[..], &[(name, value)]].concat()));
        assert_eq!(found(&update.issues), [(name, InvalidField)]);
        assert_eq!(
            (update.extra.get(name), &update.status),
            (Some(value), &MessageStatus::Delivered)
        );
        assert!(!format!("{update:?}").contains(&format!("\"{value}\"")));
    }
    let update = status(plivo_post(&[&base[..], &[("SentTime", "0001-01-01 00:00:00")]].concat()));
    assert_eq!((update.at, update.issues.len()), (None, 0), "the time of what never was");
    let base = [("MessageUUID", UUID), ("Text", "hi"), ("To", "447700900123")];
    for (more, issue) in [
        (("From", ""), ("From", MissingField)),
        (("Media0", "none"), ("Media", InvalidField)),
        (("MediaCount", "2"), ("Media", MissingField)),
        (("MessageIntent", "odd"), ("MessageIntent", InvalidField)),
        (("Units", "1.0"), ("Units", InvalidField)),
    ] {
        let from = [("From", "447700900999")];
        let from = if more.0 == "From" { &[][..] } else { &from };
        let message = inbound(plivo_post(&[&base[..], from, &[more]].concat()));
        assert_eq!((found(&message.issues), &*message.text), (vec![issue], "hi"));
    }
    // What the event is about is no side field.
    for fields in [
        vec![("MessageStatus", "sent")],
        vec![("MessageSid", "a b"), ("MessageStatus", "sent")],
        vec![("MessageSid", SID), ("MessageStatus", "S E N T")],
    ] {
        assert_eq!(twilio_post(&fields).unwrap_err().http_status(), 400, "{fields:?}");
    }
}

#[test]
fn heuristics_over_what_others_choose() {
    let ends = [
        ("From", "+447700900123"),
        ("MessageSid", SID),
        ("NumMedia", "0"),
        ("To", "+447700900456"),
    ];
    let texts = [
        "MessageSid",
        "my MessageSid is SM1",
        "MessageSid=SM22222222222222222222222222222222",
        "MessageSidMessageSid",
        "From +44 7700 900999",
        "From",
        "To",
    ];
    for name in [
        "Body",
        "ButtonPayload",
        "ButtonText",
        "ProfileName",
        "FromCity",
        "FromState",
        "ToCity",
        "Address",
        "Label",
        "ListTitle",
        "ListDescription",
        "ListId",
        "ReferralBody",
        "ReferralHeadline",
        "ReferralSourceUrl",
        "InteractiveData",
        "FlowData",
        "ChannelMetadata",
        "BrandNewField",
    ] {
        for text in texts {
            let own = [(name, text), ("Body", "hi")];
            let own = if name == "Body" { &own[..1] } else { &own[..] };
            let message = inbound(twilio_post(&[own, &ends[..]].concat()));
            assert_eq!(message.message.value(), SID, "{name} {text}");
        }
    }
    // Where nothing but the vendor's own word can stand behind it, an id in a text is a text too.
    for name in ["Body", "ButtonPayload", "ButtonText", "FromCity", "Address"] {
        let text = "MessageSidSM22222222222222222222222222222222";
        let message = inbound(twilio_post(
            &[&[(name, text)], &[("Body", "hi")][..usize::from(name != "Body")], &ends[..]]
                .concat(),
        ));
        assert_eq!(message.message.value(), SID, "{name}");
    }
    let ends = [("From", "447700900123"), ("MessageUUID", UUID), ("To", "447700900456")];
    for (name, text) in [
        ("Text", "MessageUUID"),
        ("Text", "MessageUUID5b40a428-bfc7-4daf-9d06-726c558bf3b9"),
        ("Body", "the MessageUUID of From447700900999"),
        ("Text", "From447700900999"),
    ] {
        let message = inbound(plivo_post(&[&[(name, text)], &ends[..]].concat()));
        assert_eq!((message.message.value(), &*message.text), (UUID, text));
    }
}

/// A text that is sent in, and another cut of the same signed text that names another message or sender.
#[test]
fn what_is_free_opens_no_other_cut() {
    let true_id = "SM11111111111111111111111111111111";
    let other = "SM99999999999999999999999999999999";
    let cut = |whole: &[(&str, &str)], cut: &[(&str, &str)]| {
        let signature = twilio(URL).sign(URL, form(whole).as_bytes()).unwrap();
        assert_eq!(signature, twilio(URL).sign(URL, form(cut).as_bytes()).unwrap(), "{cut:?}");
        twilio_post(cut).expect_err("is another's message")
    };
    // From a text behind the id: the true one is hidden in the body.
    let profile = format!("zFrom+447700900999MessageSid{other}To+1Z");
    let body = format!("hiFrom+447700900123MessageSid{true_id}NumMedia0ProfileNamez");
    let error = cut(
        &[
            ("Body", "hi"),
            ("From", "+447700900123"),
            ("MessageSid", true_id),
            ("NumMedia", "0"),
            ("ProfileName", &profile),
            ("To", "+447700900456"),
        ],
        &[
            ("Body", &body),
            ("From", "+447700900999"),
            ("MessageSid", other),
            ("To", "+1"),
            ("Z", "To+447700900456"),
        ],
    );
    assert_eq!((error.kind(), error.field()), (WebhookErrorKind::InvalidField, "MessageSid"));
    // From a text before it: the true one is hidden in a name of the sender's.
    let text = format!("STOPFrom+447700900999MessageSid{other}ProfileNamez");
    let profile = format!("zFrom+447700900123MessageSid{true_id}NumMedia0To+447700900456");
    let error = cut(
        &[
            ("Body", &text),
            ("From", "+447700900123"),
            ("MessageSid", true_id),
            ("NumMedia", "0"),
            ("To", "+447700900456"),
        ],
        &[
            ("Body", "STOP"),
            ("From", "+447700900999"),
            ("MessageSid", other),
            ("ProfileName", &profile),
        ],
    );
    assert_eq!((error.kind(), error.field()), (WebhookErrorKind::InvalidField, "MessageSid"));
    // The sender alone: the true one becomes the value of a name that nobody knows.
    let error = cut(
        &[
            ("Body", "STOPFrom+447700900999Fx"),
            ("From", "+447700900123"),
            ("MessageSid", true_id),
            ("To", "+447700900456"),
        ],
        &[
            ("Body", "STOP"),
            ("From", "+447700900999"),
            ("Fx", "From+447700900123"),
            ("MessageSid", true_id),
            ("To", "+447700900456"),
        ],
    );
    assert_eq!((error.kind(), error.field()), (WebhookErrorKind::InvalidField, "From"));
}

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

/// What is counted and traced while something runs.
fn reported(run: impl FnOnce()) -> (Vec<String>, Vec<Value>) {
    let lines = Lines::default();
    let writer = lines.clone();
    let layer = tracing_subscriber::fmt::layer().json().with_writer(move || writer.clone());
    let targets = Targets::new().with_target("anysms::webhook", tracing::Level::TRACE);
    let guard = tracing_subscriber::registry().with(layer).with(targets).set_default();
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    metrics::with_local_recorder(&recorder, run);
    drop(guard);
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    for personal in ["CANARY", "7700900", ACCOUNT] {
        assert!(!text.contains(personal), "{text}");
    }
    let events = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let events = events.map(|mut line| line["fields"].take()).collect();
    let counter = |(key, _, _, value): (metrics_util::CompositeKey, _, _, DebugValue)| {
        let key = key.key();
        let labels: Vec<_> = key.labels().map(|l| format!("{}={}", l.key(), l.value())).collect();
        format!("{} [{}] {value:?}", key.name(), labels.join(", "))
    };
    let mut counted: Vec<_> = snapshotter.snapshot().into_vec().into_iter().map(counter).collect();
    counted.sort();
    (counted, events)
}

#[test]
fn refused_requests_are_counted_and_traced_once() {
    let body =
        format!("AccountSid={ACCOUNT}&MessageSid=SM1&MessageStatus=CANARY&To=%2B447700900123");
    let webhook = twilio(URL).for_account(ACCOUNT);
    let signature = webhook.sign(URL, body.as_bytes()).unwrap();
    let signed: [(&str, &[u8]); 2] =
        [("Content-Type", FORM), ("X-Twilio-Signature", signature.as_bytes())];
    let forged: [(&str, &[u8]); 2] = [("Content-Type", FORM), ("X-Twilio-Signature", b"CANARY")];
    let request = |headers| WebhookRequest::new("POST", "/hooks", headers, body.as_bytes());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (counted, events) = reported(|| {
        webhook.receive(request(&forged)).unwrap_err();
        webhook.receive(request(&signed)).unwrap_err();
        Verified::check(&webhook, request(&forged)).unwrap_err();
        let store = MemoryReplayStore::default();
        let once = webhook.receive_once(request(&signed), &store);
        runtime.block_on(once).unwrap().unwrap_err();
    });
    assert_eq!(
        counted,
        [
            "anysms.webhook.refused [messaging.system=twilio, error.type=bad_signature, anysms.account=…cdef] Counter(2)",
            "anysms.webhook.refused [messaging.system=twilio, error.type=invalid_field, anysms.account=…cdef] Counter(2)",
        ]
    );
    let event = |kind: &str, field: &str| {
        json!({
            "message": "refused",
            "messaging.system": "twilio",
            "error.type": kind,
            "anysms.account": "…cdef",
            "anysms.field": field,
        })
    };
    let [forged, bad] = [event("bad_signature", ""), event("invalid_field", "MessageStatus")];
    assert_eq!(events, [forged.clone(), bad.clone(), forged, bad]);
}

#[test]
fn what_an_extractor_refuses_is_counted_once() {
    use anysms::webhook::{MAX_BODY, axum::VerifiedEvent};
    use axum::{body::Body, extract::FromRequest};

    let webhook: Arc<dyn Webhook> = Arc::new(twilio(URL));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let refused = |body: Vec<u8>| {
        let request = http::Request::post("/hooks").body(Body::from(body)).unwrap();
        let event = VerifiedEvent::<dyn Webhook>::from_request(request, &webhook);
        runtime.block_on(event).map(drop).unwrap_err()
    };
    let (counted, events) = reported(|| {
        refused(vec![b'x'; MAX_BODY + 1]);
        refused(b"MessageSid=SM1".to_vec());
    });
    assert_eq!(
        counted,
        [
            "anysms.webhook.refused [messaging.system=twilio, error.type=missing_signature, anysms.account=] Counter(1)",
            "anysms.webhook.refused [messaging.system=twilio, error.type=too_large, anysms.account=] Counter(1)",
        ]
    );
    assert_eq!(events.len(), 2);
}

#[test]
fn an_account_that_is_not_ours_is_not_named() {
    let keys = std::collections::HashMap::from([(ACCOUNT.to_owned(), KeyRing::new("x").unwrap())]);
    let webhook = TwilioWebhook::by_account(keys.clone(), URL.parse().unwrap());
    let receive = |account: &str| {
        let body = format!("AccountSid={account}&MessageSid=SM1&MessageStatus=sent");
        let headers: [(&str, &[u8]); 2] =
            [("Content-Type", FORM), ("X-Twilio-Signature", b"kvajT1Ptam85bY51eRf/AJRuM3w=")];
        let request = WebhookRequest::new("POST", "/hooks", &headers, body.as_bytes());
        webhook.receive(request).unwrap_err()
    };
    let (_, events) = reported(|| {
        receive(ACCOUNT);
        receive("AC_CANARY");
    });
    let named: Vec<_> = events.iter().map(|event| &event["anysms.account"]).collect();
    assert_eq!(named, ["…cdef", ""]);

    let plivo = PlivoWebhook::by_account(keys, "https://example.com".parse().unwrap());
    let (counted, _) = reported(|| {
        for account in [ACCOUNT, "CANARY"] {
            let path = format!("/hooks/{account}");
            plivo.receive(WebhookRequest::new("POST", &path, &[], b"")).unwrap_err();
        }
    });
    assert_eq!(counted.len(), 2, "{counted:?}");
}

#[test]
fn what_passes_is_not_counted() {
    let (counted, events) = reported(|| {
        twilio_post(&[("MessageSid", SID), ("MessageStatus", "sent")]).unwrap();
        plivo_post(&[("MessageUUID", UUID), ("Status", "sent")]).unwrap();
    });
    assert!(counted.is_empty() && events.is_empty());
}

#[test]
fn where_both_header_families_are_there_v3_decides_alone() {
    let body = "MessageUUID=u1&Status=sent&To=447700900123";
    let webhook = plivo(URL);
    let (v3, v2) = (
        webhook.sign_v3("POST", URL, body.as_bytes(), NONCE).unwrap(),
        webhook.sign_v2(URL, NONCE).unwrap(),
    );
    let headers = |v3: &'static str| -> Vec<(&'static str, Vec<u8>)> {
        vec![
            ("content-type", FORM.to_vec()),
            ("X-Plivo-Signature-V3", v3.as_bytes().to_vec()),
            ("X-Plivo-Signature-V3-Nonce", NONCE.into()),
            ("X-Plivo-Signature-V2", v2.clone().into_bytes()),
            ("X-Plivo-Signature-V2-Nonce", NONCE.into()),
        ]
    };
    let receive = |webhook: &PlivoWebhook, headers: &[(&'static str, Vec<u8>)], body: &str| {
        let headers: Vec<(&str, &[u8])> = headers.iter().map(|(n, v)| (*n, v.as_slice())).collect();
        let request = WebhookRequest::new("POST", "/hooks", &headers, body.as_bytes());
        webhook.receive(request).map(|event| event.authenticity()).map_err(|error| error.kind())
    };
    let all = headers(Box::leak(v3.into_boxed_str()));
    assert_eq!(receive(&webhook, &all, body), Ok(Authenticity::Full));
    let forged = "MessageUUID=u2&Status=delivered&To=447700900123";
    assert_eq!(receive(&webhook, &all, forged), Err(WebhookErrorKind::BadSignature));
    // To leave V3 out gains nothing: what is left can only be looked up.
    let without: Vec<_> = all.iter().filter(|(name, _)| !name.contains("V3")).cloned().collect();
    assert_eq!(receive(&webhook, &without, forged), Ok(Authenticity::UrlOnly));
    let strict = webhook.require_v3();
    assert_eq!(receive(&strict, &without, forged), Err(WebhookErrorKind::MissingSignature));
}

#[test]
fn a_secret_with_a_newline() {
    let body = "MessageSid=SM1&MessageStatus=sent";
    for token in ["token\n", "token\r\n", " token ", "\ttoken"] {
        let webhook = TwilioWebhook::new(token, URL.parse().unwrap()).unwrap();
        assert_eq!(webhook.sign(URL, body.as_bytes()), twilio(URL).sign(URL, body.as_bytes()));
        let ring = KeyRing::new("other").unwrap();
        ring.replace([token]).unwrap();
        let webhook = PlivoWebhook::with_ring(ring, URL.parse().unwrap());
        assert_eq!(webhook.sign_v2(URL, NONCE), plivo(URL).sign_v2(URL, NONCE));
        let webhook = plivo(URL).with_subaccount_key(token).unwrap().with_key(token).unwrap();
        assert_eq!(Webhook::provider(&webhook).as_str(), "plivo");
    }
}
