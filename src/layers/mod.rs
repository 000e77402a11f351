//! Wrappers around a provider that are providers themselves, each with one job.
//!
//! A layer acts only on what is proved: a message that may have left
//! ([`Outcome::Unknown`](crate::Outcome::Unknown)) is never sent again by any of them, unless its own
//! documentation names the setting that says so. Every layer forwards every method.
//!
//! ```
//! use std::sync::Arc;
//!
//! use anysms::{SmsProvider, SmsProviderExt, layers::{Failover, Retry, RetryPolicy}};
//!
//! fn stack(first: impl SmsProvider, second: impl SmsProvider) -> Arc<dyn SmsProvider> {
//!     let retry = RetryPolicy::default();
//!     Failover::new(Retry::new(first, retry.clone())).or(Retry::new(second, retry)).into_dyn()
//! }
//! ```
//!
//! What belongs here: the layers and what only they need. What a broken connection proves lives in
//! `transport`, and what a vendor's code proves with the vendor. Layers run on Tokio.

mod breaker;
mod budget;
mod failover;
mod retry;

pub use breaker::BreakerPolicy;
pub use failover::Failover;
pub use retry::{Retry, RetryPolicy};
