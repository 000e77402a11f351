//! [`Money`]: an exact decimal amount and its currency, never a float.

use std::{fmt, str::FromStr};

use rust_decimal::Decimal;

/// An amount in a currency, with the digits the provider gave: `0.00750 USD` keeps its zeros.
///
/// Prices are positive when they cost something, whatever sign a vendor writes.
///
/// Estimate a campaign from the price of one message:
///
/// ```
/// use anysms::{Decimal, message::Money};
///
/// let one: Money = "0.00750 USD".parse()?;
/// let all = Money::new(one.amount * Decimal::from(20_000), one.currency);
/// assert_eq!(all.to_string(), "150.00000 USD");
/// # Ok::<(), anysms::message::MoneyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_structs)] // an amount and a currency: there is no third part
pub struct Money {
    /// Amount.
    pub amount: Decimal,
    /// Currency.
    pub currency: Currency,
}

impl Money {
    /// Joins an amount and a currency.
    #[must_use]
    pub const fn new(amount: Decimal, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// Reads a vendor's decimal text. Twilio writes what it charges as a negative number; the sign
    /// is dropped. Anything but a plain decimal (`NaN`, `1e999`) is none.
    pub(crate) fn charge(amount: &str, currency: Currency) -> Option<Self> {
        let plain = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'-');
        if !amount.bytes().all(plain) {
            return None;
        }
        let amount = Decimal::from_str_exact(amount).ok()?;
        Some(Self { amount: amount.abs(), currency })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    /// Reads what `Display` writes: an amount, a space and a currency.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (amount, currency) = text.split_once(' ').ok_or(MoneyError)?;
        let amount = Decimal::from_str_exact(amount).map_err(|_| MoneyError)?;
        Ok(Self { amount, currency: currency.parse()? })
    }
}

serde_as_text!(Money, Currency);

/// An ISO 4217 currency code, such as `USD`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The US dollar.
    pub const USD: Self = Self(*b"USD");

    /// Returns the code: three upper-case letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default() // always ASCII letters
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match *text.as_bytes() {
            [a, b, c] if text.bytes().all(|b| b.is_ascii_alphabetic()) => {
                Ok(Self([a, b, c].map(|b| b.to_ascii_uppercase())))
            }
            _ => Err(MoneyError),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is not money or not a currency code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("money: needs a decimal amount, a space and three letters, as in ISO 4217")]
#[non_exhaustive]
pub struct MoneyError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_digits_and_drops_the_sign() {
        let price = Money::charge("-0.00750", Currency::USD).unwrap();
        assert_eq!(price.to_string(), "0.00750 USD");
        let json = serde_json::to_string(&price).unwrap();
        assert_eq!(json, "\"0.00750 USD\"");
        assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), price);
    }

    #[test]
    fn only_plain_decimals_are_money() {
        for text in ["", "NaN", "1e999", "1e2", "-", "0.0.1", "١", "9".repeat(40).as_str()] {
            assert_eq!(Money::charge(text, Currency::USD), None, "{text}");
        }
    }
}
