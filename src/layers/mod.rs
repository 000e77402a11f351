//! Layers: providers that wrap other providers and add retries, failover, limits or checks. Each has one
//! job.
//!
//! No layer ever resends a message that may have been sent ([`Outcome::Unknown`](crate::Outcome::Unknown)),
//! unless a setting documented there allows it. Every layer forwards every method of
//! [`SmsProvider`](crate::SmsProvider). Layers run on Tokio.
//!
//! # Order
//! From the inside to the outside; use the ones that you need:
//!
//! | | layer | reason for its place |
//! |---|---|---|
//! | 1 | the provider | |
//! | 2 | [`Suppress`] | checks the suppression list right before each submission, after all waiting. *Enforced* |
//! | 3 | `Recorded` (package `anysms-store`) | records every attempt and checks the store's suppression list. *Enforced* |
//! | 4 | [`RateLimit`] | counts every attempt |
//! | 5 | [`Retry`] | retries at the same provider |
//! | 6 | [`Failover`], [`Route`], [`Weighted`] | choose among providers, each with its own layers 1 to 5 |
//! | 7 | [`Guard`] | counts messages, not attempts, across all providers. *Enforced* |
//! | 8 | `Observe` (features `tracing`, `metrics`) | reports sends as the caller sees them |
//! | 9 | [`Timeout`] | bounds the caller's wait and lets everything inside finish |
//!
//! *Enforced*: an order that would bypass a protection is refused when the stack is built. [`Suppress::new`]
//! and `Recorded::new` refuse providers that wait before they submit, and providers with a guard.
//! [`Failover`], [`Route`] and [`Weighted`] refuse a mix of providers with and without a suppression list
//! or a store, and providers with a guard.
//!
//! Build a complete stack over two providers:
//!
//! ```
//! use std::{sync::Arc, time::Duration};
//!
//! use anysms::{Result, SmsProvider, SmsProviderExt};
//! use anysms::layers::{Failover, GuardPolicy, LayerExt, Quota, RetryPolicy};
//! use anysms::number::Region;
//! use anysms::suppression::SuppressionList;
//!
//! fn stack(
//!     first: impl SmsProvider,
//!     second: impl SmsProvider,
//!     opt_outs: Arc<dyn SuppressionList>,
//! ) -> Result<Arc<dyn SmsProvider>> {
//!     let retry = RetryPolicy::default();
//!     let first = first.suppress(opt_outs.clone())?.rate_limit([Quota::messages(10)]).retry(retry.clone());
//!     let second = second.suppress(opt_outs)?.retry(retry);
//!     let both = Failover::new(first).or(second)?;
//!     Ok(both.guard(GuardPolicy::new([Region::GB])).timeout(Duration::from_secs(300)).into_dyn())
//! }
//! ```
//!
//! Belongs here: the layers, and code that only they need. The meaning of a broken connection lives in
//! `transport`, the meaning of a vendor's error code with the vendor.
//!
//! | file | job |
//! |---|---|
//! | `suppress` | refuses recipients who opted out |
//! | `rate_limit`, `rate_store`, `redis`, `fair_queue` | quotas; their state in memory and in Redis; the waiting messages |
//! | `retry`, `budget` | retries; their maximum share of all calls |
//! | `failover`, `breaker` | the next provider; which providers to skip |
//! | `route`, `weighted`, `provider_health` | choice by rules; choice by weights; weights by delivery reports |
//! | `provider_set` | several providers as one, for the three above |
//! | `guard`, `sliding_window`, `quiet_hours` | rules against fraud and mistakes; their counters; hours of the recipient |
//! | `observe` | spans and metrics |
//! | `timeout` | bounds the caller's wait |
//! | `ext` | one method for each layer |
//! | `lock` | the mutex of this room |

mod breaker;
mod budget;
mod ext;
mod failover;
mod fair_queue;
mod guard;
mod lock;
#[cfg(any(feature = "tracing", feature = "metrics"))]
mod observe;
mod provider_health;
mod provider_set;
#[cfg(feature = "quiet-hours")]
mod quiet_hours;
mod rate_limit;
mod rate_store;
#[cfg(feature = "redis")]
mod redis;
mod retry;
mod route;
mod sliding_window;
mod suppress;
mod timeout;
mod weighted;

use std::time::Duration;

use crate::{
    error::{Error, ErrorKind},
    message::Message,
};

pub use breaker::BreakerPolicy;
pub use ext::LayerExt;
pub use failover::Failover;
pub use guard::{DRY_RUN, Guard, GuardPolicy};
#[cfg(any(feature = "tracing", feature = "metrics"))]
pub use observe::Observe;
pub use provider_health::ProviderHealth;
#[cfg(feature = "quiet-hours")]
pub use quiet_hours::QuietHours;
pub use rate_limit::{Quota, RateLimit};
pub use rate_store::{Demand, MemoryRateStore, RateStore};
#[cfg(feature = "redis")]
pub use redis::RedisRateStore;
pub use retry::{ResendAllowed, ResendPolicy, Retry, RetryPolicy};
pub use route::Route;
pub use suppress::Suppress;
pub use timeout::Timeout;
pub use weighted::Weighted;

/// Extension of a message whose caller waits better than a layer does, such as a queue. A rate limit lets it wait for a
/// second at most, and else refuses it with the time in [`Error::retry_after`]; a retry likewise waits for a second at
/// most before it tries again what is proved not to have been sent.
///
/// ```
/// use anysms::{Message, PhoneNumber, layers::NoWait};
///
/// let mut message = Message::new("+447700900123".parse::<PhoneNumber>()?, "Your table is ready");
/// message.extensions_mut().insert(NoWait);
/// assert!(message.extensions().get::<NoWait>().is_some());
/// # Ok::<(), anysms::PhoneNumberError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a mark")]
pub struct NoWait;

impl NoWait {
    /// Longest wait of such a message.
    pub(crate) const MOST: Duration = Duration::from_secs(1);

    pub(crate) fn is_on(message: &Message) -> bool {
        message.extensions().get::<Self>().is_some()
    }
}

/// Error for a stack whose order would bypass a protection.
fn misplaced(rule: &'static str) -> Error {
    Error::not_sent(ErrorKind::Config).with_detail(rule)
}
