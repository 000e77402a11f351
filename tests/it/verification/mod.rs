//! Verification by codes: one suite for every implementation, and the rules of our own codes.

mod channels;
mod conformance;
mod guard;
mod guesses;
mod hook;
mod texts;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use anysms::{
    PhoneNumber, Timestamp,
    sandbox::Sandbox,
    twilio::{Twilio, TwilioConfig},
    verification::{
        ChallengeId, CodeKeys, CodePolicy, CodeText, MemoryChallenges, Otp, Purpose, Verification,
        VerificationRequest,
    },
};

fn number() -> PhoneNumber {
    "+447700900123".parse().unwrap()
}

fn purpose() -> Purpose {
    "sign-in".parse().unwrap()
}

fn request() -> VerificationRequest {
    VerificationRequest::new(number(), purpose())
}

fn keys() -> CodeKeys {
    CodeKeys::new("2026-12", [7; 32]).unwrap()
}

fn text() -> CodeText {
    CodeText::builder("Club").domain("club.example").build().unwrap()
}

/// Clock that stands still until it is moved.
#[derive(Clone)]
struct Clock(Arc<Mutex<Timestamp>>);

impl Clock {
    fn new() -> Self {
        Self(Arc::new(Mutex::new("2026-12-01T00:00:00Z".parse().unwrap())))
    }

    fn store(&self) -> MemoryChallenges {
        let clock = self.clone();
        MemoryChallenges::with_clock(move || *clock.0.lock().unwrap())
    }

    fn skip(&self, seconds: i64) {
        let mut now = self.0.lock().unwrap();
        *now = now.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap();
    }
}

/// Codes of our own on a sandbox, by a clock of the test.
struct Bench {
    sandbox: Sandbox,
    clock: Clock,
    store: Arc<MemoryChallenges>,
    codes: Arc<Otp>,
}

impl Bench {
    async fn new() -> Self {
        Self::with(|codes| codes).await
    }

    async fn with(set: impl FnOnce(Otp) -> Otp) -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let clock = Clock::new();
        let store = Arc::new(clock.store());
        let codes = Arc::new(set(Otp::new(twilio(&sandbox), keys(), store.clone(), text())));
        Self { sandbox, clock, store, codes }
    }

    /// Starts a challenge and returns its id and its code.
    async fn started(&self) -> (ChallengeId, String) {
        let challenge = self.codes.start(&request()).await.unwrap();
        (challenge.id, code_of(&self.sandbox).await)
    }

    async fn approved(&self, id: &ChallengeId, code: &str) -> bool {
        self.codes.check(id, code).await.unwrap().approved().is_some()
    }
}

fn twilio(sandbox: &Sandbox) -> Twilio {
    Twilio::new(&TwilioConfig::sandbox(sandbox)).unwrap()
}

/// Policy without limits of sends, for what is about something else.
fn generous() -> CodePolicy {
    let many = [(1_000_000, Duration::from_secs(3_600))];
    CodePolicy::default().with_per_number(many)
}

fn wrong(code: &str) -> String {
    if code == "000000" { "000001".to_owned() } else { "000000".to_owned() }
}

/// Waits for the newest message to the number, and reads its code.
async fn code_of(sandbox: &Sandbox) -> String {
    sandbox.expect_message(number()).await.unwrap().code().unwrap()
}
