//! Costs: estimated beside charged, and lines of a bill.

use jiff::{ToSpan, civil::Date, tz::TimeZone};

use anysms::error::{Error, ErrorKind, Result};

use crate::{
    BillingLine, CostReport, Filter, MessageStore, Tariff, backend::Backend, report::billing,
};

impl<B: Backend> MessageStore<B> {
    /// Returns estimates and prices of what providers accepted, of the messages of a filter, by day, country, provider,
    /// account and tenant.
    ///
    /// ```
    /// use anysms_store::{Filter, MessageStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> anysms::Result<()> {
    /// let report = MessageStore::memory().cost_report(&Filter::new()).await?;
    /// assert!(report.rows.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be read.
    pub async fn cost_report(&self, filter: &Filter) -> Result<CostReport> {
        Ok(CostReport::of(&self.backend.costs(filter).await?))
    }

    /// Returns the lines of a bill for the month of a day, in UTC: what providers accepted, by tenant, country and class,
    /// with its cost and its price by a tariff.
    ///
    /// ```
    /// use anysms::{Date, Decimal, message::Currency};
    /// use anysms_store::{MessageStore, Tariff, Tier, Tiers};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> anysms::Result<()> {
    /// let tiers = Tiers::graduated(
    ///     Currency::USD,
    ///     [Tier::new(0, Decimal::new(8, 2)), Tier::new(10_000, Decimal::new(7, 2))],
    /// )?;
    /// let month = Date::constant(2026, 11, 1);
    /// let lines = MessageStore::memory().billing_lines(month, &Tariff::new(tiers)).await?;
    /// assert!(lines.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `InvalidRequest` for a month at the end of time; `Unavailable` if the store cannot be read.
    pub async fn billing_lines(&self, month: Date, tariff: &Tariff) -> Result<Vec<BillingLine>> {
        let first = month.first_of_month();
        let at = |day: Date| day.to_zoned(TimeZone::UTC).map(|midnight| midnight.timestamp());
        let ends = first.checked_add(1.month()).and_then(|next| Ok((at(first)?, at(next)?)));
        let (since, until) = ends.map_err(|_| {
            let error = Error::not_sent(ErrorKind::InvalidRequest).without_message();
            error.with_detail("month: is at the end of time; give one of these years")
        })?;
        let filter = Filter::new().with_since(since).with_until(until);
        Ok(billing::lines(&self.backend.costs(&filter).await?, first, tariff))
    }
}
