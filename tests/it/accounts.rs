//! Accounts of many tenants: each message by its tenant's account, each webhook by its account's key.

use std::sync::Arc;

use anysms::{
    Account, AccountKey, Accounts, ErrorKind, Message, Outcome, PhoneNumber, SmsProvider, TenantId,
    error::Blame,
    plivo::{PLIVO, Plivo, PlivoConfig},
    testing::ScriptedTransport,
    twilio::{TWILIO, Twilio, TwilioConfig, TwilioWebhook},
    webhook::{KeyLookup, WebhookExt, WebhookRequest},
};

const FIRST: &str = "AC00000000000000000000000000000001";
const SECOND: &str = "AC00000000000000000000000000000002";
const PLIVO_ID: &str = "MA000000000000000001";

fn twilio(sid: &str, token: &str, transport: &ScriptedTransport) -> Twilio {
    let config = TwilioConfig::new(sid, token).with_sender("+15555550100".parse().unwrap());
    Twilio::with_transport(&config, Arc::new(transport.clone())).unwrap()
}

fn tenant(name: &str) -> TenantId {
    name.parse().unwrap()
}

fn message() -> Message {
    Message::new("+447700900123".parse::<PhoneNumber>().unwrap(), "Hello")
}

fn two() -> (Accounts, ScriptedTransport) {
    let transport = ScriptedTransport::new().answer(201, r#"{"sid":"SM1","status":"queued"}"#);
    let accounts = Accounts::new();
    assert!(accounts.put(tenant("clinic"), twilio(FIRST, "one", &transport)).is_none());
    assert!(accounts.put(tenant("club"), twilio(SECOND, "two", &transport)).is_none());
    (accounts, transport)
}

#[tokio::test]
async fn a_message_goes_out_by_its_tenants_account() {
    let (accounts, transport) = two();
    let message = message().with_tenant(tenant("club"));
    let key = AccountKey::new(TWILIO, SECOND.into());
    assert_eq!(accounts.account(&message), Some(key));
    let receipt = accounts.send(&message).await.unwrap();
    assert_eq!(receipt.account.unwrap().as_str(), SECOND);
    assert!(transport.requests()[0].uri().path().contains(SECOND));
}

#[tokio::test]
async fn a_tenant_without_an_account_is_refused_and_never_falls_through() {
    let (accounts, transport) = two();
    for message in [message(), message().with_tenant(tenant("stranger"))] {
        let error = accounts.send(&message).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::InvalidRequest, Outcome::NotSent));
        assert_eq!((error.blame(), error.may_fail_over()), (Blame::Message, false));
        assert_eq!(error.detail(), "tenant: has no account");
    }
    assert!(accounts.remove(tenant("clinic")).is_some());
    let error = accounts.send(&message().with_tenant(tenant("clinic"))).await.unwrap_err();
    assert_eq!(error.detail(), "tenant: has no account");
    assert!(transport.requests().is_empty());
}

#[test]
fn no_tenant_is_a_tenant_too() {
    let (accounts, transport) = two();
    accounts.put(None, twilio(FIRST, "one", &transport));
    assert_eq!(accounts.account(&message()).unwrap().id.as_str(), FIRST);
    assert_eq!(accounts.len(), 2, "the clinic's account, counted once");
}

#[test]
fn the_owner_of_an_event_is_the_tenant_whose_key_signed_it() {
    let (accounts, transport) = two();
    let url = "https://example.com/hooks/twilio";
    let webhook = TwilioWebhook::by_account(accounts.clone(), url.parse().unwrap());
    let event = |sid: &str, token: &str| {
        let signer = TwilioWebhook::new(token, url.parse().unwrap()).unwrap();
        let body = format!("AccountSid={sid}&MessageSid=SM{}&MessageStatus=sent", "0".repeat(32));
        let signature = signer.sign(url, body.as_bytes()).unwrap();
        let request = http::Request::post("/hooks/twilio")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("X-Twilio-Signature", signature)
            .body(body.into_bytes())
            .unwrap();
        webhook.receive(WebhookRequest::from_http(&request))
    };
    let owner = |sid, token| accounts.owner(&event(sid, token).unwrap());
    assert_eq!(owner(FIRST, "one"), Some(tenant("clinic")));
    assert_eq!(owner(SECOND, "two"), Some(tenant("club")));
    assert!(event(FIRST, "two").is_err(), "the key of another account proves nothing");
    // Two tenants share an account: nobody can say whose the event is.
    accounts.put(tenant("gym"), twilio(SECOND, "two", &transport));
    assert_eq!(owner(SECOND, "two"), None);
}

#[test]
fn accounts_of_two_providers_stand_side_by_side() {
    let (accounts, transport) = two();
    let config = PlivoConfig::new(PLIVO_ID, "three");
    let plivo = Plivo::with_transport(&config, Arc::new(transport)).unwrap();
    assert_eq!(plivo.account_id().as_str(), PLIVO_ID);
    let before = accounts.put(tenant("club"), plivo).unwrap();
    assert_eq!(before.account_id().as_str(), SECOND);
    assert!(accounts.keys(PLIVO_ID).is_some() && accounts.keys(SECOND).is_none());
    assert!(accounts.find(&AccountKey::new(PLIVO, PLIVO_ID.into())).is_some());
    assert!(accounts.find(&AccountKey::new(TWILIO, PLIVO_ID.into())).is_none());
    let shown = format!("{accounts:?}");
    assert!(!shown.contains("three") && !shown.contains(PLIVO_ID), "{shown}");
}

#[test]
fn an_account_without_a_key_has_no_webhook() {
    let json = format!(
        r#"{{"account_sid":"{FIRST}","api_key":"SK{}","api_key_secret":"secret"}}"#,
        "0".repeat(32)
    );
    let config: TwilioConfig = serde_json::from_str(&json).unwrap();
    let twilio = Twilio::with_transport(&config, Arc::new(ScriptedTransport::new())).unwrap();
    let error = twilio.webhook("https://example.com/hooks".parse().unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.detail().starts_with("auth token: none set"), "{}", error.detail());
}
