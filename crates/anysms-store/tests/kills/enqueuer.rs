//! A process that puts many messages into the queue is killed again and again, and starts from the beginning each
//! time. `ANYSMS_ROWS=1000000 ANYSMS_KILLS=50` does it with so many.

use std::{collections::HashSet, time::Duration};

use anysms_store::{Filter, Stage};

use crate::{
    Random,
    child::Child,
    setting,
    worker::{Backend, LEASE, message, open},
};

/// The process; an ordinary run of the tests passes by.
#[test]
fn an_enqueuer_in_a_process_of_its_own() {
    let Ok(place) = std::env::var("ANYSMS_ENQUEUER_LOG") else { return };
    let rows = setting("ANYSMS_ENQUEUER_ROWS", 0);
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let store = open(&place, LEASE).await;
        println!("ready");
        let refused = store.enqueue_all(&mut (0..rows).map(message), None).await.unwrap();
        assert!(refused.is_empty());
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_queues_on_sqlite() {
    killed_while_it_queues(Backend::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL"]
async fn killed_while_it_queues_on_postgres() {
    killed_while_it_queues(Backend::postgres().await).await;
}

async fn until_there(backend: &Backend, number: u32) {
    while backend.store.history(None, message(number).key()).await.unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn killed_while_it_queues(backend: Backend) {
    let (rows, kills) = (setting("ANYSMS_ROWS", 4_000), setting("ANYSMS_KILLS", 8));
    let environment = [
        ("ANYSMS_ENQUEUER_LOG", backend.place.clone()),
        ("ANYSMS_ENQUEUER_ROWS", rows.to_string()),
    ];
    let start = || Child::of("enqueuer::an_enqueuer_in_a_process_of_its_own", &environment);
    let (mut random, mut before, mut midway) = (Random::default(), 0, 0);
    for kill in 0..kills {
        let child = start();
        child.until_ready().await;
        until_there(&backend, rows / (kills + 2) * (kill + 1)).await;
        tokio::time::sleep(random.up_to(Duration::from_millis(10))).await;
        child.kill().await;
        let there = backend.count(&Filter::new()).await;
        assert!(there >= before && there <= rows, "{before}, then {there}");
        assert_eq!(there % 500, 0, "a transaction is there or not");
        midway += u32::from(there > 0 && there < rows);
        before = there;
    }
    assert!(start().until_ended().await.success());
    let entries = backend.entries(&Filter::new()).await;
    let keys: HashSet<_> = entries.iter().map(|entry| entry.key.clone()).collect();
    assert_eq!((entries.len(), keys.len()), (rows as usize, rows as usize), "each once");
    assert!((0..rows).all(|number| keys.contains(message(number).key())));
    assert!(entries.iter().all(|entry| entry.stage == Stage::Waiting));
    println!("{rows} rows, {kills} kills, {midway} of them on the way");
    assert!(midway > 0);
}
