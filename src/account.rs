//! [`Account`]: one set of credentials at a provider, and everything it opens.
//!
//! What belongs here: the contract that the vendors' clients implement beside
//! [`SmsProvider`]. Many accounts at once are [`Accounts`](crate::Accounts).

use std::{fmt, sync::Arc};

use crate::{
    account_id::AccountId,
    error::Result,
    lookup::Lookup,
    numbers::{Numbers, Pools, ShortCodes},
    pricing::PriceSource,
    provider::SmsProvider,
    registration::Registrations,
    usage::{Subaccounts, UsageRecords},
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

    /// Returns the products that the account opens beside messages. Verification needs a service to be named:
    /// `Twilio::verification`, `Plivo::verification`.
    fn products(&self) -> Products {
        Products::default()
    }
}

/// Products of an account, each behind its neutral trait; `None` where the provider does not have it.
///
/// ```
/// use anysms::{Account, PhoneNumber, Result};
///
/// async fn is_valid(account: &dyn Account, number: PhoneNumber) -> Result<Option<bool>> {
///     let Some(lookup) = account.products().lookup else { return Ok(None) };
///     Ok(lookup.lookup(number, &[]).await?.valid)
/// }
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Products {
    /// Lookup of numbers.
    pub lookup: Option<Arc<dyn Lookup>>,
    /// Prices of messages by country.
    pub prices: Option<Arc<dyn PriceSource>>,
    /// Numbers of the account, and those for sale.
    pub numbers: Option<Arc<dyn Numbers>>,
    /// Pools of senders.
    pub pools: Option<Arc<dyn Pools>>,
    /// Short codes.
    pub short_codes: Option<Arc<dyn ShortCodes>>,
    /// Registrations of brands, campaigns and toll-free numbers.
    pub registrations: Option<Arc<dyn Registrations>>,
    /// Usage and balance.
    pub usage: Option<Arc<dyn UsageRecords>>,
    /// Subaccounts.
    pub subaccounts: Option<Arc<dyn Subaccounts>>,
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

            fn products(&self) -> Products {
                (**self).products()
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
