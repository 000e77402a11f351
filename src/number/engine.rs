//! Numbering plans of all countries: the engines behind the features `rlibphonenumber` and `phonenumber`,
//! and an empty one for builds without them. With both features, `rlibphonenumber` answers.
//!
//! An engine is given digits only, never the text that a user typed.

#[cfg(all(feature = "phonenumber", not(feature = "rlibphonenumber")))]
mod phonenumber;
#[cfg(feature = "rlibphonenumber")]
mod rlibphonenumber;

#[cfg(all(feature = "phonenumber", not(feature = "rlibphonenumber")))]
use phonenumber as engine;
#[cfg(feature = "rlibphonenumber")]
use rlibphonenumber as engine;

#[cfg(feature = "rlibphonenumber")]
use super::uk;
use super::{NumberKind, PhoneNumber, Region, format::Style};

/// `true` if this build has an engine.
pub(super) const IS_ON: bool = cfg!(any(feature = "phonenumber", feature = "rlibphonenumber"));

/// Result of reading digits with an engine.
#[derive(Clone, Copy)]
pub(super) struct Answer {
    pub(super) number: PhoneNumber,
    /// `true` if the number is in a range in use; `false` also if that was not looked up.
    pub(super) is_valid: bool,
    /// Number of leading digits that were read as the region's exit code.
    pub(super) exit_code: Option<usize>,
    /// `true` if the first digits were read as the country code, without a `+`.
    pub(super) without_plus: bool,
}

#[cfg(any(feature = "phonenumber", feature = "rlibphonenumber"))]
mod on {
    use super::*;

    /// Reads `+` and digits, or digits as dialled within the region.
    pub(in crate::number) fn read(text: &str, region: Option<Region>) -> Option<Answer> {
        engine::read(text, region)
    }

    /// Returns `true` if the number, digit for digit, is in a range in use.
    pub(in crate::number) fn is_valid(number: PhoneNumber) -> Option<bool> {
        Some(engine::is_valid(number))
    }

    pub(in crate::number) fn kind(number: PhoneNumber) -> NumberKind {
        engine::kind(number)
    }

    /// Returns `false` if no number of the country has this length.
    #[cfg(feature = "layers")]
    pub(in crate::number) fn is_possible(number: PhoneNumber) -> bool {
        engine::is_possible(number)
    }

    /// Formats the number; `None` if its country code is not assigned.
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

    #[cfg(feature = "layers")]
    pub(in crate::number) fn is_possible(_: PhoneNumber) -> bool {
        true
    }

    pub(in crate::number) fn format(_: PhoneNumber, _: Style) -> Option<String> {
        None
    }
}

#[cfg(not(any(feature = "phonenumber", feature = "rlibphonenumber")))]
pub(super) use off::*;
#[cfg(any(feature = "phonenumber", feature = "rlibphonenumber"))]
pub(super) use on::*;
