//! The low-level client: what has no type in the crate, signed in, escaped, with typed errors and outcomes.

use std::sync::Arc;

use anysms::{
    ErrorKind, Outcome,
    http::Method,
    plivo::{Plivo, PlivoConfig},
    testing::ScriptedTransport,
    transport::TransportErrorKind,
    twilio::{Product, Twilio, TwilioConfig},
};
use serde_json::{Value, json};

const ACCOUNT: &str = "AC00000000000000000000000000000001";

fn twilio(transport: &ScriptedTransport) -> Twilio {
    let config = TwilioConfig::new(ACCOUNT, "token");
    Twilio::with_transport(&config, Arc::new(transport.clone())).unwrap()
}

fn plivo(transport: &ScriptedTransport) -> Plivo {
    let config = PlivoConfig::new("MA000000000000000001", "token");
    Plivo::with_transport(&config, Arc::new(transport.clone())).unwrap()
}

#[tokio::test]
async fn reads_a_resource_that_has_no_type() {
    let transport = ScriptedTransport::new().answer(200, r#"{"usage_records":[{"count":"3"}]}"#);
    let path = ["Usage", "Records", "Today.json"];
    let twilio = twilio(&transport);
    let today = twilio.request(Method::GET, Product::Account, path);
    let today: Value = today.query("Category", "sms").send().await.unwrap().json().unwrap();
    assert_eq!(today["usage_records"][0]["count"], "3");
    let request = &transport.requests()[0];
    let expected = format!(
        "https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Usage/Records/Today.json?Category=sms"
    );
    assert_eq!(request.uri().to_string(), expected);
    assert!(request.headers().contains_key("authorization"));
}

#[tokio::test]
async fn every_product_has_its_host_and_a_segment_stays_one_segment() {
    let transport = ScriptedTransport::new().answer(200, "{}").answer(200, "{}").answer(200, "{}");
    let (twilio, plivo) = (twilio(&transport), plivo(&transport));
    let path = ["v2", "PhoneNumbers", "+447700900123/../x"];
    twilio.request(Method::GET, Product::Lookups, path).send().await.unwrap();
    plivo
        .request(Method::POST, ["Application"])
        .json(&json!({"app_name": "a"}))
        .send()
        .await
        .unwrap();
    let form = twilio.request(Method::POST, Product::Verify, ["v2", "Services"]);
    form.form("FriendlyName", "A & B").send().await.unwrap();
    let requests = transport.requests();
    let uris: Vec<String> = requests.iter().map(|request| request.uri().to_string()).collect();
    assert_eq!(uris[0], "https://lookups.twilio.com/v2/PhoneNumbers/%2B447700900123%2F..%2Fx");
    assert_eq!(uris[1], "https://api.plivo.com/v1/Account/MA000000000000000001/Application/");
    assert_eq!(uris[2], "https://verify.twilio.com/v2/Services");
    assert_eq!(
        (requests[1].body().as_ref(), requests[1].headers()["content-type"].as_bytes()),
        (br#"{"app_name":"a"}"#.as_slice(), b"application/json".as_slice(),)
    );
    assert_eq!(requests[2].body().as_ref(), b"FriendlyName=A+%26+B");
}

#[tokio::test]
async fn one_host_for_all_products_is_told_which_is_meant() {
    let transport = ScriptedTransport::new().answer(200, "{}").answer(200, "{}").answer(200, "{}");
    let config = TwilioConfig::new(ACCOUNT, "token").with_base_url("http://127.0.0.1:4010");
    let client = Twilio::with_transport(&config, Arc::new(transport.clone())).unwrap();
    client.request(Method::GET, Product::Messaging, ["v1", "Services"]).send().await.unwrap();
    client.request(Method::GET, Product::Account, ["Calls.json"]).send().await.unwrap();
    twilio(&transport).request(Method::GET, Product::Messaging, ["v1"]).send().await.unwrap();
    let requests = transport.requests();
    let meant = |at: usize| requests[at].headers().get("x-forwarded-host").cloned();
    assert_eq!(requests[0].uri(), "http://127.0.0.1:4010/v1/Services");
    assert_eq!(meant(0).unwrap(), "messaging.twilio.com");
    assert_eq!((meant(1).unwrap(), meant(2)), ("api.twilio.com".parse().unwrap(), None));
}

#[tokio::test]
async fn a_refusal_is_read_as_the_vendors_own_and_names_the_account() {
    let body = r#"{"code":20404,"message":"not found","status":404}"#;
    let transport = ScriptedTransport::new().answer(404, body);
    let twilio = twilio(&transport);
    let request = twilio.request(Method::GET, Product::Account, ["Nothing.json"]).send();
    let error = request.await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::NotFound, Some("20404")));
    assert_eq!(error.account().unwrap().as_str(), ACCOUNT);
    let shown = error.to_string();
    assert!(!shown.contains("sent"), "a read has no message at stake: {shown}");
}

#[tokio::test]
async fn only_a_read_proves_that_nothing_happened() {
    for (method, outcome) in [(Method::GET, Outcome::NotSent), (Method::POST, Outcome::Unknown)] {
        let transport = ScriptedTransport::new().fail(TransportErrorKind::Timeout);
        let twilio = twilio(&transport);
        let request = twilio.request(method, Product::Account, ["Keys.json"]).send();
        assert_eq!(request.await.unwrap_err().outcome(), outcome);
    }
}

#[tokio::test]
async fn what_cannot_be_written_is_refused_before_anything_leaves() {
    let transport = ScriptedTransport::new();
    let twilio = twilio(&transport);
    let climbing = twilio.request(Method::GET, Product::Account, ["..", "Keys.json"]).send();
    let both = twilio
        .request(Method::POST, Product::Account, ["Keys.json"])
        .form("a", "b")
        .json(&1)
        .send();
    for error in [climbing.await.unwrap_err(), both.await.unwrap_err()] {
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::InvalidRequest, Outcome::NotSent));
    }
    assert!(transport.requests().is_empty());
}

#[tokio::test]
async fn pages_are_followed_to_their_end_on_the_same_host_and_never_twice() {
    let first = format!("/2010-04-01/Accounts/{ACCOUNT}/Keys.json?Page=1");
    let page = |next: &str| json!({ "keys": [], "next_page_uri": next }).to_string();
    let walk = async |pages: &[String]| {
        let script = pages
            .iter()
            .fold(ScriptedTransport::new(), |script, page| script.answer(200, page.clone()));
        let twilio = twilio(&script);
        let mut pages = twilio.request(Method::GET, Product::Account, ["Keys.json"]).pages();
        let mut results = Vec::new();
        while let Some(page) = pages.next().await {
            results.push(page.map(drop).map_err(|error| error.detail().to_owned()));
        }
        results
    };
    assert_eq!(walk(&[page(&first), page("")]).await.len(), 2);
    let back = walk(&[page(&first), page(&first)]).await;
    assert_eq!(back[2], Err("next page: was read before".into()));
    let away = walk(&[page("https://example.com/Keys.json")]).await;
    assert_eq!(away[1], Err("next page: is on another host".into()));
}
