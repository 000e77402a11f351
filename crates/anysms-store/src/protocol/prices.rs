//! Prices that are fetched: kept as they change, and never overwritten.

use anysms::{ProviderId, error::Result, message::Money, number::Region, pricing::CountryPrices};

use crate::{PriceRecord, protocol::transaction::Tables};

/// Rows of a country that change with an answer of its provider.
#[derive(Debug, Default)]
pub(crate) struct PriceChanges {
    /// Rows that are said again.
    pub(crate) same: Vec<i64>,
    /// Rows that are not said any more.
    pub(crate) gone: Vec<i64>,
    pub(crate) new: Vec<PriceRecord>,
}

/// Keeps an answer, unless a later one is kept.
pub(crate) async fn save(tables: &mut dyn Tables, prices: &CountryPrices) -> Result<()> {
    let open = tables.prices(&prices.provider, prices.country, true).await?;
    if open.iter().any(|known| known.fetched_at > prices.as_of) {
        return Ok(());
    }
    let mut changes = PriceChanges::default();
    let place = (prices.provider.clone(), prices.country);
    for row in &prices.rows {
        let price = Money::new(row.per_segment, prices.currency);
        let new = PriceRecord::new(place.clone(), row.clone(), price, prices.as_of);
        match open.iter().find(|known| known.says(&new)) {
            Some(known) => changes.same.push(known.row),
            None if changes.new.iter().any(|known| known.says(&new)) => {}
            None => changes.new.push(new),
        }
    }
    let rows = open.iter().map(|known| known.row);
    changes.gone = rows.filter(|row| !changes.same.contains(row)).collect();
    tables.change_prices(changes, prices.as_of).await
}

/// Returns the prices that hold; `None` if there are none.
pub(crate) async fn load(
    tables: &mut dyn Tables,
    provider: &ProviderId,
    country: Region,
) -> Result<Option<CountryPrices>> {
    let open = tables.prices(provider, country, true).await?;
    let Some(first) = open.first() else { return Ok(None) };
    let at = open.iter().map(|row| row.fetched_at).min().unwrap_or(first.fetched_at);
    let currency = first.per_segment.currency;
    let mut prices = CountryPrices::new(provider.clone(), country, currency, at);
    let same = open.iter().filter(|row| row.per_segment.currency == currency);
    prices.rows = same.map(PriceRecord::price_row).collect();
    Ok(Some(prices))
}
