//! Which requests pass the check: which header under which key, and what is refused unread.

use anysms::{
    plivo::PlivoWebhook,
    twilio::TwilioWebhook,
    webhook::{
        Authenticity, Event, MAX_BODY, MAX_PARAMS, Proof, PublicUrl, Verified, Webhook,
        WebhookError, WebhookErrorKind, WebhookExt, WebhookRequest,
    },
};

const URL: &str = "https://example.com/hooks";
const BODY: &str = "MessageUUID=m-1&Status=sent";
const FORM: &[u8] = b"application/x-www-form-urlencoded";
const NONCE: &str = "12345678901234567890";
const MAIN: &str = "main token";
const SUB: &str = "subaccount token";

fn plivo(token: &str) -> PlivoWebhook {
    PlivoWebhook::new(token, "https://example.com".parse().unwrap()).unwrap()
}

fn twilio(token: &str) -> TwilioWebhook {
    TwilioWebhook::new(token, "https://example.com".parse().unwrap()).unwrap()
}

fn by_method(method: &str) -> TwilioWebhook {
    let url: PublicUrl = "https://example.com".parse().unwrap();
    TwilioWebhook::new(MAIN, if method == "GET" { url.by_get() } else { url }).unwrap()
}

fn v3(token: &str) -> String {
    plivo(token).sign_v3("POST", URL, BODY.as_bytes(), NONCE).unwrap()
}

fn v2(token: &str) -> String {
    plivo(token).sign_v2(URL, NONCE).unwrap()
}

/// Checks a form with these signatures, each under the ending of its header's name.
fn check(
    webhook: &PlivoWebhook,
    signatures: &[(&str, &str)],
) -> Result<(Authenticity, &'static str, usize), WebhookError> {
    let name = |ending: &str| format!("X-Plivo-Signature-{ending}");
    let names: Vec<_> = signatures.iter().map(|(ending, _)| name(ending)).collect();
    let mut headers: Vec<(&str, &[u8])> = vec![
        ("content-type", FORM),
        ("x-plivo-signature-v3-nonce", NONCE.as_bytes()),
        ("x-plivo-signature-v2-nonce", NONCE.as_bytes()),
    ];
    let signed = names.iter().zip(signatures);
    headers.extend(signed.map(|(name, (_, value))| (name.as_str(), value.as_bytes())));
    let request = WebhookRequest::new("POST", "/hooks", &headers, BODY.as_bytes());
    let proof = Verified::check(webhook, request)?.proof().clone();
    assert_eq!(proof.nonce.as_deref(), Some(NONCE));
    Ok((proof.authenticity, proof.scheme, proof.key))
}

fn kind<T: std::fmt::Debug>(result: Result<T, WebhookError>) -> WebhookErrorKind {
    result.expect_err("must be refused").kind()
}

#[test]
fn a_wrong_v3_is_refused_though_v2_is_right() {
    let webhook = plivo(MAIN);
    assert!(check(&webhook, &[("V3", &v3(MAIN)), ("V2", &v2(MAIN))]).is_ok());
    let proof = check(&webhook, &[("V2", &v2(MAIN))]).unwrap();
    assert_eq!(proof, (Authenticity::UrlOnly, "X-Plivo-Signature-V2", 0));
    for wrong in [v3("another token"), v2(MAIN), "x".into(), ",".into()] {
        for ending in ["V3", "Ma-V3"] {
            let signatures = [(ending, wrong.as_str()), ("V2", &v2(MAIN)), ("Ma-V2", &v2(MAIN))];
            let refused = check(&webhook, &signatures);
            assert_eq!(kind(refused), WebhookErrorKind::BadSignature, "{ending} {wrong}");
        }
    }
    // An empty header is no header.
    assert!(check(&webhook, &[("V3", ""), ("V2", &v2(MAIN))]).is_ok());
    assert_eq!(kind(check(&webhook, &[])), WebhookErrorKind::MissingSignature);
    let error = check(&webhook, &[("V3", ""), ("V2", "")]).unwrap_err();
    assert_eq!((error.kind(), error.http_status()), (WebhookErrorKind::MissingSignature, 403));
}

#[test]
fn each_header_is_checked_with_the_keys_that_may_sign_it() {
    let webhook = plivo(MAIN).with_subaccount_key(SUB).unwrap();
    let (full, url_only) = (Authenticity::Full, Authenticity::UrlOnly);
    for (ending, token, proof) in [
        ("V3", MAIN, Some((full, "X-Plivo-Signature-V3", 0))),
        ("V3", SUB, Some((full, "X-Plivo-Signature-V3", 1))),
        ("Ma-V3", MAIN, Some((full, "X-Plivo-Signature-Ma-V3", 0))),
        ("Ma-V3", SUB, None), // a subaccount cannot speak for its main account
        ("V2", MAIN, Some((url_only, "X-Plivo-Signature-V2", 0))),
        ("V2", SUB, Some((url_only, "X-Plivo-Signature-V2", 1))),
        ("Ma-V2", MAIN, Some((url_only, "X-Plivo-Signature-Ma-V2", 0))),
        ("Ma-V2", SUB, None),
        ("V3", "another token", None),
        ("Ma-V3", "another token", None),
    ] {
        let signature = if ending.ends_with("V3") { v3(token) } else { v2(token) };
        let found = check(&webhook, &[(ending, &signature)]);
        assert_eq!(found.ok(), proof, "{ending} {token}");
    }
    // As Plivo sends for a subaccount: both headers, each by its own key.
    let both = [("V3", v3(SUB)), ("Ma-V3", v3(MAIN))];
    let both = both.each_ref().map(|(ending, signature)| (*ending, signature.as_str()));
    assert_eq!(check(&webhook, &both), Ok((full, "X-Plivo-Signature-V3", 1)));
    assert_eq!(check(&plivo(SUB), &both), Ok((full, "X-Plivo-Signature-V3", 0)));
    // The plain header decides, unless told otherwise.
    assert_eq!(kind(check(&plivo(MAIN), &both)), WebhookErrorKind::BadSignature);
    let main = plivo(MAIN).by_main_account();
    assert_eq!(check(&main, &both), Ok((full, "X-Plivo-Signature-Ma-V3", 0)));
    assert_eq!(kind(check(&main, &both[..1])), WebhookErrorKind::MissingSignature);
}

#[test]
fn a_rotation_accepts_both_tokens() {
    let webhook = plivo(MAIN).with_key("new token").unwrap();
    assert_eq!(check(&webhook, &[("Ma-V3", &v3("new token"))]).unwrap().2, 1);
    let several = format!("{},{}", v3("another token"), v3(MAIN));
    assert_eq!(check(&webhook, &[("V3", &several)]).unwrap().2, 0);

    // Up to eight, as a rotation has no more; and what is no signature is passed over.
    for (count, passes) in [(7, true), (8, false), (1_000, false)] {
        for filler in [v3("another token"), String::new(), "x".into()] {
            let several = format!("{}{}", format!("{filler},").repeat(count), v3(MAIN));
            assert_eq!(check(&webhook, &[("V3", &several)]).is_ok(), passes, "{count} {filler}");
        }
    }

    let webhook = twilio("old token").with_key("new token").unwrap();
    for (key, token) in ["old token", "new token"].iter().enumerate() {
        let signature = twilio(token).sign(URL, BODY.as_bytes()).unwrap();
        let headers: [(&str, &[u8]); 2] =
            [("content-type", FORM), ("x-twilio-signature", signature.as_bytes())];
        let request = WebhookRequest::new("POST", "/hooks", &headers, BODY.as_bytes());
        let verified = Verified::check(&webhook, request).unwrap();
        let proof = Proof::new(Authenticity::Full, "X-Twilio-Signature", key);
        assert_eq!(*verified.proof(), proof.with_signature(&signature));
    }
    for token in ["", " ", "\t\n"] {
        assert!(TwilioWebhook::new(token, URL.parse().unwrap()).is_err());
        assert!(PlivoWebhook::new(token, URL.parse().unwrap()).is_err());
        assert!(twilio(MAIN).with_key(token).is_err() && plivo(MAIN).with_key(token).is_err());
        assert!(plivo(MAIN).with_subaccount_key(token).is_err());
    }
}

#[test]
fn only_digits_are_a_nonce() {
    let webhook = plivo(MAIN);
    let digits = "1".repeat(65);
    for nonce in ["", "a", "1.2", "-1", " 1", "１", digits.as_str()] {
        let signature = webhook.sign_v3("POST", URL, BODY.as_bytes(), nonce).unwrap();
        let headers: [(&str, &[u8]); 3] = [
            ("content-type", FORM),
            ("x-plivo-signature-v3", signature.as_bytes()),
            ("x-plivo-signature-v3-nonce", nonce.as_bytes()),
        ];
        let request = WebhookRequest::new("POST", "/hooks", &headers, BODY.as_bytes());
        let error = Verified::check(&webhook, request).unwrap_err();
        let beyond_ascii = if nonce.is_ascii() {
            WebhookErrorKind::BadNonce
        } else {
            WebhookErrorKind::MalformedHeader
        };
        assert_eq!((error.kind(), error.http_status()), (beyond_ascii, 403), "{nonce}");
    }
}

/// Signed texts that can be cut in another way: a whole address in the configuration stops that.
#[test]
fn parts_of_the_signed_text_may_not_trade_places() {
    let whole = |url: &str| TwilioWebhook::new(MAIN, url.parse().unwrap()).unwrap();
    let body = "AccountSid=AC1&MessageSid=SM1&MessageStatus=sent";
    let folded = "/hooksAccountSidAC1MessageSidSM1MessageStatussent";
    let signature = twilio(MAIN).sign(URL, body.as_bytes()).unwrap();
    assert_eq!(
        twilio(MAIN).sign(&format!("https://example.com{folded}"), b""),
        Ok(signature.clone())
    );
    let headers: [(&str, &[u8]); 2] =
        [("content-type", FORM), ("x-twilio-signature", signature.as_bytes())];
    let post = WebhookRequest::new("POST", "/hooks", &headers, body.as_bytes());
    assert!(whole(URL).receive(post).is_ok());
    for method in ["GET", "POST"] {
        let request = WebhookRequest::new(method, folded, &headers, b"");
        let refused = match method {
            "GET" => WebhookErrorKind::UnsupportedMethod,
            _ => WebhookErrorKind::BadSignature,
        };
        assert_eq!(kind(whole(URL).receive(request)), refused, "{method}");
        // With a host alone the path is for the router in front to check.
        match by_method(method).receive(request).unwrap() {
            Event::Other(other) => assert!(other.fields.is_empty()),
            event => panic!("{event:?}"),
        }
    }

    // Of Plivo's: the end of the address and the nonce, and the two versions.
    let webhook = PlivoWebhook::new(MAIN, "https://example.com/12".parse().unwrap()).unwrap();
    let signature = webhook.sign_v2("https://example.com/12", "34").unwrap();
    assert_eq!(webhook.sign_v2("https://example.com/1", "234"), Ok(signature.clone()));
    let v3_alike = webhook.sign_v3("POST", "https://example.com/12", b"", "34").unwrap();
    assert_eq!(webhook.sign_v2("https://example.com/12", ".34"), Ok(v3_alike.clone()));
    for (name, nonce_name, nonce, signature, passes) in [
        ("x-plivo-signature-v2", "x-plivo-signature-v2-nonce", "34", &signature, true),
        ("x-plivo-signature-v2", "x-plivo-signature-v2-nonce", "234", &signature, false),
        ("x-plivo-signature-v2", "x-plivo-signature-v2-nonce", ".34", &v3_alike, false),
        ("x-plivo-signature-v3", "x-plivo-signature-v3-nonce", "34", &v3_alike, true),
        ("x-plivo-signature-v3", "x-plivo-signature-v3-nonce", "34", &signature, false),
    ] {
        let headers: [(&str, &[u8]); 2] =
            [(name, signature.as_bytes()), (nonce_name, nonce.as_bytes())];
        let request = WebhookRequest::new("POST", "/1", &headers, b"");
        assert_eq!(Verified::check(&webhook, request).is_ok(), passes, "{name} {nonce}");
    }
}

/// A request that each of the two would accept, with the headers of both.
fn signed_by_both(path: &str, body: &str) -> Vec<(&'static str, Vec<u8>)> {
    let url = format!("https://example.com{path}");
    let body = body.as_bytes();
    let none = |error: WebhookError| panic!("{error}");
    vec![
        ("content-type", FORM.to_vec()),
        ("x-twilio-signature", twilio(MAIN).sign(&url, body).unwrap_or_else(none).into()),
        (
            "x-plivo-signature-v3",
            plivo(MAIN).sign_v3("POST", &url, body, NONCE).unwrap_or_else(none).into(),
        ),
        ("x-plivo-signature-v3-nonce", NONCE.into()),
    ]
}

#[test]
fn what_one_provider_proved_the_other_does_not_read() {
    let body = "MessageUUID=m-1&Status=sent&MessageSid=SM1&MessageStatus=sent";
    let owned = signed_by_both("/hooks", body);
    let headers: Vec<(&str, &[u8])> = owned.iter().map(|(n, v)| (*n, v.as_slice())).collect();
    let request = WebhookRequest::new("POST", "/hooks", &headers, body.as_bytes());
    let (twilio, plivo) = (twilio(MAIN), plivo(MAIN));
    let by_twilio = Verified::check(&twilio, request).unwrap();
    let by_plivo = Verified::check(&plivo, request).unwrap();
    assert!(twilio.parse(&by_twilio).is_ok() && plivo.parse(&by_plivo).is_ok());
    for error in [twilio.parse(&by_plivo).unwrap_err(), plivo.parse(&by_twilio).unwrap_err()] {
        assert_eq!((error.kind(), error.http_status()), (WebhookErrorKind::WrongProvider, 403));
    }
}

#[test]
fn what_is_too_large_is_refused_before_it_is_read() {
    let start = "MessageUUID=m-1&Status=sent&MessageSid=SM1&MessageStatus=sent";
    let fits = format!("{start}&X={}", "x".repeat(MAX_BODY - start.len() - 3));
    let many = |count: usize| start.to_owned() + &"&X=1".repeat(count - 4);
    let (over, most, too_many) = (format!("{fits}x"), many(MAX_PARAMS), many(MAX_PARAMS + 1));
    assert_eq!((MAX_BODY, MAX_PARAMS), (64 * 1024, 256));
    for (body, expected) in [
        (&fits, None),
        (&over, Some(WebhookErrorKind::TooLarge)),
        (&most, None),
        (&too_many, Some(WebhookErrorKind::TooManyParameters)),
    ] {
        // What the helpers cannot sign need not be signed: it must be refused before.
        let signed = if expected.is_none() { body.as_str() } else { start };
        let owned = signed_by_both("/hooks", signed);
        let headers: Vec<(&str, &[u8])> = owned.iter().map(|(n, v)| (*n, v.as_slice())).collect();
        let request = WebhookRequest::new("POST", "/hooks", &headers, body.as_bytes());
        for result in [twilio(MAIN).receive(request), plivo(MAIN).receive(request)] {
            let error = result.err();
            assert_eq!(error.map(|error| error.kind()), expected, "{}", body.len());
            assert_eq!(error.map(|error| error.http_status()), expected.map(|_| 413));
        }
    }
    let path = format!("/hooks?{}", "x".repeat(MAX_BODY));
    let headers: [(&str, &[u8]); 0] = [];
    let request = WebhookRequest::new("GET", &path, &headers, b"");
    for result in [twilio(MAIN).receive(request), plivo(MAIN).receive(request)] {
        assert_eq!(kind(result), WebhookErrorKind::TooLarge);
    }
}

#[test]
fn other_methods_and_bodies_are_refused() {
    let owned = signed_by_both("/hooks", BODY);
    let headers: Vec<(&str, &[u8])> = owned.iter().map(|(n, v)| (*n, v.as_slice())).collect();
    for method in ["PUT", "post", "", "HEAD", "DELETE"] {
        let request = WebhookRequest::new(method, "/hooks", &headers, BODY.as_bytes());
        for result in [twilio(MAIN).receive(request), plivo(MAIN).receive(request)] {
            assert_eq!(kind(result), WebhookErrorKind::UnsupportedMethod, "{method}");
        }
    }
    // A GET has everything in its query.
    let path = format!("/hooks?{BODY}");
    let owned_get = signed_by_both(&path, "");
    let headers_get: Vec<(&str, &[u8])> =
        owned_get.iter().map(|(n, v)| (*n, v.as_slice())).collect();
    let bare = WebhookRequest::new("GET", &path, &headers_get, b"");
    assert!(by_method("GET").receive(bare).is_ok());
    let full = WebhookRequest::new("GET", &path, &headers_get, b"a=b");
    for result in [by_method("GET").receive(full), twilio(MAIN).receive(bare)] {
        assert_eq!(kind(result), WebhookErrorKind::UnsupportedMethod);
    }
    for (name, value) in [
        ("content-type", &b"application/json"[..]),
        ("content-type", b"multipart/form-data; boundary=x"),
        ("content-type", b"application/x-www-form-urlencoded; charset=latin1"),
        ("content-encoding", b"gzip"),
    ] {
        let mut headers = headers.clone();
        headers.retain(|(known, _)| *known != name);
        headers.push((name, value));
        let request = WebhookRequest::new("POST", "/hooks", &headers, BODY.as_bytes());
        let error = plivo(MAIN).receive(request).unwrap_err();
        assert_eq!(error.kind(), WebhookErrorKind::UnsupportedContent, "{name}");
        assert_eq!((error.http_status(), error.field()), (415, name));
        // What is no form can be signed by Twilio, with a hash.
        let no_form = !value.starts_with(FORM) && name == "content-type";
        let status = if no_form { 403 } else { 415 };
        let error = twilio(MAIN).receive(request).unwrap_err();
        assert_eq!(error.http_status(), status, "{error}");
        assert_eq!(error.kind() == WebhookErrorKind::BodyHashMismatch, no_form);
    }
    for (at, (name, _)) in headers.iter().enumerate() {
        let mut twice = headers.clone();
        twice.push(headers[at]);
        let request = WebhookRequest::new("POST", "/hooks", &twice, BODY.as_bytes());
        let results = [twilio(MAIN).receive(request), plivo(MAIN).receive(request)];
        let refused = results.into_iter().filter_map(Result::err);
        let ambiguous = refused.filter(|error| error.kind() == WebhookErrorKind::AmbiguousHeader);
        assert!(ambiguous.count() >= 1, "{name} is there twice");
    }
}

#[test]
fn the_empty_reply_says_nothing_to_the_sender() {
    let document = r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#;
    let content_type = "application/xml"; // Twilio would send plain text on
    for reply in [twilio(MAIN).empty_reply(), plivo(MAIN).empty_reply()] {
        assert_eq!((reply.status(), reply.content_type()), (200, content_type));
        assert_eq!(reply.body(), document);
        let response = reply.into_http();
        assert_eq!((response.status(), response.body()), (http::StatusCode::OK, &document.into()));
        assert_eq!(response.headers()["content-type"], content_type);
    }
}

#[test]
fn a_signed_post_does_not_pass_when_cut_anew() {
    // The sender chooses a text that reads as parameters once it stands in a query.
    let form = [("From", "1"), ("MessageUUID", "u1"), ("Text", "=x&MessageUUID=u9&Status=sent&z=")];
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let signature = plivo(MAIN).sign_v3("POST", URL, body.as_bytes(), NONCE).unwrap();
    let headers: [(&str, &[u8]); 3] = [
        ("content-type", FORM),
        ("x-plivo-signature-v3", signature.as_bytes()),
        ("x-plivo-signature-v3-nonce", NONCE.as_bytes()),
    ];
    let webhook = PlivoWebhook::new(MAIN, URL.parse().unwrap()).unwrap();
    let post = WebhookRequest::new("POST", "/hooks", &headers, body.as_bytes());
    assert!(Verified::check(&webhook, post).is_ok());
    let cut = "/hooks?From1MessageUUIDu1Text=x&MessageUUID=u9&Status=sent&z=";
    for (method, refused) in
        [("GET", WebhookErrorKind::UnsupportedMethod), ("POST", WebhookErrorKind::BadSignature)]
    {
        let request = WebhookRequest::new(method, cut, &headers, b"");
        assert_eq!(kind(webhook.receive(request)), refused, "{method}");
    }
}
