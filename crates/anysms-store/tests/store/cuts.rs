//! The connection to the server is cut at each message of the protocol, or the server is gone for good.
//! `ANYSMS_CUTS=20` goes through all of them, and cuts so often.

use std::time::Duration;

use anysms::{Outcome, SmsProvider};
use anysms_store::RecordExt;
use anysms_store::{AttemptOutcome, MessageStore, Progress, Recorded, SettledBy};
use sqlx::{PgPool, postgres::PgPoolOptions};

use crate::{fake::Fake, message, postgres, proxy::Proxy};

/// A store behind a proxy, and the same store without.
struct Cut {
    proxy: Proxy,
    straight: MessageStore,
    fake: Fake,
    sms: Recorded<Fake>,
}

impl Cut {
    async fn new() -> Self {
        let pool = postgres::database().await;
        Self::of(&pool, MessageStore::postgres(pool.clone()).await.unwrap()).await
    }

    async fn of(pool: &PgPool, straight: MessageStore) -> Self {
        let proxy = Proxy::start(pool);
        let through = PgPoolOptions::new().max_connections(8).connect_with(proxy.options());
        let store = MessageStore::postgres(through.await.unwrap()).await.unwrap();
        let fake = Fake::new();
        let sms = fake.clone().recorded(&store).unwrap();
        Self { proxy, straight, fake, sms }
    }

    fn calls_of(&self, key: &str) -> usize {
        let sent = self.fake.sent.lock().unwrap();
        sent.iter().filter(|sent| sent.key().as_str() == key).count()
    }

    /// How many messages a send has that finds its connections.
    async fn messages_of_a_send(&self) -> u32 {
        self.sms.send(&message("warm")).await.unwrap();
        self.proxy.cut_at(0);
        self.sms.send(&message("counted")).await.unwrap();
        self.proxy.count()
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL"]
async fn a_send_that_is_cut_off_at_any_message_is_sent_once_on_postgres() {
    let cut = Cut::new().await;
    let messages = cut.messages_of_a_send().await;
    assert!(messages > 50, "{messages}");
    let (rounds, step) = crate::rounds("ANYSMS_CUTS", 3);
    for round in 0..rounds {
        for at in (1 + round % step..=messages).step_by(step as usize) {
            cut.sms.send(&message(&format!("w{round}-{at}"))).await.unwrap();
            let key = format!("k{round}-{at}");
            cut.proxy.cut_at(at);
            let receipt = cut.sms.send(&message(&key)).await.unwrap();
            assert!(cut.proxy.count() > at, "it was cut off and went on");
            cut.proxy.cut_at(0);
            assert!(!receipt.earlier);
            assert_eq!(cut.calls_of(&key), 1, "at {at}");
            let key = key.parse().unwrap();
            let history = cut.straight.history(None, &key).await.unwrap().unwrap();
            let [attempt] = history.attempts.as_slice() else { panic!("one attempt") };
            assert_eq!(history.entry.status, Some(Progress::Accepted), "at {at}");
            assert_eq!((&attempt.id, attempt.id_conflict), (&receipt.id, false));
            assert_eq!(attempt.outcome, Some(AttemptOutcome::Accepted));
            assert_eq!(attempt.settled_by, Some(SettledBy::Answer));
        }
    }
    println!("{messages} messages of a send, {rounds} rounds in steps of {step}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL"]
async fn what_is_said_when_the_server_is_gone_is_true() {
    let messages = Cut::new().await.messages_of_a_send().await;
    let (_, step) = crate::rounds("ANYSMS_CUTS", 6);
    let points: Vec<u32> = (1..=messages).step_by(step as usize).collect();
    let mut said = [0; 3];
    for some in points.chunks(25) {
        let pool = postgres::database().await;
        let straight = MessageStore::postgres(pool.clone()).await.unwrap();
        let mut all = tokio::task::JoinSet::new();
        for at in some {
            let (cut, at) = (Cut::of(&pool, straight.clone()).await, *at);
            all.spawn(async move { gone_at(cut, at).await });
        }
        all.join_all().await.into_iter().for_each(|place: usize| said[place] += 1);
    }
    let [sent, not_sent, unknown] = said;
    println!(
        "{messages} messages in steps of {step}: {sent} sent, {not_sent} not sent, {unknown} unknown"
    );
    assert!(sent > 0 && not_sent > 0);
}

/// What was said of the send: that it was sent, that it was not, or that nobody knows.
async fn gone_at(cut: Cut, at: u32) -> usize {
    let (warm, sent) = (message(&format!("w{at}")), message(&format!("k{at}")));
    cut.sms.send(&warm).await.unwrap();
    cut.proxy.cut_for_good_at(at);
    let said = cut.sms.send(&sent).await.map_err(|error| error.outcome());
    let calls = cut.calls_of(sent.key().as_str());
    cut.proxy.back();
    let settled = async {
        loop {
            let history = cut.straight.history(None, sent.key()).await.unwrap();
            let open = |history: &anysms_store::History| history.attempts[0].outcome.is_none();
            if !history.as_ref().is_some_and(open) {
                return history;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let settled = tokio::time::timeout(Duration::from_secs(40), settled).await;
    let history = settled.unwrap_or_else(|_| panic!("{at}: {said:?} is never written down"));
    let known = history.map(|history| history.attempts[0].outcome.unwrap());
    match said {
        Ok(_) => {
            assert_eq!((calls, known), (1, Some(AttemptOutcome::Accepted)), "at {at}");
            assert!(cut.sms.send(&sent).await.unwrap().earlier);
            0
        }
        Err(Outcome::NotSent) => {
            assert_eq!(calls, 0, "at {at}");
            assert!(matches!(known, None | Some(AttemptOutcome::NotSent)), "at {at}: {known:?}");
            assert!(!cut.sms.send(&sent).await.unwrap().earlier);
            1
        }
        Err(_) => 2,
    }
}
