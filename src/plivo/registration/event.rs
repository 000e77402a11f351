//! [`registration_event`]: what Plivo's callback says of a registration.

use crate::registration::{RegistrationEvent, RegistrationKind};

/// Reads the callback that Plivo makes for a brand, a campaign or a toll-free verification: its parameters, from a
/// form, a query or the fields of JSON. `None` if they name no registration.
///
/// Plivo does not document the parameters (2026-11), so that any spelling of an id's name is read, and the event
/// makes no more than a question.
///
/// ```
/// use anysms::plivo::registration_event;
/// use anysms::registration::RegistrationKind;
///
/// let event = registration_event([("brand_id", "B43KNAS"), ("status", "COMPLETED")]);
/// assert_eq!(event.expect("a brand").kind, Some(RegistrationKind::Brand));
/// assert!(registration_event([("From", "+447700900123")]).is_none());
/// ```
#[must_use]
pub fn registration_event<N: AsRef<str>, V: AsRef<str>>(
    parameters: impl IntoIterator<Item = (N, V)>,
) -> Option<RegistrationEvent> {
    let mut found = RegistrationEvent::default();
    for (name, value) in parameters.into_iter().take(100) {
        let letters = name.as_ref().chars().filter(char::is_ascii_alphanumeric);
        let name: String = letters.map(|c| c.to_ascii_lowercase()).collect();
        let value = value.as_ref();
        let is_id = (1..=64).contains(&value.len())
            && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let kind = match name.as_str() {
            "campaignid" | "campaignuuid" => Some(RegistrationKind::Campaign),
            "brandid" | "branduuid" => Some(RegistrationKind::Brand),
            _ if name.ends_with("uuid") && name != "profileuuid" && name != "apiid" => {
                Some(RegistrationKind::TollFree)
            }
            _ => None,
        };
        match (kind, name.as_str()) {
            (Some(kind), _) if is_id => {
                // A campaign names its brand, too.
                let greater = kind == RegistrationKind::Campaign || found.kind.is_none();
                if greater {
                    found.kind = Some(kind);
                }
                found.ids.push(value.to_owned());
            }
            (None, "status" | "registrationstatus" | "event" | "type") => {
                found.word = value.chars().take(64).collect();
            }
            _ => {}
        }
    }
    found.kind.is_some().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_spelling_of_an_id_is_read() {
        for (name, kind) in [
            ("brand_id", RegistrationKind::Brand),
            ("BrandID", RegistrationKind::Brand),
            ("campaign-id", RegistrationKind::Campaign),
            ("CampaignId", RegistrationKind::Campaign),
            ("uuid", RegistrationKind::TollFree),
            ("tollfree_verification_uuid", RegistrationKind::TollFree),
        ] {
            let event = registration_event([("status", "ACTIVE"), (name, "X-1")]).unwrap();
            assert_eq!((event.kind, event.word.as_str()), (Some(kind), "ACTIVE"), "{name}");
            assert_eq!(event.ids, ["X-1"]);
        }
        let both = [("campaign_id", "C1"), ("brand_id", "B1")];
        for pairs in [both, [both[1], both[0]]] {
            let event = registration_event(pairs).unwrap();
            assert_eq!((event.kind, event.ids.len()), (Some(RegistrationKind::Campaign), 2));
        }
        for pair in [("brand_id", ""), ("brand_id", "a b"), ("profile_uuid", "u"), ("x", "y")] {
            assert_eq!(registration_event([pair]), None, "{pair:?}");
        }
    }
}
