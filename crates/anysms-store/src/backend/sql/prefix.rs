//! [`TablePrefix`]: what the names of a store's tables begin with.

use std::{fmt, str::FromStr};

/// What the names of a store's tables begin with, so that they stand beside the program's own: 1 to 32 lower-case
/// letters, digits and `_`, a letter first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TablePrefix(Box<str>);

impl TablePrefix {
    /// The prefix.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for TablePrefix {
    /// `sms_`.
    fn default() -> Self {
        Self("sms_".into())
    }
}

impl FromStr for TablePrefix {
    type Err = TablePrefixError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        let first = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
        if first && text.len() <= 32 && text.bytes().all(allowed) {
            Ok(Self(text.into()))
        } else {
            Err(TablePrefixError)
        }
    }
}

/// A text that is not a prefix for tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TablePrefixError;

impl fmt::Display for TablePrefixError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("table prefix: needs 1 to 32 lower-case letters, digits and _, a letter first")
    }
}

impl std::error::Error for TablePrefixError {}
