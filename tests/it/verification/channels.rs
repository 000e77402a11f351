//! Channels, what a failed send leaves, and what a process that died leaves.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use anysms::{
    Error, ErrorKind, MessageClass, Outcome, Result, async_trait,
    http::Method,
    sandbox::{Fault, When},
    twilio::Product,
    verification::{
        ChallengeAnswer, ChallengeChange, ChallengeFact, ChallengeRow, ChallengeSend,
        ChallengeStore, CodeChannel, CodeDelivery, MemoryChallenges, Otp, ReportQuery,
        Verification, VerificationChannel,
    },
};

use super::{Bench, code_of, generous, keys, number, purpose, request, text, twilio};

/// Mailer that keeps what it was given, or fails.
#[derive(Debug, Default)]
struct Mail {
    sent: Mutex<Vec<(String, String)>>,
    fails: Option<Outcome>,
}

#[async_trait]
impl CodeChannel for Mail {
    fn channel(&self) -> VerificationChannel {
        VerificationChannel::Email
    }

    async fn deliver(&self, delivery: &CodeDelivery) -> Result<Option<String>> {
        if let Some(outcome) = self.fails {
            return Err(Error::new(ErrorKind::Unavailable, outcome));
        }
        let Some(address) = &delivery.email else {
            return Err(Error::not_sent(ErrorKind::InvalidRecipient));
        };
        let shown = format!("{delivery:?}");
        assert!(!shown.contains(delivery.code.as_str()) && !shown.contains("900123"), "{shown}");
        self.sent.lock().unwrap().push((address.to_string(), delivery.code.to_string()));
        Ok(Some("m1".to_owned()))
    }
}

#[tokio::test]
async fn where_a_channel_proved_not_to_send_the_next_one_is_tried() {
    let mail = Arc::new(Mail::default());
    let channel = mail.clone();
    let bench = Bench::with(|codes| {
        codes.with_channel(channel).with_fallback([VerificationChannel::Email])
    })
    .await;
    bench.sandbox.inject(When::Every(1), Fault::Refuse(400));
    let asked = request().with_email("person@club.example");
    let challenge = bench.codes.start(&asked).await.unwrap();
    assert_eq!(challenge.channel, VerificationChannel::Email);
    let sent = mail.sent.lock().unwrap().clone();
    let [(address, code)] = &*sent else { panic!("one mail, not {}", sent.len()) };
    assert_eq!(address, "person@club.example");
    let proof = bench.codes.check(&challenge.id, code).await.unwrap().approved().unwrap();
    assert!(proof.redeem(number(), &purpose()).is_err(), "a mail proves no number");
    bench.clock.skip(60);
    let challenge = bench.codes.start(&asked).await.unwrap();
    let code = mail.sent.lock().unwrap()[1].1.clone();
    let proof = bench.codes.check(&challenge.id, &code).await.unwrap().approved().unwrap();
    proof.redeem_email("person@club.example", &purpose()).unwrap();
}

#[tokio::test]
async fn where_a_code_may_be_on_its_way_no_other_channel_is_tried() {
    let mail = Arc::new(Mail::default());
    let channel = mail.clone();
    let bench = Bench::with(|codes| {
        codes.with_channel(channel).with_fallback([VerificationChannel::Email])
    })
    .await;
    bench.sandbox.inject(When::Every(1), Fault::TakeAndFail(502));
    let error = bench.codes.start(&request().with_email("a@club.example")).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert!(mail.sent.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_channel_that_is_not_set_up_is_refused_before_anything_is_written() {
    let bench = Bench::new().await;
    for channel in [VerificationChannel::Voice, VerificationChannel::Email] {
        let error = bench.codes.start(&request().with_channel(channel)).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unsupported, Outcome::NotSent));
    }
    for _ in 0..5 {
        bench.codes.start(&request()).await.unwrap(); // nothing was counted before
    }
}

#[tokio::test]
async fn codes_of_our_own_go_over_twilio_verify_and_are_reported_back() {
    let bench = Bench::new().await;
    let client = twilio(&bench.sandbox);
    let made = client.request(Method::POST, Product::Verify, ["v2", "Services"]);
    let made =
        made.form("FriendlyName", "Club").form("CustomCodeEnabled", "true").send().await.unwrap();
    let made: serde_json::Value = made.json().unwrap();
    let service = made["sid"].as_str().unwrap();
    let voice = client.verify_channel(service, VerificationChannel::Voice);
    let codes =
        Otp::new(client.clone(), keys(), MemoryChallenges::new(), text()).with_channel(voice);
    let asked = request().with_channel(VerificationChannel::Voice);
    let challenge = codes.start(&asked).await.unwrap();
    let code = code_of(&bench.sandbox).await;
    let converted = async |status: &str| {
        let list = client.request(Method::GET, Product::Verify, ["v2", "Attempts"]);
        let page = list.query("Status", status).send().await.unwrap();
        page.json::<serde_json::Value>().unwrap()["attempts"].as_array().unwrap().len()
    };
    assert_eq!(converted("converted").await, 0);
    assert!(codes.check(&challenge.id, &code).await.unwrap().approved().is_some());
    assert_eq!(converted("converted").await, 1);
}

#[tokio::test]
async fn a_request_that_is_repeated_starts_one_challenge_and_sends_once() {
    let bench = Bench::new().await;
    let keyed = request().with_key("hook-7".parse().unwrap());
    let first = bench.codes.start(&keyed).await.unwrap();
    let again = bench.codes.start(&keyed).await.unwrap();
    assert_eq!(first.id, again.id);
    let messages = bench.sandbox.messages();
    assert_eq!(messages.len(), 1);
    let other =
        anysms::verification::VerificationRequest::new("+447700900124".parse().unwrap(), purpose());
    let error = bench.codes.start(&other.with_key("hook-7".parse().unwrap())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let tenant = keyed.clone().with_tenant("club".parse().unwrap());
    assert_ne!(
        bench.codes.start(&tenant).await.unwrap().id,
        first.id,
        "each tenant has its own keys"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_repeats_at_once_one_sends() {
    let bench = Bench::new().await;
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let codes = bench.codes.clone();
            tokio::spawn(async move {
                codes.start(&request().with_key("hook-8".parse().unwrap())).await.unwrap().id
            })
        })
        .collect();
    let mut ids = std::collections::HashSet::new();
    for task in tasks {
        ids.insert(task.await.unwrap());
    }
    assert_eq!((ids.len(), bench.sandbox.messages().len()), (1, 1));
}

#[tokio::test]
async fn a_repeat_after_a_failed_send_sends() {
    let bench = Bench::new().await;
    bench.sandbox.inject(When::Next(1), Fault::Refuse(400));
    let keyed = request().with_key("hook-9".parse().unwrap());
    let error = bench.codes.start(&keyed).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotSent);
    let challenge = bench.codes.start(&keyed).await.unwrap();
    assert!(bench.approved(&challenge.id, &code_of(&bench.sandbox).await).await);
    assert_eq!(bench.sandbox.messages().len(), 1);
}

/// Store whose process dies at the change of this number: it is made, and nobody hears of it.
#[derive(Debug)]
struct Dies {
    store: Arc<MemoryChallenges>,
    at: u32,
    changes: AtomicU32,
}

#[async_trait]
impl ChallengeStore for Dies {
    async fn change(&self, change: &ChallengeChange) -> Result<ChallengeAnswer> {
        let number = self.changes.fetch_add(1, Ordering::Relaxed);
        if number > self.at {
            std::future::pending::<()>().await;
        }
        let answer = self.store.change(change).await;
        if number == self.at {
            std::future::pending::<()>().await;
        }
        answer
    }

    async fn due(
        &self,
        before: anysms::Timestamp,
        most: usize,
    ) -> Result<Vec<(ChallengeRow, ChallengeSend)>> {
        self.store.due(before, most).await
    }

    async fn facts(&self, query: &ReportQuery) -> Result<Vec<ChallengeFact>> {
        self.store.facts(query).await
    }

    fn now(&self) -> anysms::Timestamp {
        self.store.now()
    }
}

#[tokio::test]
async fn a_process_that_dies_at_any_change_sends_once_at_most_and_its_code_is_the_same() {
    // The changes of a start: admitted, being sent, accepted.
    for (at, sent_before, recovered) in [(0, 0, 1), (1, 0, 0), (2, 1, 0)] {
        let bench = Bench::with(|codes| codes.with_policy(generous())).await;
        let dies = Dies { store: bench.store.clone(), at, changes: AtomicU32::new(0) };
        let codes = Otp::new(twilio(&bench.sandbox), keys(), dies, text());
        let asked = request();
        let start = codes.start(&asked);
        let died = tokio::time::timeout(std::time::Duration::from_millis(300), start).await;
        assert!(died.is_err());
        assert_eq!(bench.sandbox.messages().len(), sent_before, "before, at {at}");
        assert_eq!(bench.codes.recover().await.unwrap(), 0, "it may live still");
        bench.clock.skip(31);
        assert_eq!(bench.codes.recover().await.unwrap(), recovered, "at {at}");
        assert_eq!(bench.codes.recover().await.unwrap(), 0);
        let messages = bench.sandbox.messages();
        assert_eq!(messages.len() as u64, sent_before as u64 + recovered);
        assert!(messages.iter().all(|message| message.code().is_some()));
    }
}

#[tokio::test]
async fn what_is_over_is_not_sent_any_more() {
    let bench = Bench::new().await;
    let dies = Dies { store: bench.store.clone(), at: 0, changes: AtomicU32::new(0) };
    let codes = Otp::new(twilio(&bench.sandbox), keys(), dies, text());
    let asked = request();
    let died =
        tokio::time::timeout(std::time::Duration::from_millis(200), codes.start(&asked)).await;
    assert!(died.is_err());
    bench.clock.skip(600);
    assert_eq!(bench.codes.recover().await.unwrap(), 0);
    assert!(bench.sandbox.messages().is_empty());
}

#[tokio::test]
async fn a_message_of_a_code_is_of_its_class_tenant_and_key() {
    #[derive(Debug, Default)]
    struct Keeps(Mutex<Vec<anysms::Message>>);

    #[async_trait]
    impl anysms::SmsProvider for Keeps {
        fn id(&self) -> anysms::ProviderId {
            anysms::ProviderId::from_static("keeps")
        }

        fn capabilities(&self) -> anysms::Capabilities {
            anysms::Capabilities::default()
        }

        async fn send(&self, message: &anysms::Message) -> Result<anysms::Receipt> {
            self.0.lock().unwrap().push(message.clone());
            Ok(anysms::Receipt::new(self.id(), None, message.key().clone()))
        }
    }

    let keeps = Arc::new(Keeps::default());
    let codes = Otp::new(keeps.clone(), keys(), MemoryChallenges::new(), text());
    let challenge = codes.start(&request().with_tenant("club".parse().unwrap())).await.unwrap();
    let messages = keeps.0.lock().unwrap().clone();
    let [message] = &*messages else { panic!("one message") };
    assert_eq!(message.class(), MessageClass::OneTimeCode);
    assert_eq!(message.tenant().unwrap().as_str(), "club");
    assert_eq!(message.key().as_str(), format!("otp:{}:1", challenge.id));
}
