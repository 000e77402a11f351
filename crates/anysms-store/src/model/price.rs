//! [`PriceRecord`]: a price as it was fetched, and for how long it held.

use jiff::Timestamp;
use serde::Serialize;

use anysms::{
    ProviderId,
    message::{Direction, Money},
    number::Region,
    pricing::PriceRow,
};

/// Decimal places that an amount keeps in a table.
pub(crate) const PLACES: u32 = 8;

/// Price of a segment that a provider had from one time to another. Never changed but for its ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PriceRecord {
    /// Provider that charges it.
    pub provider: ProviderId,
    /// Country.
    pub country: Region,
    /// Carrier as the provider names it; `None` for all of the country.
    pub carrier: Option<String>,
    /// Mobile country code; `None` if it is not of one network.
    pub mcc: Option<String>,
    /// Mobile network code; `None` if it is not of one network.
    pub mnc: Option<String>,
    /// Kind of the own number as the provider names it; `None` for all.
    pub number_type: Option<String>,
    /// Direction: outbound to the country, or inbound in it.
    pub direction: Direction,
    /// Price of one segment, to eight decimal places.
    pub per_segment: Money,
    /// Time at which the provider said so last.
    pub fetched_at: Timestamp,
    /// Time at which the provider said so first.
    pub valid_from: Timestamp,
    /// Time at which the provider said something else; `None` for a price that holds.
    pub valid_to: Option<Timestamp>,
    #[serde(skip)]
    pub(crate) row: i64, // 0 until a backend has given one
}

impl PriceRecord {
    pub(crate) fn new(
        (provider, country): (ProviderId, Region),
        row: PriceRow,
        per_segment: Money,
        at: Timestamp,
    ) -> Self {
        let amount = per_segment.amount.round_dp(PLACES).normalize();
        Self {
            provider,
            country,
            carrier: row.carrier,
            mcc: row.mcc,
            mnc: row.mnc,
            number_type: row.number_type,
            direction: row.direction,
            per_segment: Money { amount, ..per_segment },
            fetched_at: at,
            valid_from: at,
            valid_to: None,
            row: 0,
        }
    }

    /// Returns whether it says the same as another, whenever that was.
    pub(crate) fn says(&self, other: &Self) -> bool {
        let named = |one: &Self| {
            (one.carrier.clone(), one.mcc.clone(), one.mnc.clone(), one.number_type.clone())
        };
        named(self) == named(other)
            && self.direction == other.direction
            && self.per_segment == other.per_segment
    }

    /// Returns the row that it was made of.
    pub(crate) fn price_row(&self) -> PriceRow {
        let mut row = PriceRow::new(self.direction, self.per_segment.amount);
        row.carrier.clone_from(&self.carrier);
        (row.mcc, row.mnc) = (self.mcc.clone(), self.mnc.clone());
        row.number_type.clone_from(&self.number_type);
        row
    }
}
