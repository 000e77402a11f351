//! [`MemoryTransaction`]: the tables of a store in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use async_trait::async_trait;
use jiff::Timestamp;

use anysms::{
    error::{Error, ErrorKind, Result},
    message::{Direction, MessageId, Text},
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
};

/// All that a store in memory keeps.
pub(crate) struct Kept {
    most: usize,
    last: i64,
    pub(crate) cases: BTreeMap<i64, Case>,
    names: HashMap<Named, i64>,
    tokens: HashMap<AttemptToken, i64>,
    ids: HashMap<MessageId, i64>,
    wakes: BTreeSet<(Timestamp, i64)>,
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

    fn next_row(&mut self) -> i64 {
        self.last += 1;
        self.last
    }

    fn put(&mut self, case: Case) {
        let row = case.entry.id.0;
        self.take(row);
        self.names.insert(case.name(), row);
        self.wakes.extend(case.entry.wake_at.map(|at| (at, row)));
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
        self.names.remove(&case.name());
        if let Some(at) = case.entry.wake_at {
            self.wakes.remove(&(at, row));
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

    /// Makes room for one more. Whether there is.
    fn make_room(&mut self) -> bool {
        if self.cases.len() < self.most {
            return true;
        }
        let closed = |case: &Case| {
            case.entry.wake_at.is_none() && case.attempts.iter().all(AttemptRecord::is_known)
        };
        let Some(row) = self.cases.iter().find(|(_, case)| closed(case)).map(|(row, _)| *row)
        else {
            return false;
        };
        self.remove(row);
        true
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
            Which::Due(most) => due(&kept.wakes, self.now, most),
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
        Ok(rows.iter().filter_map(|row| kept.cases.get(row)).cloned().collect())
    }

    async fn insert(&mut self, entries: Vec<Entry>) -> Result<Vec<Case>> {
        let mut inserted = Vec::new();
        for entry in entries {
            let mut case = Case::new(entry, Vec::new());
            if self.kept.names.contains_key(&case.name()) {
                continue;
            }
            if !self.kept.make_room() {
                let full = Error::not_sent(ErrorKind::Unavailable);
                return Err(full
                    .with_detail("store: full of messages that are not ended")
                    .by_layer());
            }
            case.entry.id = EntryId(self.kept.next_row());
            self.kept.put(case.clone());
            inserted.push(case);
        }
        Ok(inserted)
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
            match list.iter_mut().find(|known| known.scope == one.scope) {
                Some(known) => known.source = known.source.max(one.source),
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
    ) -> Result<()> {
        if let Some(list) = self.kept.suppressions.get_mut(&number) {
            list.retain(|one| one.scope != *scope || one.source > up_to);
        }
        Ok(())
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

fn due(index: &BTreeSet<(Timestamp, i64)>, now: Timestamp, most: usize) -> BTreeSet<i64> {
    index.range(..=(now, i64::MAX)).take(most).map(|(_, row)| *row).collect()
}
