//! The common ground of most products: things are created, read, listed, changed and deleted.

use bytes::Bytes;
use http::Response;
use serde_json::{Map, Value, json};

use super::{
    Refusal,
    call::{Call, deleted},
    new_id, not_found, refusal,
};
use crate::{random, sandbox::Record};

type Fields = Map<String, Value>;

/// Kind of things that a client creates.
pub(super) struct Kind {
    /// Path of its collection below the account.
    pub(super) collection: &'static str,
    /// Field that has its id.
    pub(super) id: &'static str,
    pub(super) new_id: fn() -> String,
    /// Parameters that must be given.
    pub(super) required: &'static [&'static str],
    /// Completes the fields of a new one.
    pub(super) complete: fn(&Call<'_>, &str, &mut Fields),
    /// HTTP status of its creation, and the words that are answered beside the id.
    pub(super) created: (u16, &'static str),
    /// Field of a list's answer that has the list.
    pub(super) list: &'static str,
    /// Field of an answer that has the thing; `None` if its fields stand in the answer themselves.
    pub(super) wrap: Option<&'static str>,
    /// Field that an answer to a change has the thing in; `None` if it says that it was changed.
    pub(super) changed: Option<&'static str>,
}

/// Applications: where calls and messages of their numbers go.
pub(super) const APPLICATION: Kind = Kind {
    collection: "Application",
    id: "app_id",
    new_id: || format!("{:017}", random::uuid().as_u128() % 10_u128.pow(17)),
    required: &["app_name"],
    complete: |call, id, fields| {
        let name = |name: &str, value: Value, fields: &mut Fields| {
            fields.entry(name).or_insert(value);
        };
        for method in ["answer_method", "hangup_method", "fallback_method", "message_method"] {
            name(method, "POST".into(), fields);
        }
        for url in ["answer_url", "hangup_url", "fallback_answer_url", "message_url"] {
            name(url, "".into(), fields);
        }
        for flag in ["default_app", "default_endpoint_app", "public_uri"] {
            name(flag, false.into(), fields);
        }
        let sub = fields.remove("subaccount").unwrap_or_default();
        name("sub_account", sub, fields);
        name("log_incoming_messages", true.into(), fields);
        name("enabled", true.into(), fields);
        name("sip_uri", format!("sip:{id}@app.plivo.com").into(), fields);
        name("resource_uri", call.uri(&format!("Application/{id}")).into(), fields);
    },
    created: (201, "created"),
    list: "objects",
    wrap: None,
    changed: None,
};

/// Answers a request about things of a kind; the rest of the path is after its collection.
pub(super) fn answer(
    call: &Call<'_>,
    kind: &Kind,
    rest: &[&str],
) -> Result<Response<Bytes>, Refusal> {
    let path = |id: &str| format!("{}/{id}", kind.collection);
    match (call.ask.method.as_str(), rest) {
        ("POST", []) => {
            let record = create(call, kind)?;
            let mut body = json!({ kind.id: record.key() });
            if !kind.created.1.is_empty() {
                body["message"] = kind.created.1.into();
            }
            Ok(call.answer(kind.created.0, body))
        }
        ("GET", []) => call.records_page(kind.list, kind.collection, |record| shown(call, record)),
        ("GET", [id]) => {
            let record = call.record(&path(id))?;
            let fields = shown(call, &record);
            Ok(call.answer(200, kind.wrap.map_or(fields.clone(), |name| json!({ name: fields }))))
        }
        ("POST", [id]) => {
            // Plivo's SDK for Python sends an empty text for all that is not set (seen 2026-11).
            let set = call.body.iter().filter(|(_, value)| **value != "");
            let set: Vec<(String, Value)> = set.map(|(k, v)| (k.clone(), v.clone())).collect();
            let record = call.change(&path(id), |fields| fields.extend(set))?;
            Ok(match kind.changed {
                Some(name) => call.answer(200, json!({ name: shown(call, &record) })),
                None => call.changed(),
            })
        }
        ("DELETE", [id]) => call.remove(&path(id)).map(|()| deleted()),
        ("GET" | "POST", _) => Err(not_found()),
        _ => Err(refusal(405, "method not allowed")),
    }
}

/// Keeps something new.
pub(super) fn create(call: &Call<'_>, kind: &Kind) -> Result<Record, Refusal> {
    for name in kind.required {
        match call.body.get(*name) {
            None | Some(Value::Null) => return Err(call.missing(name)),
            Some(Value::String(text)) if text.is_empty() => return Err(call.missing(name)),
            Some(_) => {}
        }
    }
    for name in ["url", "message_url", "answer_url", "hangup_url", "callback_url"] {
        let url = call.text(name).map(str::parse::<crate::message::WebUrl>);
        if matches!(url, Some(Err(_))) {
            return Err((400, format!("{name} is not valid")));
        }
    }
    let id = (kind.new_id)();
    let mut fields = call.body.clone();
    fields.insert(kind.id.to_owned(), id.as_str().into());
    (kind.complete)(call, &id, &mut fields);
    Ok(call.keep(&format!("{}/{id}", kind.collection), fields))
}

/// Returns the fields of a thing, with its state as time has moved it.
pub(super) fn shown(call: &Call<'_>, record: &Record) -> Value {
    let mut fields = record.fields.clone();
    super::registration::advance(call, record, &mut fields);
    Value::Object(fields)
}

/// Returns an id of a letter and six letters and digits, as registrations have.
pub(super) fn short_id(letter: &str) -> String {
    new_id(letter, 6)
}
