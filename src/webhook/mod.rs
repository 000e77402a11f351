//! What providers call: checked first, then read.
//!
//! A request becomes an [`Event`] in two steps. [`Webhook::check_signature`] proves who sent it and
//! has no default body; [`Verified::check`] is the only way to a [`Verified`] request, and
//! [`Webhook::parse`] takes nothing else. [`WebhookExt::receive`] is both steps in one call:
//!
//! ```
//! use anysms::webhook::{Event, Webhook, WebhookExt, WebhookRequest};
//! # fn handle(webhook: &dyn Webhook, request: http::Request<Vec<u8>>) -> u16 {
//! match webhook.receive(WebhookRequest::from_http(&request)) {
//!     Ok(Event::Status(update)) => println!("{} is {}", update.message, update.status),
//!     Ok(Event::Inbound(message)) => println!("{} segments came in", message.segments.unwrap_or(1)),
//!     Ok(_) => {}
//!     Err(error) => return error.http_status(), // the peer learns the status and nothing more
//! }
//! 200
//! # }
//! ```
//!
//! What belongs here: the contract and the types that all vendors share. How a vendor signs and what
//! its fields are called lives with the vendor. No framework is needed: [`WebhookRequest`] is made
//! from the `http` crate's types in one call, or from plain parts. For axum and actix-web there are
//! extractors, by the features `axum` and `actix-web`: a handler takes a `Hook` and has the verified
//! event. `examples/` has servers on both, and on hyper, poem, Rocket and warp without extractors.

mod error;
mod event;
mod form;
#[cfg(any(feature = "actix-web", feature = "axum"))]
mod hook;
mod public_url;
mod reply;
mod request;
mod verified;

#[cfg(feature = "actix-web")]
pub mod actix;
#[cfg(feature = "axum")]
pub mod axum;

use std::fmt;

use crate::provider_id::ProviderId;

pub use error::{WebhookError, WebhookErrorKind};
pub use event::{
    Event, EventId, Geography, InboundMedia, InboundMessage, Keyword, OtherEvent, StatusUpdate,
};
pub use public_url::{PublicUrl, PublicUrlError};
pub use reply::Reply;
pub use request::{MAX_BODY, MAX_PARAMS, WebhookRequest};
pub use verified::{Authenticity, Proof, Verified};

pub(crate) use form::Form;

/// Checks and reads what one provider calls.
///
/// A value is made with the key or keys and the public URL under which the provider calls; there is
/// no value without a key.
pub trait Webhook: fmt::Debug + Send + Sync + 'static {
    /// Whose webhook it is.
    fn provider(&self) -> ProviderId;

    /// Proves that the provider sent this request, over the raw bytes and the public URL.
    ///
    /// # Errors
    /// Any [`WebhookError`] means that nothing is proved.
    fn check_signature(&self, request: &WebhookRequest<'_>) -> Result<Proof, WebhookError>;

    /// Reads a verified request.
    ///
    /// # Errors
    /// A field that is missing, twice there or malformed. Unknown fields and words are kept.
    fn parse(&self, verified: &Verified<'_>) -> Result<Event, WebhookError>;

    /// The answer that tells the provider: taken, nothing to say.
    fn empty_reply(&self) -> Reply {
        Reply::EMPTY
    }
}

/// What users call on any webhook.
pub trait WebhookExt: Webhook {
    /// Checks a request and reads it.
    ///
    /// # Errors
    /// Those of [`Webhook::check_signature`] and [`Webhook::parse`];
    /// [`WebhookError::http_status`] is what to answer.
    fn receive(&self, request: WebhookRequest<'_>) -> Result<Event, WebhookError> {
        self.parse(&Verified::check(self, request)?)
    }
}

impl<W: Webhook + ?Sized> WebhookExt for W {}
