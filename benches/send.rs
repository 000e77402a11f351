//! One send after another, over plain HTTP to a vendor on the same machine, beside a plain `reqwest`
//! POST of the same bytes whose answer is read and not looked at.
//!
//! ```text
//! cargo bench -p anysms-benches --bench send
//! ```

#[path = "support/mod.rs"]
mod support;

use std::{
    net::{SocketAddr, TcpListener},
    sync::{Arc, OnceLock},
    thread,
};

use anysms::{
    Message, PhoneNumber, SmsProvider,
    plivo::{Plivo, PlivoConfig},
    twilio::Twilio,
};
use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use support::{Bare, Failure};
use tokio::runtime::{Builder, Runtime};

const PLIVO_ACCOUNT: &str = "MA000000000000000001";
const PLIVO_PATH: &str = "/v1/Account/MA000000000000000001/Message/";
const PLIVO_BODY: &str = r#"{"src":"+15555550100","dst":"+447700900123","text":"Your table for two at 19:30 is ready. Reply STOP to opt out."}"#;
const PLIVO_ANSWER: &str = r#"{"api_id":"00000000-0000-4000-8000-000000000001","message":"message(s) queued","message_uuid":["00000000-0000-4000-8000-000000000002"]}"#;

fn plivo_answer() -> Bytes {
    let length = PLIVO_ANSWER.len();
    let head = format!(
        "HTTP/1.1 202 Accepted\r\n\
         Content-Type: application/json\r\n\
         Content-Length: {length}\r\n\
         Connection: keep-alive\r\n\
         Date: Sat, 21 Nov 2026 08:00:00 GMT\r\n\
         Server: Plivo\r\n\
         Allow: GET, POST, HEAD, OPTIONS\r\n\
         Strict-Transport-Security: max-age=31536000\r\n\r\n"
    );
    format!("{head}{PLIVO_ANSWER}").into()
}

/// A vendor on a thread of its own, for as long as the process runs.
fn vendor(answer: Bytes) -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = runtime()?;
    thread::spawn(move || {
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let first = Arc::new(OnceLock::new());
            loop {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                tokio::spawn(support::serve(stream, answer.clone(), Arc::clone(&first)));
            }
            #[expect(unreachable_code, reason = "names the type of the failure")]
            Ok::<(), std::io::Error>(())
        })
    });
    Ok(address)
}

fn runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// A vendor's client and the plain one, both calling the same address.
fn clients(
    answer: Bytes,
    user: &str,
    path: &str,
    (content_type, body): (&'static str, &'static str),
    client: impl FnOnce(&str) -> Result<Arc<dyn SmsProvider>, Failure>,
) -> Result<(Bare, Arc<dyn SmsProvider>), Failure> {
    let base = format!("http://{}", vendor(answer)?);
    let bare = Bare {
        client: support::bare_client().build()?,
        url: support::Address::new(&format!("{base}{path}"), false)?,
        headers: support::headers(user, content_type)?,
        body,
    };
    Ok((bare, client(&base)?))
}

fn compare(c: &mut Criterion, name: &str, (bare, client): (Bare, Arc<dyn SmsProvider>)) {
    let runtime = runtime().expect("a runtime");
    let to: PhoneNumber = support::TO.parse().expect("a number");
    let mut group = c.benchmark_group(name);
    group.bench_function("bare", |b| {
        b.to_async(&runtime).iter(async || bare.send().await.expect("an answer"));
    });
    group.bench_function("anysms", |b| {
        b.to_async(&runtime).iter(async || {
            let receipt = client.send(&Message::new(to, support::TEXT)).await.expect("an answer");
            receipt.id.expect("an id")
        });
    });
    group.finish();
}

fn send(c: &mut Criterion) {
    let form = (support::TWILIO_CONTENT, support::TWILIO_BODY);
    let twilio =
        clients(support::twilio_answer(), support::ACCOUNT, support::TWILIO_PATH, form, |base| {
            Ok(Arc::new(Twilio::new(&support::twilio_config(base)?)?))
        });
    compare(c, "send/twilio", twilio.expect("Twilio"));
    let json = ("application/json", PLIVO_BODY);
    let plivo = clients(plivo_answer(), PLIVO_ACCOUNT, PLIVO_PATH, json, |base| {
        let config = PlivoConfig::new(PLIVO_ACCOUNT, support::TOKEN).with_base_url(base);
        Ok(Arc::new(Plivo::new(&config.with_sender(support::FROM.parse()?))?))
    });
    compare(c, "send/plivo", plivo.expect("Plivo"));
}

criterion_group!(benches, send);
criterion_main!(benches);
