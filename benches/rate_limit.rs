//! How exactly `RateLimit` keeps a limit, on the machine's own clock, and what its keys weigh.
//!
//! ```text
//! cargo bench -p anysms-benches --bench rate_limit            # 20 seconds for each figure
//! cargo bench -p anysms-benches --bench rate_limit -- 600     # ten minutes for each
//! ```
//!
//! For 1, 10, 100 and 1,000 messages a second, by 50 tasks that send without a pause: the most that left
//! within any second, and the mean. Targets: at most 5 % over, at least 95 %. Then the same with the limit
//! shared in Redis by two processes (a `redis-server` is started for it, if there is one), and the memory of
//! 10,000 keys (at most 64 MiB). All rates go at the same time, each with a limit of its own.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anysms::{
    Capabilities, Message, PhoneNumber, ProviderId, Receipt, Result, SmsProvider, async_trait,
    layers::{LayerExt, Quota, RateLimit},
};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const ACME: ProviderId = ProviderId::from_static("acme");
const RATES: [u32; 4] = [1, 10, 100, 1_000];
const TASKS: usize = 50;
const KEYS: usize = 10_000;

/// Keeps when each message left, in microseconds of the machine's clock.
#[derive(Clone, Debug, Default)]
struct Clock(Arc<Mutex<Vec<u64>>>);

#[async_trait]
impl SmsProvider for Clock {
    fn id(&self) -> ProviderId {
        ACME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.0.lock().expect("no panic").push(now.as_micros() as u64);
        Ok(Receipt::new(ACME, None, message.key().clone()))
    }
}

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        #[cfg(feature = "redis")]
        ["--role", "shares", url, seconds] => shares(url, seconds.parse()?).await,
        args if args.contains(&"--list") => Ok(()),
        args => {
            let given = args.iter().find_map(|arg| arg.parse().ok());
            let seconds = if args.contains(&"--bench") { given.unwrap_or(20) } else { 2 };
            alone(seconds).await;
            together(seconds)?;
            keys().await
        }
    }
}

fn limited(clock: &Clock, rate: u32) -> RateLimit<Clock> {
    clock.clone().rate_limit([Quota::messages(rate)]).with_max_wait(Duration::MAX)
}

/// When messages left that were sent without a pause, for each rate.
async fn flood(of: impl Fn(&Clock, u32) -> RateLimit<Clock>, seconds: u64) -> Vec<Vec<u64>> {
    let clocks = RATES.map(|rate| {
        let clock = Clock::default();
        let sms = Arc::new(of(&clock, rate));
        let tasks: Vec<_> = (0..TASKS)
            .map(|_| {
                let (sms, message) = (Arc::clone(&sms), message());
                tokio::spawn(async move { while sms.send(&message).await.is_ok() {} })
            })
            .collect();
        (clock, tasks)
    });
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let times = |(clock, tasks): (Clock, Vec<tokio::task::JoinHandle<()>>)| {
        tasks.iter().for_each(tokio::task::JoinHandle::abort);
        clock.0.lock().expect("no panic").clone()
    };
    clocks.map(times).into()
}

fn message() -> Message {
    Message::new("+447700900123".parse::<PhoneNumber>().expect("a number"), "Your table is ready")
}

fn report(name: &str, rate: u32, seconds: u64, mut times: Vec<u64>) {
    times.sort_unstable();
    let within = |from: usize| times[from..].partition_point(|at| *at < times[from] + 1_000_000);
    let most = (0..times.len()).map(within).max().unwrap_or_default();
    let mean = times.len() as f64 / seconds as f64;
    let (over, of_mean) = (most as f64 / f64::from(rate), mean / f64::from(rate));
    let met = if over <= 1.05 && of_mean >= 0.95 { "met" } else { "NOT MET" };
    println!(
        "{name}, {rate} a second: at most {most} within a second, {mean:.2} in the mean ({met})"
    );
}

async fn alone(seconds: u64) {
    let times = flood(limited, seconds).await;
    for (rate, times) in RATES.into_iter().zip(times) {
        report("one process", rate, seconds, times);
    }
}

/// Two processes on one Redis.
fn together(seconds: u64) -> Result<(), Failure> {
    if !cfg!(feature = "redis") {
        println!("two processes: not measured, the feature `redis` is off");
        return Ok(());
    }
    let folder = env::temp_dir().join(format!("anysms-redis-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let socket = folder.join("redis.sock");
    let server = Command::new("redis-server")
        .args(["--port", "0", "--save", "", "--unixsocket"])
        .arg(&socket)
        .stdout(Stdio::null())
        .spawn();
    let Ok(mut server) = server else {
        println!("two processes: not measured, there is no redis-server");
        return Ok(());
    };
    while !socket.exists() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let url = format!("redis+unix://{}", socket.display());
    let start = || {
        Command::new(env::current_exe()?)
            .args(["--role", "shares", &url, &seconds.to_string()])
            .stdout(Stdio::piped())
            .spawn()
    };
    let children = [start()?, start()?];
    let mut all = vec![Vec::new(); RATES.len()];
    for child in children {
        for (times, more) in all.iter_mut().zip(read(child)?) {
            times.extend(more);
        }
    }
    server.kill()?;
    server.wait()?;
    fs::remove_dir_all(&folder)?;
    for (rate, times) in RATES.into_iter().zip(all) {
        report("two processes", rate, seconds, times);
    }
    Ok(())
}

fn read(mut child: Child) -> Result<Vec<Vec<u64>>, Failure> {
    let lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
    let times = lines.map(|line| {
        let numbers = line?.split_whitespace().map(str::parse).collect::<Result<Vec<u64>, _>>()?;
        Ok::<_, Failure>(numbers)
    });
    let times = times.collect::<Result<Vec<_>, _>>()?;
    if child.wait()?.success() && times.len() == RATES.len() {
        return Ok(times);
    }
    Err("a process failed".into())
}

#[cfg(feature = "redis")]
async fn shares(url: &str, seconds: u64) -> Result<(), Failure> {
    let rates = Arc::new(anysms::layers::RedisRateStore::connect(url.to_owned().into()).await?);
    let of = |clock: &Clock, rate| limited(clock, rate).shared(rates.clone(), "bench");
    for times in flood(of, seconds).await {
        println!("{}", times.iter().map(u64::to_string).collect::<Vec<_>>().join(" "));
    }
    Ok(())
}

/// The memory of many keys at once, each of a sender of its own that is waited for.
async fn keys() -> Result<(), Failure> {
    let sms = Arc::new(Clock::default().rate_limit([Quota::messages(1).per_sender()]));
    let senders = (0..KEYS)
        .map(|n| message().with_sender(format!("+4477009{n:05}").parse().expect("a number")));
    let messages: Vec<Message> = senders.collect();
    let before = resident()?;
    for message in &messages {
        sms.send(message).await?;
    }
    let idle = resident()? - before;
    let waiting: Vec<_> = messages
        .into_iter()
        .map(|message| {
            let sms = Arc::clone(&sms);
            tokio::spawn(async move { sms.send(&message).await.map(drop) })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let all = resident()? - before;
    for task in waiting {
        task.await??;
    }
    let met = if all <= 64.0 { "met" } else { "NOT MET" };
    println!("{KEYS} keys: {idle:.1} MiB, {all:.1} MiB with a message that waits for each ({met})");
    Ok(())
}

/// Resident memory of this process, in MiB.
fn resident() -> Result<f64, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1024.0)
}
