//! [`Sender`]: who a message comes from.

use std::{fmt, str::FromStr};

use crate::number::{PhoneNumber, PhoneNumberError};

/// Who a message comes from, as the recipient's phone shows it.
///
/// ```
/// use anysms::Sender;
///
/// assert!(matches!("+15555550100".parse()?, Sender::Number(_)));
/// assert!(matches!("72345".parse()?, Sender::ShortCode(_)));
/// assert!(matches!("ACME".parse()?, Sender::Alphanumeric(_)));
/// assert!(matches!("MG00000000000000000000000000000001".parse()?, Sender::Pool(_)));
/// # Ok::<(), anysms::message::SenderError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Sender {
    /// A phone number of the account.
    Number(PhoneNumber),
    /// A short code: 3 to 8 digits, known in one country.
    ShortCode(ShortCode),
    /// A name of up to 11 characters. Nobody can reply to it, and some countries refuse it, the
    /// United States and Canada among them.
    Alphanumeric(AlphanumericSender),
    /// A pool of senders from which the provider picks: a Twilio Messaging Service (`MG…`) or a
    /// Plivo Powerpack (a UUID).
    Pool(PoolId),
}

impl From<PhoneNumber> for Sender {
    fn from(number: PhoneNumber) -> Self {
        Self::Number(number)
    }
}

impl From<PoolId> for Sender {
    fn from(pool: PoolId) -> Self {
        Self::Pool(pool)
    }
}

impl FromStr for Sender {
    type Err = SenderError;

    /// `+…` is a number, 3 to 8 digits a short code, `MG` and 32 hex digits or a UUID a pool, and
    /// anything else an alphanumeric sender.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with('+') {
            Ok(Self::Number(PhoneNumber::parse(text)?))
        } else if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self::ShortCode(text.parse()?))
        } else if is_messaging_service(text) || is_uuid(text) {
            Ok(Self::Pool(text.parse()?))
        } else {
            Ok(Self::Alphanumeric(text.parse()?))
        }
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::ShortCode(code) => code.fmt(f),
            Self::Alphanumeric(name) => name.fmt(f),
            Self::Pool(pool) => pool.fmt(f),
        }
    }
}

serde_as_text!(Sender, ShortCode, AlphanumericSender, PoolId);

/// A short code: 3 to 8 digits.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShortCode(Box<str>);

/// A sender's name: 1 to 11 of ASCII letters, digits, space, `-`, `+`, `_` and `&`, at least one of
/// them a letter (Twilio's rule, 2026-11; Plivo takes letters and digits only).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AlphanumericSender(Box<str>);

/// A provider's id of a sender pool: 1 to 64 ASCII letters, digits and `-`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PoolId(Box<str>);

macro_rules! parsed_text {
    ($name:ident, $check:expr, $error:expr) => {
        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = SenderError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                if $check(text) { Ok(Self(text.into())) } else { Err($error) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

parsed_text!(ShortCode, is_short_code, SenderError::ShortCode);
parsed_text!(AlphanumericSender, is_alphanumeric_sender, SenderError::Alphanumeric);
parsed_text!(PoolId, is_pool_id, SenderError::Pool);

/// Why a text is not a sender. Never quotes the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SenderError {
    /// Begins with `+` and is no phone number.
    Number(PhoneNumberError),
    /// Digits only, but not 3 to 8 of them.
    ShortCode,
    /// Not a name that a phone could show.
    Alphanumeric,
    /// Not a pool's id.
    Pool,
}

impl From<PhoneNumberError> for SenderError {
    fn from(error: PhoneNumberError) -> Self {
        Self::Number(error)
    }
}

impl fmt::Display for SenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Number(error) => return write!(f, "sender: {error}"),
            Self::ShortCode => "sender: a short code has 3 to 8 digits, a number begins with +",
            Self::Alphanumeric => {
                "sender: a name has 1 to 11 letters, digits, spaces, -, +, _ and &, one a letter"
            }
            Self::Pool => "sender: a pool id has 1 to 64 letters, digits and -",
        })
    }
}

impl std::error::Error for SenderError {}

fn is_short_code(text: &str) -> bool {
    (3..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_alphanumeric_sender(text: &str) -> bool {
    let allowed =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'-' | b'+' | b'_' | b'&');
    (1..=11).contains(&text.len())
        && text.bytes().all(allowed)
        && text.bytes().any(|b| b.is_ascii_alphabetic())
        && text.trim() == text
}

fn is_pool_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn is_messaging_service(text: &str) -> bool {
    text.strip_prefix("MG")
        .is_some_and(|hex| hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_four_kinds_apart() {
        let parse = |text: &str| text.parse::<Sender>();
        assert!(matches!(parse("+447700900123"), Ok(Sender::Number(_))));
        assert!(matches!(parse("60777"), Ok(Sender::ShortCode(_))));
        assert!(matches!(parse("Joe & Co"), Ok(Sender::Alphanumeric(_))));
        assert!(matches!(parse("5EC4c8c9-cd74-42b5-9e41-0d7670d6bb46"), Ok(Sender::Pool(_))));
        assert!(matches!(parse(&format!("MG{}", "a".repeat(32))), Ok(Sender::Pool(_))));
    }

    #[test]
    fn says_which_rule_is_broken() {
        let parse = |text: &str| text.parse::<Sender>().unwrap_err();
        assert_eq!(parse("447700900123"), SenderError::ShortCode);
        assert_eq!(parse("+44"), SenderError::Number(PhoneNumberError::TooShort { digits: 2 }));
        for text in ["", " ", "ACME ", "TwelveLetter", "Café", "1-2", "a\nb"] {
            assert_eq!(parse(text), SenderError::Alphanumeric, "{text}");
        }
    }
}
