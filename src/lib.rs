#![cfg_attr(all(feature = "twilio", feature = "reqwest"), doc = include_str!("guide/readme_links.md"))]
#![cfg_attr(all(feature = "twilio", feature = "reqwest"), doc = include_str!("../README.md"))]
#![cfg_attr(
    not(all(feature = "twilio", feature = "reqwest")),
    doc = "Send and receive SMS through any provider. The examples need the default features."
)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// In the library; examples, benches and tests may.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// What the vendors share lies idle in a build without one of them; the other builds see what is dead.
#![cfg_attr(not(all(feature = "twilio", feature = "plivo")), allow(dead_code, unused_imports))]

#[macro_use]
mod serde_text;
mod account_id;
mod env;
mod provider_id;
mod random;

#[cfg(test)]
mod arbitrary;

mod account;
mod accounts;
pub mod error;
pub mod guide;
pub mod intent;
#[cfg(feature = "layers")]
pub mod layers;
pub mod lookup;
pub mod message;
pub mod number;
pub mod numbers;
pub mod pricing;
pub mod provider;
pub mod registration;
pub mod registry;
pub mod suppression;
pub mod text;
pub mod transport;
pub mod usage;
pub mod verification;
pub mod webhook;

#[cfg(feature = "plivo")]
pub mod plivo;
#[cfg(feature = "twilio")]
pub mod twilio;

#[cfg(feature = "sandbox")]
pub mod sandbox;
#[cfg(feature = "testing")]
pub mod testing;

pub use account::{Account, Products};
pub use account_id::{AccountId, AccountKey};
pub use accounts::Accounts;
pub use async_trait::async_trait;
pub use bytes;
pub use error::{Error, ErrorKind, Outcome, Result};
pub use http;
pub use jiff::{Timestamp, civil::Date};
pub use message::{
    Destination, Message, MessageClass, MessageId, MessageRecord, MessageStatus, Query, Receipt,
    Sender, TenantId,
};
pub use number::{PhoneNumber, PhoneNumberError};
pub use provider::{Capabilities, SmsProvider, SmsProviderExt};
pub use provider_id::{ProviderId, ProviderIdError};
pub use rust_decimal::Decimal;
