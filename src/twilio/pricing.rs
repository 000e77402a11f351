//! Prices of messages by Twilio's Pricing API, version 1: version 2 has none for messages (2026-11).

use async_trait::async_trait;
use http::Method;
use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    error::{Error, ErrorKind, Result},
    message::{Currency, Direction, Money},
    number::Region,
    pricing::{CountryPrices, PriceRow, PriceSource},
    provider_id::ProviderId,
    transport::lenient,
    twilio::{Product, TWILIO, Twilio},
};

/// The part of an answer that this crate reads.
#[derive(Deserialize)]
struct Answer {
    #[serde(default, deserialize_with = "lenient::text")]
    price_unit: Option<String>,
    #[serde(default, deserialize_with = "lenient::list")]
    outbound_sms_prices: Option<Vec<Carrier>>,
    #[serde(default, deserialize_with = "lenient::list")]
    inbound_sms_prices: Option<Vec<Price>>,
}

#[derive(Deserialize)]
struct Carrier {
    #[serde(default, deserialize_with = "lenient::text")]
    carrier: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    mcc: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    mnc: Option<String>,
    #[serde(default, deserialize_with = "lenient::list")]
    prices: Option<Vec<Price>>,
}

#[derive(Deserialize)]
struct Price {
    #[serde(default, deserialize_with = "lenient::text")]
    number_type: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    base_price: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    current_price: Option<String>,
}

impl Price {
    /// Reads the price that the account pays, which is the list price without its discount; `None` if neither can be
    /// read.
    fn row(&self, direction: Direction) -> Option<PriceRow> {
        let read =
            |price: &Option<String>| Some(Money::charge(price.as_deref()?, Currency::USD)?.amount);
        let amount = read(&self.current_price).or_else(|| read(&self.base_price))?;
        let mut row = PriceRow::new(direction, amount);
        row.number_type = self.number_type.clone();
        Some(row)
    }
}

#[async_trait]
impl PriceSource for Twilio {
    fn price_provider(&self) -> ProviderId {
        TWILIO
    }

    async fn country(&self, country: Region) -> Result<CountryPrices> {
        let none = CountryPrices::new(TWILIO, country, Currency::USD, Timestamp::now());
        if country == Region::WORLD {
            return Ok(none); // no country of theirs
        }
        let path = ["v1", "Messaging", "Countries", country.as_str()];
        let answer: Answer = match self.request(Method::GET, Product::Pricing, path).send().await {
            Ok(answer) => answer.json()?,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(none),
            Err(error) => return Err(error),
        };
        let mut rows = Vec::new();
        for carrier in answer.outbound_sms_prices.unwrap_or_default() {
            for price in carrier.prices.iter().flatten() {
                let Some(mut row) = price.row(Direction::Outbound) else { continue };
                row.carrier = carrier.carrier.clone();
                (row.mcc, row.mnc) = (carrier.mcc.clone(), carrier.mnc.clone());
                rows.push(row);
            }
        }
        let inbound = answer.inbound_sms_prices.unwrap_or_default();
        rows.extend(inbound.iter().filter_map(|price| price.row(Direction::Inbound)));
        let Some(currency) = answer.price_unit.and_then(|unit| unit.parse().ok()) else {
            if rows.is_empty() {
                return Ok(none);
            }
            let error = Error::not_sent(ErrorKind::InvalidResponse).with_provider(TWILIO);
            let detail = "price_unit: is missing or no currency, so that no price can be told";
            return Err(error.with_detail(detail).without_message());
        };
        Ok(CountryPrices { rows, currency, ..none })
    }
}
