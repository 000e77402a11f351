//! Wrappers around a provider that are providers themselves, each with one job.
//!
//! A layer acts only on what is proved: a message that may have left
//! ([`Outcome::Unknown`](crate::Outcome::Unknown)) is never sent again by any of them, unless its own
//! documentation names the setting that says so. Every layer forwards every method.
//!
//! ```
//! use anysms::{SmsProvider, SmsProviderExt, layers::{Retry, RetryPolicy}};
//!
//! fn stack(vendor: impl SmsProvider) -> std::sync::Arc<dyn SmsProvider> {
//!     Retry::new(vendor, RetryPolicy::default()).into_dyn()
//! }
//! ```
//!
//! What belongs here: the layers and what only they need. What a broken connection proves lives in
//! `transport`, and what a vendor's code proves with the vendor. Layers run on Tokio.

mod budget;
mod retry;

pub use retry::{Retry, RetryPolicy};
