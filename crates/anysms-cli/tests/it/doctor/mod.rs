//! `anysms doctor`: it finds what is wrong, and names no token, number, account or path.

mod servers;

use std::{process::Command, sync::Arc};

use anysms::{
    Message, PhoneNumber, SmsProvider, Timestamp,
    plivo::{Plivo, PlivoConfig, PlivoSandbox, PlivoWebhook},
    sandbox::Sandbox,
    twilio::{Twilio, TwilioConfig, TwilioSandbox, TwilioWebhook},
    webhook::{PublicUrl, Webhook},
};
use jiff::SignedDuration;

use crate::{end, run};

const PROVIDERS: [&str; 2] = ["twilio", "plivo"];

/// The account that the sandbox has, in the environment.
fn doctor(provider: &str, host: &str) -> Command {
    let mut command = crate::command(&["doctor", "--provider", provider, "--base-url", host]);
    match provider {
        "twilio" => command
            .env("TWILIO_ACCOUNT_SID", TwilioSandbox::ACCOUNT_SID)
            .env("TWILIO_AUTH_TOKEN", TwilioSandbox::AUTH_TOKEN)
            .env("TWILIO_FROM", TwilioSandbox::NUMBER),
        _ => command
            .env("PLIVO_AUTH_ID", PlivoSandbox::AUTH_ID)
            .env("PLIVO_AUTH_TOKEN", PlivoSandbox::AUTH_TOKEN)
            .env("PLIVO_FROM", PlivoSandbox::NUMBER),
    };
    command
}

/// Runs a doctor to its end and returns its lines and the number of findings.
fn examine(doctor: &mut Command) -> (String, usize) {
    let examined = end(doctor);
    let lines = examined.stdout.lines();
    let findings = lines.filter(|line| line.starts_with("FINDING ")).count();
    assert_eq!(examined.code, Some(i32::from(findings > 0)), "{examined:?}");
    names_no_secret(&(examined.stdout.clone() + &examined.stderr));
    (examined.stdout, findings)
}

fn names_no_secret(text: &str) {
    for secret in [
        TwilioSandbox::AUTH_TOKEN,
        TwilioSandbox::ACCOUNT_SID,
        PlivoSandbox::AUTH_TOKEN,
        PlivoSandbox::AUTH_ID,
        "5555501",
        "7700900123",
        "/hook",
        "127.0.0.1",
    ] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

/// A verifier with this token; `None` stands for the sandbox's.
fn webhook(provider: &str, token: Option<&str>, url: PublicUrl) -> Arc<dyn Webhook> {
    match provider {
        "twilio" => {
            Arc::new(TwilioWebhook::new(token.unwrap_or(TwilioSandbox::AUTH_TOKEN), url).unwrap())
        }
        _ => Arc::new(PlivoWebhook::new(token.unwrap_or(PlivoSandbox::AUTH_TOKEN), url).unwrap()),
    }
}

#[test]
fn a_healthy_set_up_is_shown_without_any_account() {
    let looked = run(&["doctor", "--sandbox"]);
    assert_eq!(looked.code, Some(0), "{looked:?}");
    assert_eq!(looked.stdout.matches("webhook: refuses what comes").count(), 4, "{looked:?}");
    names_no_secret(&looked.stdout);
    let looked = run(&["doctor", "--json"]);
    assert_eq!(looked.code, Some(0), "{looked:?}");
    assert!(looked.stderr.starts_with("no account in the environment"), "{looked:?}");
    names_no_secret(&looked.stdout);
    for line in looked.stdout.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(["ok", "note"].contains(&line["level"].as_str().unwrap()), "{line}");
        assert!(PROVIDERS.contains(&line["provider"].as_str().unwrap()), "{line}");
        assert!(line["about"].is_string() && line["what"].is_string(), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_set_up_has_no_findings() {
    let sandbox = Sandbox::start().await.unwrap();
    let twilio = Twilio::new(&TwilioConfig::sandbox(&sandbox)).unwrap();
    let plivo = Plivo::new(&PlivoConfig::sandbox(&sandbox)).unwrap();
    for client in [&twilio as &dyn SmsProvider, &plivo] {
        let to: PhoneNumber = "+447700900123".parse().unwrap();
        client.send(&Message::new(to, "Hello")).await.unwrap();
        let provider = client.id();
        let url = servers::verifying(|url| webhook(provider.as_str(), None, url)).await;
        let mut doctor = doctor(provider.as_str(), &sandbox.base_url());
        let (text, findings) = examine(doctor.args(["--webhook-url", &url]));
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
        let json = end(doctor.arg("--json")).stdout;
        names_no_secret(&json);
        assert_eq!(json.lines().count(), text.lines().count());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_a_webhook_has_its_line() {
    let sandbox = Sandbox::start().await.unwrap();
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}/hook", silent.local_addr().unwrap());
    drop(silent);
    let plain = servers::answering(200).await.replace("http://", "https://");
    for (url, line, expected) in [
        (servers::answering(200).await, "webhook: ACCEPTS FORGED REQUESTS: HTTP 200", 2),
        (servers::answering(204).await, "webhook: ACCEPTS FORGED REQUESTS: HTTP 204", 2),
        (servers::answering(301).await, "webhook: HTTP 301: redirects", 1),
        (servers::answering(308).await, "webhook: HTTP 308: redirects", 1),
        (servers::answering(403).await, "webhook: HTTP 403: refuses what is signed", 1),
        (servers::answering(404).await, "webhook: HTTP 404: is not there", 1),
        (servers::answering(405).await, "webhook: HTTP 405: does not take POST", 1),
        (servers::answering(500).await, "webhook: HTTP 500: does not take", 3),
        (nobody, "webhook: nothing listens there", 1),
        (plain, "webhook: TLS: no connection can be agreed on", 1),
        (servers::with_own_certificate().await, "webhook: TLS: its certificate is refused", 1),
        (servers::closing().await, "webhook: closes the connection without an answer", 1),
    ] {
        for provider in PROVIDERS {
            let mut doctor = doctor(provider, &sandbox.base_url());
            let (text, findings) = examine(doctor.args(["--webhook-url", &url]));
            assert!(text.contains(line), "{line} in {text}");
            assert_eq!(findings, expected, "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_takes_forgeries_is_found_in_the_sandbox_too() {
    let gullible = servers::answering(200).await;
    let arguments = ["doctor", "--sandbox", "--provider", "twilio", "--webhook-url", &gullible];
    let looked = run(&arguments);
    assert_eq!(looked.code, Some(1), "{looked:?}");
    let finding =
        |line: &str| line.starts_with("FINDING ") && line.contains("ACCEPTS FORGED REQUESTS");
    assert!(looked.stdout.lines().any(finding), "{looked:?}");
    let both = run(&["doctor", "--sandbox", "--webhook-url", &gullible]);
    assert_eq!((both.code, both.stdout.as_str()), (Some(2), ""), "{both:?}");
    assert!(both.stderr.starts_with("error: --provider: "), "{both:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_with_another_address_or_token_is_found() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in PROVIDERS {
        let url = servers::verifying(|url| webhook(provider, None, url)).await;
        let rotated = servers::verifying(|url| webhook(provider, Some("rotated"), url)).await;
        for other in [url.replace("/hook", "/hooks"), url.clone() + "?a=b", rotated] {
            let mut doctor = doctor(provider, &sandbox.base_url());
            let (text, findings) = examine(doctor.args(["--webhook-url", &other]));
            assert!(text.contains("HTTP 403: refuses what is signed") && findings == 1, "{text}");
        }
        let mut doctor = doctor(provider, &sandbox.base_url());
        let wrong = end(doctor.args(["--webhook-url", "example.com/hook"]));
        assert_eq!((wrong.code, wrong.stdout.as_str()), (Some(2), ""), "{wrong:?}");
        assert!(wrong.stderr.starts_with("error: --webhook-url: "), "{wrong:?}");
    }
    let mut doctor = doctor("twilio", &sandbox.base_url());
    let with_api_key = doctor
        .env_remove("TWILIO_AUTH_TOKEN")
        .env("TWILIO_API_KEY", "SK00000000000000000000000000000001")
        .env("TWILIO_API_SECRET", "secret")
        .args(["--webhook-url", "https://example.com/hook"]);
    let (text, _) = examine(with_api_key);
    assert!(text.contains("webhook: there is no auth token to sign with"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_sender_and_clock_are_checked() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut revoked = doctor("twilio", &sandbox.base_url());
    revoked.env("TWILIO_AUTH_TOKEN", "revoked").env_remove("TWILIO_FROM");
    let (text, findings) = examine(&mut revoked);
    assert!(text.contains("FINDING twilio: credentials: are refused") && findings == 1, "{text}");
    assert!(text.contains("sender: none is configured") && text.contains("no --webhook-url"));

    for (seconds, line) in [(-120, "s ahead of the API's"), (120, "s behind the API's")] {
        let date = Timestamp::now() + SignedDuration::from_secs(seconds);
        let host = servers::with_date(date).await;
        let (text, findings) = examine(doctor("plivo", &host).env("PLIVO_FROM", "ACME+1"));
        assert!(text.contains("sender: is a name with other than letters and digits"), "{text}");
        assert!(text.contains("credentials: cannot be asked about"), "{text}");
        assert!(text.contains(line) && findings == 3, "{line} in {text}");
    }
}

#[test]
fn the_environment_may_name_the_provider() {
    let unknown = end(crate::command(&["doctor"]).env("ANYSMS_PROVIDER", "acme"));
    assert_eq!((unknown.code, unknown.stdout.as_str()), (Some(2), ""), "{unknown:?}");
    let unset = end(crate::command(&["doctor"]).env("ANYSMS_PROVIDER", "plivo"));
    assert!(unset.code == Some(2) && unset.stderr.contains("PLIVO_AUTH_ID"), "{unset:?}");
}
