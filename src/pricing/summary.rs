//! [`Summary`]: the outbound prices of a country as a quote needs them, worked out once.

use rust_decimal::Decimal;

use super::{CountryPrices, MobileNetwork};
use crate::message::Direction;

/// Typical and highest price of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) typical: Decimal,
    pub(super) highest: Decimal,
}

/// Outbound prices of a country.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Summary {
    /// Over all networks; `None` if there is no price.
    pub(super) country: Option<Range>,
    /// By network, sorted.
    networks: Vec<(MobileNetwork, Range)>,
}

impl Summary {
    pub(super) fn of(prices: &CountryPrices) -> Self {
        let outbound = || prices.rows.iter().filter(|row| row.direction == Direction::Outbound);
        let whole: Vec<Decimal> =
            outbound().filter(|row| row.is_of_country()).map(|row| row.per_segment).collect();
        let all: Vec<Decimal> = outbound().map(|row| row.per_segment).collect();
        let country = range(all).map(|all| Range {
            typical: range(whole).map_or(all.typical, |whole| whole.typical),
            ..all
        });
        let mut named: Vec<MobileNetwork> = outbound().filter_map(|row| row.network()).collect();
        named.sort_unstable();
        named.dedup();
        let of = |network: MobileNetwork| {
            let rows = outbound().filter(|row| row.network() == Some(network));
            Some((network, range(rows.map(|row| row.per_segment).collect())?))
        };
        Self { country, networks: named.into_iter().filter_map(of).collect() }
    }

    /// Returns the prices of a network; `None` if it has none of its own.
    pub(super) fn network(&self, network: MobileNetwork) -> Option<Range> {
        let at = self.networks.binary_search_by_key(&network, |(known, _)| *known).ok()?;
        self.networks.get(at).map(|(_, range)| *range)
    }
}

/// Returns the median and the highest of prices.
fn range(mut prices: Vec<Decimal>) -> Option<Range> {
    prices.sort_unstable();
    let (typical, highest) = (prices.get(prices.len() / 2)?, prices.last()?);
    Some(Range { typical: *typical, highest: *highest })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::{message::Currency, number::Region, pricing::PriceRow, provider_id::ProviderId};

    fn prices(rows: impl IntoIterator<Item = PriceRow>) -> CountryPrices {
        let acme = ProviderId::from_static("acme");
        let now = Timestamp::now();
        let mut prices = CountryPrices::new(acme, Region::GB, Currency::USD, now);
        prices.rows.extend(rows);
        prices
    }

    fn out(price: i64) -> PriceRow {
        PriceRow::new(Direction::Outbound, Decimal::new(price, 3))
    }

    fn range_of(rows: impl IntoIterator<Item = PriceRow>) -> Option<(i64, i64)> {
        let milli = |price: Decimal| i64::try_from(price * Decimal::from(1_000)).unwrap();
        let range = Summary::of(&prices(rows)).country?;
        Some((milli(range.typical), milli(range.highest)))
    }

    #[test]
    fn the_typical_price_is_the_countrys_or_the_median() {
        let of = |price: i64| out(price).with_carrier(format!("Carrier {price}"));
        assert_eq!(range_of([]), None);
        assert_eq!(range_of([PriceRow::new(Direction::Inbound, Decimal::ONE)]), None);
        assert_eq!(range_of([of(7)]), Some((7, 7)));
        assert_eq!(range_of([of(9), of(1)]), Some((9, 9)));
        assert_eq!(range_of([of(9), of(1), of(5)]), Some((5, 9)));
        assert_eq!(range_of([of(9), of(1), of(5), out(3)]), Some((3, 9)));
        assert_eq!(range_of([of(9), out(30), out(20).with_number_type("local")]), Some((30, 30)));
    }

    #[test]
    fn a_network_has_the_rows_that_name_it() {
        let rows = [
            out(9).with_network("234", "15"),
            out(4).with_network("234", "015"),
            out(70).with_network("234", "20"),
            out(80).with_network("?", "20"),
            out(2),
        ];
        let summary = Summary::of(&prices(rows));
        let network = summary.network(MobileNetwork::new("234", "15").unwrap()).unwrap();
        assert_eq!((network.typical, network.highest), (Decimal::new(9, 3), Decimal::new(9, 3)));
        assert_eq!(summary.network(MobileNetwork::new("234", "10").unwrap()), None);
        assert_eq!(summary.country.unwrap().highest, Decimal::new(80, 3));
    }
}
