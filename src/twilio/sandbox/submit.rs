//! A submission to the sandbox's Twilio, and everything it is refused for.

use bytes::Bytes;
use http::Response;
use jiff::{SignedDuration, Timestamp};

use super::{
    NOT_FOUND, Refusal,
    call::{Call, all, get, new_sid},
    message, refusal, service,
};
use crate::{
    message::{MessageId, MessageStatus, Sender, WebUrl, WebUrlError},
    number::PhoneNumber,
    sandbox::{self, Callback, Carried, Record},
    text::{LengthLimit, segments, smart_encode},
    twilio::TWILIO,
};

/// Parameters whose refusals have codes of their own.
pub(super) const OWN_CODES: [&str; 8] = [
    "Body",
    "From",
    "MediaUrl",
    "MessagingServiceSid",
    "SendAt",
    "StatusCallback",
    "To",
    "ValidityPeriod",
];

/// Takes a message, if it passes everything Twilio looks at before it answers.
pub(super) fn submit(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    let (carrier, form) = (call.carrier, &call.form);
    let channel = get(form, "To").and_then(|to| to.split_once(':')).map(|(channel, _)| channel);
    let to = get(form, "To").ok_or(refusal(400, 21604, "A 'To' phone number is required."))?;
    let to = recipient(to)?;
    let from = get(form, "From");
    let pool = get(form, "MessagingServiceSid");
    if from.is_none() && pool.is_none() {
        return Err(refusal(400, 21603, "A 'From' phone number is required."));
    }
    if let Some(from) = from {
        sender(from, to)?;
    }
    if let Some(from) = from.and_then(number) {
        owned(call, from)?;
    }
    if !call.account.may_send_to(to) {
        let rule = "A trial account sends to verified numbers alone.";
        return Err(refusal(400, 21608, rule));
    }
    if pool.is_some_and(|pool| !matches!(pool.parse(), Ok(Sender::Pool(_)))) {
        return Err(refusal(400, 21705, "The Messaging Service Sid is invalid."));
    }
    let service = pool.map(|pool| pool_of(call, pool)).transpose()?.flatten();
    let opted_out = |sender: Option<&str>| sender.is_some_and(|s| carrier.opted_out(s, to));
    if channel.is_none() && (opted_out(from) || opted_out(pool)) {
        return Err(refusal(400, 21610, "The recipient has opted out."));
    }
    let text = get(form, "Body").unwrap_or_default();
    let media: Vec<_> =
        all(form, "MediaUrl").map(|url| Ok((new_sid("ME"), url.parse()?))).collect();
    let template = get(form, "ContentSid");
    if text.is_empty() && media.is_empty() && template.is_none() {
        return Err(refusal(400, 21602, "Message body is required."));
    }
    if template.is_none() && get(form, "ContentVariables").is_some() {
        return Err(refusal(400, 21654, "ContentSid is required with ContentVariables."));
    }
    if LengthLimit::TWILIO.excess(text) > 0 {
        return Err(refusal(400, 21617, "The message body exceeds 1600 characters."));
    }
    if media.len() > 10 {
        return Err(refusal(400, 21623, "At most 10 media are allowed."));
    }
    let media: Result<Vec<(String, WebUrl)>, WebUrlError> = media.into_iter().collect();
    let media = media.map_err(|_| refusal(400, 21620, "A media URL is invalid."))?;
    let validity = get(form, "ValidityPeriod").map(str::parse::<u32>);
    if validity.is_some_and(|validity| !matches!(validity, Ok(1..=36_000))) {
        return Err(refusal(400, 21624, "The ValidityPeriod is invalid."));
    }
    let callback = get(form, "StatusCallback").map(callback).transpose()?;
    let send_at = get(form, "SendAt").map(|at| send_at(at, form, carrier.now())).transpose()?;
    let status = match (send_at, pool) {
        (Some(_), _) => MessageStatus::Scheduled,
        (None, Some(_)) => MessageStatus::Accepted,
        (None, None) => MessageStatus::Queued,
    };
    let sid = new_sid(if media.is_empty() { "SM" } else { "MM" });
    let id = MessageId::new(TWILIO, &sid).map_err(|_| NOT_FOUND)?;
    let mut message = Carried::new(id, call.account.id.clone(), to, text, status);
    let from = from.map(|from| number(from).map_or_else(|| from.to_owned(), |n| n.to_string()));
    let picked = || {
        let senders = service.as_ref().map(|service| service::senders(carrier, service));
        senders.and_then(|senders| senders.into_iter().next())
    };
    message.from = from.or_else(picked).unwrap_or_default().into();
    message.channel = channel.map(str::to_owned);
    message.pool = pool.map(str::to_owned);
    if media.is_empty() {
        let smart = get(form, "SmartEncoded") == Some("true");
        let sent = if smart { smart_encode(text) } else { text.into() };
        message.segments = segments(&sent).count();
    }
    message.media = media;
    let of_service = || {
        let url = service.as_ref()?.text("status_callback")?;
        Some(Callback::new(url.parse().ok()?, false))
    };
    message.callback = callback.or_else(of_service);
    message.send_at = send_at;
    message.price = message::price(to, message.segments);
    (message.created_at, message.updated_at) = (carrier.now(), carrier.now());
    let answer = sandbox::json(201, &message::body(&message));
    let (units, price) = (message.segments as u64, message.price);
    carrier.charge(&call.account, "sms-outbound", 1, units, price);
    carrier.submit(message);
    Ok(answer)
}

/// Checks that a number is the account's. One from the ranges that stories use may be nobody's.
fn owned(call: &Call<'_>, number: PhoneNumber) -> Result<(), Refusal> {
    const MAGIC: &str = "+15005550006";
    match super::number::owner(call.carrier, &number.to_string()) {
        Some(own) if own.text("account_sid") == Some(call.account.id.as_str()) => Ok(()),
        Some(_) => Err(refusal(400, 21660, "The 'From' number belongs to another account.")),
        None if super::number::is_released(call.carrier, &number.to_string()) => Err(NOT_OWN),
        None if number.is_fictional() || number.to_string() == MAGIC => Ok(()),
        None => Err(NOT_OWN),
    }
}

const NOT_OWN: Refusal = refusal(400, 21659, "The 'From' is not a number of this account.");

/// Returns the service of this id. An account that has none may name any; then there is none to return.
fn pool_of(call: &Call<'_>, pool: &str) -> Result<Option<Record>, Refusal> {
    let account = call.account.id.as_str();
    let found = service::find(call.carrier, account, pool);
    let services = format!("/{account}/messaging.twilio.com/v1/Services");
    match found {
        None if call.carrier.records().list(&services).is_empty() => Ok(None),
        None => Err(refusal(404, 21701, "The Messaging Service does not exist.")),
        // A message for later finds its sender later.
        Some(service)
            if service::senders(call.carrier, &service).is_empty()
                && get(&call.form, "SendAt").is_none() =>
        {
            Err(refusal(400, 21704, "The Messaging Service has no senders."))
        }
        Some(service) => Ok(Some(service)),
    }
}

/// Returns the recipient, by Twilio's rules and the magic numbers of its test credentials.
fn recipient(to: &str) -> Result<PhoneNumber, Refusal> {
    match to {
        "+15005550001" => {
            return Err(refusal(400, 21211, "The 'To' number is not a valid phone number."));
        }
        "+15005550002" => {
            return Err(refusal(400, 21612, "The 'To' number cannot be reached from 'From'."));
        }
        "+15005550003" => {
            return Err(refusal(400, 21408, "The region of the 'To' number is not enabled."));
        }
        "+15005550004" => return Err(refusal(400, 21610, "The recipient has opted out.")),
        "+15005550009" => {
            return Err(refusal(400, 21614, "The 'To' number is not a mobile number."));
        }
        _ => {}
    }
    number(to).ok_or(refusal(400, 21211, "The 'To' number is not a valid phone number."))
}

/// Returns the number of an address: `whatsapp:+…` and the like are one behind a channel; `None` if there is
/// no number.
pub(super) fn number(address: &str) -> Option<PhoneNumber> {
    address.rsplit(':').next()?.parse().ok()
}

/// Checks the sender, likewise.
fn sender(from: &str, to: PhoneNumber) -> Result<(), Refusal> {
    let invalid = "The 'From' is not a valid phone number, short code or alphanumeric sender.";
    match from {
        "+15005550001" => return Err(refusal(400, 21212, invalid)),
        "+15005550007" => {
            return Err(refusal(400, 21606, "The 'From' number is not one of yours."));
        }
        "+15005550008" => {
            return Err(refusal(429, 21611, "The queue of the 'From' number is full."));
        }
        _ => {}
    }
    match from.rsplit(':').next().unwrap_or(from).parse() {
        Ok(Sender::Number(number)) if number == to => {
            Err(refusal(400, 21266, "'To' and 'From' cannot be the same."))
        }
        Ok(Sender::Pool(_)) | Err(_) => Err(refusal(400, 21212, invalid)),
        Ok(_) => Ok(()),
    }
}

fn callback(url: &str) -> Result<Callback, Refusal> {
    const INVALID: Refusal = refusal(400, 21609, "The StatusCallback URL is invalid.");
    let url: WebUrl = url.parse().map_err(|_| INVALID)?;
    let authority = url.as_str().split('/').nth(2).unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    if host.contains('_') { Err(INVALID) } else { Ok(Callback::new(url, false)) }
}

/// Reads the time to send: at least 300 s and at most 35 days ahead, and only from a Messaging Service.
fn send_at(at: &str, form: &[(String, String)], now: Timestamp) -> Result<Timestamp, Refusal> {
    const INVALID: Refusal = refusal(400, 20422, "The SendAt is invalid.");
    let at: Timestamp = at.parse().map_err(|_| INVALID)?;
    let ahead = at.duration_since(now);
    let range = SignedDuration::from_secs(300)..=SignedDuration::from_hours(35 * 24);
    let fixed = get(form, "ScheduleType") == Some("fixed");
    if range.contains(&ahead) && fixed && get(form, "MessagingServiceSid").is_some() {
        Ok(at)
    } else {
        Err(INVALID)
    }
}
