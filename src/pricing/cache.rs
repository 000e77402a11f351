//! [`PriceCache`]: a place where prices outlive the process.

use std::{fmt, sync::Arc};

use async_trait::async_trait;

use super::CountryPrices;
use crate::{error::Result, number::Region, provider_id::ProviderId};

/// Place where a `PriceBook` keeps prices between the memory and the provider: Redis, a database.
///
/// Prices are kept by provider and country. Accounts of one provider that pay different prices need caches of their
/// own.
///
/// Keep prices for the life of a program, shared among its books:
///
/// ```
/// use std::{collections::HashMap, sync::Mutex};
///
/// use anysms::{ProviderId, Result, async_trait, number::Region};
/// use anysms::pricing::{CountryPrices, PriceCache};
///
/// #[derive(Debug, Default)]
/// struct Shared(Mutex<HashMap<(ProviderId, Region), CountryPrices>>);
///
/// #[async_trait]
/// impl PriceCache for Shared {
///     async fn load(&self, provider: &ProviderId, country: Region) -> Result<Option<CountryPrices>> {
///         let kept = self.0.lock().unwrap_or_else(|broken| broken.into_inner());
///         Ok(kept.get(&(provider.clone(), country)).cloned())
///     }
///
///     async fn save(&self, prices: &CountryPrices) -> Result<()> {
///         let mut kept = self.0.lock().unwrap_or_else(|broken| broken.into_inner());
///         kept.insert((prices.provider.clone(), prices.country), prices.clone());
///         Ok(())
///     }
/// }
/// ```
#[async_trait]
pub trait PriceCache: fmt::Debug + Send + Sync {
    /// Returns the prices that were saved last; `None` if there are none, or none that this version can read.
    ///
    /// # Errors
    /// Any, where the place cannot be reached: a book counts it and goes on without.
    async fn load(&self, provider: &ProviderId, country: Region) -> Result<Option<CountryPrices>>;

    /// Saves the prices of a country.
    ///
    /// # Errors
    /// Any, where the place cannot be reached: a book counts it and goes on without.
    async fn save(&self, prices: &CountryPrices) -> Result<()>;
}

#[async_trait]
impl<C: PriceCache + ?Sized> PriceCache for Arc<C> {
    async fn load(&self, provider: &ProviderId, country: Region) -> Result<Option<CountryPrices>> {
        (**self).load(provider, country).await
    }

    async fn save(&self, prices: &CountryPrices) -> Result<()> {
        (**self).save(prices).await
    }
}
