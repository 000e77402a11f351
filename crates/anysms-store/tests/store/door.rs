//! Limits at the door of a store: a value is written and read back, or refused with the reason.

use std::time::Duration;

use anysms::{
    ErrorKind, Message, Outcome, Sender, SmsProvider, Timestamp,
    message::{Address, Currency, DeliveryFailure, Money},
    suppression::SuppressionSource,
    webhook::{Authenticity, InboundMessage},
};
use anysms_store::{Filter, MessageStore, RecordExt, StorePolicy, SuppressionScope, Worker};
use rust_decimal::Decimal;

use crate::{
    Backend,
    fake::{ACME, Fake, news, remote},
    message, number,
};

/// A word that no index takes whole.
fn long_word() -> String {
    let mut seed = 88_172_645_463_325_252_u64;
    let letter = |_| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        char::from(b"abcdefghijklmnopqrstuvwxyz0123456789"[(seed % 36) as usize])
    };
    (0..4_000).map(letter).collect()
}

pub(crate) async fn whatever_is_written_is_read_back(backend: Backend) {
    let store = &backend.store;
    let sms = Fake::new().recorded(store).unwrap();
    let greatest = Decimal::from(1_000_000);
    let amounts =
        [Decimal::MAX, Decimal::MIN, greatest, -greatest, Decimal::new(1, 28), Decimal::ZERO];
    let times = [Timestamp::MAX, Timestamp::MIN, Timestamp::UNIX_EPOCH];
    let mut count = 0;
    for amount in amounts {
        for at in times {
            count += 1;
            let one = message(&format!("k{count}")).with_validity(Duration::MAX).with_send_at(at);
            sms.send(&one).await.unwrap();
            let mut update = news(&remote(count), "delivered");
            update.price = Some(Money::new(amount, Currency::USD));
            (update.at, update.sequence) = (Some(at), Some(u32::MAX));
            update.segments = Some(u32::MAX);
            store.record_status(&update, None).await.unwrap();
            let history = store
                .history(None, one.key())
                .await
                .unwrap_or_else(|e| panic!("{amount} {at}: {e}"))
                .unwrap();
            let is_price = amount.abs() <= greatest;
            assert_eq!(history.entry.price.is_some(), is_price, "{amount}");
            assert!(history.entry.delivered_at.is_some(), "{at}");
            assert!(sms.send(&one).await.unwrap().earlier, "{amount} {at}");
        }
    }
    let waits = message("w").with_validity(Duration::MAX);
    store.enqueue(&[waits], Some(Timestamp::MAX)).await.unwrap().remove(0).unwrap();
    let page = store.entries(&Filter::new(), 100, None).await.unwrap();
    assert_eq!(page.items.len() as u32, count + 1);
    let usage = store.usage(&Filter::new()).await.unwrap();
    assert_eq!(usage.rows.iter().map(|row| row.messages).sum::<u64>(), u64::from(count));
}

pub(crate) async fn words_that_no_index_takes_cost_nobody(backend: Backend) {
    let store = &backend.store;
    let sms = Fake::new().recorded(store).unwrap();
    let wide: String =
        (0..1_500_u32).filter_map(|i| char::from_u32(0x4e00 + i * 7 % 20_000)).collect();
    for (at, text) in [long_word(), wide].into_iter().enumerate() {
        let long =
            |key: &str| Message::new(number(123), text.as_str()).with_key(key.parse().unwrap());
        sms.send(&long(&format!("s{at}"))).await.unwrap();
        let ends = (number(123).into(), number(124).into());
        let id = anysms::MessageId::new(ACME, &format!("I{at}")).unwrap();
        let inbound = InboundMessage::new(id, ends, text.as_str().into(), Authenticity::Full);
        assert!(store.record_inbound(&inbound, None).await.unwrap().is_some());
        let mut all: Vec<Message> = (0..10).map(|i| message(&format!("b{at}{i}"))).collect();
        all[5] = long(&format!("b{at}5"));
        assert!(store.enqueue(&all, None).await.unwrap().iter().all(Result::is_ok));
        let found = store.entries(&Filter::new().with_words(&text), 10, None).await.unwrap();
        assert_eq!(found.items.len(), 3);
    }
}

pub(crate) async fn names_that_are_too_long_are_refused_alone(backend: Backend) {
    let store = &backend.store;
    let sms = Fake::new().recorded(store).unwrap();
    let long = long_word();
    let bad = [
        message("a").with_tag(long.as_str()),
        message("b").with_campaign(long.as_str()),
        message("c").with_user(long.as_str()),
    ];
    for one in &bad {
        let error = sms.send(one).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::InvalidRequest, Outcome::NotSent));
        assert!(error.to_string().contains("longer than 255 bytes"), "{error}");
    }
    let all = [&bad[..], &[message("good")]].concat();
    let done = store.enqueue(&all, None).await.unwrap();
    assert_eq!(done.iter().map(Result::is_ok).collect::<Vec<_>>(), [false, false, false, true]);
    let odd = message("nul").with_tag("a\0b").with_user("u\0").with_campaign("\0");
    sms.send(&odd).await.unwrap();
    assert!(store.history(None, odd.key()).await.unwrap().is_some());
}

/// Whoever writes it: a program that keeps messages as JSON, or a provider in a webhook.
pub(crate) async fn what_no_table_takes_as_it_is_is_kept_all_the_same(backend: Backend) {
    let store = &backend.store;
    let mut json = serde_json::to_value(message("nul")).unwrap();
    json["tags"] = serde_json::json!(["b", "a\0"]);
    (json["user"], json["campaign"]) = ("u\0".into(), "\0".into());
    let odd: Message = serde_json::from_value(json).unwrap();
    let done = store.enqueue(&[message("good"), odd.clone()], None).await.unwrap();
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    let pool = Sender::Pool("a-pool-of-the-programs-own".parse().unwrap());
    let pooled = message("pool").with_sender(pool.clone());
    store.enqueue(std::slice::from_ref(&pooled), None).await.unwrap().remove(0).unwrap();
    let fake = Fake::new();
    let worker = Worker::new(store.clone(), fake.clone().recorded(store).unwrap()).unwrap();
    worker.run_until(tokio::time::sleep(Duration::from_millis(1_500))).await;
    assert_eq!(fake.calls(), 3);
    let entry = store.history(None, pooled.key()).await.unwrap().unwrap().entry;
    assert_eq!((entry.sender.as_ref(), entry.local), (Some(&pool), Some((&pool).into())));
    let sent: Vec<_> = fake.sent.lock().unwrap().iter().map(|one| one.sender().cloned()).collect();
    assert!(sent.contains(&Some(pool)), "{sent:?}");

    let (long, id) = (long_word(), |id: &str| anysms::MessageId::new(ACME, id).unwrap());
    let ends = (Address::from_wire(&long), Address::from_wire(&format!("x{long}")));
    let mut inbound = InboundMessage::new(id("I"), ends.clone(), "Hi".into(), Authenticity::Full);
    inbound.account = Some(long[..255].into());
    let written = store.record_inbound(&inbound, None).await.unwrap();
    assert!(written.is_some());
    let again = store.record_inbound(&inbound, None).await.unwrap();
    assert_eq!(again, None, "it came before");
    let mut update = news(&remote(1), "failed");
    update.account = Some(long.as_str().into());
    (update.from, update.to) = (Some(ends.0), Some(ends.1));
    let mut failure = DeliveryFailure::new(ErrorKind::Unreachable, "30003");
    failure.help = Some("https://example.com/30003".into());
    update.failure = Some(failure);
    store.record_status(&update, None).await.unwrap();
    let first = Filter::new().with_id(remote(1));
    let entry = store.entries(&first, 1, None).await.unwrap().items.remove(0);
    let history = store.history(None, &entry.key).await.unwrap().unwrap();
    let failure = history.events[0].failure.as_ref().unwrap();
    assert_eq!((failure.code.as_str(), failure.help.as_ref()), ("30003", None));

    let scope = SuppressionScope::all().with_campaign(long.as_str());
    let source = SuppressionSource::Manual;
    let error = store.suppress(number(123), scope, source).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::InvalidRequest, Outcome::NotSent));
    let all = SuppressionScope::all().with_campaign("");
    assert_eq!(all, SuppressionScope::all());
}

#[tokio::test]
async fn a_store_that_is_full_takes_all_or_nothing() {
    let store = MessageStore::memory_with(1, StorePolicy::default());
    let error = store.enqueue(&[message("a"), message("b")], None).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unavailable, Outcome::NotSent));
    assert!(store.entries(&Filter::new(), 9, None).await.unwrap().items.is_empty());
}

pub(crate) async fn the_greatest_settings_are_settings(backend: Backend) {
    let store = &backend.store;
    let fake = Fake::new();
    store.enqueue(&[message("a")], None).await.unwrap();
    let stack = fake.clone().recorded(store).unwrap();
    let worker = Worker::new(store.clone(), stack).unwrap().with_concurrency(usize::MAX);
    let worker = worker.with_grace(Duration::MAX).with_patience(Duration::MAX);
    worker.run_until(tokio::time::sleep(Duration::from_millis(500))).await;
    assert_eq!(fake.calls(), 1);
    store.ping().await.unwrap();
}

/// An estimate in another currency than the price is lost in no row.
pub(crate) async fn amounts_of_two_currencies_stand_in_two_rows(backend: Backend) {
    let store = &backend.store;
    let gbp: Currency = "GBP".parse().unwrap();
    let estimate = Money::new(Decimal::new(4, 2), gbp);
    let sms = Fake::new().recorded(store).unwrap().with_price(move |_| Some(estimate));
    for (at, price) in [Some("0.05 USD"), Some("0.03 GBP"), None].into_iter().enumerate() {
        sms.send(&message(&format!("k{at}"))).await.unwrap();
        let mut update = news(&remote(at as u32 + 1), "delivered");
        update.price = price.map(|price| price.parse().unwrap());
        store.record_status(&update, None).await.unwrap();
    }
    let usage = store.usage(&Filter::new()).await.unwrap();
    let row = |currency| usage.rows.iter().find(|row| row.currency == Some(currency)).unwrap();
    let (pounds, dollars) = (row(gbp), row(Currency::USD));
    assert_eq!((pounds.messages, pounds.priced, dollars.messages, dollars.priced), (2, 1, 1, 1));
    assert_eq!((pounds.estimated, pounds.actual), (Decimal::new(12, 2), Decimal::new(3, 2)));
    assert_eq!((dollars.estimated, dollars.actual), (Decimal::ZERO, Decimal::new(5, 2)));
    assert_eq!((usage.rows.len(), usage.messages()), (2, 3));
}
