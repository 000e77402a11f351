//! What allocates nothing, and what little: counted, by an allocator that counts.

#[path = "support/webhook_forms.rs"]
mod webhook_forms;

use allocation_counter::measure;
use anysms::{
    PhoneNumber,
    number::uk,
    text::{SegmentRule, segments_by},
};

/// How often this allocates.
fn allocations(work: impl FnOnce()) -> u64 {
    measure(work).count_total
}

#[test]
fn the_allocator_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(Box::new(1)))), 1);
}

#[test]
fn counting_segments_allocates_nothing() {
    for text in ["", &"Grüße {€} ".repeat(200), &"Привет, 👩‍👩‍👧‍👦! ".repeat(200)]
    {
        for rule in [SegmentRule::Twilio, SegmentRule::Plain] {
            let found = allocations(|| {
                std::hint::black_box(segments_by(rule, text));
            });
            assert_eq!(found, 0, "{rule:?}");
        }
    }
}

#[test]
fn numbers_of_the_uk_and_e164_allocate_nothing() {
    let mut written = String::with_capacity(32);
    for text in ["+447700900123", "+33639980012", "+15555550100", "07700900123"] {
        let found = allocations(|| {
            use std::fmt::Write;
            written.clear();
            let number = PhoneNumber::parse(text);
            std::hint::black_box(number.map(|n| (n.region(), n.is_fictional()))).ok();
            if let Ok(number) = number {
                write!(written, "{number} {}", number.masked()).unwrap();
            }
        });
        assert_eq!(found, 0, "{text}");
    }
    for text in ["+44 (0)7700 900123 ext. 9", "020 7946 0123", "07700 90012", "withheld"] {
        let found = allocations(|| {
            use std::fmt::Write;
            written.clear();
            if let Ok(parsed) = std::hint::black_box(uk::parse(text)) {
                let number = parsed.number();
                write!(written, "{} {}", number.national(), number.kind()).unwrap();
            }
        });
        assert_eq!(found, 0, "{text}");
    }
}

mod webhooks {
    use anysms::{
        plivo::PlivoWebhook,
        twilio::TwilioWebhook,
        webhook::{PublicUrl, Verified, Webhook, WebhookRequest},
    };
    use sha2::{Digest, Sha256};

    use crate::webhook_forms::{PLIVO_LONG, PLIVO_STATUS, TWILIO_INBOUND, TWILIO_STATUS};

    const URL: &str = "https://example.com/hooks";
    const FORM: &[u8] = b"application/x-www-form-urlencoded; charset=UTF-8";
    const NONCE: &str = "00000000000000000001";

    fn check(webhook: &dyn Webhook, request: WebhookRequest<'_>) -> u64 {
        super::allocations(|| assert!(Verified::check(webhook, request).is_ok()))
    }

    fn by_twilio(
        webhook: &TwilioWebhook,
        method: &str,
        target: &str,
        content_type: &[u8],
        body: &[u8],
    ) -> u64 {
        let params = if content_type == FORM { body } else { b"" };
        let signature = webhook.sign(&format!("https://example.com{target}"), params).unwrap();
        let headers: [(&str, &[u8]); 2] =
            [("content-type", content_type), ("x-twilio-signature", signature.as_bytes())];
        check(webhook, WebhookRequest::new(method, target, &headers, body))
    }

    #[test]
    fn a_verification_by_twilio_allocates_at_most_three_times() {
        let url: PublicUrl = URL.parse().unwrap();
        let webhook = TwilioWebhook::new("token", url.clone()).unwrap();
        let by_get = TwilioWebhook::new("token", url.by_get()).unwrap();
        for form in [TWILIO_STATUS, TWILIO_INBOUND] {
            let count = form.split('&').count();
            let found = by_twilio(&webhook, "POST", "/hooks", FORM, form.as_bytes());
            assert!(found <= 3, "{found} for {count} parameters");
            let target = format!("/hooks?{form}");
            let found = by_twilio(&by_get, "GET", &target, b"", b"");
            assert!(found <= 3, "{found} for {count} parameters by GET");
        }
        let json = br#"{"AccountSid":"AC1","MessageSid":"SM1"}"#;
        let hash: String = Sha256::digest(json).iter().map(|byte| format!("{byte:02x}")).collect();
        let target = format!("/hooks?bodySHA256={hash}");
        let found = by_twilio(&webhook, "POST", &target, b"application/json", json);
        assert!(found <= 3, "{found} for JSON");
    }

    #[test]
    fn a_verification_by_plivo_allocates_at_most_three_times() {
        let webhook = PlivoWebhook::new("token", URL.parse().unwrap()).unwrap();
        for form in [PLIVO_STATUS, PLIVO_LONG] {
            let count = form.split('&').count();
            let v3 = webhook.sign_v3("POST", URL, form.as_bytes(), NONCE).unwrap();
            let v2 = webhook.sign_v2(URL, NONCE).unwrap();
            for (name, nonce, signature) in [
                ("x-plivo-signature-v3", "x-plivo-signature-v3-nonce", v3),
                ("x-plivo-signature-v2", "x-plivo-signature-v2-nonce", v2),
            ] {
                let headers: [(&str, &[u8]); 3] = [
                    ("content-type", FORM),
                    (name, signature.as_bytes()),
                    (nonce, NONCE.as_bytes()),
                ];
                let request = WebhookRequest::new("POST", "/hooks", &headers, form.as_bytes());
                let found = check(&webhook, request);
                assert!(found <= 3, "{found} for {count} parameters by {name}");
            }
        }
    }
}
