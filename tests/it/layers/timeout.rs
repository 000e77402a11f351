//! `Timeout`: the caller stops waiting, and the submission goes on to an outcome that somebody hears.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::layers::scripted::{ACME, Scripted, message};
use anysms::{
    Error, ErrorKind, MessageId, Outcome, Query, SmsProvider,
    layers::{LayerExt, Timeout},
};
use tokio::time::{Instant, sleep, timeout};

type Heard = Arc<Mutex<Vec<(String, bool)>>>;

/// A provider that takes 20 seconds, waited for 10, and what was heard of it after.
fn slow(errors: impl IntoIterator<Item = Error>) -> (Timeout<Scripted>, Scripted, Heard) {
    let acme = Scripted::failing(ACME, errors).taking(Duration::from_secs(20));
    let heard = Heard::default();
    let late = Arc::clone(&heard);
    let sms = acme.clone().timeout(Duration::from_secs(10)).on_late(move |message, result| {
        late.lock().unwrap().push((message.key().to_string(), result.is_ok()));
    });
    (sms, acme, heard)
}

#[tokio::test(start_paused = true)]
async fn what_comes_in_time_is_the_callers() {
    let acme = Scripted::failing(ACME, [Error::not_sent(ErrorKind::Connect)]);
    let sms = acme.clone().timeout(Duration::from_secs(10));
    assert_eq!(sms.send(&message()).await.unwrap_err().kind(), ErrorKind::Connect);
    assert!(sms.send(&message()).await.is_ok());
    assert_eq!((sms.id(), sms.capabilities()), (acme.id(), acme.capabilities()));
}

#[tokio::test(start_paused = true)]
async fn a_submission_outlives_the_limit_and_is_heard_of_once() {
    let (sms, acme, heard) = slow([]);
    let (start, message) = (Instant::now(), message());
    let error = sms.send(&message).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Unknown));
    assert_eq!(start.elapsed(), Duration::from_secs(10));
    assert!(heard.lock().unwrap().is_empty(), "it goes on");
    sleep(Duration::from_secs(11)).await;
    assert_eq!(*heard.lock().unwrap(), [(message.key().to_string(), true)]);
    assert_eq!((acme.calls(), acme.ended()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_future_breaks_nothing_off() {
    for after in [0, 1, 5_000, 9_999] {
        let (sms, acme, heard) = slow([Error::not_sent(ErrorKind::Connect)]);
        let message = message();
        assert!(timeout(Duration::from_millis(after), sms.send(&message)).await.is_err());
        drop(sms);
        sleep(Duration::from_secs(21)).await;
        assert_eq!((acme.calls(), acme.ended()), (1, 1), "{after}");
        assert_eq!(*heard.lock().unwrap(), [(message.key().to_string(), false)], "{after}");
    }
}

/// Dropped in the very moment in which the answer is there, on a running clock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_outcome_is_either_the_callers_or_heard() {
    let heard = Heard::default();
    let late = Arc::clone(&heard);
    let acme = Scripted::failing(ACME, []).taking(Duration::from_millis(2));
    let sms = acme.clone().timeout(Duration::from_secs(10)).on_late(move |message, result| {
        late.lock().unwrap().push((message.key().to_string(), result.is_ok()));
    });
    let mut taken = 0;
    for n in 0..300 {
        let limit = Duration::from_micros(1_000 + n * 10);
        taken += usize::from(timeout(limit, sms.send(&message())).await.is_ok());
    }
    sleep(Duration::from_millis(100)).await;
    assert_eq!(taken + heard.lock().unwrap().len(), 300);
    assert_eq!((acme.calls(), acme.ended()), (300, 300));
}

#[tokio::test(start_paused = true)]
async fn reads_are_broken_off_and_prove_that_nothing_changed() {
    let (sms, _, heard) = slow([]);
    let id = MessageId::new(ACME, "1").unwrap();
    for error in [
        sms.fetch(&id).await.map(drop).unwrap_err(),
        sms.list(&Query::new()).await.map(drop).unwrap_err(),
        sms.check().await.map(drop).unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::NotSent));
    }
    assert_eq!(sms.cancel(&id).await.unwrap_err().outcome(), Outcome::Unknown);
    assert!(heard.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_panic_inside_is_an_unknown_outcome() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ()));
    let sms = Scripted::failing(ACME, []).panicking().timeout(Duration::from_secs(10));
    let error = sms.send(&message()).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    let (sender, heard) = std::sync::mpsc::channel();
    let late = Scripted::failing(ACME, []).taking(Duration::from_millis(20)).panicking();
    let late = late.timeout(Duration::from_millis(1)).on_late(move |_, result| {
        sender.send(result.unwrap_err().outcome()).unwrap();
    });
    late.send(&message()).await.unwrap_err();
    sleep(Duration::from_millis(200)).await;
    std::panic::set_hook(hook);
    assert_eq!(heard.try_recv(), Ok(Outcome::Unknown));
}
