//! Single exchanges through the real transport: with a mock server, and with sockets that break.

use std::{
    error::Error as StdError,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anysms::{
    ErrorKind, Message, MessageStatus, Outcome, PhoneNumber, Receipt, Result, SmsProvider,
    plivo::{Plivo, PlivoConfig},
    transport::{ReqwestTransport, TransportError, TransportErrorKind},
    twilio::{Twilio, TwilioConfig},
};
use mockito::{Matcher, Server};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
};

const TWILIO_LIST: &str = "/2010-04-01/Accounts/AC00000000000000000000000000000001/Messages.json";
const PLIVO_LIST: &str = "/v1/Account/MA000000000000000001/Message/";

fn message() -> Message {
    Message::new("+447700900123".parse::<PhoneNumber>().unwrap(), "Hello")
        .with_sender("+15555550100".parse().unwrap())
}

fn clients(base: &str, transport: &ReqwestTransport) -> [Arc<dyn SmsProvider>; 2] {
    let transport = Arc::new(transport.clone());
    let twilio =
        TwilioConfig::new("AC00000000000000000000000000000001", "token").with_base_url(base);
    let plivo = PlivoConfig::new("MA000000000000000001", "token").with_base_url(base);
    [
        Arc::new(Twilio::with_transport(&twilio, transport.clone()).unwrap()),
        Arc::new(Plivo::with_transport(&plivo, transport).unwrap()),
    ]
}

/// What both vendors' clients make of a submission to this address.
async fn send(base: &str, transport: &ReqwestTransport) -> Vec<Result<Receipt>> {
    let mut results = Vec::new();
    for client in clients(base, transport) {
        results.push(client.send(&message()).await);
    }
    results
}

fn patient() -> ReqwestTransport {
    ReqwestTransport::new().unwrap()
}

#[tokio::test]
async fn twilio_takes_a_message() {
    let mut server = Server::new_async().await;
    let mock = server
        .mock("POST", TWILIO_LIST)
        .match_header(
            "authorization",
            "Basic QUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMTp0b2tlbg==",
        )
        .match_header("content-type", "application/x-www-form-urlencoded")
        .match_header("accept", "application/json")
        .match_body("To=%2B447700900123&From=%2B15555550100&Body=Hello")
        .with_status(201)
        .with_header("twilio-request-id", "RQ1")
        .with_body(r#"{"sid":"SM1","status":"queued","num_segments":"1"}"#)
        .expect(1)
        .create_async()
        .await;
    let [twilio, _] = clients(&server.url(), &patient());
    let receipt = twilio.send(&message()).await.unwrap();
    assert_eq!(receipt.id.unwrap().to_string(), "twilio:SM1");
    assert_eq!((receipt.status, receipt.segments), (MessageStatus::Queued, Some(1)));
    assert_eq!(receipt.request_id.as_deref(), Some("RQ1"));
    mock.assert_async().await;
}

#[tokio::test]
async fn plivo_takes_a_message() {
    let mut server = Server::new_async().await;
    let body = r#"{"src":"+15555550100","dst":"+447700900123","text":"Hello"}"#;
    let mock = server
        .mock("POST", PLIVO_LIST)
        .match_header("authorization", "Basic TUEwMDAwMDAwMDAwMDAwMDAwMDE6dG9rZW4=")
        .match_header("content-type", "application/json")
        .match_body(Matcher::JsonString(body.into()))
        .with_status(202)
        .with_body(include_str!("../data/plivo/message.send.POST-Message.202.json"))
        .expect(1)
        .create_async()
        .await;
    let [_, plivo] = clients(&server.url(), &patient());
    let receipt = plivo.send(&message()).await.unwrap();
    let id = receipt.id.unwrap().to_string();
    assert_eq!(id, "plivo:5b40a428-bfc7-4daf-9d06-726c558bf3b8");
    mock.assert_async().await;
}

#[tokio::test]
async fn too_many_requests_are_asked_to_wait() {
    let mut server = Server::new_async().await;
    let mock = server
        .mock("POST", Matcher::Any)
        .with_status(429)
        .with_header("retry-after", "17")
        .with_body(r#"{"code":20429,"error":"too many requests"}"#)
        .expect(2) // one of each vendor, and never a second try
        .create_async()
        .await;
    for result in send(&server.url(), &patient()).await {
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::RateLimited, Outcome::NotSent));
        assert_eq!(error.retry_after(), Some(Duration::from_secs(17)));
    }
    mock.assert_async().await;
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let mut server = Server::new_async().await;
    for (status, outcome) in [
        (301, Outcome::Unknown),
        (302, Outcome::Unknown),
        (303, Outcome::Unknown),
        (307, Outcome::NotSent),
        (308, Outcome::NotSent),
    ] {
        server.reset();
        let target = server.mock("POST", "/target").with_status(201).expect(0).create_async().await;
        let read = server.mock("GET", "/target").with_status(200).expect(0).create_async().await;
        let source = server
            .mock("POST", Matcher::Regex("Message".into()))
            .with_status(status)
            .with_header("location", "/target")
            .expect(2)
            .create_async()
            .await;
        for result in send(&server.url(), &patient()).await {
            let error = result.unwrap_err();
            assert_eq!((error.kind(), error.outcome()), (ErrorKind::Config, outcome), "{status}");
        }
        for mock in [target, read, source] {
            mock.assert_async().await;
        }
    }
}

#[tokio::test]
async fn a_yes_with_a_body_over_the_cap_is_a_receipt_without_an_id() {
    let mut server = Server::new_async().await;
    for (size, id) in [(256 * 1024, true), (256 * 1024 + 1, false), (4 * 1024 * 1024, false)] {
        server.reset();
        let body = r#"{"sid":"SM1","message_uuid":["1"],"x":""}"#;
        let body = body.replace("\"\"", &format!("{:?}", "x".repeat(size - body.len())));
        assert_eq!(body.len(), size);
        server.mock("POST", Matcher::Any).with_status(201).with_body(body).create_async().await;
        for result in send(&server.url(), &patient()).await {
            assert_eq!(result.unwrap().id.is_some(), id, "{size}");
        }
    }
}

/// A server on a socket: for each connection, reads as much as asked, answers these bytes, and does
/// what it is told at the end.
struct Broken {
    base: String,
    requests: Arc<AtomicUsize>,
}

#[derive(Clone, Copy, PartialEq)]
enum Then {
    Close,
    Hang,
}

async fn broken(answer: &'static [u8], then: Then) -> Broken {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = requests.clone();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            read_request(&mut socket).await;
            counted.fetch_add(1, Ordering::SeqCst);
            socket.write_all(answer).await.unwrap();
            socket.flush().await.unwrap();
            if then == Then::Hang {
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                    drop(socket);
                });
            }
        }
    });
    Broken { base, requests }
}

/// Reads to the end of the request's body, so that a close is a clean one.
async fn read_request(socket: &mut TcpStream) {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.split("content-length: ").nth(1).unwrap();
            let length: usize = length.split("\r\n").next().unwrap().parse().unwrap();
            if body.len() >= length {
                return;
            }
        }
        assert_ne!(socket.read_buf(&mut bytes).await.unwrap(), 0, "the request broke off");
    }
}

#[tokio::test]
async fn a_refused_connection_has_sent_nothing() {
    // A port that is taken, so that nobody else gets it, and does not listen.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let base = format!("http://{}", socket.local_addr().unwrap());
    for result in send(&base, &patient()).await {
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Connect, Outcome::NotSent));
        assert!(error.is_retryable() && error.may_fail_over());
        let source = error.source().unwrap().downcast_ref::<TransportError>().unwrap();
        assert_eq!(source.kind(), TransportErrorKind::Connect);
    }
}

#[tokio::test]
async fn a_request_that_was_read_and_never_answered_may_have_sent() {
    for half in [&b""[..], b"HTTP/1.1 201 Crea", b"HTTP/1.1 201 Created\r\ncontent-length: 5\r\n"] {
        let server = broken(half, Then::Close).await;
        for result in send(&server.base, &patient()).await {
            let error = result.unwrap_err();
            assert_eq!((error.kind(), error.outcome()), (ErrorKind::Interrupted, Outcome::Unknown));
            assert!(!error.is_retryable() && !error.may_fail_over());
        }
        assert_eq!(server.requests.load(Ordering::SeqCst), 2, "one request of each vendor");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_in_its_body_is_a_receipt_without_an_id() {
    for answer in [
        &b"HTTP/1.1 201 Created\r\ncontent-length: 90\r\n\r\n{\"sid\":\"SM1\",\"message_uuid\":[\"1\"]"[..],
        b"HTTP/1.1 202 Accepted\r\ncontent-length: 90\r\n\r\n",
        b"HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"sid\r\n",
    ] {
        let server = broken(answer, Then::Close).await;
        for result in send(&server.base, &patient()).await {
            let receipt = result.unwrap();
            assert_eq!(receipt.id, None);
        }
        assert_eq!(server.requests.load(Ordering::SeqCst), 2);
    }
}

#[tokio::test]
async fn an_answer_that_never_comes_may_have_sent() {
    let hasty = ReqwestTransport::builder().timeout(Duration::from_millis(200)).build().unwrap();
    let server = broken(b"", Then::Hang).await;
    for result in send(&server.base, &hasty).await {
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Unknown));
        assert!(!error.is_retryable() && !error.may_fail_over());
    }
    // The head of a yes came; only its body hangs.
    let head = b"HTTP/1.1 201 Created\r\ncontent-length: 90\r\n\r\n{";
    let server = broken(head, Then::Hang).await;
    for result in send(&server.base, &hasty).await {
        assert_eq!(result.unwrap().id, None);
    }
}

#[tokio::test]
async fn tls_that_cannot_be_set_up_has_sent_nothing() {
    // A plain server answers the handshake with something that is none.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut hello = [0; 1];
            let _ = socket.read(&mut hello).await;
            let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    for result in send(&base, &patient()).await {
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Connect, Outcome::NotSent));
    }
}

#[tokio::test]
async fn a_handshake_that_hangs_has_sent_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("https://{}", listener.local_addr().unwrap());
    let hold = tokio::spawn(async move {
        let mut sockets = Vec::new();
        while let Ok((socket, _)) = listener.accept().await {
            sockets.push(socket);
        }
    });
    let connecting = Duration::from_millis(200);
    let hasty = ReqwestTransport::builder().connect_timeout(connecting).build().unwrap();
    for result in send(&base, &hasty).await {
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Connect, Outcome::NotSent));
    }
    hold.abort();
}
