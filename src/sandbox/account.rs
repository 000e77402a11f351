//! [`SandboxAccount`]: one set of credentials at a vendor of the sandbox, and how a program opens and changes it.

use std::{collections::BTreeSet, fmt};

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    account_id::AccountId,
    error::{Error, Result},
    number::PhoneNumber,
    provider_id::ProviderId,
    sandbox::{SandboxHandle, Used},
};

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

impl SandboxHandle {
    /// Returns all accounts, of every vendor.
    #[must_use]
    pub fn accounts(&self) -> Vec<SandboxAccount> {
        self.shared.carrier.accounts()
    }

    /// Opens another main account, with a number of its own: a mailbox that no other test looks into.
    ///
    /// ```
    /// # #[cfg(feature = "twilio")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use anysms::{Message, PhoneNumber, SmsProvider, sandbox::Sandbox};
    /// use anysms::twilio::{TWILIO, Twilio, TwilioConfig};
    ///
    /// let sandbox = Sandbox::start().await?;
    /// let account = sandbox.open_account(&TWILIO)?;
    /// let config = TwilioConfig::new(account.id.as_str(), account.token.as_str());
    /// let sms = Twilio::new(&config.with_base_url(sandbox.base_url()))?;
    /// let message = Message::new("+447700900123".parse::<PhoneNumber>()?, "Hello");
    /// sms.send(&message.with_sender(sandbox.numbers(&account)[0].into())).await?;
    /// assert_eq!(sandbox.messages()[0].account, account.id);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "twilio"))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// `Unsupported` for a vendor it does not speak.
    pub fn open_account(&self, provider: &ProviderId) -> Result<SandboxAccount> {
        let vendor = self.shared.vendor(provider).ok_or_else(|| {
            Error::unsupported(provider.clone(), "sandbox: does not speak this vendor")
        })?;
        Ok(vendor.open_account(&self.shared.carrier, None))
    }

    /// Returns the numbers of an account.
    #[must_use]
    pub fn numbers(&self, account: &SandboxAccount) -> Vec<PhoneNumber> {
        let vendor = self.shared.vendor(&account.provider);
        vendor.map_or_else(Vec::new, |vendor| vendor.numbers(account, &self.shared.carrier))
    }

    /// Gives an account a number, without buying it. Returns `false` if another account has it.
    ///
    /// ```
    /// # #[cfg(feature = "twilio")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use anysms::{sandbox::Sandbox, twilio::TWILIO};
    ///
    /// let sandbox = Sandbox::start().await?;
    /// let account = sandbox.open_account(&TWILIO)?;
    /// assert!(sandbox.give_number(&account, "+15555550142".parse()?));
    /// assert_eq!(sandbox.numbers(&account).len(), 2);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "twilio"))]
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn give_number(&self, account: &SandboxAccount, number: PhoneNumber) -> bool {
        let vendor = self.shared.vendor(&account.provider);
        vendor.is_some_and(|vendor| vendor.give_number(account, number, &self.shared.carrier))
    }

    /// Changes an account: suspends it, makes it a trial, verifies a number, sets its balance. Returns it
    /// as it is then; `None` if there is none of this id.
    ///
    /// See what a program does when its account is suspended:
    ///
    /// ```
    /// # #[cfg(feature = "twilio")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use anysms::{ErrorKind, Message, PhoneNumber, SmsProvider};
    /// use anysms::sandbox::{AccountStanding, Sandbox};
    /// use anysms::twilio::{TWILIO, Twilio, TwilioConfig, TwilioSandbox};
    ///
    /// let sandbox = Sandbox::start().await?;
    /// let id = TwilioSandbox::ACCOUNT_SID.into();
    /// sandbox.change_account(&TWILIO, &id, |account| account.state = AccountStanding::Suspended);
    /// let sms = Twilio::new(&TwilioConfig::sandbox(&sandbox))?;
    /// let message = Message::new("+447700900123".parse::<PhoneNumber>()?, "Hello");
    /// assert_eq!(sms.send(&message).await.unwrap_err().kind(), ErrorKind::Credentials);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "twilio"))]
    /// # fn main() {}
    /// ```
    pub fn change_account(
        &self,
        provider: &ProviderId,
        id: &AccountId,
        change: impl FnOnce(&mut SandboxAccount),
    ) -> Option<SandboxAccount> {
        self.shared.carrier.change_account(provider, id, change)
    }

    /// Returns what the accounts used, by account, category and day.
    ///
    /// ```
    /// # #[cfg(feature = "twilio")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use anysms::{Message, PhoneNumber, SmsProvider, sandbox::Sandbox};
    /// use anysms::twilio::{Twilio, TwilioConfig};
    ///
    /// let sandbox = Sandbox::start().await?;
    /// let sms = Twilio::new(&TwilioConfig::sandbox(&sandbox))?;
    /// sms.send(&Message::new("+447700900123".parse::<PhoneNumber>()?, "Hello")).await?;
    /// let used = &sandbox.usage()[0];
    /// assert_eq!((used.category.as_str(), used.units), ("sms-outbound", 1));
    /// assert_eq!(used.price.to_string(), "0.0524");
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "twilio"))]
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn usage(&self) -> Vec<Used> {
        self.shared.carrier.usage()
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
