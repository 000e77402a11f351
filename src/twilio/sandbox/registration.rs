//! Registrations: brands, campaigns and toll-free verifications, which move through their states as time goes by
//! on the sandbox's clock.

use bytes::Bytes;
use http::Response;
use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use super::{
    NOT_FOUND, Refusal,
    call::{Call, new_sid},
    refusal, resource,
};
use crate::sandbox::{self, Record};

/// Word in a description or a name by which a registration is rejected in the end.
const REJECTED: &str = "REJECT";

const BRAND: &str = "messaging.v1.brand_registrations";
const CAMPAIGN: &str = "messaging.v1.service.us_app_to_person_response";
const TOLL_FREE: &str = "messaging.v1.tollfree_verification";
const VETTING: &str = "messaging.v1.brand_registrations.brand_vetting";

/// Shape of a registration, field of its state, its states, and that of one that is rejected.
type States = (&'static str, &'static str, [(&'static str, i64); 3], &'static str);

/// States that a registration goes through, each with the hours after which it begins; the last is of one that is
/// rejected.
const STATES: [States; 4] = [
    (BRAND, "status", [("PENDING", 0), ("IN_REVIEW", 1), ("APPROVED", 24)], "FAILED"),
    (CAMPAIGN, "campaign_status", [("PENDING", 0), ("IN_PROGRESS", 1), ("VERIFIED", 48)], "FAILED"),
    (
        TOLL_FREE,
        "status",
        [("PENDING_REVIEW", 0), ("IN_REVIEW", 1), ("TWILIO_APPROVED", 72)],
        "TWILIO_REJECTED",
    ),
    (
        VETTING,
        "vetting_status",
        [("IN_PROGRESS", 0), ("IN_PROGRESS", 1), ("SUCCESS", 24)],
        "FAILED",
    ),
];

/// Use cases of campaigns.
const USE_CASES: [&str; 21] = [
    "2FA",
    "ACCOUNT_NOTIFICATION",
    "AGENTS_FRANCHISES",
    "CHARITY",
    "CUSTOMER_CARE",
    "DELIVERY_NOTIFICATION",
    "EMERGENCY",
    "FRAUD_ALERT",
    "HIGHER_EDUCATION",
    "K12_EDUCATION",
    "LOW_VOLUME",
    "MARKETING",
    "MIXED",
    "POLITICAL",
    "POLLING_VOTING",
    "PROXY",
    "PUBLIC_SERVICE_ANNOUNCEMENT",
    "SECURITY_ALERT",
    "SOCIAL",
    "SOLE_PROPRIETOR",
    "SWEEPSTAKE",
];

/// Answers what registrations have rules of their own for; `None` if they have none for it.
pub(super) fn answer(call: &Call<'_>) -> Option<Result<Response<Bytes>, Refusal>> {
    let post = call.ask.method == "POST";
    let answer = match call.operation.path.as_str() {
        "/v1/a2p/BrandRegistrations" if post => brand(call),
        "/v1/a2p/BrandRegistrations/{Sid}" if post => again(call),
        "/v1/a2p/BrandRegistrations/{BrandSid}/Vettings" if post => vetting(call),
        "/v1/a2p/BrandRegistrations/{BrandRegistrationSid}/SmsOtp" => one_time_code(call),
        "/v1/Services/{MessagingServiceSid}/Compliance/Usa2p" if post => campaign(call),
        "/v1/Services/{MessagingServiceSid}/Compliance/Usa2p/{Sid}" if post => {
            campaign_texts(call).and_then(|()| resource::answer(call))
        }
        "/v1/Services/{MessagingServiceSid}/Compliance/Usa2p/Usecases" => {
            let all = USE_CASES.map(|code| {
                json!({"code": code, "name": code, "description": code, "post_approval_required": false})
            });
            let answer = sandbox::json(200, &json!({"us_app_to_person_usecases": all}));
            resource::parents(call).map(|()| answer)
        }
        "/v1/Tollfree/Verifications" if post => toll_free(call),
        _ => return None,
    };
    Some(answer)
}

/// Brings a registration to the state that its age says.
pub(super) fn advance(call: &Call<'_>, record: &Record, shown: &mut Map<String, Value>) {
    let shape = call.operation.shape.as_deref().unwrap_or_default();
    let Some((_, field, states, rejected)) = STATES.iter().find(|(known, ..)| *known == shape)
    else {
        return;
    };
    // Texts are the client's, the last change is a new submission.
    let text = serde_json::to_string(&record.fields).unwrap_or_default();
    let age = call.carrier.now().duration_since(record.updated_at);
    let reached = |(_, hours): &&(&str, i64)| age >= SignedDuration::from_hours(*hours);
    let state = states.iter().rev().find(reached).map_or(states[0].0, |(state, _)| *state);
    let last = state == states[2].0;
    let failed = last && text.contains(REJECTED);
    shown.insert((*field).to_owned(), if failed { *rejected } else { state }.into());
    match shape {
        BRAND if last && !failed => {
            // A sole proprietor answers the text message with the code a day later.
            let alone = record.text("brand_type") == Some("SOLE_PROPRIETOR");
            let waits = alone && age < SignedDuration::from_hours(48);
            let identity = if waits { "UNVERIFIED" } else { "VERIFIED" };
            shown.insert("identity_status".to_owned(), identity.into());
            shown.insert("tcr_id".to_owned(), format!("B{}", &record.key()[2..9]).into());
            shown.insert("brand_score".to_owned(), 75.into());
        }
        BRAND | CAMPAIGN if failed => {
            let error = json!({"error_code": 30_797, "description": "Rejected on request",
                "fields": [], "url": "https://www.twilio.com/docs/api/errors/30797"});
            shown.insert("errors".to_owned(), json!([error]));
        }
        TOLL_FREE if failed => {
            shown.insert("rejection_reason".to_owned(), "Rejected on request".into());
            shown.insert("error_code".to_owned(), 30_445.into());
            shown.insert("edit_allowed".to_owned(), true.into());
            let until = record.updated_at.saturating_add(SignedDuration::from_hours(10 * 24));
            let until = until.unwrap_or(record.updated_at);
            shown.insert("edit_expiration".to_owned(), super::call::iso(until).into());
        }
        _ => {}
    }
}

fn brand(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    if call.get("BrandType").is_some_and(|kind| !["STANDARD", "SOLE_PROPRIETOR"].contains(&kind)) {
        return Err(call.invalid("BrandType", "is neither STANDARD nor SOLE_PROPRIETOR"));
    }
    let mut fields = resource::fields(call);
    fields.entry("brand_type").or_insert("STANDARD".into());
    fields.insert("identity_status".to_owned(), "SELF_DECLARED".into());
    Ok(resource::shown(call, &resource::create(call, fields)?))
}

/// Submits a brand once more.
fn again(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    let key = call.key(&call.path);
    let changed = call.carrier.records().change(&key, call.carrier.now(), |_| {});
    changed.map(|record| resource::shown(call, &record)).ok_or(NOT_FOUND)
}

fn vetting(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    resource::parents(call)?;
    let mut fields = resource::fields(call);
    let sid = new_sid("VT");
    fields.insert("brand_vetting_sid".to_owned(), sid.as_str().into());
    fields.insert("vetting_class".to_owned(), "STANDARD".into());
    let record = call.keep(&format!("{}/{sid}", call.path), fields);
    Ok(resource::shown(call, &record))
}

fn one_time_code(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    resource::parents(call)?;
    let brand = call.argument("BrandRegistrationSid");
    let body = json!({"account_sid": call.account.id.as_str(), "brand_registration_sid": brand});
    Ok(sandbox::json(call.operation.status, &body))
}

/// Checks the lengths and the number of a campaign's texts.
fn campaign_texts(call: &Call<'_>) -> Result<(), Refusal> {
    let within = |text: &str, low: usize, high: usize| {
        let length = text.chars().count();
        (low..=high).contains(&length)
    };
    for (name, low, high) in [
        ("Description", 40, 4_096),
        ("MessageFlow", 40, 2_048),
        ("OptInMessage", 20, 320),
        ("OptOutMessage", 20, 320),
        ("HelpMessage", 20, 320),
    ] {
        if call.get(name).is_some_and(|text| !within(text, low, high)) {
            return Err(call.invalid(name, &format!("has not {low} to {high} characters")));
        }
    }
    let samples: Vec<&str> = super::call::all(&call.form, "MessageSamples").collect();
    if !(2..=5).contains(&samples.len()) || !samples.iter().all(|text| within(text, 20, 1_024)) {
        let broken = "has not 2 to 5 texts of 20 to 1,024 characters";
        return Err(call.invalid("MessageSamples", broken));
    }
    Ok(())
}

fn campaign(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    resource::parents(call)?;
    let brand = call.get("BrandRegistrationSid").unwrap_or_default();
    if call.record(&format!("/v1/a2p/BrandRegistrations/{brand}")).is_none() {
        return Err(refusal(400, 21717, "The brand is not registered"));
    }
    campaign_texts(call)?;
    if !USE_CASES.contains(&call.get("UsAppToPersonUsecase").unwrap_or_default()) {
        return Err(call.invalid("UsAppToPersonUsecase", "is none that there is"));
    }
    let mut fields = resource::fields(call);
    let stop = ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"];
    for (name, words) in [
        ("opt_in_keywords", json!(["START"])),
        ("opt_out_keywords", json!(stop)),
        ("help_keywords", json!(["HELP"])),
    ] {
        fields.entry(name).or_insert(words);
    }
    fields.insert(
        "rate_limits".to_owned(),
        json!({"att": {"mps": 75, "msg_class": "A"},
        "tmobile": {"brand_tier": "TOP"}}),
    );
    Ok(resource::shown(call, &resource::create(call, fields)?))
}

fn toll_free(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    let sid = call.get("TollfreePhoneNumberSid").unwrap_or_default();
    let path = format!("/2010-04-01/Accounts/{}/IncomingPhoneNumbers/{sid}", call.account.id);
    let number = call.carrier.records().get(&path);
    if number.is_none() {
        return Err(refusal(404, 20404, "The toll-free number was not found"));
    }
    if !call.get("NotificationEmail").unwrap_or_default().contains('@') {
        return Err(call.invalid("NotificationEmail", "is no address of e-mail"));
    }
    let mut fields = resource::fields(call);
    if let Some(number) = number.as_ref().and_then(|number| number.text("phone_number")) {
        fields.insert("tollfree_phone_number".to_owned(), number.into());
    }
    Ok(resource::shown(call, &resource::create(call, fields)?))
}
