//! Challenges of one-time codes, and intents: the same promises in memory, SQLite and PostgreSQL.

use std::{path::Path, sync::Arc, time::Duration};

use anysms::{
    ErrorKind, MessageClass, PhoneNumber, ProviderId, Result, Timestamp, async_trait,
    intent::{Intent, IntentLog},
    message::{Currency, Money},
    verification::{
        ChallengeAnswer, ChallengeChange, ChallengeFact, ChallengeRow, ChallengeSend,
        ChallengeStore, CheckOutcome, CodeKeys, CodePolicy, CodeText, ConversionGate, Otp,
        ReportBy, ReportQuery, Verification, VerificationRequest,
    },
};
use anysms_store::{MessageStore, RecordExt, Retention};

use crate::{
    Backend,
    fake::{Fake, news, remote},
    number,
};

fn keys() -> CodeKeys {
    CodeKeys::new("2026-12", [7; 32]).unwrap()
}

fn codes(store: &MessageStore, fake: &Fake) -> Otp {
    let text = CodeText::builder("Club").build().unwrap();
    Otp::new(fake.clone().recorded(store).unwrap(), keys(), store.clone(), text)
}

fn request(number: PhoneNumber) -> VerificationRequest {
    VerificationRequest::new(number, "sign-in".parse().unwrap())
}

/// Returns the code of the message that was sent last.
fn code(fake: &Fake) -> String {
    let text = fake.sent.lock().unwrap().last().unwrap().text().to_owned();
    text.split(' ').next().unwrap().to_owned()
}

fn this_hour() -> ReportQuery {
    let (now, hour) = (Timestamp::now(), Duration::from_secs(3_600));
    ReportQuery::new(now - hour, now + hour)
}

async fn at_once(codes: Arc<Otp>, id: &anysms::verification::ChallengeId, code: &str) -> usize {
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let (codes, id, code) = (codes.clone(), id.clone(), code.to_owned());
            tokio::spawn(async move {
                matches!(codes.check(&id, &code).await, Ok(CheckOutcome::Approved(_)))
            })
        })
        .collect();
    let mut approved = 0;
    for task in tasks {
        approved += usize::from(task.await.unwrap());
    }
    approved
}

pub(crate) async fn of_64_checks_one_is_approved_and_five_are_compared(backend: Backend) {
    let fake = Fake::new();
    let codes = Arc::new(codes(&backend.store, &fake));
    let first = codes.start(&request(number(1))).await.unwrap();
    assert_eq!(at_once(codes.clone(), &first.id, &code(&fake)).await, 1);
    let second = codes.start(&request(number(2))).await.unwrap();
    assert_eq!(at_once(codes.clone(), &second.id, "x").await, 0);
    let facts = backend.store.facts(&this_hour()).await.unwrap();
    let checks: Vec<_> = facts.iter().map(|fact| fact.checks).collect();
    assert_eq!(checks[1], Some(5), "{checks:?}");
    assert!(facts[0].approved_at.is_some() && facts[1].approved_at.is_none());
}

pub(crate) async fn of_a_range_without_approvals_20_codes_leave(backend: Backend) {
    let fake = Fake::new();
    let codes = Arc::new(codes(&backend.store, &fake));
    let tasks: Vec<_> = (0..200)
        .map(|last| {
            let codes = codes.clone();
            tokio::spawn(async move { codes.start(&request(number(last))).await.map(drop) })
        })
        .collect();
    for task in tasks {
        if let Err(error) = task.await.unwrap() {
            assert_eq!(error.kind(), ErrorKind::PolicyBlocked);
        }
    }
    assert_eq!(fake.calls(), 20);
}

pub(crate) async fn a_request_that_is_repeated_sends_once(backend: Backend) {
    let fake = Fake::new();
    let codes = Arc::new(codes(&backend.store, &fake));
    let tasks: Vec<_> = (0..32)
        .map(|_| {
            let codes = codes.clone();
            let request = request(number(1)).with_key("hook-1".parse().unwrap());
            tokio::spawn(async move { codes.start(&request).await.unwrap().id })
        })
        .collect();
    let mut ids = Vec::new();
    for task in tasks {
        ids.push(task.await.unwrap());
    }
    ids.dedup();
    assert_eq!((ids.len(), fake.calls()), (1, 1));
}

/// Store whose process dies after the first change.
#[derive(Debug)]
struct Dies(MessageStore);

#[async_trait]
impl ChallengeStore for Dies {
    async fn change(&self, change: &ChallengeChange) -> Result<ChallengeAnswer> {
        self.0.change(change).await?;
        std::future::pending().await
    }

    async fn due(
        &self,
        before: Timestamp,
        most: usize,
    ) -> Result<Vec<(ChallengeRow, ChallengeSend)>> {
        self.0.due(before, most).await
    }

    async fn facts(&self, query: &ReportQuery) -> Result<Vec<ChallengeFact>> {
        self.0.facts(query).await
    }

    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

/// Store by whose clock it is a minute later.
#[derive(Debug)]
struct Later(MessageStore);

#[async_trait]
impl ChallengeStore for Later {
    async fn change(&self, change: &ChallengeChange) -> Result<ChallengeAnswer> {
        self.0.change(change).await
    }

    async fn due(
        &self,
        before: Timestamp,
        most: usize,
    ) -> Result<Vec<(ChallengeRow, ChallengeSend)>> {
        self.0.due(before, most).await
    }

    async fn facts(&self, query: &ReportQuery) -> Result<Vec<ChallengeFact>> {
        self.0.facts(query).await
    }

    fn now(&self) -> Timestamp {
        self.0.now() + Duration::from_secs(60)
    }
}

pub(crate) async fn what_a_process_left_is_sent_once_with_the_same_code(backend: Backend) {
    let (fake, store) = (Fake::new(), &backend.store);
    let text = CodeText::builder("Club").build().unwrap();
    let dies = Otp::new(fake.clone(), keys(), Dies(store.clone()), text.clone());
    let asked = request(number(1)).with_key("sign-in-1".parse().unwrap());
    let died = tokio::time::timeout(Duration::from_millis(500), dies.start(&asked)).await;
    assert!(died.is_err() && fake.calls() == 0);
    let later = || Otp::new(fake.clone(), keys(), Later(store.clone()), text.clone());
    let (one, two) = (later(), later());
    let (one, two) = tokio::join!(one.recover(), two.recover());
    assert_eq!((one.unwrap() + two.unwrap(), fake.calls()), (1, 1));
    assert_eq!(later().recover().await.unwrap(), 0);
    let codes = codes(store, &fake);
    let known = codes.start(&asked).await.unwrap();
    assert_eq!(fake.calls(), 1);
    assert!(codes.check(&known.id, &code(&fake)).await.unwrap().approved().is_some());
}

pub(crate) async fn a_report_knows_what_arrived_and_what_it_cost(backend: Backend) {
    let (fake, store) = (Fake::new(), &backend.store);
    let codes = codes(store, &fake);
    let tenant = request(number(1)).with_tenant("club".parse().unwrap());
    let first = codes.start(&tenant).await.unwrap();
    assert!(codes.check(&first.id, &code(&fake)).await.unwrap().approved().is_some());
    codes.start(&request(number(2))).await.unwrap();
    let price = Money::new("0.04".parse().unwrap(), Currency::USD);
    let mut arrived = news(&remote(1), "delivered");
    arrived.price = Some(price);
    store.record_status(&arrived, None).await.unwrap();
    let report = codes.report(&this_hour().by(ReportBy::Tenant)).await.unwrap();
    let [none, club] = &*report.rows else { panic!("{report:?}") };
    assert_eq!((none.delivered, none.approved, &*none.cost), (Some(0), 0, &[][..]));
    assert_eq!((club.delivered, club.approved, club.checked), (Some(1), 1, Some(1)));
    assert_eq!((&*club.cost, &*club.cost_per_approval()), (&[price][..], &[price][..]));
    assert_eq!(club.tenant.as_ref().unwrap().as_str(), "club");
    let total = report.total();
    assert_eq!((total.started, total.sent, total.delivered), (2, 2, Some(1)));
    let club = this_hour().with_tenant("club".parse().unwrap());
    assert_eq!(codes.report(&club).await.unwrap().total().started, 1);
}

pub(crate) async fn an_erased_number_is_in_no_challenge(backend: Backend) {
    let (fake, store) = (Fake::new(), &backend.store);
    let codes = codes(store, &fake);
    let gone = codes.start(&request(number(1))).await.unwrap();
    let right = code(&fake);
    let kept = codes.start(&request(number(2))).await.unwrap();
    let kept_code = code(&fake);
    store.erase(number(1), &Retention::default()).await.unwrap();
    assert_eq!(codes.check(&gone.id, &right).await.unwrap(), CheckOutcome::Wrong);
    assert_eq!(store.facts(&this_hour()).await.unwrap().len(), 1);
    assert!(codes.check(&kept.id, &kept_code).await.unwrap().approved().is_some());
    let young = Retention::default().with_challenges(Duration::ZERO);
    assert_eq!(store.purge(&young).await.unwrap().challenges, 0, "a day at least");
}

pub(crate) async fn wrong_codes_for_a_number_wait_whichever_challenge(backend: Backend) {
    let (fake, store) = (Fake::new(), &backend.store);
    let codes = codes(store, &fake);
    let first = codes.start(&request(number(1))).await.unwrap();
    for _ in 0..5 {
        assert_eq!(codes.check(&first.id, "x").await.unwrap(), CheckOutcome::Wrong);
    }
    let second = codes.start(&request(number(1))).await.unwrap();
    let error = codes.check(&second.id, &code(&fake)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert!(error.retry_after().unwrap() <= Duration::from_secs(30));
}

pub(crate) async fn an_intent_is_begun_once(backend: Backend) {
    let log: Arc<dyn IntentLog> = Arc::new(backend.store.clone());
    let intent = |key: &str| Intent::new(ProviderId::from_static("acme"), "acct-1".into(), key);
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let (log, intent) = (log.clone(), intent("brand:one"));
            tokio::spawn(async move { log.begin(&intent).await.unwrap().is_none() })
        })
        .collect();
    let mut begun = 0;
    for task in tasks {
        begun += u32::from(task.await.unwrap());
    }
    assert_eq!(begun, 1);
    let (one, two) = (intent("brand:one"), intent("buy:+15555550100"));
    assert_eq!(log.begin(&two).await.unwrap(), None);
    assert_eq!(log.open().await.unwrap().len(), 2);
    log.finish(&one, "BN01").await.unwrap();
    assert_eq!(log.find(&one).await.unwrap().unwrap().done.as_deref(), Some("BN01"));
    log.withdraw(&two).await.unwrap();
    assert_eq!((log.open().await.unwrap().len(), log.find(&two).await.unwrap()), (0, None));
    assert_eq!(log.begin(&two).await.unwrap(), None);
}

/// Returns the files of a folder in which these bytes are.
fn holding(folder: &Path, bytes: &str) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let has = |path: &std::path::PathBuf| {
        let whole = std::fs::read(path).unwrap();
        whole.windows(bytes.len()).any(|window| window == bytes.as_bytes())
    };
    files.filter(has).map(|path| path.display().to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_ours_is_in_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = MessageStore::sqlite(folder.path().join("store.db")).await.unwrap();
    let fake = Fake::new();
    // Ten digits, which no time and no hash in a file happens to be.
    let policy = CodePolicy::default().with_length(10).unwrap();
    let codes = codes(&store, &fake).with_policy(policy);
    let challenge = codes.start(&request(number(1))).await.unwrap();
    let right = code(&fake);
    assert_eq!(right.len(), 10);
    assert_eq!(codes.check(&challenge.id, "1357924680").await.unwrap(), CheckOutcome::Wrong);
    for digits in [&*right, "1357924680"] {
        assert_eq!(holding(folder.path(), digits), Vec::<String>::new());
    }
    assert!(codes.check(&challenge.id, &right).await.unwrap().approved().is_some());
    assert_eq!(holding(folder.path(), &right), Vec::<String>::new());
    assert!(
        !holding(folder.path(), challenge.id.as_str()).is_empty(),
        "the scan finds what is there"
    );
    assert_eq!(fake.sent.lock().unwrap()[0].class(), MessageClass::OneTimeCode);
}

#[tokio::test(flavor = "multi_thread")]
async fn challenges_outlive_their_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let fake = Fake::new();
    let challenge = {
        let store = MessageStore::sqlite(&path).await.unwrap();
        let open = ConversionGate::new(u32::MAX, 0, Duration::ZERO);
        let codes = codes(&store, &fake).with_policy(CodePolicy::default().with_range_gate(open));
        codes.start(&request(number(1))).await.unwrap()
    };
    let store = MessageStore::sqlite(&path).await.unwrap();
    let codes = codes(&store, &fake);
    let again = codes.resend(&challenge.id, None).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::RateLimited);
    assert!(codes.check(&challenge.id, &code(&fake)).await.unwrap().approved().is_some());
}
