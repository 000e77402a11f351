//! A01 to A18: which parameters are signed, in which order and how they are decoded.

use anysms::{
    message::MessageStatus,
    twilio::TwilioWebhook,
    webhook::{
        Event,
        WebhookErrorKind::{BadEncoding, BadSignature, DuplicateField, InvalidField},
    },
};
use proptest::{prelude::*, sample::Index};

use crate::webhook_cases::common::{
    Call, PUBLISHED, PUBLISHED_FORM, PUBLISHED_SIGNATURE, S, SIGNATURE, U, form, published, s_and,
    s_but, twilio,
};

/// Twilio's published example with these parameters.
fn published_call(body: &str, signature: &str) -> Result<usize, anysms::webhook::WebhookErrorKind> {
    Call::post(PUBLISHED, body).signed(signature).check(&published(PUBLISHED))
}

#[test]
fn a01_published_vector() {
    assert_eq!(published_call(PUBLISHED_FORM, PUBLISHED_SIGNATURE), Ok(0));
    let call = Call::post(PUBLISHED, PUBLISHED_FORM).signed(PUBLISHED_SIGNATURE);
    assert_eq!(call.check(&twilio(PUBLISHED)), Err(BadSignature), "another token");
    assert_eq!(published_call(PUBLISHED_FORM, SIGNATURE), Err(BadSignature));
}

#[test]
fn a02_own_vector() {
    assert_eq!(Call::status().check(&twilio(U)), Ok(0));
    assert_eq!(twilio(U).sign(U, form(&S).as_bytes()).as_deref(), Ok(SIGNATURE));
    let update = Call::status().update(&twilio(U));
    assert_eq!(update.status, MessageStatus::Delivered);
    assert_eq!(update.message.value(), "SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    assert_eq!(Call::status().signed(PUBLISHED_SIGNATURE).check(&twilio(U)), Err(BadSignature));
}

#[test]
fn a03_a_name_that_starts_another() {
    let body = format!("{PUBLISHED_FORM}&ReasonConferenceEnded=test&Reason=Participant");
    assert_eq!(published_call(&body, "vOEb5UThFn24KEfnOFLQY2AE5FY="), Ok(0));
    // As it would be if whole pairs were sorted.
    assert_eq!(published_call(&body, "95+Bu0JVPi0r/SsESZCVf0dWAjw="), Err(BadSignature));
}

#[test]
fn a04_names_are_sorted_by_their_bytes() {
    let signature = "++HAgBS6LkSsz1wyTIjXmFuLa9o=";
    for body in ["a=1&B=2&A=3&b=4", "A=3&B=2&a=1&b=4", "b=4&a=1&B=2&A=3"] {
        assert_eq!(Call::post(U, body).signed(signature).check(&twilio(U)), Ok(0), "{body}");
    }
    let other = Call::post(U, "a=3&B=2&A=1&b=4").signed(signature);
    assert_eq!(other.check(&twilio(U)), Err(BadSignature));
}

#[test]
fn a05_a_repeated_name_has_its_values_sorted_and_each_once() {
    let signature = "IK+Dwps556ElfBT0I3Rgjkr1wJU=";
    let rest = "Sid=CA123&SidAccount=AC123";
    for digits in ["Digits=5678&Digits=1234&Digits=1234", "Digits=1234&Digits=5678"] {
        assert_eq!(published_call(&format!("{rest}&{digits}"), signature), Ok(0), "{digits}");
    }
    for digits in ["Digits=1234", "Digits=5678", "Digits=1234&Digits=5678&Digits=9"] {
        let refused = published_call(&format!("{rest}&{digits}"), signature);
        assert_eq!(refused, Err(BadSignature), "{digits}");
    }
}

#[test]
fn a06_parameter_pollution() {
    let webhook = twilio(U);
    let call = Call::post(U, s_and(&[("Body", "ok")])).signed_by(&webhook, U);
    assert!(call.passes(&webhook));
    for bodies in [
        [("Body", "ok"), ("Body", "evil")],
        [("Body", "evil"), ("Body", "ok")],
        [("Body", "ok"), ("body", "evil")],
    ] {
        let polluted = call.clone().saying(s_and(&bodies));
        assert_eq!(polluted.check(&webhook), Err(BadSignature), "{bodies:?}");
    }
    // The same value again is signed the same way, and shows when it is read.
    let same = call.saying(s_and(&[("Body", "ok"), ("To", "+15558675310")]));
    assert_eq!((same.check(&webhook), same.error(&webhook).kind()), (Ok(0), DuplicateField));
}

#[test]
fn a07_a_field_of_the_schema_twice() {
    for (name, value) in S {
        if name == "ApiVersion" {
            continue; // not in the schema
        }
        for second in [value, "another"] {
            let call = Call::post(U, s_and(&[(name, second)])).signed_by(&twilio(U), U);
            assert_eq!(call.check(&twilio(U)), Ok(0), "{name}");
            let error = call.error(&twilio(U));
            assert_eq!((error.kind(), error.field()), (DuplicateField, name));
            assert_eq!(error.http_status(), 400);
        }
    }
    let call = Call::post(U, s_and(&[("ApiVersion", "x")])).signed_by(&twilio(U), U);
    assert!(call.receive(&twilio(U)).is_ok());
    let media =
        [("Body", ""), ("From", "1"), ("To", "2"), ("MessageSid", "MM1"), ("NumMedia", "1")];
    for name in ["MediaUrl", "MediaContentType"] {
        let twice =
            [("MediaUrl0", "https://x.example/1"), (&format!("{name}0"), "https://x.example/2")];
        let fields = if name == "MediaUrl" { &twice[..] } else { &[twice[0], twice[1], twice[1]] };
        let call = Call::post(U, form(&[&media[..], fields].concat())).signed_by(&twilio(U), U);
        let error = call.error(&twilio(U));
        assert_eq!((error.kind(), error.field()), (DuplicateField, name));
    }
}

/// Another character in place of one, and never the same text.
fn tampered(text: &str, at: Index, c: char) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let at = at.index(chars.len());
    chars[at] = if chars[at] == c { '~' } else { c };
    chars.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a08_one_character_of_anything(
        which in any::<Index>(), at in any::<Index>(), c in "[a-zA-Z0-9+=/._-]",
    ) {
        let c = c.chars().next().unwrap();
        let (name, value) = S[which.index(S.len())];
        let webhook = twilio("https://hooks.example.com");
        let call = Call::status();
        prop_assert_eq!(call.check(&webhook), Ok(0));

        let changed = call.clone().saying(s_but(name, &tampered(value, at, c)));
        prop_assert_eq!(changed.check(&webhook), Err(BadSignature));
        let other_name = form(&S).replacen(name, &tampered(name, at, c), 1);
        prop_assert_eq!(call.clone().saying(other_name).check(&webhook), Err(BadSignature));
        let changed = call.clone().to(&format!("/{}", tampered("twilio/status", at, c)));
        prop_assert_eq!(changed.check(&webhook), Err(BadSignature));
        let changed = call.clone().signed(&tampered(SIGNATURE, at, c));
        prop_assert_eq!(changed.check(&webhook), Err(BadSignature));
        let host = tampered("hooks.example.com", at, 'X');
        prop_assert_eq!(call.check(&twilio(&format!("https://{host}"))), Err(BadSignature));
    }
}

#[test]
fn a09_one_parameter_more_or_less() {
    let with = "faw3ue7LalkkW3nUlcFPHMpXosg=";
    for (body, signature, expected) in [
        (form(&S), SIGNATURE, Ok(0)),
        (form(&S), with, Err(BadSignature)),
        (s_and(&[("ErrorCode", "")]), with, Ok(0)),
        (s_and(&[("ErrorCode", "")]), SIGNATURE, Err(BadSignature)),
    ] {
        assert_eq!(Call::post(U, body).signed(signature).check(&twilio(U)), expected);
    }
    for without in 0..S.len() {
        let rest: Vec<_> = [&S[..without], &S[without + 1..]].concat();
        assert_eq!(Call::status().saying(form(&rest)).check(&twilio(U)), Err(BadSignature));
    }
}

#[test]
fn a10_an_unknown_parameter_is_kept() {
    let call = Call::post(U, s_and(&[("NewField", "x")]));
    let update = call.clone().signed_by(&twilio(U), U).update(&twilio(U));
    assert_eq!(update.extra.get("NewField"), Some("x"));
    assert_eq!(call.signed(SIGNATURE).check(&twilio(U)), Err(BadSignature), "it is signed too");
}

/// Two texts with their signatures: each is good for its own only.
fn not_interchangeable(texts: [(&str, &str); 2]) {
    for (text, _) in texts {
        for (own, signature) in texts {
            let call = Call::post(U, s_and(&[("Body", text)])).signed(signature);
            let expected = if own == text { Ok(0) } else { Err(BadSignature) };
            assert_eq!(call.check(&twilio(U)), expected, "{text:?}");
        }
    }
}

#[test]
fn a11_a_space_at_the_end_stays() {
    not_interchangeable([
        ("STOP ", "lE9VFi47W10vMIzKKB48ra2fcu4="),
        ("STOP", "J0QjN2YLvvyUxpMFbaRbY+gzf8E="),
    ]);
}

#[test]
fn a12_plus_is_a_space() {
    let call = |text: &str| Call::post(U, format!("{}&Body={text}", form(&S)));
    let signature =
        |text: &str| twilio(U).sign(U, format!("{}&Body={text}", form(&S)).as_bytes()).unwrap();
    assert_eq!(signature("a+b"), signature("a%20b"));
    for (text, signed, expected) in [
        ("a+b", "a%20b", Ok(0)),
        ("a%20b", "a+b", Ok(0)),
        ("a%2Bb", "a%2bb", Ok(0)),
        ("a%2Bb", "a+b", Err(BadSignature)),
        ("a+b", "a%2Bb", Err(BadSignature)),
        ("a%20b", "a%2Bb", Err(BadSignature)),
    ] {
        let call = call(text).signed(&signature(signed));
        assert_eq!(call.check(&twilio(U)), expected, "{text} {signed}");
    }
}

#[test]
fn a13_unicode_is_not_normalised() {
    not_interchangeable([
        ("caf\u{e9}", "FkU7Ieq/W3CsT5axNUTg0W5uejc="),
        ("cafe\u{301}", "Kkti8PP1CR+/jviFB6u2Zf6m7ZY="),
    ]);
}

#[test]
fn a14_emoji() {
    let signature = "Qd6jhsYIqiA8AVSkL1tJrW1l+sA=";
    for (text, expected) in
        [("%F0%9F%91%8D", Ok(0)), ("%f0%9f%91%8d", Ok(0)), ("%F0%9F%91%8E", Err(BadSignature))]
    {
        let call = Call::post(U, format!("{}&Body={text}", form(&S))).signed(signature);
        assert_eq!(call.check(&twilio(U)), expected, "{text}");
    }
}

#[test]
fn a15_bytes_that_are_not_utf8() {
    let replaced = s_and(&[("Body", "\u{fffd}")]);
    let signature = twilio(U).sign(U, replaced.as_bytes()).unwrap();
    for text in ["%FF", "%C3", "%C3&%A9=", "%ED%A0%80", "%C0%80"] {
        let body = format!("{}&Body={text}", form(&S));
        assert_eq!(twilio(U).sign(U, body.as_bytes()).unwrap_err().kind(), BadEncoding, "{text}");
        let error = Call::post(U, body).signed(&signature).error(&twilio(U));
        assert_eq!((error.kind(), error.http_status()), (BadEncoding, 403), "{text}");
    }
    let raw = [form(&S).as_bytes(), b"&Body=\xff"].concat();
    assert_eq!(Call::post(U, raw).signed(&signature).check(&twilio(U)), Err(BadEncoding));
    assert_eq!(Call::post(U, replaced).signed(&signature).check(&twilio(U)), Ok(0));
}

#[test]
fn a16_control_characters() {
    for control in ["\0", "\r", "\n", "\u{7f}", "\u{85}"] {
        let text = format!("a{control}b");
        let call = |body: String| Call::post(U, body).signed_by(&twilio(U), U);
        let update = call(s_and(&[("Note", &text)])).update(&twilio(U));
        assert_eq!(update.extra.get("Note"), Some(text.as_str()));
        for name in ["MessageSid", "From", "To", "AccountSid", "MessageStatus"] {
            let call = call(s_but(name, &text));
            assert_eq!(call.check(&twilio(U)), Ok(0), "{name}");
            let error = call.error(&twilio(U));
            assert_eq!((error.kind(), error.field()), (InvalidField, name), "{control:?}");
        }
    }
}

#[test]
fn a17_malformed_percent_signs() {
    for (text, meant) in [("%", "%25"), ("%2", "%252"), ("%ZZ", "%25ZZ"), ("%%41", "%25A")] {
        let body = |text: &str| format!("{}&Body={text}", form(&S));
        let signature = twilio(U).sign(U, body(meant).as_bytes()).unwrap();
        let call = Call::post(U, body(text)).signed(&signature);
        assert_eq!(call.check(&twilio(U)), Ok(0), "stays as it is: {text}");
        assert_eq!(call.signed(SIGNATURE).check(&twilio(U)), Err(BadSignature), "{text}");
        let name = format!("{}&{text}=1", form(&S));
        assert_eq!(Call::post(U, name).signed(&signature).check(&twilio(U)), Err(BadSignature));
    }
}

#[test]
fn a18_an_empty_body() {
    let call = Call::post(U, "").signed_by(&twilio(U), U);
    assert_eq!(call.check(&twilio(U)), Ok(0));
    // There is no message in it.
    match call.receive(&twilio(U)).unwrap() {
        Event::Other(other) => assert!(other.fields.is_empty()),
        event => panic!("{event:?}"),
    }
    assert_eq!(Call::status().saying("").check(&twilio(U)), Err(BadSignature));
    assert_eq!(call.saying(form(&S)).check(&twilio(U)), Err(BadSignature));
    let other = TwilioWebhook::new("another token", U.parse().unwrap()).unwrap();
    assert!(!Call::post(U, "").signed_by(&other, U).passes(&twilio(U)));
}
