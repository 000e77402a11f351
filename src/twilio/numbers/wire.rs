//! Twilio's numbers on the wire, and what they mean.

use serde_json::Value;

use crate::{
    number::{PhoneNumber, Region},
    numbers::{
        AvailableNumber, HookMethod, InboundRoute, NumberCapabilities, NumberCategory, OwnedNumber,
    },
    transport::lenient::{field, time},
};

/// Reads a number that can be bought; `None` if it is not readable as one.
pub(super) fn available(
    item: &Value,
    country: Region,
    category: NumberCategory,
) -> Option<AvailableNumber> {
    let number: PhoneNumber = field(item, "phone_number")?.parse().ok()?;
    let country = field(item, "iso_country").and_then(|code| code.parse().ok()).unwrap_or(country);
    let mut found = AvailableNumber::new(number, country, category);
    found.region = field(item, "region");
    found.city = field(item, "locality");
    found.capabilities = capabilities(item);
    let address = field(item, "address_requirements").filter(|word| word != "none");
    found.requirements.extend(address.map(|word| format!("address: {word}")));
    Some(found)
}

/// Reads a number of the account; `None` if it has no id or is no number.
pub(super) fn owned(item: &Value) -> Option<OwnedNumber> {
    let number: PhoneNumber = field(item, "phone_number")?.parse().ok()?;
    let mut owned = OwnedNumber::new(field(item, "sid")?, number);
    owned.name = field(item, "friendly_name").map(Into::into);
    owned.category = field(item, "type").and_then(|word| NumberCategory::of_word(&word));
    owned.capabilities = capabilities(item);
    owned.inbound = Some(route(item));
    owned.since = field(item, "date_created").and_then(|text| time(&text));
    Some(owned)
}

/// Reads where messages go that a number or a short code receives.
pub(in crate::twilio) fn route(item: &Value) -> InboundRoute {
    if let Some(application) = field(item, "sms_application_sid") {
        return InboundRoute::Application(application);
    }
    let method = HookMethod::of_word(field(item, "sms_method").as_deref());
    match field(item, "sms_url").and_then(|url| url.parse().ok()) {
        Some(url) => InboundRoute::Webhook(url, method),
        None => InboundRoute::Nowhere,
    }
}

/// Reads capabilities, whose names have come in upper and in lower case (2026-11).
fn capabilities(item: &Value) -> NumberCapabilities {
    let has = |name: &str| {
        let all = item.get("capabilities").and_then(Value::as_object);
        let mut all = all.into_iter().flatten();
        all.any(|(key, value)| key.eq_ignore_ascii_case(name) && value == &Value::Bool(true))
    };
    NumberCapabilities { sms: has("sms"), mms: has("mms"), voice: has("voice") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn capabilities_are_read_in_either_case_and_only_if_true() {
        let item = json!({"capabilities": {"SMS": true, "mms": false, "Voice": true, "fax": true}});
        let found = capabilities(&item);
        assert_eq!((found.sms, found.mms, found.voice), (true, false, true));
        for none in [json!({}), json!({"capabilities": null}), json!({"capabilities": ["SMS"]})] {
            assert_eq!(capabilities(&none), NumberCapabilities::default());
        }
    }

    #[test]
    fn an_application_wins_over_a_url() {
        let url = "https://example.com/sms";
        let item = |application: Value| json!({"sms_url": url, "sms_method": "get", "sms_application_sid": application});
        for none in [json!(null), json!("")] {
            let webhook = InboundRoute::Webhook(url.parse().unwrap(), HookMethod::Get);
            assert_eq!(route(&item(none)), webhook);
        }
        assert_eq!(route(&item(json!("AP1"))), InboundRoute::Application("AP1".into()));
        assert_eq!(route(&json!({"sms_url": ""})), InboundRoute::Nowhere);
    }
}
