//! A worker is stopped for longer than its lease, and goes on as if nothing had been. `ANYSMS_STOPS=200` does it
//! so often.

use std::time::Duration;

use anysms_store::{Filter, Progress};

use crate::{
    carrier::{Carrier, Mode},
    checker,
    child::Child,
    setting,
    worker::{Backend, Point},
};

const LEASE: Duration = Duration::from_secs(2);

/// How many messages it has when it is stopped.
const MESSAGES: u32 = 10;

/// What a worker waits for.
struct Gate(tempfile::TempDir);

impl Gate {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn start(&self, backend: &Backend, carrier: &Carrier, point: Point) -> Child {
        let path = self.0.path().join("open").display().to_string();
        Child::start_with(backend, carrier, point, &[("ANYSMS_WORKER_GATE", path)])
    }

    fn open(&self) {
        std::fs::write(self.0.path().join("open"), "").unwrap();
    }
}

/// Stops it where it holds nothing in the database. What a stopped process has locked there is locked for all.
async fn stop(backend: &Backend, child: &Child) {
    loop {
        child.signal("-STOP");
        tokio::time::sleep(Duration::from_millis(20)).await; // the server may be at its commit
        if backend.is_quiet().await {
            return;
        }
        child.signal("-CONT");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_before_the_intent_on_sqlite() {
    for _ in 0..setting("ANYSMS_STOPS", 1) {
        stopped_before_the_intent(Backend::sqlite_with(LEASE).await).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL"]
async fn stopped_before_the_intent_on_postgres() {
    for _ in 0..setting("ANYSMS_STOPS", 1) {
        stopped_before_the_intent(Backend::postgres_with(LEASE).await).await;
    }
}

/// Another has its messages when it goes on, and has not begun either.
async fn stopped_before_the_intent(backend: Backend) {
    let carrier = Carrier::start(Mode::Takes).await;
    let (first_gate, second_gate) = (Gate::new(), Gate::new());
    backend.enqueue(MESSAGES).await;
    let first = first_gate.start(&backend, &carrier, Point::WaitsBeforeIntent);
    first.until_said("waits", MESSAGES).await;
    stop(&backend, &first).await;
    let second = second_gate.start(&backend, &carrier, Point::WaitsBeforeIntent);
    second.until_said("waits", MESSAGES).await;
    first_gate.open();
    first.signal("-CONT");
    first.until_said("came of it", MESSAGES).await;
    assert_eq!((first.times_said("accepted"), carrier.taken().len()), (0, 0), "it is too late");
    second_gate.open();
    backend.until_all_ended(MESSAGES).await;
    assert_eq!(checker::check(&backend, &carrier, MESSAGES).await, 0);
    assert_eq!(carrier.taken().len() as u32, MESSAGES);
    first.kill().await;
    second.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_after_the_intent_on_sqlite() {
    for _ in 0..setting("ANYSMS_STOPS", 1) {
        stopped_after_the_intent(Backend::sqlite_with(LEASE).await).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL"]
async fn stopped_after_the_intent_on_postgres() {
    for _ in 0..setting("ANYSMS_STOPS", 1) {
        stopped_after_the_intent(Backend::postgres_with(LEASE).await).await;
    }
}

/// It sends what it began, late, and nobody else does.
async fn stopped_after_the_intent(backend: Backend) {
    let carrier = Carrier::start(Mode::Takes).await;
    let gate = Gate::new();
    backend.enqueue(MESSAGES).await;
    let first = gate.start(&backend, &carrier, Point::WaitsBeforeByte);
    first.until_said("waits", MESSAGES).await;
    stop(&backend, &first).await;
    let second = Child::start(&backend, &carrier, Point::Nowhere);
    backend.until_all_ended(MESSAGES).await;
    let unknown = Filter::new().with_status(Progress::Unconfirmed);
    assert_eq!(
        (backend.count(&unknown).await, carrier.taken().len()),
        (MESSAGES, 0),
        "nobody knows"
    );
    gate.open();
    first.signal("-CONT");
    first.until_said("came of it", MESSAGES).await;
    assert_eq!(checker::check(&backend, &carrier, MESSAGES).await, 0, "what came of it is kept");
    assert_eq!((carrier.taken().len() as u32, second.times_said("accepted")), (MESSAGES, 0));
    first.kill().await;
    second.kill().await;
}
