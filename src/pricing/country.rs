//! [`CountryPrices`]: what a provider charges for one country.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{MobileNetwork, summary::Summary};
use crate::{
    message::{Currency, Direction, Money},
    number::Region,
    provider_id::ProviderId,
};

/// Prices of one country at one provider.
///
/// Build one for a source of your own:
///
/// ```
/// use anysms::{Decimal, ProviderId, Timestamp, message::{Currency, Direction}, number::Region};
/// use anysms::pricing::{CountryPrices, PriceRow};
///
/// const ACME: ProviderId = ProviderId::from_static("acme");
/// let mut prices = CountryPrices::new(ACME, Region::GB, Currency::USD, Timestamp::now());
/// prices.rows.push(PriceRow::new(Direction::Outbound, Decimal::new(40, 3)).with_network("234", "15"));
/// prices.rows.push(PriceRow::new(Direction::Outbound, Decimal::new(52, 3)));
/// assert_eq!(prices.highest().expect("it is priced").to_string(), "0.052 USD");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CountryPrices {
    /// Provider that charges them.
    pub provider: ProviderId,
    /// Country of the recipients, and of the own numbers that receive.
    pub country: Region,
    /// Currency of all prices.
    pub currency: Currency,
    /// Prices; empty if the provider has none for the country.
    pub rows: Vec<PriceRow>,
    /// Time at which the provider said so, or from which a table is.
    pub as_of: Timestamp,
}

/// One price of a country.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PriceRow {
    /// Carrier as the provider names it; `None` for all of the country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
    /// Mobile country code; `None` if the row is not of one network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mcc: Option<String>,
    /// Mobile network code; `None` if the row is not of one network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mnc: Option<String>,
    /// Kind of the own number as the provider names it, such as `local`, `mobile`, `toll free` or `shortcode`; `None`
    /// for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number_type: Option<String>,
    /// Direction: outbound to the country, or inbound in it.
    pub direction: Direction,
    /// Price of one segment.
    pub per_segment: Decimal,
}

impl PriceRow {
    /// Creates the price of all of a country in a direction.
    #[must_use]
    pub const fn new(direction: Direction, per_segment: Decimal) -> Self {
        Self { carrier: None, mcc: None, mnc: None, number_type: None, direction, per_segment }
    }

    /// Names the carrier.
    #[must_use]
    pub fn with_carrier(mut self, name: impl Into<String>) -> Self {
        self.carrier = Some(name.into());
        self
    }

    /// Names the mobile network by its country code and its own.
    #[must_use]
    pub fn with_network(mut self, mcc: impl Into<String>, mnc: impl Into<String>) -> Self {
        (self.mcc, self.mnc) = (Some(mcc.into()), Some(mnc.into()));
        self
    }

    /// Names the kind of the own number.
    #[must_use]
    pub fn with_number_type(mut self, kind: impl Into<String>) -> Self {
        self.number_type = Some(kind.into());
        self
    }

    /// Returns the mobile network; `None` if the row is not of one, or names it in a way that cannot be read.
    #[must_use]
    pub fn network(&self) -> Option<MobileNetwork> {
        MobileNetwork::new(self.mcc.as_deref()?, self.mnc.as_deref()?).ok()
    }

    /// Returns whether it is a price for all carriers of the country.
    pub(super) const fn is_of_country(&self) -> bool {
        self.carrier.is_none() && self.mcc.is_none() && self.mnc.is_none()
    }
}

impl CountryPrices {
    /// Creates a list without rows.
    #[must_use]
    pub const fn new(
        provider: ProviderId,
        country: Region,
        currency: Currency,
        as_of: Timestamp,
    ) -> Self {
        Self { provider, country, currency, rows: Vec::new(), as_of }
    }

    /// Returns the highest price of an outbound segment; `None` if there is none.
    #[must_use]
    pub fn highest(&self) -> Option<Money> {
        let range = Summary::of(self).country?;
        Some(Money::new(range.highest, self.currency))
    }

    /// Returns the typical price of an outbound segment: that for all of the country where there is one, else the
    /// median of all rows, of an even number the higher one. `None` if there is none.
    #[must_use]
    pub fn typical(&self) -> Option<Money> {
        let range = Summary::of(self).country?;
        Some(Money::new(range.typical, self.currency))
    }
}
