//! The hook of identity services.

use anysms::{
    Timestamp,
    sandbox::{Fault, Sandbox, When},
    verification::{CodeHook, HookSecret},
};
use jiff::SignedDuration;

use super::{text, twilio};

const SECRET: &str = "v1,whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const BODY: &str =
    r#"{"user":{"id":"6481a5c1","phone":"447700900123","email":""},"sms":{"otp":"561166"}}"#;

struct Served {
    url: String,
    client: reqwest::Client,
    secret: HookSecret,
}

impl Served {
    async fn new(sandbox: &Sandbox) -> Self {
        let secret = HookSecret::new(SECRET).unwrap();
        let hook = CodeHook::new(twilio(sandbox), secret.clone(), text());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, hook.into_router()).await.unwrap() });
        Self { url, client: reqwest::Client::new(), secret }
    }

    async fn post(&self, id: &str, at: Timestamp, body: &str, signature: &str) -> (u16, String) {
        let request = self.client.post(&self.url).body(body.to_owned());
        let request = request
            .header("webhook-id", id)
            .header("webhook-timestamp", at.as_second())
            .header("webhook-signature", signature);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn signed(&self, id: &str, body: &str) -> (u16, String) {
        let now = Timestamp::now();
        self.post(id, now, body, &self.secret.sign(id, now, body.as_bytes())).await
    }
}

#[tokio::test]
async fn a_hook_that_is_called_twice_sends_once() {
    let sandbox = Sandbox::start().await.unwrap();
    let served = Served::new(&sandbox).await;
    for _ in 0..3 {
        assert_eq!(served.signed("msg_1", BODY).await, (200, "{}".to_owned()));
    }
    let messages = sandbox.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].code().as_deref(), Some("561166"));
    assert!(messages[0].text.ends_with("\n@club.example #561166"));
    assert_eq!(served.signed("msg_2", BODY).await.0, 200);
    assert_eq!(sandbox.messages().len(), 2, "another request is another code");
}

#[tokio::test]
async fn what_is_not_signed_or_not_fresh_is_refused_unread() {
    let sandbox = Sandbox::start().await.unwrap();
    let served = Served::new(&sandbox).await;
    let now = Timestamp::now();
    let other = HookSecret::new("whsec_OTEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=").unwrap();
    let sign = |id: &str, at, body: &str| served.secret.sign(id, at, body.as_bytes());
    let old = now - SignedDuration::from_secs(301);
    let ahead = now + SignedDuration::from_secs(310);
    for (id, at, body, signature) in [
        ("m", now, BODY, other.sign("m", now, BODY.as_bytes())),
        ("m", now, BODY, String::new()),
        ("m", now, BODY, "v1,AAAA".to_owned()),
        ("m", now, BODY, sign("m", now, BODY).replace("v1,", "v1a,")),
        ("n", now, BODY, sign("m", now, BODY)),
        ("m", now, "{}", sign("m", now, BODY)),
        ("m", old, BODY, sign("m", old, BODY)),
        ("m", ahead, BODY, sign("m", ahead, BODY)),
        ("m", old, BODY, sign("m", now, BODY)),
    ] {
        let (status, answer) = served.post(id, at, body, &signature).await;
        assert_eq!(status, 401, "{answer}");
        assert!(!answer.contains("561166") && !answer.contains("7700"), "{answer}");
    }
    assert!(sandbox.messages().is_empty());
    let several = format!("v1,AAAA {}", sign("m", now, BODY));
    assert_eq!(served.post("m", now, BODY, &several).await.0, 200, "one of several is enough");
}

#[tokio::test]
async fn a_body_that_asks_for_no_code_is_refused() {
    let sandbox = Sandbox::start().await.unwrap();
    let served = Served::new(&sandbox).await;
    for body in [
        "",
        "[]",
        r#"{"user":{"phone":"447700900123"}}"#,
        r#"{"user":{"phone":"12"},"sms":{"otp":"561166"}}"#,
        r#"{"user":{"phone":"447700900123"},"sms":{"otp":"56"}}"#,
        r#"{"user":{"phone":"447700900123"},"sms":{"otp":"visit evil.example"}}"#,
    ] {
        let (status, answer) = served.signed("m", body).await;
        assert_eq!(status, 400, "{body}: {answer}");
        assert!(answer.contains("http_code"));
    }
    assert!(sandbox.messages().is_empty());
}

#[tokio::test]
async fn a_send_that_failed_may_be_tried_again_and_one_that_may_have_been_made_may_not() {
    let sandbox = Sandbox::start().await.unwrap();
    let served = Served::new(&sandbox).await;
    sandbox.inject(When::Next(1), Fault::Refuse(400));
    assert_eq!(served.signed("m1", BODY).await.0, 502);
    assert_eq!(served.signed("m1", BODY).await.0, 200);
    sandbox.clear_messages();
    sandbox.inject(When::Next(1), Fault::TakeAndFail(502));
    assert_eq!(served.signed("m2", BODY).await.0, 502);
    assert_eq!(served.signed("m2", BODY).await.0, 409);
    assert!(sandbox.messages().len() <= 1);
}

#[test]
fn a_secret_that_cannot_be_one_is_refused() {
    for secret in ["", "whsec_", "v1,whsec_AAAA", "whsec_not base64!", "v1,whsec_MDEyMzQ1Njc4OQ=="]
    {
        assert!(HookSecret::new(secret).is_err(), "{secret}");
    }
    let both = format!("{SECRET}|whsec_OTEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
    assert_eq!(format!("{:?}", HookSecret::new(&both).unwrap()), "HookSecret(2 secrets)");
}
