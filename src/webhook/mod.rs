//! Webhooks: requests from providers, checked first, then read.
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
//! An inbound message is answered with a [`Reply`]: [`Webhook::reply`] sends texts back,
//! [`Webhook::empty_reply`] none.
//!
//! ```
//! use anysms::webhook::{Event, Reply, Webhook};
//!
//! fn answer(webhook: &dyn Webhook, event: &Event) -> anysms::Result<Reply> {
//!     match event {
//!         Event::Inbound(message) => webhook.reply(message, &["Thanks!".into()]),
//!         _ => Ok(webhook.empty_reply()),
//!     }
//! }
//! ```
//!
//! A request that is refused is counted and traced, where the features `metrics` and `tracing` are on: one
//! `anysms.webhook.refused` with the labels `messaging.system` (the provider), `error.type` (the
//! [kind](WebhookErrorKind::as_str)) and `anysms.account` (the end of the account's id, empty where the verifier
//! knows none), and one event of level `WARN` and target `anysms::webhook` with the same fields and
//! `anysms.field`. Nothing that the request says is in them. Who calls [`Webhook::parse`] directly reports what
//! it refuses.
//!
//! What belongs here: the contract and the types that all vendors share. How a vendor signs and what
//! its fields are called lives with the vendor. No framework is needed: [`WebhookRequest`] is made
//! from the `http` crate's types in one call, or from plain parts. For axum and actix-web there are
//! extractors, by the features `axum` and `actix-web`: a handler takes a `VerifiedEvent` and has the verified
//! event. `examples/` has servers on both, and on hyper, poem, Rocket and warp without extractors.

mod callback_token;
mod diagnosis;
mod error;
mod event;
#[cfg(any(feature = "actix-web", feature = "axum"))]
mod extractor;
mod fields;
mod keys;
mod params;
mod proxy;
mod public_url;
mod public_url_from;
mod refused;
mod replay;
mod reply;
mod reply_message;
mod request;
mod resplit;
mod signing_params;
mod verified;
mod xml;

#[cfg(feature = "actix-web")]
pub mod actix;
#[cfg(feature = "axum")]
pub mod axum;

use std::{fmt, future::Future};

use crate::{
    account_id::AccountId,
    error::{Error, Result},
    provider_id::ProviderId,
};
use replay::Traces;

pub use callback_token::CallbackTokens;
pub use diagnosis::Diagnosis;
pub use error::{FieldIssue, WebhookError, WebhookErrorKind};
pub use event::{
    Event, EventId, Geography, InboundMedia, InboundMessage, OtherEvent, StatusUpdate,
};
pub use keys::{KeyLookup, KeyRing};
pub use proxy::{ProxyHeader, TrustedProxy, TrustedProxyError};
pub use public_url::{PublicUrl, PublicUrlError};
pub use replay::{MemoryReplayStore, PayloadHash, Received, ReplayKey, ReplayStore, Seen};
pub use reply::Reply;
pub use reply_message::ReplyMessage;
pub use request::{MAX_BODY, MAX_PARAMS, WebhookRequest};
pub use verified::{Authenticity, Proof, Verified};

pub(crate) use diagnosis::{Check, diagnose};
pub(crate) use fields::Fields;
pub(crate) use keys::{Key, Keys, decode_mac, first as first_key};
pub(crate) use params::Params;
pub(crate) use public_url::{Origin, RequestUrl};
pub(crate) use resplit::{Fields as RecutFields, Recut};
pub(crate) use verified::Content;
pub(crate) use xml::Document;

/// Checks and reads what one provider calls.
///
/// A value is made with the key or keys and the public URL under which the provider calls; there is
/// no value without a key.
pub trait Webhook: fmt::Debug + Send + Sync + 'static {
    /// Returns the provider whose webhook it is.
    fn provider(&self) -> ProviderId;

    /// Proves that the provider sent this request, over the raw bytes and the public URL.
    ///
    /// # Errors
    /// Any [`WebhookError`] means that nothing is proved.
    fn check_signature<'a>(&self, request: &WebhookRequest<'a>) -> Result<Proof<'a>, WebhookError>;

    /// Reads a verified request.
    ///
    /// # Errors
    /// A field that identifies the event is missing, twice there or malformed. Unknown fields and words are kept,
    /// and so is what cannot be read of the others: see [`StatusUpdate::issues`].
    fn parse(&self, verified: &Verified<'_>) -> Result<Event, WebhookError>;

    /// Returns the account among those of this verifier that a request claims to be about, **before anything is
    /// proved**: for counting and tracing refused requests. `None` where the verifier knows no account, or not
    /// this one.
    fn claimed_account(&self, request: &WebhookRequest<'_>) -> Option<AccountId> {
        let _ = request;
        None
    }

    /// Finds out why a request does not pass: what of the address, the body or the settings would have
    /// to be otherwise. For a developer's log, never for the response; it checks many times over, so
    /// ask it where someone looks, not for every refusal.
    fn diagnose(&self, request: &WebhookRequest<'_>) -> Diagnosis {
        Diagnosis::new(self.check_signature(request).err())
    }

    /// Returns the answer that confirms a request and says nothing more.
    fn empty_reply(&self) -> Reply {
        Reply::EMPTY
    }

    /// Returns the answer to an inbound message that sends messages back; [`Webhook::empty_reply`] where
    /// there are none. What only one vendor can say is in its own builder.
    ///
    /// A provider that gets no answer asks again, and each answer sends: [`Event::id`] tells whether
    /// this message was answered before.
    ///
    /// **It goes to whom the request names.** Where that was not signed
    /// ([`Authenticity::UrlOnly`]), that may be anybody.
    ///
    /// # Errors
    /// What the provider cannot say in an answer, naming the field; all of it, where it takes no
    /// messages there.
    fn reply(&self, _inbound: &InboundMessage, messages: &[ReplyMessage]) -> Result<Reply> {
        if messages.is_empty() {
            return Ok(self.empty_reply());
        }
        Err(Error::unsupported(self.provider(), "reply: this provider takes none in an answer"))
    }
}

/// Methods for users of any webhook.
pub trait WebhookExt: Webhook {
    /// Checks a request and reads it.
    ///
    /// # Errors
    /// Those of [`Webhook::check_signature`] and [`Webhook::parse`];
    /// [`WebhookError::http_status`] is what to answer.
    fn receive(&self, request: WebhookRequest<'_>) -> Result<Event, WebhookError> {
        read(self, &Verified::check(self, request)?)
    }

    /// Checks a request and reads it, and says whether it came before. A nonce, or a signature where
    /// there is no nonce, is good once: it may come again with the same content, as a provider's next
    /// attempt, and with no other.
    ///
    /// # Errors
    /// Those of the store in the outer result: answer 503. In the inner one those of
    /// [`receive`](Self::receive), and `NonceReused`.
    fn receive_once(
        &self,
        request: WebhookRequest<'_>,
        store: &dyn ReplayStore,
    ) -> impl Future<Output = Result<Result<Received, WebhookError>>> + Send {
        let read = Verified::check(self, request).and_then(|verified| {
            let event = read(self, &verified)?;
            Ok((Traces::of(&self.provider(), verified.proof(), &event), event))
        });
        async move {
            match read {
                Ok((traces, event)) => traces.once(event, store).await,
                Err(error) => Ok(Err(error)),
            }
        }
    }
}

impl<W: Webhook + ?Sized> WebhookExt for W {}

/// Reads a request that was checked. A refusal is counted and traced, as the check does with its own.
fn read<W: Webhook + ?Sized>(webhook: &W, verified: &Verified<'_>) -> Result<Event, WebhookError> {
    webhook.parse(verified).map_err(|error| refused::request(webhook, verified.request(), error))
}
