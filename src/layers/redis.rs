//! [`RedisRates`]: rate limits that several processes keep together.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use redis::{Client, Script, aio::ConnectionManager};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    error::{Error, ErrorKind, Result},
    layers::rate_store::{CENTURY, Demand, Rates},
};

/// The state of a key is the time `next` in microseconds of the server's clock, as
/// [`Rates`] says. Keys expire once they have nothing to say any more.
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

/// Rates in Redis (7 or newer, or what speaks its protocol and runs Lua), for several processes: what one
/// takes, the others see. The time is the server's.
///
/// Where Redis cannot be reached nothing is sent: the error is `Unavailable`, not sent.
#[derive(Clone)]
pub struct RedisRates {
    connection: ConnectionManager,
    prefix: String,
    script: Script,
}

impl RedisRates {
    /// Connects to the server at a URL, such as `redis://127.0.0.1/` or `redis+unix:///run/redis.sock`.
    ///
    /// # Errors
    /// `Config` if the URL is malformed, `Unavailable` if the server cannot be reached.
    pub async fn connect(url: SecretString) -> Result<Self> {
        let malformed = "redis: the URL is malformed";
        let client = Client::open(url.expose_secret())
            .map_err(|_| Error::not_sent(ErrorKind::Config).with_detail(malformed))?;
        let connection = ConnectionManager::new(client).await.map_err(|_| unreachable())?;
        // One tag, so that all keys are in one slot of a cluster.
        Ok(Self { connection, prefix: "{anysms:rates}:".into(), script: Script::new(TAKE) })
    }
}

/// The cause is left out: it may quote the address.
fn unreachable() -> Error {
    Error::not_sent(ErrorKind::Unavailable).with_detail("redis: cannot be reached")
}

#[async_trait]
impl Rates for RedisRates {
    async fn take(&self, demands: &[Demand], grant: bool) -> Result<Duration> {
        let mut call = self.script.prepare_invoke();
        call.arg(u8::from(grant));
        for demand in demands {
            call.key(format!("{}{:032x}", self.prefix, demand.key));
            call.arg(micros(demand.time())).arg(micros(demand.slack));
        }
        let wait: String =
            call.invoke_async(&mut self.connection.clone()).await.map_err(|_| unreachable())?;
        wait.parse().map(Duration::from_micros).map_err(|_| unreachable())
    }
}

/// Rounded up, so that no limit is exceeded. In Lua a number is exact up to 2^53, which is more than a
/// century and the time of day.
fn micros(time: Duration) -> u64 {
    let micros = time.min(CENTURY).as_nanos().div_ceil(1_000);
    u64::try_from(micros).unwrap_or(u64::MAX)
}

impl fmt::Debug for RedisRates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisRates")
    }
}
