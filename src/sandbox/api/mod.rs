//! The sandbox's own JSON API, for tests in any language. `docs/sandbox.md` describes it.
//!
//! A page of another site must not reach it: a request has to name this machine in `Host`, and its `Origin`, if it has
//! one, has to be the same.

mod body;
mod selection;

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderMap, Response, StatusCode,
    header::{HOST, ORIGIN},
    request::Parts,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use self::{
    body::{AccountBody, FateBody, FaultBody, InboundBody, NumberBody, SkipBody},
    selection::{Selection, shown},
};
use crate::{
    error::ErrorKind,
    number::PhoneNumber,
    sandbox::{self, Callback, Carried, Inbound, Record, SandboxAccount, server::Shared},
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
            if let Some(address) = &query.address {
                return code_by_mail(shared, address);
            }
            let has_code = |message: &Carried| query.fits(message) && message.code().is_some();
            let found = carrier.wait_for(has_code, query.wait).await;
            let message = found.ok_or_else(|| absent("no message that fits has a code"))?;
            let (code, at) = (message.code(), message.created_at.to_string());
            Ok(sandbox::json(200, &json!({"code": code, "to": message.to.to_string(), "at": at})))
        }
        ("DELETE", "messages") => {
            let query = Selection::of(head)?;
            match head.uri.query() {
                None | Some("") => carrier.clear(),
                Some(_) => {
                    for message in carrier.all().iter().filter(|message| query.fits(message)) {
                        carrier.remove(&message.id);
                    }
                }
            }
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
                ErrorKind::Unsupported => unknown_vendor(),
                _ => (502, "url: the webhook gave no answer".to_owned()),
            })?;
            Ok(sandbox::json(200, &json!({"status": status, "id": message.id.value()})))
        }
        ("POST", "faults") => {
            let mut asked = read::<FaultBody>(body)?;
            let path = asked.path.take();
            let (when, fault) = asked.parts()?;
            shared.faults.add(path, when, fault);
            Ok(done())
        }
        ("GET", "faults") => {
            let all: Vec<Value> = shared
                .faults
                .all()
                .into_iter()
                .map(|(path, when, fault)| {
                    json!({"path": path, "when": format!("{when:?}"), "fault": format!("{fault:?}")})
                })
                .collect();
            Ok(sandbox::json(200, &json!({ "faults": all })))
        }
        ("DELETE", "faults") => {
            shared.faults.clear();
            Ok(done())
        }
        ("GET", "accounts") => {
            let all: Vec<Value> =
                carrier.accounts().iter().map(|account| account_shown(shared, account)).collect();
            Ok(sandbox::json(200, &json!({ "accounts": all })))
        }
        ("POST", "accounts") => account(shared, read(body)?),
        ("POST", "numbers") => {
            let asked: NumberBody = read(body)?;
            let owner = carrier.account(&asked.provider, &asked.account);
            let owner = owner.ok_or_else(|| rule("account: must be one of this sandbox"))?;
            let vendor = shared.vendor(&asked.provider).ok_or_else(unknown_vendor)?;
            if !vendor.give_number(&owner, asked.number, carrier) {
                return Err((409, "number: another account has it".to_owned()));
            }
            Ok(sandbox::json(200, &account_shown(shared, &owner)))
        }
        ("POST", "fates") => {
            let asked: FateBody = read(body)?;
            carrier.set_fate(asked.to, asked.fate);
            Ok(done())
        }
        ("GET", "clock") => Ok(sandbox::json(200, &json!({"now": carrier.now().to_string()}))),
        ("POST", "clock") => {
            carrier.clock().skip(read::<SkipBody>(body)?.time(carrier.now())?);
            Ok(sandbox::json(200, &json!({"now": carrier.now().to_string()})))
        }
        ("GET", "deactivations.txt") => Ok(Response::new(Bytes::new())), // no number ever is
        ("GET", "usage") => Ok(sandbox::json(200, &json!({"usage": carrier.usage()}))),
        (
            _,
            "messages" | "messages/last" | "codes/last" | "inbound" | "faults" | "accounts"
            | "numbers" | "fates" | "clock" | "usage",
        ) => Err((405, "method: not one of this path; docs/sandbox.md lists them".to_owned())),
        _ => Err((404, "path: not one of the sandbox's; docs/sandbox.md lists them".to_owned())),
    }
}

/// Returns whether a request names this machine, by an address or as localhost, and comes from no other site.
fn is_local(headers: &HeaderMap) -> bool {
    let Some(host) = local_host(headers) else { return false };
    let origin = headers.get(ORIGIN).map(|origin| origin.to_str().ok());
    origin.is_none_or(|origin| origin == Some(&format!("http://{host}")))
}

/// Returns the host of a request with its port; `None` if it does not name this machine by an address or as
/// localhost.
pub(super) fn local_host(headers: &HeaderMap) -> Option<&str> {
    let host = headers.get(HOST)?.to_str().ok()?;
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    let name = name.map_or(host, |(name, _)| name);
    let address = name.trim_start_matches('[').trim_end_matches(']');
    (name == "localhost" || address.parse::<std::net::IpAddr>().is_ok()).then_some(host)
}

/// Opens an account, or changes the one that is named.
fn account(shared: &Shared, asked: AccountBody) -> Result<Response<Bytes>, Refusal> {
    let vendor = shared.vendor(&asked.provider).ok_or_else(unknown_vendor)?;
    let (provider, known) = (asked.provider.clone(), asked.id.clone());
    let status = if known.is_some() { 200 } else { 201 };
    let id = known.unwrap_or_else(|| vendor.open_account(&shared.carrier, None).id);
    let changed = shared.carrier.change_account(&provider, &id, |account| asked.apply(account));
    let changed = changed.ok_or_else(|| rule("id: must be that of an account of this sandbox"))?;
    Ok(sandbox::json(status, &account_shown(shared, &changed)))
}

fn account_shown(shared: &Shared, account: &SandboxAccount) -> Value {
    let vendor = shared.vendor(&account.provider);
    let numbers = vendor.map(|vendor| vendor.numbers(account, &shared.carrier));
    let numbers: Vec<String> =
        numbers.unwrap_or_default().iter().map(PhoneNumber::to_string).collect();
    let mut shown = json!(account);
    shown["numbers"] = numbers.into();
    shown
}

/// Answers with the code that was last sent to an address of e-mail.
fn code_by_mail(shared: &Shared, address: &str) -> Result<Response<Bytes>, Refusal> {
    let sent =
        |record: &Record| record.text("to") == Some(address) && record.text("code").is_some();
    let records = shared.carrier.records().all();
    let found = records.iter().rfind(|record| sent(record));
    let found = found.ok_or_else(|| absent("no code was sent to this address"))?;
    let (code, at) = (found.text("code"), found.created_at.to_string());
    Ok(sandbox::json(200, &json!({"code": code, "to": address, "at": at})))
}

fn unknown_vendor() -> Refusal {
    rule("provider: must be one that this sandbox speaks")
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
