//! The same signed requests to the same webhook server on every framework, and the promises of the
//! extractors alone.

mod command;
mod requests;

use std::{net::SocketAddr, sync::Arc};

use anysms::{
    plivo::PlivoWebhook,
    twilio::TwilioWebhook,
    webhook::{MAX_BODY, PublicUrl, Reply, Webhook},
};
use anysms_examples_web as web;
use requests::{Answer, Plain, exchange, inbound, status};
use tokio::net::TcpListener;

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
    let modules = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap();
    let names = modules.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let servers: Vec<_> =
        names.filter(|name| !["arguments.rs", "lib.rs", "main.rs"].contains(&&**name)).collect();
    assert_eq!((servers.len(), driven), (FRAMEWORKS.len(), 2 * FRAMEWORKS.len()));
    for server in servers {
        let path = format!("{}/src/{server}", env!("CARGO_MANIFEST_DIR"));
        let lines = std::fs::read_to_string(path).unwrap().lines().count();
        assert!(lines < 60, "{server} has {lines} lines");
    }
}

async fn takes_what_is_authentic(server: SocketAddr, provider: &str, by: &str) {
    for body in [status(provider), inbound(provider)] {
        for below in ["", "/", "/a%20b%2Fc", "//x", "/a/../b", "?b=2&a=%31", "?", "/?x=%e2%82%ac+"]
        {
            let target = format!("/hooks/{provider}{below}");
            let request = Plain::signed(provider, TOKEN, &target, body);
            // Plivo's SDKs disagree about these.
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
    // An authentic request that cannot be read is taken and printed by the axum server alone.
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
    // The last byte over the limit is the last that is sent: a server that waited for more would not answer.
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
async fn the_axum_server_serves_get_with_its_own_verifier() {
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

/// Starts a framework's server with the verifier of this provider.
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
                let served = web::actix::serve(listener, webhook);
                actix_web::rt::System::new().block_on(served).unwrap();
            });
        }
        "axum" => {
            let tokens = match provider {
                "twilio" => (Some(TOKEN.to_owned()), None),
                _ => (None, Some(TOKEN.to_owned())),
            };
            let app = web::axum::app(&public(), tokens).unwrap();
            tokio::spawn(async move { axum::serve(listener, app).await });
        }
        "hyper" => drop(tokio::spawn(web::hyper::serve(listener, webhook))),
        "poem" => drop(tokio::spawn(web::poem::serve(listener, webhook))),
        "warp" => {
            let listener = listener.into_std().unwrap();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Runtime::new().unwrap();
                runtime.block_on(async {
                    let listener = TcpListener::from_std(listener).unwrap();
                    web::warp::serve(listener, webhook).await;
                });
            });
        }
        _ => panic!("{framework} is not known"),
    }
    address
}

/// Starts Rocket, which binds by itself and says where once it is up.
async fn start_rocket(webhook: Arc<dyn Webhook>) -> SocketAddr {
    let (send, mut ports) = tokio::sync::mpsc::unbounded_channel();
    let up = rocket::fairing::AdHoc::on_liftoff("port", move |rocket| {
        let _ = send.send(rocket.config().port);
        Box::pin(async {})
    });
    tokio::spawn(web::rocket::server(0, webhook).attach(up).launch());
    SocketAddr::from(([127, 0, 0, 1], ports.recv().await.unwrap()))
}
