//! [`AccountStatus`]: the answer of `check`.

use serde::Serialize;

use crate::message::Money;

/// State of the account behind the credentials, as the provider says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AccountStatus {
    /// State of the account.
    pub state: AccountState,
    /// The vendor's word for its type, such as `Trial` or `standard`.
    pub kind: Option<String>,
    /// Balance, where the provider says so in the same answer.
    pub balance: Option<Money>,
}

impl AccountStatus {
    /// Creates an account in this state.
    #[must_use]
    pub const fn new(state: AccountState) -> Self {
        Self { state, kind: None, balance: None }
    }
}

/// State of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AccountState {
    /// The credentials are accepted and nothing speaks against sending.
    Active,
    /// The provider suspended it.
    Suspended,
    /// The account is closed.
    Closed,
    /// A word this crate does not know, as the provider wrote it.
    Other(String),
}
