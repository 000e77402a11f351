//! [`Corrections`]: the changes that [`parse`](super::parse()) made to a text to read a number from it.

use std::fmt;

/// One change that was made to a text to read a number from it.
///
/// Spaces, brackets, dots and dashes between digits are ordinary notation, not corrections. `Display`
/// describes the change: `added a missing leading 0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
#[repr(u16)]
pub enum Correction {
    /// Removed words, quotes or signs around the number.
    SurroundingText = 1,
    /// Removed an extension: `ext. 12`, `x12`, `#12`.
    Extension = 1 << 1,
    /// Converted digits of another script to ASCII, full-width ones included.
    NonAsciiDigits = 1 << 2,
    /// Converted letters to the digits on their keys: `0800 FLOWERS`.
    Letters = 1 << 3,
    /// Removed the `.0` that a spreadsheet appended.
    TrailingDecimal = 1 << 4,
    /// Repaired a `+` that was repeated, or had a 0 before or after it: `++44`, `0+44`, `+07700`.
    MalformedPlus = 1 << 5,
    /// Added the `+` before a country code: `44 7700`.
    MissingPlus = 1 << 6,
    /// Removed the national prefix after the country code: `+44 (0)7700`.
    NationalPrefix = 1 << 7,
    /// Added the leading 0 of a national number, which spreadsheets drop: `7700 900123`.
    MissingZero = 1 << 8,
}

impl Correction {
    const ALL: [Self; 9] = [
        Self::SurroundingText,
        Self::Extension,
        Self::NonAsciiDigits,
        Self::Letters,
        Self::TrailingDecimal,
        Self::MalformedPlus,
        Self::MissingPlus,
        Self::NationalPrefix,
        Self::MissingZero,
    ];
}

impl fmt::Display for Correction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SurroundingText => "removed the text around the number",
            Self::Extension => "removed the extension",
            Self::NonAsciiDigits => "converted digits of another script",
            Self::Letters => "converted letters to the digits on their keys",
            Self::TrailingDecimal => "removed a spreadsheet's .0",
            Self::MalformedPlus => "repaired the +",
            Self::MissingPlus => "added the + before the country code",
            Self::NationalPrefix => "removed the national prefix after the country code",
            Self::MissingZero => "added a missing leading 0",
        })
    }
}

/// Set of the changes that were made to a text to read a number from it.
///
/// Import only the rows of a list that needed no guesswork, and have a person look at the rest:
///
/// ```
/// use anysms::number::{Correction, uk};
///
/// let clean = uk::parse("07700 900123")?;
/// assert!(clean.corrections().is_empty());
///
/// let spelled = uk::parse("0800 FLOWERS")?;
/// assert!(spelled.corrections().contains(Correction::Letters));
/// # Ok::<(), anysms::PhoneNumberError>(())
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Corrections(u16);

impl Corrections {
    /// Returns `true` if nothing was changed.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns `true` if this change was made.
    #[must_use]
    pub const fn contains(self, correction: Correction) -> bool {
        self.0 & correction as u16 != 0
    }

    /// Iterates over the changes, in the order of [`Correction`].
    ///
    /// Write the changes of a row into a report:
    ///
    /// ```
    /// let parsed = anysms::number::uk::parse("447700900123.0")?;
    /// let notes: Vec<String> = parsed.corrections().iter().map(|c| c.to_string()).collect();
    /// assert_eq!(notes, ["removed a spreadsheet's .0", "added the + before the country code"]);
    /// # Ok::<(), anysms::PhoneNumberError>(())
    /// ```
    pub fn iter(self) -> impl Iterator<Item = Correction> {
        Correction::ALL.into_iter().filter(move |correction| self.contains(*correction))
    }

    pub(super) const fn add(&mut self, correction: Correction) {
        self.0 |= correction as u16;
    }
}

impl fmt::Debug for Corrections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
