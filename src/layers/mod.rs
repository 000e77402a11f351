//! Wrappers around a provider that are providers themselves, each with one job.
//!
//! A layer acts only on what is proved: a message that may have left
//! ([`Outcome::Unknown`](crate::Outcome::Unknown)) is never sent again by any of them, unless its own
//! documentation names the setting that says so. Every layer forwards every method.
//!
//! # The order
//! From the inside to the outside, each of them where it is wanted:
//!
//! | | layer | why here |
//! |---|---|---|
//! | 1 | the provider | |
//! | 2 | [`Suppress`] | looks at the opt-outs directly before each submission, whatever waited before. *Enforced* |
//! | 3 | `Recorded` (feature `log`) | writes every try down, and looks at the log's own opt-outs. *Enforced* |
//! | 4 | [`RateLimit`] | counts every try |
//! | 5 | [`Retry`] | asks the same provider again |
//! | 6 | [`Failover`], [`Route`], [`Weighted`] | choose among providers that have 1 to 5 of their own |
//! | 7 | [`Guard`] | counts messages, not tries, and for all providers. *Enforced* |
//! | 8 | `Observe` (features `tracing`, `metrics`) | sees what the caller sees |
//! | 9 | [`Timeout`] | lets everything inside run to its end |
//!
//! Enforced means that a stack which would let a message go round a protection cannot be built:
//! [`Suppress::new`] and `Recorded::new` refuse to stand around what waits and around a guard; `Failover`,
//! `Route` and `Weighted` refuse providers of which some look at opt-outs or write a log and some do not, and
//! guards inside of them.
//!
//! ```
//! use std::{sync::Arc, time::Duration};
//!
//! use anysms::{Result, SmsProvider, SmsProviderExt};
//! use anysms::layers::{Failover, GuardPolicy, LayerExt, Limit, RetryPolicy};
//! use anysms::number::Region;
//! use anysms::suppression::SuppressionList;
//!
//! fn stack(
//!     first: impl SmsProvider,
//!     second: impl SmsProvider,
//!     opt_outs: Arc<dyn SuppressionList>,
//! ) -> Result<Arc<dyn SmsProvider>> {
//!     let retry = RetryPolicy::default();
//!     let first = first.suppress(opt_outs.clone())?.rate_limit([Limit::messages(10)]).retry(retry.clone());
//!     let second = second.suppress(opt_outs)?.retry(retry);
//!     let both = Failover::new(first).or(second)?;
//!     Ok(both.guard(GuardPolicy::new([Region::GB])).timeout(Duration::from_secs(300)).into_dyn())
//! }
//! ```
//!
//! What belongs here: the layers and what only they need. What a broken connection proves lives in
//! `transport`, and what a vendor's code proves with the vendor. Layers run on Tokio.

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

use crate::error::{Error, ErrorKind};

pub use breaker::BreakerPolicy;
pub use ext::LayerExt;
pub use failover::Failover;
pub use guard::{DRY_RUN, Guard, GuardPolicy};
#[cfg(any(feature = "tracing", feature = "metrics"))]
pub use observe::Observe;
pub use provider_health::DeliveryReports;
#[cfg(feature = "quiet-hours")]
pub use quiet_hours::QuietHours;
pub use rate_limit::{Limit, RateLimit};
pub use rate_store::{Demand, MemoryRates, Rates};
#[cfg(feature = "redis")]
pub use redis::RedisRates;
pub use retry::{AllowResend, ResendAllowed, Retry, RetryPolicy};
pub use route::Route;
pub use suppress::Suppress;
pub use timeout::Timeout;
pub use weighted::Weighted;

/// The error for a stack that would let a message go round a protection.
fn misplaced(rule: &'static str) -> Error {
    Error::not_sent(ErrorKind::Config).with_detail(rule)
}
