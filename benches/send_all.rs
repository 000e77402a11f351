//! Many messages over plain HTTP to a vendor on the same machine, through `send_each`: throughput beside that
//! of a plain pooled `reqwest` client at the same concurrency, memory, and how many are on their way.
//!
//! ```text
//! cargo bench -p anysms-benches --bench send_all               # 5 rounds of 20,000 each, then 100,000 for memory
//! cargo bench -p anysms-benches --bench send_all -- 1000000    # 5 rounds of 200,000 each, then 1,000,000
//! ```
//!
//! The vendor and the clients are processes of their own. Targets: at least 90 % of the plain client's
//! throughput (median of the rounds), at most 96 MiB and no more at the end than at a tenth of the way
//! (10 % and 2 MiB of tolerance), never more on their way than the setting. Without `--bench`, as in
//! `cargo test`, it makes a few sends to see that it works.

#[path = "support/mod.rs"]
mod support;

use std::{
    env, fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use anysms::{
    Capabilities, Message, PhoneNumber, ProviderId, Receipt, Result, SmsProvider, SmsProviderExt,
    async_trait, twilio::Twilio,
};
use support::{Bare, Failure};
use tokio::{net::TcpListener, task::JoinSet};

const CONCURRENCY: usize = 64;

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["--role", "vendor"] => vendor().await,
        ["--role", "bare", base, count] => bare(base, count.parse()?).await,
        ["--role", "anysms", base, count] => {
            tokio::spawn(anysms(base.to_string(), count.parse()?)).await?
        }
        args if args.contains(&"--list") => Ok(()),
        args if args.contains(&"--bench") => {
            let count = args.iter().find_map(|arg| arg.parse().ok()).unwrap_or(100_000);
            compare(count / 5, 5, count)
        }
        _ => compare(100, 1, 1_000),
    }
}

/// What a client says of itself at its end.
#[derive(Debug)]
struct Run {
    seconds: f64,
    memory: Vec<f64>, // MiB, at each tenth of the way
    most: usize,      // on their way at a time
}

fn compare(count: usize, rounds: usize, all: usize) -> Result<(), Failure> {
    let (mut vendor, base) = start_vendor()?;
    let mut ratios = Vec::new();
    for round in 1..=rounds {
        let (bare, anysms) = (run("bare", &base, count)?, run("anysms", &base, count)?);
        ratios.push(bare.seconds / anysms.seconds);
        println!(
            "round {round}: bare {:.0}/s, anysms {:.0}/s, {:.1} %",
            count as f64 / bare.seconds,
            count as f64 / anysms.seconds,
            100.0 * bare.seconds / anysms.seconds,
        );
    }
    ratios.sort_by(f64::total_cmp);
    let median = 100.0 * ratios[ratios.len() / 2];
    let run = run("anysms", &base, all)?;
    let (first, last) = (run.memory[0], run.memory[run.memory.len() - 1]);
    let most = run.memory.iter().copied().fold(0.0, f64::max);
    let flat = last <= first * 1.1 + 2.0 && most <= 96.0;
    println!("throughput: {median:.1} % of the plain client's ({})", met(median >= 90.0));
    println!(
        "memory of {all}: {first:.1} MiB at a tenth, {last:.1} MiB at the end ({})",
        met(flat)
    );
    println!("most on their way: {} of {CONCURRENCY} ({})", run.most, met(run.most <= CONCURRENCY));
    vendor.kill()?;
    vendor.wait()?;
    Ok(())
}

const fn met(met: bool) -> &'static str {
    if met { "met" } else { "NOT MET" }
}

fn start_vendor() -> Result<(Child, String), Failure> {
    let mut command = Command::new(env::current_exe()?);
    let mut vendor = command.args(["--role", "vendor"]).stdout(Stdio::piped()).spawn()?;
    let mut base = String::new();
    BufReader::new(vendor.stdout.take().ok_or("no output")?).read_line(&mut base)?;
    Ok((vendor, base.trim().to_owned()))
}

fn run(role: &str, base: &str, count: usize) -> Result<Run, Failure> {
    let output = Command::new(env::current_exe()?)
        .args(["--role", role, base, &count.to_string()])
        .stderr(Stdio::inherit())
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    let numbers: Vec<f64> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    match numbers.as_slice() {
        [seconds, most, memory @ ..] if output.status.success() => {
            Ok(Run { seconds: *seconds, memory: memory.to_vec(), most: *most as usize })
        }
        _ => Err(format!("{role} failed").into()),
    }
}

async fn vendor() -> Result<(), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    let (answer, first) = (support::twilio_answer(), Arc::new(OnceLock::new()));
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(support::serve(stream, answer.clone(), Arc::clone(&first)));
    }
}

/// As many tasks as the concurrency, each sending one after the other.
async fn bare(base: &str, count: usize) -> Result<(), Failure> {
    let bare = Bare {
        client: support::bare_client().build()?,
        url: support::Address::new(&format!("{base}{}", support::TWILIO_PATH), false)?,
        headers: support::headers(support::ACCOUNT, support::TWILIO_CONTENT)?,
        body: support::TWILIO_BODY,
    };
    let (left, begun) = (Arc::new(AtomicUsize::new(count)), Instant::now());
    let mut set = JoinSet::new();
    for _ in 0..CONCURRENCY {
        let (bare, left) = (bare.clone(), Arc::clone(&left));
        set.spawn(async move {
            while left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1))
                .is_ok()
            {
                bare.send().await?;
            }
            Ok::<(), Failure>(())
        });
    }
    while let Some(task) = set.join_next().await {
        task??;
    }
    println!("{} 0", begun.elapsed().as_secs_f64());
    Ok(())
}

async fn anysms(base: String, count: usize) -> Result<(), Failure> {
    let counted =
        Counted { inner: Twilio::new(&support::twilio_config(&base)?)?, state: Arc::default() };
    let to: PhoneNumber = support::TO.parse()?;
    let messages = (0..count).map(move |_| Message::new(to, support::TEXT));
    let begun = Instant::now();
    let mut all = counted.send_each(messages).with_concurrency(CONCURRENCY);
    let (mut ended, mut memory) = (0, Vec::new());
    while let Some(sent) = all.next().await {
        sent.result?;
        ended += 1;
        if ended % (count / 10).max(1) == 0 {
            memory.push(resident()?);
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    assert_eq!((ended, all.summary().sent), (count, count as u64));
    print!("{seconds} {}", counted.state.most.load(Ordering::Relaxed));
    memory.iter().for_each(|memory| print!(" {memory}"));
    println!();
    Ok(())
}

/// Resident memory of this process, in MiB.
fn resident() -> Result<f64, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1024.0)
}

/// Counts how many are on their way.
#[derive(Clone, Debug)]
struct Counted {
    inner: Twilio,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    now: AtomicUsize,
    most: AtomicUsize,
}

#[async_trait]
impl SmsProvider for Counted {
    fn id(&self) -> ProviderId {
        self.inner.id()
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        let now = self.state.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.state.most.fetch_max(now, Ordering::Relaxed);
        let sent = self.inner.send(message).await;
        self.state.now.fetch_sub(1, Ordering::Relaxed);
        sent
    }
}
