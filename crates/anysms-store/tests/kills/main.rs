//! A process that sends is killed again and again: nothing is lost, nothing is sent twice, and the store says of
//! every message what is true.
//!
//! The worker is a process of its own: this very program, told by its environment what to be. The provider is
//! in the test's process, so that it knows for certain what it took. Long forms, for each database:
//!
//! ```text
//! ANYSMS_KILLS=500 ANYSMS_MESSAGES=100000 ANYSMS_POINTS=1000 \
//!     cargo test --release --all-features --test kills -- --include-ignored --nocapture
//! ```

#[path = "../support/postgres.rs"]
mod postgres;

mod carrier;
mod chaos;
mod checker;
mod child;
mod enqueuer;
mod machine;
mod restarted;
mod stopped;
mod terminated;
mod worker;

use std::time::Duration;

use anysms_store::{AttemptOutcome, Filter, Progress};
use carrier::{Carrier, Mode};
use child::Child;
use worker::{Backend, Point};

fn setting(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().map_or(default, |text| text.parse().expect("a number"))
}

/// Times that are the same in every run.
pub(crate) struct Random(u64);

impl Default for Random {
    fn default() -> Self {
        Self(0x2545_f491_4f6c_dd1d)
    }
}

impl Random {
    /// Times that are other ones than those of another seed.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(Self::default().0 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub(crate) fn fork(&mut self) -> Self {
        Self::seeded(self.below(u64::MAX))
    }

    pub(crate) fn up_to(&mut self, most: Duration) -> Duration {
        Duration::from_micros(self.below(most.as_micros().max(1) as u64))
    }

    pub(crate) fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// The worker's process; an ordinary run of the tests passes by.
#[test]
fn a_worker_in_a_process_of_its_own() {
    worker::main();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_on_sqlite() {
    killed_at_random(Backend::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL"]
async fn killed_at_random_on_postgres() {
    killed_at_random(Backend::postgres().await).await;
}

async fn killed_at_random(backend: Backend) {
    let (kills, messages) = (setting("ANYSMS_KILLS", 10), setting("ANYSMS_MESSAGES", 1_500));
    let carrier = Carrier::start(Mode::Takes).await;
    backend.enqueue(messages).await;
    let (mut random, mut midway) = (Random::default(), 0);
    for kill in 0..kills {
        let child = Child::start(&backend, &carrier, Point::Nowhere);
        child.until_ready().await;
        if kill % 2 == 0 {
            // However slow the machine is, some die on the way.
            let next = (carrier.taken().len() as u32 + 1).min(messages);
            carrier.until_taken(next).await;
        }
        tokio::time::sleep(random.up_to(Duration::from_millis(150))).await;
        child.kill().await;
        midway += u32::from((1..messages).contains(&(carrier.taken().len() as u32)));
    }
    assert!(midway > 0, "all were killed before the first message or after the last");
    finish(&backend, &carrier, messages).await;
    let unknown = checker::check(&backend, &carrier, messages).await;
    let most = kills * worker::CONCURRENCY as u32;
    println!("{messages} messages, {kills} kills: {unknown} of which nobody knew, at most {most}");
    assert!(unknown <= most);
}

/// Lets a worker run until nothing is left to do; leases of those that were killed take a moment.
async fn finish(backend: &Backend, carrier: &Carrier, messages: u32) {
    let child = Child::start(backend, carrier, Point::Nowhere);
    child.until_ready().await;
    backend.until_all_ended(messages).await;
    child.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_each_point_on_sqlite() {
    killed_at_each_point(Backend::sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL"]
async fn killed_at_each_point_on_postgres() {
    killed_at_each_point(Backend::postgres).await;
}

/// Between accept and commit, between claim and intent, and between intent and the first byte.
async fn killed_at_each_point<F: Future<Output = Backend>>(backend: fn() -> F) {
    let times = setting("ANYSMS_POINTS", 10);
    let mut all = tokio::task::JoinSet::new();
    for point in [Point::AfterAccept, Point::BeforeIntent, Point::BeforeByte] {
        let backend = backend().await;
        all.spawn(killed_at(backend, point, times));
    }
    all.join_all().await;
}

async fn killed_at(backend: Backend, point: Point, times: u32) {
    let mode = if point == Point::AfterAccept { Mode::TakesInSilence } else { Mode::Takes };
    let carrier = Carrier::start(mode).await;
    backend.enqueue(times).await;
    for time in 0..times {
        let child = Child::start(&backend, &carrier, point);
        if point == Point::AfterAccept {
            carrier.until_taken(time + 1).await;
            child.kill().await;
        } else {
            child.until_dead().await;
        }
    }
    let carrier = if point == Point::AfterAccept { carrier.answering() } else { carrier };
    let before = carrier.taken().len() as u32;
    finish(&backend, &carrier, times).await;
    let unknown = Filter::new().with_status(Progress::Unconfirmed);
    let unknown = backend.count(&unknown).await;
    match point {
        Point::AfterAccept => {
            assert_eq!((before, unknown), (times, times), "each taken, none known")
        }
        Point::BeforeIntent => assert_eq!((before, unknown), (0, 0), "nothing had begun"),
        Point::BeforeByte => assert_eq!((before, unknown), (0, times), "each intended, none sent"),
        _ => unreachable!("is not killed there"),
    }
    checker::check(&backend, &carrier, times).await;
    for entry in backend.entries(&Filter::new()).await {
        let history = backend.store.history(None, &entry.key).await.unwrap().unwrap();
        assert_eq!(history.attempts.len(), 1, "{point:?}: tried once");
        let taken = carrier.taken().iter().any(|taken| taken.key == entry.key.to_string());
        let accepted = history.attempts[0].outcome == Some(AttemptOutcome::Accepted);
        assert_eq!(
            taken, accepted,
            "{point:?}: a callback settles what was taken, and nothing else"
        );
    }
}
