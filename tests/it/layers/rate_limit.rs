//! `RateLimit`: what leaves in every window, in what order, and what is refused.

use std::{sync::Arc, time::Duration};

use crate::layers::scripted::{ACME, Scripted, message};
use anysms::{
    ErrorKind, Message, MessageId, Outcome, SmsProvider,
    layers::{LayerExt, MemoryRateStore, Quota, RateLimit},
};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

const SECOND: Duration = Duration::from_secs(1);

/// One a second, and what is added where nothing is made up for.
const TURN: Duration = Duration::from_millis(1_005);

fn limited(limits: impl IntoIterator<Item = Quota>) -> (Arc<RateLimit<Scripted>>, Scripted) {
    let acme = Scripted::failing(ACME, []);
    let sms = acme.clone().rate_limit(limits).with_max_wait(Duration::MAX);
    (Arc::new(sms), acme)
}

fn from(sender: &str) -> Message {
    message().with_sender(sender.parse().unwrap())
}

/// Sends without a pause by so many tasks, for so long.
async fn flood(sms: &Arc<RateLimit<Scripted>>, tasks: usize, time: Duration, message: &Message) {
    let mut set = JoinSet::new();
    for _ in 0..tasks {
        let (sms, message) = (Arc::clone(sms), message.clone());
        set.spawn(async move {
            loop {
                sms.send(&message).await.unwrap();
            }
        });
    }
    sleep(time).await;
}

/// The most that began within any second.
fn most_in_a_second(times: &[Instant]) -> usize {
    let within =
        |from: usize| times[from..].iter().take_while(move |at| **at - times[from] < SECOND);
    (0..times.len()).map(|from| within(from).count()).max().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn every_second_and_the_mean_are_near_the_limit() {
    for (rate, seconds) in
        [(1, 600), (7, 600), (10, 600), (25, 120), (49, 120), (100, 120), (1_000, 20)]
    {
        let (sms, acme) = limited([Quota::messages(rate)]);
        flood(&sms, 50, SECOND * seconds, &message()).await;
        let times = acme.begun.lock().unwrap().clone();
        let (most, mean) = (most_in_a_second(&times), times.len() as f64 / f64::from(seconds));
        assert!(most as f64 <= f64::from(rate) * 1.05, "{rate} a second: {most}");
        assert!(mean >= f64::from(rate) * 0.95, "{rate} a second: {mean} in the mean");
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_is_no_credit() {
    let (sms, acme) = limited([Quota::messages(10)]);
    for _ in 0..3 {
        flood(&sms, 5, SECOND * 3, &message()).await;
        sleep(SECOND * 600).await;
    }
    assert!(most_in_a_second(&acme.begun.lock().unwrap()) <= 10);
}

#[tokio::test(start_paused = true)]
async fn in_the_order_in_which_they_came() {
    let (sms, acme) = limited([Quota::messages(10)]);
    let messages: Vec<Message> = (0..100).map(|_| message()).collect();
    let mut set = JoinSet::new();
    for message in messages.clone() {
        let sms = Arc::clone(&sms);
        set.spawn(async move { sms.send(&message).await.map(drop) });
        tokio::task::yield_now().await;
    }
    while set.join_next().await.is_some() {}
    assert!(*acme.sent.lock().unwrap() == messages);
}

#[tokio::test(start_paused = true)]
async fn senders_and_campaigns_have_limits_of_their_own() {
    let (sms, acme) = limited([Quota::messages(1).per_sender()]);
    let start = Instant::now();
    for _ in 0..3 {
        for sender in ["+447700900001", "+447700900002", "ACME"] {
            sms.send(&from(sender)).await.unwrap();
        }
        sms.send(&message()).await.unwrap(); // the provider's default
    }
    assert_eq!((start.elapsed().as_secs(), acme.calls()), (2, 12));

    let (sms, acme) = limited([Quota::messages(60).within(SECOND * 60).per_campaign()]);
    let start = Instant::now();
    for _ in 0..3 {
        sms.send(&message().with_campaign("a")).await.unwrap();
        sms.send(&message().with_campaign("b")).await.unwrap();
        sms.send(&message()).await.unwrap(); // of no campaign
    }
    assert_eq!((start.elapsed().as_secs_f64().round(), acme.calls()), (2.0, 9));

    let (sms, _) = limited([Quota::messages(1).per(|message| Some(message.text()[..4].into()))]);
    let start = Instant::now();
    sms.send(&message()).await.unwrap();
    sms.send(&message()).await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn segments_take_their_time() {
    let (sms, _) = limited([Quota::segments(1).per_sender()]);
    let start = Instant::now();
    let long = Message::new(message().destination(), "x".repeat(400)); // three segments
    for message in [&long, &message(), &message()] {
        sms.send(message).await.unwrap();
    }
    assert_eq!(start.elapsed().as_secs(), 4);
}

#[tokio::test(start_paused = true)]
async fn requests_are_whatever_asks_the_provider() {
    let (sms, acme) = limited([Quota::requests(1), Quota::messages(1_000)]);
    let (start, id) = (Instant::now(), MessageId::new(ACME, "1").unwrap());
    sms.send(&message()).await.unwrap();
    sms.cancel(&id).await.unwrap();
    sms.fetch(&id).await.unwrap_err();
    sms.list(&anysms::Query::new()).await.unwrap();
    sms.check().await.unwrap_err();
    assert_eq!((start.elapsed().as_secs(), acme.calls()), (4, 5));
    let (sms, _) = limited([Quota::messages(1)]);
    let start = Instant::now();
    for _ in 0..10 {
        sms.cancel(&id).await.unwrap();
    }
    assert_eq!(start.elapsed(), Duration::ZERO, "no message");
}

/// Two limits are kept in every window, and who waits for a sender's is not in the others' way.
#[tokio::test(start_paused = true)]
async fn several_limits_hold_together() {
    let (sms, acme) = limited([Quota::messages(1).per_sender(), Quota::messages(3)]);
    let mut set = JoinSet::new();
    for n in 0..6 {
        let (sms, message) = (Arc::clone(&sms), from(&format!("+44770090000{n}")));
        set.spawn(async move {
            loop {
                sms.send(&message).await.unwrap();
            }
        });
    }
    sleep(SECOND * 100).await;
    let (times, sent) = (acme.begun.lock().unwrap().clone(), acme.sent.lock().unwrap().clone());
    assert!(most_in_a_second(&times) <= 3);
    assert!((290..=301).contains(&times.len()), "{}", times.len());
    for n in 0..6 {
        let sender = format!("+44770090000{n}").parse().ok();
        let own: Vec<Instant> = times
            .iter()
            .zip(&sent)
            .filter(|(_, message)| message.sender().cloned() == sender)
            .map(|(at, _)| *at)
            .collect();
        assert!(most_in_a_second(&own) == 1 && own.len() >= 40, "{n}: {}", own.len());
    }

    let (sms, acme) = limited([Quota::messages(1).per_sender(), Quota::messages(100)]);
    flood(&sms, 20, SECOND, &from("SLOW")).await;
    let mut set = JoinSet::new();
    for _ in 0..20 {
        let (sms, slow) = (Arc::clone(&sms), from("SLOW"));
        set.spawn(async move { sms.send(&slow).await.map(drop) });
    }
    sleep(Duration::from_millis(10)).await;
    let start = Instant::now();
    sms.send(&from("QUICK")).await.unwrap();
    assert!(start.elapsed() < Duration::from_millis(50), "{:?}", start.elapsed());
    assert!(acme.calls() < 10);
}

#[tokio::test(start_paused = true)]
async fn what_would_wait_too_long_is_refused_at_once() {
    let acme = Scripted::failing(ACME, []);
    let sms = acme.clone().rate_limit([Quota::messages(1)]).with_max_wait(Duration::ZERO);
    sms.send(&message()).await.unwrap();
    let error = sms.send(&message()).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::RateLimited, Outcome::NotSent));
    assert_eq!(error.retry_after(), Some(TURN));
    assert!(error.is_retryable() && error.may_fail_over());
    sleep(TURN).await;
    sms.send(&message()).await.unwrap();

    let sms = Arc::new(acme.clone().rate_limit([Quota::messages(1)]).with_max_wait(TURN * 5));
    let mut set = JoinSet::new();
    for _ in 0..20 {
        let sms = Arc::clone(&sms);
        set.spawn(async move { sms.send(&message()).await.is_ok() });
    }
    let start = Instant::now();
    let results = set.join_all().await;
    assert_eq!(
        results.iter().filter(|sent| **sent).count(),
        6,
        "at once, and after 1 to 5 seconds"
    );
    assert_eq!(start.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn who_stops_waiting_leaves_the_place_to_the_next() {
    let (sms, acme) = limited([Quota::messages(1)]);
    sms.send(&message()).await.unwrap();
    let mut set = JoinSet::new();
    for _ in 0..10 {
        let sms = Arc::clone(&sms);
        set.spawn(async move {
            timeout(Duration::from_millis(500), sms.send(&message())).await.is_ok()
        });
    }
    assert!(set.join_all().await.iter().all(|sent| !sent));
    let start = Instant::now();
    sms.send(&message()).await.unwrap();
    assert_eq!((start.elapsed(), acme.calls()), (TURN - SECOND / 2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_home_and_a_name_are_shared() {
    let rates = Arc::new(MemoryRateStore::new());
    let acme = Scripted::failing(ACME, []);
    let one = |name| {
        let sms = acme.clone().rate_limit([Quota::messages(1)]);
        sms.with_max_wait(Duration::MAX).shared(rates.clone(), name)
    };
    let start = Instant::now();
    for sms in [one("a"), one("a"), one("b")] {
        sms.send(&message()).await.unwrap();
    }
    assert_eq!(start.elapsed(), TURN);
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_none_lets_nothing_wait_through() {
    let acme = Scripted::failing(ACME, []);
    let sms = acme.clone().rate_limit([Quota::messages(0)]);
    sms.send(&message()).await.unwrap();
    assert_eq!(sms.send(&message()).await.unwrap_err().kind(), ErrorKind::RateLimited);
}

/// Whoever gives up leaves a gap, and nobody overtakes.
#[tokio::test(start_paused = true)]
async fn first_come_first_served_though_some_give_up() {
    let (sms, acme) = limited([Quota::messages(10)]);
    let mut tasks = Vec::new();
    for n in 0..60 {
        let (sms, key) = (Arc::clone(&sms), format!("k{n:02}").parse().unwrap());
        tasks.push(tokio::spawn(async move { sms.send(&message().with_key(key)).await }));
        tokio::task::yield_now().await;
    }
    for task in tasks.iter().step_by(7) {
        task.abort();
    }
    for task in tasks {
        let _ = task.await;
    }
    let order: Vec<_> = acme.sent.lock().unwrap().iter().map(|sent| sent.key().clone()).collect();
    assert!(order.is_sorted() && order.len() >= 51, "{order:?}");
}
