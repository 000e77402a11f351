//! What happens at the same time, or takes too long, or breaks: on each backend. `ANYSMS_RACES=10000` races so
//! often.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anysms::{ErrorKind, Message, SmsProvider, suppression::SuppressionSource};
use anysms_store::RecordExt;
use anysms_store::{AttemptOutcome, Entry, Filter, Progress, Stage, StorePolicy, SuppressionScope};
use tokio::time::sleep;

use crate::{
    Backend,
    fake::{Fake, news},
    message, number,
    running::{Around, Running, enqueue, entries, in_stage, of_status, on_each_backend, until_in},
};

on_each_backend! {
    a_slow_answer_keeps_its_claim: 1_500;
    told_to_stop_it_ends_what_it_began: 60_000;
    what_breaks_the_provider_is_not_sent_again: 1_000;
    what_breaks_a_layer_is_set_aside: 1_000;
    nothing_begins_after_an_opt_out: 60_000;
    news_and_answer_come_in_any_order: 60_000;
}

fn races(default: u32) -> u32 {
    std::env::var("ANYSMS_RACES").map_or(default, |text| text.parse().expect("a number"))
}

/// Twice as long as a lease, before the intent or after it.
async fn a_slow_answer_keeps_its_claim(backend: Backend) {
    let fake = Fake::new();
    let claimed = Arc::new(Mutex::new(Vec::new()));
    let running: Vec<Running> = (0..2)
        .map(|_| {
            let of = |odd: bool| {
                move |sent: &Message| {
                    sent.key().as_str().ends_with(['1', '3', '5', '7', '9']) == odd
                }
            };
            let (slow, late, claimed) = (of(true), of(false), Arc::clone(&claimed));
            let time = |is: bool| if is { Duration::from_secs(3) } else { Duration::ZERO };
            let answers = Around::new(fake.clone(), move |sent| time(slow(sent)));
            let stack = Around::new(answers.recorded(&backend.store).unwrap(), move |sent| {
                claimed.lock().unwrap().push(sent.key().clone());
                time(late(sent))
            });
            Running::start(&backend.store, stack)
        })
        .collect();
    enqueue(&backend.store, 20).await;
    while in_stage(&backend.store, Stage::Done).await < 20 {
        assert_eq!(of_status(&backend.store, Progress::Unconfirmed).await, 0, "nobody gave it up");
        sleep(Duration::from_millis(100)).await;
    }
    for running in running {
        running.stop().await;
    }
    assert_eq!(claimed.lock().unwrap().len(), 20, "each was claimed once");
    assert_eq!((fake.calls(), of_status(&backend.store, Progress::Accepted).await), (20, 20));
}

async fn told_to_stop_it_ends_what_it_began(backend: Backend) {
    let fake = Fake::new();
    let stack = || {
        let slow = Around::new(fake.clone(), |_| Duration::from_millis(300));
        slow.recorded(&backend.store).unwrap()
    };
    enqueue(&backend.store, 80).await;
    let running = Running::start(&backend.store, stack());
    while in_stage(&backend.store, Stage::Sending).await == 0 {
        sleep(Duration::from_millis(5)).await;
    }
    running.stop().await;
    let (done, waits) = (
        in_stage(&backend.store, Stage::Done).await,
        in_stage(&backend.store, Stage::Waiting).await,
    );
    assert!(done > 0 && waits > 0 && done + waits == 80, "{done} done, {waits} wait");
    assert_eq!(
        of_status(&backend.store, Progress::Accepted).await,
        done,
        "all that began was heard of"
    );
    assert_eq!(fake.calls() as usize, done);
    let running = Running::start(&backend.store, stack());
    until_in(&backend.store, Stage::Done, 80, 10).await;
    running.stop().await;
    assert_eq!((fake.calls(), of_status(&backend.store, Progress::Accepted).await), (80, 80));
}

/// Whether it is one in a hundred.
fn is_poison(sent: &Message) -> bool {
    sent.key().as_str().ends_with("77")
}

async fn what_breaks_the_provider_is_not_sent_again(backend: Backend) {
    let fake = Fake::answering(|_, sent| {
        assert!(!is_poison(sent), "as a bug would");
        Ok(())
    });
    let running = Running::start(&backend.store, fake.clone().recorded(&backend.store).unwrap());
    enqueue(&backend.store, 300).await;
    until_in(&backend.store, Stage::Done, 300, 10).await;
    running.stop().await;
    assert_eq!(fake.calls(), 300, "each once");
    let unknown = entries(&backend.store, &Filter::new().with_status(Progress::Unconfirmed)).await;
    let keys: HashSet<_> = unknown.iter().map(|entry| entry.key.as_str().to_owned()).collect();
    assert_eq!(keys, ["k77", "k177", "k277"].map(str::to_owned).into());
    assert_eq!(of_status(&backend.store, Progress::Accepted).await, 297);
}

async fn what_breaks_a_layer_is_set_aside(backend: Backend) {
    let fake = Fake::new();
    let claims = Arc::new(Mutex::new(0));
    let count = Arc::clone(&claims);
    let stack = Around::new(fake.clone().recorded(&backend.store).unwrap(), move |sent| {
        if is_poison(sent) {
            *count.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            panic!("as a bug would");
        }
        Duration::ZERO
    });
    let running = Running::start(&backend.store, stack);
    enqueue(&backend.store, 100).await;
    until_in(&backend.store, Stage::Done, 99, 10).await;
    until_in(&backend.store, Stage::Dead, 1, 15).await;
    running.stop().await;
    assert_eq!(fake.calls(), 99);
    assert_eq!(*claims.lock().unwrap_or_else(PoisonError::into_inner), 5, "and not for ever");
}

async fn nothing_begins_after_an_opt_out(backend: Backend) {
    let races = races(200);
    let fake = Fake::new();
    // Whose opt-out was answered, and of which messages that was so when they came to be sent.
    let (out, late) = (Arc::new(Mutex::new(HashSet::new())), Arc::new(Mutex::new(HashSet::new())));
    let (known, noted) = (Arc::clone(&out), Arc::clone(&late));
    let stack = Around::new(fake.clone().recorded(&backend.store).unwrap(), move |sent| {
        if known.lock().unwrap().contains(sent.tenant().unwrap()) {
            noted.lock().unwrap().insert(sent.key().clone());
        }
        Duration::ZERO
    });
    let running = Running::start(&backend.store, stack);
    let mut all = tokio::task::JoinSet::new();
    for race in 0..races {
        let tenant: anysms::TenantId = format!("o{race}").parse().unwrap();
        let (store, out) = (backend.store.clone(), Arc::clone(&out));
        let sent = message(&format!("k{race}")).with_tenant(tenant.clone());
        let to = number(race % 1_000);
        all.spawn(async move {
            store.enqueue(&[sent.with_destination(to)], None).await.unwrap().remove(0).unwrap();
            sleep(Duration::from_micros(u64::from(race % 40) * 1_500)).await;
            let scope = SuppressionScope::all().with_tenant(tenant.clone());
            store.suppress(to, scope, SuppressionSource::Keyword).await.unwrap();
            out.lock().unwrap().insert(tenant);
        });
        if all.len() >= 32 {
            all.join_next().await.unwrap().unwrap();
        }
    }
    all.join_all().await;
    until_in(&backend.store, Stage::Done, races as usize, 60).await;
    running.stop().await;
    let late = std::mem::take(&mut *late.lock().unwrap());
    let wrong = fake.sent.lock().unwrap().iter().filter(|sent| late.contains(sent.key())).count();
    assert_eq!(wrong, 0, "sent to who had opted out");
    let refused = entries(&backend.store, &Filter::new().with_status(Progress::Failed)).await;
    let opted_out = |entry: &Entry| {
        entry.failure.as_ref().is_some_and(|failure| failure.kind == ErrorKind::OptedOut)
    };
    assert!(refused.iter().all(opted_out));
    assert_eq!(refused.len() + fake.calls() as usize, races as usize);
    println!("{races} races: {} refused, {} of them late", refused.len(), late.len());
    assert!(!refused.is_empty());
}

async fn news_and_answer_come_in_any_order(backend: Backend) {
    let races = races(200);
    let reports = Arc::new(Mutex::new(Vec::new()));
    let (store, kept) = (backend.store.clone(), Arc::clone(&reports));
    let fake = Fake::answering(move |call, sent| {
        let (store, id) = (store.clone(), crate::fake::remote(call));
        let url = sent.status_callback().unwrap().as_str();
        let token = url.rsplit_once('/').unwrap().1.parse().unwrap();
        let token = (call % 2 == 0).then_some(token);
        let report = tokio::spawn(async move {
            sleep(Duration::from_micros(u64::from(call % 20) * 300)).await;
            store.record_status(&news(&id, "delivered"), token).await.unwrap()
        });
        kept.lock().unwrap().push(report);
        Ok(())
    });
    let callback = "https://example.com/hooks/acme".parse().unwrap();
    let slow = Around::new(fake, |_| Duration::ZERO).after(|_| Duration::from_millis(3));
    let recorded = slow.recorded(&backend.store).unwrap();
    let sms = Arc::new(recorded.with_callback(callback));
    let mut all = tokio::task::JoinSet::new();
    let mut ids = HashMap::new();
    for race in 0..races {
        let (sms, sent) = (Arc::clone(&sms), message(&format!("k{race}")));
        all.spawn(async move { (sent.key().clone(), sms.send(&sent).await.unwrap().id) });
        if all.len() >= 32 {
            let (key, id) = all.join_next().await.unwrap().unwrap();
            ids.insert(key, id);
        }
    }
    ids.extend(all.join_all().await);
    let (mut first, reports) = (0, std::mem::take(&mut *reports.lock().unwrap()));
    for report in reports {
        let applied = report.await.unwrap();
        assert!(!applied.id_conflict && !applied.duplicate);
        first += u32::from(applied.message.is_none());
    }
    println!("{races} races: {first} reports came before their message had an id");
    for (key, id) in ids {
        let history = backend.store.history(None, &key).await.unwrap().unwrap();
        let attempt = &history.attempts[0];
        assert_eq!((history.entry.status, history.events.len()), (Some(Progress::Delivered), 1));
        assert_eq!((&attempt.id, attempt.id_conflict), (&id, false));
        assert_eq!(attempt.outcome, Some(AttemptOutcome::Accepted));
    }
}
