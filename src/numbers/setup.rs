//! [`NumberSetup`]: the settings of a number or a short code.

use crate::{
    error::{Error, ErrorKind, Result},
    message::{Text, WebUrl},
};

/// HTTP method of a webhook.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HookMethod {
    /// POST.
    #[default]
    Post,
    /// GET.
    Get,
}

impl HookMethod {
    /// Returns the method in upper case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Get => "GET",
        }
    }

    /// Reads a provider's word; what is not GET is POST, which is every provider's default.
    pub(crate) fn of_word(word: Option<&str>) -> Self {
        match word {
            Some(word) if word.eq_ignore_ascii_case("get") => Self::Get,
            _ => Self::Post,
        }
    }
}

/// Destination of messages that a number receives.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InboundRoute {
    /// Webhook, called by this method. Twilio's; at Plivo an application has it.
    Webhook(WebUrl, HookMethod),
    /// Application of the provider, by its id: Plivo's application, or Twilio's TwiML application.
    Application(String),
    /// Nowhere: the provider keeps messages and calls nobody.
    Nowhere,
}

/// Settings of a number or a short code. What is `None` stays as it is.
///
/// ```
/// use anysms::numbers::{InboundRoute, NumberSetup};
///
/// let setup = NumberSetup::new().calling("https://example.com/sms".parse()?).named("Club");
/// assert!(matches!(setup.inbound, Some(InboundRoute::Webhook(..))));
/// assert_eq!(NumberSetup::new().calling_nobody().inbound, Some(InboundRoute::Nowhere));
/// # Ok::<(), anysms::message::WebUrlError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NumberSetup {
    /// Name by which people know the number: Twilio's friendly name, at most 64 characters, or Plivo's alias. An
    /// empty text removes it.
    pub name: Option<Text>,
    /// Destination of messages that it receives. Twilio ignores it while the number is in a Messaging Service that
    /// has an inbound URL of its own.
    pub inbound: Option<InboundRoute>,
}

impl NumberSetup {
    /// Creates a setup that changes nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the name.
    #[must_use]
    pub fn named(mut self, name: impl Into<Text>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Has this webhook called by POST for messages that come in.
    #[must_use]
    pub fn calling(self, url: WebUrl) -> Self {
        self.routed_to(InboundRoute::Webhook(url, HookMethod::Post))
    }

    /// Removes the webhook or application.
    #[must_use]
    pub fn calling_nobody(self) -> Self {
        self.routed_to(InboundRoute::Nowhere)
    }

    /// Sets the destination of messages that come in.
    #[must_use]
    pub fn routed_to(mut self, route: InboundRoute) -> Self {
        self.inbound = Some(route);
        self
    }

    /// Returns whether it changes nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.name.is_none() && self.inbound.is_none()
    }

    /// Fails for a name that is too long, an application that has no id, and, where something must change, nothing.
    pub(crate) fn check(&self, must_change: bool) -> Result<()> {
        let refuse = |rule: &'static str| {
            Err(Error::not_sent(ErrorKind::InvalidRequest).with_detail(rule).without_message())
        };
        if must_change && self.is_empty() {
            return refuse("setup: changes nothing; give a name or an inbound route");
        }
        if self.name.as_ref().is_some_and(|name| name.chars().count() > 64) {
            return refuse("name: must be at most 64 characters");
        }
        let is_id = |id: &String| {
            (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        match &self.inbound {
            Some(InboundRoute::Application(id)) if !is_id(id) => {
                refuse("application: must be its id at the provider, 1 to 64 letters and digits")
            }
            _ => Ok(()),
        }
    }
}
