//! [`RedisRateStore`]: quotas shared by several processes.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use redis::{Client, Script, aio::ConnectionManager};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    error::{Error, ErrorKind, Result},
    layers::rate_store::{CENTURY, Demand, RateStore},
};

/// State of a key: the time `next` (see [`RateStore`]) in microseconds of the server's clock. Idle keys
/// expire.
const TAKE: &str = r"
local now = redis.call('TIME')
now = now[1] * 1000000 + now[2]
local next, wait = {}, 0
for i, key in ipairs(KEYS) do
    next[i] = tonumber(redis.call('GET', key) or '0')
    wait = math.max(wait, next[i] - now)
end
if wait == 0 and ARGV[1] == '1' then
    for i, key in ipairs(KEYS) do
        local time, slack = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
        local after = math.max(next[i], now - slack) + time
        local keep = math.ceil((after - now + slack) / 1000) + 1000
        redis.call('SET', key, string.format('%.0f', after), 'PX', string.format('%.0f', keep))
    end
end
return string.format('%.0f', wait)
";

/// State of quotas in Redis, shared by several processes. Needs version 7, or a compatible server with Lua.
///
/// Uses the clock of the server. If Redis cannot be reached, messages are refused as `Unavailable`, not
/// sent.
///
/// Share the quota of an account between all processes:
///
/// ```no_run
/// use std::sync::Arc;
///
/// use anysms::{Result, SmsProvider, layers::{LayerExt, Quota, RedisRateStore}};
///
/// async fn limited(provider: impl SmsProvider) -> Result<impl SmsProvider> {
///     let store = RedisRateStore::connect("redis://127.0.0.1/".to_owned().into()).await?;
///     Ok(provider.rate_limit([Quota::messages(50)]).shared(Arc::new(store), "main account"))
/// }
/// ```
#[derive(Clone)]
pub struct RedisRateStore {
    connection: ConnectionManager,
    prefix: String,
    script: Script,
}

impl RedisRateStore {
    /// Connects to the server at a URL, such as `redis://127.0.0.1/` or `redis+unix:///run/redis.sock`.
    ///
    /// # Errors
    /// `Config` if the URL is malformed, `Unavailable` if the server cannot be reached.
    pub async fn connect(url: SecretString) -> Result<Self> {
        let malformed = "redis: the URL is malformed; use redis://host:port/";
        let client = Client::open(url.expose_secret())
            .map_err(|_| Error::not_sent(ErrorKind::Config).with_detail(malformed))?;
        let connection = ConnectionManager::new(client).await.map_err(|_| unreachable())?;
        // One hash tag, so that all keys are in one slot of a cluster.
        Ok(Self { connection, prefix: "{anysms:rates}:".into(), script: Script::new(TAKE) })
    }
}

/// Error without the cause, which may contain the address.
fn unreachable() -> Error {
    Error::not_sent(ErrorKind::Unavailable).with_detail("redis: cannot be reached")
}

#[async_trait]
impl RateStore for RedisRateStore {
    async fn take(&self, demands: &[Demand], grant: bool) -> Result<Duration> {
        let mut call = self.script.prepare_invoke();
        call.arg(u8::from(grant));
        for demand in demands {
            call.key(format!("{}{:032x}", self.prefix, demand.key));
            call.arg(micros(demand.duration())).arg(micros(demand.slack));
        }
        let wait: String =
            call.invoke_async(&mut self.connection.clone()).await.map_err(|_| unreachable())?;
        wait.parse().map(Duration::from_micros).map_err(|_| unreachable())
    }
}

/// Converts to microseconds, rounded up so that no quota is exceeded. Lua numbers are exact up to 2^53,
/// more than a century after the present time.
fn micros(time: Duration) -> u64 {
    let micros = time.min(CENTURY).as_nanos().div_ceil(1_000);
    u64::try_from(micros).unwrap_or(u64::MAX)
}

impl fmt::Debug for RedisRateStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisRateStore")
    }
}
