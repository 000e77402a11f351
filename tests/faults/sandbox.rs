//! What goes wrong at a provider, rehearsed in the sandbox: what the client then says is true, and
//! nothing is sent twice.

use std::{sync::Arc, time::Duration};

use anysms::{
    Error, ErrorKind, Message, MessageStatus, Outcome, PhoneNumber, Receipt, Result, SmsProvider,
    SmsProviderExt,
    layers::{Failover, Retry, RetryPolicy},
    plivo::{Plivo, PlivoConfig, PlivoWebhook},
    sandbox::{Fault, Sandbox, When},
    transport::ReqwestTransport,
    twilio::{Twilio, TwilioConfig, TwilioWebhook},
    webhook::{Event, MemoryReplayStore, Webhook, WebhookExt, WebhookRequest},
};
use axum::{Router, extract::State, http::StatusCode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::mpsc,
};

const SECOND: Duration = Duration::from_secs(1);

/// A client of each vendor, which waits a second for an answer.
fn clients(sandbox: &Sandbox) -> [Arc<dyn SmsProvider>; 2] {
    clients_that_wait(sandbox, SECOND)
}

fn clients_that_wait(sandbox: &Sandbox, timeout: Duration) -> [Arc<dyn SmsProvider>; 2] {
    let transport = || Arc::new(ReqwestTransport::builder().timeout(timeout).build().unwrap());
    let twilio = TwilioConfig::sandbox(sandbox);
    let plivo = PlivoConfig::sandbox(sandbox);
    [
        Twilio::with_transport(&twilio, transport()).unwrap().into_dyn(),
        Plivo::with_transport(&plivo, transport()).unwrap().into_dyn(),
    ]
}

fn to() -> PhoneNumber {
    "+447700900123".parse().unwrap()
}

/// What each vendor's client says of a message that meets a fault, and how many messages the sandbox
/// then has more.
async fn send(fault: Fault) -> Vec<(Result<Receipt>, usize)> {
    let sandbox = Sandbox::start().await.unwrap();
    let mut sent = Vec::new();
    for sms in clients(&sandbox) {
        let before = sandbox.messages().len();
        sandbox.inject(When::Next(1), fault);
        let result = sms.send(&Message::new(to(), "Hello")).await;
        sent.push((result, sandbox.messages().len() - before));
        let well = sms.send(&Message::new(to(), "Hello")).await.unwrap();
        assert!(well.id.is_some(), "{fault:?} was for one");
    }
    sent
}

/// The errors for a message that meets a fault, which all have this outcome; it is carried, or not.
async fn errors(fault: Fault, outcome: Outcome, carried: usize) -> Vec<Error> {
    let check = |(sent, more): (Result<Receipt>, usize)| {
        let error = sent.expect_err("a receipt");
        assert_eq!((error.outcome(), more), (outcome, carried), "{fault:?}: {error}");
        error
    };
    send(fault).await.into_iter().map(check).collect()
}

#[tokio::test]
async fn what_is_refused_is_not_there() {
    use ErrorKind::{Account, Credentials, GeoPermission, InvalidRequest, RateLimited};
    for (status, code, kinds) in [
        (400, Some("20001"), [InvalidRequest, InvalidRequest]),
        (401, Some("20003"), [Credentials, Credentials]),
        (402, None, [Account, Account]),
        (403, Some("20403"), [Credentials, GeoPermission]),
        (422, Some("20422"), [InvalidRequest, InvalidRequest]),
        (429, Some("20429"), [RateLimited, RateLimited]),
    ] {
        let errors = errors(Fault::Refuse(status), Outcome::NotSent, 0).await;
        assert_eq!((errors[0].code(), errors[1].code()), (code, None));
        assert_eq!(errors.iter().map(Error::kind).collect::<Vec<_>>(), kinds, "{status}");
        assert!(errors[1].provider_message().is_some() && errors[0].status() == Some(status));
    }
    // A redirect that keeps the method says that nothing was done; the others that it was.
    errors(Fault::Refuse(307), Outcome::NotSent, 0).await;
    errors(Fault::Refuse(303), Outcome::Unknown, 0).await;
}

#[tokio::test]
async fn a_vendor_that_asks_to_wait_is_heard() {
    let fault = Fault::RefuseFor(429, Duration::from_secs(7));
    for error in errors(fault, Outcome::NotSent, 0).await {
        assert_eq!((error.kind(), error.status()), (ErrorKind::RateLimited, Some(429)));
        assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
        assert!(error.is_retryable());
    }
}

#[tokio::test]
async fn nothing_is_known_after_5xx_taken_or_not() {
    for status in [408, 409, 500, 502, 503, 504] {
        for (fault, carried) in [(Fault::Refuse(status), 0), (Fault::TakeAndFail(status), 1)] {
            for error in errors(fault, Outcome::Unknown, carried).await {
                assert_eq!(error.status(), Some(status));
                assert!(!error.is_retryable() && !error.may_fail_over());
            }
        }
    }
    for (status, code) in [(500, Some("20500")), (503, Some("20503")), (502, None)] {
        let errors = errors(Fault::TakeAndFail(status), Outcome::Unknown, 1).await;
        assert_eq!(errors[0].code(), code);
    }
}

#[tokio::test]
async fn nothing_is_known_after_a_connection_that_breaks() {
    for (fault, carried) in [(Fault::HangUp, 0), (Fault::TakeAndHangUp, 1)] {
        for error in errors(fault, Outcome::Unknown, carried).await {
            assert_eq!((error.kind(), error.status()), (ErrorKind::Interrupted, None));
        }
    }
}

#[tokio::test]
async fn who_hangs_up_says_nothing() {
    let sandbox = Sandbox::start().await.unwrap();
    let host = sandbox.base_url().replace("http://", "");
    for path in ["/2010-04-01/Accounts/AC1/Messages.json", "/v1/Account/MA1/Message/"] {
        sandbox.inject(When::Next(1), Fault::HangUp);
        let mut connection = tokio::net::TcpStream::connect(&host).await.unwrap();
        let request = format!("POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: 0\r\n\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        assert_eq!(connection.read_to_end(&mut answer).await.unwrap(), 0, "{path}");
    }
}

#[tokio::test]
async fn nothing_is_known_after_an_answer_that_never_comes() {
    let slow = Fault::TakeSlowly(3 * SECOND);
    for (fault, carried) in [(Fault::Hang, 0), (Fault::TakeAndHang, 1), (slow, 1)] {
        for error in errors(fault, Outcome::Unknown, carried).await {
            assert_eq!(error.kind(), ErrorKind::Timeout, "{fault:?}");
        }
    }
}

#[tokio::test]
async fn a_slow_answer_is_an_answer() {
    let start = std::time::Instant::now();
    for (sent, more) in send(Fault::TakeSlowly(Duration::from_millis(100))).await {
        assert!(sent.unwrap().id.is_some());
        assert_eq!(more, 1);
    }
    assert!(start.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn a_yes_that_cannot_be_read_is_a_yes() {
    use Fault::{TakeAndAnswerHtml, TakeAndCutShort, TakeAndSayNothing};
    for fault in [TakeAndCutShort, TakeAndSayNothing, TakeAndAnswerHtml] {
        for (sent, more) in send(fault).await {
            let receipt = sent.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
            assert_eq!((receipt.id, receipt.status), (None, MessageStatus::Accepted));
            assert_eq!(more, 1, "{fault:?}");
        }
    }
}

#[tokio::test]
async fn nothing_was_sent_where_nobody_listens() {
    let sandbox = Sandbox::start().await.unwrap();
    let clients = clients(&sandbox);
    drop(sandbox);
    tokio::time::sleep(SECOND / 10).await;
    for sms in clients {
        let error = sms.send(&Message::new(to(), "Hello")).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Connect, Outcome::NotSent));
    }
}

#[tokio::test]
async fn what_the_vendor_refuses_is_not_taken_by_a_fault() {
    let sandbox = Sandbox::start().await.unwrap();
    let [twilio, _] = clients(&sandbox);
    sandbox.inject(When::Next(1), Fault::TakeAndHangUp);
    let message = Message::new("+15005550004".parse::<PhoneNumber>().unwrap(), "Hello");
    let error = twilio.send(&message).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::OptedOut, Outcome::NotSent));
    assert_eq!(sandbox.messages().len(), 0);
}

#[tokio::test]
async fn a_fault_may_be_for_a_number_a_share_or_the_next_ones() {
    let sandbox = Sandbox::start().await.unwrap();
    for sms in clients(&sandbox) {
        let well = async |to: &str| {
            sms.send(&Message::new(to.parse::<PhoneNumber>().unwrap(), "Hello")).await.is_ok()
        };
        let (one, other) = ("+447700900123", "+447700900124");
        sandbox.inject(When::To(one.parse().unwrap()), Fault::Refuse(429));
        assert_eq!((well(one).await, well(other).await, well(one).await), (false, true, false));
        sandbox.clear_faults();
        sandbox.inject(When::Next(2), Fault::Refuse(429));
        assert_eq!((well(one).await, well(other).await, well(one).await), (false, false, true));
        sandbox.inject(When::Every(3), Fault::Refuse(429));
        assert_eq!((well(one).await, well(other).await, well(one).await), (true, true, false));
        assert_eq!((well(one).await, well(other).await, well(one).await), (true, true, false));
        sms.check().await.unwrap(); // which is no submission
        sandbox.clear_faults();
    }
}

/// What is claimed of each message is held against what the sandbox has, with every fault.
#[tokio::test]
async fn layers_send_nothing_twice_and_lose_nothing_in_silence() {
    let wait = Duration::from_millis(100);
    let mut runs = tokio::task::JoinSet::new();
    for fault in [
        Fault::Refuse(400),
        Fault::Refuse(408),
        Fault::Refuse(429),
        Fault::Refuse(503),
        Fault::RefuseFor(429, Duration::ZERO),
        Fault::RefuseFor(503, Duration::ZERO),
        Fault::HangUp,
        Fault::Hang,
        Fault::TakeAndFail(599),
        Fault::TakeAndFail(500),
        Fault::TakeAndFail(502),
        Fault::TakeAndFail(503),
        Fault::TakeAndFail(504),
        Fault::TakeAndHangUp,
        Fault::TakeAndHang,
        Fault::TakeSlowly(wait),
        Fault::TakeSlowly(2 * SECOND),
        Fault::TakeAndCutShort,
        Fault::TakeAndSayNothing,
        Fault::TakeAndAnswerHtml,
        Fault::RepeatCallbacks(3),
        Fault::CallbacksFirst,
    ] {
        for when in [When::Next(2), When::Every(1), When::Every(2), When::To(to())] {
            runs.spawn(claims_are_true(when, fault));
        }
    }
    let mut not_sent = 0;
    while let Some(run) = runs.join_next().await {
        not_sent += run.unwrap();
    }
    assert!(not_sent > 0);
}

/// Returns for how many messages it is claimed that they were not sent.
async fn claims_are_true(when: When, fault: Fault) -> usize {
    let sandbox = Sandbox::start().await.unwrap();
    let retry = |sms: &Arc<dyn SmsProvider>| Retry::new(Arc::clone(sms), RetryPolicy::default());
    let [twilio, plivo] = &clients_that_wait(&sandbox, SECOND / 4);
    let both = Failover::new(retry(twilio)).or(retry(plivo)).unwrap().into_dyn();
    let mut not_sent = 0;
    let stacks = [retry(twilio).into_dyn(), retry(plivo).into_dyn(), both];
    for (sms, name) in stacks.into_iter().zip(["Twilio", "Plivo", "both"]) {
        sandbox.inject(when, fault);
        for n in 0..4 {
            let text = format!("{name} {n}");
            let sent = sms.send(&Message::new(to(), text.as_str())).await;
            let taken: Vec<_> =
                sandbox.messages().into_iter().filter(|message| *message.text == *text).collect();
            let claim = format!("{when:?} {fault:?} {text}: {sent:?}, {}", taken.len());
            assert!(taken.len() <= 1, "{claim}");
            match sent {
                Ok(receipt) => {
                    assert_eq!(taken.len(), 1, "{claim}");
                    assert!(receipt.id.is_none_or(|id| id == taken[0].id), "{claim}");
                }
                Err(error) if error.outcome() == Outcome::NotSent => {
                    assert_eq!(taken.len(), 0, "{claim}");
                    not_sent += 1;
                }
                Err(_) => {} // there or not: this is what unknown means
            }
        }
        sandbox.clear_faults();
    }
    not_sent
}

type Hooks = (Arc<dyn Webhook>, Arc<MemoryReplayStore>, mpsc::UnboundedSender<(String, bool)>);

/// The callbacks of one message of each vendor, so many as are expected and whatever comes right behind
/// them, verified: the status, and whether it came before. The first number says how many had come when
/// the answer of the submission did.
async fn callbacks(fault: Fault, expected: [usize; 2]) -> [(usize, Vec<(String, bool)>); 2] {
    async fn hook(
        State((webhook, store, calls)): State<Hooks>,
        request: axum::extract::Request,
    ) -> StatusCode {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 65_536).await.unwrap();
        let request = WebhookRequest::from_parts(&parts, &body);
        let received = webhook.receive_once(request, &*store).await.unwrap().unwrap();
        let Event::Status(update) = &received.event else { panic!("not a status") };
        calls.send((update.status.to_string(), received.replay)).unwrap();
        StatusCode::OK
    }
    let sandbox = Sandbox::start().await.unwrap();
    let mut all = Vec::new();
    for (sms, expected) in clients(&sandbox).into_iter().zip(expected) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let public = url.parse().unwrap();
        let webhook: Arc<dyn Webhook> = match sms.id().as_str() {
            "twilio" => Arc::new(TwilioWebhook::sandbox(public).unwrap()),
            _ => Arc::new(PlivoWebhook::sandbox(public).unwrap()),
        };
        let (sender, mut calls) = mpsc::unbounded_channel();
        let app = Router::new().fallback(hook).with_state((webhook, Arc::default(), sender));
        tokio::spawn(async move { axum::serve(listener, app).await });

        sandbox.inject(When::Next(1), fault);
        let message = Message::new(to(), "Hello").with_status_callback(url.parse().unwrap());
        sms.send(&message).await.unwrap();
        let mut seen = Vec::new();
        while let Ok(call) = calls.try_recv() {
            seen.push(call);
        }
        let early = seen.len();
        while let wait = if seen.len() < expected { 10 * SECOND } else { SECOND / 4 }
            && let Ok(Some(call)) = tokio::time::timeout(wait, calls.recv()).await
        {
            seen.push(call);
        }
        all.push((early, seen));
    }
    all.try_into().unwrap()
}

fn statuses((_, seen): &(usize, Vec<(String, bool)>)) -> Vec<&str> {
    seen.iter().map(|(status, _)| status.as_str()).collect()
}

#[tokio::test]
async fn callbacks_are_repeated() {
    let [twilio, plivo] = callbacks(Fault::RepeatCallbacks(3), [6, 9]).await;
    assert_eq!(statuses(&twilio), ["sent", "sent", "sent", "delivered", "delivered", "delivered"]);
    assert_eq!(statuses(&plivo).len(), 9);
    for (_, seen) in [twilio, plivo] {
        for three in seen.chunks(3) {
            assert_eq!([three[0].1, three[1].1, three[2].1], [false, true, true]);
        }
    }
}

#[tokio::test]
async fn callbacks_come_in_another_order() {
    let [twilio, plivo] = callbacks(Fault::ReverseCallbacks, [2, 3]).await;
    assert_eq!(statuses(&twilio), ["delivered", "sent"]);
    assert_eq!(statuses(&plivo), ["delivered", "sent", "queued"]);
    let mut orders = std::collections::HashSet::new();
    for seed in 0..6 {
        let [_, plivo] = callbacks(Fault::ShuffleCallbacks(seed), [2, 3]).await;
        orders.insert(statuses(&plivo).join(" "));
    }
    assert!(orders.len() > 1, "{orders:?}");
}

#[tokio::test]
async fn callbacks_come_before_the_answer() {
    let [twilio, plivo] = callbacks(Fault::CallbacksFirst, [2, 3]).await;
    assert_eq!((twilio.0, plivo.0), (2, 3));
    assert_eq!(statuses(&twilio), ["sent", "delivered"]);
    assert_eq!(statuses(&plivo), ["queued", "sent", "delivered"]);
}

#[tokio::test]
async fn callbacks_come_late_or_never() {
    let start = std::time::Instant::now();
    let [twilio, plivo] =
        callbacks(Fault::DelayCallbacks(Duration::from_millis(500)), [2, 3]).await;
    assert_eq!(statuses(&twilio), ["sent", "delivered"]);
    assert_eq!(statuses(&plivo), ["queued", "sent", "delivered"]);
    assert!(start.elapsed() >= SECOND, "half a second each");
    let lost = callbacks(Fault::LoseCallbacks, [0, 0]).await;
    assert!(lost.iter().all(|(_, seen)| seen.is_empty()));
}
