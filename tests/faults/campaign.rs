//! Runs the cases on every wire, and holds each send against the law.

use std::{
    collections::HashMap,
    fmt::{self, Write},
    sync::{Arc, LazyLock},
    time::Duration,
};

use anysms::{
    Error, ErrorKind, Message, Outcome, PhoneNumber, SmsProvider,
    plivo::{Plivo, PlivoConfig},
    transport::{HttpTransport, ReqwestTransport, TransportErrorKind},
    twilio::{Twilio, TwilioConfig},
};
use bytes::Bytes;
use tokio::{sync::Semaphore, task::JoinSet, time::sleep};

use crate::{
    answers::{STATUSES, class_of},
    case::{By, Case, Class, Patience},
    fault::{Fault, Wire},
    server::{IDENTITIES, Server},
};

/// Repetitions at once of cases that work and of those that wait. More would make them late.
const AT_ONCE: [usize; 2] = [64, 128];

const GRACE: Duration = Duration::from_millis(100);

static BULK: LazyLock<Bytes> = LazyLock::new(|| vec![b'x'; 8 * 1024 * 1024].into());

/// What happened on one wire, over all repetitions of a case.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) sends: usize,
    pub(crate) read: usize,
    pub(crate) read_twice: usize,
    pub(crate) false_not_sent: usize,
    pub(crate) false_accepted: usize,
    classes: Vec<Class>,
    pub(crate) wrong: Vec<String>,
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Self) {
        self.sends += other.sends;
        self.read += other.read;
        self.read_twice += other.read_twice;
        self.false_not_sent += other.false_not_sent;
        self.false_accepted += other.false_accepted;
        let classes = other.classes.iter().filter(|class| !self.classes.contains(class));
        let new: Vec<_> = classes.copied().collect();
        self.classes.extend(new);
        self.wrong.extend(other.wrong.iter().cloned());
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sends, read, read_twice, false_not_sent, false_accepted, .. } = self;
        write!(f, "{sends} sends, {read} read, {read_twice} read twice, ")?;
        write!(f, "{false_not_sent} falsely not sent, {false_accepted} falsely accepted")
    }
}

/// One line for each case and wire, and the sum.
pub(crate) async fn run(cases: Vec<Case>, repeats: usize) -> (String, Tally) {
    let permits = AT_ONCE.map(|at_once| Arc::new(Semaphore::new(at_once)));
    let stages = Arc::new(Stages::new(&cases).await);
    let cases = Arc::new(cases);
    let mut running = JoinSet::new();
    for at in 0..cases.len() {
        let permits = &permits[usize::from(cases[at].patience != Patience::Long)];
        for (wire, by) in cells(&cases[at]) {
            for _ in 0..repeats {
                let (permits, stages, cases) = (permits.clone(), stages.clone(), cases.clone());
                running.spawn(async move {
                    let _permit = permits.acquire().await;
                    let case = &cases[at];
                    ((at, wire), repetition(case, wire, by, stages.of(at, case, wire).await).await)
                });
            }
        }
    }
    let mut lines: HashMap<_, Tally> = HashMap::new();
    while let Some(done) = running.join_next().await {
        let (line, tally) = done.unwrap();
        lines.entry(line).or_default().add(&tally);
    }
    let mut lines: Vec<_> = lines.into_iter().collect();
    lines.sort_by_key(|((at, wire), _)| (cases[*at].row, *at, *wire));
    let (mut table, mut sum) =
        (String::from("row  wire      sends     read  class, case\n"), Tally::default());
    for ((at, wire), tally) in &lines {
        let (case, Tally { sends, read, classes, .. }) = (&cases[*at], tally);
        let (row, wire) = (case.row, wire.to_string());
        writeln!(table, "{row:>3}  {wire:<6} {sends:>8} {read:>8}  {classes:?}, {}", case.name)
            .unwrap();
        sum.add(tally);
    }
    (table, sum)
}

fn cells(case: &Case) -> impl Iterator<Item = (Wire, By)> {
    case.wires.iter().flat_map(|wire| case.by.iter().map(|by| (*wire, *by)))
}

async fn repetition(case: &Case, wire: Wire, by: By, (server, transport): Stage) -> Tally {
    let base = match case.fault {
        Fault::NoHost => "https://anysms.invalid".to_owned(),
        _ => server.base(wire),
    };
    let mut tally = Tally::default();
    for (text, class) in texts(case) {
        let seen = || {
            let seen = &server.seen;
            [seen.begun(), seen.read(), seen.answered(), seen.accepted()]
        };
        let before = seen();
        let result = send(by, &base, &transport, &text).await;
        // In which the server may still read what the client has given up.
        let unanswered = result.as_ref().is_err_and(|error| error.status().is_none());
        sleep(if unanswered { GRACE.max(case.pause) } else { case.pause }).await;
        let after = seen();
        let [begun, read, answered, accepted] = std::array::from_fn(|i| after[i] - before[i]);
        let found = class_found(&result);
        let (kind, wait) = match &result {
            Ok(_) => (None, None),
            Err(error) => (Some(error.kind()), error.retry_after()),
        };
        let as_told = (found == class || case.or == Some(found))
            && begun <= 1
            && case.read.is_none_or(|right| read == right)
            && case.kind.is_none_or(|right| kind == Some(right))
            && wait == case.wait
            && !result.as_ref().is_err_and(quotes);
        if !as_told {
            let error = result.err().map(|error| chain(&error));
            let name = format!("{} {} on {wire} by {by:?}, {text}", case.row, case.name);
            let counts = format!("begun {begun}, read {read}");
            tally.wrong.push(format!("{name}: {found:?}, not {class:?}; {counts}; {error:?}"));
        }
        tally.sends += 1;
        tally.read += read;
        tally.read_twice += usize::from(read > 1);
        tally.false_not_sent += usize::from(match found {
            Class::NotSent => read > 0,
            Class::Rejected => answered == 0,
            _ => false,
        });
        let yes = matches!(found, Class::Accepted | Class::AcceptedWithoutId);
        tally.false_accepted += usize::from(yes && accepted == 0);
        if !tally.classes.contains(&found) {
            tally.classes.push(found);
        }
    }
    tally
}

/// What is sent in one repetition, and what is to be concluded.
fn texts(case: &Case) -> Vec<(String, Class)> {
    match case.fault {
        Fault::Statuses => {
            let statuses = STATUSES.into_iter().flatten();
            statuses.map(|status| (format!("number {status}"), class_of(status))).collect()
        }
        _ => vec![("Hello".to_owned(), case.class); case.sends],
    }
}

pub(crate) fn class_found(result: &Result<bool, Error>) -> Class {
    match result {
        Ok(true) => Class::Accepted,
        Ok(false) => Class::AcceptedWithoutId,
        Err(error) => match (error.outcome(), error.status()) {
            (Outcome::Unknown, _) => Class::Unknown,
            (Outcome::NotSent, Some(_)) => Class::Rejected,
            (Outcome::NotSent, None) => Class::NotSent,
        },
    }
}

/// Sends one message; an answer of yes tells whether it has an id.
pub(crate) async fn send(
    by: By,
    base: &str,
    transport: &ReqwestTransport,
    text: &str,
) -> Result<bool, Error> {
    let shared = Arc::new(transport.clone());
    let message = Message::new("+447700900123".parse::<PhoneNumber>().unwrap(), text)
        .with_sender("+15555550100".parse().unwrap());
    let receipt = match by {
        By::Twilio => {
            let config = TwilioConfig::new("AC00000000000000000000000000000001", "token")
                .with_base_url(base)
                .allow_custom_host();
            Twilio::with_transport(&config, shared)?.send(&message).await?
        }
        By::Plivo => {
            let config = PlivoConfig::new("MA000000000000000001", "token")
                .with_base_url(base)
                .allow_custom_host();
            Plivo::with_transport(&config, shared)?.send(&message).await?
        }
        By::Bulk => {
            let request = http::Request::post(base).body(BULK.clone()).unwrap();
            let answer = transport.execute(request).await;
            return answer.map(|_| false).map_err(|error| {
                let late = error.kind() == TransportErrorKind::Timeout;
                let kind = if late { ErrorKind::Timeout } else { ErrorKind::Other };
                Error::new(kind, error.kind().outcome()).with_source(error)
            });
        }
    };
    Ok(receipt.id.is_some())
}

/// Whether the error shows what the server wrote, which may be anything.
fn quotes(error: &Error) -> bool {
    format!("{error:?} {}", chain(error)).contains("words")
}

/// An error with all its causes.
fn chain(error: &Error) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text} <- {cause}"))
}

/// A server and a client that knows how to speak with it.
type Stage = (Arc<Server>, ReqwestTransport);

/// Each repetition has a server of its own; to make a client takes long, so that they share those.
struct Stages {
    clients: HashMap<(bool, Patience), ReqwestTransport>,
    behind_proxy: HashMap<(usize, Wire), Stage>,
}

impl Stages {
    async fn new(cases: &[Case]) -> Self {
        let mut clients = HashMap::new();
        for patience in [Patience::Long, Patience::Connect, Patience::Total] {
            for wire in Wire::ALL {
                let key = (wire.knows_http2(), patience);
                clients.entry(key).or_insert_with(|| transport(wire, patience, None));
            }
        }
        let mut behind_proxy = HashMap::new();
        for (at, case) in cases.iter().enumerate() {
            let proxied = matches!(case.fault, Fault::Proxy(_));
            for wire in case.wires.iter().filter(|_| proxied) {
                let server = Server::start(&case.fault, *wire).await.unwrap();
                let url = format!("http://{}", server.address);
                let client = transport(*wire, case.patience, Some(url));
                behind_proxy.insert((at, *wire), (Arc::new(server), client));
            }
        }
        Self { clients, behind_proxy }
    }

    async fn of(&self, at: usize, case: &Case, wire: Wire) -> Stage {
        if let Some(stage) = self.behind_proxy.get(&(at, wire)) {
            return stage.clone();
        }
        let server = Server::start(&case.fault, wire).await.unwrap();
        (Arc::new(server), self.clients[&(wire.knows_http2(), case.patience)].clone())
    }
}

pub(crate) fn transport(wire: Wire, patience: Patience, proxy: Option<String>) -> ReqwestTransport {
    let builder = ReqwestTransport::builder()
        .connect_timeout(patience.to_connect())
        .timeout(patience.in_all())
        .root_certificates(IDENTITIES.trusted.as_bytes());
    let builder = if wire.knows_http2() { builder.http2_prior_knowledge() } else { builder };
    proxy.into_iter().fold(builder, |builder, url| builder.proxy(url)).build().unwrap()
}

impl Wire {
    /// TLS tells the client what the server speaks; without it, it must know.
    fn knows_http2(self) -> bool {
        self.http2 && !self.tls
    }
}
