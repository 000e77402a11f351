//! From the bytes of a request to a proof, and to an event, beside nothing but the HMAC of the text
//! that was signed, with its key ready.
//!
//! ```text
//! cargo bench --bench webhook
//! ```
//!
//! The HMAC is no goal to reach: an address can be signed in more than one form, and every form, key
//! and signature is tried whatever matches, so that the time does not tell which did.

use std::hint::black_box;

use anysms::{
    plivo::PlivoWebhook,
    twilio::TwilioWebhook,
    webhook::{Event, Verified, Webhook, WebhookExt, WebhookRequest},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use criterion::{Criterion, criterion_group, criterion_main};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

const TOKEN: &str = "00000000000000000000000000000001";
const ORIGIN: &str = "https://example.com";
const FORM: &[u8] = b"application/x-www-form-urlencoded; charset=UTF-8";

const TWILIO_PATH: &str = "/hooks/twilio";
const TWILIO_FORM: &str = "ErrorCode=30003&ErrorMessage=Unreachable+destination+handset\
    &RawDlrDoneDate=2611210800&SmsSid=SM00000000000000000000000000000001&SmsStatus=undelivered\
    &MessageStatus=undelivered&To=%2B447700900123\
    &MessagingServiceSid=MG00000000000000000000000000000001\
    &MessageSid=SM00000000000000000000000000000001\
    &AccountSid=AC00000000000000000000000000000001&From=%2B15555550100&ApiVersion=2010-04-01";

const PLIVO_PATH: &str = "/hooks/plivo";
const PLIVO_NONCE: &str = "00000000000000000001";
const PLIVO_FORM: &str = "Status=delivered&From=15555550100\
    &ParentMessageUUID=00000000-0000-4000-8000-000000000001&TotalRate=0.0025&MCC=234\
    &PartInfo=1+of+1&ErrorCode=&To=447700900123&Units=1&TotalAmount=0.0025&MNC=15\
    &MessageUUID=00000000-0000-4000-8000-000000000001";

/// The parameters as both vendors sign them: by name, each with its value.
fn sorted(form: &str) -> String {
    let mut pairs: Vec<_> = form_urlencoded::parse(form.as_bytes()).collect();
    pairs.sort_unstable();
    pairs.into_iter().map(|(name, value)| format!("{name}{value}")).collect()
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
    assert!(matches!(webhook.receive(request()), Ok(Event::Status(_))));
    let mut group = c.benchmark_group(name);
    group.bench_function("hmac", |b| b.iter(|| mac(key, black_box(text))));
    group.bench_function("check", |b| b.iter(|| Verified::check(webhook, request())));
    group.bench_function("receive", |b| b.iter(|| webhook.receive(request())));
    group.finish();
}

fn twilio(c: &mut Criterion) {
    let (path, form, url) = (TWILIO_PATH, TWILIO_FORM, format!("{ORIGIN}{TWILIO_PATH}"));
    let webhook = TwilioWebhook::new(TOKEN, ORIGIN.parse().expect("a URL")).expect("a token");
    let key = Hmac::<Sha1>::new_from_slice(TOKEN.as_bytes()).expect("a key");
    let text = format!("{url}{}", sorted(form));
    let signature = STANDARD.encode(mac(&key, &text));
    assert_eq!(webhook.sign(&url, form.as_bytes()).as_deref(), Ok(signature.as_str()));
    let headers: [(&str, &[u8]); 8] = [
        ("host", b"example.com"),
        ("user-agent", b"TwilioProxy/1.1"),
        ("accept", b"*/*"),
        ("content-type", FORM),
        ("content-length", b"429"),
        ("i-twilio-idempotency-token", b"00000000-0000-4000-8000-000000000001"),
        ("x-home-region", b"us1"),
        ("x-twilio-signature", signature.as_bytes()),
    ];
    compare(c, "webhook/twilio", (&key, &text), (&webhook, path), (&headers, form));
}

fn plivo(c: &mut Criterion) {
    let (path, form, url) = (PLIVO_PATH, PLIVO_FORM, format!("{ORIGIN}{PLIVO_PATH}"));
    let webhook = PlivoWebhook::new(TOKEN, ORIGIN.parse().expect("a URL")).expect("a token");
    let key = Hmac::<Sha256>::new_from_slice(TOKEN.as_bytes()).expect("a key");
    let text = format!("{url}?{}.{PLIVO_NONCE}", sorted(form));
    let signature = STANDARD.encode(mac(&key, &text));
    let signed = webhook.sign_v3("POST", &url, form.as_bytes(), PLIVO_NONCE);
    assert_eq!(signed.as_deref(), Ok(signature.as_str()));
    let headers: [(&str, &[u8]); 8] = [
        ("host", b"example.com"),
        ("user-agent", b"Plivo"),
        ("accept", b"*/*"),
        ("content-type", FORM),
        ("content-length", b"266"),
        ("x-plivo-signature-v3", signature.as_bytes()),
        ("x-plivo-signature-ma-v3", signature.as_bytes()),
        ("x-plivo-signature-v3-nonce", PLIVO_NONCE.as_bytes()),
    ];
    compare(c, "webhook/plivo", (&key, &text), (&webhook, path), (&headers, form));
}

criterion_group!(benches, twilio, plivo);
criterion_main!(benches);
