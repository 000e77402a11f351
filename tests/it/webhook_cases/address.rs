//! A19 to A31: the address is signed byte for byte, as the provider was given it.

use anysms::webhook::{
    ProxyHeader, PublicUrl, TrustedProxy,
    WebhookErrorKind::{self, BadSignature, UntrustedAddress},
};

use crate::webhook_cases::common::{
    Call, PUBLISHED_FORM, PUBLISHED_SIGNATURE, S, SIGNATURE, TOKEN, U, form, published, twilio,
    twilio_get,
};

const HOST: &str = "https://hooks.example.com";

/// The form of `S` under an address, with a signature.
fn check(configured: &str, called: &str, signature: &str) -> Result<usize, WebhookErrorKind> {
    Call::post(called, form(&S)).signed(signature).check(&twilio(configured))
}

/// Two addresses with their signatures: each is good for its own only.
fn not_interchangeable(addresses: [(&str, &str); 2]) {
    for (url, _) in addresses {
        for (own, signature) in addresses {
            let expected = if own == url { Ok(0) } else { Err(BadSignature) };
            assert_eq!(check(url, url, signature), expected, "{url}");
        }
    }
}

fn signature_of(url: &str) -> String {
    twilio(url).sign(url, form(&S).as_bytes()).unwrap()
}

#[test]
fn a19_the_order_of_the_query() {
    let (one, other) = (format!("{U}?b=2&a=1"), format!("{U}?a=1&b=2"));
    let signatures = [signature_of(&one), signature_of(&other)];
    not_interchangeable([(&one, &signatures[0]), (&other, &signatures[1])]);
    // Nor where the query is the request's.
    assert_eq!(check(HOST, &one, &signatures[0]), Ok(0));
    assert_eq!(check(HOST, &other, &signatures[0]), Err(BadSignature));
}

#[test]
fn a20_the_case_of_escapes() {
    let (lower, upper) = (format!("{U}?u=a%2fb"), format!("{U}?u=a%2Fb"));
    let get = |url: &str, signature| Call::get(url).signed(signature).check(&twilio_get(HOST));
    let signatures = ["ZKjWsQsaf0npYiQqmits2pZeq38=", "0KVbCNzO2quhpLKLdIkehmCTv/M="];
    for (url, signature, expected) in [
        (&lower, signatures[0], Ok(0)),
        (&lower, signatures[1], Err(BadSignature)),
        (&upper, signatures[0], Err(BadSignature)),
        (&upper, signatures[1], Ok(0)),
    ] {
        assert_eq!(get(url, signature), expected, "{url}");
    }
}

#[test]
fn a21_apostrophe_in_the_query() {
    let (raw, escaped) = (format!("{U}?Body=it's"), format!("{U}?Body=it%27s"));
    let signatures = ["468D7CayMqzCcEfYstlZrj7kvjs=", "So8Ty/RKjrtxZGO5IwKd1FGS+KA="];
    let webhook = twilio_get(U);
    for (url, signature, expected) in [
        (&raw, signatures[0], Ok(0)),
        (&escaped, signatures[0], Ok(0)),
        (&escaped, signatures[1], Ok(0)),
        // An address is never escaped further than it came.
        (&raw, signatures[1], Err(BadSignature)),
    ] {
        assert_eq!(Call::get(url).signed(signature).check(&webhook), expected, "{url}");
    }
    // So it is with two more characters, all at once, and with no other.
    for (arrived, signed, expected) in [
        ("Caller=sip%3Aa%40b.example", "Caller=sip:a@b.example", Ok(0)),
        ("Caller=sip%3aa%40b.example", "Caller=sip:a@b.example", Ok(0)),
        ("Caller=sip%3Aa%40b.example", "Caller=sip%3Aa%40b.example", Ok(0)),
        ("Caller=sip%3Aa%40b.example", "Caller=sip:a%40b.example", Err(BadSignature)),
        ("Body=a%2Cb", "Body=a,b", Err(BadSignature)),
        ("Body=a%26b", "Body=a&b", Err(BadSignature)),
        ("Body=a%2527b", "Body=a'b", Err(BadSignature)),
        ("Body=a%27b", "Body=a\"b", Err(BadSignature)),
    ] {
        let call = Call::get(&format!("{U}?{arrived}"));
        let call = call.signed_by(&webhook, &format!("{U}?{signed}"));
        assert_eq!(call.check(&webhook), expected, "{arrived}");
    }
}

#[test]
fn a22_forms_of_the_port() {
    let (https, at_8443) =
        (format!("{HOST}:443/twilio/status"), format!("{HOST}:8443/twilio/status"));
    let (with_443, with_8443) = ("2Lkz/KzCe+YQB98tyAIqw8REn+4=", "I3rwX5UR3NC3XiO2ES21azfYtfg=");
    for (url, signature, expected) in [
        (U, SIGNATURE, Ok(0)),
        (U, with_443, Ok(0)),
        (U, with_8443, Err(BadSignature)), // a hidden port cannot be guessed
        (&https, SIGNATURE, Ok(0)),
        (&https, with_443, Ok(0)),
        (&https, with_8443, Err(BadSignature)),
        (&at_8443, with_8443, Ok(0)),
        (&at_8443, SIGNATURE, Ok(0)), // as Twilio drops it in places
        (&at_8443, with_443, Ok(0)),
    ] {
        assert_eq!(check(url, url, signature), expected, "{url} {signature}");
    }
    let query = "/myapp.php?foo=1&bar=2";
    for (origin, signature, expected) in [
        ("https://mycompany.com", "kvajT1Ptam85bY51eRf/AJRuM3w=", Ok(0)),
        ("http://mycompany.com", "0ZXoZLH/DfblKGATFgpif+LLRf4=", Ok(0)),
        ("http://mycompany.com:1234", "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=", Ok(0)),
        ("https://mycompany.com:1234", PUBLISHED_SIGNATURE, Ok(0)),
        ("https://mycompany.com:1234", "CYn1h0gLBdNxDGkKJg6hYohgeD8=", Ok(0)),
        ("https://mycompany.com", "0ZXoZLH/DfblKGATFgpif+LLRf4=", Err(BadSignature)),
        ("http://mycompany.com", "kvajT1Ptam85bY51eRf/AJRuM3w=", Err(BadSignature)),
        ("http://mycompany.com", "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=", Err(BadSignature)),
    ] {
        let url = format!("{origin}{query}");
        let call = Call::post(&url, PUBLISHED_FORM).signed(signature);
        assert_eq!(call.check(&published(&url)), expected, "{url} {signature}");
    }
}

#[test]
fn a23_https_in_front_and_http_behind() {
    // The request says nothing of TLS; what is configured counts.
    let call = Call::status().with("Host", "hooks.example.com").with("X-Forwarded-Proto", "http");
    assert_eq!(call.check(&twilio(U)), Ok(0));
    let http = U.replace("https", "http");
    let call = call.signed(&signature_of(&http));
    assert_eq!(call.check(&twilio(U)), Err(BadSignature));
    assert_eq!(call.check(&twilio(&http)), Ok(0));
}

/// Headers by which a request claims to have come elsewhere.
const SPOOFED: [(&str, &str); 6] = [
    ("Host", "evil.example"),
    ("X-Forwarded-Host", "evil.example"),
    ("X-Forwarded-Proto", "http"),
    ("X-Forwarded-Port", "8443"),
    ("Forwarded", "proto=http;host=evil.example"),
    ("X-Original-URL", "/evil"),
];

#[test]
fn a24_spoofed_forwarding_headers() {
    let evil = signature_of("http://evil.example/twilio/status");
    for (name, value) in SPOOFED {
        let call = Call::status().with(name, value);
        assert_eq!(call.check(&twilio(U)), Ok(0), "{name} is not looked at");
        assert_eq!(call.receive(&twilio(U)), Call::status().receive(&twilio(U)));
        assert_eq!(call.signed(&evil).check(&twilio(U)), Err(BadSignature), "{name}");
    }
    let all =
        SPOOFED.into_iter().fold(Call::status(), |call, (name, value)| call.with(name, value));
    assert_eq!(all.check(&twilio(U)), Ok(0));
    assert_eq!(all.signed(&evil).check(&twilio(U)), Err(BadSignature));
}

#[test]
fn a25_a_trusted_proxy() {
    let proxy = TrustedProxy::new(["10.0.0.0/8"], [HOST, "https://hooks.example.org"]).unwrap();
    let believing = |proxy: &TrustedProxy| {
        let url = PublicUrl::behind(proxy.clone());
        anysms::twilio::TwilioWebhook::new(TOKEN, url).unwrap()
    };
    let webhook = believing(&proxy);
    let named = |host: &str| {
        let call = Call::status().with("X-Forwarded-Proto", "https");
        call.with("X-Forwarded-Host", host).with("Host", "inner")
    };
    let other = signature_of("https://hooks.example.org/twilio/status");
    let evil = signature_of("https://evil.example/twilio/status");
    for (peer, host, signature, expected) in [
        ("10.1.2.3", "hooks.example.com", SIGNATURE, Ok(0)),
        ("10.1.2.3", "hooks.example.org", &other, Ok(0)),
        ("::ffff:10.1.2.3", "hooks.example.com", SIGNATURE, Ok(0)),
        ("10.1.2.3", "hooks.example.org", SIGNATURE, Err(BadSignature)),
        ("10.1.2.3", "evil.example", &evil, Err(UntrustedAddress)),
        ("192.0.2.1", "hooks.example.com", SIGNATURE, Err(UntrustedAddress)),
        ("::ffff:192.0.2.1", "hooks.example.com", SIGNATURE, Err(UntrustedAddress)),
        ("2001:db8::1", "hooks.example.com", SIGNATURE, Err(UntrustedAddress)),
    ] {
        let call = named(host).signed(signature).behind(peer);
        assert_eq!(call.check(&webhook), expected, "{peer} {host}");
    }
    let unknown = named("hooks.example.com");
    assert_eq!(unknown.check(&webhook), Err(UntrustedAddress), "peer unknown");
    let call = unknown.behind("10.1.2.3");
    let silent = call.clone().without("X-Forwarded-Proto");
    assert_eq!(silent.check(&webhook), Err(UntrustedAddress), "no scheme");
    // Where the proxy was told to speak the standard header, the others say nothing.
    let standard = believing(&proxy.with_header(ProxyHeader::Forwarded));
    assert_eq!(call.check(&standard), Err(UntrustedAddress));
    let call = call.with("Forwarded", "proto=https;host=hooks.example.com");
    assert_eq!(call.check(&standard), Ok(0));
}

#[test]
fn a26_user_name_and_password() {
    let url = U.replace("//", "//user:p%40ss@");
    let with = "O8zFg06SE/QAYJjUXwTdW2sVy5Q=";
    assert_eq!(check(&url, U, with), Ok(0));
    assert_eq!(check(&url, U, SIGNATURE), Ok(0), "Twilio does not sign them");
    assert_eq!(check(U, U, with), Err(BadSignature));
    assert_eq!(check(&url.replace("p%40ss", "other"), U, with), Err(BadSignature));
}

#[test]
fn a27_user_name_port_and_ipv6() {
    for (url, signed) in [
        ("https://u:p@hooks.example.com:8443/s", "https://u:p@hooks.example.com:8443/s"),
        ("https://u:p@hooks.example.com:8443/s", "https://u:p@hooks.example.com/s"),
        ("https://u:p@hooks.example.com:8443/s", "https://hooks.example.com:8443/s"),
        ("https://u:p@hooks.example.com:8443/s", "https://hooks.example.com/s"),
        ("https://u:p@hooks.example.com/s", "https://hooks.example.com:443/s"),
        ("https://[::1]:8443/s", "https://[::1]:8443/s"),
        ("https://[::1]:8443/s", "https://[::1]/s"),
        ("https://[::1]/s", "https://[::1]:443/s"),
        ("https://u:p@[2001:db8::1]:8443/s", "https://[2001:db8::1]/s"),
    ] {
        assert_eq!(check(url, "/s", &signature_of(signed)), Ok(0), "{url} {signed}");
    }
    for (url, signed) in [
        ("https://[::1]:8443/s", "https://[:/s"),
        ("https://[::1]:8443/s", "https://[::2]:8443/s"),
        ("https://[::1]/s", "https://[:/s"),
        ("https://u:p@hooks.example.com:8443/s", "https://u@hooks.example.com:8443/s"),
        ("https://u:p@hooks.example.com/s", "https://u/s"),
    ] {
        let signature = twilio(url).sign(signed, form(&S).as_bytes()).unwrap();
        assert_eq!(check(url, "/s", &signature), Err(BadSignature), "{url} {signed}");
    }
}

#[test]
fn a28_the_fragment() {
    let configured = format!("{U}#rc=3&rp=all");
    assert_eq!(check(&configured, U, SIGNATURE), Ok(0));
    let with = signature_of(&configured);
    assert_ne!(with, SIGNATURE);
    assert_eq!(check(&configured, U, &with), Err(BadSignature));
}

#[test]
fn a29_the_host_as_it_is_written() {
    let capitals = U.replace("hooks.example.com", "Hooks.Example.com");
    not_interchangeable([(U, SIGNATURE), (&capitals, "EabuQK3/GxF74Zl7TGkcretud2w=")]);
    let dot = U.replace("example.com", "example.com.");
    not_interchangeable([(U, SIGNATURE), (&dot, &signature_of(&dot))]);
    // A name beyond ASCII is configured as it is called: nothing is converted.
    let punycode = "https://xn--bcher-kva.example/twilio/status";
    assert_eq!(check(punycode, punycode, "KV1OVia3oaLKZy7n0qCmC+a9tQ4="), Ok(0));
    assert_eq!(check(punycode, punycode, "rOYIBxIP/4O/+8SHJ+h5QNnsJIk="), Err(BadSignature));
    assert!("https://bücher.example/twilio/status".parse::<PublicUrl>().is_err());
}

#[test]
fn a30_the_slash_at_the_end() {
    let slash = format!("{U}/");
    not_interchangeable([(U, SIGNATURE), (&slash, "N1xN6Au7UMgFdotdpHjiiTFyAxE=")]);
    // Nor where the path is the request's.
    assert_eq!(check(HOST, &slash, SIGNATURE), Err(BadSignature));
    assert_eq!(check(HOST, U, SIGNATURE), Ok(0));
}

#[test]
fn a31_the_path_as_it_came() {
    let paths = [
        "/twilio/status",
        "/twilio/./status",
        "/twilio/x/../status",
        "//twilio/status",
        "/twilio//status",
        "/twilio%2Fstatus",
        "/twilio%2fstatus",
        "/%74wilio/status",
        "/Twilio/status",
    ];
    for path in paths {
        let url = format!("{HOST}{path}");
        let signature = signature_of(&url);
        for other in paths {
            let expected = if other == path { Ok(0) } else { Err(BadSignature) };
            assert_eq!(check(HOST, other, &signature), expected, "{path} {other}");
            // A whole address counts, whatever path a proxy passes on.
            assert_eq!(check(&url, other, &signature), Ok(0), "{path} {other}");
        }
    }
}
