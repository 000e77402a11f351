//! A worker is asked to stop while it sends: it ends what it began. `ANYSMS_TERMS=500` asks so often.

use std::time::Duration;

use anysms_store::{Filter, Stage};

use crate::{
    Random,
    carrier::{Carrier, Mode},
    checker,
    child::Child,
    setting,
    worker::{Backend, Point},
};

#[tokio::test(flavor = "multi_thread")]
async fn told_to_stop_on_sqlite() {
    told_to_stop(Backend::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL"]
async fn told_to_stop_on_postgres() {
    told_to_stop(Backend::postgres().await).await;
}

async fn told_to_stop(backend: Backend) {
    let (times, per_time) = (setting("ANYSMS_TERMS", 3), 60);
    let carrier = Carrier::start(Mode::Takes).await;
    let (mut random, mut midway) = (Random::default(), 0);
    let messages = times * per_time;
    backend.enqueue(messages).await;
    for time in 0..times {
        let child = Child::start(&backend, &carrier, Point::Nowhere);
        child.until_ready().await;
        carrier.until_taken((time * per_time / 2).max(1)).await;
        tokio::time::sleep(random.up_to(Duration::from_millis(20))).await;
        child.signal("-TERM");
        assert!(child.until_ended().await.success());
        let (claimed, sending) =
            (in_stage(&backend, Stage::Claimed).await, in_stage(&backend, Stage::Sending).await);
        assert_eq!((claimed, sending), (0, 0), "it gives back what it did not begin");
        midway += u32::from(in_stage(&backend, Stage::Waiting).await > 0);
    }
    crate::finish(&backend, &carrier, messages).await;
    assert_eq!(checker::check(&backend, &carrier, messages).await, 0);
    assert_eq!(carrier.taken().len() as u32, messages);
    println!("{messages} messages, {times} stops, {midway} of them on the way");
    assert!(midway > 0);
}

async fn in_stage(backend: &Backend, stage: Stage) -> u32 {
    backend.count(&Filter::new().with_stage(stage)).await
}
