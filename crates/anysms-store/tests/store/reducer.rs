//! The reducer: whatever order and however often, the same end; and the store agrees with it.
//!
//! Long form: `ANYSMS_SETS=100000 cargo test --release --all-features --test store reducer -- --include-ignored`.

use std::sync::Arc;

use anysms::{ErrorKind, Message, SmsProvider, message::DeliveryFailure};
use anysms_store::RecordExt;
use anysms_store::{Progress, StatusReducer, message_status};

use crate::{
    Backend,
    fake::{Fake, news, remote},
    number,
};

fn sets() -> u32 {
    std::env::var("ANYSMS_SETS").map_or(50, |sets| sets.parse().expect("a number"))
}

/// A small generator with a seed, so that a set that fails can be looked at.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }

    /// What a provider may report: up to 7 events, with codes, of which some are words.
    fn set(&mut self) -> Vec<String> {
        const WORDS: [&str; 12] = [
            "scheduled",
            "accepted",
            "queued",
            "canceled",
            "sending",
            "sent",
            "failed",
            "rejected",
            "undelivered",
            "partially_delivered",
            "delivered",
            "read",
        ];
        let one = |random: &mut Self| {
            let word = WORDS[random.below(WORDS.len())];
            match random.below(4) {
                0 => format!("{word} {}", [30003, 30005, 9, 10][random.below(4)]),
                1 if word == "failed" => format!("{word} code-{}", random.below(2)),
                _ => word.to_owned(),
            }
        };
        (0..=self.below(7)).map(|_| one(self)).collect()
    }
}

fn add(progress: &mut StatusReducer, word: &str) {
    let update = news(&remote(1), word);
    progress.add(Progress::of(&update.status).unwrap(), update.failure.as_ref());
}

fn reduce<'a>(words: impl IntoIterator<Item = &'a String>) -> StatusReducer {
    words.into_iter().fold(StatusReducer::default(), |mut progress, word| {
        add(&mut progress, word);
        progress
    })
}

/// Calls with every order.
fn permutations(words: &mut Vec<String>, from: usize, call: &mut impl FnMut(&[String])) {
    if from == words.len() {
        return call(words);
    }
    for at in from..words.len() {
        words.swap(from, at);
        permutations(words, from + 1, call);
        words.swap(from, at);
    }
}

#[test]
fn every_order_and_repetition_comes_to_one_end() {
    let mut random = Random(1);
    for set in 0..sets() {
        let mut words = random.set();
        let expected = reduce(&words);
        permutations(&mut words, 0, &mut |order| {
            assert_eq!(reduce(order), expected, "{set}: {order:?}")
        });
        for _ in 0..3 {
            let again = words[random.below(words.len())].clone();
            words.insert(random.below(words.len() + 1), again);
        }
        assert_eq!(reduce(&words), expected, "{set}: {words:?}");
        let (a, b) = words.split_at(random.below(words.len() + 1));
        let (mut joined, other) = (reduce(a), reduce(b));
        joined.join(&other);
        assert_eq!(joined, expected, "{set}: {a:?} and {b:?}");
        let mut progress = StatusReducer::default();
        for word in &words {
            let before = progress.status();
            add(&mut progress, word);
            assert!(progress.status() >= before, "{set}: nothing goes back");
        }
    }
}

#[test]
fn every_pair_has_the_further_one() {
    let failure = |code| Some(DeliveryFailure::new(ErrorKind::Other, code));
    for a in Progress::all() {
        for b in Progress::all() {
            let mut progress = StatusReducer::default();
            progress.add(a, failure("1").as_ref());
            progress.add(b, failure("2").as_ref());
            assert_eq!(progress.status(), a.max(b));
            let code = progress.failure().unwrap().code.as_str();
            assert_eq!(code, if a > b { "1" } else { "2" }, "the code goes with its status");
            let conflict = progress.conflict().map(|conflict| (conflict.from, conflict.to));
            let (low, high) = (a.min(b), a.max(b));
            let expected = (low.is_negative() && !high.is_negative()).then_some((low, high));
            assert_eq!(conflict, expected, "{a} {b}");
        }
    }
}

#[test]
fn a_message_is_what_arrived_then_what_goes_on_then_the_end() {
    use Progress::{Delivered, Failed, Read, Sending, Sent, Unconfirmed, Undelivered};
    for (attempts, expected) in [
        (vec![], None),
        (vec![(Failed, false), (Sending, true)], Some(Sending)),
        (vec![(Failed, false), (Undelivered, false)], Some(Undelivered)),
        (vec![(Unconfirmed, true), (Failed, false)], Some(Unconfirmed)),
        (vec![(Unconfirmed, false), (Failed, false)], Some(Failed)),
        (vec![(Delivered, false), (Sent, true)], Some(Delivered)),
        (vec![(Delivered, false), (Read, false), (Unconfirmed, true)], Some(Read)),
    ] {
        assert_eq!(message_status(attempts.iter().copied()), expected, "{attempts:?}");
    }
}

pub(crate) async fn the_log_agrees_with_the_reducer(backend: Backend) {
    let (sets, sms) = (sets(), Arc::new(Fake::new().recorded(&backend.store).unwrap()));
    let mut random = Random(2);
    let (mut number_of, mut rounds) = (0, Vec::new());
    for _ in 0..sets {
        let mut words = random.set();
        for _ in 0..random.below(4) {
            let again = words[random.below(words.len())].clone();
            words.insert(random.below(words.len() + 1), again);
        }
        rounds.push(words);
    }
    // Many at once, as they come in.
    for some in rounds.chunks(256) {
        let mut tasks = tokio::task::JoinSet::new();
        for words in some {
            number_of += 1;
            let (store, sms, words) = (backend.store.clone(), Arc::clone(&sms), words.clone());
            let key = format!("k{number_of}").parse().unwrap();
            tasks.spawn(async move {
                let sent = Message::new(number(123), "Hello").with_key(key);
                let id = sms.send(&sent).await.unwrap().id.unwrap();
                for word in &words {
                    store.record_status(&news(&id, word), None).await.unwrap();
                }
                let mut expected = reduce(&words);
                expected.add(Progress::Accepted, None); // the answer's
                let history = store.history(None, sent.key()).await.unwrap().unwrap();
                let attempt = &history.attempts[0];
                assert_eq!(attempt.status, expected.status(), "{words:?}");
                assert_eq!(attempt.conflict, expected.conflict(), "{words:?}");
                let code =
                    |failure: Option<&DeliveryFailure>| failure.map(|failure| failure.code.clone());
                assert_eq!(code(attempt.failure.as_ref()), code(expected.failure()), "{words:?}");
                assert_eq!(history.entry.status, Some(expected.status()), "{words:?}");
            });
        }
        tasks.join_all().await;
    }
}
