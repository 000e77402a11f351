//! A queue of a user's own, here a stream in Redis: whatever it hands out twice is sent once.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anysms::{
    Message, Outcome, PhoneNumber, SmsProvider,
    layers::{LayerExt, RetryPolicy},
    sandbox::{Fault, Sandbox, When},
    twilio::{Twilio, TwilioConfig, TwilioSandbox},
};
use anysms_store::{Filter, MessageStore, Progress, RecordExt};
use redis::{
    aio::MultiplexedConnection,
    cmd,
    streams::{StreamAutoClaimReply, StreamId, StreamReadReply},
};

/// A server of the test's own, on a socket in a folder.
struct Redis {
    server: Child,
    folder: PathBuf,
}

impl Redis {
    fn start() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("redis-queue");
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let server = Command::new("redis-server")
            .current_dir(&folder)
            .args(["--port", "0", "--save", "", "--unixsocket", "redis.sock"])
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed");
        let begun = Instant::now();
        while !folder.join("redis.sock").exists() {
            assert!(begun.elapsed() < Duration::from_secs(10), "redis-server does not start");
            std::thread::sleep(Duration::from_millis(10));
        }
        Self { server, folder }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

async fn connect(folder: &Path) -> MultiplexedConnection {
    let url = format!("redis+unix://{}", folder.join("redis.sock").display());
    let client = redis::Client::open(url).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

/// The worker as a program of its own, which can be killed: this very test, by its name.
fn work(name: &str, redis: &Redis, sandbox: &Sandbox) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_worker", "--ignored"])
        .env("WORKER", name)
        .env("FOLDER", &redis.folder)
        .env("SANDBOX", sandbox.base_url())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Sends what the queue hands out, and takes over what another worker has had for long, until it is killed.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a program of the test beside it"]
async fn a_worker() {
    let (Ok(name), Ok(folder)) = (std::env::var("WORKER"), std::env::var("FOLDER")) else { return };
    let folder = PathBuf::from(folder);
    let mut redis = connect(&folder).await;
    let store = MessageStore::sqlite(folder.join("messages.db")).await.unwrap();
    let twilio = TwilioConfig::new(TwilioSandbox::ACCOUNT_SID, TwilioSandbox::AUTH_TOKEN)
        .with_base_url(std::env::var("SANDBOX").unwrap())
        .with_sender("+15555550100".parse().unwrap());
    let twilio = Twilio::new(&twilio).unwrap();
    let sms = std::sync::Arc::new(twilio.recorded(&store).unwrap().retry(RetryPolicy::default()));
    loop {
        let mut sends = tokio::task::JoinSet::new();
        for StreamId { id, map, .. } in handed_out(&mut redis, &name).await {
            let text = map
                .get("message")
                .and_then(|text| redis::from_redis_value_ref::<String>(text).ok());
            let message = text.and_then(|text| serde_json::from_str::<Message>(&text).ok());
            let (sms, mut redis) = (sms.clone(), redis.clone());
            sends.spawn(async move {
                let done = match message {
                    Some(message) => match sms.send(&message).await {
                        Ok(_) => true, // now, or before
                        Err(error) => error.outcome() == Outcome::Unknown || !error.is_retryable(),
                    },
                    None => {
                        let mut dead = cmd("XADD");
                        dead.arg(&["sms:dead", "*", "id", &id]);
                        dead.query_async::<()>(&mut redis).await.is_ok()
                    }
                };
                if done {
                    let mut end = cmd("XACK");
                    let _ = end.arg(&["sms", "senders", &id]).query_async::<u64>(&mut redis).await;
                }
            });
        }
        sends.join_all().await;
    }
}

async fn handed_out(redis: &mut MultiplexedConnection, name: &str) -> Vec<StreamId> {
    let mut claim = cmd("XAUTOCLAIM");
    claim.arg(&["sms", "senders", name, "200", "0", "COUNT", "16"]);
    let late: StreamAutoClaimReply = claim.query_async(redis).await.unwrap();
    if !late.claimed.is_empty() {
        return late.claimed;
    }
    let mut read = cmd("XREADGROUP");
    read.arg(&["GROUP", "senders", name, "COUNT", "16", "BLOCK", "100", "STREAMS", "sms", ">"]);
    let new: Option<StreamReadReply> = read.query_async(redis).await.unwrap();
    new.into_iter().flat_map(|new| new.keys).flat_map(|key| key.ids).collect()
}

/// Number of entries that nobody has come to an end with.
async fn left(redis: &mut MultiplexedConnection) -> u64 {
    let (pending, ..): (u64, redis::Value, redis::Value, redis::Value) =
        cmd("XPENDING").arg(&["sms", "senders"]).query_async(redis).await.unwrap();
    let info: Vec<HashMap<String, redis::Value>> =
        cmd("XINFO").arg(&["GROUPS", "sms"]).query_async(redis).await.unwrap();
    let lag = redis::from_redis_value::<u64>(info[0]["lag"].clone()).unwrap();
    pending + lag
}

/// Every message is in the queue twice, every fourth answer comes later than the queue has patience, and
/// workers are killed.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn what_is_handed_out_twice_is_sent_once() {
    let (redis, sandbox) = (Redis::start(), Sandbox::start().await.unwrap());
    sandbox.inject(When::Every(4), Fault::TakeSlowly(Duration::from_millis(700)));
    let mut connection = connect(&redis.folder).await;
    let group = ["CREATE", "sms", "senders", "0", "MKSTREAM"];
    cmd("XGROUP").arg(&group).query_async::<()>(&mut connection).await.unwrap();
    let to: PhoneNumber = "+447700900123".parse().unwrap();
    for number in 0..120 {
        let message = Message::new(to, format!("Table {number} is ready"));
        let json = serde_json::to_string(&message).unwrap();
        for _ in 0..2 {
            let entry = ["sms", "*", "message", &json];
            cmd("XADD").arg(&entry).query_async::<()>(&mut connection).await.unwrap();
        }
    }
    let broken = ["sms", "*", "message", "{"];
    cmd("XADD").arg(&broken).query_async::<()>(&mut connection).await.unwrap();
    for kill in 0..6 {
        let mut both = ["one", "two"].map(|name| work(name, &redis, &sandbox));
        tokio::time::sleep(Duration::from_millis(300 + 70 * kill)).await;
        for child in &mut both {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
    let mut both = ["one", "two"].map(|name| work(name, &redis, &sandbox));
    let done = async {
        while left(&mut connection).await > 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), done).await.expect("the queue is emptied");
    for child in &mut both {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let mut texts = HashMap::new();
    for message in sandbox.messages() {
        let twice = texts.insert(message.text.clone(), message.id);
        assert!(twice.is_none(), "sent twice");
    }
    let store = MessageStore::sqlite(redis.folder.join("messages.db")).await.unwrap();
    let report = store.delivery_stats(&Filter::new()).await.unwrap();
    // What was on its way when its worker was killed is found out later, by whoever runs a reconciler.
    let (taken, unknown) = (report.count(Progress::Queued), report.count(Progress::Prepared));
    assert_eq!(taken + unknown, 120, "none is lost: {report:?}");
    assert!(unknown <= 6 * 2 * 16, "at most what the killed had on their way");
    assert!((taken..=120).contains(&(texts.len() as u64)));
    let dead: u64 = cmd("XLEN").arg("sms:dead").query_async(&mut connection).await.unwrap();
    assert_eq!(dead, 1, "what cannot be read is set aside");
}
