//! `anysms price`.

use anysms::{
    Decimal,
    message::{Currency, Money},
    sandbox::{Fault, Sandbox, When},
    twilio::TwilioSandbox,
};
use serde_json::Value;

use crate::{command, end, run};

fn json(line: &str) -> Value {
    serde_json::from_str(line).unwrap()
}

#[test]
fn every_provider_says_what_a_message_costs_and_on_which_grounds() {
    let text = "a".repeat(161);
    let arguments = ["price", "--to", "+447700900123", "--text", &text, "--sandbox", "--json"];
    let priced = run(&arguments);
    assert_eq!((priced.code, priced.stdout.lines().count()), (Some(0), 2), "{priced:?}");
    for (line, provider) in priced.stdout.lines().zip(["twilio", "plivo"]) {
        let answer = json(line);
        assert_eq!((&answer["provider"], &answer["country"]), (&provider.into(), &"GB".into()));
        let cost = &answer["cost"];
        assert_eq!((&cost["segments"], &cost["basis"]), (&2.into(), &"country_highest".into()));
        let money: Money = cost["money"].as_str().unwrap().parse().unwrap();
        assert_eq!((money.amount, money.currency), (Decimal::new(1048, 4), Currency::USD));
        assert!(answer["age_seconds"].as_u64().unwrap() < 60 && answer["as_of"].is_string());
        assert!(!answer["prices"].as_array().unwrap().is_empty());
    }
}

#[test]
fn people_get_a_table_with_basis_and_age() {
    let priced = run(&["price", "--country", "gb", "--provider", "twilio", "--sandbox"]);
    assert_eq!(priced.code, Some(0), "{priced:?}");
    let lines: Vec<&str> = priced.stdout.lines().collect();
    let first = "twilio: 0.0524 USD to GB, 1 segment, typically 0.0524 USD; basis: highest price of the country; \
                 prices 0 s old";
    assert_eq!(lines[0], first);
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(lines[1])[..2], ["carrier", "network"]);
    let row = ["Sandbox", "Mobile", "310-260", "local", "outbound", "0.0524", "USD"];
    assert_eq!(words(lines[2]), row);
    assert!(priced.stdout.contains("inbound"), "{priced:?}");
}

#[test]
fn a_network_that_is_known_is_the_basis() {
    for asked in [["--country", "GB"], ["--to", "+447700900123"]] {
        let arguments = ["--network", "310-260", "--provider=twilio", "--sandbox", "--json"];
        let priced = run(&[&["price"][..], &asked, &arguments].concat());
        assert_eq!(priced.code, Some(0), "{priced:?}");
        assert_eq!(json(&priced.stdout)["cost"]["basis"], "network");
        let other = ["--network", "234-99", "--provider=twilio", "--sandbox", "--json"];
        let priced = run(&[&["price"][..], &asked, &other].concat());
        assert_eq!(json(&priced.stdout)["cost"]["basis"], "country_highest");
    }
}

#[test]
fn a_country_without_a_price_is_exit_code_1() {
    let priced = run(&["price", "--country", "NO", "--sandbox"]);
    assert_eq!(priced.code, Some(1), "{priced:?}");
    assert_eq!(priced.stdout, "twilio: no price for NO\nplivo: no price for NO\n");
    let priced = run(&["price", "--country=NO", "--provider=plivo", "--sandbox", "--json"]);
    assert_eq!(priced.code, Some(1), "{priced:?}");
    assert_eq!(json(&priced.stdout)["cost"], Value::Null);
}

#[test]
fn a_mistake_is_one_line_and_exit_code_2() {
    for (arguments, line) in [
        (vec![], "error: the following required arguments"),
        (vec!["--to", "07700900123"], "error: --to: "),
        (vec!["--to", "+88210123456"], "error: --to: is a number of no country"),
        (vec!["--country", "GBR"], "error: --country: "),
        (vec!["--country", "GB", "--to", "+447700900123"], "error: the argument '--country"),
        (vec!["--country", "GB", "--network", "23415"], "error: --network: "),
        (vec!["--country", "GB", "--text", ""], "error: --text: is empty"),
    ] {
        let priced = run(&[&["price", "--sandbox"][..], &arguments].concat());
        assert_eq!((priced.code, priced.stdout.as_str()), (Some(2), ""), "{priced:?}");
        assert!(priced.stderr.starts_with(line), "{priced:?}");
        assert_eq!(priced.stderr.lines().count(), 1, "{priced:?}");
    }
    let without_account = run(&["price", "--country", "GB"]);
    assert_eq!(without_account.code, Some(2), "{without_account:?}");
    assert!(without_account.stderr.contains("no account is set"), "{without_account:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_exit_code_1() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.inject_at("/Messaging/Countries/", When::Every(1), Fault::Refuse(503));
    let mut priced = command(&["price", "--country=GB", "--provider=twilio"]);
    let base_url = sandbox.base_url();
    let priced = end(priced
        .args(["--base-url", &base_url])
        .env("TWILIO_ACCOUNT_SID", TwilioSandbox::ACCOUNT_SID)
        .env("TWILIO_AUTH_TOKEN", TwilioSandbox::AUTH_TOKEN));
    assert_eq!((priced.code, priced.stdout.as_str()), (Some(1), ""), "{priced:?}");
    assert!(priced.stderr.starts_with("error: kind=unavailable"), "{priced:?}");
}
