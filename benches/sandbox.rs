//! The sandbox under load: messages a second with callbacks on, how long each submission waits, and the memory that
//! stays.
//!
//! ```text
//! cargo bench -p anysms-benches --bench sandbox                                # 20,000 messages
//! ANYSMS_BENCH_MESSAGES=1000000 cargo bench -p anysms-benches --bench sandbox  # some minutes
//! ```
//!
//! First as fast as it goes, then 2,000 a second. Client, sandbox and the server that is called back share the cores.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anysms::{sandbox::Sandbox, twilio::TwilioSandbox};
use base64::{Engine, engine::general_purpose::STANDARD};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

const CONNECTIONS: usize = 16;

fn main() {
    let messages = std::env::var("ANYSMS_BENCH_MESSAGES").ok().and_then(|text| text.parse().ok());
    let measured = std::env::args().any(|argument| argument == "--bench"); // else a test of the bench
    let usual = if measured { 20_000 } else { 800 };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.unwrap().block_on(run(messages.unwrap_or(usual)));
}

async fn run(messages: usize) {
    let called = Arc::new(AtomicU64::new(0));
    let callback = listen(Arc::clone(&called)).await;
    let sandbox = Sandbox::builder().pace(Duration::from_millis(5)).start().await.unwrap();
    let address = sandbox.base_url().trim_start_matches("http://").to_owned();
    let request = Arc::new(request(&address, &callback));
    println!("messages/s      p50       p99   memory");
    for rate in [None, Some(2_000)] {
        for part in 1..=4 {
            let (rate, waits) = load(&address, &request, messages / 8, rate).await;
            let at = |share: f64| waits[(waits.len() as f64 * share) as usize];
            let (half, most) = (at(0.5).as_secs_f64() * 1e3, at(0.99).as_secs_f64() * 1e3);
            println!(
                "{rate:>10.0} {half:>6.2} ms {most:>6.2} ms {:>5} MB  part {part} of 4",
                memory()
            );
        }
    }
    println!("{} callbacks were made", called.load(Ordering::Relaxed));
}

/// Submits messages over several connections. Returns how many were taken a second, and the sorted waits.
async fn load(
    address: &str,
    request: &Arc<Vec<u8>>,
    messages: usize,
    rate: Option<u32>,
) -> (f64, Vec<Duration>) {
    let (start, next) = (Instant::now(), Arc::new(AtomicUsize::new(0)));
    let clients = (0..CONNECTIONS).map(|_| {
        let (address, request, next) = (address.to_owned(), Arc::clone(request), Arc::clone(&next));
        tokio::spawn(async move {
            let mut stream = BufReader::new(TcpStream::connect(address).await.unwrap());
            let mut waits = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= messages {
                    return waits;
                }
                // From when it was due on, so that one that is late makes the others wait.
                let due = rate.map(|rate| start + Duration::from_secs(1) * number as u32 / rate);
                if let Some(due) = due {
                    tokio::time::sleep_until(due.into()).await;
                }
                let begun = due.unwrap_or_else(Instant::now);
                stream.write_all(&request).await.unwrap();
                assert!(answer(&mut stream).await.starts_with("HTTP/1.1 201"));
                waits.push(begun.elapsed());
            }
        })
    });
    let mut waits = Vec::new();
    for client in clients.collect::<Vec<_>>() {
        waits.extend(client.await.unwrap());
    }
    let rate = messages as f64 / start.elapsed().as_secs_f64();
    waits.sort_unstable();
    (rate, waits)
}

fn request(address: &str, callback: &str) -> Vec<u8> {
    let (account, token) = (TwilioSandbox::ACCOUNT_SID, TwilioSandbox::AUTH_TOKEN);
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("To", "+447700900123").append_pair("From", TwilioSandbox::NUMBER);
    form.append_pair("Body", "Your table is ready").append_pair("StatusCallback", callback);
    let (form, credentials) = (form.finish(), STANDARD.encode(format!("{account}:{token}")));
    format!(
        "POST /2010-04-01/Accounts/{account}/Messages.json HTTP/1.1\r\nhost: {address}\r\n\
         authorization: Basic {credentials}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: {}\r\n\r\n{form}",
        form.len()
    )
    .into_bytes()
}

/// Reads a request or an answer. Returns its first line; nothing at the end of the stream.
async fn answer(stream: &mut BufReader<TcpStream>) -> String {
    let (mut first, mut length) = (String::new(), 0);
    stream.read_line(&mut first).await.unwrap_or(0);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) <= 2 {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    let _ = stream.read_exact(&mut body).await;
    first
}

/// Starts a server that answers every callback with 204, and counts them.
async fn listen(called: Arc<AtomicU64>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let called = Arc::clone(&called);
            tokio::spawn(async move {
                let mut stream = BufReader::new(stream);
                while !answer(&mut stream).await.is_empty() {
                    called.fetch_add(1, Ordering::Relaxed);
                    if stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    url
}

/// Returns the memory of this process, in megabytes; 0 where the system does not say.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() / 1_024
}
