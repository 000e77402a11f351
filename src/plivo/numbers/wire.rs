//! Plivo's numbers on the wire, and what they mean. Its prices are in US dollars (2026-11).

use jiff::{civil::Date, tz::TimeZone};
use serde_json::Value;

use super::last_part;
use crate::{
    message::{Currency, Money},
    number::{PhoneNumber, Region},
    numbers::{
        AvailableNumber, InboundRoute, NumberCapabilities, NumberCategory, NumberPrice, OwnedNumber,
    },
    transport::lenient::{field, flag},
};

/// Reads a number, which Plivo writes without its plus sign.
fn number(item: &Value) -> Option<PhoneNumber> {
    let digits = field(item, "number")?;
    format!("+{}", digits.trim_start_matches('+')).parse().ok()
}

fn money(item: &Value, name: &str) -> Option<Money> {
    Money::charge(&field(item, name)?, Currency::USD)
}

/// Reads a number that can be bought; `None` if it is not readable as one.
pub(super) fn available(
    item: &Value,
    country: Region,
    category: NumberCategory,
) -> Option<AvailableNumber> {
    let category =
        field(item, "type").and_then(|word| NumberCategory::of_word(&word)).unwrap_or(category);
    let mut found = AvailableNumber::new(number(item)?, country, category);
    found.region = field(item, "region");
    found.city = field(item, "city");
    found.capabilities = capabilities(item);
    found.price = NumberPrice::new(money(item, "setup_rate"), money(item, "monthly_rental_rate"));
    found
        .requirements
        .extend(field(item, "restriction_text").or_else(|| field(item, "restriction")));
    let needed = item.get("prerequisites").and_then(Value::as_array).into_iter().flatten();
    found.requirements.extend(needed.filter_map(|needed| {
        let kind = field(needed, "type")?;
        Some(field(needed, "scope").map_or(kind.clone(), |scope| format!("{kind}: {scope}")))
    }));
    Some(found)
}

/// Reads a number of the account; `None` if it is no number.
pub(super) fn owned(item: &Value) -> Option<OwnedNumber> {
    let number = number(item)?;
    let mut owned = OwnedNumber::new(number.digits().to_string(), number);
    owned.name = field(item, "alias").map(Into::into);
    owned.category = field(item, "number_type").and_then(|word| NumberCategory::of_word(&word));
    owned.capabilities = capabilities(item);
    let application = last_part(item, "application");
    owned.inbound = Some(application.map_or(InboundRoute::Nowhere, InboundRoute::Application));
    owned.monthly = money(item, "monthly_rental_rate");
    let day: Option<Date> = field(item, "added_on").and_then(|day| day.parse().ok());
    owned.since =
        day.and_then(|day| day.to_zoned(TimeZone::UTC).ok()).map(|start| start.timestamp());
    Some(owned)
}

/// Returns whether the answer to a purchase says that this number is the account's now.
pub(super) fn is_bought(answer: &Value, digits: &str) -> bool {
    let numbers = answer.get("numbers").and_then(Value::as_array);
    let of_it = |item: &&Value| field(item, "number").as_deref() == Some(digits);
    let status = numbers.and_then(|all| all.iter().find(of_it)).and_then(|it| field(it, "status"));
    status.is_some_and(|word| word.eq_ignore_ascii_case("success"))
        && field(answer, "status").is_none_or(|word| word == "fulfilled")
}

fn capabilities(item: &Value) -> NumberCapabilities {
    let has = |name| flag(item, name);
    NumberCapabilities {
        sms: has("sms_enabled"),
        mms: has("mms_enabled"),
        voice: has("voice_enabled"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_on_offer_has_its_price_and_what_it_needs() {
        let item = json!({"number": "15555550101", "type": "fixed", "city": null, "region": "x",
            "monthly_rental_rate": "0.80000", "setup_rate": 1.5, "sms_enabled": true,
            "mms_enabled": null, "voice_enabled": "true", "restriction_text": "documents",
            "prerequisites": [{"proof_required": true, "proof_type": ["Any"], "scope": "country",
                "type": "address"}, {"type": "identity"}, null]});
        let found = available(&item, Region::US, NumberCategory::National).unwrap();
        assert_eq!(found.category, NumberCategory::Local);
        assert_eq!(found.price.first_month().unwrap().to_string(), "2.3 USD");
        assert_eq!(found.requirements, ["documents", "address: country", "identity"]);
        let can = found.capabilities;
        assert_eq!((can.sms, can.mms, can.voice), (true, false, true));
        assert!(available(&json!({"number": null}), Region::US, NumberCategory::Local).is_none());
        let unpriced = json!({"number": "15555550101", "monthly_rental_rate": "1"});
        let found = available(&unpriced, Region::US, NumberCategory::National).unwrap();
        assert_eq!((found.category, found.price.first_month()), (NumberCategory::National, None));
    }

    #[test]
    fn only_a_fulfilled_order_of_this_number_is_a_purchase() {
        let order = |number: &str, one: &str, all: &str| {
            let answer = json!({"numbers": [{"number": number, "status": one}], "status": all});
            is_bought(&answer, "15555550101")
        };
        assert!(order("15555550101", "Success", "fulfilled"));
        assert!(!order("15555550101", "Success", "pending"));
        assert!(!order("15555550101", "Pending", "fulfilled"));
        assert!(!order("15555550102", "Success", "fulfilled"));
        assert!(!is_bought(&json!({"message": "created"}), "15555550101"));
    }
}
