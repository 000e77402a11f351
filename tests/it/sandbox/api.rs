//! The sandbox's JSON API, and the samples of `docs/sandbox.md` in other languages.

use std::{process::Command, time::Duration};

use anysms::{
    Message, MessageStatus, Outcome, PhoneNumber, SmsProvider,
    sandbox::Sandbox,
    twilio::{Twilio, TwilioConfig, TwilioSandbox, TwilioWebhook},
    webhook::{WebhookExt, WebhookRequest},
};
use axum::{Router, http::Request, routing::post};
use serde_json::{Value, json};
use tokio::sync::mpsc;

async fn sandbox() -> (Sandbox, Twilio) {
    let sandbox = Sandbox::builder().pace(Duration::from_millis(5)).start().await.unwrap();
    let twilio = Twilio::new(&TwilioConfig::sandbox(&sandbox)).unwrap();
    (sandbox, twilio)
}

fn to(number: u32) -> PhoneNumber {
    format!("+447700900{number}").parse().unwrap()
}

async fn get(sandbox: &Sandbox, path: &str) -> (u16, Value) {
    let answer = reqwest::get(format!("{}/_anysms/{path}", sandbox.base_url())).await.unwrap();
    (answer.status().as_u16(), serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap())
}

async fn ask(sandbox: &Sandbox, method: &str, path: &str, body: Value) -> (u16, String) {
    let request = reqwest::Client::new()
        .request(method.parse().unwrap(), format!("{}/_anysms/{path}", sandbox.base_url()))
        .body(body.to_string());
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn what_was_sent_is_listed_chosen_and_forgotten() {
    let (sandbox, twilio) = sandbox().await;
    for (number, text) in
        [(123, "Your table is ready"), (124, "Your code is 123-456"), (123, "See you")]
    {
        twilio.send(&Message::new(to(number), text)).await.unwrap();
    }
    let delivered = sandbox.expect_message(to(124)).with_status(MessageStatus::Delivered);
    delivered.await.unwrap();
    let (status, all) = get(&sandbox, "messages").await;
    let texts: Vec<_> =
        all["messages"].as_array().unwrap().iter().filter_map(|one| one["text"].as_str()).collect();
    assert_eq!(
        (status, texts),
        (200, vec!["See you", "Your code is 123-456", "Your table is ready"])
    );
    let (_, some) = get(&sandbox, "messages?to=%2B447700900123&text=table&limit=5").await;
    assert_eq!(some["messages"].as_array().unwrap().len(), 1);
    let (_, last) = get(&sandbox, "messages/last?to=447700900124&status=delivered").await;
    let shown = ["provider", "to", "code", "segments", "from"].map(|field| last[field].clone());
    let expected = json!(["twilio", "+447700900124", "123456", 1, TwilioSandbox::NUMBER]);
    assert_eq!(Value::from(shown.to_vec()), expected);
    let (status, code) = get(&sandbox, "codes/last").await;
    assert_eq!(
        (status, &code["code"], &code["to"]),
        (200, &json!("123456"), &json!("+447700900124"))
    );
    assert_eq!(ask(&sandbox, "DELETE", "messages", Value::Null).await.0, 204);
    assert_eq!(get(&sandbox, "messages/last").await.0, 404);
    assert!(sandbox.messages().is_empty());
}

#[tokio::test]
async fn a_test_waits_for_what_is_not_there_yet() {
    let (sandbox, twilio) = sandbox().await;
    let waiting = get(&sandbox, "codes/last?to=447700900123&wait=20");
    let sending = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        twilio.send(&Message::new(to(123), "PIN 4711")).await.unwrap();
    };
    let ((status, code), ()) = tokio::join!(waiting, sending);
    assert_eq!((status, &code["code"]), (200, &json!("4711")));
    let never = sandbox.expect_message(to(199)).within(Duration::from_millis(20)).await;
    assert_eq!(never.unwrap_err().kind(), anysms::ErrorKind::Timeout);
}

#[tokio::test]
async fn faults_and_inbound_messages_come_by_json() {
    let (sandbox, twilio) = sandbox().await;
    let fault = json!({"fault": "refuse", "status": 429, "seconds": 7});
    assert_eq!(ask(&sandbox, "POST", "faults", fault).await.0, 204);
    let message = Message::new(to(123), "Hello");
    let error = twilio.send(&message).await.unwrap_err();
    assert_eq!(
        (error.outcome(), error.retry_after()),
        (Outcome::NotSent, Some(Duration::from_secs(7)))
    );
    assert!(twilio.send(&message).await.is_ok());
    let fault = json!({"fault": "take_and_hang_up", "to": "+447700900124"});
    assert_eq!(ask(&sandbox, "POST", "faults", fault).await.0, 204);
    assert_eq!(ask(&sandbox, "DELETE", "faults", Value::Null).await.0, 204);
    assert!(twilio.send(&Message::new(to(124), "Hello")).await.is_ok());

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hooks", listener.local_addr().unwrap());
    let (heard, mut hears) = mpsc::unbounded_channel();
    let verifier = TwilioWebhook::sandbox(url.parse().unwrap()).unwrap();
    let hook = post(async move |request: Request<axum::body::Body>| {
        let (head, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 10_000).await.unwrap();
        let request = Request::from_parts(head, body);
        let request = WebhookRequest::from_http(&request);
        heard.send(verifier.receive(request).is_ok()).unwrap();
    });
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(hook)).await });
    let inbound = json!({"provider": "twilio", "from": "+447700900123", "to": TwilioSandbox::NUMBER,
        "text": "STOP", "url": url});
    let (status, answer) = ask(&sandbox, "POST", "inbound", inbound).await;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!((status, &answer["status"]), (200, &json!(200)));
    assert!(answer["id"].as_str().unwrap().starts_with("SM"));
    assert_eq!(hears.recv().await, Some(true), "it is signed");
}

#[tokio::test]
async fn accounts_numbers_fates_and_the_clock_are_set_by_json() {
    let (sandbox, twilio) = sandbox().await;
    let opened = json!({"provider": "twilio", "name": "one test", "balance": "1.5"});
    let (status, account) = ask(&sandbox, "POST", "accounts", opened).await;
    let account: Value = serde_json::from_str(&account).unwrap();
    assert_eq!((status, &account["balance"]), (201, &json!("1.5")));
    let id = account["id"].as_str().unwrap();
    let number = account["numbers"][0].as_str().unwrap();
    let config = TwilioConfig::new(id, account["token"].as_str().unwrap());
    let config = config.with_base_url(sandbox.base_url()).with_sender(number.parse().unwrap());
    let own = Twilio::new(&config).unwrap();
    own.send(&Message::new(to(123), "Mine")).await.unwrap();
    twilio.send(&Message::new(to(123), "Another's")).await.unwrap();
    let (_, last) = get(&sandbox, &format!("messages/last?to=447700900123&account={id}")).await;
    assert_eq!(last["text"], "Mine");
    assert_eq!(
        ask(&sandbox, "DELETE", &format!("messages?account={id}"), Value::Null).await.0,
        204
    );
    assert_eq!(get(&sandbox, "messages").await.1["messages"].as_array().unwrap().len(), 1);

    let given = json!({"provider": "twilio", "account": id, "number": "+15555550142"});
    assert_eq!(ask(&sandbox, "POST", "numbers", given.clone()).await.0, 200);
    assert_eq!(ask(&sandbox, "POST", "numbers", given).await.0, 409);
    let suspended = json!({"provider": "twilio", "id": id, "state": "suspended"});
    assert_eq!(ask(&sandbox, "POST", "accounts", suspended).await.0, 200);
    let error = own.send(&Message::new(to(123), "Mine")).await.unwrap_err();
    assert_eq!(error.kind(), anysms::ErrorKind::Auth);
    let (_, all) = get(&sandbox, "accounts").await;
    assert!(all["accounts"].as_array().unwrap().iter().any(|one| one["state"] == "suspended"));

    let fate = json!({"to": "+447700900124", "fate": {"undelivered": 30003}});
    assert_eq!(ask(&sandbox, "POST", "fates", fate).await.0, 204);
    twilio.send(&Message::new(to(124), "Hello")).await.unwrap();
    let failed = sandbox.expect_message(to(124)).with_status(MessageStatus::Undelivered);
    assert_eq!(failed.await.unwrap().error_code, Some(30003));

    let (_, before) = get(&sandbox, "clock").await;
    let (status, after) = ask(&sandbox, "POST", "clock", json!({"seconds": 86_400})).await;
    let after: Value = serde_json::from_str(&after).unwrap();
    let time = |clock: &Value| clock["now"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(status, 200);
    assert!(time(&after) - time(&before) >= jiff::Span::new().hours(24));
    for wrong in [json!({}), json!({"seconds": -1}), json!({"until": "2020-01-01T00:00:00Z"})] {
        assert_eq!(ask(&sandbox, "POST", "clock", wrong).await.0, 400);
    }
    let (_, used) = get(&sandbox, "usage").await;
    assert!(used["usage"].as_array().unwrap().iter().any(|one| one["account"] == id));
}

#[tokio::test]
async fn reports_and_their_answers_are_seen() {
    let (sandbox, twilio) = sandbox().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hooks", listener.local_addr().unwrap());
    let calls = std::sync::atomic::AtomicU32::new(0);
    let calls = std::sync::Arc::new(calls);
    let hook = post(async move || match calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
        0 => axum::http::StatusCode::INTERNAL_SERVER_ERROR,
        _ => axum::http::StatusCode::NO_CONTENT,
    });
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(hook)).await });
    let message = Message::new(to(123), "Hello").with_status_callback(url.parse().unwrap());
    twilio.send(&message).await.unwrap();
    let message = sandbox.expect_message(to(123)).with_reported(MessageStatus::Delivered);
    let message = message.await.unwrap();
    let answers: Vec<_> =
        message.reports.iter().map(|one| (one.status.as_str(), one.answer)).collect();
    assert_eq!(answers, [("sent", Some(500)), ("delivered", Some(204))]);
    assert!(!message.reports[0].was_taken());
    let (_, last) = get(&sandbox, "messages/last").await;
    assert_eq!(
        (&last["reports"][1]["status"], &last["reports"][1]["answer"]),
        (&json!("delivered"), &json!(204))
    );
}

/// Whatever is wrong is said, by its field; nothing is a failure of the server.
#[tokio::test]
async fn what_is_wrong_with_a_request_is_said() {
    let (sandbox, _) = sandbox().await;
    for (method, path, body, status, says) in [
        ("GET", "messages?number=1", Value::Null, 400, "query"),
        ("GET", "messages?to=hello", Value::Null, 400, "to"),
        ("GET", "messages?limit=-1", Value::Null, 400, "limit"),
        ("GET", "messages/last?wait=1e9", Value::Null, 400, "wait"),
        ("GET", "messages/last?wait=NaN", Value::Null, 400, "wait"),
        ("GET", "codes/last", Value::Null, 404, "code"),
        ("PATCH", "faults", Value::Null, 405, "method"),
        ("GET", "secrets", Value::Null, 404, "path"),
        ("POST", "faults", json!([1]), 400, "body"),
        ("POST", "faults", json!({"fault": "explode"}), 400, "fault"),
        ("POST", "faults", json!({"fault": "refuse"}), 400, "status"),
        ("POST", "faults", json!({"fault": "refuse", "status": 200}), 400, "status"),
        ("POST", "faults", json!({"fault": "take_slowly"}), 400, "seconds"),
        ("POST", "faults", json!({"fault": "take_slowly", "seconds": -1}), 400, "seconds"),
        ("POST", "faults", json!({"fault": "hang", "next": 1, "every": 2}), 400, "next"),
        ("POST", "faults", json!({"fault": "hang", "when": 1}), 400, "body"),
        ("POST", "faults", json!({"fault": "repeat_callbacks", "times": 4_000_000}), 400, "times"),
        ("POST", "inbound", json!({}), 400, "body"),
        (
            "POST",
            "inbound",
            json!({"provider": "acme", "from": "+447700900123", "to": "+15555550100", "text": "", "url": "http://127.0.0.1:9/"}),
            400,
            "provider",
        ),
        (
            "POST",
            "inbound",
            json!({"provider": "twilio", "from": "+447700900123", "to": "+15555550100", "text": "", "url": "http://127.0.0.1:9/"}),
            502,
            "url",
        ),
    ] {
        let (answered, error) = ask(&sandbox, method, path, body.clone()).await;
        let case = format!("{method} {path} {body}: {error}");
        assert_eq!(answered, status, "{case}");
        let error: Value = serde_json::from_str(&error).unwrap();
        assert!(error["error"].as_str().unwrap().contains(says), "{case}");
    }
}

/// A page that somebody looks at in a browser must not read what was sent.
#[tokio::test]
async fn other_sites_are_refused() {
    let (sandbox, _) = sandbox().await;
    let url = format!("{}/_anysms/messages", sandbox.base_url());
    let own = sandbox.base_url();
    for (header, value, expected) in [
        ("host", "rebound.example.com", 403),
        ("host", "127.0.0.1.example.com:80", 403),
        ("host", "localhost:4010", 200),
        ("host", "[::1]:4010", 200),
        ("origin", "https://example.com", 403),
        ("origin", "null", 403),
        ("origin", own.as_str(), 200),
    ] {
        let answer = reqwest::Client::new().get(&url).header(header, value).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), expected, "{header}: {value}");
    }
}

/// Takes every sample out of the page and runs it, where this machine has the language.
#[tokio::test(flavor = "multi_thread")]
async fn samples_in_other_languages_take_the_code() {
    let (sandbox, twilio) = sandbox().await;
    twilio.send(&Message::new(to(123), "Your code is 271828")).await.unwrap();
    let page = include_str!("../../../docs/sandbox.md");
    let folder = tempfile::tempdir().unwrap();
    let mut ran = Vec::new();
    for (fence, file, program, arguments) in [
        ("python", "sample.py", "python3", &[][..]),
        ("js", "sample.js", "node", &[]),
        ("ruby", "sample.rb", "ruby", &[]),
        ("php", "sample.php", "php", &[]),
        ("go", "sample.go", "go", &["run"]),
        ("sh", "sample.sh", "sh", &[]),
    ] {
        let (_, sample) = page.split_once(&format!("```{fence}\n")).expect(fence);
        let (sample, _) = sample.split_once("\n```").expect(fence);
        let path = folder.path().join(file);
        std::fs::write(&path, sample).unwrap();
        let needs = if fence == "sh" { "curl" } else { program };
        if Command::new(needs).arg("--help").output().is_err() {
            println!("{fence}: this machine has no {needs}");
            continue;
        }
        let mut command = Command::new(program);
        command.args(arguments).arg(&path).env("ANYSMS_SANDBOX", sandbox.base_url());
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(said.trim(), "271828", "{fence}: {}", String::from_utf8_lossy(&output.stderr));
        ran.push(fence);
    }
    println!("ran: {ran:?}");
    assert!(!ran.is_empty());
}
