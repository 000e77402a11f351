//! `Retry`: again where nothing was sent, and nowhere else.

use std::time::Duration;

use crate::layers::scripted::{ACME, Scripted, message};
use anysms::{
    Error, ErrorKind, Message, MessageClass, MessageId, Outcome, Query, SmsProvider,
    layers::{ResendAllowed, ResendPolicy, Retry, RetryPolicy},
};
use tokio::time::Instant;

fn id() -> MessageId {
    MessageId::new(ACME, "1").unwrap()
}

fn failing(errors: impl IntoIterator<Item = Error>) -> Scripted {
    Scripted::failing(ACME, errors)
}

fn limited() -> Error {
    Error::not_sent(ErrorKind::RateLimited).with_provider(ACME).with_status(429)
}

fn several(count: usize, error: fn() -> Error) -> impl Iterator<Item = Error> {
    std::iter::repeat_with(error).take(count)
}

#[tokio::test(start_paused = true)]
async fn what_was_not_sent_is_sent_again() {
    let acme = failing(several(2, limited));
    let sms = Retry::new(acme.clone(), RetryPolicy::default());
    let message = message();
    let receipt = sms.send(&message).await.unwrap();
    assert_eq!((&receipt.key, acme.calls()), (message.key(), 3), "the key is the message's own");
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_sent_is_not() {
    for kind in
        [ErrorKind::RateLimited, ErrorKind::Unavailable, ErrorKind::Timeout, ErrorKind::Interrupted]
    {
        let acme = failing([Error::unknown(kind)]);
        let error =
            Retry::new(acme.clone(), RetryPolicy::default()).send(&message()).await.unwrap_err();
        assert_eq!((error.outcome(), acme.calls()), (Outcome::Unknown, 1), "{kind}");
        assert!(error.attempts().is_empty(), "one try alone");
    }
    // Nor is it after a try that is proved to have sent nothing.
    let acme = failing([limited(), Error::unknown(ErrorKind::Timeout)]);
    let error =
        Retry::new(acme.clone(), RetryPolicy::default()).send(&message()).await.unwrap_err();
    assert_eq!((error.outcome(), acme.calls()), (Outcome::Unknown, 2));
    let outcomes: Vec<_> = error.attempts().iter().map(|attempt| attempt.outcome).collect();
    assert_eq!(outcomes, [Outcome::NotSent, Outcome::Unknown]);
}

#[tokio::test(start_paused = true)]
async fn what_will_not_pass_is_not_tried_again() {
    for kind in [
        ErrorKind::OptedOut,
        ErrorKind::InvalidRecipient,
        ErrorKind::Credentials,
        ErrorKind::Account,
    ] {
        let acme = failing([Error::not_sent(kind)]);
        let sms = Retry::new(acme.clone(), RetryPolicy::default());
        assert_eq!(sms.send(&message()).await.unwrap_err().kind(), kind);
        assert_eq!(acme.calls(), 1, "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn three_tries_and_all_of_them_in_the_error() {
    let acme = failing(several(9, limited)).taking(Duration::from_secs(2));
    let error =
        Retry::new(acme.clone(), RetryPolicy::default()).send(&message()).await.unwrap_err();
    assert_eq!((error.kind(), acme.calls()), (ErrorKind::RateLimited, 3));
    for attempt in error.attempts() {
        assert_eq!((attempt.provider.as_ref(), attempt.status), (Some(&ACME), Some(429)));
        assert_eq!(attempt.elapsed, Duration::from_secs(2), "without the wait");
    }
    assert_eq!(error.attempts().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn waits_as_long_as_the_provider_asks() {
    let asks = || limited().with_retry_after(Some(Duration::from_secs(7)));
    let acme = failing(several(2, asks));
    Retry::new(acme.clone(), RetryPolicy::default()).send(&message()).await.unwrap();
    let calls = acme.begun.lock().unwrap().clone();
    for (last, next) in calls.iter().zip(&calls[1..]) {
        let wait = *next - *last;
        assert!(wait >= Duration::from_secs(7) && wait < Duration::from_millis(8_752), "{wait:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_try_begins_after_the_deadline() {
    let asks = || limited().with_retry_after(Some(Duration::from_secs(61)));
    let acme = failing(several(1, asks));
    let start = Instant::now();
    let error =
        Retry::new(acme.clone(), RetryPolicy::default()).send(&message()).await.unwrap_err();
    assert_eq!((acme.calls(), start.elapsed()), (1, Duration::ZERO));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(61)), "for who may wait longer");

    let acme = failing(several(9, limited)).taking(Duration::from_secs(40));
    Retry::new(acme.clone(), RetryPolicy::default()).send(&message()).await.unwrap_err();
    assert_eq!(acme.calls(), 2, "the second begins after 40 seconds, a third would after 80");
}

#[tokio::test(start_paused = true)]
async fn retries_are_a_tenth_of_the_load_at_most() {
    let acme = failing(several(100_000, limited));
    let sms = Retry::new(acme.clone(), RetryPolicy::default());
    for _ in 0..10_000 {
        sms.send(&message()).await.unwrap_err();
        tokio::time::advance(Duration::from_millis(10)).await;
    }
    let retries = acme.calls() - 10_000;
    assert!((900..=1_003).contains(&retries), "{retries}");
}

#[tokio::test(start_paused = true)]
async fn reads_are_tried_again_too() {
    let sms = |acme: &Scripted| Retry::new(acme.clone(), RetryPolicy::default());
    let acme = failing([limited()]);
    assert!(sms(&acme).list(&Query::new()).await.is_ok());
    assert_eq!(acme.calls(), 2);
    let acme = failing([limited()]);
    assert!(sms(&acme).cancel(&id()).await.is_ok());
    assert_eq!(acme.calls(), 2);
    let acme = failing([limited()]);
    assert_eq!(sms(&acme).fetch(&id()).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(acme.calls(), 2);
    let acme = failing([limited()]);
    assert_eq!(sms(&acme).check().await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(acme.calls(), 2);
    assert_eq!(sms(&acme).id(), ACME);
}

#[tokio::test(start_paused = true)]
async fn one_try_is_no_retry() {
    for tries in [0, 1] {
        let acme = failing([limited()]);
        let sms = Retry::new(acme.clone(), RetryPolicy::default().with_max_attempts(tries));
        assert!(sms.send(&message()).await.is_err());
        assert_eq!(acme.calls(), 1);
    }
}

fn lost() -> Error {
    Error::unknown(ErrorKind::Timeout).with_provider(ACME)
}

fn resending() -> RetryPolicy {
    RetryPolicy::default().with_resend(MessageClass::OneTimeCode, ResendPolicy::default())
}

fn code() -> Message {
    message().with_class(MessageClass::OneTimeCode)
}

#[tokio::test(start_paused = true)]
async fn a_code_may_come_twice_if_the_policy_says_so() {
    let acme = failing([lost()]);
    let start = Instant::now();
    let receipt = Retry::new(acme.clone(), resending()).send(&code()).await.unwrap();
    assert_eq!((acme.calls(), start.elapsed()), (2, Duration::from_secs(10)));
    assert_eq!(receipt.key, acme.sent.lock().unwrap()[0].key().clone(), "the same message");

    for (policy, message) in [
        (RetryPolicy::default(), code()),
        (resending(), message()),
        (resending(), message().with_class(MessageClass::Marketing)),
        (resending().with_resend(MessageClass::OneTimeCode, none()), code()),
        (resending().with_deadline(Duration::from_secs(9)), code()),
    ] {
        let acme = failing([lost()]);
        assert!(Retry::new(acme.clone(), policy).send(&message).await.is_err());
        assert_eq!(acme.calls(), 1);
    }
}

fn none() -> ResendPolicy {
    let mut none = ResendPolicy::default();
    none.max = 0;
    none
}

/// A store counts over all calls, so that it has to know the limit and the wait.
#[tokio::test(start_paused = true)]
async fn a_resend_carries_the_allowance_of_its_policy() {
    let mut resend = ResendPolicy::default();
    (resend.max, resend.after) = (3, Duration::from_secs(4));
    let policy = RetryPolicy::default().with_resend(MessageClass::OneTimeCode, resend);
    let acme = failing(several(2, lost));
    Retry::new(acme.clone(), policy).send(&code()).await.unwrap();
    let sent = acme.sent.lock().unwrap();
    let allowed = sent.iter().map(|sent| sent.extensions().get::<ResendAllowed>().copied());
    let expected = ResendAllowed::new(3, Duration::from_secs(4));
    assert_eq!(allowed.collect::<Vec<_>>(), [None, Some(expected), Some(expected)]);
}

/// Once it may have been sent, no later try takes that back.
#[tokio::test(start_paused = true)]
async fn what_may_have_been_sent_once_stays_so() {
    for last in [limited(), Error::not_sent(ErrorKind::InvalidRecipient)] {
        let acme = failing([lost(), last.with_kind(ErrorKind::OptedOut, Outcome::NotSent)]);
        let error = Retry::new(acme.clone(), resending()).send(&code()).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::OptedOut, Outcome::Unknown));
        assert!(!error.may_fail_over() && !error.is_retryable());
        assert_eq!((acme.calls(), error.attempts().len()), (2, 2));
    }
    let acme = failing(several(9, lost));
    assert!(Retry::new(acme.clone(), resending()).send(&code()).await.is_err());
    assert_eq!(acme.calls(), 2, "once, whatever becomes of it");
}
