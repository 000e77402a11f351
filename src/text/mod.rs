//! SMS texts: how they are encoded and cut into [segments](segments()), [what may cost less](to_gsm7()),
//! and a [check](check()) before a text is sent.
//!
//! What belongs here: whatever can be said of a text alone. What a vendor's API does with a text lives
//! with the vendor.

mod check;
mod cluster;
mod cluster_table;
mod const_fit;
mod gsm7;
mod keyword;
mod limit;
mod opt_out_notice;
mod report;
mod segments;
mod shorteners;
mod smart_encoding;
mod to_gsm7;
mod transliterate;

use std::fmt;

pub use check::{Checks, check};
#[doc(hidden)]
pub use const_fit::gsm7_within;
pub use keyword::{Keyword, KeywordError, Keywords};
pub use limit::Limit;
pub use report::{Finding, Place, Report};
pub use segments::{Segments, segments, segments_by};
pub use to_gsm7::{smart_encode, to_gsm7};

/// How a text travels. One character outside GSM-7 puts the whole text into UCS-2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums)] // nobody sends texts in a third one
pub enum Encoding {
    /// The GSM 7-bit default alphabet with its extension table (3GPP TS 23.038): a unit is a septet.
    Gsm7,
    /// UCS-2, as which UTF-16 is sent: a unit is 16 bits.
    Ucs2,
}

impl Encoding {
    /// The most units of a text in one segment: 160 or 70.
    #[must_use]
    pub const fn single_limit(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// The most units of a segment of several, where a header says which it is: 153 or 67.
    #[must_use]
    pub const fn part_limit(self) -> usize {
        match self {
            Self::Gsm7 => 153,
            Self::Ucs2 => 67,
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gsm7 => "GSM-7",
            Self::Ucs2 => "UCS-2",
        })
    }
}

/// What stays together where a text is cut.
///
/// By Twilio's rule a text never takes fewer segments than by the plain one, unless it has a cluster
/// of 64 units or more, which no emoji is: a budget made with the default holds with either.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// In UCS-2, what a reader takes for one character (a grapheme cluster): a flag, a family, a letter
    /// with its marks. In GSM-7, the two septets of an extension character. So does Twilio's published
    /// calculator (sms-segments-calculator 1.3.0), down to its Unicode version; whether production
    /// does is not documented (2026-11).
    #[default]
    Twilio,
    /// Only what would be unreadable apart: the two units of a surrogate pair, and of an extension
    /// character. The usual practice over 3GPP TS 23.038 and 23.040.
    Plain,
}

/// A text that is known, when it is compiled, to fit so many segments of GSM-7.
///
/// The build fails if the text has a character outside GSM-7, or needs more. `room` is what will be
/// filled in later, in septets: then it fits wherever that goes, extension characters included.
///
/// ```
/// use anysms::gsm7;
///
/// const READY: &str = gsm7!("Your table is ready. Reply STOP to opt out.", 1);
/// let code = format!("{}{:06}", gsm7!("Your code is ", 1, room = 6), 42);
/// assert_eq!(code, "Your code is 000042");
/// ```
///
/// ```compile_fail,E0080
/// anysms::gsm7!("You’re next", 1); // ’ is not in GSM-7
/// ```
///
/// ```compile_fail,E0080
/// anysms::gsm7!("Your code is ", 1, room = 148); // 161 septets
/// ```
#[macro_export]
macro_rules! gsm7 {
    ($text:expr, $segments:expr $(, room = $room:expr)? $(,)?) => {{
        // A constant of its own, so that `cargo check` says so too.
        const WITHIN_GSM7: &str = $crate::text::gsm7_within($text, $segments, 0 $(+ $room)?);
        WITHIN_GSM7
    }};
}
