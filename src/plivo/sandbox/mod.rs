//! [`PlivoSandbox`]: Plivo's half of the sandbox.
//!
//! It validates what Plivo validates before it answers; what Plivo finds out later (opt-out, too
//! long) becomes a failed message. The texts of the errors are this crate's own, but for those that
//! are known.
//!
//! What belongs here: reading a request (`call`), what most products have in common (`resource`), and one file for
//! each product that has rules of its own. Any sender passes that no other account has, and so does any Powerpack
//! until the account has made one, so that a program's own settings work here as they are.

mod account;
mod call;
mod hook;
mod inbox;
mod media;
mod message;
mod number;
mod powerpack;
mod registration;
mod resource;
mod submit;
mod verify;

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde_json::json;

use crate::{
    message::{MessageStatus, WebUrl},
    number::PhoneNumber,
    plivo::{PLIVO, PlivoConfig, PlivoWebhook},
    provider_id::ProviderId,
    random,
    sandbox::{
        self, Ask, Callback, Carried, Carrier, Fate, Inbound, Sandbox, SandboxAccount,
        SandboxVendor, Step,
    },
    text::LengthLimit,
    webhook::PublicUrl,
};
use call::Call;

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
type Refusal = (u16, String);

fn refusal(status: u16, words: &str) -> Refusal {
    (status, words.to_owned())
}

fn not_found() -> Refusal {
    refusal(404, "not found")
}

impl SandboxVendor for PlivoSandbox {
    fn provider(&self) -> ProviderId {
        PLIVO
    }

    fn speaks(&self, ask: &Ask<'_>) -> bool {
        let (host, path) = call::address(ask);
        host.is_some()
            || ["/v1/Account/", "/v1/Number/"].iter().any(|start| path.starts_with(start))
    }

    fn open_account(&self, carrier: &Carrier, known: Option<(&str, &str)>) -> SandboxAccount {
        account::open(carrier, known)
    }

    fn open(&self, carrier: &Carrier) -> SandboxAccount {
        account::open(carrier, Some((Self::AUTH_ID, Self::AUTH_TOKEN)))
    }

    fn numbers(&self, account: &SandboxAccount, carrier: &Carrier) -> Vec<PhoneNumber> {
        number::all(carrier, account)
    }

    fn give_number(
        &self,
        account: &SandboxAccount,
        number: PhoneNumber,
        carrier: &Carrier,
    ) -> bool {
        let free = number::owner(carrier, &number.digits().to_string()).is_none();
        if free {
            number::keep(carrier, account, &number.to_string(), None);
        }
        free
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
                refused(refusal(status, &reason.to_lowercase()))
            }
            _ => sandbox::html(status), // not from Plivo but from what is in front of it
        }
    }

    fn answer(&self, ask: &Ask<'_>, carrier: &Carrier) -> Response<Bytes> {
        route(ask, carrier).unwrap_or_else(refused)
    }

    fn timeline(&self, message: &Carried, fate: Fate) -> Vec<Step> {
        // Plivo takes a text that is too long, or whose recipient opted out, and fails it afterwards.
        let too_long = LengthLimit::PLIVO.excess(&message.text) > 0;
        let fate = match (too_long, message.error_code) {
            (true, _) => Fate::Failed(110),
            (false, Some(code)) => Fate::Failed(code),
            (false, None) => fate,
        };
        let mut steps = Step::to_fate(fate);
        steps.insert(0, Step::to(MessageStatus::Queued));
        steps
    }

    fn report(&self, message: &Carried, carrier: &Carrier) -> Option<Request<Bytes>> {
        hook::report(message, carrier)
    }

    fn take_in(&self, message: &Inbound, carrier: &Carrier) -> Carried {
        inbox::take_in(message, carrier)
    }

    fn webhook(&self, message: &Carried, carrier: &Carrier) -> Option<Callback> {
        hook::of_number(message, carrier)
    }

    fn inbound(
        &self,
        message: &Carried,
        webhook: &Callback,
        carrier: &Carrier,
    ) -> Option<Request<Bytes>> {
        hook::inbound(message, webhook, carrier)
    }

    fn obey(
        &self,
        message: &Carried,
        _: &Callback,
        answer: &Response<Bytes>,
        carrier: &Carrier,
    ) -> Option<Callback> {
        inbox::obey(message, answer, carrier);
        None
    }

    fn patience(&self, _: &WebUrl) -> Duration {
        Duration::from_secs(8)
    }

    fn again(&self, _: &WebUrl, calls: u32, answer: Option<u16>) -> Option<Duration> {
        let taken = answer.is_some_and(|status| (200..300).contains(&status));
        // One, two and four minutes after each other.
        (!taken && calls <= 3).then(|| Duration::from_secs(60 << (calls - 1)))
    }
}

/// Returns the answer without credentials, which Plivo gives in plain text.
fn not_signed_in() -> Response<Bytes> {
    let text = "Could not verify your access level for that URL.";
    let mut response = Response::new(Bytes::from_static(text.as_bytes()));
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    response
}

fn refused((status, error): Refusal) -> Response<Bytes> {
    if status == 401 {
        return not_signed_in();
    }
    sandbox::json(status, &json!({"api_id": new_uuid(), "error": error}))
}

fn route(ask: &Ask<'_>, carrier: &Carrier) -> Result<Response<Bytes>, Refusal> {
    let (_, path) = call::address(ask);
    if let Some(number) = path.strip_prefix("/v1/Number/") {
        let account = call::sign_in(ask, carrier)?;
        return number::look_up(ask, number.trim_end_matches('/'), &account, carrier);
    }
    let call = Call::read(ask, carrier)?;
    let parts: Vec<&str> = call.parts.iter().map(String::as_str).collect();
    match (call.ask.method.as_str(), parts.as_slice()) {
        ("GET" | "POST", []) => account::answer(&call),
        (_, ["Subaccount", rest @ ..]) => account::subaccounts(&call, rest),
        (_, ["Message", rest @ ..]) => message::answer(&call, rest),
        (_, ["Media", rest @ ..]) => media::answer(&call, rest),
        ("GET", ["Pricing"]) => number::pricing(&call),
        (_, ["PhoneNumber", rest @ ..]) => number::market(&call, rest),
        (_, ["Number", rest @ ..]) => number::own(&call, rest),
        (_, ["Powerpack" | "NumberPool", ..]) => powerpack::answer(&call, &parts),
        (_, ["Verify", "Session", rest @ ..]) => verify::answer(&call, rest),
        (_, ["Application", rest @ ..]) => resource::answer(&call, &resource::APPLICATION, rest),
        (_, ["Profile" | "10dlc" | "TollfreeVerification", ..]) => {
            registration::answer(&call, &parts)
        }
        _ => Err(not_found()),
    }
}

/// Returns a number without its plus, as Plivo writes it.
fn plain(number: &str) -> &str {
    number.trim_start_matches('+')
}

fn new_uuid() -> String {
    random::uuid().to_string()
}

/// Returns an id of so many letters and digits after a prefix.
fn new_id(prefix: &str, length: usize) -> String {
    let digits = format!("{:032X}{:032X}", random::uuid().as_u128(), random::uuid().as_u128());
    format!("{prefix}{}", &digits[..length])
}
