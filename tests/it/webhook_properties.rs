//! What holds for every webhook: what is not signed never passes, what is signed always does, and
//! one byte makes the difference.

use std::collections::HashMap;

use anysms::{
    plivo::PlivoWebhook,
    twilio::{SharedKeyAlgorithm, TwilioWebhook},
    webhook::{
        Authenticity, KeyRing, PublicUrl, Verified, Webhook, WebhookErrorKind, WebhookExt,
        WebhookRequest,
    },
};
use proptest::{collection::vec, prelude::*, sample::Index, sample::select};
use sha2::{Digest, Sha256};

const ORIGIN: &str = "https://example.com";
const FORM: &[u8] = b"application/x-www-form-urlencoded";
const NONCE: &str = "12345678901234567890";

fn cases(count: u32) -> ProptestConfig {
    ProptestConfig { cases: count, failure_persistence: None, ..ProptestConfig::default() }
}

fn twilio() -> TwilioWebhook {
    TwilioWebhook::new("token", ORIGIN.parse().unwrap()).unwrap()
}

fn plivo() -> PlivoWebhook {
    PlivoWebhook::new("token", ORIGIN.parse().unwrap()).unwrap().lenient()
}

/// Names that the vendors use and names that they do not, with any text.
fn params() -> impl Strategy<Value = String> {
    let names = vec![
        "MessageSid",
        "MessageStatus",
        "MessageUUID",
        "Status",
        "From",
        "To",
        "Body",
        "Text",
        "ErrorCode",
        "NumMedia",
        "MediaUrl0",
        "Media0",
        "Units",
        "TotalAmount",
        "DeliveryReportTime",
    ];
    let name = prop_oneof![select(names).prop_map(str::to_owned), any::<String>()];
    let value = prop_oneof![any::<String>(), "[0-9]{0,12}", "[a-z]{0,12}"];
    vec((name, value), 0..8).prop_map(|pairs| {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    })
}

fn path() -> impl Strategy<Value = String> {
    "/[a-zA-Z0-9/_.~%-]{0,20}"
}

/// Another byte in place of one.
fn flip(text: &str, at: Index, byte: u8) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    let at = at.index(bytes.len());
    bytes[at] = if bytes[at] == byte { byte.wrapping_add(1) } else { byte };
    bytes
}

/// What both vendors sign of a form: its pairs in order, without a mark between name and value.
fn signed_text(body: &[u8], each_once: bool) -> String {
    let mut pairs: Vec<_> = form_urlencoded::parse(body).collect();
    pairs.sort();
    if each_once {
        pairs.dedup();
    }
    pairs.iter().flat_map(|(name, value)| [name.as_ref(), value.as_ref()]).collect()
}

/// The SHA-256 of a body, in hex.
fn hex(body: &[u8]) -> String {
    Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a form is let through, by Twilio or by Plivo's third version.
fn passes(webhook: &dyn Webhook, path: &str, body: &[u8], signature: &[u8]) -> bool {
    let headers: [(&str, &[u8]); 4] = [
        ("content-type", FORM),
        ("x-twilio-signature", signature),
        ("x-plivo-signature-v3", signature),
        ("x-plivo-signature-v3-nonce", NONCE.as_bytes()),
    ];
    let request = WebhookRequest::new("POST", path, &headers, body);
    let Ok(verified) = Verified::check(webhook, request) else { return false };
    assert_eq!(verified.proof().authenticity, Authenticity::Full);
    // What is authentic may still be malformed; that is the sender's fault, and no panic.
    if let Err(error) = webhook.parse(&verified) {
        assert_eq!(error.http_status(), 400, "{error}");
    }
    true
}

fn headers() -> impl Strategy<Value = Vec<(&'static str, Vec<u8>)>> {
    let names = vec![
        "content-type",
        "content-encoding",
        "x-twilio-signature",
        "x-plivo-signature-v2",
        "x-plivo-signature-v2-nonce",
        "x-plivo-signature-v3",
        "x-plivo-signature-v3-nonce",
        "x-plivo-signature-ma-v2",
        "x-plivo-signature-ma-v3",
        "x-other",
    ];
    let value = prop_oneof![
        vec(any::<u8>(), 0..60),
        Just(FORM.to_vec()),
        "[A-Za-z0-9+/]{27}=".prop_map(String::into_bytes),
        "[A-Za-z0-9+/]{43}=(,[A-Za-z0-9+/]{43}=){0,9}".prop_map(String::into_bytes),
        "[0-9]{1,70}".prop_map(String::into_bytes),
    ];
    vec((select(names), value), 0..8)
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn what_is_not_signed_never_passes(
        method in prop_oneof![Just("GET".to_owned()), Just("POST".to_owned()), any::<String>()],
        path in prop_oneof![any::<String>(), "/[!-~]{0,40}", "/\\?bodySHA256=[0-9a-f]{60,66}"],
        headers in headers(),
        body in prop_oneof![vec(any::<u8>(), 0..200), params().prop_map(String::into_bytes)],
    ) {
        let headers: Vec<(&str, &[u8])> = headers.iter().map(|(n, v)| (*n, v.as_slice())).collect();
        let request = WebhookRequest::new(&method, &path, &headers, &body);
        for error in [twilio().receive(request).unwrap_err(), plivo().receive(request).unwrap_err()] {
            prop_assert!([403, 413, 415].contains(&error.http_status()), "{}", error);
        }
        // The same with signatures that are well formed and of another request.
        let other = twilio().sign("https://example.com/other", b"a=b").unwrap();
        prop_assert!(!passes(&twilio(), &path, &body, other.as_bytes()));
        let other = plivo().sign_v3("POST", "https://example.com/other", b"a=b", NONCE).unwrap();
        prop_assert!(!passes(&plivo(), &path, &body, other.as_bytes()));
    }
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn what_twilio_signed_passes_and_one_byte_makes_it_fail(
        path in path(), query in params(), body in params(), at in any::<Index>(), byte in any::<u8>(),
    ) {
        let webhook = twilio();
        let target = if query.is_empty() { path.clone() } else { format!("{path}?{query}") };
        let signature = webhook.sign(&format!("{ORIGIN}{target}"), body.as_bytes()).unwrap();
        prop_assert!(passes(&webhook, &target, body.as_bytes(), signature.as_bytes()));

        let other = TwilioWebhook::new("Token", ORIGIN.parse().unwrap()).unwrap();
        prop_assert!(!passes(&other, &target, body.as_bytes(), signature.as_bytes()));
        prop_assert!(!passes(&webhook, &target, body.as_bytes(), &flip(&signature, at, byte)));
        if let Ok(flipped) = String::from_utf8(flip(&target, at, byte)) {
            prop_assert!(!passes(&webhook, &flipped, body.as_bytes(), signature.as_bytes()));
        }
        if !body.is_empty() {
            let flipped = flip(&body, at, byte);
            // Other bytes may mean the same form, such as %2f and %2F.
            if signed_text(&flipped, true) != signed_text(body.as_bytes(), true) {
                prop_assert!(!passes(&webhook, &target, &flipped, signature.as_bytes()));
            }
        }
    }

    #[test]
    fn what_twilio_signed_passes_as_a_get_too(
        path in path(), query in params(), at in any::<Index>(), byte in any::<u8>(),
    ) {
        let url = ORIGIN.parse::<PublicUrl>().unwrap().by_get();
        let webhook = TwilioWebhook::new("token", url).unwrap();
        let target = format!("{path}?{query}");
        let signature = webhook.sign(&format!("{ORIGIN}{target}"), b"").unwrap();
        let headers: [(&str, &[u8]); 1] = [("x-twilio-signature", signature.as_bytes())];
        let check = |target: &str| {
            Verified::check(&webhook, WebhookRequest::new("GET", target, &headers, b"")).is_ok()
        };
        prop_assert!(check(&target));
        if let Ok(flipped) = String::from_utf8(flip(&target, at, byte)) {
            prop_assert!(!check(&flipped));
        }
    }

    #[test]
    fn what_plivo_signed_passes_and_one_byte_makes_it_fail(
        path in path(), query in params(), body in params(), at in any::<Index>(), byte in any::<u8>(),
    ) {
        let webhook = plivo();
        let target = if query.is_empty() { path.clone() } else { format!("{path}?{query}") };
        let url = format!("{ORIGIN}{target}");
        let signature = webhook.sign_v3("POST", &url, body.as_bytes(), NONCE).unwrap();
        prop_assert!(passes(&webhook, &target, body.as_bytes(), signature.as_bytes()));

        let other = PlivoWebhook::new("Token", ORIGIN.parse().unwrap()).unwrap().lenient();
        prop_assert!(!passes(&other, &target, body.as_bytes(), signature.as_bytes()));
        prop_assert!(!passes(&webhook, &target, body.as_bytes(), &flip(&signature, at, byte)));
        if let Ok(flipped) = String::from_utf8(flip(&path, at, byte)) {
            let target = target.replacen(&path, &flipped, 1);
            // A ? or a # in a path ends it, and so may mean the same address.
            if !flipped.contains(['?', '#']) {
                prop_assert!(!passes(&webhook, &target, body.as_bytes(), signature.as_bytes()));
            }
        }
        if !body.is_empty() {
            let flipped = flip(&body, at, byte);
            if signed_text(&flipped, false) != signed_text(body.as_bytes(), false) {
                prop_assert!(!passes(&webhook, &target, &flipped, signature.as_bytes()));
            }
        }
    }

    #[test]
    fn plivos_second_version_proves_the_address_and_nothing_else(
        path in path(), body in params(), at in any::<Index>(), byte in any::<u8>(),
    ) {
        let webhook = plivo();
        let signature = webhook.sign_v2(&format!("{ORIGIN}{path}"), NONCE).unwrap();
        let check = |path: &str, body: &str, signature: &[u8], nonce: &[u8]| {
            let headers: [(&str, &[u8]); 3] = [
                ("content-type", FORM),
                ("x-plivo-signature-v2", signature),
                ("x-plivo-signature-v2-nonce", nonce),
            ];
            let request = WebhookRequest::new("POST", path, &headers, body.as_bytes());
            Verified::check(&webhook, request).map(|verified| verified.proof().authenticity)
        };
        let (signature, nonce) = (signature.as_bytes(), NONCE.as_bytes());
        prop_assert_eq!(check(&path, &body, signature, nonce), Ok(Authenticity::UrlOnly));
        // The body is not signed: whoever reads the event is told so.
        prop_assert_eq!(check(&path, "forged=1", signature, nonce), Ok(Authenticity::UrlOnly));
        let flipped = flip(std::str::from_utf8(signature).unwrap(), at, byte);
        prop_assert!(check(&path, &body, &flipped, nonce).is_err());
        let flipped = flip(NONCE, at, byte);
        prop_assert!(check(&path, &body, signature, &flipped).is_err());
        if let Ok(flipped) = String::from_utf8(flip(&path, at, byte))
            && !flipped.contains(['?', '#'])
        {
            let error = check(&flipped, &body, signature, nonce).unwrap_err();
            prop_assert_eq!(error.kind(), WebhookErrorKind::BadSignature);
        }
    }

    #[test]
    fn json_passes_with_its_own_hash_in_the_signed_query(
        path in path(), query in params(), body in vec(any::<u8>(), 0..200),
        at in any::<Index>(), byte in any::<u8>(),
    ) {
        let webhook = twilio();
        let hash = hex(&body);
        let target = format!("{path}?{query}&bodySHA256={hash}");
        let signature = webhook.sign(&format!("{ORIGIN}{target}"), b"").unwrap();
        let check = |target: &str, body: &[u8], signature: &[u8]| {
            let headers: [(&str, &[u8]); 2] =
                [("content-type", b"application/json"), ("x-twilio-signature", signature)];
            let request = WebhookRequest::new("POST", target, &headers, body);
            let verified = Verified::check(&webhook, request);
            verified.map(|verified| webhook.parse(&verified).is_ok()).map_err(|error| error.kind())
        };
        prop_assert_eq!(check(&target, &body, signature.as_bytes()), Ok(true));
        let mut other = body.clone();
        match other.is_empty() {
            true => other.push(byte),
            false => { let at = at.index(other.len()); other[at] ^= byte | 1; }
        }
        let refused = Err(WebhookErrorKind::BodyHashMismatch);
        prop_assert_eq!(check(&target, &other, signature.as_bytes()), refused);
        // With a hash that fits, the address is another one.
        let own = target.replace(&hash, &hex(&other));
        let refused = Err(WebhookErrorKind::BadSignature);
        prop_assert_eq!(check(&own, &other, signature.as_bytes()), refused);
        prop_assert!(check(&target, &body, &flip(&signature, at, byte)).is_err());
        if let Ok(flipped) = String::from_utf8(flip(&target, at, byte)) {
            prop_assert!(check(&flipped, &body, signature.as_bytes()).is_err());
        }
    }

    #[test]
    fn a_shared_key_signs_by_its_own_name_and_algorithm(
        path in path(), body in params(), by_sha256 in any::<bool>(),
        at in any::<Index>(), byte in any::<u8>(),
    ) {
        let [own, other] = [(SharedKeyAlgorithm::HmacSha256, "HMAC_SHA256"),
            (SharedKeyAlgorithm::HmacSha1, "HMAC_SHA1")];
        let (own, other) = if by_sha256 { (own, other) } else { (other, own) };
        let url: PublicUrl = ORIGIN.parse().unwrap();
        let shared = |secret, algorithm| {
            TwilioWebhook::from_shared_key("sharedkey_1", secret, algorithm, url.clone()).unwrap()
        };
        let sign = |webhook: &TwilioWebhook| {
            webhook.sign(&format!("{ORIGIN}{path}"), body.as_bytes()).unwrap()
        };
        // The auth token is good too, and signs first.
        let webhook = shared("secret", own.0).with_key("token").unwrap();
        let settings = format!("key=sharedkey_1,algorithm={}", own.1);
        let check = |body: &str, signature: &[u8], settings: &[u8]| {
            let headers: [(&str, &[u8]); 3] = [
                ("content-type", FORM),
                ("x-twilio-signature", signature),
                ("x-twilio-webhooks-signature-settings", settings),
            ];
            let request = WebhookRequest::new("POST", &path, &headers, body.as_bytes());
            Verified::check(&webhook, request).map(|verified| verified.proof().scheme)
        };
        let signature = sign(&shared("secret", own.0));
        let scheme = "X-Twilio-Webhooks-Signature-Settings";
        prop_assert_eq!(check(&body, signature.as_bytes(), settings.as_bytes()), Ok(scheme));
        let by_others = [shared("Secret", own.0), shared("secret", other.0), twilio()];
        for signature in by_others.iter().map(sign) {
            prop_assert!(check(&body, signature.as_bytes(), settings.as_bytes()).is_err());
        }
        let others = format!("key=sharedkey_1,algorithm={}", other.1);
        prop_assert!(check(&body, signature.as_bytes(), others.as_bytes()).is_err());
        prop_assert!(check(&body, &flip(&signature, at, byte), settings.as_bytes()).is_err());
        if !body.is_empty()
            && let Ok(flipped) = String::from_utf8(flip(&body, at, byte))
            && signed_text(flipped.as_bytes(), true) != signed_text(body.as_bytes(), true)
        {
            prop_assert!(check(&flipped, signature.as_bytes(), settings.as_bytes()).is_err());
        }
    }

    #[test]
    fn keys_by_account_are_those_of_the_account_that_is_signed(
        path in path(), body in params(), at in any::<Index>(), byte in any::<u8>(),
    ) {
        let ring = |token: &str| KeyRing::new(token).unwrap();
        let url: PublicUrl = ORIGIN.parse().unwrap();
        let of = |one: &str, other: &str| {
            HashMap::from([(one.to_owned(), ring("token")), (other.to_owned(), ring("other"))])
        };
        // Twilio names the account in the form.
        let webhook = TwilioWebhook::by_account(of("AC1", "AC2"), url.clone());
        let named = |account: &str| format!("AccountSid={account}&{body}");
        let body = named("AC1");
        let signature = webhook.sign(&format!("{ORIGIN}{path}"), body.as_bytes()).unwrap();
        let by_token = twilio().sign(&format!("{ORIGIN}{path}"), body.as_bytes()).unwrap();
        prop_assert_eq!(&signature, &by_token);
        prop_assert!(passes(&webhook, &path, body.as_bytes(), signature.as_bytes()));
        for other in ["AC2", "AC3", "AC1&AccountSid=AC1"] {
            let body = named(other);
            prop_assert!(!passes(&webhook, &path, body.as_bytes(), signature.as_bytes()));
        }
        let flipped = flip(&body, at, byte);
        if signed_text(&flipped, true) != signed_text(body.as_bytes(), true) {
            prop_assert!(!passes(&webhook, &path, &flipped, signature.as_bytes()));
        }
        // Plivo does in the path.
        let webhook = PlivoWebhook::by_account(of("MA1", "MA2"), url).lenient();
        let target = format!("{path}/MA1");
        let url = format!("{ORIGIN}{target}");
        let signature = webhook.sign_v3("POST", &url, body.as_bytes(), NONCE).unwrap();
        prop_assert!(passes(&webhook, &target, body.as_bytes(), signature.as_bytes()));
        for other in ["MA2", "MA3", "", "MA1/"] {
            let target = format!("{path}/{other}");
            prop_assert!(!passes(&webhook, &target, body.as_bytes(), signature.as_bytes()));
        }
    }

    #[test]
    fn what_plivo_signed_passes_as_a_get_too_and_proves_the_address(
        path in path(), query in params(), at in any::<Index>(), byte in any::<u8>(),
    ) {
        let url = ORIGIN.parse::<PublicUrl>().unwrap().by_get();
        let webhook = PlivoWebhook::new("token", url).unwrap().lenient();
        let target = format!("{path}?{query}");
        let signature = webhook.sign_v3("GET", &format!("{ORIGIN}{target}"), b"", NONCE).unwrap();
        let check = |target: &str, signature: &[u8], nonce: &[u8]| {
            let headers: [(&str, &[u8]); 2] =
                [("x-plivo-signature-v3", signature), ("x-plivo-signature-v3-nonce", nonce)];
            let request = WebhookRequest::new("GET", target, &headers, b"");
            Verified::check(&webhook, request).map(|verified| verified.proof().authenticity)
        };
        let (signature, nonce) = (signature.as_str(), NONCE.as_bytes());
        prop_assert_eq!(check(&target, signature.as_bytes(), nonce), Ok(Authenticity::UrlOnly));
        prop_assert!(check(&target, &flip(signature, at, byte), nonce).is_err());
        prop_assert!(check(&target, signature.as_bytes(), &flip(NONCE, at, byte)).is_err());
        let other = format!("{path}x?{query}");
        prop_assert!(check(&other, signature.as_bytes(), nonce).is_err());
        let other = format!("{target}&x=1");
        prop_assert!(check(&other, signature.as_bytes(), nonce).is_err());
    }
}
