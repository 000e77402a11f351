//! Servers that do not end: redirects, heads, bodies and lists. All of it costs bounded time and memory, and one
//! request.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anysms::{
    Error, ErrorKind, Message, MessageId, Outcome, PhoneNumber, ProviderId, Query, Result,
    SmsProvider, SmsProviderExt, async_trait,
    bytes::Bytes,
    http::{Method, Request, Response},
    message::{Cursor, MessageRecord, MessageStatus, Page},
    plivo::{PLIVO, Plivo, PlivoConfig},
    transport::{Answer, HttpTransport, ReqwestTransport, TransportError},
    twilio::{Product, TWILIO, Twilio, TwilioConfig},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::sleep,
};

/// Time that a transport has for everything, and that a call may take on a machine that is busy.
const TIME: Duration = Duration::from_millis(300);
const MOST_TIME: Duration = Duration::from_secs(20);

/// Most bytes that a client may read before it gives up: its caps, and the buffers of sockets.
const MOST_BYTES: usize = 12 * 1024 * 1024;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Endless {
    /// Leads to itself.
    Circle(u16),
    /// Leads to ever new addresses, and to other ones than those that were asked for.
    Chain(u16),
    /// Promises a body, and sends a byte of it now and then.
    SlowBody(u16),
    Body(u16),
    Chunks(u16),
    /// Header after header.
    Headers,
    /// One header.
    Header,
    /// Interim answers.
    Interim,
    /// A head of which a byte comes now and then.
    SlowHead,
}

const ALL: [Endless; 17] = [
    Endless::Circle(301),
    Endless::Circle(302),
    Endless::Circle(303),
    Endless::Circle(307),
    Endless::Circle(308),
    Endless::Chain(302),
    Endless::Chain(307),
    Endless::SlowBody(200),
    Endless::SlowBody(500),
    Endless::Body(201),
    Endless::Body(404),
    Endless::Chunks(200),
    Endless::Chunks(503),
    Endless::Headers,
    Endless::Header,
    Endless::Interim,
    Endless::SlowHead,
];

#[derive(Clone, Default)]
struct Seen {
    requests: Arc<AtomicUsize>,
    bytes: Arc<AtomicUsize>,
}

impl Endless {
    const fn redirects(self) -> bool {
        matches!(self, Self::Circle(_) | Self::Chain(_))
    }

    async fn start(self) -> (String, Seen) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (base, seen) = (format!("http://{}", listener.local_addr().unwrap()), Seen::default());
        let (serving, of) = (seen.clone(), base.clone());
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (seen, base) = (serving.clone(), of.clone());
                tokio::spawn(async move { drop(self.serve(socket, &seen, &base).await) });
            }
        });
        (base, seen)
    }

    async fn serve(self, mut socket: TcpStream, seen: &Seen, base: &str) -> io::Result<()> {
        loop {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(socket.read_u8().await?);
            }
            let number = seen.requests.fetch_add(1, Ordering::SeqCst);
            let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
            let length = head.split_once("content-length: ");
            let length = length.and_then(|(_, rest)| rest.lines().next()?.parse().ok());
            socket.read_exact(&mut vec![0; length.unwrap_or(0)]).await?;
            let path = head.split(' ').nth(1).unwrap_or("/").to_owned();
            let (first, more) = match self {
                Self::Circle(status) => (moved(status, &path), None),
                Self::Chain(status) => (moved(status, &format!("{base}/next/{number}")), None),
                Self::SlowBody(status) => {
                    let head = format!("HTTP/1.1 {status} So\r\ncontent-length: 100000\r\n\r\n");
                    (head, Some(("{".to_owned(), true)))
                }
                Self::Body(status) => {
                    let head = format!("HTTP/1.1 {status} So\r\nconnection: close\r\n\r\n");
                    (head, Some((" ".repeat(65_536), false)))
                }
                Self::Chunks(status) => {
                    let head =
                        format!("HTTP/1.1 {status} So\r\ntransfer-encoding: chunked\r\n\r\n");
                    (head, Some((format!("10000\r\n{}\r\n", " ".repeat(65_536)), false)))
                }
                Self::Headers => {
                    ("HTTP/1.1 200 So\r\n".into(), Some(("x: y\r\n".repeat(999), false)))
                }
                Self::Header => {
                    ("HTTP/1.1 200 So\r\nx: ".into(), Some(("y".repeat(65_536), false)))
                }
                Self::Interim => {
                    let hints = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(999);
                    (String::new(), Some((hints, false)))
                }
                Self::SlowHead => ("HTTP/1.1 200 So\r\nx: ".into(), Some(("y".into(), true))),
            };
            socket.write_all(first.as_bytes()).await?;
            while let Some((more, is_slow)) = &more {
                socket.write_all(more.as_bytes()).await?;
                seen.bytes.fetch_add(more.len(), Ordering::SeqCst);
                if *is_slow {
                    sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }
}

fn moved(status: u16, to: &str) -> String {
    format!("HTTP/1.1 {status} So\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n")
}

fn message() -> Message {
    Message::new("+447700900123".parse::<PhoneNumber>().unwrap(), "Hello")
        .with_sender("+15555550100".parse().unwrap())
}

/// The error of each call that a client has, by its name; `None` for one that went well.
async fn calls(
    base: &str,
    transport: ReqwestTransport,
) -> Vec<(&'static str, Option<Error>, Duration)> {
    let transport = Arc::new(transport);
    let config = TwilioConfig::new("AC00000000000000000000000000000001", "token");
    let twilio = Twilio::with_transport(&config.with_base_url(base), transport.clone()).unwrap();
    let config = PlivoConfig::new("MA000000000000000001", "token").with_base_url(base);
    let plivo = Plivo::with_transport(&config, transport).unwrap();
    let (sid, uuid) = (format!("SM{}", "0".repeat(32)), "5b40a428-a0c8-42e0-b32d-c0b2d7c1a2b3");
    let ids = [MessageId::new(TWILIO, &sid).unwrap(), MessageId::new(PLIVO, uuid).unwrap()];
    let mut all = Vec::new();
    macro_rules! call {
        ($name:literal, $call:expr) => {{
            let start = Instant::now();
            let error = $call.err();
            all.push(($name, error, start.elapsed()));
        }};
    }
    let (message, query) = (message(), Query::new());
    call!("twilio send", twilio.send(&message).await);
    call!("twilio fetch", twilio.fetch(&ids[0]).await);
    call!("twilio list", twilio.list(&query).await);
    call!("twilio check", twilio.check().await);
    call!("twilio media", twilio.media(&ids[0], None).await);
    let pages = twilio.request(Method::GET, Product::Account, ["IncomingPhoneNumbers.json"]);
    call!("twilio pages", pages.pages().next().await.unwrap());
    call!("plivo send", plivo.send(&message).await);
    call!("plivo fetch", plivo.fetch(&ids[1]).await);
    call!("plivo list", plivo.list(&query).await);
    call!("plivo media", plivo.media(&ids[1]).await);
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_end_costs_one_request_and_bounded_time_and_memory() {
    let (redirects, others): (Vec<_>, Vec<_>) = ALL.into_iter().partition(|it| it.redirects());
    // What floods takes the whole machine, so it comes when the others have their answers.
    for (some, time) in [(redirects, MOST_TIME), (others, TIME)] {
        let transport = ReqwestTransport::builder().timeout(time).connect_timeout(time);
        let transport = transport.build().unwrap();
        let mut servers = tokio::task::JoinSet::new();
        for endless in some {
            servers.spawn(costs_one_request(endless, transport.clone()));
        }
        while let Some(server) = servers.join_next().await {
            server.unwrap();
        }
    }
}

async fn costs_one_request(endless: Endless, transport: ReqwestTransport) {
    let (base, seen) = endless.start().await;
    let all = calls(&base, transport).await;
    for (name, error, took) in &all {
        let case = format!("{endless:?}, {name}");
        assert!(endless.redirects() || *took < MOST_TIME, "{case}: {took:?}");
        let accepts = name.ends_with("send")
            && matches!(
                endless,
                Endless::SlowBody(200) | Endless::Body(201) | Endless::Chunks(200)
            );
        let Some(error) = error else {
            assert!(accepts, "{case}: went well"); // a yes whose body is lost is a yes
            continue;
        };
        assert!(!accepts || error.kind() == ErrorKind::Timeout, "{case}: {error}");
        if endless.redirects() {
            assert_eq!(error.kind(), ErrorKind::Config, "{case}");
        }
        if !name.ends_with("send") {
            assert_eq!(error.outcome(), Outcome::NotSent, "{case}: it only reads");
        }
    }
    // On a machine that is busy one may be late before it is read.
    let requests = seen.requests.load(Ordering::SeqCst);
    assert!((1..=all.len()).contains(&requests), "{endless:?}: {requests}");
    assert!(!endless.redirects() || requests == all.len(), "{endless:?}: {requests}");
    if endless == Endless::Interim {
        return; // each is let go, until the time is over
    }
    let bytes = seen.bytes.load(Ordering::SeqCst) / requests;
    assert!(bytes < MOST_BYTES, "{endless:?}: {bytes} for a call");
}

/// A transport whose lists never end: each page leads to a new one.
#[derive(Debug, Default)]
struct Pages(AtomicUsize);

#[async_trait]
impl HttpTransport for Pages {
    async fn execute(&self, request: Request<Bytes>) -> Result<Answer, TransportError> {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        let path = request.uri().path();
        let next = format!("{path}?Page={number}");
        let body = format!(r#"{{"messages":[],"numbers":[{number}],"next_page_uri":"{next}"}}"#);
        Ok(Response::new(Ok(body.into())))
    }
}

/// A provider whose lists never end, with a message on every page.
#[derive(Clone, Debug, Default)]
struct Lists(Arc<AtomicUsize>);

const ACME: ProviderId = ProviderId::from_static("acme");

#[async_trait]
impl SmsProvider for Lists {
    fn id(&self) -> ProviderId {
        ACME
    }

    fn capabilities(&self) -> anysms::Capabilities {
        anysms::Capabilities::default()
    }

    async fn send(&self, _: &Message) -> Result<anysms::Receipt> {
        unreachable!("nothing is sent")
    }

    async fn list(&self, _: &Query) -> Result<Page<MessageRecord>> {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        let id = MessageId::new(ACME, &number.to_string()).unwrap();
        let record = MessageRecord::new(id, MessageStatus::Sent);
        Ok(Page::new(vec![record], Some(Cursor::new(number.to_string()))))
    }
}

#[tokio::test]
async fn lists_of_ever_new_pages_end_in_an_error() {
    let lists = Lists::default();
    let mut records = lists.list_all(Query::new());
    let error = loop {
        match records.next().await {
            Some(Ok(_)) => {}
            Some(Err(error)) => break error,
            None => panic!("it has no end"),
        }
    };
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::InvalidResponse, Outcome::NotSent));
    assert!(records.next().await.is_none());
    assert!(lists.0.load(Ordering::Relaxed) <= 1_000_002);
}

#[tokio::test]
#[ignore = "half a minute: a million pages"]
async fn pages_of_the_bare_client_end_in_an_error() {
    let pages = Arc::new(Pages::default());
    let config = TwilioConfig::new("AC00000000000000000000000000000001", "token");
    let twilio = Twilio::with_transport(&config, pages.clone()).unwrap();
    let request = twilio.request(Method::GET, Product::Account, ["IncomingPhoneNumbers.json"]);
    let mut all = request.pages();
    let error = loop {
        match all.next().await {
            Some(Ok(_)) => {}
            Some(Err(error)) => break error,
            None => panic!("it has no end"),
        }
    };
    assert_eq!(error.kind(), ErrorKind::InvalidResponse);
    assert!(pages.0.load(Ordering::Relaxed) <= 1_000_002);
}
