//! A submission to the sandbox's Twilio, and everything it is refused for.

use bytes::Bytes;
use http::Response;
use jiff::{SignedDuration, Timestamp};

use super::{NOT_FOUND, Refusal, all, body, get, new_sid};
use crate::{
    message::{MessageId, MessageStatus, Sender, WebUrl, WebUrlError},
    number::PhoneNumber,
    sandbox::{self, Ask, Callback, Carried, Carrier},
    text::{LengthLimit, segments, smart_encode},
    twilio::TWILIO,
};

/// Takes a message, if it passes everything Twilio looks at before it answers.
pub(in crate::twilio) fn submit(
    ask: &Ask<'_>,
    carrier: &Carrier,
) -> Result<Response<Bytes>, Refusal> {
    let form = ask.form();
    let to = get(&form, "To").ok_or((400, 21604, "A 'To' phone number is required."))?;
    let to = recipient(to)?;
    let from = get(&form, "From");
    let pool = get(&form, "MessagingServiceSid");
    if from.is_none() && pool.is_none() {
        return Err((400, 21603, "A 'From' phone number is required."));
    }
    if let Some(from) = from {
        sender(from, to)?;
    }
    if pool.is_some_and(|pool| !matches!(pool.parse(), Ok(Sender::Pool(_)))) {
        return Err((400, 21705, "The Messaging Service Sid is invalid."));
    }
    let text = get(&form, "Body").unwrap_or_default();
    let media: Vec<_> =
        all(&form, "MediaUrl").map(|url| Ok((new_sid("ME"), url.parse()?))).collect();
    let template = get(&form, "ContentSid");
    if text.is_empty() && media.is_empty() && template.is_none() {
        return Err((400, 21602, "Message body is required."));
    }
    if template.is_none() && get(&form, "ContentVariables").is_some() {
        return Err((400, 21654, "ContentSid is required with ContentVariables."));
    }
    if LengthLimit::TWILIO.excess(text) > 0 {
        return Err((400, 21617, "The message body exceeds 1600 characters."));
    }
    if media.len() > 10 {
        return Err((400, 21623, "At most 10 media are allowed."));
    }
    let media: Result<Vec<(String, WebUrl)>, WebUrlError> = media.into_iter().collect();
    let media = media.map_err(|_| (400, 21620, "A media URL is invalid."))?;
    let validity = get(&form, "ValidityPeriod").map(str::parse::<u32>);
    if validity.is_some_and(|validity| !matches!(validity, Ok(1..=36_000))) {
        return Err((400, 21624, "The ValidityPeriod is invalid."));
    }
    let callback = get(&form, "StatusCallback").map(callback).transpose()?;
    let send_at = get(&form, "SendAt").map(|at| send_at(at, &form)).transpose()?;
    let status = match (send_at, pool) {
        (Some(_), _) => MessageStatus::Scheduled,
        (None, Some(_)) => MessageStatus::Accepted,
        (None, None) => MessageStatus::Queued,
    };
    let sid = new_sid(if media.is_empty() { "SM" } else { "MM" });
    let id = MessageId::new(TWILIO, &sid).map_err(|_| NOT_FOUND)?;
    let mut message = Carried::new(id, to, text, status);
    message.from = from.unwrap_or_default().into();
    message.pool = pool.map(str::to_owned);
    if media.is_empty() {
        let smart = get(&form, "SmartEncoded") == Some("true");
        let sent = if smart { smart_encode(text) } else { text.into() };
        message.segments = segments(&sent).count();
    }
    message.media = media;
    message.callback = callback;
    message.send_at = send_at;
    let answer = sandbox::json(201, &body(&message));
    carrier.submit(message);
    Ok(answer)
}

/// Returns the recipient, by Twilio's rules and the magic numbers of its test credentials.
fn recipient(to: &str) -> Result<PhoneNumber, Refusal> {
    match to {
        "+15005550001" => return Err((400, 21211, "The 'To' number is not a valid phone number.")),
        "+15005550002" => {
            return Err((400, 21612, "The 'To' number cannot be reached from 'From'."));
        }
        "+15005550003" => {
            return Err((400, 21408, "The region of the 'To' number is not enabled."));
        }
        "+15005550004" => return Err((400, 21610, "The recipient has opted out.")),
        "+15005550009" => return Err((400, 21614, "The 'To' number is not a mobile number.")),
        _ => {}
    }
    number(to).ok_or((400, 21211, "The 'To' number is not a valid phone number."))
}

/// Returns the number of an address: `whatsapp:+…` and the like are one behind a channel; `None` if there is
/// no number.
pub(in crate::twilio) fn number(address: &str) -> Option<PhoneNumber> {
    address.rsplit(':').next()?.parse().ok()
}

/// Checks the sender, likewise.
fn sender(from: &str, to: PhoneNumber) -> Result<(), Refusal> {
    let invalid = "The 'From' is not a valid phone number, short code or alphanumeric sender.";
    match from {
        "+15005550001" => return Err((400, 21212, invalid)),
        "+15005550007" => return Err((400, 21606, "The 'From' number is not one of yours.")),
        "+15005550008" => return Err((429, 21611, "The queue of the 'From' number is full.")),
        _ => {}
    }
    match from.rsplit(':').next().unwrap_or(from).parse() {
        Ok(Sender::Number(number)) if number == to => {
            Err((400, 21266, "'To' and 'From' cannot be the same."))
        }
        Ok(Sender::Pool(_)) | Err(_) => Err((400, 21212, invalid)),
        Ok(_) => Ok(()),
    }
}

fn callback(url: &str) -> Result<Callback, Refusal> {
    const INVALID: Refusal = (400, 21609, "The StatusCallback URL is invalid.");
    let url: WebUrl = url.parse().map_err(|_| INVALID)?;
    let authority = url.as_str().split('/').nth(2).unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    if host.contains('_') { Err(INVALID) } else { Ok(Callback::new(url, false)) }
}

/// Reads the time to send: at least 300 s and at most 35 days ahead, and only from a Messaging Service.
fn send_at(at: &str, form: &[(String, String)]) -> Result<Timestamp, Refusal> {
    const INVALID: Refusal = (400, 20422, "The SendAt is invalid.");
    let at: Timestamp = at.parse().map_err(|_| INVALID)?;
    let ahead = at.duration_since(Timestamp::now());
    let range = SignedDuration::from_secs(300)..=SignedDuration::from_hours(35 * 24);
    let fixed = get(form, "ScheduleType") == Some("fixed");
    if range.contains(&ahead) && fixed && get(form, "MessagingServiceSid").is_some() {
        Ok(at)
    } else {
        Err(INVALID)
    }
}
