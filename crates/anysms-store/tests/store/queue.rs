//! Sending in the background.

use std::{collections::HashSet, time::Duration};

use anysms::{ErrorKind, Message, Outcome, SmsProvider, Timestamp, suppression::SuppressionSource};
use anysms_store::RecordExt;
use anysms_store::{Enqueued, Filter, MessageStore, Progress, Stage, SuppressionScope, Worker};
use tokio::{sync::oneshot, task::JoinHandle};

use crate::{
    Backend,
    fake::{Fake, busy, timed_out},
    message, number,
};

/// A worker that runs, and how it is told to stop.
struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

fn start(store: &MessageStore, fake: &Fake) -> Running {
    let worker = Worker::new(store.clone(), fake.clone().recorded(store).unwrap()).unwrap();
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(worker.run_until(async { stopped.await.unwrap_or_default() }));
    Running { stop, task }
}

impl Running {
    async fn stop(self) {
        let _ = self.stop.send(());
        self.task.await.unwrap();
    }
}

async fn until_ended(store: &MessageStore, count: usize) {
    for _ in 0..400 {
        let done = Filter::new().with_stage(Stage::Done);
        if store.entries(&done, 1_000, None).await.unwrap().items.len() >= count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("not all came to an end");
}

async fn enqueue(store: &MessageStore, messages: &[Message]) {
    for id in store.enqueue(messages, None).await.unwrap() {
        id.unwrap();
    }
}

pub(crate) async fn all_that_is_queued_is_sent_once(backend: Backend) {
    // Of ten one is busy, one may have been sent.
    let fake = Fake::answering(|call, _| match call % 10 {
        0 => Err(timed_out()),
        _ => Ok(()),
    });
    let running = start(&backend.store, &fake);
    let messages: Vec<Message> = (0..500).map(|n| message(&format!("k{n}"))).collect();
    for some in messages.chunks(100) {
        enqueue(&backend.store, some).await;
    }
    until_ended(&backend.store, 500).await;
    running.stop().await;
    let sent = fake.sent.lock().unwrap().clone();
    let keys: HashSet<_> = sent.iter().map(|message| message.key().clone()).collect();
    assert_eq!((sent.len(), keys.len()), (500, 500), "each once");
    let unknown = Filter::new().with_status(Progress::Unconfirmed);
    assert_eq!(backend.store.entries(&unknown, 1_000, None).await.unwrap().items.len(), 50);
}

pub(crate) async fn the_same_again_is_the_same_entry(backend: Backend) {
    let first = backend.store.enqueue(&[message("a"), message("b")], None).await.unwrap();
    let again = backend.store.enqueue(&[message("b"), message("a")], None).await.unwrap();
    let id = |one: &anysms::Result<Enqueued>| one.as_ref().unwrap().id();
    assert_eq!([id(&first[0]), id(&first[1])], [id(&again[1]), id(&again[0])]);
    assert!(first.iter().all(|one| matches!(one, Ok(Enqueued::Queued(_)))));
    assert!(
        again.iter().all(|one| matches!(one, Ok(Enqueued::Known { stage: Stage::Waiting, .. })))
    );
    let other = message("a").with_destination(number(124));
    let error = backend.store.enqueue(&[other], None).await.unwrap().remove(0).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Conflict, Outcome::NotSent));
    assert_eq!(backend.store.entries(&Filter::new(), 10, None).await.unwrap().items.len(), 2);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let store = backend.store.clone();
        tasks.spawn(async move {
            store.enqueue(&[message("c")], None).await.unwrap().remove(0).unwrap()
        });
    }
    let ids: HashSet<_> = tasks.join_all().await.into_iter().map(Enqueued::id).collect();
    assert_eq!(ids.len(), 1);
}

pub(crate) async fn what_is_due_later_waits(backend: Backend) {
    let fake = Fake::new();
    let running = start(&backend.store, &fake);
    let at = Timestamp::now() + Duration::from_secs(2);
    backend.store.enqueue(&[message("a")], Some(at)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(fake.calls(), 0, "not before its time");
    until_ended(&backend.store, 1).await;
    running.stop().await;
    let entry = backend.store.history(None, message("a").key()).await.unwrap().unwrap().entry;
    assert!(entry.accepted_at.unwrap() >= at);
}

pub(crate) async fn what_waits_can_be_called_back(backend: Backend) {
    let at = Timestamp::now() + Duration::from_secs(3_600);
    backend.store.enqueue(&[message("a")], Some(at)).await.unwrap();
    assert!(backend.store.cancel_queued(None, message("a").key()).await.unwrap());
    assert!(
        backend.store.cancel_queued(None, message("a").key()).await.unwrap(),
        "again is the same"
    );
    assert!(!backend.store.cancel_queued(None, message("b").key()).await.unwrap());
    let entry = backend.store.history(None, message("a").key()).await.unwrap().unwrap().entry;
    assert_eq!((entry.stage, entry.status), (Stage::Done, Some(Progress::Canceled)));
}

pub(crate) async fn an_opt_out_stops_what_waits(backend: Backend) {
    let messages: Vec<Message> =
        (0..20).map(|n| message(&format!("k{n}")).with_destination(number(100 + n % 2))).collect();
    enqueue(&backend.store, &messages).await;
    backend
        .store
        .suppress(number(101), SuppressionScope::all(), SuppressionSource::Keyword)
        .await
        .unwrap();
    let fake = Fake::new();
    let running = start(&backend.store, &fake);
    until_ended(&backend.store, 20).await;
    running.stop().await;
    let sent = fake.sent.lock().unwrap();
    assert_eq!(sent.len(), 10);
    assert!(sent.iter().all(|message| message.destination().number() == Some(number(100))));
}

pub(crate) async fn what_expired_is_not_sent(backend: Backend) {
    let short = message("a").with_validity(Duration::from_secs(1));
    enqueue(&backend.store, &[short, message("b").with_validity(Duration::from_secs(600))]).await;
    backend.store.skip(Duration::from_secs(1));
    let fake = Fake::new();
    let running = start(&backend.store, &fake);
    until_ended(&backend.store, 2).await;
    running.stop().await;
    assert_eq!(fake.calls(), 1);
    let entry = backend.store.history(None, message("a").key()).await.unwrap().unwrap().entry;
    assert_eq!(entry.failure.unwrap().kind, ErrorKind::Expired);
}

pub(crate) async fn what_passes_is_tried_again_later(backend: Backend) {
    let soon = busy().with_retry_after(Some(Duration::from_millis(100)));
    let fake = Fake::failing(3, &soon);
    let running = start(&backend.store, &fake);
    enqueue(&backend.store, &[message("a")]).await;
    until_ended(&backend.store, 1).await;
    running.stop().await;
    let history = backend.store.history(None, message("a").key()).await.unwrap().unwrap();
    assert_eq!((history.attempts.len(), history.entry.status), (4, Some(Progress::Accepted)));
    // And not for ever.
    let refused = anysms::Error::not_sent(ErrorKind::InvalidRecipient).with_code("21211");
    let fake = Fake::failing(u32::MAX, &refused);
    let running = start(&backend.store, &fake);
    enqueue(&backend.store, &[message("b")]).await;
    until_ended(&backend.store, 2).await;
    running.stop().await;
    assert_eq!(fake.calls(), 1);
    let entry = backend.store.history(None, message("b").key()).await.unwrap().unwrap().entry;
    assert_eq!((entry.stage, entry.failure.unwrap().code.as_str()), (Stage::Done, "21211"));
}

pub(crate) async fn what_waits_is_not_sent_beside_the_queue(backend: Backend) {
    enqueue(&backend.store, &[message("a")]).await;
    let fake = Fake::new();
    let sms = fake.clone().recorded(&backend.store).unwrap();
    let error = sms.send(&message("a")).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Conflict, Outcome::NotSent));
    assert_eq!(fake.calls(), 0);
}

pub(crate) async fn two_workers_share_the_queue(backend: Backend) {
    let fake = Fake::new();
    let running: Vec<Running> = (0..4).map(|_| start(&backend.store, &fake)).collect();
    let messages: Vec<Message> = (0..400).map(|n| message(&format!("k{n}"))).collect();
    enqueue(&backend.store, &messages).await;
    until_ended(&backend.store, 400).await;
    for running in running {
        running.stop().await;
    }
    assert_eq!(fake.calls(), 400);
}

#[tokio::test]
async fn a_full_log_in_memory_lets_what_was_sent_go() {
    let store: MessageStore = MessageStore::memory_with(10, Default::default());
    let sms = Fake::new().recorded(&store).unwrap();
    for number in 0..30 {
        sms.send(&message(&format!("k{number}"))).await.unwrap(); // nothing is ever reported of it
    }
    assert_eq!(store.entries(&Filter::new(), 100, None).await.unwrap().items.len(), 10);
    let lost = Fake::failing(u32::MAX, &timed_out()).recorded(&store).unwrap();
    for number in 30..40 {
        lost.send(&message(&format!("k{number}"))).await.unwrap_err();
    }
    let error = sms.send(&message("k40")).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unavailable, Outcome::NotSent));
}
