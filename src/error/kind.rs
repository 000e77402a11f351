//! [`ErrorKind`]: the kinds of failures.

use std::fmt;

use crate::error::Blame;

/// Kind of a failure, in the field's own terms and the same for every provider.
///
/// Tell the user of a form what to mend:
///
/// ```
/// use anysms::{Error, ErrorKind};
///
/// fn hint(error: &Error) -> &'static str {
///     match error.kind() {
///         ErrorKind::InvalidRecipient => "Check the number.",
///         ErrorKind::OptedOut => "You opted out: send us START first.",
///         _ => "Try again later.",
///     }
/// }
/// assert_eq!(hint(&Error::not_sent(ErrorKind::InvalidRecipient)), "Check the number.");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// This program's own configuration: a missing credential, a malformed base URL.
    Config,
    /// A parameter that is neither the recipient, the sender nor the content.
    InvalidRequest,
    /// The recipient's number is malformed, not assigned, or cannot receive SMS.
    InvalidRecipient,
    /// The sender is malformed, not yours, or cannot send to this destination.
    InvalidSender,
    /// The sender, campaign or brand lacks a registration that the destination demands.
    UnregisteredSender,
    /// The text or media: missing, too long, of a wrong type.
    InvalidContent,
    /// A filter at the provider or the carrier took the content for spam or fraud.
    ContentFiltered,
    /// The recipient opted out of messages from this sender.
    OptedOut,
    /// The recipient or the recipient's carrier bars such messages.
    Blocked,
    /// A policy of the account holds the message back, such as quiet hours or a fraud guard.
    PolicyBlocked,
    /// The account may not send to this country. A deliberate fence against toll fraud.
    GeoPermission,
    /// The handset is off or out of coverage.
    Unreachable,
    /// The message waited past its validity and was dropped.
    Expired,
    /// The credentials are wrong, revoked, or may not do this.
    Credentials,
    /// The account: suspended, out of funds, or a trial.
    Account,
    /// More requests or messages than the account may send now.
    RateLimited,
    /// The sender's queue at the provider is full.
    QueueFull,
    /// The provider or the carrier is in temporary trouble.
    Unavailable,
    /// The resource does not exist at the provider, or not in this account.
    NotFound,
    /// The resource is in a state that does not allow this, such as cancelling what was sent; or a message
    /// store knows the message's key: it was used for a different message, waits in the queue, or may have
    /// been sent before.
    Conflict,
    /// The provider, its account or this client cannot do what was asked.
    Unsupported,
    /// No connection: name lookup, TCP, TLS or a proxy failed before a request could be written.
    Connect,
    /// The answer did not come in time.
    Timeout,
    /// The connection broke after the request may have been written.
    Interrupted,
    /// The provider answered something that cannot be understood.
    InvalidResponse,
    /// The provider had trouble with your webhook. Seen in reports, never from a send.
    Webhook,
    /// None of the above, or the provider does not say.
    #[serde(other)]
    Other,
}

impl ErrorKind {
    /// Returns the kind as a word for logs and metrics, such as `invalid_recipient`. Part of the contract.
    ///
    /// JSON has the same words, and reads a word of a later version as [`Other`](Self::Other):
    ///
    /// ```
    /// use anysms::ErrorKind;
    ///
    /// let kind = ErrorKind::OptedOut;
    /// assert_eq!(serde_json::to_value(kind)?, kind.as_str());
    /// assert_eq!(serde_json::from_str::<ErrorKind>("\"a_later_kind\"")?, ErrorKind::Other);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.words().0
    }

    /// Returns the kind as half a sentence for people, such as `the recipient opted out`. The wording may change.
    #[must_use]
    pub const fn description(self) -> &'static str {
        self.words().1
    }

    pub(super) const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Config => ("config", "the configuration is not usable"),
            Self::InvalidRequest => ("invalid_request", "a parameter is not acceptable"),
            Self::InvalidRecipient => ("invalid_recipient", "the recipient cannot receive SMS"),
            Self::InvalidSender => ("invalid_sender", "the sender cannot be used"),
            Self::UnregisteredSender => ("unregistered_sender", "the sender is not registered"),
            Self::InvalidContent => ("invalid_content", "the content is not acceptable"),
            Self::ContentFiltered => ("content_filtered", "a filter refused the content"),
            Self::OptedOut => ("opted_out", "the recipient opted out"),
            Self::Blocked => ("blocked", "the recipient's side bars the message"),
            Self::PolicyBlocked => ("policy_blocked", "a policy holds the message back"),
            Self::GeoPermission => ("geo_permission", "the destination country is not enabled"),
            Self::Unreachable => ("unreachable", "the handset cannot be reached"),
            Self::Expired => ("expired", "the message expired before it was sent"),
            Self::Credentials => ("credentials", "the credentials were refused"),
            Self::Account => ("account", "the account cannot send"),
            Self::RateLimited => ("rate_limited", "a rate limit was reached"),
            Self::QueueFull => ("queue_full", "the sender's queue is full"),
            Self::Unavailable => ("unavailable", "the provider is in temporary trouble"),
            Self::NotFound => ("not_found", "no such resource"),
            Self::Conflict => ("conflict", "the resource's state does not allow this"),
            Self::Unsupported => ("unsupported", "this is not supported"),
            Self::Connect => ("connect", "no connection to the provider"),
            Self::Timeout => ("timeout", "no answer in time"),
            Self::Interrupted => ("interrupted", "the connection broke before an answer"),
            Self::InvalidResponse => ("invalid_response", "the answer cannot be understood"),
            Self::Webhook => ("webhook", "the provider had trouble with a webhook"),
            Self::Other => ("other", "the request was refused"),
        }
    }

    /// Returns whether the cause is likely to pass by itself.
    pub(super) const fn is_transient(self) -> bool {
        matches!(self, Self::RateLimited | Self::QueueFull | Self::Unavailable | Self::Connect)
    }

    /// Returns whose fault it is, unless a layer says more ([`Error::blame`](crate::Error::blame)).
    #[must_use]
    pub const fn blame(self) -> Blame {
        match self {
            Self::InvalidRequest
            | Self::InvalidSender
            | Self::UnregisteredSender
            | Self::InvalidContent
            | Self::ContentFiltered
            | Self::PolicyBlocked
            | Self::Expired
            | Self::NotFound
            | Self::Conflict
            | Self::Other => Blame::Message,
            Self::InvalidRecipient
            | Self::OptedOut
            | Self::Blocked
            | Self::GeoPermission
            | Self::Unreachable => Blame::Recipient,
            Self::Credentials | Self::Account | Self::RateLimited | Self::QueueFull => {
                Blame::Account
            }
            Self::Unavailable | Self::InvalidResponse => Blame::Provider,
            Self::Connect | Self::Timeout | Self::Interrupted => Blame::Network,
            Self::Config | Self::Unsupported | Self::Webhook => Blame::Us,
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
