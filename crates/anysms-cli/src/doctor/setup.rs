//! [`Setup`]: one provider as it is configured, and the lines about it.

use std::{env, fmt};

use anysms::{Sender, plivo::PlivoSandbox, sandbox::Sandbox, twilio::TwilioSandbox};
use serde::Serialize;

use crate::{
    failure::Failure,
    target::{Client, Target, Vendor},
};

/// One provider as it is configured.
pub(super) struct Setup {
    pub(super) vendor: Vendor,
    pub(super) client: Client,
    /// Scheme and host of its API.
    pub(super) host: String,
    pub(super) account: String,
    /// The key that callbacks are signed with.
    pub(super) token: Option<String>,
    pub(super) sender: Option<Sender>,
    /// Runs until the set-up is dropped.
    _sandbox: Option<Sandbox>,
}

/// The result of one check.
#[derive(Serialize)]
pub(super) struct Line {
    pub(super) level: Level,
    provider: &'static str,
    about: &'static str,
    what: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    Ok,
    /// Cannot be known from here.
    Note,
    /// Should be mended.
    Finding,
}

impl Setup {
    pub(super) async fn new(
        vendor: Vendor,
        target: &Target,
        sandbox: bool,
    ) -> Result<Self, Failure> {
        let base_url = target.base_url.clone();
        let target = Target { provider: Some(vendor), sandbox, base_url: base_url.clone() };
        let (client, sandbox) = Client::new(&target).await?;
        let ((account, token, sender), api, played) = match vendor {
            Vendor::Twilio => (
                ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", ["TWILIO_FROM", "TWILIO_PHONE_NUMBER"]),
                "https://api.twilio.com",
                [TwilioSandbox::ACCOUNT_SID, TwilioSandbox::AUTH_TOKEN, TwilioSandbox::NUMBER],
            ),
            Vendor::Plivo => (
                ("PLIVO_AUTH_ID", "PLIVO_AUTH_TOKEN", ["PLIVO_FROM", "PLIVO_SOURCE_NUMBER"]),
                "https://api.plivo.com",
                [PlivoSandbox::AUTH_ID, PlivoSandbox::AUTH_TOKEN, PlivoSandbox::NUMBER],
            ),
        };
        let get = |name: &str, own: &str| match &sandbox {
            Some(_) => Some(own.to_owned()),
            None => env::var(name).ok().filter(|value| !value.is_empty()),
        };
        Ok(Self {
            vendor,
            client,
            host: sandbox
                .as_ref()
                .map(|sandbox| sandbox.base_url())
                .or(base_url)
                .unwrap_or(api.to_owned()),
            account: get(account, played[0]).unwrap_or_default(),
            token: get(token, played[1]),
            sender: sender
                .iter()
                .find_map(|name| get(name, played[2]))
                .and_then(|sender| sender.parse().ok()),
            _sandbox: sandbox,
        })
    }

    pub(super) fn ok(&self, about: &'static str, what: impl Into<String>) -> Line {
        self.line(Level::Ok, about, what)
    }

    pub(super) fn note(&self, about: &'static str, what: impl Into<String>) -> Line {
        self.line(Level::Note, about, what)
    }

    pub(super) fn finding(&self, about: &'static str, what: impl Into<String>) -> Line {
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
