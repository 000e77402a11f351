//! [`VerificationRequest`]: a challenge that is asked for.

use std::{fmt, net::IpAddr, str::FromStr, sync::Arc};

use thiserror::Error;

use crate::{
    message::{MessageKey, TenantId, Text},
    number::PhoneNumber,
};

/// Purpose of a challenge, such as `sign-in`: 1 to 32 characters of `a-z`, `0-9`, `-` and `_`.
///
/// A proof is good for its purpose alone, and wrong codes count by it: what strangers may ask for and what only a
/// person who is signed in may ask for are two purposes, so that the first cannot hold up the second.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Purpose(Arc<str>);

impl Purpose {
    /// Returns the word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Failure of a text that is no [`Purpose`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("purpose: use 1 to 32 characters of a-z, 0-9, - and _")]
#[non_exhaustive]
pub struct PurposeError;

impl FromStr for Purpose {
    type Err = PurposeError;

    fn from_str(text: &str) -> Result<Self, PurposeError> {
        let fits = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-' || c == b'_';
        if (1..=32).contains(&text.len()) && text.bytes().all(fits) {
            Ok(Self(text.into()))
        } else {
            Err(PurposeError)
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

serde_as_text!(Purpose);

/// Way on which a code reaches a person.
///
/// serde writes the name in lower case: `sms`, `voice`.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum VerificationChannel {
    /// Text message.
    #[default]
    Sms,
    /// Call in which the code is read out.
    Voice,
    /// Message on WhatsApp.
    Whatsapp,
    /// E-mail, to the address of [`VerificationRequest::with_email`].
    Email,
}

impl VerificationChannel {
    /// Returns the name in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Voice => "voice",
            Self::Whatsapp => "whatsapp",
            Self::Email => "email",
        }
    }
}

/// Request for a challenge.
///
/// ```
/// use anysms::verification::{VerificationChannel, VerificationRequest};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let request = VerificationRequest::new("+447700900123".parse()?, "sign-in".parse()?)
///     .with_channel(VerificationChannel::Voice)
///     .with_locale("cy")
///     .with_client("203.0.113.7".parse()?); // so that one client cannot ask for thousands
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct VerificationRequest {
    /// Number that is verified.
    pub number: PhoneNumber,
    /// Purpose of the proof.
    pub purpose: Purpose,
    /// Tenant on whose behalf.
    pub tenant: Option<TenantId>,
    /// Account of yours that asks, where it is known.
    pub subject: Option<Text>,
    /// Channel of the code.
    pub channel: VerificationChannel,
    /// Language of the text: a tag such as `cy` or `pt-BR`; `None` is the first of the texts.
    pub locale: Option<String>,
    /// Address of the client that asks.
    pub client: Option<IpAddr>,
    /// E-mail address, for the channel of that name.
    pub email: Option<Text>,
    /// Name of this request: asked twice, it starts one challenge and sends one code.
    pub key: Option<MessageKey>,
    /// `true`: nothing is sent, and everything else is as if it were.
    pub silent: bool,
}

impl VerificationRequest {
    /// Creates a request for a code by SMS.
    #[must_use]
    pub fn new(number: PhoneNumber, purpose: Purpose) -> Self {
        Self {
            number,
            purpose,
            tenant: None,
            subject: None,
            channel: VerificationChannel::Sms,
            locale: None,
            client: None,
            email: None,
            key: None,
            silent: false,
        }
    }

    /// Names the tenant.
    #[must_use]
    pub fn with_tenant(mut self, tenant: TenantId) -> Self {
        self.tenant = Some(tenant);
        self
    }

    /// Names the account of yours that asks.
    #[must_use]
    pub fn with_subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into().into());
        self
    }

    /// Sets the channel.
    #[must_use]
    pub const fn with_channel(mut self, channel: VerificationChannel) -> Self {
        self.channel = channel;
        self
    }

    /// Sets the language of the text.
    #[must_use]
    pub fn with_locale(mut self, locale: impl Into<String>) -> Self {
        self.locale = Some(locale.into());
        self
    }

    /// Gives the address of the client that asks, as your own server or proxy knows it.
    #[must_use]
    pub const fn with_client(mut self, address: IpAddr) -> Self {
        self.client = Some(address);
        self
    }

    /// Gives the e-mail address.
    #[must_use]
    pub fn with_email(mut self, address: impl Into<String>) -> Self {
        self.email = Some(address.into().into());
        self
    }

    /// Names the request, so that one that is repeated, such as a hook's, starts one challenge.
    #[must_use]
    pub fn with_key(mut self, key: MessageKey) -> Self {
        self.key = Some(key);
        self
    }

    /// Sends nothing, and answers and counts as if it did: for a number that no account has, so that nobody learns
    /// which numbers have one.
    ///
    /// ```
    /// # async fn sign_in(codes: &dyn anysms::verification::Verification, number: anysms::PhoneNumber,
    /// #     purpose: anysms::verification::Purpose, known: bool) -> anysms::Result<()> {
    /// use anysms::verification::VerificationRequest;
    ///
    /// let request = VerificationRequest::new(number, purpose);
    /// let challenge = codes.start(&if known { request } else { request.silently() }).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub const fn silently(mut self) -> Self {
        self.silent = true;
        self
    }
}
