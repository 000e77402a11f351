//! Many sends through everything at once, past vendors that fail in every way there is: nobody is sent the
//! same message twice, and of every message there is an outcome that is true.
//!
//! ```text
//! cargo test -p anysms-tests --test it campaign                                   # 20,000 sends
//! ANYSMS_SENDS=1000000 cargo test --release -p anysms-tests --test it campaign -- --nocapture
//! ```
//!
//! The vendors are a transport that remembers what it took; time is Tokio's paused clock.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anysms::{
    Message, Outcome, PhoneNumber, SmsProviderExt, async_trait,
    layers::{Failover, LayerExt, RetryPolicy},
    plivo::{Plivo, PlivoConfig},
    transport::{Answer, BodyError, HttpTransport, TransportError, TransportErrorKind},
    twilio::{Twilio, TwilioConfig},
};
use bytes::Bytes;
use http::{Request, Response, StatusCode};

/// What happens to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Fault {
    None,
    // Not taken, and so it is proved.
    Connect,
    Status(u16),
    // Not taken, and nobody knows.
    LostBefore(TransportErrorKindName),
    // Taken, and nobody knows.
    LostAfter(TransportErrorKindName),
    StatusAfter(u16),
    // Taken, and said so.
    BodyLost,
    Garbage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum TransportErrorKindName {
    Timeout,
    Interrupted,
}

impl TransportErrorKindName {
    fn error(self) -> TransportError {
        TransportError::new(match self {
            Self::Timeout => TransportErrorKind::Timeout,
            Self::Interrupted => TransportErrorKind::Interrupted,
        })
    }
}

const FAULTS: [Fault; 26] = {
    use Fault::*;
    use TransportErrorKindName::*;
    [
        Connect,
        Connect,
        Connect,
        Status(429),
        Status(429),
        Status(429),
        Status(400),
        Status(401),
        Status(404),
        Status(307),
        Status(425),
        Status(500), // refused, but who knows
        Status(503),
        Status(408),
        LostBefore(Timeout),
        LostBefore(Interrupted),
        LostAfter(Timeout),
        LostAfter(Interrupted),
        StatusAfter(500),
        StatusAfter(502),
        StatusAfter(503),
        StatusAfter(504),
        StatusAfter(520),
        StatusAfter(301),
        BodyLost,
        Garbage,
    ]
};

/// Both vendors: what they took, by the message's number.
#[derive(Debug)]
struct Vendors {
    taken: Mutex<Vec<u8>>,
    requests: AtomicUsize,
    seen: Mutex<BTreeMap<Fault, usize>>,
    random: Mutex<u64>,
    /// How many of a hundred requests fail, or all of them in one way.
    plan: Plan,
}

#[derive(Clone, Copy, Debug)]
enum Plan {
    Percent(u64),
    Always(u16),
}

impl Vendors {
    fn new(messages: usize, plan: Plan) -> Arc<Self> {
        Arc::new(Self {
            taken: Mutex::new(vec![0; messages]),
            requests: AtomicUsize::new(0),
            seen: Mutex::default(),
            random: Mutex::new(20_261_121),
            plan,
        })
    }

    fn next(&self, below: u64) -> u64 {
        let mut random = self.random.lock().unwrap();
        *random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*random >> 33) % below
    }

    fn fault(&self) -> Fault {
        let fault = match self.plan {
            Plan::Always(status) => Fault::Status(status),
            Plan::Percent(percent) if self.next(100) < percent => {
                FAULTS[self.next(FAULTS.len() as u64) as usize]
            }
            Plan::Percent(_) => Fault::None,
        };
        *self.seen.lock().unwrap().entry(fault).or_default() += 1;
        fault
    }

    fn take(&self, request: &Request<Bytes>) {
        let body = String::from_utf8_lossy(request.body());
        let number = body.split("number-").nth(1).unwrap();
        let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
        self.taken.lock().unwrap()[digits.parse::<usize>().unwrap()] += 1;
    }

    fn taken(&self) -> Vec<u8> {
        self.taken.lock().unwrap().clone()
    }
}

#[async_trait]
impl HttpTransport for Vendors {
    async fn execute(&self, request: Request<Bytes>) -> Result<Answer, TransportError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(self.next(300))).await;
        let plivo = request.uri().path().starts_with("/v1/");
        let answer = |status: u16, body: Result<Bytes, BodyError>| {
            let mut response = Response::new(body);
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            if status == 429 && self.next(2) == 0 {
                let seconds = self.next(8).to_string().parse().unwrap();
                response.headers_mut().insert("retry-after", seconds);
            }
            Ok(response)
        };
        let (yes, body) = match plivo {
            true => (202, r#"{"message":"message(s) queued","message_uuid":["u1"],"api_id":"a"}"#),
            false => (201, r#"{"sid":"SM1","status":"queued","num_segments":"1"}"#),
        };
        let fault = self.fault();
        match fault {
            Fault::Connect => return Err(TransportError::new(TransportErrorKind::Connect)),
            Fault::LostBefore(kind) => return Err(kind.error()),
            Fault::Status(status) => return answer(status, Ok(Bytes::new())),
            _ => self.take(&request),
        }
        match fault {
            Fault::LostAfter(kind) => Err(kind.error()),
            Fault::StatusAfter(status) => answer(status, Ok("<html>".into())),
            Fault::BodyLost => answer(yes, Err(BodyError::Interrupted)),
            Fault::Garbage => answer(yes, Ok("\u{0}garbage".into())),
            _ => answer(yes, Ok(body.into())),
        }
    }
}

fn twilio(vendors: &Arc<Vendors>) -> Twilio {
    let config = TwilioConfig::new("AC00000000000000000000000000000001", "token")
        .with_sender("+15555550100".parse().unwrap());
    Twilio::with_transport(&config, vendors.clone()).unwrap()
}

fn plivo(vendors: &Arc<Vendors>) -> Plivo {
    let config = PlivoConfig::new("MA000000000000000001", "token")
        .with_sender("+15555550100".parse().unwrap());
    Plivo::with_transport(&config, vendors.clone()).unwrap()
}

fn sends() -> usize {
    std::env::var("ANYSMS_SENDS").map_or(20_000, |sends| sends.parse().unwrap())
}

fn messages(count: usize) -> impl Iterator<Item = Message> + Send + Unpin {
    (0..count).map(|n| {
        Message::new("+447700900123".parse::<PhoneNumber>().unwrap(), format!("number-{n}"))
    })
}

#[tokio::test(start_paused = true)]
async fn nobody_twice_and_nothing_lost() {
    let (count, retry) = (sends(), RetryPolicy::default);
    for percent in [3, 30, 90] {
        let count = count / 3;
        let vendors = Vendors::new(count, Plan::Percent(percent));
        let sms = Failover::new(twilio(&vendors).retry(retry())).or(plivo(&vendors).retry(retry()));
        let sms = sms.unwrap().timeout(Duration::from_secs(300)).into_dyn();
        let mut all = sms.send_each(messages(count)).with_concurrency(64);
        let mut ended = vec![false; count];
        let mut results = BTreeMap::<_, usize>::new();
        while let Some(sent) = all.next().await {
            let number = sent.index as usize;
            assert!(!std::mem::replace(&mut ended[number], true), "{number} ended twice");
            let taken = vendors.taken()[number];
            let outcome = sent.result.map(drop).map_err(|error| error.outcome());
            assert!(taken <= 1, "{number} was taken {taken} times, {outcome:?}");
            match outcome {
                Ok(()) => assert_eq!(taken, 1, "{number} is said to be taken"),
                Err(Outcome::NotSent) => assert_eq!(taken, 0, "{number} is said not to be sent"),
                Err(Outcome::Unknown) => {}
            }
            let word = outcome.map_or_else(|outcome| format!("{outcome:?}"), |()| "Ok".into());
            *results.entry(word).or_default() += 1;
        }
        assert!(ended.iter().all(|ended| *ended), "lost");
        assert!(vendors.taken().iter().all(|taken| *taken <= 1));
        assert!(results.len() == 3, "{results:?}");
        let seen = vendors.seen.lock().unwrap().len();
        let requests = vendors.requests.load(Ordering::Relaxed);
        println!(
            "{percent} % of requests fail: {count} sends, {requests} requests, {results:?}, {seen} kinds of faults"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn retries_are_no_load() {
    let count = sends() / 10;
    for status in [429, 503] {
        let vendors = Vendors::new(count, Plan::Always(status));
        let sms = twilio(&vendors).retry(RetryPolicy::default()).into_dyn();
        let mut all = sms.send_each(messages(count)).with_concurrency(64);
        while let Some(sent) = all.next().await {
            sent.result.unwrap_err();
        }
        let requests = vendors.requests.load(Ordering::Relaxed);
        println!("{status}: {count} sends, {requests} requests");
        assert!(requests <= count + count / 10 + 3, "{requests} of {count}");
        assert!(status != 429 || requests > count, "there are retries");
    }
}
