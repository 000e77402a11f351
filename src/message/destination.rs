//! [`Destination`]: the recipient of a message, and the channel it travels on.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::number::{PhoneNumber, PhoneNumberError};

/// Recipient of a message: an address on one channel.
///
/// Everything that asks to whom a message goes (layers, the store, the vendor) reads this and nothing else.
/// A phone number alone is a destination by SMS. As text, a destination of another channel begins with the
/// channel's name.
///
/// ```
/// use anysms::{Destination, Message, PhoneNumber, message::Channel};
///
/// let number: PhoneNumber = "+447700900123".parse()?;
/// let message = Message::new(Destination::WhatsApp(number), "Your table is ready");
/// assert_eq!(message.destination().number(), Some(number));
/// assert_eq!(message.destination().channel(), Channel::WhatsApp);
/// assert_eq!(message.destination().to_string(), "whatsapp:+447700900123");
/// # Ok::<(), anysms::PhoneNumberError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Destination {
    /// A phone number by SMS or MMS.
    Sms(PhoneNumber),
    /// A phone number by WhatsApp.
    WhatsApp(PhoneNumber),
    /// A phone number by RCS.
    Rcs(PhoneNumber),
    /// A user of Messenger, who has no phone number here.
    Messenger(MessengerId),
}

impl Destination {
    /// Returns the phone number, whatever the channel; `None` for a Messenger user.
    #[must_use]
    pub const fn number(&self) -> Option<PhoneNumber> {
        match self {
            Self::Sms(number) | Self::WhatsApp(number) | Self::Rcs(number) => Some(*number),
            Self::Messenger(_) => None,
        }
    }

    /// Returns the channel.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        match self {
            Self::Sms(_) => Channel::Sms,
            Self::WhatsApp(_) => Channel::WhatsApp,
            Self::Rcs(_) => Channel::Rcs,
            Self::Messenger(_) => Channel::Messenger,
        }
    }

    /// Returns the same recipient with another number on the same channel; a Messenger user becomes the
    /// number by SMS.
    ///
    /// Redirect a message to a test phone:
    ///
    /// ```
    /// use anysms::Destination;
    ///
    /// let customer: Destination = "whatsapp:+447700900123".parse()?;
    /// let test = customer.with_number("+447700900456".parse()?);
    /// assert_eq!(test.to_string(), "whatsapp:+447700900456");
    /// # Ok::<(), anysms::message::DestinationError>(())
    /// ```
    #[must_use]
    pub fn with_number(&self, number: PhoneNumber) -> Self {
        match self {
            Self::WhatsApp(_) => Self::WhatsApp(number),
            Self::Rcs(_) => Self::Rcs(number),
            Self::Sms(_) | Self::Messenger(_) => Self::Sms(number),
        }
    }
}

impl From<PhoneNumber> for Destination {
    fn from(number: PhoneNumber) -> Self {
        Self::Sms(number)
    }
}

impl From<&PhoneNumber> for Destination {
    fn from(number: &PhoneNumber) -> Self {
        Self::Sms(*number)
    }
}

impl From<&Self> for Destination {
    fn from(destination: &Self) -> Self {
        destination.clone()
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(prefix) = self.channel().prefix() {
            write!(f, "{prefix}:")?;
        }
        match self {
            Self::Sms(number) | Self::WhatsApp(number) | Self::Rcs(number) => number.fmt(f),
            Self::Messenger(id) => id.fmt(f),
        }
    }
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(prefix) = self.channel().prefix() {
            write!(f, "{prefix}:")?;
        }
        match self.number() {
            Some(number) => write!(f, "{}", number.masked()),
            None => f.write_str("[id]"),
        }
    }
}

impl FromStr for Destination {
    type Err = DestinationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match Channel::split(text) {
            (Channel::Sms, number) => Ok(Self::Sms(PhoneNumber::parse(number)?)),
            (Channel::WhatsApp, number) => Ok(Self::WhatsApp(PhoneNumber::parse(number)?)),
            (Channel::Rcs, number) => Ok(Self::Rcs(PhoneNumber::parse(number)?)),
            (Channel::Messenger, id) => Ok(Self::Messenger(id.parse()?)),
        }
    }
}

/// Way on which a message reaches its recipient.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Channel {
    /// SMS, and MMS where there is media.
    #[default]
    Sms,
    /// WhatsApp.
    WhatsApp,
    /// Rich Communication Services.
    Rcs,
    /// Facebook Messenger.
    Messenger,
}

impl Channel {
    const OTHERS: [Self; 3] = [Self::WhatsApp, Self::Rcs, Self::Messenger];

    /// Returns the channel as a word, such as `whatsapp`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::WhatsApp => "whatsapp",
            Self::Rcs => "rcs",
            Self::Messenger => "messenger",
        }
    }

    /// Returns the word before the colon of an address on this channel; `None` for SMS, which has none.
    pub(crate) const fn prefix(self) -> Option<&'static str> {
        match self {
            Self::Sms => None,
            other => Some(other.as_str()),
        }
    }

    /// Parts an address into its channel and what follows the colon.
    pub(crate) fn split(text: &str) -> (Self, &str) {
        let of = |channel: &Self| text.strip_prefix(channel.as_str())?.strip_prefix(':');
        let found = Self::OTHERS.iter().find_map(|channel| Some((*channel, of(channel)?)));
        found.unwrap_or((Self::Sms, text))
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Facebook's id of a Messenger user or page: 1 to 64 ASCII letters, digits, `-`, `_` and `.`. `Debug` hides
/// it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessengerId(Box<str>);

impl MessengerId {
    /// Returns the id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MessengerId {
    type Err = DestinationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.into()))
        } else {
            Err(DestinationError::MessengerId)
        }
    }
}

impl fmt::Display for MessengerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for MessengerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MessengerId([id])")
    }
}

serde_as_text!(Destination, MessengerId);

/// Reason why a text is not a destination. Never quotes the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DestinationError {
    /// Not a phone number in E.164 form.
    #[error("destination: {0}")]
    Number(PhoneNumberError),
    /// Not an id of Messenger.
    #[error("destination: a Messenger id has 1 to 64 letters, digits, -, _ and .")]
    MessengerId,
}

impl From<PhoneNumberError> for DestinationError {
    fn from(error: PhoneNumberError) -> Self {
        Self::Number(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_hides_the_number() {
        let texts =
            ["+447700900123", "whatsapp:+447700900123", "rcs:+447700900123", "messenger:1-a"];
        for text in texts {
            let destination: Destination = text.parse().unwrap();
            assert_eq!(destination.to_string(), text);
            let json = serde_json::to_string(&destination).unwrap();
            assert_eq!(json, format!("\"{text}\""));
            assert_eq!(serde_json::from_str::<Destination>(&json).unwrap(), destination);
            let shown = format!("{destination:?}");
            assert!(!shown.contains("7700900123") && !shown.contains("1-a"), "{shown}");
        }
    }

    #[test]
    fn refuses_what_is_no_address_of_the_channel() {
        for text in
            ["", "whatsapp:", "whatsapp:ACME", "messenger:", "messenger:a b", "sim:+447700900123"]
        {
            assert!(text.parse::<Destination>().is_err(), "{text}");
        }
    }

    #[test]
    fn one_number_is_one_number_on_every_channel() {
        let number: PhoneNumber = "+447700900123".parse().unwrap();
        for destination in
            [Destination::from(number), Destination::WhatsApp(number), Destination::Rcs(number)]
        {
            assert_eq!(destination.number(), Some(number));
        }
    }
}
