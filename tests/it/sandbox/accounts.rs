//! Accounts of the sandbox: subaccounts, keys, trials, what is suspended, and whose a message is.

use anysms::{
    plivo::PLIVO,
    sandbox::{AccountStanding, Sandbox},
    twilio::{TWILIO, TwilioSandbox},
};
use serde_json::json;

use super::hand::{Hand, account};

const TO: &str = "+447700900123";

fn message<'a>(to: &'a str, from: &'a str) -> [(&'a str, &'a str); 3] {
    [("To", to), ("From", from), ("Body", "Hello")]
}

#[tokio::test]
async fn a_subaccount_sends_with_its_own_token_until_it_is_suspended() {
    let sandbox = Sandbox::start().await.unwrap();
    let main = Hand::twilio(&sandbox);
    let (status, sub) = main.form("/2010-04-01/Accounts.json", &[("FriendlyName", "Club")]).await;
    assert_eq!((status, &sub["status"], &sub["type"]), (201, &json!("active"), &json!("Full")));
    assert_eq!(sub["owner_account_sid"], TwilioSandbox::ACCOUNT_SID);
    let id = sub["sid"].as_str().unwrap().to_owned();
    let own = Hand::with(&sandbox, &id, sub["auth_token"].as_str().unwrap());
    let messages = format!("/2010-04-01/Accounts/{id}/Messages.json");

    let (status, refused) = own.form(&messages, &message(TO, TwilioSandbox::NUMBER)).await;
    assert_eq!((status, &refused["code"]), (400, &json!(21660)), "the number is another's");
    let (status, bought) = own
        .form(
            &format!("/2010-04-01/Accounts/{id}/IncomingPhoneNumbers.json"),
            &[("AreaCode", "415")],
        )
        .await;
    assert_eq!(status, 201);
    let number = bought["phone_number"].as_str().unwrap();
    let (status, sent) = own.form(&messages, &message(TO, number)).await;
    assert_eq!((status, &sent["account_sid"]), (201, &json!(id)));
    let at_main = format!("{}/Messages/{}.json", account(), sent["sid"].as_str().unwrap());
    assert_eq!(main.get(&at_main).await.0, 404, "it is not the main account's");
    assert_eq!(main.get(&messages).await.0, 200, "but it may look below");
    let other = sandbox.open_account(&TWILIO).unwrap();
    assert_eq!(Hand::of(&sandbox, &other).get(&messages).await.0, 404);

    let path = format!("/2010-04-01/Accounts/{id}.json");
    assert_eq!(main.form(&path, &[("Status", "suspended")]).await.0, 200);
    let (status, refused) = own.form(&messages, &message(TO, number)).await;
    assert_eq!((status, &refused["code"]), (401, &json!(20003)));
    assert_eq!(main.form(&path, &[("Status", "active")]).await.0, 200);
    assert_eq!(own.form(&messages, &message(TO, number)).await.0, 201);
    assert_eq!(main.form(&path, &[("Status", "closed")]).await.0, 200);
    let (_, again) = main.form(&path, &[("Status", "active")]).await;
    assert_eq!(again["code"], 20001, "what is closed stays closed");
}

#[tokio::test]
async fn a_key_sends_but_opens_no_accounts_and_no_keys() {
    let sandbox = Sandbox::start().await.unwrap();
    let main = Hand::twilio(&sandbox);
    let keys = format!("{}/Keys.json", account());
    let (status, key) = main.form(&keys, &[]).await;
    assert_eq!(status, 201);
    let (sid, secret) = (key["sid"].as_str().unwrap(), key["secret"].as_str().unwrap());
    let by_key = Hand::with(&sandbox, sid, secret);
    let messages = format!("{}/Messages.json", account());
    assert_eq!(by_key.form(&messages, &message(TO, TwilioSandbox::NUMBER)).await.0, 201);
    for path in ["/2010-04-01/Accounts.json".to_owned(), format!("{}.json", account()), keys] {
        let (status, refused) = by_key.get(&path).await;
        assert_eq!((status, &refused["code"]), (401, &json!(20003)), "{path}");
    }
    let at = format!("{}/Keys/{sid}.json", account());
    let (_, shown) = main.get(&at).await;
    assert!(shown.get("secret").is_none(), "a secret is shown once");
    assert_eq!(main.delete(&at).await.0, 204);
    assert_eq!(by_key.get(&messages).await.0, 401);
}

#[tokio::test]
async fn a_trial_sends_to_verified_numbers_alone() {
    let sandbox = Sandbox::start().await.unwrap();
    for provider in [TWILIO, PLIVO] {
        let account = sandbox.open_account(&provider).unwrap();
        let verified = "+447700900124".parse().unwrap();
        sandbox.change_account(&provider, &account.id, |account| {
            account.trial = true;
            account.verified.insert(verified);
        });
        let (hand, id) = (Hand::of(&sandbox, &account), &account.id);
        let from = sandbox.numbers(&account)[0].to_string();
        for (to, allowed) in [("+447700900123", false), ("+447700900124", true)] {
            let (status, answer) = if provider == TWILIO {
                let path = format!("/2010-04-01/Accounts/{id}/Messages.json");
                hand.form(&path, &message(to, &from)).await
            } else {
                let body = json!({"src": from, "dst": to, "text": "Hello"});
                hand.json(&format!("/v1/Account/{id}/Message/"), body).await
            };
            assert_eq!(status < 300, allowed, "{provider} {to}: {answer}");
            if provider == TWILIO && !allowed {
                assert_eq!(answer["code"], 21608);
            }
        }
    }
}

#[tokio::test]
async fn no_product_answers_without_credentials() {
    let sandbox = Sandbox::start().await.unwrap();
    let nobody = Hand::with(&sandbox, TwilioSandbox::ACCOUNT_SID, "wrong");
    let suspended = sandbox.open_account(&TWILIO).unwrap();
    sandbox.change_account(&TWILIO, &suspended.id, |account| {
        account.state = AccountStanding::Suspended
    });
    for path in [
        "/2010-04-01/Accounts.json".to_owned(),
        format!("{}/Balance.json", account()),
        format!("{}/Nothing.json", account()),
        "/verify.twilio.com/v2/Services".to_owned(),
        "/lookups.twilio.com/v1/PhoneNumbers/+15555550123".to_owned(),
        "/lookups.twilio.com/v2/PhoneNumbers/+15555550123".to_owned(),
        "/pricing.twilio.com/v1/Messaging/Countries".to_owned(),
        "/messaging.twilio.com/v1/Services".to_owned(),
        "/conversations.twilio.com/v1/Conversations".to_owned(),
        "/nothing.twilio.com/v1".to_owned(),
    ] {
        for hand in [nobody.clone(), Hand::of(&sandbox, &suspended)] {
            let (status, refused) = hand.get(&path).await;
            assert_eq!((status, &refused["code"]), (401, &json!(20003)), "{path}");
        }
    }
    let nobody = Hand::with(&sandbox, "MA000000000000000001", "wrong");
    for path in ["/v1/Account/MA000000000000000001/", "/v1/Number/+15555550123", "/v1/Account/x/Y/"]
    {
        assert_eq!(nobody.get(path).await.0, 401, "{path}");
    }
}

#[tokio::test]
async fn what_is_used_is_paid_and_counted() {
    let sandbox = Sandbox::start().await.unwrap();
    let hand = Hand::twilio(&sandbox);
    let balance = async || {
        let (_, answer) = hand.get(&format!("{}/Balance.json", account())).await;
        answer["balance"].as_str().unwrap().parse::<rust_decimal::Decimal>().unwrap()
    };
    let before = balance().await;
    let long = "a".repeat(161);
    let pairs = [("To", TO), ("From", TwilioSandbox::NUMBER), ("Body", long.as_str())];
    let (_, sent) = hand.form(&format!("{}/Messages.json", account()), &pairs).await;
    assert_eq!(sent["num_segments"], "2");
    let paid = before - balance().await;
    assert_eq!(paid.to_string(), "0.1048", "two segments to the United Kingdom");
    let path = format!("{}/Usage/Records/Today.json?Category=sms", account());
    let (_, used) = hand.get(&path).await;
    let used = &used["usage_records"][0];
    assert_eq!((&used["count"], &used["usage"]), (&json!("1"), &json!("2")));
    assert_eq!(used["price"], json!(0.1048));
}

#[tokio::test]
async fn usage_is_of_the_days_that_were_asked_for() {
    let sandbox = Sandbox::start().await.unwrap();
    let hand = Hand::twilio(&sandbox);
    for list in ["Daily", "Monthly", "Yearly", "AllTime"] {
        let path = format!("{}/Usage/Records/{list}.json", account());
        let range = "StartDate=2020-01-05&EndDate=2020-01-06";
        let (status, answer) = hand.get(&format!("{path}?{range}")).await;
        assert_eq!(status, 200, "{answer}");
        for used in answer["usage_records"].as_array().unwrap() {
            let (start, end) = (used["start_date"].as_str(), used["end_date"].as_str());
            assert!(start >= Some("2020-01-05") && start <= end, "{list}: {used}");
            assert!(end <= Some("2020-01-06"), "{list}: {used}");
        }
        let (_, answer) =
            hand.get(&format!("{path}?StartDate=9000-01-01&EndDate=9000-01-02")).await;
        assert_eq!(answer["usage_records"], json!([]), "{list}");
    }
}

#[tokio::test]
async fn a_summary_of_attempts_counts_the_time_that_was_asked_for() {
    let sandbox = Sandbox::start().await.unwrap();
    let hand = Hand::twilio(&sandbox);
    let services = "/verify.twilio.com/v2/Services";
    let (_, service) = hand.form(services, &[("FriendlyName", "Club")]).await;
    let start = format!("{services}/{}/Verifications", service["sid"].as_str().unwrap());
    assert_eq!(hand.form(&start, &[("To", TO), ("Channel", "sms")]).await.0, 201);
    let path = "/verify.twilio.com/v2/Attempts/Summary";
    for (filter, count) in [
        ("DateCreatedAfter=2020-01-01T00:00:00Z", 1),
        ("DateCreatedBefore=2020-01-01T00:00:00Z", 0),
        ("DateCreatedAfter=9000-01-01T00:00:00Z", 0),
    ] {
        let (_, summary) = hand.get(&format!("{path}?{filter}")).await;
        assert_eq!(summary["total_attempts"], json!(count), "{filter}");
    }
}
