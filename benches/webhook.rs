//! From the bytes of a request to a proof, and to an event, beside nothing but the HMAC of the text
//! that was signed, with its key ready.
//!
//! ```text
//! cargo bench -p anysms-benches --bench webhook
//! ```
//!
//! `hmac` is the floor under `check`, which also reads the headers, decodes the parameters, sorts them
//! and writes the text; `receive` is `check` and the event. Every key and every signature of a header
//! is tried whichever matches, and the forms of an address up to the one that does: here it is the
//! first of each, so that one HMAC is made. A forged request pays for all of them.
//!
//! `receive` is to take at most twice as long as `check`: for 12 parameters and for 30, of both vendors.
//!
//! `webhook/refused` is what hostile requests cost that are over a limit: below 50 µs each.

#[path = "../tests/support/webhook_forms.rs"]
mod webhook_forms;

use std::hint::black_box;

use anysms::{
    plivo::PlivoWebhook,
    twilio::TwilioWebhook,
    webhook::{
        Event, MAX_BODY, MAX_PARAMS, Verified, Webhook, WebhookErrorKind, WebhookExt,
        WebhookRequest,
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};
use criterion::{Criterion, criterion_group, criterion_main};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;
use webhook_forms::{PLIVO_LONG, PLIVO_STATUS, TWILIO_INBOUND, TWILIO_STATUS};

const TOKEN: &str = "00000000000000000000000000000001";
const ORIGIN: &str = "https://example.com";
const FORM: &[u8] = b"application/x-www-form-urlencoded; charset=UTF-8";

const TWILIO_PATH: &str = "/hooks/twilio";

const PLIVO_PATH: &str = "/hooks/plivo";
const PLIVO_NONCE: &str = "00000000000000000001";

/// The parameters as both vendors sign them: by name, each with its value.
fn sorted(form: &str) -> String {
    let mut pairs: Vec<_> = form_urlencoded::parse(form.as_bytes()).collect();
    pairs.sort_unstable();
    pairs.into_iter().map(|(name, value)| format!("{name}{value}")).collect()
}

fn parameters(form: &str) -> usize {
    form_urlencoded::parse(form.as_bytes()).count()
}

fn mac<M: Mac + Clone>(key: &M, text: &str) -> hmac::digest::Output<M> {
    let mut mac = key.clone();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes()
}

/// The HMAC, the proof and the event, of one request.
fn compare<M: Mac + Clone>(
    c: &mut Criterion,
    name: &str,
    (key, text): (&M, &str),
    (webhook, path): (&dyn Webhook, &str),
    (headers, form): (&[(&str, &[u8])], &str),
) {
    let request =
        || WebhookRequest::new("POST", black_box(path), black_box(headers), form.as_bytes());
    let event = webhook.receive(request()).expect("an event");
    assert_eq!(matches!(event, Event::Inbound(_)), form.contains("&Body="));
    assert!(!matches!(event, Event::Other(_)));
    let mut group = c.benchmark_group(name);
    group.bench_function("hmac", |b| b.iter(|| mac(key, black_box(text))));
    group.bench_function("check", |b| b.iter(|| Verified::check(webhook, request())));
    group.bench_function("receive", |b| b.iter(|| webhook.receive(request())));
    group.finish();
}

fn twilio(c: &mut Criterion) {
    let url = format!("{ORIGIN}{TWILIO_PATH}");
    let webhook = TwilioWebhook::new(TOKEN, url.parse().expect("a URL")).expect("a token");
    let key = Hmac::<Sha1>::new_from_slice(TOKEN.as_bytes()).expect("a key");
    for (name, form) in [("status", TWILIO_STATUS), ("inbound", TWILIO_INBOUND)] {
        let text = format!("{url}{}", sorted(form));
        let signature = STANDARD.encode(mac(&key, &text));
        assert_eq!(webhook.sign(&url, form.as_bytes()).as_deref(), Ok(signature.as_str()));
        let length = form.len().to_string();
        let headers: [(&str, &[u8]); 8] = [
            ("host", b"example.com"),
            ("user-agent", b"TwilioProxy/1.1"),
            ("accept", b"*/*"),
            ("content-type", FORM),
            ("content-length", length.as_bytes()),
            ("i-twilio-idempotency-token", b"00000000-0000-4000-8000-000000000001"),
            ("x-home-region", b"us1"),
            ("x-twilio-signature", signature.as_bytes()),
        ];
        let name = format!("webhook/twilio {name}, {} parameters", parameters(form));
        compare(c, &name, (&key, &text), (&webhook, TWILIO_PATH), (&headers, form));
    }
}

fn plivo(c: &mut Criterion) {
    let url = format!("{ORIGIN}{PLIVO_PATH}");
    let webhook = PlivoWebhook::new(TOKEN, url.parse().expect("a URL")).expect("a token");
    let key = Hmac::<Sha256>::new_from_slice(TOKEN.as_bytes()).expect("a key");
    for form in [PLIVO_STATUS, PLIVO_LONG] {
        let text = format!("{url}?{}.{PLIVO_NONCE}", sorted(form));
        let signature = STANDARD.encode(mac(&key, &text));
        let signed = webhook.sign_v3("POST", &url, form.as_bytes(), PLIVO_NONCE);
        assert_eq!(signed.as_deref(), Ok(signature.as_str()));
        let length = form.len().to_string();
        let headers: [(&str, &[u8]); 8] = [
            ("host", b"example.com"),
            ("user-agent", b"Plivo"),
            ("accept", b"*/*"),
            ("content-type", FORM),
            ("content-length", length.as_bytes()),
            ("x-plivo-signature-v3", signature.as_bytes()),
            ("x-plivo-signature-ma-v3", signature.as_bytes()),
            ("x-plivo-signature-v3-nonce", PLIVO_NONCE.as_bytes()),
        ];
        let name = format!("webhook/plivo V3, {} parameters", parameters(form));
        compare(c, &name, (&key, &text), (&webhook, PLIVO_PATH), (&headers, form));
    }
}

/// What is over a limit.
fn refused(c: &mut Criterion) {
    let url = || ORIGIN.parse().expect("a URL");
    let twilio = TwilioWebhook::new(TOKEN, url()).expect("a token");
    let plivo = PlivoWebhook::new(TOKEN, url()).expect("a token");
    let (long, many) = ("a".repeat(MAX_BODY + 1), |count| vec!["a=1"; count].join("&"));
    let (sha1, sha256) = (STANDARD.encode([0; 20]), STANDARD.encode([0; 32]));
    let mut group = c.benchmark_group("webhook/refused");
    let vendors: [(&str, &dyn Webhook, &str); 2] =
        [("twilio", &twilio, &sha1), ("plivo", &plivo, &sha256)];
    for (vendor, webhook, signature) in vendors {
        for (name, body, signature, kind) in [
            ("a body of 64 KiB and a byte", &long, signature, WebhookErrorKind::TooLarge),
            (
                "257 parameters",
                &many(MAX_PARAMS + 1),
                signature,
                WebhookErrorKind::TooManyParameters,
            ),
            ("10,000 parameters", &many(10_000), signature, WebhookErrorKind::TooManyParameters),
            ("a header of 64 KiB", &many(1), &long[..MAX_BODY], WebhookErrorKind::BadSignature),
        ] {
            let headers: [(&str, &[u8]); 4] = [
                ("content-type", FORM),
                ("x-twilio-signature", signature.as_bytes()),
                ("x-plivo-signature-v3", signature.as_bytes()),
                ("x-plivo-signature-v3-nonce", PLIVO_NONCE.as_bytes()),
            ];
            let request = || {
                WebhookRequest::new("POST", "/", black_box(&headers), black_box(body).as_bytes())
            };
            let error = webhook.receive(request()).expect_err("over a limit");
            assert_eq!(error.kind(), kind);
            group.bench_function(format!("{vendor}, {name}"), |b| {
                b.iter(|| webhook.receive(request()));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, twilio, plivo, refused);
criterion_main!(benches);
