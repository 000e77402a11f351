//! Prices that were fetched: appended as they change, read back by a price book, and told as a history.

use std::time::Duration;

use anysms::{
    Decimal, Error, ErrorKind, ProviderId, Result, Timestamp, async_trait,
    message::{Currency, Direction},
    number::Region,
    pricing::{CountryPrices, PriceBook, PriceCache, PriceRow, PriceSource, PriceTable},
};

use crate::{Backend, fake::ACME, message};

fn prices(at: Timestamp, milli: &[i64]) -> CountryPrices {
    let mut prices = CountryPrices::new(ACME, Region::GB, Currency::USD, at);
    for (mnc, milli) in milli.iter().enumerate() {
        let row = PriceRow::new(Direction::Outbound, Decimal::new(*milli, 3));
        prices.rows.push(row.with_network("234", mnc.to_string()).with_carrier("O'Neill \"é\""));
    }
    prices
}

/// A time that every backend keeps exactly.
fn at(seconds: u64) -> Timestamp {
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
    now - Duration::from_secs(10_000) + Duration::from_secs(seconds)
}

pub(crate) async fn prices_are_appended_and_never_changed(backend: Backend) {
    let (cache, store) = (backend.store.price_cache(), &backend.store);
    assert_eq!(cache.load(&ACME, Region::GB).await.unwrap(), None);
    let (first, second, third, late) = (at(0), at(100), at(200), at(150));
    cache.save(&prices(first, &[40, 50, 50])).await.unwrap();
    assert_eq!(cache.load(&ACME, Region::GB).await.unwrap(), Some(prices(first, &[40, 50, 50])));
    let again = prices(second, &[40, 50, 50]);
    cache.save(&again).await.unwrap();
    let history = store.price_history(&ACME, Region::GB).await.unwrap();
    assert_eq!(history.len(), 3, "what stays moves its time alone");
    assert!(
        history
            .iter()
            .all(|row| { (row.valid_from, row.fetched_at, row.valid_to) == (first, second, None) })
    );

    cache.save(&prices(third, &[40, 60])).await.unwrap();
    cache.save(&prices(late, &[99])).await.unwrap(); // an answer that a later one has overtaken
    let loaded = cache.load(&ACME, Region::GB).await.unwrap().unwrap();
    assert_eq!(loaded, prices(third, &[40, 60]));
    let history = store.price_history(&ACME, Region::GB).await.unwrap();
    let amounts: Vec<_> = history.iter().map(|row| row.per_segment.amount.to_string()).collect();
    assert_eq!(amounts, ["0.04", "0.05", "0.05", "0.06"]);
    let ends: Vec<_> = history.iter().map(|row| row.valid_to).collect();
    assert_eq!(ends, [None, Some(third), Some(third), None]);

    let other = ProviderId::from_static("other");
    assert_eq!(cache.load(&other, Region::GB).await.unwrap(), None);
    assert_eq!(cache.load(&ACME, Region::US).await.unwrap(), None);
}

#[derive(Debug)]
struct Dead;

#[async_trait]
impl PriceSource for Dead {
    fn price_provider(&self) -> ProviderId {
        ACME
    }

    async fn country(&self, _: Region) -> Result<CountryPrices> {
        Err(Error::not_sent(ErrorKind::Unavailable))
    }
}

pub(crate) async fn a_book_that_begins_anew_reads_the_store(backend: Backend) {
    let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let table = PriceTable::new(today, Currency::USD)
        .with_provider(ACME)
        .with_price(Region::GB, Decimal::new(52, 3));
    let cache = || backend.store.price_cache();
    PriceBook::builder(table).cache(cache()).build().warm(&[Region::GB]).await.unwrap();
    let book =
        PriceBook::builder(Dead).cache(cache()).fresh_for(Duration::from_secs(90_000)).build();
    book.warm(&[Region::GB]).await.unwrap();
    let quote = book.quote(&message("a")).unwrap();
    assert_eq!(quote.money.to_string(), "0.052 USD");
    assert_eq!((book.health().asked, book.health().cache_hits), (0, 1));
}
