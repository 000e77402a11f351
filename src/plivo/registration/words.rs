//! Plivo's words for the states of registrations, and what they mean.
//!
//! Of brands COMPLETED was seen, of campaigns ACTIVE, FAILED and PROCESSING (answers of Plivo's SDKs, 2026-11); the
//! documentation lists those of toll-free verifications alone.

use serde_json::Value;

use crate::{
    registration::{
        RegistrationId, RegistrationKind, RegistrationReason, RegistrationReport,
        RegistrationState, scalar,
    },
    transport::lenient,
};

/// Returns the field that has the id of a registration.
pub(super) const fn id_of(kind: RegistrationKind) -> &'static str {
    match kind {
        RegistrationKind::Brand => "brand_id",
        RegistrationKind::Campaign => "campaign_id",
        _ => "uuid",
    }
}

/// Returns the part of an answer that is the registration.
pub(super) fn inner(kind: RegistrationKind, answer: &Value) -> &Value {
    let name = match kind {
        RegistrationKind::Brand => "brand",
        RegistrationKind::Campaign => "campaign",
        _ => return answer,
    };
    answer.get(name).filter(|inner| inner.is_object()).unwrap_or(answer)
}

/// Reads a registration; `None` if it has no id.
pub(super) fn report(kind: RegistrationKind, value: &Value) -> Option<RegistrationReport> {
    let id = RegistrationId::new(kind, scalar(value, id_of(kind))?);
    let (field, alias) = match kind {
        RegistrationKind::Brand => ("registration_status", "brand_alias"),
        RegistrationKind::Campaign => ("registration_status", "campaign_alias"),
        _ => ("status", "extra_data"),
    };
    let word = scalar(value, field).unwrap_or_default();
    let meaning = match kind {
        RegistrationKind::TollFree => toll_free(&word),
        _ => brand_or_campaign(kind, &word),
    };
    let mut report = RegistrationReport::new(id, word, meaning);
    report.name = scalar(value, alias);
    report.created_at =
        ["created", "created_at"].iter().find_map(|name| lenient::time(value[*name].as_str()?));
    report.reasons = reasons(value);
    Some(report)
}

/// Returns the newest of several registrations, and of those that are as old the first.
pub(super) fn newest<'a>(
    kind: RegistrationKind,
    all: impl Iterator<Item = &'a Value>,
) -> Option<RegistrationReport> {
    let mut best: Option<RegistrationReport> = None;
    for found in all.filter_map(|one| report(kind, one)) {
        if best.as_ref().is_none_or(|best| found.created_at > best.created_at) {
            best = Some(found);
        }
    }
    best
}

/// Returns `true` for what was deleted and is listed all the same. Plivo answers a deletion with "Deactivated"; the
/// word of the list is not documented (2026-11).
pub(super) fn is_deleted(value: &Value) -> bool {
    let word = scalar(value, "registration_status").unwrap_or_default();
    ["DELETED", "DEACTIVATED", "INACTIVE"].contains(&word.as_str())
}

fn brand_or_campaign(kind: RegistrationKind, word: &str) -> Option<RegistrationState> {
    Some(match word {
        "PROCESSING" => RegistrationState::InReview,
        "COMPLETED" | "ACTIVE" if kind == RegistrationKind::Campaign => RegistrationState::Active,
        "COMPLETED" | "ACTIVE" => RegistrationState::Approved,
        "FAILED" => RegistrationState::Rejected,
        _ => return None,
    })
}

fn toll_free(word: &str) -> Option<RegistrationState> {
    Some(match word {
        "SUBMITTED" => RegistrationState::Submitted,
        "UPDATE_REQUIRED" => RegistrationState::ActionNeeded,
        "APPROVED" => RegistrationState::Approved,
        "REJECTED" => RegistrationState::Rejected,
        _ => return None,
    })
}

fn reasons(value: &Value) -> Vec<RegistrationReason> {
    let mut all = RegistrationReason::read_all(&value["declined_reasons"]);
    let texts = ["error_reason", "error_description", "error_message"];
    let texts: Vec<String> = texts.iter().filter_map(|name| scalar(value, name)).collect();
    let code = scalar(value, "error_code");
    if !texts.is_empty() || code.is_some() {
        let mut reason = RegistrationReason::new(texts.join(": "));
        reason.code = code;
        all.push(reason);
    }
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_word_has_its_meaning_and_another_has_none() {
        use RegistrationKind::{Brand, Campaign, TollFree};
        use RegistrationState::{ActionNeeded, Active, Approved, InReview, Rejected, Submitted};
        for (kind, word, meaning) in [
            (Brand, "PROCESSING", Some(InReview)),
            (Brand, "COMPLETED", Some(Approved)),
            (Brand, "FAILED", Some(Rejected)),
            (Brand, "APPROVED", None),
            (Campaign, "PROCESSING", Some(InReview)),
            (Campaign, "ACTIVE", Some(Active)),
            (Campaign, "FAILED", Some(Rejected)),
            (Campaign, "", None),
            (TollFree, "SUBMITTED", Some(Submitted)),
            (TollFree, "UPDATE_REQUIRED", Some(ActionNeeded)),
            (TollFree, "APPROVED", Some(Approved)),
            (TollFree, "REJECTED", Some(Rejected)),
            (TollFree, "ACTIVE", None),
        ] {
            let field = if kind == TollFree { "status" } else { "registration_status" };
            let value = json!({ id_of(kind): "X1", field: word });
            let report = report(kind, &value).unwrap();
            assert_eq!((report.meaning, report.word.as_str()), (meaning, word), "{kind} {word}");
        }
        assert_eq!(report(Brand, &json!({"registration_status": "COMPLETED"})), None);
    }

    #[test]
    fn reasons_are_read_in_both_forms() {
        let brand = json!({"brand_id": "B1", "registration_status": "FAILED",
            "declined_reasons": [{"code": "1001", "message": "Tax number"}]});
        let brand = report(RegistrationKind::Brand, &brand).unwrap();
        assert_eq!(brand.reasons[0].code.as_deref(), Some("1001"));
        let campaign = json!({"campaign_id": "C1", "registration_status": "FAILED",
            "error_code": 801, "error_reason": "Flow", "error_description": "is unclear"});
        let campaign = report(RegistrationKind::Campaign, &campaign).unwrap();
        assert_eq!(campaign.reasons[0].text, "Flow: is unclear");
        let number = json!({"uuid": "u", "status": "APPROVED", "error_message": ""});
        assert!(report(RegistrationKind::TollFree, &number).unwrap().reasons.is_empty());
    }
}
