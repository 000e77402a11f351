//! Messages: what a client reads of them.

use bytes::Bytes;
use http::Response;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{Refusal, call::Call, media, not_found, plain, refusal, submit};
use crate::{
    message::{MessageId, MessageStatus},
    plivo::PLIVO,
    sandbox::{Carried, Prices},
    transport::lenient,
};

/// Answers a request about messages.
pub(super) fn answer(call: &Call<'_>, rest: &[&str]) -> Result<Response<Bytes>, Refusal> {
    let find = |uuid: &str| {
        let id = MessageId::new(PLIVO, uuid).map_err(|_| not_found())?;
        let message = call.carrier.find(&id);
        let mine = |message: &Carried| message.account == call.account.id || below(call, message);
        message.filter(mine).ok_or_else(not_found)
    };
    match (call.ask.method.as_str(), rest) {
        ("POST", []) => submit::submit(call),
        ("GET", []) => list(call),
        ("GET", [uuid]) => Ok(call.answer(200, body(&find(uuid)?))),
        ("GET", [uuid, "Media"]) => Ok(media::of_message(call, &find(uuid)?)),
        ("GET", [uuid, "Media", id]) => media::one_of_message(call, &find(uuid)?, id),
        ("GET" | "POST", _) => Err(not_found()),
        _ => Err(refusal(405, "method not allowed")),
    }
}

/// Returns whether a message is one of a subaccount.
fn below(call: &Call<'_>, message: &Carried) -> bool {
    let account = call.carrier.account(&PLIVO, &message.account);
    account.is_some_and(|account| account.parent.as_ref() == Some(&call.account.id))
}

/// Returns a page of messages, newest first.
fn list(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    let get = |name: &str| call.get(name);
    for name in ["message_time", "message_time__gt", "message_time__gte", "message_time__lt"] {
        if get(name).is_some_and(|text| lenient::time(text).is_none()) {
            return Err((400, format!("{name} is not valid")));
        }
    }
    let time = |name: &str| get(name).and_then(lenient::time);
    let (from, until) = (time("message_time__gte"), time("message_time__lte"));
    let (after, before) = (time("message_time__gt"), time("message_time__lt"));
    let code = |message: &Carried| message.error_code.map(|code| code.to_string());
    let whose = get("subaccount").unwrap_or(call.account.id.as_str());
    let matches = |message: &Carried| {
        let at = message.created_at;
        *message.id.provider() == PLIVO
            && message.account.as_str() == whose
            && get("destination_country_iso2").is_none_or(|c| c == Prices::to(message.to).country)
            && get("to_number").is_none_or(|to| plain(to) == message.to.digits().to_string())
            && get("from_number").is_none_or(|from| plain(from) == plain(&message.from))
            && get("powerpack_id").is_none_or(|pool| message.pool.as_deref() == Some(pool))
            && get("message_state").is_none_or(|state| state == message.status.as_str())
            && get("message_direction").is_none_or(|wanted| wanted == direction(message))
            && get("message_type").is_none_or(|wanted| wanted == kind(message))
            && get("error_code").is_none_or(|wanted| code(message).as_deref() == Some(wanted))
            && from.is_none_or(|from| at >= from)
            && until.is_none_or(|until| at <= until)
            && after.is_none_or(|after| at > after)
            && before.is_none_or(|before| at < before)
    };
    let mut messages = call.carrier.all();
    messages.retain(matches);
    call.page("objects", &messages, body)
}

fn direction(message: &Carried) -> &'static str {
    if message.is_inbound() { "inbound" } else { "outbound" }
}

/// Returns the price of one segment, in US dollars.
pub(super) fn rate(message: &Carried) -> Decimal {
    let list = Prices::to(message.to);
    if message.is_inbound() { list.inbound } else { list.outbound }
}

pub(super) fn amount(message: &Carried) -> Decimal {
    if message.status == MessageStatus::Failed { Decimal::ZERO } else { message.price }
}

/// Returns a message as Plivo shows it.
pub(super) fn body(message: &Carried) -> Value {
    let sent = message.status == MessageStatus::Sent || message.status.is_final();
    let uuid = message.id.value();
    let waits = message.status == MessageStatus::Queued;
    let code = match message.error_code {
        Some(code) if !waits => Some(code.to_string()),
        _ => (message.status == MessageStatus::Delivered).then(|| "000".to_owned()),
    };
    let mut body = json!({
        "carrier_fees": "0.00000",
        "carrier_fees_rate": "0.00000",
        "conversation_expiration_timestamp": "",
        "conversation_id": "",
        "conversation_origin": "",
        "destination_network": "",
        "dlt_entity_id": "",
        "dlt_template_category": "",
        "dlt_template_id": "",
        "error_code": code,
        "error_message": "",
        "from_number": plain(&message.from),
        "is_domestic": false,
        "message_direction": direction(message),
        "message_sent_time": if sent { offset(message.updated_at) } else { String::new() },
        "message_state": message.status.as_str(),
        "message_time": offset(message.created_at),
        "message_type": kind(message),
        "message_updated_time": offset(message.updated_at),
        "message_uuid": uuid,
        "requester_ip": "127.0.0.1",
        "resource_uri": format!("/v1/Account/{}/Message/{uuid}/", message.account),
        "to_number": message.to.digits().to_string(),
        "total_amount": format!("{:.5}", amount(message)),
        "total_rate": format!("{:.5}", rate(message)),
        "units": message.segments,
    });
    if let Some(pool) = &message.pool {
        body["powerpack_id"] = pool.as_str().into();
    }
    body
}

/// Returns the kind of a message, in Plivo's word.
pub(super) fn kind(message: &Carried) -> &'static str {
    match message.channel.as_deref() {
        Some("whatsapp") => "whatsapp",
        _ if message.media.is_empty() => "sms",
        _ => "mms",
    }
}

fn offset(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S%.6f+00:00").to_string()
}
