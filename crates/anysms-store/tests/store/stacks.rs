//! Workers with other layers around the record, and decisions of people about one message.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anysms::{
    ErrorKind, Outcome, SmsProvider, Timestamp,
    layers::{GuardPolicy, LayerExt, Quota},
    number::Region,
    suppression::SuppressionSource,
};
use anysms_store::RecordExt;
use anysms_store::{AttemptOutcome, Filter, Progress, SettledBy, Stage, StorePolicy};
use tokio::time::sleep;

use crate::{
    Backend,
    fake::{Fake, busy, news, remote, timed_out},
    message, number,
    running::{Around, Running, enqueue, in_stage, of_status, on_each_backend, until_in},
};

on_each_backend! {
    what_a_guard_redirects_is_sent_there: 60_000;
    what_a_guard_only_tries_leaves_the_queue: 60_000;
    what_a_timeout_leaves_to_itself_is_sent_once: 1_500;
    what_a_timeout_leaves_to_itself_and_is_refused_ends: 3_000;
    what_is_set_aside_is_queued_again_or_called_back: 1_000;
    a_code_that_is_set_aside_is_queued_again: 1_000;
    what_waits_for_its_next_try_can_be_called_back: 60_000;
    what_nobody_knew_can_be_settled: 60_000;
    a_callback_is_believed_after_all: 60_000;
    an_opt_out_does_not_hide_what_may_have_been_sent: 60_000;
}

async fn what_a_guard_redirects_is_sent_there(backend: Backend) {
    let fake = Fake::new();
    let policy = GuardPolicy::new([Region::GB]).redirecting_to(number(200));
    let stack = fake.clone().recorded(&backend.store).unwrap().guard(policy.with_per_number([]));
    let running = Running::start(&backend.store, stack);
    enqueue(&backend.store, 3).await;
    until_in(&backend.store, Stage::Done, 3, 10).await;
    running.stop().await;
    assert_eq!(of_status(&backend.store, Progress::Accepted).await, 3);
    {
        let sent = fake.sent.lock().unwrap();
        assert_eq!(sent.len(), 3);
        assert!(sent.iter().all(|sent| sent.destination().number() == Some(number(200))));
    }
    // Its report names whom it went to, which is nobody else's message.
    let mut report = crate::fake::news(&crate::fake::remote(1), "delivered");
    report.to = Some(number(200).into());
    let applied = backend.store.record_status(&report, None).await.unwrap();
    assert_eq!((applied.foreign, applied.status), (false, Some(Progress::Delivered)));
}

async fn what_a_guard_only_tries_leaves_the_queue(backend: Backend) {
    let fake = Fake::new();
    let policy = GuardPolicy::new([Region::GB]).dry_run();
    let stack = fake.clone().recorded(&backend.store).unwrap().guard(policy);
    let running = Running::start(&backend.store, stack);
    enqueue(&backend.store, 1).await;
    until_in(&backend.store, Stage::Done, 1, 10).await;
    running.stop().await;
    assert_eq!(fake.calls(), 0);
    let entry = backend.store.history(None, message("k0").key()).await.unwrap().unwrap().entry;
    assert_eq!(entry.status, Some(Progress::Failed));
    assert_eq!(entry.failure.unwrap().code.as_str(), "not_submitted");
}

/// A refusal that comes after its caller has gone ends the message.
async fn what_a_timeout_leaves_to_itself_and_is_refused_ends(backend: Backend) {
    let refused = anysms::Error::not_sent(ErrorKind::InvalidRecipient).with_code("21211");
    let fake = Fake::failing(u32::MAX, &refused);
    let slow = Around::new(fake.clone(), |_| Duration::from_millis(700));
    let stack = slow.recorded(&backend.store).unwrap().timeout(Duration::from_millis(50));
    let running = Running::start(&backend.store, stack);
    enqueue(&backend.store, 1).await;
    until_in(&backend.store, Stage::Done, 1, 10).await;
    running.stop().await;
    assert_eq!(fake.calls(), 1);
    let entry = backend.store.history(None, message("k0").key()).await.unwrap().unwrap().entry;
    assert_eq!(entry.failure.unwrap().code.as_str(), "21211");
}

/// A message that waits for its turn after its caller has gone is sent once.
async fn what_a_timeout_leaves_to_itself_is_sent_once(backend: Backend) {
    let fake = Fake::new();
    let recorded = fake.clone().recorded(&backend.store).unwrap();
    let stack = recorded.rate_limit([Quota::messages(2)]).timeout(Duration::from_millis(50));
    let running = Running::start(&backend.store, stack);
    enqueue(&backend.store, 10).await;
    until_in(&backend.store, Stage::Done, 10, 20).await;
    running.stop().await;
    assert_eq!(fake.calls(), 10, "each once");
    assert_eq!(of_status(&backend.store, Progress::Accepted).await, 10);
}

async fn what_is_set_aside_is_queued_again_or_called_back(backend: Backend) {
    let (fake, breaks) = (Fake::new(), Arc::new(AtomicBool::new(true)));
    let broken = Arc::clone(&breaks);
    let stack = Around::new(fake.clone().recorded(&backend.store).unwrap(), move |_| {
        assert!(!broken.load(Ordering::SeqCst), "as a bug would");
        Duration::ZERO
    });
    let running = Running::start(&backend.store, stack);
    enqueue(&backend.store, 3).await;
    until_in(&backend.store, Stage::Dead, 3, 20).await;
    breaks.store(false, Ordering::SeqCst);
    let sms = fake.clone().recorded(&backend.store).unwrap();
    let error = sms.send(&message("k0")).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Conflict, Outcome::NotSent));
    let key = |key| message(key).key().clone();
    assert!(backend.store.requeue(None, &key("k0")).await.unwrap());
    assert!(backend.store.cancel_queued(None, &key("k1")).await.unwrap());
    let error = sms.send(&message("k1")).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Conflict, Outcome::NotSent));
    assert!(!backend.store.requeue(None, &key("k9")).await.unwrap());
    until_in(&backend.store, Stage::Done, 2, 10).await;
    running.stop().await;
    assert_eq!(fake.calls(), 1);
    assert_eq!(of_status(&backend.store, Progress::Accepted).await, 1);
    assert_eq!(of_status(&backend.store, Progress::Canceled).await, 1);
    // Nobody decided about it: it goes with its text.
    let all = anysms_store::Retention::default().with_texts(Duration::ZERO);
    sleep(Duration::from_millis(20)).await;
    assert_eq!(backend.store.purge(&all).await.unwrap().texts, 3);
    assert_eq!(in_stage(&backend.store, Stage::Dead).await, 0);
}

/// A sealed code that was set aside is put back as it was.
async fn a_code_that_is_set_aside_is_queued_again(backend: Backend) {
    let (fake, breaks) = (Fake::new(), Arc::new(AtomicBool::new(true)));
    let broken = Arc::clone(&breaks);
    let stack = Around::new(fake.clone().recorded(&backend.store).unwrap(), move |_| {
        assert!(!broken.load(Ordering::SeqCst), "as a bug would");
        Duration::ZERO
    });
    let running = Running::start(&backend.store, stack);
    let code = message("code").with_class(anysms::MessageClass::OneTimeCode);
    backend.store.enqueue(std::slice::from_ref(&code), None).await.unwrap();
    until_in(&backend.store, Stage::Dead, 1, 20).await;
    breaks.store(false, Ordering::SeqCst);
    assert!(backend.store.requeue(None, code.key()).await.unwrap());
    until_in(&backend.store, Stage::Done, 1, 10).await;
    running.stop().await;
    assert_eq!(fake.sent.lock().unwrap()[0].text(), code.text());
}

async fn what_waits_for_its_next_try_can_be_called_back(backend: Backend) {
    let fake = Fake::failing(u32::MAX, &busy());
    let running = Running::start(&backend.store, fake.clone().recorded(&backend.store).unwrap());
    enqueue(&backend.store, 1).await;
    for _ in 0..200 {
        if fake.calls() == 1 && in_stage(&backend.store, Stage::Waiting).await == 1 {
            break;
        }
        sleep(Duration::from_millis(25)).await;
    }
    let key = message("k0").key().clone();
    assert!(backend.store.cancel_queued(None, &key).await.unwrap());
    backend.store.skip(Duration::from_secs(3_600));
    sleep(Duration::from_millis(300)).await;
    running.stop().await;
    assert_eq!(fake.calls(), 1);
    let entry = backend.store.history(None, &key).await.unwrap().unwrap().entry;
    assert_eq!((entry.status, entry.failure), (Some(Progress::Canceled), None));
}

async fn what_nobody_knew_can_be_settled(backend: Backend) {
    let fake = Fake::failing(3, &timed_out());
    let sms = fake.clone().recorded(&backend.store).unwrap();
    let key = |key| message(key).key().clone();
    for key in ["a", "b", "c"] {
        sms.send(&message(key)).await.unwrap_err();
    }
    let settle = async |k, outcome| backend.store.settle(None, &key(k), outcome).await.unwrap();
    assert!(!settle("a", AttemptOutcome::Unknown).await, "that is no news");
    assert!(settle("a", AttemptOutcome::Accepted).await);
    assert!(settle("b", AttemptOutcome::NotSent).await);
    assert!(settle("b", AttemptOutcome::NotSent).await, "the same again is the same");
    assert!(!settle("nobody", AttemptOutcome::NotSent).await);
    assert!(sms.send(&message("a")).await.unwrap().earlier);
    assert!(!sms.send(&message("b")).await.unwrap().earlier, "it may be sent again");
    assert!(!settle("b", AttemptOutcome::Accepted).await, "all of it is known");
    assert_eq!(sms.send(&message("c")).await.unwrap_err().outcome(), Outcome::Unknown);
    assert_eq!(fake.calls(), 4);
    let history = backend.store.history(None, &key("b")).await.unwrap().unwrap();
    let outcomes: Vec<_> = history.attempts.iter().filter_map(|one| one.outcome).collect();
    assert_eq!(outcomes, [AttemptOutcome::NotSent, AttemptOutcome::Accepted]);
    assert_eq!(history.attempts[0].settled_by, Some(SettledBy::Hand));
    let open = Filter::new().with_status(Progress::Unconfirmed);
    let open = backend.store.entries(&open, 10, None).await.unwrap().items;
    assert_eq!(open.iter().map(|entry| entry.key.as_str()).collect::<Vec<_>>(), ["c"]);
    let by_id = Filter::new().with_id(remote(4));
    assert_eq!(backend.store.entries(&by_id, 10, None).await.unwrap().items[0].key, key("b"));
}

/// A callback counts although the message was settled as not sent before.
async fn a_callback_is_believed_after_all(backend: Backend) {
    let tokens = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&tokens);
    let fake = Fake::answering(move |_, sent| {
        let url = sent.status_callback().unwrap().as_str().to_owned();
        seen.lock().unwrap().push(url.rsplit_once('/').unwrap().1.parse().unwrap());
        Err(timed_out())
    });
    let callback = "https://example.com/hooks/acme".parse().unwrap();
    let sms = fake.recorded(&backend.store).unwrap().with_callback(callback);
    sms.send(&message("a")).await.unwrap_err();
    let key = message("a").key().clone();
    assert!(backend.store.settle(None, &key, AttemptOutcome::NotSent).await.unwrap());
    let status = async || backend.store.history(None, &key).await.unwrap().unwrap().entry.status;
    assert_eq!(status().await, Some(Progress::Failed));
    let token = Some(tokens.lock().unwrap()[0]);
    for (word, becomes) in [("sent", Progress::Sent), ("delivered", Progress::Delivered)] {
        backend.store.record_status(&news(&remote(1), word), token).await.unwrap();
        assert_eq!(status().await, Some(becomes));
    }
    let attempt = backend.store.history(None, &key).await.unwrap().unwrap().attempts.remove(0);
    assert_eq!((attempt.settled_by, attempt.conflict), (Some(SettledBy::Callback), None));
    // A decision that it was sent is not taken back.
    sms.send(&message("c")).await.unwrap_err();
    let (key, token) = (message("c").key().clone(), Some(tokens.lock().unwrap()[1]));
    assert!(backend.store.settle(None, &key, AttemptOutcome::Accepted).await.unwrap());
    let status = async || backend.store.history(None, &key).await.unwrap().unwrap().entry.status;
    for (word, stands) in [
        ("a-new-word", Progress::Accepted),
        ("delivered", Progress::Delivered),
        ("sent", Progress::Delivered),
        ("another", Progress::Delivered),
    ] {
        backend.store.record_status(&news(&remote(2), word), token).await.unwrap();
        assert_eq!(status().await, Some(stands), "{word}");
    }
    // A canceled message stays so: there is nothing to settle.
    let at = Timestamp::now() + Duration::from_secs(3_600);
    backend.store.enqueue(&[message("b")], Some(at)).await.unwrap();
    let key = message("b").key().clone();
    assert!(!backend.store.settle(None, &key, AttemptOutcome::NotSent).await.unwrap());
    assert!(backend.store.cancel_queued(None, &key).await.unwrap());
}

/// A policy that sends again what may have been sent.
async fn an_opt_out_does_not_hide_what_may_have_been_sent(backend: Backend) {
    use anysms::{MessageClass, layers::ResendPolicy, layers::RetryPolicy};
    let store = backend.store.clone();
    let fake = Fake::failing(1, &timed_out());
    let out = move |_: &anysms::Message| {
        let store = store.clone();
        tokio::task::block_in_place(|| {
            let opt_out = store.suppress(
                number(123),
                anysms_store::SuppressionScope::all(),
                SuppressionSource::Keyword,
            );
            tokio::runtime::Handle::current().block_on(opt_out).unwrap();
        });
        Duration::ZERO
    };
    let mut again = ResendPolicy::default();
    again.after = Duration::ZERO;
    let policy = RetryPolicy::default().with_resend(MessageClass::OneTimeCode, again);
    let around = Around::new(fake.clone().recorded(&backend.store).unwrap(), |_| Duration::ZERO);
    let sms = around.after(out).retry(policy);
    let code = message("a").with_class(MessageClass::OneTimeCode);
    assert_eq!(sms.send(&code).await.unwrap_err().outcome(), Outcome::Unknown);
    assert_eq!(fake.calls(), 1);
    let entry = backend.store.history(None, code.key()).await.unwrap().unwrap().entry;
    assert_eq!(entry.status, Some(Progress::Unconfirmed));
}
