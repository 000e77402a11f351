//! [`DeliveryStats`] and [`Usage`]: sums over the messages of a store.
//!
//! What belongs here: the sums, and the files they are exported to. Nothing here changes a message.

pub(crate) mod billing;
pub(crate) mod costs;
pub mod export;

use std::{collections::BTreeMap, time::Duration};

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::Progress;

use anysms::{
    AccountId, ProviderId,
    message::{Currency, DeliveryFailure, Money},
    number::Region,
};

/// Counts, failures and delivery times of outbound messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DeliveryStats {
    /// Number of messages by status, from the least to the furthest, where there are any.
    pub statuses: Vec<(Progress, u64)>,
    /// Number of ended messages that no provider accepted: refused, expired, or to a suppressed recipient.
    pub refused: u64,
    /// Reasons of the messages that did not arrive, the most frequent first.
    pub failures: Vec<(DeliveryFailure, u64)>,
    /// Time from acceptance to delivery; `None` if nothing was delivered. To the hundredth of a second below 10 seconds,
    /// the tenth below 100, and the second from there on.
    pub time_to_deliver: Option<Percentiles>,
}

/// Percentiles of times. As JSON in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Percentiles {
    /// Longest time of the quickest 50 %.
    #[serde(serialize_with = "seconds")]
    pub p50: Duration,
    /// Longest time of the quickest 95 %.
    #[serde(serialize_with = "seconds")]
    pub p95: Duration,
    /// Longest time of the quickest 99 %.
    #[serde(serialize_with = "seconds")]
    pub p99: Duration,
}

fn seconds<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

impl DeliveryStats {
    /// Returns the number of messages.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.statuses.iter().map(|(_, count)| count).sum()
    }

    /// Returns the number of messages with this status.
    #[must_use]
    pub fn count(&self, status: Progress) -> u64 {
        self.statuses.iter().find(|(known, _)| *known == status).map_or(0, |(_, count)| *count)
    }

    /// Returns the number of messages that were delivered.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.count(Progress::Delivered) + self.count(Progress::Read)
    }

    /// Returns the share of delivered messages among those that a provider accepted and that ended, from 0 to 1; `None`
    /// if there are none. Canceled messages are not counted.
    #[must_use]
    pub fn delivery_rate(&self) -> Option<f64> {
        let ended =
            |(status, _): &&(Progress, u64)| status.is_final() && *status != Progress::Canceled;
        let ended: u64 = self.statuses.iter().filter(ended).map(|(_, count)| count).sum();
        let ended = ended.saturating_sub(self.refused);
        (ended > 0).then(|| self.delivered() as f64 / ended as f64)
    }

    /// Adds `count` messages of this status, `taken` of them accepted by a provider.
    pub(crate) fn add(
        &mut self,
        status: Progress,
        failure: Option<DeliveryFailure>,
        count: u64,
        taken: u64,
    ) {
        if status.is_final() && status != Progress::Canceled {
            self.refused += count.saturating_sub(taken);
        }
        match self.statuses.iter_mut().find(|(known, _)| *known == status) {
            Some((_, sum)) => *sum += count,
            None => self.statuses.push((status, count)),
        }
        let Some(failure) = failure.filter(|_| status.is_negative()) else { return };
        let same =
            |known: &DeliveryFailure| known.kind == failure.kind && known.code == failure.code;
        match self.failures.iter_mut().find(|(known, _)| same(known)) {
            Some((_, sum)) => *sum += count,
            None => self.failures.push((failure, count)),
        }
    }

    /// Sorts, after all is added.
    pub(crate) fn sort(&mut self) {
        self.statuses.sort_unstable();
        self.failures.sort_by(|(a, more), (b, less)| {
            less.cmp(more).then_with(|| (a.kind.as_str(), &a.code).cmp(&(b.kind.as_str(), &b.code)))
        });
    }
}

/// Times that messages took, as exactly as a report gives them: far fewer times than messages.
#[derive(Debug, Default)]
pub(crate) struct Times(BTreeMap<u64, u64>);

impl Times {
    /// Pairs in milliseconds: times below the first number are rounded down to multiples of the second.
    pub(crate) const STEPS: [(i64, i64); 3] = [(10_000, 10), (100_000, 100), (i64::MAX, 1_000)];

    /// Adds `count` messages that took this time, in milliseconds, which may be negative: the provider's
    /// clock may be behind.
    pub(crate) fn add(&mut self, millis: i64, count: u64) {
        let step =
            Self::STEPS.iter().find(|(below, _)| millis < *below).map_or(1_000, |(_, step)| *step);
        *self.0.entry((millis / step * step).try_into().unwrap_or_default()).or_default() += count;
    }

    /// Returns the percentiles by the nearest rank; `None` if there are no times.
    pub(crate) fn percentiles(&self) -> Option<Percentiles> {
        let times = &self.0;
        let count: u64 = times.values().sum();
        let at = |percent: u64| {
            let place = (count * percent).div_ceil(100);
            let mut before = 0;
            let reached = times.iter().find(|(_, count)| {
                before += **count;
                before >= place
            });
            reached.map(|(millis, _)| Duration::from_millis(*millis))
        };
        (count > 0).then_some(())?;
        Some(Percentiles { p50: at(50)?, p95: at(95)?, p99: at(99)? })
    }
}

/// Messages, segments and costs of what providers accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Usage {
    /// Rows by day, then country, currency, provider and account.
    pub rows: Vec<UsageRow>,
}

/// Messages of one day to one country over one account, and their cost in one currency. An estimate in another currency
/// than the price stands in a row of its own, without messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct UsageRow {
    /// Day on which the messages were written down, in UTC.
    pub day: Date,
    /// Country of the recipients; `None` where no country has the number.
    pub country: Option<Region>,
    /// Provider that accepted them.
    pub provider: Option<ProviderId>,
    /// Account at the provider.
    pub account: Option<AccountId>,
    /// Currency of the amounts; `None` while neither an estimate nor a price is known.
    pub currency: Option<Currency>,
    /// Number of messages.
    pub messages: u64,
    /// Number of segments.
    pub segments: u64,
    /// Sum of the estimates.
    #[serde(serialize_with = "as_text")]
    pub estimated: Decimal,
    /// Sum of the prices that the provider charged.
    #[serde(serialize_with = "as_text")]
    pub actual: Decimal,
    /// Number of messages whose price is known.
    pub priced: u64,
}

fn as_text<S: serde::Serializer>(amount: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(amount)
}

impl UsageRow {
    pub(crate) const fn new(
        day: Date,
        country: Option<Region>,
        currency: Option<Currency>,
    ) -> Self {
        Self {
            day,
            country,
            provider: None,
            account: None,
            currency,
            messages: 0,
            segments: 0,
            estimated: Decimal::ZERO,
            actual: Decimal::ZERO,
            priced: 0,
        }
    }
}

impl Usage {
    /// Returns the number of messages.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.rows.iter().map(|row| row.messages).sum()
    }

    /// Returns the number of segments.
    #[must_use]
    pub fn segments(&self) -> u64 {
        self.rows.iter().map(|row| row.segments).sum()
    }

    /// Adds what was sent, and its estimate, which stands in a row of its own where it is in another currency.
    pub(crate) fn add(&mut self, sent: UsageRow, estimate: Option<Money>) {
        if let Some(Money { amount, currency, .. }) = estimate {
            let mut row = UsageRow { messages: 0, segments: 0, priced: 0, ..sent.clone() };
            (row.currency, row.estimated, row.actual) = (Some(currency), amount, Decimal::ZERO);
            self.join(row);
        }
        self.join(sent);
    }

    /// Adds to the row of the same day, country, currency, provider and account.
    fn join(&mut self, new: UsageRow) {
        let key = |row: &UsageRow| {
            (row.day, row.country, row.currency, row.provider.clone(), row.account.clone())
        };
        let Some(row) = self.rows.iter_mut().find(|row| key(row) == key(&new)) else {
            return self.rows.push(new);
        };
        row.messages += new.messages;
        row.segments = row.segments.saturating_add(new.segments);
        row.estimated = row.estimated.saturating_add(new.estimated);
        row.actual = row.actual.saturating_add(new.actual);
        row.priced += new.priced;
    }

    /// Sorts, after all is added.
    pub(crate) fn sort(&mut self) {
        self.rows.sort_by_cached_key(|row| {
            let country = row.country.map(|region| region.to_string());
            let asked = (row.provider.clone(), row.account.clone());
            (row.day, country, row.currency, asked)
        });
    }
}

/// Amounts stand in tables as whole numbers of so many to one.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) const UNITS: u32 = crate::model::price::PLACES;
