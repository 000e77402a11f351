//! [`CarrierFees`]: what carriers charge beside the provider, which no API of the providers tells.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::MobileNetwork;
use crate::{message::Currency, number::Region};

/// Fees of carriers by the segment, from a table of a program's own with its date. Off unless a book is built with
/// them; a quote that holds a fee [names it](super::Quote::fees).
///
/// For a recipient whose network is not known the highest fee of the country counts.
///
/// ```
/// use anysms::{Date, Decimal, message::Currency, number::Region, pricing::CarrierFees};
///
/// let from = Date::constant(2026, 11, 1);
/// let fees = CarrierFees::new(from, Currency::USD)
///     .with_country(Region::US, Decimal::new(30, 4))
///     .with_network(Region::US, "310-260".parse()?, Decimal::new(45, 4));
/// assert_eq!(fees.of(Region::US, None), Some(Decimal::new(45, 4)));
/// assert_eq!(fees.of(Region::US, "311-480".parse().ok()), Some(Decimal::new(30, 4)));
/// assert_eq!(fees.of(Region::GB, None), None);
/// # Ok::<(), anysms::pricing::MobileNetworkError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarrierFees {
    as_of: Date,
    currency: Currency,
    rows: Vec<(Region, Option<MobileNetwork>, Decimal)>,
}

impl CarrierFees {
    /// Creates a table without fees, from this day.
    #[must_use]
    pub const fn new(as_of: Date, currency: Currency) -> Self {
        Self { as_of, currency, rows: Vec::new() }
    }

    /// Sets the fee of a segment to all networks of a country that have none of their own.
    #[must_use]
    pub fn with_country(self, country: Region, per_segment: Decimal) -> Self {
        self.with(country, None, per_segment)
    }

    /// Sets the fee of a segment to one network of a country.
    #[must_use]
    pub fn with_network(
        self,
        country: Region,
        network: MobileNetwork,
        per_segment: Decimal,
    ) -> Self {
        self.with(country, Some(network), per_segment)
    }

    fn with(mut self, country: Region, network: Option<MobileNetwork>, fee: Decimal) -> Self {
        self.rows.retain(|(known, of, _)| (*known, *of) != (country, network));
        self.rows.push((country, network, fee));
        self
    }

    /// Returns the day from which the fees are.
    #[must_use]
    pub const fn as_of(&self) -> Date {
        self.as_of
    }

    /// Returns the currency of all fees.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// Returns the fee of a segment: the network's where it is known and has one, the country's where it has none, and
    /// the highest of the country where the network is not known. `None` if there is no fee.
    #[must_use]
    pub fn of(&self, country: Region, network: Option<MobileNetwork>) -> Option<Decimal> {
        let rows = || self.rows.iter().filter(|(known, ..)| *known == country);
        let Some(network) = network else {
            return rows().map(|(.., fee)| *fee).max();
        };
        let exactly = |wanted| rows().find(|(_, of, _)| *of == wanted).map(|(.., fee)| *fee);
        exactly(Some(network)).or_else(|| exactly(None))
    }
}
