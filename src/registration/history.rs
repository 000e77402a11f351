//! [`RegistrationHistory`]: every step of every registration, and one that lasts as long as the process.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use jiff::Timestamp;

use super::{RegistrationId, RegistrationReason, RegistrationState};
use crate::{account_id::AccountKey, error::Result, message::Money};

/// Step of a registration: a move, or a word of the provider's that moved nothing.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct RegistrationStep {
    /// Time of the step.
    pub at: Timestamp,
    /// Provider and account.
    pub account: AccountKey,
    /// Our own name of the registration.
    pub name: String,
    /// Provider's id of it.
    pub id: RegistrationId,
    /// State before.
    pub from: RegistrationState,
    /// State after; the same if nothing moved.
    pub to: RegistrationState,
    /// Provider's word; empty before the first.
    pub word: String,
    /// Cause of the step.
    pub cause: StepCause,
    /// Reasons that the provider gives.
    pub reasons: Vec<RegistrationReason>,
    /// Time until which something can be mended; `None` if none is said.
    pub edit_until: Option<Timestamp>,
    /// Fees that the provider says; `None` if it says none.
    pub fees: Option<Money>,
    /// Hash of the form that was submitted; `None` at any other step, and where another program submitted it.
    pub form: Option<String>,
}

/// Cause of a step of a registration.
///
/// serde writes the name in lower case: `unknown_word`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StepCause {
    /// It was submitted, or found at the provider as submitted.
    Submitted,
    /// It was submitted again.
    Resubmitted,
    /// The provider said so.
    Word,
    /// The provider said a word that is not known here. Nothing moved.
    UnknownWord,
    /// The provider said a word that is older than what is known. Nothing moved.
    LateWord,
    /// A person said so.
    ByHand,
    /// It was deleted by this program.
    Deleted,
    /// The provider does not have it any more.
    Gone,
}

/// History of registrations: steps are added and never changed.
///
/// ```
/// use anysms::registration::{MemoryRegistrationHistory, RegistrationHistory};
/// use anysms::{AccountKey, ProviderId};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> anysms::Result<()> {
/// let history = MemoryRegistrationHistory::new();
/// let account = AccountKey::new(ProviderId::from_static("acme"), "acct-1".into());
/// assert!(history.steps(&account).await?.is_empty());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Both methods fail as `Unavailable` if the history cannot be read or written now.
#[async_trait]
pub trait RegistrationHistory: fmt::Debug + Send + Sync {
    /// Adds a step. It is durable when this returns, as far as the history lasts at all.
    async fn append(&self, step: &RegistrationStep) -> Result<()>;

    /// Returns all steps of an account's registrations, oldest first.
    async fn steps(&self, account: &AccountKey) -> Result<Vec<RegistrationStep>>;
}

#[async_trait]
impl<H: RegistrationHistory + ?Sized> RegistrationHistory for Arc<H> {
    async fn append(&self, step: &RegistrationStep) -> Result<()> {
        (**self).append(step).await
    }

    async fn steps(&self, account: &AccountKey) -> Result<Vec<RegistrationStep>> {
        (**self).steps(account).await
    }
}

/// History in memory: for tests. After a restart the desk asks the provider for all that its intents name.
#[derive(Debug, Default)]
pub struct MemoryRegistrationHistory(Mutex<Vec<RegistrationStep>>);

impl MemoryRegistrationHistory {
    /// Creates an empty history.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl RegistrationHistory for MemoryRegistrationHistory {
    async fn append(&self, step: &RegistrationStep) -> Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(step.clone());
        Ok(())
    }

    async fn steps(&self, account: &AccountKey) -> Result<Vec<RegistrationStep>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(all.iter().filter(|step| step.account == *account).cloned().collect())
    }
}
