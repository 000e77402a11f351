//! `anysms numbers`.

use anysms::{plivo::PlivoSandbox, sandbox::Sandbox, twilio::TwilioSandbox};
use serde_json::Value;

use crate::{Run, command, end, run, run_with_input};

const NUMBER: &str = "+447700900123";

/// Runs a command on an account's numbers, each time in a new sandbox.
fn numbers(provider: &str, arguments: &[&str]) -> Run {
    let (name, rest) = arguments.split_first().unwrap();
    run(&[&["numbers", name, "--sandbox", "--provider", provider], rest].concat())
}

fn json(line: &str) -> Value {
    serde_json::from_str(line).unwrap()
}

#[test]
fn a_search_is_a_table_for_people_and_lines_for_programs() {
    for provider in ["twilio", "plivo"] {
        let arguments = ["search", "--country", "US", "--area", "555", "--limit", "3"];
        let found = numbers(provider, &arguments);
        assert_eq!((found.code, found.stdout.lines().count()), (Some(0), 4), "{found:?}");
        let first = found.stdout.lines().next().unwrap();
        assert!(first.starts_with("NUMBER ") && first.contains("  MONTHLY"), "{found:?}");
        assert!(found.stdout.contains("1.15 USD"), "{found:?}");
        let found = numbers(provider, &[&arguments[..], &["--json"]].concat());
        assert_eq!((found.code, found.stdout.lines().count()), (Some(0), 3), "{found:?}");
        for line in found.stdout.lines().map(json) {
            assert!(line["number"].as_str().unwrap().starts_with("+1555"), "{line}");
            assert_eq!((&line["category"], &line["country"]), (&"local".into(), &"US".into()));
            assert_eq!(line["first_month"], "1.15 USD");
            assert_eq!(line["capabilities"]["sms"], true);
        }
        let none = ["search", "--country", "GB", "--category", "mobile", "--area", "1"];
        let none = numbers(provider, &none);
        let expected = if provider == "twilio" { 1 } else { 0 }; // it has no area codes there
        assert_eq!(none.code, Some(expected), "{none:?}");
    }
    for (wrong, subject) in [
        (&["search", "--country", "Britain"][..], "--country"),
        (&["search", "--country", "US", "--category", "fax"], "--category"),
        (&["search", "--country", "US", "--limit", "0"], "limit"),
    ] {
        let refused = numbers("twilio", wrong);
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(refused.stderr.contains(&format!("{subject}: ")), "{refused:?}");
    }
}

#[test]
fn nothing_is_bought_or_released_unless_somebody_says_so() {
    for provider in ["twilio", "plivo"] {
        let bought =
            numbers(provider, &["buy", NUMBER, "--at-most", "5", "USD", "--yes", "--json"]);
        assert_eq!(bought.code, Some(0), "{bought:?}");
        assert_eq!(json(&bought.stdout)["number"], NUMBER);
        let bought = numbers(provider, &["buy", "--yes", "--at-most", "5 USD", NUMBER]);
        assert_eq!(bought.code, Some(0), "{bought:?}");
        assert!(bought.stdout.starts_with(NUMBER), "{bought:?}");
        let asked = numbers(provider, &["buy", NUMBER, "--at-most", "5 USD"]);
        assert_eq!((asked.code, asked.stdout.as_str()), (Some(2), ""), "{asked:?}");
        assert!(asked.stderr.starts_with("error: --yes: ") && asked.stderr.contains("nothing was"));
        let dear = numbers(provider, &["buy", NUMBER, "--at-most", "1.14 USD", "--yes"]);
        assert_eq!(dear.code, Some(1), "{dear:?}");
        assert!(dear.stderr.contains("kind=policy_blocked"), "{dear:?}");
        assert!(dear.stderr.contains("outcome=not_sent") && dear.stderr.contains("1.15 USD"));
        for wrong in [
            &["buy", NUMBER, "--yes"][..],
            &["buy", NUMBER, "--at-most", "5", "--yes"],
            &["buy", "--at-most", "5 USD", "--yes"],
            &["buy", NUMBER, "--at-most", "5 USD", "--any-price", "--yes"],
            &["buy", "07700900123", "--any-price", "--yes"],
        ] {
            let refused = numbers(provider, wrong);
            assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{refused:?}");
        }
        let own = match provider {
            "twilio" => TwilioSandbox::NUMBER,
            _ => PlivoSandbox::NUMBER,
        };
        let released = numbers(provider, &["release", own, "--confirm", own, "--json"]);
        assert_eq!(
            (released.code, json(&released.stdout)["released"].as_str()),
            (Some(0), Some(own))
        );
        for confirm in [&[][..], &["--confirm", NUMBER], &["--confirm", "yes"]] {
            let kept = numbers(provider, &[&["release", own], confirm].concat());
            assert_eq!((kept.code, kept.stdout.as_str()), (Some(2), ""), "{kept:?}");
        }
        let gone = numbers(provider, &["release", NUMBER, "--confirm", NUMBER]);
        assert_eq!(gone.code, Some(1), "{gone:?}");
        assert!(gone.stderr.contains("kind=not_found"), "{gone:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purchase_is_noted_in_the_users_folder_and_made_once() {
    use anysms::sandbox::{Fault, When};

    let sandbox = Sandbox::start().await.unwrap();
    let state = std::env::temp_dir().join(format!("anysms-cli-state-{}", std::process::id()));
    for (provider, path) in [("twilio", "/IncomingPhoneNumbers"), ("plivo", "Number/")] {
        let numbers = |arguments: &[&str]| {
            let (name, rest) = arguments.split_first().unwrap();
            let base = sandbox.base_url();
            let before = ["numbers", name, "--provider", provider, "--base-url", &base];
            let mut command = command(&[&before[..], rest].concat());
            command
                .env("XDG_STATE_HOME", &state)
                .env("TWILIO_ACCOUNT_SID", TwilioSandbox::ACCOUNT_SID)
                .env("TWILIO_AUTH_TOKEN", TwilioSandbox::AUTH_TOKEN)
                .env("PLIVO_AUTH_ID", PlivoSandbox::AUTH_ID)
                .env("PLIVO_AUTH_TOKEN", PlivoSandbox::AUTH_TOKEN);
            end(&mut command)
        };
        let spent = || sandbox.usage().iter().map(|used| used.count).sum::<u64>();
        let before = spent();
        let buy = ["buy", NUMBER, "--any-price", "--yes", "--json"];
        // The purchase is made, its answer lost, and the look after it refused.
        sandbox.inject_at(path, When::Next(1), Fault::TakeAndHangUp);
        sandbox.inject_at(path, When::Next(1), Fault::Refuse(503));
        let lost = numbers(&buy);
        assert_eq!(lost.code, Some(1), "{lost:?}");
        assert!(lost.stderr.contains("outcome=unknown"), "{lost:?}");
        sandbox.clear_faults();
        let found = numbers(&["recover", "--json"]);
        assert_eq!(found.code, Some(0), "{found:?}");
        assert_eq!(json(&found.stdout)["bought"][0]["number"], NUMBER);
        assert_eq!(numbers(&["recover", "--json"]).stdout, "{\"bought\":[],\"missing\":[]}\n");
        let again = numbers(&buy);
        assert_eq!((again.code, spent()), (Some(0), before + 1), "{again:?}");
        let listed = numbers(&["list", "--number", NUMBER, "--json"]);
        assert_eq!(json(&listed.stdout)["id"], json(&again.stdout)["id"]);
        let table = numbers(&["list"]);
        assert_eq!(table.stdout.lines().count(), 3, "{table:?}");
        assert!(state.join("anysms/intents").is_dir());
        let release = ["release", NUMBER, "--confirm", NUMBER];
        assert_eq!(numbers(&release).stdout, format!("{NUMBER} is released\n"));
        assert_eq!(numbers(&["list", "--number", NUMBER, "--json"]).stdout, "");
    }
    std::fs::remove_dir_all(state).unwrap();
}

#[test]
fn every_line_has_its_answer() {
    let lines = "GB\t(0)7700 900123\nFR\t06 12 34 56 78\nGB\t07700 90012\n";
    let cleaned = run_with_input(&["numbers", "clean"], lines);
    assert_eq!((cleaned.code, cleaned.stdout.lines().count()), (Some(0), 3), "{cleaned:?}");
    let lines: Vec<&str> = cleaned.stdout.lines().collect();
    assert!(lines[1].contains("\"e164\":\"+33612345678\""), "{cleaned:?}");
    assert!(lines[1].contains("\"type\":\"MOBILE\",\"valid\":true"), "{cleaned:?}");
    assert!(lines[2].contains("needs 10 digits after +44, has 9"), "{cleaned:?}");
    let first: Value = serde_json::from_str(lines[0]).unwrap();
    assert_eq!((&first["e164"], &first["number_region"]), (&"+447700900123".into(), &"GB".into()));
    assert_eq!(first["error"], Value::Null);
}

#[test]
fn a_line_that_is_none_is_answered_too() {
    let lines = "GB 07700 900123\nXX\t1\r\nZZ\t+44 (0)7700 900123\n\n";
    let cleaned = run_with_input(&["numbers", "clean"], lines);
    assert_eq!((cleaned.code, cleaned.stdout.lines().count()), (Some(0), 4), "{cleaned:?}");
    let answers: Vec<Value> =
        cleaned.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers[0]["error"], "line: needs REGION, a tab, and the number");
    assert!(answers[1]["e164"].is_null() && answers[1]["error"].is_string());
    assert_eq!(answers[2]["e164"], "+447700900123");
    assert_eq!(answers[2]["mended"].as_array().unwrap().len(), 1);
    assert_eq!(answers[3]["valid"], false);
}
