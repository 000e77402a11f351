//! Messages: what a client reads, changes and deletes of them, and how they are taken.

use bytes::Bytes;
use http::{Response, StatusCode};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    NOT_FOUND, Refusal,
    call::{Call, empty, get, new_sid, rfc2822},
    refusal, resource, submit,
};
use crate::{
    message::{MessageId, MessageStatus, WebUrl},
    number::PhoneNumber,
    sandbox::{self, Carried, Origin, Prices},
    text::segments,
    twilio::TWILIO,
};

/// Answers a request about messages.
pub(super) fn answer(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    let start = "/2010-04-01/Accounts/{AccountSid}/Messages";
    let rest = call.operation.path.strip_prefix(start).unwrap_or_default();
    let sid = [call.argument("MessageSid"), call.argument("Sid")];
    let find = |sid: &str| {
        let id = MessageId::new(TWILIO, sid).map_err(|_| NOT_FOUND)?;
        let message = call.carrier.find(&id);
        message.filter(|message| message.account == call.account.id).ok_or(NOT_FOUND)
    };
    match (call.ask.method.as_str(), rest) {
        ("POST", ".json") => submit::submit(call),
        ("GET", ".json") => Ok(list(call)),
        ("GET", "/{Sid}.json") => Ok(sandbox::json(200, &body(&find(sid[1])?))),
        ("POST", "/{Sid}.json") => update(call, &find(sid[1])?),
        ("DELETE", "/{Sid}.json") => delete(call, &find(sid[1])?),
        ("GET", "/{MessageSid}/Media.json") => {
            let message = find(sid[0])?;
            Ok(resource::page(call, &message.media, |file| media_body(&message, file)))
        }
        ("GET", _) => {
            let message = find(sid[0])?;
            let file = message.media.iter().find(|(known, _)| known == sid[1]);
            let file = file.ok_or(NOT_FOUND)?;
            Ok(sandbox::json(200, &media_body(&message, file)))
        }
        ("DELETE", _) => delete_media(call, &find(sid[0])?, sid[1]),
        _ => {
            let message = find(sid[0])?;
            let sid = message.id.value();
            let path = call.path.strip_suffix(".json").unwrap_or(&call.path);
            let now = rfc2822(call.carrier.now());
            let outcome = get(&call.form, "Outcome").unwrap_or("confirmed");
            let body = json!({
                "account_sid": call.account.id.as_str(), "message_sid": sid, "outcome": outcome,
                "date_created": now, "date_updated": now, "uri": format!("{path}.json"),
            });
            Ok(sandbox::json(200, &body))
        }
    }
}

/// Sends a message of a product's own. Returns its id.
pub(super) fn send(
    call: &Call<'_>,
    to: PhoneNumber,
    from: &str,
    text: &str,
    channel: Option<String>,
    category: &str,
) -> String {
    let sid = new_sid("SM");
    let Ok(id) = MessageId::new(TWILIO, &sid) else { return sid }; // an id of 34 characters is one
    let account = call.account.id.clone();
    let mut message = Carried::new(id, account, to, text, MessageStatus::Queued);
    message.from = from.into();
    message.channel = channel;
    message.segments = segments(text).count();
    message.price = price(to, message.segments);
    call.carrier.charge(&call.account, category, 1, message.segments as u64, message.price);
    call.carrier.submit(message);
    sid
}

/// Returns the price of so many segments to a number.
pub(super) fn price(to: PhoneNumber, segments: usize) -> Decimal {
    Prices::to(to).outbound * Decimal::from(segments)
}

/// Cancels a message, or takes its text away.
fn update(call: &Call<'_>, message: &Carried) -> Result<Response<Bytes>, Refusal> {
    let changed = if get(&call.form, "Status") == Some("canceled") {
        call.carrier.change(&message.id, |message| {
            use MessageStatus::{Accepted, Queued, Scheduled};
            let in_time = matches!(message.status, Accepted | Queued | Scheduled);
            if in_time {
                message.status = MessageStatus::Canceled;
            }
            in_time
        })
    } else if call.form.iter().any(|(name, value)| name == "Body" && value.is_empty()) {
        call.carrier.change(&message.id, |message| {
            message.text = "".into();
            true
        })
    } else {
        let rule = "Only Status=canceled and an empty Body can be written.";
        return Err(refusal(400, 20422, rule));
    };
    let late = || refusal(409, 30409, "The message cannot be canceled.");
    changed.map(|message| sandbox::json(200, &body(&message))).ok_or_else(late)
}

fn delete(call: &Call<'_>, message: &Carried) -> Result<Response<Bytes>, Refusal> {
    if !message.status.is_final() && message.status != MessageStatus::Sent {
        return Err(refusal(409, 20009, "The resource cannot be deleted before it is complete"));
    }
    call.carrier.remove(&message.id);
    Ok(empty(StatusCode::NO_CONTENT))
}

/// Returns a page of messages, newest first.
fn list(call: &Call<'_>) -> Response<Bytes> {
    let query = &call.query;
    let time = |name| get(query, name).and_then(resource::starts);
    let (since, until, on) = (time("DateSent>"), time("DateSent<"), time("DateSent"));
    let day = jiff::SignedDuration::from_hours(24);
    let end_of = |start: Timestamp, name| match get(query, name) {
        Some(text) if text.len() == 10 => start.saturating_add(day).unwrap_or(Timestamp::MAX),
        _ => start,
    };
    let until = until.map(|start| end_of(start, "DateSent<"));
    let matches = |message: &Carried| {
        *message.id.provider() == TWILIO
            && message.account == call.account.id
            && get(query, "To").is_none_or(|to| to == address(message, &message.to.to_string()))
            && get(query, "From").is_none_or(|from| from == address(message, &message.from))
            && since.is_none_or(|since| message.created_at >= since)
            && until.is_none_or(|until| message.created_at <= until)
            && on.is_none_or(|on| {
                message.created_at >= on && message.created_at.duration_since(on) < day
            })
    };
    let mut messages = call.carrier.all();
    messages.retain(matches);
    resource::page(call, &messages, body)
}

/// Returns an address of a message with its channel.
pub(super) fn address(message: &Carried, address: &str) -> String {
    match &message.channel {
        Some(channel) if !address.is_empty() && !address.contains(':') => {
            format!("{channel}:{address}")
        }
        _ => address.to_owned(),
    }
}

/// Returns a message as Twilio shows it.
pub(super) fn body(message: &Carried) -> Value {
    let account = message.account.as_str();
    let sid = message.id.value();
    let uri = format!("/2010-04-01/Accounts/{account}/Messages/{sid}");
    let sent = message.status == MessageStatus::Sent || message.status.is_final();
    let waits = matches!(message.status, MessageStatus::Accepted | MessageStatus::Scheduled);
    let num_segments = if waits { 0 } else { message.segments };
    // A pool picks its sender once the message is queued.
    let picking = waits && message.pool.is_some();
    let from = if picking { String::new() } else { address(message, &message.from) };
    let direction = match message.origin {
        Origin::Client => "outbound-api",
        Origin::Reply => "outbound-reply",
        Origin::Phone => "inbound",
    };
    json!({
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": &*message.text,
        "date_created": rfc2822(message.created_at),
        "date_sent": if sent { rfc2822(message.updated_at) } else { None },
        "date_updated": rfc2822(message.updated_at),
        "direction": direction,
        "error_code": message.error_code,
        "error_message": null,
        "from": Some(from).filter(|from| !from.is_empty()),
        "messaging_service_sid": message.pool,
        "num_media": message.media.len().to_string(),
        "num_segments": num_segments.to_string(),
        "price": sent.then(|| format!("-{:.5}", message.price)),
        "price_unit": "USD",
        "sid": sid,
        "status": message.status.as_str(),
        "subresource_uris": {"media": format!("{uri}/Media.json")},
        "to": address(message, &message.to.to_string()),
        "uri": format!("{uri}.json"),
    })
}

fn media_body(message: &Carried, (sid, _): &(String, WebUrl)) -> Value {
    let (account, parent) = (message.account.as_str(), message.id.value());
    json!({
        "sid": sid,
        "parent_sid": parent,
        "account_sid": account,
        "content_type": "image/png",
        "date_created": rfc2822(message.created_at),
        "date_updated": rfc2822(message.updated_at),
        "uri": format!("/2010-04-01/Accounts/{account}/Messages/{parent}/Media/{sid}.json"),
    })
}

fn delete_media(call: &Call<'_>, message: &Carried, sid: &str) -> Result<Response<Bytes>, Refusal> {
    let deleted = call.carrier.change(&message.id, |message| {
        let before = message.media.len();
        message.media.retain(|(known, _)| known != sid);
        message.media.len() < before
    });
    deleted.map(|_| empty(StatusCode::NO_CONTENT)).ok_or(NOT_FOUND)
}
