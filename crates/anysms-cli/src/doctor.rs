//! Looks over a whole set-up: credentials, account, sender, clock and webhook. Sends no message.
//!
//! ```text
//! cargo run --example doctor --all-features -- --webhook-url https://example.com/hooks/twilio
//! ```
//!
//! The accounts are those of the environment: all of them, unless `--provider` or `ANYSMS_PROVIDER` names
//! one. Where there is none, a sandbox and a webhook server on this machine show what healthy looks like.
//!
//! The webhook gets three requests about a message that does not exist: a status callback signed with
//! the account's token, the same without a signature, and the same signed with another token.
//!
//! One line for each thing looked at: `ok`, `note` for what cannot be known from here, `FINDING` for what
//! should be mended. Exit code 0: no findings. 1: findings. 2: the command line or the configuration is
//! wrong.

pub(crate) mod common;
#[path = "doctor/webhook.rs"]
pub(crate) mod webhook;

use std::{env, fmt, process::ExitCode, time::Duration};

use anysms::{
    ErrorKind, Query, Sender, Timestamp,
    plivo::{PlivoConfig, PlivoDialect},
    provider::AccountState,
    sandbox::Sandbox,
    transport::{HttpTransport, ReqwestTransport},
    twilio::{TwilioConfig, TwilioDialect},
};
use bytes::Bytes;
use clap::{Parser, ValueEnum};
use common::{Client, Failure, Target, Vendor};
use jiff::fmt::rfc2822::DateTimeParser;
use serde::Serialize;

/// Most seconds that the clocks may be apart.
const MOST_SKEW: f64 = 60.0;

/// Looks over a whole set-up. Sends no message.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    target: Target,
    /// The whole address that the provider was given for its callbacks. It gets three test requests.
    #[arg(long)]
    webhook_url: Option<String>,
    /// Print JSON lines.
    #[arg(long)]
    json: bool,
}

/// One provider as it is set up.
pub(crate) struct Setup {
    pub(crate) vendor: Vendor,
    pub(crate) client: Client,
    /// Scheme and host of its API.
    pub(crate) host: String,
    pub(crate) account: String,
    /// What it signs with.
    pub(crate) token: Option<String>,
    pub(crate) sender: Option<Sender>,
    /// Lives as long as it is talked to.
    pub(crate) _sandbox: Option<Sandbox>,
}

/// One thing that was looked at.
#[derive(Serialize)]
pub(crate) struct Line {
    pub(crate) level: Level,
    pub(crate) provider: &'static str,
    pub(crate) about: &'static str,
    pub(crate) what: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    Ok,
    Note,
    Finding,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match common::arguments() {
        Ok(arguments) => match run(&arguments).await {
            Ok(0) => ExitCode::SUCCESS,
            Ok(_) => ExitCode::FAILURE,
            Err(failure) => failure.report(),
        },
        Err(code) => code,
    }
}

/// Returns how many findings there are.
async fn run(Arguments { target, webhook_url, json }: &Arguments) -> Result<usize, Failure> {
    let (vendors, sandbox) = vendors(target)?;
    if webhook_url.is_some() && vendors.len() > 1 {
        return Err(Failure::usage("--provider", "is not given, and --webhook-url is for one"));
    }
    if sandbox && !target.sandbox {
        eprintln!("no account in the environment: this is a sandbox on this machine");
    }
    let mut findings = 0;
    for vendor in vendors {
        let setup = Setup::new(vendor, target, sandbox).await?;
        let (url, _server) = match webhook_url {
            None if sandbox => {
                let (url, server) = webhook::serve(&setup).await?;
                (Some(url), Some(server))
            }
            url => (url.clone(), None),
        };
        for line in examine(&setup, url.as_deref()).await? {
            findings += usize::from(line.level == Level::Finding);
            if *json { common::print(&line) } else { println!("{line}") }
        }
    }
    Ok(findings)
}

/// Looks at everything of one provider.
pub(crate) async fn examine(setup: &Setup, url: Option<&str>) -> Result<Vec<Line>, Failure> {
    let timeout = Duration::from_secs(10);
    let transport = ReqwestTransport::builder().timeout(timeout).build()?;
    let mut lines = account(setup).await;
    lines.extend(sender(setup).await);
    lines.push(clock(setup, &transport).await);
    match url {
        Some(url) => lines.extend(webhook::examine(setup, url, &transport).await?),
        None => lines.push(setup.note("webhook", "no --webhook-url: it is not looked at")),
    }
    Ok(lines)
}

/// Those to look at, and whether a sandbox plays them.
fn vendors(target: &Target) -> Result<(Vec<Vendor>, bool), Failure> {
    let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let named = set("ANYSMS_PROVIDER").filter(|_| !target.sandbox);
    let named = named.map(|name| Vendor::from_str(&name, false)).transpose();
    let named = named.map_err(|_| Failure::usage("ANYSMS_PROVIDER", "is not twilio or plivo"))?;
    let any = |names: &[&str]| names.iter().any(|name| set(name).is_some());
    let configured =
        [(Vendor::Twilio, any(&TwilioConfig::ENV)), (Vendor::Plivo, any(&PlivoConfig::ENV))];
    let configured = configured.into_iter().filter(|(_, set)| *set && !target.sandbox);
    let configured: Vec<_> = configured.map(|(vendor, _)| vendor).collect();
    Ok(match target.provider.or(named) {
        Some(vendor) => (vec![vendor], target.sandbox),
        None if configured.is_empty() => (vec![Vendor::Twilio, Vendor::Plivo], true),
        None => (configured, false),
    })
}

impl Setup {
    async fn new(vendor: Vendor, target: &Target, sandbox: bool) -> Result<Self, Failure> {
        let base_url = target.base_url.clone();
        let target = Target { provider: Some(vendor), sandbox, base_url: base_url.clone() };
        let (client, sandbox) = Client::new(&target).await?;
        let ((account, token, sender), api, played) = match vendor {
            Vendor::Twilio => (
                ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"),
                "https://api.twilio.com",
                [TwilioDialect::ACCOUNT_SID, TwilioDialect::AUTH_TOKEN, TwilioDialect::NUMBER],
            ),
            Vendor::Plivo => (
                ("PLIVO_AUTH_ID", "PLIVO_AUTH_TOKEN", "PLIVO_FROM"),
                "https://api.plivo.com",
                [PlivoDialect::AUTH_ID, PlivoDialect::AUTH_TOKEN, PlivoDialect::NUMBER],
            ),
        };
        let get = |name: &str, own: &str| match &sandbox {
            Some(_) => Some(own.to_owned()),
            None => env::var(name).ok().filter(|value| !value.is_empty()),
        };
        Ok(Self {
            vendor,
            client,
            host: sandbox.as_ref().map(Sandbox::base_url).or(base_url).unwrap_or(api.to_owned()),
            account: get(account, played[0]).unwrap_or_default(),
            token: get(token, played[1]),
            sender: get(sender, played[2]).and_then(|sender| sender.parse().ok()),
            _sandbox: sandbox,
        })
    }

    pub(crate) fn ok(&self, about: &'static str, what: impl Into<String>) -> Line {
        self.line(Level::Ok, about, what)
    }

    pub(crate) fn note(&self, about: &'static str, what: impl Into<String>) -> Line {
        self.line(Level::Note, about, what)
    }

    pub(crate) fn finding(&self, about: &'static str, what: impl Into<String>) -> Line {
        self.line(Level::Finding, about, what)
    }

    fn line(&self, level: Level, about: &'static str, what: impl Into<String>) -> Line {
        let provider = match self.vendor {
            Vendor::Twilio => "twilio",
            Vendor::Plivo => "plivo",
        };
        Line { level, provider, about, what: what.into() }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Ok => "ok",
            Level::Note => "note",
            Level::Finding => "FINDING",
        };
        write!(f, "{level:8}{}: {}: {}", self.provider, self.about, self.what)
    }
}

/// Whether the credentials are alive, and the account may work.
async fn account(setup: &Setup) -> Vec<Line> {
    let account = match setup.client.provider().check().await {
        Ok(account) => account,
        Err(error) if error.kind() == ErrorKind::Credentials => {
            return vec![setup.finding("credentials", format!("are refused: {error}"))];
        }
        Err(error) => {
            return vec![setup.finding("credentials", format!("cannot be asked about: {error}"))];
        }
    };
    let mut lines = vec![setup.ok("credentials", "are accepted")];
    lines.push(match account.state {
        AccountState::Active => setup.ok("account", "is active"),
        AccountState::Suspended => setup.finding("account", "is suspended"),
        AccountState::Closed => setup.finding("account", "is closed"),
        _ => setup.note("account", "is in a state that is not known here"),
    });
    if account.kind.is_some_and(|kind| kind.eq_ignore_ascii_case("trial")) {
        lines.push(setup.note("account", "is a trial: it sends to verified numbers only"));
    }
    lines.push(match account.balance {
        Some(balance) if balance.amount <= anysms::Decimal::ZERO => {
            setup.finding("balance", format!("is used up: {balance}"))
        }
        Some(balance) => setup.ok("balance", format!("is {balance}")),
        None => setup.note("balance", "is not said here: the provider's console shows it"),
    });
    lines
}

/// Whether the default sender can be one, and what became of the last message from it: whether it may
/// send is known for certain only by sending.
async fn sender(setup: &Setup) -> Vec<Line> {
    let Some(sender) = &setup.sender else {
        return vec![setup.note("sender", "none is configured: every message must name its own")];
    };
    let plivo = matches!(setup.vendor, Vendor::Plivo);
    let form = match sender {
        Sender::Number(_) => setup.ok("sender", "is a phone number"),
        Sender::ShortCode(_) => setup.note("sender", "is a short code: known in one country only"),
        Sender::Alphanumeric(name) if plivo && !name.is_plain() => setup
            .finding("sender", "is a name with other than letters and digits: Plivo refuses it"),
        Sender::Alphanumeric(_) => {
            let what = "is a name: nobody can reply, and some countries refuse names";
            setup.note("sender", what)
        }
        Sender::Pool(pool) if plivo == pool.as_str().starts_with("MG") => {
            setup.finding("sender", "is a pool of another provider")
        }
        Sender::Pool(_) => setup.ok("sender", "is a pool"),
        _ => setup.note("sender", "is of a sort that is not known here"),
    };
    let mut query = Query::new().with_from(sender.clone());
    query.page_size = Some(1);
    let unknown = "whether it may send is known only by sending";
    let last = match setup.client.provider().list(&query).await {
        Err(_) => setup.note("sender", format!("its messages cannot be listed; {unknown}")),
        Ok(page) => match page.items.first() {
            None => setup.note("sender", format!("no message from it is listed; {unknown}")),
            Some(last) => match last.failure.as_ref().map(|failure| failure.kind) {
                Some(kind @ (ErrorKind::InvalidSender | ErrorKind::UnregisteredSender)) => {
                    setup.finding("sender", format!("its last message failed for it: {kind}"))
                }
                Some(kind) => setup.note("sender", format!("its last message failed: {kind}")),
                None => setup.ok("sender", format!("its last message is {}", last.status)),
            },
        },
    };
    vec![form, last]
}

/// Whether this machine's clock goes as the provider's.
async fn clock(setup: &Setup, transport: &ReqwestTransport) -> Line {
    let before = Timestamp::now();
    let Ok(request) = http::Request::get(format!("{}/", setup.host)).body(Bytes::new()) else {
        return setup.finding("clock", "the API's address is malformed");
    };
    let answer = match transport.execute(request).await {
        Ok(answer) => answer,
        Err(error) => return setup.finding("clock", format!("the API: {}", webhook::why(&error))),
    };
    let date = answer.headers().get(http::header::DATE).and_then(|date| date.to_str().ok());
    let date = date.and_then(|date| DateTimeParser::new().parse_timestamp(date).ok());
    let Some(date) = date else { return setup.note("clock", "the API does not say its time") };
    let middle = (before.duration_since(date) + Timestamp::now().duration_since(date)) / 2;
    let ahead = middle.as_secs_f64() - 0.5; // the API says whole seconds that have passed
    let way = if ahead > 0.0 { "ahead of" } else { "behind" };
    let what = format!("is {:.0} s {way} the API's", ahead.abs());
    match ahead.abs() {
        skew if skew > MOST_SKEW => setup.finding("clock", what),
        _ => setup.ok("clock", "goes as the API's does"),
    }
}
