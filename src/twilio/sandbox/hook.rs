//! Webhooks as Twilio calls them: what they carry, how they are signed, when they are called again.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, header::CONTENT_TYPE};

use super::message::address;
use crate::{
    account_id::AccountId,
    message::WebUrl,
    random,
    sandbox::{Callback, Carried, Carrier, Prices, Record},
    text::{Keyword, Keywords},
    twilio::{TWILIO, TwilioWebhook, account::FORM},
};

/// Returns the signed report of where a message stands.
pub(super) fn report(message: &Carried, carrier: &Carrier) -> Option<Request<Bytes>> {
    let callback = message.callback.as_ref()?;
    let sid = message.id.value();
    let (to, from) = (address(message, &message.to.to_string()), address(message, &message.from));
    let code = message.error_code.map(|code| code.to_string());
    let done = message.updated_at.strftime("%y%m%d%H%M").to_string();
    let status = message.status.as_str();
    let dlr = matches!(status, "delivered" | "undelivered").then_some(done.as_str());
    let pairs = [
        ("ErrorCode", code.as_deref()),
        ("RawDlrDoneDate", dlr),
        ("SmsSid", Some(sid)),
        ("SmsStatus", Some(status)),
        ("MessageStatus", Some(status)),
        ("To", Some(&to)),
        ("MessagingServiceSid", message.pool.as_deref()),
        ("MessageSid", Some(sid)),
        ("AccountSid", Some(message.account.as_str())),
        ("From", Some(&from)),
        ("ApiVersion", Some("2010-04-01")),
        ("ChannelPrefix", message.channel.as_deref()),
    ];
    signed(callback, &pairs, &message.account, carrier)
}

/// Returns the signed request for a message that a phone sent.
pub(super) fn inbound(
    message: &Carried,
    webhook: &Callback,
    carrier: &Carrier,
) -> Option<Request<Bytes>> {
    let sid = message.id.value();
    let phone = message.from.parse().ok().map(Prices::to);
    let own = Prices::to(message.to);
    let (from, to) = (address(message, &message.from), address(message, &message.to.to_string()));
    let (media, segments) = (message.media.len().to_string(), message.segments.to_string());
    let whatsapp = message.channel.as_deref() == Some("whatsapp");
    let wa_id = message.from.trim_start_matches('+');
    let pairs = [
        ("ToCountry", Some(own.country)),
        ("SmsMessageSid", Some(sid)),
        ("NumMedia", Some(&media)),
        ("SmsSid", Some(sid)),
        ("FromCountry", phone.map(|list| list.country)),
        ("SmsStatus", Some("received")),
        ("Body", Some(&message.text)),
        ("To", Some(&to)),
        ("MessagingServiceSid", message.pool.as_deref()),
        ("OptOutType", opt_out_type(message)),
        ("NumSegments", Some(&segments)),
        ("MessageSid", Some(sid)),
        ("AccountSid", Some(message.account.as_str())),
        ("From", Some(&from)),
        ("ApiVersion", Some("2010-04-01")),
        ("ProfileName", whatsapp.then_some("Sandbox")),
        ("WaId", whatsapp.then_some(wa_id)),
    ];
    let mut pairs: Vec<(String, Option<&str>)> =
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    for (at, (_, url)) in message.media.iter().enumerate() {
        pairs.push((format!("MediaUrl{at}"), Some(url.as_str())));
        pairs.push((format!("MediaContentType{at}"), Some("image/png")));
    }
    let pairs: Vec<(&str, Option<&str>)> =
        pairs.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    signed(webhook, &pairs, &message.account, carrier)
}

/// Returns what Advanced Opt-Out says of a message, which Messaging Services have.
fn opt_out_type(message: &Carried) -> Option<&'static str> {
    message.pool.as_ref()?;
    Some(match Keywords::standard().find(&message.text)? {
        Keyword::OptOut => "STOP",
        Keyword::OptIn => "START",
        Keyword::Help => "HELP",
    })
}

/// Returns the webhook that a number, or the service that it is in, names; `None` if none is set.
pub(super) fn of_number(message: &Carried, carrier: &Carrier) -> Option<Callback> {
    let number = super::number::owner(carrier, &message.to.to_string())?;
    let of = |record: &Record, url: &str, method: &str| {
        let get = record.text(method).is_some_and(|method| method.eq_ignore_ascii_case("GET"));
        Some(Callback::new(record.text(url)?.parse().ok()?, get))
    };
    let service = message
        .pool
        .as_ref()
        .and_then(|pool| super::service::find(carrier, message.account.as_str(), pool));
    match service {
        Some(service)
            if service.fields.get("use_inbound_webhook_on_number") != Some(&true.into()) =>
        {
            of(&service, "inbound_request_url", "inbound_method")
        }
        _ => of(&number, "sms_url", "sms_method"),
    }
}

/// Calls a webhook with an event of another product than messages.
pub(super) fn event(
    carrier: &Carrier,
    account: &AccountId,
    webhook: &Callback,
    pairs: &[(&str, Option<&str>)],
) {
    if let Some(request) = signed(webhook, pairs, account, carrier) {
        carrier.call(TWILIO, webhook.url.clone(), request);
    }
}

/// Returns a form, or with GET a query, signed with the account's token over the address it goes to.
fn signed(
    callback: &Callback,
    pairs: &[(&str, Option<&str>)],
    account: &AccountId,
    carrier: &Carrier,
) -> Option<Request<Bytes>> {
    let token = carrier.account(&TWILIO, account)?.token;
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs.iter().filter_map(|(name, value)| Some((name, (*value)?))) {
        form.append_pair(name, value);
    }
    let form = form.finish();
    let url = callback.url.as_str().split('#').next()?; // a fragment is neither sent nor signed
    let pathless = url.matches('/').count() == 2;
    let mut url = if pathless { format!("{url}/") } else { url.to_owned() };
    let (method, body) = if callback.get {
        url += if url.contains('?') { "&" } else { "?" };
        url += &form;
        ("GET", String::new())
    } else {
        ("POST", form)
    };
    let webhook = TwilioWebhook::new(token, url.split('?').next()?.parse().ok()?).ok()?;
    let signature = webhook.sign(&url, body.as_bytes()).ok()?;
    Request::builder()
        .method(method)
        .uri(&url)
        .header(CONTENT_TYPE, format!("{FORM}; charset=utf-8"))
        .header("user-agent", "TwilioProxy/1.1")
        .header("x-twilio-signature", signature)
        .header("i-twilio-idempotency-token", random::uuid().to_string())
        .body(body.into())
        .ok()
}

/// Returns a setting of a webhook, which stands in the fragment of its address.
fn setting<'a>(url: &'a WebUrl, name: &str) -> Option<&'a str> {
    let (_, fragment) = url.as_str().split_once('#')?;
    let mut settings = fragment.split('&').filter_map(|setting| setting.split_once('='));
    settings.find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// Returns how long a webhook may take in all: 15 s, if its address asks for no less.
pub(super) fn patience(url: &WebUrl) -> Duration {
    let asked =
        ["tt", "rt"].iter().filter_map(|name| setting(url, name)?.parse::<u64>().ok()).min();
    Duration::from_millis(asked.unwrap_or(15_000).clamp(100, 15_000))
}

/// Returns when a webhook is called again: once and only where there was no answer, if its address asks for
/// nothing else.
pub(super) fn again(url: &WebUrl, calls: u32, answer: Option<u16>) -> Option<Duration> {
    let most = setting(url, "rc").and_then(|most| most.parse().ok()).unwrap_or(1_u32).min(5);
    let on = setting(url, "rp").unwrap_or("ct");
    let asked = |word: &str| on.split(',').any(|known| known == word || known == "all");
    let failed = match answer {
        None => asked("ct") || asked("rt"),
        Some(400..=499) => asked("4xx"),
        Some(500..=599) => asked("5xx"),
        Some(_) => false,
    };
    (failed && calls <= most).then_some(Duration::from_millis(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fragment_of_an_address_says_what_is_tried_again() {
        let url = |fragment: &str| format!("http://127.0.0.1/hook{fragment}").parse().unwrap();
        let plain = url("");
        assert!(again(&plain, 1, None).is_some() && again(&plain, 2, None).is_none());
        assert!(again(&plain, 1, Some(500)).is_none());
        let asked = url("#rc=3&rp=5xx,ct&rt=2000");
        assert!(again(&asked, 3, Some(503)).is_some() && again(&asked, 4, Some(503)).is_none());
        assert!(again(&asked, 1, Some(404)).is_none());
        assert_eq!(patience(&asked), Duration::from_secs(2));
        assert_eq!(patience(&plain), Duration::from_secs(15));
    }
}
