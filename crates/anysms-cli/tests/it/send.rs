//! `anysms send`.

use anysms::{sandbox::Sandbox, twilio::TwilioSandbox};
use serde_json::Value;

use crate::{command, end, run};

const SEND: [&str; 4] = ["send", "--text", "Hello", "--sandbox"];

fn send(arguments: &[&str]) -> crate::Run {
    run(&[&SEND, arguments].concat())
}

#[test]
fn the_receipt_is_one_line_of_json() {
    for (provider, prefix) in [("twilio", "twilio:SM"), ("plivo", "plivo:")] {
        let sent = send(&["--provider", provider, "--to", "+447700900123"]);
        assert_eq!((sent.code, sent.stdout.lines().count()), (Some(0), 1), "{sent:?}");
        let receipt: Value = serde_json::from_str(&sent.stdout).unwrap();
        assert!(receipt["id"].as_str().unwrap().starts_with(prefix), "{receipt}");
        assert_eq!(receipt["provider"], provider);
    }
}

#[test]
fn a_mistake_is_one_line_and_exit_code_2() {
    for (arguments, line) in [
        (vec!["--provider", "twilio", "--to", "07700900123"], "error: --to: "),
        (vec!["--to", "+447700900123"], "error: --provider: is not given: twilio or plivo"),
        (vec!["--provider", "twilio"], "error: the following required arguments"),
        (vec!["--provider", "acme", "--to", "+447700900123"], "error: invalid value 'acme'"),
        (
            vec!["--provider", "twilio", "--to", "+447700900123", "--from", "much too long a name"],
            "error: --from: ",
        ),
        (
            vec!["--provider", "twilio", "--to", "+447700900123", "--status-callback", "x"],
            "error: --status-callback: ",
        ),
    ] {
        let sent = send(&arguments);
        assert_eq!((sent.code, sent.stdout.as_str()), (Some(2), ""), "{sent:?}");
        assert!(sent.stderr.starts_with(line), "{sent:?}");
        assert_eq!(sent.stderr.lines().count(), 1, "{sent:?}");
    }
    let without_account = run(&["send", "--provider=twilio", "--to=+447700900123", "--text=Hello"]);
    assert_eq!(without_account.code, Some(2), "{without_account:?}");
    assert!(without_account.stderr.contains("TWILIO_ACCOUNT_SID"), "{without_account:?}");
}

#[test]
fn a_refusal_is_exit_code_1_with_kind_code_and_outcome() {
    let sent = send(&["--provider", "twilio", "--to", "+15005550004"]);
    assert_eq!((sent.code, sent.stdout.as_str()), (Some(1), ""), "{sent:?}");
    for part in ["error: kind=", " code=", " outcome=not_sent: "] {
        assert!(sent.stderr.contains(part), "{sent:?}");
    }
    assert!(!sent.stderr.contains("5005550004"), "{sent:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_has_the_account_and_the_sender() {
    let sandbox = Sandbox::start().await.unwrap();
    let base_url = sandbox.base_url();
    let sent = end(command(&["send", "--provider", "twilio", "--base-url", &base_url])
        .args(["--to", "+447700900123", "--text", "Hello"])
        .env("TWILIO_ACCOUNT_SID", TwilioSandbox::ACCOUNT_SID)
        .env("TWILIO_AUTH_TOKEN", TwilioSandbox::AUTH_TOKEN)
        .env("TWILIO_FROM", TwilioSandbox::NUMBER));
    assert_eq!(sent.code, Some(0), "{sent:?}");
    let messages = sandbox.messages();
    assert_eq!((messages.len(), messages[0].text.as_str()), (1, "Hello"));
}
