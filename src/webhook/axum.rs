//! For axum: [`VerifiedEvent`] hands a handler a verified event, and [`Reply`] is a response.
//!
//! The verifier comes from the state, as an `Arc<W>` or as a part of it by
//! [`FromRef`]:
//!
//! ```
//! use std::sync::Arc;
//!
//! use anysms::webhook::{Event, Reply, Webhook, axum::VerifiedEvent};
//! use axum::{Router, routing::post};
//!
//! async fn hook(VerifiedEvent { event, .. }: VerifiedEvent<dyn Webhook>) -> Reply {
//!     if let Event::Status(update) = event {
//!         println!("{} is {}", update.message, update.status);
//!     }
//!     Reply::EMPTY
//! }
//!
//! fn app(webhook: Arc<dyn Webhook>) -> Router {
//!     Router::new().route("/hooks/twilio", post(hook)).with_state(webhook)
//! }
//! ```
//!
//! A provider sends a request again when it gets no answer, and so can whoever has seen it:
//! [`VerifiedEvent::once`] says whether it came before.
//!
//! ```
//! use std::sync::Arc;
//!
//! use anysms::webhook::{MemoryReplayStore, Reply, Webhook, axum::VerifiedEvent};
//! use axum::{extract::{FromRef, State}, http::StatusCode};
//!
//! #[derive(Clone)]
//! struct App {
//!     webhook: Arc<dyn Webhook>,
//!     seen: Arc<MemoryReplayStore>,
//! }
//!
//! impl FromRef<App> for Arc<dyn Webhook> {
//!     fn from_ref(app: &App) -> Self {
//!         app.webhook.clone()
//!     }
//! }
//!
//! async fn hook(
//!     State(App { seen, .. }): State<App>,
//!     hook: VerifiedEvent<dyn Webhook>,
//! ) -> Result<Reply, StatusCode> {
//!     match hook.once(&*seen).await {
//!         Ok(Ok(received)) if received.replay => Ok(Reply::EMPTY),
//!         Ok(Ok(_)) => Ok(Reply::EMPTY), // the first time: act on it
//!         Ok(Err(_)) => Err(StatusCode::FORBIDDEN),
//!         Err(_) => Err(StatusCode::SERVICE_UNAVAILABLE), // the provider asks again
//!     }
//! }
//! ```
//!
//! [`VerifiedEvent`] reads the body, so it stands last; what else a handler wants from the body stands inside:
//! `VerifiedEvent<W, Form<T>>`. At most [`MAX_BODY`] bytes are read, in at most 5 seconds. The address is the one
//! that came in, also in a nested router; what rewrites it before the router does, such as a layer that
//! trims slashes, makes signatures fail. The peer is known where the router is served by
//! `into_make_service_with_connect_info::<SocketAddr>()`.
//!
//! A request that is refused is answered with a status and no body; take
//! `Result<VerifiedEvent<W>, VerifiedEventRejection>` to learn why. A handler that panics ends its connection and not the
//! server; the provider sees no answer, and a layer that catches panics makes it a 500.

use std::{fmt, future::poll_fn, net::SocketAddr, pin::Pin, sync::Arc};

use axum::{
    body::{Body, HttpBody},
    extract::{ConnectInfo, FromRef, FromRequest, OriginalUri, Request},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};

use crate::webhook::{
    MAX_BODY, Reply, Webhook, WebhookError, WebhookErrorKind, WebhookRequest,
    extractor::{BODY_DEADLINE, Checked, Refusal},
};

pub use crate::webhook::extractor::VerifiedEvent;

/// Reason why there is no [`VerifiedEvent`]. As a response it is a status without a body, or the other
/// extractor's own rejection.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct VerifiedEventRejection(Reason);

#[derive(thiserror::Error)]
enum Reason {
    #[error("{0}")]
    Refused(Refusal),
    #[error("webhook: verified, and refused by another extractor")]
    Inner(Box<Response>),
}

impl fmt::Debug for Reason {
    /// Leaves out what another extractor says, which may quote the request.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Inner(_) => f.write_str("Inner"),
        }
    }
}

impl VerifiedEventRejection {
    /// Returns the error for which the request is not an event; `None` if its body did not come whole, or if
    /// it is the other extractor that refused.
    #[must_use]
    pub const fn error(&self) -> Option<&WebhookError> {
        match &self.0 {
            Reason::Refused(refusal) => refusal.error(),
            Reason::Inner(_) => None,
        }
    }

    /// Returns the status that is answered.
    #[must_use]
    pub fn http_status(&self) -> u16 {
        match &self.0 {
            Reason::Refused(refusal) => refusal.http_status(),
            Reason::Inner(response) => response.status().as_u16(),
        }
    }
}

impl From<Refusal> for VerifiedEventRejection {
    fn from(refusal: Refusal) -> Self {
        Self(Reason::Refused(refusal))
    }
}

impl IntoResponse for VerifiedEventRejection {
    fn into_response(self) -> Response {
        match self.0 {
            Reason::Refused(refusal) => {
                let status = StatusCode::from_u16(refusal.http_status());
                status.unwrap_or(StatusCode::FORBIDDEN).into_response()
            }
            Reason::Inner(response) => *response,
        }
    }
}

impl<S, W, E> FromRequest<S> for VerifiedEvent<W, E>
where
    S: Send + Sync,
    W: Webhook + ?Sized,
    Arc<W>: FromRef<S>,
    E: FromRequest<S>,
{
    type Rejection = VerifiedEventRejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, VerifiedEventRejection> {
        let (parts, body) = request.into_parts();
        let webhook = Arc::<W>::from_ref(state);
        let whole = tokio::time::timeout(BODY_DEADLINE, read(body)).await;
        let body =
            whole.unwrap_or(Err(Refusal::TooSlow)).map_err(|error| error.of_body(&*webhook))?;
        let checked = receive(&*webhook, &parts, &body).map_err(Refusal::from)?;
        let request = Request::from_parts(parts, body.into());
        match E::from_request(request, state).await {
            Ok(inner) => Ok(checked.with(inner)),
            Err(rejection) => {
                Err(VerifiedEventRejection(Reason::Inner(Box::new(rejection.into_response()))))
            }
        }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        self.into_http().map(Body::from)
    }
}

/// Reads the whole body; what is beyond the limit is not kept.
async fn read(mut body: Body) -> Result<Bytes, Refusal> {
    let too_large = Refusal::Webhook(WebhookError::new(WebhookErrorKind::TooLarge));
    if body.size_hint().lower() > MAX_BODY as u64 {
        return Err(too_large);
    }
    let mut whole = BytesMut::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(data) = frame.map_err(|_| Refusal::Broken)?.into_data() else { continue };
        if data.len() > MAX_BODY - whole.len() {
            return Err(too_large);
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}

fn receive<W: Webhook + ?Sized>(
    webhook: &W,
    parts: &Parts,
    body: &[u8],
) -> Result<Checked, WebhookError> {
    let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
    let mut request = WebhookRequest::from_map(&parts.method, uri, &parts.headers, body);
    if let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() {
        request = request.with_peer(peer.ip());
    }
    Checked::receive(webhook, request)
}
