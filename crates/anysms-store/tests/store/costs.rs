//! Costs that come late, the report beside the estimates, and the lines of a bill.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use anysms::{
    Capabilities, Decimal, Error, ErrorKind, Message, MessageId, MessageRecord, MessageStatus,
    ProviderId, Receipt, Result, SmsProvider, async_trait,
    message::{Currency, MessageClass, Money},
    number::Region,
};
use anysms_store::{
    CostReconciler, Filter, MessageStore, Progress, RecordExt, Recorded, Tariff, Tier, Tiers,
    export,
};

use crate::{
    Backend,
    fake::{ACME, Fake, news, remote},
    message,
};

const HOUR: Duration = Duration::from_secs(3_600);

/// A provider that is only asked, and names a price once it may.
#[derive(Clone, Debug, Default)]
struct Bills {
    asked: Arc<AtomicU32>,
    knows: Arc<AtomicBool>,
    is_down: Arc<AtomicBool>,
}

#[async_trait]
impl SmsProvider for Bills {
    fn id(&self) -> ProviderId {
        ACME
    }

    fn capabilities(&self) -> Capabilities {
        let mut can = Capabilities::default();
        can.fetch = true;
        can
    }

    async fn send(&self, _: &Message) -> Result<Receipt> {
        panic!("is only asked")
    }

    async fn fetch(&self, id: &MessageId) -> Result<MessageRecord> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.is_down.load(Ordering::SeqCst) {
            return Err(Error::not_sent(ErrorKind::Unavailable));
        }
        // A status that is none of this job's business.
        let mut record = MessageRecord::new(id.clone(), MessageStatus::Failed);
        if self.knows.load(Ordering::SeqCst) {
            record.price = "0.07 USD".parse().ok();
            record.segments = Some(2);
        }
        Ok(record)
    }
}

async fn delivered(store: &MessageStore, keys: &[&str]) -> Recorded<Fake> {
    let sms = Fake::new().recorded(store).unwrap();
    for (at, key) in keys.iter().enumerate() {
        sms.send(&message(key)).await.unwrap();
        let update = news(&remote(at as u32 + 1), "delivered");
        store.record_status(&update, None).await.unwrap();
    }
    sms
}

pub(crate) async fn a_late_price_is_asked_for_and_changes_nothing_else(backend: Backend) {
    let (store, bills) = (&backend.store, Bills::default());
    let sms = delivered(store, &["a"]).await;
    sms.send(&message("under-way")).await.unwrap();
    let costs = CostReconciler::new(store.clone()).with_provider(bills.clone());
    assert_eq!(costs.run_once().await.unwrap().asked, 0, "not before an hour");
    store.skip(HOUR);
    bills.is_down.store(true, Ordering::SeqCst);
    let done = costs.run_once().await.unwrap();
    assert_eq!((done.asked, done.failed, done.priced), (1, 1, 0), "what is on its way is left");
    bills.is_down.store(false, Ordering::SeqCst);
    store.skip(Duration::from_secs(61));
    assert_eq!(costs.run_once().await.unwrap().asked, 1, "a failure is no answer");
    assert_eq!(costs.run_once().await.unwrap().asked, 0);
    bills.knows.store(true, Ordering::SeqCst);
    store.skip(5 * HOUR);
    let done = costs.run_once().await.unwrap();
    assert_eq!((done.asked, done.priced, done.unpriced), (1, 1, 0));
    let whole = store.history(None, message("a").key()).await.unwrap().unwrap();
    assert_eq!(whole.entry.price.unwrap().to_string(), "0.07 USD");
    assert_eq!((whole.entry.segments, whole.entry.status), (Some(2), Some(Progress::Delivered)));
    assert_eq!(whole.attempts[0].price, whole.entry.price);
    assert_eq!(whole.attempts[0].status, Progress::Delivered, "never a status");
    store.skip(100 * HOUR);
    assert_eq!(costs.run_once().await.unwrap().asked, 0, "nothing is missing");
}

pub(crate) async fn what_never_has_a_price_is_unpriced_after_four_looks(backend: Backend) {
    let (store, bills) = (&backend.store, Bills::default());
    delivered(store, &["a"]).await;
    let other = CostReconciler::new(store.clone());
    let costs = CostReconciler::new(store.clone()).with_provider(bills.clone());
    let mut unpriced = Vec::new();
    for hours in [1, 5, 18, 48, 100] {
        store.skip(hours * HOUR);
        assert_eq!(other.run_once().await.unwrap().asked, 0, "others' are left to others");
        unpriced.push(costs.run_once().await.unwrap().unpriced);
        assert_eq!(costs.run_once().await.unwrap().asked, 0);
    }
    assert_eq!((bills.asked.load(Ordering::SeqCst), unpriced), (4, vec![0, 0, 0, 1, 0]));
    let attempt = || async {
        store.history(None, message("a").key()).await.unwrap().unwrap().attempts.remove(0)
    };
    assert!(attempt().await.is_unpriced());
    let mut update = news(&remote(1), "delivered");
    update.price = "0.05 USD".parse().ok();
    store.record_status(&update, None).await.unwrap();
    assert!(!attempt().await.is_unpriced(), "a price that comes later counts");
}

pub(crate) async fn estimates_stand_beside_prices_with_their_drift(backend: Backend) {
    let store = &backend.store;
    let estimate: Money = "0.04 USD".parse().unwrap();
    let sms = Fake::new().recorded(store).unwrap().with_price(move |_| Some(estimate));
    let of = |key: &str, tenant: &str| message(key).with_tenant(tenant.parse().unwrap());
    let prices = [Some("0.05 USD"), Some("0.04 USD"), None, Some("0.03 GBP")];
    for (at, price) in prices.into_iter().enumerate() {
        sms.send(&of(&format!("k{at}"), "clinic")).await.unwrap();
        let mut update = news(&remote(at as u32 + 1), "delivered");
        update.price = price.map(|price| price.parse().unwrap());
        store.record_status(&update, None).await.unwrap();
    }
    sms.send(&of("k", "other").with_class(MessageClass::Marketing)).await.unwrap();

    let clinic = Filter::new().with_tenant("clinic".parse().unwrap());
    let report = store.cost_report(&clinic).await.unwrap();
    assert_eq!(report.rows.len(), 2, "{report:?}");
    let row = |code: &str| {
        let is_it = |row: &&anysms_store::CostRow| row.currency.unwrap().as_str() == code;
        report.rows.iter().find(is_it).unwrap()
    };
    let (dollars, pounds) = (row("USD"), row("GBP"));
    assert_eq!((dollars.messages, dollars.priced), (3, 2));
    assert_eq!((dollars.estimated, dollars.actual), (Decimal::new(16, 2), Decimal::new(9, 2)));
    assert_eq!(dollars.drift_percent, Some(Decimal::new(125, 1)), "of those that have both");
    assert_eq!((pounds.messages, pounds.priced, pounds.drift_percent), (1, 1, None));
    assert_eq!((pounds.estimated, pounds.actual), (Decimal::ZERO, Decimal::new(3, 2)));
    assert_eq!((dollars.country, dollars.provider.as_ref()), (Some(Region::GB), Some(&ACME)));
    assert_eq!(dollars.tenant.as_ref().unwrap().as_str(), "clinic");
    assert_eq!(store.cost_report(&Filter::new()).await.unwrap().rows.len(), 3);

    let usd = |cents: i64| Money::new(Decimal::new(cents, 3), Currency::USD);
    for (billed, is_off, percent) in [
        (usd(90), false, Some(0)),
        (usd(94), false, None),
        (usd(95), true, None),
        (usd(80), true, None),
    ] {
        let compared = report.compare(&[(dollars.day, billed)]);
        let day = compared.iter().find(|one| one.billed.currency == Currency::USD).unwrap();
        assert_eq!((day.recorded.amount, day.is_off), (Decimal::new(9, 2), is_off), "{billed}");
        assert_eq!(day.difference.amount, billed.amount - day.recorded.amount);
        if let Some(percent) = percent {
            assert_eq!(day.percent, Some(Decimal::from(percent)));
        }
        let pounds = compared.iter().find(|one| one.billed.currency != Currency::USD).unwrap();
        assert!(pounds.is_off && pounds.percent.is_none(), "nothing of it is billed");
    }

    let flat =
        |cents| Tiers::volume(Currency::USD, [Tier::new(0, Decimal::new(cents, 2))]).unwrap();
    let tariff = Tariff::new(flat(10)).with_tiers("other".parse().ok(), None, flat(20));
    let lines = store.billing_lines(dollars.day, &tariff).await.unwrap();
    let costs: Vec<String> = lines[0].cost.iter().map(ToString::to_string).collect();
    assert_eq!((lines.len(), lines[0].messages, lines[0].priced), (2, 4, 3));
    assert!(
        costs.contains(&"0.13 USD".to_owned()) && costs.contains(&"0.03 GBP".to_owned()),
        "{costs:?}"
    );
    assert_eq!(lines[0].price.amount, Decimal::new(40, 2));
    assert_eq!(
        (lines[1].class, lines[1].price.amount),
        (MessageClass::Marketing, Decimal::new(20, 2))
    );
    let next = dollars.day.first_of_month().checked_add(jiff::Span::new().months(1)).unwrap();
    assert!(store.billing_lines(next, &tariff).await.unwrap().is_empty());

    let mut file = Vec::new();
    export::billing_csv(&lines, &mut file).unwrap();
    let file = String::from_utf8(file).unwrap();
    assert_eq!(file.lines().count(), 3);
    assert!(file.contains("\"clinic\",\"GB\",\"transactional\",\"4\",\"4\",\"3\","), "{file}");
    let mut json = Vec::new();
    export::billing_json(&lines, &mut json).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(
        (json[0]["segments"].as_u64(), json[0]["price"].as_str()),
        (Some(4), Some("0.40 USD"))
    );
}
