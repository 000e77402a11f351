//! A carrier on loopback (feature `sandbox`): it speaks the vendors' wire formats, delivers along a
//! timeline and signs its callbacks, so that a program can be tested whole, without an account.
//!
//! ```
//! # #[cfg(feature = "twilio")]
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use anysms::{Message, SmsProvider, sandbox::Sandbox, twilio::{Twilio, TwilioConfig}};
//!
//! let sandbox = Sandbox::start().await?;
//! let sms = Twilio::new(&TwilioConfig::sandbox(&sandbox))?;
//! let receipt = sms.send(&Message::new("+447700900123".parse()?, "Hello")).await?;
//! # Ok(())
//! # }
//! ```
//!
//! What belongs here: the server (`server`), what a carrier does whatever is spoken to it
//! (`carrier`), and the trait by which a vendor teaches it a wire format (`dialect`). The dialects
//! themselves live with the vendors.

mod carrier;
mod dialect;
mod server;

pub use carrier::{Callback, Carried, Carrier, Fate};
pub use dialect::{Ask, Dialect, Inbound, Step, json};
pub use server::{Sandbox, SandboxBuilder};
