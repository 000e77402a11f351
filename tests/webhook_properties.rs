//! What holds for every webhook: what is not signed never passes, what is signed always does, and
//! one byte makes the difference.
#![cfg(all(feature = "twilio", feature = "plivo"))]

use anysms::{
    plivo::PlivoWebhook,
    twilio::TwilioWebhook,
    webhook::{
        Authenticity, PublicUrl, Verified, Webhook, WebhookErrorKind, WebhookExt, WebhookRequest,
    },
};
use proptest::{collection::vec, prelude::*, sample::Index, sample::select};

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
    #![proptest_config(cases(500))]

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
}
