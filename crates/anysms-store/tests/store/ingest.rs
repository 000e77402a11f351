//! The last mile of a webhook, by the store and by its router.

use anysms::{
    PhoneNumber, SmsProvider,
    message::Address,
    suppression::SuppressionSource,
    webhook::{Authenticity, Event, InboundMessage},
};
use anysms_store::{DeliveryState, Filter, Ingested, RecordExt, Runner};

use crate::{
    Backend,
    fake::{ACME, Fake, news, remote},
    message, number,
};

fn inbound(id: &str, text: &str) -> Event {
    let id = anysms::MessageId::new(ACME, id).unwrap();
    let to = Address::from_wire("+15555550100");
    let ends = (Address::from(number(123)), to);
    Event::Inbound(InboundMessage::new(id, ends, text.into(), Authenticity::Full))
}

pub(crate) async fn events_are_taken_in(backend: Backend) {
    let store = &backend.store;
    let sms = Fake::new().recorded(store).unwrap();
    sms.send(&message("a")).await.unwrap();
    let status = Event::Status(news(&remote(1), "delivered"));
    for duplicate in [false, true] {
        let Ingested::Status(applied) = store.ingest(&status, None).await.unwrap() else {
            panic!()
        };
        assert_eq!((applied.changed, applied.duplicate), (!duplicate, duplicate));
    }
    let history = store.history(None, message("a").key()).await.unwrap().unwrap();
    assert_eq!(history.entry.state(), Some(DeliveryState::Delivered));

    let of = |number: PhoneNumber| async move { store.suppressions_of(number).await.unwrap() };
    for new in [true, false] {
        let done = store.ingest(&inbound("M1", "STOP"), None).await.unwrap();
        assert!(matches!(done, Ingested::Inbound(one) if one.entry.is_some() == new));
        assert_eq!(of(number(123)).await[0].source, SuppressionSource::Keyword);
    }
    assert!(sms.send(&message("b")).await.is_err());
    store.ingest(&inbound("M2", "START"), None).await.unwrap();
    assert!(of(number(123)).await.is_empty());
    store.ingest(&inbound("M3", "stop"), None).await.unwrap();
    store.ingest(&inbound("M2", "START"), None).await.unwrap();
    assert_eq!(of(number(123)).await.len(), 1, "a START that comes again takes nothing back");
    assert_eq!(store.entries(&Filter::new().unread(), 9, None).await.unwrap().items.len(), 3);
}

pub(crate) async fn a_runner_sends_and_stops(backend: Backend) {
    let fake = Fake::new();
    let stack = fake.clone().recorded(&backend.store).unwrap();
    backend.store.enqueue(&[message("a")], None).await.unwrap();
    let runner = Runner::new(backend.store.clone(), stack).unwrap().with_lookup(fake.clone());
    let store = backend.store.clone();
    runner
        .run_until(async move {
            let sent = Filter::new().with_status(anysms_store::Progress::Accepted);
            while store.entries(&sent, 1, None).await.unwrap().items.is_empty() {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        })
        .await;
    assert_eq!(fake.calls(), 1);
}

#[cfg(feature = "axum")]
mod router {
    use std::sync::Arc;

    use anysms::{
        SmsProvider,
        twilio::TwilioWebhook,
        webhook::{PublicUrl, Webhook},
    };
    use anysms_store::{DeliveryState, Filter, Ingest, MessageStore, Progress, RecordExt};
    use axum::{
        Router,
        body::Body,
        http::{Request, StatusCode},
    };
    use tower::ServiceExt;

    use crate::{
        fake::{Fake, timed_out},
        message,
    };

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn webhook() -> Arc<TwilioWebhook> {
        let base = PublicUrl::parse("https://example.com").unwrap();
        Arc::new(TwilioWebhook::new(TOKEN, base).unwrap())
    }

    fn app(store: &MessageStore) -> Router {
        let hook: Arc<dyn Webhook> = webhook();
        let hooks =
            anysms_store::axum::router(Ingest::new(store.clone()), [("/acme/twilio/", hook)]);
        Router::new().nest("/hooks", hooks)
    }

    async fn post(app: &Router, path: &str, body: &str, signed: bool) -> (StatusCode, String) {
        let url = format!("https://example.com{path}");
        let signature = webhook().sign(&url, body.as_bytes()).unwrap();
        let request = Request::post(path)
            .header("host", "example.com")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-twilio-signature", if signed { &signature } else { "no" })
            .body(Body::from(body.to_owned()))
            .unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    const INBOUND: &str = "MessageSid=SM00000000000000000000000000000001&From=%2B447700900123&\
        To=%2B15555550100&Body=STOP&NumMedia=0&NumSegments=1&SmsStatus=received";

    #[tokio::test]
    async fn inbound_messages_come_in_once() {
        let store = MessageStore::memory();
        let app = app(&store);
        for _ in 0..2 {
            let (status, body) = post(&app, "/hooks/acme/twilio", INBOUND, true).await;
            assert_eq!(status, StatusCode::OK);
            assert!(body.contains("<Response/>"), "{body}");
        }
        assert_eq!(store.entries(&Filter::new().unread(), 9, None).await.unwrap().items.len(), 1);
        assert_eq!(store.suppressions(None, 9).await.unwrap().len(), 1);
        for (path, signed, expected) in [
            ("/hooks/acme/twilio", false, StatusCode::FORBIDDEN),
            ("/hooks/acme/other", true, StatusCode::NOT_FOUND),
            ("/hooks/acme/twilio/no-token", true, StatusCode::NOT_FOUND),
        ] {
            assert_eq!(post(&app, path, INBOUND, signed).await.0, expected, "{path}");
        }
    }

    #[tokio::test]
    async fn a_status_finds_its_attempt_by_the_token() {
        let store = MessageStore::memory();
        let app = app(&store);
        let fake = Fake::failing(1, &timed_out());
        let sms = fake.clone().recorded(&store).unwrap();
        let callback = "https://example.com/hooks/acme/twilio".parse().unwrap();
        let sms = sms.with_callback(callback);
        sms.send(&message("a")).await.unwrap_err();
        let history = store.history(None, message("a").key()).await.unwrap().unwrap();
        assert_eq!(history.entry.status, Some(Progress::Unconfirmed));
        let url = fake.sent.lock().unwrap()[0].status_callback().unwrap().to_string();
        let path = url.strip_prefix("https://example.com").unwrap();
        let body = "MessageSid=SM00000000000000000000000000000002&MessageStatus=delivered&\
            From=%2B15555550100&To=%2B447700900123";
        // It is another provider's attempt: kept, and nothing is changed.
        assert_eq!(post(&app, path, body, true).await.0, StatusCode::OK);
        let history = store.history(None, message("a").key()).await.unwrap().unwrap();
        assert_eq!(history.entry.state(), Some(DeliveryState::Unconfirmed));
    }

    #[tokio::test]
    async fn a_store_that_cannot_be_written_has_the_provider_call_again() {
        // It is full of messages whose outcome is not known.
        let store = MessageStore::memory_with(1, Default::default());
        store.enqueue(&[message("a")], None).await.unwrap();
        let (status, _) = post(&app(&store), "/hooks/acme/twilio", INBOUND, true).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    }
}
