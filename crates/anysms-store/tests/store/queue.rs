//! Sending in the background.

use std::{collections::HashSet, sync::Arc, time::Duration};

use anysms::{
    ErrorKind, Message, Outcome, SmsProvider, Timestamp,
    layers::LayerExt,
    log::{LogFilter, LogStatus, MessageLog, OptOutScope, Stage, Worker},
    suppression::OptOutSource,
};
use tokio::{sync::oneshot, task::JoinHandle};

use crate::{
    Home,
    fake::{Fake, busy, timed_out},
    message, number,
};

/// A worker that runs, and how it is told to stop.
struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

fn start(log: &Arc<dyn MessageLog>, fake: &Fake) -> Running {
    let worker = Worker::new(log.clone(), fake.clone().recorded(log.clone()).unwrap()).unwrap();
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

async fn until_ended(log: &dyn MessageLog, count: usize) {
    for _ in 0..400 {
        let done = LogFilter::new().with_stage(Stage::Done);
        if log.entries(&done, 1_000, None).await.unwrap().items.len() >= count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("not all came to an end");
}

async fn enqueue(log: &dyn MessageLog, messages: &[Message]) {
    for id in log.enqueue(messages, None).await.unwrap() {
        id.unwrap();
    }
}

pub(crate) async fn all_that_is_queued_is_sent_once(home: Home) {
    // Of ten one is busy, one may have been sent.
    let fake = Fake::answering(|call, _| match call % 10 {
        0 => Err(timed_out()),
        _ => Ok(()),
    });
    let running = start(&home.log, &fake);
    let messages: Vec<Message> = (0..500).map(|n| message(&format!("k{n}"))).collect();
    for some in messages.chunks(100) {
        enqueue(&*home.log, some).await;
    }
    until_ended(&*home.log, 500).await;
    running.stop().await;
    let sent = fake.sent.lock().unwrap().clone();
    let keys: HashSet<_> = sent.iter().map(|message| message.key().clone()).collect();
    assert_eq!((sent.len(), keys.len()), (500, 500), "each once");
    let unknown = LogFilter::new().with_status(LogStatus::Unknown);
    assert_eq!(home.log.entries(&unknown, 1_000, None).await.unwrap().items.len(), 50);
}

pub(crate) async fn the_same_again_is_the_same_entry(home: Home) {
    let first = home.log.enqueue(&[message("a"), message("b")], None).await.unwrap();
    let again = home.log.enqueue(&[message("b"), message("a")], None).await.unwrap();
    assert_eq!(first[0].as_ref().unwrap(), again[1].as_ref().unwrap());
    assert_eq!(first[1].as_ref().unwrap(), again[0].as_ref().unwrap());
    let other = message("a").with_to(number(124));
    let error = home.log.enqueue(&[other], None).await.unwrap().remove(0).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Conflict, Outcome::NotSent));
    assert_eq!(home.log.entries(&LogFilter::new(), 10, None).await.unwrap().items.len(), 2);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let log = home.log.clone();
        tasks.spawn(
            async move { log.enqueue(&[message("c")], None).await.unwrap().remove(0).unwrap() },
        );
    }
    let ids: HashSet<_> = tasks.join_all().await.into_iter().collect();
    assert_eq!(ids.len(), 1);
}

pub(crate) async fn what_is_due_later_waits(home: Home) {
    let fake = Fake::new();
    let running = start(&home.log, &fake);
    let at = Timestamp::now() + Duration::from_secs(2);
    home.log.enqueue(&[message("a")], Some(at)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(fake.calls(), 0, "not before its time");
    until_ended(&*home.log, 1).await;
    running.stop().await;
    let entry = home.log.history(None, message("a").key()).await.unwrap().unwrap().entry;
    assert!(entry.accepted_at.unwrap() >= at);
}

pub(crate) async fn what_waits_can_be_called_back(home: Home) {
    let at = Timestamp::now() + Duration::from_secs(3_600);
    home.log.enqueue(&[message("a")], Some(at)).await.unwrap();
    assert!(home.log.cancel_queued(None, message("a").key()).await.unwrap());
    assert!(home.log.cancel_queued(None, message("a").key()).await.unwrap(), "again is the same");
    assert!(!home.log.cancel_queued(None, message("b").key()).await.unwrap());
    let entry = home.log.history(None, message("a").key()).await.unwrap().unwrap().entry;
    assert_eq!((entry.stage, entry.status), (Stage::Done, Some(LogStatus::Canceled)));
}

pub(crate) async fn an_opt_out_stops_what_waits(home: Home) {
    let messages: Vec<Message> =
        (0..20).map(|n| message(&format!("k{n}")).with_to(number(100 + n % 2))).collect();
    enqueue(&*home.log, &messages).await;
    home.log.opt_out(number(101), OptOutScope::all(), OptOutSource::Keyword).await.unwrap();
    let fake = Fake::new();
    let running = start(&home.log, &fake);
    until_ended(&*home.log, 20).await;
    running.stop().await;
    let sent = fake.sent.lock().unwrap();
    assert_eq!(sent.len(), 10);
    assert!(sent.iter().all(|message| message.to() == number(100)));
}

pub(crate) async fn what_expired_is_not_sent(home: Home) {
    let short = message("a").with_validity(Duration::from_secs(1));
    enqueue(&*home.log, &[short, message("b").with_validity(Duration::from_secs(600))]).await;
    home.log.skip(Duration::from_secs(1));
    let fake = Fake::new();
    let running = start(&home.log, &fake);
    until_ended(&*home.log, 2).await;
    running.stop().await;
    assert_eq!(fake.calls(), 1);
    let entry = home.log.history(None, message("a").key()).await.unwrap().unwrap().entry;
    assert_eq!(entry.failure.unwrap().kind, ErrorKind::Expired);
}

pub(crate) async fn what_passes_is_tried_again_later(home: Home) {
    let soon = busy().with_retry_after(Some(Duration::from_millis(100)));
    let fake = Fake::failing(3, &soon);
    let running = start(&home.log, &fake);
    enqueue(&*home.log, &[message("a")]).await;
    until_ended(&*home.log, 1).await;
    running.stop().await;
    let history = home.log.history(None, message("a").key()).await.unwrap().unwrap();
    assert_eq!((history.attempts.len(), history.entry.status), (4, Some(LogStatus::Accepted)));
    // And not for ever.
    let refused = anysms::Error::not_sent(ErrorKind::InvalidRecipient).with_code("21211");
    let fake = Fake::failing(u32::MAX, &refused);
    let running = start(&home.log, &fake);
    enqueue(&*home.log, &[message("b")]).await;
    until_ended(&*home.log, 2).await;
    running.stop().await;
    assert_eq!(fake.calls(), 1);
    let entry = home.log.history(None, message("b").key()).await.unwrap().unwrap().entry;
    assert_eq!((entry.stage, entry.failure.unwrap().code.as_str()), (Stage::Done, "21211"));
}

pub(crate) async fn what_waits_is_not_sent_beside_the_queue(home: Home) {
    enqueue(&*home.log, &[message("a")]).await;
    let fake = Fake::new();
    let sms = fake.clone().recorded(home.log.clone()).unwrap();
    let error = sms.send(&message("a")).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Conflict, Outcome::NotSent));
    assert_eq!(fake.calls(), 0);
}

pub(crate) async fn two_workers_share_the_queue(home: Home) {
    let fake = Fake::new();
    let running: Vec<Running> = (0..4).map(|_| start(&home.log, &fake)).collect();
    let messages: Vec<Message> = (0..400).map(|n| message(&format!("k{n}"))).collect();
    enqueue(&*home.log, &messages).await;
    until_ended(&*home.log, 400).await;
    for running in running {
        running.stop().await;
    }
    assert_eq!(fake.calls(), 400);
}

#[tokio::test]
async fn a_full_log_in_memory_lets_what_was_sent_go() {
    let log: Arc<dyn MessageLog> = Arc::new(anysms_store::MemoryLog::new(10));
    let sms = Fake::new().recorded(log.clone()).unwrap();
    for number in 0..30 {
        sms.send(&message(&format!("k{number}"))).await.unwrap(); // nothing is ever reported of it
    }
    assert_eq!(log.entries(&LogFilter::new(), 100, None).await.unwrap().items.len(), 10);
    let lost = Fake::failing(u32::MAX, &timed_out()).recorded(log.clone()).unwrap();
    for number in 30..40 {
        lost.send(&message(&format!("k{number}"))).await.unwrap_err();
    }
    let error = sms.send(&message("k40")).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unavailable, Outcome::NotSent));
}
