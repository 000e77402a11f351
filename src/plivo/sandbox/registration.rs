//! Registrations: profiles, brands, campaigns and toll-free verifications, which move through their states as time
//! goes by on the sandbox's clock.

use bytes::Bytes;
use http::Response;
use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use super::{
    Refusal,
    call::{Call, deleted, iso},
    new_uuid, not_found, plain, refusal,
    resource::{self, Kind, short_id},
};
use crate::sandbox::Record;

/// Word in any field by which a registration is rejected in the end.
const REJECTED: &str = "REJECT";

/// Word in any field of a toll-free verification that has to be mended in the end.
const TO_MEND: &str = "UPDATE_REQUIRED";

/// Time after which a registration is decided.
const DECIDED: SignedDuration = SignedDuration::from_hours(24);

const PROFILE: Kind = Kind {
    collection: "Profile",
    id: "profile_uuid",
    new_id: new_uuid,
    required: &["profile_alias", "customer_type", "entity_type", "company_name"],
    complete: |_, _, fields| {
        fields.entry("profile_type").or_insert("SECONDARY".into());
        for name in ["stock_symbol", "stock_exchange", "alt_business_id", "primary_profile"] {
            fields.entry(name).or_insert("".into());
        }
        fields.entry("alt_business_id_type").or_insert("NONE".into());
    },
    created: (201, ""),
    list: "profiles",
    wrap: Some("profile"),
    changed: Some("profile"),
};

const BRAND: Kind = Kind {
    collection: "10dlc/Brand",
    id: "brand_id",
    new_id: || short_id("B"),
    required: &["brand_alias", "profile_uuid"],
    complete: |call, _, fields| {
        fields.entry("brand_type").or_insert("STARTER".into());
        // A brand shows what its profile says of the business.
        let profile = call.text("profile_uuid").map(|id| call.record(&format!("Profile/{id}")));
        let profile = profile.and_then(Result::ok).map(|record| record.fields).unwrap_or_default();
        for name in ["address", "authorized_contact", "company_name", "ein"] {
            fields.insert(name.to_owned(), profile.get(name).cloned().unwrap_or_default());
        }
        for name in ["ein_issuing_country", "entity_type", "vertical", "website"] {
            fields.insert(name.to_owned(), profile.get(name).cloned().unwrap_or_default());
        }
    },
    created: (202, "Request to create brand was received and is being processed."),
    list: "brands",
    wrap: Some("brand"),
    changed: Some("brand"),
};

const CAMPAIGN: Kind = Kind {
    collection: "10dlc/Campaign",
    id: "campaign_id",
    new_id: || short_id("C"),
    required: &["brand_id", "campaign_alias", "vertical", "usecase", "description"],
    complete: |_, _, fields| {
        let sub = fields.remove("sub_usecases");
        let sub: Vec<&str> = match &sub {
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        fields.insert("sub_usecase".to_owned(), sub.join(",").into());
        let flags = ["embedded_link", "embedded_phone", "age_gated", "direct_lending"];
        let more =
            ["affiliate_marketing", "subscriber_optin", "subscriber_optout", "subscriber_help"];
        let mut attributes = Map::new();
        for flag in flags.into_iter().chain(more) {
            attributes.insert(flag.to_owned(), fields.remove(flag).unwrap_or(false.into()));
        }
        fields.insert("campaign_attributes".to_owned(), Value::Object(attributes));
        let mno = json!({"AT&T": {"tpm": 4_500}, "T-Mobile": {"brand_tier": "TOP"},
            "US Cellular": {"tpm": 4_500}, "Verizon Wireless": {"tpm": 4_500}});
        fields.insert("mno_metadata".to_owned(), mno);
        fields.entry("campaign_source").or_insert("plivo".into());
        fields.entry("reseller_id").or_insert("".into());
    },
    created: (202, "Request to create campaign was received and is being processed."),
    list: "campaigns",
    wrap: Some("campaign"),
    changed: Some("campaign"),
};

const TOLL_FREE: Kind = Kind {
    collection: "TollfreeVerification",
    id: "uuid",
    new_id: new_uuid,
    required: &[
        "profile_uuid",
        "usecase",
        "usecase_summary",
        "message_sample",
        "optin_image_url",
        "optin_type",
        "volume",
        "number",
    ],
    complete: |call, _, fields| {
        for name in ["additional_information", "extra_data", "callback_url"] {
            fields.entry(name).or_insert("".into());
        }
        fields.entry("callback_method").or_insert("POST".into());
        fields.insert("created".to_owned(), iso(call.carrier.now()).into());
    },
    created: (201, ""),
    list: "objects",
    wrap: None,
    changed: None,
};

/// Use cases of campaigns.
const USE_CASES: [&str; 12] = [
    "2FA",
    "ACCOUNT_NOTIFICATION",
    "CUSTOMER_CARE",
    "DELIVERY_NOTIFICATION",
    "FRAUD_ALERT",
    "HIGHER_EDUCATION",
    "LOW_VOLUME",
    "MARKETING",
    "MIXED",
    "POLLING_VOTING",
    "PUBLIC_SERVICE_ANNOUNCEMENT",
    "SECURITY_ALERT",
];

/// Brings a registration to the state that its age says.
pub(super) fn advance(call: &Call<'_>, record: &Record, fields: &mut Map<String, Value>) {
    let age = call.carrier.now().duration_since(record.updated_at);
    let decided = age >= DECIDED;
    let text = serde_json::to_string(&record.fields).unwrap_or_default();
    let rejected = text.contains(REJECTED);
    let path = |kind: &Kind| record.path.contains(&format!("/{}/", kind.collection));
    let state = |waits, good, bad| match (decided, rejected) {
        (false, _) => waits,
        (true, false) => good,
        (true, true) => bad,
    };
    if path(&BRAND) {
        let state: &str = state("PROCESSING", "COMPLETED", "FAILED");
        fields.insert("registration_status".to_owned(), state.into());
        if state == "FAILED" {
            let reason = json!([{"code": "1001", "message": "Rejected on request"}]);
            fields.insert("declined_reasons".to_owned(), reason);
        }
    } else if path(&CAMPAIGN) && !record.path.contains("/Number/") {
        let state: &str = state("PROCESSING", "ACTIVE", "FAILED");
        fields.insert("registration_status".to_owned(), state.into());
        if state == "FAILED" {
            fields.insert("error_reason".to_owned(), "Rejected on request".into());
        }
    } else if path(&TOLL_FREE) {
        let state: &str = match state("SUBMITTED", "APPROVED", "REJECTED") {
            "APPROVED" if text.contains(TO_MEND) => TO_MEND,
            state => state,
        };
        fields.insert("status".to_owned(), state.into());
        fields.insert("last_modified".to_owned(), iso(record.updated_at).into());
        let error = match state {
            "REJECTED" => "Rejected on request",
            TO_MEND => "To be mended on request",
            _ => "",
        };
        fields.insert("error_message".to_owned(), error.into());
    }
}

/// Answers a request about registrations.
pub(super) fn answer(call: &Call<'_>, parts: &[&str]) -> Result<Response<Bytes>, Refusal> {
    match (call.ask.method.as_str(), parts) {
        ("DELETE", ["Profile", id]) => {
            call.remove(&format!("Profile/{id}"))
                .map_err(|_| refusal(404, "Profile not found."))?;
            Ok(deleted())
        }
        (_, ["Profile", rest @ ..]) => resource::answer(call, &PROFILE, rest),
        ("POST", ["10dlc", "Brand"]) => {
            known(call, "Profile", "profile_uuid")?;
            resource::answer(call, &BRAND, &[])
        }
        ("GET", ["10dlc", "Brand", id, "usecases"]) => {
            call.record(&format!("10dlc/Brand/{id}"))?;
            let all = USE_CASES.map(|code| json!({"code": code, "name": code, "details": code}));
            Ok(call.answer(200, json!({"brand_id": id, "use_cases": all})))
        }
        ("DELETE", ["10dlc", "Brand", id]) => {
            call.remove(&format!("10dlc/Brand/{id}"))?;
            Ok(call.answer(200, json!({"brand_id": id, "message": "Brand Deactivated"})))
        }
        ("POST", ["10dlc", "Brand", _]) => Err(refusal(405, "method not allowed")),
        (_, ["10dlc", "Brand", rest @ ..]) => resource::answer(call, &BRAND, rest),
        ("POST", ["10dlc", "Campaign", "Import"]) => import(call),
        (_, ["10dlc", "Campaign", id, "Number", rest @ ..]) => numbers(call, id, rest),
        ("POST", ["10dlc", "Campaign"]) => {
            known(call, "10dlc/Brand", "brand_id")?;
            let case = call.text("usecase").unwrap_or_default();
            if call.text("usecase").is_some() && !USE_CASES.contains(&case) && case != "STARTER" {
                return Err(refusal(400, "usecase is not valid"));
            }
            resource::answer(call, &CAMPAIGN, &[])
        }
        ("DELETE", ["10dlc", "Campaign", id]) => {
            call.remove(&format!("10dlc/Campaign/{id}"))?;
            Ok(call.answer(200, json!({"campaign_id": id, "message": "Campaign Deactivated"})))
        }
        (_, ["10dlc", "Campaign", rest @ ..]) => resource::answer(call, &CAMPAIGN, rest),
        ("POST", ["TollfreeVerification"]) => {
            toll_free_is_valid(call)?;
            let record = resource::create(call, &TOLL_FREE)?;
            let number = plain(record.text("number").unwrap_or_default()).to_owned();
            let message =
                format!("Tollfree verification request for {number} submitted succesfully");
            Ok(call.answer(201, json!({"uuid": record.key(), "message": message})))
        }
        ("POST", ["TollfreeVerification", id]) => {
            let path = format!("TollfreeVerification/{id}");
            let state = resource::shown(call, &call.record(&path)?)["status"].clone();
            if state != "SUBMITTED" && state != "UPDATE_REQUIRED" {
                return Err(refusal(400, "a verification that was decided cannot be changed"));
            }
            let record = call.change(&path, |fields| fields.extend(call.body.clone()))?;
            let number = plain(record.text("number").unwrap_or_default()).to_owned();
            let message = format!("Tollfree verification request for {number} updated succesfully");
            Ok(call.answer(202, json!({"message": message})))
        }
        (_, ["TollfreeVerification", rest @ ..]) => resource::answer(call, &TOLL_FREE, rest),
        _ => Err(not_found()),
    }
}

/// Fails unless what a parameter names is there.
fn known(call: &Call<'_>, collection: &str, name: &str) -> Result<(), Refusal> {
    match call.text(name) {
        Some(id) if call.record(&format!("{collection}/{id}")).is_err() => {
            Err((400, format!("{name} is not valid")))
        }
        _ => Ok(()),
    }
}

fn toll_free_is_valid(call: &Call<'_>) -> Result<(), Refusal> {
    known(call, "Profile", "profile_uuid")?;
    let cases = call.text("usecase").unwrap_or_default();
    if !cases.is_empty() && !cases.split(',').all(|case| USE_CASES.contains(&case.trim())) {
        return Err(refusal(400, "usecase is not valid"));
    }
    for (name, most) in [("usecase_summary", 500), ("message_sample", 1_000)] {
        if call.text(name).is_some_and(|text| text.chars().count() > most) {
            return Err((400, format!("{name} must have at most {most} characters")));
        }
    }
    let number = call.loose("number").map(|number| format!("+{}", plain(&number)));
    if number.is_some_and(|number| number.parse::<crate::number::PhoneNumber>().is_err()) {
        return Err(refusal(400, "number is not valid"));
    }
    Ok(())
}

fn import(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    let id = call.text("campaign_id").ok_or_else(|| call.missing("campaign_id"))?;
    call.text("campaign_alias").ok_or_else(|| call.missing("campaign_alias"))?;
    let mut fields = call.body.clone();
    fields.insert("campaign_source".to_owned(), "shared".into());
    call.keep(&format!("10dlc/Campaign/{id}"), fields);
    let message = "Request to import campaign was received and is being processed.";
    Ok(call.answer(202, json!({"campaign_id": id, "message": message})))
}

/// Answers a request about the numbers of a campaign.
fn numbers(call: &Call<'_>, id: &str, rest: &[&str]) -> Result<Response<Bytes>, Refusal> {
    let path = format!("10dlc/Campaign/{id}");
    let campaign = call.record(&path)?;
    let shown = |records: &[Record]| {
        let all: Vec<Value> = records
            .iter()
            .map(|record| {
                let age = call.carrier.now().duration_since(record.created_at);
                let status = if age >= DECIDED { "COMPLETED" } else { "PROCESSING" };
                json!({"number": record.key(), "status": status})
            })
            .collect();
        json!({"campaign_id": id, "campaign_alias": campaign.text("campaign_alias"),
            "usecase": campaign.text("usecase"), "phone_numbers": all})
    };
    match (call.ask.method.as_str(), rest) {
        ("GET", []) => {
            let all = call.carrier.records().list(&call.key(&format!("{path}/Number")));
            Ok(call.answer(200, shown(&all)))
        }
        ("GET", [number]) => {
            let record = call.record(&format!("{path}/Number/{}", plain(number)))?;
            Ok(call.answer(200, shown(&[record])))
        }
        ("POST", []) => {
            let asked = call.body.get("numbers").and_then(Value::as_array);
            let asked = asked.ok_or_else(|| call.missing("numbers"))?;
            for number in asked.iter().filter_map(Value::as_str) {
                let number = plain(number);
                call.record(&format!("Number/{number}"))
                    .map_err(|_| refusal(400, "numbers has one that is not yours"))?;
                call.keep(&format!("{path}/Number/{number}"), Map::new());
                call.change(&format!("Number/{number}"), |fields| {
                    fields.insert("tendlc_campaign_id".to_owned(), id.into());
                    fields.insert("tendlc_registration_status".to_owned(), "PROCESSING".into());
                })?;
            }
            let message = "Request to link numbers was received and is being processed.";
            Ok(call.answer(202, json!({"campaign_id": id, "message": message})))
        }
        ("DELETE", [number]) => {
            call.remove(&format!("{path}/Number/{}", plain(number)))?;
            let message = "Request to unlink number was received and is being processed.";
            Ok(call.answer(202, json!({"campaign_id": id, "message": message})))
        }
        _ => Err(refusal(405, "method not allowed")),
    }
}
