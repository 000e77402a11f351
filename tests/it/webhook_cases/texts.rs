//! D21 to D26: what the parameters of Plivo's say, and where its libraries disagree.

use anysms::{
    message::{Address, Channel},
    webhook::{
        StatusUpdate,
        WebhookErrorKind::{self, BadSignature, DuplicateField, InvalidField},
    },
};

use crate::webhook_cases::common::{Call, NONCE, PS, V, form, plivo, plivo_get};

/// A form of this, signed by V3 for `V`.
fn signed(body: &str) -> Call {
    Call::post(V, body).v3_of(&plivo(V))
}

fn ps_and(more: &[(&str, &str)]) -> String {
    form(&[&PS, more].concat())
}

fn ps_but(name: &str, value: &str) -> String {
    form(&PS.map(|(known, own)| (known, if known == name { value } else { own })))
}

#[test]
fn d21_a_repeated_name() {
    // Every value, sorted, also where it is the same: other than Twilio has it.
    let same = plivo(V).sign_v3("POST", V, b"K=1&K=1", NONCE).unwrap();
    assert_ne!(Ok(same.clone()), plivo(V).sign_v3("POST", V, b"K=1", NONCE));
    for (body, expected) in [("K=1&K=1", Ok(0)), ("K=1", Err(BadSignature))] {
        assert_eq!(Call::post(V, body).v3(&same, NONCE).check(&plivo(V)), expected, "{body}");
    }
    let sorted = plivo(V).sign_v3("POST", V, b"K=1&K=2", NONCE).unwrap();
    for body in ["K=1&K=2", "K=2&K=1"] {
        assert_eq!(Call::post(V, body).v3(&sorted, NONCE).check(&plivo(V)), Ok(0), "{body}");
    }
    for name in ["MessageUUID", "Status", "From", "To", "TotalAmount", "Units"] {
        let call = signed(&ps_and(&[(name, "x")]));
        assert_eq!(call.check(&plivo(V)), Ok(0), "{name}");
        let error = call.error(&plivo(V));
        assert_eq!((error.kind(), error.field()), (DuplicateField, name));
        assert_eq!(error.http_status(), 400);
    }
}

#[test]
fn d22_texts_as_they_are_once_decoded() {
    let message = |text: &str| {
        let ends = "MessageUUID=m-1&From=447700900123&To=447700900456";
        Call::post(V, format!("{ends}&Text={text}"))
    };
    for (text, signature, read) in [
        (
            "caf%C3%A9+%E2%9C%93+%F0%9F%91%8D",
            "6tPhIq1c9PN2Q67AcCUHHQYcgbY7cz4kvRr6QEPIpWk=",
            "café ✓ 👍",
        ),
        ("a%2Bb+c%2520d", "vxa94EIKofc4bATjpTrN+K7tVdpMMaziLklJgmACCOY=", "a+b c%20d"),
        ("100%25+%26+%3D", "dGWgxTFrTb+T5MfuQjqnsUUsBnP7T4vJTMloibrTswY=", "100% & ="),
        ("Bye.", "PysB2v6ItCOWUgz7urdnuRVyQC4pAj99y0ZcH9PSEjo=", "Bye."),
        ("+two+", "ZRZXm6vGgBLEU7CWGjuk+EVhWAPtdhQjH97shpOS6f4=", " two "),
        ("a%0D%0Ab", "+IESdFeuBWJNnd14/Npi79G0+h/YeICDMPkjMHeeW+k=", "a\r\nb"),
    ] {
        let call = message(text).v3(signature, NONCE);
        assert_eq!(call.check(&plivo(V)), Ok(0), "{text}");
        assert_eq!(&*call.message(&plivo(V)).text, read);
        // Other bytes that mean another text.
        let other = message(&text.replace("%2", "%252")).v3(signature, NONCE);
        let expected = if text.contains("%2") { Err(BadSignature) } else { Ok(0) };
        assert_eq!(other.check(&plivo(V)), expected, "{text}");
        let trimmed = message(&format!("{text}+")).v3(signature, NONCE);
        assert_eq!(trimmed.check(&plivo(V)), Err(BadSignature), "{text}");
    }
    let bytes = message("%FF").v3("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", NONCE);
    assert_eq!(bytes.check(&plivo(V)), Err(WebhookErrorKind::BadEncoding));
}

#[test]
fn d23_senders_of_all_sorts() {
    let number = |text: &str| Address::Number(text.parse().unwrap());
    for (from, read) in [
        ("447700900123", number("+447700900123")),
        ("+447700900123", number("+447700900123")),
        ("15555550123", number("+15555550123")),
        ("72345", Address::ShortCode("72345".parse().unwrap())),
        ("ACME", Address::Alphanumeric("ACME".parse().unwrap())),
        ("Acme 24", Address::Alphanumeric("Acme 24".parse().unwrap())),
        (
            "whatsapp:+447700900123",
            Address::OnChannel(Channel::WhatsApp, "+447700900123".parse().unwrap()),
        ),
        ("☃", Address::Other("☃".into())),
        ("0", Address::from_wire("0")),
        ("99999999999999999999", Address::from_wire("99999999999999999999")),
    ] {
        let update = signed(&ps_but("From", from)).update(&plivo(V));
        assert_eq!(update.from, Some(read), "{from}");
    }
    assert_eq!(signed(&ps_but("From", "")).update(&plivo(V)).from, None);
    let error = signed(&ps_but("From", "a\0b")).error(&plivo(V));
    assert_eq!((error.kind(), error.field()), (InvalidField, "From"));
}

fn issues(update: &StatusUpdate) -> Vec<(&'static str, WebhookErrorKind)> {
    update.issues.iter().map(|issue| (issue.field, issue.kind)).collect()
}

#[test]
fn d24_amounts() {
    for (amount, read) in [
        ("0.00350", Some("0.00350 USD")),
        ("0", Some("0 USD")),
        ("12.5", Some("12.5 USD")),
        ("79228162514264337593543950335", Some("79228162514264337593543950335 USD")),
        ("", None),
    ] {
        let update = signed(&ps_but("TotalAmount", amount)).update(&plivo(V));
        assert_eq!(update.price.map(|price| price.to_string()).as_deref(), read, "{amount}");
    }
    let long = "9".repeat(40);
    for amount in ["NaN", "1e999", "-1", "+1", "inf", "0x1", "1,5", "1.2.3", ".", " 1", "١", &long]
    {
        let update = signed(&ps_but("TotalAmount", amount)).update(&plivo(V));
        assert_eq!((update.price, issues(&update)), (None, vec![("TotalAmount", InvalidField)]));
        assert_eq!(update.extra.get("TotalAmount"), Some(amount), "kept as it came");
    }
    for units in ["1.5", "-1", "99999999999", "x"] {
        let update = signed(&ps_but("Units", units)).update(&plivo(V));
        assert_eq!((update.segments, issues(&update)), (None, vec![("Units", InvalidField)]));
    }
    let json = signed(&form(&PS)).saying(r#"{"Units":1}"#).with("Content-Type", "application/json");
    assert_eq!(json.check(&plivo(V)), Err(WebhookErrorKind::UnsupportedContent));
}

#[test]
fn d25_who_asked_for_the_message() {
    for (address, read) in [
        ("192.0.2.7", Some("192.0.2.7")),
        ("2001:db8::7", Some("2001:db8::7")),
        ("", None),
        ("not an address", None),
    ] {
        let update = signed(&ps_and(&[("requester_ip", address)])).update(&plivo(V));
        assert_eq!(update.requester.map(|ip| ip.to_string()).as_deref(), read);
        assert_eq!(update.extra.get("requester_ip"), Some(address), "kept as it came");
    }
    assert_eq!(signed(&form(&PS)).update(&plivo(V)).requester, None);
}

#[test]
fn d26_where_plivos_libraries_disagree() {
    let host = "https://hooks.example.com";
    // Of these nobody can tell what Plivo signs: refused, unless told otherwise; then the raw bytes.
    for target in ["/a%20b", "/a%2Fb", "/s?a=1&a=2", "/s?name=caf%C3%A9"] {
        let url = format!("{host}{target}");
        let call = Call::post(&url, form(&PS)).v3_of(&plivo(host));
        for configured in [host, &url] {
            let error = call.error(&plivo(configured));
            assert_eq!((error.kind(), error.field()), (BadSignature, "address"), "{target}");
            assert_eq!(call.check(&plivo(configured).lenient()), Ok(0), "{target}");
        }
        let decoded = url.replace("%20", " ").replace("%2F", "/").replace("a=1&", "");
        if decoded != url {
            let other = plivo(host).sign_v3("POST", &decoded, form(&PS).as_bytes(), NONCE).unwrap();
            let call = call.clone().v3(&other, NONCE);
            assert_eq!(call.check(&plivo(host).lenient()), Err(BadSignature), "{target}");
        }
        // V2 signs the path alone.
        let v2 = Call::post(&url, "").v2(&plivo(host).sign_v2(&url, NONCE).unwrap(), NONCE);
        assert_eq!(v2.passes(&plivo(host)), !target.contains("/a"), "{target}");
        assert_eq!(v2.check(&plivo(host).lenient()), Ok(0), "{target}");
    }
    // What all of them sign alike, or all but one.
    for target in ["/s", "/S/_.-", "/a+b", "/s?a=b+c", "/s?b=%2B&a="] {
        let url = format!("{host}{target}");
        let call = Call::post(&url, form(&PS)).v3_of(&plivo(host));
        assert_eq!(call.check(&plivo(&url)), Ok(0), "{target}");
    }
    // The parameters of a GET are in its query, and may be anything.
    let query = format!("{V}?{}&Text=caf%C3%A9&K=1&K=2", form(&PS));
    let get = Call::get(&query).v3_of(&plivo(V));
    assert_eq!(get.check(&plivo_get(V)), Ok(0));
    // A port of its own is signed, the scheme's own may be.
    let at = |port: &str| V.replace(".com", &format!(".com{port}"));
    for (configured, signed, expected) in [
        (":8443", ":8443", Ok(0)),
        (":8443", "", Err(BadSignature)),
        ("", ":8443", Err(BadSignature)),
        ("", ":443", Ok(0)),
        (":443", "", Ok(0)),
    ] {
        for v3 in [true, false] {
            let (url, webhook) = (at(signed), plivo(&at(configured)));
            let call = Call::post(&url, form(&PS));
            let call = match v3 {
                true => {
                    let body = form(&PS);
                    call.v3(&webhook.sign_v3("POST", &url, body.as_bytes(), NONCE).unwrap(), NONCE)
                }
                false => call.v2(&webhook.sign_v2(&url, NONCE).unwrap(), NONCE),
            };
            assert_eq!(call.check(&webhook), expected, "{configured} {signed}");
        }
    }
}
