//! A submission to the sandbox's Plivo, and everything it is refused for.

use bytes::Bytes;
use http::Response;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{Refusal, call::Call, new_uuid, not_found, number, plain, powerpack, refusal};
use crate::{
    message::{MessageId, MessageStatus, Sender, WebUrl},
    number::PhoneNumber,
    plivo::PLIVO,
    sandbox::{Callback, Carried, Carrier, Prices, SandboxAccount},
    text::{SegmentRule, segments_by},
};

/// Refusal of a number that is not the account's, which Plivo says of those that send to the United States and
/// Canada.
const NOT_OWN: &str = "This caller ID is not allowed for outbound message";

/// Takes a message for one destination, or for several with `<` between them.
pub(super) fn submit(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    let (carrier, account) = (call.carrier, &call.account);
    let text_of = |name: &str| call.text(name);
    let (src, pool) = (text_of("src"), text_of("powerpack_uuid"));
    match (src, pool) {
        (None, None) => return Err(refusal(400, "src or powerpack_uuid parameter not present")),
        (Some(_), Some(_)) => {
            return Err(refusal(400, "src and powerpack_uuid cannot both be given"));
        }
        (Some(src), None) => sender(src)?,
        (None, Some(pool)) if !matches!(pool.parse(), Ok(Sender::Pool(_))) => {
            return Err(refusal(404, "powerpack not found"));
        }
        (None, Some(_)) => {}
    }
    let others = src.and_then(|src| number::owner(carrier, &digits(src)));
    if others.is_some_and(|own| own.path.split('/').nth(1) != Some(main_of(account))) {
        return Err(refusal(400, NOT_OWN));
    }
    let pick = |pool: &str| powerpack::sender(carrier, main_of(account), pool);
    let picked = match pool.map(pick) {
        Some(None) if powerpack::has_any(carrier, main_of(account)) => {
            return Err(refusal(404, "powerpack not found"));
        }
        Some(Some(sender)) if sender.is_empty() => {
            return Err(refusal(400, "powerpack has no number"));
        }
        picked => picked.flatten(),
    };
    let text = text_of("text").unwrap_or_default();
    let media = media_of(call)?;
    let whatsapp = text_of("type") == Some("whatsapp");
    if text_of("type").is_some_and(|kind| !["sms", "mms", "whatsapp"].contains(&kind)) {
        return Err(refusal(400, "type must be sms, mms or whatsapp"));
    }
    if text.is_empty() && media.is_empty() && !whatsapp {
        return Err(refusal(400, "text parameter not present"));
    }
    if !whatsapp
        && ["template", "interactive", "location"].iter().any(|n| call.body.contains_key(*n))
    {
        return Err(refusal(400, "template, interactive and location need type whatsapp"));
    }
    let expiry = call.loose("message_expiry").map(|expiry| expiry.parse::<u64>());
    if expiry.is_some_and(|secs| !secs.is_ok_and(|secs| (5..=10_799).contains(&secs))) {
        return Err(refusal(400, "message_expiry must be 5 to 10799"));
    }
    let callback = match text_of("url") {
        Some(url) => {
            let url = url.parse().map_err(|_| refusal(400, "url is not valid"))?;
            Some(Callback::new(url, text_of("method") == Some("GET")))
        }
        None => None,
    };
    let dst = text_of("dst").ok_or_else(|| refusal(400, "dst parameter not present"))?;
    let (mut taken, mut invalid) = (Vec::new(), Vec::new());
    for destination in dst.split('<') {
        if src.is_some_and(|src| plain(src) == digits(destination)) {
            return Err(refusal(400, "src is identical to src in dst"));
        }
        match number(destination) {
            Some(to) if taken.contains(&to) => {} // once for each
            Some(to) => taken.push(to),
            None => invalid.push(destination.to_owned()),
        }
    }
    if taken.is_empty() {
        return Err(refusal(400, "dst is not a valid number"));
    }
    let from = src.and_then(number).filter(|_| src.is_some_and(|src| digits(src).len() > 6));
    let to_america = taken.iter().any(|to| to.country_code() == 1);
    if from.is_some_and(|from| {
        to_america
            && !from.is_fictional()
            && number::owner(carrier, &from.digits().to_string()).is_none()
    }) {
        return Err(refusal(400, NOT_OWN));
    }
    if taken.len() > 1_000 {
        return Err(refusal(400, "dst has more than 1000 destinations"));
    }
    if !taken.iter().all(|to| account.may_send_to(*to)) {
        return Err(refusal(400, "dst is not a sandbox number of this trial account"));
    }
    let mut uuids = Vec::new();
    for to in taken {
        let uuid = new_uuid();
        let id = MessageId::new(PLIVO, &uuid).map_err(|_| not_found())?;
        let mut message = Carried::new(id, account.id.clone(), to, text, MessageStatus::Queued);
        message.from = src.or(picked.as_deref()).unwrap_or_default().into();
        message.pool = pool.map(str::to_owned);
        message.channel = whatsapp.then(|| "whatsapp".to_owned());
        message.media = media.clone();
        message.callback = callback.clone();
        take(carrier, account, message);
        uuids.push(uuid);
    }
    let mut body = json!({"message": "message(s) queued", "message_uuid": uuids});
    if !invalid.is_empty() {
        body["invalid_number"] = invalid.into();
    }
    Ok(call.answer(202, body))
}

/// Returns the id of the main account that an account is below of, or its own.
fn main_of(account: &SandboxAccount) -> &str {
    account.parent.as_ref().unwrap_or(&account.id).as_str()
}

/// Counts and charges a message, and lets it go its way: to its end at once if its recipient has opted out.
pub(super) fn take(carrier: &Carrier, account: &SandboxAccount, mut message: Carried) {
    if message.media.is_empty() {
        message.segments = segments_by(SegmentRule::Plain, &message.text).count();
    }
    message.price = Prices::to(message.to).outbound * Decimal::from(message.segments);
    let answers_keyword = message.origin == crate::sandbox::Origin::Reply;
    if !answers_keyword && carrier.opted_out(plain(&message.from), message.to) {
        message.error_code = Some(200);
    }
    let (units, price) = (message.segments as u64, message.price);
    carrier.charge(account, "sms-outbound", 1, units, price);
    carrier.submit(message);
}

/// Sends a message of a product's own.
pub(super) fn send(
    call: &Call<'_>,
    to: PhoneNumber,
    from: &str,
    text: &str,
    channel: Option<String>,
) {
    let Ok(id) = MessageId::new(PLIVO, &new_uuid()) else { return }; // an id of 36 characters is one
    let account = call.account.id.clone();
    let mut message = Carried::new(id, account, to, text, MessageStatus::Queued);
    message.from = from.into();
    message.channel = channel;
    take(call.carrier, &call.account, message);
}

/// Returns the recipients of a submission, as far as they can be read.
pub(super) fn destinations(body: &[u8]) -> Vec<PhoneNumber> {
    let asked: Value = serde_json::from_slice(body).unwrap_or_default();
    asked["dst"].as_str().unwrap_or_default().split('<').filter_map(number).collect()
}

pub(super) fn number(destination: &str) -> Option<PhoneNumber> {
    PhoneNumber::from_wire(&digits(destination)).filter(|_| digits(destination).len() <= 14)
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn sender(src: &str) -> Result<(), Refusal> {
    let src: String = src.chars().filter(char::is_ascii_alphanumeric).collect();
    let digits = src.bytes().all(|b| b.is_ascii_digit());
    if src.is_empty() || src.len() > if digits { 14 } else { 11 } {
        return Err(refusal(400, "src is not valid"));
    }
    Ok(())
}

fn media_of(call: &Call<'_>) -> Result<Vec<(String, WebUrl)>, Refusal> {
    let entries = |name: &str| match call.body.get(name) {
        Some(Value::Array(entries)) => entries.clone(),
        Some(Value::String(text)) => text.split(',').map(Value::from).collect(),
        _ => Vec::new(),
    };
    let mut media = Vec::new();
    for url in entries("media_urls") {
        let url = url.as_str().and_then(|url| url.parse().ok());
        media.push((new_uuid(), url.ok_or_else(|| refusal(400, "media_urls is not valid"))?));
    }
    for id in entries("media_ids") {
        let id = id.as_str().unwrap_or_default();
        let url = format!("https://media.plivo.com/Account/{}/Media/{id}", call.account.id);
        let url = url.parse().map_err(|_| refusal(400, "media_ids is not valid"))?;
        media.push((id.to_owned(), url));
    }
    if media.len() > 10 {
        return Err(refusal(400, "at most 10 media are allowed"));
    }
    Ok(media)
}
