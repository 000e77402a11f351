//! [`CostReport`]: estimated costs beside those that providers charged.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;

use anysms::{
    AccountId, ProviderId, TenantId,
    message::{Currency, MessageClass, Money},
    number::Region,
};

use super::as_text;

/// Sum over accepted messages that are alike, as a backend reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CostSum {
    pub(crate) day: Date,
    pub(crate) country: Option<Region>,
    pub(crate) provider: Option<ProviderId>,
    pub(crate) account: Option<AccountId>,
    pub(crate) tenant: Option<TenantId>,
    pub(crate) class: MessageClass,
    pub(crate) messages: u64,
    pub(crate) segments: u64,
    /// Estimates of all of them; `None` if they have none.
    pub(crate) estimated: Option<Money>,
    /// Prices of all of them; `None` if they have none.
    pub(crate) actual: Option<Money>,
}

/// Costs of the messages that providers accepted, estimated and charged. Made by
/// [`MessageStore::cost_report`](crate::MessageStore::cost_report).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CostReport {
    /// Rows by day, then country, provider, account, tenant and currency.
    pub rows: Vec<CostRow>,
}

/// Costs of one day to one country over one account for one tenant, in one currency. An estimate in another currency
/// than the price stands in a row of its own, without messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CostRow {
    /// Day on which the messages were written down, in UTC.
    pub day: Date,
    /// Country of the recipients; `None` where no country has the number.
    pub country: Option<Region>,
    /// Provider that accepted them.
    pub provider: Option<ProviderId>,
    /// Account at the provider.
    pub account: Option<AccountId>,
    /// Tenant on whose behalf they were sent; `None` where there is none.
    pub tenant: Option<TenantId>,
    /// Currency of the amounts; `None` while neither an estimate nor a price is known.
    pub currency: Option<Currency>,
    /// Number of messages.
    pub messages: u64,
    /// Number of messages whose price is known.
    pub priced: u64,
    /// Sum of the estimates of all messages.
    #[serde(serialize_with = "as_text")]
    pub estimated: Decimal,
    /// Sum of the prices that the provider charged.
    #[serde(serialize_with = "as_text")]
    pub actual: Decimal,
    /// Difference of the prices from the estimates, in percent of the estimates, to two decimal places: of the messages
    /// that have both. `None` if there are none, or their estimates are zero.
    pub drift_percent: Option<Decimal>,
    #[serde(skip)]
    both: (Decimal, Decimal),
}

/// Costs of a day as the store has them, beside those that the provider's account lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CostComparison {
    /// Day, in UTC.
    pub day: Date,
    /// Prices of the day's messages in the store.
    pub recorded: Money,
    /// Amount that the provider's account lists for the day.
    pub billed: Money,
    /// Amount that is billed beyond what is recorded; negative if less is billed.
    pub difference: Money,
    /// Difference in percent of what is billed, to two decimal places; `None` if nothing is billed.
    pub percent: Option<Decimal>,
    /// `true` if the difference is more than 5 % of what is billed.
    pub is_off: bool,
}

/// Difference from which on a day is marked, in percent.
const ALERT: i64 = 5;

/// Returns a part of a whole in percent; `None` of nothing.
fn percent(part: Decimal, whole: Decimal) -> Option<Decimal> {
    let share = part.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(whole)?;
    Some(share.round_dp(2).normalize())
}

impl CostReport {
    pub(crate) fn of(sums: &[CostSum]) -> Self {
        let mut report = Self::default();
        for sum in sums {
            let (estimated, actual) = (sum.estimated, sum.actual);
            let currency = actual.or(estimated).map(|money| money.currency);
            let row = report.row(sum, currency);
            row.messages += sum.messages;
            if let Some(actual) = actual {
                row.priced += sum.messages;
                row.actual = row.actual.saturating_add(actual.amount);
            }
            if let Some(estimated) = estimated {
                let row = report.row(sum, Some(estimated.currency));
                row.estimated = row.estimated.saturating_add(estimated.amount);
                if let Some(actual) = actual.filter(|one| one.currency == estimated.currency) {
                    row.both.0 = row.both.0.saturating_add(estimated.amount);
                    row.both.1 = row.both.1.saturating_add(actual.amount);
                }
            }
        }
        for row in &mut report.rows {
            let (estimated, actual) = row.both;
            row.drift_percent = percent(actual.saturating_sub(estimated), estimated);
        }
        report.rows.sort_by_cached_key(|row| {
            let asked = (row.provider.clone(), row.account.clone());
            let tenant = row.tenant.as_ref().map(ToString::to_string);
            (row.day, row.country.map(|one| one.to_string()), asked, tenant, row.currency)
        });
        report
    }

    /// Returns the row of a sum in a currency, made where there is none.
    fn row(&mut self, sum: &CostSum, currency: Option<Currency>) -> &mut CostRow {
        let is_it = |row: &CostRow| {
            row.day == sum.day
                && row.country == sum.country
                && row.provider == sum.provider
                && row.account == sum.account
                && row.tenant == sum.tenant
                && row.currency == currency
        };
        let at = self.rows.iter().position(is_it).unwrap_or_else(|| {
            self.rows.push(CostRow {
                day: sum.day,
                country: sum.country,
                provider: sum.provider.clone(),
                account: sum.account.clone(),
                tenant: sum.tenant.clone(),
                currency,
                messages: 0,
                priced: 0,
                estimated: Decimal::ZERO,
                actual: Decimal::ZERO,
                drift_percent: None,
                both: (Decimal::ZERO, Decimal::ZERO),
            });
            self.rows.len() - 1
        });
        &mut self.rows[at]
    }

    /// Compares the prices of each day with the amounts that a provider's account lists: both numbers, and the
    /// difference. Several amounts of a day and a currency are added up. A day that only one side has is compared with
    /// nothing.
    ///
    /// ```
    /// use anysms::Date;
    /// use anysms_store::{Filter, MessageStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let report = MessageStore::memory().cost_report(&Filter::new()).await?;
    /// let compared = report.compare(&[(Date::constant(2026, 11, 1), "1.20 USD".parse()?)]);
    /// assert!(compared[0].is_off, "nothing of it is in the store");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn compare(&self, billed: &[(Date, Money)]) -> Vec<CostComparison> {
        let mut days: BTreeMap<(Date, Currency), (Decimal, Decimal)> = BTreeMap::new();
        for row in self.rows.iter().filter(|row| row.priced > 0) {
            let Some(currency) = row.currency else { continue };
            let day = days.entry((row.day, currency)).or_default();
            day.0 = day.0.saturating_add(row.actual);
        }
        for (day, money) in billed {
            let day = days.entry((*day, money.currency)).or_default();
            day.1 = day.1.saturating_add(money.amount);
        }
        let compare =
            |((day, currency), (recorded, billed)): ((Date, Currency), (Decimal, Decimal))| {
                let difference = billed.saturating_sub(recorded);
                let most = billed.abs().saturating_mul(Decimal::from(ALERT));
                let money = |amount| Money::new(amount, currency);
                CostComparison {
                    day,
                    recorded: money(recorded),
                    billed: money(billed),
                    difference: money(difference),
                    percent: percent(difference, billed),
                    is_off: difference.abs().saturating_mul(Decimal::ONE_HUNDRED) > most,
                }
            };
        days.into_iter().map(compare).collect()
    }
}
