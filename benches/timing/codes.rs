//! Checks of one-time codes: one that is wrong takes as long as one of a challenge that is over or not known.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, AtomicUsize, Ordering},
};

use anysms::{
    Timestamp,
    provider::LogOnly,
    verification::{
        ChallengeId, CodeKeys, CodePolicy, CodeText, ConversionGate, MemoryChallenges, Otp,
        Verification, VerificationRequest,
    },
};
use futures_util::FutureExt;

use super::{Case, INPUTS, Input};

/// Most checks of a case: each wrong code takes a try, and a challenge has ten.
const MOST: usize = 200_000;

/// A store in memory never waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("an answer at once")
}

fn request(n: usize) -> VerificationRequest {
    let number = format!("+4477{n:08}").parse().expect("a number");
    VerificationRequest::new(number, "sign-in".parse().expect("a purpose")).silently()
}

/// Codes with challenges of each kind.
struct Codes {
    otp: Otp,
    clock: Arc<AtomicI64>,
}

impl Codes {
    fn new() -> Self {
        let clock = Arc::new(AtomicI64::new(1_800_000_000));
        let seconds = clock.clone();
        let time = move || Timestamp::from_second(seconds.load(Ordering::Relaxed)).expect("a time");
        let open = ConversionGate::new(u32::MAX, 0, std::time::Duration::ZERO);
        let policy = CodePolicy::default()
            .with_range_gate(open)
            .with_country_gate(open)
            .with_tries(10)
            .and_then(|policy| policy.with_failures(100, 100))
            .expect("figures");
        let keys = CodeKeys::new("bench", [7; 32]).expect("a key");
        let text = CodeText::builder("Bench").build().expect("a text");
        let otp = Otp::new(LogOnly::new(), keys, MemoryChallenges::with_clock(time), text);
        Self { otp: otp.with_policy(policy), clock }
    }

    fn start(&self, n: usize) -> ChallengeId {
        now(self.otp.start(&request(n))).expect("a challenge").id
    }
}

/// Classes that say which kind of challenge is checked; the check takes the next of that kind.
fn classes(kinds: [&str; 2]) -> [Vec<Input>; 2] {
    let inputs = |kind: &str| {
        let input = || Input { content: kind.to_owned(), proof: "000000".to_owned() };
        (0..INPUTS).map(|_| input()).collect()
    };
    kinds.map(inputs)
}

pub(super) fn cases(count: usize) -> Vec<Case> {
    let count = count.min(MOST);
    let case = |name, first, second, kind: fn(&Codes, usize) -> Vec<ChallengeId>| {
        let codes = Codes::new();
        let unknown = |n: usize| format!("{n:032x}").parse().expect("an id");
        let ids: [Vec<ChallengeId>; 2] = [
            (0..count / 10 + 1).map(|n| unknown(n + 1_000_000)).collect(),
            kind(&codes, count / 10 + 1),
        ];
        let taken = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
        let only = Mutex::new(());
        let check = move |input: &Input| {
            let _alone = only.lock();
            let class = usize::from(input.content == second);
            // Each challenge ten times, one after the other.
            let n = taken[class].fetch_add(1, Ordering::Relaxed) / 10;
            let id = &ids[class][n % ids[class].len()];
            now(codes.otp.check(id, &input.proof)).is_ok_and(|outcome| outcome.approved().is_some())
        };
        Case { name, classes: classes([first, second]), check: Box::new(check) }
    };
    vec![
        case("E04 code of an unknown challenge, or wrong", "unknown", "wrong", |codes, count| {
            (0..count).map(|n| codes.start(n)).collect()
        }),
        case(
            "E04 code of an unknown challenge, or expired",
            "unknown",
            "expired",
            |codes, count| {
                let ids = (0..count).map(|n| codes.start(n)).collect();
                codes.clock.fetch_add(3_600, Ordering::Relaxed);
                ids
            },
        ),
        case(
            "E04 code of an unknown challenge, or canceled",
            "unknown",
            "canceled",
            |codes, count| {
                let ids: Vec<_> = (0..count).map(|n| codes.start(n)).collect();
                for id in &ids {
                    now(codes.otp.cancel(id)).expect("canceled");
                }
                ids
            },
        ),
    ]
}
