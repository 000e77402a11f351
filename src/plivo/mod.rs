//! Plivo: messages through its REST API v1, and its webhooks.
//!
//! - [`Plivo`] sends, looks up, lists, and lists the media of a message and of the account;
//!   [`PlivoConfig`] says for whom and where.
//! - [`PlivoOptions`] and [`PlivoQuery`] carry what only Plivo has.
//! - [`PlivoWebhook`] checks and reads what Plivo calls; [`PlivoXml`] is what to answer.
//!
//! Products, each behind its neutral trait:
//!
//! - [`Lookup`](crate::lookup::Lookup) is Plivo's lookup of numbers; [`PriceSource`](crate::pricing::PriceSource) its
//!   pricing; [`PlivoVerification`] is Plivo Verify.
//! - [`Numbers`](crate::numbers::Numbers) and [`Pools`](crate::numbers::Pools) are its numbers and Powerpacks;
//!   [`Plivo::create_application`] makes the application that a number is routed to.
//! - [`Registrations`](crate::registration::Registrations) are its brands, campaigns and toll-free verifications;
//!   [`PlivoProfile`] is what they need first.
//! - [`UsageRecords`](crate::usage::UsageRecords) and [`Subaccounts`](crate::usage::Subaccounts): usage, balance,
//!   subaccounts.
//!
//! Plivo can neither cancel, redact nor delete a message. The files are those of every vendor.

mod account;
mod applications;
mod config;
mod error;
mod lookup;
mod numbers;
mod options;
mod pools;
mod pricing;
mod registration;
mod sms;
mod status;
mod subaccounts;
mod usage;
mod verify;
mod webhook;

#[cfg(feature = "sandbox")]
mod sandbox;

pub use account::Plivo;
pub use applications::PlivoApplication;
pub use config::PlivoConfig;
pub use error::{ERROR_HELP, error_kind};
pub use options::{
    DltCategory, Location, Log, MessageType, PlivoOptions, PlivoQuery, StatusMethod,
};
pub use registration::{
    CampaignNumber, PlivoProfile, ProfileAddress, ProfileContact, registration_event,
};
pub use sms::MAX_SEVERAL;
pub use status::PlivoStatus;
pub use verify::PlivoVerification;
pub use webhook::{PlivoWebhook, PlivoXml};

#[cfg(feature = "sandbox")]
pub use sandbox::PlivoSandbox;

use crate::provider_id::ProviderId;

/// Plivo's name.
pub const PLIVO: ProviderId = ProviderId::from_static("plivo");
