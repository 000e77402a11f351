//! stub
#[macro_use]
mod macros;
pub mod error;
pub mod message;
pub mod number;
mod provider_id;
pub use error::{Error, ErrorKind, Outcome, Result};
pub use jiff::Timestamp;
pub use message::*;
pub use number::{PhoneNumber, PhoneNumberError};
pub use provider_id::{ProviderId, ProviderIdError};
