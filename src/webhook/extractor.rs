//! [`VerifiedEvent`]: a verified event as a web framework's extractor; and its refusals.

use std::{fmt, marker::PhantomData, time::Duration};

use bytes::Bytes;

use crate::{
    error::Result,
    webhook::{
        Event, Proof, Received, ReplayStore, Verified, Webhook, WebhookError, WebhookRequest, read,
        refused, replay::Traces,
    },
};

/// Longest time a body may take to arrive.
pub(crate) const BODY_DEADLINE: Duration = Duration::from_secs(5);

/// A verified event, as a handler's argument.
///
/// `W` is the verifier, [`dyn Webhook`](crate::webhook::Webhook) where it is chosen at run time. `E` is
/// what else the handler wants from the body: any extractor, which sees the request as it came. Without
/// one it is the raw body.
pub struct VerifiedEvent<W: ?Sized, E = Bytes> {
    /// Event that the provider sent.
    pub event: Event,
    /// Proof of the signature: its extent, the scheme and the key.
    pub proof: Proof<'static>,
    /// Result of the other extractor on the same request.
    pub inner: E,
    traces: Traces,
    webhook: PhantomData<fn(&W)>,
}

impl<W: ?Sized, E> VerifiedEvent<W, E> {
    /// Says whether this came before, and remembers it: what
    /// [`receive_once`](crate::webhook::WebhookExt::receive_once) does.
    ///
    /// # Errors
    /// Those of the store in the outer result: answer 503. In the inner one `NonceReused`: answer its
    /// [`http_status`](WebhookError::http_status).
    pub async fn once(
        &self,
        store: &dyn ReplayStore,
    ) -> Result<std::result::Result<Received, WebhookError>> {
        self.traces.once(self.event.clone(), store).await
    }
}

/// A request that was checked and read, without its body.
pub(crate) struct Checked {
    event: Event,
    proof: Proof<'static>,
    traces: Traces,
}

impl Checked {
    pub(crate) fn receive<W: Webhook + ?Sized>(
        webhook: &W,
        request: WebhookRequest<'_>,
    ) -> std::result::Result<Self, WebhookError> {
        let verified = Verified::check(webhook, request)?;
        let event = read(webhook, &verified)?;
        let traces = Traces::of(&webhook.provider(), verified.proof(), &event);
        Ok(Self { event, proof: verified.into_proof().into_owned(), traces })
    }

    pub(crate) fn with<W: ?Sized, E>(self, inner: E) -> VerifiedEvent<W, E> {
        let Self { event, proof, traces } = self;
        VerifiedEvent { event, proof, inner, traces, webhook: PhantomData }
    }
}

impl<W: ?Sized, E> fmt::Debug for VerifiedEvent<W, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedEvent")
            .field("event", &self.event)
            .field("proof", &self.proof)
            .finish_non_exhaustive()
    }
}

/// Reason why a request that a framework received is not an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// The request was read and refused.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// The body did not come in time.
    #[error("webhook: the body did not come in time")]
    TooSlow,
    /// The body broke off.
    #[error("webhook: the body broke off")]
    Broken,
    /// The application was set up without the verifier.
    #[cfg(feature = "actix-web")] // axum's state cannot be without one
    #[error("webhook: no verifier of this type in the application's data; add it with app_data")]
    NoVerifier,
}

impl Refusal {
    pub(crate) const fn error(&self) -> Option<&WebhookError> {
        match self {
            Self::Webhook(error) => Some(error),
            _ => None,
        }
    }

    /// Reports a request that was refused before a verifier saw it, and hands the refusal on.
    pub(crate) fn of_body<W: Webhook + ?Sized>(self, webhook: &W) -> Self {
        let kind = match self {
            Self::Webhook(error) => error.kind().as_str(),
            Self::TooSlow => "too_slow",
            Self::Broken => "broken",
            #[cfg(feature = "actix-web")]
            Self::NoVerifier => "no_verifier",
        };
        refused::report(&webhook.provider(), None, kind, "");
        self
    }

    pub(crate) const fn http_status(self) -> u16 {
        match self {
            Self::Webhook(error) => error.http_status(),
            Self::TooSlow => 408,
            Self::Broken => 400,
            #[cfg(feature = "actix-web")]
            Self::NoVerifier => 500,
        }
    }
}
