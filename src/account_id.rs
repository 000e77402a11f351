//! [`AccountId`] and [`AccountKey`]: names of accounts at providers.

use std::{borrow::Borrow, convert::Infallible, fmt, str::FromStr, sync::Arc};

use crate::provider_id::ProviderId;

/// A provider's id of an account or a subaccount, such as `AC…` or `SA…`. It is half of the
/// credentials, so `Debug` shows only its end.
///
/// ```
/// use anysms::AccountId;
///
/// let id = AccountId::from("AC00000000000000000000000000000001");
/// assert_eq!(format!("{id:?}"), "…0001"); // for a log
/// assert_eq!(id.as_str(), "AC00000000000000000000000000000001"); // for the provider
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(Arc<str>);

impl AccountId {
    /// Returns the id, in the provider's own form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for AccountId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<T: Into<Arc<str>>> From<T> for AccountId {
    fn from(id: T) -> Self {
        Self(id.into())
    }
}

impl FromStr for AccountId {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(text.into())
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = self.0.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
        write!(f, "…{}", &self.0[start..])
    }
}

serde_as_text!(AccountId);

/// Account at a provider: what tells one account from all others, whatever the provider.
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[non_exhaustive]
pub struct AccountKey {
    /// Provider.
    pub provider: ProviderId,
    /// The provider's id of the account.
    pub id: AccountId,
}

impl AccountKey {
    /// Names an account at a provider.
    #[must_use]
    pub const fn new(provider: ProviderId, id: AccountId) -> Self {
        Self { provider, id }
    }
}
