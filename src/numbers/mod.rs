//! Numbers of an account: find one, buy it for at most a price, set it up, list and release them. See [`Numbers`].
//!
//! A purchase costs money and no vendor has idempotency keys for it, so [`NumberBuyer`] keeps an
//! [intent](crate::intent) of each and looks before it does anything again. [`PoolMaker`] does the same for pools.
//!
//! What belongs here: the neutral traits and their types (`offer`, `owned`, `setup`, `purchase`, `release`, `pool`,
//! `short_code`), and what does a thing once (`once`, `buyer`, `pool_maker`). The vendors' halves live with the
//! vendors; what a number itself is stands in [`number`](crate::number).

mod buyer;
mod offer;
mod once;
mod owned;
mod pool;
mod pool_maker;
mod purchase;
mod release;
mod setup;
mod short_code;

use std::{fmt, sync::Arc};

use async_trait::async_trait;

pub use buyer::{NumberBuyer, PurchaseRecovery};
pub use offer::{
    AvailableNumber, NumberCapabilities, NumberCategory, NumberCategoryError, NumberSearch,
};
pub use owned::{NumberQuery, OwnedNumber};
pub use pool::{Pool, PoolQuery, PoolSetup, Pools};
pub use pool_maker::{PoolMaker, PoolRecovery};
pub(crate) use purchase::is_toll_free;
pub use purchase::{NumberPrice, Purchase};
pub use release::{Release, ReleaseCheck};
pub use setup::{HookMethod, InboundRoute, NumberSetup};
pub use short_code::{OwnedShortCode, ShortCodes};

use crate::{account_id::AccountKey, error::Result, number::PhoneNumber};

/// Numbers of an account at a provider. `Twilio` and `Plivo` are ones.
///
/// Buy through a [`NumberBuyer`]: it never buys twice. A field that a provider does not have is refused as
/// `Unsupported` before anything is asked.
///
/// ```
/// # #[cfg(all(feature = "sandbox", feature = "twilio"))]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use anysms::number::Region;
/// use anysms::numbers::{NumberCategory, NumberSearch, Numbers};
/// use anysms::{sandbox::Sandbox, twilio::{Twilio, TwilioConfig}};
///
/// let sandbox = Sandbox::start().await?;
/// let twilio = Twilio::new(&TwilioConfig::sandbox(&sandbox))?;
/// let search = NumberSearch::new(Region::US, NumberCategory::Local).in_area("555").at_most(3);
/// let offered = twilio.search(&search).await?;
/// assert_eq!(offered.len(), 3);
/// assert_eq!(offered[0].price.first_month().map(|price| price.to_string()).as_deref(), Some("1.15 USD"));
/// # Ok(())
/// # }
/// # #[cfg(not(all(feature = "sandbox", feature = "twilio")))]
/// # fn main() {}
/// ```
#[async_trait]
pub trait Numbers: fmt::Debug + Send + Sync {
    /// Returns the provider that is asked, and the account that numbers belong to.
    fn numbers_account(&self) -> AccountKey;

    /// Searches numbers that can be bought.
    ///
    /// # Errors
    /// `InvalidRequest` or `Unsupported` for a filter, before anything is asked; `NotFound` from a provider that has
    /// no such category in the country; else as any read of the provider.
    async fn search(&self, search: &NumberSearch) -> Result<Vec<AvailableNumber>>;

    /// Asks what the number of a purchase costs now. What the provider does not tell is `None` in the answer.
    ///
    /// # Errors
    /// `NotFound` from a provider that prices single numbers, if this one is not on offer; else as any read.
    async fn number_price(&self, purchase: &Purchase) -> Result<NumberPrice>;

    /// Buys exactly this number, once its price is known to be within the purchase's. This call alone does not know
    /// of an earlier one: a [`NumberBuyer`] does.
    ///
    /// # Errors
    /// `PolicyBlocked` if the number is dearer, or its price is not known; `Unsupported` or `InvalidRequest` for a
    /// setting; `Conflict`, unknown, if the number is ordered and waits for documents; else the provider's refusal.
    /// After an outcome that is unknown the number may have been bought.
    async fn buy(&self, purchase: &Purchase) -> Result<OwnedNumber>;

    /// Changes the settings of a number of the account. What the setup leaves out stays as it is.
    ///
    /// # Errors
    /// `NotFound` if the account does not have the number; `Unsupported` or `InvalidRequest` for a setting, before
    /// anything is asked; else the provider's refusal.
    async fn configure(&self, number: PhoneNumber, setup: &NumberSetup) -> Result<()>;

    /// Lists numbers of the account, as many pages as the query's limit needs.
    ///
    /// # Errors
    /// As any read of the provider.
    async fn list_numbers(&self, query: &NumberQuery) -> Result<Vec<OwnedNumber>>;

    /// Gives a number back. It may be somebody else's the next day.
    ///
    /// # Errors
    /// `NotFound` if the account does not have the number; else the provider's refusal. After an outcome that is
    /// unknown it may have been released.
    async fn release(&self, release: &Release) -> Result<()>;
}

#[async_trait]
impl<N: Numbers + ?Sized> Numbers for Arc<N> {
    fn numbers_account(&self) -> AccountKey {
        (**self).numbers_account()
    }

    async fn search(&self, search: &NumberSearch) -> Result<Vec<AvailableNumber>> {
        (**self).search(search).await
    }

    async fn number_price(&self, purchase: &Purchase) -> Result<NumberPrice> {
        (**self).number_price(purchase).await
    }

    async fn buy(&self, purchase: &Purchase) -> Result<OwnedNumber> {
        (**self).buy(purchase).await
    }

    async fn configure(&self, number: PhoneNumber, setup: &NumberSetup) -> Result<()> {
        (**self).configure(number, setup).await
    }

    async fn list_numbers(&self, query: &NumberQuery) -> Result<Vec<OwnedNumber>> {
        (**self).list_numbers(query).await
    }

    async fn release(&self, release: &Release) -> Result<()> {
        (**self).release(release).await
    }
}
