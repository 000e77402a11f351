//! Twilio's forms: what is signed passes, one byte makes it fail, and what is not signed is no event.
//!
//! ```text
//! cargo fuzz run -s none twilio_form
//! ```
//!
//! An input is three bytes that say what is changed, the request's target, a line end, and the form.

#![no_main]

mod support;

use std::collections::HashMap;

use anysms::{
    twilio::{SharedKeyAlgorithm, TwilioWebhook},
    webhook::{KeyRing, PublicUrl, WebhookRequest},
};
use libfuzzer_sys::fuzz_target;
use support::{
    FORM, Flip, ORIGIN, TOKEN, body_hash, diagnose_some, has_hash, is_full, line, passes, sha1,
    sha256, sorted, twilio_text,
};

const ACCOUNT: &str = "AC00000000000000000000000000000001";

fuzz_target!(|data: &[u8]| {
    let Some((flip, data)) = Flip::read(data) else { return };
    let (target, form) = line(data);
    let Ok(target) = std::str::from_utf8(target) else { return };
    let url = || -> PublicUrl { ORIGIN.parse().unwrap() };
    let webhook = TwilioWebhook::new(TOKEN, url()).unwrap();
    let address = format!("{ORIGIN}{target}");
    let text = twilio_text(&address, form);
    assert!(!post(&webhook, target, form, ""), "unsigned");
    let Ok(signature) = webhook.sign(&address, form) else {
        // What could not have been signed does not pass, whatever its signature.
        assert!(!post(&webhook, target, form, &sha1(TOKEN, &text)));
        return;
    };
    assert_eq!(signature, sha1(TOKEN, &text));
    if has_hash(target) {
        let query = target.split_once('?').map_or("", |(_, query)| query);
        let hashes = query.split('&').filter(|part| part.starts_with("bodySHA256"));
        let right = hashes.eq([format!("bodySHA256={}", body_hash(form))]);
        assert_eq!(post(&webhook, target, form, &signature), right, "a hash");
        return;
    }
    assert!(post(&webhook, target, form, &signature), "signed");

    // By another key, or for another account.
    let other = TwilioWebhook::new("another token", url()).unwrap();
    assert!(!post(&other, target, form, &signature));
    let accounts = sorted(form).into_iter().filter(|(name, _)| name == "AccountSid");
    let accounts: Vec<_> = accounts.map(|(_, value)| value).collect();
    let own = accounts == [ACCOUNT];
    let rings = HashMap::from([(ACCOUNT.to_owned(), KeyRing::new(TOKEN).unwrap())]);
    let several = TwilioWebhook::by_account(rings, url());
    assert_eq!(post(&several, target, form, &signature), own);
    let bound = webhook.clone().for_account(ACCOUNT);
    assert_eq!(post(&bound, target, form, &signature), own);

    // By a shared key, which signs by its own algorithm only.
    let (name, algorithm) = ("webhooks_sharedkey_1", SharedKeyAlgorithm::HmacSha256);
    let shared = webhook.clone().with_shared_key(name, "secret", algorithm).unwrap();
    let settings = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256";
    for (signature, right) in [
        (sha256("secret", &text), true),
        (sha256(TOKEN, &text), false),
        (sha1("secret", &text), false),
        (signature.clone(), false),
    ] {
        let headers: [(&str, &[u8]); 3] = [
            ("content-type", FORM),
            ("x-twilio-signature", signature.as_bytes()),
            ("x-twilio-webhooks-signature-settings", settings.as_bytes()),
        ];
        let request = WebhookRequest::new("POST", target, &headers, form);
        assert_eq!(is_full(&shared, request), right);
    }

    // One byte of the signature, of the form as it came, of a value, of the address.
    if let Some(changed) = flip.of_text(&signature) {
        assert!(!post(&webhook, target, form, &changed));
    }
    for changed in [Some(flip.of(form)), flip.of_value(form)].into_iter().flatten() {
        refuses(&webhook, &text, target, &changed, &signature);
    }
    if let Some(changed) = flip.of_text(target) {
        refuses(&webhook, &text, &changed, form, &signature);
    }
    by_get(flip, target, form);
});

/// Whether a form passes.
fn post(webhook: &TwilioWebhook, target: &str, form: &[u8], signature: &str) -> bool {
    let headers: [(&str, &[u8]); 2] =
        [("content-type", FORM), ("x-twilio-signature", signature.as_bytes())];
    is_full(webhook, WebhookRequest::new("POST", target, &headers, form))
}

/// Refuses what is another text than the signed one, in every form of its address.
fn refuses(webhook: &TwilioWebhook, text: &str, target: &str, form: &[u8], signature: &str) {
    let headers: [(&str, &[u8]); 2] =
        [("content-type", FORM), ("x-twilio-signature", signature.as_bytes())];
    let request = WebhookRequest::new("POST", target, &headers, form);
    let same = ["", ":443"]
        .iter()
        .any(|port| twilio_text(&format!("{ORIGIN}{port}{target}"), form) == text);
    assert!(same || !is_full(webhook, request), "changed");
    diagnose_some(webhook, request, signature);
}

/// The same parameters in the query of a GET.
fn by_get(flip: Flip, target: &str, form: &[u8]) {
    let Ok(query) = std::str::from_utf8(form) else { return };
    let target = format!("{}?{query}", target.split('?').next().unwrap_or_default());
    let webhook = TwilioWebhook::new(TOKEN, ORIGIN.parse::<PublicUrl>().unwrap().by_get()).unwrap();
    let signature = webhook.sign(&format!("{ORIGIN}{target}"), b"").unwrap();
    let headers: [(&str, &[u8]); 1] = [("x-twilio-signature", signature.as_bytes())];
    let get = |target: &str| passes(&webhook, WebhookRequest::new("GET", target, &headers, b""));
    assert!(get(&target).is_some());
    if let Some(changed) = flip.of_text(&target) {
        // An address may begin with the port that is left out of it.
        let same = changed.strip_prefix(":443") == Some(&target);
        assert!(same || get(&changed).is_none());
    }
    let with_body = WebhookRequest::new("GET", &target, &headers, b"a=b");
    assert!(passes(&webhook, with_body).is_none());
}
