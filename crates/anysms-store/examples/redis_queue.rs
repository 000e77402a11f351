//! Sends what is in a queue of your own, here a stream in Redis. A queue may hand a message out twice: to another
//! worker while the first is slow, and again after a crash. The log makes that harmless, as every message has
//! its key with it.
//!
//! ```text
//! cargo run --example redis_queue --all-features -- add --to +447700900123 --text Hello --key order-17
//! cargo run --example redis_queue --all-features -- work --provider twilio --sandbox
//! ```
//!
//! Run as many workers as you like, each under a `--name` of its own, on one log. What cannot be read goes into a
//! second stream. One JSON line says what became of each message; numbers and texts are not printed. A worker
//! that is interrupted leaves what it has not done to the others. Exit codes: 0 if it ran until it was
//! interrupted, 1 if something failed, 2 for a mistake in the command line.

mod common;

use std::{process::ExitCode, sync::Arc, time::Duration};

use anysms::{
    Error, ErrorKind, Message, Outcome, Receipt, SmsProvider, SmsProviderExt,
    layers::{LayerExt, RetryPolicy},
    log::{MessageLog, Reconciler, SqliteLog},
};
use clap::{Parser, Subcommand};
use common::{Client, Failure, Target};
use redis::{
    AsyncConnectionConfig, RedisResult,
    aio::MultiplexedConnection,
    cmd,
    streams::{StreamAutoClaimReply, StreamId, StreamReadReply},
};
use serde_json::json;

/// The stream. Each entry has one field, `message`, with a message as JSON.
const STREAM: &str = "sms";
/// Where what nobody can read goes.
const DEAD: &str = "sms:dead";
/// The workers, of which each entry is handed to one.
const GROUP: &str = "senders";

/// Sends what is in a queue in Redis.
#[derive(Parser)]
struct Arguments {
    /// The server.
    #[arg(long, default_value = "redis://127.0.0.1/", global = true)]
    redis: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Put a message into the queue.
    Add {
        #[arg(long)]
        to: anysms::PhoneNumber,
        #[arg(long)]
        text: String,
        /// What stands for this message: the same key is the same message.
        #[arg(long)]
        key: anysms::message::MessageKey,
    },
    /// Send what is in the queue, until interrupted.
    Work {
        #[command(flatten)]
        target: Target,
        /// This worker's name in the group.
        #[arg(long, default_value = "one")]
        name: String,
        /// The SQLite file with the log, which all workers share.
        #[arg(long, default_value = "messages.db")]
        database: String,
        /// What another worker has had for so many milliseconds is taken over.
        #[arg(long, default_value_t = 60_000)]
        idle: u64,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match common::arguments() {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

async fn run(Arguments { redis, command }: Arguments) -> Result<(), Failure> {
    let mut queue = Queue::connect(&redis).await.map_err(|error| broken(&error))?;
    match command {
        Command::Add { to, text, key } => {
            let message = Message::new(to, text).with_key(key);
            queue.add(&message).await.map_err(|error| broken(&error))
        }
        Command::Work { target, name, database, idle } => {
            let log = Arc::new(SqliteLog::open(database).await?);
            let (client, _sandbox) = Client::new(&target).await?;
            let sms = stack(client.provider(), log.clone())?;
            let reconciler = Reconciler::new(log).with_provider(client.provider());
            tokio::spawn(reconciler.run_until(std::future::pending()));
            (queue.worker, queue.idle) = (name, idle);
            eprintln!("working");
            tokio::select! {
                _ = tokio::signal::ctrl_c() => Ok(()),
                error = work(&mut queue, &sms) => Err(broken(&error)),
            }
        }
    }
}

/// Without its words, which may quote the address.
fn broken(error: &redis::RedisError) -> Failure {
    let code = format!("{:?}", error.kind());
    let error = Error::not_sent(ErrorKind::Unavailable).with_code(code);
    Failure::Refused(Box::new(error.with_detail("redis: cannot be used")))
}

/// Every attempt is in the log before it is made: that is what makes the queue's mistakes harmless.
fn stack(
    provider: Arc<dyn SmsProvider>,
    log: Arc<dyn MessageLog>,
) -> anysms::Result<Arc<dyn SmsProvider>> {
    Ok(provider.recorded(log)?.retry(RetryPolicy::default()).into_dyn())
}

/// Until Redis cannot be used.
async fn work(queue: &mut Queue, sms: &Arc<dyn SmsProvider>) -> redis::RedisError {
    loop {
        let (ids, messages) = match queue.next().await {
            Ok(entries) => entries.into_iter().unzip::<_, _, Vec<String>, Vec<Message>>(),
            Err(error) => return error,
        };
        let mut sends = sms.send_each(messages);
        while let Some(sent) = sends.next().await {
            let id = &ids[sent.index as usize];
            let done = is_done(&sent.result);
            common::print(
                &json!({"key": sent.message.key(), "result": word(&sent.result), "done": done}),
            );
            if done && let Err(error) = queue.done(id).await {
                return error;
            }
        }
    }
}

/// Whether the queue may forget it. What may have been sent is the reconciler's to find out, and never sent
/// again; what was refused for good stays refused.
fn is_done(result: &Result<Receipt, Error>) -> bool {
    match result {
        Ok(_) => true, // now, or before
        Err(error) => error.outcome() == Outcome::Unknown || !error.is_retryable(),
    }
}

fn word(result: &Result<Receipt, Error>) -> &str {
    match result {
        Ok(receipt) if receipt.earlier => "sent before",
        Ok(_) => "sent",
        Err(error) if error.outcome() == Outcome::Unknown => "may have been sent",
        Err(error) => error.kind().as_str(),
    }
}

/// The queue, as one worker sees it.
struct Queue {
    redis: MultiplexedConnection,
    worker: String,
    idle: u64,
}

impl Queue {
    async fn connect(url: &str) -> RedisResult<Self> {
        let config =
            AsyncConnectionConfig::new().set_response_timeout(Some(Duration::from_secs(10)));
        let client = redis::Client::open(url)?;
        let mut redis = client.get_multiplexed_async_connection_with_config(&config).await?;
        let made: RedisResult<()> = cmd("XGROUP")
            .arg(&["CREATE", STREAM, GROUP, "0", "MKSTREAM"])
            .query_async(&mut redis)
            .await;
        match made {
            Err(error) if error.code() != Some("BUSYGROUP") => Err(error),
            _ => Ok(Self { redis, worker: String::new(), idle: 0 }),
        }
    }

    async fn add(&mut self, message: &Message) -> RedisResult<()> {
        let json = serde_json::to_string(message).unwrap_or_default();
        cmd("XADD").arg(&[STREAM, "*", "message", &json]).query_async(&mut self.redis).await
    }

    /// Some messages: those that another worker did not come to an end with, or else new ones. None after a
    /// second without any.
    async fn next(&mut self) -> RedisResult<Vec<(String, Message)>> {
        let taken: StreamAutoClaimReply = cmd("XAUTOCLAIM")
            .arg(&[STREAM, GROUP, &self.worker])
            .arg(self.idle)
            .arg(&["0", "COUNT", "16"])
            .query_async(&mut self.redis)
            .await?;
        let mut entries = taken.claimed;
        if entries.is_empty() {
            let new: Option<StreamReadReply> = cmd("XREADGROUP")
                .arg(&["GROUP", GROUP, &self.worker, "COUNT", "16", "BLOCK", "1000"])
                .arg(&["STREAMS", STREAM, ">"])
                .query_async(&mut self.redis)
                .await?;
            entries = new.into_iter().flat_map(|new| new.keys).flat_map(|key| key.ids).collect();
        }
        let mut messages = Vec::new();
        for entry in entries {
            let json: Option<String> = entry.get("message");
            match json.as_deref().and_then(|json| serde_json::from_str(json).ok()) {
                Some(message) => messages.push((entry.id, message)),
                None => self.set_aside(&entry, json.unwrap_or_default()).await?,
            }
        }
        Ok(messages)
    }

    async fn set_aside(&mut self, entry: &StreamId, json: String) -> RedisResult<()> {
        let mut add = cmd("XADD");
        add.arg(&[DEAD, "*", "message", &json]).query_async::<()>(&mut self.redis).await?;
        self.done(&entry.id).await
    }

    async fn done(&mut self, id: &str) -> RedisResult<()> {
        cmd("XACK").arg(&[STREAM, GROUP, id]).query_async(&mut self.redis).await
    }
}
