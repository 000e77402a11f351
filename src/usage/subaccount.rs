//! [`Subaccounts`]: accounts below an account, each with credentials of its own.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    account_id::{AccountId, AccountKey},
    error::{Error, ErrorKind, Result},
    provider::AccountState,
};

/// Subaccounts of a main account: one for each tenant keeps their numbers, messages and bills apart. `Twilio` and
/// `Plivo` have them.
///
/// ```
/// # #[cfg(all(feature = "sandbox", feature = "twilio"))]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use anysms::usage::Subaccounts;
/// use anysms::{SmsProvider, sandbox::Sandbox, twilio::{Twilio, TwilioConfig}};
///
/// let sandbox = Sandbox::start().await?;
/// let config = TwilioConfig::sandbox(&sandbox);
/// let main = Twilio::new(&config)?;
/// let sub = main.ensure_subaccount("Rowing club").await?;
/// let again = main.ensure_subaccount("Rowing club").await?;
/// assert_eq!(sub.key, again.key, "there is one of that name");
///
/// let club = Twilio::new(&config.for_subaccount(&sub)?.with_sender_per_message())?;
/// assert!(club.check().await.is_ok());
/// let id = sub.key.id.clone();
/// assert!(main.close_subaccount(&id, "another id").await.is_err());
/// main.close_subaccount(&id, id.as_str()).await?;
/// # Ok(())
/// # }
/// # #[cfg(not(all(feature = "sandbox", feature = "twilio")))]
/// # fn main() {}
/// ```
#[async_trait]
pub trait Subaccounts: fmt::Debug + Send + Sync {
    /// Creates a subaccount, even if there is one of this name.
    ///
    /// # Errors
    /// `InvalidRequest`, not sent, for a name that breaks the vendor's rule. After an error whose outcome is `Unknown`
    /// the subaccount may exist: call [`ensure_subaccount`](Self::ensure_subaccount), which looks for it.
    async fn create_subaccount(&self, name: &str) -> Result<Subaccount>;

    /// Returns all subaccounts, closed ones too where the provider keeps them.
    ///
    /// # Errors
    /// As any read of the provider.
    async fn subaccounts(&self) -> Result<Vec<Subaccount>>;

    /// Suspends a subaccount: it neither sends nor receives until it is resumed.
    ///
    /// # Errors
    /// `InvalidRequest`, not sent, for the id of no subaccount; else as any change at the provider.
    async fn suspend_subaccount(&self, id: &AccountId) -> Result<()>;

    /// Resumes a subaccount that was suspended.
    ///
    /// # Errors
    /// As [`suspend_subaccount`](Self::suspend_subaccount).
    async fn resume_subaccount(&self, id: &AccountId) -> Result<()>;

    /// Closes a subaccount **for good**. Its id is given twice: `confirm` is what a person typed.
    ///
    /// # Errors
    /// `InvalidRequest`, not sent, if `confirm` is another id, or the id is of no subaccount; else as any change at
    /// the provider.
    async fn close_subaccount(&self, id: &AccountId, confirm: &str) -> Result<()>;

    /// Returns the subaccount of this name, and creates it if there is none. One that is closed does not count, and
    /// one that is suspended is returned as it is. Two calls at once may create two.
    ///
    /// # Errors
    /// `Conflict`, not sent, if several have this name; else those of the list and of the creation.
    async fn ensure_subaccount(&self, name: &str) -> Result<Subaccount> {
        match one_of(self.subaccounts().await?, name)? {
            Some(found) => Ok(found),
            None => self.create_subaccount(name).await,
        }
    }
}

#[async_trait]
impl<S: Subaccounts + ?Sized> Subaccounts for Arc<S> {
    async fn create_subaccount(&self, name: &str) -> Result<Subaccount> {
        (**self).create_subaccount(name).await
    }

    async fn subaccounts(&self) -> Result<Vec<Subaccount>> {
        (**self).subaccounts().await
    }

    async fn suspend_subaccount(&self, id: &AccountId) -> Result<()> {
        (**self).suspend_subaccount(id).await
    }

    async fn resume_subaccount(&self, id: &AccountId) -> Result<()> {
        (**self).resume_subaccount(id).await
    }

    async fn close_subaccount(&self, id: &AccountId, confirm: &str) -> Result<()> {
        (**self).close_subaccount(id, confirm).await
    }

    async fn ensure_subaccount(&self, name: &str) -> Result<Subaccount> {
        (**self).ensure_subaccount(name).await
    }
}

/// Subaccount. `Debug` shows neither its secret nor its name, which may be a person's.
#[derive(Clone)]
#[non_exhaustive]
pub struct Subaccount {
    /// Provider and id.
    pub key: AccountKey,
    /// Name.
    pub name: String,
    /// State.
    pub state: AccountState,
    /// Auth token; `None` where the provider does not tell it.
    pub secret: Option<SubaccountSecret>,
    /// Time, at some vendors the day, at which it was created.
    pub created_at: Option<Timestamp>,
}

impl Subaccount {
    /// Creates a description of a subaccount that is active.
    #[must_use]
    pub fn new(key: AccountKey, name: impl Into<String>) -> Self {
        let state = AccountState::Active;
        Self { key, name: name.into(), state, secret: None, created_at: None }
    }
}

impl fmt::Debug for Subaccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subaccount")
            .field("key", &self.key)
            .field("state", &self.state)
            .field("created_at", &self.created_at)
            .finish_non_exhaustive()
    }
}

/// Auth token of a subaccount, which neither `Debug` nor serde shows.
///
/// ```
/// use anysms::usage::SubaccountSecret;
///
/// let secret = SubaccountSecret::new("token");
/// assert_eq!(secret.expose(), "token"); // for the place where it is kept
/// assert!(!format!("{secret:?}").contains("token"));
/// ```
#[derive(Clone)]
pub struct SubaccountSecret(SecretString);

impl SubaccountSecret {
    /// Takes an auth token.
    #[must_use]
    pub fn new(token: impl Into<String>) -> Self {
        Self(SecretString::from(token.into()))
    }

    /// Returns the token itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for SubaccountSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubaccountSecret(..)")
    }
}

fn refuse(kind: ErrorKind, rule: &'static str) -> Error {
    Error::not_sent(kind).with_detail(rule).without_message()
}

/// Finds the one subaccount of a name that is not closed.
pub(crate) fn one_of(all: Vec<Subaccount>, name: &str) -> Result<Option<Subaccount>> {
    let mut alive =
        all.into_iter().filter(|sub| sub.name == name && sub.state != AccountState::Closed);
    let found = alive.next();
    if alive.next().is_some() {
        let rule = "name: several subaccounts have it; choose one of the list by its id";
        return Err(refuse(ErrorKind::Conflict, rule));
    }
    Ok(found)
}

/// Fails for a name that is empty, longer than this, or has control characters.
pub(crate) fn named(name: &str, most: usize) -> Result<()> {
    let length = name.chars().count();
    if name.trim().is_empty() || length > most || name.contains(char::is_control) {
        let rule = format!("name: must have 1 to {most} characters, and no control characters");
        return Err(refuse(ErrorKind::InvalidRequest, "").with_detail(rule));
    }
    Ok(())
}

/// Fails unless the id was typed again.
pub(crate) fn confirmed(id: &AccountId, confirm: &str) -> Result<()> {
    if id.as_str() == confirm {
        return Ok(());
    }
    let rule =
        "confirm: is another id; type the id of the subaccount that is to be closed for good";
    Err(refuse(ErrorKind::InvalidRequest, rule))
}
