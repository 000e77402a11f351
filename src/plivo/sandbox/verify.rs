//! Verify: sessions whose codes are sent and checked.

use bytes::Bytes;
use http::Response;
use jiff::SignedDuration;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::{
    Refusal,
    account::fields_of,
    call::{Call, iso},
    hook, new_uuid, refusal, submit,
};
use crate::{
    message::WebUrl,
    number::PhoneNumber,
    random,
    sandbox::{Callback, Prices, Record},
};

/// Life of a session.
const LIFE: SignedDuration = SignedDuration::from_mins(10);

/// Most checks of a session.
const MOST_CHECKS: u64 = 10;

/// Answers a request about sessions.
pub(super) fn answer(call: &Call<'_>, rest: &[&str]) -> Result<Response<Bytes>, Refusal> {
    match (call.ask.method.as_str(), rest) {
        ("POST", []) => start(call),
        ("GET", []) => call.records_page("sessions", "Verify", |record| shown(call, record)),
        ("GET", [uuid]) => {
            let record = call.record(&format!("Verify/{uuid}"))?;
            Ok(call.answer(200, shown(call, &record)))
        }
        ("POST", [uuid]) => check(call, uuid),
        _ => Err(refusal(405, "method not allowed")),
    }
}

fn status<'a>(call: &Call<'_>, record: &'a Record) -> &'a str {
    let age = call.carrier.now().duration_since(record.created_at);
    match record.text("status") {
        Some("in-progress") if age >= LIFE => "expired",
        status => status.unwrap_or("in-progress"),
    }
}

fn start(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    let recipient = call.loose("recipient").ok_or_else(|| call.missing("recipient"))?;
    let to = submit::number(&recipient);
    let to: PhoneNumber = to.ok_or_else(|| refusal(400, "recipient is not a valid number"))?;
    if !call.account.may_send_to(to) {
        return Err(refusal(400, "recipient is not a sandbox number of this trial account"));
    }
    let channel = call.text("channel").unwrap_or("sms");
    if !["sms", "voice", "whatsapp"].contains(&channel) {
        return Err(refusal(400, "channel must be sms, voice or whatsapp"));
    }
    let length = match call.loose("code_length") {
        Some(text) => text.parse().ok().filter(|length| (4..=8).contains(length)),
        None => Some(6),
    };
    let length: u32 = length.ok_or_else(|| refusal(400, "code_length must be 4 to 8"))?;
    if call.text("app_uuid").is_some_and(|app| app != DEFAULT_APP) {
        return Err(refusal(404, "app_uuid is not found"));
    }
    if matches!(call.text("url").map(str::parse::<WebUrl>), Some(Err(_))) {
        return Err(refusal(400, "url is not valid"));
    }
    let own = call.loose("otp");
    if own.as_ref().is_some_and(|otp| !(4..=8).contains(&otp.len())) {
        return Err(refusal(400, "otp must have 4 to 8 digits"));
    }
    let now = call.carrier.now();
    let attempt = json!({"channel": channel, "attempt_uuid": new_uuid(), "status": "delivered",
        "time": iso(now)});
    let digits = to.digits().to_string();
    let waits = |record: &Record| {
        record.text("recipient") == Some(&digits) && status(call, record) == "in-progress"
    };
    let waiting = call.carrier.records().list(&call.key("Verify")).into_iter().rfind(waits);
    let record = match waiting {
        Some(waiting) => call.change(&format!("Verify/{}", waiting.key()), |fields| {
            if let Some(all) = fields.get_mut("attempt_details").and_then(Value::as_array_mut) {
                all.push(attempt);
            }
        })?,
        None => {
            let made = random::uuid().as_u128() % 10_u128.pow(length);
            let code = own.unwrap_or_else(|| format!("{made:0length$}", length = length as usize));
            let uuid = new_uuid();
            let fields = fields_of(json!({
                "session_uuid": uuid, "app_uuid": call.text("app_uuid").unwrap_or(DEFAULT_APP),
                "recipient": digits, "channel": channel, "status": "in-progress", "otp": code,
                "alias": "default", "locale": call.text("locale").unwrap_or("en"),
                "brand_name": call.text("brand_name"), "requestor_ip": "127.0.0.1",
                "destination_country_iso2": Prices::to(to).country, "destination_network": null,
                "attempt_details": [attempt], "checks": 0,
            }));
            call.keep(&format!("Verify/{uuid}"), fields)
        }
    };
    let (code, brand) = (record.text("otp").unwrap_or_default(), call.text("brand_name"));
    let text = format!("Your {} verification code is: {code}", brand.unwrap_or("Plivo"));
    let over = (channel != "sms").then(|| channel.to_owned());
    submit::send(call, to, call.text("src").unwrap_or("PLVSMS"), &text, over);
    report(call, &record, channel, &digits);
    let body = json!({"message": "Session initiated", "session_uuid": record.key()});
    Ok(call.answer(202, body))
}

/// Tells the session's callback that its last attempt arrived.
fn report(call: &Call<'_>, record: &Record, channel: &str, recipient: &str) {
    let Some(url) = call.text("url").and_then(|url| url.parse().ok()) else { return };
    let webhook = Callback::new(url, call.text("method") == Some("GET"));
    let attempts = record.fields.get("attempt_details").and_then(Value::as_array);
    let attempts = attempts.map_or(&[][..], Vec::as_slice);
    let attempt = attempts.last().and_then(|attempt| attempt["attempt_uuid"].as_str());
    let (sequence, now) = (attempts.len().to_string(), iso(call.carrier.now()));
    let pairs = [
        ("SessionUUID", record.key()),
        ("SessionStatus", "in-progress"),
        ("AttemptUUID", attempt.unwrap_or_default()),
        ("AttemptSequence", &sequence),
        ("Channel", channel),
        ("ChannelStatus", "delivered"),
        ("ChannelErrorCode", ""),
        ("Recipient", recipient),
        ("RequestTime", &now),
    ];
    hook::event(call.carrier, &call.account.id, &webhook, &pairs);
}

/// Application of sessions that name none.
const DEFAULT_APP: &str = "00000000-0000-4000-8000-000000000001";

fn check(call: &Call<'_>, uuid: &str) -> Result<Response<Bytes>, Refusal> {
    let path = format!("Verify/{uuid}");
    let record = call.record(&path)?;
    let otp = call.loose("otp").ok_or_else(|| call.missing("otp"))?;
    match status(call, &record) {
        "in-progress" => {}
        "expired" => return Err(refusal(404, "session is expired")),
        _ => return Err(refusal(404, "session is verified already")),
    }
    let checks = record.fields.get("checks").and_then(Value::as_u64).unwrap_or_default();
    if checks >= MOST_CHECKS {
        return Err(refusal(429, "too many requests"));
    }
    let right = record.text("otp") == Some(&otp);
    call.change(&path, |fields| {
        fields.insert("checks".to_owned(), (checks + 1).into());
        if right {
            fields.insert("status".to_owned(), "verified".into());
        }
    })?;
    if !right {
        return Err(refusal(400, "incorrect otp"));
    }
    let message = "session validated successfully.";
    Ok(call.answer(200, json!({"message": message, "session_uuid": record.key()})))
}

fn shown(call: &Call<'_>, record: &Record) -> Value {
    let mut fields: Map<String, Value> = record.fields.clone();
    fields.remove("otp"); // which is never given back
    fields.remove("checks");
    let attempts = fields.get("attempt_details").and_then(Value::as_array).cloned();
    let attempts = attempts.unwrap_or_default();
    let to = record.text("recipient").and_then(submit::number);
    let each = to.map_or(Decimal::ZERO, |to| Prices::to(to).outbound);
    let charges: Vec<Value> = attempts
        .iter()
        .map(|attempt| {
            json!({"attempt_uuid": attempt["attempt_uuid"], "channel": attempt["channel"],
                "charge": format!("{each:.5}")})
        })
        .collect();
    let total = each * Decimal::from(attempts.len());
    fields.insert("status".to_owned(), status(call, record).into());
    fields.insert("count".to_owned(), attempts.len().into());
    fields.insert(
        "charges".to_owned(),
        json!({"total_charge": format!("{total:.5}"), "validation_charge": "0.0000",
            "attempt_charges": charges}),
    );
    fields.insert("created_at".to_owned(), iso(record.created_at).into());
    fields.insert("updated_at".to_owned(), iso(record.updated_at).into());
    Value::Object(fields)
}
