//! Threads in memory: each with the places of its messages.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use async_trait::async_trait;
use jiff::Timestamp;

use anysms::{
    TenantId,
    error::{Error, ErrorKind, Result},
    message::{Cursor, Page},
};

use super::{kept::Kept, transaction::MemoryTransaction};
use crate::{
    Entry, EntryId, LastMessage, Thread, ThreadFilter, ThreadId, ThreadState,
    model::{
        redaction::Redaction,
        thread::{ThreadEnds, is_unread},
    },
    protocol::threads::ThreadTables,
};

/// Threads of a store in memory.
#[derive(Default)]
pub(crate) struct Threads {
    last: i64,
    all: BTreeMap<ThreadEnds, Own>,
    ends: HashMap<i64, ThreadEnds>,
}

struct Own {
    thread: Thread,
    entries: BTreeSet<i64>,
}

impl Threads {
    /// Takes a message into its thread, as one statement does in a database.
    pub(super) fn join(&mut self, entry: &Entry) {
        let ends = ThreadEnds::of(entry);
        let unread = is_unread(entry);
        let own = self.all.entry(ends).or_insert_with_key(|ends| {
            self.last += 1;
            self.ends.insert(self.last, ends.clone());
            Own { thread: blank(ThreadId(self.last), entry), entries: BTreeSet::new() }
        });
        own.entries.insert(entry.id.0);
        let thread = &mut own.thread;
        if entry.id >= thread.last.entry {
            (thread.last.entry, thread.last_at) = (entry.id, entry.created_at);
        }
        thread.unread += u64::from(unread);
        if unread {
            thread.open(entry.created_at);
        }
    }

    /// Takes a message out of its thread, and the thread away with its last message.
    fn leave(&mut self, entry: &Entry, at: impl Fn(i64) -> Option<Timestamp>) {
        let ends = ThreadEnds::of(entry);
        let Some(own) = self.all.get_mut(&ends) else { return };
        if !own.entries.remove(&entry.id.0) {
            return;
        }
        own.thread.unread = own.thread.unread.saturating_sub(is_unread(entry).into());
        match own.entries.last() {
            Some(last) => {
                own.thread.last.entry = EntryId(*last);
                own.thread.last_at = at(*last).unwrap_or(own.thread.last_at);
            }
            None => {
                self.ends.remove(&own.thread.id.0);
                self.all.remove(&ends);
            }
        }
    }

    fn of(&self, id: ThreadId) -> Option<&Own> {
        self.all.get(self.ends.get(&id.0)?)
    }

    fn of_mut(&mut self, id: ThreadId) -> Option<&mut Own> {
        self.all.get_mut(self.ends.get(&id.0)?)
    }

    /// Notes that an inbound message was read.
    pub(super) fn read(&mut self, entry: &Entry) {
        if let Some(own) = self.all.get_mut(&ThreadEnds::of(entry)) {
            own.thread.unread = own.thread.unread.saturating_sub(1);
        }
    }
}

fn blank(id: ThreadId, entry: &Entry) -> Thread {
    Thread {
        id,
        tenant: entry.tenant.clone(),
        local: entry.local.clone(),
        remote: entry.remote.clone(),
        state: ThreadState::Open,
        snoozed_until: None,
        assignee: None,
        subject: None,
        unread: 0,
        opened_at: entry.created_at,
        closed_at: None,
        last_at: entry.created_at,
        last: LastMessage {
            entry: entry.id,
            direction: entry.direction,
            status: entry.status,
            text: None,
        },
    }
}

impl Kept {
    /// Takes a message out of its thread, before it goes or loses its number.
    pub(super) fn leave_thread(&mut self, row: i64) {
        let Some(case) = self.cases.get(&row) else { return };
        let cases = &self.cases;
        self.threads.leave(&case.entry, |id| cases.get(&id).map(|case| case.entry.created_at));
    }

    /// Returns a thread with its last message, as it is at a time.
    fn shown(&self, thread: &Thread, now: Timestamp) -> Thread {
        let mut thread = thread.clone().at(now);
        if let Some(case) = self.cases.get(&thread.last.entry.0) {
            let Entry { direction, status, text, .. } = &case.entry;
            (thread.last.direction, thread.last.status) = (*direction, *status);
            thread.last.text.clone_from(text);
        }
        thread
    }

    pub(super) fn thread(&self, id: ThreadId, now: Timestamp) -> Option<Thread> {
        self.threads.of(id).map(|own| self.shown(&own.thread, now))
    }

    pub(super) fn thread_between(&self, ends: &ThreadEnds, now: Timestamp) -> Option<Thread> {
        self.threads.all.get(ends).map(|own| self.shown(&own.thread, now))
    }

    pub(super) fn threads(
        &self,
        filter: &ThreadFilter,
        most: usize,
        before: i64,
        now: Timestamp,
    ) -> Page<Thread> {
        let known = self.threads.all.values().map(|own| &own.thread);
        let earlier = known.filter(|thread| thread.last.entry.0 < before);
        let now_is = |thread: &Thread| filter.matches(&thread.clone().at(now));
        let mut all: Vec<&Thread> = earlier.filter(|thread| now_is(thread)).collect();
        all.sort_unstable_by_key(|thread| std::cmp::Reverse(thread.last.entry));
        let more = all.len() > most;
        all.truncate(most);
        let next = all.last().filter(|_| more).map(|last| Cursor::new(last.last.entry.to_string()));
        Page::new(all.into_iter().map(|thread| self.shown(thread, now)).collect(), next)
    }

    pub(super) fn thread_entries(&self, id: ThreadId, most: usize, before: i64) -> Page<Entry> {
        let Some(own) = self.threads.of(id) else { return Page::new(Vec::new(), None) };
        let mut earlier = own.entries.range(..before).rev();
        let rows = earlier.by_ref().take(most).filter_map(|row| self.cases.get(row));
        let items: Vec<Entry> = rows.map(|case| case.entry.clone()).collect();
        let more = earlier.next().is_some();
        let next = items.last().filter(|_| more).map(|last| Cursor::new(last.id.to_string()));
        Page::new(items, next)
    }
}

/// Reads the place before which a page begins.
pub(super) fn before(cursor: Option<&Cursor>) -> Result<i64> {
    let bad = |_| {
        Error::not_sent(ErrorKind::InvalidRequest)
            .with_detail("cursor: not of this store and filter")
    };
    cursor.map_or(Ok(i64::MAX), |cursor| cursor.as_str().parse().map_err(bad))
}

#[async_trait]
impl ThreadTables for MemoryTransaction<'_> {
    async fn thread(&mut self, id: ThreadId) -> Result<Option<Thread>> {
        Ok(self.kept.threads.of(id).map(|own| self.kept.shown(&own.thread, Timestamp::MIN)))
    }

    async fn save_thread(&mut self, thread: &Thread) -> Result<()> {
        if let Some(own) = self.kept.threads.of_mut(thread.id) {
            let known = &mut own.thread;
            (known.state, known.snoozed_until) = (thread.state, thread.snoozed_until);
            (known.opened_at, known.closed_at) = (thread.opened_at, thread.closed_at);
            known.assignee.clone_from(&thread.assignee);
            known.subject.clone_from(&thread.subject);
        }
        Ok(())
    }

    async fn mark_thread_read(&mut self, id: ThreadId) -> Result<u64> {
        let Some(own) = self.kept.threads.of_mut(id) else { return Ok(0) };
        let mut count = 0;
        for row in &own.entries {
            if let Some(case) = self.kept.cases.get_mut(row)
                && is_unread(&case.entry)
            {
                case.entry.read_at = Some(self.now);
                count += 1;
            }
        }
        own.thread.unread = 0;
        Ok(count)
    }

    /// Makes all of them anew at once.
    async fn rebuild_threads(
        &mut self,
        tenant: Option<&TenantId>,
        _after: Option<&str>,
    ) -> Result<Option<String>> {
        let Kept { threads, cases, .. } = &mut *self.kept;
        let all = std::mem::take(&mut threads.all);
        let is_meant = |own: &Own| tenant.is_none() || own.thread.tenant.as_ref() == tenant;
        let (old, kept): (BTreeMap<_, _>, _) = all.into_iter().partition(|(_, own)| is_meant(own));
        threads.all = kept;
        let mut known: BTreeMap<ThreadEnds, Thread> =
            old.into_iter().map(|(ends, own)| (ends, own.thread)).collect();
        for thread in known.values() {
            threads.ends.remove(&thread.id.0);
        }
        let meant = cases.values().map(|case| &case.entry).filter(|entry| {
            entry.redaction != Redaction::WithoutNumber
                && (tenant.is_none() || entry.tenant.as_ref() == tenant)
        });
        for entry in meant {
            threads.join(entry);
        }
        // The state, the assignee and the subject are nowhere else.
        for (ends, own) in &mut threads.all {
            let Some(thread) = known.remove(ends) else { continue };
            threads.ends.remove(&own.thread.id.0);
            threads.ends.insert(thread.id.0, ends.clone());
            let Thread { unread, last_at, ref last, .. } = own.thread;
            own.thread = Thread { unread, last_at, last: last.clone(), ..thread };
        }
        Ok(None)
    }
}
