//! Twilio: messages through its REST API of 2010-04-01, and its webhooks.
//!
//! - [`Twilio`] sends, looks up, lists and cancels, redacts and deletes; [`TwilioConfig`] says for
//!   whom and where.
//! - [`TwilioOptions`] and [`TwilioQuery`] carry what only Twilio has.
//! - [`TwilioWebhook`] checks and reads what Twilio calls; [`Twiml`] is what to answer.
//!
//! Each file is one job: `config`, `client` (the contract), `submit` (a message on the wire, and what
//! the answer means), `message` (what else Twilio does with one), `wire` (serde types), `error` (codes), `status` (words), `options`, `signature`,
//! `webhook`, `twiml` (replies), and `dialect` (Twilio's half of the sandbox).

mod client;
mod config;
mod error;
mod event;
mod message;
mod options;
mod signature;
mod status;
mod submit;
mod twiml;
mod webhook;
mod wire;

#[cfg(feature = "sandbox")]
mod dialect;

pub use client::Twilio;
pub use config::TwilioConfig;
pub use error::{error_help, error_kind};
pub use options::{
    AddressRetention, Channel, ContentRetention, MessageIntent, RiskCheck, TwilioOptions,
    TwilioQuery,
};
pub use status::TwilioStatus;
pub use twiml::Twiml;
pub use webhook::{SharedKeyAlgorithm, TwilioWebhook};

#[cfg(feature = "sandbox")]
pub use dialect::TwilioDialect;

use crate::provider_id::ProviderId;

/// Twilio's name.
pub const TWILIO: ProviderId = ProviderId::from_static("twilio");
