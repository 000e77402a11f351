//! [`Report`]: what a check found.

use std::fmt;

use super::{Limit, Segments};

/// What [`check`](super::check()) found.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// How the text is cut as it is.
    pub before: Segments,
    /// How it would be cut after [`to_gsm7`](super::to_gsm7()).
    pub after: Segments,
    pub(super) findings: Vec<Finding>,
}

impl Report {
    /// What is wrong with the text: what concerns all of it, then the rest by kind and place.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}

/// One thing that is wrong with a text. Shows a single character of it at the most.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// The text is longer than a vendor takes.
    #[non_exhaustive]
    TooLong {
        /// The limit.
        limit: Limit,
        /// By how much: in characters or units, as the limit counts.
        excess: usize,
    },
    /// The text takes more segments than allowed.
    #[non_exhaustive]
    TooManySegments {
        /// How many it takes.
        count: usize,
        /// How many are allowed.
        allowed: usize,
    },
    /// Marketing that does not say how to opt out.
    NoOptOut,
    /// A character that puts the text into UCS-2.
    #[non_exhaustive]
    NotGsm7 {
        /// The character.
        character: char,
        /// Where it stands first.
        first: Place,
        /// How often it occurs.
        times: usize,
        /// What [`to_gsm7`](super::to_gsm7()) writes there in its place. Empty: it leaves the character
        /// out, or makes one with the letter before.
        substitute: Option<&'static str>,
    },
    /// Links of a public shortener, which carriers filter.
    #[non_exhaustive]
    ShortenedLink {
        /// The shortener.
        host: &'static str,
        /// Where the host of the first link stands.
        first: Place,
        /// How many links it has.
        times: usize,
    },
}

impl Finding {
    /// Where in the text it is, if it is in one place.
    #[must_use]
    pub const fn place(&self) -> Option<Place> {
        match self {
            Self::NotGsm7 { first, .. } | Self::ShortenedLink { first, .. } => Some(*first),
            Self::TooLong { .. } | Self::TooManySegments { .. } | Self::NoOptOut => None,
        }
    }
}

// All characters outside GSM-7, each with its place, are most of a text in another script: `Debug`
// shows neither.
impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
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
                // What would not show by itself, or join the text around it, is its code alone.
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

/// `, 3 times`; nothing for once.
struct Times(usize);

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 1 { Ok(()) } else { write!(f, ", {} times", self.0) }
    }
}

/// Where a character stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Place {
    /// How many bytes of UTF-8 come before it.
    pub byte: usize,
    /// Its line, from 1. Lines end with a line feed.
    pub line: usize,
    /// Its column, from 1, in characters (code points).
    pub column: usize,
}

impl Place {
    pub(super) const START: Self = Self { byte: 0, line: 1, column: 1 };

    /// The place after this character.
    pub(super) const fn after(self, c: char) -> Self {
        let byte = self.byte + c.len_utf8();
        match c {
            '\n' => Self { byte, line: self.line + 1, column: 1 },
            _ => Self { byte, line: self.line, column: self.column + 1 },
        }
    }
}

/// `line:column`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_line() {
        let first = Place::START.after('a').after('\n').after('é');
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
        let long = Finding::TooLong { limit: Limit::PLIVO, excess: 3 };
        assert_eq!(long.to_string(), "longer than Plivo takes, by 3 units");
    }
}
