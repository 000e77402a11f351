//! Lookup: of what a number is, offline; what only carriers know is made up, and the same each time.

use bytes::Bytes;
use http::Response;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    NOT_FOUND, Refusal,
    account::fields_of,
    call::{Call, iso},
    refusal, resource,
};
use crate::{
    number::PhoneNumber,
    sandbox::{self, Ask, Carrier, Prices, SandboxAccount},
};

/// Packages of a lookup that can be asked for.
const PACKAGES: [&str; 11] = [
    "caller_name",
    "call_forwarding",
    "identity_match",
    "line_status",
    "line_type_intelligence",
    "phone_number_quality_score",
    "pre_fill",
    "reassigned_number",
    "sim_swap",
    "sms_pumping_risk",
    "validation",
];

/// Answers a request to version 2; `None` for what has no rules of its own.
pub(super) fn answer(call: &Call<'_>) -> Option<Result<Response<Bytes>, Refusal>> {
    let answer = match (call.ask.method.as_str(), call.operation.path.as_str()) {
        ("GET", "/v2/PhoneNumbers/{PhoneNumber}") => one(call),
        ("POST", "/v2/batch/query") => many(call),
        ("GET", "/v2/RateLimits") => Ok(limits(call)),
        ("PUT", "/v2/RateLimits/Fields/{Field}/Bucket/{Bucket}") => limit(call),
        ("POST" | "PUT", "/v2/PhoneNumbers/{PhoneNumber}/Overrides/{Field}") => line_type(call),
        _ => return None,
    };
    Some(answer)
}

fn one(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    let fields = call.get("Fields").unwrap_or_default();
    let fields: Vec<&str> = fields.split(',').map(str::trim).filter(|f| !f.is_empty()).collect();
    if !fields.iter().all(|field| PACKAGES.contains(field)) {
        return Err(call.invalid("Fields", "names a package that there is not"));
    }
    let number = call.argument("PhoneNumber");
    let mut body = looked_up(number, call.get("CountryCode"), &fields);
    let over = call.record(&format!("{}/Overrides/line_type", call.path));
    let line = over.as_ref().and_then(|over| over.text("overridden_line_type"));
    if let (Some(line), true) = (line, body["line_type_intelligence"].is_object()) {
        body["line_type_intelligence"]["type"] = line.into();
    }
    body["url"] = call.url(&call.path).into();
    let paid = fields.iter().filter(|field| **field != "validation").count() as u64;
    if paid > 0 {
        let price = Decimal::new(8, 3) * Decimal::from(paid);
        call.carrier.charge(&call.account, "lookups", paid, paid, price);
    }
    Ok(sandbox::json(200, &body))
}

/// Reads a number, in its national form too.
fn read(number: &str, country: Option<&str>) -> Option<PhoneNumber> {
    let number: String = number.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    if number.starts_with('+') {
        return number.parse().ok();
    }
    let code = country.map_or(Some(1), |country| Some(Prices::of(country)?.calling_code))?;
    let national = number.trim_start_matches('0');
    format!("+{code}{national}").parse().ok()
}

/// Returns whether a number may be somebody's; those of stories pass as such.
pub(super) fn exists(number: PhoneNumber) -> bool {
    number.is_valid() != Some(false) || number.is_fictional()
}

fn looked_up(number: &str, country: Option<&str>, fields: &[&str]) -> Value {
    let parsed = read(number, country).filter(|parsed| exists(*parsed));
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let errors = match (&parsed, digits) {
        (Some(_), _) => json!([]),
        (None, 0) => json!(["NOT_A_NUMBER"]),
        (None, ..8) => json!(["TOO_SHORT"]),
        (None, 15..) => json!(["TOO_LONG"]),
        (None, _) => json!(["INVALID_BUT_POSSIBLE"]),
    };
    let list = parsed.map(Prices::to);
    let mut body = json!({
        "calling_country_code": parsed.map(|number| number.country_code().to_string()),
        "country_code": list.map(|list| list.country),
        "phone_number": parsed.map_or_else(|| number.to_owned(), |number| number.to_string()),
        "national_format": parsed.map(|number| number.national().to_string()),
        "valid": parsed.is_some(),
        "validation_errors": errors,
    });
    for package in PACKAGES.iter().filter(|package| **package != "validation") {
        let asked = fields.contains(package);
        body[*package] = match parsed {
            Some(number) if asked => packet(package, number),
            _ => Value::Null,
        };
    }
    body
}

fn packet(package: &str, number: PhoneNumber) -> Value {
    let (mcc, mnc) = ("310", "260");
    match package {
        "caller_name" => {
            json!({"caller_name": "Sandbox", "caller_type": "CONSUMER", "error_code": null})
        }
        "call_forwarding" => json!({"call_forwarding_enabled": false, "error_code": null}),
        "line_status" => json!({"status": "active", "error_code": null}),
        "line_type_intelligence" => json!({
            "type": line_of(number), "carrier_name": "Sandbox Mobile", "mobile_country_code": mcc,
            "mobile_network_code": mnc, "error_code": null,
        }),
        "sim_swap" => json!({
            "last_sim_swap": {"last_sim_swap_date": null, "swapped_period": "PT24H",
                "swapped_in_period": false},
            "carrier_name": "Sandbox Mobile", "mobile_country_code": mcc,
            "mobile_network_code": mnc, "error_code": null,
        }),
        "identity_match" => json!({
            "first_name_match": "no_data_available", "last_name_match": "no_data_available",
            "address_lines_match": "no_data_available", "city_match": "no_data_available",
            "state_match": "no_data_available", "postal_code_match": "no_data_available",
            "address_country_match": "no_data_available", "national_id_match": "no_data_available",
            "date_of_birth_match": "no_data_available", "summary_score": 0, "error_code": null,
            "error_message": null,
        }),
        "reassigned_number" => json!({
            "last_verified_date": "2026-01-01", "is_number_reassigned": "no", "error_code": null,
        }),
        "sms_pumping_risk" => json!({
            "carrier_risk_category": "low", "number_blocked": false, "number_blocked_date": null,
            "number_blocked_last_3_months": false, "sms_pumping_risk_score": 0, "error_code": null,
        }),
        _ => json!({"error_code": null}),
    }
}

fn line_of(number: PhoneNumber) -> &'static str {
    use crate::number::NumberKind;
    match number.kind() {
        NumberKind::FixedLine => "landline",
        NumberKind::TollFree => "tollFree",
        NumberKind::PremiumRate => "premium",
        NumberKind::SharedCost => "sharedCost",
        NumberKind::Voip => "nonFixedVoip",
        _ => "mobile",
    }
}

fn body(call: &Call<'_>) -> Result<Value, Refusal> {
    let body = serde_json::from_slice(call.ask.body).ok().filter(Value::is_object);
    body.ok_or_else(|| call.invalid("body", "is no JSON object"))
}

fn many(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    let asked = body(call)?;
    let numbers = asked["phone_numbers"].as_array().filter(|all| !all.is_empty());
    let numbers = numbers.ok_or_else(|| call.invalid("phone_numbers", "is required"))?;
    let answers = numbers.iter().map(|asked| {
        let number = asked["phone_number"].as_str().unwrap_or_default();
        let fields = asked["fields"].as_array().cloned().unwrap_or_default();
        let fields: Vec<&str> = fields.iter().filter_map(Value::as_str).collect();
        let mut answer = looked_up(number, asked["country_code"].as_str(), &fields);
        if asked["correlation_id"].is_string() {
            answer["correlation_id"] = asked["correlation_id"].clone();
        }
        answer
    });
    let answers: Vec<Value> = answers.collect();
    Ok(sandbox::json(200, &json!({ "phone_numbers": answers })))
}

fn limits(call: &Call<'_>) -> Response<Bytes> {
    let all = PACKAGES.iter().filter(|package| **package != "validation").map(|field| {
        json!({"field": field, "limit": 1_000, "bucket": "default", "owner": "twilio", "ttl": 60})
    });
    let wanted = call.get("Fields").unwrap_or_default();
    let fits = |limit: &Value| {
        let field = limit["field"].as_str().unwrap_or_default();
        wanted.is_empty() || wanted.split(',').any(|wanted| wanted.trim() == field)
    };
    let all: Vec<Value> = all.filter(fits).collect();
    sandbox::json(200, &json!({ "rate_limits": all }))
}

fn limit(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    let asked = body(call)?;
    let number = |name: &'static str| {
        let number = asked[name].as_i64().filter(|number| *number >= 0);
        number.ok_or_else(|| call.invalid(name, "is no whole number"))
    };
    let fields = json!({
        "field": call.argument("Field"), "bucket": call.argument("Bucket"),
        "limit": number("limit")?, "ttl": number("ttl")?, "owner": "account",
    });
    Ok(resource::shown(call, &call.keep(&call.path, fields_of(fields))))
}

fn line_type(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    if call.argument("Field") != "line_type" {
        return Err(NOT_FOUND);
    }
    let number = read(call.argument("PhoneNumber"), None).ok_or(NOT_FOUND)?;
    let asked = body(call)?;
    let line = asked["line_type"].as_str();
    let line = line.ok_or_else(|| call.invalid("line_type", "is required"))?;
    let reason = asked["reason"].as_str();
    let reason = reason.ok_or_else(|| call.invalid("reason", "is required"))?;
    if call.ask.method == "POST" && call.record(&call.path).is_some() {
        return Err(refusal(409, 20409, "There is an override already"));
    }
    let known = ["mobile", "landline", "tollFree", "fixedVoip", "nonFixedVoip", "personal"];
    let more = ["premium", "voicemail", "sharedCost", "uan", "pager", "unknown"];
    if !known.contains(&line) && !more.contains(&line) {
        return Err(call.invalid("line_type", "is none that there is"));
    }
    let fields = json!({
        "phone_number": number.to_string(), "original_line_type": line_of(number),
        "overridden_line_type": line, "override_reason": reason,
        "override_timestamp": iso(call.carrier.now()),
        "overridden_by_account_sid": call.account.id.as_str(),
    });
    Ok(resource::shown(call, &call.keep(&call.path, fields_of(fields))))
}

/// Answers a lookup of version 1: a number that is none is not found.
pub(super) fn first_version(
    ask: &Ask<'_>,
    number: &str,
    account: &SandboxAccount,
    carrier: &Carrier,
) -> Result<Response<Bytes>, Refusal> {
    if ask.method != "GET" {
        return Err(refusal(405, 20004, "Method not allowed"));
    }
    let query = ask.query();
    let get = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, v)| v.as_str());
    let asked = |kind: &str| query.iter().any(|(name, value)| name == "Type" && value == kind);
    let parsed = read(number, get("CountryCode")).filter(|number| exists(*number));
    let parsed = parsed.ok_or(NOT_FOUND)?;
    let carrier_of = json!({
        "mobile_country_code": "310", "mobile_network_code": "260", "name": "Sandbox Mobile",
        "type": match line_of(parsed) {
            "landline" => "landline",
            "nonFixedVoip" => "voip",
            _ => "mobile",
        },
        "error_code": null,
    });
    let name = json!({"caller_name": null, "caller_type": null, "error_code": null});
    if asked("carrier") || asked("caller-name") {
        carrier.charge(account, "lookups", 1, 1, Decimal::new(5, 3));
    }
    let body = json!({
        "caller_name": asked("caller-name").then_some(name),
        "carrier": asked("carrier").then_some(carrier_of),
        "country_code": Prices::to(parsed).country,
        "national_format": parsed.national().to_string(),
        "phone_number": parsed.to_string(),
        "add_ons": null,
        "url": format!("{}/lookups.twilio.com/v1/PhoneNumbers/{parsed}", ask.base),
    });
    Ok(sandbox::json(200, &body))
}
