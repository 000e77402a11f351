//! [`PlivoConfig`]: an account and its credentials.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::{
    env::{self, Vars},
    error::{Error, ErrorKind, Result},
    message::{AccountId, Sender},
    plivo::PLIVO,
    transport::{BaseUrl, api::set_in_code},
    webhook::KeyRing,
};

/// Configuration of a client: an account or a subaccount, and its token.
///
/// White space around the token, such as the line end of the file it was read from, is no part of it. It can be
/// deserialized, but for `base_url` and `allow_custom_host`, which are refused there: only code names hosts.
///
/// ```
/// use anysms::plivo::PlivoConfig;
///
/// let config = PlivoConfig::new("MA000000000000000001", "token").with_sender("ACME".parse()?);
/// assert!(!format!("{config:?}").contains("token"));
/// # Ok::<(), anysms::message::SenderError>(())
/// ```
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct PlivoConfig {
    pub(super) auth_id: String,
    auth_token: SecretString,
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

impl PlivoConfig {
    /// The environment variables that [`PlivoConfig::from_env`] reads.
    pub const ENV: [&str; 4] =
        ["PLIVO_AUTH_ID", "PLIVO_AUTH_TOKEN", "PLIVO_FROM", "PLIVO_SOURCE_NUMBER"];

    /// Takes an Auth ID, of an account (`MA…`) or a subaccount (`SA…`, both 20 characters), and its token.
    #[must_use]
    pub fn new(auth_id: impl Into<String>, auth_token: impl Into<String>) -> Self {
        Self {
            auth_id: auth_id.into(),
            auth_token: SecretString::from(auth_token.into()),
            sender: None,
            base_url: None,
            allow_custom_host: false,
            sender_per_message: false,
        }
    }

    /// Reads the environment: `PLIVO_AUTH_ID`, `PLIVO_AUTH_TOKEN`, and if wanted `PLIVO_FROM` or
    /// `PLIVO_SOURCE_NUMBER`, the default sender (a number, a short code, a name or a Powerpack's UUID).
    ///
    /// # Errors
    /// `Config`: one error that names every variable that is missing or malformed, never its value.
    pub fn from_env() -> Result<Self> {
        Self::from_vars(&env::process)
    }

    pub(super) fn from_vars(get: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let mut vars = Vars::new(get);
        let auth_id = vars.required("PLIVO_AUTH_ID");
        if !auth_id.is_empty() && !is_auth_id(&auth_id) {
            vars.problem("PLIVO_AUTH_ID", AUTH_ID_RULE);
        }
        let auth_token = vars.required("PLIVO_AUTH_TOKEN");
        let sender = vars.sender(["PLIVO_FROM", "PLIVO_SOURCE_NUMBER"]);
        vars.finish(&PLIVO)?;
        let mut config = Self::new(auth_id, auth_token);
        config.sender = sender;
        Ok(config)
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

    /// Calls a test host in place of Plivo: scheme, host and port of a loopback address.
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

    /// Returns the configuration of another account at the same host, without a sender.
    pub(super) fn of_account(&self, auth_id: &str, auth_token: &str) -> Self {
        Self {
            base_url: self.base_url.clone(),
            allow_custom_host: self.allow_custom_host,
            ..Self::new(auth_id, auth_token)
        }
    }

    /// Returns the user name and the password of HTTP Basic.
    pub(super) fn credentials(&self) -> Result<(&str, &str)> {
        let token = self.auth_token.expose_secret().trim();
        if token.is_empty() {
            return Err(refuse("auth token: is empty"));
        }
        if token.contains(char::is_control) {
            return Err(refuse("auth token: has a line end or another control character inside"));
        }
        Ok((&self.auth_id, token))
    }

    pub(super) fn is_subaccount(&self) -> bool {
        self.auth_id.starts_with("SA")
    }

    /// Returns the keys of webhooks.
    pub(super) fn webhook_keys(&self) -> Result<KeyRing> {
        KeyRing::new(self.auth_token.expose_secret())
    }

    pub(super) fn base(&self) -> Result<BaseUrl> {
        if !is_auth_id(&self.auth_id) {
            return Err(refuse("").with_detail(format!("auth id: {AUTH_ID_RULE}")));
        }
        match &self.base_url {
            Some(url) => BaseUrl::custom(url, self.allow_custom_host)
                .map_err(|error| error.with_provider(PLIVO)),
            None => BaseUrl::https("api.plivo.com"),
        }
    }
}

impl PlivoConfig {
    /// Returns the address of lookups: on a host of their own, or on the custom one.
    pub(super) fn lookup_base(&self) -> Result<BaseUrl> {
        match &self.base_url {
            Some(_) => self.base(),
            None => BaseUrl::https("lookup.plivo.com"),
        }
    }
}

impl fmt::Debug for PlivoConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlivoConfig")
            .field("auth_id", &AccountId::from(&*self.auth_id))
            .field("sender", &self.sender)
            .finish_non_exhaustive()
    }
}

const AUTH_ID_RULE: &str = "must be MA or SA and 18 upper-case letters and digits";

fn is_auth_id(text: &str) -> bool {
    let rest = text.strip_prefix("MA").or_else(|| text.strip_prefix("SA"));
    let allowed = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    rest.is_some_and(|rest| rest.len() == 18 && rest.bytes().all(allowed))
}

fn refuse(detail: &'static str) -> Error {
    Error::not_sent(ErrorKind::Config).with_provider(PLIVO).with_detail(detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(pairs: &[(&str, &str)]) -> Result<PlivoConfig> {
        PlivoConfig::from_vars(&|name| {
            pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_sender_has_two_names() {
        let account = [("PLIVO_AUTH_ID", "MA000000000000000001"), ("PLIVO_AUTH_TOKEN", "t")];
        for name in ["PLIVO_FROM", "PLIVO_SOURCE_NUMBER"] {
            let config = from(&[&account[..], &[(name, "+15555550100")]].concat()).unwrap();
            assert_eq!(config.sender, "+15555550100".parse().ok(), "{name}");
        }
    }

    #[test]
    fn one_error_names_everything_that_is_wrong() {
        let text = from(&[("PLIVO_AUTH_ID", "CANARY")]).unwrap_err().to_string();
        assert!(text.contains("PLIVO_AUTH_ID") && text.contains("PLIVO_AUTH_TOKEN"), "{text}");
        assert!(!text.contains("CANARY"));
        assert!(
            from(&[("PLIVO_AUTH_ID", "SA000000000000000001"), ("PLIVO_AUTH_TOKEN", "t")]).is_ok()
        );
    }
}
