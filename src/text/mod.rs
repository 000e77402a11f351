//! SMS texts: counting [segments](segments()), converting to [cheaper characters](to_gsm7()),
//! [checking](check()) a text before it is sent, and [keywords](Keywords) such as STOP in received texts.
//!
//! Belongs here: everything that needs the text alone. The rules of a vendor's API live with the vendor.
//!
//! | file | job |
//! |---|---|
//! | `segments` | counts segments |
//! | `gsm7` | the GSM-7 alphabet |
//! | `cluster`, `cluster_table` | grapheme clusters, which stay together in UCS-2 |
//! | `const_fit` | compile-time check behind [`gsm7!`](crate::gsm7) |
//! | `to_gsm7`, `smart_encoding`, `transliterate` | replaces characters outside GSM-7; Twilio's table; the table of this crate |
//! | `check`, `report` | checks a text; the findings |
//! | `length_limit` | the maximum length at each vendor |
//! | `opt_out_notice`, `shorteners` | detect opt-out lines and shortened links |
//! | `keyword` | STOP, START, HELP and words of your own |

mod check;
mod cluster;
mod cluster_table;
mod const_fit;
mod gsm7;
mod keyword;
mod length_limit;
mod opt_out_notice;
mod report;
mod segments;
mod shorteners;
mod smart_encoding;
mod to_gsm7;
mod transliterate;

use std::fmt;

pub use check::{CheckOptions, check};
#[doc(hidden)]
pub use const_fit::gsm7_within;
pub use keyword::{Keyword, KeywordError, Keywords};
pub use length_limit::LengthLimit;
pub use report::{Finding, TextPosition, TextReport};
pub use segments::{Segments, segments, segments_by};
pub use to_gsm7::{smart_encode, to_gsm7};

/// Encoding of a text on the air. A single character outside GSM-7 makes the whole text UCS-2.
///
/// Estimate how much room is left:
///
/// ```
/// use anysms::text::Encoding;
///
/// assert_eq!((Encoding::Gsm7.single_limit(), Encoding::Gsm7.part_limit()), (160, 153));
/// assert_eq!((Encoding::Ucs2.single_limit(), Encoding::Ucs2.part_limit()), (70, 67));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums)] // no third encoding is in use
pub enum Encoding {
    /// GSM 7-bit default alphabet with its extension table (3GPP TS 23.038); counted in septets.
    Gsm7,
    /// UCS-2, in practice UTF-16; counted in units of 16 bits.
    Ucs2,
}

impl Encoding {
    /// Returns the maximum units of a text of one segment: 160 in GSM-7, 70 in UCS-2.
    #[must_use]
    pub const fn single_limit(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// Returns the maximum units of one part of a longer text, where a header takes the rest: 153 in GSM-7,
    /// 67 in UCS-2.
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

/// Rule for where a text may be cut into segments.
///
/// Twilio's rule never yields fewer segments than the plain one, unless a single character as seen by a
/// reader has 64 units or more, which no emoji has. A budget made with the default holds under both rules.
///
/// Count as a provider without special rules does:
///
/// ```
/// use anysms::text::{SegmentRule, segments_by};
///
/// let text = "👍🏽".repeat(18);
/// assert_eq!(segments_by(SegmentRule::Plain, &text).count(), 2);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SegmentRule {
    /// Keeps grapheme clusters together in UCS-2 (a flag, a family, a letter with its marks), and the two
    /// septets of an extension character in GSM-7.
    ///
    /// Matches Twilio's published calculator (sms-segments-calculator 1.3.0), including its Unicode
    /// version. Twilio does not document if production does the same (2026-11).
    #[default]
    Twilio,
    /// Keeps only the two units of a surrogate pair or an extension character together. The usual practice
    /// under 3GPP TS 23.038 and 23.040.
    Plain,
}

/// Checks at compile time that a text is in GSM-7 and fits a number of segments; evaluates to the text.
///
/// The build fails if the text has a character outside GSM-7 or needs more segments. `room` reserves
/// septets for what is filled in at run time: the text then fits wherever that is inserted, extension
/// characters included.
///
/// Guard the templates of a program:
///
/// ```
/// use anysms::gsm7;
///
/// const READY: &str = gsm7!("Your table is ready. Reply STOP to opt out.", 1);
/// let code = format!("{}{:06}", gsm7!("Your code is ", 1, room = 6), 42);
/// assert_eq!(code, "Your code is 000042");
/// ```
///
/// Fails to compile, as a curly apostrophe would turn the text into UCS-2:
///
/// ```compile_fail,E0080
/// anysms::gsm7!("You’re next", 1); // ’ is not in GSM-7
/// ```
///
/// Fails to compile, as the text could need a second segment:
///
/// ```compile_fail,E0080
/// anysms::gsm7!("Your code is ", 1, room = 148); // 161 septets
/// ```
#[macro_export]
macro_rules! gsm7 {
    ($text:expr, $segments:expr $(, room = $room:expr)? $(,)?) => {{
        // A constant, so that `cargo check` evaluates it too.
        const WITHIN_GSM7: &str = $crate::text::gsm7_within($text, $segments, 0 $(+ $room)?);
        WITHIN_GSM7
    }};
}
