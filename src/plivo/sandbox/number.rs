//! Numbers: those that can be bought, those of an account, what they cost and what they are. None of them is
//! anybody's: they lie in the ranges that countries keep for stories.

use bytes::Bytes;
use http::Response;
use jiff::{ToSpan, tz::TimeZone};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    Refusal,
    account::fields_of,
    call::{Call, deleted},
    new_uuid, not_found, plain, refusal,
};
use crate::{
    number::{NumberKind, PhoneNumber},
    plivo::PLIVO,
    sandbox::{self, Ask, Carrier, Prices, Record, SandboxAccount},
};

/// Returns a number that no account has.
pub(super) fn free(carrier: &Carrier) -> String {
    let mut all = (100..10_000).map(|n| format!("+1555550{n:04}"));
    all.find(|number| owner(carrier, plain(number)).is_none()).unwrap_or_default()
}

/// Returns the record of a number, without its plus; `None` if no account has it.
pub(super) fn owner(carrier: &Carrier, number: &str) -> Option<Record> {
    let is_it = |record: &Record| record.key() == number && record.path.contains("/Number/");
    let of_plivo = |account: &SandboxAccount| account.provider == PLIVO;
    let accounts = carrier.accounts().into_iter().filter(of_plivo);
    accounts
        .filter_map(|account| carrier.records().find(&format!("/{}/Number", account.id), is_it))
        .next()
}

/// Returns the numbers of an account.
pub(super) fn all(carrier: &Carrier, account: &SandboxAccount) -> Vec<PhoneNumber> {
    let records = carrier.records().list(&format!("/{}/Number", account.id));
    records.iter().filter_map(|record| format!("+{}", record.key()).parse().ok()).collect()
}

/// Keeps a number as an account's.
pub(super) fn keep(
    carrier: &Carrier,
    account: &SandboxAccount,
    number: &str,
    application: Option<&str>,
) -> Record {
    let plain = plain(number);
    let parsed: Option<PhoneNumber> = number.parse().ok();
    let list = parsed.map_or_else(|| Prices::of("US").unwrap_or(&sandbox::prices()[0]), Prices::to);
    let today = carrier.now().to_zoned(TimeZone::UTC).date();
    let start = format!("/v1/Account/{}", account.id);
    let kind = kind_of(plain);
    let fields = fields_of(json!({
        "active": true, "added_on": today.to_string(), "alias": null,
        "application": application.map(|id| format!("{start}/Application/{id}/")),
        "carrier": "Plivo", "city": null, "cnam_lookup": "disabled",
        "compliance_application_id": null, "compliance_status": null, "country": list.name,
        "mms_enabled": true, "mms_rate": "0.00000",
        "monthly_rental_rate": format!("{:.5}", rent(list, kind).unwrap_or(Decimal::ONE)),
        "number": plain, "number_type": kind, "region": list.name,
        "renewal_date": today.saturating_add(1.month()).to_string(),
        "resource_uri": format!("{start}/Number/{plain}/"), "sms_enabled": true,
        "sms_rate": format!("{:.5}", list.inbound), "sub_account": null, "sub_account_name": null,
        "tendlc_campaign_id": null, "tendlc_registration_status": "UNREGISTERED",
        "toll_free_sms_verification": null, "toll_free_sms_verification_id": null,
        "toll_free_sms_verification_order_status": null, "voice_enabled": true,
        "voice_rate": "0.00850",
    }));
    carrier.records().insert(&format!("/{}/Number/{plain}", account.id), fields, carrier.now())
}

fn kind_of(plain: &str) -> &'static str {
    let toll_free = ["1800", "1833", "1844", "1855", "1866", "1877", "1888", "44808"];
    if toll_free.iter().any(|start| plain.starts_with(start)) {
        "tollfree"
    } else if plain.starts_with("447") {
        "mobile"
    } else {
        "local"
    }
}

fn rent(list: &Prices, kind: &str) -> Option<Decimal> {
    match kind {
        "tollfree" => list.toll_free,
        "mobile" => list.mobile,
        _ => list.local,
    }
}

/// Answers a request about numbers that can be bought.
pub(super) fn market(call: &Call<'_>, rest: &[&str]) -> Result<Response<Bytes>, Refusal> {
    match (call.ask.method.as_str(), rest) {
        ("GET", []) => search(call),
        ("POST", [number]) => buy(call, number),
        ("GET" | "POST", _) => Err(not_found()),
        _ => Err(refusal(405, "method not allowed")),
    }
}

fn search(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    let country = call.get("country_iso").ok_or_else(|| call.missing("country_iso"))?;
    let list = Prices::of(country).ok_or_else(|| refusal(400, "country_iso is not valid"))?;
    let asked = call.get("type").unwrap_or("any");
    if !["any", "local", "tollfree", "mobile", "fixed", "national"].contains(&asked) {
        return Err(refusal(400, "type is not valid"));
    }
    let pattern = call.get("pattern").unwrap_or_default();
    let mut found = Vec::new();
    for (kind, start) in starts(list) {
        let wanted = asked == "any"
            || asked == kind
            || (asked != "tollfree" && asked != "mobile" && kind == "local");
        let Some(rate) = rent(list, kind).filter(|_| wanted) else { continue };
        let numbers = (100..200).map(|n| format!("{start}{n:04}"));
        let region = call.get("region").is_none_or(|region| list.name.eq_ignore_ascii_case(region));
        let numbers = numbers.filter(|number| {
            let national = number.trim_start_matches(&list.calling_code.to_string());
            region
                && (pattern.is_empty()
                    || national.starts_with(pattern)
                    || number.ends_with(pattern))
                && owner(call.carrier, number).is_none()
        });
        found.extend(numbers.map(|number| (number, kind, rate)));
    }
    call.page("objects", &found, |(number, kind, rate)| {
        json!({
            "number": number, "prefix": &number[1..4], "city": null, "country": list.name,
            "region": list.name, "rate_center": null, "lata": null,
            "type": if *kind == "local" { "fixed" } else { kind },
            "monthly_rental_rate": format!("{rate:.5}"), "setup_rate": "0.00000",
            "sms_enabled": true, "sms_rate": format!("{:.5}", list.inbound), "mms_enabled": true,
            "mms_rate": "0.00000", "voice_enabled": true, "voice_rate": "0.00850",
            "restriction": null, "restriction_text": null, "prerequisites": [],
            "resource_uri": call.uri(&format!("PhoneNumber/{number}")),
        })
    })
}

/// Returns how the numbers of a country begin that stories may use, by kind.
fn starts(list: &Prices) -> [(&'static str, String); 3] {
    let code = list.calling_code;
    match list.country {
        "GB" => ["44207946", "44770090", "44808157"].map(str::to_owned),
        _ if code == 1 => ["1555555".to_owned(), String::new(), "1800555".to_owned()],
        _ => [format!("{code}55501"), format!("{code}55502"), format!("{code}80055")],
    }
    .into_iter()
    .zip(["local", "mobile", "tollfree"])
    .map(|(start, kind)| (kind, start))
    .collect::<Vec<_>>()
    .try_into()
    .unwrap_or_default()
}

fn buy(call: &Call<'_>, number: &str) -> Result<Response<Bytes>, Refusal> {
    if call.account.parent.is_some() {
        return Err(not_found()); // as a subaccount's credentials are answered
    }
    let parsed: PhoneNumber = format!("+{}", plain(number)).parse().map_err(|_| not_found())?;
    let number = parsed.digits().to_string();
    let offered = starts(Prices::to(parsed)).iter().any(|(_, start)| {
        let last = number.strip_prefix(start.as_str()).filter(|_| !start.is_empty());
        last.is_some_and(|last| last.len() == 4 && last.starts_with("01"))
    });
    if !offered && !parsed.is_fictional() {
        return Err(not_found());
    }
    if owner(call.carrier, &number).is_some() {
        return Err(refusal(400, "number is not available"));
    }
    let application = call.loose("app_id");
    if let Some(id) = &application {
        call.record(&format!("Application/{id}"))
            .map_err(|_| refusal(400, "app_id is not valid"))?;
    }
    let price = rent(Prices::to(parsed), kind_of(&number)).unwrap_or(Decimal::ONE);
    call.carrier.charge(&call.account, "numbers", 1, 1, price);
    keep(call.carrier, &call.account, &format!("+{number}"), application.as_deref());
    let bought = json!([{"number": number, "status": "Success", "fallback_number": null}]);
    let body = json!({"message": "created", "numbers": bought, "status": "fulfilled"});
    Ok(call.answer(201, body))
}

/// Answers a request about the account's numbers.
pub(super) fn own(call: &Call<'_>, rest: &[&str]) -> Result<Response<Bytes>, Refusal> {
    let path = |number: &str| format!("Number/{}", plain(number));
    match (call.ask.method.as_str(), rest) {
        ("GET", []) => {
            let start = call.get("number_startswith").map(plain);
            call.records_page("objects", "Number", |record| {
                let mut fields = record.fields.clone();
                // A field that is only asked for: its value is what is asked, where it fits.
                let fits = start.is_none_or(|start| record.key().starts_with(start));
                let asked = if fits { start } else { None };
                fields.insert("number_startswith".to_owned(), asked.unwrap_or("no").into());
                Value::Object(fields)
            })
        }
        ("POST", []) => {
            let numbers = call.text("numbers").ok_or_else(|| call.missing("numbers"))?;
            for number in numbers.split(',').map(str::trim) {
                let number: PhoneNumber = format!("+{}", plain(number))
                    .parse()
                    .map_err(|_| refusal(400, "numbers is not valid"))?;
                keep(call.carrier, &call.account, &number.to_string(), call.text("app_id"));
            }
            Ok(call.answer(202, json!({"message": "created"})))
        }
        ("GET", [number]) => Ok(call.answer(200, json!(call.record(&path(number))?.fields))),
        ("POST", [number]) => update(call, &path(number)),
        ("DELETE", [number]) => call.remove(&path(number)).map(|()| deleted()),
        ("GET", _) => Err(not_found()),
        _ => Err(refusal(405, "method not allowed")),
    }
}

fn update(call: &Call<'_>, path: &str) -> Result<Response<Bytes>, Refusal> {
    call.record(path)?;
    let application = match call.loose("app_id") {
        Some(id) if id == "null" => Some(Value::Null),
        Some(id) => {
            let known = call.record(&format!("Application/{id}"));
            known.map_err(|_| refusal(400, "app_id is not valid"))?;
            Some(call.uri(&format!("Application/{id}")).into())
        }
        None => None,
    };
    let subaccount = call.text("subaccount");
    if let Some(id) = subaccount {
        let known = call.carrier.account(&PLIVO, &id.into());
        known.ok_or_else(|| refusal(400, "subaccount is not valid"))?;
    }
    call.change(path, |fields| {
        if let Some(application) = application {
            fields.insert("application".to_owned(), application);
        }
        if let Some(subaccount) = subaccount {
            fields.insert("sub_account".to_owned(), subaccount.into());
        }
        for name in ["alias", "cnam_lookup", "compliance_application_id"] {
            if let Some(value) = call.body.get(name) {
                fields.insert(name.to_owned(), value.clone());
            }
        }
    })?;
    Ok(call.changed())
}

/// Answers what a country's messages, calls and numbers cost.
pub(super) fn pricing(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    let country = call.get("country_iso").ok_or_else(|| call.missing("country_iso"))?;
    let list = Prices::of(country).ok_or_else(not_found)?;
    let rate = |price: Decimal| json!({"rate": format!("{price:.5}")});
    let (out, numbers) =
        (rate(list.outbound), |price: Option<Decimal>| rate(price.unwrap_or_default()));
    let call_rate = json!({"rate": "0.01200"});
    let prefix = list.calling_code.to_string();
    Ok(call.answer(
        200,
        json!({
            "country": list.name, "country_code": list.calling_code, "country_iso": list.country,
            "message": {"inbound": rate(list.inbound), "outbound": out.clone(),
                "outbound_networks_list": [{"group_name": list.country, "rate": out["rate"]}]},
            "phone_numbers": {"local": numbers(list.local), "tollfree": numbers(list.toll_free)},
            "voice": {"inbound": {"ip": call_rate, "local": call_rate, "tollfree": call_rate},
                "outbound": {"ip": call_rate, "local": call_rate, "tollfree": call_rate,
                    "rates": [{"prefix": [prefix], "rate": "0.01200"}]}},
        }),
    ))
}

/// Answers what a number is, offline; the carrier is made up.
pub(super) fn look_up(
    ask: &Ask<'_>,
    number: &str,
    account: &SandboxAccount,
    carrier: &Carrier,
) -> Result<Response<Bytes>, Refusal> {
    if ask.method != "GET" {
        return Err(refusal(405, "method not allowed"));
    }
    let mut kinds = ask.query().into_iter().filter(|(name, _)| name == "type");
    if !kinds.all(|(_, kind)| kind == "carrier") {
        let body =
            json!({"api_id": new_uuid(), "error_code": 400, "message": "type must be carrier"});
        return Ok(sandbox::json(400, &body));
    }
    let number = percent_encoding::percent_decode_str(number).decode_utf8_lossy();
    let parsed = format!("+{}", plain(&number)).parse::<PhoneNumber>().ok();
    let exists = |number: &PhoneNumber| number.is_valid() != Some(false) || number.is_fictional();
    let Some(number) = parsed.filter(exists) else {
        let message = "Phone number is invalid or does not exist.";
        let body = json!({"api_id": new_uuid(), "error_code": 404, "message": message});
        return Ok(sandbox::json(404, &body));
    };
    carrier.charge(account, "lookup", 1, 1, Decimal::new(4, 3));
    let list = Prices::to(number);
    let kind = match number.kind() {
        NumberKind::FixedLine => "fixed",
        NumberKind::TollFree => "toll-free",
        NumberKind::Voip => "voip",
        _ => "mobile",
    };
    let body = json!({
        "api_id": new_uuid(), "phone_number": number.to_string(),
        "country": {"name": list.name, "iso2": list.country, "iso3": list.country3},
        "format": {"e164": number.to_string(), "national": number.national().to_string(),
            "international": number.international().to_string(),
            "rfc3966": number.rfc3966().to_string()},
        "carrier": {"mobile_country_code": "310", "mobile_network_code": "150",
            "name": "Sandbox Mobile", "type": kind, "ported": "unknown"},
        "resource_uri": format!("/v1/Number/{number}?type=carrier"),
    });
    Ok(sandbox::json(200, &body))
}
