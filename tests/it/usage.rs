//! Usage, balance and subaccounts of both vendors, the watch over a balance, and Twilio's triggers.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use anysms::{
    Date, Decimal, Error, ErrorKind, Message, Outcome, PhoneNumber, ProviderId, Result,
    SmsProvider, async_trait,
    plivo::{PLIVO, Plivo, PlivoConfig},
    provider::AccountState,
    sandbox::{Fault, Sandbox, When},
    testing::ScriptedTransport,
    twilio::{NewUsageTrigger, TWILIO, TriggerBy, TriggerRecurring, Twilio, TwilioConfig},
    usage::{
        Balance, BalanceChange, BalanceWatch, Subaccounts, UsageCategory, UsagePeriod, UsageQuery,
        UsageRecord, UsageRecords,
    },
};

const MAIN: &str = "AC00000000000000000000000000000001";

fn number() -> PhoneNumber {
    "+447700900123".parse().unwrap()
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn clients(sandbox: &Sandbox) -> (Twilio, Plivo) {
    (
        Twilio::new(&TwilioConfig::sandbox(sandbox)).unwrap(),
        Plivo::new(&PlivoConfig::sandbox(sandbox)).unwrap(),
    )
}

fn scripted(answers: &[(u16, &str)]) -> (Twilio, Arc<ScriptedTransport>) {
    let transport = answers.iter().fold(ScriptedTransport::new(), |all, (status, body)| {
        all.answer(*status, (*body).to_owned())
    });
    let transport = Arc::new(transport);
    let config = TwilioConfig::new(MAIN, "token");
    (Twilio::with_transport(&config, transport.clone()).unwrap(), transport)
}

fn scripted_plivo(answers: &[(u16, &str)]) -> (Plivo, Arc<ScriptedTransport>) {
    let transport = answers.iter().fold(ScriptedTransport::new(), |all, (status, body)| {
        all.answer(*status, (*body).to_owned())
    });
    let transport = Arc::new(transport);
    let config = PlivoConfig::new("MA000000000000000001", "token");
    (Plivo::with_transport(&config, transport.clone()).unwrap(), transport)
}

#[tokio::test]
async fn what_was_sent_is_counted_at_both() {
    let sandbox = Sandbox::start().await.unwrap();
    let (twilio, plivo) = clients(&sandbox);
    for _ in 0..3 {
        twilio.send(&Message::new(number(), "Hello")).await.unwrap();
        plivo.send(&Message::new(number(), "Hello")).await.unwrap();
    }
    let day = sandbox.usage().first().unwrap().day;
    let all: [Arc<dyn UsageRecords>; 2] = [Arc::new(twilio), Arc::new(plivo)];
    for (usage, provider) in all.into_iter().zip([TWILIO, PLIVO]) {
        assert_eq!(usage.usage_provider(), provider);
        for period in [UsagePeriod::Day, UsagePeriod::Month, UsagePeriod::All] {
            let query = UsageQuery::days(day, day)
                .with_period(period)
                .with_category(UsageCategory::SmsOutbound);
            let records = usage.records(&query).await.unwrap();
            assert_eq!(records.len(), 1, "{records:?}");
            assert_eq!((records[0].count, records[0].usage), (Some(3), Some(3.into())));
            assert!(records[0].price.unwrap().amount > Decimal::ZERO);
            assert_eq!((records[0].from, records[0].to), (day, day));
        }
        assert!(usage.balance().await.unwrap().amount.is_some());
        let error =
            usage.records(&UsageQuery::days(day, day.yesterday().unwrap())).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::InvalidRequest, Outcome::NotSent));
        assert!(error.to_string().contains("to: is before from"), "{error}");
    }
}

#[tokio::test]
async fn twilios_records_are_read_in_every_form_and_over_pages() {
    let first = r#"{"usage_records":[
        {"category":"sms-outbound","start_date":"2026-11-01","end_date":"2026-11-30","count":"17",
            "count_unit":"messages","usage":"21","usage_unit":"segments","price":"0.1575","price_unit":"usd",
            "as_of":"2026-11-30T12:00:00+00:00","account_sid":"AC00000000000000000000000000000001"},
        {"category":"calls","start_date":"2026-11-01","end_date":"2026-11-30","count":null,"usage":null,
            "price":1.25,"price_unit":"USD"},
        {"category":null,"start_date":"2026-11-01","end_date":"2026-11-30"}],
        "next_page_uri":"/2010-04-01/Accounts/AC00000000000000000000000000000001/Usage/Records/Monthly.json?Page=1"}"#;
    let second = r#"{"usage_records":[{"category":"totalprice","start_date":"2026-11-01",
        "end_date":"2026-11-30","count":3,"usage":0.00001,"price":0.00001,"price_unit":"usd"}],"next_page_uri":null}"#;
    let (twilio, transport) = scripted(&[(200, first), (200, second)]);
    let query = UsageQuery::days(date("2026-11-01"), date("2026-11-30"))
        .with_period(UsagePeriod::Month)
        .without_subaccounts();
    let records = twilio.records(&query).await.unwrap();
    assert_eq!(records.len(), 3);
    assert_eq!(records[0].category, UsageCategory::SmsOutbound);
    assert_eq!(records[0].price.unwrap().to_string(), "0.1575 USD");
    assert_eq!(records[0].as_of, Some("2026-11-30T12:00:00Z".parse().unwrap()));
    assert_eq!(records[1].category, UsageCategory::Other("calls".into()));
    assert_eq!((records[1].count, records[1].usage), (None, None));
    assert_eq!(records[1].price.unwrap().to_string(), "1.25 USD");
    assert_eq!((&records[2].category, records[2].count), (&UsageCategory::Total, Some(3)));
    assert_eq!(records[2].price.unwrap().to_string(), "0.00001 USD");
    let asked = transport.requests()[0].uri().to_string();
    assert!(
        asked.ends_with("/Usage/Records/Monthly.json?StartDate=2026-11-01&EndDate=2026-11-30&IncludeSubaccounts=false&PageSize=1000"),
        "{asked}"
    );
    let (portal, _) = scripted(&[(200, "{}")]);
    assert_eq!(portal.records(&query).await.unwrap_err().kind(), ErrorKind::InvalidResponse);
}

#[tokio::test]
async fn a_balance_is_none_for_a_subaccount_and_an_error_where_nobody_tells() {
    let sandbox = Sandbox::start().await.unwrap();
    let (twilio, plivo) = clients(&sandbox);
    let sub = twilio.create_subaccount("Rowing club").await.unwrap();
    let config = TwilioConfig::sandbox(&sandbox).for_subaccount(&sub).unwrap();
    let below = Twilio::new(&config).unwrap();
    assert_eq!(below.balance().await.unwrap().amount, None);
    let error = BalanceWatch::new(below, []).check_once().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let sub = plivo.create_subaccount("Rowing club").await.unwrap();
    let config = PlivoConfig::sandbox(&sandbox).for_subaccount(&sub).unwrap();
    assert_eq!(Plivo::new(&config).unwrap().balance().await.unwrap().amount, None);

    let own = format!(r#"{{"sid":"{MAIN}","owner_account_sid":"{MAIN}"}}"#);
    let (main, _) = scripted(&[(404, r#"{"code":20404}"#), (200, &own)]);
    assert_eq!(main.balance().await.unwrap_err().kind(), ErrorKind::NotFound);
    let (owing, _) = scripted(&[(200, r#"{"balance":"-12.50","currency":"eur"}"#)]);
    let owed = owing.balance().await.unwrap().amount.unwrap();
    assert_eq!(owed.to_string(), "-12.50 EUR");
    let (silent, _) = scripted(&[(200, r#"{"balance":null}"#)]);
    assert_eq!(silent.balance().await.unwrap_err().kind(), ErrorKind::InvalidResponse);
    let (silent, _) = scripted_plivo(&[(200, r#"{"auth_id":"MA000000000000000001"}"#)]);
    assert_eq!(silent.balance().await.unwrap_err().kind(), ErrorKind::InvalidResponse);
}

#[tokio::test]
async fn plivos_messages_are_summed_by_day_and_kind() {
    let today = anysms::Timestamp::now();
    let day = date(&today.to_string()[..10]);
    let before = day.yesterday().unwrap();
    let message = |day: Date, kind: &str, direction: &str, amount: &str, fees: &str| {
        format!(
            r#"{{"message_time":"{day} 02:00:00+01:00","message_type":"{kind}",
            "message_direction":"{direction}","units":2,"total_amount":"{amount}","carrier_fees":"{fees}"}}"#
        )
    };
    let first = format!(
        r#"{{"objects":[{},{},{}],"meta":{{"next":"/v1/Account/MA000000000000000001/Message/?offset=20"}}}}"#,
        message(day, "sms", "outbound", "0.00500", "0.00300"),
        message(before, "sms", "outbound", "0.00250", "0.00000"),
        message(day, "sms", "inbound", "0.00100", ""),
    );
    let second = format!(
        r#"{{"objects":[{},{}],"meta":{{"next":null}}}}"#,
        message(day, "mms", "outbound", "0.02", "0"),
        message(day, "whatsapp", "outbound", "0.04", "0"),
    );
    let (plivo, transport) = scripted_plivo(&[(200, &first), (200, &second)]);
    let records = plivo.records(&UsageQuery::days(before, day)).await.unwrap();
    let of = |day: Date, category: UsageCategory| -> &UsageRecord {
        records.iter().find(|record| record.from == day && record.category == category).unwrap()
    };
    let price = |record: &UsageRecord| record.price.unwrap().to_string();
    assert_eq!(price(of(day, UsageCategory::SmsOutbound)), "0.00500 USD");
    assert_eq!(price(of(before, UsageCategory::SmsOutbound)), "0.00250 USD");
    assert_eq!(price(of(day, UsageCategory::Sms)), "0.00600 USD");
    assert_eq!(of(day, UsageCategory::Sms).usage, Some(4.into()));
    assert_eq!(price(of(day, UsageCategory::SmsCarrierFees)), "0.00300 USD");
    assert_eq!(price(of(day, UsageCategory::MmsOutbound)), "0.02 USD");
    assert_eq!(price(of(day, UsageCategory::Other("whatsapp_outbound".into()))), "0.04 USD");
    assert_eq!(transport.requests().len(), 2);

    let (plivo, transport) = scripted_plivo(&[]);
    for category in
        [UsageCategory::Total, UsageCategory::Numbers, UsageCategory::Verify, UsageCategory::Lookup]
    {
        let error = plivo.records(&UsageQuery::days(day, day).with_category(category)).await;
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Unsupported);
    }
    let error = plivo.records(&UsageQuery::days(day, day).without_subaccounts()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let old = UsageQuery::days(date("2020-01-01"), day);
    assert_eq!(plivo.records(&old).await.unwrap_err().kind(), ErrorKind::InvalidRequest);
    assert!(transport.requests().is_empty());
}

/// Balances that are told one after the other.
#[derive(Debug)]
struct Balances(Mutex<VecDeque<Option<&'static str>>>);

impl Balances {
    fn new(all: impl IntoIterator<Item = Option<&'static str>>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(all.into_iter().collect())))
    }
}

#[async_trait]
impl UsageRecords for Balances {
    fn usage_provider(&self) -> ProviderId {
        TWILIO
    }

    async fn records(&self, _: &UsageQuery) -> Result<Vec<UsageRecord>> {
        Err(Error::unsupported(TWILIO, "records: none"))
    }

    async fn balance(&self) -> Result<Balance> {
        let next = self.0.lock().unwrap().pop_front();
        match next {
            Some(Some(amount)) => Ok(Balance::new(Some(amount.parse().unwrap()))),
            Some(None) => Err(Error::not_sent(ErrorKind::Unavailable)),
            None => std::future::pending().await,
        }
    }
}

#[tokio::test]
async fn a_crossing_is_told_once_and_a_recovery_only_past_the_margin() {
    let told =
        ["100 USD", "49.99 USD", "48 USD", "52 USD", "9 USD", "54.99 USD", "55 USD", "1 USD"];
    let balances = Balances::new(told.map(Some));
    let thresholds = ["10 USD", "50 USD"].map(|text| text.parse().unwrap());
    let mut watch = BalanceWatch::new(balances, thresholds).with_margin(5.into());
    let mut all = Vec::new();
    for _ in told {
        let crossed = watch.check_once().await.unwrap();
        all.push(
            crossed.iter().map(|one| (one.change, one.threshold.to_string())).collect::<Vec<_>>(),
        );
    }
    let fell = |at: &str| (BalanceChange::Fell, at.to_owned());
    let back = |at: &str| (BalanceChange::Recovered, at.to_owned());
    let none = Vec::new;
    assert_eq!(
        all,
        [
            none(),
            vec![fell("50 USD")],
            none(),
            none(),
            vec![fell("10 USD")],
            vec![back("10 USD")],
            vec![back("50 USD")],
            vec![fell("50 USD"), fell("10 USD")],
        ]
    );
    let mut euros = BalanceWatch::new(Balances::new([Some("1 EUR")]), ["5 USD".parse().unwrap()]);
    let error = euros.check_once().await.unwrap_err();
    assert!(error.to_string().contains("threshold: must be in EUR"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_watch_asks_at_intervals_and_tells_what_failed() {
    let balances = Balances::new([Some("9 USD"), None, Some("11 USD"), Some("9 USD")]);
    let watch = BalanceWatch::new(balances, ["10 USD".parse().unwrap()]);
    let told = Arc::new(Mutex::new(Vec::new()));
    let keep = told.clone();
    let run = watch.run(Duration::from_secs(60), move |crossing| {
        keep.lock().unwrap().push(crossing.map(|one| one.change).map_err(|error| error.kind()));
    });
    let _ = tokio::time::timeout(Duration::from_secs(600), run).await;
    let (fell, back) = (Ok(BalanceChange::Fell), Ok(BalanceChange::Recovered));
    assert_eq!(*told.lock().unwrap(), [fell, Err(ErrorKind::Unavailable), back, fell]);
}

#[tokio::test]
async fn a_subaccount_is_made_used_suspended_resumed_and_closed() {
    let sandbox = Sandbox::start().await.unwrap();
    let (twilio, plivo) = clients(&sandbox);
    let all: [Arc<dyn Subaccounts>; 2] = [Arc::new(twilio), Arc::new(plivo)];
    for subaccounts in all {
        let made = subaccounts.ensure_subaccount("Rowing club").await.unwrap();
        let found = subaccounts.ensure_subaccount("Rowing club").await.unwrap();
        assert_eq!((&made.key, made.name.as_str()), (&found.key, "Rowing club"));
        let token = made.secret.as_ref().unwrap().expose().to_owned();
        assert_eq!(found.secret.as_ref().unwrap().expose(), token);
        for text in [format!("{made:?}"), format!("{:?}", made.secret)] {
            let silent = !text.contains(&token) && !text.contains("Rowing");
            assert!(silent && !text.contains(made.key.id.as_str()), "{text}");
        }
        let state = async || {
            let all = subaccounts.subaccounts().await.unwrap();
            all.into_iter().find(|sub| sub.key == made.key).map(|sub| sub.state)
        };
        let id = &made.key.id;
        subaccounts.suspend_subaccount(id).await.unwrap();
        assert_eq!(state().await, Some(AccountState::Suspended));
        subaccounts.resume_subaccount(id).await.unwrap();
        assert_eq!(state().await, Some(AccountState::Active));
        let error = subaccounts.close_subaccount(id, "").await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::InvalidRequest, Outcome::NotSent));
        assert_eq!(state().await, Some(AccountState::Active));
        subaccounts.close_subaccount(id, id.as_str()).await.unwrap();
        assert!(matches!(state().await, None | Some(AccountState::Closed)));
        let anew = subaccounts.ensure_subaccount("Rowing club").await.unwrap();
        assert_ne!(anew.key, made.key, "a closed one does not count");
        subaccounts.create_subaccount("Rowing club").await.unwrap();
        let error = subaccounts.ensure_subaccount("Rowing club").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        for name in ["", " ", "two\nlines", &"x".repeat(300)] {
            let error = subaccounts.create_subaccount(name).await.unwrap_err();
            assert_eq!(error.outcome(), Outcome::NotSent);
            assert!(error.to_string().contains("name: must have 1 to "), "{error}");
        }
        let error = subaccounts.suspend_subaccount(&"../Messages".into()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    }
}

#[tokio::test]
async fn a_creation_whose_answer_was_lost_is_found_and_not_made_twice() {
    let sandbox = Sandbox::start().await.unwrap();
    let (twilio, plivo) = clients(&sandbox);
    let all: [(Arc<dyn Subaccounts>, &str); 2] =
        [(Arc::new(twilio), "Accounts.json"), (Arc::new(plivo), "Subaccount/")];
    for (subaccounts, path) in all {
        sandbox.inject_at(path, When::Next(1), Fault::TakeAndHangUp);
        let error = subaccounts.create_subaccount("Club").await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "{error}");
        sandbox.clear_faults();
        let found = subaccounts.ensure_subaccount("Club").await.unwrap();
        assert_eq!(subaccounts.subaccounts().await.unwrap().len(), 1, "{found:?}");
    }
}

#[tokio::test]
async fn a_configuration_is_of_its_own_vendor() {
    let sandbox = Sandbox::start().await.unwrap();
    let (twilio, plivo) = clients(&sandbox);
    let (of_twilio, of_plivo) = (
        twilio.create_subaccount("Club").await.unwrap(),
        plivo.create_subaccount("Club").await.unwrap(),
    );
    let config = TwilioConfig::sandbox(&sandbox);
    let error = config.for_subaccount(&of_plivo).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(PlivoConfig::sandbox(&sandbox).for_subaccount(&of_twilio).is_err());
    let mut unknown = of_twilio;
    unknown.secret = None;
    assert!(
        config.for_subaccount(&unknown).unwrap_err().to_string().contains("token is not known")
    );
    let own = plivo.suspend_subaccount(&"MA000000000000000001".into()).await.unwrap_err();
    assert_eq!(own.kind(), ErrorKind::InvalidRequest);
    let (main, transport) = scripted(&[]);
    assert!(main.close_subaccount(&MAIN.into(), MAIN).await.is_err());
    assert!(transport.requests().is_empty(), "a main account does not close itself");
}

#[tokio::test]
async fn a_trigger_is_made_listed_and_deleted() {
    let sandbox = Sandbox::start().await.unwrap();
    let (twilio, _) = clients(&sandbox);
    let callback: anysms::message::WebUrl = "https://example.com/hooks/usage".parse().unwrap();
    let new = NewUsageTrigger::after(UsageCategory::SmsOutbound, 30.into(), callback.clone())
        .with_by(TriggerBy::Count)
        .with_recurring(TriggerRecurring::Daily)
        .with_name("many messages");
    let made = twilio.create_usage_trigger(&new).await.unwrap();
    assert!(made.sid.starts_with("UT"));
    assert_eq!((made.value, made.by), (Some(30.into()), Some(TriggerBy::Count)));
    assert_eq!(made.category, Some(UsageCategory::SmsOutbound));
    assert_eq!(made.recurring, Some(TriggerRecurring::Daily));
    assert_eq!(twilio.usage_triggers().await.unwrap().len(), 1);
    twilio.delete_usage_trigger(&made.sid).await.unwrap();
    assert!(twilio.usage_triggers().await.unwrap().is_empty());
    let gone = twilio.delete_usage_trigger(&made.sid).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
    let error = twilio.delete_usage_trigger("UT1").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    let nothing = NewUsageTrigger::at(UsageCategory::Total, 0.into(), callback);
    let error = twilio.create_usage_trigger(&nothing).await.unwrap_err();
    assert!(error.to_string().contains("value: must be above zero"), "{error}");
}
