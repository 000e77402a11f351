//! [`PlivoSandbox`]: Plivo's half of the sandbox.
//!
//! It validates what Plivo validates before it answers; what Plivo finds out later (opt-out, too
//! long) becomes a failed message. The texts of the errors are this crate's own, but for those that
//! are known.

mod submit;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header::CONTENT_TYPE};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    message::{MessageId, MessageStatus, WebUrl},
    number::PhoneNumber,
    plivo::{PLIVO, PlivoConfig, PlivoWebhook},
    provider_id::ProviderId,
    random,
    sandbox::{self, Ask, Carried, Carrier, Fate, Inbound, Sandbox, SandboxVendor, Step},
    text::LengthLimit,
    transport::lenient,
    webhook::PublicUrl,
};

/// Plivo's half of the sandbox.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::exhaustive_structs)] // nothing to set
pub struct PlivoSandbox;

impl PlivoSandbox {
    /// The sandbox's account.
    pub const AUTH_ID: &'static str = "MA000000000000000001";
    /// Its auth token.
    pub const AUTH_TOKEN: &'static str = "c2FuZGJveCB0b2tlbiBvZiB0aGUgc2FuZGJveA";
    /// A number of its own.
    pub const NUMBER: &'static str = "+15555550101";
}

impl PlivoConfig {
    /// Creates the configuration for a sandbox: its address, its account, and a number to send from.
    #[must_use]
    pub fn sandbox(sandbox: &Sandbox) -> Self {
        let config = Self::new(PlivoSandbox::AUTH_ID, PlivoSandbox::AUTH_TOKEN)
            .with_base_url(sandbox.base_url());
        match PlivoSandbox::NUMBER.parse() {
            Ok(sender) => config.with_sender(sender),
            Err(_) => config, // the constant is a number
        }
    }
}

impl PlivoWebhook {
    /// Returns the verifier for what a sandbox calls.
    ///
    /// # Errors
    /// None; the sandbox has a token.
    pub fn sandbox(url: PublicUrl) -> crate::error::Result<Self> {
        Self::new(PlivoSandbox::AUTH_TOKEN, url)
    }
}

/// A refusal: HTTP status and words.
type Refusal = (u16, &'static str);

const NOT_FOUND: Refusal = (404, "not found");

impl SandboxVendor for PlivoSandbox {
    fn provider(&self) -> ProviderId {
        PLIVO
    }

    fn prefix(&self) -> &'static str {
        "/v1/Account/"
    }

    fn submission(&self, ask: &Ask<'_>) -> Option<Vec<PhoneNumber>> {
        let submits = ask.method == Method::POST && ask.uri.path().ends_with("/Message/");
        submits.then(|| submit::destinations(ask.body))
    }

    fn refusal(&self, status: u16) -> Response<Bytes> {
        let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        match (status, reason) {
            (401, _) => not_signed_in(),
            (400..=499 | 500 | 503, Some(reason)) => {
                let error = reason.to_lowercase();
                sandbox::json(status, &json!({"api_id": new_uuid(), "error": error}))
            }
            _ => sandbox::html(status), // not from Plivo but from what is in front of it
        }
    }

    fn answer(&self, ask: &Ask<'_>, carrier: &Carrier) -> Response<Bytes> {
        let signed_in =
            |(user, token): (String, String)| user == Self::AUTH_ID && token == Self::AUTH_TOKEN;
        if !ask.basic().is_some_and(signed_in) {
            return not_signed_in();
        }
        route(ask, carrier).unwrap_or_else(|(status, error)| {
            sandbox::json(status, &json!({"api_id": new_uuid(), "error": error}))
        })
    }

    fn timeline(&self, message: &Carried, fate: Fate) -> Vec<Step> {
        // Plivo takes a text that is too long, and fails it afterwards.
        let too_long = LengthLimit::PLIVO.excess(&message.text) > 0;
        let mut steps = Step::to_fate(if too_long { Fate::Failed(110) } else { fate });
        steps.insert(0, Step::to(MessageStatus::Queued));
        steps
    }

    fn report(&self, message: &Carried) -> Option<Request<Bytes>> {
        let callback = message.callback.as_ref()?;
        let (uuid, segments) = (message.id.value(), message.segments.to_string());
        let (from, to) = (plain(&message.from), message.to.digits().to_string());
        let code = match message.error_code {
            Some(code) => code.to_string(),
            None if message.status == MessageStatus::Delivered => "000".to_owned(),
            None => String::new(),
        };
        let (sequence, amount) = (message.changes.to_string(), amount(message));
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
            ("TotalRate", RATE),
            ("TotalAmount", &amount),
            ("ErrorCode", &code),
            ("Sequence", &sequence),
            ("PowerpackUUID", message.pool.as_deref().unwrap_or_default()),
            ("MessageTime", &taken),
            ("QueuedTime", &now),
        ];
        signed(&callback.url, callback.get, &pairs)
    }

    fn inbound(&self, message: &Inbound, url: &WebUrl) -> Option<Request<Bytes>> {
        let (from, to) = (message.from.digits().to_string(), message.to.digits().to_string());
        let pairs = [
            ("From", from.as_str()),
            ("To", &to),
            ("MessageUUID", &new_uuid()),
            ("Type", "sms"),
            ("Text", &message.text),
            ("Units", "1"),
            ("TotalRate", "0"),
            ("TotalAmount", "0"),
            ("MessageIntent", ""),
            ("PowerpackUUID", ""),
        ];
        signed(url, false, &pairs)
    }
}

/// Returns the answer without credentials, which Plivo gives in plain text.
fn not_signed_in() -> Response<Bytes> {
    let text = "Could not verify your access level for that URL.";
    let mut response = Response::new(Bytes::from_static(text.as_bytes()));
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    response
}

fn route(ask: &Ask<'_>, carrier: &Carrier) -> Result<Response<Bytes>, Refusal> {
    let path = ask.uri.path().strip_prefix("/v1/Account/").ok_or(NOT_FOUND)?;
    let path = path.strip_suffix('/').ok_or(NOT_FOUND)?; // the slash is part of every address
    // Plivo's SDK for Node asks for its account with two slashes at the end (seen 2026-11).
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    if segments.first() != Some(&PlivoSandbox::AUTH_ID) {
        return Err(NOT_FOUND);
    }
    let find = |uuid: &str| {
        let id = MessageId::new(PLIVO, uuid).map_err(|_| NOT_FOUND)?;
        carrier.find(&id).ok_or(NOT_FOUND)
    };
    match (ask.method.as_str(), &segments[1..]) {
        ("GET", []) => Ok(sandbox::json(200, &account())),
        ("POST", ["Message"]) => submit::submit(ask, carrier),
        ("GET", ["Message"]) => list(ask, carrier),
        ("GET", ["Message", uuid]) => {
            let mut body = body(&find(uuid)?);
            body["api_id"] = new_uuid().into();
            Ok(sandbox::json(200, &body))
        }
        ("GET", ["Message", uuid, "Media"]) => Ok(sandbox::json(200, &media(&find(uuid)?))),
        ("GET" | "POST", _) => Err(NOT_FOUND),
        _ => Err((405, "method not allowed")),
    }
}

/// Returns a page of messages, newest first.
fn list(ask: &Ask<'_>, carrier: &Carrier) -> Result<Response<Bytes>, Refusal> {
    let query = ask.query();
    let get = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, v)| v.as_str());
    let number = |name: &str, default| get(name).map_or(Some(default), |text| text.parse().ok());
    let limit = number("limit", 20).filter(|limit| (1..=20).contains(limit));
    let limit = limit.ok_or((400, "limit must be 1 to 20"))?;
    let offset = number("offset", 0).ok_or((400, "offset is not valid"))?;
    let time = |name: &str| get(name).and_then(lenient::time);
    let (since, until) = (time("message_time__gte"), time("message_time__lte"));
    let code = |message: &Carried| message.error_code.map(|code| code.to_string());
    let matches = |message: &Carried| {
        *message.id.provider() == PLIVO
            && get("to_number").is_none_or(|to| plain(to) == message.to.digits().to_string())
            && get("from_number").is_none_or(|from| plain(from) == plain(&message.from))
            && get("powerpack_id").is_none_or(|pool| message.pool.as_deref() == Some(pool))
            && get("message_state").is_none_or(|state| state == message.status.as_str())
            && get("message_direction").is_none_or(|direction| direction == "outbound")
            && get("message_type").is_none_or(|wanted| wanted == kind(message))
            && get("error_code").is_none_or(|wanted| code(message).as_deref() == Some(wanted))
            && since.is_none_or(|since| message.created_at >= since)
            && until.is_none_or(|until| message.created_at <= until)
    };
    let messages: Vec<Carried> = carrier.all().into_iter().filter(matches).collect();
    let objects: Vec<Value> = messages.iter().skip(offset).take(limit).map(body).collect();
    let page_at = |offset: usize| {
        let mut page = form_urlencoded::Serializer::new(String::new());
        for (name, value) in query.iter().filter(|(name, _)| name != "limit" && name != "offset") {
            page.append_pair(name, value);
        }
        page.append_pair("limit", &limit.to_string()).append_pair("offset", &offset.to_string());
        format!("{}?{}", ask.uri.path(), page.finish())
    };
    let end = offset.saturating_add(limit);
    let next = (messages.len() > end).then(|| page_at(end));
    let previous = (offset > 0).then(|| page_at(offset.saturating_sub(limit)));
    let meta = json!({"limit": limit, "offset": offset, "next": next, "previous": previous});
    Ok(sandbox::json(200, &json!({"api_id": new_uuid(), "meta": meta, "objects": objects})))
}

/// Price of one segment, in US dollars.
const RATE: &str = "0.00350";

fn amount(message: &Carried) -> String {
    let rate: rust_decimal::Decimal = RATE.parse().unwrap_or_default(); // a decimal
    let charged = if message.status == MessageStatus::Failed { 0 } else { message.segments };
    (rate * rust_decimal::Decimal::from(charged)).to_string()
}

fn body(message: &Carried) -> Value {
    let sent = message.status == MessageStatus::Sent || message.status.is_final();
    let uuid = message.id.value();
    let code = match message.error_code {
        Some(code) => Some(code.to_string()),
        None => (message.status == MessageStatus::Delivered).then(|| "000".to_owned()),
    };
    let mut body = json!({
        "carrier_fees": "0.00000",
        "carrier_fees_rate": "0.00000",
        "destination_network": "",
        "error_code": code,
        "error_message": "",
        "from_number": plain(&message.from),
        "message_direction": "outbound",
        "message_sent_time": if sent { offset(message.updated_at) } else { String::new() },
        "message_state": message.status.as_str(),
        "message_time": offset(message.created_at),
        "message_type": kind(message),
        "message_updated_time": offset(message.updated_at),
        "message_uuid": uuid,
        "requester_ip": "127.0.0.1",
        "resource_uri": format!("/v1/Account/{}/Message/{uuid}/", PlivoSandbox::AUTH_ID),
        "to_number": message.to.digits().to_string(),
        "total_amount": amount(message),
        "total_rate": RATE,
        "units": message.segments,
    });
    if let Some(pool) = &message.pool {
        body["powerpack_id"] = pool.as_str().into();
    }
    body
}

fn media(message: &Carried) -> Value {
    let uuid = message.id.value();
    let file = |(id, url): &(String, WebUrl)| {
        json!({
            "content_type": "image/png",
            "media_id": id,
            "media_url": url.as_str(),
            "message_uuid": uuid,
            "size": 1_024,
        })
    };
    let objects: Vec<Value> = message.media.iter().map(file).collect();
    json!({"api_id": new_uuid(), "message_uuid": uuid, "objects": objects})
}

fn account() -> Value {
    json!({
        "account_type": "standard",
        "api_id": new_uuid(),
        "auth_id": PlivoSandbox::AUTH_ID,
        "auto_recharge": false,
        "billing_mode": "prepaid",
        "cash_credits": "10.00000",
        "name": "Sandbox",
        "resource_uri": format!("/v1/Account/{}/", PlivoSandbox::AUTH_ID),
        "timezone": "UTC",
    })
}

/// Returns a callback with V3 in the main account's header, as seen on messaging, and V2 as documented.
fn signed(url: &WebUrl, get: bool, pairs: &[(&str, &str)]) -> Option<Request<Bytes>> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs);
    let form = form.finish();
    let mut url = url.as_str().split('#').next()?.to_owned(); // a fragment is not sent
    let webhook = PlivoWebhook::sandbox(url.split('?').next()?.parse().ok()?).ok()?;
    let (method, body) = if get {
        url += if url.contains('?') { "&" } else { "?" };
        url += &form;
        ("GET", String::new())
    } else {
        ("POST", form)
    };
    let nonce = (random::uuid().as_u128() % 10_u128.pow(20)).to_string();
    let v2 = webhook.sign_v2(&url, &nonce).ok()?;
    let v3 = webhook.sign_v3(method, &url, body.as_bytes(), &nonce).ok()?;
    Request::builder()
        .method(method)
        .uri(url)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("x-plivo-signature-v2", &v2)
        .header("x-plivo-signature-ma-v2", &v2)
        .header("x-plivo-signature-v2-nonce", &nonce)
        .header("x-plivo-signature-ma-v3", &v3)
        .header("x-plivo-signature-v3-nonce", &nonce)
        .body(body.into())
        .ok()
}

fn kind(message: &Carried) -> &'static str {
    if message.media.is_empty() { "sms" } else { "mms" }
}

/// Returns a number without its plus, as Plivo writes it.
fn plain(number: &str) -> &str {
    number.trim_start_matches('+')
}

fn new_uuid() -> String {
    random::uuid().to_string()
}

fn offset(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S%.6f+00:00").to_string()
}

fn micros(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S%.6f").to_string()
}
