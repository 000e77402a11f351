//! [`Account`]: one set of credentials at a provider, and everything it opens.
//!
//! What belongs here: the contract that the vendors' clients implement beside
//! [`SmsProvider`]. Many accounts at once are [`Accounts`](crate::Accounts).

use std::{fmt, sync::Arc};

use crate::{
    account_id::AccountId,
    error::Result,
    provider::SmsProvider,
    webhook::{KeyRing, PublicUrl, Webhook},
};

/// Set of credentials at one provider. The vendors' clients are accounts and providers at once, so the paved
/// path stays one line; a program with several accounts holds them as `Arc<dyn Account>`.
///
/// ```
/// # #[cfg(feature = "twilio")]
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use anysms::{Account, twilio::{Twilio, TwilioConfig}};
///
/// let twilio = Twilio::new(&TwilioConfig::new("AC00000000000000000000000000000001", "token"))?;
/// assert_eq!(twilio.account_id().as_str(), "AC00000000000000000000000000000001");
/// let webhook = twilio.webhook("https://example.com/hooks/twilio".parse()?)?; // with the account's own key
/// # Ok(())
/// # }
/// ```
pub trait Account: SmsProvider {
    /// Returns the provider's id of the account: an Account SID, an Auth ID. It is no secret.
    fn account_id(&self) -> &AccountId;

    /// Returns the keys with which the provider signs what it calls for this account; `None` where these
    /// credentials have none, such as an API key without the auth token.
    fn webhook_keys(&self) -> Option<&KeyRing>;

    /// Returns the verifier of what the provider calls for this account at a URL.
    ///
    /// # Errors
    /// `Config` where these credentials have no key to verify with.
    fn webhook(&self, url: PublicUrl) -> Result<Arc<dyn Webhook>>;
}

macro_rules! forward {
    ($pointer:ident) => {
        impl<A: Account + ?Sized> Account for $pointer<A> {
            fn account_id(&self) -> &AccountId {
                (**self).account_id()
            }

            fn webhook_keys(&self) -> Option<&KeyRing> {
                (**self).webhook_keys()
            }

            fn webhook(&self, url: PublicUrl) -> Result<Arc<dyn Webhook>> {
                (**self).webhook(url)
            }
        }
    };
}

forward!(Arc);
forward!(Box);

/// Masks an account in a list of them.
pub(crate) struct Masked<'a>(pub(crate) &'a dyn Account);

impl fmt::Debug for Masked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{:?}", self.0.id(), self.0.account_id())
    }
}
