//! What the example `doctor` finds, and that it names no token, number, account or path.
#![cfg(all(feature = "sandbox", feature = "twilio", feature = "plivo"))]

use std::time::Duration;

use anysms::{
    Message, Timestamp,
    plivo::{Plivo, PlivoConfig, PlivoDialect},
    sandbox::Sandbox,
    twilio::{Twilio, TwilioConfig, TwilioDialect},
};
use axum::{
    Router,
    http::{StatusCode, header},
};
use doctor::{
    Level, Setup,
    common::{Client, Vendor},
    examine, webhook,
};

#[allow(dead_code)] // its command line
#[path = "../examples/doctor.rs"]
mod doctor;

/// Each vendor as a sandbox plays it.
async fn setups() -> [Setup; 2] {
    let sandboxes = [Sandbox::start().await.unwrap(), Sandbox::start().await.unwrap()];
    let [twilio, plivo] = sandboxes;
    [
        Setup {
            vendor: Vendor::Twilio,
            client: Client::Twilio(Twilio::new(&TwilioConfig::sandbox(&twilio)).unwrap()),
            host: twilio.base_url(),
            account: TwilioDialect::ACCOUNT_SID.to_owned(),
            token: Some(TwilioDialect::AUTH_TOKEN.to_owned()),
            sender: Some(TwilioDialect::NUMBER.parse().unwrap()),
            _sandbox: Some(twilio),
        },
        Setup {
            vendor: Vendor::Plivo,
            client: Client::Plivo(Plivo::new(&PlivoConfig::sandbox(&plivo)).unwrap()),
            host: plivo.base_url(),
            account: PlivoDialect::AUTH_ID.to_owned(),
            token: Some(PlivoDialect::AUTH_TOKEN.to_owned()),
            sender: Some(PlivoDialect::NUMBER.parse().unwrap()),
            _sandbox: Some(plivo),
        },
    ]
}

/// What is printed: all lines, and how many of them are findings.
async fn examined(setup: &Setup, url: Option<&str>) -> (String, usize) {
    let Ok(lines) = examine(setup, url).await else { panic!("a wrong command line") };
    let findings = lines.iter().filter(|line| line.level == Level::Finding).count();
    let mut text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    text += &serde_json::to_string(&lines).unwrap();
    for secret in [
        TwilioDialect::AUTH_TOKEN,
        TwilioDialect::ACCOUNT_SID,
        PlivoDialect::AUTH_TOKEN,
        PlivoDialect::AUTH_ID,
        "5555501",
        "7700900123",
        "/hook",
        "127.0.0.1",
    ] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    (text, findings)
}

/// A server that answers everything so.
async fn server(status: u16, header: (header::HeaderName, String)) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = (StatusCode::from_u16(status).unwrap(), [header]);
    let app = Router::new().fallback(async || answer);
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}

async fn webhook_that_answers(status: u16) -> String {
    server(status, (header::LOCATION, "https://example.com/hook".to_owned())).await + "/hook"
}

#[tokio::test]
async fn a_healthy_set_up_has_no_findings() {
    for setup in setups().await {
        let (url, _server) = webhook::serve(&setup).await.ok().unwrap();
        let message = Message::new("+447700900123".parse().unwrap(), "Hello");
        setup.client.provider().send(&message).await.unwrap();
        let (text, findings) = examined(&setup, Some(&url)).await;
        assert_eq!(findings, 0, "{text}");
        for line in [
            "credentials: are accepted",
            "account: is active",
            "sender: its last message is ",
            "clock: goes as the API's does",
            "webhook: takes what is signed: HTTP 200",
            "webhook: refuses what comes without a signature: HTTP 403",
            "webhook: refuses what comes with a wrong signature: HTTP 403",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}

#[tokio::test]
async fn every_fault_of_a_webhook_has_its_line() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}/hook", silent.local_addr().unwrap());
    drop(silent);
    let plain = webhook_that_answers(200).await.replace("http://", "https://");
    for (url, line, expected) in [
        (webhook_that_answers(200).await, "webhook: ACCEPTS FORGED REQUESTS: HTTP 200", 2),
        (webhook_that_answers(204).await, "webhook: ACCEPTS FORGED REQUESTS: HTTP 204", 2),
        (webhook_that_answers(301).await, "webhook: HTTP 301: redirects", 1),
        (webhook_that_answers(308).await, "webhook: HTTP 308: redirects", 1),
        (webhook_that_answers(403).await, "webhook: HTTP 403: refuses what is signed", 1),
        (webhook_that_answers(404).await, "webhook: HTTP 404: is not there", 1),
        (webhook_that_answers(405).await, "webhook: HTTP 405: does not take POST", 1),
        (webhook_that_answers(500).await, "webhook: HTTP 500: does not take", 3),
        (nobody, "webhook: nothing listens there", 1),
        (plain, "webhook: TLS: no connection can be agreed on", 1),
        (with_a_certificate_of_its_own().await, "webhook: TLS: its certificate is refused", 1),
        (silent_server().await, "webhook: closes the connection without an answer", 1),
    ] {
        for setup in setups().await {
            let (text, findings) = examined(&setup, Some(&url)).await;
            assert!(text.contains(line), "{line} in {text}");
            assert_eq!(findings, expected, "{text}");
        }
    }
}

#[tokio::test]
async fn a_webhook_with_another_address_or_token_is_told() {
    for mut setup in setups().await {
        let (url, _server) = webhook::serve(&setup).await.ok().unwrap();
        for other in [url.replace("/hook", "/hooks"), url.clone() + "?a=b"] {
            let (text, findings) = examined(&setup, Some(&other)).await;
            assert!(text.contains("HTTP 403: refuses what is signed") && findings == 1, "{text}");
        }
        setup.token = Some("rotated".to_owned());
        let (text, findings) = examined(&setup, Some(&url)).await;
        assert!(text.contains("HTTP 403: refuses what is signed") && findings == 1, "{text}");
        setup.token = None;
        let (text, findings) = examined(&setup, Some(&url)).await;
        assert!(text.contains("there is no auth token to sign with") && findings == 0, "{text}");
        assert!(examine(&setup, Some("example.com/hook")).await.is_err());
    }
}

#[tokio::test]
async fn credentials_sender_and_clock_are_looked_at() {
    let [mut twilio, mut plivo] = setups().await;
    let config = TwilioConfig::new(TwilioDialect::ACCOUNT_SID, "revoked");
    let config = config.with_base_url(twilio.host.clone());
    twilio.client = Client::Twilio(Twilio::new(&config).unwrap());
    twilio.sender = None;
    let (text, findings) = examined(&twilio, None).await;
    assert!(text.contains("FINDING twilio: credentials: are refused") && findings == 1, "{text}");
    assert!(text.contains("sender: none is configured") && text.contains("no --webhook-url"));

    plivo.sender = Some("ACME+1".parse().unwrap());
    for (seconds, line) in [(-120, "s ahead of the API's"), (120, "s behind the API's")] {
        let date = Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
        let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        plivo.host = server(404, (header::DATE, date)).await;
        let (text, findings) = examined(&plivo, None).await;
        assert!(text.contains("sender: is a name with other than letters and digits"), "{text}");
        assert!(text.contains(line) && findings == 2, "{line} in {text}");
    }
}

/// A server whose TLS nobody vouches for.
async fn with_a_certificate_of_its_own() -> String {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key =
        tokio_rustls::rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der());
    let config = tokio_rustls::rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.unwrap())
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(acceptor.accept(stream).await);
        }
    });
    url
}

/// A server that takes connections and closes them.
async fn silent_server() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.readable().await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    url
}
