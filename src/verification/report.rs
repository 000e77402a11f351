//! [`VerificationReport`]: how many codes were sent, checked and approved, and at what cost.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use super::{ChallengeRow, ChallengeState, VerificationChannel};
use crate::{
    message::{Currency, Money, TenantId},
    number::Region,
};

/// Dimension by which a report is grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReportBy {
    /// Tenant.
    Tenant,
    /// Country of the number.
    Country,
    /// Range: the digits of the number without the last four.
    Range,
    /// Channel of the last send.
    Channel,
}

/// Choice of challenges for a report, and how they are grouped.
///
/// ```
/// use anysms::{Timestamp, verification::{ReportBy, ReportQuery}};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (from, to): (Timestamp, Timestamp) = ("2026-11-01T00:00:00Z".parse()?, "2026-12-01T00:00:00Z".parse()?);
/// let query = ReportQuery::new(from, to).by(ReportBy::Country).by(ReportBy::Channel);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReportQuery {
    /// Challenges that were started at this time or later.
    pub from: Timestamp,
    /// Challenges that were started before this time.
    pub to: Timestamp,
    /// Challenges of this tenant alone.
    pub tenant: Option<TenantId>,
    /// Challenges of numbers of this country alone.
    pub country: Option<Region>,
    /// Challenges of this channel alone.
    pub channel: Option<VerificationChannel>,
    /// Groups; none is one row for all.
    pub by: Vec<ReportBy>,
}

impl ReportQuery {
    /// Creates a query of all challenges that were started in a time.
    #[must_use]
    pub const fn new(from: Timestamp, to: Timestamp) -> Self {
        Self { from, to, tenant: None, country: None, channel: None, by: Vec::new() }
    }

    /// Adds a dimension to group by.
    #[must_use]
    pub fn by(mut self, dimension: ReportBy) -> Self {
        self.by.push(dimension);
        self
    }

    /// Takes one tenant alone.
    #[must_use]
    pub fn with_tenant(mut self, tenant: TenantId) -> Self {
        self.tenant = Some(tenant);
        self
    }

    /// Takes one country alone.
    #[must_use]
    pub const fn with_country(mut self, country: Region) -> Self {
        self.country = Some(country);
        self
    }

    /// Takes one channel alone.
    #[must_use]
    pub const fn with_channel(mut self, channel: VerificationChannel) -> Self {
        self.channel = Some(channel);
        self
    }

    /// Returns whether a challenge is one of those that are asked for.
    #[must_use]
    pub fn matches(&self, fact: &ChallengeFact) -> bool {
        (self.from..self.to).contains(&fact.started_at)
            && self.tenant.as_ref().is_none_or(|tenant| fact.tenant.as_ref() == Some(tenant))
            && self.country.is_none_or(|country| fact.country == Some(country))
            && self.channel.is_none_or(|channel| fact.channel == channel)
    }
}

/// One challenge, as far as a report counts it. It names no number.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChallengeFact {
    /// Tenant.
    pub tenant: Option<TenantId>,
    /// Country of the number.
    pub country: Option<Region>,
    /// Digits of the number without the last four; `None` if it is not known.
    pub range: Option<String>,
    /// Channel of the last send.
    pub channel: VerificationChannel,
    /// Time at which it was started.
    pub started_at: Timestamp,
    /// Time of the approval.
    pub approved_at: Option<Timestamp>,
    /// Number of sends that a channel took.
    pub sent: u32,
    /// Number of sends that arrived; `None` if it is not known.
    pub delivered: Option<u32>,
    /// Number of codes that were compared; `None` if it is not known.
    pub checks: Option<u32>,
    /// Cost of its sends, by currency.
    pub cost: Vec<Money>,
}

impl ChallengeFact {
    /// Creates the fact of a row: without delivery and cost, which a message store knows.
    #[must_use]
    pub fn of(row: &ChallengeRow) -> Self {
        let approved = row.state == ChallengeState::Approved;
        Self {
            tenant: row.tenant.clone(),
            country: row.country,
            range: Some(row.range()),
            channel: row.channel,
            started_at: row.created_at,
            approved_at: row.settled_at.filter(|_| approved),
            sent: u32::from(row.accepted),
            delivered: None,
            checks: Some(u32::from(row.failures) + u32::from(approved)),
            cost: Vec::new(),
        }
    }
}

/// Row of a report: counts of one group.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct ReportRow {
    /// Tenant; `None` if not grouped by it, or without one.
    pub tenant: Option<TenantId>,
    /// Country; `None` if not grouped by it, or not known.
    pub country: Option<Region>,
    /// Range; `None` if not grouped by it, or not known.
    pub range: Option<String>,
    /// Channel; `None` if not grouped by it.
    pub channel: Option<VerificationChannel>,
    /// Number of challenges.
    pub started: u64,
    /// Number of codes that a channel took.
    pub sent: u64,
    /// Number of codes that arrived; `None` if it is not known of any.
    pub delivered: Option<u64>,
    /// Number of challenges with a code that was compared; `None` if it is not known of any.
    pub checked: Option<u64>,
    /// Number of challenges that were approved.
    pub approved: u64,
    /// Median time from the start to the approval, in seconds; `None` without an approval.
    pub median_seconds: Option<f64>,
    /// Cost of all codes, by currency.
    pub cost: Vec<Money>,
}

impl ReportRow {
    /// Returns the share of challenges that were approved: 0 to 1; `None` without a challenge.
    #[must_use]
    pub fn conversion(&self) -> Option<f64> {
        (self.started > 0).then(|| self.approved as f64 / self.started as f64)
    }

    /// Returns the cost of an approval, by currency, rounded to a hundred-thousandth; none without an approval.
    #[must_use]
    pub fn cost_per_approval(&self) -> Vec<Money> {
        let approved = Decimal::from(self.approved);
        let each = |cost: &Money| {
            let amount = cost.amount.checked_div(approved)?.round_dp(5);
            Some(Money::new(amount, cost.currency))
        };
        self.cost.iter().filter_map(each).collect()
    }
}

/// Report of challenges, a row for each group.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct VerificationReport {
    /// Rows, in the order of their groups.
    pub rows: Vec<ReportRow>,
}

type Group = (Option<TenantId>, Option<String>, Option<String>, Option<VerificationChannel>);

#[derive(Default)]
struct Sum {
    country: Option<Region>,
    row: ReportRow,
    times: Vec<SignedDuration>,
    cost: BTreeMap<String, (Currency, Decimal)>,
}

impl VerificationReport {
    /// Counts challenges.
    ///
    /// ```
    /// use anysms::{Timestamp, verification::{ReportQuery, VerificationReport}};
    ///
    /// let ever = ReportQuery::new(Timestamp::MIN, Timestamp::MAX);
    /// assert_eq!(VerificationReport::of(&ever, []).total().conversion(), None);
    /// ```
    #[must_use]
    pub fn of(query: &ReportQuery, facts: impl IntoIterator<Item = ChallengeFact>) -> Self {
        let by = |dimension| query.by.contains(&dimension);
        let mut groups: BTreeMap<Group, Sum> = BTreeMap::new();
        for fact in facts {
            let group = (
                fact.tenant.clone().filter(|_| by(ReportBy::Tenant)),
                fact.country.map(|country| country.to_string()).filter(|_| by(ReportBy::Country)),
                fact.range.clone().filter(|_| by(ReportBy::Range)),
                Some(fact.channel).filter(|_| by(ReportBy::Channel)),
            );
            groups.entry(group).or_default().add(&fact);
        }
        let rows = groups.into_iter().map(|((tenant, country, range, channel), sum)| {
            let country = sum.country.filter(|_| country.is_some());
            ReportRow { tenant, country, range, channel, ..sum.row() }
        });
        Self { rows: rows.collect() }
    }

    /// Returns the row of all challenges together, of which the groups' medians are left out.
    #[must_use]
    pub fn total(&self) -> ReportRow {
        if let [row] = &*self.rows {
            return row.clone();
        }
        let mut total = Sum::default();
        for row in &self.rows {
            total.row.started += row.started;
            total.row.sent += row.sent;
            total.row.approved += row.approved;
            sum(&mut total.row.delivered, row.delivered);
            sum(&mut total.row.checked, row.checked);
            row.cost.iter().for_each(|cost| total.pay(cost));
        }
        total.row()
    }
}

fn sum(total: &mut Option<u64>, more: Option<u64>) {
    if let Some(more) = more {
        *total = Some(total.unwrap_or(0) + more);
    }
}

impl Sum {
    fn add(&mut self, fact: &ChallengeFact) {
        self.country = fact.country;
        self.row.started += 1;
        self.row.sent += u64::from(fact.sent);
        sum(&mut self.row.delivered, fact.delivered.map(u64::from));
        sum(&mut self.row.checked, fact.checks.map(|checks| u64::from(checks > 0)));
        if let Some(at) = fact.approved_at {
            self.row.approved += 1;
            self.times.push(at.duration_since(fact.started_at));
        }
        fact.cost.iter().for_each(|cost| self.pay(cost));
    }

    fn pay(&mut self, cost: &Money) {
        let currency = cost.currency;
        let (_, sum) = self.cost.entry(currency.to_string()).or_insert((currency, Decimal::ZERO));
        *sum = sum.saturating_add(cost.amount);
    }

    fn row(mut self) -> ReportRow {
        self.times.sort_unstable();
        let middle = self.times.len() / 2;
        let at = |index: usize| self.times.get(index).map(SignedDuration::as_secs_f64);
        let median = match self.times.len() % 2 {
            0 => middle.checked_sub(1).and_then(at).zip(at(middle)).map(|(a, b)| (a + b) / 2.0),
            _ => at(middle),
        };
        let cost = self.cost.into_values().map(|(currency, sum)| Money::new(sum, currency));
        ReportRow { median_seconds: median, cost: cost.collect(), ..self.row }
    }
}
