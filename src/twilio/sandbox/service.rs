//! Messaging Services: their settings and the senders of their pools.

use bytes::Bytes;
use http::Response;
use serde_json::{Map, Value, json};

use super::{
    NOT_FOUND, Refusal,
    call::{Call, get},
    refusal, resource,
};
use crate::sandbox::{Carrier, Record};

/// Answers what Messaging has rules of its own for; `None` if it has none for it.
pub(super) fn answer(call: &Call<'_>) -> Option<Result<Response<Bytes>, Refusal>> {
    let post = call.ask.method == "POST";
    let answer = match call.operation.path.as_str() {
        "/v1/Services" if post => create(call),
        "/v1/Services/{ServiceSid}/PhoneNumbers" if post => {
            add(call, "PhoneNumberSid", "IncomingPhoneNumbers", "phone_number")
        }
        "/v1/Services/{ServiceSid}/ShortCodes" if post => {
            add(call, "ShortCodeSid", "SMS/ShortCodes", "short_code")
        }
        "/v1/Services/{MessagingServiceSid}/ChannelSenders" if post => channel_sender(call),
        "/v1/Services/{ServiceSid}/AlphaSenders"
        | "/v1/Services/{ServiceSid}/DestinationAlphaSenders"
            if post =>
        {
            alpha_sender(call)
        }
        "/v1/Services/Usecases" => {
            let all = ["notifications", "marketing", "verification", "discussion", "poll"];
            let all = all.map(|name| json!({"name": name, "friendly_name": name, "purpose": name}));
            Ok(crate::sandbox::json(200, &json!({"usecases": all})))
        }
        "/v1/Deactivations" => deactivations(call),
        _ => return None,
    };
    Some(answer)
}

fn create(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    if call.get("FriendlyName").unwrap_or_default().chars().count() > 64 {
        return Err(call.invalid("FriendlyName", "has more than 64 characters"));
    }
    let mut fields = Map::new();
    for name in ["sticky_sender", "mms_converter", "fallback_to_long_code", "smart_encoding"] {
        fields.insert(name.to_owned(), true.into());
    }
    fields.insert("validity_period".to_owned(), 36_000.into());
    fields.insert("usecase".to_owned(), "undeclared".into());
    fields.insert("inbound_method".to_owned(), "POST".into());
    fields.insert("fallback_method".to_owned(), "POST".into());
    fields.extend(resource::fields(call));
    let usecase = fields.get("usecase").and_then(Value::as_str).unwrap_or_default();
    let usecases = ["notifications", "marketing", "verification", "discussion", "poll"];
    if usecase != "undeclared" && !usecases.contains(&usecase) {
        return Err(call.invalid("Usecase", "is none that there is"));
    }
    let period = fields.get("validity_period").and_then(Value::as_i64).unwrap_or_default();
    if !(1..=36_000).contains(&period) {
        return Err(call.invalid("ValidityPeriod", "is not 1 to 36000"));
    }
    Ok(resource::shown(call, &resource::create(call, fields)?))
}

/// Adds a number or a short code of the account to the pool.
fn add(
    call: &Call<'_>,
    parameter: &str,
    collection: &str,
    field: &str,
) -> Result<Response<Bytes>, Refusal> {
    resource::parents(call)?;
    let sid = call.get(parameter).unwrap_or_default();
    let path = format!("/2010-04-01/Accounts/{}/{collection}/{sid}", call.account.id);
    let own = call.carrier.records().get(&path).ok_or(NOT_FOUND)?;
    let start = call.key("/v1/Services");
    let name = call.path.rsplit('/').next().unwrap_or_default();
    let is_it = |record: &Record| record.key() == sid && record.path.contains(&format!("/{name}/"));
    if let Some(elsewhere) = call.carrier.records().find(&start, is_it) {
        let here = elsewhere.path.starts_with(&call.key(&call.path));
        return Err(if here {
            refusal(409, 21710, "The sender is in this service already")
        } else {
            refusal(409, 21712, "The sender is in another service")
        });
    }
    let mut fields = resource::fields(call);
    let sender = own.text(field).unwrap_or_default();
    fields.insert("sid".to_owned(), sid.into());
    fields.insert(field.to_owned(), sender.into());
    let country = sender.parse().map_or("US", |number| crate::sandbox::Prices::to(number).country);
    fields.insert("country_code".to_owned(), country.into());
    fields.insert("capabilities".to_owned(), json!(["Voice", "SMS", "MMS"]));
    Ok(resource::shown(call, &resource::create(call, fields)?))
}

fn channel_sender(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    resource::parents(call)?;
    let mut fields = resource::fields(call);
    let sid = get(&call.form, "Sid").unwrap_or_default();
    fields.insert("sid".to_owned(), sid.into());
    fields.insert("sender".to_owned(), format!("rcs:{}", sid.to_lowercase()).into());
    fields.insert("sender_type".to_owned(), "rcs".into());
    fields.insert("country_code".to_owned(), "US".into());
    Ok(resource::shown(call, &resource::create(call, fields)?))
}

fn alpha_sender(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    resource::parents(call)?;
    let sender = call.get("AlphaSender").unwrap_or_default();
    let fits = sender.len() <= 11
        && sender.bytes().any(|b| b.is_ascii_alphabetic())
        && sender.bytes().all(|b| b.is_ascii_alphanumeric() || b" -+_&".contains(&b));
    if !fits {
        return Err(refusal(400, 21709, "The alphanumeric sender is not valid"));
    }
    let country = get(&call.form, "IsoCountryCode");
    let same = |record: &Record| {
        record.text("alpha_sender") == Some(sender) && record.text("iso_country_code") == country
    };
    if call.records(&call.path).iter().any(same) {
        return Err(refusal(409, 21710, "The sender is in this service already"));
    }
    let mut fields = resource::fields(call);
    fields.insert("capabilities".to_owned(), json!(["SMS"]));
    Ok(resource::shown(call, &resource::create(call, fields)?))
}

/// Leads to the file of the numbers that were given back on a day.
fn deactivations(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    let address = format!("{}/_anysms/deactivations.txt", call.ask.base);
    let mut response = crate::sandbox::json(307, &json!({"redirect_to": address}));
    if let Ok(address) = address.parse() {
        response.headers_mut().insert(http::header::LOCATION, address);
    }
    Ok(response)
}

/// Returns the record of a service of an account; `None` if it has none of this id.
pub(super) fn find(carrier: &Carrier, account: &str, sid: &str) -> Option<Record> {
    carrier.records().get(&format!("/{account}/messaging.twilio.com/v1/Services/{sid}"))
}

/// Returns the senders of a service's pool: numbers, then short codes, then alphanumeric ones.
pub(super) fn senders(carrier: &Carrier, service: &Record) -> Vec<String> {
    let kinds = [
        ("PhoneNumbers", "phone_number"),
        ("ShortCodes", "short_code"),
        ("AlphaSenders", "alpha_sender"),
    ];
    let of_kind = |(collection, field): (&str, &'static str)| {
        let records = carrier.records().list(&format!("{}/{collection}", service.path));
        records.into_iter().filter_map(move |record| record.text(field).map(str::to_owned))
    };
    kinds.into_iter().flat_map(of_kind).collect()
}
