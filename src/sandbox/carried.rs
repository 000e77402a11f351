//! [`Carried`]: a message as a sandbox carries it, and [`Fate`].

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    account_id::AccountId,
    message::{MessageId, MessageStatus, Text, WebUrl},
    number::PhoneNumber,
    sandbox::{Fault, code::code_in},
};

/// Fate of the messages to a number.
///
/// See what a program does when a message does not arrive:
///
/// ```
/// # #[cfg(feature = "twilio")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
///
/// use anysms::{Message, MessageStatus, PhoneNumber, SmsProvider, twilio::{Twilio, TwilioConfig}};
/// use anysms::sandbox::{Fate, Sandbox};
///
/// let (sandbox, to) = (Sandbox::start().await?, "+447700900123".parse::<PhoneNumber>()?);
/// sandbox.set_fate(to, Fate::Undelivered(30003));
/// let sms = Twilio::new(&TwilioConfig::sandbox(&sandbox))?;
/// let id = sms.send(&Message::new(to, "Hello")).await?.id.expect("the sandbox gives ids");
/// let failed = MessageStatus::Undelivered;
/// let message = sandbox.wait_for(&id, &failed, Duration::from_secs(5)).await?;
/// assert_eq!(message.error_code, Some(30003));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "twilio"))]
/// # fn main() {}
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fate {
    /// They arrive.
    #[default]
    Delivered,
    /// The carrier takes them and never reports.
    Sent,
    /// The carrier reports that they did not arrive, with the vendor's error code.
    Undelivered(u32),
    /// They never leave the provider, with the vendor's error code.
    Failed(u32),
}

/// A message, as the sandbox carries it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Carried {
    /// The id that the vendor's half gave it.
    pub id: MessageId,
    /// Account that sent it, or that it was sent to.
    pub account: AccountId,
    /// Origin: who made it.
    pub origin: Origin,
    /// Sender, as submitted; empty where a pool has not picked yet.
    pub from: Text,
    /// Recipient.
    pub to: PhoneNumber,
    /// Channel of the addresses, such as `whatsapp`; `None` for SMS and MMS.
    pub channel: Option<String>,
    /// The pool it was submitted to.
    pub pool: Option<String>,
    /// The text.
    pub text: Text,
    /// Number of segments it was cut into, by the vendor's rule, when it was submitted. A message with media
    /// is not cut.
    pub segments: usize,
    /// Its media: the id that the vendor's half gave each, and its address.
    pub media: Vec<(String, WebUrl)>,
    /// Price of all segments, in US dollars.
    pub price: Decimal,
    /// Status.
    pub status: MessageStatus,
    /// The vendor's error code, if it did not arrive.
    pub error_code: Option<u32>,
    /// Statuses so far, each with the time at which it began.
    pub history: Vec<(MessageStatus, Timestamp)>,
    /// Request that submitted it, without its credentials; `None` if none did.
    pub request: Option<Text>,
    /// Callback to report to; `None` if it has none.
    pub callback: Option<Callback>,
    /// Calls of the callback so far, in the order in which they were made.
    pub reports: Vec<CallbackReport>,
    /// Time to send it; `None` for at once.
    pub send_at: Option<Timestamp>,
    /// Time at which it was submitted.
    pub created_at: Timestamp,
    /// Time of its last change.
    pub updated_at: Timestamp,
    /// Number of changes of its status.
    pub changes: u32,
    /// Fault of its callbacks; `None` if they are as they should be.
    #[serde(skip)]
    pub(super) fault: Option<Fault>,
    /// `true` if its timeline and its callbacks are over.
    pub(super) over: bool,
}

impl Carried {
    /// Creates a message that an account just submitted.
    #[must_use]
    pub fn new(
        id: MessageId,
        account: AccountId,
        to: PhoneNumber,
        text: impl Into<String>,
        status: MessageStatus,
    ) -> Self {
        let now = Timestamp::now();
        Self {
            id,
            account,
            origin: Origin::default(),
            from: Text::default(),
            to,
            channel: None,
            pool: None,
            text: text.into().into(),
            segments: 1,
            media: Vec::new(),
            price: Decimal::ZERO,
            status,
            error_code: None,
            history: Vec::new(),
            request: None,
            callback: None,
            reports: Vec::new(),
            send_at: None,
            created_at: now,
            updated_at: now,
            changes: 0,
            fault: None,
            over: false,
        }
    }

    /// Returns the one-time code of the text; `None` if it seems to have none.
    ///
    /// ```
    /// use anysms::{MessageId, MessageStatus, ProviderId, sandbox::Carried};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let id = MessageId::new(ProviderId::from_static("acme"), "1")?;
    /// let to = "+447700900123".parse()?;
    /// let message = Carried::new(id, "MA1".into(), to, "Your code is 123-456", MessageStatus::Sent);
    /// assert_eq!(message.code().as_deref(), Some("123456"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn code(&self) -> Option<String> {
        code_in(&self.text)
    }
}

/// Origin of a message in the sandbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Origin {
    /// A client sent it.
    #[default]
    #[serde(rename = "outbound")]
    Client,
    /// A webhook answered with it.
    #[serde(rename = "reply")]
    Reply,
    /// A phone sent it.
    #[serde(rename = "inbound")]
    Phone,
}

/// Address to which the status of a message is reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Callback {
    /// The address.
    pub url: WebUrl,
    /// `true` if everything goes into the query of a GET.
    pub get: bool,
}

impl Callback {
    /// Creates a callback by POST, or by GET.
    #[must_use]
    pub const fn new(url: WebUrl, get: bool) -> Self {
        Self { url, get }
    }
}

/// A call of a callback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CallbackReport {
    /// Status that was reported.
    pub status: MessageStatus,
    /// Request: its line, headers and body.
    pub request: Text,
    /// Text that the vendor signed of it; `None` if it signed none.
    pub signed: Option<Text>,
    /// HTTP status of the answer; `None` if there was none.
    pub answer: Option<u16>,
    /// Answer: its line, headers and the start of its body; `None` if there was none.
    pub response: Option<Text>,
    /// Time at which the answer was there, or given up.
    pub at: Timestamp,
}

impl CallbackReport {
    /// Returns `true` if the callback took it: it answered 2xx.
    #[must_use]
    pub fn was_taken(&self) -> bool {
        self.answer.is_some_and(|answer| (200..300).contains(&answer))
    }
}
