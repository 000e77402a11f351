//! Who knows the plans of all countries: the engines behind the features `rlibphonenumber` and
//! `phonenumber`, and nobody in a build without them.
//!
//! An engine is asked about digits only, never about what a user typed.

#[cfg(all(feature = "phonenumber", not(feature = "rlibphonenumber")))]
mod phonenumber;
#[cfg(feature = "rlibphonenumber")]
mod rlibphonenumber;

#[cfg(all(feature = "phonenumber", not(feature = "rlibphonenumber")))]
use phonenumber as engine;
#[cfg(feature = "rlibphonenumber")]
use rlibphonenumber as engine;

use super::{NumberKind, PhoneNumber, Region, format::Style};

/// Whether there is one.
pub(super) const IS_ON: bool = cfg!(any(feature = "phonenumber", feature = "rlibphonenumber"));

/// How an engine read digits.
#[derive(Clone, Copy)]
pub(super) struct Answer {
    pub(super) number: PhoneNumber,
    /// How many of the first digits it took for the region's exit code.
    pub(super) exit_code: Option<usize>,
    /// It took the first digits for the country code.
    pub(super) without_plus: bool,
}

#[cfg(any(feature = "phonenumber", feature = "rlibphonenumber"))]
mod on {
    use super::*;

    /// Reads `+` and digits, or digits as someone in the region dials them.
    pub(in crate::number) fn read(text: &str, region: Option<Region>) -> Option<Answer> {
        engine::read(text, region)
    }

    /// Whether the number, exactly as it stands, is in a range in use.
    pub(in crate::number) fn is_valid(number: PhoneNumber) -> Option<bool> {
        Some(engine::is_valid(number))
    }

    pub(in crate::number) fn kind(number: PhoneNumber) -> NumberKind {
        engine::kind(number)
    }

    /// The number in a style; `None` where no country has its country code.
    pub(in crate::number) fn format(number: PhoneNumber, style: Style) -> Option<String> {
        number.region()?;
        engine::format(number, style)
    }
}

#[cfg(not(any(feature = "phonenumber", feature = "rlibphonenumber")))]
mod off {
    use super::*;

    pub(in crate::number) fn read(_: &str, _: Option<Region>) -> Option<Answer> {
        None
    }

    pub(in crate::number) fn is_valid(_: PhoneNumber) -> Option<bool> {
        None
    }

    pub(in crate::number) fn kind(_: PhoneNumber) -> NumberKind {
        NumberKind::Unknown
    }

    pub(in crate::number) fn format(_: PhoneNumber, _: Style) -> Option<String> {
        None
    }
}

#[cfg(not(any(feature = "phonenumber", feature = "rlibphonenumber")))]
pub(super) use off::*;
#[cfg(any(feature = "phonenumber", feature = "rlibphonenumber"))]
pub(super) use on::*;
