//! Twilio's SharedKeys: the key says the algorithm, and the header only which key.

use anysms::{
    twilio::{SharedKeyAlgorithm, TwilioWebhook},
    webhook::WebhookErrorKind::{AmbiguousHeader, BadSignature, MissingSignature},
};

use crate::webhook_cases::common::{Call, S, SIGNATURE, TOKEN, U, form, twilio};

const SETTINGS: &str = "X-Twilio-Webhooks-Signature-Settings";
const NAME: &str = "webhooks_sharedkey_01";
const SECRET: &str = "a shared secret";

fn by(algorithm: SharedKeyAlgorithm) -> TwilioWebhook {
    twilio(U).with_shared_key(NAME, SECRET, algorithm).unwrap()
}

/// `S` signed by the shared key, and what the header says of it.
fn call(algorithm: SharedKeyAlgorithm, settings: &str) -> Call {
    let url = U.parse().unwrap();
    let webhook = TwilioWebhook::from_shared_key(NAME, SECRET, algorithm, url).unwrap();
    Call::post(U, form(&S)).signed_by(&webhook, U).with(SETTINGS, settings)
}

use SharedKeyAlgorithm::{HmacSha1, HmacSha256};

const SHA256: &str = "key=webhooks_sharedkey_01,algorithm=HMAC_SHA256";
const SHA1: &str = "key=webhooks_sharedkey_01,algorithm=HMAC_SHA1";

#[test]
fn each_algorithm_with_its_key() {
    for (algorithm, settings, length) in [(HmacSha256, SHA256, 44), (HmacSha1, SHA1, 28)] {
        let call = call(algorithm, settings);
        assert_eq!(call.check(&by(algorithm)), Ok(0));
        assert_eq!(call.proof(&by(algorithm), |proof| proof.scheme), SETTINGS);
        let alone = TwilioWebhook::from_shared_key(NAME, SECRET, algorithm, U.parse().unwrap());
        let alone = alone.unwrap();
        assert_eq!(call.check(&alone), Ok(0), "without an auth token");
        assert_eq!(alone.sign(U, form(&S).as_bytes()).unwrap().len(), length);
        let changed = call.saying(form(&S).replace("delivered", "failed"));
        assert_eq!(changed.check(&by(algorithm)), Err(BadSignature));
    }
    // A published secret and signature, of which the address and the form are given.
    let url = "https://hooks.example.com/twilio/inbound";
    let public = url.parse().unwrap();
    let webhook =
        TwilioWebhook::from_shared_key(NAME, "whsk_test_secret", HmacSha256, public).unwrap();
    let call = Call::post(url, "From=%2B14017122661&Body=hi").with(SETTINGS, SHA256);
    let call = call.signed("IHo1sJAccbVa52OAVs3iqbLDDpCO7vHgov+KH7V9et8=");
    assert_eq!(call.check(&webhook), Ok(0));
}

#[test]
fn the_header_does_not_choose_the_algorithm() {
    for (signed, says, configured) in [
        (HmacSha1, SHA1, HmacSha256),
        (HmacSha256, SHA256, HmacSha1),
        (HmacSha1, SHA256, HmacSha256),
        (HmacSha256, SHA1, HmacSha256),
        (HmacSha256, SHA1, HmacSha1),
    ] {
        let refused = call(signed, says).check(&by(configured));
        assert_eq!(refused, Err(BadSignature), "{signed:?} {says} {configured:?}");
    }
}

#[test]
fn a_header_that_is_not_understood_is_a_refusal() {
    let webhook = by(HmacSha256);
    for settings in [
        "",
        "key=webhooks_sharedkey_01",
        "algorithm=HMAC_SHA256",
        "key=webhooks_sharedkey_01,algorithm=",
        "key=webhooks_sharedkey_01,algorithm=NONE",
        "key=webhooks_sharedkey_01,algorithm=hmac_sha256",
        "key=webhooks_sharedkey_01,algorithm=HMAC_SHA512",
        "key=webhooks_sharedkey_02,algorithm=HMAC_SHA256",
        "key=,algorithm=HMAC_SHA256",
        "key=webhooks_sharedkey_01,key=webhooks_sharedkey_01,algorithm=HMAC_SHA256",
        "key=webhooks_sharedkey_02,key=webhooks_sharedkey_01,algorithm=HMAC_SHA256",
        "key=webhooks_sharedkey_01,algorithm=HMAC_SHA256,algorithm=HMAC_SHA1",
        "key=webhooks_sharedkey_01;algorithm=HMAC_SHA256",
    ] {
        let error = call(HmacSha256, settings).error(&webhook);
        assert_eq!((error.kind(), error.field()), (BadSignature, SETTINGS), "{settings}");
        assert_eq!(error.http_status(), 403);
    }
    for settings in ["algorithm=HMAC_SHA256,key=webhooks_sharedkey_01", &SHA256.replace(',', ", ")]
    {
        assert_eq!(call(HmacSha256, settings).check(&webhook), Ok(0), "{settings}");
    }
    let twice = call(HmacSha256, SHA256).also(SETTINGS, SHA256);
    assert_eq!(twice.check(&webhook), Err(AmbiguousHeader));
    let unsigned = call(HmacSha256, SHA256).without("X-Twilio-Signature");
    assert_eq!(unsigned.check(&webhook), Err(MissingSignature));
}

#[test]
fn the_auth_token_does_not_sign_for_a_shared_key() {
    for algorithm in [HmacSha1, HmacSha256] {
        let webhook = by(algorithm);
        assert_eq!(Call::status().check(&webhook), Ok(0), "without the header");
        for settings in [SHA1, SHA256] {
            let call = Call::status().with(SETTINGS, settings);
            assert_eq!(call.check(&webhook), Err(BadSignature), "{settings}");
            assert_eq!(call.check(&twilio(U)), Err(BadSignature), "no shared key is configured");
        }
        // Nor the other way round.
        let bare = call(algorithm, "").without(SETTINGS);
        assert_eq!(bare.check(&webhook), Err(BadSignature));
    }
    let only = TwilioWebhook::from_shared_key(NAME, SECRET, HmacSha1, U.parse().unwrap()).unwrap();
    assert_eq!(Call::status().check(&only), Err(BadSignature));
    assert_eq!(call(HmacSha1, "").without(SETTINGS).check(&only), Err(BadSignature));
    // The auth token under the name of a shared key is another matter: it is configured so.
    let same = twilio(U).with_shared_key(NAME, TOKEN, HmacSha1).unwrap();
    assert_eq!(Call::status().with(SETTINGS, SHA1).signed(SIGNATURE).check(&same), Ok(0));
}
