//! [`TextReport`]: the result of a check.

use std::fmt;

use super::{LengthLimit, Segments};

/// Result of [`check`](super::check()): the findings, and the segments before and after conversion to
/// GSM-7.
///
/// Show how much a conversion saves:
///
/// ```
/// use anysms::text::{CheckOptions, check};
///
/// let report = check(&"Your table’s ready. ".repeat(5), &CheckOptions::default());
/// assert_eq!((report.before.count(), report.after.count()), (2, 1));
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TextReport {
    /// Segments of the text as it stands.
    pub before: Segments,
    /// Segments of the text after [`to_gsm7`](super::to_gsm7()).
    pub after: Segments,
    pub(super) findings: Vec<Finding>,
}

impl TextReport {
    /// Returns the problems: first those of the whole text, then characters and links by position.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Returns `true` if there are no findings.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}

/// One problem of a text. `Display` shows at most a single character of the text, `Debug` none.
///
/// Find the first place to edit:
///
/// ```
/// use anysms::text::{CheckOptions, check};
///
/// let report = check("Your table\nis “ready”", &CheckOptions::default());
/// let position = report.findings()[0].position();
/// assert_eq!(position.map(|p| p.to_string()).as_deref(), Some("2:4"));
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// The text exceeds a vendor's maximum length.
    #[non_exhaustive]
    TooLong {
        /// Limit that is exceeded.
        limit: LengthLimit,
        /// Excess, in the units of the limit.
        excess: usize,
    },
    /// The text has more segments than allowed.
    #[non_exhaustive]
    TooManySegments {
        /// Number of segments.
        count: usize,
        /// Maximum number of segments.
        allowed: usize,
    },
    /// A marketing text has no opt-out notice.
    NoOptOut,
    /// A character outside GSM-7, which makes the text UCS-2.
    #[non_exhaustive]
    NotGsm7 {
        /// The character.
        character: char,
        /// Position of the first occurrence.
        first: TextPosition,
        /// Number of occurrences.
        times: usize,
        /// Replacement by [`to_gsm7`](super::to_gsm7()) at this position; `None` if the character stays. An
        /// empty one means that the character is dropped or combined with the letter before it.
        substitute: Option<&'static str>,
    },
    /// Links of a public shortener, which carriers filter.
    #[non_exhaustive]
    ShortenedLink {
        /// Host name of the shortener.
        host: &'static str,
        /// Position of the host in the first link.
        first: TextPosition,
        /// Number of links.
        times: usize,
    },
}

impl Finding {
    /// Returns the position of the first occurrence; `None` for problems of the whole text.
    #[must_use]
    pub const fn position(&self) -> Option<TextPosition> {
        match self {
            Self::NotGsm7 { first, .. } | Self::ShortenedLink { first, .. } => Some(*first),
            Self::TooLong { .. } | Self::TooManySegments { .. } | Self::NoOptOut => None,
        }
    }
}

// Together, the characters outside GSM-7 and their positions would reveal most of a text in another script,
// so `Debug` shows neither.
impl fmt::Debug for TextReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextReport")
            .field("before", &self.before)
            .field("after", &self.after)
            .field("findings", &self.findings.len())
            .finish()
    }
}

impl fmt::Debug for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong { .. } => "TooLong",
            Self::TooManySegments { .. } => "TooManySegments",
            Self::NoOptOut => "NoOptOut",
            Self::NotGsm7 { .. } => "NotGsm7",
            Self::ShortenedLink { .. } => "ShortenedLink",
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { limit, excess } => {
                write!(f, "longer than {} takes, by {excess} units", limit.vendor())
            }
            Self::TooManySegments { count, allowed } => {
                write!(f, "segments: {count}, at most {allowed}")
            }
            Self::NoOptOut => f.write_str("marketing without a way to opt out"),
            Self::NotGsm7 { character, times, substitute, .. } => {
                write!(f, "U+{:04X}", u32::from(*character))?;
                // Invisible and combining characters are shown by their code alone.
                if character.escape_debug().len() == 1 {
                    write!(f, " ({character})")?;
                }
                write!(f, " is not in GSM-7{}", Times(*times))?;
                match substitute {
                    Some("") => f.write_str("; it can go"),
                    Some(substitute) => write!(f, "; {substitute:?} can take its place"),
                    None => Ok(()),
                }
            }
            Self::ShortenedLink { host, times, .. } => {
                write!(f, "a link of {host}{}, and carriers filter shorteners", Times(*times))
            }
        }
    }
}

/// Suffix for a count: `, 3 times`; empty for 1.
struct Times(usize);

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 1 { Ok(()) } else { write!(f, ", {} times", self.0) }
    }
}

/// Position of a character in a text. `Display` writes `line:column`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct TextPosition {
    /// Offset in bytes of UTF-8, from 0.
    pub byte: usize,
    /// Line, from 1. Lines end with a line feed.
    pub line: usize,
    /// Column, from 1, in characters (code points).
    pub column: usize,
}

impl TextPosition {
    pub(super) const START: Self = Self { byte: 0, line: 1, column: 1 };

    /// Returns the position after this character.
    pub(super) const fn after(self, c: char) -> Self {
        let byte = self.byte + c.len_utf8();
        match c {
            '\n' => Self { byte, line: self.line + 1, column: 1 },
            _ => Self { byte, line: self.line, column: self.column + 1 },
        }
    }
}

impl fmt::Display for TextPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_line() {
        let first = TextPosition::START.after('a').after('\n').after('é');
        assert_eq!((first.byte, first.to_string()), (4, "2:2".to_owned()));
        let character = |character, times, substitute| {
            Finding::NotGsm7 { character, first, times, substitute }.to_string()
        };
        assert_eq!(
            character('’', 1, Some("'")),
            "U+2019 (’) is not in GSM-7; \"'\" can take its place"
        );
        assert_eq!(
            character('\u{200b}', 2, Some("")),
            "U+200B is not in GSM-7, 2 times; it can go"
        );
        assert_eq!(character('\u{202e}', 1, None), "U+202E is not in GSM-7");
        assert_eq!(character('\u{301}', 1, None), "U+0301 is not in GSM-7");
        let long = Finding::TooLong { limit: LengthLimit::PLIVO, excess: 3 };
        assert_eq!(long.to_string(), "longer than Plivo takes, by 3 units");
    }
}
