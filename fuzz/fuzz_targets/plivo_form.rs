//! Plivo's requests in all versions of its signature: what is signed passes, one byte makes it fail,
//! and what is not signed is no event.
//!
//! ```text
//! cargo fuzz run -s none plivo_form
//! ```
//!
//! An input is three bytes that say what is changed, the request's target, a line end, and the form.

#![no_main]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use anysms::{
    plivo::PlivoWebhook,
    webhook::{Authenticity, KeyRing, PublicUrl, WebhookRequest},
};
use libfuzzer_sys::fuzz_target;
use support::{
    FORM, Flip, ORIGIN, TOKEN, diagnose_some, line, passes, plivo_forms, plivo_text, sha1, sha256,
    sorted,
};

const NONCE: &str = "12345678901234567890";

/// A request, by the version of its signature.
#[derive(Clone)]
struct Signed {
    version: u8,
    main: bool,
    method: &'static str,
    target: String,
    form: Vec<u8>,
    signature: String,
    nonce: String,
}

impl Signed {
    /// How much of it is proved, if it passes.
    fn check(&self, webhook: &PlivoWebhook) -> Option<Authenticity> {
        self.with(|request| passes(webhook, request))
    }

    fn with<T>(&self, then: impl FnOnce(WebhookRequest<'_>) -> T) -> T {
        let (signature, nonce) = match (self.version, self.main) {
            (1, _) => ("x-plivo-signature", ""),
            (2, false) => ("x-plivo-signature-v2", "x-plivo-signature-v2-nonce"),
            (2, true) => ("x-plivo-signature-ma-v2", "x-plivo-signature-v2-nonce"),
            (_, false) => ("x-plivo-signature-v3", "x-plivo-signature-v3-nonce"),
            (_, true) => ("x-plivo-signature-ma-v3", "x-plivo-signature-v3-nonce"),
        };
        let headers: [(&str, &[u8]); 3] = [
            ("content-type", FORM),
            (signature, self.signature.as_bytes()),
            (nonce, self.nonce.as_bytes()),
        ];
        then(WebhookRequest::new(self.method, &self.target, &headers, &self.form))
    }

    /// What may have been signed.
    fn texts(&self) -> BTreeSet<String> {
        let address = format!("{ORIGIN}{}", self.target);
        let text = |url: &str| match self.version {
            1 => {
                let form: String = sorted(&self.form)
                    .iter()
                    .map(|(name, value)| format!("{name}{value}"))
                    .collect();
                format!("{url}{form}")
            }
            2 => format!("{}{}", url.split('?').next().unwrap_or_default(), self.nonce),
            _ => plivo_text(url, &self.form, &self.nonce),
        };
        plivo_forms(&address).iter().map(|url| text(url)).collect()
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((flip, data)) = Flip::read(data) else { return };
    let (target, form) = line(data);
    let Ok(target) = std::str::from_utf8(target) else { return };
    // A request has no fragment.
    if target.contains('#') || !target.starts_with('/') {
        return;
    }
    let url: PublicUrl = ORIGIN.parse().unwrap();
    let strict = PlivoWebhook::new(TOKEN, url.clone()).unwrap();
    let webhook = strict.clone().lenient().allow_v1();
    let address = format!("{ORIGIN}{target}");
    let mut signed = Signed {
        version: 3,
        main: flip.what & 1 != 0,
        method: "POST",
        target: target.to_owned(),
        form: form.to_vec(),
        signature: String::new(),
        nonce: NONCE.to_owned(),
    };
    assert_eq!(signed.check(&webhook), None, "unsigned");
    let Ok(signature) = webhook.sign_v3("POST", &address, form, NONCE) else {
        signed.signature = sha256(TOKEN, &plivo_text(&address, form, NONCE));
        assert_eq!(signed.check(&webhook), None);
        return;
    };
    signed.signature = signature;
    assert_eq!(signed.signature, sha256(TOKEN, &plivo_text(&address, form, NONCE)));
    assert_eq!(signed.check(&webhook), Some(Authenticity::Full), "signed");
    // What Plivo's SDKs disagree about is refused, and nothing else.
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query = sorted(query.as_bytes());
    let disputed = path.contains('%')
        || query.windows(2).any(|two| two[0].0 == two[1].0)
        || query.iter().any(|(name, value)| !name.is_ascii() || !value.is_ascii());
    assert_eq!(signed.check(&strict).is_none(), disputed);
    changed(flip, &webhook, &signed);

    // By whom.
    let other = PlivoWebhook::new("another token", url.clone()).unwrap().lenient();
    assert_eq!(signed.check(&other), None);
    let subaccount = other.clone().with_subaccount_key(TOKEN).unwrap();
    assert_eq!(signed.check(&subaccount).is_some(), !signed.main, "of a subaccount");
    let account = path.rsplit('/').next().unwrap_or_default();
    let rings = BTreeMap::from([("MA1".to_owned(), KeyRing::new(TOKEN).unwrap())]);
    let several = PlivoWebhook::by_account(rings, url.clone()).lenient();
    assert_eq!(signed.check(&several).is_some(), account == "MA1");

    // By the older versions.
    for version in [1, 2] {
        let mut older = Signed { version, ..signed.clone() };
        assert_eq!(older.check(&webhook), None, "of another version");
        let proved = if version == 1 { Authenticity::Full } else { Authenticity::UrlOnly };
        let text = older.texts().into_iter().next().unwrap();
        older.signature = if version == 1 { sha1(TOKEN, &text) } else { sha256(TOKEN, &text) };
        assert_eq!(older.check(&webhook), Some(proved));
        assert_eq!(older.check(&strict.clone().lenient().require_v3()), None);
        changed(flip, &webhook, &older);
    }

    // The same parameters in the query of a GET.
    let Ok(query) = std::str::from_utf8(form) else { return };
    let url = url.by_get();
    let webhook = PlivoWebhook::new(TOKEN, url).unwrap().lenient();
    let address = format!("{ORIGIN}{path}");
    let target = format!("{path}?{query}");
    let signature = webhook.sign_v3("GET", &address, form, NONCE).unwrap();
    let get = Signed { method: "GET", target, form: Vec::new(), signature, ..signed };
    if !query.contains('#') {
        assert_eq!(get.check(&webhook), Some(Authenticity::UrlOnly));
        changed(flip, &webhook, &get);
    }
});

/// One byte of the signature, the nonce, the form as it came, a value, the address.
fn changed(flip: Flip, webhook: &PlivoWebhook, signed: &Signed) {
    let (texts, same) = (signed.texts(), signed.clone());
    let right =
        |text: &String| [sha1(TOKEN, text), sha256(TOKEN, text)].contains(&signed.signature);
    let signed_text = texts.iter().find(|text| right(text)).expect("it was signed");
    let mut all = Vec::new();
    all.extend(
        flip.of_text(&signed.signature).map(|signature| Signed { signature, ..same.clone() }),
    );
    all.extend(flip.of_text(&signed.nonce).map(|nonce| Signed { nonce, ..same.clone() }));
    all.extend(flip.of_value(&signed.form).map(|form| Signed { form, ..same.clone() }));
    all.push(Signed { form: flip.of(&signed.form), ..same.clone() });
    let target = flip.of_text(&signed.target).filter(|target| target.starts_with('/'));
    all.extend(target.map(|target| Signed { target, ..same }));
    for other in all {
        let same = other.signature == signed.signature && other.texts().contains(signed_text);
        assert!(other.check(webhook).is_none() || same, "changed");
        other.with(|request| diagnose_some(webhook, request, &other.signature));
    }
}
