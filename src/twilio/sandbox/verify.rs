//! Verify: codes that are sent and checked, with Verify's limits on the sandbox's clock.

use bytes::Bytes;
use http::Response;
use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use super::{
    NOT_FOUND, Refusal,
    account::fields_of,
    call::{Call, iso, new_sid},
    message, refusal, resource,
};
use crate::{
    number::PhoneNumber,
    random,
    sandbox::{self, Record},
};

/// Life of a verification.
const LIFE: SignedDuration = SignedDuration::from_mins(10);

/// Most codes that are sent, and most checks, in the life of a verification.
const MOST: usize = 5;

/// Sender of the codes.
const SENDER: &str = "VERIFY";

/// Answers what Verify has rules of its own for; `None` if it has none for it.
pub(super) fn answer(call: &Call<'_>) -> Option<Result<Response<Bytes>, Refusal>> {
    let template = call.operation.path.as_str();
    let answer = match (call.ask.method.as_str(), template) {
        ("POST", "/v2/Services" | "/v2/Services/{Sid}") => service(call),
        ("POST", "/v2/Services/{ServiceSid}/Verifications") => start(call),
        ("GET", "/v2/Services/{ServiceSid}/Verifications/{Sid}") => {
            pending(call, call.argument("Sid")).map(|found| resource::shown(call, &found))
        }
        ("POST", "/v2/Services/{ServiceSid}/Verifications/{Sid}") => update(call),
        ("POST", "/v2/Services/{ServiceSid}/VerificationCheck") => check(call),
        ("GET", "/v2/Attempts") => Ok(resource::list(call, attempts(call))),
        ("GET", "/v2/Attempts/Summary") => Ok(summary(call)),
        ("GET", "/v2/Templates") => Ok(templates(call)),
        ("GET", "/v2/Forms/{FormType}") => form(call),
        ("POST", "/v2/SafeList/Numbers") => safe_number(call),
        (
            "POST",
            "/v2/Services/{ServiceSid}/RateLimits/{RateLimitSid}/Buckets"
            | "/v2/Services/{ServiceSid}/RateLimits/{RateLimitSid}/Buckets/{Sid}",
        ) => bucket(call),
        (
            "POST",
            "/v2/Services/{ServiceSid}/Webhooks" | "/v2/Services/{ServiceSid}/Webhooks/{Sid}",
        ) => webhook(call),
        _ => return None,
    };
    Some(answer)
}

fn service(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    let within = |name, low, high| {
        let value = call.get(name).and_then(|text| text.parse::<i64>().ok());
        value.is_none_or(|value| (low..=high).contains(&value))
    };
    let name = call.get("FriendlyName").unwrap_or_default();
    let digits: Vec<&str> = name.split(|c: char| !c.is_ascii_digit()).collect();
    if name.chars().count() > 32 || digits.iter().any(|run| run.len() > 4) {
        return Err(
            call.invalid("FriendlyName", "has more than 32 characters, or 5 digits in a row")
        );
    }
    for (name, low, high) in [
        ("CodeLength", 4, 10),
        ("Totp.TimeStep", 20, 60),
        ("Totp.CodeLength", 3, 8),
        ("Totp.Skew", 0, 2),
    ] {
        if !within(name, low, high) {
            return Err(call.invalid(name, "is out of its range"));
        }
    }
    if call.operation.status != 201 {
        return resource::answer(call);
    }
    let mut fields = Map::new();
    fields.insert("code_length".to_owned(), 6.into());
    fields.extend(resource::fields(call));
    Ok(resource::shown(call, &resource::create(call, fields)?))
}

/// Starts a verification, or sends the code of the one that waits once more.
fn start(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    resource::parents(call)?;
    let service_sid = call.argument("ServiceSid");
    let service = call.record(&format!("/v2/Services/{service_sid}")).ok_or(NOT_FOUND)?;
    let to = call.get("To").unwrap_or_default();
    let channel = call.get("Channel").unwrap_or("sms").to_lowercase();
    let number: Option<PhoneNumber> = to.parse().ok();
    match channel.as_str() {
        "email" if to.contains('@') => {}
        "sms" | "call" | "whatsapp" | "sna" | "auto" if number.is_some() => {}
        "email" | "sms" | "call" | "whatsapp" | "sna" | "auto" => {
            return Err(call.invalid("To", "is no address of this channel"));
        }
        _ => return Err(call.invalid("Channel", "is none that Verify has")),
    }
    let own = call.get("CustomCode");
    if own.is_some() && service.fields.get("custom_code_enabled") != Some(&true.into()) {
        return Err(refusal(403, 60204, "Custom codes are not enabled for this service"));
    }
    if own.is_some_and(|code| !(4..=10).contains(&code.len())) {
        return Err(call.invalid("CustomCode", "has fewer than 4 or more than 10 characters"));
    }
    for name in ["RateLimits", "ChannelConfiguration", "TemplateCustomSubstitutions", "Tags"] {
        let value = call.get(name).map(serde_json::from_str::<Value>);
        if value.is_some_and(|value| value.is_err()) {
            return Err(call.invalid(name, "is no JSON"));
        }
    }
    if call.get("Amount").is_some() != call.get("Payee").is_some() {
        return Err(refusal(400, 60206, "Amount and Payee go together"));
    }
    if number.is_some_and(|number| !call.account.may_send_to(number)) {
        return Err(refusal(400, 21608, "A trial account sends to verified numbers alone"));
    }
    let now = call.carrier.now();
    let attempt = new_sid("VL");
    let sent = json!({"time": iso(now), "channel": channel, "attempt_sid": attempt});
    let record = match find(call, to) {
        Some(waiting) => {
            if attempts_of(&waiting).len() >= MOST {
                return Err(refusal(429, 60203, "Max send attempts reached"));
            }
            let path = waiting.path.clone();
            let change = |fields: &mut Map<String, Value>| {
                if let Some(all) =
                    fields.get_mut("send_code_attempts").and_then(Value::as_array_mut)
                {
                    all.push(sent);
                }
                fields.insert("channel".to_owned(), channel_name(&channel).into());
            };
            call.carrier.records().change(&path, now, change).ok_or(NOT_FOUND)?
        }
        None => {
            let length = service.fields.get("code_length").and_then(Value::as_u64).unwrap_or(6);
            let code = own.map_or_else(|| new_code(length), str::to_owned);
            let fields = fields_of(json!({
                "service_sid": service_sid, "to": to, "channel": channel_name(&channel),
                "status": "pending", "valid": false, "lookup": {}, "code": code, "checks": 0,
                "amount": call.get("Amount"), "payee": call.get("Payee"),
                "send_code_attempts": [sent],
            }));
            resource::create(call, fields)?
        }
    };
    let name = call.get("CustomFriendlyName").or_else(|| service.text("friendly_name"));
    let code = record.text("code").unwrap_or_default().to_owned();
    let text = format!("Your {} verification code is: {code}", name.unwrap_or("service"));
    let carrier = if channel == "sms" || channel == "auto" { None } else { Some(channel.clone()) };
    if let Some(number) = number.filter(|_| channel != "sna") {
        message::send(call, number, SENDER, &text, carrier, "verify-voice-sms");
    }
    keep_attempt(call, &record, &attempt, &channel);
    Ok(resource::shown(call, &record))
}

fn channel_name(channel: &str) -> &str {
    if channel == "auto" { "sms" } else { channel }
}

fn new_code(length: u64) -> String {
    let length = u32::try_from(length).unwrap_or(6).clamp(4, 10);
    let code = random::uuid().as_u128() % 10_u128.pow(length);
    format!("{code:0length$}", length = length as usize)
}

fn attempts_of(record: &Record) -> &[Value] {
    let attempts = record.fields.get("send_code_attempts").and_then(Value::as_array);
    attempts.map_or(&[], Vec::as_slice)
}

fn keep_attempt(call: &Call<'_>, record: &Record, attempt: &str, channel: &str) {
    let to = record.text("to").unwrap_or_default();
    let country = to.parse().map(|to: PhoneNumber| sandbox::Prices::to(to).country).unwrap_or("");
    let fields = fields_of(json!({
        "sid": attempt, "verification_sid": record.key(),
        "service_sid": record.text("service_sid"), "conversion_status": "unconverted",
        "channel": channel_name(channel), "price": {"value": "0.05", "currency": "USD"},
        "channel_data": {"to": to, "status": "delivered", "message_status": "delivered",
            "error_code": null, "country": country, "locale": "en",
            "code_length": record.text("code").map_or(0, str::len).to_string(),
            "mcc": null, "mnc": null, "carrier": null},
    }));
    call.keep(&format!("/v2/Attempts/{attempt}"), fields);
}

/// Returns the verification that waits for a code, by its id or whom it is for.
fn find(call: &Call<'_>, name: &str) -> Option<Record> {
    let service = call.argument("ServiceSid");
    let mut all = call.records(&format!("/v2/Services/{service}/Verifications")).into_iter();
    all.find(|record| {
        let alive = call.carrier.now().duration_since(record.created_at) < LIFE;
        let named = record.key() == name || record.text("to") == Some(name);
        named && alive && record.text("status") == Some("pending")
    })
}

fn pending(call: &Call<'_>, name: &str) -> Result<Record, Refusal> {
    resource::parents(call)?;
    find(call, name).ok_or(NOT_FOUND)
}

fn update(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    let found = pending(call, call.argument("Sid"))?;
    let status = call.get("Status").unwrap_or_default().to_lowercase();
    if status != "canceled" && status != "approved" {
        return Err(call.invalid("Status", "is neither canceled nor approved"));
    }
    Ok(resource::shown(call, &end(call, &found, &status)?))
}

/// Ends a verification with this status.
fn end(call: &Call<'_>, record: &Record, status: &str) -> Result<Record, Refusal> {
    let now = call.carrier.now();
    let approved = status == "approved";
    if approved {
        for sent in attempts_of(record) {
            let sid = sent["attempt_sid"].as_str().unwrap_or_default();
            let path = call.key(&format!("/v2/Attempts/{sid}"));
            let last = attempts_of(record).last() == Some(sent);
            let converted = if last { "converted" } else { "unconverted" };
            call.carrier.records().change(&path, now, |fields| {
                fields.insert("conversion_status".to_owned(), converted.into());
            });
        }
    }
    let change = |fields: &mut Map<String, Value>| {
        fields.insert("status".to_owned(), status.into());
        fields.insert("valid".to_owned(), approved.into());
    };
    call.carrier.records().change(&record.path, now, change).ok_or(NOT_FOUND)
}

/// Checks a code: a wrong one leaves the verification pending, and the sixth check is refused.
fn check(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    resource::parents(call)?;
    let name = call.get("VerificationSid").or_else(|| call.get("To"));
    let name = name.ok_or_else(|| call.invalid("To", "is required, or VerificationSid"))?;
    let code = call.get("Code").or_else(|| call.get("SnaClientToken"));
    let code = code.ok_or_else(|| call.invalid("Code", "is required"))?;
    let found = find(call, name).ok_or(NOT_FOUND)?;
    let checks = found.fields.get("checks").and_then(Value::as_u64).unwrap_or_default();
    if checks >= MOST as u64 {
        return Err(refusal(429, 60202, "Max check attempts reached"));
    }
    let same = |name, field| call.get(name).is_none_or(|text| found.text(field) == Some(text));
    let right =
        found.text("code") == Some(code) && same("Amount", "amount") && same("Payee", "payee");
    let checked = if right {
        end(call, &found, "approved")?
    } else {
        let change = |fields: &mut Map<String, Value>| {
            fields.insert("checks".to_owned(), (checks + 1).into());
        };
        let now = call.carrier.now();
        call.carrier.records().change(&found.path, now, change).ok_or(NOT_FOUND)?
    };
    let mut body = resource::present(call, &checked);
    body["sid"] = found.key().into();
    Ok(sandbox::json(call.operation.status, &body))
}

/// Returns the attempts that the query asks for, newest first.
fn attempts(call: &Call<'_>) -> Vec<Record> {
    let mut all = call.records("/v2/Attempts");
    let data = |record: &Record, field: &str| {
        let data = record.fields.get("channel_data")?.get(field)?;
        data.as_str().map(str::to_owned)
    };
    let wanted = |name: &str, own: Option<&str>| {
        call.get(name).is_none_or(|wanted| own.is_some_and(|own| own.eq_ignore_ascii_case(wanted)))
    };
    let time = |name: &str| call.get(name).and_then(resource::starts);
    let (after, before) = (time("DateCreatedAfter"), time("DateCreatedBefore"));
    all.retain(|record| {
        let to = data(record, "to");
        after.is_none_or(|after| record.created_at >= after)
            && before.is_none_or(|before| record.created_at < before)
            && wanted("ChannelData.To", to.as_deref())
            && wanted("Country", data(record, "country").as_deref())
            && wanted("VerifyServiceSid", record.text("service_sid"))
            && wanted("VerificationSid", record.text("verification_sid"))
            && wanted("Channel", record.text("channel"))
            && wanted("Status", record.text("conversion_status"))
            && call
                .get("DestinationPrefix")
                .is_none_or(|start| to.as_deref().is_some_and(|to| to.starts_with(start)))
    });
    all
}

fn summary(call: &Call<'_>) -> Response<Bytes> {
    let all = attempts(call);
    let converted = |record: &&Record| record.text("conversion_status") == Some("converted");
    let converted = all.iter().filter(converted).count();
    let rate = 100.0 * converted as f64 / all.len().max(1) as f64;
    sandbox::json(
        200,
        &json!({
            "total_attempts": all.len(), "total_converted": converted,
            "total_unconverted": all.len() - converted,
            "conversion_rate_percentage": format!("{rate:.2}"),
            "url": call.url("/v2/Attempts/Summary"),
        }),
    )
}

/// Lists the one template that every account has.
fn templates(call: &Call<'_>) -> Response<Bytes> {
    let now = iso(call.account.created_at);
    let template = json!({
        "sid": call.account.id.as_str().replacen("AC", "HJ", 1),
        "account_sid": call.account.id.as_str(), "friendly_name": "Verification code",
        "channels": ["sms", "call"],
        "translations": {"en": {"is_default_translation": true, "status": "approved",
            "locale": "en", "text": "Your {{friendly_name}} verification code is: {{code}}",
            "date_created": now, "date_updated": now}},
    });
    let fits = call.get("FriendlyName").is_none_or(|name| template["friendly_name"] == name);
    let all = if fits { vec![template] } else { Vec::new() };
    resource::page(call, &all, Value::clone)
}

fn form(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    let kind = call.argument("FormType");
    if kind != "form-push" {
        return Err(NOT_FOUND);
    }
    let forms = json!({"create_factor": {}, "create_challenge": {}});
    let url = call.url(&call.path);
    let body = json!({"form_type": kind, "forms": forms, "form_meta": {}, "url": url});
    Ok(sandbox::json(200, &body))
}

fn bucket(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    for name in ["Max", "Interval"] {
        let number = call.get(name).and_then(|text| text.parse::<i64>().ok());
        if number.is_some_and(|number| number < 1) {
            return Err(call.invalid(name, "is less than 1"));
        }
    }
    resource::answer(call)
}

fn webhook(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    const EVENTS: [&str; 7] = [
        "*",
        "factor.created",
        "factor.verified",
        "factor.deleted",
        "challenge.approved",
        "challenge.denied",
        "challenge.failed",
    ];
    let mut events = super::call::all(&call.form, "EventTypes");
    if !events.all(|event| EVENTS.contains(&event) || event.starts_with("verification.")) {
        return Err(call.invalid("EventTypes", "names an event that there is not"));
    }
    let url = call.get("WebhookUrl").map(str::parse::<crate::message::WebUrl>);
    if matches!(url, Some(Err(_))) {
        return Err(call.invalid("WebhookUrl", "is no address"));
    }
    resource::answer(call)
}

fn safe_number(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    let number = call.get("PhoneNumber").unwrap_or_default();
    if number.parse::<PhoneNumber>().is_err() {
        return Err(call.invalid("PhoneNumber", "is no number"));
    }
    resource::answer(call)
}
