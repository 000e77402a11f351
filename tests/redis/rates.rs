//! Rate limits that several share.

use std::{
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use anysms::{
    Capabilities, ErrorKind, Message, Outcome, PhoneNumber, ProviderId, Receipt, Result,
    SmsProvider, async_trait,
    layers::{LayerExt, Quota, RateLimit, RedisRateStore},
};

use crate::Redis;

const ACME: ProviderId = ProviderId::from_static("acme");

#[derive(Clone, Debug)]
struct Acme;

#[async_trait]
impl SmsProvider for Acme {
    fn id(&self) -> ProviderId {
        ACME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        Ok(Receipt::new(ACME, None, message.key().clone()))
    }
}

async fn rates(redis: &Redis) -> Arc<RedisRateStore> {
    Arc::new(RedisRateStore::connect(redis.url().into()).await.unwrap())
}

fn message() -> Message {
    Message::new("+447700900123".parse::<PhoneNumber>().unwrap(), "Your table is ready")
}

fn refusing(limits: impl IntoIterator<Item = Quota>) -> RateLimit<Acme> {
    Acme.rate_limit(limits).with_max_wait(Duration::ZERO)
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn two_clients_share_a_limit_by_its_name() {
    let redis = Redis::start("shared");
    let (one, two) = (rates(&redis).await, rates(&redis).await);
    let limit = || [Quota::messages(6).within(Duration::from_secs(60))];
    let one = refusing(limit()).shared(one, "clinic-1");
    let other = refusing(limit()).shared(two.clone(), "clinic-2");
    let two = refusing(limit()).shared(two, "clinic-1");
    one.send(&message()).await.unwrap();
    let error = two.send(&message()).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::RateLimited, Outcome::NotSent));
    let wait = error.retry_after().unwrap();
    assert!(wait > Duration::from_secs(9) && wait < Duration::from_millis(10_010), "{wait:?}");
    other.send(&message()).await.unwrap();
    assert!(one.send(&message()).await.is_err() && other.send(&message()).await.is_err());
}

/// Where one of two limits is reached, the other loses nothing.
#[tokio::test]
#[ignore = "needs redis-server"]
async fn nothing_is_taken_in_part() {
    let redis = Redis::start("part");
    let minute = Duration::from_secs(60);
    let limits =
        || [Quota::messages(6).within(minute).per_sender(), Quota::messages(6).within(minute)];
    let sms = refusing(limits()).shared(rates(&redis).await, "a");
    sms.send(&message().with_sender("ONE".parse().unwrap())).await.unwrap();
    for _ in 0..3 {
        assert!(sms.send(&message().with_sender("TWO".parse().unwrap())).await.is_err());
    }
    let alone = refusing(limits()[..1].to_vec()).shared(rates(&redis).await, "a");
    alone.send(&message().with_sender("TWO".parse().unwrap())).await.unwrap();
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn waits_for_its_turn_and_keeps_no_key_for_long() {
    let redis = Redis::start("waits");
    let sms = Acme.rate_limit([Quota::messages(10)]).shared(rates(&redis).await, "a");
    let begun = Instant::now();
    for _ in 0..11 {
        sms.send(&message()).await.unwrap();
    }
    assert!(begun.elapsed() >= Duration::from_secs(1), "{:?}", begun.elapsed());
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let keys = Command::new("redis-cli")
        .args(["-s", "redis.sock", "dbsize"])
        .current_dir(&redis.folder)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&keys.stdout).trim(), "0");
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn without_redis_nothing_is_sent() {
    let mut redis = Redis::start("down");
    let sms = refusing([Quota::messages(1_000)]).shared(rates(&redis).await, "a");
    sms.send(&message()).await.unwrap();
    redis.stop();
    let error = sms.send(&message()).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unavailable, Outcome::NotSent));
    assert!(!format!("{error} {error:?} {sms:?}").contains("redis.sock"));
}

#[tokio::test]
async fn an_address_that_cannot_be_is_refused_without_a_word_of_it() {
    let secret = "redis-is-not-a-scheme://:CANARY@example.com";
    let error = RedisRateStore::connect(secret.to_owned().into()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(!format!("{error} {error:?}").contains("CANARY"));
}
