//! Prices of messages by Plivo's Pricing API.

use async_trait::async_trait;
use http::Method;
use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    error::{ErrorKind, Result},
    message::{Currency, Direction, Money},
    number::Region,
    plivo::{PLIVO, Plivo},
    pricing::{CountryPrices, PriceRow, PriceSource},
    provider_id::ProviderId,
    transport::lenient,
};

/// Currency of all prices. The API names none; Plivo's price pages are in US dollars (plivo.com/sms/pricing, 2026-11).
const CURRENCY: Currency = Currency::USD;

/// The part of an answer that this crate reads.
#[derive(Deserialize)]
struct Answer {
    message: Option<Messages>,
}

#[derive(Deserialize)]
struct Messages {
    inbound: Option<Rate>,
    outbound: Option<Rate>,
    #[serde(default, deserialize_with = "lenient::list")]
    outbound_networks_list: Option<Vec<Rate>>,
}

#[derive(Deserialize)]
struct Rate {
    #[serde(default, deserialize_with = "lenient::text")]
    group_name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    rate: Option<String>,
}

impl Rate {
    fn row(&self, direction: Direction) -> Option<PriceRow> {
        let amount = Money::charge(self.rate.as_deref()?, CURRENCY)?.amount;
        let mut row = PriceRow::new(direction, amount);
        row.carrier = self.group_name.clone();
        Some(row)
    }
}

#[async_trait]
impl PriceSource for Plivo {
    fn price_provider(&self) -> ProviderId {
        PLIVO
    }

    async fn country(&self, country: Region) -> Result<CountryPrices> {
        let mut prices = CountryPrices::new(PLIVO, country, CURRENCY, Timestamp::now());
        if country == Region::WORLD {
            return Ok(prices); // no country of theirs
        }
        let request = self.request(Method::GET, ["Pricing"]);
        let answer: Answer = match request.query("country_iso", country.as_str()).send().await {
            Ok(answer) => answer.json()?,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(prices),
            Err(error) => return Err(error),
        };
        let Some(message) = answer.message else { return Ok(prices) };
        let networks = message.outbound_networks_list.unwrap_or_default();
        let outbound = message.outbound.iter().chain(&networks);
        let outbound = outbound.map(|rate| (rate, Direction::Outbound));
        let inbound = message.inbound.iter().map(|rate| (rate, Direction::Inbound));
        for row in outbound.chain(inbound).filter_map(|(rate, direction)| rate.row(direction)) {
            if !prices.rows.contains(&row) {
                prices.rows.push(row); // one group may come several times
            }
        }
        Ok(prices)
    }
}
