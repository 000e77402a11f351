//! [`Mended`]: what was put right in a text to read a number from it.

use std::fmt;

/// One thing that was put right in a text to read a number from it.
///
/// Spaces, brackets, dots and dashes between digits are how people write numbers; nothing is mended
/// there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
#[repr(u16)]
pub enum Mend {
    /// Words, quotes or signs around the number were left out.
    Surroundings = 1,
    /// An extension was left out: `ext. 12`, `x12`, `#12`.
    Extension = 1 << 1,
    /// Digits of other scripts were read as digits, full-width ones among them.
    Digits = 1 << 2,
    /// Letters were read as the digits on their keys: `0800 FLOWERS`.
    Letters = 1 << 3,
    /// The `.0` of a spreadsheet was left out.
    Decimal = 1 << 4,
    /// The `+` was there more than once, or had a 0 before or behind it: `++44`, `0+44`, `+07700`.
    Plus = 1 << 5,
    /// The country code had no `+`: `44 7700`.
    NoPlus = 1 << 6,
    /// The national prefix behind the country code was left out: `+44 (0)7700`.
    NationalPrefix = 1 << 7,
    /// The 0 that the number is dialled with was missing, as where a spreadsheet drops it: `7700 900123`.
    LostZero = 1 << 8,
}

impl Mend {
    const ALL: [Self; 9] = [
        Self::Surroundings,
        Self::Extension,
        Self::Digits,
        Self::Letters,
        Self::Decimal,
        Self::Plus,
        Self::NoPlus,
        Self::NationalPrefix,
        Self::LostZero,
    ];
}

impl fmt::Display for Mend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Surroundings => "left out what stood around it",
            Self::Extension => "left out the extension",
            Self::Digits => "read digits of another script",
            Self::Letters => "read letters as the digits on their keys",
            Self::Decimal => "left out a spreadsheet's .0",
            Self::Plus => "tidied the +",
            Self::NoPlus => "read a country code without +",
            Self::NationalPrefix => "left out the national prefix behind the country code",
            Self::LostZero => "added a lost national prefix",
        })
    }
}

/// All that was put right in a text to read a number from it.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Mended(u16);

impl Mended {
    /// Whether nothing was.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether this was.
    #[must_use]
    pub const fn contains(self, mend: Mend) -> bool {
        self.0 & mend as u16 != 0
    }

    /// Each of them, in the order of [`Mend`].
    pub fn iter(self) -> impl Iterator<Item = Mend> {
        Mend::ALL.into_iter().filter(move |mend| self.contains(*mend))
    }

    pub(super) const fn add(&mut self, mend: Mend) {
        self.0 |= mend as u16;
    }
}

impl fmt::Debug for Mended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
