//! The crate's own files.

#[path = "../../src/layers/breaker.rs"]
mod breaker;
#[path = "../../src/layers/rate_store.rs"]
mod rate_store;
#[path = "../../src/layers/lock.rs"]
mod lock;
#[path = "../../src/layers/per_account.rs"]
mod per_account;

/// How many schedules are tried.
pub(crate) fn schedules() -> usize {
    let asked = std::env::var("ANYSMS_SCHEDULES").ok().and_then(|asked| asked.parse().ok());
    asked.unwrap_or(10_000)
}
