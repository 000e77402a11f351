//! Price of a number, by Twilio's list of a country.

use http::Method;
use serde_json::Value;

use crate::{
    error::{ErrorKind, Result},
    message::{Currency, Money},
    number::Region,
    numbers::{NumberCategory, NumberPrice},
    transport::lenient::field,
    twilio::{Product, Twilio},
};

/// Returns the price of a number that is of one of these categories: the dearest that the country lists. It is not
/// known where the list has none of them, or a price that cannot be read.
pub(super) async fn of(
    twilio: &Twilio,
    country: Region,
    categories: &[NumberCategory],
) -> Result<NumberPrice> {
    let path = ["v1", "PhoneNumbers", "Countries", country.as_str()];
    let list = match twilio.request(Method::GET, Product::Pricing, path).send().await {
        Ok(list) => list.json()?,
        Err(error) if error.kind() == ErrorKind::NotFound => Value::Null, // a country without prices
        Err(error) => return Err(error),
    };
    Ok(read(&list, categories).unwrap_or_default())
}

/// Reads a list of prices. Twilio asks nothing for the setup: its list has a price by the month alone (2026-11).
fn read(list: &Value, categories: &[NumberCategory]) -> Option<NumberPrice> {
    let currency: Currency = field(list, "price_unit")?.parse().ok()?;
    let rows = list.get("phone_number_prices")?.as_array()?;
    let is_wanted = |row: &&Value| {
        let category = field(row, "number_type").and_then(|word| NumberCategory::of_word(&word));
        category.is_some_and(|category| categories.contains(&category))
    };
    let price = |row: &Value| {
        let amount = field(row, "current_price").or_else(|| field(row, "base_price"))?;
        let monthly = Money::charge(&amount, currency)?;
        Some(NumberPrice::new(Some(Money::new(0.into(), currency)), Some(monthly)))
    };
    rows.iter().filter(is_wanted).map(price).reduce(|one, other| one?.dearer(other?)).flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_dearest_category_that_fits_counts() {
        use NumberCategory::{Local, Mobile, National, TollFree};
        let list = json!({"price_unit": "usd", "phone_number_prices": [
            {"number_type": "local", "base_price": "2.00", "current_price": "1.15"},
            {"number_type": "toll free", "base_price": 2.15, "current_price": 2.15},
            {"number_type": "national", "base_price": "1.5", "current_price": null},
            {"number_type": "mobile", "base_price": null, "current_price": "n/a"},
        ]});
        let price = |categories: &[NumberCategory]| {
            read(&list, categories)
                .and_then(|price| price.first_month())
                .map(|money| money.to_string())
        };
        assert_eq!(price(&[Local]).as_deref(), Some("1.15 USD"));
        assert_eq!(price(&[TollFree]).as_deref(), Some("2.15 USD"));
        assert_eq!(price(&[Local, National]).as_deref(), Some("1.5 USD"));
        assert_eq!(price(&[Local, TollFree, National]).as_deref(), Some("2.15 USD"));
        assert_eq!(price(&[Mobile]), None);
        assert_eq!(price(&[Local, Mobile]), None, "a price that cannot be read is not passed over");
        assert_eq!(read(&json!({"phone_number_prices": []}), &[Local]), None);
    }
}
