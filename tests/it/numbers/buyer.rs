//! `NumberBuyer`: one purchase of a number, whatever answer is lost.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use anysms::{
    Error, ErrorKind, Outcome, PhoneNumber, ProviderId, Result, Timestamp, async_trait,
    intent::{FileIntents, Intent, IntentLog, MemoryIntents},
    numbers::{NumberBuyer, NumberQuery, Numbers, Purchase, Release},
    sandbox::{Fault, When},
};

use super::{both, mobile, usd};

fn intent(numbers: &impl Numbers, number: PhoneNumber) -> Intent {
    let account = numbers.numbers_account();
    Intent::new(account.provider, account.id, format!("buy:{number}"))
}

#[tokio::test]
async fn a_purchase_without_an_answer_is_found_and_not_made_again() {
    let faults = [
        Fault::TakeAndHangUp,
        Fault::TakeAndFail(500),
        Fault::TakeAndCutShort,
        Fault::TakeAndSayNothing,
        Fault::TakeAndAnswerHtml,
    ];
    for vendor in 0..2 {
        for fault in faults {
            let (sandbox, subjects) = both().await;
            let subject = &subjects[vendor];
            let log = Arc::new(MemoryIntents::new());
            let buyer = NumberBuyer::new(subject.numbers.clone(), log.clone());
            let purchase = Purchase::at_any_price(mobile(101));
            sandbox.inject_at(subject.paths.0, When::Next(1), fault);
            let bought = buyer.buy(&purchase).await.unwrap();
            assert_eq!(bought.number, mobile(101), "{} {fault:?}", subject.name);
            assert_eq!(buyer.buy(&purchase).await.unwrap().id, bought.id);
            let noted = log.find(&intent(&subject.numbers, mobile(101))).await.unwrap().unwrap();
            assert_eq!(noted.done.as_deref(), Some(bought.id.as_str()));
            assert_eq!(sandbox.usage().iter().map(|used| used.count).sum::<u64>(), 1);
        }
    }
}

#[tokio::test]
async fn what_cannot_be_looked_for_stays_open_until_it_can() {
    for vendor in 0..2 {
        let (sandbox, subjects) = both().await;
        let (subject, folder) = (&subjects[vendor], tempfile::tempdir().unwrap());
        let buyer = || {
            let log = Arc::new(FileIntents::new(folder.path()).unwrap());
            NumberBuyer::new(subject.numbers.clone(), log)
        };
        let log = FileIntents::new(folder.path()).unwrap();
        let purchase = Purchase::at_any_price(mobile(102));
        sandbox.inject_at(subject.paths.0, When::Next(1), Fault::TakeAndHangUp);
        sandbox.inject_at(subject.paths.1, When::Next(1), Fault::Refuse(503));
        let error = buyer().buy(&purchase).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "{}", subject.name);
        assert_eq!(log.open().await.unwrap().len(), 1);
        sandbox.inject_at(subject.paths.1, When::Next(1), Fault::Refuse(503));
        let error = buyer().buy(&purchase).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "nothing was bought without a look");
        sandbox.clear_faults();
        let recovery = buyer().recover().await.unwrap();
        assert_eq!((recovery.bought.len(), recovery.missing.len()), (1, 0));
        assert!(log.open().await.unwrap().is_empty());
        assert_eq!(buyer().recover().await.unwrap(), Default::default());
        assert_eq!(sandbox.usage().iter().map(|used| used.count).sum::<u64>(), 1);
    }
}

#[tokio::test]
async fn a_purchase_that_never_arrived_stays_open_and_may_be_tried_again_or_given_up() {
    for vendor in 0..2 {
        let (sandbox, subjects) = both().await;
        let (subject, log) = (&subjects[vendor], Arc::new(MemoryIntents::new()));
        let buyer = NumberBuyer::new(subject.numbers.clone(), log.clone());
        for number in [mobile(103), mobile(104)] {
            sandbox.inject_at(subject.paths.0, When::Next(1), Fault::HangUp);
            let error = buyer.buy(&Purchase::at_any_price(number)).await.unwrap_err();
            assert_eq!(error.outcome(), Outcome::Unknown);
        }
        let recovery = buyer.recover().await.unwrap();
        assert_eq!((recovery.bought.len(), recovery.missing), (0, vec![mobile(103), mobile(104)]));
        buyer.buy(&Purchase::at_any_price(mobile(103))).await.unwrap();
        buyer.forget(mobile(104)).await.unwrap();
        assert!(log.open().await.unwrap().is_empty());
        let error = buyer.forget(mobile(103)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "the account has it");
        assert_eq!(sandbox.usage().iter().map(|used| used.count).sum::<u64>(), 1);
    }
}

#[tokio::test]
async fn a_proved_refusal_leaves_no_intent_and_an_earlier_try_stays() {
    let (sandbox, subjects) = both().await;
    for subject in subjects {
        let log = Arc::new(MemoryIntents::new());
        let buyer = NumberBuyer::new(subject.numbers.clone(), log.clone());
        let intent = intent(&subject.numbers, mobile(105));
        let cheap = Purchase::new(mobile(105), usd("0.01"));
        assert_eq!(buyer.buy(&cheap).await.unwrap_err().kind(), ErrorKind::PolicyBlocked);
        assert_eq!(log.find(&intent).await.unwrap(), None);
        sandbox.inject_at(subject.paths.0, When::Next(1), Fault::Refuse(400));
        let error = buyer.buy(&Purchase::at_any_price(mobile(105))).await.unwrap_err();
        assert_eq!((error.outcome(), log.find(&intent).await.unwrap()), (Outcome::NotSent, None));
        // Of a try that is open the next refusal proves nothing.
        sandbox.inject_at(subject.paths.0, When::Next(1), Fault::HangUp);
        buyer.buy(&Purchase::at_any_price(mobile(105))).await.unwrap_err();
        assert_eq!(buyer.buy(&cheap).await.unwrap_err().kind(), ErrorKind::PolicyBlocked);
        assert!(log.find(&intent).await.unwrap().is_some());
        // Other accounts' and other acts' intents are not looked at.
        let other = Intent::new(ProviderId::from_static("acme"), "1".into(), "buy:+447700900106");
        log.begin(&other).await.unwrap();
        assert_eq!(buyer.recover().await.unwrap().missing, [mobile(105)]);
    }
}

#[tokio::test]
async fn a_number_that_the_account_has_is_not_bought_again() {
    let (sandbox, subjects) = both().await;
    for subject in subjects {
        let purchase = Purchase::new(mobile(107), usd("2"));
        subject.numbers.buy(&purchase).await.unwrap(); // by another program, without a log
        let spent = sandbox.usage().len();
        let buyer = NumberBuyer::new(subject.numbers.clone(), Arc::new(MemoryIntents::new()));
        let any = Purchase::at_any_price(mobile(107));
        assert_eq!(buyer.buy(&any).await.unwrap().number, mobile(107));
        assert_eq!(sandbox.usage().len(), spent);
    }
}

#[tokio::test]
async fn a_release_without_an_answer_is_looked_for_and_forgets_the_purchase() {
    for vendor in 0..2 {
        for fault in [Fault::TakeAndHangUp, Fault::TakeAndFail(502)] {
            let (sandbox, subjects) = both().await;
            let (subject, log) = (&subjects[vendor], Arc::new(MemoryIntents::new()));
            let buyer = NumberBuyer::new(subject.numbers.clone(), log.clone());
            let number = mobile(108);
            buyer.buy(&Purchase::new(number, usd("2"))).await.unwrap();
            let release = Release::confirm(number, "+447700900108").unwrap();
            // Twilio is asked for the number's id first.
            let own = ["/IncomingPhoneNumbers/", "/Number/"][vendor];
            sandbox.inject_at(own, When::Next(1), fault);
            buyer.release(&release).await.unwrap();
            assert_eq!(log.find(&intent(&subject.numbers, number)).await.unwrap(), None);
            let error = buyer.release(&release).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound);
            let own = subject.numbers.list_numbers(&NumberQuery::of(number)).await.unwrap();
            assert!(own.is_empty(), "{}", subject.name);
        }
    }
}

#[tokio::test]
async fn a_release_that_did_nothing_says_so() {
    for vendor in 0..2 {
        let (sandbox, subjects) = both().await;
        let (subject, log) = (&subjects[vendor], Arc::new(MemoryIntents::new()));
        let buyer = NumberBuyer::new(subject.numbers.clone(), log.clone());
        let number = mobile(109);
        buyer.buy(&Purchase::new(number, usd("2"))).await.unwrap();
        let release = Release::confirm(number, "+447700900109").unwrap();
        let own = ["/IncomingPhoneNumbers/", "/Number/"][vendor];
        sandbox.inject_at(own, When::Next(1), Fault::HangUp);
        assert_eq!(buyer.release(&release).await.unwrap_err().outcome(), Outcome::Unknown);
        let known = log.find(&intent(&subject.numbers, number)).await.unwrap().unwrap();
        assert!(known.done.is_some(), "it is still bought");
        buyer.release(&release).await.unwrap();
        // A release that happened just before the process died is not an error the second time.
        buyer.buy(&Purchase::new(number, usd("2"))).await.unwrap();
        subject.numbers.release(&release).await.unwrap();
        buyer.release(&release).await.unwrap();
        let again = buyer.buy(&Purchase::new(number, usd("2"))).await.unwrap();
        assert_eq!(again.number, number);
    }
}

#[tokio::test]
async fn messages_that_are_not_final_hold_a_release_back() {
    let (_sandbox, [subject, _]) = both().await;
    let left = Arc::new(AtomicU64::new(2));
    let (counted, number) = (left.clone(), mobile(110));
    let check = move |asked: PhoneNumber, since: Timestamp| {
        assert_eq!(asked, number);
        let hours = Timestamp::now().duration_since(since).as_hours();
        assert!((71..=72).contains(&hours), "{hours}");
        let left = counted.load(Ordering::Relaxed);
        async move { Ok(left) }
    };
    let buyer = NumberBuyer::new(subject.numbers.clone(), Arc::new(MemoryIntents::new()))
        .with_release_check(check);
    buyer.buy(&Purchase::new(number, usd("2"))).await.unwrap();
    let release = Release::confirm(number, "+447700900110").unwrap();
    let error = buyer.release(&release).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Conflict, Outcome::NotSent));
    left.store(0, Ordering::Relaxed);
    buyer.release(&release).await.unwrap();
}

/// A log on a disk that is full whenever something is to be noted.
#[derive(Debug)]
struct Full(MemoryIntents);

#[async_trait]
impl IntentLog for Full {
    async fn begin(&self, intent: &Intent) -> Result<Option<Intent>> {
        self.0.begin(intent).await
    }

    async fn finish(&self, _: &Intent, _: &str) -> Result<()> {
        Err(Error::not_sent(ErrorKind::Unavailable))
    }

    async fn withdraw(&self, intent: &Intent) -> Result<()> {
        self.0.withdraw(intent).await
    }

    async fn find(&self, intent: &Intent) -> Result<Option<Intent>> {
        self.0.find(intent).await
    }

    async fn open(&self) -> Result<Vec<Intent>> {
        self.0.open().await
    }
}

#[tokio::test]
async fn a_purchase_that_cannot_be_noted_says_that_it_may_have_happened() {
    let (sandbox, subjects) = both().await;
    for (subject, bought) in subjects.iter().zip(1..) {
        let full = Arc::new(Full(MemoryIntents::new()));
        let buyer = NumberBuyer::new(subject.numbers.clone(), full.clone());
        let purchase = Purchase::at_any_price(mobile(112));
        for _ in 0..2 {
            let error = buyer.buy(&purchase).await.unwrap_err();
            assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unavailable, Outcome::Unknown));
            assert!(error.detail().contains("recover"), "{error}");
        }
        assert_eq!(full.open().await.unwrap().len(), 1);
        assert_eq!(sandbox.usage().iter().map(|used| used.count).sum::<u64>(), bought);
    }
}

#[tokio::test]
async fn several_at_once_buy_one() {
    let (sandbox, subjects) = both().await;
    let (folder, subject) = (tempfile::tempdir().unwrap(), &subjects[0]);
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let log = Arc::new(FileIntents::new(folder.path()).unwrap());
        let buyer = NumberBuyer::new(subject.numbers.clone(), log);
        tries.spawn(async move { buyer.buy(&Purchase::new(mobile(111), usd("2"))).await });
    }
    let ids: Vec<String> = tries.join_all().await.into_iter().map(|own| own.unwrap().id).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(sandbox.usage().iter().map(|used| used.count).sum::<u64>(), 1);
    let log = FileIntents::new(folder.path()).unwrap();
    let known = log.find(&intent(&subject.numbers, mobile(111))).await.unwrap().unwrap();
    assert_eq!(known.done.as_deref(), Some(ids[0].as_str()));
}
