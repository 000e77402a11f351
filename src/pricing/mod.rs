//! Prices of messages: what a segment to a country costs, before it is sent. See `PriceBook` and [`PriceSource`].
//!
//! What belongs here: the neutral trait and its answer (`country`), a list of prices of a program's own (`table`),
//! what a message costs by them (`quote`), fees that no API tells (`fees`), and the book that answers at once
//! (`book`) from what a background task fetches (`refresh`) over caches (`cache`, `redis`). The vendors' halves live
//! with the vendors.

#[cfg(feature = "layers")]
mod book;
#[cfg(feature = "layers")]
mod builder;
mod cache;
mod country;
mod fees;
#[cfg(feature = "layers")]
mod flight;
#[cfg(feature = "layers")]
mod health;
mod network;
mod quote;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "layers")]
mod refresh;
mod summary;
mod table;
mod table_csv;

use std::{fmt, sync::Arc};

use async_trait::async_trait;

#[cfg(feature = "layers")]
pub use book::PriceBook;
#[cfg(feature = "layers")]
pub use builder::PriceBookBuilder;
pub use cache::PriceCache;
pub use country::{CountryPrices, PriceRow};
pub use fees::CarrierFees;
#[cfg(feature = "layers")]
pub use health::PriceHealth;
pub use network::{MobileNetwork, MobileNetworkError};
pub use quote::{Basis, Quote};
#[cfg(feature = "redis")]
pub use redis::RedisPriceCache;
pub use table::PriceTable;

use crate::{error::Result, number::Region, provider_id::ProviderId};

/// Source of prices by country. `Twilio`, `Plivo` and [`PriceTable`] are ones.
///
/// ```
/// # #[cfg(all(feature = "sandbox", feature = "twilio"))]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use anysms::{number::Region, pricing::PriceSource};
/// use anysms::{sandbox::Sandbox, twilio::{Twilio, TwilioConfig}};
///
/// let sandbox = Sandbox::start().await?;
/// let twilio = Twilio::new(&TwilioConfig::sandbox(&sandbox))?;
/// let prices = twilio.country(Region::GB).await?;
/// assert_eq!(prices.highest().expect("it is priced").to_string(), "0.0524 USD");
/// # Ok(())
/// # }
/// # #[cfg(not(all(feature = "sandbox", feature = "twilio")))]
/// # fn main() {}
/// ```
#[async_trait]
pub trait PriceSource: fmt::Debug + Send + Sync {
    /// Returns the provider whose prices these are.
    fn price_provider(&self) -> ProviderId;

    /// Returns the prices of a country as they are now. Without rows if the provider has no price for it: that is an
    /// answer, and no error.
    ///
    /// # Errors
    /// As any read of the provider; `InvalidResponse` if the answer names no currency that can be read.
    async fn country(&self, country: Region) -> Result<CountryPrices>;
}

#[async_trait]
impl<S: PriceSource + ?Sized> PriceSource for Arc<S> {
    fn price_provider(&self) -> ProviderId {
        (**self).price_provider()
    }

    async fn country(&self, country: Region) -> Result<CountryPrices> {
        (**self).country(country).await
    }
}
