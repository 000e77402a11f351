//! Webhooks as Plivo calls them: what they carry and how they are signed.

use bytes::Bytes;
use http::{Request, header::CONTENT_TYPE};
use jiff::Timestamp;

use super::{
    message::{amount, kind, rate},
    number, plain,
};
use crate::{
    account_id::AccountId,
    message::MessageStatus,
    plivo::{PLIVO, PlivoWebhook},
    random,
    sandbox::{Callback, Carried, Carrier},
    text::{Keyword, Keywords},
};

/// Returns the signed report of where a message stands.
pub(super) fn report(message: &Carried, carrier: &Carrier) -> Option<Request<Bytes>> {
    let callback = message.callback.as_ref()?;
    let (uuid, segments) = (message.id.value(), message.segments.to_string());
    let (from, to) = (plain(&message.from), message.to.digits().to_string());
    let code = match message.error_code {
        Some(code) if message.status != MessageStatus::Queued => code.to_string(),
        None if message.status == MessageStatus::Delivered => "000".to_owned(),
        _ => String::new(),
    };
    let (rate, amount) = (format!("{:.5}", rate(message)), format!("{:.5}", amount(message)));
    let sequence = message.changes.to_string();
    let (taken, now) = (micros(message.created_at), micros(message.updated_at));
    let pairs = [
        ("From", from),
        ("To", &to),
        ("MessageUUID", uuid),
        ("ParentMessageUUID", uuid),
        ("PartInfo", "1 of 1"),
        ("Type", kind(message)),
        ("Status", message.status.as_str()),
        ("Units", &segments),
        ("TotalRate", &rate),
        ("TotalAmount", &amount),
        ("ErrorCode", &code),
        ("Sequence", &sequence),
        ("PowerpackUUID", message.pool.as_deref().unwrap_or_default()),
        ("MessageTime", &taken),
        ("QueuedTime", &now),
    ];
    signed(callback, &pairs, &message.account, carrier)
}

/// Returns the signed request for a message that a phone sent.
pub(super) fn inbound(
    message: &Carried,
    webhook: &Callback,
    carrier: &Carrier,
) -> Option<Request<Bytes>> {
    let (from, to) = (plain(&message.from).to_owned(), message.to.digits().to_string());
    let (units, count) = (message.segments.to_string(), message.media.len().to_string());
    let (rate, amount) = (format!("{:.5}", rate(message)), format!("{:.5}", message.price));
    let intent = match Keywords::standard().find(&message.text) {
        Some(Keyword::OptOut) => "optout",
        Some(Keyword::OptIn) => "optin",
        Some(Keyword::Help) => "help",
        _ => "",
    };
    let kind = kind(message);
    let mut pairs = vec![
        ("From", from.as_str()),
        ("To", &to),
        ("MessageUUID", message.id.value()),
        ("Type", kind),
        (if kind == "sms" { "Text" } else { "Body" }, &message.text),
        ("Units", &units),
        ("TotalRate", &rate),
        ("TotalAmount", &amount),
        ("PowerpackUUID", ""),
    ];
    if kind == "whatsapp" {
        let content = if message.media.is_empty() { "text" } else { "media" };
        pairs.push(("ContentType", content));
    } else {
        pairs.push(("MessageIntent", intent));
    }
    let names: Vec<String> = (0..message.media.len()).map(|at| format!("Media{at}")).collect();
    if !message.media.is_empty() {
        pairs.push(("MediaCount", &count));
        for (name, (_, url)) in names.iter().zip(&message.media) {
            pairs.push((name, url.as_str()));
        }
    }
    signed(webhook, &pairs, &message.account, carrier)
}

/// Returns the webhook of a number: the one that its application names; `None` if none is set.
pub(super) fn of_number(message: &Carried, carrier: &Carrier) -> Option<Callback> {
    let number = number::owner(carrier, &message.to.digits().to_string())?;
    let uri = number.text("application")?.strip_prefix("/v1/Account")?.trim_end_matches('/');
    let application = carrier.records().get(uri)?;
    let get = application.text("message_method") == Some("GET");
    Some(Callback::new(application.text("message_url")?.parse().ok()?, get))
}

/// Calls a webhook with an event of another product than messages.
pub(super) fn event(
    carrier: &Carrier,
    account: &AccountId,
    webhook: &Callback,
    pairs: &[(&str, &str)],
) {
    if let Some(request) = signed(webhook, pairs, account, carrier) {
        carrier.call(PLIVO, webhook.url.clone(), request);
    }
}

/// Returns a callback with V3 in the main account's header, as seen on messaging, and V2 as documented: by the
/// token of the account or subaccount, and of its main account.
fn signed(
    callback: &Callback,
    pairs: &[(&str, &str)],
    account: &AccountId,
    carrier: &Carrier,
) -> Option<Request<Bytes>> {
    let account = carrier.account(&PLIVO, account)?;
    let main = account.parent.as_ref().and_then(|main| carrier.account(&PLIVO, main));
    let main = main.map_or_else(|| account.token.clone(), |main| main.token);
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs);
    let form = form.finish();
    let mut url = callback.url.as_str().split('#').next()?.to_owned(); // a fragment is not sent
    let signer =
        |token: String| PlivoWebhook::new(token, url.split('?').next()?.parse().ok()?).ok();
    let (own, main) = (signer(account.token)?, signer(main)?);
    let (method, body) = if callback.get {
        url += if url.contains('?') { "&" } else { "?" };
        url += &form;
        ("GET", String::new())
    } else {
        ("POST", form)
    };
    let nonce = (random::uuid().as_u128() % 10_u128.pow(20)).to_string();
    Request::builder()
        .method(method)
        .uri(&url)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("x-plivo-signature-v2", own.sign_v2(&url, &nonce).ok()?)
        .header("x-plivo-signature-ma-v2", main.sign_v2(&url, &nonce).ok()?)
        .header("x-plivo-signature-v2-nonce", &nonce)
        .header(
            "x-plivo-signature-ma-v3",
            main.sign_v3(method, &url, body.as_bytes(), &nonce).ok()?,
        )
        .header("x-plivo-signature-v3-nonce", &nonce)
        .body(body.into())
        .ok()
}

fn micros(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S%.6f").to_string()
}
