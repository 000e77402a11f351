//! Operations of a store: each reads cases, has them decide, and writes them back, in one transaction and for
//! many at a time.

use std::{
    collections::{HashMap, HashSet, hash_map},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;

use anysms::{
    PhoneNumber, ProviderId,
    error::{ErrorKind, Result},
    message::{MessageId, MessageRecord},
    webhook::EventId,
};

use crate::{
    Applied, AttemptRecord, AttemptToken, Entry, EntryId, Progress, StatusEvent, Suppression,
    model::{
        case::{Case, Snapshot},
        event::Seen,
        policy::StorePolicy,
    },
    protocol::transaction::{Named, Tables, Which},
    protocol::{
        admission::{Begin, Begun},
        transitions::Finish,
    },
};

/// An attempt about which a provider has to be asked.
#[derive(Clone, Debug)]
pub(crate) struct Check {
    pub(crate) token: AttemptToken,
    pub(crate) case: Case,
    pub(crate) place: usize,
}

/// Reads the cases of these names, made where there are none. Old ones give their keys to those that are
/// missing.
pub(super) async fn cases(
    tables: &mut dyn Tables,
    policy: StorePolicy,
    names: &[Named],
    missing: Vec<Entry>,
) -> Result<Vec<Case>> {
    let now = tables.now();
    let fresh = missing.clone();
    let wanted: HashSet<Named> = fresh.iter().map(name_of).collect();
    let mut cases = tables.insert(missing).await?;
    let new: HashSet<Named> = cases.iter().map(Case::name).collect();
    let known: Vec<Named> = names.iter().filter(|name| !new.contains(*name)).cloned().collect();
    if known.is_empty() {
        return Ok(cases);
    }
    let (mut over, kept): (Vec<Case>, Vec<Case>) = tables
        .load(Which::Named(&known))
        .await?
        .into_iter()
        .partition(|case| wanted.contains(&case.name()) && case.is_over(policy.keys, now));
    cases.extend(kept);
    if !over.is_empty() {
        let freed: HashSet<Named> = over.iter().map(Case::name).collect();
        over.iter_mut().for_each(Case::free_key);
        save(tables, &mut over).await?;
        let again = fresh.into_iter().filter(|entry| freed.contains(&name_of(entry))).collect();
        cases.extend(tables.insert(again).await?);
    }
    Ok(cases)
}

/// Writes cases back, with the ends of those that left the queue.
pub(super) async fn save(tables: &mut dyn Tables, cases: &mut [Case]) -> Result<()> {
    cases.iter_mut().for_each(Case::note_end);
    let attempts = cases.iter_mut().flat_map(|case| &mut case.attempts);
    attempts.for_each(AttemptRecord::schedule_cost_check);
    tables.save(cases).await
}

pub(super) fn name_of(entry: &Entry) -> Named {
    (entry.tenant.clone(), entry.key.clone())
}

/// Writes intents down, and says which may be submitted.
pub(crate) async fn begin(
    tables: &mut dyn Tables,
    policy: StorePolicy,
    begins: &[&Begin],
) -> Result<Vec<(Begun, Option<Arc<Snapshot>>)>> {
    let now = tables.now();
    let names: Vec<Named> = begins.iter().map(|begin| begin.name()).collect();
    let claimed = begins.iter().filter_map(|begin| begin.claim().cloned()).collect();
    let mut all = load_again(tables, claimed).await?;
    let direct = || begins.iter().filter(|begin| begin.fence().is_none());
    let missing = direct().map(|begin| policy.outbound(&begin.message, now)).collect();
    let unclaimed: Vec<Named> = direct().map(|begin| begin.name()).collect();
    join(&mut all, cases(tables, policy, &unclaimed, missing).await?);
    let mut cases = all;
    let number = |begin: &&Begin| begin.message.destination().number().map(PhoneNumber::canonical);
    let numbers: Vec<_> = begins.iter().filter_map(&number).collect();
    let suppressions = tables.suppressions(&numbers).await?;
    let places: HashMap<Named, usize> =
        cases.iter().enumerate().map(|(place, case)| (case.name(), place)).collect();
    let begun = begins.iter().zip(&names).map(|(begin, name)| {
        let Some(place) = places.get(name) else { return (Begun::LeaseLost, None) }; // it was erased
        let message = &begin.message;
        let covers = |one: &Suppression| {
            Some(one.number) == number(begin) && one.holds(now) && one.scope.covers(message)
        };
        let opted_out = suppressions.iter().any(covers);
        (cases[*place].begin(begin, opted_out, policy, now), Some(*place))
    });
    let begun: Vec<_> = begun.collect();
    save(tables, &mut cases).await?;
    let with_case = |(begun, place): (Begun, Option<usize>)| {
        let goes = place.filter(|_| begun == Begun::Go);
        (begun, goes.map(|place| cases[place].snapshot()))
    };
    Ok(begun.into_iter().map(with_case).collect())
}

/// Returns cases that this program knows, each once.
async fn load_again(tables: &mut dyn Tables, mut known: Vec<Arc<Snapshot>>) -> Result<Vec<Case>> {
    let mut ids = HashSet::new();
    known.retain(|known| ids.insert(known.entry.id));
    tables.load_again(known).await
}

/// Adds cases that are not among these.
fn join(cases: &mut Vec<Case>, more: Vec<Case>) {
    let known: HashSet<EntryId> = cases.iter().map(|case| case.entry.id).collect();
    cases.extend(more.into_iter().filter(|case| !known.contains(&case.entry.id)));
}

/// Writes down how submissions ended, and takes the events that came before their answers.
pub(crate) async fn finish(tables: &mut dyn Tables, finishes: &[&Finish]) -> Result<()> {
    let now = tables.now();
    let id = |finish: &&&Finish| finish.result.as_ref().ok().and_then(|receipt| receipt.id.clone());
    let ids: Vec<MessageId> = finishes.iter().filter_map(|finish| id(&finish)).collect();
    tables.hold(&ids).await?;
    let begun = finishes.iter().filter_map(|finish| finish.begun.clone()).collect();
    let mut cases = load_again(tables, begun).await?;
    let others = finishes.iter().filter(|finish| finish.begun.is_none());
    let tokens: Vec<AttemptToken> = others.map(|finish| finish.token).collect();
    if !tokens.is_empty() {
        join(&mut cases, tables.load(Which::Tokens(&tokens)).await?);
    }
    let mut places: HashMap<AttemptToken, usize> = HashMap::new();
    for (place, case) in cases.iter().enumerate() {
        places.extend(case.attempts.iter().map(|attempt| (attempt.token, place)));
    }
    let mut suppressions = Vec::new();
    for finish in finishes {
        if let Some(case) = places.get(&finish.token).map(|place| &mut cases[*place]) {
            case.finish(finish, now);
            suppressions.extend(refused(case, finish, now));
        }
    }
    let mut events = tables.unknown_events(&ids).await?;
    apply(&mut cases, &mut events);
    save(tables, &mut cases).await?;
    tables.save_events(&events).await?;
    keep_suppressions(tables, &suppressions).await
}

/// Returns the suppression that a provider's refusal of a recipient who opted out is.
fn refused(case: &Case, finish: &Finish, now: Timestamp) -> Option<Suppression> {
    let error = finish.result.as_ref().err()?;
    let opted_out = error.kind() == ErrorKind::OptedOut && !error.is_by_layer();
    let attempt = case.attempts.iter().find(|attempt| attempt.token == finish.token)?;
    opted_out.then(|| Suppression::refused(&case.entry, attempt, now)).flatten()
}

async fn keep_suppressions(tables: &mut dyn Tables, all: &[Suppression]) -> Result<()> {
    if all.is_empty() { Ok(()) } else { tables.insert_suppressions(all).await }
}

/// Keeps events and applies them to their messages.
pub(crate) async fn record(
    tables: &mut dyn Tables,
    events: &[&StatusEvent],
) -> Result<Vec<Applied>> {
    let mut places: HashMap<EventId, usize> = HashMap::new();
    let mut unique: Vec<StatusEvent> = Vec::new();
    for event in events {
        match places.entry(event.id) {
            hash_map::Entry::Occupied(known) => unique[*known.get()].times += 1,
            hash_map::Entry::Vacant(vacant) => {
                vacant.insert(unique.len());
                unique.push((*event).clone());
            }
        }
    }
    let ids: Vec<MessageId> = unique.iter().map(|event| event.message.clone()).collect();
    let tokens: Vec<AttemptToken> = unique.iter().filter_map(|event| event.token).collect();
    tables.hold(&ids).await?;
    let mut cases = tables.load(Which::Reported { ids: &ids, tokens: &tokens }).await?;
    let applied = apply(&mut cases, &mut unique);
    let now = tables.now();
    let refused = unique.iter().zip(&applied).filter(|(event, applied)| {
        let opted_out = event.failure.as_ref().is_some_and(|one| one.kind == ErrorKind::OptedOut);
        opted_out && applied.message.is_some() && !applied.unproved
    });
    let of = |event: &StatusEvent| {
        let attempts = |case: &Case| case.attempts.iter().position(|a| a.row == event.attempt);
        let (case, at) = cases.iter().find_map(|case| Some((case, attempts(case)?)))?;
        Suppression::refused(&case.entry, &case.attempts[at], now)
    };
    let suppressions: Vec<_> = refused.filter_map(|(event, _)| of(event)).collect();
    save(tables, &mut cases).await?;
    keep_suppressions(tables, &suppressions).await?;
    let mut seen = tables.insert_events(&unique).await?;
    let of = |event: &&StatusEvent| {
        let place = places[&event.id];
        let seen = std::mem::replace(&mut seen[place], Seen::Before);
        let applied = applied[place].clone();
        let changed = match seen {
            Seen::New => applied.changed,
            // Its commit may have been taken for lost. Better told twice than never.
            Seen::Again => !applied.stale && applied.status == Progress::of(&event.status),
            Seen::Before => false,
        };
        Applied { duplicate: seen == Seen::Before, changed, ..applied }
    };
    Ok(events.iter().map(of).collect())
}

/// Applies each event to its attempt, by the token if it has one, else by the provider's id.
fn apply(cases: &mut [Case], events: &mut [StatusEvent]) -> Vec<Applied> {
    let mut places = HashMap::new();
    for (at, case) in cases.iter().enumerate() {
        for (place, attempt) in case.attempts.iter().enumerate() {
            places.insert(Ok(attempt.token), (at, place));
            if let Some(id) = &attempt.id {
                places.insert(Err(id.clone()), (at, place));
            }
        }
    }
    let one = |event: &mut StatusEvent| {
        let place = event.token.and_then(|token| places.get(&Ok(token)));
        // A token of another provider's attempt is none.
        let place = place.filter(|(at, place)| {
            cases[*at].attempts[*place].provider == *event.message.provider()
        });
        let place = place.or_else(|| places.get(&Err(event.message.clone())));
        place.map(|(at, place)| cases[*at].apply(*place, event)).unwrap_or_default()
    };
    events.iter_mut().map(one).collect()
}

/// For how long an attempt is left to a reconciler that has its provider.
const LEFT: Duration = Duration::from_secs(60 * 60);

/// Returns the attempts about which one of these providers has to be asked now, and whether there may be
/// more. Nobody else is told of them for a minute.
pub(crate) async fn checks(
    tables: &mut dyn Tables,
    policy: StorePolicy,
    providers: &[ProviderId],
    most: usize,
) -> Result<(Vec<Check>, bool)> {
    let now = tables.now();
    let later = now.checked_add(Duration::from_secs(60)).unwrap_or(now);
    let left = now.checked_sub(LEFT).unwrap_or(Timestamp::MIN);
    let mut cases = tables.load(Which::Unchecked { providers, left, most }).await?;
    let mut checks = Vec::new();
    for case in &mut cases {
        if case.is_stale(now) {
            case.interrupt(policy, now);
        }
        for place in 0..case.attempts.len() {
            let attempt = &mut case.attempts[place];
            let until = if providers.contains(&attempt.provider) { now } else { left };
            if attempt.check_at.is_some_and(|at| at <= until) {
                attempt.check_at = Some(later);
                let token = attempt.token;
                checks.push(Check { token, case: case.clone(), place });
            }
        }
    }
    save(tables, &mut cases).await?;
    Ok((checks, cases.len() >= most))
}

/// Ends submissions whose leases are over, of direct sends too, so that what was interrupted is shown as unconfirmed.
/// Returns whether there may be more.
pub(crate) async fn sweep(
    tables: &mut dyn Tables,
    policy: StorePolicy,
    most: usize,
) -> Result<bool> {
    let now = tables.now();
    let mut cases = tables.load(Which::Stale(most)).await?;
    for case in cases.iter_mut().filter(|case| case.is_stale(now)) {
        case.interrupt(policy, now);
    }
    save(tables, &mut cases).await?;
    Ok(cases.len() >= most)
}

/// Answer of a provider about an attempt.
#[derive(Clone, Debug)]
pub(crate) enum Looked {
    /// Its record of it.
    Found(Box<MessageRecord>),
    /// It has none that is surely of this attempt.
    Nothing,
    /// It was not asked, or did not answer: that says nothing.
    NotAsked,
}

impl Looked {
    pub(crate) fn record(&self) -> Option<&MessageRecord> {
        match self {
            Self::Found(record) => Some(record),
            Self::Nothing | Self::NotAsked => None,
        }
    }
}

/// Writes down what a provider said of attempts.
pub(crate) async fn settle(
    tables: &mut dyn Tables,
    policy: StorePolicy,
    found: &[(AttemptToken, Looked)],
) -> Result<Vec<Case>> {
    let now = tables.now();
    let tokens: Vec<AttemptToken> = found.iter().map(|(token, _)| *token).collect();
    let ids: Vec<MessageId> =
        found.iter().filter_map(|(_, looked)| Some(looked.record()?.id.clone())).collect();
    tables.hold(&ids).await?;
    let mut cases = tables.load(Which::Tokens(&tokens)).await?;
    for (token, looked) in found {
        let of = |case: &&mut Case| case.attempts.iter().any(|a| a.token == *token);
        if let Some(case) = cases.iter_mut().find(of)
            && case.settle(*token, looked, policy, now)
        {
            let kept = tables.kept(case.entry.id).await?;
            case.put_back(kept, now);
        }
    }
    let mut events = tables.unknown_events(&ids).await?;
    apply(&mut cases, &mut events);
    save(tables, &mut cases).await?;
    tables.save_events(&events).await?;
    Ok(cases)
}

impl Case {
    pub(crate) fn name(&self) -> Named {
        name_of(&self.entry)
    }
}
