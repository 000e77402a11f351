//! `anysms verify`.

use anysms::{
    http::Method,
    sandbox::Sandbox,
    twilio::{Product, Twilio, TwilioConfig, TwilioSandbox},
};
use serde_json::Value;

use crate::{command, end, run};

#[test]
fn on_a_sandbox_the_right_code_is_approved_and_a_wrong_one_is_not() {
    for provider in ["twilio", "plivo"] {
        let verify = |arguments: &[&str]| {
            run(&[&["verify"], arguments, &["--sandbox", "--provider", provider]].concat())
        };
        let started = verify(&["start", "--to", "+447700900123", "--json"]);
        assert_eq!(started.code, Some(0), "{started:?}");
        let challenge: Value = serde_json::from_str(&started.stdout).unwrap();
        assert!(challenge["id"].as_str().unwrap().contains(".sign-in."), "{challenge}");
        let right = verify(&["check"]);
        assert_eq!((right.code, &*right.stdout), (Some(0), "approved\n"), "{right:?}");
        let wrong = verify(&["check", "--code", "000000x"]);
        assert_eq!(
            (wrong.code, &*wrong.stdout),
            (Some(1), "wrong, used or too late\n"),
            "{wrong:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_started_and_checked_by_two_commands() {
    let sandbox = Sandbox::start().await.unwrap();
    let twilio = Twilio::new(&TwilioConfig::sandbox(&sandbox)).unwrap();
    let made = twilio.request(Method::POST, Product::Verify, ["v2", "Services"]);
    let made: Value = made.form("FriendlyName", "Club").send().await.unwrap().json().unwrap();
    let base_url = sandbox.base_url();
    let verify = |arguments: &[&str]| {
        end(command(&["verify", "--provider", "twilio", "--base-url", &base_url])
            .args(arguments)
            .env("TWILIO_ACCOUNT_SID", TwilioSandbox::ACCOUNT_SID)
            .env("TWILIO_AUTH_TOKEN", TwilioSandbox::AUTH_TOKEN)
            .env("TWILIO_VERIFY_SERVICE_SID", made["sid"].as_str().unwrap()))
    };
    let started = verify(&["start", "--to", "+447700900123"]);
    assert_eq!(started.code, Some(0), "{started:?}");
    let id = started.stdout.lines().next().unwrap().strip_prefix("id").unwrap().trim();
    let code = sandbox.messages()[0].code().unwrap();
    let payout = verify(&["check", "--id", &id.replace("sign-in", "payout"), "--code", &code]);
    assert_eq!(payout.code, Some(1), "an id that was changed: {payout:?}");
    let checked = verify(&["check", "--id", id, "--code", &code]);
    assert_eq!((checked.code, &*checked.stdout), (Some(0), "approved\n"), "{checked:?}");
}

#[test]
fn what_is_missing_is_named() {
    for (arguments, line) in [
        (&["check", "--provider", "twilio", "--base-url", "http://127.0.0.1:9"][..], "error: "),
        (&["start", "--sandbox", "--provider", "twilio", "--to", "0770"], "error: --to: "),
        (
            &[
                "start",
                "--sandbox",
                "--provider",
                "twilio",
                "--to",
                "+447700900123",
                "--purpose",
                "A b",
            ],
            "error: --purpose: ",
        ),
    ] {
        let ended = run(&[&["verify"], arguments].concat());
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.starts_with(line), "{ended:?}");
    }
}
