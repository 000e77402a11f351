//! C01 to C10: JSON of Twilio's, whose hash is in the query.

use anysms::webhook::{
    Event, OtherEvent,
    WebhookErrorKind::{self, BadSignature, BodyHashMismatch, DuplicateField},
};
use sha2::{Digest, Sha256};

use crate::webhook_cases::common::{Call, FORM, U, published, twilio};

const BODY: &str = r#"{"property": "value", "boolean": true}"#;
const HASH: &str = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";

pub(crate) fn hash(body: impl AsRef<[u8]>) -> String {
    Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// JSON sent to an address that is signed as it stands.
fn json(url: &str, body: &[u8]) -> Call {
    let call = Call::post(url, "").signed_by(&twilio(url), url);
    call.saying(body).with("Content-Type", "application/json")
}

/// The same with the hash of this body.
fn hashed(body: &str) -> Call {
    json(&format!("{U}?bodySHA256={}", hash(body)), body.as_bytes())
}

fn other(call: &Call) -> OtherEvent {
    match call.receive(&twilio(U)).unwrap() {
        Event::Other(other) => other,
        event => panic!("{event:?}"),
    }
}

#[test]
fn c01_published_vectors() {
    let page = "https://mycompany.com/myapp.php";
    for (query, signature) in
        [("?foo=1&bar=2&", "a9nBmqA0ju/hNViExpshrM61xv4="), ("?", "y77kIzt2vzLz71DgmJGsen2scGs=")]
    {
        let url = format!("{page}{query}bodySHA256={HASH}");
        let call = json(&url, BODY.as_bytes()).signed(signature);
        for configured in [url.as_str(), &format!("{page}{}", &query[..query.len() - 1])] {
            assert_eq!(call.check(&published(configured)), Ok(0), "{configured}");
        }
        let changed = call.clone().to(&url.replace("bodySHA256=0", "bodySHA256=1"));
        assert_eq!(
            changed.check(&published(page)),
            Err(if query == "?" {
                BodyHashMismatch
            } else {
                BadSignature // and not the query that was given
            })
        );
        let other = call.signed("a9nBmqA0ju/hNViExpshrM61xv5=");
        assert_eq!(other.check(&published(&url)), Err(BadSignature));
    }
}

#[test]
fn c02_another_body() {
    let call = hashed(BODY);
    assert_eq!(call.check(&twilio(U)), Ok(0));
    let written_again = r#"{"property":"value","boolean":true}"#;
    let reordered = r#"{"boolean": true, "property": "value"}"#;
    for body in [BODY.replace("true", "trua").as_str(), written_again, reordered, "", "{}"] {
        let error = call.clone().saying(body).error(&twilio(U));
        assert_eq!((error.kind(), error.http_status()), (BodyHashMismatch, 403), "{body}");
    }
}

#[test]
fn c03_no_hash() {
    // Signed over the address alone, as a POST without parameters is.
    let call = json(U, BODY.as_bytes());
    assert_eq!(call.check(&twilio(U)), Err(BodyHashMismatch));
    assert_eq!(call.clone().without("Content-Type").check(&twilio(U)), Err(BodyHashMismatch));
    // What is no form is not taken for an empty one either.
    let text = call.with("Content-Type", "text/plain").saying("");
    assert_eq!(text.check(&twilio(U)), Err(BodyHashMismatch));
}

#[test]
fn c04_what_a_hash_looks_like() {
    let (body, host) = (BODY.as_bytes(), twilio("https://hooks.example.com"));
    let call = |hash: &str| json(&format!("{U}?bodySHA256={hash}"), body);
    assert_eq!(call(HASH).check(&twilio(U)), Ok(0));
    // Upper case is what Twilio's libraries refuse.
    let upper = call(&HASH.to_uppercase());
    for mixed in [upper, call(&HASH.replacen('a', "A", 1))] {
        assert_eq!(mixed.check(&twilio(U)), Err(BodyHashMismatch));
        assert_eq!(mixed.check(&twilio(U).lenient()), Ok(0));
        assert_eq!(mixed.saying("{}").check(&twilio(U).lenient()), Err(BodyHashMismatch));
    }
    for wrong in [
        "",
        &HASH[..63],
        &format!("{HASH}0"),
        &HASH.replace('0', "g"),
        "Ch/3Y02as7ldtcmi3+lBbkFQKyg6gMfPGWMmMvluZiA=",
        &format!("%30{}", &HASH[1..]),
        &format!("+{}", &HASH[1..]),
    ] {
        for webhook in [host.clone(), host.clone().lenient()] {
            assert_eq!(call(wrong).check(&webhook), Err(BodyHashMismatch), "{wrong}");
        }
    }
}

#[test]
fn c05_two_hashes() {
    let host = twilio("https://hooks.example.com");
    for (one, two) in [(HASH, HASH), (HASH, &hash("{}")), (&hash("{}"), HASH), (HASH, "")] {
        let url = format!("{U}?bodySHA256={one}&bodySHA256={two}");
        let call = json(&url, BODY.as_bytes());
        for webhook in [twilio(U), host.clone()] {
            assert_eq!(call.check(&webhook), Err(BodyHashMismatch), "{two}");
        }
    }
}

#[test]
fn c06_a_hash_and_a_form() {
    let body = "MessageSid=SM1&MessageStatus=sent";
    let url = format!("{U}?bodySHA256={}", hash(body));
    let call = Call::post(&url, body).signed_by(&twilio(U), &url);
    assert_eq!(call.check(&twilio(U)), Ok(0));
    assert!(matches!(call.receive(&twilio(U)), Ok(Event::Status(_))));
    // The hash alone does not prove it, nor do the parameters.
    let url_only = twilio(U).sign(&url, b"").unwrap();
    assert_eq!(call.clone().signed(&url_only).check(&twilio(U)), Err(BadSignature));
    let other_hash = format!("{U}?bodySHA256={}", hash("a=b"));
    let params_only = Call::post(&other_hash, body).signed_by(&twilio(U), &other_hash);
    assert_eq!(params_only.check(&twilio(U)), Err(BodyHashMismatch));
    let as_json = call.with("Content-Type", "application/json");
    assert_eq!(as_json.check(&twilio(U)), Err(BadSignature));
}

#[test]
fn c07_names_that_are_alike() {
    let body = BODY.as_bytes();
    for query in [
        format!("xbodySHA256={HASH}"),
        format!("bodySHA256x={HASH}"),
        format!("bodysha256={HASH}"),
        format!("x=bodySHA256={HASH}"),
        format!("x=%26bodySHA256={HASH}"),
        format!("bodySHA%3256={HASH}"),
        format!(";bodySHA256={HASH}"),
    ] {
        let url = format!("{U}?{query}");
        for webhook in [twilio(&url), twilio("https://hooks.example.com")] {
            assert_eq!(json(&url, body).check(&webhook), Err(BodyHashMismatch), "{query}");
        }
        // Of a form it is a query like any other.
        let call = Call::post(&url, "a=b").signed_by(&twilio(U), &url);
        assert_eq!(call.check(&twilio(&url)), Ok(0), "{query}");
    }
}

#[test]
fn c08_an_empty_body() {
    let (empty, object) = (hash(""), hash("{}"));
    let check = |hash: &str, body: &str| -> Result<usize, WebhookErrorKind> {
        json(&format!("{U}?bodySHA256={hash}"), body.as_bytes()).check(&twilio(U))
    };
    assert_eq!((check(&empty, ""), check(&object, "{}")), (Ok(0), Ok(0)));
    assert_eq!(check(&object, ""), Err(BodyHashMismatch));
    assert_eq!(check(&empty, "{}"), Err(BodyHashMismatch));
}

#[test]
fn c09_every_byte_of_the_body() {
    for body in ["\u{feff}{}", "{}\n", "{}\r\n", " {}"] {
        assert_eq!(hashed(body).check(&twilio(U)), Ok(0), "{body:?}");
        assert_eq!(hashed("{}").saying(body).check(&twilio(U)), Err(BodyHashMismatch), "{body:?}");
        assert_eq!(hashed(body).saying("{}").check(&twilio(U)), Err(BodyHashMismatch), "{body:?}");
    }
}

#[test]
fn c10_json_that_tries_the_reader() {
    // Nothing is read that a reader could stumble over, and nothing is lost.
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    assert_eq!(other(&hashed(&deep)).fields.get("body"), Some(deep.as_str()));
    let inside = format!("{{\"a\":{deep}}}");
    assert_eq!(other(&hashed(&inside)).fields.get("a"), Some(deep.as_str()));
    let unclosed = "{\"a\":".repeat(10_000);
    assert_eq!(other(&hashed(&unclosed)).fields.get("body"), Some(unclosed.as_str()));
    let numbers = ["18446744073709551616", "-9223372036854775809", "1e999", "0.1000", "1E2"];
    for number in numbers {
        let event = other(&hashed(&format!("{{\"a\": {number}}}")));
        assert_eq!(event.fields.get("a"), Some(number), "digit for digit");
    }
    for body in [
        r#"{"AccountSid":"AC1","AccountSid":"AC2"}"#,
        r#"{"a":1,"\u0061":2}"#,
        r#"{"a":null,"a":1}"#,
    ] {
        let error = hashed(body).error(&twilio(U));
        assert_eq!((error.kind(), error.http_status()), (DuplicateField, 400), "{body}");
        let mine = twilio(U).for_account("AC2");
        assert_eq!(hashed(body).check(&mine), Err(WebhookErrorKind::WrongAccount), "{body}");
    }
    assert_eq!(other(&hashed(r#"{"a":"\ud83d\udc4d","b":null}"#)).fields.get("a"), Some("👍"));
    // A form of that content is no JSON.
    let as_form = hashed("{}").with("Content-Type", FORM);
    assert_eq!(as_form.check(&twilio(U)), Err(BadSignature));
}
