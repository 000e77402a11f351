//! [`MemoryTransaction`]: the tables of a store in memory.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
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
    AttemptRecord, End, Entry, EntryId, Progress, Stage, StatusEvent, Suppression,
    SuppressionScope,
    backend::memory::kept::Kept,
    model::redaction::Redaction,
    model::seal::Seal,
    model::{
        case::{Case, Snapshot},
        event::Seen,
        suppression::SuppressionSource,
    },
    protocol::retention::Forget,
    protocol::transaction::{Tables, Upkeep, Which},
};

/// The tables for one transaction: nobody else has them meanwhile, and nothing can go wrong halfway.
pub(crate) struct MemoryTransaction<'a> {
    pub(super) kept: &'a mut Kept,
    seal: &'a Seal,
    pub(super) now: Timestamp,
}

impl<'a> MemoryTransaction<'a> {
    pub(crate) fn new(kept: &'a mut Kept, seal: &'a Seal, now: Timestamp) -> Self {
        Self { kept, seal, now }
    }

    pub(super) fn kept(&mut self) -> &mut Kept {
        self.kept
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

    fn seal(&self) -> &Seal {
        self.seal
    }

    async fn load(&mut self, which: Which<'_>) -> Result<Vec<Case>> {
        let kept = &*self.kept;
        let rows: BTreeSet<i64> = match which {
            Which::Named(names) => {
                names.iter().filter_map(|name| kept.names.get(name)).copied().collect()
            }
            Which::Entries(ids) => ids.iter().map(|id| id.0).collect(),
            Which::Tokens(tokens) => {
                tokens.iter().filter_map(|token| kept.tokens.get(token)).copied().collect()
            }
            Which::Reported { ids, tokens } => {
                let by_ids = ids.iter().filter_map(|id| kept.ids.get(id));
                by_ids
                    .chain(tokens.iter().filter_map(|token| kept.tokens.get(token)))
                    .copied()
                    .collect()
            }
            Which::Due { most, turns } => kept.due(turns, self.now, most),
            Which::Stale(most) => {
                let over = kept.sending.range(..=(self.now, i64::MAX));
                over.take(most).map(|(_, row)| *row).collect()
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
            Which::Uncosted { providers, most } => {
                let due = kept.costs.range(..=(self.now, i64::MAX));
                let ask = |(at, row): &&(Timestamp, i64)| {
                    let of = |a: &AttemptRecord| {
                        a.cost_check_at == Some(*at) && providers.contains(&a.provider)
                    };
                    kept.cases.get(row).is_some_and(|case| case.attempts.iter().any(of))
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
            self.kept.threads.join(&case.entry);
            self.kept.put(case.clone());
            inserted.push(case);
        }
        Ok(inserted)
    }

    async fn kept(&mut self, id: EntryId) -> Result<Option<Text>> {
        Ok(self.kept.cases.get(&id.0).and_then(|case| case.entry.kept.clone()))
    }

    async fn load_again(&mut self, known: Vec<Arc<Snapshot>>) -> Result<Vec<Case>> {
        let known = known.iter().filter_map(|known| self.kept.cases.get(&known.entry.id.0));
        Ok(known.map(Case::read_again).collect())
    }

    async fn save(&mut self, cases: &mut [Case]) -> Result<()> {
        for case in cases {
            for attempt in case.attempts.iter_mut().filter(|attempt| attempt.row == 0) {
                attempt.row = self.kept.next_row();
            }
            let row = case.entry.id.0;
            match case.ended {
                Some(end) => drop(self.kept.results.insert(row, (end, self.now))),
                None if case.is_back() => drop(self.kept.results.remove(&row)),
                None => {}
            }
            self.kept.put(case.clone());
        }
        Ok(())
    }

    async fn untold(&mut self, most: usize, again: Timestamp) -> Result<Vec<(EntryId, End)>> {
        let due = self.kept.results.iter_mut().filter(|(_, (_, at))| *at <= self.now);
        let take = |(row, (end, at)): (&i64, &mut (End, Timestamp))| {
            *at = again;
            (EntryId(*row), *end)
        };
        Ok(due.take(most).map(take).collect())
    }

    async fn told(&mut self, ends: &[(EntryId, End)]) -> Result<()> {
        for (id, end) in ends {
            if self.kept.results.get(&id.0).is_some_and(|(last, _)| last == end) {
                self.kept.results.remove(&id.0);
            }
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
                self.kept.threads.read(entry);
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
            self.kept.leave_thread(forget.id.0);
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
