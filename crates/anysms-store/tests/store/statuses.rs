//! What providers report, in whatever order it comes.

use std::time::Duration;

use anysms::{
    Message, MessageClass, MessageId, ProviderId, SmsProvider,
    layers::{LayerExt, ResendPolicy, RetryPolicy},
};
use anysms_store::RecordExt;
use anysms_store::{Applied, AttemptOutcome, AttemptToken, MessageStore, Progress, SettledBy};

use crate::{
    Backend,
    fake::{ACME, Fake, news, remote, timed_out},
    message,
};

/// What came in, where the message stands then, and what was noted: stale, duplicate, conflict, unmapped.
const SEQUENCES: [(&str, Progress, Option<&str>, [u32; 4]); 20] = [
    ("queued, sent, delivered", Progress::Delivered, None, [0, 0, 0, 0]),
    ("sent, queued, delivered", Progress::Delivered, None, [1, 0, 0, 0]),
    ("delivered, sent, queued", Progress::Delivered, None, [2, 0, 0, 0]),
    (
        "delivered, delivered, delivered, delivered, delivered",
        Progress::Delivered,
        None,
        [0, 4, 0, 0],
    ),
    ("delivered, failed 30005", Progress::Delivered, None, [1, 0, 1, 0]),
    ("failed 30008, delivered", Progress::Delivered, None, [0, 0, 1, 0]),
    ("undelivered 30003, sent", Progress::Undelivered, Some("30003"), [1, 0, 0, 0]),
    ("sent, undelivered, delivered", Progress::Delivered, None, [0, 0, 1, 0]),
    ("queued, canceled", Progress::Canceled, None, [0, 0, 0, 0]),
    ("canceled, queued", Progress::Canceled, None, [1, 0, 0, 0]),
    ("canceled, sent, delivered", Progress::Delivered, None, [0, 0, 2, 0]),
    ("accepted, scheduled", Progress::Accepted, None, [1, 0, 0, 0]),
    ("delivered, read, delivered", Progress::Read, None, [1, 1, 0, 0]),
    ("read", Progress::Read, None, [0, 0, 0, 0]),
    ("sent, weird-new, delivered", Progress::Delivered, None, [0, 0, 0, 1]),
    ("failed, failed 30007", Progress::Failed, Some("30007"), [0, 0, 0, 0]),
    ("failed 30007, failed", Progress::Failed, Some("30007"), [0, 0, 0, 0]),
    ("failed 9, failed 30007, failed word", Progress::Failed, Some("30007"), [0, 0, 0, 0]),
    ("undelivered, failed", Progress::Undelivered, None, [1, 0, 0, 0]),
    ("receiving, sent", Progress::Sent, None, [0, 0, 0, 1]),
];

pub(crate) async fn the_sequences_come_to_what_they_must(backend: Backend) {
    let sms = Fake::new().recorded(&backend.store).unwrap();
    for (number, (words, status, code, noted)) in (1..).zip(SEQUENCES) {
        let sent = message(words.replace(", ", "-").replace(' ', "+").as_str());
        sms.send(&sent).await.unwrap();
        let mut found = [0; 4];
        let mut told = Vec::new();
        for word in words.split(", ") {
            let applied = record(&backend.store, &remote(number), word, None).await;
            found[0] += u32::from(applied.stale);
            found[1] += u32::from(applied.duplicate);
            found[2] += u32::from(applied.conflict.is_some());
            found[3] += u32::from(applied.unmapped);
            told.extend(applied.status.filter(|_| applied.changed));
        }
        assert_eq!(found, noted, "{words}");
        assert!(told.is_sorted(), "{words}: nothing goes back: {told:?}");
        let history = backend.store.history(None, sent.key()).await.unwrap().unwrap();
        assert_eq!(history.entry.status, Some(status), "{words}");
        let failure = history.entry.failure.as_ref().map(|failure| failure.code.as_str());
        assert_eq!(failure, code, "{words}");
        let times: u32 = history.events.iter().map(|event| event.times).sum();
        assert_eq!(times as usize, words.split(", ").count(), "{words}: every event is kept");
        assert_eq!(history.attempts[0].conflict.is_some(), noted[2] > 0, "{words}");
    }
}

async fn record(
    store: &MessageStore,
    id: &MessageId,
    word: &str,
    token: Option<AttemptToken>,
) -> Applied {
    store.record_status(&news(id, word), token).await.unwrap()
}

/// The token in the path that the provider was given.
fn token(fake: &Fake) -> AttemptToken {
    let sent = fake.sent.lock().unwrap();
    let url = sent.last().unwrap().status_callback().unwrap().to_string();
    let (start, token) = url.rsplit_once('/').unwrap();
    assert_eq!(start, "https://example.com/hooks/acme");
    token.parse().unwrap()
}

pub(crate) async fn a_callback_before_the_answer_finds_its_attempt(backend: Backend) {
    let callback = || "https://example.com/hooks/acme".parse().unwrap();
    let store = backend.store.clone();
    let calls = Fake::new();
    let seen = calls.clone();
    // Reports it before it answers.
    let fake = Fake::answering(move |call, message| {
        seen.sent.lock().unwrap().push(message.clone());
        let (store, token) = (store.clone(), token(&seen));
        let report = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(record(&store, &remote(call), "sent", Some(token)))
        });
        let applied = report.join().unwrap();
        assert_eq!((applied.status, applied.changed), (Some(Progress::Sent), true));
        Ok(())
    });
    let sms = fake.recorded(&backend.store).unwrap().with_callback(callback());
    sms.send(&message("a")).await.unwrap();
    let history = backend.store.history(None, message("a").key()).await.unwrap().unwrap();
    assert_eq!(history.entry.status, Some(Progress::Sent));
    let attempt = &history.attempts[0];
    assert_eq!((attempt.id.clone(), attempt.id_conflict), (Some(remote(1)), false));
    assert_eq!(attempt.outcome, Some(AttemptOutcome::Accepted));
    assert_eq!(history.events.len(), 1);
}

pub(crate) async fn a_callback_settles_what_nobody_knew(backend: Backend) {
    let fake = Fake::failing(1, &timed_out());
    let recorded = fake.clone().recorded(&backend.store).unwrap();
    let sms = recorded.with_callback("https://example.com/hooks/acme/".parse().unwrap());
    sms.send(&message("a")).await.unwrap_err();
    let applied = record(&backend.store, &remote(7), "delivered", Some(token(&fake))).await;
    assert_eq!(applied.message, Some((None, message("a").key().clone())));
    assert_eq!(applied.status, Some(Progress::Delivered));
    let history = backend.store.history(None, message("a").key()).await.unwrap().unwrap();
    let attempt = &history.attempts[0];
    assert_eq!(attempt.id, Some(remote(7)), "the id is learned");
    assert_eq!(attempt.outcome, Some(AttemptOutcome::Accepted));
    assert_eq!(attempt.settled_by, Some(SettledBy::Callback));
    let earlier = sms.send(&message("a")).await.unwrap();
    assert_eq!((earlier.earlier, earlier.id), (true, Some(remote(7))));
}

pub(crate) async fn news_of_unknown_messages_wait_for_them(backend: Backend) {
    let applied = record(&backend.store, &remote(1), "delivered", None).await;
    assert_eq!((applied.message, applied.status), (None, None));
    assert!(record(&backend.store, &remote(1), "delivered", None).await.duplicate);
    record(&backend.store, &remote(1), "sent", None).await;
    let sms = Fake::new().recorded(&backend.store).unwrap();
    sms.send(&message("a")).await.unwrap();
    let history = backend.store.history(None, message("a").key()).await.unwrap().unwrap();
    assert_eq!(history.entry.status, Some(Progress::Delivered));
    assert_eq!(history.events.len(), 2);
    assert!(history.entry.delivered_at.is_some());
}

pub(crate) async fn two_ids_are_a_conflict(backend: Backend) {
    let fake = Fake::new();
    let recorded = fake.clone().recorded(&backend.store).unwrap();
    let sms = recorded.with_callback("https://example.com/hooks/acme".parse().unwrap());
    sms.send(&message("a")).await.unwrap();
    let token = Some(token(&fake));
    let applied = record(&backend.store, &remote(2), "delivered", token).await;
    assert!(applied.id_conflict && !applied.changed, "it is of another message");
    let elsewhere = MessageId::new(ProviderId::from_static("other"), "A1").unwrap();
    let applied = record(&backend.store, &elsewhere, "delivered", token).await;
    assert_eq!(applied.message, None, "another provider does not speak for this one");
    let history = backend.store.history(None, message("a").key()).await.unwrap().unwrap();
    assert_eq!(history.entry.status, Some(Progress::Accepted));
    assert_eq!(history.attempts[0].id, Some(remote(1)));
    assert!(history.attempts[0].id_conflict);
    assert_eq!(history.attempts[0].provider, ACME);
}

pub(crate) async fn a_second_delivery_is_counted(backend: Backend) {
    // The first may have been sent, and the policy allows a second.
    let fake = Fake::failing(1, &timed_out());
    let recorded = fake.clone().recorded(&backend.store).unwrap();
    let recorded = recorded.with_callback("https://example.com/hooks/acme".parse().unwrap());
    let mut again = ResendPolicy::default();
    again.after = Duration::ZERO;
    let policy = RetryPolicy::default();
    let class = MessageClass::OneTimeCode;
    let sms = recorded.retry(policy.with_resend(class, again));
    let tokens = |fake: &Fake| -> Vec<AttemptToken> {
        let sent = fake.sent.lock().unwrap();
        let url = |message: &Message| message.status_callback().unwrap().to_string();
        sent.iter().map(|sent| url(sent).rsplit_once('/').unwrap().1.parse().unwrap()).collect()
    };
    sms.send(&message("a").with_class(class)).await.unwrap();
    let tokens = tokens(&fake);
    let second = record(&backend.store, &remote(2), "delivered", Some(tokens[1])).await;
    assert!(!second.delivered_twice && second.changed);
    let first = record(&backend.store, &remote(9), "delivered", Some(tokens[0])).await;
    assert!(first.delivered_twice && !first.changed);
}
