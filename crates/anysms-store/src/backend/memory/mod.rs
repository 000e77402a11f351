//! [`MemoryBackend`]: a store in memory, bounded, for one process and for tests.

mod challenges;
mod kept;
mod price;
mod threads;
mod transaction;

use std::{fmt, ops::Bound};

use jiff::Timestamp;
use tokio::sync::Mutex;
use uuid::Uuid;

use anysms::{
    error::{Error, ErrorKind, Result},
    message::{Cursor, Direction, Page},
    number::PhoneNumber,
    verification::{ChallengeFact, ChallengeRow, ChallengeSend, ReportQuery},
};

use crate::{
    DeliveryStats, Entry, EntryId, Filter, History, Progress, StorePolicy, Suppression, Thread,
    ThreadFilter, ThreadId, Usage, UsageRow,
    backend::{RawBackend, clock::SteadyClock, notify::QueueSignal, operation::Operation},
    model::seal::Seal,
    model::thread::ThreadEnds,
    protocol::transaction::Named,
    report::{Times, costs::CostSum},
};
use kept::Kept;
use transaction::MemoryTransaction;

/// Messages in memory.
pub(crate) struct MemoryBackend {
    policy: StorePolicy,
    identity: u128,
    seal: Seal,
    kept: Mutex<Kept>,
    clock: SteadyClock,
    signal: QueueSignal,
}

impl MemoryBackend {
    pub(crate) fn new(capacity: usize, policy: StorePolicy) -> Self {
        let kept = Mutex::new(Kept::new(capacity));
        let clock = SteadyClock::new(Timestamp::now());
        let identity = Uuid::new_v4().as_u128();
        let (seal, signal) = (Seal::default(), QueueSignal::default());
        Self { policy, identity, seal, kept, clock, signal }
    }

    /// Returns the time now.
    fn time(&self) -> Timestamp {
        self.clock.see(Timestamp::now());
        self.clock.now()
    }
}

impl RawBackend for MemoryBackend {
    fn policy(&self) -> StorePolicy {
        self.policy
    }

    fn identity(&self) -> u128 {
        self.identity
    }

    fn seal(&self) -> &Seal {
        &self.seal
    }

    async fn scrub(&self) -> Result<()> {
        Ok(())
    }

    fn clock(&self) -> &SteadyClock {
        &self.clock
    }

    fn signal(&self) -> &QueueSignal {
        &self.signal
    }

    async fn run<O: Operation>(&self, operation: O) -> Result<O::Output> {
        let mut kept = self.kept.lock().await;
        self.clock.see(Timestamp::now());
        let mut tables = MemoryTransaction::new(&mut kept, &self.seal, self.clock.now());
        let outputs = O::run(&mut tables, self.policy, &[&operation]).await?;
        let none = || Error::not_sent(ErrorKind::Other).with_detail("store: no answer");
        outputs.into_iter().next().ok_or_else(none)
    }

    async fn entries(
        &self,
        filter: &Filter,
        most: u32,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Entry>> {
        let before = match cursor {
            None => i64::MAX,
            Some(cursor) => cursor.as_str().parse().map_err(|_| {
                Error::not_sent(ErrorKind::InvalidRequest).with_detail("cursor: not of this store")
            })?,
        };
        let kept = self.kept.lock().await;
        let earlier = kept.cases.range(..before).rev().map(|(_, case)| case);
        let mut matching = earlier.filter(|case| filter.matches(case)).map(|case| &case.entry);
        let items: Vec<Entry> = matching.by_ref().take(most as usize).cloned().collect();
        let more = matching.next().is_some();
        let last = items.last().filter(|_| more);
        let next = last.map(|entry| Cursor::new(entry.id.to_string()));
        Ok(Page::new(items, next))
    }

    async fn history(&self, name: &Named) -> Result<Option<History>> {
        let kept = self.kept.lock().await;
        let Some(case) = kept.named(name) else { return Ok(None) };
        let of = |attempt: i64| case.attempts.iter().any(|known| known.row == attempt);
        let mut events: Vec<_> =
            kept.events.values().filter(|event| of(event.attempt)).cloned().collect();
        events.sort_by_key(|event| (event.received_at, event.id));
        let (entry, attempts) = (case.entry.clone(), case.attempts.clone());
        Ok(Some(History { entry, attempts, events }))
    }

    async fn unreadable(&self, _most: u32) -> Result<Vec<EntryId>> {
        Ok(Vec::new())
    }

    async fn has_stale(&self) -> Result<bool> {
        let kept = self.kept.lock().await;
        self.clock.see(Timestamp::now());
        Ok(kept.has_stale(self.clock.now()))
    }

    async fn delivery_stats(&self, filter: &Filter) -> Result<DeliveryStats> {
        let kept = self.kept.lock().await;
        let (mut report, mut times) = (DeliveryStats::default(), Times::default());
        for entry in kept.entries(filter).filter(|entry| entry.direction == Direction::Outbound) {
            let taken = u64::from(entry.accepted_at.is_some());
            report.add(entry.status.unwrap_or_default(), entry.failure.clone(), 1, taken);
            let arrived = entry.delivered_at.filter(|_| entry.status >= Some(Progress::Delivered));
            if let (Some(accepted), Some(arrived)) = (entry.accepted_at, arrived) {
                times.add(arrived.duration_since(accepted).as_millis() as i64, 1); // of this world
            }
        }
        report.time_to_deliver = times.percentiles();
        report.sort();
        Ok(report)
    }

    async fn usage(&self, filter: &Filter) -> Result<Usage> {
        let kept = self.kept.lock().await;
        let mut usage = Usage::default();
        for entry in kept.entries(filter).filter(|entry| entry.accepted_at.is_some()) {
            usage.add(usage_of(entry), entry.estimate);
        }
        usage.sort();
        Ok(usage)
    }

    async fn costs(&self, filter: &Filter) -> Result<Vec<CostSum>> {
        let kept = self.kept.lock().await;
        let accepted = kept.entries(filter).filter(|entry| entry.accepted_at.is_some());
        Ok(accepted.map(cost_of).collect())
    }

    async fn suppressions(
        &self,
        after: Option<PhoneNumber>,
        most: u32,
    ) -> Result<Vec<Suppression>> {
        let kept = self.kept.lock().await;
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let later = kept.suppressions.range((after, Bound::Unbounded));
        let later = later.filter(|(_, list)| !list.is_empty()).take(most as usize);
        let mut all: Vec<Suppression> = later.flat_map(|(_, list)| list).cloned().collect();
        all.sort_by_cached_key(|one| {
            (one.number, one.scope.names(), one.told.as_ref().map(ToString::to_string))
        });
        Ok(all)
    }

    async fn due_codes(
        &self,
        before: Timestamp,
        most: usize,
    ) -> Result<Vec<(ChallengeRow, ChallengeSend)>> {
        Ok(challenges::due(&*self.kept.lock().await, before, most))
    }

    async fn challenge_facts(&self, query: &ReportQuery) -> Result<Vec<ChallengeFact>> {
        Ok(challenges::facts(&*self.kept.lock().await, query))
    }

    async fn threads(
        &self,
        filter: &ThreadFilter,
        most: u32,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Thread>> {
        let before = threads::before(cursor)?;
        let kept = self.kept.lock().await;
        Ok(kept.threads(filter, most as usize, before, self.time()))
    }

    async fn thread(&self, id: ThreadId) -> Result<Option<Thread>> {
        let kept = self.kept.lock().await;
        Ok(kept.thread(id, self.time()))
    }

    async fn thread_between(&self, ends: &ThreadEnds) -> Result<Option<Thread>> {
        let kept = self.kept.lock().await;
        Ok(kept.thread_between(ends, self.time()))
    }

    async fn thread_entries(
        &self,
        id: ThreadId,
        most: u32,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Entry>> {
        let before = threads::before(cursor)?;
        let kept = self.kept.lock().await;
        Ok(kept.thread_entries(id, most as usize, before))
    }
}

/// Returns the row of one message that was accepted.
fn usage_of(entry: &Entry) -> UsageRow {
    let day = entry.created_at.to_zoned(jiff::tz::TimeZone::UTC).date();
    let currency = entry.price.or(entry.estimate).map(|money| money.currency);
    let mut row = UsageRow::new(day, entry.country, currency);
    row.provider.clone_from(&entry.provider);
    row.account.clone_from(&entry.account);
    (row.messages, row.segments) = (1, u64::from(entry.segments.unwrap_or_default()));
    row.actual = entry.price.map(|price| price.amount).unwrap_or_default();
    row.priced = u64::from(entry.price.is_some());
    row
}

/// Returns the costs of one message that was accepted.
fn cost_of(entry: &Entry) -> CostSum {
    CostSum {
        day: entry.created_at.to_zoned(jiff::tz::TimeZone::UTC).date(),
        country: entry.country,
        provider: entry.provider.clone(),
        account: entry.account.clone(),
        tenant: entry.tenant.clone(),
        class: entry.class,
        messages: 1,
        segments: u64::from(entry.segments.unwrap_or_default()),
        estimated: entry.estimate,
        actual: entry.price,
    }
}

impl fmt::Debug for MemoryBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let len = self.kept.try_lock().map(|kept| kept.cases.len()).ok();
        f.debug_struct("MemoryBackend").field("len", &len).finish_non_exhaustive()
    }
}
