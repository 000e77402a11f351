//! A submission to the sandbox's Plivo, and everything it is refused for.

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

use super::{NOT_FOUND, Refusal, new_uuid, plain};
use crate::{
    message::{MessageId, MessageStatus, Sender, WebUrl},
    number::PhoneNumber,
    plivo::{PLIVO, PlivoSandbox},
    sandbox::{self, Ask, Callback, Carried, Carrier},
    text::{SegmentRule, segments_by},
};

/// Takes a message for one destination, or for several with `<` between them.
pub(in crate::plivo) fn submit(
    ask: &Ask<'_>,
    carrier: &Carrier,
) -> Result<Response<Bytes>, Refusal> {
    let asked: Value =
        serde_json::from_slice(ask.body).map_err(|_| (400, "the body is not JSON"))?;
    let text_of = |name: &str| asked[name].as_str().filter(|text| !text.is_empty());
    let (src, pool) = (text_of("src"), text_of("powerpack_uuid"));
    match (src, pool) {
        (None, None) => return Err((400, "src or powerpack_uuid parameter not present")),
        (Some(_), Some(_)) => return Err((400, "src and powerpack_uuid cannot both be given")),
        (Some(src), None) => sender(src)?,
        (None, Some(pool)) if !matches!(pool.parse(), Ok(Sender::Pool(_))) => {
            return Err((404, "powerpack not found"));
        }
        (None, Some(_)) => {}
    }
    let text = text_of("text").unwrap_or_default();
    let media = media_of(&asked)?;
    let whatsapp = asked["type"] == "whatsapp";
    if text.is_empty() && media.is_empty() && !whatsapp {
        return Err((400, "text parameter not present"));
    }
    let expiry = &asked["message_expiry"];
    if !expiry.is_null() && !expiry.as_u64().is_some_and(|secs| (5..=10_799).contains(&secs)) {
        return Err((400, "message_expiry must be 5 to 10799"));
    }
    let callback = match text_of("url") {
        Some(url) => {
            let url = url.parse().map_err(|_| (400, "url is not valid"))?;
            Some(Callback::new(url, asked["method"] == "GET"))
        }
        None => None,
    };
    let dst = text_of("dst").ok_or((400, "dst parameter not present"))?;
    let (mut taken, mut invalid) = (Vec::new(), Vec::new());
    for destination in dst.split('<') {
        if src.is_some_and(|src| plain(src) == digits(destination)) {
            return Err((400, "src is identical to src in dst"));
        }
        match number(destination) {
            Some(to) => taken.push(to),
            None => invalid.push(destination.to_owned()),
        }
    }
    if taken.is_empty() {
        return Err((400, "dst is not a valid number"));
    }
    let mut uuids = Vec::new();
    for to in taken {
        let uuid = new_uuid();
        let id = MessageId::new(PLIVO, &uuid).map_err(|_| NOT_FOUND)?;
        let mut message = Carried::new(id, to, text, MessageStatus::Queued);
        message.from = src.unwrap_or_default().into();
        message.pool = pool.map(str::to_owned);
        if media.is_empty() {
            message.segments = segments_by(SegmentRule::Plain, text).count();
        }
        message.media = media.clone();
        message.callback = callback.clone();
        carrier.submit(message);
        uuids.push(uuid);
    }
    let mut body =
        json!({"api_id": new_uuid(), "message": "message(s) queued", "message_uuid": uuids});
    if !invalid.is_empty() {
        body["invalid_number"] = invalid.into();
    }
    Ok(sandbox::json(202, &body))
}

/// Returns the recipients of a submission, as far as they can be read.
pub(in crate::plivo) fn destinations(body: &[u8]) -> Vec<PhoneNumber> {
    let asked: Value = serde_json::from_slice(body).unwrap_or_default();
    asked["dst"].as_str().unwrap_or_default().split('<').filter_map(number).collect()
}

fn number(destination: &str) -> Option<PhoneNumber> {
    PhoneNumber::from_wire(&digits(destination)).filter(|_| digits(destination).len() <= 14)
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn sender(src: &str) -> Result<(), Refusal> {
    let src: String = src.chars().filter(char::is_ascii_alphanumeric).collect();
    let digits = src.bytes().all(|b| b.is_ascii_digit());
    if src.is_empty() || src.len() > if digits { 14 } else { 11 } {
        return Err((400, "src is not valid"));
    }
    Ok(())
}

fn media_of(asked: &Value) -> Result<Vec<(String, WebUrl)>, Refusal> {
    let entries = |name: &str| asked[name].as_array().cloned().unwrap_or_default();
    let mut media = Vec::new();
    for url in entries("media_urls") {
        let url = url.as_str().and_then(|url| url.parse().ok());
        media.push((new_uuid(), url.ok_or((400, "media_urls is not valid"))?));
    }
    for id in entries("media_ids") {
        let id = id.as_str().unwrap_or_default();
        let url = format!("https://media.plivo.com/Account/{}/Media/{id}", PlivoSandbox::AUTH_ID);
        media.push((id.to_owned(), url.parse().map_err(|_| (400, "media_ids is not valid"))?));
    }
    if media.len() > 10 { Err((400, "at most 10 media are allowed")) } else { Ok(media) }
}
