//! What the layer `Observe` reports: the names that are a contract, and nothing personal.

use std::{
    io,
    sync::{Arc, Mutex},
};

use anysms::{
    Capabilities, Error, ErrorKind, Message, MessageClass, MessageId, Outcome, PhoneNumber,
    ProviderId, Receipt, Result, SmsProvider, async_trait,
    layers::{LayerExt, RetryPolicy},
};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use serde_json::{Value, json};
use tracing_subscriber::{
    filter::Targets, fmt::format::FmtSpan, layer::SubscriberExt, util::SubscriberInitExt,
};

const ACME: ProviderId = ProviderId::from_static("acme");

/// Fails as it is told to, each time the next, and then accepts.
#[derive(Debug)]
struct Acme(Mutex<Vec<Error>>);

#[async_trait]
impl SmsProvider for Acme {
    fn id(&self) -> ProviderId {
        ACME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        if let Some(error) = self.0.lock().unwrap().pop() {
            return Err(error);
        }
        let mut receipt =
            Receipt::new(ACME, MessageId::new(ACME, "id-1").ok(), message.key().clone());
        receipt.segments = Some(2);
        Ok(receipt)
    }
}

fn acme(errors: impl IntoIterator<Item = Error>) -> Acme {
    Acme(Mutex::new(errors.into_iter().collect()))
}

fn message() -> Message {
    Message::new("+447700900123".parse::<PhoneNumber>().unwrap(), "CANARY_text")
        .with_class(MessageClass::OneTimeCode)
        .with_key("key-1".parse().unwrap())
}

fn limited() -> Error {
    Error::not_sent(ErrorKind::RateLimited)
}

async fn send(errors: impl IntoIterator<Item = Error>) -> Result<Receipt> {
    let policy =
        RetryPolicy::default().with_backoff(std::time::Duration::ZERO, std::time::Duration::ZERO);
    acme(errors).retry(policy).observe().send(&message()).await
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The fields of the span of each send, as it closes.
async fn spans(errors: Vec<Error>) -> Vec<Value> {
    let lines = Lines::default();
    let writer = lines.clone();
    let layer = tracing_subscriber::fmt::layer()
        .json()
        .with_span_events(FmtSpan::CLOSE)
        .with_writer(move || writer.clone());
    let targets = Targets::new().with_target("anysms", tracing::Level::TRACE);
    let guard = tracing_subscriber::registry().with(layer).with(targets).set_default();
    let _ = send(errors).await;
    drop(guard);
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    for personal in ["CANARY", "7700"] {
        assert!(!text.contains(personal), "{text}");
    }
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines
        .filter(|line| line["fields"]["message"] == "close")
        .map(|line| line["span"].clone())
        .collect()
}

#[tokio::test]
async fn a_send_is_a_span() {
    let common = json!({
        "name": "send",
        "otel.kind": "producer",
        "messaging.system": "acme",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "anysms.message.key": "key-1",
        "anysms.class": "one_time_code",
        "anysms.country": "GB",
    });
    for (errors, own) in [
        (
            vec![],
            json!({
                "anysms.outcome": "accepted", "anysms.segments": 2,
                "messaging.message.id": "id-1",
            }),
        ),
        (
            vec![Error::unknown(ErrorKind::Timeout), limited()],
            json!({
                "anysms.outcome": "unknown", "anysms.segments": 1, "anysms.attempts": 2,
                "error.type": "timeout", "otel.status_code": "ERROR",
            }),
        ),
        (
            vec![Error::not_sent(ErrorKind::OptedOut)],
            json!({
                "anysms.outcome": "not_sent", "anysms.segments": 1, "anysms.attempts": 1,
                "error.type": "opted_out", "otel.status_code": "ERROR",
            }),
        ),
    ] {
        let mut expected = common.clone();
        for (name, value) in own.as_object().unwrap() {
            expected[name] = value.clone();
        }
        assert_eq!(spans(errors).await, [expected]);
    }
}

/// Each metric as one line: name, labels, value.
fn metrics(run: impl Future<Output = ()>) -> Vec<String> {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    metrics::with_local_recorder(&recorder, || runtime.block_on(run));
    let line = |(key, _, _, value): (metrics_util::CompositeKey, _, _, DebugValue)| {
        let key = key.key();
        let labels: Vec<_> = key.labels().map(|l| format!("{}={}", l.key(), l.value())).collect();
        let value = match value {
            DebugValue::Counter(count) => count.to_string(),
            DebugValue::Gauge(_) => unreachable!("there are none"),
            DebugValue::Histogram(values) => {
                assert!(values.iter().all(|seconds| (0.0..10.0).contains(&seconds.into_inner())));
                format!("{} values", values.len())
            }
        };
        format!("{} [{}] {value}", key.name(), labels.join(", "))
    };
    let mut lines: Vec<String> = snapshotter.snapshot().into_vec().into_iter().map(line).collect();
    lines.sort();
    lines
}

#[test]
fn sends_retries_and_segments_are_counted() {
    let lines = metrics(async {
        send([]).await.unwrap();
        send([limited()]).await.unwrap();
        let error = send([Error::unknown(ErrorKind::Timeout), limited()]).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown);
        send([limited(), limited(), limited()]).await.unwrap_err();
    });
    let expected = [
        "anysms.retries [messaging.system=acme, error.type=rate_limited] 4",
        "anysms.segments [messaging.system=acme, anysms.country=GB] 4",
        "messaging.client.operation.duration [messaging.system=acme, anysms.outcome=accepted, error.type=] 2 values",
        "messaging.client.operation.duration [messaging.system=acme, anysms.outcome=not_sent, error.type=rate_limited] 1 values",
        "messaging.client.operation.duration [messaging.system=acme, anysms.outcome=unknown, error.type=timeout] 1 values",
        "messaging.client.sent.messages [messaging.system=acme, anysms.outcome=accepted, error.type=] 2",
        "messaging.client.sent.messages [messaging.system=acme, anysms.outcome=not_sent, error.type=rate_limited] 1",
        "messaging.client.sent.messages [messaging.system=acme, anysms.outcome=unknown, error.type=timeout] 1",
    ];
    assert_eq!(lines, expected);
}
