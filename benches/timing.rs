//! Whether the time of a check tells where a signature is wrong, or which key made it: Welch's t-test
//! over two classes of inputs that come at random, as dudect has it.
//!
//! ```text
//! cargo bench -p anysms-benches --bench timing
//! cargo bench -p anysms-benches --bench timing -- 10000000
//! ```
//!
//! The number is how many checks each case takes; 1,000,000 where none is given. |t| below 5 is no
//! difference that so many checks show. A comparison that stops at the first wrong byte is measured
//! with them and must be above 10, or this machine is too noisy to show a leak. The exit code is 1
//! where a case is not below 5, or the leak is not seen. On a busy machine run it again before you
//! believe it.

#[path = "timing/codes.rs"]
mod codes;

use std::{hint::black_box, process::ExitCode, time::Instant};

use anysms::{
    message::MessageKey,
    plivo::PlivoWebhook,
    twilio::TwilioWebhook,
    webhook::{CallbackTokens, KeyRing, Verified, Webhook, WebhookRequest},
};
use base64::{
    Engine,
    engine::{
        GeneralPurpose,
        general_purpose::{STANDARD, URL_SAFE_NO_PAD},
    },
};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

const URL: &str = "https://example.com/hooks";
const FORM: &[u8] = b"application/x-www-form-urlencoded";
const NONCE: &str = "00000000000000000001";
const TOKENS: [&str; 4] = ["first token", "second token", "third token", "fourth token"];

/// What a class is made of, in any order.
const INPUTS: usize = 256;
/// How many of the fastest are compared, in percent: what interrupts a check is no part of it.
const CROPS: [usize; 6] = [100, 99, 95, 90, 75, 50];
const MOST: f64 = 5.0;
const LEAK: f64 = 10.0;

/// A form, or a message's key, and what is to prove it.
#[derive(Default)]
struct Input {
    content: String,
    proof: String,
}

/// How something is proved.
struct Scheme {
    content: fn(usize) -> String,
    sign: fn(token: &str, content: &str) -> String,
    base64: &'static GeneralPurpose,
}

/// What is measured, and the two classes for which it must take the same time.
struct Case {
    name: &'static str,
    classes: [Vec<Input>; 2],
    check: Box<dyn Fn(&Input) -> bool>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let count = arguments.iter().find(|argument| !argument.starts_with('-'));
    let count = count.map_or(1_000_000, |count| count.parse().expect("how many checks"));
    if !arguments.iter().any(|argument| argument == "--bench") {
        // A test of the bench itself: too few to say anything.
        for case in cases(1_000) {
            black_box(largest_t(&case, 1_000));
        }
        return ExitCode::SUCCESS;
    }
    let mut holds = true;
    for (at, case) in cases(count).iter().enumerate() {
        let start = Instant::now();
        let t = largest_t(case, count);
        let holds_here = if at == 0 { t.abs() > LEAK } else { t.abs() < MOST };
        holds &= holds_here;
        let verdict = match (at, holds_here) {
            (0, true) => "a leak, as it must be",
            (0, false) => "TOO NOISY: the leak is not seen",
            (_, true) => "no difference",
            (_, false) => "A LEAK",
        };
        println!("{:<44} t = {t:>+9.2}  {verdict}  ({:.0?})", case.name, start.elapsed());
    }
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The leak first.
fn cases(count: usize) -> Vec<Case> {
    let url = || URL.parse().expect("a URL");
    let ring = KeyRing::new(TOKENS[0]).expect("a token");
    TOKENS[1..].iter().for_each(|token| ring.add(*token).expect("a token"));
    let tokens = CallbackTokens::new(TOKENS[0]).expect("a token");
    let (twilio, plivo) = (twilio(TOKENS[0]), plivo(TOKENS[0]));
    let twilio_by_ring = TwilioWebhook::with_ring(ring.clone(), url());
    let plivo_by_ring = PlivoWebhook::with_ring(ring, url());
    let either_end = |scheme: &Scheme| [scheme.wrong(|_| 0), scheme.wrong(|len| len - 1)];
    let either_key = |scheme: &Scheme| [TOKENS[0], TOKENS[3]].map(|token| scheme.right(token));
    let case = |name, classes, check| Case { name, classes, check };
    let mut all = vec![
        case("a comparison that stops at a wrong byte", either_end(&TWILIO), Box::new(leaks)),
        case("E01 Twilio, first byte wrong or last", either_end(&TWILIO), checks_twilio(twilio)),
        case("E01 Plivo V3, first byte wrong or last", either_end(&PLIVO), checks_plivo(plivo)),
        case(
            "E02 Twilio, by key 1 of 4 or by key 4",
            either_key(&TWILIO),
            checks_twilio(twilio_by_ring),
        ),
        case(
            "E02 Plivo V3, by key 1 of 4 or by key 4",
            either_key(&PLIVO),
            checks_plivo(plivo_by_ring),
        ),
        case(
            "E03 callback token, first byte wrong or last",
            either_end(&CALLBACK),
            Box::new(move |input| tokens.check(&input.proof, &message_key(&input.content)).is_ok()),
        ),
    ];
    all.extend(codes::cases(count));
    all
}

const TWILIO: Scheme = Scheme {
    content: |n| {
        format!(
            "AccountSid=AC00000000000000000000000000000001&ApiVersion=2010-04-01\
             &From=%2B15555550100&MessageSid=SM{n:032}&MessageStatus=delivered&To=%2B447700900123"
        )
    },
    sign: |token, form| twilio(token).sign(URL, form.as_bytes()).expect("a form"),
    base64: &STANDARD,
};
const PLIVO: Scheme = Scheme {
    content: |n| {
        format!(
            "From=15555550100&MessageUUID=00000000-0000-4000-8000-{n:012}&Status=delivered\
             &To=447700900123&TotalAmount=0.0025&TotalRate=0.0025&Units=1"
        )
    },
    sign: |token, form| plivo(token).sign_v3("POST", URL, form.as_bytes(), NONCE).expect("a form"),
    base64: &STANDARD,
};
const CALLBACK: Scheme = Scheme {
    content: |n| format!("order-{n:012}"),
    sign: |token, key| CallbackTokens::new(token).expect("a token").token(&message_key(key)),
    base64: &URL_SAFE_NO_PAD,
};

impl Scheme {
    fn right(&self, token: &str) -> Vec<Input> {
        let input = |n| {
            let content = (self.content)(n);
            Input { proof: (self.sign)(token, &content), content }
        };
        (0..INPUTS).map(input).collect()
    }

    /// Inputs whose proof has one byte wrong, in every way that a byte can be.
    fn wrong(&self, at: fn(usize) -> usize) -> Vec<Input> {
        let mut inputs = self.right(TOKENS[0]);
        for (n, input) in inputs.iter_mut().enumerate() {
            let mut bytes = self.base64.decode(&input.proof).expect("base64");
            let at = at(bytes.len());
            bytes[at] ^= (n % 255 + 1) as u8;
            input.proof = self.base64.encode(bytes);
        }
        inputs
    }
}

fn twilio(token: &str) -> TwilioWebhook {
    TwilioWebhook::new(token, URL.parse().expect("a URL")).expect("a token")
}

fn plivo(token: &str) -> PlivoWebhook {
    PlivoWebhook::new(token, URL.parse().expect("a URL")).expect("a token")
}

fn message_key(key: &str) -> MessageKey {
    key.parse().expect("a key")
}

fn checks_twilio(webhook: TwilioWebhook) -> Box<dyn Fn(&Input) -> bool> {
    Box::new(move |input| {
        let headers: [(&str, &[u8]); 2] =
            [("content-type", FORM), ("x-twilio-signature", input.proof.as_bytes())];
        passes(&webhook, &headers, input)
    })
}

fn checks_plivo(webhook: PlivoWebhook) -> Box<dyn Fn(&Input) -> bool> {
    Box::new(move |input| {
        let headers: [(&str, &[u8]); 3] = [
            ("content-type", FORM),
            ("x-plivo-signature-v3", input.proof.as_bytes()),
            ("x-plivo-signature-v3-nonce", NONCE.as_bytes()),
        ];
        passes(&webhook, &headers, input)
    })
}

fn passes(webhook: &dyn Webhook, headers: &[(&str, &[u8])], input: &Input) -> bool {
    let request = WebhookRequest::new("POST", "/hooks", headers, input.content.as_bytes());
    Verified::check(webhook, request).is_ok()
}

/// What must not be done: the text of a signature, compared up to the first wrong byte.
fn leaks(input: &Input) -> bool {
    let mut mac = Hmac::<Sha1>::new_from_slice(TOKENS[0].as_bytes()).expect("a key");
    mac.update(URL.as_bytes());
    for (name, value) in form_urlencoded::parse(input.content.as_bytes()) {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    let expected = STANDARD.encode(mac.finalize().into_bytes());
    expected.bytes().zip(input.proof.bytes()).all(|(a, b)| black_box(a) == black_box(b))
}

/// The t of all that were measured, or of the fastest: the one that is farthest from 0.
fn largest_t(case: &Case, count: usize) -> f64 {
    let mut random = Random::new();
    let mut input = Input::default();
    let mut times: [Vec<u32>; 2] = [0, 1].map(|_| Vec::with_capacity(count));
    let warm_up = count / 50;
    for n in 0..count + warm_up {
        let drawn = random.next();
        let class = (drawn >> 63) as usize;
        let next = &case.classes[class][drawn as usize % INPUTS];
        // In one place, whichever class it is of.
        input.content.clone_from(&next.content);
        input.proof.clone_from(&next.proof);
        let start = Instant::now();
        black_box((case.check)(black_box(&input)));
        let taken = start.elapsed().as_nanos();
        if n >= warm_up {
            times[class].push(taken.try_into().unwrap_or(u32::MAX));
        }
    }
    let mut all = times.concat();
    all.sort_unstable();
    let t = |crop: usize| {
        let most = all[(all.len() * crop / 100).min(all.len() - 1)];
        welch(times.each_ref().map(|times| summary(times.iter().filter(|time| **time <= most))))
    };
    CROPS.into_iter().map(t).max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or_default()
}

/// How many, their mean, and their variance.
fn summary<'a>(times: impl Iterator<Item = &'a u32>) -> [f64; 3] {
    let [mut count, mut mean, mut squares] = [0.0; 3];
    for time in times {
        let time = f64::from(*time);
        count += 1.0;
        let before = time - mean;
        mean += before / count;
        squares += before * (time - mean);
    }
    [count, mean, squares / (count - 1.0)]
}

fn welch([[n, mean, variance], [m, other, other_variance]]: [[f64; 3]; 2]) -> f64 {
    (mean - other) / (variance / n + other_variance / m).sqrt()
}

/// SplitMix64: which input comes next is not to be learnt from those before.
struct Random(u64);

impl Random {
    fn new() -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Self(now.map_or(1, |now| now.as_nanos() as u64))
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
}
