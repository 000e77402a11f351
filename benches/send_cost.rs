//! The cost of a send beside that of a plain `reqwest` POST: CPU and memory, at 64 in flight, over
//! TLS to a vendor on the same machine.
//!
//! ```text
//! cargo bench --bench send_cost
//! ```
//!
//! The vendor and every measured client are processes of their own, so that CPU and memory are those
//! of one client and nothing else. The vendor refuses requests that are not all the same to the
//! byte. The clients take turns over several rounds; the ratio is the median of the rounds'.
//!
//! - `bare`: a pooled client with the settings of the crate's transport. URL, headers and body are
//!   made once and cloned; the whole answer is read and nothing in it is looked at.
//! - `anysms`: `Twilio::send` of a `Message` that is made for each send.
//! - `prebuilt`: the same with one `Message`, cloned for each send.
//!
//! One thread each: more threads add the same cost of waking them to all, which flatters the ratio.
//! Without `--bench`, as in `cargo test`, it makes a few sends to see that it works.

#[path = "support/mod.rs"]
mod support;

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Read, Write},
    process::{Child, Command, Stdio},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use anysms::{Message, PhoneNumber, SmsProvider, transport::ReqwestTransport, twilio::Twilio};
use cpu_time::ProcessTime;
use support::{Bare, Failure};
use tokio::{net::TcpListener, runtime, task::JoinSet};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, pki_types::PrivateKeyDer},
};

const IN_FLIGHT: usize = 64;
const CLIENTS: [&str; 3] = ["bare", "anysms", "prebuilt"];
const CPU_TARGET: f64 = 1.10;
const MEMORY_TARGET: f64 = 4.0; // MiB

fn main() -> Result<(), Failure> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["--role", "vendor"] => vendor(),
        ["--role", client, port, warm_up, sends] => {
            client_process(client, port.parse()?, warm_up.parse()?, sends.parse()?)
        }
        args if args.contains(&"--list") => Ok(()),
        args if args.contains(&"--bench") => compare(5, 2_000, 20_000),
        _ => compare(1, IN_FLIGHT, IN_FLIGHT),
    }
}

/// What one client used over its sends.
#[derive(Clone, Copy)]
struct Cost {
    cpu: f64,    // µs per send
    memory: f64, // MiB, at its highest
}

fn compare(rounds: usize, warm_up: usize, sends: usize) -> Result<(), Failure> {
    let vendor = Vendor::start()?;
    println!("{sends} sends a round, {IN_FLIGHT} in flight, TLS, one thread");
    println!("{:>5} {:>27} {:>28}", "", "CPU, µs a send", "memory, MiB");
    let [a, b, c] = CLIENTS;
    println!("{:>5} {a:>8} {b:>8} {c:>9}   {a:>8} {b:>8} {c:>9}", "round");
    let mut costs = Vec::new();
    for round in 0..rounds {
        let mut cost = [Cost { cpu: 0.0, memory: 0.0 }; CLIENTS.len()];
        // A different one begins each time, so that none has the better place.
        for turn in 0..CLIENTS.len() {
            let client = (round + turn) % CLIENTS.len();
            cost[client] = vendor.measure(CLIENTS[client], warm_up, sends)?;
        }
        let [a, b, c] = cost;
        let cpu = format!("{:>8.2} {:>8.2} {:>9.2}", a.cpu, b.cpu, c.cpu);
        let memory = format!("{:>8.2} {:>8.2} {:>9.2}", a.memory, b.memory, c.memory);
        println!("{:>5} {cpu}   {memory}", round + 1);
        costs.push(cost);
    }
    let median_of = |of: &dyn Fn(&[Cost; 3]) -> f64| median(costs.iter().map(of).collect());
    let prebuilt = median_of(&|[bare, _, prebuilt]| prebuilt.cpu / bare.cpu);
    let cpu = median_of(&|[bare, anysms, _]| anysms.cpu / bare.cpu);
    let memory = median_of(&|[bare, anysms, _]| anysms.memory - bare.memory);
    println!("with the message prebuilt: cpu ratio {prebuilt:.2}");
    println!(
        "cpu ratio {cpu:.2} (target {CPU_TARGET:.2}), \
         memory {memory:+.1} MiB (target {MEMORY_TARGET:.0})"
    );
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values[middle]
    } else {
        f64::midpoint(values[middle - 1], values[middle])
    }
}

/// The vendor's process, which ends when its standard input does.
struct Vendor {
    process: Child,
    port: String,
    pem: String,
}

impl Vendor {
    fn start() -> Result<Self, Failure> {
        let mut process = Command::new(env::current_exe()?)
            .args(["--role", "vendor"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut lines = BufReader::new(process.stdout.take().ok_or("no output")?).lines();
        let port = lines.next().ok_or("the vendor did not start")??;
        let mut pem = String::new();
        while !pem.contains("END CERTIFICATE") {
            pem += &(lines.next().ok_or("no certificate")?? + "\n");
        }
        Ok(Self { process, port, pem })
    }

    /// Runs one client in a process of its own.
    fn measure(&self, client: &str, warm_up: usize, sends: usize) -> Result<Cost, Failure> {
        let mut process = Command::new(env::current_exe()?)
            .args(["--role", client, &self.port, &warm_up.to_string(), &sends.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        // Taken and dropped: the client reads to the end.
        process.stdin.take().ok_or("no input")?.write_all(self.pem.as_bytes())?;
        let output = process.wait_with_output()?;
        if !output.status.success() {
            return Err(format!("{client}: {}", output.status).into());
        }
        let text = String::from_utf8(output.stdout)?;
        let (cpu, memory) = text.trim().split_once(' ').ok_or("no figures")?;
        Ok(Cost { cpu: cpu.parse()?, memory: memory.parse()? })
    }
}

impl Drop for Vendor {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        drop(self.process.wait());
    }
}

/// Answers over TLS until standard input ends. Writes its port and its certificate.
fn vendor() -> Result<(), Failure> {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der())?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    std::thread::spawn(|| {
        drop(io::copy(&mut io::stdin(), &mut io::sink()));
        std::process::exit(0);
    });
    runtime()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}\n{}", listener.local_addr()?.port(), made.cert.pem());
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

/// One client's warm-up and measured sends. Writes what they cost.
fn client_process(client: &str, port: u16, warm_up: usize, sends: usize) -> Result<(), Failure> {
    let mut pem = Vec::new();
    io::stdin().read_to_end(&mut pem)?;
    let base = format!("https://127.0.0.1:{port}");
    let cpu = runtime()?.block_on(async {
        let client = Client::new(client, &base, pem)?;
        client.in_flight(warm_up).await?;
        let start = ProcessTime::try_now()?;
        client.in_flight(sends).await?;
        Ok::<_, Failure>(start.try_elapsed()?.as_secs_f64() * 1e6 / sends as f64)
    })?;
    println!("{cpu} {}", peak_memory()?);
    Ok(())
}

#[derive(Clone)]
enum Client {
    Bare(Bare),
    Anysms(Twilio, PhoneNumber),
    Prebuilt(Twilio, Message),
}

impl Client {
    fn new(name: &str, base: &str, pem: Vec<u8>) -> Result<Self, Failure> {
        if name == "bare" {
            let certificates = reqwest::Certificate::from_pem_bundle(&pem)?;
            return Ok(Self::Bare(Bare {
                client: support::bare_client().tls_certs_merge(certificates).build()?,
                url: format!("{base}{}", support::TWILIO_PATH).parse()?,
                headers: support::headers(support::ACCOUNT, support::TWILIO_CONTENT)?,
                body: support::TWILIO_BODY,
            }));
        }
        let transport = ReqwestTransport::builder().root_certificates(pem).build()?;
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
