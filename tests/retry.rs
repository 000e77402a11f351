//! `Retry`: again where nothing was sent, and nowhere else.
#![cfg(feature = "layers")]

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use anysms::{
    Capabilities, Error, ErrorKind, Message, MessageId, MessageRecord, Outcome, ProviderId, Query,
    Receipt, Result, SmsProvider, async_trait,
    layers::{Retry, RetryPolicy},
    message::Page,
    provider::AccountStatus,
};
use tokio::time::Instant;

const ACME: ProviderId = ProviderId::from_static("acme");

/// Answers what it is told to, each time the next, and takes as long as it is told to.
#[derive(Clone, Debug, Default)]
struct Acme {
    answers: Arc<Mutex<VecDeque<Option<Error>>>>,
    calls: Arc<Mutex<Vec<Instant>>>,
    takes: Duration,
}

impl Acme {
    /// Fails so often, and then accepts.
    fn failing(errors: impl IntoIterator<Item = Error>) -> Self {
        let answers = errors.into_iter().map(Some).collect();
        Self { answers: Arc::new(Mutex::new(answers)), ..Self::default() }
    }

    fn calls(&self) -> usize {
        self.calls.lock().unwrap().len()
    }

    async fn answer<T>(&self, done: T) -> Result<T> {
        self.calls.lock().unwrap().push(Instant::now());
        let answer = self.answers.lock().unwrap().pop_front().flatten();
        tokio::time::sleep(self.takes).await;
        answer.map_or(Ok(done), Err)
    }
}

fn id() -> MessageId {
    MessageId::new(ACME, "1").unwrap()
}

#[async_trait]
impl SmsProvider for Acme {
    fn id(&self) -> ProviderId {
        ACME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        self.answer(Receipt::new(ACME, Some(id()), message.key().clone())).await
    }

    async fn fetch(&self, _: &MessageId) -> Result<MessageRecord> {
        Err(self.answer(()).await.err().unwrap_or_else(|| Error::not_sent(ErrorKind::NotFound)))
    }

    async fn list(&self, _: &Query) -> Result<Page<MessageRecord>> {
        self.answer(Page::new(Vec::new(), None)).await
    }

    async fn cancel(&self, _: &MessageId) -> Result<()> {
        self.answer(()).await
    }

    async fn check(&self) -> Result<AccountStatus> {
        Err(self.answer(()).await.err().unwrap_or_else(|| Error::not_sent(ErrorKind::NotFound)))
    }
}

fn message() -> Message {
    Message::new("+447700900123".parse().unwrap(), "Your table is ready")
}

fn limited() -> Error {
    Error::not_sent(ErrorKind::RateLimited).with_provider(ACME).with_status(429)
}

fn several(count: usize, error: fn() -> Error) -> impl Iterator<Item = Error> {
    std::iter::repeat_with(error).take(count)
}

#[tokio::test(start_paused = true)]
async fn what_was_not_sent_is_sent_again() {
    let acme = Acme::failing(several(2, limited));
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
        let acme = Acme::failing([Error::unknown(kind)]);
        let error =
            Retry::new(acme.clone(), RetryPolicy::default()).send(&message()).await.unwrap_err();
        assert_eq!((error.outcome(), acme.calls()), (Outcome::Unknown, 1), "{kind}");
        assert!(error.attempts().is_empty(), "one try alone");
    }
    // Nor is it after a try that is proved to have sent nothing.
    let acme = Acme::failing([limited(), Error::unknown(ErrorKind::Timeout)]);
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
        let acme = Acme::failing([Error::not_sent(kind)]);
        let sms = Retry::new(acme.clone(), RetryPolicy::default());
        assert_eq!(sms.send(&message()).await.unwrap_err().kind(), kind);
        assert_eq!(acme.calls(), 1, "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn three_tries_and_all_of_them_in_the_error() {
    let acme = Acme { takes: Duration::from_secs(2), ..Acme::failing(several(9, limited)) };
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
    let acme = Acme::failing(several(2, asks));
    Retry::new(acme.clone(), RetryPolicy::default()).send(&message()).await.unwrap();
    let calls = acme.calls.lock().unwrap().clone();
    for (last, next) in calls.iter().zip(&calls[1..]) {
        let wait = *next - *last;
        assert!(wait >= Duration::from_secs(7) && wait < Duration::from_millis(8_752), "{wait:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_try_begins_after_the_deadline() {
    let asks = || limited().with_retry_after(Some(Duration::from_secs(61)));
    let acme = Acme::failing(several(1, asks));
    let start = Instant::now();
    let error =
        Retry::new(acme.clone(), RetryPolicy::default()).send(&message()).await.unwrap_err();
    assert_eq!((acme.calls(), start.elapsed()), (1, Duration::ZERO));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(61)), "for who may wait longer");

    let acme = Acme { takes: Duration::from_secs(40), ..Acme::failing(several(9, limited)) };
    Retry::new(acme.clone(), RetryPolicy::default()).send(&message()).await.unwrap_err();
    assert_eq!(acme.calls(), 2, "the second begins after 40 seconds, a third would after 80");
}

#[tokio::test(start_paused = true)]
async fn retries_are_a_tenth_of_the_load_at_most() {
    let acme = Acme::failing(several(100_000, limited));
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
    let sms = |acme: &Acme| Retry::new(acme.clone(), RetryPolicy::default());
    let acme = Acme::failing([limited()]);
    assert!(sms(&acme).list(&Query::new()).await.is_ok());
    assert_eq!(acme.calls(), 2);
    let acme = Acme::failing([limited()]);
    assert!(sms(&acme).cancel(&id()).await.is_ok());
    assert_eq!(acme.calls(), 2);
    let acme = Acme::failing([limited()]);
    assert_eq!(sms(&acme).fetch(&id()).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(acme.calls(), 2);
    let acme = Acme::failing([limited()]);
    assert_eq!(sms(&acme).check().await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(acme.calls(), 2);
    assert_eq!(sms(&acme).id(), ACME);
}

#[tokio::test(start_paused = true)]
async fn one_try_is_no_retry() {
    for tries in [0, 1] {
        let acme = Acme::failing([limited()]);
        let sms = Retry::new(acme.clone(), RetryPolicy::default().with_tries(tries));
        assert!(sms.send(&message()).await.is_err());
        assert_eq!(acme.calls(), 1);
    }
}
