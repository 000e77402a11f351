//! A message through the sandbox, from the submission to a verified delivery report.

mod accounts;
mod api;
mod events;
mod hand;
mod inbound;
mod products;

use std::{sync::Arc, time::Duration};

use anysms::{
    ErrorKind, Message, MessageStatus, Outcome, PhoneNumber, SmsProvider,
    message::Media,
    plivo::{
        Log, PLIVO, Plivo, PlivoConfig, PlivoOptions, PlivoSandbox, PlivoWebhook, StatusMethod,
    },
    sandbox::{Fate, Inbound, Sandbox},
    twilio::{TWILIO, Twilio, TwilioConfig, TwilioOptions, TwilioWebhook},
    webhook::{Authenticity, Event, PublicUrl, Webhook, WebhookExt, WebhookRequest},
};
use axum::{Router, extract::State, http::StatusCode};
use tokio::sync::mpsc;

type Hooks = (Arc<dyn Webhook>, mpsc::UnboundedSender<Event>);

/// A webhook server on loopback; what is verified comes out of the channel.
async fn receiver(
    make: impl FnOnce(&str) -> Arc<dyn Webhook>,
) -> (String, mpsc::UnboundedReceiver<Event>) {
    async fn hook(
        State((webhook, events)): State<Hooks>,
        request: axum::extract::Request,
    ) -> StatusCode {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 65_536).await.unwrap();
        match webhook.receive(WebhookRequest::from_parts(&parts, &body)) {
            Ok(event) => {
                events.send(event).unwrap();
                StatusCode::OK
            }
            Err(error) => StatusCode::from_u16(error.http_status()).unwrap(),
        }
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, events) = mpsc::unbounded_channel();
    let app = Router::new().fallback(hook).with_state((make(&url), sender));
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, events)
}

async fn next(events: &mut mpsc::UnboundedReceiver<Event>) -> Event {
    tokio::time::timeout(Duration::from_secs(10), events.recv()).await.unwrap().unwrap()
}

/// The statuses that are reported, in order, to the last one.
async fn statuses(events: &mut mpsc::UnboundedReceiver<Event>) -> Vec<MessageStatus> {
    let mut statuses = Vec::new();
    loop {
        let Event::Status(update) = next(events).await else { panic!("not a status") };
        statuses.push(update.status.clone());
        if update.status.is_final() {
            return statuses;
        }
    }
}

fn to() -> PhoneNumber {
    "+447700900123".parse().unwrap()
}

#[tokio::test]
async fn twilio_reports_sent_and_delivered() {
    let sandbox = Sandbox::start().await.unwrap();
    let (url, mut events) =
        receiver(|url| Arc::new(TwilioWebhook::sandbox(url.parse().unwrap()).unwrap())).await;
    let sms = Twilio::new(&TwilioConfig::sandbox(&sandbox)).unwrap();
    let callback = format!("{url}/hooks/twilio?tenant=1#rc=2").parse().unwrap();
    let message = Message::new(to(), "Hello").with_status_callback(callback);
    let receipt = sms.send(&message).await.unwrap();
    assert_eq!(receipt.status, MessageStatus::Queued);
    assert!(receipt.request_id.unwrap().starts_with("RQ"));
    let seen = statuses(&mut events).await;
    assert_eq!(seen, [MessageStatus::Sent, MessageStatus::Delivered]);
    let record = sms.fetch(&receipt.id.unwrap()).await.unwrap();
    assert_eq!(record.status, MessageStatus::Delivered);
    assert_eq!(record.price.unwrap().to_string(), "0.05240 USD");
}

#[tokio::test]
async fn plivo_reports_queued_sent_and_delivered() {
    let sandbox = Sandbox::start().await.unwrap();
    let sms = Plivo::new(&PlivoConfig::sandbox(&sandbox)).unwrap();
    for method in [StatusMethod::Post, StatusMethod::Get] {
        let (url, mut events) = receiver(|url| {
            let url: PublicUrl = url.parse().unwrap();
            let url = if method == StatusMethod::Get { url.by_get() } else { url };
            Arc::new(PlivoWebhook::sandbox(url).unwrap())
        })
        .await;
        let mut options = PlivoOptions::default();
        options.status_method = Some(method);
        options.log = Some(Log::None);
        let callback = format!("{url}/hooks/plivo?tenant=1").parse().unwrap();
        let message =
            Message::new(to(), "Hello").with_status_callback(callback).with_options(&options);
        sms.send(&message).await.unwrap();
        let seen = statuses(&mut events).await;
        let expected = [MessageStatus::Queued, MessageStatus::Sent, MessageStatus::Delivered];
        assert_eq!(seen, expected);
    }
}

#[tokio::test]
async fn a_failure_comes_with_its_kind() {
    let sandbox = Sandbox::start().await.unwrap();
    let (url, mut events) =
        receiver(|url| Arc::new(PlivoWebhook::sandbox(url.parse().unwrap()).unwrap())).await;
    sandbox.set_fate(to(), Fate::Failed(200));
    let sms = Plivo::new(&PlivoConfig::sandbox(&sandbox)).unwrap();
    let message = Message::new(to(), "Hello").with_status_callback(url.parse().unwrap());
    sms.send(&message).await.unwrap();
    loop {
        let Event::Status(update) = next(&mut events).await else { panic!("not a status") };
        assert_eq!(update.authenticity, Authenticity::Full);
        if update.status == MessageStatus::Failed {
            assert_eq!(update.failure.unwrap().kind, ErrorKind::OptedOut);
            break;
        }
    }
}

#[tokio::test]
async fn a_message_comes_in() {
    let sandbox = Sandbox::start().await.unwrap();
    let message = Inbound::new(to(), "+15555550100".parse().unwrap(), "STOP & go 👍");
    let twilio =
        receiver(|url| Arc::new(TwilioWebhook::sandbox(url.parse().unwrap()).unwrap())).await;
    let plivo =
        receiver(|url| Arc::new(PlivoWebhook::sandbox(url.parse().unwrap()).unwrap())).await;
    for (provider, (url, mut events)) in [(TWILIO, twilio), (PLIVO, plivo)] {
        let url = format!("{url}/in").parse().unwrap();
        assert_eq!(sandbox.receive(&provider, &message, &url).await.unwrap(), 200);
        let Event::Inbound(inbound) = next(&mut events).await else { panic!("not inbound") };
        assert_eq!(inbound.text, "STOP & go 👍");
        assert_eq!(inbound.from.number(), Some(to()));
        assert_eq!(*inbound.message.provider(), provider);
    }
}

#[tokio::test]
async fn twilio_refuses_what_twilio_refuses() {
    let sandbox = Sandbox::start().await.unwrap();
    let sms = Twilio::new(&TwilioConfig::sandbox(&sandbox)).unwrap();
    let message = |to: &str, text: &str| Message::new(to.parse::<PhoneNumber>().unwrap(), text);
    let with = |sender: &str| message("+447700900123", "Hi").with_sender(sender.parse().unwrap());
    let hosted =
        |url: &str| message("+447700900123", "Hi").with_status_callback(url.parse().unwrap());
    for (message, code, kind) in [
        (message("+15005550001", "Hi"), "21211", ErrorKind::InvalidRecipient),
        (message("+15005550002", "Hi"), "21612", ErrorKind::InvalidRecipient),
        (message("+15005550003", "Hi"), "21408", ErrorKind::GeoPermission),
        (message("+15005550004", "Hi"), "21610", ErrorKind::OptedOut),
        (message("+15005550009", "Hi"), "21614", ErrorKind::InvalidRecipient),
        (with("+15005550001"), "21212", ErrorKind::InvalidSender),
        (with("+15005550007"), "21606", ErrorKind::InvalidSender),
        (with("+15005550008"), "21611", ErrorKind::QueueFull),
        (with("+447700900123"), "21266", ErrorKind::InvalidRecipient),
        (message("+447700900123", &"x".repeat(1_601)), "21617", ErrorKind::InvalidContent),
        (hosted("https://under_score.example.com/"), "21609", ErrorKind::InvalidRequest),
    ] {
        let error = sms.send(&message).await.unwrap_err();
        assert_eq!((error.code(), error.kind()), (Some(code), kind));
        assert_eq!(error.outcome(), Outcome::NotSent);
        assert_eq!(
            error.help(),
            Some(format!("https://www.twilio.com/docs/errors/{code}").as_str())
        );
    }
    assert_eq!(sandbox.messages().len(), 0);
    let config = TwilioConfig::new("AC00000000000000000000000000000001", "wrong token")
        .with_base_url(sandbox.base_url())
        .with_sender("ACME".parse().unwrap());
    let error =
        Twilio::new(&config).unwrap().send(&message("+447700900123", "Hi")).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Credentials, Some("20003")));
    assert!(error.may_fail_over());
}

#[tokio::test]
async fn plivo_refuses_what_plivo_refuses() {
    let sandbox = Sandbox::start().await.unwrap();
    let sms = Plivo::new(&PlivoConfig::sandbox(&sandbox)).unwrap();
    let error = sms
        .send(&Message::new("+999999999999999".parse::<PhoneNumber>().unwrap(), "Hi"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRecipient);
    assert_eq!((error.status(), error.outcome()), (Some(400), Outcome::NotSent));
    assert!(error.request_id().is_some());
    let config = PlivoConfig::new("MA000000000000000001", "wrong token")
        .with_base_url(sandbox.base_url())
        .with_sender("ACME".parse().unwrap());
    let error = Plivo::new(&config).unwrap().send(&Message::new(to(), "Hi")).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Credentials, Some(401)));
}

#[tokio::test]
async fn twilio_redacts_deletes_and_lists_media() {
    let sandbox = Sandbox::start().await.unwrap();
    let sms = Twilio::new(&TwilioConfig::sandbox(&sandbox)).unwrap();
    let picture = |n: u8| format!("https://example.com/{n}.png").parse().unwrap();
    let media = anysms::message::Media::from_url;
    let message =
        Message::new(to(), "Look").with_media(media(picture(1))).with_media(media(picture(2)));
    let id = sms.send(&message).await.unwrap().id.unwrap();
    assert!(id.value().starts_with("MM"));
    let early = sms.delete(&id).await.unwrap_err();
    assert_eq!(early.kind(), ErrorKind::Conflict);
    let delivered = MessageStatus::Delivered;
    sandbox.wait_for(&id, &delivered, Duration::from_secs(10)).await.unwrap();
    let files = sms.media(&id, None).await.unwrap().items;
    assert_eq!(files.len(), 2);
    assert_eq!(sms.media_by_id(&id, &files[1].id).await.unwrap(), files[1]);
    sms.delete_media(&id, &files[0].id).await.unwrap();
    assert_eq!(sms.media(&id, None).await.unwrap().items, files[1..]);
    sms.feedback(&id, true).await.unwrap();
    sms.redact(&id).await.unwrap();
    assert_eq!(sms.fetch(&id).await.unwrap().text.as_deref(), Some(""));
    sms.delete(&id).await.unwrap();
    assert_eq!(sms.fetch(&id).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn plivo_lists_the_media_of_a_message() {
    let sandbox = Sandbox::start().await.unwrap();
    let sms = Plivo::new(&PlivoConfig::sandbox(&sandbox)).unwrap();
    let url = "https://example.com/1.png".parse().unwrap();
    let message = Message::new(to(), "Look").with_media(anysms::message::Media::from_url(url));
    let id = sms.send(&message).await.unwrap().id.unwrap();
    let files = sms.media(&id).await.unwrap();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].size, Some(1_024));
}

#[tokio::test]
async fn each_vendor_counts_segments_by_its_rule() {
    let sandbox = Sandbox::start().await.unwrap();
    let twilio = Twilio::new(&TwilioConfig::sandbox(&sandbox)).unwrap();
    let plivo = Plivo::new(&PlivoConfig::sandbox(&sandbox)).unwrap();
    // An emoji with its skin tone stays whole at Twilio, and takes a third segment.
    let text = "я".repeat(65) + "👋🏽" + &"я".repeat(65);
    for (sms, segments) in [(&twilio as &dyn SmsProvider, 3), (&plivo, 2)] {
        let receipt = sms.send(&Message::new(to(), text.as_str())).await.unwrap();
        let record = sms.fetch(&receipt.id.unwrap()).await.unwrap();
        assert_eq!(record.segments, Some(segments));
    }
    // What was sent was billed, whatever is left of its text; media are not cut.
    let receipt = twilio.send(&Message::new(to(), text.as_str())).await.unwrap();
    let id = receipt.id.unwrap();
    twilio.redact(&id).await.unwrap();
    assert_eq!(twilio.fetch(&id).await.unwrap().segments, Some(3));
    let media = Message::new(to(), text.as_str())
        .with_media(Media::from_url("https://example.com/a.png".parse().unwrap()));
    let mut options = TwilioOptions::default();
    options.smart_encoded = Some(true);
    let smart = Message::new(to(), "’".to_owned() + &"a".repeat(100)).with_options(&options);
    for message in [media, smart] {
        let id = twilio.send(&message).await.unwrap().id.unwrap();
        assert_eq!(twilio.fetch(&id).await.unwrap().segments, Some(1));
    }
}

/// Plivo's SDK for Node asks for its account with two slashes at the end.
#[tokio::test]
async fn plivo_takes_a_slash_too_many() {
    let sandbox = Sandbox::start().await.unwrap();
    let url = format!("{}/v1/Account/{}//", sandbox.base_url(), PlivoSandbox::AUTH_ID);
    let request = reqwest::Client::new().get(&url);
    let signed = request.basic_auth(PlivoSandbox::AUTH_ID, Some(PlivoSandbox::AUTH_TOKEN));
    let account: serde_json::Value =
        serde_json::from_slice(&signed.send().await.unwrap().bytes().await.unwrap()).unwrap();
    assert_eq!(account["auth_id"], PlivoSandbox::AUTH_ID);
    assert_eq!(reqwest::get(&url).await.unwrap().status(), 401);
}
