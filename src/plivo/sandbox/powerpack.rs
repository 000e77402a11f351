//! Powerpacks: pools of numbers to send from.

use bytes::Bytes;
use http::Response;
use serde_json::{Map, Value, json};

use super::{
    Refusal,
    call::{Call, iso},
    new_uuid, not_found, number, plain, refusal, resource,
};
use crate::{
    number::PhoneNumber,
    sandbox::{Carrier, Prices, Record},
};

const POWERPACK: resource::Kind = resource::Kind {
    collection: "Powerpack",
    id: "uuid",
    new_id: new_uuid,
    required: &["name"],
    complete: |call, _, fields| {
        let pool = new_uuid();
        fields.entry("sticky_sender").or_insert(true.into());
        fields.entry("local_connect").or_insert(true.into());
        fields.entry("application_type").or_insert("XML".into());
        fields.entry("application_id").or_insert(Value::Null);
        fields.entry("number_priority").or_insert(json!([]));
        fields.insert("created_on".to_owned(), iso(call.carrier.now()).into());
        fields.insert("number_pool".to_owned(), call.uri(&format!("NumberPool/{pool}")).into());
        call.keep(&format!("NumberPool/{pool}"), Map::new());
    },
    created: (200, ""),
    list: "objects",
    wrap: None,
    changed: None,
};

/// Kinds of numbers in a pool as the path names them, each with the field that has the number.
const KINDS: [(&str, &str); 3] =
    [("Number", "number"), ("Shortcode", "shortcode"), ("Tollfree", "tollfree")];

/// Answers a request about Powerpacks and their pools.
pub(super) fn answer(call: &Call<'_>, parts: &[&str]) -> Result<Response<Bytes>, Refusal> {
    match (call.ask.method.as_str(), parts) {
        ("POST", ["Powerpack"]) => {
            let name = call.text("name").ok_or_else(|| call.missing("name"))?;
            let all = call.carrier.records().list(&call.key("Powerpack"));
            if all.iter().any(|record| record.text("name") == Some(name)) {
                return Err(refusal(400, "powerpack with this name already exists"));
            }
            let record = resource::create(call, &POWERPACK)?;
            Ok(call.answer(200, json!(record.fields)))
        }
        ("POST", ["Powerpack", id]) => {
            let change = |fields: &mut Map<String, Value>| fields.extend(call.body.clone());
            let record = call.change(&format!("Powerpack/{id}"), change)?;
            Ok(call.answer(200, json!(record.fields)))
        }
        ("DELETE", ["Powerpack", id]) => {
            let record = call.record(&format!("Powerpack/{id}"))?;
            let pool = pool_of(&record);
            call.carrier.records().remove(&call.key(&format!("NumberPool/{pool}")));
            call.remove(&format!("Powerpack/{id}"))?;
            Ok(call.answer(200, json!({"response": "success"})))
        }
        (_, ["Powerpack", rest @ ..]) => resource::answer(call, &POWERPACK, rest),
        (_, ["NumberPool", pool, kind, rest @ ..]) => {
            call.record(&format!("NumberPool/{pool}"))?;
            let known = KINDS.iter().find(|(name, _)| name == kind).ok_or_else(not_found)?;
            members(call, pool, *known, rest)
        }
        ("GET", ["NumberPool", pool]) => {
            call.record(&format!("NumberPool/{pool}"))?;
            Ok(call.answer(200, json!({"uuid": pool})))
        }
        _ => Err(not_found()),
    }
}

fn pool_of(powerpack: &Record) -> &str {
    let uri = powerpack.text("number_pool").unwrap_or_default().trim_end_matches('/');
    uri.rsplit('/').next().unwrap_or_default()
}

fn members(
    call: &Call<'_>,
    pool: &str,
    (kind, field): (&str, &str),
    rest: &[&str],
) -> Result<Response<Bytes>, Refusal> {
    let collection = format!("NumberPool/{pool}/{kind}");
    match (call.ask.method.as_str(), rest) {
        ("GET", []) => {
            let mut all = call.carrier.records().list(&call.key(&collection));
            all.retain(|record| {
                call.get("starts_with").is_none_or(|start| record.key().starts_with(plain(start)))
            });
            call.page("objects", &all, |record| json!(record.fields))
        }
        ("GET", [number]) => {
            let record = call.record(&format!("{collection}/{}", plain(number)))?;
            Ok(call.answer(200, json!(record.fields)))
        }
        ("POST", [number]) => {
            let number = plain(number);
            let rented = call.loose("rent").as_deref() == Some("true");
            if kind != "Shortcode" && call.record(&format!("Number/{number}")).is_err() {
                if !rented {
                    return Err(not_found());
                }
                number::keep(call.carrier, &call.account, &format!("+{number}"), None);
            }
            let parsed = format!("+{number}").parse::<PhoneNumber>();
            let country = parsed.map_or("US", |parsed| Prices::to(parsed).country);
            let account_number = call.uri(&format!("Number/{number}"));
            let fields = json!({
                "number": number, field: number, "country_iso2": country, "type": "fixed", "number_pool_uuid": pool,
                "numberpool_uuid": pool,
                "added_on": iso(call.carrier.now()), "service": call.loose("service").unwrap_or("sms".to_owned()),
                "account_phone_number_resource": account_number,
            });
            let fields = super::account::fields_of(fields);
            let record = call.keep(&format!("{collection}/{number}"), fields);
            Ok(call.answer(200, json!(record.fields)))
        }
        ("DELETE", [number]) => {
            let number = plain(number);
            call.remove(&format!("{collection}/{number}"))?;
            if call.loose("unrent").as_deref() == Some("true") {
                call.carrier.records().remove(&call.key(&format!("Number/{number}")));
            }
            Ok(call.answer(200, json!({"response": "success"})))
        }
        ("POST", _) => Err(not_found()),
        _ => Err(refusal(405, "method not allowed")),
    }
}

/// Returns the first number of a Powerpack; `None` if there is no such Powerpack. An empty text is one that has
/// no number.
pub(super) fn sender(carrier: &Carrier, account: &str, uuid: &str) -> Option<String> {
    let powerpack = carrier.records().get(&format!("/{account}/Powerpack/{uuid}"))?;
    let pool = format!("/{account}/NumberPool/{}", pool_of(&powerpack));
    let of_kind = |(kind, _)| carrier.records().list(&format!("{pool}/{kind}"));
    let first = KINDS.into_iter().flat_map(of_kind).next();
    Some(first.map(|record| record.key().to_owned()).unwrap_or_default())
}

/// Returns `true` if an account has made a Powerpack.
pub(super) fn has_any(carrier: &Carrier, account: &str) -> bool {
    !carrier.records().list(&format!("/{account}/Powerpack")).is_empty()
}
