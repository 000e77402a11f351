//! `send_all`: so many at a time, every one to its end, and none forgotten.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::layers::scripted::{ACME, Scripted, message};
use anysms::{
    Capabilities, Decimal, Error, ErrorKind, Message, Outcome, ProviderId, Receipt, Result,
    SmsProvider, SmsProviderExt, async_trait, message::Money,
};
use futures_util::{StreamExt, stream};
use serde_json::json;
use tokio::time::{Instant, sleep, timeout};

/// Counts how many are on their way; every message takes as many seconds as its text says.
#[derive(Clone, Debug, Default)]
struct Counting {
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    ended: Arc<AtomicUsize>,
}

#[async_trait]
impl SmsProvider for Counting {
    fn id(&self) -> ProviderId {
        ACME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        sleep(Duration::from_secs(message.text().parse().unwrap())).await;
        self.now.fetch_sub(1, Ordering::SeqCst);
        self.ended.fetch_add(1, Ordering::SeqCst);
        Ok(Receipt::new(ACME, None, message.key().clone()))
    }
}

fn taking(seconds: impl IntoIterator<Item = u64>) -> Vec<Message> {
    let message = |seconds: u64| Message::new(message().destination(), seconds.to_string());
    seconds.into_iter().map(message).collect()
}

#[tokio::test(start_paused = true)]
async fn in_the_order_of_their_ends_with_their_index() {
    let messages = taking([3, 1, 2]);
    let mut all = Counting::default().send_each(messages.clone());
    let mut order = Vec::new();
    while let Some(sent) = all.next().await {
        assert!(sent.message == messages[sent.index as usize] && sent.result.is_ok());
        order.push(sent.index);
    }
    assert_eq!(order, [1, 2, 0]);
    assert!(all.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn never_more_than_so_many_at_a_time() {
    for concurrency in [0, 1, 7, 32] {
        let acme = Counting::default();
        let start = Instant::now();
        let all = acme.send_each(taking([1; 70])).with_concurrency(concurrency);
        assert_eq!(all.count().await, 70);
        assert_eq!(acme.most.load(Ordering::SeqCst), concurrency.max(1));
        assert_eq!(start.elapsed().as_secs(), 70_u64.div_ceil(concurrency.max(1) as u64));
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_begins_before_it_is_asked_for() {
    let acme = Counting::default();
    let pulled = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&pulled);
    let messages = stream::iter(taking([1; 100])).inspect(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
    });
    let mut all = acme.send_all(messages).with_concurrency(4);
    sleep(Duration::from_secs(10)).await;
    assert_eq!(pulled.load(Ordering::SeqCst), 0);
    all.next().await;
    sleep(Duration::from_secs(10)).await;
    let pulled = pulled.load(Ordering::SeqCst);
    assert!((8..=69).contains(&pulled), "{pulled}: 64 more, and the one that was taken");
    assert_eq!(acme.most.load(Ordering::SeqCst), 4);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_pauses_holds_nothing_up() {
    let slow = stream::unfold(0, |n| async move {
        sleep(Duration::from_secs(60)).await;
        (n < 3).then(|| (taking([1]).remove(0), n + 1))
    });
    let mut all = Counting::default().send_all(Box::pin(slow));
    let start = Instant::now();
    for n in 1..=3 {
        assert!(all.next().await.is_some());
        assert_eq!(start.elapsed().as_secs(), 60 * n + 1);
    }
    assert!(all.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn what_has_begun_ends_though_nobody_waits() {
    let acme = Counting::default();
    let mut all = acme.send_each(taking([5; 100])).with_concurrency(10);
    assert!(timeout(Duration::from_secs(1), all.next()).await.is_err());
    drop(all);
    sleep(Duration::from_secs(10)).await;
    assert_eq!(acme.ended.load(Ordering::SeqCst), 10);
}

#[tokio::test(start_paused = true)]
async fn a_stop_lets_those_end_that_have_begun() {
    let acme = Counting::default();
    let mut all = acme.send_each(taking([5; 100])).with_concurrency(10);
    assert!(all.next().await.is_some());
    all.stop();
    let mut ends = 1;
    while all.next().await.is_some() {
        ends += 1;
    }
    assert_eq!(ends, acme.ended.load(Ordering::SeqCst));
    assert!(ends < 100, "{ends}");

    let mut all = Counting::default().send_all(stream::pending());
    assert!(timeout(Duration::from_secs(1), all.next()).await.is_err());
    all.stop();
    assert!(all.next().await.is_none(), "though the stream says nothing");
}

#[tokio::test]
async fn the_summary_counts_everything() {
    let errors = [
        Error::not_sent(ErrorKind::OptedOut),
        Error::not_sent(ErrorKind::Connect),
        Error::not_sent(ErrorKind::OptedOut),
        Error::unknown(ErrorKind::Timeout),
    ];
    let acme = Scripted::failing(ACME, errors);
    let message =
        |n: u64| Message::new(message().destination(), "x".repeat(if n == 9 { 200 } else { 5 }));
    let price = |_: &Message| Some(Money::new(Decimal::new(4, 2), "GBP".parse().unwrap()));
    let (sender, seen) = std::sync::mpsc::channel();
    let mut all = acme
        .send_each((0..10).map(message))
        .with_concurrency(1)
        .with_price(price)
        .on_progress(move |summary| sender.send(summary.total()).unwrap());
    while all.next().await.is_some() {}
    let summary = all.summary().clone();
    assert_eq!((summary.sent, summary.segments, summary.total()), (6, 7, 10));
    assert_eq!(summary.failed, [(ErrorKind::OptedOut, 2), (ErrorKind::Connect, 1)]);
    assert_eq!(summary.unknown, [(ErrorKind::Timeout, 1)]);
    assert_eq!(summary.cost[0].to_string(), "0.24 GBP");
    drop(all);
    assert_eq!(seen.iter().collect::<Vec<_>>(), (1..=10).collect::<Vec<_>>());
}

/// For a report: nothing personal, and each currency by itself.
#[tokio::test]
async fn results_and_summary_are_json_without_a_number_or_a_text() {
    let errors = [
        Error::not_sent(ErrorKind::OptedOut)
            .with_provider(ACME)
            .with_code("21610")
            .with_provider_message(Some("+447700900123 opted out".into())),
        Error::unknown(ErrorKind::Timeout),
    ];
    let currency = |message: &Message| if message.text() == "0" { "GBP" } else { "USD" };
    let price = move |message: &Message| format!("0.04 {}", currency(message)).parse().ok();
    let message = |n: u32| {
        let message = Message::new(message().destination(), (n % 2).to_string());
        message.with_key(format!("k{n}").parse().unwrap()).with_tenant("clinic".parse().unwrap())
    };
    let mut all = Scripted::failing(ACME, errors)
        .send_each((0..5).map(message))
        .with_concurrency(1)
        .with_price(price);
    let mut results = Vec::new();
    while let Some(sent) = all.next().await {
        results.push(serde_json::to_value(&sent).unwrap());
    }
    assert_eq!(
        results[0],
        json!({
            "index": 0, "key": "k0", "tenant": "clinic", "outcome": "not_sent", "earlier": false,
            "provider": "acme", "id": null, "status": null, "error": "opted_out", "code": "21610",
        })
    );
    assert_eq!(
        (&results[1]["outcome"], &results[1]["error"]),
        (&json!("unknown"), &json!("timeout"))
    );
    assert_eq!(
        results[2],
        json!({
            "index": 2, "key": "k2", "tenant": "clinic", "outcome": "accepted", "earlier": false,
            "provider": "acme", "id": "k2", "status": "accepted", "error": null, "code": null,
        })
    );
    assert!(!json!(results).to_string().contains("7700900"));
    assert_eq!(
        serde_json::to_value(all.summary()).unwrap(),
        json!({
            "sent": 3, "earlier": 0, "failed": {"opted_out": 1}, "unknown": {"timeout": 1},
            "segments": 3, "cost": ["0.08 GBP", "0.04 USD"],
        })
    );
}

#[tokio::test]
async fn a_panic_is_an_unknown_outcome_of_that_message() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ()));
    let acme = Scripted::failing(ACME, []).panicking();
    let messages: Vec<Message> = (0..20).map(|_| message()).collect();
    let results: Vec<_> = acme.send_each(messages).with_concurrency(3).collect().await;
    std::panic::set_hook(hook);
    assert_eq!(results.len(), 20, "more than there are tasks");
    for sent in results {
        assert_eq!(sent.result.unwrap_err().outcome(), Outcome::Unknown);
    }
}

/// An iterator that blocks blocks one thread, and not the others' messages.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_iterator_holds_up_nobody_who_has_begun() {
    let acme = Scripted::failing(ACME, []).taking(Duration::from_millis(20));
    let slow = (0..6).map(|_| {
        std::thread::sleep(Duration::from_millis(100));
        message()
    });
    let mut all = acme.send_each(slow).with_concurrency(4);
    let begun = Instant::now();
    all.next().await.unwrap();
    assert!(begun.elapsed() < Duration::from_millis(190), "{:?}", begun.elapsed());
    while all.next().await.is_some() {}
    assert_eq!(all.summary().sent, 6);
}
