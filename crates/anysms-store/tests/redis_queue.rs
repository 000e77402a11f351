//! The example `redis_queue` as a user runs it: whatever the queue hands out twice is sent once.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anysms::{
    Message,
    log::{LogFilter, LogStatus, MessageLog, SqliteLog},
    sandbox::{Fault, Sandbox, When},
    twilio::TwilioSandbox,
};
use redis::{aio::MultiplexedConnection, cmd};

use crate::Redis;

/// The example beside this test.
fn redis_queue() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let path = tests.parent().and_then(Path::parent).unwrap().join("examples/redis_queue");
    assert!(path.exists(), "build it first: cargo build --all-features --example redis_queue");
    path
}

fn work(name: &str, redis: &Redis, sandbox: &Sandbox) -> Child {
    Command::new(redis_queue())
        .args(["work", "--provider", "twilio", "--base-url", &sandbox.base_url()])
        .args(["--name", name, "--idle", "200", "--redis", &redis.url(), "--database"])
        .arg(redis.folder.join("messages.db"))
        .env("TWILIO_ACCOUNT_SID", TwilioSandbox::ACCOUNT_SID)
        .env("TWILIO_AUTH_TOKEN", TwilioSandbox::AUTH_TOKEN)
        .env("TWILIO_FROM", "+15555550100")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

async fn connect(redis: &Redis) -> MultiplexedConnection {
    let client = redis::Client::open(redis.url()).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

async fn add(redis: &mut MultiplexedConnection, json: &str) {
    let mut add = cmd("XADD");
    add.arg(&["sms", "*", "message", json]).query_async::<()>(redis).await.unwrap();
}

/// How many entries nobody has come to an end with.
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
    let (redis, sandbox) = (Redis::start("queue"), Sandbox::start().await.unwrap());
    sandbox.inject(When::Every(4), Fault::TakeSlowly(Duration::from_millis(700)));
    let mut connection = connect(&redis).await;
    let to = "+447700900123".parse().unwrap();
    for number in 0..120 {
        let message = Message::new(to, format!("Table {number} is ready"));
        let json = serde_json::to_string(&message).unwrap();
        add(&mut connection, &json).await;
        add(&mut connection, &json).await;
    }
    add(&mut connection, "{").await;
    for kill in 0..6 {
        let mut both = ["one", "two"].map(|name| work(name, &redis, &sandbox));
        tokio::time::sleep(Duration::from_millis(150 + 70 * kill)).await;
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
        let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        assert!(interrupt.unwrap().success() && child.wait().unwrap().success());
    }
    let mut texts = HashMap::new();
    for message in sandbox.messages() {
        let twice = texts.insert(message.text.clone(), message.id);
        assert!(twice.is_none(), "sent twice");
    }
    let log = SqliteLog::open(redis.folder.join("messages.db")).await.unwrap();
    let report = log.delivery_report(&LogFilter::new()).await.unwrap();
    // What was on its way when its worker was killed is found out later, by whoever runs a reconciler.
    let (taken, unknown) = (report.count(LogStatus::Queued), report.count(LogStatus::Prepared));
    println!("{} sent, {taken} known, {unknown} of which nobody knows so far", texts.len());
    assert_eq!(taken + unknown, 120, "none is lost: {report:?}");
    assert!(unknown <= 6 * 2 * 16, "at most what the killed had on their way");
    assert!((taken..=120).contains(&(texts.len() as u64)));
    let dead: u64 = cmd("XLEN").arg("sms:dead").query_async(&mut connection).await.unwrap();
    assert_eq!(dead, 1, "what cannot be read is set aside");
}
