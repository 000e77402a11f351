//! [`TwilioConfig`]: an account, its credentials and the region.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::{
    env::{self, Vars},
    error::{Error, ErrorKind, Result},
    message::{AccountId, Sender},
    transport::{BaseUrl, api::set_in_code},
    twilio::{TWILIO, product::Hosts},
    webhook::KeyRing,
};

/// Configuration of a client: an account, its credentials, and the region.
///
/// White space around a secret, such as the line end of the file it was read from, is no part of it. It can be
/// deserialized, but for `base_url` and `allow_custom_host`, which are refused there: only code names hosts.
///
/// ```
/// use anysms::twilio::TwilioConfig;
///
/// let config = TwilioConfig::new("AC00000000000000000000000000000001", "token")
///     .with_api_key("SK00000000000000000000000000000001", "secret")
///     .with_region("ie1", "dublin")
///     .with_sender("+447700900123".parse()?);
/// assert!(!format!("{config:?}").contains("secret"));
/// # Ok::<(), anysms::message::SenderError>(())
/// ```
///
/// Read it from a file:
///
/// ```
/// use anysms::twilio::TwilioConfig;
///
/// let file = r#"{
///     "account_sid": "AC00000000000000000000000000000001",
///     "auth_token": "token",
///     "sender": "+15555550100"
/// }"#;
/// let config: TwilioConfig = serde_json::from_str(file)?;
/// assert!(!format!("{config:?}").contains("token"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct TwilioConfig {
    pub(super) account_sid: String,
    #[serde(default)]
    auth_token: Option<SecretString>,
    #[serde(default)]
    api_key: Option<String>,
    #[serde(default)]
    api_key_secret: Option<SecretString>,
    #[serde(default)]
    region: Option<String>,
    #[serde(default)]
    edge: Option<String>,
    #[serde(default)]
    pub(super) sender: Option<Sender>,
    /// Only code names hosts: a configuration that somebody else wrote would send the credentials elsewhere, or
    /// requests into the program's own network.
    #[serde(default, deserialize_with = "set_in_code")]
    base_url: Option<String>,
    #[serde(default, deserialize_with = "set_in_code")]
    allow_custom_host: bool,
    #[serde(default)]
    pub(super) sender_per_message: bool,
}

impl TwilioConfig {
    /// The environment variables that [`TwilioConfig::from_env`] reads.
    pub const ENV: [&str; 8] = [
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
        "TWILIO_API_KEY",
        "TWILIO_API_SECRET",
        "TWILIO_REGION",
        "TWILIO_EDGE",
        "TWILIO_FROM",
        "TWILIO_PHONE_NUMBER",
    ];

    /// Takes an Account SID (`AC` and 32 hex digits) and its auth token.
    #[must_use]
    pub fn new(account_sid: impl Into<String>, auth_token: impl Into<String>) -> Self {
        Self {
            account_sid: account_sid.into(),
            auth_token: Some(SecretString::from(auth_token.into())),
            api_key: None,
            api_key_secret: None,
            region: None,
            edge: None,
            sender: None,
            base_url: None,
            allow_custom_host: false,
            sender_per_message: false,
        }
    }

    /// Reads the environment: `TWILIO_ACCOUNT_SID`; either `TWILIO_AUTH_TOKEN` or both `TWILIO_API_KEY` and
    /// `TWILIO_API_SECRET`; and if wanted `TWILIO_REGION`, `TWILIO_EDGE` and `TWILIO_FROM` or
    /// `TWILIO_PHONE_NUMBER`, the default sender (a number, a short code, a name or an `MG…` service).
    ///
    /// # Errors
    /// `Config`: one error that names every variable that is missing or malformed, never its value.
    pub fn from_env() -> Result<Self> {
        Self::from_vars(&env::process)
    }

    pub(super) fn from_vars(get: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let mut vars = Vars::new(get);
        let account_sid = vars.required("TWILIO_ACCOUNT_SID");
        if !account_sid.is_empty() && !is_sid(&account_sid, "AC") {
            vars.problem("TWILIO_ACCOUNT_SID", "must be AC and 32 hex digits");
        }
        let api_key = vars.optional("TWILIO_API_KEY");
        let api_key_secret = match &api_key {
            Some(key) => {
                if !is_sid(key, "SK") {
                    vars.problem("TWILIO_API_KEY", "must be SK and 32 hex digits");
                }
                Some(vars.required("TWILIO_API_SECRET"))
            }
            None => vars.optional("TWILIO_API_SECRET"),
        };
        let auth_token = match (&api_key, &api_key_secret) {
            (None, Some(_)) => {
                vars.problem("TWILIO_API_KEY", "is not set, but its secret is");
                None
            }
            (Some(_), _) => vars.optional("TWILIO_AUTH_TOKEN"),
            (None, None) => Some(vars.required("TWILIO_AUTH_TOKEN")),
        };
        let (region, edge) = (vars.optional("TWILIO_REGION"), vars.optional("TWILIO_EDGE"));
        if region.is_some() && edge.is_none() {
            vars.problem("TWILIO_EDGE", "is not set, but a region needs one");
        }
        for (name, part) in [("TWILIO_REGION", &region), ("TWILIO_EDGE", &edge)] {
            if part.as_deref().is_some_and(|part| !is_host_label(part)) {
                vars.problem(name, "must be lower-case letters, digits and -");
            }
        }
        let sender = vars.sender(["TWILIO_FROM", "TWILIO_PHONE_NUMBER"]);
        vars.finish(&TWILIO)?;
        Ok(Self {
            account_sid,
            auth_token: auth_token.map(SecretString::from),
            api_key,
            api_key_secret: api_key_secret.map(SecretString::from),
            region,
            edge,
            sender,
            base_url: None,
            allow_custom_host: false,
            sender_per_message: false,
        })
    }

    /// Signs in with an API key (`SK` and 32 hex digits) in place of the auth token.
    #[must_use]
    pub fn with_api_key(mut self, key: impl Into<String>, secret: impl Into<String>) -> Self {
        self.api_key = Some(key.into());
        self.api_key_secret = Some(SecretString::from(secret.into()));
        self
    }

    /// Processes messages in a region, entered at an edge, such as `ie1` and `dublin`. Credentials
    /// belong to a region. A region alone no longer has a host (Twilio, 2026-04-28).
    #[must_use]
    pub fn with_region(mut self, region: impl Into<String>, edge: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self.edge = Some(edge.into());
        self
    }

    /// Enters Twilio's network at an edge, such as `frankfurt`.
    #[must_use]
    pub fn with_edge(mut self, edge: impl Into<String>) -> Self {
        self.edge = Some(edge.into());
        self
    }

    /// Sets the sender of messages that name none themselves.
    #[must_use]
    pub fn with_sender(mut self, sender: Sender) -> Self {
        self.sender = Some(sender);
        self
    }

    /// Says that there is no default sender because every message names its own:
    /// [`check`](crate::SmsProvider::check) does not ask for one then.
    #[must_use]
    pub fn with_sender_per_message(mut self) -> Self {
        self.sender_per_message = true;
        self
    }

    /// Calls a test host in place of Twilio: scheme, host and port of a loopback address.
    #[must_use]
    pub fn with_base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Lets the base URL name any https host, such as a gateway of one's own. **That host receives
    /// the credentials.**
    #[must_use]
    pub fn allow_custom_host(mut self) -> Self {
        self.allow_custom_host = true;
        self
    }

    /// Returns the configuration of another account in the same region and at the same host, without a sender.
    pub(super) fn of_account(&self, account_sid: &str, auth_token: &str) -> Self {
        Self {
            region: self.region.clone(),
            edge: self.edge.clone(),
            base_url: self.base_url.clone(),
            allow_custom_host: self.allow_custom_host,
            ..Self::new(account_sid, auth_token)
        }
    }

    /// Returns the user name and the password of HTTP Basic, the API key's if there is one.
    pub(super) fn credentials(&self) -> Result<(&str, &str)> {
        let missing = || refuse("credentials: needs an auth token, or an API key and its secret");
        let pair = match (&self.api_key, &self.api_key_secret, &self.auth_token) {
            (Some(key), Some(secret), _) => (key.trim(), secret.expose_secret().trim()),
            (None, None, Some(token)) => (self.account_sid.as_str(), token.expose_secret().trim()),
            _ => return Err(missing()),
        };
        if pair.0.is_empty() || pair.1.is_empty() {
            return Err(missing());
        }
        if pair.0.contains(char::is_control) || pair.1.contains(char::is_control) {
            return Err(refuse("credentials: have a line end or another control character inside"));
        }
        Ok(pair)
    }

    pub(super) fn uses_api_key(&self) -> bool {
        self.api_key.is_some()
    }

    /// Returns the keys of webhooks; `None` without an auth token.
    pub(super) fn webhook_keys(&self) -> Result<Option<KeyRing>> {
        self.auth_token.as_ref().map(|token| KeyRing::new(token.expose_secret())).transpose()
    }

    /// Returns the hosts of Twilio's products.
    pub(super) fn hosts(&self) -> Result<Hosts> {
        if !is_sid(&self.account_sid, "AC") {
            return Err(refuse("account sid: must be AC and 32 hex digits"));
        }
        if let Some(url) = &self.base_url {
            let base = BaseUrl::custom(url, self.allow_custom_host);
            return base.map(Hosts::One).map_err(|error| error.with_provider(TWILIO));
        }
        if self.region.is_some() && self.edge.is_none() {
            return Err(refuse("region: needs an edge"));
        }
        let labels = [self.edge.as_deref(), self.region.as_deref()];
        if labels.into_iter().flatten().any(|label| !is_host_label(label)) {
            return Err(refuse("region and edge: must be lower-case letters, digits and -"));
        }
        Ok(Hosts::Twilio { edge: self.edge.clone(), region: self.region.clone() })
    }
}

impl fmt::Debug for TwilioConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwilioConfig")
            .field("account_sid", &AccountId::from(&*self.account_sid))
            .field("api_key", &self.api_key.as_deref().map(AccountId::from))
            .field("region", &self.region)
            .field("edge", &self.edge)
            .field("sender", &self.sender)
            .finish_non_exhaustive()
    }
}

/// Applies Twilio's rule for edges and regions: `product[.edge][.region].domain`, with what the host already
/// names kept unless it is given anew, and `us1` where only an edge is known.
pub(super) fn host(host: &str, edge: Option<&str>, region: Option<&str>) -> String {
    if edge.is_none() && region.is_none() {
        return host.to_owned();
    }
    let labels: Vec<&str> = host.split('.').collect();
    let (product, named_edge, named_region, domain) = match *labels.as_slice() {
        [product, a, b] => (product, None, None, [a, b]),
        [product, region, a, b] => (product, None, Some(region), [a, b]),
        [product, edge, region, a, b] => (product, Some(edge), Some(region), [a, b]),
        _ => return host.to_owned(),
    };
    let edge = edge.or(named_edge);
    let region = region.or(named_region).or(edge.map(|_| "us1"));
    let parts = [Some(product), edge, region, Some(domain[0]), Some(domain[1])];
    parts.into_iter().flatten().collect::<Vec<_>>().join(".")
}

/// Returns whether a text is a Twilio id: two letters and 32 hex digits.
pub(super) fn is_sid(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|hex| hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn is_host_label(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=63).contains(&text.len()) && text.bytes().all(allowed)
}

fn refuse(detail: &'static str) -> Error {
    Error::not_sent(ErrorKind::Config).with_provider(TWILIO).with_detail(detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SID: &str = "AC00000000000000000000000000000001";
    const KEY: &str = "SK00000000000000000000000000000001";

    fn from(pairs: &[(&str, &str)]) -> Result<TwilioConfig> {
        TwilioConfig::from_vars(&|name| {
            pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn one_error_names_everything_that_is_wrong() {
        let error = from(&[
            ("TWILIO_ACCOUNT_SID", "AC_CANARY"),
            ("TWILIO_REGION", "ie1"),
            ("TWILIO_FROM", "CANARY number"),
        ])
        .unwrap_err();
        let text = error.to_string();
        for name in ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_EDGE", "TWILIO_FROM"] {
            assert!(text.contains(name), "{name} in {text}");
        }
        assert!(!text.contains("CANARY"));
        assert_eq!(error.kind(), ErrorKind::Config);
    }

    #[test]
    fn a_key_needs_its_secret_and_no_token() {
        assert!(from(&[("TWILIO_ACCOUNT_SID", SID), ("TWILIO_API_KEY", KEY)]).is_err());
        let secret = ("TWILIO_API_SECRET", "s");
        assert!(from(&[("TWILIO_ACCOUNT_SID", SID), secret]).is_err());
        let config = from(&[("TWILIO_ACCOUNT_SID", SID), ("TWILIO_API_KEY", KEY), secret]).unwrap();
        assert_eq!(config.credentials().unwrap(), (KEY, "s"));
        let config = from(&[("TWILIO_ACCOUNT_SID", SID), ("TWILIO_AUTH_TOKEN", "t")]).unwrap();
        assert_eq!(config.credentials().unwrap(), (SID, "t"));
        assert!(from(&[("TWILIO_ACCOUNT_SID", SID), ("TWILIO_AUTH_TOKEN", "t ")]).is_err());
    }

    #[test]
    fn the_sender_has_two_names() {
        let account = [("TWILIO_ACCOUNT_SID", SID), ("TWILIO_AUTH_TOKEN", "t")];
        let with = |more: &[(&str, &str)]| from(&[&account[..], more].concat());
        let (one, other) = ("+15555550100", "+15555550101");
        for set in [
            &[("TWILIO_FROM", one)][..],
            &[("TWILIO_PHONE_NUMBER", one)],
            &[("TWILIO_FROM", one), ("TWILIO_PHONE_NUMBER", one)],
        ] {
            assert_eq!(with(set).unwrap().sender, one.parse().ok(), "{set:?}");
        }
        let error = with(&[("TWILIO_FROM", one), ("TWILIO_PHONE_NUMBER", other)]).unwrap_err();
        assert!(error.to_string().contains("TWILIO_PHONE_NUMBER differs"), "{error}");
        assert_eq!(with(&[]).unwrap().sender, None);
    }

    #[test]
    fn hosts_follow_twilios_own_rule() {
        let rows: Vec<serde_json::Value> =
            serde_json::from_str(include_str!("../../tests/data/twilio/host_rewrite.json"))
                .unwrap();
        assert_eq!(rows.len(), 42);
        for row in rows {
            let host_of = |name: &str| {
                let uri: http::Uri = row[name].as_str().unwrap().parse().unwrap();
                uri.host().unwrap().to_owned()
            };
            let answer = host(&host_of("url"), row["edge"].as_str(), row["region"].as_str());
            assert_eq!(answer, host_of("expected"), "{row}");
        }
    }
}
