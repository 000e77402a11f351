//! [`PhoneNumberError`]: the reasons for which a text is refused as a phone number.

use super::{NumberKind, PhoneNumber, Region};

/// Error of reading or converting a phone number: the rule that was broken, and where.
///
/// Never contains the text that was read, so it is safe to log.
///
/// Show a form's user the reason, and point at the character:
///
/// ```
/// use anysms::{PhoneNumberError, number::uk};
///
/// let error = uk::parse("07700 90_0123").unwrap_err();
/// assert_eq!(error, PhoneNumberError::InvalidCharacter { at: 8 });
/// assert_eq!(error.to_string(), "phone number: character at byte 8 is not part of a phone number");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum PhoneNumberError {
    /// The text is empty.
    #[error("phone number: is empty")]
    Empty,
    /// The text contains no digit.
    #[error("phone number: has no digit")]
    NoDigits,
    /// The text does not begin with `+`, as strict E.164 must.
    #[error("phone number: must begin with + and the country code")]
    MissingPlus,
    /// A character other than an ASCII digit follows the `+` of strict E.164.
    #[error("phone number: only digits may follow the +; character at byte {at} is not one")]
    NonDigit {
        /// Offset of the character in bytes, from 0.
        at: usize,
    },
    /// A character that is not part of a phone number.
    #[error("phone number: character at byte {at} is not part of a phone number")]
    InvalidCharacter {
        /// Offset of the character in bytes, from 0.
        at: usize,
    },
    /// The first digit after `+` is 0; no country code begins with it.
    #[error("phone number: a country code does not begin with 0")]
    LeadingZero,
    /// The number has fewer than 7 digits.
    #[error("phone number: needs at least {} digits, has {digits}", PhoneNumber::MIN_DIGITS)]
    TooShort {
        /// Number of digits, country code included.
        digits: usize,
    },
    /// The number has more than 15 digits.
    #[error("phone number: has more than {} digits", PhoneNumber::MAX_DIGITS)]
    TooLong,
    /// The text has more than [`PhoneNumber::MAX_TEXT`] characters.
    #[error("phone number: has more than {} characters", PhoneNumber::MAX_TEXT)]
    InputTooLong,
    /// The text is in a spreadsheet's scientific notation (`4.47701E+11`), which drops the last digits.
    #[error("phone number: in scientific notation, digits are lost; format the column as text")]
    ScientificNotation,
    /// The country code is not assigned to any country or international service.
    #[error("phone number: no country has this country code")]
    UnknownCountryCode,
    /// The number is in national form and no region was given.
    #[error("phone number: in national form; pass a region or write + and the country code")]
    MissingRegion,
    /// This build has no numbering plan for the region.
    #[error(
        "phone number: no numbering plan for {region}; enable the feature rlibphonenumber or \
         phonenumber"
    )]
    UnsupportedRegion {
        /// Region of the number.
        region: Region,
    },
    /// The number belongs to another country, and only numbers under +44 are accepted.
    #[error("phone number: is not a number of the UK")]
    NotUk,
    /// The national number is too long or too short for its country.
    #[error("phone number: needs {expected} digits after +{country_code}, has {actual}")]
    WrongLength {
        /// Country code.
        country_code: u16,
        /// Number of digits that must follow the country code.
        expected: usize,
        /// Number of digits that follow it in the text.
        actual: usize,
    },
    /// The number is in no range that its country's numbering plan has in use.
    #[error("phone number: not in use under +{country_code}")]
    NotInUse {
        /// Country code.
        country_code: u16,
    },
    /// The digits can be read as more than one number, or only by changing them.
    ///
    /// Two cases: an international number that is in use only if more than the national prefix behind
    /// its country code is dropped, and a number that is complete only with the 0 of a trailing `.0`.
    #[error("phone number: ambiguous under +{country_code}, more than one number could be meant")]
    Ambiguous {
        /// Country code.
        country_code: u16,
    },
    /// The number cannot receive SMS, and only mobile numbers are accepted.
    #[error("phone number: cannot receive SMS, its kind is {kind}")]
    NotMobile {
        /// Kind of the number.
        kind: NumberKind,
    },
}
