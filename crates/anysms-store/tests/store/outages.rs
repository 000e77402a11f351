//! Providers that are down for a while, on virtual time. Long form:
//!
//! ```text
//! ANYSMS_OUTAGE=50000 cargo test --release --all-features --test store outages
//! ```

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use anysms::{
    Capabilities, Error, ErrorKind, Message, MessageId, Outcome, ProviderId, Receipt, Result,
    SmsProvider, async_trait,
    layers::{BreakerPolicy, Failover, LayerExt, Quota, RetryPolicy},
};
use anysms_store::RecordExt;
use anysms_store::{Filter, MessageStore, Progress, Worker};
use tokio::time::{Instant, sleep};

use crate::number;

/// A provider that is up at times, and what it took when.
#[derive(Clone)]
struct Line {
    id: ProviderId,
    is_up: fn(Duration) -> bool,
    begun: Instant,
    taken: Arc<Mutex<Vec<(String, Duration)>>>,
    count: Arc<AtomicU32>,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Line")
    }
}

impl Line {
    fn new(id: &'static str, is_up: fn(Duration) -> bool) -> Self {
        let (taken, count) = Default::default();
        Self { id: ProviderId::from_static(id), is_up, begun: Instant::now(), taken, count }
    }
}

#[async_trait]
impl SmsProvider for Line {
    fn id(&self) -> ProviderId {
        self.id.clone()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    /// Takes it if it is up, and its answer is lost if it goes down meanwhile.
    async fn send(&self, message: &Message) -> Result<Receipt> {
        if !(self.is_up)(self.begun.elapsed()) {
            return Err(Error::not_sent(ErrorKind::Connect).with_provider(self.id.clone()));
        }
        self.taken.lock().unwrap().push((message.key().to_string(), self.begun.elapsed()));
        sleep(Duration::from_millis(10)).await;
        if !(self.is_up)(self.begun.elapsed()) {
            return Err(Error::unknown(ErrorKind::Interrupted).with_provider(self.id.clone()));
        }
        let number = self.count.fetch_add(1, Ordering::SeqCst);
        let id = MessageId::new(self.id.clone(), &format!("{}{number}", self.id)).unwrap();
        Ok(Receipt::new(self.id.clone(), Some(id), message.key().clone()))
    }
}

fn setting(default: u32) -> u32 {
    std::env::var("ANYSMS_OUTAGE").map_or(default, |text| text.parse().expect("a number"))
}

fn messages(count: u32) -> impl Iterator<Item = Message> {
    (0..count).map(|n| {
        Message::new(number(n % 1_000), "Hello").with_key(format!("k{n}").parse().unwrap())
    })
}

/// One is up in even seconds, the other half a second later, so that it is up when the first goes down.
#[tokio::test(start_paused = true)]
async fn providers_that_come_and_go_take_nothing_twice() {
    let count = setting(2_000);
    let store: MessageStore = MessageStore::memory_with(100_000, Default::default());
    let one = Line::new("one", |at| at.as_secs().is_multiple_of(2));
    let two = Line::new("two", |at| (at.as_millis() + 1_500) / 1_000 % 2 == 0);
    let retry = RetryPolicy::default;
    let first = one.clone().recorded(&store).unwrap().retry(retry());
    let second = two.clone().recorded(&store).unwrap().retry(retry());
    let breaker = BreakerPolicy::default().with_probe_interval(Duration::from_millis(300));
    let sms = Arc::new(Failover::with_policy(first, breaker).or(second).unwrap());
    let mut sends = tokio::task::JoinSet::new();
    for message in messages(count) {
        let sms = sms.clone();
        sends.spawn(async move { (message.key().to_string(), sms.send(&message).await) });
        sleep(Duration::from_millis(97)).await; // at no beat of remote
    }
    let results: HashMap<String, Result<Receipt>> = sends.join_all().await.into_iter().collect();
    let mut taken = HashMap::new();
    for line in [&one, &two] {
        for (key, at) in &*line.taken.lock().unwrap() {
            assert!(taken.insert(key.clone(), *at).is_none(), "{key} was taken twice");
        }
    }
    let (mut unknown, mut tries) = (0, [0, 0]);
    for (key, result) in &results {
        let history = store.history(None, &key.parse().unwrap()).await.unwrap();
        let Some(history) = history else {
            // Both breakers were open: nobody was asked.
            assert_eq!(result.as_ref().unwrap_err().outcome(), Outcome::NotSent);
            continue;
        };
        for (line, tries) in [one.id(), two.id()].iter().zip(&mut tries) {
            let made = history.attempts.iter().filter(|a| a.provider == *line).count();
            *tries += made.saturating_sub(1) as u32;
        }
        let (was_taken, status) = (taken.contains_key(key), history.entry.status.unwrap());
        match result {
            Ok(_) => assert_eq!((was_taken, status), (true, Progress::Accepted)),
            Err(error) if error.outcome() == Outcome::NotSent => {
                assert_eq!((was_taken, status), (false, Progress::Failed));
            }
            Err(_) => {
                unknown += 1;
                assert_eq!((was_taken, status), (true, Progress::Unconfirmed));
            }
        }
    }
    let sent = taken.len() as u32;
    println!("{count} messages: {sent} taken, {unknown} of them unknown, {tries:?} retries");
    assert!(unknown > 0 && unknown <= count / 25, "only what was on its way when a line went down");
    assert!(sent > count / 2 && tries.iter().all(|tries| *tries <= count / 10));
}

/// Both are down for an hour. Then the queue drains as fast as the limit of each allows, and no faster.
#[tokio::test(start_paused = true)]
async fn a_queue_outlives_an_hour_without_any_provider() {
    let count = setting(3_000);
    let store: MessageStore = MessageStore::memory_with(100_000, Default::default());
    let is_up = |at: Duration| at >= Duration::from_secs(3_600);
    let (one, two) = (Line::new("one", is_up), Line::new("two", is_up));
    let begun = one.begun;
    let line = |line: &Line| {
        let limited = line.clone().recorded(&store).unwrap().rate_limit([Quota::messages(100)]);
        limited.retry(RetryPolicy::default())
    };
    let sms = Failover::new(line(&one)).or(line(&two)).unwrap();
    store.enqueue_all(&mut messages(count), None).await.unwrap();
    let worker = Worker::new(store.clone(), sms).unwrap();
    let done = async {
        let accepted = Filter::new().with_status(Progress::Accepted);
        while store.delivery_stats(&accepted).await.unwrap().messages() < u64::from(count) {
            sleep(Duration::from_secs(1)).await;
            store.skip(Duration::from_secs(1)); // the store goes by the machine's time
            assert!(begun.elapsed() < Duration::from_secs(3 * 3_600), "it does not drain");
        }
    };
    worker.run_until(done).await;
    // Each has its own limit: when the first is back, what already waits for the second still leaves by it.
    let (mut times, mut most, window) = (Vec::new(), 0, Duration::from_secs(1));
    for line in [&one, &two] {
        let taken: Vec<Duration> = line.taken.lock().unwrap().iter().map(|(_, at)| *at).collect();
        let within = |from: &Duration| {
            taken.iter().filter(|at| (*from..*from + window).contains(*at)).count()
        };
        most = most.max(taken.iter().map(within).max().unwrap_or(0));
        times.extend(taken);
    }
    times.sort_unstable();
    assert_eq!(times.len() as u32, count, "each once");
    let nearly_all = times[times.len() * 99 / 100] - times[0];
    let rate = f64::from(count) * 0.99 / nearly_all.as_secs_f64();
    println!("begins after {:?}, {rate:.1}/s, at most {most} in a second by one", times[0]);
    assert!(times[0] < Duration::from_secs(3_600 + 40));
    assert!(rate >= 90.0 && most <= 105, "{rate} {most}");
}
