//! Twilio's words for the states of registrations, and what they mean.
//!
//! Brands and toll-free verifications have enumerations in Twilio's API description (messaging v1, 2026-11); the
//! status of a campaign is a plain text there, with PENDING, IN_PROGRESS, VERIFIED and FAILED as examples.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::{
    registration::{
        RegistrationId, RegistrationKind, RegistrationReason, RegistrationReport,
        RegistrationState, scalar,
    },
    transport::lenient,
};

/// Time that a sole proprietor has to answer the one-time code, by Twilio's error 30752 (2026-11).
const CODE_LASTS: SignedDuration = SignedDuration::from_hours(24);

/// Reads a registration; `None` if it has no id.
pub(super) fn report(kind: RegistrationKind, value: &Value) -> Option<RegistrationReport> {
    let sid = scalar(value, "sid")?;
    let (id, field) = match kind {
        RegistrationKind::Campaign => {
            let service = scalar(value, "messaging_service_sid")?;
            (format!("{service}/{sid}"), "campaign_status")
        }
        _ => (sid, "status"),
    };
    let word = scalar(value, field).unwrap_or_default();
    let meaning = match kind {
        RegistrationKind::Brand => brand(&word, value),
        RegistrationKind::Campaign => campaign(&word),
        _ => toll_free(&word, value, Timestamp::now()),
    };
    let mut report = RegistrationReport::new(RegistrationId::new(kind, id), word, meaning);
    report.name = scalar(value, "external_reference_id");
    report.created_at = time(value, "date_created");
    report.reasons = reasons(value);
    report.edit_until = time(value, "edit_expiration");
    if is_unverified(value) && meaning == Some(RegistrationState::ActionNeeded) {
        let mut reason = RegistrationReason::new(
            "The identity is not verified: the sole proprietor answers YES to the text message with the code.",
        );
        reason.code = Some("30752".to_owned());
        reason.fields = vec!["identity_status".to_owned()];
        report.reasons.insert(0, reason);
        report.edit_until =
            time(value, "date_updated").and_then(|at| at.checked_add(CODE_LASTS).ok());
    }
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

fn time(value: &Value, field: &str) -> Option<Timestamp> {
    lenient::time(value[field].as_str()?)
}

/// Returns `true` for a sole proprietor who has not confirmed the code yet.
fn is_unverified(value: &Value) -> bool {
    scalar(value, "brand_type").as_deref() == Some("SOLE_PROPRIETOR")
        && scalar(value, "identity_status").as_deref() == Some("UNVERIFIED")
}

/// Returns the meaning of a brand's word. A brand that is being deleted is of no use any more, and one whose deletion
/// failed needs somebody who looks; a brand that is gone is not found at all.
fn brand(word: &str, value: &Value) -> Option<RegistrationState> {
    Some(match word {
        "PENDING" => RegistrationState::Submitted,
        "IN_REVIEW" => RegistrationState::InReview,
        "APPROVED" if is_unverified(value) => RegistrationState::ActionNeeded,
        "APPROVED" => RegistrationState::Approved,
        "FAILED" => RegistrationState::Rejected,
        "SUSPENDED" | "DELETION_PENDING" => RegistrationState::Suspended,
        "DELETION_FAILED" => RegistrationState::ActionNeeded,
        _ => return None,
    })
}

/// Returns the meaning of a campaign's word. Errors may stand beside PENDING, and decide nothing.
fn campaign(word: &str) -> Option<RegistrationState> {
    Some(match word {
        "PENDING" => RegistrationState::Submitted,
        "IN_PROGRESS" => RegistrationState::InReview,
        "VERIFIED" => RegistrationState::Approved,
        "FAILED" => RegistrationState::Rejected,
        _ => return None,
    })
}

/// Returns the meaning of a toll-free verification's word: a rejection that may be edited is no end, until the time
/// to edit is over.
fn toll_free(word: &str, value: &Value, now: Timestamp) -> Option<RegistrationState> {
    Some(match word {
        "PENDING_REVIEW" => RegistrationState::Submitted,
        "IN_REVIEW" => RegistrationState::InReview,
        "TWILIO_APPROVED" => RegistrationState::Approved,
        "TWILIO_REJECTED" if scalar(value, "edit_allowed").as_deref() == Some("true") => {
            match time(value, "edit_expiration") {
                Some(until) if until < now => RegistrationState::Expired,
                _ => RegistrationState::ActionNeeded,
            }
        }
        "TWILIO_REJECTED" => RegistrationState::Rejected,
        _ => return None,
    })
}

/// Returns the reasons: the lists of today, or else the single fields that they replace.
fn reasons(value: &Value) -> Vec<RegistrationReason> {
    let mut all = RegistrationReason::read_all(&value["errors"]);
    all.extend(RegistrationReason::read_all(&value["rejection_reasons"]));
    if !all.is_empty() {
        return all;
    }
    // `failure_reason` of a brand is deprecated, and stands in examples that did not fail (2026-11).
    let failed = scalar(value, "status").as_deref() == Some("FAILED");
    let text = scalar(value, "rejection_reason")
        .or_else(|| scalar(value, "failure_reason").filter(|_| failed));
    let code = scalar(value, "error_code");
    if text.is_some() || code.is_some() {
        let mut reason = RegistrationReason::new(text.unwrap_or_default());
        reason.code = code;
        all.push(reason);
    }
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const fn toll(kind: &str) -> RegistrationKind {
        match kind.as_bytes() {
            b"brand" => RegistrationKind::Brand,
            b"campaign" => RegistrationKind::Campaign,
            _ => RegistrationKind::TollFree,
        }
    }

    #[test]
    fn every_word_has_its_meaning_and_another_has_none() {
        use RegistrationState::{
            ActionNeeded, Approved, Expired, InReview, Rejected, Submitted, Suspended,
        };
        for (kind, fields, meaning) in [
            ("brand", json!({"status": "PENDING"}), Some(Submitted)),
            ("brand", json!({"status": "IN_REVIEW"}), Some(InReview)),
            ("brand", json!({"status": "APPROVED", "identity_status": "VERIFIED"}), Some(Approved)),
            ("brand", json!({"status": "APPROVED", "identity_status": null}), Some(Approved)),
            (
                "brand",
                json!({"status": "APPROVED", "brand_type": "STANDARD", "identity_status": "UNVERIFIED"}),
                Some(Approved),
            ),
            (
                "brand",
                json!({"status": "APPROVED", "brand_type": "SOLE_PROPRIETOR", "identity_status": "UNVERIFIED"}),
                Some(ActionNeeded),
            ),
            (
                "brand",
                json!({"status": "APPROVED", "brand_type": "SOLE_PROPRIETOR", "identity_status": "VERIFIED"}),
                Some(Approved),
            ),
            ("brand", json!({"status": "FAILED"}), Some(Rejected)),
            ("brand", json!({"status": "SUSPENDED"}), Some(Suspended)),
            ("brand", json!({"status": "DELETION_PENDING"}), Some(Suspended)),
            ("brand", json!({"status": "DELETION_FAILED"}), Some(ActionNeeded)),
            ("brand", json!({"status": "LATER_WORD"}), None),
            ("brand", json!({"status": null}), None),
            (
                "campaign",
                json!({"campaign_status": "PENDING", "errors": [{"error_code": 30893}]}),
                Some(Submitted),
            ),
            ("campaign", json!({"campaign_status": "IN_PROGRESS"}), Some(InReview)),
            ("campaign", json!({"campaign_status": "VERIFIED"}), Some(Approved)),
            ("campaign", json!({"campaign_status": "FAILED"}), Some(Rejected)),
            ("campaign", json!({"campaign_status": "verified"}), None),
            ("toll_free", json!({"status": "PENDING_REVIEW"}), Some(Submitted)),
            ("toll_free", json!({"status": "IN_REVIEW"}), Some(InReview)),
            (
                "toll_free",
                json!({"status": "TWILIO_APPROVED", "edit_allowed": true}),
                Some(Approved),
            ),
            ("toll_free", json!({"status": "TWILIO_REJECTED"}), Some(Rejected)),
            (
                "toll_free",
                json!({"status": "TWILIO_REJECTED", "edit_allowed": false}),
                Some(Rejected),
            ),
            (
                "toll_free",
                json!({"status": "TWILIO_REJECTED", "edit_allowed": true}),
                Some(ActionNeeded),
            ),
            (
                "toll_free",
                json!({"status": "TWILIO_REJECTED", "edit_allowed": true, "edit_expiration": "2999-01-01T00:00:00Z"}),
                Some(ActionNeeded),
            ),
            (
                "toll_free",
                json!({"status": "TWILIO_REJECTED", "edit_allowed": true, "edit_expiration": "2020-01-01T00:00:00Z"}),
                Some(Expired),
            ),
        ] {
            let mut value = fields.clone();
            (value["sid"], value["messaging_service_sid"]) = ("X1".into(), "MG1".into());
            let report = report(toll(kind), &value).unwrap();
            assert_eq!(report.meaning, meaning, "{kind} {fields}");
        }
        assert_eq!(report(RegistrationKind::Brand, &json!({"status": "PENDING"})), None);
        let campaign = json!({"sid": "QE1", "messaging_service_sid": "MG1"});
        let campaign = report(RegistrationKind::Campaign, &campaign).unwrap();
        assert_eq!(campaign.id.value(), "MG1/QE1");
    }

    #[test]
    fn reasons_and_times_are_read() {
        let value = json!({"sid": "BN1", "status": "APPROVED", "brand_type": "SOLE_PROPRIETOR",
            "identity_status": "UNVERIFIED", "date_updated": "2026-11-20T10:00:00Z"});
        let brand = report(RegistrationKind::Brand, &value).unwrap();
        assert_eq!(brand.reasons[0].code.as_deref(), Some("30752"));
        assert_eq!(brand.edit_until, Some("2026-11-21T10:00:00Z".parse().unwrap()));
        let value =
            json!({"sid": "BN1", "status": "PENDING", "failure_reason": "Registration error"});
        assert!(report(RegistrationKind::Brand, &value).unwrap().reasons.is_empty());
        let value = json!({"sid": "HH1", "status": "TWILIO_REJECTED", "rejection_reason": "No",
            "error_code": 30445, "edit_expiration": "2026-12-07T10:00:00Z", "external_reference_id": "club"});
        let number = report(RegistrationKind::TollFree, &value).unwrap();
        assert_eq!((number.reasons.len(), number.name.as_deref()), (1, Some("club")));
        assert_eq!(number.reasons[0].code.as_deref(), Some("30445"));
        assert!(number.edit_until.is_some());
    }
}
