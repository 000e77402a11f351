//! A32 to A47: the header, the keys, and what is refused unread.

use anysms::{
    ErrorKind,
    twilio::{SharedKeyAlgorithm, TwilioWebhook},
    webhook::{
        KeyRing, MAX_BODY, MAX_PARAMS,
        WebhookErrorKind::{
            self, AmbiguousHeader, BadSignature, BodyHashMismatch, MalformedHeader,
            MissingSignature, TooLarge, TooManyParameters, UnsupportedContent, UnsupportedMethod,
            WrongAccount,
        },
    },
};

use crate::webhook_cases::common::{
    Call, FORM, PUBLISHED_SIGNATURE, S, SIGNATURE, TOKEN, U, by_get, form, s_and, s_but, twilio,
    twilio_get,
};

fn with_header(value: impl Into<Vec<u8>>) -> Result<usize, WebhookErrorKind> {
    Call::status().with("X-Twilio-Signature", value).check(&twilio(U))
}

#[test]
fn a32_no_signature() {
    let missing = Call::status().without("X-Twilio-Signature").error(&twilio(U));
    assert_eq!((missing.kind(), missing.field()), (MissingSignature, "X-Twilio-Signature"));
    assert_eq!(missing.http_status(), 403);
    assert_eq!(with_header(""), Err(MissingSignature));
    for blank in [" ", "   ", "                            "] {
        assert_eq!(with_header(blank), Err(MissingSignature), "{blank:?}");
    }
    assert_eq!(with_header("\t"), Err(MalformedHeader));
    assert_eq!(with_header(SIGNATURE), Ok(0));
}

#[test]
fn a33_space_around_the_signature() {
    for padded in [format!(" {SIGNATURE}"), format!("{SIGNATURE} "), format!(" {SIGNATURE} ")] {
        assert_eq!(with_header(padded.clone()), Err(BadSignature), "{padded:?}");
    }
    for padded in [format!("{SIGNATURE}\t"), format!("{SIGNATURE}\r\n"), format!("\n{SIGNATURE}")] {
        assert_eq!(with_header(padded.clone()), Err(MalformedHeader), "{padded:?}");
    }
}

#[test]
fn a34_two_signatures() {
    let good = Call::status();
    for (name, value) in [
        ("X-Twilio-Signature", PUBLISHED_SIGNATURE),
        ("x-twilio-signature", PUBLISHED_SIGNATURE),
        ("X-Twilio-Signature", SIGNATURE),
        ("X-Twilio-Signature", ""),
    ] {
        let error = good.clone().also(name, value).error(&twilio(U));
        assert_eq!((error.kind(), error.http_status()), (AmbiguousHeader, 403), "{value}");
        let first = good.clone().signed(value).also("X-Twilio-Signature", SIGNATURE);
        assert_eq!(first.check(&twilio(U)), Err(AmbiguousHeader), "{value}");
    }
    for list in [
        format!("{SIGNATURE},{PUBLISHED_SIGNATURE}"),
        format!("{PUBLISHED_SIGNATURE},{SIGNATURE}"),
        format!("{SIGNATURE}, {SIGNATURE}"),
        format!("{SIGNATURE},"),
    ] {
        assert_eq!(with_header(list.clone()), Err(BadSignature), "{list}");
    }
}

#[test]
fn a35_a_header_of_other_bytes_or_too_long() {
    for bytes in [&b"\xff"[..], b"\0", b"\x7f", "sXHbcncRt9pbuff0E/72yN8K86é=".as_bytes()] {
        assert_eq!(with_header(bytes), Err(MalformedHeader), "{bytes:?}");
    }
    let long = SIGNATURE.repeat(64 * 1024 / SIGNATURE.len());
    assert_eq!(with_header(long), Err(BadSignature));
    assert_eq!(with_header(vec![0xff; 64 * 1024]), Err(MalformedHeader));
}

#[test]
fn a36_only_the_canonical_form_is_a_signature() {
    for length in [1, 4, 24, 27, 28, 29, 32, 1_000] {
        assert_eq!(with_header("A".repeat(length)), Err(BadSignature), "{length}");
        let start: String = SIGNATURE.chars().cycle().take(length).collect();
        let expected = if length == 28 { Ok(0) } else { Err(BadSignature) };
        assert_eq!(with_header(start), expected, "{length}");
    }
    for other in [
        SIGNATURE.trim_end_matches('=').to_owned(), // no padding
        SIGNATURE.replace('/', "_"),                // the alphabet for addresses
        format!("{SIGNATURE}="),
        format!("{SIGNATURE}A"),
        SIGNATURE.replace("8=", "9="), // other bits behind the last byte
        SIGNATURE.replace("8=", "8A"),
        SIGNATURE.replace("868=", "86=="),
    ] {
        assert_ne!(other, SIGNATURE);
        assert_eq!(with_header(other.clone()), Err(BadSignature), "{other}");
    }
}

#[test]
fn a37_the_start_of_a_signature() {
    for length in 1..SIGNATURE.len() {
        assert_eq!(with_header(&SIGNATURE[..length]), Err(BadSignature), "{length}");
    }
    for text in ["=", "====", "===="] {
        assert_eq!(with_header(text), Err(BadSignature), "{text}");
    }
}

#[test]
fn a38_hex_or_another_case() {
    let hex = "b171db727711b7da5bb9f7f413fef6c8df0af3af";
    for text in
        [hex.to_owned(), hex.to_uppercase(), SIGNATURE.to_lowercase(), SIGNATURE.to_uppercase()]
    {
        assert_eq!(with_header(text.clone()), Err(BadSignature), "{text}");
    }
}

#[test]
fn a39_a_signature_by_sha256() {
    let name = "webhooks_sharedkey_01";
    let url = || U.parse().unwrap();
    let algorithm = SharedKeyAlgorithm::HmacSha256;
    let shared = TwilioWebhook::from_shared_key(name, TOKEN, algorithm, url()).unwrap();
    let signature = shared.sign(U, form(&S).as_bytes()).unwrap();
    assert_eq!(signature.len(), 44);
    let call = Call::status().signed(&signature);
    assert_eq!(call.check(&twilio(U)), Err(BadSignature));
    let settings = format!("key={name},algorithm=HMAC_SHA256");
    let call = call.with("X-Twilio-Webhooks-Signature-Settings", settings);
    assert_eq!(call.check(&twilio(U)), Err(BadSignature), "not configured");
    let both = twilio(U).with_shared_key(name, TOKEN, algorithm).unwrap();
    assert_eq!((call.check(&shared), call.check(&both)), (Ok(0), Ok(0)));
}

#[test]
fn a40_two_tokens() {
    let new = "f".repeat(32);
    let signed_by_new = "KNUeQN0B06AJazqSJPv5Vo6CH9o=";
    let both = twilio(U).with_key(new.as_str()).unwrap();
    assert_eq!(Call::status().check(&both), Ok(0));
    assert_eq!(Call::status().signed(signed_by_new).check(&both), Ok(1), "says which");
    assert_eq!(Call::status().signed(signed_by_new).check(&twilio(U)), Err(BadSignature));

    // A rotation while requests come, each by the token that is good just then.
    let ring = KeyRing::new(TOKEN).unwrap();
    let webhook = TwilioWebhook::with_ring(ring.clone(), U.parse().unwrap());
    let drill = |signature: &str, count| {
        let call = Call::status().signed(signature);
        (0..count).filter(|_| !call.passes(&webhook)).count()
    };
    let mut refused = drill(SIGNATURE, 2_000);
    ring.add(new.as_str()).unwrap();
    refused += drill(SIGNATURE, 2_000) + drill(signed_by_new, 2_000);
    ring.replace([new.as_str()]).unwrap();
    refused += drill(signed_by_new, 4_000);
    assert_eq!((refused, drill(SIGNATURE, 1)), (0, 1));
}

#[test]
fn a41_no_key() {
    for empty in ["", " ", "\t\r\n", "\u{a0}"] {
        let error = TwilioWebhook::new(empty, U.parse().unwrap()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{empty:?}");
        assert!(twilio(U).with_key(empty).is_err() && KeyRing::new(empty).is_err());
        let algorithm = SharedKeyAlgorithm::HmacSha256;
        assert!(twilio(U).with_shared_key("name", empty, algorithm).is_err());
        assert!(twilio(U).with_shared_key(empty, "secret", algorithm).is_err());
    }
    let ring = KeyRing::new(TOKEN).unwrap();
    assert!(ring.replace(Vec::<String>::new()).is_err());
    // The ring stays as it was.
    let webhook = TwilioWebhook::with_ring(ring, U.parse().unwrap());
    assert_eq!(Call::status().check(&webhook), Ok(0));
}

#[test]
fn a42_another_account() {
    let mine = twilio(U).for_account(S[0].1);
    assert_eq!(Call::status().check(&mine), Ok(0));
    let other = "AC00000000000000000000000000000002";
    let bodies = [s_but("AccountSid", other), form(&S[1..]), s_and(&[("AccountSid", other)])];
    for body in bodies {
        let call = Call::post(U, body).signed_by(&twilio(U), U);
        assert_eq!(call.check(&twilio(U)), Ok(0));
        let error = call.error(&mine);
        assert_eq!((error.kind(), error.http_status()), (WrongAccount, 403));
        // Whose it is, is said of authentic requests only.
        assert_eq!(call.signed(SIGNATURE).check(&mine), Err(BadSignature));
    }
}

#[test]
fn a43_a_body_that_is_too_large() {
    let start = form(&S);
    let body = |length: usize| format!("{start}&Body={}", "x".repeat(length - start.len() - 6));
    assert_eq!(MAX_BODY, 64 * 1024);
    let most = Call::post(U, body(MAX_BODY)).signed_by(&twilio(U), U);
    assert_eq!(most.check(&twilio(U)), Ok(0));
    for length in [MAX_BODY + 1, 1024 * 1024] {
        let call = most.clone().saying(body(length));
        let error = call.error(&twilio(U));
        assert_eq!((error.kind(), error.http_status()), (TooLarge, 413), "{length}");
        // Before anything else of it is looked at.
        let bare = call.without("X-Twilio-Signature").without("Content-Type").by("PUT");
        assert_eq!(bare.check(&twilio(U)), Err(TooLarge));
    }
}

#[test]
fn a44_too_many_parameters() {
    let body = |count: usize| form(&S) + &"&a=1".repeat(count - S.len());
    assert_eq!(MAX_PARAMS, 256);
    let most = Call::post(U, body(MAX_PARAMS)).signed_by(&twilio(U), U);
    assert_eq!(most.check(&twilio(U)), Ok(0));
    for count in [MAX_PARAMS + 1, 10_000] {
        let error = most.clone().saying(body(count)).error(&twilio(U));
        assert_eq!((error.kind(), error.http_status()), (TooManyParameters, 413), "{count}");
        assert_eq!(twilio(U).sign(U, body(count).as_bytes()), Err(error));
    }
}

#[test]
fn a45_one_method_for_the_other() {
    let query = format!("{U}?{}", form(&S));
    let get = Call::get(&query).signed_by(&twilio_get(U), &query);
    assert_eq!(get.check(&twilio_get(U)), Ok(0));
    assert_eq!(get.check(&twilio(U)), Err(UnsupportedMethod));
    assert_eq!(Call::status().check(&twilio_get(U)), Err(UnsupportedMethod));
    // The text that is signed of a GET is that of a POST without a body.
    let post = get.clone().by("POST").with("Content-Type", FORM);
    assert_eq!(post.check(&twilio_get(U)), Err(UnsupportedMethod));
    assert_eq!(post.check(&twilio(U)), Err(BadSignature), "another query than the given one");
    let host = by_get("https://hooks.example.com");
    let host = TwilioWebhook::new(TOKEN, host).unwrap();
    assert_eq!((get.check(&host), post.check(&host)), (Ok(0), Err(UnsupportedMethod)));
    for method in ["PUT", "HEAD", "DELETE", "get", "post", "OPTIONS", ""] {
        for webhook in [twilio(U), twilio_get(U)] {
            let checked = Call::status().by(method).check(&webhook);
            assert_eq!(checked, Err(UnsupportedMethod), "{method}");
        }
    }
    assert_eq!(
        get.saying("a=b").check(&twilio_get(U)),
        Err(UnsupportedMethod),
        "a GET with a body"
    );
}

#[test]
fn a46_the_type_of_the_body() {
    for kind in [
        FORM,
        "application/x-www-form-urlencoded; charset=UTF-8",
        "application/x-www-form-urlencoded;charset=utf-8",
        "Application/X-WWW-Form-Urlencoded; Charset=\"utf-8\"",
    ] {
        assert_eq!(Call::status().with("Content-Type", kind).check(&twilio(U)), Ok(0), "{kind}");
    }
    let (no_form, other_charset) =
        ((BodyHashMismatch, "", 403), (UnsupportedContent, "content-type", 415));
    for (kind, expected) in [
        ("application/x-www-form-urlencoded; charset=utf-16", other_charset),
        ("application/x-www-form-urlencoded; charset=iso-8859-1", other_charset),
        // What is no form needs a hash, and nothing of this one is proved.
        ("", no_form),
        ("application/json", no_form),
        ("multipart/form-data; boundary=x", no_form),
        ("text/plain", no_form),
        ("application/x-www-form-urlencoded-not", no_form),
    ] {
        let error = Call::status().with("Content-Type", kind).error(&twilio(U));
        assert_eq!((error.kind(), error.field(), error.http_status()), expected, "{kind}");
    }
    let absent = Call::status().without("Content-Type").check(&twilio(U));
    assert_eq!(absent, Err(BodyHashMismatch));
    let twice = Call::status().also("Content-Type", "text/plain").check(&twilio(U));
    assert_eq!(twice, Err(AmbiguousHeader));
}

#[test]
fn a47_a_compressed_body() {
    for coding in ["gzip", "deflate", "br", "GZIP", "gzip, identity", ""] {
        let error = Call::status().with("Content-Encoding", coding).error(&twilio(U));
        let field = "content-encoding";
        assert_eq!((error.kind(), error.field()), (UnsupportedContent, field), "{coding}");
        assert_eq!(error.http_status(), 415);
    }
    let plain = Call::status().with("Content-Encoding", "identity");
    assert_eq!(plain.check(&twilio(U)), Ok(0));
}
