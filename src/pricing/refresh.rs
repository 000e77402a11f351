//! The way of prices into a book: from the caches in their order, then from the source.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::time::timeout;

use super::{
    CountryPrices,
    book::Inner,
    flight::{Flight, Waits},
    health::count,
    quote::age,
};
use crate::{
    error::{Error, ErrorKind, Result},
    number::Region,
};

/// Gives a flight back that ends in nothing.
struct Landing(Arc<Flight>, Waits);

impl Drop for Landing {
    fn drop(&mut self) {
        self.0.give_up(self.1.0);
    }
}

impl Inner {
    /// Fetches a country, unless more flights ended than had when this one was `taken`: another was quicker. By hand
    /// (`None`) what is fresh is left as it is.
    pub(super) async fn refresh(
        &self,
        country: Region,
        flight: Arc<Flight>,
        taken: Option<u64>,
    ) -> Result<()> {
        let landing = || Landing(Arc::clone(&flight), self.settings.waits);
        let mut landed = taken.map(|_| landing());
        let _seat = flight.seat.lock().await;
        let known = self.slot(country).known;
        match taken {
            Some(before) if flight.landed() != before => return Ok(()),
            None if known.as_ref().is_some_and(|known| self.is_fresh(&known.prices)) => {
                return Ok(());
            }
            Some(_) => {}
            None => {
                flight.take_anyway();
                landed = Some(landing());
            }
        }
        let _landed = landed;
        let mut newest = known.map(|known| known.prices.as_of);
        for (at, cache) in self.settings.caches.iter().enumerate() {
            let loaded = timeout(self.cache_patience(), cache.load(&self.provider, country)).await;
            let Ok(Ok(loaded)) = loaded else {
                count(&self.counters.cache_failures);
                continue;
            };
            let newer = |one: &CountryPrices| {
                let is_it = one.country == country && one.provider == self.provider;
                is_it && newest.is_none_or(|newest| one.as_of > newest)
            };
            let Some(prices) = loaded.filter(newer) else { continue };
            count(&self.counters.cache_hits);
            newest = Some(prices.as_of);
            self.publish(prices.clone());
            if self.is_fresh(&prices) {
                let left = self.life(&prices).saturating_sub(age(prices.as_of, Timestamp::now()));
                flight.answered(left);
                self.save(&prices, at).await;
                return Ok(());
            }
        }
        count(&self.counters.asked);
        let asked = timeout(self.settings.patience, self.settings.source.country(country)).await;
        let late = |_| {
            let error = Error::not_sent(ErrorKind::Timeout).with_provider(self.provider.clone());
            Err(error.with_detail("prices: the source did not answer in time").without_message())
        };
        match asked.unwrap_or_else(late) {
            Ok(prices) => {
                self.counters.answered();
                flight.answered(self.life(&prices));
                self.publish(CountryPrices { country, ..prices.clone() });
                if !prices.rows.is_empty() {
                    self.save(&prices, self.settings.caches.len()).await;
                }
                Ok(())
            }
            Err(error) => {
                self.counters.failed(&error);
                flight.failed(self.settings.waits, error.retry_after());
                Err(error)
            }
        }
    }

    /// Saves prices in the caches before this place.
    async fn save(&self, prices: &CountryPrices, before: usize) {
        for cache in self.settings.caches.iter().take(before) {
            let saved = timeout(self.cache_patience(), cache.save(prices)).await;
            if !matches!(saved, Ok(Ok(()))) {
                count(&self.counters.cache_failures);
            }
        }
    }

    fn cache_patience(&self) -> Duration {
        self.settings.patience / 10
    }

    /// Returns for how long prices are fresh.
    fn life(&self, prices: &CountryPrices) -> Duration {
        if prices.highest().is_none() {
            self.settings.unpriced_for
        } else {
            self.settings.fresh_for
        }
    }

    fn is_fresh(&self, prices: &CountryPrices) -> bool {
        age(prices.as_of, Timestamp::now()) < self.life(prices)
    }
}
