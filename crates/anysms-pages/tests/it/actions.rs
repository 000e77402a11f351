//! Actions of a reader, by forms alone, as a browser without the script sends them.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use anysms::{
    MessageStatus, Outcome, PhoneNumber, SmsProvider,
    sandbox::{Fault, When},
    twilio::{Twilio, TwilioConfig},
};
use axum::Router;
use tokio::net::TcpListener;

use crate::{PHONE, Site};

/// Starts a webhook; returns its address and the bodies that it takes.
pub(crate) async fn webhook() -> (String, Arc<Mutex<Vec<String>>>) {
    let bodies = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&bodies);
    let router = Router::new().fallback(async move |body: String| {
        kept.lock().unwrap().push(body);
        ""
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hooks", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, bodies)
}

const TO: (&str, &str) = ("to", "twilio:+15555550100");

#[tokio::test]
async fn a_reply_reaches_the_webhook() {
    let site = Site::start().await;
    let (url, bodies) = webhook().await;
    let fields = [("phone", PHONE), TO, ("text", "On my way\r\nBye"), ("webhook", &url)];
    let page = site.post("reply", &fields).await;
    assert!(page.contains("The webhook answered 200."));
    assert!(page.contains("On my way\nBye"));
    assert!(bodies.lock().unwrap()[0].contains("Body=On+my+way%0ABye"));
    assert!(page.contains(&url), "the next reply goes there too");
    let page = site.post("reply", &[("phone", PHONE), TO, ("text", "Hello")]).await;
    assert!(page.contains("this number names no webhook"));
    let dead = [("phone", PHONE), TO, ("text", "Hello"), ("webhook", "http://127.0.0.1:9/")];
    assert!(site.post("reply", &dead).await.contains("the webhook gave no answer"));
}

#[tokio::test]
async fn stop_is_obeyed_until_start() {
    let site = Site::start().await;
    site.deliver(PHONE, "Hello").await;
    site.post("reply", &[("phone", PHONE), TO, ("text", "not this"), ("keyword", "STOP")]).await;
    assert_eq!(&*site.sandbox.received()[0].text, "STOP");
    let sms = Twilio::new(&TwilioConfig::sandbox(&site.sandbox)).unwrap();
    let message = anysms::Message::new(PHONE.parse::<PhoneNumber>().unwrap(), "Hello again");
    assert_eq!(sms.send(&message).await.unwrap_err().kind(), anysms::ErrorKind::OptedOut);
    site.post("reply", &[("phone", PHONE), TO, ("keyword", "START")]).await;
    sms.send(&message).await.unwrap();
}

#[tokio::test]
async fn a_picture_is_sent_and_not_shown() {
    let site = Site::start().await;
    let picture = ("picture", "https://example.com/cat.jpg");
    let page = site.post("reply", &[("phone", PHONE), TO, picture]).await;
    assert!(page.contains("https://example.com/cat.jpg") && !page.contains("<img"));
    assert_eq!(site.sandbox.received()[0].media[0].1.as_str(), "https://example.com/cat.jpg");
}

#[tokio::test]
async fn a_reply_goes_over_the_channel_of_the_conversation() {
    let site = Site::start().await;
    let text = ("text", "Hello");
    site.post("reply", &[("phone", PHONE), TO, text, ("channel", "whatsapp")]).await;
    let first = site.sandbox.received().remove(0);
    assert_eq!(first.channel.as_deref(), Some("whatsapp"));
    let page = site.page("?phone=447700900123&part=details").await;
    assert!(page.contains("whatsapp") && page.contains("sent by the phone"));
    let page = site.page("?phone=447700900123").await;
    assert!(page.contains("name=\"channel\" value=\"whatsapp\""));
}

#[tokio::test]
async fn a_form_that_lacks_something_says_what() {
    let site = Site::start().await;
    for (action, fields, says) in [
        ("reply", &[("phone", PHONE), TO][..], "write a text or attach a picture"),
        ("reply", &[("phone", PHONE), ("text", "a")], "choose a number"),
        ("reply", &[TO, ("text", "a")], "choose a number"),
        ("reply", &[("phone", PHONE), TO, ("picture", "ftp:x")], "an address begins with http"),
        (
            "reply",
            &[("phone", PHONE), TO, ("text", "a"), ("webhook", "x")],
            "an address begins with http",
        ),
        (
            "reply",
            &[("phone", PHONE), ("to", "acme:+15555550100"), ("text", "a")],
            "the sandbox does not take it",
        ),
        ("fault", &[("fault", "odd")], "that choice does not exist"),
        ("fate", &[("fate", "u30003")], "that choice does not exist"),
        ("skip", &[("seconds", "-1")], "that choice does not exist"),
    ] {
        assert!(site.post(action, fields).await.contains(says), "{action} {fields:?}");
    }
    assert!(site.sandbox.received().is_empty());
}

#[tokio::test]
async fn a_fault_waits_for_the_next_message() {
    let site = Site::start().await;
    let page = site.post("fault", &[("fault", "take-hang-up"), ("next", "1")]).await;
    assert!(page.contains("next: take, hang up"));
    assert_eq!(site.sandbox.faults(), [(None, When::Next(1), Fault::TakeAndHangUp)]);
    let sms = Twilio::new(&TwilioConfig::sandbox(&site.sandbox)).unwrap();
    let to: PhoneNumber = PHONE.parse().unwrap();
    let error = sms.send(&anysms::Message::new(to, "Hello")).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert!(!site.page("").await.contains("take, hang up"));
    let at = [("fault", "503"), ("next", "2"), ("at", "/Verifications")];
    let page = site.post("fault", &at).await;
    assert!(page.contains("at /Verifications"), "{page}");
    let path = Some("/Verifications".to_owned());
    assert_eq!(site.sandbox.faults().remove(0), (path, When::Next(2), Fault::Refuse(503)));
    site.sandbox.clear_faults();

    site.post("fault", &[("fault", "503"), ("phone", PHONE), ("scope", "phone")]).await;
    assert_eq!(site.sandbox.faults(), [(None, When::To(to), Fault::Refuse(503))]);
    let page = site.post("calm", &[]).await;
    assert!(page.contains("All faults are gone.") && site.sandbox.faults().is_empty());
}

#[tokio::test]
async fn a_fate_stays() {
    let site = Site::start().await;
    let page = site.post("fate", &[("phone", PHONE), ("fate", "u30003")]).await;
    assert!(page.contains("undelivered 30003"));
    for _ in 0..2 {
        let id = site.send(PHONE, "Hello").await;
        site.reach(&id, &MessageStatus::Undelivered).await;
    }
    site.post("fate", &[("phone", PHONE), ("fate", "delivered")]).await;
    site.deliver(PHONE, "Hello").await;
}

#[tokio::test]
async fn time_passes_and_messages_go() {
    let site = Site::start().await;
    let before = site.sandbox.now();
    site.deliver(PHONE, "Hello").await;
    site.post("skip", &[("seconds", "3600"), ("phone", PHONE), ("q", "is:failed")]).await;
    let passed = site.sandbox.now().duration_since(before);
    assert!(Duration::try_from(passed).unwrap() >= Duration::from_secs(3_600));
    let page = site.post("clear", &[("phone", PHONE), ("q", "hello")]).await;
    assert!(page.contains("All messages are gone.") && page.contains("value=\"hello\""));
    assert!(site.sandbox.messages().is_empty());
}
