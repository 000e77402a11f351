//! Prices of both vendors, and the book over them: fresh, stale, missing, and with everything around it dead.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anysms::{
    Date, Decimal, Destination, Error, ErrorKind, Message, PhoneNumber, ProviderId, Result,
    SmsProvider, Timestamp, async_trait,
    layers::{GuardPolicy, LayerExt},
    message::{Currency, Direction, Media},
    number::Region,
    plivo::{PLIVO, Plivo, PlivoConfig},
    pricing::{
        Basis, CarrierFees, CountryPrices, MobileNetwork, PriceBook, PriceCache, PriceRow,
        PriceSource, PriceTable,
    },
    provider::LogOnly,
    sandbox::Sandbox,
    testing::ScriptedTransport,
    twilio::{TWILIO, Twilio, TwilioConfig},
};

const ACME: ProviderId = ProviderId::from_static("acme");
const DAY: Duration = Duration::from_secs(86_400);

fn message() -> Message {
    Message::new("+447700900123".parse::<PhoneNumber>().unwrap(), "Your table is ready")
}

fn twilio(transport: &ScriptedTransport) -> Twilio {
    let config = TwilioConfig::new("AC00000000000000000000000000000001", "token");
    Twilio::with_transport(&config, Arc::new(transport.clone())).unwrap()
}

fn priced(milli: i64, age: Duration) -> CountryPrices {
    let mut prices = CountryPrices::new(ACME, Region::GB, Currency::USD, Timestamp::now() - age);
    prices.rows.push(PriceRow::new(Direction::Outbound, Decimal::new(milli, 3)));
    prices
}

/// A source that answers, fails, or says nothing, and counts how often it is asked.
#[derive(Clone, Debug)]
struct Source {
    asked: Arc<AtomicU64>,
    answer: Arc<Mutex<Answer>>,
}

#[derive(Clone, Debug)]
enum Answer {
    Prices(CountryPrices),
    Fails,
    Hangs,
}

impl Source {
    fn new(answer: Answer) -> Self {
        Self { asked: Arc::default(), answer: Arc::new(Mutex::new(answer)) }
    }

    fn say(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl PriceSource for Source {
    fn price_provider(&self) -> ProviderId {
        ACME
    }

    async fn country(&self, country: Region) -> Result<CountryPrices> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(20)).await;
        let answer = self.answer.lock().unwrap().clone();
        match answer {
            Answer::Prices(prices) if prices.country == country => Ok(prices),
            Answer::Prices(prices) => {
                Ok(CountryPrices::new(ACME, country, prices.currency, prices.as_of))
            }
            Answer::Fails => Err(Error::not_sent(ErrorKind::Unavailable).without_message()),
            Answer::Hangs => std::future::pending().await,
        }
    }
}

/// A cache in memory, that may be dead.
#[derive(Clone, Debug, Default)]
struct Cache {
    dead: bool,
    kept: Arc<Mutex<HashMap<Region, CountryPrices>>>,
}

#[async_trait]
impl PriceCache for Cache {
    async fn load(&self, _: &ProviderId, country: Region) -> Result<Option<CountryPrices>> {
        if self.dead {
            return Err(Error::not_sent(ErrorKind::Unavailable));
        }
        Ok(self.kept.lock().unwrap().get(&country).cloned())
    }

    async fn save(&self, prices: &CountryPrices) -> Result<()> {
        if self.dead {
            return Err(Error::not_sent(ErrorKind::Unavailable));
        }
        self.kept.lock().unwrap().insert(prices.country, prices.clone());
        Ok(())
    }
}

/// Waits until the book is as it should be.
async fn until(is: impl Fn() -> bool) {
    for _ in 0..500 {
        if is() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not come about");
}

#[tokio::test]
async fn both_vendors_price_a_country_and_say_so_where_they_have_none() {
    let sandbox = Sandbox::start().await.unwrap();
    let twilio: Arc<dyn PriceSource> =
        Arc::new(Twilio::new(&TwilioConfig::sandbox(&sandbox)).unwrap());
    let plivo: Arc<dyn PriceSource> =
        Arc::new(Plivo::new(&PlivoConfig::sandbox(&sandbox)).unwrap());
    for (source, id) in [(twilio, TWILIO), (plivo, PLIVO)] {
        let prices = source.country(Region::GB).await.unwrap();
        assert_eq!((source.price_provider(), &prices.provider), (id.clone(), &id));
        assert_eq!(prices.highest().unwrap().amount, Decimal::new(524, 4), "{id}");
        assert_eq!(prices.typical().unwrap().currency, Currency::USD);
        assert!(prices.rows.iter().any(|row| row.direction == Direction::Inbound));
        for unpriced in ["AD".parse().unwrap(), Region::WORLD] {
            let prices = source.country(unpriced).await.unwrap();
            assert_eq!((prices.rows.len(), prices.country), (0, unpriced), "{id}");
        }
    }
}

#[tokio::test]
async fn twilios_prices_are_read_whatever_their_form() {
    let body = r#"{"iso_country":"GB","price_unit":"eur","outbound_sms_prices":[
        {"carrier":"EE","mcc":"234","mnc":30,"prices":[
            {"number_type":"toll free","base_price":"0.05","current_price":"0.045"},
            {"number_type":"local","base_price":0.06,"current_price":null},
            {"number_type":"later","base_price":"x","current_price":"NaN"}]},
        {"carrier":"","mcc":null,"prices":[{"number_type":"mobile","current_price":"0.03"}]},
        {"carrier":"None","prices":null}],"inbound_sms_prices":null,"new":{}}"#;
    let transport =
        ScriptedTransport::new().answer(200, body).answer(200, r#"{"outbound_sms_prices":[]}"#);
    let transport =
        transport.answer(200, r#"{"outbound_sms_prices":[{"prices":[{"current_price":"1"}]}]}"#);
    let twilio = twilio(&transport);
    let prices = twilio.country(Region::GB).await.unwrap();
    assert_eq!(prices.currency.as_str(), "EUR");
    let amounts: Vec<_> = prices.rows.iter().map(|row| row.per_segment.to_string()).collect();
    assert_eq!(amounts, ["0.045", "0.06", "0.03"]);
    assert_eq!(prices.rows[0].number_type.as_deref(), Some("toll free"));
    assert_eq!(prices.rows[0].network(), "234-30".parse().ok());
    assert_eq!((&prices.rows[2].carrier, prices.rows[2].network()), (&None, None));
    assert!(twilio.country(Region::GB).await.unwrap().rows.is_empty());
    let error = twilio.country(Region::GB).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidResponse);
    assert!(error.to_string().contains("price_unit: is missing"), "{error}");
    let asked = transport.requests().remove(0).uri().to_string();
    assert_eq!(asked, "https://pricing.twilio.com/v1/Messaging/Countries/GB");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_misses_at_once_are_one_call() {
    let source = Source::new(Answer::Prices(priced(40, Duration::ZERO)));
    let book = PriceBook::builder(source.clone()).build();
    let tasks: Vec<_> = (0..1_000)
        .map(|_| {
            let book = book.clone();
            tokio::spawn(async move { book.quote(&message()) })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    until(|| book.quote(&message()).is_some()).await;
    book.warm(&[Region::GB, Region::GB]).await.unwrap();
    assert_eq!((source.asked(), book.health().asked), (1, 1));
    let quote = book.quote(&Message::new(message().destination(), "a".repeat(161))).unwrap();
    assert_eq!((quote.money.to_string(), quote.segments), ("0.080 USD".to_owned(), 2));
    assert_eq!(
        (quote.basis, quote.per_segment.to_string()),
        (Basis::CountryHighest, "0.040 USD".into())
    );
}

#[tokio::test]
async fn what_is_stale_answers_and_is_renewed_and_what_is_too_old_does_not() {
    let source = Source::new(Answer::Prices(priced(50, 2 * DAY)));
    let table = PriceTable::new(Date::constant(2026, 11, 1), Currency::USD)
        .with_price(Region::GB, Decimal::new(9, 2));
    let book = PriceBook::builder(source.clone())
        .fresh_for(Duration::from_millis(300))
        .fallback(table.clone())
        .build();
    assert_eq!(book.quote(&message()).unwrap().basis, Basis::Fallback, "nothing is there yet");
    until(|| book.prices(Region::GB).is_some()).await;
    let quote = book.quote(&message()).unwrap();
    assert_eq!((quote.basis, quote.money.to_string()), (Basis::CountryHighest, "0.050 USD".into()));
    assert!(quote.age() >= 2 * DAY && book.health().stale == 1);
    source.say(Answer::Prices(priced(60, Duration::ZERO)));
    until(|| book.quote(&message()).unwrap().money.to_string() == "0.060 USD").await;

    let old = Source::new(Answer::Prices(priced(50, 31 * DAY)));
    for (table, expected) in [(Some(table), Some(Basis::Fallback)), (None, None)] {
        let mut book = PriceBook::builder(old.clone());
        if let Some(table) = table {
            book = book.fallback(table);
        }
        let book = book.build();
        book.warm(&[Region::GB]).await.unwrap();
        assert_eq!(book.quote(&message()).map(|quote| quote.basis), expected);
    }
}

#[tokio::test]
async fn a_dead_source_is_asked_again_later_and_holds_up_nothing() {
    for answer in [Answer::Fails, Answer::Hangs] {
        let source = Source::new(answer.clone());
        let book = PriceBook::builder(source.clone()).patience(Duration::from_millis(100)).build();
        for _ in 0..300 {
            let begun = std::time::Instant::now();
            assert_eq!(book.quote(&message()), None);
            assert!(begun.elapsed() < Duration::from_millis(50));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let health = book.health();
        assert_eq!((source.asked(), health.source_failures), (1, 1), "{answer:?}");
        assert!(health.last_failure.is_some() && health.answered_at.is_none());
        assert!(book.warm(&[Region::GB]).await.is_err(), "by hand it is asked at once");
        source.say(Answer::Prices(priced(40, Duration::ZERO)));
        book.warm(&[Region::GB]).await.unwrap();
        assert!(book.quote(&message()).is_some() && book.health().last_failure.is_none());
    }
    let source = Source::new(Answer::Fails);
    let wait = Duration::from_millis(100);
    let book = PriceBook::builder(source.clone()).retry_after(wait, wait).build();
    until(|| book.quote(&message()).is_none() && source.asked() >= 3).await;
}

#[tokio::test]
async fn a_country_without_a_price_is_not_asked_about_again() {
    let source = Source::new(Answer::Prices(priced(40, Duration::ZERO)));
    let book = PriceBook::builder(source.clone()).build();
    let french: PhoneNumber = "+33612345678".parse().unwrap();
    let message = Message::new(french, "Your table is ready");
    assert_eq!(book.quote(&message), None);
    until(|| book.health().answered_at.is_some()).await;
    for _ in 0..100 {
        assert_eq!(book.quote(&message), None);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!((source.asked(), book.health().countries), (1, 0));
    let soon = PriceBook::builder(source.clone()).unpriced_for(Duration::ZERO).build();
    until(|| soon.quote(&message).is_none() && source.asked() >= 4).await;
}

#[tokio::test]
async fn tiers_are_asked_in_order_and_a_dead_one_is_passed_over() {
    let (dead, redis, database) =
        (Cache { dead: true, ..Cache::default() }, Cache::default(), Cache::default());
    let source = Source::new(Answer::Prices(priced(40, Duration::ZERO)));
    let book = || {
        PriceBook::builder(source.clone())
            .cache(dead.clone())
            .cache(redis.clone())
            .cache(database.clone())
            .build()
    };
    let first = book();
    first.warm(&[Region::GB]).await.unwrap();
    assert_eq!((source.asked(), first.health().cache_failures), (1, 2), "loading and saving");
    assert!(redis.kept.lock().unwrap().contains_key(&Region::GB));
    assert!(database.kept.lock().unwrap().contains_key(&Region::GB));

    // A restart, with Redis empty: the database answers, and Redis has it again.
    redis.kept.lock().unwrap().clear();
    source.say(Answer::Fails);
    let second = book();
    second.warm(&[Region::GB]).await.unwrap();
    assert_eq!((source.asked(), second.health().cache_hits), (1, 1));
    assert!(redis.kept.lock().unwrap().contains_key(&Region::GB));

    // Stale in the caches, and the source is dead: what there is answers, with its date.
    for cache in [&redis, &database] {
        cache.kept.lock().unwrap().insert(Region::GB, priced(30, 3 * DAY));
    }
    let third = book();
    assert!(third.warm(&[Region::GB]).await.is_err());
    let quote = third.quote(&message()).unwrap();
    assert_eq!(quote.money.to_string(), "0.030 USD");
    assert!(quote.age() >= 3 * DAY && third.health().stale == 1);
}

#[tokio::test]
async fn a_quote_names_its_network_and_its_fees() {
    let mut prices = priced(50, Duration::ZERO);
    prices
        .rows
        .push(PriceRow::new(Direction::Outbound, Decimal::new(20, 3)).with_network("234", "15"));
    let source = Source::new(Answer::Prices(prices));
    let network: MobileNetwork = "234-15".parse().unwrap();
    let fees = CarrierFees::new(Date::constant(2026, 11, 1), Currency::USD)
        .with_country(Region::GB, Decimal::new(3, 3));
    let book = PriceBook::builder(source.clone()).carrier_fees(fees.clone()).build();
    book.warm(&[Region::GB]).await.unwrap();
    let mut message = message();
    let quote = book.quote(&message).unwrap();
    assert_eq!(
        (quote.highest.to_string(), quote.basis),
        ("0.053 USD".into(), Basis::CountryHighest)
    );
    assert_eq!(quote.fees.unwrap().to_string(), "0.003 USD");
    assert_eq!(quote.fees_as_of, Some(fees.as_of()));
    message.extensions_mut().insert(network);
    let quote = book.quote(&message).unwrap();
    assert_eq!((quote.money.to_string(), quote.basis), ("0.023 USD".into(), Basis::Network));
    let other = book.quote_for_network(&message, "234-10".parse().unwrap()).unwrap();
    assert_eq!(other.basis, Basis::CountryHighest);

    let fees = CarrierFees::new(Date::constant(2026, 11, 1), "EUR".parse().unwrap())
        .with_country(Region::GB, Decimal::ONE);
    let book = PriceBook::builder(source.clone()).carrier_fees(fees).by_typical_price().build();
    book.warm(&[Region::GB]).await.unwrap();
    assert_eq!(book.quote(&message), None, "a sum of two currencies is no sum");
    let typical = PriceBook::builder(source).by_typical_price().build();
    typical.warm(&[Region::GB]).await.unwrap();
    let quote = typical.quote(&self::message()).unwrap();
    assert_eq!((quote.basis, quote.money), (Basis::CountryTypical, quote.typical));
}

#[tokio::test]
async fn what_is_no_plain_sms_has_no_quote() {
    let book = PriceBook::builder(Source::new(Answer::Prices(priced(40, Duration::ZERO)))).build();
    book.warm(&[Region::GB]).await.unwrap();
    assert!(book.quote(&message()).is_some());
    let number: PhoneNumber = "+447700900123".parse().unwrap();
    let file = "https://files.example.com/1.jpg".parse().unwrap();
    for message in [
        Message::new(number, ""),
        message().with_media(Media::from_url(file)),
        Message::new(Destination::WhatsApp(number), "Hello"),
        Message::new("+882161234567".parse::<PhoneNumber>().unwrap(), "Hello"),
    ] {
        assert_eq!(book.quote(&message), None);
    }
}

#[test]
fn without_a_runtime_nothing_is_fetched_and_nothing_breaks() {
    let source = Source::new(Answer::Prices(priced(40, Duration::ZERO)));
    let book = PriceBook::builder(source.clone()).build();
    assert_eq!(book.quote(&message()), None);
    assert_eq!(source.asked(), 0);
}

#[tokio::test]
async fn a_spend_cap_refuses_where_there_is_no_price() {
    let source = Source::new(Answer::Prices(priced(40, Duration::ZERO)));
    let book = PriceBook::builder(source).build();
    let price = {
        let book = book.clone();
        move |message: &Message| book.quote(message).map(|quote| quote.highest)
    };
    let policy =
        GuardPolicy::new([Region::GB]).with_spend_cap("0.10 USD".parse().unwrap(), DAY, price);
    let sms = LogOnly::new().guard(policy);
    let error = sms.send(&message()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PolicyBlocked, "it has no price yet");
    book.warm(&[Region::GB]).await.unwrap();
    for goes in [true, true, false] {
        assert_eq!(sms.send(&message()).await.is_ok(), goes, "two of 4 cents are in 10");
    }
}
