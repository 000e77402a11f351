//! Conversations: threads whose messages go to the phones that take part.

pub(super) mod message;
mod user;

use bytes::Bytes;
use http::Response;
use jiff::{SignedDuration, Span};
use serde_json::{Map, Value, json};

use super::{
    NOT_FOUND, Refusal,
    account::fields_of,
    call::{Call, default_service, get, iso, new_sid},
    refusal, resource,
};
use crate::sandbox::{self, Record};

type Fields = Map<String, Value>;

/// Answers what Conversations has rules of its own for; `None` if it has none for it.
pub(super) fn answer(call: &Call<'_>) -> Option<Result<Response<Bytes>, Refusal>> {
    let path = call.operation.path.as_str();
    let path = path.strip_prefix("/v1/Services/{ChatServiceSid}").unwrap_or(path);
    let path = path.strip_prefix("/v1").unwrap_or(path);
    let answer = match (call.ask.method.as_str(), path) {
        ("GET" | "DELETE", "/Services/{Sid}")
            if call.argument("Sid") == default_service(&call.account.id) =>
        {
            the_default_service(call)
        }
        ("GET", "/Services") => {
            let mut records = call.records(&call.path);
            records.push(default_service_of(call));
            Ok(resource::list(call, records))
        }
        ("POST", "/Conversations") => conversation(call),
        ("POST", "/Conversations/{Sid}") => change(call),
        ("POST", "/ConversationWithParticipants") => with_participants(call),
        ("POST", "/Conversations/{ConversationSid}/Participants") => participant(call),
        ("POST", "/Conversations/{ConversationSid}/Messages") => message::add(call),
        ("POST", "/Conversations/{ConversationSid}/Webhooks") => webhook(call),
        ("GET", "/Conversations/{ConversationSid}/Messages") => {
            let mut records = call.records(&call.path);
            if call.get("Order").is_none_or(|order| !order.eq_ignore_ascii_case("desc")) {
                records.reverse();
            }
            resource::parents(call).map(|()| resource::list(call, records))
        }
        ("GET", "/ParticipantConversations") => of_participant(call),
        ("POST", "/Configuration/Addresses") => address(call),
        ("GET" | "POST", "/Configuration") => configuration(call),
        ("POST", "/Roles" | "/Roles/{Sid}") => user::role(call),
        ("POST", "/Users" | "/Users/{Sid}") => user::write(call),
        (
            _,
            "/Users/{UserSid}/Conversations" | "/Users/{UserSid}/Conversations/{ConversationSid}",
        ) => user::conversations(call),
        _ => return None,
    };
    Some(answer)
}

fn the_default_service(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    if call.ask.method == "DELETE" {
        return Err(refusal(400, 50_356, "The default service cannot be deleted"));
    }
    Ok(resource::shown(call, &default_service_of(call)))
}

/// Returns the service that an account has from the start.
fn default_service_of(call: &Call<'_>) -> Record {
    let sid = default_service(&call.account.id);
    let fields = fields_of(json!({"sid": sid, "friendly_name": "Default Conversations Service"}));
    let opened = call.account.created_at;
    Record::new(call.key(&format!("/v1/Services/{sid}")), fields, opened, opened)
}

/// Returns the fields of a conversation, with its timers as times.
fn conversation_fields(call: &Call<'_>) -> Result<Fields, Refusal> {
    resource::parents(call)?;
    for name in ["FriendlyName", "UniqueName"] {
        if call.get(name).is_some_and(|text| text.chars().count() > 256) {
            return Err(call.invalid(name, "has more than 256 characters"));
        }
    }
    let mut fields = resource::fields(call);
    let mut timers = Fields::new();
    for (parameter, field, least) in
        [("Timers.Inactive", "date_inactive", 60), ("Timers.Closed", "date_closed", 600)]
    {
        let Some(text) = call.get(parameter) else { continue };
        let span = text.parse::<Span>().ok().and_then(|span| {
            let days = jiff::SpanRelativeTo::days_are_24_hours();
            span.to_duration(days).ok()
        });
        let span = span.filter(|span| *span >= SignedDuration::from_secs(least));
        let span = span.ok_or_else(|| call.invalid(parameter, "is no duration, or too short"))?;
        let at = call.carrier.now().saturating_add(span).map(iso);
        timers.insert(field.to_owned(), json!(at.ok()));
    }
    fields.insert("timers".to_owned(), Value::Object(timers));
    Ok(fields)
}

fn attributes_are_json(call: &Call<'_>) -> Result<(), Refusal> {
    let text = call.get("Attributes").unwrap_or("{}");
    match serde_json::from_str::<Value>(text) {
        Ok(_) => Ok(()),
        Err(_) => Err(call.invalid("Attributes", "is no JSON")),
    }
}

fn conversation(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    resource::parents(call)?;
    attributes_are_json(call)?;
    let name = call.get("UniqueName");
    let same = |record: &Record| name.is_some() && record.text("unique_name") == name;
    if call.records(&call.path).iter().any(same) {
        return Err(refusal(409, 50_353, "There is a conversation of this unique name"));
    }
    let mut fields = conversation_fields(call)?;
    fields.entry("state").or_insert("active".into());
    fields.entry("attributes").or_insert("{}".into());
    if let Some(service) = call.arguments.get("ChatServiceSid") {
        fields.insert("chat_service_sid".to_owned(), service.as_str().into());
    }
    Ok(resource::shown(call, &resource::create(call, fields)?))
}

fn change(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    resource::parents(call)?;
    attributes_are_json(call)?;
    let mut fields = conversation_fields(call)?;
    if call.get("Timers.Inactive").or_else(|| call.get("Timers.Closed")).is_none() {
        fields.remove("timers");
    }
    let key = call.key(&call.path);
    let changed =
        call.carrier.records().change(&key, call.carrier.now(), |known| known.extend(fields));
    changed.map(|record| resource::shown(call, &record)).ok_or(NOT_FOUND)
}

fn with_participants(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    attributes_are_json(call)?;
    let mut fields = conversation_fields(call)?;
    fields.remove("participant");
    fields.entry("state").or_insert("active".into());
    fields.entry("attributes").or_insert("{}".into());
    let sid = new_sid("CH");
    fields.insert("sid".to_owned(), sid.as_str().into());
    let base = call.path.trim_end_matches("ConversationWithParticipants");
    let path = format!("{base}Conversations/{sid}");
    let record = call.keep(&path, fields);
    for participant in super::call::all(&call.form, "Participant") {
        let binding = serde_json::from_str::<Value>(participant);
        let binding = binding.map_err(|_| call.invalid("Participant", "is no JSON"))?;
        keep_participant(call, &path, &sid, binding);
    }
    Ok(resource::shown(call, &record))
}

fn keep_participant(call: &Call<'_>, conversation: &str, sid: &str, mut asked: Value) -> Record {
    let own = new_sid("MB");
    let mut fields = fields_of(asked.take());
    fields.insert("sid".to_owned(), own.as_str().into());
    fields.insert("conversation_sid".to_owned(), sid.into());
    call.keep(&format!("{conversation}/Participants/{own}"), fields)
}

fn participant(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    resource::parents(call)?;
    attributes_are_json(call)?;
    let identity = call.get("Identity");
    let binding = call.get("MessagingBinding.Address");
    let projected = call.get("MessagingBinding.ProjectedAddress");
    if identity.is_none() && binding.is_none() && projected.is_none() {
        return Err(refusal(400, 50_200, "Identity or MessagingBinding.Address is required"));
    }
    let taken = |record: &Record| {
        let own = record.fields.get("messaging_binding").and_then(|own| own["address"].as_str());
        identity.is_some_and(|identity| record.text("identity") == Some(identity))
            || (binding.is_some() && own == binding)
    };
    if call.records(&call.path).iter().any(taken) {
        return Err(refusal(409, 50_433, "The participant is in the conversation already"));
    }
    let mut fields = resource::fields(call);
    fields.entry("attributes").or_insert("{}".into());
    if let Some(identity) = identity {
        user::keep(call, identity);
    }
    if let Some(bound) = fields.get_mut("messaging_binding").and_then(Value::as_object_mut) {
        bound.insert("type".to_owned(), "sms".into());
    }
    Ok(resource::shown(call, &resource::create(call, fields)?))
}

fn webhook(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    resource::parents(call)?;
    if call.get("Target") == Some("webhook") && call.get("Configuration.Url").is_none() {
        return Err(call.invalid("Configuration.Url", "is required"));
    }
    resource::answer(call)
}

/// Returns the state of a conversation as its participants see it: one that begins is not active yet.
fn state_of(conversation: &Record) -> &str {
    match conversation.text("state") {
        Some("initializing") => "inactive",
        state => state.unwrap_or("active"),
    }
}

/// Lists the conversations of one participant.
fn of_participant(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    resource::parents(call)?;
    let (identity, address) = (get(&call.query, "Identity"), get(&call.query, "Address"));
    if identity.is_none() && address.is_none() {
        return Err(call.invalid("Identity", "or Address is required"));
    }
    let base = call.path.trim_end_matches("/ParticipantConversations");
    let mut found = Vec::new();
    for conversation in call.records(&format!("{base}/Conversations")) {
        let path = call.path_of(&conversation);
        for member in call.records(&format!("{path}/Participants")) {
            let binding = member.fields.get("messaging_binding").cloned().unwrap_or_default();
            let own = binding["address"].as_str();
            let is_it = identity.is_some_and(|identity| member.text("identity") == Some(identity))
                || (address.is_some() && own == address);
            if is_it {
                let state = state_of(&conversation);
                let fields = json!({
                    "participant_sid": member.key(), "participant_identity": member.text("identity"),
                    "participant_messaging_binding": binding,
                    "conversation_sid": conversation.key(),
                    "conversation_unique_name": conversation.text("unique_name"),
                    "conversation_friendly_name": conversation.text("friendly_name"),
                    "conversation_attributes": conversation.text("attributes"),
                    "conversation_date_created": iso(conversation.created_at),
                    "conversation_date_updated": iso(conversation.updated_at),
                    "conversation_created_by": "system", "conversation_state": state,
                    "conversation_timers": conversation.fields.get("timers"),
                    "links": {"participant": call.url(&format!("{path}/Participants/{}", member.key())),
                        "conversation": call.url(&path)},
                });
                let now = conversation.created_at;
                found.push(Record::new(call.path.clone(), fields_of(fields), now, now));
            }
        }
    }
    Ok(resource::page(call, &found, |record| resource::present(call, record)))
}

fn address(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    let own = call.get("Address");
    if call.records(&call.path).iter().any(|record| record.text("address") == own) {
        return Err(refusal(409, 50_435, "The address is configured already"));
    }
    resource::answer(call)
}

/// Answers the settings of an account, which it has from the start.
fn configuration(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    resource::parents(call)?;
    let mut fields = call.record(&call.path).map(|record| record.fields).unwrap_or_default();
    fields
        .entry("default_chat_service_sid")
        .or_insert_with(|| default_service(&call.account.id).into());
    fields.extend(resource::fields(call));
    let record = call.keep(&call.path, fields);
    Ok(sandbox::json(call.operation.status, &resource::present(call, &record)))
}
