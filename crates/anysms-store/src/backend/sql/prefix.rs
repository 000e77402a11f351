//! [`TablePrefix`]: the beginning of the names of a store's tables.

use std::str::FromStr;

use thiserror::Error;

/// Beginning of the names of a store's tables, so that they stand beside the program's own: 1 to 32 lower-case
/// letters, digits and `_`, a letter first.
///
/// ```
/// use anysms_store::TablePrefix;
///
/// assert_eq!(TablePrefix::default().as_str(), "sms_");
/// assert!("1; DROP".parse::<TablePrefix>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TablePrefix(Box<str>);

impl TablePrefix {
    /// Returns the prefix.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for TablePrefix {
    /// Returns the prefix `sms_`.
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

/// Error of a text that is not a prefix for tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("table prefix: needs 1 to 32 lower-case letters, digits and _, a letter first")]
#[non_exhaustive]
pub struct TablePrefixError;
