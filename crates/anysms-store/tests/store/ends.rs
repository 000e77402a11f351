//! Ends of the messages of the queue: each is told once, and a message comes back on purpose alone.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use anysms::{
    Error, ErrorKind, Message, Outcome, SmsProvider, Timestamp,
    layers::{LayerExt, ResendPolicy, RetryPolicy},
    message::MessageClass,
    suppression::SuppressionSource,
};
use anysms_store::{
    AttemptOutcome, End, Enqueued, MessageStore, Progress, RecordExt, Runner, Stage, StorePolicy,
    SuppressionScope, Unconfirmed,
};
use tokio::time::sleep;

use crate::{
    Backend,
    fake::{Fake, timed_out},
    memory_backend_with, message, number,
    running::{Running, until_in},
    sqlite_backend_with,
};

async fn status(store: &MessageStore, key: &str) -> (Stage, Option<Progress>) {
    let entry = store.history(None, message(key).key()).await.unwrap().unwrap().entry;
    (entry.stage, entry.status)
}

fn refusing(bad: &'static str, error: &Error) -> Fake {
    let error = error.clone();
    Fake::answering(
        move |_, message| if message.key().as_str() == bad { Err(error.clone()) } else { Ok(()) },
    )
}

pub(crate) async fn every_end_is_told_until_it_was_heard(backend: Backend) {
    let store = &backend.store;
    let fake = Fake::answering(|_, message| match message.key().as_str() {
        "failed" => Err(Error::not_sent(ErrorKind::InvalidRecipient)),
        "unconfirmed" => Err(timed_out()),
        _ => Ok(()),
    });
    let hour = Timestamp::now() + Duration::from_secs(3_600);
    let late = message("expired").with_validity(Duration::from_secs(60));
    store.suppress(number(124), SuppressionScope::all(), SuppressionSource::Manual).await.unwrap();
    let suppressed = message("suppressed").with_destination(number(124));
    let now = [message("sent"), message("failed"), message("unconfirmed"), suppressed, late];
    store.enqueue(&now[..4], None).await.unwrap();
    store.enqueue(&now[4..], Some(hour)).await.unwrap();
    store.enqueue(&[message("canceled")], Some(hour)).await.unwrap();
    store.cancel_queued(None, message("canceled").key()).await.unwrap();
    store.skip(Duration::from_secs(2 * 3_600));
    let heard: Arc<Mutex<Vec<(String, End)>>> = Arc::default();
    for deaf in [true, false] {
        let hears = Arc::clone(&heard);
        let stack = fake.clone().recorded(store).unwrap();
        let runner = Runner::new(store.clone(), stack).unwrap().on_result(move |result| {
            hears.lock().unwrap().push((result.key().to_string(), result.end));
            async move { if deaf { Err(Error::not_sent(ErrorKind::Unavailable)) } else { Ok(()) } }
        });
        runner.run_until(sleep(Duration::from_millis(1_500))).await;
        let mut all: Vec<_> = std::mem::take(&mut *heard.lock().unwrap());
        all.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let expected = [
            ("expired", End::Expired),
            ("failed", End::Failed),
            ("sent", End::Sent),
            ("suppressed", End::Suppressed),
            ("unconfirmed", End::Unconfirmed),
        ];
        assert_eq!(all, expected.map(|(key, end)| (key.to_owned(), end)), "deaf: {deaf}");
        store.skip(Duration::from_secs(61));
    }
    let stack = fake.recorded(store).unwrap();
    let runner = Runner::new(store.clone(), stack).unwrap().on_result(|result| async move {
        panic!("heard before: {}", result.key());
    });
    runner.run_until(sleep(Duration::from_millis(700))).await;
}

pub(crate) async fn what_ended_comes_back_on_purpose_alone(backend: Backend) {
    let store = &backend.store;
    let fake = refusing("failed", &Error::not_sent(ErrorKind::InvalidSender));
    let lost = refusing("lost", &timed_out());
    let running = Running::start(store, fake.clone().recorded(store).unwrap());
    store.enqueue(&[message("failed")], None).await.unwrap();
    until_in(store, Stage::Done, 1, 10).await;
    running.stop().await;
    let running = Running::start(store, lost.clone().recorded(store).unwrap());
    store.enqueue(&[message("lost")], None).await.unwrap();
    until_in(store, Stage::Done, 2, 10).await;
    running.stop().await;
    let later = Timestamp::now() + Duration::from_secs(3_600);
    store.enqueue(&[message("canceled")], Some(later)).await.unwrap();
    store.cancel_queued(None, message("canceled").key()).await.unwrap();
    for (key, expected) in [
        ("failed", Progress::Failed),
        ("canceled", Progress::Canceled),
        ("lost", Progress::Unconfirmed),
    ] {
        let again = store.enqueue(&[message(key)], None).await.unwrap().remove(0).unwrap();
        let Enqueued::Known { stage, status, .. } = again else { panic!("{again:?}") };
        assert_eq!((stage, status), (Stage::Done, Some(expected)));
    }
    // Canceled is final for a direct send too.
    let direct = Fake::new();
    let sms = direct.clone().recorded(store).unwrap();
    assert!(sms.send(&message("canceled")).await.is_err());
    assert!(!store.requeue(None, message("lost").key()).await.unwrap(), "it may have been sent");
    store.settle(None, message("lost").key(), AttemptOutcome::NotSent).await.unwrap();
    for key in ["failed", "canceled", "lost"] {
        assert!(store.requeue(None, message(key).key()).await.unwrap(), "{key}");
        assert_eq!(status(store, key).await, (Stage::Waiting, Some(Progress::Prepared)), "{key}");
    }
    let running = Running::start(store, sms);
    until_in(store, Stage::Done, 3, 10).await;
    running.stop().await;
    assert_eq!(direct.calls(), 3);
    assert!(!store.requeue(None, message("failed").key()).await.unwrap(), "it was sent");
    let sent: Vec<String> =
        direct.sent.lock().unwrap().iter().map(|m| m.text().to_owned()).collect();
    assert!(sent.iter().all(|text| text == message("failed").text()));
}

pub(crate) async fn what_waits_moves_to_another_time(backend: Backend) {
    let store = &backend.store;
    let (early, late) = (Duration::from_secs(60), Duration::from_secs(7_200));
    let now = Timestamp::now();
    store.enqueue(&[message("a")], Some(now + early)).await.unwrap();
    let again = store.enqueue(&[message("a")], Some(now + late)).await.unwrap().remove(0).unwrap();
    assert!(matches!(again, Enqueued::Known { stage: Stage::Waiting, .. }));
    let due = async || store.history(None, message("a").key()).await.unwrap().unwrap().entry.due_at;
    assert!(due().await.unwrap() <= now + early, "the old time is kept");
    assert!(store.reschedule(None, message("a").key(), now + late).await.unwrap());
    assert!(due().await.unwrap() > now + early);
    let fake = Fake::new();
    let running = Running::start(store, fake.clone().recorded(store).unwrap());
    store.skip(Duration::from_secs(600));
    sleep(Duration::from_millis(300)).await;
    assert_eq!(fake.calls(), 0);
    store.skip(late);
    until_in(store, Stage::Done, 1, 10).await;
    running.stop().await;
    assert!(!store.reschedule(None, message("a").key(), now).await.unwrap(), "it was sent");
    assert!(!store.reschedule(None, message("b").key(), now).await.unwrap(), "not known");
}

fn code(key: &str) -> Message {
    message(key).with_class(MessageClass::OneTimeCode)
}

/// A job that another queue delivers six times is one message.
pub(crate) async fn resends_are_counted_by_key_not_by_call(backend: Backend) {
    let store = &backend.store;
    let fake = Fake::answering(|_, _| Err(timed_out()));
    let mut resend = ResendPolicy::default();
    resend.after = Duration::ZERO;
    let policy = RetryPolicy::default().with_resend(MessageClass::OneTimeCode, resend);
    let sms = fake.clone().recorded(store).unwrap().retry(policy.with_budget(100, 1_000));
    for _ in 0..6 {
        let error = sms.send(&code("k")).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown);
    }
    assert_eq!(fake.calls(), 2, "once, and once again");
    // By hand and through the queue alike.
    let running = Running::start(store, sms);
    store.enqueue(&[code("q")], None).await.unwrap();
    until_in(store, Stage::Done, 2, 10).await;
    running.stop().await;
    assert_eq!(fake.calls(), 4);
    assert_eq!(status(store, "q").await.1, Some(Progress::Unconfirmed));
}

async fn resent(backend: Backend) {
    let store = &backend.store;
    let fake = Fake::failing(1, &timed_out());
    let running = Running::start(store, fake.clone().recorded(store).unwrap());
    store.enqueue(&[message("a")], None).await.unwrap();
    sleep(Duration::from_millis(300)).await;
    assert_eq!((fake.calls(), status(store, "a").await.0), (1, Stage::Waiting));
    store.skip(Duration::from_secs(31));
    until_in(store, Stage::Done, 1, 10).await;
    assert_eq!((fake.calls(), status(store, "a").await.1), (2, Some(Progress::Accepted)));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_been_sent_is_sent_once_more_where_the_policy_says_so() {
    let policy =
        StorePolicy::default().with_unconfirmed(MessageClass::Transactional, Unconfirmed::Resend);
    resent(memory_backend_with(policy).await).await;
    resent(sqlite_backend_with(policy).await).await;
}

async fn asked_and_resent(backend: Backend) {
    let store = &backend.store;
    let carrier = crate::carrier::Carrier::new(Some("A"));
    let fake = Fake::failing(1, &timed_out());
    let stack = fake.clone().recorded(store).unwrap();
    let runner = Runner::new(store.clone(), stack).unwrap().with_lookup(carrier);
    store.enqueue(&[message("a")], None).await.unwrap();
    let store = store.clone();
    let waits = async move {
        until_in(&store, Stage::Done, 1, 10).await;
        for minutes in [1, 2, 10, 60] {
            store.skip(Duration::from_secs(60 * minutes));
            sleep(Duration::from_millis(5_200)).await; // the pause of the reconciler
        }
        store.skip(Duration::from_secs(60));
        until_in(&store, Stage::Done, 1, 10).await;
    };
    runner.run_until(waits).await;
    assert_eq!(fake.calls(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_provider_does_not_have_is_sent_once_more_where_the_policy_says_so() {
    let then = Unconfirmed::AskThenResend;
    let policy = StorePolicy::default().with_unconfirmed(MessageClass::Transactional, then);
    let (memory, sqlite) = (memory_backend_with(policy).await, sqlite_backend_with(policy).await);
    tokio::join!(asked_and_resent(memory), asked_and_resent(sqlite));
}

pub(crate) async fn a_wait_without_end_ends_with_the_patience(backend: Backend) {
    let store = &backend.store;
    let century = Error::not_sent(ErrorKind::RateLimited)
        .with_retry_after(Some(Duration::from_secs(u32::MAX.into())));
    let fake = Fake::answering(move |_, _| Err(century.clone()));
    let running = Running::start(store, fake.clone().recorded(store).unwrap());
    store.enqueue(&[message("a")], None).await.unwrap();
    while fake.calls() == 0 {
        sleep(Duration::from_millis(20)).await;
    }
    until_in(store, Stage::Waiting, 1, 10).await;
    store.skip(Duration::from_secs(4 * 60 * 60 + 60));
    until_in(store, Stage::Done, 1, 10).await;
    running.stop().await;
    assert_eq!(status(store, "a").await.1, Some(Progress::Failed));
}

/// An interrupted send is shown as unconfirmed, and purged when its time is over.
pub(crate) async fn what_was_interrupted_is_shown_and_goes_with_its_time(backend: Backend) {
    let store = &backend.store;
    let never = Fake::answering(|_, _| panic!("the process ends here"));
    never.recorded(store).unwrap().send(&message("a")).await.unwrap_err();
    store.skip(Duration::from_secs(400 * 24 * 60 * 60));
    assert_eq!(status(store, "a").await, (Stage::Done, Some(Progress::Unconfirmed)));
    let day = Duration::from_secs(24 * 60 * 60);
    let all = anysms_store::Retention::default().with_messages(day);
    assert_eq!(store.purge(&all).await.unwrap().messages, 1);
}

/// A key that is free for a new message leaves a key that only looks like the freed one alone.
pub(crate) async fn a_freed_key_meets_no_other(backend: Backend) {
    let store = &backend.store;
    let fake = Fake::new();
    let sms = fake.clone().recorded(store).unwrap();
    let week = Duration::from_secs(7 * 24 * 60 * 60);
    let first = sms.send(&message("k")).await.unwrap();
    let id = store.history(None, message("k").key()).await.unwrap().unwrap().entry.id;
    store.skip(week - Duration::from_secs(60));
    let near = message(&format!("k~{id}"));
    sms.send(&near).await.unwrap();
    store.skip(Duration::from_secs(120));
    let second = sms.send(&message("k")).await.unwrap();
    assert!(!second.earlier && second.id != first.id);
    assert!(sms.send(&near).await.unwrap().earlier, "its hour is not over");
    assert_eq!(fake.calls(), 3);
}

/// An end is told though its key stands for another message by then.
pub(crate) async fn an_end_is_heard_though_its_key_is_anothers(backend: Backend) {
    let store = &backend.store;
    let sms = Fake::new().recorded(store).unwrap();
    store.enqueue(&[message("k")], None).await.unwrap();
    let running = Running::start(store, sms);
    until_in(store, Stage::Done, 1, 10).await;
    running.stop().await;
    store.skip(Duration::from_secs(8 * 24 * 60 * 60));
    let later = Timestamp::now() + Duration::from_secs(365 * 24 * 60 * 60);
    let again = store.enqueue(&[message("k")], Some(later)).await.unwrap().remove(0).unwrap();
    assert!(matches!(again, Enqueued::Queued(_)));
    for expected in [1, 0] {
        let heard: Arc<Mutex<u32>> = Arc::default();
        let hears = Arc::clone(&heard);
        let stack = Fake::new().recorded(store).unwrap();
        let runner = Runner::new(store.clone(), stack).unwrap().on_result(move |_| {
            *hears.lock().unwrap() += 1;
            async { Ok(()) }
        });
        runner.run_until(sleep(Duration::from_millis(700))).await;
        assert_eq!(*heard.lock().unwrap(), expected);
        store.skip(Duration::from_secs(61));
    }
}
