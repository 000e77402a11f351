//! [`TwilioSandbox`]: Twilio's half of the sandbox.
//!
//! It validates what Twilio validates, with Twilio's codes, its test credentials' magic numbers
//! (`+1500555000x`) among them. The texts of the errors are this crate's own.
//!
//! What belongs here: reading a request (`call`), what all products have in common (`resource`, by the table in
//! `rest`), and one file for each product. Two things are easier than at Twilio, so that a program's own settings
//! work here as they are: any sender passes that no other account has, and so does any Messaging Service until the
//! account has made one.

mod account;
mod call;
mod conversation;
mod hook;
mod inbox;
mod lookup;
mod message;
mod number;
mod pricing;
mod registration;
mod resource;
mod rest;
mod service;
mod submit;
#[cfg(test)]
mod tests;
mod usage;
mod verify;

use std::{borrow::Cow, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use serde_json::json;

use crate::{
    error::ErrorKind,
    message::{MessageStatus, WebUrl},
    number::PhoneNumber,
    provider_id::ProviderId,
    random,
    sandbox::{
        self, Ask, Callback, Carried, Carrier, Fate, Inbound, Sandbox, SandboxAccount,
        SandboxVendor, Step,
    },
    twilio::{TWILIO, TwilioConfig, TwilioWebhook, error_help, error_kind},
    webhook::PublicUrl,
};
use call::Call;
use rest::API;

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
        let mut config = Self::new(TwilioSandbox::ACCOUNT_SID, TwilioSandbox::AUTH_TOKEN)
            .with_base_url(sandbox.base_url());
        config.names_hosts = true;
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
type Refusal = (u16, u32, Cow<'static, str>);

const NOT_FOUND: Refusal = (404, 20404, Cow::Borrowed("The requested resource was not found"));

const fn refusal(status: u16, code: u32, words: &'static str) -> Refusal {
    (status, code, Cow::Borrowed(words))
}

impl SandboxVendor for TwilioSandbox {
    fn provider(&self) -> ProviderId {
        TWILIO
    }

    fn speaks(&self, ask: &Ask<'_>) -> bool {
        let (host, path) = call::address(ask);
        host.is_some()
            || path.starts_with(call::OF_2010)
            || lookup_of_first_version(None, path).is_some()
            || API.knows(None, path)
    }

    fn open_account(&self, carrier: &Carrier, known: Option<(&str, &str)>) -> SandboxAccount {
        account::open(carrier, known)
    }

    fn open(&self, carrier: &Carrier) -> SandboxAccount {
        account::open(carrier, Some((Self::ACCOUNT_SID, Self::AUTH_TOKEN)))
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
        let free = number::owner(carrier, &number.to_string()).is_none();
        if free {
            number::keep(carrier, account, &number.to_string(), &[]);
        }
        free
    }

    fn submission(&self, ask: &Ask<'_>) -> Option<Vec<PhoneNumber>> {
        let path = ask.uri.path();
        let submits = ask.method == Method::POST && path.ends_with("/Messages.json");
        let to = submits.then(|| call::get(&ask.form(), "To").and_then(submit::number));
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
        with_request_id(refused((status, code, reason.unwrap_or_default().into())))
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

    fn signed_text(&self, request: &Request<Bytes>) -> Option<String> {
        hook::signed_text(request)
    }

    fn error_help(&self, code: u32) -> (ErrorKind, String) {
        (error_kind(code), error_help(code))
    }

    fn obey(
        &self,
        message: &Carried,
        webhook: &Callback,
        answer: &Response<Bytes>,
        carrier: &Carrier,
    ) -> Option<Callback> {
        inbox::obey(message, webhook, answer, carrier)
    }

    fn patience(&self, url: &WebUrl) -> Duration {
        hook::patience(url)
    }

    fn again(&self, url: &WebUrl, calls: u32, answer: Option<u16>) -> Option<Duration> {
        hook::again(url, calls, answer)
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
    let (host, path) = call::address(ask);
    if let Some(number) = lookup_of_first_version(host, path) {
        let (account, _) = call::sign_in(ask, carrier)?;
        let number = percent_encoding::percent_decode_str(number).decode_utf8_lossy();
        return lookup::first_version(ask, &number, &account, carrier);
    }
    let call = Call::read(ask, carrier)?;
    let own = match call.operation.host.as_str() {
        "api.twilio.com" => of_2010(&call),
        "conversations.twilio.com" => conversation::answer(&call),
        "lookups.twilio.com" => lookup::answer(&call),
        "messaging.twilio.com" => service::answer(&call).or_else(|| registration::answer(&call)),
        "pricing.twilio.com" => Some(pricing::answer(&call)),
        "verify.twilio.com" => verify::answer(&call),
        _ => None,
    };
    let answer = own.unwrap_or_else(|| resource::answer(&call));
    usage::fire(carrier, &call.account.id);
    answer
}

/// Answers what the API of 2010 has rules of its own for; `None` if it has none for it.
fn of_2010(call: &Call<'_>) -> Option<Result<Response<Bytes>, Refusal>> {
    let path = call.operation.path.trim_start_matches("/2010-04-01/Accounts");
    let path = path.strip_prefix("/{AccountSid}").unwrap_or(path).trim_end_matches(".json");
    let post = call.ask.method == Method::POST;
    let first = path.split('/').nth(1).unwrap_or_default();
    Some(match (first, path) {
        ("" | "{Sid}", _) => account::answer(call),
        ("Balance", _) => account::balance(call),
        ("Messages", _) => message::answer(call),
        ("AvailablePhoneNumbers", _) => number::available(call),
        (
            _,
            "/IncomingPhoneNumbers"
            | "/IncomingPhoneNumbers/Local"
            | "/IncomingPhoneNumbers/Mobile"
            | "/IncomingPhoneNumbers/TollFree",
        ) if post => number::buy(call),
        (
            _,
            "/IncomingPhoneNumbers/Local"
            | "/IncomingPhoneNumbers/Mobile"
            | "/IncomingPhoneNumbers/TollFree",
        ) => Ok(number::of_kind(call)),
        (_, "/IncomingPhoneNumbers/{Sid}") if post => number::update(call),
        (_, "/IncomingPhoneNumbers/{Sid}") if call.ask.method == Method::DELETE => {
            number::release(call)
        }
        ("Keys" | "SigningKeys", "/Keys" | "/SigningKeys") if post => {
            let mut fields = resource::fields(call);
            fields.insert("secret".to_owned(), random::uuid().simple().to_string().into());
            resource::create(call, fields).map(|record| resource::shown(call, &record))
        }
        ("Usage", _) if path.starts_with("/Usage/Triggers") => usage::triggers(call),
        ("Usage", _) => Ok(usage::records(call)),
        _ => return None,
    })
}

/// Returns the number that a request to the first version of Lookup asks for.
fn lookup_of_first_version<'a>(host: Option<&str>, path: &'a str) -> Option<&'a str> {
    let of_lookup = host.is_none_or(|host| host.starts_with("lookups."));
    let number = path.strip_prefix("/v1/PhoneNumbers/").filter(|_| of_lookup)?;
    (!number.contains('/') && number != "Countries").then_some(number)
}
