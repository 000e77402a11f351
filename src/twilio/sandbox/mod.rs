//! [`TwilioSandbox`]: Twilio's half of the sandbox.
//!
//! It validates what Twilio validates, with Twilio's codes, its test credentials' magic numbers
//! (`+1500555000x`) among them. The texts of the errors are this crate's own.

mod submit;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header::CONTENT_TYPE};
use jiff::{Timestamp, fmt::rfc2822};
use serde_json::{Value, json};

use crate::{
    message::{MessageId, MessageStatus, WebUrl},
    number::PhoneNumber,
    provider_id::ProviderId,
    random,
    sandbox::{self, Ask, Carried, Carrier, Fate, Inbound, Sandbox, SandboxVendor, Step},
    twilio::{TWILIO, TwilioConfig, TwilioWebhook, account::FORM, error_help},
    webhook::PublicUrl,
};

/// Twilio's half of the sandbox.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::exhaustive_structs)] // nothing to set
pub struct TwilioSandbox;

impl TwilioSandbox {
    /// The sandbox's account.
    pub const ACCOUNT_SID: &'static str = "AC00000000000000000000000000000001";
    /// Its auth token.
    pub const AUTH_TOKEN: &'static str = "0123456789abcdef0123456789abcdef";
    /// A number of its own.
    pub const NUMBER: &'static str = "+15555550100";
}

impl TwilioConfig {
    /// Creates the configuration for a sandbox: its address, its account, and a number to send from.
    #[must_use]
    pub fn sandbox(sandbox: &Sandbox) -> Self {
        let config = Self::new(TwilioSandbox::ACCOUNT_SID, TwilioSandbox::AUTH_TOKEN)
            .with_base_url(sandbox.base_url());
        match TwilioSandbox::NUMBER.parse() {
            Ok(sender) => config.with_sender(sender),
            Err(_) => config, // the constant is a number
        }
    }
}

impl TwilioWebhook {
    /// Returns the verifier for what a sandbox calls.
    ///
    /// # Errors
    /// None; the sandbox has a token.
    pub fn sandbox(url: PublicUrl) -> crate::error::Result<Self> {
        Self::new(TwilioSandbox::AUTH_TOKEN, url)
    }
}

/// A refusal: HTTP status, Twilio's code, and words.
type Refusal = (u16, u32, &'static str);

const NOT_FOUND: Refusal = (404, 20404, "The requested resource was not found");

impl SandboxVendor for TwilioSandbox {
    fn provider(&self) -> ProviderId {
        TWILIO
    }

    fn prefix(&self) -> &'static str {
        "/2010-04-01/"
    }

    fn submission(&self, ask: &Ask<'_>) -> Option<Vec<PhoneNumber>> {
        let path = ask.uri.path();
        let submits = ask.method == Method::POST && path.ends_with("/Messages.json");
        let to = submits.then(|| get(&ask.form(), "To").and_then(submit::number));
        to.map(|to| to.into_iter().collect())
    }

    fn refusal(&self, status: u16) -> Response<Bytes> {
        let code = match status {
            400 => 20001,
            401 => 20003,
            405 => 20004,
            403 | 404 | 409 | 410 | 413 | 422 | 429 | 500 | 503 => 20000 + u32::from(status),
            _ => return sandbox::html(status), // not from Twilio but from what is in front of it
        };
        let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        with_request_id(refused((status, code, reason.unwrap_or_default())))
    }

    fn answer(&self, ask: &Ask<'_>, carrier: &Carrier) -> Response<Bytes> {
        with_request_id(route(ask, carrier).unwrap_or_else(refused))
    }

    fn timeline(&self, message: &Carried, fate: Fate) -> Vec<Step> {
        let mut steps = Step::to_fate(fate);
        if message.pool.is_some() {
            steps.insert(0, Step::to(MessageStatus::Queued));
        }
        steps
    }

    fn report(&self, message: &Carried) -> Option<Request<Bytes>> {
        let url = &message.callback.as_ref()?.url;
        let (sid, to) = (message.id.value(), message.to.to_string());
        let code = message.error_code.map(|code| code.to_string());
        let pairs = [
            ("ErrorCode", code.as_deref()),
            ("SmsSid", Some(sid)),
            ("SmsStatus", Some(message.status.as_str())),
            ("MessageStatus", Some(message.status.as_str())),
            ("To", Some(&to)),
            ("MessagingServiceSid", message.pool.as_deref()),
            ("MessageSid", Some(sid)),
            ("AccountSid", Some(Self::ACCOUNT_SID)),
            ("From", Some(&message.from)),
            ("ApiVersion", Some("2010-04-01")),
        ];
        signed(url, &pairs)
    }

    fn inbound(&self, message: &Inbound, url: &WebUrl) -> Option<Request<Bytes>> {
        let sid = new_sid("SM");
        let (from, to) = (message.from.to_string(), message.to.to_string());
        let pairs = [
            ("SmsMessageSid", Some(sid.as_str())),
            ("NumMedia", Some("0")),
            ("SmsSid", Some(&sid)),
            ("SmsStatus", Some("received")),
            ("Body", Some(&message.text)),
            ("To", Some(&to)),
            ("NumSegments", Some("1")),
            ("MessageSid", Some(&sid)),
            ("AccountSid", Some(Self::ACCOUNT_SID)),
            ("From", Some(&from)),
            ("ApiVersion", Some("2010-04-01")),
        ];
        signed(url, &pairs)
    }
}

fn refused((status, code, message): Refusal) -> Response<Bytes> {
    let help = error_help(code);
    let body = json!({"code": code, "message": message, "more_info": help, "status": status});
    sandbox::json(status, &body)
}

fn with_request_id(mut response: Response<Bytes>) -> Response<Bytes> {
    if let Ok(id) = HeaderValue::try_from(format!("RQ{}", random::uuid().simple())) {
        response.headers_mut().insert("twilio-request-id", id);
    }
    response
}

fn route(ask: &Ask<'_>, carrier: &Carrier) -> Result<Response<Bytes>, Refusal> {
    let account = TwilioSandbox::ACCOUNT_SID;
    let token = TwilioSandbox::AUTH_TOKEN;
    if ask.basic().is_none_or(|(user, password)| user != account || password != token) {
        return Err((401, 20003, "Authenticate"));
    }
    let path = ask.uri.path().strip_prefix("/2010-04-01/Accounts/").ok_or(NOT_FOUND)?;
    let segments: Vec<&str> = path.strip_suffix(".json").unwrap_or(path).split('/').collect();
    if segments[0] != account {
        return Err(NOT_FOUND);
    }
    let find = |sid: &str| {
        let id = MessageId::new(TWILIO, sid).map_err(|_| NOT_FOUND)?;
        carrier.find(&id).ok_or(NOT_FOUND)
    };
    match (ask.method.as_str(), &segments[1..]) {
        ("GET", []) => Ok(sandbox::json(200, &account_body())),
        ("POST", ["Messages"]) => submit::submit(ask, carrier),
        ("GET", ["Messages"]) => list(ask, carrier),
        ("GET", ["Messages", sid]) => Ok(sandbox::json(200, &body(&find(sid)?))),
        ("POST", ["Messages", sid]) => update(ask, carrier, &find(sid)?),
        ("DELETE", ["Messages", sid]) => {
            let message = find(sid)?;
            if !message.status.is_final() && message.status != MessageStatus::Sent {
                return Err((409, 20009, "The resource cannot be deleted before it is complete"));
            }
            carrier.remove(&message.id);
            Ok(empty(StatusCode::NO_CONTENT))
        }
        ("GET", ["Messages", sid, "Media"]) => Ok(sandbox::json(200, &media(&find(sid)?))),
        ("GET", ["Messages", sid, "Media", media]) => {
            let (message, known) = (find(sid)?, |file: &&(String, WebUrl)| file.0 == *media);
            let file = message.media.iter().find(known).ok_or(NOT_FOUND)?;
            Ok(sandbox::json(200, &media_body(&message, file)))
        }
        ("DELETE", ["Messages", sid, "Media", media]) => delete_media(carrier, &find(sid)?, media),
        ("POST", ["Messages", sid, "Feedback"]) => {
            let message = find(sid)?;
            let form = ask.form();
            let outcome = get(&form, "Outcome");
            let sid = message.id.value();
            let body = json!({"account_sid": account, "message_sid": sid, "outcome": outcome});
            Ok(sandbox::json(200, &body))
        }
        _ if ask.method == Method::GET || ask.method == Method::POST => Err(NOT_FOUND),
        _ => Err((405, 20004, "Method not allowed")),
    }
}

/// Cancels a message, or takes its text away.
fn update(ask: &Ask<'_>, carrier: &Carrier, message: &Carried) -> Result<Response<Bytes>, Refusal> {
    let form = ask.form();
    let changed = if get(&form, "Status") == Some("canceled") {
        carrier.change(&message.id, |message| {
            use MessageStatus::{Accepted, Queued, Scheduled};
            let in_time = matches!(message.status, Accepted | Queued | Scheduled);
            if in_time {
                message.status = MessageStatus::Canceled;
            }
            in_time
        })
    } else if form.iter().any(|(name, value)| name == "Body" && value.is_empty()) {
        carrier.change(&message.id, |message| {
            message.text = "".into();
            true
        })
    } else {
        return Err((400, 20422, "Only Status=canceled and an empty Body can be written."));
    };
    let late = (409, 30409, "The message cannot be canceled.");
    changed.map(|message| sandbox::json(200, &body(&message))).ok_or(late)
}

/// Returns a page of messages. The next page begins where `PageToken` says.
fn list(ask: &Ask<'_>, carrier: &Carrier) -> Result<Response<Bytes>, Refusal> {
    let query = ask.query();
    let size: usize = get(&query, "PageSize").and_then(|size| size.parse().ok()).unwrap_or(50);
    if !(1..=1_000).contains(&size) {
        return Err((400, 20007, "The page size is too large."));
    }
    let after = |name| get(&query, name).and_then(|at| at.parse::<Timestamp>().ok());
    let (since, until) = (after("DateSent>"), after("DateSent<"));
    let matches = |message: &Carried| {
        *message.id.provider() == TWILIO
            && get(&query, "To").is_none_or(|to| to == message.to.to_string())
            && get(&query, "From").is_none_or(|from| *from == *message.from)
            && since.is_none_or(|since| message.created_at >= since)
            && until.is_none_or(|until| message.created_at <= until)
    };
    let messages: Vec<Carried> = carrier.all().into_iter().filter(matches).collect();
    let start: usize = get(&query, "Page").and_then(|page| page.parse().ok()).unwrap_or(0);
    let page: Vec<Value> =
        messages.iter().skip(start.saturating_mul(size)).take(size).map(body).collect();
    let end = start.saturating_add(1).saturating_mul(size);
    let more = messages.len() > end;
    let next = more.then(|| {
        let mut next = form_urlencoded::Serializer::new(String::new());
        for (name, value) in query.iter().filter(|(name, _)| !name.starts_with("Page")) {
            next.append_pair(name, value);
        }
        next.append_pair("PageSize", &size.to_string());
        next.append_pair("Page", &(start + 1).to_string());
        next.append_pair("PageToken", &format!("PA{}", messages[end].id.value()));
        format!("{}?{}", ask.uri.path(), next.finish())
    });
    let body = json!({"messages": page, "next_page_uri": next, "page": start, "page_size": size});
    Ok(sandbox::json(200, &body))
}

fn body(message: &Carried) -> Value {
    let account = TwilioSandbox::ACCOUNT_SID;
    let sid = message.id.value();
    let uri = format!("/2010-04-01/Accounts/{account}/Messages/{sid}");
    let sent = message.status == MessageStatus::Sent || message.status.is_final();
    let num_segments = match message.status {
        MessageStatus::Accepted | MessageStatus::Scheduled => 0,
        _ => message.segments,
    };
    json!({
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": &*message.text,
        "date_created": date(message.created_at),
        "date_sent": sent.then(|| date(message.updated_at)),
        "date_updated": date(message.updated_at),
        "direction": "outbound-api",
        "error_code": message.error_code,
        "error_message": null,
        "from": Some(&message.from).filter(|from| !from.is_empty()),
        "messaging_service_sid": message.pool,
        "num_media": message.media.len().to_string(),
        "num_segments": num_segments.to_string(),
        "price": (message.status == MessageStatus::Delivered).then_some("-0.00750"),
        "price_unit": "USD",
        "sid": sid,
        "status": message.status.as_str(),
        "subresource_uris": {"media": format!("{uri}/Media.json")},
        "to": message.to.to_string(),
        "uri": format!("{uri}.json"),
    })
}

/// Returns the files of a message.
fn media(message: &Carried) -> Value {
    let list: Vec<Value> = message.media.iter().map(|file| media_body(message, file)).collect();
    json!({"media_list": list, "next_page_uri": null})
}

fn media_body(message: &Carried, (sid, _): &(String, WebUrl)) -> Value {
    json!({
        "sid": sid,
        "parent_sid": message.id.value(),
        "account_sid": TwilioSandbox::ACCOUNT_SID,
        "content_type": "image/png",
        "date_created": date(message.created_at),
    })
}

fn delete_media(
    carrier: &Carrier,
    message: &Carried,
    sid: &str,
) -> Result<Response<Bytes>, Refusal> {
    let deleted = carrier.change(&message.id, |message| {
        let before = message.media.len();
        message.media.retain(|(known, _)| known != sid);
        message.media.len() < before
    });
    deleted.map(|_| empty(StatusCode::NO_CONTENT)).ok_or(NOT_FOUND)
}

fn account_body() -> Value {
    json!({
        "sid": TwilioSandbox::ACCOUNT_SID,
        "friendly_name": "Sandbox",
        "status": "active",
        "type": "Full",
        "owner_account_sid": TwilioSandbox::ACCOUNT_SID,
        "auth_token": TwilioSandbox::AUTH_TOKEN,
    })
}

/// Returns a form, signed with the sandbox's token over the address it goes to.
fn signed(url: &WebUrl, pairs: &[(&str, Option<&str>)]) -> Option<Request<Bytes>> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs.iter().filter_map(|(name, value)| Some((name, (*value)?))) {
        form.append_pair(name, value);
    }
    let body = form.finish();
    let url = url.as_str().split('#').next()?; // a fragment is neither sent nor signed
    let pathless = url.matches('/').count() == 2;
    let url = &if pathless { format!("{url}/") } else { url.to_owned() };
    let signature = TwilioWebhook::sandbox(url.split('?').next()?.parse().ok()?).ok()?;
    let signature = signature.sign(url, body.as_bytes()).ok()?;
    Request::post(url)
        .header(CONTENT_TYPE, format!("{FORM}; charset=utf-8"))
        .header("user-agent", "TwilioProxy/1.1")
        .header("x-twilio-signature", signature)
        .header("i-twilio-idempotency-token", random::uuid().to_string())
        .body(body.into())
        .ok()
}

fn new_sid(prefix: &str) -> String {
    format!("{prefix}{}", random::uuid().simple())
}

fn date(at: Timestamp) -> Option<String> {
    rfc2822::to_string(&at.to_zoned(jiff::tz::TimeZone::UTC)).ok()
}

fn empty(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

fn get<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    all(pairs, name).next().filter(|value| !value.is_empty())
}

fn all<'a>(pairs: &'a [(String, String)], name: &str) -> impl Iterator<Item = &'a str> {
    pairs.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
}
