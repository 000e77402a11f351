//! [`UsageRecord`] and [`UsageQuery`]: what was used, and what is asked about it; [`Balance`].

use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::UsageCategory;
use crate::{
    account_id::AccountId,
    error::{Error, ErrorKind, Result},
    message::Money,
};

/// Stretch of time that one record covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UsagePeriod {
    /// Day, in UTC.
    #[default]
    Day,
    /// Month of the calendar, or the part of it that is asked for.
    Month,
    /// All days together.
    All,
}

/// Question about usage: days, the stretch of a record, and a category.
///
/// ```
/// use anysms::usage::{UsageCategory, UsagePeriod, UsageQuery};
///
/// let query = UsageQuery::days("2026-11-01".parse()?, "2026-11-30".parse()?)
///     .with_period(UsagePeriod::Month)
///     .with_category(UsageCategory::Total);
/// assert_eq!(query.from.to_string(), "2026-11-01");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UsageQuery {
    /// First day, in UTC.
    pub from: Date,
    /// Last day, in UTC, which counts too.
    pub to: Date,
    /// Stretch of one record.
    pub period: UsagePeriod,
    /// Category; `None` for all that the provider tells.
    pub category: Option<UsageCategory>,
    /// `true`, as it begins, to count what subaccounts used too.
    pub subaccounts: bool,
}

impl UsageQuery {
    /// Asks for the days from the first to the last, both counted, one record a day.
    #[must_use]
    pub const fn days(from: Date, to: Date) -> Self {
        Self { from, to, period: UsagePeriod::Day, category: None, subaccounts: true }
    }

    /// Sets the stretch of one record.
    #[must_use]
    pub const fn with_period(mut self, period: UsagePeriod) -> Self {
        self.period = period;
        self
    }

    /// Asks for one category.
    #[must_use]
    pub fn with_category(mut self, category: UsageCategory) -> Self {
        self.category = Some(category);
        self
    }

    /// Leaves out what subaccounts used.
    #[must_use]
    pub const fn without_subaccounts(mut self) -> Self {
        self.subaccounts = false;
        self
    }

    /// Fails if the last day is before the first.
    pub(crate) fn checked(&self) -> Result<()> {
        if self.from <= self.to {
            return Ok(());
        }
        let rule = "to: is before from; give the first day first";
        Err(Error::not_sent(ErrorKind::InvalidRequest).with_detail(rule).without_message())
    }
}

/// Amount of one category that was used in one stretch of time. A field is `None` if the provider does not say it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UsageRecord {
    /// Category.
    pub category: UsageCategory,
    /// First day, in UTC.
    pub from: Date,
    /// Last day, in UTC, which counts too.
    pub to: Date,
    /// Account that the record is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// Number of things, such as messages.
    pub count: Option<u64>,
    /// The vendor's word for those things.
    pub count_unit: Option<String>,
    /// Number of units that are paid for, such as segments.
    pub usage: Option<Decimal>,
    /// The vendor's word for those units.
    pub usage_unit: Option<String>,
    /// Price of all, with the sign that the provider gives it.
    pub price: Option<Money>,
    /// Time up to which the provider counted; what came later is missing.
    pub as_of: Option<Timestamp>,
    /// The vendor's description.
    pub description: Option<String>,
}

impl UsageRecord {
    /// Creates a record that tells a category and its days, and nothing else.
    #[must_use]
    pub const fn new(category: UsageCategory, from: Date, to: Date) -> Self {
        Self {
            category,
            from,
            to,
            account: None,
            count: None,
            count_unit: None,
            usage: None,
            usage_unit: None,
            price: None,
            as_of: None,
            description: None,
        }
    }

    /// Returns `true` if nothing was used, or nothing is said of it.
    ///
    /// ```
    /// use anysms::usage::{UsageCategory, UsageRecord};
    ///
    /// let day = "2026-11-20".parse()?;
    /// let mut record = UsageRecord::new(UsageCategory::SmsInbound, day, day);
    /// assert!(record.is_empty());
    /// record.count = Some(3);
    /// assert!(!record.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count.unwrap_or(0) == 0
            && self.usage.unwrap_or(Decimal::ZERO).is_zero()
            && self.price.is_none_or(|price| price.amount.is_zero())
    }
}

/// Money that an account has left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Balance {
    /// Amount, below zero where the account owes; `None` for a subaccount, which spends the balance of its main
    /// account.
    pub amount: Option<Money>,
    /// Time of the answer.
    pub at: Timestamp,
}

impl Balance {
    /// Creates a balance of now.
    #[must_use]
    pub fn new(amount: Option<Money>) -> Self {
        Self { amount, at: Timestamp::now() }
    }
}
