//! [`BillingLine`]: what a tenant sent in a month, what it cost, and its price by a [`Tariff`].

use std::{collections::BTreeMap, io::Write};

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;

use anysms::{
    TenantId,
    error::{Error, ErrorKind, Result},
    message::{Currency, MessageClass, Money},
    number::Region,
};

use super::{
    costs::CostSum,
    export::{harmless, unwritable},
};

/// Price of a segment from a number of segments on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tier {
    /// Number of segments that come before this tier: 0 for the first.
    pub from: u64,
    /// Price of one segment.
    pub per_segment: Decimal,
}

impl Tier {
    /// Joins a number of segments and the price from there on.
    #[must_use]
    pub const fn new(from: u64, per_segment: Decimal) -> Self {
        Self { from, per_segment }
    }
}

/// Prices by volume, in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tiers {
    currency: Currency,
    tiers: Vec<Tier>,
    graduated: bool,
}

impl Tiers {
    /// Takes prices of which each holds for the segments of its own tier: with tiers from 0 and from 1,000, the segment
    /// after the thousandth is the first at the second price.
    ///
    /// ```
    /// use anysms::{Decimal, message::Currency};
    /// use anysms_store::{Tier, Tiers};
    ///
    /// let tiers = [Tier::new(0, Decimal::new(10, 2)), Tier::new(1_000, Decimal::new(8, 2))];
    /// let each = Tiers::graduated(Currency::USD, tiers)?;
    /// assert_eq!(each.price(1_500).to_string(), "140.00 USD");
    /// let all = Tiers::volume(Currency::USD, tiers)?;
    /// assert_eq!(all.price(1_500).to_string(), "120.00 USD");
    /// # Ok::<(), anysms::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidRequest` if there is no tier, the first is not from 0, they do not rise, or a price is negative.
    pub fn graduated(currency: Currency, tiers: impl IntoIterator<Item = Tier>) -> Result<Self> {
        Self::new(currency, tiers, true)
    }

    /// Takes prices of which the one that the last segment reaches holds for all segments.
    ///
    /// # Errors
    /// Those of [`graduated`](Self::graduated).
    pub fn volume(currency: Currency, tiers: impl IntoIterator<Item = Tier>) -> Result<Self> {
        Self::new(currency, tiers, false)
    }

    fn new(
        currency: Currency,
        tiers: impl IntoIterator<Item = Tier>,
        graduated: bool,
    ) -> Result<Self> {
        let tiers: Vec<Tier> = tiers.into_iter().collect();
        let refuse = |rule: &'static str| {
            Err(Error::not_sent(ErrorKind::InvalidRequest).with_detail(rule).without_message())
        };
        if tiers.first().is_none_or(|first| first.from != 0) {
            return refuse("tiers: the first must begin at 0 segments");
        }
        if !tiers.is_sorted_by(|a, b| a.from < b.from) {
            return refuse("tiers: each must begin after the one before");
        }
        if tiers.iter().any(|tier| tier.per_segment < Decimal::ZERO) {
            return refuse("tiers: a price is negative");
        }
        Ok(Self { currency, tiers, graduated })
    }

    /// Returns the price of a number of segments.
    #[must_use]
    pub fn price(&self, segments: u64) -> Money {
        let mut sum = Decimal::ZERO;
        for (at, tier) in self.tiers.iter().enumerate() {
            let end = self.tiers.get(at + 1).map_or(u64::MAX, |next| next.from);
            let reached = segments > tier.from || tier.from == 0;
            let count = match self.graduated {
                true => segments.min(end).saturating_sub(tier.from),
                false if reached && segments <= end => segments,
                false => 0,
            };
            sum = sum.saturating_add(tier.per_segment.saturating_mul(Decimal::from(count)));
        }
        Money::new(sum, self.currency)
    }
}

/// Prices by volume for tenants and countries. The volume is that of a [`BillingLine`]: of a tenant, to a country, of a
/// class, in a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tariff {
    all: Tiers,
    others: Vec<(Option<TenantId>, Option<Region>, Tiers)>,
}

impl Tariff {
    /// Creates a tariff with the same prices for everything.
    #[must_use]
    pub const fn new(tiers: Tiers) -> Self {
        Self { all: tiers, others: Vec::new() }
    }

    /// Sets prices of their own for a tenant, to a country or to all (`None`); or for all tenants (`None`) to a country.
    /// Of several that fit, a tenant's to a country goes before a tenant's, and that before a country's.
    #[must_use]
    pub fn with_tiers(
        mut self,
        tenant: Option<TenantId>,
        country: Option<Region>,
        tiers: Tiers,
    ) -> Self {
        self.others.retain(|(of, to, _)| (of, to) != (&tenant, &country));
        match (&tenant, country) {
            (None, None) => self.all = tiers,
            _ => self.others.push((tenant, country, tiers)),
        }
        self
    }

    fn of(&self, tenant: Option<&TenantId>, country: Option<Region>) -> &Tiers {
        let find = |of: Option<&TenantId>, to: Option<Region>| {
            let found = self.others.iter().find(|one| one.0.as_ref() == of && one.1 == to);
            found.map(|(.., tiers)| tiers)
        };
        find(tenant, country)
            .or_else(|| find(tenant, None))
            .or_else(|| find(None, country))
            .unwrap_or(&self.all)
    }
}

/// Line of a bill: messages of one class that a tenant sent to one country in a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct BillingLine {
    /// First day of the month.
    pub month: Date,
    /// Tenant on whose behalf they were sent; `None` where there is none.
    pub tenant: Option<TenantId>,
    /// Country of the recipients; `None` where no country has the number.
    pub country: Option<Region>,
    /// Purpose of the messages.
    pub class: MessageClass,
    /// Number of messages that providers accepted.
    pub messages: u64,
    /// Number of their segments.
    pub segments: u64,
    /// Number of messages whose price at the provider is known.
    pub priced: u64,
    /// Prices at the providers of the messages that have one, and estimates of the others, by currency.
    pub cost: Vec<Money>,
    /// Price of the segments by the tariff.
    pub price: Money,
}

type Place = (Option<String>, Option<Region>, &'static str);

/// Returns the lines of a month, by tenant, country and class.
pub(crate) fn lines(sums: &[CostSum], month: Date, tariff: &Tariff) -> Vec<BillingLine> {
    let mut lines: BTreeMap<Place, (BillingLine, BTreeMap<Currency, Decimal>)> = BTreeMap::new();
    for sum in sums {
        let tenant = sum.tenant.as_ref().map(ToString::to_string);
        let new = || BillingLine {
            month,
            tenant: sum.tenant.clone(),
            country: sum.country,
            class: sum.class,
            messages: 0,
            segments: 0,
            priced: 0,
            cost: Vec::new(),
            price: tariff.of(sum.tenant.as_ref(), sum.country).price(0),
        };
        let place = (tenant, sum.country, sum.class.as_str());
        let (line, costs) = lines.entry(place).or_insert_with(|| (new(), BTreeMap::new()));
        line.messages += sum.messages;
        line.segments = line.segments.saturating_add(sum.segments);
        line.priced += if sum.actual.is_some() { sum.messages } else { 0 };
        if let Some(cost) = sum.actual.or(sum.estimated) {
            let known = costs.entry(cost.currency).or_default();
            *known = known.saturating_add(cost.amount);
        }
    }
    let end = |(mut line, costs): (BillingLine, BTreeMap<Currency, Decimal>)| {
        line.cost = costs.into_iter().map(|(currency, sum)| Money::new(sum, currency)).collect();
        line.price = tariff.of(line.tenant.as_ref(), line.country).price(line.segments);
        line
    };
    lines.into_values().map(end).collect()
}

/// Columns of a bill as CSV, part of the contract: more may come at the end.
const COLUMNS: [&str; 9] =
    ["month", "tenant", "country", "class", "messages", "segments", "priced", "cost", "price"];

/// Writes the lines of a bill as CSV.
pub(super) fn csv(lines: &[BillingLine], writer: impl Write) -> Result<()> {
    let mut csv = ::csv::WriterBuilder::new();
    let mut writer = csv.quote_style(::csv::QuoteStyle::Always).from_writer(writer);
    writer.write_record(COLUMNS).map_err(unwritable)?;
    for line in lines {
        let costs: Vec<String> = line.cost.iter().map(ToString::to_string).collect();
        let cells = [
            line.month.to_string(),
            line.tenant.as_ref().map(ToString::to_string).unwrap_or_default(),
            line.country.map(|country| country.to_string()).unwrap_or_default(),
            line.class.as_str().to_owned(),
            line.messages.to_string(),
            line.segments.to_string(),
            line.priced.to_string(),
            costs.join("; "),
            line.price.to_string(),
        ];
        writer.write_record(cells.map(harmless)).map_err(unwritable)?;
    }
    writer.flush().map_err(unwritable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiers(prices: &[(u64, i64)]) -> Vec<Tier> {
        prices.iter().map(|(from, cents)| Tier::new(*from, Decimal::new(*cents, 2))).collect()
    }

    #[test]
    fn a_price_by_volume_is_exact_at_the_edges() {
        let (prices, usd) = (tiers(&[(0, 10), (100, 8), (1_000, 5)]), Currency::USD);
        let graduated = Tiers::graduated(usd, prices.clone()).unwrap();
        let volume = Tiers::volume(usd, prices).unwrap();
        for (segments, each, all) in [
            (0, 0, 0),
            (1, 10, 10),
            (100, 1_000, 1_000),
            (101, 1_008, 808),
            (1_000, 8_200, 8_000),
            (1_001, 8_205, 5_005),
        ] {
            assert_eq!(graduated.price(segments).amount, Decimal::new(each, 2), "{segments}");
            assert_eq!(volume.price(segments).amount, Decimal::new(all, 2), "{segments}");
        }
        for (wrong, rule) in [
            (tiers(&[]), "the first must begin at 0"),
            (tiers(&[(1, 1)]), "the first must begin at 0"),
            (tiers(&[(0, 1), (0, 2)]), "each must begin after"),
            (tiers(&[(0, -1)]), "a price is negative"),
        ] {
            let error = Tiers::volume(usd, wrong).unwrap_err().to_string();
            assert!(error.contains(rule), "{error}");
        }
    }

    #[test]
    fn the_closest_prices_count() {
        let price = |cents| Tiers::volume(Currency::USD, tiers(&[(0, cents)])).unwrap();
        let (clinic, other): (TenantId, TenantId) =
            ("clinic".parse().unwrap(), "other".parse().unwrap());
        let tariff = Tariff::new(price(9))
            .with_tiers(None, Some(Region::GB), price(3))
            .with_tiers(Some(clinic.clone()), None, price(2))
            .with_tiers(Some(clinic.clone()), Some(Region::GB), price(1));
        for (tenant, country, cents) in [
            (Some(&clinic), Some(Region::GB), 1),
            (Some(&clinic), Some(Region::US), 2),
            (Some(&other), Some(Region::GB), 3),
            (None, Some(Region::GB), 3),
            (Some(&other), Some(Region::US), 9),
            (None, None, 9),
        ] {
            assert_eq!(tariff.of(tenant, country).price(1).amount, Decimal::new(cents, 2));
        }
    }
}
