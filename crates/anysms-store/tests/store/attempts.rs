//! Intents, outcomes, and what a key stands for.

use std::{sync::Arc, time::Duration};

use anysms::{
    ErrorKind, Message, MessageClass, Outcome, SmsProvider, SmsProviderExt,
    layers::{Failover, LayerExt, Quota, ResendPolicy, RetryPolicy},
    suppression::{MemorySuppressionList, SuppressionSource},
};
use anysms_store::RecordExt;
use anysms_store::{AttemptOutcome, Progress, SettledBy, Stage, SuppressionScope, Worker};

use crate::{
    Backend,
    fake::{Fake, busy, remote, timed_out},
    message, number,
};

pub(crate) async fn a_send_is_written_down(backend: Backend) {
    let fake = Fake::new();
    let sms = fake.clone().recorded(&backend.store).unwrap();
    let sent = message("a").with_tag("b").with_tag("a").with_user("u").with_campaign("c");
    let receipt = sms.send(&sent).await.unwrap();
    assert!(!receipt.earlier);
    let history = backend.store.history(None, sent.key()).await.unwrap().unwrap();
    let entry = &history.entry;
    assert_eq!((entry.status, entry.stage), (Some(Progress::Accepted), Stage::Done));
    assert_eq!(entry.remote, number(123).into());
    assert_eq!(entry.text.as_deref(), Some("Your table is ready"));
    assert_eq!((entry.segments, entry.tags.join(" ")), (Some(1), "a b".into()));
    assert_eq!((entry.user.as_deref(), entry.campaign.as_deref()), (Some("u"), Some("c")));
    assert_eq!(entry.country.unwrap().as_str(), "GB");
    assert!(entry.accepted_at.unwrap() >= entry.created_at);
    let [attempt] = history.attempts.as_slice() else { panic!("one attempt") };
    assert_eq!((attempt.number, attempt.id.clone()), (1, Some(remote(1))));
    assert_eq!(attempt.outcome, Some(AttemptOutcome::Accepted));
    assert_eq!(attempt.settled_by, Some(SettledBy::Answer));
}

pub(crate) async fn the_same_key_again_is_the_earlier_receipt(backend: Backend) {
    let fake = Fake::new();
    let sms = fake.clone().recorded(&backend.store).unwrap();
    let first = sms.send(&message("a")).await.unwrap();
    let second = sms.send(&message("a").with_tag("another")).await.unwrap();
    assert_eq!((second.id.clone(), second.earlier), (first.id, true));
    assert_eq!(fake.calls(), 1);
}

pub(crate) async fn the_same_key_with_another_content_is_a_conflict(backend: Backend) {
    let fake = Fake::new();
    let sms = fake.clone().recorded(&backend.store).unwrap();
    sms.send(&message("a")).await.unwrap();
    let error = sms.send(&message("a").with_destination(number(124))).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Conflict, Outcome::NotSent));
    assert_eq!(fake.calls(), 1);
}

pub(crate) async fn what_may_have_been_sent_is_not_sent_again(backend: Backend) {
    let fake = Fake::failing(1, &timed_out());
    let sms = fake.clone().recorded(&backend.store).unwrap();
    assert_eq!(sms.send(&message("a")).await.unwrap_err().kind(), ErrorKind::Timeout);
    let error = sms.send(&message("a")).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Conflict, Outcome::Unknown));
    assert!(error.is_by_layer() && !error.is_retryable() && !error.may_fail_over());
    assert_eq!(fake.calls(), 1);
    let history = backend.store.history(None, message("a").key()).await.unwrap().unwrap();
    assert_eq!(history.entry.status, Some(Progress::Unconfirmed));
    assert_eq!(history.attempts[0].outcome, Some(AttemptOutcome::Unknown));
}

pub(crate) async fn what_may_have_been_sent_is_sent_again_where_the_policy_says_so(
    backend: Backend,
) {
    let fake = Fake::failing(1, &timed_out());
    let mut again = ResendPolicy::default();
    again.after = Duration::ZERO;
    let policy = RetryPolicy::default().with_resend(MessageClass::OneTimeCode, again);
    let sms = fake.clone().recorded(&backend.store).unwrap().retry(policy);
    let code = message("a").with_class(MessageClass::OneTimeCode);
    sms.send(&code).await.unwrap();
    assert_eq!(fake.calls(), 2);
    let history = backend.store.history(None, code.key()).await.unwrap().unwrap();
    let outcomes: Vec<_> = history.attempts.iter().filter_map(|attempt| attempt.outcome).collect();
    assert_eq!(outcomes, [AttemptOutcome::Unknown, AttemptOutcome::Accepted]);
}

pub(crate) async fn what_was_not_sent_may_be_sent(backend: Backend) {
    let fake = Fake::failing(2, &busy());
    let policy = RetryPolicy::default().with_backoff(Duration::ZERO, Duration::ZERO);
    let sms = fake.clone().recorded(&backend.store).unwrap().retry(policy);
    sms.send(&message("a")).await.unwrap();
    let history = backend.store.history(None, message("a").key()).await.unwrap().unwrap();
    let outcomes: Vec<_> = history.attempts.iter().filter_map(|attempt| attempt.outcome).collect();
    let not_sent = AttemptOutcome::NotSent;
    assert_eq!(outcomes, [not_sent, not_sent, AttemptOutcome::Accepted]);
    assert_eq!(history.entry.status, Some(Progress::Accepted));
}

pub(crate) async fn failing_over_is_two_attempts_of_one_message(backend: Backend) {
    let (down, up) = (Fake::failing(u32::MAX, &busy()), Fake::new());
    let down_recorded = down.clone().recorded(&backend.store).unwrap();
    let up_recorded = up.clone().recorded(&backend.store).unwrap();
    let sms = Failover::new(down_recorded).or(up_recorded).unwrap();
    assert!(sms.capabilities().recorded_in.is_some());
    sms.send(&message("a")).await.unwrap();
    assert_eq!((down.calls(), up.calls()), (1, 1));
    let history = backend.store.history(None, message("a").key()).await.unwrap().unwrap();
    assert_eq!(history.attempts.len(), 2);
    assert_eq!(history.entry.status, Some(Progress::Accepted));
    assert!(sms.send(&message("a")).await.unwrap().earlier);
    assert_eq!((down.calls(), up.calls()), (1, 1));
}

pub(crate) async fn many_at_once_with_one_key_are_one(backend: Backend) {
    let fake = Fake::new();
    let sms = Arc::new(fake.clone().recorded(&backend.store).unwrap());
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let sms = Arc::clone(&sms);
        tasks.spawn(async move { sms.send(&message("a")).await });
    }
    let mut first = 0;
    for result in tasks.join_all().await {
        match result {
            Ok(receipt) if receipt.earlier => {}
            Ok(_) => first += 1,
            Err(error) => assert_eq!(error.outcome(), Outcome::Unknown, "{error}"),
        }
    }
    assert_eq!((first, fake.calls()), (1, 1));
}

pub(crate) async fn organisations_have_keys_of_their_own(backend: Backend) {
    let fake = Fake::new();
    let sms = fake.clone().recorded(&backend.store).unwrap();
    sms.send(&message("a")).await.unwrap();
    sms.send(&message("a").with_tenant("clinic".parse().unwrap())).await.unwrap();
    sms.send(&message("a").with_tenant("garage".parse().unwrap()).with_destination(number(124)))
        .await
        .unwrap();
    assert_eq!(fake.calls(), 3);
    let history = backend
        .store
        .history(Some(&"clinic".parse().unwrap()), message("a").key())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(history.entry.tenant.as_ref().map(|one| one.as_str()), Some("clinic"));
    assert!(
        backend
            .store
            .history(Some(&"shop".parse().unwrap()), message("a").key())
            .await
            .unwrap()
            .is_none()
    );
}

pub(crate) async fn who_opted_out_is_not_sent_to(backend: Backend) {
    let fake = Fake::new();
    let sms = fake.clone().recorded(&backend.store).unwrap();
    let scope = SuppressionScope::all().with_tenant("clinic".parse().unwrap());
    backend.store.suppress(number(123), scope, SuppressionSource::Keyword).await.unwrap();
    let error = sms.send(&message("a").with_tenant("clinic".parse().unwrap())).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::OptedOut, Outcome::NotSent));
    sms.send(&message("a")).await.unwrap();
    assert_eq!(fake.calls(), 1);
    let history = backend
        .store
        .history(Some(&"clinic".parse().unwrap()), message("a").key())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(history.entry.status, Some(Progress::Failed));
    assert_eq!(history.entry.failure.unwrap().kind, ErrorKind::OptedOut);
}

pub(crate) async fn a_future_that_is_dropped_is_written_down_all_the_same(backend: Backend) {
    let fake = Fake::new();
    let sms = fake.clone().recorded(&backend.store).unwrap();
    for round in 0..50 {
        let key = format!("k{round}");
        let wait = tokio::time::sleep(Duration::from_micros(round * 40));
        let sent = message(&key);
        tokio::select! {
            biased;
            _ = sms.send(&sent) => {}
            () = wait => {}
        }
    }
    for _ in 0..100 {
        let mut open = 0;
        for round in 0..50 {
            let history =
                backend.store.history(None, message(&format!("k{round}")).key()).await.unwrap();
            let done = |history: anysms_store::History| {
                history.attempts.iter().all(|a| a.outcome == Some(AttemptOutcome::Accepted))
            };
            open += u32::from(!history.is_some_and(done));
        }
        if open == 0 {
            assert_eq!(fake.calls(), 50);
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not all are written down");
}

pub(crate) async fn a_stack_that_goes_round_the_log_cannot_be_built(backend: Backend) {
    let plain = Fake::new;
    let recorded = || plain().recorded(&backend.store).unwrap();
    let refused = [
        plain().retry(RetryPolicy::default()).recorded(&backend.store).err(),
        plain().rate_limit([Quota::messages(1)]).recorded(&backend.store).err(),
        recorded().recorded(&backend.store).err(),
        Failover::new(recorded()).or(plain()).err(),
        Failover::new(plain()).or(recorded()).err(),
        Worker::new(backend.store.clone(), plain()).err(),
    ];
    for error in refused {
        assert_eq!(error.unwrap().kind(), ErrorKind::Config);
    }
    let list = Arc::new(MemorySuppressionList::new());
    plain().suppress(list.clone()).unwrap().recorded(&backend.store).unwrap();
    recorded().suppress(list).unwrap();
}

pub(crate) async fn many_that_were_sent_before_cost_nothing(backend: Backend) {
    let sms = Fake::new().recorded(&backend.store).unwrap().into_dyn();
    sms.send(&message("a")).await.unwrap();
    let keys = ["a", "b", "c"].map(message);
    let price = |_: &Message| "0.05 USD".parse().ok();
    let mut all = sms.send_each(keys).with_price(price);
    while all.next().await.is_some() {}
    let summary = all.summary();
    assert_eq!((summary.sent, summary.earlier, summary.total()), (2, 1, 3));
    assert_eq!((summary.segments, summary.cost[0].amount.to_string()), (2, "0.10".into()));
}
