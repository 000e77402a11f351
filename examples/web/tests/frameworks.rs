//! The same signed requests to every web framework that has an example, and what only the extractors
//! promise.
#![cfg(all(feature = "actix-web", feature = "axum", feature = "plivo", feature = "twilio"))]

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anysms::{
    plivo::PlivoWebhook,
    twilio::TwilioWebhook,
    webhook::{MAX_BODY, PublicUrl, Reply, Webhook},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

#[allow(dead_code)]
#[path = "../examples/webhook_actix.rs"]
mod webhook_actix;
#[allow(dead_code)]
#[path = "../examples/webhook_axum.rs"]
mod webhook_axum;
#[allow(dead_code)]
#[path = "../examples/webhook_hyper.rs"]
mod webhook_hyper;
#[allow(dead_code)]
#[path = "../examples/webhook_poem.rs"]
mod webhook_poem;
#[allow(dead_code)]
#[path = "../examples/webhook_rocket.rs"]
mod webhook_rocket;
#[allow(dead_code)]
#[path = "../examples/webhook_warp.rs"]
mod webhook_warp;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const NONCE: &str = "05429567804466091622";
const FRAMEWORKS: [&str; 6] = ["actix-web", "axum", "hyper", "poem", "rocket", "warp"];

fn public() -> PublicUrl {
    "https://example.com".parse().unwrap()
}

fn twilio(token: &str) -> TwilioWebhook {
    TwilioWebhook::new(token, public()).unwrap()
}

fn plivo(token: &str) -> PlivoWebhook {
    PlivoWebhook::new(token, public()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_framework_answers_alike() {
    let mut driven = 0;
    for framework in FRAMEWORKS {
        for provider in ["twilio", "plivo"] {
            let server = start(framework, provider).await;
            let by = format!("{framework}, {provider}");
            takes_what_is_authentic(server, provider, &by).await;
            refuses_what_is_not(server, provider, framework, &by).await;
            keeps_to_the_limit(server, provider, framework, &by).await;
            takes_what_is_authentic(server, provider, &by).await; // it is alive
            driven += 1;
        }
    }
    let examples = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/examples")).unwrap();
    let names = examples.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let servers = names.filter(|name| name.starts_with("webhook_")).count();
    assert_eq!((servers, driven), (FRAMEWORKS.len(), 2 * FRAMEWORKS.len()));
}

async fn takes_what_is_authentic(server: SocketAddr, provider: &str, by: &str) {
    for body in [status(provider), inbound(provider)] {
        for below in ["", "/", "/a%20b%2Fc", "//x", "/a/../b", "?b=2&a=%31", "?", "/?x=%e2%82%ac+"]
        {
            let target = format!("/hooks/{provider}{below}");
            let request = Plain::signed(provider, TOKEN, &target, body);
            // Of these Plivo's SDKs disagree.
            if provider == "plivo" && (below.contains("%20") || below.contains("%e2")) {
                assert!(request.send(server).await.is_empty(403), "{by}: {target}");
                continue;
            }
            let taken = Answer { status: 200, xml: true, body: Reply::EMPTY.body().to_owned() };
            assert_eq!(request.send(server).await, taken, "{by}: {target}");
            assert_eq!(request.send_chunked(server, true).await, taken, "{by}: {target} in chunks");
        }
    }
}

async fn refuses_what_is_not(server: SocketAddr, provider: &str, framework: &str, by: &str) {
    let target = format!("/hooks/{provider}");
    let right = Plain::signed(provider, TOKEN, &target, status(provider));
    let changed = |change: fn(&mut Plain)| {
        let mut request = right.clone();
        change(&mut request);
        request
    };
    for (what, request) in [
        ("a changed body", changed(|request| *request.body.last_mut().unwrap() ^= 1)),
        ("a body with more", changed(|request| request.body.extend_from_slice(b"&x=1"))),
        ("no body", changed(|request| request.body.clear())),
        ("another token", Plain::signed(provider, "another", &target, status(provider))),
        ("no signature", changed(|request| request.headers.truncate(1))),
        ("an empty signature", changed(|request| request.signature().clear())),
        ("an obs-text signature", changed(|request| request.signature().push(0xe9))),
        ("a second signature", changed(|request| request.headers.push(request.headers[1].clone()))),
        ("another path", changed(|request| request.target.push_str("/below"))),
        (
            "another spelling",
            changed(|request| request.target = request.target.replace('h', "%68")),
        ),
        ("another query", changed(|request| request.target.push_str("?x=1"))),
    ] {
        let answer = request.send(server).await;
        // A router may not know a path in another spelling.
        let known = what != "another spelling" || answer.status != 404;
        assert!(!known || answer.is_empty(403), "{by}: {what}: {answer:?}");
    }
    // Only hyper has no router, and axum's serves GET too.
    for (method, status) in [("GET", [403, 404, 405]), ("PUT", [403, 404, 405])] {
        let answer = Plain { method, body: Vec::new(), ..right.clone() }.send(server).await;
        assert!(status.contains(&answer.status), "{by}: {method}: {answer:?}");
        let checked = framework == "hyper" || framework == "axum" && method == "GET";
        assert_eq!(checked, answer.status == 403, "{by}: {method}: {answer:?}");
    }
    // What is authentic and cannot be read is only printed by the example for axum.
    let twice = format!("{0}&{0}", status(provider));
    let answer = Plain::signed(provider, TOKEN, &target, &twice).send(server).await;
    assert_eq!(answer.status, if framework == "axum" { 200 } else { 400 }, "{by}");
}

async fn keeps_to_the_limit(server: SocketAddr, provider: &str, framework: &str, by: &str) {
    let target = format!("/hooks/{provider}");
    let of = |length: usize| {
        let body = status(provider).to_owned() + "&x=";
        let body = format!("{body}{}", "x".repeat(length - body.len()));
        Plain::signed(provider, TOKEN, &target, &body)
    };
    let longest = of(MAX_BODY);
    let mut too_long = longest.clone();
    too_long.body.push(b'x');
    assert_eq!(longest.send(server).await.status, 200, "{by}");
    assert_eq!(longest.send_chunked(server, true).await.status, 200, "{by}");
    let answer = too_long.send(server).await;
    assert!(answer.is_empty(413), "{by}: {answer:?}");
    // The last byte over the limit is the last that is sent: whoever waited for more would not answer.
    let answer = too_long.send_chunked(server, false).await;
    assert!(answer.is_empty(413), "{by}: {answer:?}");
    if framework == "axum" || framework == "actix-web" {
        // The extractors do not read what says that it is too large.
        let announced = format!("Content-Length: {}\r\n\r\n", MAX_BODY + 1);
        let answer = exchange(server, &[&too_long.head(), announced.as_bytes()].concat()).await;
        assert!(answer.is_empty(413), "{by}: {answer:?}");
    }
}

#[tokio::test]
async fn the_axum_example_serves_get_with_its_own_verifier() {
    for provider in ["twilio", "plivo"] {
        let server = start("axum", provider).await;
        let target = format!("/hooks/{provider}/below?{}", status(provider));
        let url = format!("https://example.com{target}");
        let mut request = Plain::signed(provider, TOKEN, &target, "");
        request.method = "GET";
        *request.signature() = match provider {
            "twilio" => twilio(TOKEN).sign(&url, b"").unwrap().into(),
            _ => plivo(TOKEN).sign_v3("GET", &url, b"", NONCE).unwrap().into(),
        };
        assert_eq!(request.send(server).await.status, 200, "{provider}");
        request.target.push('1');
        assert_eq!(request.send(server).await.status, 403, "{provider}");
        // A vendor without a token has no route.
        let other = if provider == "twilio" { "plivo" } else { "twilio" };
        let request = Plain::signed(other, TOKEN, &format!("/hooks/{other}"), status(other));
        assert_eq!(request.send(server).await.status, 404, "{other}");
    }
}

#[tokio::test]
async fn plivos_v2_passes_too() {
    for framework in FRAMEWORKS {
        let server = start(framework, "plivo").await;
        let mut request = Plain::signed("plivo", TOKEN, "/hooks/plivo", status("plivo"));
        let signature = plivo(TOKEN).sign_v2("https://example.com/hooks/plivo", NONCE).unwrap();
        request.headers.truncate(1);
        request.headers.push(("X-Plivo-Signature-V2", signature.into()));
        request.headers.push(("X-Plivo-Signature-V2-Nonce", NONCE.into()));
        assert_eq!(request.send(server).await.status, 200, "{framework}");
        request.signature().swap(0, 1);
        assert_eq!(request.send(server).await.status, 403, "{framework}");
    }
}

fn status(provider: &str) -> &'static str {
    match provider {
        "twilio" => {
            "MessageSid=SM00000000000000000000000000000001&MessageStatus=delivered\
             &To=%2B447700900123&From=%2B15555550100"
        }
        _ => {
            "MessageUUID=5b40a428-bfc7-4daf-9d06-726c558bf3b8&Status=delivered\
             &To=447700900123&From=15555550100"
        }
    }
}

fn inbound(provider: &str) -> &'static str {
    match provider {
        "twilio" => {
            "MessageSid=SM00000000000000000000000000000002&SmsStatus=received&NumMedia=0\
             &From=%2B447700900123&To=%2B15555550100&Body=caf%C3%A9+%26+100%25"
        }
        _ => {
            "MessageUUID=5b40a428-bfc7-4daf-9d06-726c558bf3b9&Type=sms\
             &From=447700900123&To=15555550100&Text=caf%C3%A9+%26+100%25"
        }
    }
}

/// A server of a framework's example, which verifies what this provider calls.
async fn start(framework: &str, provider: &str) -> SocketAddr {
    let webhook: Arc<dyn Webhook> = match provider {
        "twilio" => Arc::new(twilio(TOKEN)),
        _ => Arc::new(plivo(TOKEN)),
    };
    if framework == "rocket" {
        return start_rocket(webhook).await;
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    match framework {
        "actix-web" => {
            let listener = listener.into_std().unwrap();
            std::thread::spawn(move || {
                let served = webhook_actix::serve(listener, webhook);
                actix_web::rt::System::new().block_on(served).unwrap();
            });
        }
        "axum" => {
            let tokens = match provider {
                "twilio" => (Some(TOKEN.to_owned()), None),
                _ => (None, Some(TOKEN.to_owned())),
            };
            let app = webhook_axum::app(&public(), tokens).unwrap();
            tokio::spawn(async move { axum::serve(listener, app).await });
        }
        "hyper" => drop(tokio::spawn(webhook_hyper::serve(listener, webhook))),
        "poem" => drop(tokio::spawn(webhook_poem::serve(listener, webhook))),
        "warp" => {
            let listener = listener.into_std().unwrap();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Runtime::new().unwrap();
                runtime.block_on(async {
                    let listener = TcpListener::from_std(listener).unwrap();
                    webhook_warp::serve(listener, webhook).await;
                });
            });
        }
        _ => panic!("{framework} is not known"),
    }
    address
}

/// Rocket binds by itself, and says where once it is up.
async fn start_rocket(webhook: Arc<dyn Webhook>) -> SocketAddr {
    let (send, mut ports) = tokio::sync::mpsc::unbounded_channel();
    let up = rocket::fairing::AdHoc::on_liftoff("port", move |rocket| {
        let _ = send.send(rocket.config().port);
        Box::pin(async {})
    });
    tokio::spawn(webhook_rocket::rocket(0, webhook).attach(up).launch());
    SocketAddr::from(([127, 0, 0, 1], ports.recv().await.unwrap()))
}

/// A request in plain bytes, as nothing may tidy it up on its way.
#[derive(Clone)]
struct Plain {
    method: &'static str,
    target: String,
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Vec<u8>,
}

impl Plain {
    /// As the provider signs it.
    fn signed(provider: &str, token: &str, target: &str, body: &str) -> Self {
        let (url, body) = (format!("https://example.com{target}"), body.as_bytes());
        let mut headers = vec![("Content-Type", b"application/x-www-form-urlencoded".to_vec())];
        if provider == "twilio" {
            let signature = twilio(token).sign(&url, body).unwrap();
            headers.push(("X-Twilio-Signature", signature.into()));
        } else {
            let signature = plivo(token).sign_v3("POST", &url, body, NONCE).unwrap();
            headers.push(("X-Plivo-Signature-V3", signature.into()));
            headers.push(("X-Plivo-Signature-V3-Nonce", NONCE.into()));
        }
        Self { method: "POST", target: target.to_owned(), headers, body: body.to_vec() }
    }

    fn signature(&mut self) -> &mut Vec<u8> {
        let signature =
            |name: &str| ["Signature", "V2", "V3"].iter().any(|ending| name.ends_with(ending));
        &mut self.headers.iter_mut().find(|(name, _)| signature(name)).unwrap().1
    }

    /// Request line and headers, without the blank line behind them.
    fn head(&self) -> Vec<u8> {
        let line = format!("{} {} HTTP/1.1\r\nHost: 127.0.0.1\r\n", self.method, self.target);
        let mut head = line.into_bytes();
        for (name, value) in &self.headers {
            head.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        head
    }

    async fn send(&self, server: SocketAddr) -> Answer {
        let length = format!("Content-Length: {}\r\n\r\n", self.body.len());
        exchange(server, &[&self.head(), length.as_bytes(), &self.body].concat()).await
    }

    /// The body in chunks, and the last of them only if the body is to end.
    async fn send_chunked(&self, server: SocketAddr, ends: bool) -> Answer {
        let mut bytes = [&self.head()[..], b"Transfer-Encoding: chunked\r\n\r\n"].concat();
        for chunk in self.body.chunks(8 * 1024) {
            bytes.extend([format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
        }
        bytes.extend_from_slice(if ends { b"0\r\n\r\n" } else { b"" });
        exchange(server, &bytes).await
    }
}

#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    xml: bool,
    body: String,
}

impl Answer {
    fn is_empty(&self, status: u16) -> bool {
        self.status == status && self.body.is_empty()
    }
}

/// Writes and reads one answer, the connection being kept open.
async fn exchange(server: SocketAddr, bytes: &[u8]) -> Answer {
    timeout(Duration::from_secs(30), async {
        let mut stream = TcpStream::connect(server).await.unwrap();
        let (mut reader, mut writer) = stream.split();
        let (answer, _) = tokio::join!(read_answer(&mut reader), writer.write_all(bytes));
        answer
    })
    .await
    .expect("no answer")
}

async fn read_answer(reader: &mut (impl AsyncReadExt + Unpin)) -> Answer {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length = length.map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                let chunked = head.contains("transfer-encoding");
                assert!(!chunked, "an answer of unknown length: {head}");
                return Answer {
                    status: head.split(' ').nth(1).unwrap().parse().unwrap(),
                    xml: head.contains("content-type: application/xml"),
                    body: String::from_utf8(bytes).unwrap().split_off(head.len() + 4),
                };
            }
        }
        match reader.read(&mut chunk).await {
            Ok(count @ 1..) => bytes.extend_from_slice(&chunk[..count]),
            ended => panic!("{ended:?} after {text:?}"),
        }
    }
}
