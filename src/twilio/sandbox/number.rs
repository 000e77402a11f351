//! Numbers: those that can be bought, and those of an account. None of them is anybody's: they lie in the ranges
//! that countries keep for stories.

use bytes::Bytes;
use http::Response;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    NOT_FOUND, Refusal,
    account::fields_of,
    call::{Call, OF_2010, new_sid},
    refusal, resource,
};
use crate::{
    number::PhoneNumber,
    sandbox::{self, Carrier, Prices, Record, SandboxAccount},
    twilio::TWILIO,
};

/// Kind of number: its word in a path, its word in a field, and its price in a country.
type Kind = (&'static str, &'static str, fn(&Prices) -> Option<Decimal>);

/// Kinds of numbers as the paths name them, each with its fields' word and its price.
const KINDS: [Kind; 3] = [
    ("Local", "local", |list| list.local),
    ("Mobile", "mobile", |list| list.mobile),
    ("TollFree", "toll_free", |list| list.toll_free),
];

/// Returns a number that no account has.
pub(super) fn free(carrier: &Carrier) -> String {
    let all = (100..10_000).map(|n| format!("+1555555{n:04}"));
    let mut all = all.filter(|number| owner(carrier, number).is_none());
    all.next().unwrap_or_else(|| "+15555559999".to_owned())
}

/// Returns the record of a number; `None` if no account has it.
pub(super) fn owner(carrier: &Carrier, number: &str) -> Option<Record> {
    let is_it = |record: &Record| {
        record.text("phone_number") == Some(number)
            && record.path.contains("/IncomingPhoneNumbers/")
    };
    carrier.records().find(OF_2010, is_it)
}

/// Gives a number back: nobody sends from it until it is bought again.
pub(super) fn release(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    let key = call.key(&call.path);
    let known = call.carrier.records().get(&key).ok_or(NOT_FOUND)?;
    call.carrier.records().remove(&key);
    if let Some(number) = known.text("phone_number") {
        let path = format!("{RELEASED}/{number}");
        call.carrier.records().insert(&path, serde_json::Map::new(), call.carrier.now());
    }
    Ok(super::call::empty(http::StatusCode::NO_CONTENT))
}

/// Returns `true` if the number was given back, by whichever account.
pub(super) fn is_released(carrier: &Carrier, number: &str) -> bool {
    carrier.records().get(&format!("{RELEASED}/{number}")).is_some()
}

/// Collection of the numbers that were given back.
const RELEASED: &str = "/released";

/// Returns the numbers of an account.
pub(super) fn all(carrier: &Carrier, account: &SandboxAccount) -> Vec<PhoneNumber> {
    let collection = format!("/2010-04-01/Accounts/{}/IncomingPhoneNumbers", account.id);
    let records = carrier.records().list(&collection);
    records.iter().filter_map(|record| record.text("phone_number")?.parse().ok()).collect()
}

/// Keeps a number as an account's, with these fields beside its own.
pub(super) fn keep(
    carrier: &Carrier,
    account: &SandboxAccount,
    number: &str,
    settings: &[(String, Value)],
) -> Record {
    let parsed: Option<PhoneNumber> = number.parse().ok();
    let name = parsed.map_or_else(|| number.to_owned(), |number| number.national().to_string());
    let sid = new_sid("PN");
    let mut fields = fields_of(json!({
        "sid": sid, "account_sid": account.id.as_str(), "phone_number": number,
        "friendly_name": name, "capabilities": capabilities(), "origin": "twilio",
        "status": "in-use", "type": kind_of(number), "sms_method": "POST", "sms_url": "",
        "sms_fallback_method": "POST", "sms_fallback_url": "", "voice_method": "POST",
        "voice_url": "", "voice_fallback_method": "POST", "voice_fallback_url": "",
        "status_callback_method": "POST", "status_callback": "", "emergency_status": "Inactive",
        "emergency_address_status": "unregistered",
    }));
    fields.extend(settings.iter().cloned());
    let path = format!("/2010-04-01/Accounts/{}/IncomingPhoneNumbers/{sid}", account.id);
    carrier.records().insert(&path, fields, carrier.now())
}

fn capabilities() -> Value {
    json!({"voice": true, "sms": true, "mms": true, "fax": false})
}

fn kind_of(number: &str) -> &'static str {
    let toll_free = ["+1800", "+1833", "+1844", "+1855", "+1866", "+1877", "+1888", "+44808"];
    if toll_free.iter().any(|start| number.starts_with(start)) {
        "toll_free"
    } else if number.starts_with("+447") {
        "mobile"
    } else {
        "local"
    }
}

/// Returns the numbers of a country and kind that stories may use.
fn of_stories(country: &Prices, kind: &str, area: &str) -> Vec<String> {
    let numbered = |start: String, digits: usize| {
        (100..200).map(|n| format!("{start}{n:0digits$}")).collect::<Vec<_>>()
    };
    match (country.country, kind) {
        ("GB", "Mobile") => numbered("+447700900".to_owned(), 3),
        ("GB", "TollFree") => numbered("+44808157".to_owned(), 4),
        ("GB", _) => numbered("+44207946".to_owned(), 4),
        (_, "TollFree") if country.calling_code == 1 => numbered("+1800555".to_owned(), 4),
        _ if country.calling_code == 1 => {
            let usual = if country.country == "CA" { "613" } else { "555" };
            numbered(format!("+1{}555", if area.is_empty() { usual } else { area }), 4)
        }
        ("AU", "Mobile") => numbered("+61491570".to_owned(), 3),
        _ => numbered(format!("+{}55501", country.calling_code), 4),
    }
}

/// Answers a search of numbers to buy.
pub(super) fn available(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    let code = call.argument("CountryCode");
    if code.is_empty() {
        let countries = sandbox::prices().iter().map(|list| country(call, list));
        let countries: Vec<Value> = countries.collect();
        return Ok(sandbox::json(200, &json!({"countries": countries, "uri": call.path})));
    }
    let list = Prices::of(code).ok_or(NOT_FOUND)?;
    if call.operation.list.is_none() {
        return Ok(sandbox::json(200, &country(call, list)));
    }
    let kind = call.path.trim_end_matches(".json").rsplit('/').next().unwrap_or_default();
    let known = KINDS.iter().find(|(known, _, _)| *known == kind).ok_or(NOT_FOUND)?;
    (known.2)(list).ok_or(NOT_FOUND)?;
    let area = call.get("AreaCode").unwrap_or_default();
    let contains = call.get("Contains").unwrap_or_default();
    let wanted: String = contains.chars().filter(|c| c.is_ascii_digit() || *c == '*').collect();
    let fits = |number: &String| wanted.is_empty() || windows(number, &wanted);
    let numbers = of_stories(list, kind, area).into_iter();
    let numbers: Vec<Value> = numbers
        .filter(fits)
        .filter(|number| owner(call.carrier, number).is_none())
        .map(|number| {
            let parsed: Option<PhoneNumber> = number.parse().ok();
            let name = parsed.map(|number| number.national().to_string());
            json!({
                "friendly_name": name, "phone_number": number, "lata": null, "locality": null,
                "rate_center": null, "latitude": null, "longitude": null, "region": null,
                "postal_code": null, "iso_country": list.country, "address_requirements": "none",
                "beta": false, "capabilities": capabilities(),
            })
        })
        .collect();
    Ok(resource::page(call, &numbers, Value::clone))
}

/// Returns whether a pattern, with a star for any digit, is somewhere in a number.
fn windows(number: &str, pattern: &str) -> bool {
    let (number, pattern) = (number.as_bytes(), pattern.as_bytes());
    number.windows(pattern.len()).any(|window| {
        window.iter().zip(pattern).all(|(digit, wanted)| *wanted == b'*' || digit == wanted)
    })
}

fn country(call: &Call<'_>, list: &Prices) -> Value {
    let start =
        format!("/2010-04-01/Accounts/{}/AvailablePhoneNumbers/{}", call.account.id, list.country);
    let mut kinds = serde_json::Map::new();
    for (kind, field, price) in KINDS {
        if price(list).is_some() {
            kinds.insert(field.to_owned(), format!("{start}/{kind}.json").into());
        }
    }
    json!({
        "country_code": list.country, "country": list.name, "uri": format!("{start}.json"),
        "beta": false, "subresource_uris": kinds,
    })
}

/// Buys a number, for the price that its country lists.
pub(super) fn buy(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    let area = call.get("AreaCode");
    let number = match (call.get("PhoneNumber"), area) {
        (Some("+15005550000"), _) => {
            return Err(refusal(400, 21422, "The number is not available"));
        }
        (Some("+15005550001"), _) => return Err(refusal(400, 21421, "The number is invalid")),
        (Some(number), _) => number.to_owned(),
        (None, Some("533")) => return Err(refusal(400, 21452, "No number in this area code")),
        (None, Some(area)) => Prices::of("US")
            .into_iter()
            .flat_map(|list| of_stories(list, "Local", area))
            .find(|number| owner(call.carrier, number).is_none())
            .ok_or_else(|| refusal(400, 21452, "No number in this area code"))?,
        (None, None) => {
            return Err(refusal(400, 21404, "PhoneNumber or AreaCode is required"));
        }
    };
    let parsed = number.parse::<PhoneNumber>();
    let parsed = parsed.map_err(|_| refusal(400, 21421, "The number is invalid"))?;
    let number = parsed.to_string();
    let offered = parsed.is_fictional() || number == "+15005550006" || {
        let of_kind = |(kind, ..): &(&str, _, _)| of_stories(Prices::to(parsed), kind, "");
        KINDS.iter().flat_map(of_kind).any(|offered| offered == number)
    };
    if owner(call.carrier, &number).is_some() || !offered {
        return Err(refusal(400, 21422, "The number is not available"));
    }
    let kind = kind_of(&number);
    let list = Prices::to(parsed);
    let price = KINDS.iter().find(|(_, known, _)| *known == kind).and_then(|known| known.2(list));
    call.carrier.charge(&call.account, "phonenumbers", 1, 1, price.unwrap_or(Decimal::ONE));
    let mut settings = resource::fields(call);
    settings.remove("area_code");
    settings.insert("phone_number".to_owned(), number.as_str().into());
    let settings: Vec<(String, Value)> = settings.into_iter().collect();
    Ok(resource::shown(call, &keep(call.carrier, &call.account, &number, &settings)))
}

/// Lists the numbers of one kind.
pub(super) fn of_kind(call: &Call<'_>) -> Response<Bytes> {
    let path = call.path.strip_suffix(".json").unwrap_or(&call.path);
    let (collection, kind) = path.rsplit_once('/').unwrap_or_default();
    let kind = KINDS.iter().find(|(known, _, _)| *known == kind).map(|(_, field, _)| *field);
    let mut records = call.records(collection);
    records.retain(|record| record.text("type") == kind);
    resource::list(call, records)
}

/// Changes a number, or gives it to another account below or above.
pub(super) fn update(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    let key = call.key(&call.path);
    let known = call.carrier.records().get(&key).ok_or(NOT_FOUND)?;
    let mut fields = known.fields;
    fields.extend(resource::fields(call));
    let heir = call.get("AccountSid").filter(|heir| *heir != call.account.id.as_str());
    let Some(heir) = heir else {
        let now = call.carrier.now();
        let changed = call.carrier.records().change(&key, now, |known| *known = fields);
        return changed.map(|record| resource::shown(call, &record)).ok_or(NOT_FOUND);
    };
    let heir = call.carrier.account(&TWILIO, &heir.into()).ok_or(NOT_FOUND)?;
    let top = |account: &SandboxAccount| account.parent.clone().unwrap_or(account.id.clone());
    if top(&heir) != top(&call.account) {
        return Err(NOT_FOUND);
    }
    fields.insert("account_sid".to_owned(), heir.id.as_str().into());
    call.carrier.records().remove(&key);
    let path =
        format!("/2010-04-01/Accounts/{}/IncomingPhoneNumbers/{}", heir.id, call.argument("Sid"));
    let record = call.carrier.records().insert(&path, fields, call.carrier.now());
    Ok(resource::shown(call, &record))
}
