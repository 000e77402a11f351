//! The cost of a send beside that of a plain `reqwest` POST: CPU and memory, at 64 in flight, over
//! TLS to a vendor on the same machine.
//!
//! ```text
//! cargo bench -p anysms-benches --bench send_cost
//! ```
//!
//! The vendor and every client are processes of their own, so that CPU and memory are those of one
//! client and nothing else. The vendor refuses requests that are not all the same to the byte. A
//! round starts the clients anew and has them take short turns, so that whatever else the machine
//! does falls on all of them; the ratio is the median of the rounds'.
//!
//! - `bare`: a pooled client with the settings of the crate's transport. Headers and body are made
//!   once and cloned, the URL is text; the whole answer is read and nothing in it is looked at.
//! - `parsed`: the same with the URL parsed once and cloned.
//! - `plain`: what a program without the crate writes: it signs in, writes the form, and reads `sid` and `status` of
//!   the answer, each time anew.
//! - `anysms`: `Twilio::send` of a `Message` that is made for each send.
//! - `prebuilt`: the same with one `Message`, cloned for each send.
//!
//! One thread each: more threads add the same cost of waking them to all, which flatters the ratio.
//! Without `--bench`, as in `cargo test`, it makes a few sends to see that it works.

#[path = "support/mod.rs"]
mod support;

use std::{
    array, env, fs,
    io::{self, BufRead, BufReader, Lines, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use anysms::{Message, PhoneNumber, SmsProvider, transport::ReqwestTransport, twilio::Twilio};
use cpu_time::ProcessTime;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use support::{Bare, Failure};
use tokio::{net::TcpListener, runtime, task::JoinSet};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

const IN_FLIGHT: usize = 64;
const CLIENTS: [&str; 5] = ["bare", "parsed", "plain", "anysms", "prebuilt"];
const CPU_TARGETS: [f64; 2] = [1.10, 1.05]; // beside bare, and beside plain
const MEMORY_TARGET: f64 = 4.0; // MiB

fn main() -> Result<(), Failure> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["--role", "vendor", certificate, key] => vendor(certificate, key),
        ["--role", client, port, certificate] => take_turns(client, port, certificate),
        args if args.contains(&"--list") => Ok(()),
        args if args.contains(&"--bench") => {
            compare(&Plan { rounds: 5, warm_up: 2_000, turns: 40, sends: 500 })
        }
        _ => compare(&Plan { rounds: 1, warm_up: 0, turns: 1, sends: IN_FLIGHT }),
    }
}

struct Plan {
    rounds: usize,
    warm_up: usize,
    turns: usize,
    sends: usize, // of one turn
}

/// What one client used in a round.
#[derive(Clone, Copy)]
struct Cost {
    cpu: f64,    // µs a send
    memory: f64, // MiB, at its highest
}

fn compare(plan: &Plan) -> Result<(), Failure> {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    let certificate = made.cert.pem();
    let mut vendor = Process::start(&["vendor", &certificate, &made.signing_key.serialize_pem()])?;
    let port = vendor.read()?;
    println!("{} sends a round, {IN_FLIGHT} in flight, TLS, one thread", plan.turns * plan.sends);
    println!("round  CPU, µs a send, and memory, MiB");
    let mut costs = Vec::new();
    for round in 1..=plan.rounds {
        let cost = run_round(plan, &port, &certificate)?;
        let shown = CLIENTS.iter().zip(&cost);
        let shown = shown.map(|(name, cost)| format!("{name} {:.2} {:.2}", cost.cpu, cost.memory));
        println!("{round:>5}  {}", shown.collect::<Vec<_>>().join("   "));
        costs.push(cost);
    }
    let ratio = |ours: usize, base: usize| {
        median(costs.iter().map(|round| round[ours].cpu / round[base].cpu))
    };
    let memory = median(costs.iter().map(|round| round[3].memory - round[0].memory));
    let [bare, plain] = CPU_TARGETS;
    println!("beside a URL that is parsed beforehand: cpu ratio {:.2}", ratio(3, 1));
    println!("with the message prebuilt: cpu ratio {:.2}", ratio(4, 0));
    println!("beside what a program writes: cpu ratio {:.2} (target {plain:.2})", ratio(3, 2));
    println!(
        "cpu ratio {:.2} (target {bare:.2}), memory {memory:+.1} MiB (target {MEMORY_TARGET:.0})",
        ratio(3, 0)
    );
    Ok(())
}

fn run_round(plan: &Plan, port: &str, certificate: &str) -> Result<[Cost; CLIENTS.len()], Failure> {
    let mut clients = Vec::new();
    for name in CLIENTS {
        clients.push(Process::start(&[name, port, certificate])?);
    }
    for client in &mut clients {
        client.ask::<f64>(&plan.warm_up)?;
    }
    let mut cpu = [0.0; CLIENTS.len()];
    for turn in 0..plan.turns {
        // A different one begins each time, so that none has the better place.
        for place in 0..clients.len() {
            let at = (turn + place) % clients.len();
            cpu[at] += clients[at].ask::<f64>(&plan.sends)?;
        }
    }
    let mut memory = Vec::new();
    for client in &mut clients {
        memory.push(client.ask::<f64>(&"memory")?);
    }
    let sends = (plan.turns * plan.sends) as f64;
    Ok(array::from_fn(|at| Cost { cpu: cpu[at] / sends, memory: memory[at] }))
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

/// This program in another role. It ends when its standard input does.
struct Process {
    child: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
}

impl Process {
    fn start(role: &[&str]) -> Result<Self, Failure> {
        let mut child = Command::new(env::current_exe()?)
            .arg("--role")
            .args(role)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        Ok(Self { input: child.stdin.take(), child, output })
    }

    fn read(&mut self) -> Result<String, Failure> {
        Ok(self.output.next().ok_or("a process ended early")??)
    }

    fn ask<T>(&mut self, what: &impl ToString) -> Result<T, Failure>
    where
        T: std::str::FromStr<Err: Into<Failure>>,
    {
        let input = self.input.as_mut().ok_or("no input")?;
        input.write_all(format!("{}\n", what.to_string()).as_bytes())?;
        self.read()?.parse().map_err(Into::into)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.input.take());
        drop(self.child.wait());
    }
}

/// Says its port, then answers over TLS.
fn vendor(certificate: &str, key: &str) -> Result<(), Failure> {
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes())?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes())?;
    let config =
        ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key)?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    std::thread::spawn(|| {
        drop(io::copy(&mut io::stdin(), &mut io::sink()));
        std::process::exit(0);
    });
    runtime()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?.port());
        let (answer, first) = (support::twilio_answer(), Arc::new(OnceLock::new()));
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let (acceptor, answer, first) = (acceptor.clone(), answer.clone(), Arc::clone(&first));
            tokio::spawn(async move {
                let stream = acceptor.accept(stream).await?;
                support::serve(stream, answer, first).await
            });
        }
    })
}

/// Makes as many sends as each line of standard input says, and answers what CPU they took, in µs.
/// To any other line it answers its memory.
fn take_turns(client: &str, port: &str, certificate: &str) -> Result<(), Failure> {
    let runtime = runtime()?;
    let client = {
        let _context = runtime.enter();
        Client::new(client, &format!("https://127.0.0.1:{port}"), certificate)?
    };
    for line in io::stdin().lines() {
        let Ok(sends) = line?.parse() else {
            println!("{}", peak_memory()?);
            continue;
        };
        let start = ProcessTime::try_now()?;
        runtime.block_on(client.in_flight(sends))?;
        println!("{}", start.try_elapsed()?.as_secs_f64() * 1e6);
    }
    Ok(())
}

#[derive(Clone)]
enum Client {
    Bare(Bare),
    Plain(reqwest::Client, Arc<str>),
    Anysms(Twilio, PhoneNumber),
    Prebuilt(Twilio, Message),
}

impl Client {
    fn new(name: &str, base: &str, certificate: &str) -> Result<Self, Failure> {
        if let "bare" | "parsed" | "plain" = name {
            let certificates = reqwest::Certificate::from_pem_bundle(certificate.as_bytes())?;
            let client = support::bare_client().tls_certs_merge(certificates).build()?;
            let url = format!("{base}{}", support::TWILIO_PATH);
            if name == "plain" {
                return Ok(Self::Plain(client, url.into()));
            }
            return Ok(Self::Bare(Bare {
                client,
                url: support::Address::new(&url, name == "parsed")?,
                headers: support::headers(support::ACCOUNT, support::TWILIO_CONTENT)?,
                body: support::TWILIO_BODY,
            }));
        }
        let transport = ReqwestTransport::builder().root_certificates(certificate).build()?;
        let twilio = Twilio::with_transport(&support::twilio_config(base)?, Arc::new(transport))?;
        let to = support::TO.parse()?;
        Ok(match name {
            "anysms" => Self::Anysms(twilio, to),
            _ => Self::Prebuilt(twilio, Message::new(to, support::TEXT)),
        })
    }

    async fn send(&self) -> Result<(), Failure> {
        let receipt = match self {
            Self::Bare(bare) => return bare.send().await.map(drop),
            Self::Plain(client, url) => return plain_send(client, url).await.map(drop),
            Self::Anysms(twilio, to) => twilio.send(&Message::new(*to, support::TEXT)).await?,
            Self::Prebuilt(twilio, message) => twilio.send(&message.clone()).await?,
        };
        receipt.id.map(drop).ok_or_else(|| "the answer was not read".into())
    }

    /// Makes so many sends, as many at once as there are tasks.
    async fn in_flight(&self, sends: usize) -> Result<(), Failure> {
        let begun = Arc::new(AtomicUsize::new(0));
        let mut tasks = JoinSet::new();
        for _ in 0..IN_FLIGHT {
            let (client, begun) = (self.clone(), Arc::clone(&begun));
            tasks.spawn(async move {
                while begun.fetch_add(1, Ordering::Relaxed) < sends {
                    client.send().await?;
                }
                Ok::<_, Failure>(())
            });
        }
        while let Some(task) = tasks.join_next().await {
            task??;
        }
        Ok(())
    }
}

/// Fields of the answer that a program reads.
#[derive(serde::Deserialize)]
struct Answer {
    sid: String,
    status: String,
}

/// Makes the same POST as a program writes it, and reads the answer.
async fn plain_send(client: &reqwest::Client, url: &str) -> Result<Answer, Failure> {
    let pairs = [("To", support::TO), ("From", support::FROM), ("Body", support::TEXT)];
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let request = client
        .post(url)
        .basic_auth(support::ACCOUNT, Some(support::TOKEN))
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, concat!("anysms/", env!("CARGO_PKG_VERSION")))
        .header(CONTENT_TYPE, support::TWILIO_CONTENT)
        .body(form);
    let answer = request.send().await?.error_for_status()?.bytes().await?;
    let answer: Answer = serde_json::from_slice(&answer)?;
    if answer.sid.is_empty() || answer.status != "queued" {
        return Err("the answer was not read".into());
    }
    Ok(answer)
}

fn runtime() -> io::Result<runtime::Runtime> {
    runtime::Builder::new_current_thread().enable_all().build()
}

/// The most memory that this process has had, in MiB; not a number where there is no `/proc`.
fn peak_memory() -> Result<f64, Failure> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let Some(line) = line else { return Ok(f64::NAN) };
    let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1024.0)
}
