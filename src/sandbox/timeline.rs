//! The timeline of a message: its steps one after another, and the callback of each.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::{sync::mpsc, task::JoinSet, time::Instant};

use crate::{
    message::{MessageId, MessageStatus},
    sandbox::{Carried, Fault, SandboxVendor, carrier::Errand, fault::shuffle, server::Shared},
};

/// Runs the errands as they come in: the timeline of a message, the call of a webhook.
pub(super) async fn run(
    shared: Arc<Shared>,
    mut submitted: mpsc::UnboundedReceiver<Errand>,
    tasks: Arc<Mutex<JoinSet<()>>>,
) {
    while let Some(errand) = submitted.recv().await {
        let mut tasks = tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {} // those that have ended
        let shared = Arc::clone(&shared);
        match errand {
            Errand::Deliver(id) => tasks.spawn(deliver(shared, id)),
            Errand::Call(provider, url, request) => tasks.spawn(async move {
                if let Some(vendor) = shared.vendor(&provider) {
                    shared.call(vendor, &url, None, &request).await;
                }
            }),
        };
    }
}

/// Takes one message along its timeline, and reports every step.
async fn deliver(shared: Arc<Shared>, id: MessageId) {
    let Some(message) = shared.carrier.find(&id) else { return };
    let Some(vendor) = shared.vendor(id.provider()) else { return };
    if let Some(at) = message.send_at {
        shared.carrier.clock().reach(at).await;
    }
    let mut held = Vec::new();
    let steps = vendor.timeline(&message, shared.carrier.fate(message.to));
    // A message that was on its way when its sandbox stopped goes on from where it was.
    let done = steps.iter().position(|step| step.status == message.status);
    let first = if message.changes == 0 { 0 } else { done.map_or(0, |at| at + 1) };
    for step in steps.into_iter().skip(first) {
        tokio::time::sleep(shared.pace).await;
        let changed = shared.carrier.change(&id, |message| {
            let on_its_way = !message.status.is_final();
            if on_its_way {
                message.status = step.status;
                message.error_code = step.error_code;
                message.changes += 1;
            }
            on_its_way
        });
        let Some(message) = changed else { break }; // cancelled or deleted
        let Some(request) = vendor.report(&message, &shared.carrier) else { continue };
        let status = message.status.clone();
        let times = match message.fault {
            Some(fault) if fault.holds_callbacks() => {
                held.push((Instant::now(), status, request));
                continue;
            }
            Some(Fault::LoseCallbacks) => 0,
            Some(Fault::RepeatCallbacks(times)) => times,
            _ => 1,
        };
        for _ in 0..times {
            report(&shared, vendor, &message, &status, &request).await;
        }
    }
    match message.fault {
        Some(Fault::ReverseCallbacks) => held.reverse(),
        Some(Fault::ShuffleCallbacks(seed)) => shuffle(&mut held, seed),
        _ => {}
    }
    for (due, status, request) in held {
        if let Some(Fault::DelayCallbacks(delay)) = message.fault {
            tokio::time::sleep_until(due + delay).await;
        }
        report(&shared, vendor, &message, &status, &request).await;
    }
    shared.carrier.end(&id);
}

/// Calls a message's callback.
async fn report(
    shared: &Shared,
    vendor: &dyn SandboxVendor,
    message: &Carried,
    status: &MessageStatus,
    request: &http::Request<Bytes>,
) {
    if let Some(callback) = &message.callback {
        shared.call(vendor, &callback.url, Some((&message.id, status)), request).await;
    }
}
