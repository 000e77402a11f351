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
//! let receipt = sms.send(&Message::new("+447700900123".parse::<anysms::PhoneNumber>()?, "Hello")).await?;
//! # Ok(())
//! # }
//! ```
//!
//! What goes wrong at a provider can be rehearsed: [`SandboxHandle::inject`] makes it go wrong here.
//!
//! ```
//! # #[cfg(feature = "twilio")]
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! # use anysms::{Message, Outcome, SmsProvider, twilio::{Twilio, TwilioConfig}};
//! use anysms::sandbox::{Fault, Sandbox, When};
//!
//! let sandbox = Sandbox::start().await?;
//! let sms = Twilio::new(&TwilioConfig::sandbox(&sandbox))?;
//! sandbox.inject(When::Next(1), Fault::TakeAndHangUp);
//! let error = sms.send(&Message::new("+447700900123".parse::<anysms::PhoneNumber>()?, "Hello")).await.unwrap_err();
//! assert_eq!(error.outcome(), Outcome::Unknown);
//! assert_eq!(sandbox.messages().len(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! What belongs here: the server (`server`), its connections (`line`), what a carrier has whatever is spoken to it
//! (`carrier`: accounts in `account`, messages in `carried` and `ring`, what else clients created in `records`, what
//! was used in `usage` and what it costs in `price`, the time in `clock`, all of it as a file in `state`), what it does (the steps of a message in
//! `timeline`, the calls of webhooks in `calls`) and does wrong (`fault`), what programs, tests and pages ask it
//! (`handle`, `expect`, and in JSON over HTTP `api`; the codes of texts in `code`), and the trait by which a vendor
//! teaches it a wire format (`vendor`). Their halves live with the vendors.

mod account;
mod api;
mod calls;
mod carried;
mod carrier;
mod clock;
mod code;
mod expect;
mod fault;
mod handle;
mod line;
mod price;
mod records;
mod ring;
mod server;
mod state;
mod timeline;
mod usage;
mod vendor;

pub use account::{AccountStanding, SandboxAccount};
pub use carried::{Callback, CallbackReport, Carried, Fate, Origin};
pub use carrier::Carrier;
pub use expect::Expected;
pub use fault::{Fault, When};
pub use handle::SandboxHandle;
pub use price::{Prices, prices};
pub use records::{Record, RecordStore};
pub use server::{Sandbox, SandboxBuilder};
pub use usage::Used;
pub use vendor::{Ask, Inbound, SandboxVendor, Step, html, json};
