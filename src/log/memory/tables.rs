//! [`MemoryTables`]: the tables of a log in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    error::{Error, ErrorKind, Result},
    log::{
        Attempt, AttemptToken, EntryId, LogEntry, LogFilter, LoggedEvent, OptOut, OptOutScope,
        Stage,
        entry::Case,
        retention::{Forget, Memory},
        tables::{Named, Tables, Which},
    },
    message::{Address, Direction, MessageId},
    number::PhoneNumber,
    opt_out::OptOutSource,
    webhook::EventId,
};

/// All that a log in memory keeps.
pub(super) struct Kept {
    most: usize,
    last: i64,
    pub(super) cases: BTreeMap<i64, Case>,
    names: HashMap<Named, i64>,
    tokens: HashMap<AttemptToken, i64>,
    ids: HashMap<MessageId, i64>,
    wakes: BTreeSet<(Timestamp, i64)>,
    checks: BTreeSet<(Timestamp, i64)>,
    pub(super) events: HashMap<EventId, LoggedEvent>,
    /// The events of messages that are not known.
    unknown: HashMap<MessageId, Vec<EventId>>,
    pub(super) opt_outs: BTreeMap<PhoneNumber, Vec<OptOut>>,
}

impl Kept {
    pub(super) fn new(most: usize) -> Self {
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
            opt_outs: BTreeMap::new(),
        }
    }

    pub(super) fn named(&self, name: &Named) -> Option<&Case> {
        self.cases.get(self.names.get(name)?)
    }

    pub(super) fn entries(&self, filter: &LogFilter) -> impl Iterator<Item = &LogEntry> {
        self.cases.values().map(|case| &case.entry).filter(|entry| filter.matches(entry))
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

    /// Makes room for one more. Whether there is.
    fn make_room(&mut self) -> bool {
        if self.cases.len() < self.most {
            return true;
        }
        let closed = |case: &Case| {
            case.entry.wake_at.is_none() && case.attempts.iter().all(Attempt::is_known)
        };
        let Some(row) = self.cases.iter().find(|(_, case)| closed(case)).map(|(row, _)| *row)
        else {
            return false;
        };
        let attempts: Vec<i64> = self.cases[&row].attempts.iter().map(|a| a.row).collect();
        self.events.retain(|_, event| !attempts.contains(&event.attempt));
        self.take(row);
        true
    }
}

/// The tables for one transaction: nobody else has them meanwhile, and nothing can go wrong halfway.
pub(super) struct MemoryTables<'a> {
    kept: &'a mut Kept,
    now: Timestamp,
}

impl<'a> MemoryTables<'a> {
    pub(super) fn new(kept: &'a mut Kept, now: Timestamp) -> Self {
        Self { kept, now }
    }
}

#[async_trait]
impl Tables for MemoryTables<'_> {
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
            Which::Unchecked(most) => due(&kept.checks, self.now, most),
        };
        Ok(rows.iter().filter_map(|row| kept.cases.get(row)).cloned().collect())
    }

    async fn insert(&mut self, entries: Vec<LogEntry>) -> Result<Vec<Case>> {
        let mut inserted = Vec::new();
        for entry in entries {
            let mut case = Case::new(entry, Vec::new());
            if self.kept.names.contains_key(&case.name()) {
                continue;
            }
            if !self.kept.make_room() {
                let full = Error::not_sent(ErrorKind::Unavailable);
                return Err(full
                    .with_detail("log: full of messages that are not ended")
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

    async fn insert_events(&mut self, events: &[LoggedEvent]) -> Result<Vec<bool>> {
        let insert = |event: &LoggedEvent| match self.kept.events.get_mut(&event.id) {
            Some(known) => {
                known.times += event.times;
                if known.is_unknown() {
                    known.attempt = event.attempt;
                }
                false
            }
            None => {
                self.kept.events.insert(event.id, event.clone());
                if event.is_unknown() {
                    self.kept.unknown.entry(event.message.clone()).or_default().push(event.id);
                }
                true
            }
        };
        Ok(events.iter().map(insert).collect())
    }

    async fn unknown_events(&mut self, ids: &[MessageId]) -> Result<Vec<LoggedEvent>> {
        let events = ids.iter().filter_map(|id| self.kept.unknown.get(id)).flatten();
        Ok(events.filter_map(|event| self.kept.events.get(event)).cloned().collect())
    }

    async fn save_events(&mut self, events: &[LoggedEvent]) -> Result<()> {
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

    async fn older(
        &mut self,
        than: Memory,
        before: Timestamp,
        most: usize,
    ) -> Result<Vec<(EntryId, String)>> {
        let old = |case: &&Case| {
            let entry = &case.entry;
            entry.memory < than && entry.created_at < before && entry.wake_at.is_none()
        };
        let old = self.kept.cases.values().filter(old).take(most);
        Ok(old.map(|case| (case.entry.id, case.entry.theirs.to_string())).collect())
    }

    async fn with_number(&mut self, theirs: &Address, most: usize) -> Result<Vec<EntryId>> {
        let with = |case: &&Case| case.entry.theirs == *theirs;
        Ok(self.kept.cases.values().filter(with).take(most).map(|case| case.entry.id).collect())
    }

    async fn forget(&mut self, forget: Vec<Forget>) -> Result<()> {
        for forget in forget {
            let Some(mut case) = self.kept.cases.get(&forget.id.0).cloned() else { continue };
            case.entry.forget(&forget);
            case.entry.stage = Stage::Done;
            case.entry.wake_at = None;
            self.kept.put(case);
        }
        Ok(())
    }

    async fn opt_outs(&mut self, numbers: &[PhoneNumber]) -> Result<Vec<OptOut>> {
        let of = numbers.iter().filter_map(|number| self.kept.opt_outs.get(number));
        Ok(of.flatten().cloned().collect())
    }

    async fn insert_opt_outs(&mut self, opt_outs: &[OptOut]) -> Result<()> {
        for one in opt_outs {
            let list = self.kept.opt_outs.entry(one.number).or_default();
            match list.iter_mut().find(|known| known.scope == one.scope) {
                Some(known) => known.source = known.source.max(one.source),
                None => list.push(one.clone()),
            }
        }
        Ok(())
    }

    async fn remove_opt_out(
        &mut self,
        number: PhoneNumber,
        scope: &OptOutScope,
        up_to: OptOutSource,
    ) -> Result<()> {
        if let Some(list) = self.kept.opt_outs.get_mut(&number) {
            list.retain(|one| one.scope != *scope || one.source > up_to);
        }
        Ok(())
    }
}

fn due(index: &BTreeSet<(Timestamp, i64)>, now: Timestamp, most: usize) -> BTreeSet<i64> {
    index.range(..=(now, i64::MAX)).take(most).map(|(_, row)| *row).collect()
}
