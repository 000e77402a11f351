//! [`RedisPriceCache`]: prices that several processes share.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use redis::{
    Client,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::{CountryPrices, PriceCache};
use crate::{
    error::{Error, ErrorKind, Result},
    number::Region,
    provider_id::ProviderId,
};

/// Version of a value. A value of another one is a miss, so that a new release misses and does not fail.
const VERSION: u32 = 1;

/// Longest wait for a connection or an answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Prices in Redis, for several processes; a tier of a [`PriceBook`](super::PriceBook).
///
/// Connects when it is first used, so that a program starts without Redis, and again after a failure.
///
/// ```no_run
/// use anysms::{Result, pricing::{PriceBook, PriceSource, RedisPriceCache}};
///
/// async fn book(source: impl PriceSource + 'static) -> Result<PriceBook> {
///     let redis = RedisPriceCache::new(&"redis://127.0.0.1/".to_owned().into())?;
///     Ok(PriceBook::builder(source).cache(redis).build())
/// }
/// ```
#[derive(Clone)]
pub struct RedisPriceCache {
    connection: ConnectionManager,
    prefix: String,
    life: Duration,
}

#[derive(Serialize, Deserialize)]
struct Value<P> {
    version: u32,
    prices: P,
}

impl RedisPriceCache {
    /// Takes the server at a URL, such as `redis://127.0.0.1/` or `redis+unix:///run/redis.sock`. Needs a Tokio
    /// runtime.
    ///
    /// # Errors
    /// `Config` if the URL is malformed.
    pub fn new(url: &SecretString) -> Result<Self> {
        let malformed = |_| {
            let detail = "redis: the URL is malformed; use redis://host:port/";
            Error::not_sent(ErrorKind::Config).with_detail(detail)
        };
        let client = Client::open(url.expose_secret()).map_err(malformed)?;
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        let connection =
            ConnectionManager::new_lazy_with_config(client, config).map_err(malformed)?;
        let life = Duration::from_secs(30 * 86_400);
        Ok(Self { connection, prefix: "anysms:prices:".into(), life })
    }

    /// Sets what every key begins with; `anysms:prices:` by default. Accounts that pay different prices need
    /// different ones.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Sets how long Redis keeps prices; 30 days by default, and a second at least.
    #[must_use]
    pub const fn with_life(mut self, life: Duration) -> Self {
        self.life = life;
        self
    }

    fn key(&self, provider: &ProviderId, country: Region) -> String {
        format!("{}{provider}:{country}", self.prefix)
    }
}

/// Error without the cause, which may contain the address.
fn unreachable() -> Error {
    Error::not_sent(ErrorKind::Unavailable)
        .with_detail("redis: cannot be reached")
        .without_message()
}

/// Reads a value; `None` if it is of another version, or none of this crate's.
fn read(value: &str) -> Option<CountryPrices> {
    let value: Value<serde_json::Value> = serde_json::from_str(value).ok()?;
    let prices = serde_json::from_value(value.prices).ok()?;
    (value.version == VERSION).then_some(prices)
}

fn written(prices: &CountryPrices) -> String {
    serde_json::to_string(&Value { version: VERSION, prices }).unwrap_or_default() // it is always JSON
}

#[async_trait]
impl PriceCache for RedisPriceCache {
    async fn load(&self, provider: &ProviderId, country: Region) -> Result<Option<CountryPrices>> {
        let mut get = redis::cmd("GET");
        get.arg(self.key(provider, country));
        let value: Option<String> =
            get.query_async(&mut self.connection.clone()).await.map_err(|_| unreachable())?;
        let is_it =
            |prices: &CountryPrices| prices.provider == *provider && prices.country == country;
        Ok(value.as_deref().and_then(read).filter(is_it))
    }

    async fn save(&self, prices: &CountryPrices) -> Result<()> {
        let mut set = redis::cmd("SET");
        set.arg(self.key(&prices.provider, prices.country)).arg(written(prices));
        set.arg("EX").arg(self.life.as_secs().max(1));
        set.query_async(&mut self.connection.clone()).await.map_err(|_| unreachable())
    }
}

impl fmt::Debug for RedisPriceCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisPriceCache").field("life", &self.life).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use rust_decimal::Decimal;

    use super::*;
    use crate::{
        message::{Currency, Direction},
        pricing::PriceRow,
    };

    #[test]
    fn a_value_of_another_version_is_a_miss() {
        let acme = ProviderId::from_static("acme");
        let now = Timestamp::now();
        let mut prices = CountryPrices::new(acme, Region::GB, Currency::USD, now);
        prices.rows.push(PriceRow::new(Direction::Outbound, Decimal::new(5, 2)));
        let value = written(&prices);
        assert_eq!(read(&value), Some(prices));
        assert_eq!(read(&value.replacen("\"version\":1", "\"version\":2", 1)), None);
        for other in ["", "{}", "null", "{\"version\":1,\"prices\":{\"shape\":\"new\"}}"] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
