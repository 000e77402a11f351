//! [`Address`]: one end of a message, as a provider reports it.

use std::{convert::Infallible, fmt, str::FromStr};

use crate::{
    message::{AlphanumericSender, Channel, Destination, Sender, ShortCode},
    number::PhoneNumber,
};

/// One end of a message, as a provider reports it.
///
/// Providers also report numbers they masked themselves, so this reads anything and keeps what it cannot
/// name. `Debug` masks it.
///
/// ```
/// use anysms::message::{Address, Channel};
///
/// let from = Address::from_wire("whatsapp:+447700900123");
/// assert_eq!(from.channel(), Channel::WhatsApp);
/// assert_eq!(from.number(), Address::from_wire("+447700900123").number());
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Address {
    /// A phone number, whether it came with or without its `+`.
    Number(PhoneNumber),
    /// A short code.
    ShortCode(ShortCode),
    /// A name.
    Alphanumeric(AlphanumericSender),
    /// A phone number on a channel other than SMS, such as `whatsapp:+…`.
    OnChannel(Channel, PhoneNumber),
    /// Anything else, kept as it came.
    Other(Box<str>),
}

impl Address {
    /// Reads an address. Digits alone are a short code up to 8 of them, and a number beyond.
    #[must_use]
    pub fn from_wire(text: &str) -> Self {
        if !text.starts_with('+')
            && let Ok(code) = text.parse()
        {
            return Self::ShortCode(code);
        }
        if let Some(number) = PhoneNumber::from_wire(text) {
            return Self::Number(number);
        }
        if let (channel @ (Channel::WhatsApp | Channel::Rcs), rest) = Channel::split(text)
            && let Some(number) = PhoneNumber::from_wire(rest)
        {
            return Self::OnChannel(channel, number);
        }
        match text.parse() {
            Ok(name) => Self::Alphanumeric(name),
            Err(_) => Self::Other(text.into()),
        }
    }

    /// Reads an address as vendors write it that drop the `+`: 7 digits or more are a number.
    pub(crate) fn from_plain(text: &str) -> Self {
        let digits = text.len() >= PhoneNumber::MIN_DIGITS;
        match PhoneNumber::from_wire(text).filter(|_| digits) {
            Some(number) => Self::Number(number),
            None => Self::from_wire(text),
        }
    }

    /// Returns the phone number, whatever the channel; `None` if it is none.
    #[must_use]
    pub const fn number(&self) -> Option<PhoneNumber> {
        match self {
            Self::Number(number) | Self::OnChannel(_, number) => Some(*number),
            _ => None,
        }
    }

    /// Returns the channel; SMS where the address names none.
    #[must_use]
    pub fn channel(&self) -> Channel {
        match self {
            Self::OnChannel(channel, _) => *channel,
            Self::Other(text) => Channel::split(text).0,
            _ => Channel::Sms,
        }
    }
}

impl From<PhoneNumber> for Address {
    fn from(number: PhoneNumber) -> Self {
        Self::Number(number)
    }
}

impl From<&Destination> for Address {
    fn from(destination: &Destination) -> Self {
        match destination {
            Destination::Sms(number) => Self::Number(*number),
            Destination::WhatsApp(number) | Destination::Rcs(number) => {
                Self::OnChannel(destination.channel(), *number)
            }
            Destination::Messenger(_) => Self::Other(destination.to_string().into()),
        }
    }
}

impl From<&Sender> for Address {
    fn from(sender: &Sender) -> Self {
        match sender {
            Sender::Number(number) => Self::Number(*number),
            Sender::ShortCode(code) => Self::ShortCode(code.clone()),
            Sender::Alphanumeric(name) => Self::Alphanumeric(name.clone()),
            Sender::PoolMember(member) => Self::from(member.sender()),
            Sender::Pool(_) | Sender::Rcs(_) | Sender::Messenger(_) | Sender::Sim(_) => {
                Self::Other(sender.to_string().into())
            }
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::ShortCode(code) => code.fmt(f),
            Self::Alphanumeric(name) => name.fmt(f),
            Self::OnChannel(channel, number) => write!(f, "{channel}:{number}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{}", number.masked()),
            Self::ShortCode(code) if code.as_str().len() > 6 => f.write_str("[digits]"),
            Self::ShortCode(code) => code.fmt(f),
            Self::Alphanumeric(_) => f.write_str("[name]"),
            Self::OnChannel(channel, number) => write!(f, "{channel}:{}", number.masked()),
            Self::Other(_) => f.write_str("[other]"),
        }
    }
}

impl FromStr for Address {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::from_wire(text))
    }
}

serde_as_text!(Address);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_providers_write() {
        for (text, shown) in [
            ("+447700900123", "+44•••0123"),
            ("447700900123", "+44•••0123"),
            ("72345", "72345"),
            ("ACME", "[name]"),
            ("+12025550***", "[other]"),
            ("whatsapp:+447700900123", "whatsapp:+44•••0123"),
            ("whatsapp:ACME", "[other]"),
            ("", "[other]"),
        ] {
            let address = Address::from_wire(text);
            assert_eq!(format!("{address:?}"), shown, "{text}");
            assert_eq!(address.to_string().trim_start_matches('+'), text.trim_start_matches('+'));
        }
    }
}
