//! Phone numbers: [`PhoneNumber`], a parsed E.164 number; [`parse`], which reads numbers as people write
//! them; and [`uk`], the numbering plan of +44.
//!
//! Belongs here: reading, validating and formatting numbers. Other senders (short code, alphanumeric,
//! pool) live in `message`.
//!
//! | file | job |
//! |---|---|
//! | `parse` | reads numbers of any region |
//! | `reading` | extracts the digits from a text, before the country is known |
//! | `corrections` | the changes that reading made |
//! | `error` | the reasons for a refusal |
//! | `uk`, `uk/ranges` | reads +44 numbers; the ranges in use |
//! | `engine` | plans of all other countries, from the crates behind two features |
//! | `convert` | conversions to and from the types of those crates |
//! | `calling_code` | country codes and national prefixes |
//! | `canonical` | one form of a number that is written in several |
//! | `region` | the region of a number |
//! | `kind`, `format`, `masked` | type of service; spacing; the form for logs |
//! | `time_zones` | the time zones in which a number may be |

mod calling_code;
mod canonical;
#[cfg(any(feature = "phonenumber", feature = "rlibphonenumber"))]
mod convert;
mod corrections;
mod engine;
mod error;
mod format;
mod kind;
mod masked;
mod parse;
mod reading;
mod region;
#[cfg(feature = "quiet-hours")]
pub(crate) mod time_zones;
pub mod uk;

pub use corrections::{Correction, Corrections};
pub use error::PhoneNumberError;
pub use format::FormattedNumber;
pub use kind::NumberKind;
pub use masked::MaskedNumber;
pub use parse::{ParsedNumber, parse};
pub use region::{Region, RegionError};

use std::{fmt, num::NonZeroU64, str::FromStr};

/// Phone number in international form: a country code and a national number, 7 to 15 digits in total
/// (ITU-T E.164; the shortest numbers in use have 7 digits, such as those of Niue).
///
/// Takes eight bytes and is `Copy`. `Display` writes the whole number, `+447700900123`; `Debug` and
/// [`PhoneNumber::masked`] write only the country code and the last four digits, so that logs do not
/// contain whole numbers by accident. serde reads and writes the text of `Display`.
///
/// Read a number from a configuration file or an API:
///
/// ```
/// use anysms::PhoneNumber;
///
/// let number: PhoneNumber = "+447700900123".parse()?;
/// assert_eq!(number.to_string(), "+447700900123");
/// assert_eq!(format!("{number:?}"), "PhoneNumber(+44•••0123)");
/// assert!("07700 900123".parse::<PhoneNumber>().is_err(), "national form needs a country");
/// # Ok::<(), anysms::PhoneNumberError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PhoneNumber(NonZeroU64); // the digits as one integer: a country code never starts with 0

impl PhoneNumber {
    /// Minimum number of digits, country code included.
    pub const MIN_DIGITS: usize = 7;
    /// Maximum number of digits, country code included.
    pub const MAX_DIGITS: usize = 15;

    /// Maximum number of characters of a text that [`parse`] and [`uk::parse`] accept.
    pub const MAX_TEXT: usize = 64;

    /// Reads strict E.164: `+`, then 7 to 15 ASCII digits, the first not 0. For numbers typed by people
    /// use [`parse`].
    ///
    /// Declare a sender at compile time:
    ///
    /// ```
    /// use anysms::{PhoneNumber, PhoneNumberError};
    ///
    /// const SENDER: Result<PhoneNumber, PhoneNumberError> = PhoneNumber::parse("+447700900123");
    /// assert_eq!(SENDER?.country_code(), 44);
    /// # Ok::<(), PhoneNumberError>(())
    /// ```
    ///
    /// # Errors
    /// [`Empty`](PhoneNumberError::Empty), [`MissingPlus`](PhoneNumberError::MissingPlus),
    /// [`NonDigit`](PhoneNumberError::NonDigit), [`LeadingZero`](PhoneNumberError::LeadingZero),
    /// [`TooShort`](PhoneNumberError::TooShort) or [`TooLong`](PhoneNumberError::TooLong). The error does
    /// not contain the text.
    pub const fn parse(text: &str) -> Result<Self, PhoneNumberError> {
        let bytes = text.as_bytes();
        if bytes.is_empty() {
            return Err(PhoneNumberError::Empty);
        }
        if bytes[0] != b'+' {
            return Err(PhoneNumberError::MissingPlus);
        }
        Self::of_digits(bytes, 1)
    }

    /// Reads the bytes from `start` on, all of them digits.
    const fn of_digits(bytes: &[u8], start: usize) -> Result<Self, PhoneNumberError> {
        let mut value: u64 = 0;
        let mut at = start;
        while at < bytes.len() {
            let byte = bytes[at];
            if !byte.is_ascii_digit() {
                return Err(PhoneNumberError::NonDigit { at });
            }
            if at - start >= Self::MAX_DIGITS {
                return Err(PhoneNumberError::TooLong);
            }
            value = value * 10 + (byte - b'0') as u64;
            at += 1;
        }
        if at > start && bytes[start] == b'0' {
            return Err(PhoneNumberError::LeadingZero);
        }
        if at - start < Self::MIN_DIGITS {
            return Err(PhoneNumberError::TooShort { digits: at - start });
        }
        match NonZeroU64::new(value) {
            Some(value) => Ok(Self(value)),
            None => Err(PhoneNumberError::LeadingZero),
        }
    }

    /// Reads a number from a provider's API: E.164 with or without `+`. `None` for anything else.
    #[must_use]
    pub(crate) fn from_wire(text: &str) -> Option<Self> {
        Self::of_digits(text.as_bytes(), usize::from(text.starts_with('+'))).ok()
    }

    /// Returns the digits as an integer, country code first.
    ///
    /// ```
    /// let number: anysms::PhoneNumber = "+447700900123".parse()?;
    /// assert_eq!((number.digits(), number.digit_count()), (447_700_900_123, 12));
    /// # Ok::<(), anysms::PhoneNumberError>(())
    /// ```
    #[must_use]
    pub const fn digits(self) -> u64 {
        self.0.get()
    }

    /// Returns the number of digits, country code included: 7 to 15.
    #[must_use]
    pub const fn digit_count(self) -> usize {
        self.0.ilog10() as usize + 1
    }

    /// Returns the country code, such as 44.
    #[must_use]
    pub const fn country_code(self) -> u16 {
        let len = self.digit_count();
        let national = len - calling_code::len(self.0.get(), len);
        (self.0.get() / 10_u64.pow(national as u32)) as u16
    }

    /// Returns the country or territory; `None` if the country code is not assigned.
    ///
    /// Where several regions share a country code, the first digits after it decide.
    ///
    /// Choose a sender by the recipient's country:
    ///
    /// ```
    /// use anysms::{PhoneNumber, number::Region};
    ///
    /// let number: PhoneNumber = "+14165550100".parse()?;
    /// assert_eq!((number.country_code(), number.region()), (1, Some(Region::CA)));
    /// # Ok::<(), anysms::PhoneNumberError>(())
    /// ```
    #[must_use]
    pub fn region(self) -> Option<Region> {
        Region::of(self)
    }

    /// Returns the type of service behind the number.
    ///
    /// The plan of +44 is built in. All other countries need one of the features `rlibphonenumber` and
    /// `phonenumber`; without them, the kind is [`NumberKind::Unknown`].
    ///
    /// Skip landlines:
    ///
    /// ```
    /// use anysms::number::{NumberKind, uk};
    ///
    /// let number = uk::parse("020 7946 0123")?.number();
    /// assert_eq!(number.kind(), NumberKind::FixedLine);
    /// # Ok::<(), anysms::PhoneNumberError>(())
    /// ```
    #[must_use]
    pub fn kind(self) -> NumberKind {
        if self.country_code() == uk::CODE {
            return uk::kind(self.national_digits(&mut [0; Self::MAX_DIGITS + 1]));
        }
        engine::kind(self)
    }

    /// Returns `true` if the number is in a range that its country's plan has in use; `None` if this build
    /// has no plan of that country (see [`PhoneNumber::kind`]).
    ///
    /// A number in such a range may still not be assigned to a subscriber, and some fictional numbers are
    /// outside all ranges in use.
    ///
    /// ```
    /// let unused: anysms::PhoneNumber = "+446530122166".parse()?;
    /// assert_eq!(unused.is_valid(), Some(false));
    /// # Ok::<(), anysms::PhoneNumberError>(())
    /// ```
    #[must_use]
    pub fn is_valid(self) -> Option<bool> {
        if self.country_code() == uk::CODE {
            let kind = uk::in_use(self.national_digits(&mut [0; Self::MAX_DIGITS + 1]));
            return Some(kind != NumberKind::Unknown);
        }
        engine::is_valid(self)
    }

    /// Returns `true` if the number is reserved for fiction, so that it is safe in tests and examples:
    /// Ofcom's numbers for drama, such as `+44 7700 900123`, and North America's 555-0100 to 555-0199.
    ///
    /// Keep test data out of a live campaign:
    ///
    /// ```
    /// let number: anysms::PhoneNumber = "+15555550100".parse()?;
    /// assert!(number.is_fictional());
    /// # Ok::<(), anysms::PhoneNumberError>(())
    /// ```
    #[must_use]
    pub fn is_fictional(self) -> bool {
        let buffer = &mut [0; Self::MAX_DIGITS + 1];
        let national = self.national_digits(buffer);
        match self.country_code() {
            uk::CODE => uk::fictional(national).is_some(),
            1 => national.len() == 10 && &national[3..8] == "55501",
            _ => false,
        }
    }

    /// Returns the form in which numbers are compared: two forms of one phone have the same.
    ///
    /// Vendors and people write some numbers in two ways: with a trunk zero after the country code, with the
    /// 1 of Mexico, the 9 or the 15 of Argentina, without the ninth digit of Brazil, without the 01 of Benin.
    /// Suppression lists and guards compare canonical forms, so that an opt-out holds for all of them.
    /// Idempotent; a number with one form is returned as it is. **Only for comparing:** send to the number
    /// as it came.
    ///
    /// ```
    /// use anysms::PhoneNumber;
    ///
    /// let [with, without]: [PhoneNumber; 2] = ["+5215512345678".parse()?, "+525512345678".parse()?];
    /// assert_ne!(with, without);
    /// assert_eq!(with.canonical(), without.canonical());
    /// # Ok::<(), anysms::PhoneNumberError>(())
    /// ```
    #[must_use]
    pub fn canonical(self) -> Self {
        canonical::canonical(self)
    }

    /// Returns `true` if no phone can have this number: a number of +44 that is not in use, or one of another
    /// country with a length that none there has, as far as this build knows.
    #[cfg(feature = "layers")]
    pub(crate) fn is_impossible(self) -> bool {
        let code = self.country_code();
        if code == uk::CODE {
            return self.kind() == NumberKind::Unknown;
        }
        let len = self.digit_count() - calling_code::len(self.0.get(), self.digit_count());
        calling_code::fixed_length(code).is_some_and(|fixed| fixed != len)
            || !engine::is_possible(self)
    }

    /// Builds a number from a country code and the national number.
    fn from_parts(code: u16, national: &str) -> Result<Self, PhoneNumberError> {
        let value = national.parse().ok().filter(|_| national.bytes().all(|b| b.is_ascii_digit()));
        let number = Self::from_value(code, value.unwrap_or_default(), national.len())?;
        value.map(|_| number).ok_or(PhoneNumberError::NoDigits)
    }

    /// Builds a number from a country code and a national number of so many digits.
    fn from_value(code: u16, national: u64, len: usize) -> Result<Self, PhoneNumberError> {
        let digits = code.ilog10() as usize + 1 + len;
        if digits > Self::MAX_DIGITS {
            return Err(PhoneNumberError::TooLong);
        }
        if digits < Self::MIN_DIGITS {
            return Err(PhoneNumberError::TooShort { digits });
        }
        let value = u64::from(code) * 10_u64.pow(len as u32) + national;
        NonZeroU64::new(value).map(Self).ok_or(PhoneNumberError::NoDigits)
    }

    /// Returns the national number: the digits after the country code.
    fn national_digits(self, buffer: &mut [u8; Self::MAX_DIGITS + 1]) -> &str {
        let code = calling_code::len(self.0.get(), self.digit_count());
        &self.write(buffer)[1 + code..]
    }

    /// Writes the whole number, `+447700900123`, at the end of the buffer.
    fn write(self, buffer: &mut [u8; Self::MAX_DIGITS + 1]) -> &str {
        let mut at = buffer.len();
        let mut left = self.0.get();
        while left > 0 && at > 1 {
            at -= 1;
            buffer[at] = b'0' + (left % 10) as u8;
            left /= 10;
        }
        at -= 1;
        buffer[at] = b'+';
        std::str::from_utf8(&buffer[at..]).unwrap_or_default() // `+` and digits
    }
}

impl FromStr for PhoneNumber {
    type Err = PhoneNumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<&str> for PhoneNumber {
    type Error = PhoneNumberError;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        Self::parse(text)
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.write(&mut [0; Self::MAX_DIGITS + 1]))
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber({})", self.masked())
    }
}

serde_as_text!(PhoneNumber);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_e164() {
        for text in ["+447700900123", "+15555550100", "+1555010", "+999999999999999"] {
            assert_eq!(PhoneNumber::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(size_of::<Option<PhoneNumber>>(), 8);
    }

    #[test]
    fn says_which_rule_is_broken() {
        use PhoneNumberError::*;
        for (text, error) in [
            ("", Empty),
            ("447700900123", MissingPlus),
            (" +447700900123", MissingPlus),
            ("+", TooShort { digits: 0 }),
            ("+441234", TooShort { digits: 6 }),
            ("+0447700900123", LeadingZero),
            ("+0000000000", LeadingZero),
            ("+44 7700900123", NonDigit { at: 3 }),
            ("+44770090012٣", NonDigit { at: 12 }),
            ("+1234567890123456", TooLong),
            ("+99999999999999999999999999999999", TooLong),
        ] {
            assert_eq!(PhoneNumber::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn the_wire_may_drop_the_plus() {
        let number = PhoneNumber::parse("+447700900123").ok();
        assert_eq!(PhoneNumber::from_wire("447700900123"), number);
        assert_eq!(PhoneNumber::from_wire("+447700900123"), number);
        for text in ["", "+", "++447700900123", "ACME", "1234567890123456", "４４７７００９"]
        {
            assert_eq!(PhoneNumber::from_wire(text), None, "{text}");
        }
    }
}
