//! Prices that several processes share.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anysms::{
    Decimal, Message, PhoneNumber, ProviderId, Result, Timestamp, async_trait,
    message::{Currency, Direction},
    number::Region,
    pricing::{CountryPrices, PriceBook, PriceCache, PriceRow, PriceSource, RedisPriceCache},
};

use crate::Redis;

const ACME: ProviderId = ProviderId::from_static("acme");

#[derive(Clone, Debug, Default)]
struct Acme(Arc<AtomicU64>);

#[async_trait]
impl PriceSource for Acme {
    fn price_provider(&self) -> ProviderId {
        ACME
    }

    async fn country(&self, country: Region) -> Result<CountryPrices> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(prices(country))
    }
}

fn prices(country: Region) -> CountryPrices {
    let mut prices = CountryPrices::new(ACME, country, Currency::USD, Timestamp::now());
    let row = PriceRow::new(Direction::Outbound, Decimal::new(40, 3));
    prices.rows.push(row.with_network("234", "15").with_carrier("Acme Mobile"));
    prices
}

fn cache(redis: &Redis) -> RedisPriceCache {
    RedisPriceCache::new(&redis.url().into()).unwrap()
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_second_process_does_not_ask_the_provider() {
    let redis = Redis::start("prices");
    let (source, message) = (Acme::default(), "+447700900123".parse::<PhoneNumber>().unwrap());
    let message = Message::new(message, "Your table is ready");
    for _ in 0..2 {
        let book = PriceBook::builder(source.clone()).cache(cache(&redis)).build();
        book.warm(&[Region::GB]).await.unwrap();
        assert_eq!(book.quote(&message).unwrap().money.to_string(), "0.040 USD");
        assert_eq!(book.health().cache_failures, 0);
    }
    assert_eq!(source.0.load(Ordering::SeqCst), 1);

    let other = cache(&redis).with_prefix("other:");
    assert_eq!(other.load(&ACME, Region::GB).await.unwrap(), None);
    assert_eq!(cache(&redis).load(&ACME, Region::US).await.unwrap(), None);
    let short = other.with_life(Duration::from_secs(1));
    let saved = prices(Region::GB);
    short.save(&saved).await.unwrap();
    assert_eq!(short.load(&ACME, Region::GB).await.unwrap(), Some(saved));
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(short.load(&ACME, Region::GB).await.unwrap(), None, "its life is over");
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_redis_that_died_is_counted_and_passed_over() {
    let mut redis = Redis::start("dead-prices");
    let (source, cache) = (Acme::default(), cache(&redis));
    cache.save(&prices(Region::US)).await.unwrap();
    redis.stop();
    let book = PriceBook::builder(source.clone()).cache(cache).build();
    let begun = Instant::now();
    book.warm(&[Region::GB]).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    let health = book.health();
    assert_eq!((health.cache_failures, health.asked, health.source_failures), (2, 1, 0));
    assert_eq!(health.countries, 1);
}
