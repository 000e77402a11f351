//! The sandbox's own JSON API, for tests in any language. `docs/sandbox.md` describes it.
//!
//! A page of another site must not reach it: a request has to name this machine in `Host`, and its `Origin`, if it has
//! one, has to be the same.

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderMap, Response, StatusCode,
    header::{HOST, ORIGIN},
    request::Parts,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    error::ErrorKind,
    message::WebUrl,
    number::PhoneNumber,
    provider_id::ProviderId,
    sandbox::{self, Callback, CallbackReport, Carried, Fault, Inbound, When, server::Shared},
};

/// Beginning of its paths.
pub(super) const PREFIX: &str = "/_anysms/";

/// Longest time that a request for the last message may wait for it.
const LONGEST_WAIT: f64 = 60.0;

/// Refusal of a request: HTTP status, and the field, the rule and the way out.
type Refusal = (u16, String);

/// Answers one request.
pub(super) async fn answer(
    shared: &Shared,
    path: &str,
    head: &Parts,
    body: &[u8],
) -> Response<Bytes> {
    let result = if is_local(&head.headers) {
        route(shared, path, head, body).await
    } else {
        Err((403, "Host and Origin: must be those of this sandbox".to_owned()))
    };
    result.unwrap_or_else(|(status, error)| sandbox::json(status, &json!({ "error": error })))
}

async fn route(
    shared: &Shared,
    path: &str,
    head: &Parts,
    body: &[u8],
) -> Result<Response<Bytes>, Refusal> {
    let carrier = &shared.carrier;
    match (head.method.as_str(), path) {
        ("GET", "messages") => {
            let query = Selection::of(head)?;
            let all = carrier.all().into_iter().filter(|message| query.fits(message));
            let list: Vec<Value> = all.take(query.limit).map(|message| shown(&message)).collect();
            Ok(sandbox::json(200, &json!({ "messages": list })))
        }
        ("GET", "messages/last") => {
            let query = Selection::of(head)?;
            let found = carrier.wait_for(|message| query.fits(message), query.wait).await;
            let message = found.ok_or_else(|| absent("no message fits"))?;
            Ok(sandbox::json(200, &shown(&message)))
        }
        ("GET", "codes/last") => {
            let query = Selection::of(head)?;
            let has_code = |message: &Carried| query.fits(message) && message.code().is_some();
            let found = carrier.wait_for(has_code, query.wait).await;
            let message = found.ok_or_else(|| absent("no message that fits has a code"))?;
            let (code, at) = (message.code(), message.created_at.to_string());
            Ok(sandbox::json(200, &json!({"code": code, "to": message.to.to_string(), "at": at})))
        }
        ("DELETE", "messages") => {
            carrier.clear();
            Ok(done())
        }
        ("POST", "inbound") => {
            let asked: InboundBody = read(body)?;
            let mut message = Inbound::new(asked.from, asked.to, asked.text);
            message.media = asked.media;
            message.channel = asked.channel;
            let webhook = asked.url.map(|url| Callback::new(url, asked.get));
            let called = shared.receive(&asked.provider, &message, webhook).await;
            let (message, status) = called.map_err(|error| match error.kind() {
                ErrorKind::Unsupported => rule("provider: must be one that this sandbox speaks"),
                _ => (502, "url: the webhook gave no answer".to_owned()),
            })?;
            Ok(sandbox::json(200, &json!({"status": status, "id": message.id.value()})))
        }
        ("POST", "faults") => {
            let (when, fault) = read::<FaultBody>(body)?.parts()?;
            shared.faults.add(when, fault);
            Ok(done())
        }
        ("DELETE", "faults") => {
            shared.faults.clear();
            Ok(done())
        }
        (_, "messages" | "messages/last" | "codes/last" | "inbound" | "faults") => {
            Err((405, "method: not one of this path; docs/sandbox.md lists them".to_owned()))
        }
        _ => Err((404, "path: not one of the sandbox's; docs/sandbox.md lists them".to_owned())),
    }
}

/// Returns whether a request names this machine, by an address or as localhost, and comes from no other site.
fn is_local(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(host) = text(HOST) else { return false };
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    let name = name.map_or(host, |(name, _)| name);
    let address = name.trim_start_matches('[').trim_end_matches(']');
    let is_ours = name == "localhost" || address.parse::<std::net::IpAddr>().is_ok();
    let origin = headers.contains_key(ORIGIN).then(|| text(ORIGIN));
    is_ours && origin.is_none_or(|origin| origin == Some(&format!("http://{host}")))
}

/// Choice of messages by the query of a request.
struct Selection {
    to: Option<PhoneNumber>,
    from: Option<String>,
    status: Option<String>,
    text: Option<String>,
    limit: usize,
    wait: Duration,
}

impl Selection {
    fn of(head: &Parts) -> Result<Self, Refusal> {
        let (mut to, mut from, mut status, mut text) = (None, None, None, None);
        let (mut limit, mut wait) = (500, Duration::ZERO);
        for (name, value) in form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes())
        {
            let value = value.into_owned();
            match &*name {
                "to" => to = Some(number("to", &value)?),
                "from" => from = Some(value),
                "status" => status = Some(value),
                "text" => text = Some(value),
                "limit" => {
                    limit = value.parse().map_err(|_| rule("limit: must be a whole number"))?
                }
                "wait" => wait = seconds("wait", value.parse().unwrap_or(f64::NAN))?,
                _ => return Err(rule("query: may have to, from, status, text, limit and wait")),
            }
        }
        Ok(Self { to, from, status, text, limit, wait })
    }

    fn fits(&self, message: &Carried) -> bool {
        self.to.is_none_or(|to| message.to == to)
            && self.from.as_ref().is_none_or(|from| *message.from == **from)
            && self.status.as_ref().is_none_or(|status| message.status.as_str() == status)
            && self.text.as_ref().is_none_or(|text| message.text.contains(text.as_str()))
    }
}

/// Returns a message as the API shows it.
fn shown(message: &Carried) -> Value {
    let report = |report: &CallbackReport| json!({"status": report.status.as_str(), "answer": report.answer, "at": report.at.to_string()});
    let reports: Vec<Value> = message.reports.iter().map(report).collect();
    let media: Vec<&str> = message.media.iter().map(|(_, url)| url.as_str()).collect();
    json!({
        "id": message.id.value(),
        "provider": message.id.provider().as_str(),
        "from": Some(&*message.from).filter(|from| !from.is_empty()),
        "pool": message.pool,
        "to": message.to.to_string(),
        "text": &*message.text,
        "code": message.code(),
        "media": media,
        "segments": message.segments,
        "status": message.status.as_str(),
        "error_code": message.error_code,
        "callback": message.callback.as_ref().map(|callback| callback.url.as_str()),
        "reports": reports,
        "created_at": message.created_at.to_string(),
        "updated_at": message.updated_at.to_string(),
    })
}

/// Body of a message that somebody sends to the account.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InboundBody {
    provider: ProviderId,
    from: PhoneNumber,
    to: PhoneNumber,
    #[serde(default)]
    text: String,
    /// Webhook to call; that of the number by default.
    url: Option<WebUrl>,
    /// Calls the webhook with GET.
    #[serde(default)]
    get: bool,
    #[serde(default)]
    media: Vec<WebUrl>,
    channel: Option<String>,
}

/// Body of a fault: its name, what it needs, and the submissions that it hits; the next one by default.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultBody {
    fault: String,
    status: Option<u16>,
    seconds: Option<f64>,
    times: Option<u32>,
    seed: Option<u64>,
    next: Option<u32>,
    to: Option<PhoneNumber>,
    every: Option<u32>,
}

impl FaultBody {
    fn parts(self) -> Result<(When, Fault), Refusal> {
        let when = match (self.next, self.to, self.every) {
            (None, None, None) => When::Next(1),
            (Some(next), None, None) => When::Next(next),
            (None, Some(to), None) => When::To(to),
            (None, None, Some(every)) => When::Every(every),
            _ => return Err(rule("next, to, every: give one of them")),
        };
        let status = self.status.filter(|status| (300..=599).contains(status));
        let status = status.ok_or_else(|| rule("status: must be 300 to 599"));
        let time = || match self.seconds {
            Some(time) => seconds("seconds", time),
            None => Err(rule("seconds: must be given")),
        };
        let fault = match self.fault.as_str() {
            "refuse" if self.seconds.is_some() => Fault::RefuseFor(status?, time()?),
            "refuse" => Fault::Refuse(status?),
            "hang_up" => Fault::HangUp,
            "hang" => Fault::Hang,
            "take_and_fail" => Fault::TakeAndFail(status?),
            "take_and_hang_up" => Fault::TakeAndHangUp,
            "take_and_hang" => Fault::TakeAndHang,
            "take_slowly" => Fault::TakeSlowly(time()?),
            "take_and_cut_short" => Fault::TakeAndCutShort,
            "take_and_say_nothing" => Fault::TakeAndSayNothing,
            "take_and_answer_html" => Fault::TakeAndAnswerHtml,
            "repeat_callbacks" => {
                let times = self.times.filter(|times| *times <= 1_000);
                Fault::RepeatCallbacks(times.ok_or_else(|| rule("times: must be 0 to 1,000"))?)
            }
            "reverse_callbacks" => Fault::ReverseCallbacks,
            "shuffle_callbacks" => Fault::ShuffleCallbacks(self.seed.unwrap_or_default()),
            "delay_callbacks" => Fault::DelayCallbacks(time()?),
            "lose_callbacks" => Fault::LoseCallbacks,
            "callbacks_first" => Fault::CallbacksFirst,
            _ => return Err(rule("fault: not one of those that docs/sandbox.md lists")),
        };
        Ok((when, fault))
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| (400, format!("body: {error}")))
}

fn number(field: &str, text: &str) -> Result<PhoneNumber, Refusal> {
    // A plus sign that a client did not escape is a space.
    let text = text.trim_start();
    let number = if text.starts_with('+') { text.parse() } else { format!("+{text}").parse() };
    number.map_err(|_| (400, format!("{field}: must be a number such as +447700900123")))
}

fn seconds(field: &str, seconds: f64) -> Result<Duration, Refusal> {
    if (0.0..=LONGEST_WAIT).contains(&seconds) {
        return Ok(Duration::from_secs_f64(seconds));
    }
    Err((400, format!("{field}: must be 0 to {LONGEST_WAIT} seconds")))
}

fn rule(rule: &str) -> Refusal {
    (400, rule.to_owned())
}

fn absent(what: &str) -> Refusal {
    (404, format!("{what}; wait=SECONDS waits for one"))
}

fn done() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
