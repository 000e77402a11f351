//! [`Kept`]: all that a store in memory keeps, with its indexes.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    ops::Bound,
};

use jiff::Timestamp;

use anysms::{
    intent::Intent,
    message::MessageId,
    number::PhoneNumber,
    verification::{ChallengeRow, ChallengeSend, Tally, TallyKey},
    webhook::EventId,
};

use super::threads::Threads;
use crate::{
    AttemptRecord, AttemptToken, End, Entry, Filter, PriceRecord, StatusEvent, Suppression,
    model::case::Case,
    protocol::transaction::Named,
    protocol::turns::{MOST_TENANTS, Turns, deal},
};

/// Rank, tenant, time and row of what the queue has to look at.
type Wake = (i64, String, Timestamp, i64);

fn wake(entry: &Entry) -> Option<Wake> {
    Some((entry.rank(), entry.tenant_name().to_owned(), entry.wake_at?, entry.id.0))
}

/// All that a store in memory keeps.
pub(crate) struct Kept {
    pub(super) most: usize,
    pub(super) last: i64,
    pub(crate) cases: BTreeMap<i64, Case>,
    pub(super) names: HashMap<Named, i64>,
    pub(super) tokens: HashMap<AttemptToken, i64>,
    pub(super) ids: HashMap<MessageId, i64>,
    /// Rows that the queue has to look at: by class, tenant and time.
    pub(super) wakes: BTreeSet<Wake>,
    pub(super) checks: BTreeSet<(Timestamp, i64)>,
    /// Rows with an attempt whose price is asked for, by when it is.
    pub(super) costs: BTreeSet<(Timestamp, i64)>,
    /// Submissions whose answer is waited for, by the ends of their leases.
    pub(super) sending: BTreeSet<(Timestamp, i64)>,
    pub(crate) events: HashMap<EventId, StatusEvent>,
    /// The events of messages that are not known.
    pub(super) unknown: HashMap<MessageId, Vec<EventId>>,
    pub(super) unknown_order: VecDeque<EventId>,
    pub(crate) suppressions: BTreeMap<PhoneNumber, Vec<Suppression>>,
    pub(super) prices: Vec<PriceRecord>,
    /// Ends that were not told so far, and when that is next tried.
    pub(super) results: BTreeMap<i64, (End, Timestamp)>,
    pub(super) challenges: BTreeMap<u128, ChallengeRow>,
    pub(super) challenge_sends: BTreeMap<(u128, u16), ChallengeSend>,
    pub(super) tallies: HashMap<TallyKey, Tally>,
    pub(super) intents: BTreeMap<String, Intent>,
    pub(super) threads: Threads,
}

impl Kept {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            last: 0,
            cases: BTreeMap::new(),
            names: HashMap::new(),
            tokens: HashMap::new(),
            ids: HashMap::new(),
            wakes: BTreeSet::new(),
            checks: BTreeSet::new(),
            costs: BTreeSet::new(),
            sending: BTreeSet::new(),
            events: HashMap::new(),
            unknown: HashMap::new(),
            unknown_order: VecDeque::new(),
            suppressions: BTreeMap::new(),
            prices: Vec::new(),
            results: BTreeMap::new(),
            challenges: BTreeMap::new(),
            challenge_sends: BTreeMap::new(),
            tallies: HashMap::new(),
            intents: BTreeMap::new(),
            threads: Threads::default(),
        }
    }

    pub(crate) fn named(&self, name: &Named) -> Option<&Case> {
        self.cases.get(self.names.get(name)?)
    }

    pub(crate) fn entries(&self, filter: &Filter) -> impl Iterator<Item = &Entry> {
        self.cases.values().filter(|case| filter.matches(case)).map(|case| &case.entry)
    }

    pub(crate) fn has_stale(&self, now: Timestamp) -> bool {
        self.sending.range(..=(now, i64::MAX)).next().is_some()
    }

    pub(super) fn next_row(&mut self) -> i64 {
        self.last += 1;
        self.last
    }

    pub(super) fn put(&mut self, case: Case) {
        let row = case.entry.id.0;
        self.take(row);
        if case.entry.freed == 0 {
            self.names.insert(case.name(), row);
        }
        self.wakes.extend(wake(&case.entry));
        for attempt in &case.attempts {
            self.tokens.insert(attempt.token, row);
            self.checks.extend(attempt.check_at.map(|at| (at, row)));
            self.costs.extend(attempt.cost_check_at.map(|at| (at, row)));
            let sending = attempt.check_at.filter(|_| attempt.outcome.is_none());
            self.sending.extend(sending.map(|at| (at, row)));
            if let Some(id) = &attempt.id {
                self.ids.insert(id.clone(), row);
            }
        }
        self.cases.insert(row, case);
    }

    pub(super) fn take(&mut self, row: i64) {
        let Some(case) = self.cases.remove(&row) else { return };
        if self.names.get(&case.name()) == Some(&row) {
            self.names.remove(&case.name());
        }
        if let Some(wake) = wake(&case.entry) {
            self.wakes.remove(&wake);
        }
        for attempt in &case.attempts {
            self.tokens.remove(&attempt.token);
            if let Some(at) = attempt.cost_check_at {
                self.costs.remove(&(at, row));
            }
            if let Some(at) = attempt.check_at {
                self.checks.remove(&(at, row));
                self.sending.remove(&(at, row));
            }
            if let Some(id) = &attempt.id {
                self.ids.remove(id);
            }
        }
    }

    /// Keeps an event of a message that is not known, and lets the oldest of them go where there are too many.
    pub(super) fn keep_unknown(&mut self, event: &StatusEvent) {
        self.unknown.entry(event.message.clone()).or_default().push(event.id);
        self.unknown_order.push_back(event.id);
        if self.unknown_order.len() <= self.most {
            return;
        }
        let Some(oldest) = self.unknown_order.pop_front() else { return };
        if self.events.get(&oldest).is_some_and(StatusEvent::is_unknown) {
            self.forget_event(oldest);
        }
    }

    pub(super) fn forget_event(&mut self, id: EventId) {
        let Some(event) = self.events.remove(&id) else { return };
        if let Some(ids) = self.unknown.get_mut(&event.message) {
            ids.retain(|known| *known != id);
            if ids.is_empty() {
                self.unknown.remove(&event.message);
            }
        }
    }

    /// Takes a message out with all that was tried and reported.
    pub(super) fn remove(&mut self, row: i64) {
        self.leave_thread(row);
        let Some(case) = self.cases.get(&row) else { return };
        let attempts: Vec<i64> = case.attempts.iter().map(|a| a.row).collect();
        self.events.retain(|_, event| !attempts.contains(&event.attempt));
        self.results.remove(&row);
        self.take(row);
    }

    /// Makes room for so many more. Whether there is.
    pub(super) fn make_room(&mut self, more: usize) -> bool {
        let excess = (self.cases.len() + more).saturating_sub(self.most);
        if excess == 0 {
            return true;
        }
        let closed = |case: &Case| {
            case.entry.wake_at.is_none() && case.attempts.iter().all(AttemptRecord::is_known)
        };
        let closed = self.cases.iter().filter(|(_, case)| closed(case)).map(|(row, _)| *row);
        let gone: Vec<i64> = closed.take(excess).collect();
        let room = gone.len() == excess;
        if room {
            gone.into_iter().for_each(|row| self.remove(row));
        }
        room
    }

    /// Returns what the queue has to look at, by turns.
    pub(super) fn due(&self, turns: &Turns, now: Timestamp, most: usize) -> BTreeSet<i64> {
        let mut rows = BTreeSet::new();
        for (rank, last) in (0_i64..).zip(&turns.last) {
            let left = most - rows.len();
            if left == 0 {
                break;
            }
            let mut tenants = self.tenants_behind(rank, last.as_deref());
            if let Some(last) = last {
                let before = self.tenants_behind(rank, None);
                tenants.extend(before.into_iter().take_while(|tenant| tenant <= last));
            }
            let queue = |tenant: String| {
                let from = (rank, tenant.clone(), Timestamp::MIN, i64::MIN);
                let due = self.wakes.range(from..=(rank, tenant.clone(), now, i64::MAX));
                let mut due = due.take(left).map(|(.., row)| *row).collect();
                turns.cut(&tenant, &mut due);
                due
            };
            rows.extend(deal(tenants.into_iter().map(queue).collect(), left));
        }
        rows
    }

    /// Returns the tenants with something in the queue, in order, behind one or from the first.
    fn tenants_behind(&self, rank: i64, last: Option<&str>) -> Vec<String> {
        let mut tenants: Vec<String> = Vec::new();
        let mut from = match last {
            Some(last) => Bound::Excluded((rank, last.to_owned(), Timestamp::MAX, i64::MAX)),
            None => Bound::Included((rank, String::new(), Timestamp::MIN, i64::MIN)),
        };
        let end = Bound::Excluded((rank + 1, String::new(), Timestamp::MIN, i64::MIN));
        while tenants.len() < MOST_TENANTS
            && let Some((_, tenant, ..)) = self.wakes.range((from, end.clone())).next()
        {
            tenants.push(tenant.clone());
            from = Bound::Excluded((rank, tenant.clone(), Timestamp::MAX, i64::MAX));
        }
        tenants
    }
}
