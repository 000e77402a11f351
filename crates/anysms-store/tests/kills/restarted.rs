//! The server is restarted while a worker sends. `ANYSMS_RESTARTS=50` does it so often each way.

use std::time::Duration;

use crate::{
    carrier::{Carrier, Mode},
    checker,
    child::Child,
    postgres::Restartable,
    setting,
    worker::{Backend, LEASE, Point, message},
};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL"]
async fn restarted_in_good_order_on_postgres() {
    restarted("-INT").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL"]
async fn restarted_at_once_on_postgres() {
    restarted("-QUIT").await;
}

async fn restarted(signal: &'static str) {
    let restarts = setting("ANYSMS_RESTARTS", 1);
    let server = Restartable::start(Vec::new()).await;
    let backend = Backend::of_pool(&server.database().await, LEASE).await;
    let carrier = Carrier::start(Mode::Takes).await;
    let mut child = Child::start(&backend, &carrier, Point::Nowhere);
    child.until_ready().await;
    let (mut count, mut slowest) = (0, Duration::ZERO);
    for restart in 0..restarts {
        enqueue(&backend, count..count + 60).await;
        carrier.until_taken(count + restart % 60).await; // and no further
        let queueing = enqueue(&backend, count + 60..count + 120);
        let (back, ()) = tokio::join!(server.restart(signal), queueing);
        count += 120;
        let more = carrier.taken().len() as u32 + 1;
        carrier.until_taken(more.min(count)).await;
        slowest = slowest.max(back.elapsed());
        assert!(child.is_alive());
        carrier.until_taken(count).await;
    }
    backend.until_all_ended(count).await;
    let unknown = checker::check(&backend, &carrier, count).await;
    println!(
        "{restarts} restarts, {unknown} of {count} unknown; at work after {slowest:?} at most"
    );
    assert_eq!((carrier.taken().len() as u32, unknown), (count, 0), "every intent was carried out");
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
    child.kill().await;
}

/// Puts messages into the queue as a caller does who asks again after an error.
async fn enqueue(backend: &Backend, numbers: std::ops::Range<u32>) {
    let messages: Vec<_> = numbers.map(message).collect();
    for some in messages.chunks(5) {
        let mut errors = 0;
        while let Err(error) = backend.store.enqueue(some, None).await {
            errors += 1;
            assert!(error.kind() == anysms::ErrorKind::Unavailable && errors < 10, "{error}");
        }
    }
}
