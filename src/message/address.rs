//! [`Address`]: one end of a message, as a provider reports it.

use std::{convert::Infallible, fmt, str::FromStr};

use crate::{
    message::{AlphanumericSender, Sender, ShortCode},
    number::PhoneNumber,
};

/// One end of a message, as a provider reports it.
///
/// Providers also report numbers they masked themselves and addresses of other channels
/// (`whatsapp:+…`), so this reads anything and keeps what it cannot name. `Debug` masks it.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Address {
    /// A phone number, whether it came with or without its `+`.
    Number(PhoneNumber),
    /// A short code.
    ShortCode(ShortCode),
    /// A name.
    Alphanumeric(AlphanumericSender),
    /// Anything else, kept as it came.
    Other(Box<str>),
}

impl Address {
    /// Reads an address. Digits alone are a short code up to 8 of them, and a number beyond.
    #[must_use]
    pub fn from_wire(text: &str) -> Self {
        if let Ok(code) = text.parse() {
            return Self::ShortCode(code);
        }
        if let Some(number) = PhoneNumber::from_wire(text) {
            return Self::Number(number);
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

    /// The phone number, if it is one.
    #[must_use]
    pub fn number(&self) -> Option<PhoneNumber> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }
}

impl From<PhoneNumber> for Address {
    fn from(number: PhoneNumber) -> Self {
        Self::Number(number)
    }
}

impl From<&Sender> for Address {
    fn from(sender: &Sender) -> Self {
        match sender {
            Sender::Number(number) => Self::Number(*number),
            Sender::ShortCode(code) => Self::ShortCode(code.clone()),
            Sender::Alphanumeric(name) => Self::Alphanumeric(name.clone()),
            Sender::Pool(pool) => Self::Other(pool.as_str().into()),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::ShortCode(code) => code.fmt(f),
            Self::Alphanumeric(name) => name.fmt(f),
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
            Self::Alphanumeric(name) => name.fmt(f),
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
            ("ACME", "ACME"),
            ("+12025550***", "[other]"),
            ("whatsapp:+447700900123", "[other]"),
            ("", "[other]"),
        ] {
            let address = Address::from_wire(text);
            assert_eq!(format!("{address:?}"), shown, "{text}");
            assert_eq!(address.to_string().trim_start_matches('+'), text.trim_start_matches('+'));
        }
    }
}
