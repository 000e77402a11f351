//! Twilio's Conversations (classic): against the sandbox, and the exact requests.

use std::sync::Arc;

use anysms::{
    Error, ErrorKind, MessageStatus, Outcome, PhoneNumber,
    message::{Address, Direction},
    sandbox::{Fault, Inbound, Sandbox, When},
    testing::ScriptedTransport,
    transport::TransportErrorKind,
    twilio::{
        ConversationEvent, ConversationEventKind, ConversationSettings, ConversationState,
        ConversationWebhooks, NewConversationMessage, NewConversationWebhook, NewParticipant,
        Product, TWILIO, Twilio, TwilioConfig, TwilioConversations, TwilioSandbox, TwilioWebhook,
    },
    webhook::{Verified, WebhookErrorKind, WebhookRequest},
};
use tokio::sync::mpsc;

use crate::golden::Golden;

const ACCOUNT: &str = "AC00000000000000000000000000000001";
const THREAD: &str = r#"{"sid":"CH1","unique_name":"order-17","state":"active"}"#;

fn guest() -> PhoneNumber {
    "+447700900123".parse().unwrap()
}

fn own() -> PhoneNumber {
    TwilioSandbox::NUMBER.parse().unwrap()
}

fn settings() -> ConversationSettings {
    ConversationSettings::new()
}

async fn started() -> (Sandbox, TwilioConversations) {
    let sandbox = Sandbox::start().await.unwrap();
    let twilio = Twilio::new(&TwilioConfig::sandbox(&sandbox)).unwrap();
    (sandbox, twilio.conversations())
}

fn scripted(transport: &ScriptedTransport) -> TwilioConversations {
    let config = TwilioConfig::new(ACCOUNT, "token");
    Twilio::with_transport(&config, Arc::new(transport.clone())).unwrap().conversations()
}

#[tokio::test]
async fn a_conversation_goes_from_its_creation_to_its_end() {
    let (_sandbox, all) = started().await;
    let named = settings().with_unique_name("order-17").with_friendly_name("Order 17");
    let made = all.create(&named.with_attributes(r#"{"table":7}"#)).await.unwrap();
    assert_eq!(made.unique_name.as_deref(), Some("order-17"));
    assert_eq!(made.friendly_name.as_deref(), Some("Order 17"));
    assert_eq!(made.attributes.as_deref(), Some(r#"{"table":7}"#));
    assert_eq!((&made.state, made.created_at.is_some()), (&ConversationState::Active, true));
    assert_eq!(made.fields.get("sid"), Some(&*made.sid));
    assert_eq!(all.fetch("order-17").await.unwrap().sid, made.sid);
    assert_eq!(all.fetch(&made.sid).await.unwrap().sid, made.sid);
    let taken = all.create(&settings().with_unique_name("order-17")).await.unwrap_err();
    assert_eq!((taken.kind(), taken.outcome()), (ErrorKind::Conflict, Outcome::NotSent));
    assert_eq!(taken.code(), Some("50353"));

    let renamed = settings().with_friendly_name("Table 7");
    let changed = all.update("order-17", &renamed).await.unwrap();
    assert_eq!(changed.friendly_name.as_deref(), Some("Table 7"));
    assert_eq!(changed.unique_name.as_deref(), Some("order-17"), "the rest stays");
    assert_eq!(all.close("order-17").await.unwrap().state, ConversationState::Closed);
    let late = NewConversationMessage::new("Hello");
    let closed = all.send("order-17", &late).await.unwrap_err();
    assert_eq!(closed.outcome(), Outcome::NotSent);
    assert!(all.delete("order-17").await.unwrap());
    assert!(!all.delete("order-17").await.unwrap(), "it is gone");
    assert!(all.find("order-17").await.unwrap().is_none());
    let gone = all.fetch("order-17").await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
}

/// Messaging has Services of the same path: the product's host tells them apart.
#[tokio::test]
async fn a_service_of_its_own_has_its_own_conversations() {
    let sandbox = Sandbox::start().await.unwrap();
    let twilio = Twilio::new(&TwilioConfig::sandbox(&sandbox)).unwrap();
    let made =
        twilio.request(anysms::http::Method::POST, Product::Conversations, ["v1", "Services"]);
    let made = made.form("FriendlyName", "Club").send().await.unwrap();
    let made: serde_json::Value = made.json().unwrap();
    let service = made["sid"].as_str().unwrap();
    assert!(service.starts_with("IS"), "{service}");
    let of_service = twilio.conversations().in_service(service);
    let order = of_service.create(&settings().with_unique_name("order-17")).await.unwrap();
    assert_eq!(of_service.fetch(&order.sid).await.unwrap().sid, order.sid);
}

#[tokio::test]
async fn lists_go_through_all_pages_and_end() {
    let (_sandbox, all) = started().await;
    for n in 0..105 {
        all.create(&settings().with_unique_name(format!("order-{n}"))).await.unwrap();
    }
    all.close("order-3").await.unwrap();
    assert_eq!(all.list(None, 1_000).await.unwrap().len(), 105);
    for most in [0, 1, 100, 101] {
        assert_eq!(all.list(None, most).await.unwrap().len(), most);
    }
}

#[tokio::test]
async fn phones_and_clients_take_part_and_are_found() {
    let (_sandbox, all) = started().await;
    all.ensure("order-17", &settings()).await.unwrap();
    let phone = NewParticipant::sms(guest(), own());
    let phone_in = all.add_participant("order-17", &phone).await.unwrap();
    assert_eq!(phone_in.address, Some(Address::from(guest())));
    assert_eq!(phone_in.proxy_address, Some(Address::from(own())));
    let chat = NewParticipant::chat("desk-2");
    let chat_in = all.add_participant("order-17", &chat).await.unwrap();
    assert_eq!((chat_in.identity.as_deref(), chat_in.address), (Some("desk-2"), None));
    let again = all.add_participant("order-17", &phone).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Conflict);
    assert_eq!(all.participants("order-17", 50).await.unwrap().len(), 2);

    let found = all.of_address(&guest().into(), 50).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].unique_name.as_deref(), Some("order-17"));
    assert_eq!(found[0].participant.as_deref(), Some(&*phone_in.sid));
    assert_eq!(found[0].address, Some(Address::from(guest())));
    assert_eq!(all.of_identity("desk-2", 50).await.unwrap().len(), 1);
    assert!(all.of_identity("desk-3", 50).await.unwrap().is_empty());
    assert!(all.remove_participant("order-17", &chat_in.sid).await.unwrap());
    assert!(!all.remove_participant("order-17", &chat_in.sid).await.unwrap());
    assert_eq!(all.participants("order-17", 50).await.unwrap().len(), 1);
}

#[tokio::test]
async fn messages_go_both_ways_with_direction_and_receipts() {
    let (sandbox, all) = started().await;
    all.ensure("order-17", &settings()).await.unwrap();
    all.add_participant("order-17", &NewParticipant::sms(guest(), own())).await.unwrap();
    let said = NewConversationMessage::new("Your table is ready").with_author("desk-2");
    let sent = all.send("order-17", &said).await.unwrap();
    assert_eq!((sent.index, sent.direction(), sent.from()), (Some(0), Direction::Outbound, None));
    assert_eq!(sent.status, Some(MessageStatus::Delivered));
    assert_eq!(sandbox.expect_message(guest()).await.unwrap().text, "Your table is ready");
    let receipts = all.receipts("order-17", &sent.sid, 50).await.unwrap();
    assert_eq!(receipts.len(), 1);
    assert_eq!((&receipts[0].status, &receipts[0].failure), (&MessageStatus::Delivered, &None));
    assert!(receipts[0].message.as_ref().unwrap().value().starts_with("SM"));

    sandbox.receive_at_number(&TWILIO, &Inbound::new(guest(), own(), "On my way")).await.unwrap();
    let messages = all.messages("order-17", 50).await.unwrap();
    let texts: Vec<_> = messages.iter().map(|one| one.body.as_deref().unwrap()).collect();
    assert_eq!(texts, ["On my way", "Your table is ready"], "the latest first");
    assert_eq!(messages[0].direction(), Direction::Inbound);
    assert_eq!(messages[0].from(), Some(Address::from(guest())));
    assert_eq!(all.messages("order-17", 1).await.unwrap().len(), 1);
    let one = all.message("order-17", &messages[0].sid).await.unwrap();
    assert_eq!(one.body, messages[0].body);
}

#[tokio::test]
async fn a_verified_request_becomes_an_event_and_nothing_else_does() {
    let (sandbox, all) = started().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hooks", listener.local_addr().unwrap());
    let (heard, mut hears) = mpsc::unbounded_channel();
    let app = axum::Router::new().fallback(async move |request: axum::extract::Request| {
        let (parts, body) = request.into_parts();
        heard.send((parts, axum::body::to_bytes(body, 65_536).await.unwrap())).unwrap();
    });
    tokio::spawn(async move { axum::serve(listener, app).await });

    let thread = all.ensure("order-17", &settings()).await.unwrap();
    all.add_participant("order-17", &NewParticipant::sms(guest(), own())).await.unwrap();
    let hook = NewConversationWebhook::webhook(url.parse().unwrap())
        .with_filter(ConversationEventKind::MessageAdded);
    let scoped = all.add_webhook("order-17", &hook).await.unwrap();
    assert_eq!(scoped.target, "webhook");
    assert_eq!(scoped.filters, [ConversationEventKind::MessageAdded]);
    assert_eq!(scoped.url.as_ref().map(|url| url.as_str()), Some(&*url));
    sandbox.receive_at_number(&TWILIO, &Inbound::new(guest(), own(), "On my way")).await.unwrap();

    let (parts, body) = hears.recv().await.unwrap();
    let request = WebhookRequest::from_parts(&parts, &body);
    let checker = TwilioWebhook::sandbox(url.parse().unwrap()).unwrap();
    let verified = Verified::check(&checker, request).unwrap();
    let event = ConversationEvent::from_verified(&verified).unwrap().unwrap();
    assert_eq!(event.kind, ConversationEventKind::MessageAdded);
    assert_eq!(event.conversation.as_deref(), Some(&*thread.sid));
    assert!(event.message.as_deref().unwrap().starts_with("IM"));
    assert_eq!(event.body.as_deref(), Some("On my way"));
    assert_eq!((event.direction(), event.from()), (Direction::Inbound, Some(guest().into())));
    assert_eq!((event.source.as_deref(), event.retry), (Some("SMS"), 0));
    assert!(event.participant.is_some() && event.created_at.is_some());
    let shown = format!("{event:?} {scoped:?} {:?}", all.messages("order-17", 9).await.unwrap());
    for personal in ["7700900123", "On my way"] {
        assert!(!shown.contains(personal), "{shown}");
    }
    let other = TwilioWebhook::new("another token", url.parse().unwrap()).unwrap();
    assert!(Verified::check(&other, WebhookRequest::from_parts(&parts, &body)).is_err());

    // A client's own writes are events, too, unless it says otherwise.
    let said = NewConversationMessage::new("One").with_author("desk-2");
    all.clone().without_webhooks().send("order-17", &said).await.unwrap();
    all.send("order-17", &NewConversationMessage::new("Two")).await.unwrap();
    let (parts, body) = hears.recv().await.unwrap();
    let request = WebhookRequest::from_parts(&parts, &body);
    let verified = Verified::check(&checker, request).unwrap();
    let event = ConversationEvent::from_verified(&verified).unwrap().unwrap();
    assert_eq!((event.body.as_deref(), event.direction()), (Some("Two"), Direction::Outbound));

    assert_eq!(all.webhooks("order-17", 50).await.unwrap().len(), 1);
    assert!(all.remove_webhook("order-17", &scoped.sid).await.unwrap());
    assert!(all.webhooks("order-17", 50).await.unwrap().is_empty());
    let events = [ConversationEventKind::MessageAdded, ConversationEventKind::DeliveryUpdated];
    let global = ConversationWebhooks::after(url.parse().unwrap(), events);
    assert_eq!(all.set_global_webhooks(&global).await.unwrap(), global);
    assert_eq!(all.global_webhooks().await.unwrap(), global);
}

fn event(body: &str) -> Result<Option<ConversationEvent>, WebhookErrorKind> {
    let webhook = TwilioWebhook::new("token", "https://example.com/hooks".parse().unwrap());
    let webhook = webhook.unwrap();
    let signature = webhook.sign("https://example.com/hooks", body.as_bytes()).unwrap();
    let headers: [(&str, &[u8]); 2] = [
        ("content-type", b"application/x-www-form-urlencoded"),
        ("x-twilio-signature", signature.as_bytes()),
    ];
    let request = WebhookRequest::new("POST", "/hooks", &headers, body.as_bytes());
    let verified = Verified::check(&webhook, request).unwrap();
    ConversationEvent::from_verified(&verified).map_err(|error| error.kind())
}

#[test]
fn events_keep_what_is_new_and_refuse_what_is_there_twice() {
    let new = event("EventType=onLater&ConversationSid=CH1&Later=1").unwrap().unwrap();
    assert_eq!(new.kind, ConversationEventKind::Other("onLater".to_owned()));
    assert_eq!(new.fields.get("Later"), Some("1"));
    assert!(!new.kind.asks_before());
    let first = event("EventType=onMessageAdded&MessageSid=IM1&RetryCount=0").unwrap().unwrap();
    let again = event("EventType=onMessageAdded&MessageSid=IM1&RetryCount=1").unwrap().unwrap();
    assert_eq!((first.id, first.retry, again.retry), (again.id, 0, 1));
    let other = event("EventType=onMessageAdded&MessageSid=IM2&RetryCount=0").unwrap().unwrap();
    assert_ne!(first.id, other.id);
    assert_eq!(event("MessageSid=SM1&From=72345&Body=Hello").unwrap(), None);
    for name in ["EventType", "ConversationSid", "MessageSid", "Author", "Body"] {
        let twice = event(&format!("EventType=onMessageAdded&{name}=a&{name}=b"));
        assert_eq!(twice.unwrap_err(), WebhookErrorKind::DuplicateField, "{name}");
    }
}

#[tokio::test]
async fn a_creation_that_nobody_heard_of_is_looked_for_before_it_is_made_again() {
    let (sandbox, all) = started().await;
    let made = all.ensure("order-17", &settings()).await.unwrap();
    assert_eq!(all.ensure("order-17", &settings()).await.unwrap().sid, made.sid);
    // The second request of each is the creation.
    for fault in [Fault::TakeAndHangUp, Fault::TakeAndFail(500), Fault::TakeAndCutShort] {
        let name = format!("{fault:?}").to_lowercase().replace(['(', ')'], "-");
        sandbox.inject_at("/Conversations", When::Every(2), fault);
        let found = all.ensure(&name, &settings()).await.unwrap();
        sandbox.clear_faults();
        let same: Vec<_> = all.list(None, 100).await.unwrap();
        let same = same.iter().filter(|one| one.unique_name.as_deref() == Some(&name));
        assert_eq!(same.map(|one| &one.sid).collect::<Vec<_>>(), [&found.sid], "{name}");
    }

    let none = r#"{"code":20404}"#;
    let lost = TransportErrorKind::Timeout;
    // It was not made: it is made again, once.
    let transport = ScriptedTransport::new().answer(404, none).fail(lost);
    let transport = transport.answer(404, none).answer(201, THREAD);
    assert_eq!(scripted(&transport).ensure("order-17", &settings()).await.unwrap().sid, "CH1");
    assert_eq!(transport.requests().len(), 4);
    // Somebody else was faster.
    let transport = ScriptedTransport::new().answer(404, none).answer(409, r#"{"code":50353}"#);
    let transport = transport.answer(200, THREAD);
    assert_eq!(scripted(&transport).ensure("order-17", &settings()).await.unwrap().sid, "CH1");
    // Nobody can tell.
    let transport = ScriptedTransport::new().answer(404, none).fail(lost).answer(503, "");
    let unknown = scripted(&transport).ensure("order-17", &settings()).await.unwrap_err();
    assert_eq!((unknown.kind(), unknown.outcome()), (ErrorKind::Timeout, Outcome::Unknown));
    let transport = ScriptedTransport::new().answer(401, r#"{"code":20003}"#);
    let refused = scripted(&transport).ensure("order-17", &settings()).await.unwrap_err();
    assert_eq!((refused.kind(), refused.outcome()), (ErrorKind::Credentials, Outcome::NotSent));

    let many = (0..16).map(|_| {
        let all = all.clone();
        tokio::spawn(async move { all.ensure("at-once", &settings()).await.unwrap().sid })
    });
    let mut sids = Vec::new();
    for one in many.collect::<Vec<_>>() {
        sids.push(one.await.unwrap());
    }
    sids.dedup();
    assert_eq!(sids.len(), 1);
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused_before_anything_is_asked() {
    let transport = ScriptedTransport::new();
    let all = scripted(&transport);
    let long = "x".repeat(257);
    let sid = format!("CH{}", "a".repeat(32));
    let mut refused: Vec<Error> = Vec::new();
    for name in ["", &long, &sid] {
        refused.push(all.ensure(name, &settings()).await.unwrap_err());
        refused.push(all.create(&settings().with_unique_name(name)).await.unwrap_err());
    }
    let minute = std::time::Duration::from_secs(59);
    for wrong in [
        settings().with_friendly_name(&*long),
        settings().with_attributes("{"),
        settings().with_inactive_after(minute),
        settings().with_closed_after(minute),
    ] {
        refused.push(all.create(&wrong).await.unwrap_err());
    }
    for wrong in [String::new(), "x".repeat(1_601)] {
        refused.push(all.send("CH1", &NewConversationMessage::new(wrong)).await.unwrap_err());
    }
    // An empty id would name the list, and delete or create.
    refused.push(all.fetch("").await.unwrap_err());
    refused.push(all.update("", &settings()).await.unwrap_err());
    refused.push(all.delete("").await.unwrap_err());
    refused.push(all.remove_participant("CH1", "").await.unwrap_err());
    refused.push(all.send("", &NewConversationMessage::new("Hello")).await.unwrap_err());
    refused.push(all.add_participant("CH1", &NewParticipant::chat("")).await.unwrap_err());
    for error in &refused {
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::InvalidRequest, Outcome::NotSent));
    }
    assert!(transport.requests().is_empty());
}

#[tokio::test]
async fn what_the_client_writes_is_in_the_files() {
    let mut golden = Golden::new("twilio_conversations");
    let full = settings()
        .with_unique_name("order-17")
        .with_friendly_name("Order 17 & more")
        .with_state(ConversationState::Inactive)
        .with_messaging_service("MG00000000000000000000000000000002")
        .with_attributes(r#"{"table":7}"#)
        .with_inactive_after(std::time::Duration::from_secs(3_600))
        .with_closed_after(std::time::Duration::from_secs(86_400));
    let mut said = NewConversationMessage::template("HX00000000000000000000000000000004");
    said.content_variables = Some(r#"{"1":"7"}"#.into());
    said.media = Some("ME00000000000000000000000000000003".to_owned());
    said.subject = Some("Table".into());
    said.body = Some("Grüße = 100%".into());
    let said = said.with_author("desk-2").with_attributes("{}");
    let url = || "https://example.com/hooks?a=b&c".parse().unwrap();
    let kinds = [ConversationEventKind::MessageAdded, ConversationEventKind::DeliveryUpdated];
    let hook = kinds
        .iter()
        .fold(NewConversationWebhook::webhook(url()), |hook, kind| hook.with_filter(kind.clone()));
    let global = ConversationWebhooks::after(url(), kinds);
    let phone = NewParticipant::sms(guest(), own());
    macro_rules! golden {
        ($($name:literal: $body:expr => |$all:ident| $call:expr;)+) => {$({
            let transport = ScriptedTransport::new().answer(200, $body);
            let $all = scripted(&transport);
            $call.await.unwrap();
            golden.check($name, &transport);
        })+};
    }
    let (list, one) = (r#"{"conversations":[]}"#, r#"{"sid":"XX1"}"#);
    golden! {
        "create": one => |all| all.create(&full);
        "create_in_service": one => |all| all.in_service("IS1").without_webhooks().create(&settings());
        "fetch": one => |all| all.fetch("order/17");
        "list": list => |all| all.list(None, 7);
        "list_state": list => |all| all.list(Some(&ConversationState::Closed), 1_000);
        "close": one => |all| all.close("CH1");
        "delete": "" => |all| all.delete("CH1");
        "add_phone": one => |all| all.add_participant("CH1", &phone);
        "add_client": one => |all| all.add_participant("CH1", &NewParticipant::chat("desk-2"));
        "participants": r#"{"participants":[]}"# => |all| all.participants("CH1", 50);
        "remove_participant": "" => |all| all.remove_participant("CH1", "MB1");
        "of_address": list => |all| all.of_address(&Address::from_wire("whatsapp:+447700900123"), 50);
        "of_identity": list => |all| all.of_identity("desk-2", 50);
        "send": one => |all| all.send("CH1", &said);
        "messages": r#"{"messages":[]}"# => |all| all.messages("CH1", 50);
        "message": one => |all| all.message("CH1", "IM1");
        "receipts": r#"{"delivery_receipts":[]}"# => |all| all.receipts("CH1", "IM1", 50);
        "add_webhook": one => |all| all.add_webhook("CH1", &hook.clone().with_replay_after(3));
        "add_trigger": one => |all| all.add_webhook("CH1", &NewConversationWebhook::trigger(url(), ["HELP"]));
        "add_studio": one => |all| all.add_webhook("CH1", &NewConversationWebhook::studio("FW1"));
        "webhooks": r#"{"webhooks":[]}"# => |all| all.webhooks("CH1", 50);
        "remove_webhook": "" => |all| all.remove_webhook("CH1", "WH1");
        "global_webhooks": "{}" => |all| all.global_webhooks();
        "set_global_webhooks": "{}" => |all| all.set_global_webhooks(&global);
    }
    golden.finish();
}

#[tokio::test]
async fn what_twilio_leaves_out_or_writes_otherwise_is_no_failure() {
    let odd = r#"{"messages":[{"sid":"IM1","index":"7","author":null,"body":null,"delivery":{"total":"2",
        "sent":"all","delivered":"some","read":"none","failed":"none","undelivered":"some"},"later":1},
        {"sid":null},"text",{"sid":"IM2","author":"whatsapp:+447700900123","delivery":null}],
        "meta":{"next_page_url":null}}"#;
    let transport = ScriptedTransport::new().answer(200, odd);
    let messages = scripted(&transport).messages("CH1", 50).await.unwrap();
    assert_eq!(messages.len(), 2);
    assert_eq!((messages[0].index, &messages[0].body), (Some(7), &None));
    assert_eq!(messages[0].status, Some(MessageStatus::PartiallyDelivered));
    assert_eq!(messages[0].fields.get("later"), Some("1"));
    assert_eq!((messages[1].direction(), &messages[1].status), (Direction::Inbound, &None));

    let transport = ScriptedTransport::new().answer(200, r#"{"meta":{}}"#).answer(201, "{}");
    let all = scripted(&transport);
    let error = all.messages("CH1", 50).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::InvalidResponse, Outcome::NotSent));
    let error = all.send("CH1", &NewConversationMessage::new("Hello")).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::InvalidResponse, Outcome::Unknown));
    let transport = ScriptedTransport::new().fail(TransportErrorKind::Timeout);
    let said = NewConversationMessage::new("Hello");
    let error = scripted(&transport).send("CH1", &said).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
}
