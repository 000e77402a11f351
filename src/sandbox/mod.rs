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
//! What goes wrong at a provider can be rehearsed: [`Sandbox::inject`] makes it go wrong here.
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
//! What belongs here: the server (`server`), its connections (`line`), what a carrier does whatever is spoken to it
//! (`carrier`, its messages in `ring`, the steps of each in `timeline`), what it does wrong (`fault`), what tests ask it
//! (`expect`, and in JSON over HTTP `api`; the codes of texts in `code`), and the trait by which a vendor teaches it a
//! wire format (`vendor`). Their halves live with the vendors.

mod api;
mod carrier;
mod code;
mod expect;
mod fault;
mod line;
mod ring;
mod server;
mod timeline;
mod vendor;

pub use carrier::{Callback, CallbackReport, Carried, Carrier, Fate};
pub use expect::Expected;
pub use fault::{Fault, When};
pub use server::{Sandbox, SandboxBuilder};
pub use vendor::{Ask, Inbound, SandboxVendor, Step, html, json};
