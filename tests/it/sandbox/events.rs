//! Events of other products than messages: of conversations, of codes, of usage.

use std::time::Duration;

use anysms::{
    plivo::{PlivoSandbox, PlivoWebhook},
    sandbox::{Inbound, Sandbox},
    twilio::{TWILIO, TwilioSandbox},
};
use serde_json::json;
use tokio::{sync::mpsc::UnboundedReceiver, time::timeout};

use super::hand::{Hand, Heard, account, webhook};

const PHONE: &str = "+447700900123";

async fn next(heard: &mut UnboundedReceiver<Heard>) -> Heard {
    timeout(Duration::from_secs(10), heard.recv()).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_conversation_reaches_phones_hears_them_and_tells_its_webhooks() {
    let sandbox = Sandbox::start().await.unwrap();
    let hand = Hand::twilio(&sandbox);
    let (url, mut heard) = webhook(vec![(200, "text/xml", "<Response/>".to_owned())]).await;
    let start = "/conversations.twilio.com/v1";
    let made = [("UniqueName", "table-7")];
    let (status, thread) = hand.form(&format!("{start}/Conversations"), &made).await;
    assert_eq!((status, &thread["state"]), (201, &json!("active")));
    let named = format!("{start}/Conversations/table-7");
    let phone = [
        ("MessagingBinding.Address", PHONE),
        ("MessagingBinding.ProxyAddress", TwilioSandbox::NUMBER),
    ];
    assert_eq!(hand.form(&format!("{named}/Participants"), &phone).await.0, 201);
    let scoped = format!("{url}/scoped");
    let hook = [
        ("Target", "webhook"),
        ("Configuration.Url", scoped.as_str()),
        ("Configuration.Method", "POST"),
        ("Configuration.Filters", "onMessageAdded"),
    ];
    assert_eq!(hand.form(&format!("{named}/Webhooks"), &hook).await.0, 201);
    let said = [("Body", "Your table is ready"), ("Author", "club")];
    let (status, message) = hand.form(&format!("{named}/Messages"), &said).await;
    assert_eq!((status, &message["index"]), (201, &json!(0)));
    assert_eq!(&*sandbox.messages()[0].text, "Your table is ready");
    let receipts = format!("{named}/Messages/{}/Receipts", message["sid"].as_str().unwrap());
    let (_, receipts) = hand.get(&receipts).await;
    assert_eq!(receipts["delivery_receipts"][0]["status"], "delivered");

    let answer =
        Inbound::new(PHONE.parse().unwrap(), TwilioSandbox::NUMBER.parse().unwrap(), "On my way");
    sandbox.receive_at_number(&TWILIO, &answer).await.unwrap();
    let event = next(&mut heard).await;
    assert_eq!(event.path, "/scoped");
    assert_eq!(event.get("EventType"), Some("onMessageAdded"));
    assert_eq!((event.get("Source"), event.get("Body")), (Some("SMS"), Some("On my way")));
    assert_eq!(event.get("Author"), Some(PHONE));
    assert_eq!(event.get("Index"), Some("1"), "a client's own write is no event by itself");
    let (_, all) = hand.get(&format!("{named}/Messages")).await;
    assert_eq!(all["messages"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_session_tells_its_callback_signed() {
    let sandbox = Sandbox::start().await.unwrap();
    let hand = Hand::plivo(&sandbox);
    let (url, mut heard) = webhook(vec![(200, "text/plain", String::new())]).await;
    let start = format!("/v1/Account/{}/Verify/Session/", PlivoSandbox::AUTH_ID);
    let (status, session) =
        hand.json(&start, json!({"recipient": PHONE, "url": format!("{url}/verify")})).await;
    assert_eq!(status, 202);
    let event = next(&mut heard).await;
    assert_eq!(event.get("SessionUUID"), session["session_uuid"].as_str());
    assert_eq!(event.get("ChannelStatus"), Some("delivered"));
    let verifier = PlivoWebhook::sandbox(url.parse().unwrap()).unwrap();
    let nonce = event.header("x-plivo-signature-v2-nonce").unwrap();
    let signature = verifier.sign_v2(&format!("{url}/verify"), nonce).unwrap();
    assert_eq!(event.header("x-plivo-signature-v2"), Some(signature.as_str()));
}

#[tokio::test]
async fn a_trigger_fires_once_when_its_value_is_reached() {
    let sandbox = Sandbox::start().await.unwrap();
    let hand = Hand::twilio(&sandbox);
    let (url, mut heard) = webhook(vec![(200, "text/plain", String::new())]).await;
    let trigger = [("CallbackUrl", url.as_str()), ("TriggerValue", "+2"), ("UsageCategory", "sms")];
    let (status, made) = hand.form(&format!("{}/Usage/Triggers.json", account()), &trigger).await;
    assert_eq!((status, &made["trigger_value"]), (201, &json!("2")));
    let form = [("To", PHONE), ("From", TwilioSandbox::NUMBER), ("Body", "Hello")];
    for _ in 0..4 {
        assert_eq!(hand.form(&format!("{}/Messages.json", account()), &form).await.0, 201);
    }
    let fired = next(&mut heard).await;
    assert_eq!(fired.get("UsageTriggerSid"), made["sid"].as_str());
    assert_eq!(fired.get("CurrentValue"), Some("2"));
    let again = timeout(Duration::from_millis(100), heard.recv()).await;
    assert!(again.is_err(), "it fires once");
}
