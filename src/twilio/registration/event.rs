//! [`registration_events`]: what Twilio's Event Streams say of registrations.

use serde_json::Value;

use crate::{
    error::{Error, ErrorKind, Result},
    registration::{RegistrationEvent, RegistrationKind, scalar},
    twilio::TWILIO,
};

/// Start of the types of all events about registrations.
const TYPES: &str = "com.twilio.messaging.compliance.";

/// Most events of one body that are read.
const MOST: usize = 1_000;

/// Reads the events about registrations from the body that Event Streams posts to a webhook: a list of CloudEvents,
/// or one of them. Events about something else are left out. Subscribe to them in every subaccount by itself.
///
/// A campaign's event names the registry's id and the Messaging Service, and not the `QE…` of the API (seen
/// 2026-11); so the service is what it is matched by.
///
/// ```
/// use anysms::twilio::registration_events;
///
/// let body = br#"[{"type": "com.twilio.messaging.compliance.brand-registration.brand-failure",
///     "data": {"brandsid": "BN00000000000000000000000000000001"}}]"#;
/// let events = registration_events(body)?;
/// assert_eq!(events[0].word, "brand-registration.brand-failure");
/// assert_eq!(events[0].ids, ["BN00000000000000000000000000000001"]);
/// # Ok::<(), anysms::Error>(())
/// ```
///
/// # Errors
/// `InvalidRequest` if the body is no JSON.
pub fn registration_events(body: &[u8]) -> Result<Vec<RegistrationEvent>> {
    let body: Value = serde_json::from_slice(body).map_err(|_| {
        Error::not_sent(ErrorKind::InvalidRequest)
            .with_provider(TWILIO)
            .with_detail("event: the body is no JSON")
            .without_message()
    })?;
    let all = match &body {
        Value::Array(all) => all.as_slice(),
        one => std::slice::from_ref(one),
    };
    Ok(all.iter().take(MOST).filter_map(read).collect())
}

fn read(event: &Value) -> Option<RegistrationEvent> {
    let word = event["type"].as_str()?.strip_prefix(TYPES)?;
    // Some sinks hand the data over as a text.
    let parsed: Value;
    let data = match &event["data"] {
        Value::String(text) => {
            parsed = serde_json::from_str(text).ok()?;
            &parsed
        }
        data => data,
    };
    let kind = match word {
        _ if word.starts_with("brand") => Some(RegistrationKind::Brand),
        _ if word.starts_with("campaign") => Some(RegistrationKind::Campaign),
        _ if word.starts_with("toll") => Some(RegistrationKind::TollFree),
        _ => None,
    };
    let word = word.chars().take(64).collect();
    let account = scalar(data, "accountsid").map(Into::into);
    let is_id = |text: &&str| {
        let prefixes = ["BN", "QE", "HH", "MG", "CM"];
        prefixes.iter().any(|prefix| text.starts_with(prefix))
            && (20..=40).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    let texts = data.as_object()?.values().filter_map(Value::as_str);
    let ids: Vec<String> = texts.filter(is_id).map(str::to_owned).collect();
    (!ids.is_empty()).then_some(RegistrationEvent { kind, ids, account, word })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_in_a_list_or_alone_and_others_left_out() {
        let body = br#"[
            {"specversion": "1.0", "type": "com.twilio.messaging.compliance.campaign-registration.campaign-failure",
             "data": {"accountsid": "AC00000000000000000000000000000001",
                      "campaignsid": "CM00000000000000000000000000000001",
                      "messagingservicesid": "MG00000000000000000000000000000002",
                      "campaignregistrationstatus": "failed", "createddate": 1756043494500}},
            {"type": "com.twilio.messaging.compliance.toll-free-verification.rejected",
             "data": "{\"sid\":\"HH00000000000000000000000000000003\"}"},
            {"type": "com.twilio.messaging.message.delivered", "data": {"x": "BN00000000000000000000000000000001"}},
            {"type": "com.twilio.messaging.compliance.brand-registration.brand-registered", "data": {}},
            {"type": 7}, null, "x"]"#;
        let events = registration_events(body).unwrap();
        assert_eq!(events.len(), 2, "{events:?}");
        assert_eq!(events[0].kind, Some(RegistrationKind::Campaign));
        assert_eq!(events[0].ids[1], "MG00000000000000000000000000000002");
        assert_eq!(
            events[0].account.as_ref().unwrap().as_str(),
            "AC00000000000000000000000000000001"
        );
        assert_eq!(events[1].ids, ["HH00000000000000000000000000000003"]);
        let one = br#"{"type": "com.twilio.messaging.compliance.brand-registration.brand-verified",
            "data": {"brandsid": "BN00000000000000000000000000000001"}}"#;
        assert_eq!(registration_events(one).unwrap()[0].kind, Some(RegistrationKind::Brand));
        for body in [&b""[..], b"{", b"\xff"] {
            assert_eq!(registration_events(body).unwrap_err().kind(), ErrorKind::InvalidRequest);
        }
    }
}
