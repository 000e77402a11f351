//! Prices that were fetched: the database's tier of a price book, and their history.

use async_trait::async_trait;

use anysms::{
    ProviderId,
    error::Result,
    number::Region,
    pricing::{CountryPrices, PriceCache},
};

use crate::{
    MessageStore, PriceRecord,
    backend::{
        Backend, RawBackend,
        operation::{LoadPrices, PriceHistory, SavePrices},
    },
};

/// Prices in a message store: a tier of a [`PriceBook`](anysms::pricing::PriceBook) that outlives the process. Made by
/// [`MessageStore::price_cache`].
#[derive(Clone, Debug)]
pub struct StorePriceCache(MessageStore);

impl MessageStore {
    /// Returns the store as a cache of prices.
    ///
    /// ```
    /// use anysms::pricing::{PriceBook, PriceSource};
    /// use anysms_store::MessageStore;
    ///
    /// fn book(source: impl PriceSource + 'static, store: &MessageStore) -> PriceBook {
    ///     PriceBook::builder(source).cache(store.price_cache()).build()
    /// }
    /// ```
    #[must_use]
    pub fn price_cache(&self) -> StorePriceCache {
        StorePriceCache(self.clone())
    }
}

impl<B: Backend> MessageStore<B> {
    /// Returns all prices of a country that a provider ever had, in the order in which they came.
    ///
    /// ```
    /// use anysms::{ProviderId, number::Region};
    /// use anysms_store::MessageStore;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> anysms::Result<()> {
    /// let acme = ProviderId::from_static("acme");
    /// assert!(MessageStore::memory().price_history(&acme, Region::GB).await?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be read.
    pub async fn price_history(
        &self,
        provider: &ProviderId,
        country: Region,
    ) -> Result<Vec<PriceRecord>> {
        self.backend.run(PriceHistory(provider.clone(), country)).await
    }
}

#[async_trait]
impl PriceCache for StorePriceCache {
    async fn load(&self, provider: &ProviderId, country: Region) -> Result<Option<CountryPrices>> {
        self.0.backend.run(LoadPrices(provider.clone(), country)).await
    }

    async fn save(&self, prices: &CountryPrices) -> Result<()> {
        self.0.backend.run(SavePrices(prices.clone())).await
    }
}
