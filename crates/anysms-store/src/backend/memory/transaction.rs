//! [`MemoryTransaction`]: the tables of a store in memory.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque},
    ops::Bound,
};

use async_trait::async_trait;
use jiff::Timestamp;

use anysms::{
    error::{Error, ErrorKind, Result},
    message::{Address, Direction, MessageId, Text},
    number::PhoneNumber,
    webhook::EventId,
};

use crate::{
    AttemptRecord, AttemptToken, Entry, EntryId, Filter, Progress, Stage, StatusEvent, Suppression,
    SuppressionScope,
    model::redaction::Redaction,
    model::{entry::Case, event::Seen, suppression::SuppressionSource},
    protocol::retention::Forget,
    protocol::transaction::{Named, Tables, Upkeep, Which},
    protocol::turns::{MOST_TENANTS, Turns, deal},
};

/// Rank, tenant, time and row of what the queue has to look at.
type Wake = (i64, String, Timestamp, i64);

fn wake(entry: &Entry) -> Option<Wake> {
    Some((entry.rank(), entry.tenant_name().to_owned(), entry.wake_at?, entry.id.0))
}

/// All that a store in memory keeps.
pub(crate) struct Kept {
    most: usize,
    last: i64,
    pub(crate) cases: BTreeMap<i64, Case>,
    names: HashMap<Named, i64>,
    tokens: HashMap<AttemptToken, i64>,
    ids: HashMap<MessageId, i64>,
    /// What the queue has to look at: by class, tenant and time.
    wakes: BTreeSet<Wake>,
    checks: BTreeSet<(Timestamp, i64)>,
    pub(crate) events: HashMap<EventId, StatusEvent>,
    /// The events of messages that are not known.
    unknown: HashMap<MessageId, Vec<EventId>>,
    unknown_order: VecDeque<EventId>,
    pub(crate) suppressions: BTreeMap<PhoneNumber, Vec<Suppression>>,
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
            events: HashMap::new(),
            unknown: HashMap::new(),
            unknown_order: VecDeque::new(),
            suppressions: BTreeMap::new(),
        }
    }

    pub(crate) fn named(&self, name: &Named) -> Option<&Case> {
        self.cases.get(self.names.get(name)?)
    }

    pub(crate) fn entries(&self, filter: &Filter) -> impl Iterator<Item = &Entry> {
        self.cases.values().filter(|case| filter.matches(case)).map(|case| &case.entry)
    }

    pub(crate) fn has_stale(&self, now: Timestamp) -> bool {
        let mut over = self.checks.range(..=(now, i64::MAX));
        over.any(|(_, row)| self.cases.get(row).is_some_and(|case| case.is_stale(now)))
    }

    fn next_row(&mut self) -> i64 {
        self.last += 1;
        self.last
    }

    fn put(&mut self, case: Case) {
        let row = case.entry.id.0;
        self.take(row);
        if case.entry.freed == 0 {
            self.names.insert(case.name(), row);
        }
        self.wakes.extend(wake(&case.entry));
        for attempt in &case.attempts {
            self.tokens.insert(attempt.token, row);
            self.checks.extend(attempt.check_at.map(|at| (at, row)));
            if let Some(id) = &attempt.id {
                self.ids.insert(id.clone(), row);
            }
        }
        self.cases.insert(row, case);
    }

    fn take(&mut self, row: i64) {
        let Some(case) = self.cases.remove(&row) else { return };
        if self.names.get(&case.name()) == Some(&row) {
            self.names.remove(&case.name());
        }
        if let Some(wake) = wake(&case.entry) {
            self.wakes.remove(&wake);
        }
        for attempt in &case.attempts {
            self.tokens.remove(&attempt.token);
            if let Some(at) = attempt.check_at {
                self.checks.remove(&(at, row));
            }
            if let Some(id) = &attempt.id {
                self.ids.remove(id);
            }
        }
    }

    /// Keeps an event of a message that is not known, and lets the oldest of them go where there are too many.
    fn keep_unknown(&mut self, event: &StatusEvent) {
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

    fn forget_event(&mut self, id: EventId) {
        let Some(event) = self.events.remove(&id) else { return };
        if let Some(ids) = self.unknown.get_mut(&event.message) {
            ids.retain(|known| *known != id);
            if ids.is_empty() {
                self.unknown.remove(&event.message);
            }
        }
    }

    /// Takes a message out with all that was tried and reported.
    fn remove(&mut self, row: i64) {
        let Some(case) = self.cases.get(&row) else { return };
        let attempts: Vec<i64> = case.attempts.iter().map(|a| a.row).collect();
        self.events.retain(|_, event| !attempts.contains(&event.attempt));
        self.take(row);
    }

    /// Makes room for so many more. Whether there is.
    fn make_room(&mut self, more: usize) -> bool {
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
    fn due(&self, turns: &Turns, now: Timestamp, most: usize) -> BTreeSet<i64> {
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

/// The tables for one transaction: nobody else has them meanwhile, and nothing can go wrong halfway.
pub(crate) struct MemoryTransaction<'a> {
    kept: &'a mut Kept,
    now: Timestamp,
}

impl<'a> MemoryTransaction<'a> {
    pub(crate) fn new(kept: &'a mut Kept, now: Timestamp) -> Self {
        Self { kept, now }
    }

    /// Calls a message back if it waits, and has something forgotten of it.
    fn change(&mut self, id: EntryId, forget: impl FnOnce(&mut Entry)) {
        let Some(mut case) = self.kept.cases.get(&id.0).cloned() else { return };
        let entry = &mut case.entry;
        let waits = !matches!(entry.stage, Stage::Done | Stage::Sending);
        if waits && entry.status == Some(Progress::Prepared) {
            entry.status = Some(Progress::Canceled);
        }
        (entry.stage, entry.wake_at, entry.payload) = (Stage::Done, None, None);
        entry.kept = None;
        forget(entry);
        self.kept.put(case);
    }
}

#[async_trait]
impl Tables for MemoryTransaction<'_> {
    fn now(&self) -> Timestamp {
        self.now
    }

    async fn load(&mut self, which: Which<'_>) -> Result<Vec<Case>> {
        let kept = &*self.kept;
        let rows: BTreeSet<i64> = match which {
            Which::Named(names) => {
                names.iter().filter_map(|name| kept.names.get(name)).copied().collect()
            }
            Which::Tokens(tokens) => {
                tokens.iter().filter_map(|token| kept.tokens.get(token)).copied().collect()
            }
            Which::Ids(ids) => ids.iter().filter_map(|id| kept.ids.get(id)).copied().collect(),
            Which::Due { most, turns } => kept.due(turns, self.now, most),
            Which::Stale(most) => {
                let over = kept.checks.range(..=(self.now, i64::MAX)).map(|(_, row)| row);
                let stale = |row: &&i64| kept.cases.get(row).is_some_and(|c| c.is_stale(self.now));
                over.filter(stale).take(most).copied().collect()
            }
            Which::Untold(most) => {
                let due = |case: &&Case| case.entry.tell_at.is_some_and(|at| at <= self.now);
                kept.cases.values().filter(due).take(most).map(|case| case.entry.id.0).collect()
            }
            Which::Unchecked { providers, left, most } => {
                let due = kept.checks.range(..=(self.now, i64::MAX));
                let ask = |(at, row): &&(Timestamp, i64)| {
                    let of = |a: &AttemptRecord| {
                        a.check_at == Some(*at)
                            && (a.outcome.is_none() || providers.contains(&a.provider))
                    };
                    *at <= left
                        || kept.cases.get(row).is_some_and(|case| case.attempts.iter().any(of))
                };
                due.filter(ask).take(most).map(|(_, row)| *row).collect()
            }
        };
        Ok(rows.iter().filter_map(|row| kept.cases.get(row)).map(Case::read_again).collect())
    }

    async fn insert(&mut self, entries: Vec<Entry>) -> Result<Vec<Case>> {
        let mut names = HashSet::new();
        let is_new = |entry: &Entry| {
            let name = (entry.tenant.clone(), entry.key.clone());
            !self.kept.names.contains_key(&name) && names.insert(name)
        };
        let entries: Vec<Entry> = entries.into_iter().filter(is_new).collect();
        // Room for all comes first, so that nothing is written in part.
        if !self.kept.make_room(entries.len()) {
            let full = Error::not_sent(ErrorKind::Unavailable);
            return Err(full.with_detail("store: full of messages that are not ended").by_layer());
        }
        let mut inserted = Vec::new();
        for entry in entries {
            let mut case = Case::inserted(entry);
            case.entry.id = EntryId(self.kept.next_row());
            self.kept.put(case.clone());
            inserted.push(case);
        }
        Ok(inserted)
    }

    async fn kept(&mut self, id: EntryId) -> Result<Option<Text>> {
        Ok(self.kept.cases.get(&id.0).and_then(|case| case.entry.kept.clone()))
    }

    async fn save(&mut self, cases: &[Case]) -> Result<()> {
        for case in cases {
            let mut case = case.clone();
            for attempt in case.attempts.iter_mut().filter(|attempt| attempt.row == 0) {
                attempt.row = self.kept.next_row();
            }
            self.kept.put(case);
        }
        Ok(())
    }

    async fn hold(&mut self, _ids: &[MessageId]) -> Result<()> {
        Ok(())
    }

    async fn insert_events(&mut self, events: &[StatusEvent]) -> Result<Vec<Seen>> {
        let insert = |event: &StatusEvent| match self.kept.events.get_mut(&event.id) {
            Some(known) => {
                known.times += event.times;
                if known.is_unknown() {
                    known.attempt = event.attempt;
                }
                Seen::Before
            }
            None => {
                self.kept.events.insert(event.id, event.clone());
                if event.is_unknown() {
                    self.kept.keep_unknown(event);
                }
                Seen::New
            }
        };
        Ok(events.iter().map(insert).collect())
    }

    async fn unknown_events(&mut self, ids: &[MessageId]) -> Result<Vec<StatusEvent>> {
        let events = ids.iter().filter_map(|id| self.kept.unknown.get(id)).flatten();
        Ok(events.filter_map(|event| self.kept.events.get(event)).cloned().collect())
    }

    async fn save_events(&mut self, events: &[StatusEvent]) -> Result<()> {
        for event in events.iter().filter(|event| !event.is_unknown()) {
            if let Some(known) =
                self.kept.events.get_mut(&event.id).filter(|known| known.is_unknown())
            {
                (known.attempt, known.stale) = (event.attempt, event.stale);
                known.foreign = event.foreign;
                self.kept.unknown.remove(&event.message);
            }
        }
        Ok(())
    }

    async fn mark_read(&mut self, ids: &[EntryId]) -> Result<u64> {
        let mut news = 0;
        for id in ids {
            let case = self.kept.cases.get_mut(&id.0);
            let Some(entry) = case.map(|case| &mut case.entry) else { continue };
            if entry.direction == Direction::Inbound && entry.read_at.is_none() {
                entry.read_at = Some(self.now);
                news += 1;
            }
        }
        Ok(news)
    }

    async fn suppressions(&mut self, numbers: &[PhoneNumber]) -> Result<Vec<Suppression>> {
        let of = numbers.iter().filter_map(|number| self.kept.suppressions.get(number));
        Ok(of.flatten().cloned().collect())
    }

    async fn insert_suppressions(&mut self, suppressions: &[Suppression]) -> Result<()> {
        for one in suppressions {
            let list = self.kept.suppressions.entry(one.number).or_default();
            match list.iter_mut().find(|known| known.is_same(one)) {
                Some(known) => known.join(one),
                None => list.push(one.clone()),
            }
        }
        Ok(())
    }

    async fn remove_suppression(
        &mut self,
        number: PhoneNumber,
        scope: &SuppressionScope,
        up_to: SuppressionSource,
        told: Option<&Address>,
    ) -> Result<()> {
        if let Some(list) = self.kept.suppressions.get_mut(&number) {
            let is_told = |one: &Suppression| {
                told.is_none() || one.told.is_none() || one.told.as_ref() == told
            };
            list.retain(|one| one.scope != *scope || one.source > up_to || !is_told(one));
        }
        Ok(())
    }

    async fn unproved_suppressions(&mut self, most: usize) -> Result<Vec<Suppression>> {
        let all = self.kept.suppressions.values().flatten();
        Ok(all.filter(|one| one.is_unproved(self.now)).take(most).cloned().collect())
    }
}

#[async_trait]
impl Upkeep for MemoryTransaction<'_> {
    async fn older(
        &mut self,
        than: Redaction,
        before: Timestamp,
        most: usize,
    ) -> Result<Vec<(EntryId, String)>> {
        let old = |case: &&Case| {
            let entry = &case.entry;
            entry.redaction < than && entry.created_at < before && entry.wake_at.is_none()
        };
        let old = self.kept.cases.values().filter(old).take(most);
        Ok(old.map(|case| (case.entry.id, case.entry.remote.to_string())).collect())
    }

    async fn with_address(&mut self, remote: &[Text], most: usize) -> Result<Vec<EntryId>> {
        let with = |case: &&Case| {
            let known = case.entry.remote.to_string();
            remote.iter().any(|remote| *remote == *known)
        };
        Ok(self.kept.cases.values().filter(with).take(most).map(|case| case.entry.id).collect())
    }

    async fn forget_texts(&mut self, ids: &[EntryId]) -> Result<()> {
        for id in ids {
            self.change(*id, Entry::forget_text);
        }
        Ok(())
    }

    async fn forget_numbers(&mut self, forget: &[Forget]) -> Result<()> {
        for forget in forget {
            self.change(forget.id, |entry| entry.forget_number(forget));
        }
        Ok(())
    }

    async fn remove(&mut self, before: Timestamp, most: usize) -> Result<u64> {
        let old = |case: &&Case| {
            let entry = &case.entry;
            let late = |a: &AttemptRecord| a.outcome.is_none() || a.begun_at >= before;
            let written = entry.due_at.map_or(entry.created_at, |due| due.max(entry.created_at));
            written < before && entry.wake_at.is_none() && !case.attempts.iter().any(late)
        };
        let old: Vec<i64> =
            self.kept.cases.values().filter(old).take(most).map(|case| case.entry.id.0).collect();
        old.iter().for_each(|row| self.kept.remove(*row));
        let unknown = |event: &&StatusEvent| event.is_unknown() && event.received_at < before;
        let events: Vec<EventId> =
            self.kept.events.values().filter(unknown).map(|event| event.id).collect();
        events.into_iter().for_each(|id| self.kept.forget_event(id));
        Ok(old.len() as u64)
    }
}
