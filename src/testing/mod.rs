//! Test tools for users of this crate and for authors of providers (feature `testing`).
//!
//! - [`ScriptedTransport`] answers a client's requests from a script and keeps them for inspection.
//! - [`conformance`] holds any provider against the contract of `SmsProvider`.
//!
//! A whole carrier on loopback, which also delivers and signs callbacks, is the `sandbox` feature.

pub mod conformance;
mod scripted;

pub use scripted::ScriptedTransport;
