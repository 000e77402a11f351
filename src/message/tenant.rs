//! [`TenantId`]: on whose behalf a message is sent.

use std::{fmt, str::FromStr, sync::Arc};

use thiserror::Error;

/// Name of a tenant: the customer, clinic or brand of a program that serves several.
///
/// Keys, limits, guards, suppression and reports are the tenant's own; no tenant is a tenant of its own too.
/// It may be printed and logged: put no personal data into it. A clone is cheap.
///
/// ```
/// use anysms::{Message, TenantId};
///
/// let clinic: TenantId = "clinic".parse()?;
/// let message = Message::new("+447700900123".parse::<anysms::PhoneNumber>()?, "Hello").with_tenant(clinic);
/// assert_eq!(message.tenant().map(TenantId::as_str), Some("clinic"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantId(Arc<str>);

impl TenantId {
    /// Longest name, in bytes.
    pub const MAX_LEN: usize = 255;

    /// Takes a name of 1 to 255 bytes without control characters.
    ///
    /// # Errors
    /// [`TenantIdError`] if the name breaks that rule.
    pub fn new(name: &str) -> Result<Self, TenantIdError> {
        let fits = (1..=Self::MAX_LEN).contains(&name.len());
        if fits && !name.chars().any(char::is_control) {
            Ok(Self(name.into()))
        } else {
            Err(TenantIdError)
        }
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TenantId {
    type Err = TenantIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantId({self})")
    }
}

serde_as_text!(TenantId);

/// Error of a text that cannot be a tenant's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("tenant: needs 1 to 255 bytes without control characters")]
#[non_exhaustive]
pub struct TenantIdError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_printable_and_not_empty() {
        for name in ["clinic", "Ärzte & Söhne", "a"] {
            assert_eq!(name.parse::<TenantId>().unwrap().as_str(), name);
        }
        for name in ["", "a\0b", "a\nb", &"x".repeat(256)] {
            assert!(name.parse::<TenantId>().is_err(), "{name:?}");
        }
    }
}
