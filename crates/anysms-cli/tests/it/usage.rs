//! `anysms usage` and `anysms lookup`.

use serde_json::Value;

use crate::run;

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn usage_is_lines_of_json_and_the_balance_is_the_last() {
    for provider in ["twilio", "plivo"] {
        let usage = ["usage", "--sandbox", "--json", "--provider", provider];
        let used = run(&[&usage[..], &["--category", "sms_outbound"]].concat());
        assert_eq!(used.code, Some(0), "{used:?}");
        let all = lines(&used.stdout);
        let (balance, records) = all.split_last().unwrap();
        assert!(balance["balance"].as_str().unwrap().ends_with(" USD"), "{balance}");
        let count = |record: &Value| record["count"].as_u64().unwrap();
        assert_eq!(records.iter().map(count).sum::<u64>(), 1, "{used:?}");
        for record in records {
            assert_eq!(record["category"], "sms_outbound");
        }
        let early = run(&[&usage[..], &["--from", "2026-02-01", "--to", "2026-01-01"]].concat());
        assert_eq!((early.code, early.stdout.as_str()), (Some(2), ""), "{early:?}");
        assert!(early.stderr.starts_with("error: --from: is after --to"), "{early:?}");
    }
}

#[test]
fn usage_is_told_to_people_without_what_is_empty() {
    let used = run(&["usage", "--sandbox", "--provider", "twilio", "--by", "month"]);
    assert_eq!(used.code, Some(0), "{used:?}");
    assert!(
        used.stdout.contains("sms_outbound  1 messages") || used.stdout.contains("  sms  1 "),
        "{used:?}"
    );
    assert!(!used.stdout.contains("phonenumbers  0"), "{used:?}");
    assert!(used.stdout.lines().last().unwrap().starts_with("balance: "), "{used:?}");
    let none = run(&["usage", "--sandbox", "--provider", "plivo", "--category", "lookup"]);
    assert_eq!(none.code, Some(1), "{none:?}");
    assert!(none.stderr.contains("kind=unsupported"), "{none:?}");
    assert_eq!(
        run(&["usage", "--sandbox", "--provider", "twilio", "--category", "a b"]).code,
        Some(2)
    );
}

#[test]
fn a_lookup_that_costs_something_is_confirmed() {
    let lookup = ["lookup", "+447700900123", "--sandbox", "--package", "line_type"];
    for (provider, price) in [("plivo", "price: 0.004 USD"), ("twilio", "price: not known")] {
        let asked = [&lookup[..], &["--provider", provider]].concat();
        let refused = run(&asked); // standard input is no terminal
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{refused:?}");
        assert!(refused.stderr.starts_with(price), "{refused:?}");
        assert!(refused.stderr.contains("error: --yes: "), "{refused:?}");
        let found = run(&[&asked[..], &["--yes", "--json"]].concat());
        assert_eq!(found.code, Some(0), "{found:?}");
        let found = lines(&found.stdout).remove(0);
        assert_eq!((&found["valid"], &found["line"]), (&true.into(), &"mobile".into()), "{found}");
        assert_eq!(found["number"], "+447700900123");
    }
}

#[test]
fn a_lookup_that_is_free_or_offline_asks_nothing() {
    let free = run(&["lookup", "+447700900123", "--sandbox", "--provider", "twilio"]);
    assert_eq!((free.code, free.stderr.as_str()), (Some(0), ""), "{free:?}");
    assert!(free.stdout.contains("valid: true\n"), "{free:?}");
    let plan = run(&["lookup", "+442079460123", "--offline", "--json"]);
    assert_eq!(plan.code, Some(0), "{plan:?}");
    assert_eq!(lines(&plan.stdout)[0]["line"], "landline");
}

#[test]
fn a_lookup_of_what_there_is_not_is_a_mistake() {
    for (arguments, line) in [
        (&["07700900123", "--offline"][..], "error: NUMBER: "),
        (&["+447700900123", "--offline", "--package", "sim_swap"], "error: "),
        (
            &["+447700900123", "--sandbox", "--provider", "twilio", "--package", "shoe_size"],
            "error: ",
        ),
        (
            &[
                "+447700900123",
                "--sandbox",
                "--provider",
                "plivo",
                "--package",
                "sim_swap",
                "--yes",
            ],
            "error: --package: plivo does not have sim_swap",
        ),
    ] {
        let wrong = run(&[&["lookup"], arguments].concat());
        assert_eq!((wrong.code, wrong.stdout.as_str()), (Some(2), ""), "{wrong:?}");
        assert!(wrong.stderr.starts_with(line), "{wrong:?}");
        assert_eq!(wrong.stderr.lines().count(), 1, "{wrong:?}");
    }
}
