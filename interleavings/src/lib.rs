//! The limiter and the breaker, from the crate's own files, under a scheduler that tries their interleavings:
//!
//! ```text
//! cd interleavings && ANYSMS_SCHEDULES=100000 cargo test --release shuttle
//! ```
#![cfg(test)]
#![allow(dead_code)]

mod account_id {
    pub(crate) use anysms::AccountKey;
}
mod error {
    pub(crate) use anysms::error::*;
}
mod provider_id {
    pub(crate) use anysms::ProviderId;
}

mod layers;
