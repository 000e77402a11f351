//! [`MemoryLog`]: a log in memory, bounded, for one process and for tests.

mod transaction;

use std::{fmt, ops::Bound, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::Mutex;

use anysms::{error::{Error, ErrorKind, Result}, message::{Cursor, Direction, Money, Page}, number::PhoneNumber};

use crate::{DeliveryReport, History, LogEntry, LogFilter, LogStatus, OptOut, Usage, UsageRow, backend::{Answer, Home, Work, clock::SteadyClock, notify::Wake, perform, transaction::Named}, model::policy::LogPolicy, report::Times};
use transaction::{Kept, MemoryTables};

/// A log in memory, gone when the program ends: for tests, and for programs that only want no message twice
/// while they run. A clone is the same log.
///
/// It keeps so many messages at most. Beyond that the oldest goes of which it is known whether it was sent,
/// and its key is free again; where there is none, no message can be begun or queued.
#[derive(Clone)]
pub struct MemoryLog(Arc<Inner>);

struct Inner {
    policy: LogPolicy,
    kept: Mutex<Kept>,
    clock: SteadyClock,
    wake: Wake,
}

impl MemoryLog {
    /// A log of so many messages at most.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self::with_policy(most, LogPolicy::default())
    }

    /// The same by a policy.
    #[must_use]
    pub fn with_policy(most: usize, policy: LogPolicy) -> Self {
        let kept = Mutex::new(Kept::new(most));
        let clock = SteadyClock::new(Timestamp::now());
        Self(Arc::new(Inner { policy, kept, clock, wake: Wake::default() }))
    }
}

impl Default for MemoryLog {
    /// 100,000 messages.
    fn default() -> Self {
        Self::new(100_000)
    }
}

#[async_trait]
impl Home for MemoryLog {
    fn policy(&self) -> LogPolicy {
        self.0.policy
    }

    async fn run(&self, work: Work) -> Result<Answer> {
        let mut kept = self.0.kept.lock().await;
        self.0.clock.see(Timestamp::now());
        let mut tables = MemoryTables::new(&mut kept, self.0.clock.now());
        let answers = perform(&mut tables, self.0.policy, &[work]).await?;
        let gone = || Error::not_sent(ErrorKind::Other).with_detail("log: no answer");
        answers.into_iter().next().ok_or_else(gone)
    }

    fn clock(&self) -> &SteadyClock {
        &self.0.clock
    }

    fn wake(&self) -> &Wake {
        &self.0.wake
    }

    async fn read_entries(
        &self,
        filter: &LogFilter,
        most: u32,
        cursor: Option<&Cursor>,
    ) -> Result<Page<LogEntry>> {
        let before = match cursor {
            None => i64::MAX,
            Some(cursor) => cursor.as_str().parse().map_err(|_| {
                Error::not_sent(ErrorKind::InvalidRequest).with_detail("cursor: not of this log")
            })?,
        };
        let kept = self.0.kept.lock().await;
        let earlier = kept.cases.range(..before).rev().map(|(_, case)| case);
        let mut matching = earlier.filter(|case| filter.matches(case)).map(|case| &case.entry);
        let items: Vec<LogEntry> = matching.by_ref().take(most as usize).cloned().collect();
        let more = matching.next().is_some();
        let last = items.last().filter(|_| more);
        let next = last.map(|entry| Cursor::new(entry.id.to_string()));
        Ok(Page::new(items, next))
    }

    async fn read_history(&self, name: &Named) -> Result<Option<History>> {
        let kept = self.0.kept.lock().await;
        let Some(case) = kept.named(name) else { return Ok(None) };
        let of = |attempt: i64| case.attempts.iter().any(|known| known.row == attempt);
        let mut events: Vec<_> =
            kept.events.values().filter(|event| of(event.attempt)).cloned().collect();
        events.sort_by_key(|event| (event.received_at, event.id));
        let (entry, attempts) = (case.entry.clone(), case.attempts.clone());
        Ok(Some(History { entry, attempts, events }))
    }

    async fn read_report(&self, filter: &LogFilter) -> Result<DeliveryReport> {
        let kept = self.0.kept.lock().await;
        let (mut report, mut times) = (DeliveryReport::default(), Times::default());
        for entry in kept.entries(filter).filter(|entry| entry.direction == Direction::Outbound) {
            let taken = u64::from(entry.accepted_at.is_some());
            report.add(entry.status.unwrap_or_default(), entry.failure.clone(), 1, taken);
            let arrived = entry.delivered_at.filter(|_| entry.status >= Some(LogStatus::Delivered));
            if let (Some(accepted), Some(arrived)) = (entry.accepted_at, arrived) {
                times.add(arrived.duration_since(accepted).as_millis() as i64, 1); // of this world
            }
        }
        report.time_to_deliver = times.percentiles();
        report.sort();
        Ok(report)
    }

    async fn read_usage(&self, filter: &LogFilter) -> Result<Usage> {
        let kept = self.0.kept.lock().await;
        let mut usage = Usage::default();
        for entry in kept.entries(filter).filter(|entry| entry.accepted_at.is_some()) {
            usage.add(entry);
        }
        usage.sort();
        Ok(usage)
    }

    async fn read_opt_outs(&self, after: Option<PhoneNumber>, most: u32) -> Result<Vec<OptOut>> {
        let kept = self.0.kept.lock().await;
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let later = kept.opt_outs.range((after, Bound::Unbounded));
        let later = later.filter(|(_, list)| !list.is_empty()).take(most as usize);
        let mut all: Vec<OptOut> = later.flat_map(|(_, list)| list).cloned().collect();
        all.sort_by_cached_key(|one| {
            (
                one.number,
                one.scope.organisation.clone(),
                one.scope.sender.as_ref().map(ToString::to_string),
            )
        });
        Ok(all)
    }
}

impl Usage {
    fn add(&mut self, entry: &LogEntry) {
        let day = entry.created_at.to_zoned(jiff::tz::TimeZone::UTC).date();
        let currency = entry.price.or(entry.estimate).map(|money| money.currency);
        let same = |row: &UsageRow| {
            row.day == day && row.country == entry.country && row.currency == currency
        };
        let place = self.rows.iter().position(same).unwrap_or_else(|| {
            self.rows.push(UsageRow::new(day, entry.country, currency));
            self.rows.len() - 1
        });
        let row = &mut self.rows[place];
        row.messages += 1;
        row.segments += u64::from(entry.segments.unwrap_or_default());
        let amount = |money: Option<Money>| {
            money.filter(|money| Some(money.currency) == currency).map(|money| money.amount)
        };
        row.estimated += amount(entry.estimate).unwrap_or_default();
        row.actual += amount(entry.price).unwrap_or_default();
        row.priced += u64::from(entry.price.is_some());
    }
}

impl fmt::Debug for MemoryLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let len = self.0.kept.try_lock().map(|kept| kept.cases.len()).ok();
        f.debug_struct("MemoryLog").field("len", &len).finish_non_exhaustive()
    }
}
