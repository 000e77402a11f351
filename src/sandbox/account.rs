//! [`SandboxAccount`]: one set of credentials at a vendor of the sandbox.

use std::{collections::BTreeSet, fmt};

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{account_id::AccountId, number::PhoneNumber, provider_id::ProviderId};

/// Account of the sandbox, or a subaccount.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SandboxAccount {
    /// Vendor.
    pub provider: ProviderId,
    /// The vendor's id of it.
    pub id: AccountId,
    /// Token that its requests sign in with and its webhooks are signed with.
    pub token: String,
    /// Account that it belongs to; `None` for a main account.
    pub parent: Option<AccountId>,
    /// Name.
    pub name: String,
    /// State: only an active account is served.
    pub state: AccountStanding,
    /// `true` if it may send to verified numbers alone.
    pub trial: bool,
    /// Numbers that a trial account may send to.
    pub verified: BTreeSet<PhoneNumber>,
    /// Money left, in US dollars; below zero it goes on.
    pub balance: Decimal,
    /// Time at which it was opened.
    pub created_at: Timestamp,
    /// Time of its last change.
    pub updated_at: Timestamp,
}

impl SandboxAccount {
    /// Describes a new main account with 100 US dollars.
    #[must_use]
    pub fn new(provider: ProviderId, id: impl Into<AccountId>, token: impl Into<String>) -> Self {
        let now = Timestamp::now();
        Self {
            provider,
            id: id.into(),
            token: token.into(),
            parent: None,
            name: "Sandbox".to_owned(),
            state: AccountStanding::Active,
            trial: false,
            verified: BTreeSet::new(),
            balance: Decimal::ONE_HUNDRED,
            created_at: now,
            updated_at: now,
        }
    }

    /// Returns `true` if it may send to this number: a trial account to verified ones alone.
    #[must_use]
    pub fn may_send_to(&self, number: PhoneNumber) -> bool {
        !self.trial || self.verified.contains(&number)
    }
}

/// State of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum AccountStanding {
    /// Served.
    #[default]
    Active,
    /// Refused until it is active again.
    Suspended,
    /// Refused for good.
    Closed,
}

impl AccountStanding {
    /// Returns the state in lower case, as the vendors write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Closed => "closed",
        }
    }
}

impl fmt::Debug for SandboxAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { provider, id, state, .. } = self;
        let mut shown = f.debug_struct("SandboxAccount");
        shown.field("provider", provider).field("id", id).field("state", state);
        shown.finish_non_exhaustive()
    }
}
