//! [`PhoneNumberError`]: why a text is not a phone number.

use std::fmt;

use super::{NumberKind, PhoneNumber, Region};

/// Why a text is not a phone number: which rule it breaks, and where. Never quotes the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PhoneNumberError {
    /// The text is empty.
    Empty,
    /// There is no digit in it.
    NoDigit,
    /// The text does not begin with `+`.
    NoPlus,
    /// Something other than an ASCII digit.
    NotADigit {
        /// Its place in the text, in bytes from 0.
        at: usize,
    },
    /// A character that no phone number has.
    Character {
        /// Its place in the text, in bytes from 0.
        at: usize,
    },
    /// No country code begins with 0.
    LeadingZero,
    /// Fewer than 7 digits.
    TooShort {
        /// How many there are.
        digits: usize,
    },
    /// More than 15 digits.
    TooLong,
    /// The text has more than [`PhoneNumber::MAX_TEXT`] characters.
    TextTooLong,
    /// A spreadsheet wrote the number as `4.47701E+11`: its last digits may be gone.
    DigitsLost,
    /// No country has this country code.
    CountryCode,
    /// A number in national form, and nobody said of which country.
    NoRegion,
    /// Reading a number of this region takes the feature `rlibphonenumber` or `phonenumber`.
    NoEngine {
        /// The region.
        region: Region,
    },
    /// A number of another country where one of the UK is due.
    NotUk,
    /// Too many or too few digits after the country code.
    Length {
        /// The country code.
        country_code: u16,
        /// How many digits a number has after it.
        needs: usize,
        /// How many there are.
        has: usize,
    },
    /// The country's plan has no such number.
    NotInUse {
        /// The country code.
        country_code: u16,
    },
    /// Only a guess would make a number of it: in international form, and a number in use only if its
    /// digits changed by more than the national prefix behind the country code; or a number with the 0
    /// of a `.0` at its end.
    Ambiguous {
        /// The country code.
        country_code: u16,
    },
    /// A number that cannot receive SMS where one that can is due.
    NotMobile {
        /// What it is for.
        kind: NumberKind,
    },
}

impl fmt::Display for PhoneNumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("phone number: ")?;
        match self {
            Self::Empty => f.write_str("is empty"),
            Self::NoDigit => f.write_str("has no digit"),
            Self::NoPlus => f.write_str("must begin with + and the country code"),
            Self::NotADigit { at } => write!(f, "only digits may follow the +, byte {at} is none"),
            Self::Character { at } => write!(f, "byte {at} belongs to no phone number"),
            Self::LeadingZero => f.write_str("a country code does not begin with 0"),
            Self::TooShort { digits } => {
                write!(f, "needs at least {} digits, has {digits}", PhoneNumber::MIN_DIGITS)
            }
            Self::TooLong => write!(f, "has more than {} digits", PhoneNumber::MAX_DIGITS),
            Self::TextTooLong => write!(f, "has more than {} characters", PhoneNumber::MAX_TEXT),
            Self::DigitsLost => f.write_str(
                "is in scientific notation, digits may be lost; format the column as text",
            ),
            Self::CountryCode => f.write_str("no country has this country code"),
            Self::NoRegion => f.write_str("in national form, needs + and the country code"),
            Self::NoEngine { region } => {
                write!(f, "numbers of {region} need the feature rlibphonenumber or phonenumber")
            }
            Self::NotUk => f.write_str("is not a number of the UK"),
            Self::Length { country_code, needs, has } => {
                write!(f, "needs {needs} digits after +{country_code}, has {has}")
            }
            Self::NotInUse { country_code } => {
                write!(f, "no number in use under +{country_code} has these digits, or as many")
            }
            Self::Ambiguous { country_code } => {
                write!(f, "ambiguous, only a guess would make a number under +{country_code} of it")
            }
            Self::NotMobile { kind } => write!(f, "cannot receive SMS, its kind is {kind}"),
        }
    }
}

impl std::error::Error for PhoneNumberError {}
