//! Messages from phones: the webhook of a number, and everything its answer may ask for.

use std::time::Duration;

use anysms::{
    plivo::{PLIVO, PlivoSandbox},
    sandbox::{Inbound, Sandbox},
    twilio::{TWILIO, TwilioSandbox},
};
use serde_json::json;

use super::hand::{Hand, account, webhook};

const PHONE: &str = "+447700900123";

fn inbound(to: &str, text: &str) -> Inbound {
    Inbound::new(PHONE.parse().unwrap(), to.parse().unwrap(), text)
}

/// Sets the webhook of the sandbox's number. Returns its path.
async fn set_webhook(hand: &Hand, url: &str, method: &str) -> String {
    let (_, numbers) = hand.get(&format!("{}/IncomingPhoneNumbers.json", account())).await;
    let sid = numbers["incoming_phone_numbers"][0]["sid"].as_str().unwrap();
    let path = format!("{}/IncomingPhoneNumbers/{sid}.json", account());
    assert_eq!(hand.form(&path, &[("SmsUrl", url), ("SmsMethod", method)]).await.0, 200);
    path
}

#[tokio::test]
async fn twiml_sends_redirects_and_attaches() {
    let sandbox = Sandbox::builder().pace(Duration::from_millis(5)).start().await.unwrap();
    let hand = Hand::twilio(&sandbox);
    let first = "<?xml version=\"1.0\"?><Response><Message action=\"/done\">One &amp; two</Message>\
        <Redirect method=\"GET\">/next?step=2</Redirect><Message>never</Message></Response>";
    let second = "<Response><Message><Body>Three</Body><Media>http://127.0.0.1/a.png</Media></Message>\
        </Response>";
    let empty = (200, "text/xml", "<Response/>".to_owned());
    let (url, mut heard) = webhook(vec![
        (200, "text/xml", first.to_owned()),
        (200, "application/xml", second.to_owned()),
        empty,
    ])
    .await;
    set_webhook(&hand, &format!("{url}/sms"), "POST").await;
    let sent = inbound(TwilioSandbox::NUMBER, "Hi")
        .with_media("http://127.0.0.1/cat.png".parse().unwrap());
    let (message, status) = sandbox.receive_at_number(&TWILIO, &sent).await.unwrap();
    assert_eq!((status, message.is_inbound()), (Some(200), true));
    let asked = heard.recv().await.unwrap();
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/sms"));
    assert_eq!(asked.get("NumMedia"), Some("1"));
    assert_eq!(asked.get("MediaUrl0"), Some("http://127.0.0.1/cat.png"));
    assert_eq!(asked.get("FromCountry"), Some("GB"));
    let redirected = heard.recv().await.unwrap();
    assert_eq!((redirected.method.as_str(), redirected.path.as_str()), ("GET", "/next"));
    assert_eq!(redirected.get("step"), Some("2"));
    let mut texts: Vec<String> = sandbox.messages().iter().map(|m| m.text.to_string()).collect();
    texts.sort();
    assert_eq!(texts, ["One & two", "Three"]);
    let pictures: Vec<usize> = sandbox.messages().iter().map(|m| m.media.len()).collect();
    assert_eq!(pictures.iter().sum::<usize>(), 1);
    let reported = heard.recv().await.unwrap();
    assert_eq!((reported.path.as_str(), reported.get("MessageStatus")), ("/done", Some("sent")));
    let signed = sandbox.received()[0].reports[1].signed.clone().unwrap();
    assert!(signed.starts_with(&format!("{url}/next?step=2&ToCountry=")), "a GET signs its query");
    let (_, listed) = hand.get(&format!("{}/Messages.json?From=%2B447700900123", account())).await;
    assert_eq!(listed["messages"][0]["direction"], "inbound");
}

#[tokio::test]
async fn a_number_without_a_webhook_keeps_what_came() {
    let sandbox = Sandbox::start().await.unwrap();
    let message = inbound(TwilioSandbox::NUMBER, "Hello");
    let (message, status) = sandbox.receive_at_number(&TWILIO, &message).await.unwrap();
    assert_eq!((status, sandbox.received()[0].id.clone()), (None, message.id));
    assert!(sandbox.messages().is_empty());
}

#[tokio::test]
async fn who_says_stop_is_sent_no_more_until_start() {
    let sandbox = Sandbox::start().await.unwrap();
    let (twilio, plivo) = (Hand::twilio(&sandbox), Hand::plivo(&sandbox));
    let form = [("To", PHONE), ("From", TwilioSandbox::NUMBER), ("Body", "Hello")];
    let body = json!({"src": PlivoSandbox::NUMBER, "dst": PHONE, "text": "Hello"});
    let by_twilio = || async { twilio.form(&format!("{}/Messages.json", account()), &form).await };
    let message = format!("/v1/Account/{}/Message/", PlivoSandbox::AUTH_ID);
    let by_plivo = || async {
        let (status, sent) = plivo.json(&message, body.clone()).await;
        assert_eq!(status, 202);
        let uuid = sent["message_uuid"][0].as_str().unwrap().to_owned();
        let end = async {
            loop {
                let (_, message) = plivo.get(&format!("{message}{uuid}/")).await;
                if ["failed", "delivered"].contains(&message["message_state"].as_str().unwrap()) {
                    return (message["message_state"].clone(), message["error_code"].clone());
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), end).await.unwrap()
    };
    for (text, open) in [("Stop", false), ("START", true)] {
        for (provider, number) in [(TWILIO, TwilioSandbox::NUMBER), (PLIVO, PlivoSandbox::NUMBER)] {
            sandbox.receive_at_number(&provider, &inbound(number, text)).await.unwrap();
        }
        let (status, answer) = by_twilio().await;
        assert_eq!(status, if open { 201 } else { 400 });
        assert_eq!(answer["code"] == 21610, !open);
        let expected = if open { ("delivered", "000") } else { ("failed", "200") };
        assert_eq!(by_plivo().await, (json!(expected.0), json!(expected.1)));
    }
    let replies = sandbox.messages().into_iter().filter(|m| m.text.contains("Reply"));
    assert_eq!(replies.count(), 4, "each vendor confirmed each keyword");
}

#[tokio::test]
async fn a_service_says_that_someone_opted_out_and_takes_its_number_s_messages() {
    let sandbox = Sandbox::start().await.unwrap();
    let hand = Hand::twilio(&sandbox);
    let (url, mut heard) = webhook(vec![(200, "text/xml", "<Response/>".to_owned())]).await;
    let number = set_webhook(&hand, &format!("{url}/number"), "POST").await;
    let sid = number.rsplit('/').next().unwrap().trim_end_matches(".json");
    let services = "/messaging.twilio.com/v1/Services";
    let inbound_url = format!("{url}/service");
    let settings = [("FriendlyName", "Club"), ("InboundRequestUrl", inbound_url.as_str())];
    let (_, service) = hand.form(services, &settings).await;
    let pool = service["sid"].as_str().unwrap();
    let members = format!("{services}/{pool}/PhoneNumbers");
    assert_eq!(hand.form(&members, &[("PhoneNumberSid", sid)]).await.0, 200);
    let (status, again) = hand.form(&members, &[("PhoneNumberSid", sid)]).await;
    assert_eq!((status, &again["code"]), (409, &json!(21710)));
    let stop = inbound(TwilioSandbox::NUMBER, "STOP");
    sandbox.receive_at_number(&TWILIO, &stop).await.unwrap();
    let asked = heard.recv().await.unwrap();
    assert_eq!(asked.path, "/service");
    assert_eq!(asked.get("OptOutType"), Some("STOP"));
    assert_eq!(asked.get("MessagingServiceSid"), Some(pool));
    let form = [("To", PHONE), ("MessagingServiceSid", pool), ("Body", "Hello")];
    let (_, refused) = hand.form(&format!("{}/Messages.json", account()), &form).await;
    assert_eq!(refused["code"], 21610);
}

#[tokio::test]
async fn other_channels_have_their_own_shape() {
    let sandbox = Sandbox::start().await.unwrap();
    let hand = Hand::twilio(&sandbox);
    let plain = "text/plain; charset=utf-8";
    let (url, mut heard) = webhook(vec![(200, plain, "Got it".to_owned())]).await;
    set_webhook(&hand, &url, "GET").await;
    for channel in ["whatsapp", "rcs"] {
        let message = inbound(TwilioSandbox::NUMBER, "Hello").over(channel);
        sandbox.receive_at_number(&TWILIO, &message).await.unwrap();
        let asked = heard.recv().await.unwrap();
        assert_eq!(asked.method, "GET");
        assert_eq!(asked.get("From"), Some(format!("{channel}:{PHONE}").as_str()));
        let wa_id = (channel == "whatsapp").then_some("447700900123");
        assert_eq!(asked.get("WaId"), wa_id);
        let answered = sandbox.messages().remove(0);
        assert_eq!((&*answered.text, answered.channel.as_deref()), ("Got it", Some(channel)));
    }
}

#[tokio::test]
async fn plivo_xml_sends_what_it_names_and_a_failed_webhook_is_called_again() {
    let sandbox = Sandbox::start().await.unwrap();
    let hand = Hand::plivo(&sandbox);
    let own = PlivoSandbox::NUMBER.trim_start_matches('+');
    let xml = format!(
        "<Response><Message src=\"{own}\" dst=\"447700900123&lt;447700900124\">Thanks</Message>\
         <Message dst=\"447700900123\">no sender</Message></Response>"
    );
    let (url, mut heard) =
        webhook(vec![(503, "text/plain", String::new()), (200, "application/xml", xml)]).await;
    let start = format!("/v1/Account/{}", PlivoSandbox::AUTH_ID);
    let app = json!({"app_name": "club", "message_url": url});
    let (status, app) = hand.json(&format!("{start}/Application/"), app).await;
    assert_eq!(status, 201);
    let set = json!({"app_id": app["app_id"]});
    assert_eq!(hand.json(&format!("{start}/Number/{own}/"), set).await.0, 202);
    let message = inbound(PlivoSandbox::NUMBER, "Hi");
    let receive = async { sandbox.receive_at_number(&PLIVO, &message).await };
    let skip = async {
        heard.recv().await.unwrap();
        while sandbox.received()[0].reports.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        sandbox.skip(Duration::from_secs(30));
        assert!(heard.try_recv().is_err(), "it waits a whole minute");
        sandbox.skip(Duration::from_secs(30));
        heard.recv().await.unwrap()
    };
    let (received, again) = tokio::join!(receive, skip);
    assert_eq!(received.unwrap().1, Some(200));
    assert_eq!((again.get("Text"), again.get("MessageIntent")), (Some("Hi"), Some("")));
    let answers: Vec<_> = sandbox.received()[0].reports.iter().map(|r| r.answer).collect();
    assert_eq!(answers, [Some(503), Some(200)]);
    let mut to: Vec<String> = sandbox.messages().iter().map(|m| m.to.to_string()).collect();
    to.sort();
    assert_eq!(to, ["+447700900123", "+447700900124"]);
}
