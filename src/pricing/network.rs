//! [`MobileNetwork`]: a carrier by its numbers.

use std::{fmt, str::FromStr};

/// Mobile network by its country code and its own, such as `234-15`.
///
/// Two codes are equal if they are as numbers: vendors write `1`, `01` and `001`. As an extension of a message it says
/// which network the recipient is with, where a program knows that from a lookup:
///
/// ```
/// use anysms::{Message, PhoneNumber, pricing::MobileNetwork};
///
/// let mut message = Message::new("+447700900123".parse::<PhoneNumber>()?, "Your table is ready");
/// message.extensions_mut().insert(MobileNetwork::new("234", "15")?);
/// assert_eq!(message.extensions().get::<MobileNetwork>(), "234-15".parse().ok().as_ref());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MobileNetwork {
    mcc: u16,
    mnc: u16,
}

impl MobileNetwork {
    /// Joins a mobile country code (three digits) and a mobile network code (one to three digits).
    ///
    /// # Errors
    /// [`MobileNetworkError`] if one of them is anything else.
    pub fn new(mcc: &str, mnc: &str) -> Result<Self, MobileNetworkError> {
        let code = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
            let fits = lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
            text.parse().ok().filter(|_| fits).ok_or(MobileNetworkError)
        };
        Ok(Self { mcc: code(mcc, 3..=3)?, mnc: code(mnc, 1..=3)? })
    }

    /// Returns the mobile country code, from 0 to 999.
    #[must_use]
    pub const fn mcc(self) -> u16 {
        self.mcc
    }

    /// Returns the mobile network code, from 0 to 999.
    #[must_use]
    pub const fn mnc(self) -> u16 {
        self.mnc
    }
}

impl FromStr for MobileNetwork {
    type Err = MobileNetworkError;

    /// Reads what `Display` writes: both codes and a hyphen between them.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (mcc, mnc) = text.split_once('-').ok_or(MobileNetworkError)?;
        Self::new(mcc, mnc)
    }
}

impl fmt::Display for MobileNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}-{:02}", self.mcc, self.mnc)
    }
}

impl fmt::Debug for MobileNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that names no mobile network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "mobile network: needs three digits of a country, a hyphen and one to three digits, as in 234-15"
)]
#[non_exhaustive]
pub struct MobileNetworkError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_numbers_of_a_length() {
        let network: MobileNetwork = "234-5".parse().unwrap();
        assert_eq!((network, network.to_string()), ("234-005".parse().unwrap(), "234-05".into()));
        assert_eq!((network.mcc(), network.mnc()), (234, 5));
        for text in
            ["", "-", "234", "23-15", "2345-1", "234-", "234-0015", "+34-15", "234--1", "٢٣٤-1"]
        {
            assert_eq!(text.parse::<MobileNetwork>(), Err(MobileNetworkError), "{text}");
        }
    }
}
