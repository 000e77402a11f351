//! What a developer is told of a request that is refused: what would match, and nothing personal.

use anysms::{
    plivo::PlivoWebhook,
    twilio::TwilioWebhook,
    webhook::{
        Diagnosis, PublicUrl, TrustedProxy, Webhook, WebhookError,
        WebhookErrorKind::{
            self, BadSignature, BodyHashMismatch, MissingSignature, TooLarge, UntrustedAddress,
        },
        WebhookRequest,
    },
};
use sha2::{Digest, Sha256};

const TOKEN: &str = "tok3n-m4rk";
const BODY: &str = "MessageSid=SM1&MessageStatus=sent&AccountSid=ACm4rk&From=%2B447700900123\
    &To=%2B447700900456&Body=t3xt-m4rk+one%0D%0Atwo%2Bthree";
const PLIVO_BODY: &str =
    "MessageUUID=m-1&Status=sent&From=447700900123&To=447700900456&Text=t3xt-m4rk";
const NONCE: &str = "12345678901234567890";
const FORM: &str = "application/x-www-form-urlencoded";

/// What is in every request here and must be in no diagnosis.
const SECRETS: [&str; 12] = [
    "m4rk",
    "tok3n",
    "t3xt",
    "447700900",
    "7700",
    "SM1",
    "m-1",
    "hooks",
    "example",
    "secret",
    NONCE,
    "MessageStatus",
];

fn twilio(url: &str) -> TwilioWebhook {
    TwilioWebhook::new(TOKEN, url.parse().unwrap()).unwrap()
}

fn plivo(url: &str) -> PlivoWebhook {
    PlivoWebhook::new(TOKEN, url.parse().unwrap()).unwrap()
}

/// Diagnoses a request, and looks for what must not be in the diagnosis.
fn diagnose(webhook: &dyn Webhook, request: &WebhookRequest<'_>) -> Diagnosis {
    let diagnosis = webhook.diagnose(request);
    let checked = webhook.check_signature(request).err();
    assert_eq!(diagnosis.error(), checked, "it says what the check says");
    let texts = [diagnosis.to_string(), format!("{diagnosis:?}"), diagnosis.findings().join(" ")];
    for text in texts {
        let told = SECRETS.iter().find(|secret| text.contains(**secret));
        assert_eq!(told, None, "{text}");
        assert!(!text.ends_with('.') && text.chars().all(|c| (' '..='~').contains(&c)), "{text}");
    }
    diagnosis
}

/// A POST of Twilio's with these headers, signed for an address with a body.
struct Sent<'a> {
    signed_url: &'a str,
    signed_body: &'a str,
    target: &'a str,
    body: &'a str,
    headers: &'a [(&'a str, &'a str)],
}

const SENT: Sent<'_> = Sent {
    signed_url: "https://example.com/hooks",
    signed_body: BODY,
    target: "/hooks",
    body: BODY,
    headers: &[],
};

impl Sent<'_> {
    fn diagnosed_by(&self, webhook: &dyn Webhook) -> Diagnosis {
        let signer = twilio("https://example.com");
        let signature = signer.sign(self.signed_url, self.signed_body.as_bytes()).unwrap();
        let mut headers = vec![("Content-Type", FORM), ("X-Twilio-Signature", &signature)];
        headers.extend(self.headers);
        let headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_bytes())).collect();
        let body = self.body.as_bytes();
        diagnose(webhook, &WebhookRequest::new("POST", self.target, &headers, body))
    }

    /// The findings of a verifier for this address.
    fn at(&self, url: &str) -> Vec<String> {
        self.diagnosed_by(&twilio(url)).findings().to_vec()
    }
}

fn would_match(change: &str) -> String {
    format!("would match {change}, by key 1")
}

#[test]
fn on_success_it_names_the_key() {
    let webhook =
        TwilioWebhook::new("another", "https://example.com/hooks".parse().unwrap()).unwrap();
    let webhook = webhook.with_key(TOKEN).unwrap();
    let diagnosis = SENT.diagnosed_by(&webhook);
    assert_eq!((diagnosis.error(), diagnosis.findings()), (None, &["by key 2".to_owned()][..]));
    assert_eq!(diagnosis.to_string(), "webhook: the signature matches; by key 2");
}

#[test]
fn an_address_of_which_one_part_differs() {
    let host = |host| Sent { headers: host, ..SENT };
    let target = |target| Sent { target, ..SENT };
    let signed = |signed_url| Sent { signed_url, ..SENT };
    let with_query = signed("https://example.com/hooks?x=1");
    for (sent, url, change) in [
        (SENT, "http://example.com/hooks", "with https"),
        (signed("http://example.com/hooks"), "https://example.com/hooks", "with http"),
        (
            host(&[("Host", "example.com")]),
            "https://inner.example/hooks",
            "with the host of the Host header",
        ),
        (
            host(&[("Host", "inner"), ("X-Forwarded-Host", "example.com")]),
            "https://inner.example/hooks",
            "with the host of the X-Forwarded-Host header",
        ),
        (
            Sent {
                signed_url: "https://example.com:8443/hooks",
                headers: &[("Host", "example.com:8443")],
                ..SENT
            },
            "https://example.com/hooks",
            "with the port 8443 of the Host header",
        ),
        (target("/inner"), "https://example.com/hooks/", "without the trailing slash"),
        (
            signed("https://example.com/hooks/"),
            "https://example.com/hooks",
            "with a trailing slash",
        ),
        (SENT, "https://example.com/inner", "with the path of the request"),
        (target("/hooks?x=1"), "https://example.com", "without the query"),
        (
            Sent { signed_url: "https://example.com/a b", target: "/a%20b", ..SENT },
            "https://example.com",
            "with the path percent-decoded",
        ),
        // A whole address has its query: another one is refused, whatever is signed.
        (target("/hooks?x=1"), "https://example.com/hooks", "without the query"),
        (
            Sent { target: "/hooks?x=1", ..with_query },
            "https://example.com/hooks",
            "with the query of the request",
        ),
        (
            Sent { target: "/hooks?x=1&more", signed_url: "https://example.com/hooks?x=1", ..SENT },
            "https://example.com/hooks?x=1",
            "with the query of the public URL",
        ),
        // Two at once.
        (target("/"), "http://example.com/hooks/", "with https and without the trailing slash"),
        (
            host(&[("Host", "example.com")]),
            "http://inner.example/hooks",
            "with https and with the host of the Host header",
        ),
    ] {
        let findings = sent.at(url);
        assert_eq!(findings, [would_match(change)], "{url}");
    }
    // A port that is configured and was not signed.
    let webhook = plivo("https://example.com:8443/hooks");
    let signature = webhook.sign_v2("https://example.com/hooks", NONCE).unwrap();
    assert_eq!(plivo_findings(&webhook, &[("V2", &signature)]), [would_match("without the port")]);
}

#[test]
fn a_body_that_a_middleware_changed() {
    let changed =
        |what: &str| would_match(&format!("with the body before a middleware changed it ({what})"));
    let (lf, cr_lf) = (BODY.replace("%0D%0A", "%0A"), BODY);
    let escaped = BODY.replace('+', "%20");
    let space = escaped.replace("%2B", "+");
    let line_end = format!("{BODY}\n");
    let dotted = format!("{BODY}&Messaging.Binding=m4rk");
    let underscored = dotted.replace('.', "_");
    let decoded = "MessageSid=SM1&MessageStatus=sent&Body=t3xt%41";
    let twice = decoded.replace('%', "%25");
    for (signed_body, body, what) in [
        (cr_lf, lf.as_str(), "line ends were CR LF"),
        (&lf, cr_lf, "line ends were LF"),
        (&escaped, &space, "`+` stood for itself"),
        (BODY, &line_end, "no line end behind it"),
        (&dotted, &underscored, "dots in names"),
        (&twice, decoded, "decoded once more than it is now"),
        (decoded, &twice, "decoded once less than it is now"),
    ] {
        let findings = Sent { signed_body, body, ..SENT }.at("https://example.com/hooks");
        assert!(findings.contains(&changed(what)), "{what}: {findings:?}");
        assert!(findings.iter().all(|finding| finding.starts_with("would match with the body")));
    }
    let unread = Sent { signed_body: "", ..SENT }.at("https://example.com/hooks");
    assert_eq!(unread, [would_match("without the parameters of the body")]);

    let length = BODY.len().to_string();
    let short = Sent { body: "", headers: &[("Content-Length", &length)], ..SENT };
    let findings = short.at("https://example.com/hooks");
    assert!(
        findings[0].starts_with("the body has 0 bytes and Content-Length says "),
        "{findings:?}"
    );
}

#[test]
fn json_that_was_written_again() {
    let (sent, read) = (r#"{"a": "t3xt-m4rk"}"#, r#"{"a":"t3xt-m4rk"}"#);
    let hash: String = Sha256::digest(sent).iter().map(|byte| format!("{byte:02x}")).collect();
    let target = format!("/hooks?bodySHA256={hash}");
    let webhook = twilio("https://example.com/hooks");
    let signature = webhook.sign(&format!("https://example.com{target}"), b"").unwrap();
    let headers: [(&str, &[u8]); 2] =
        [("Content-Type", b"application/json"), ("X-Twilio-Signature", signature.as_bytes())];
    let of = |body: &str| {
        diagnose(&webhook, &WebhookRequest::new("POST", &target, &headers, body.as_bytes()))
    };
    assert_eq!(of(sent).error(), None);
    let diagnosis = of(read);
    assert_eq!(diagnosis.error().map(|error| error.kind()), Some(BodyHashMismatch));
    let asked = "the body is not the one that was hashed: was it parsed and written again?";
    assert_eq!(diagnosis.findings(), [asked]);
    let ended = of(&format!("{sent}\n"));
    let before = "with the body before a middleware changed it (no line end behind it)";
    assert_eq!(ended.findings(), [asked, &would_match(before)]);
}

#[test]
fn a_form_that_lost_its_type() {
    let webhook = twilio("https://example.com/hooks");
    let signature = webhook.sign("https://example.com/hooks", BODY.as_bytes()).unwrap();
    let headers: [(&str, &[u8]); 1] = [("X-Twilio-Signature", signature.as_bytes())];
    let request = WebhookRequest::new("POST", "/hooks", &headers, BODY.as_bytes());
    let diagnosis = diagnose(&webhook, &request);
    assert_eq!(diagnosis.error().map(|error| error.kind()), Some(BodyHashMismatch));
    let said = "by its content type the body is no form, and the query has no hash of it";
    assert_eq!(diagnosis.findings(), [said]);
}

#[test]
fn settings_that_would_take_it() {
    // A GET, where POST is expected.
    let target = format!("/hooks?{BODY}");
    let public: PublicUrl = "https://example.com/hooks".parse().unwrap();
    let signature =
        twilio("https://example.com").sign(&format!("https://example.com{target}"), b"");
    let signature = signature.unwrap();
    let headers: [(&str, &[u8]); 1] = [("X-Twilio-Signature", signature.as_bytes())];
    let get = WebhookRequest::new("GET", &target, &headers, b"");
    let by_get = TwilioWebhook::new(TOKEN, public.clone().by_get()).unwrap();
    assert_eq!(diagnose(&by_get, &get).error(), None);
    let diagnosis = diagnose(&twilio("https://example.com/hooks"), &get);
    assert_eq!(diagnosis.findings(), [would_match("with `PublicUrl::by_get`")]);
    // And the other way round.
    let findings = SENT.diagnosed_by(&by_get);
    assert_eq!(findings.findings(), [would_match("without `PublicUrl::by_get`")]);
    // By GET with a query that was given and another scheme.
    let given = "http://example.com/hooks?MessageSid=SM1".parse::<PublicUrl>().unwrap().by_get();
    let webhook = TwilioWebhook::new(TOKEN, given).unwrap();
    assert_eq!(diagnose(&webhook, &get).findings(), [would_match("with https")]);

    // A hash in upper case.
    let hash: String = Sha256::digest("{}").iter().map(|byte| format!("{byte:02X}")).collect();
    let target = format!("/hooks?bodySHA256={hash}");
    let webhook = twilio("https://example.com/hooks");
    let signature = webhook.sign(&format!("https://example.com{target}"), b"").unwrap();
    let headers: [(&str, &[u8]); 2] =
        [("Content-Type", b"application/json"), ("X-Twilio-Signature", signature.as_bytes())];
    let json = WebhookRequest::new("POST", &target, &headers, b"{}");
    let findings = diagnose(&webhook, &json);
    assert!(findings.findings().contains(&would_match("with `lenient`")), "{findings}");

    // Another account than the one that was named.
    let mine = twilio("https://example.com/hooks").for_account("AC2");
    let diagnosis = SENT.diagnosed_by(&mine);
    let other = "for another account than the one of `for_account`";
    assert_eq!(diagnosis.findings(), [would_match(other)]);
    assert_eq!(diagnosis.error(), Some(WebhookError::new(WebhookErrorKind::WrongAccount)));
}

/// What is said of a form with these signatures, each under the ending of its header's name.
fn plivo_findings(webhook: &PlivoWebhook, signatures: &[(&str, &str)]) -> Vec<String> {
    let name = |ending: &str| format!("X-Plivo-Signature-{ending}");
    let names: Vec<_> = signatures.iter().map(|(ending, _)| name(ending)).collect();
    let mut headers: Vec<(&str, &[u8])> = vec![
        ("Content-Type", FORM.as_bytes()),
        ("X-Plivo-Signature-V3-Nonce", NONCE.as_bytes()),
        ("X-Plivo-Signature-V2-Nonce", NONCE.as_bytes()),
    ];
    let signed = names.iter().zip(signatures);
    headers.extend(signed.map(|(name, (_, value))| (name.as_str(), value.as_bytes())));
    let request = WebhookRequest::new("POST", "/hooks", &headers, PLIVO_BODY.as_bytes());
    diagnose(webhook, &request).findings().to_vec()
}

#[test]
fn headers_of_plivos_that_would_match() {
    let url = "https://example.com/hooks";
    let main = plivo(url);
    let sub = PlivoWebhook::new("another tok3n", url.parse().unwrap()).unwrap();
    let v3 = |webhook: &PlivoWebhook| {
        webhook.sign_v3("POST", url, PLIVO_BODY.as_bytes(), NONCE).unwrap()
    };
    let v2 = main.sign_v2(url, NONCE).unwrap();
    let both = [("V3", v3(&sub)), ("Ma-V3", v3(&main))];
    let both = both.each_ref().map(|(ending, signature)| (*ending, signature.as_str()));
    assert_eq!(plivo_findings(&main, &both), [would_match("with `by_main_account`")]);
    assert_eq!(plivo_findings(&sub, &both), ["by key 1"]);
    let second = plivo(url).with_key("another tok3n").unwrap();
    assert_eq!(plivo_findings(&second, &both), ["by key 2"]);
    let spaced = format!("x, {}", v3(&main));
    assert_eq!(plivo_findings(&main, &[("V3", &spaced)]), [would_match("with `lenient`")]);
    // A header that is not looked at is as if it were missing.
    let older = "with an older version of the signature";
    let strict = plivo(url).require_v3();
    assert_eq!(plivo_findings(&strict, &[("V2", &v2)]), [would_match(older)]);
    let http = plivo("http://example.com/hooks");
    assert_eq!(plivo_findings(&http, &both[1..]), [would_match("with https")]);
}

#[test]
fn where_nothing_matches_it_asks_for_the_key() {
    let url = "https://example.com/hooks";
    let webhook = TwilioWebhook::new("another tok3n", url.parse().unwrap()).unwrap();
    let asked = "no change of address or body that is tried here matches: is it the key?";
    let diagnosis = SENT.diagnosed_by(&webhook);
    assert_eq!(diagnosis.findings(), [asked]);
    assert_eq!(diagnosis.to_string(), format!("{}; {asked}", diagnosis.error().unwrap()));
    let forged = plivo_findings(&plivo(url), &[("V3", "m4rk")]);
    assert_eq!(forged, [asked]);

    // Where it cannot be told, nothing is guessed.
    let form: [(&str, &[u8]); 1] = [("Content-Type", FORM.as_bytes())];
    let request = WebhookRequest::new("POST", "/hooks", &form, BODY.as_bytes());
    for webhook in [&twilio(url) as &dyn Webhook, &plivo(url)] {
        let diagnosis = diagnose(webhook, &request);
        assert_eq!(diagnosis.error().map(|error| error.kind()), Some(MissingSignature));
        assert!(diagnosis.findings().is_empty(), "{diagnosis}");
    }
    let large = "m4rk".repeat(20_000);
    let sent = Sent { body: &large, ..SENT };
    let diagnosis = sent.diagnosed_by(&twilio(url));
    assert_eq!(diagnosis.error().map(|error| error.kind()), Some(TooLarge));
    assert!(diagnosis.findings().is_empty());
}

#[test]
fn behind_a_proxy_that_is_trusted() {
    let proxy = TrustedProxy::new(["10.0.0.1"], ["https://example.com", "http://example.com"]);
    let webhook = TwilioWebhook::new(TOKEN, PublicUrl::behind(proxy.unwrap())).unwrap();
    let signature =
        twilio("https://example.com").sign("https://example.com/hooks", BODY.as_bytes());
    let signature = signature.unwrap();
    let headers: [(&str, &[u8]); 4] = [
        ("Content-Type", FORM.as_bytes()),
        ("X-Twilio-Signature", signature.as_bytes()),
        ("X-Forwarded-Proto", b"http"),
        ("X-Forwarded-Host", b"example.com"),
    ];
    let request = WebhookRequest::new("POST", "/hooks", &headers, BODY.as_bytes());
    let unknown = diagnose(&webhook, &request);
    assert_eq!(unknown.error().map(|error| error.kind()), Some(UntrustedAddress));
    let known = diagnose(&webhook, &request.with_peer("10.0.0.1".parse().unwrap()));
    assert_eq!(known.error().map(|error| error.kind()), Some(BadSignature));
    assert_eq!(known.findings(), [would_match("with https")]);
}

#[test]
fn user_name_and_password_stay_out() {
    let url = "http://user:secret-m4rk@example.com/hooks?secret=m4rk";
    let sent = Sent { target: "/hooks?secret=m4rk", ..SENT };
    assert_eq!(sent.at(url), [would_match("with https and without the query")]);
    let shown = format!("{:?}", twilio(url));
    assert!(!shown.contains("m4rk"), "{shown}");
}
