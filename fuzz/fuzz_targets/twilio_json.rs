//! Twilio's JSON: a body passes with its own hash in the signed query and with no other.
//!
//! ```text
//! cargo fuzz run -s none twilio_json
//! ```
//!
//! An input is three bytes that say what is changed, the request's target, a line end, and the body.

#![no_main]

mod support;

use std::collections::HashMap;

use anysms::{
    twilio::TwilioWebhook,
    webhook::{Event, KeyRing, PublicUrl, WebhookExt, WebhookRequest},
};
use libfuzzer_sys::fuzz_target;
use support::{FORM, Flip, ORIGIN, TOKEN, body_hash, diagnose_some, has_hash, is_full, line, sha1};

const ACCOUNT: &str = "AC00000000000000000000000000000001";
/// What is no form.
const TYPES: [&[u8]; 4] =
    [b"application/json", b"application/json; charset=utf-8", b"text/plain", b""];

fuzz_target!(|data: &[u8]| {
    let Some((flip, data)) = Flip::read(data) else { return };
    let (given, body) = line(data);
    let Ok(given) = std::str::from_utf8(given) else { return };
    if has_hash(given) {
        return;
    }
    let hash = body_hash(body);
    let target = with_hash(given, &hash, flip.what % 2 == 0);
    let url: PublicUrl = ORIGIN.parse().unwrap();
    let webhook = TwilioWebhook::new(TOKEN, url.clone()).unwrap();
    let kind = TYPES[flip.what / 2 % TYPES.len()];
    let check = |webhook: &TwilioWebhook, target: &str, body: &[u8], signature: &str| {
        let headers: [(&str, &[u8]); 2] =
            [("content-type", kind), ("x-twilio-signature", signature.as_bytes())];
        let request = WebhookRequest::new("POST", target, &headers, body);
        let passes = is_full(webhook, request);
        if passes {
            // JSON has no fields of a form, and a name twice is an error of what is authentic.
            match webhook.receive(request) {
                Ok(event) => assert!(matches!(event, Event::Other(_))),
                Err(error) => assert!(error.is_authentic(), "{error}"),
            }
        }
        diagnose_some(webhook, request, signature);
        passes
    };
    let sign = |target: &str| webhook.sign(&format!("{ORIGIN}{target}"), b"").unwrap();
    let signature = sign(&target);
    assert_eq!(signature, sha1(TOKEN, &format!("{ORIGIN}{target}")));
    assert!(check(&webhook, &target, body, &signature), "signed");
    assert!(!check(&webhook, &target, body, ""), "unsigned");

    // One byte of the body, of the address with the hash, of the signature.
    assert!(!check(&webhook, &target, &flip.of(body), &signature), "another body");
    if let Some(changed) = flip.of_text(&target).filter(|changed| !is_same(changed, &target)) {
        assert!(!check(&webhook, &changed, body, &signature), "another address");
    }
    if let Some(changed) = flip.of_text(&signature) {
        assert!(!check(&webhook, &target, body, &changed), "another signature");
    }

    // Signed, but without the hash, with two, with a longer one, with another one.
    let mut odd = vec![
        given.to_owned(),
        with_hash(&target, &hash, true),
        with_hash(given, &format!("{hash}0"), false),
        with_hash(given, &hash[..62], true),
        with_hash(given, &body_hash(&flip.of(body)), true),
    ];
    odd.extend(flip.of_text(&hash).map(|changed| with_hash(given, &changed, false)));
    for target in odd {
        assert!(!check(&webhook, &target, body, &sign(&target)), "{target}");
    }
    let upper = hash.to_uppercase();
    let target = with_hash(given, &upper, true);
    assert_eq!(check(&webhook, &target, body, &sign(&target)), upper == hash);
    assert!(check(&webhook.clone().lenient(), &target, body, &sign(&target)));

    // For one account, which a body names in whatever way; by keys that are looked up by it.
    let target = with_hash(given, &hash, true);
    let bound = check(&webhook.clone().for_account(ACCOUNT), &target, body, &sign(&target));
    let rings = HashMap::from([(ACCOUNT.to_owned(), KeyRing::new(TOKEN).unwrap())]);
    let several = TwilioWebhook::by_account(rings, url);
    assert_eq!(check(&several, &target, body, &sign(&target)), bound);
    let named =
        std::str::from_utf8(body).is_ok_and(|body| body.contains("AC") || body.contains("\\u"));
    assert!(named || !bound, "the account of a body that has none");

    // As a form, its parameters are signed too.
    let address = format!("{ORIGIN}{target}");
    if let Ok(signature) = webhook.sign(&address, body) {
        let headers: [(&str, &[u8]); 2] =
            [("content-type", FORM), ("x-twilio-signature", signature.as_bytes())];
        assert!(is_full(&webhook, WebhookRequest::new("POST", &target, &headers, body)));
    }
});

/// A target with a hash, as the last parameter or the first.
fn with_hash(target: &str, hash: &str, last: bool) -> String {
    match target.split_once('?') {
        None => format!("{target}?bodySHA256={hash}"),
        Some((path, query)) if last => format!("{path}?{query}&bodySHA256={hash}"),
        Some((path, query)) => format!("{path}?bodySHA256={hash}&{query}"),
    }
}

/// Whether two targets are parts of one address, which may begin with the port that is left out.
fn is_same(one: &str, other: &str) -> bool {
    one == other
        || one.strip_prefix(":443") == Some(other)
        || other.strip_prefix(":443") == Some(one)
}
