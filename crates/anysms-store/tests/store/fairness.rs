//! One tenant's trouble is not everybody's: claims by class and in turn, lanes by account.

use std::time::{Duration, Instant};

use anysms::{
    Error, ErrorKind, Message, TenantId,
    layers::{LayerExt, Quota, RetryPolicy},
    message::MessageClass,
};
use anysms_store::{MessageStore, Progress, RecordExt};
use tokio::time::sleep;

use crate::{Backend, carrier::Carrier, message, running::Running};

fn of(tenant: &str, key: &str) -> Message {
    message(key).with_tenant(tenant.parse().unwrap())
}

/// Returns how long it takes until a message is accepted.
async fn until_accepted(store: &MessageStore, message: &Message) -> Duration {
    let begun = Instant::now();
    let tenant: Option<&TenantId> = message.tenant();
    loop {
        let history = store.history(tenant, message.key()).await.unwrap();
        if history.is_some_and(|one| one.entry.status >= Some(Progress::Accepted)) {
            println!("{}: {:?}", message.key(), begun.elapsed());
            return begun.elapsed();
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "it waits behind the others");
        sleep(Duration::from_millis(10)).await;
    }
}

async fn backlog(store: &MessageStore, count: u32, one: impl Fn(u32) -> Message + Send) {
    let mut all = (0..count).map(one);
    store.enqueue_all(&mut all, None).await.unwrap();
}

/// Bounds of this kind are far from what a machine in trouble takes, and far below what the fault took.
const SOON: Duration = Duration::from_secs(5);

pub(crate) async fn a_revoked_account_holds_up_nobody(backend: Backend) {
    let store = &backend.store;
    let carrier = Carrier::answering(None, |message| match message.tenant() {
        Some(tenant) if tenant.as_str() == "a" => {
            Err(Error::not_sent(ErrorKind::Credentials).with_code("20003"))
        }
        _ => Ok(()),
    });
    backlog(store, 100, |at| of("a", &format!("k{at}"))).await;
    let other = of("b", "only");
    store.enqueue(std::slice::from_ref(&other), None).await.unwrap();
    let stack = carrier.clone().recorded(store).unwrap().retry(RetryPolicy::default());
    let running = Running::start(store, stack);
    assert!(until_accepted(store, &other).await < SOON);
    let late = of("b", "late");
    store.enqueue(std::slice::from_ref(&late), None).await.unwrap();
    assert!(until_accepted(store, &late).await < SOON);
    sleep(Duration::from_secs(2)).await;
    running.stop().await;
    let refused = carrier.calls() - 2;
    assert!(refused <= 40, "{refused} tries of an account that is known to be revoked");
}

pub(crate) async fn a_limited_tenant_holds_up_nobody(backend: Backend) {
    let store = &backend.store;
    let carrier = Carrier::new(None);
    let stack = carrier.clone().recorded(store).unwrap();
    let free = |message: &Message| {
        message.tenant().filter(|one| one.as_str() == "free").map(ToString::to_string)
    };
    let stack = stack.rate_limit([Quota::messages(1).per(free)]).retry(RetryPolicy::default());
    backlog(store, 400, |at| of("free", &format!("k{at}"))).await;
    let running = Running::start(store, stack);
    sleep(Duration::from_millis(300)).await;
    for at in 0..5 {
        let paid = of("paid", &format!("p{at}"));
        store.enqueue(std::slice::from_ref(&paid), None).await.unwrap();
        assert!(until_accepted(store, &paid).await < SOON, "{at}");
        sleep(Duration::from_millis(400)).await;
    }
    sleep(Duration::from_secs(2)).await;
    running.stop().await;
    let sent = carrier.sent.lock().unwrap();
    let limited = sent.iter().filter(|one| one.tenant().unwrap().as_str() == "free").count();
    assert!(limited >= 3, "{limited}: the limit itself is used");
}

pub(crate) async fn a_code_waits_behind_no_campaign(backend: Backend) {
    let store = &backend.store;
    let carrier = Carrier::new(None);
    let campaign = |at: u32| message(&format!("m{at}")).with_class(MessageClass::Marketing);
    backlog(store, 5_000, campaign).await;
    let running = Running::start(store, carrier.clone().recorded(store).unwrap());
    sleep(Duration::from_millis(50)).await;
    let code = message("code").with_class(MessageClass::OneTimeCode);
    let (plain, other) = (message("plain"), of("other", "m").with_class(MessageClass::Marketing));
    for one in [&code, &plain, &other] {
        store.enqueue(std::slice::from_ref(one), None).await.unwrap();
    }
    for one in [&code, &plain, &other] {
        until_accepted(store, one).await;
    }
    let behind = 5_003 - carrier.calls();
    running.stop().await;
    assert!(behind > 200, "only {behind} of the campaign are left");
}
