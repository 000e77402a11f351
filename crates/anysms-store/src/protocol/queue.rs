//! Operations of the queue: what comes in, who claims it, and how claims and orders of people end.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use jiff::Timestamp;

use anysms::{
    error::{Error, ErrorKind, Result},
    layers::NoWait,
    message::Message,
};

use crate::{
    AttemptOutcome, Enqueued, Entry, EntryId,
    model::seal::Opened,
    model::{
        case::Case,
        policy::{StorePolicy, storable},
    },
    protocol::{
        admission::{Claim, name},
        lease::{Release, Woken},
        operations::{cases, save},
        transaction::{Named, Tables, Which},
        turns::Turns,
    },
};

/// A message on its way into the queue.
#[derive(Clone, Debug)]
pub(crate) struct Enqueue {
    pub(crate) message: Message,
    pub(crate) at: Option<Timestamp>,
}

/// A message that a worker has claimed.
#[derive(Clone, Debug)]
pub(crate) struct Claimed {
    pub(crate) id: EntryId,
    pub(crate) name: Named,
    pub(crate) fence: i64,
    /// Place of its class among claims.
    pub(crate) rank: usize,
    pub(crate) message: Message,
    /// Time since it was due.
    pub(crate) age: Duration,
}

/// Writes messages into the queue and returns what each message's entry is now, in order. The same message again is
/// the same entry.
pub(crate) async fn enqueue(
    tables: &mut dyn Tables,
    policy: StorePolicy,
    messages: &[Enqueue],
) -> Result<Vec<Result<Enqueued>>> {
    let now = tables.now();
    let names: Vec<Named> = messages.iter().map(|enqueue| name(&enqueue.message)).collect();
    let entry = |enqueue: &Enqueue| policy.queued(&enqueue.message, enqueue.at, now, tables.seal());
    let mut missing: Vec<_> = messages.iter().map(entry).collect();
    let contents: Vec<_> = missing.iter().map(|entry| entry.content).collect();
    let stored: Vec<Result<()>> =
        messages.iter().map(|enqueue| storable(&enqueue.message)).collect();
    let mut storable = stored.iter().map(Result::is_ok);
    missing.retain(|_| storable.next() == Some(true));
    let cases = cases(tables, policy, &names, missing).await?;
    let known: HashMap<Named, &Case> = cases.iter().map(|case| (case.name(), case)).collect();
    let asked = names.iter().zip(messages).zip(contents).zip(stored);
    let mut new: HashSet<EntryId> =
        cases.iter().filter(|case| case.is_new()).map(|case| case.entry.id).collect();
    let ids = asked.map(|(((name, enqueue), content), stored)| {
        stored.map_err(Error::by_layer)?;
        match known.get(name) {
            Some(case) if case.entry.content.matches(&enqueue.message, content) => {
                let Entry { id, stage, status, .. } = case.entry;
                let is_new = new.remove(&id); // of two with one key the first
                Ok(if is_new {
                    Enqueued::Queued(id)
                } else {
                    Enqueued::Known { id, stage, status }
                })
            }
            Some(_) => Err(Error::not_sent(ErrorKind::Conflict)
                .with_detail("idempotency key: was already used for a different message")
                .by_layer()),
            None => {
                Err(Error::not_sent(ErrorKind::Unavailable).with_detail("store: the entry is gone"))
            }
        }
    });
    Ok(ids.collect())
}

/// Claims at most `most` messages of the queue, and ends those that may not be sent any more. Returns the
/// claims, and whether there may be more.
pub(crate) async fn claim(
    tables: &mut dyn Tables,
    policy: StorePolicy,
    most: usize,
    turns: &Turns,
) -> Result<(Vec<Claimed>, bool)> {
    let now = tables.now();
    let mut cases = tables.load(Which::Due { most, turns }).await?;
    let mut claims = Vec::new();
    for (place, case) in cases.iter_mut().enumerate() {
        if case.wake(policy, now) == Woken::Claimed {
            let opened = case.entry.payload.as_ref().map(|payload| tables.seal().open(payload));
            if opened == Some(Opened::Foreign) {
                case.release(case.entry.fence, &Release::Later(FOREIGN), policy, now);
                continue; // its own process sends it, or it expires
            }
            let message = opened.and_then(|opened| match opened {
                Opened::Text(json) => serde_json::from_str::<Message>(&json).ok(),
                Opened::Foreign | Opened::Broken => None,
            });
            let Some(mut message) = message else {
                case.release(case.entry.fence, &Release::Dead, policy, now); // nobody will be able to read it
                continue;
            };
            message = message.with_key(case.entry.key.clone()); // which it may have given away
            message.extensions_mut().insert(NoWait); // the queue waits
            let due = case.entry.due_at.unwrap_or(case.entry.created_at);
            claims.push((
                place,
                Claimed {
                    id: case.entry.id,
                    name: case.name(),
                    rank: case.entry.rank() as usize, // 0 to 2
                    fence: case.entry.fence,
                    message,
                    age: now.duration_since(due).try_into().unwrap_or_default(),
                },
            ));
        }
    }
    let more = cases.len() >= most;
    save(tables, &mut cases).await?;
    let claims = claims.into_iter().map(|(place, mut claimed)| {
        let claim = Claim(cases[place].snapshot());
        claimed.message.extensions_mut().insert(claim);
        claimed
    });
    Ok((claims.collect(), more))
}

/// Prolongs claims; whether each is still held.
pub(crate) async fn renew(
    tables: &mut dyn Tables,
    policy: StorePolicy,
    claims: &[(EntryId, i64)],
) -> Result<Vec<bool>> {
    let now = tables.now();
    change(tables, claims, |case, fence| case.renew(*fence, policy.lease, now)).await
}

/// Gives claims back; whether each was still held.
pub(crate) async fn release(
    tables: &mut dyn Tables,
    policy: StorePolicy,
    claims: &[(EntryId, (i64, Release))],
) -> Result<Vec<bool>> {
    let now = tables.now();
    change(tables, claims, |case, (fence, release)| case.release(*fence, release, policy, now))
        .await
}

/// Pause before a message is looked at again whose text another process sealed.
const FOREIGN: Duration = Duration::from_secs(1);

/// Order of a person for one message.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    Cancel,
    Requeue,
    Reschedule(Timestamp),
    Decide(AttemptOutcome),
}

/// Does it; whether it could be done.
pub(crate) async fn order(
    tables: &mut dyn Tables,
    policy: StorePolicy,
    name: &Named,
    order: Order,
) -> Result<bool> {
    let now = tables.now();
    let mut cases = tables.load(Which::Named(std::slice::from_ref(name))).await?;
    let Some(case) = cases.first_mut() else { return Ok(false) };
    let done = match order {
        Order::Cancel => case.cancel(),
        Order::Requeue => {
            let kept = tables.kept(case.entry.id).await?;
            case.requeue(kept, policy, now)
        }
        Order::Reschedule(at) => case.reschedule(at),
        Order::Decide(outcome) => case.decide(outcome, now),
    };
    save(tables, &mut cases).await?;
    Ok(done)
}

async fn change<T: Sync>(
    tables: &mut dyn Tables,
    wanted: &[(EntryId, T)],
    one: impl Fn(&mut Case, &T) -> bool + Send,
) -> Result<Vec<bool>> {
    let ids: Vec<EntryId> = wanted.iter().map(|(id, _)| *id).collect();
    let mut cases = tables.load(Which::Entries(&ids)).await?;
    let places: HashMap<EntryId, usize> =
        cases.iter().enumerate().map(|(place, case)| (case.entry.id, place)).collect();
    let changed = wanted.iter().map(|(id, wanted)| {
        let case = places.get(id).map(|place| &mut cases[*place]);
        case.is_some_and(|case| one(case, wanted))
    });
    let changed = changed.collect();
    save(tables, &mut cases).await?;
    Ok(changed)
}
