//! For actix-web: [`VerifiedEvent`] hands a handler a verified event, and [`Reply`] is a response.
//!
//! The verifier comes from the application's data, as a `Data<W>`:
//!
//! ```
//! use std::sync::Arc;
//!
//! use actix_web::web::{Data, ServiceConfig, post};
//! use anysms::webhook::{Event, Reply, Webhook, actix::VerifiedEvent};
//!
//! async fn hook(VerifiedEvent { event, .. }: VerifiedEvent<dyn Webhook>) -> Reply {
//!     if let Event::Status(update) = event {
//!         println!("{} is {}", update.message, update.status);
//!     }
//!     Reply::EMPTY
//! }
//!
//! fn configure(config: &mut ServiceConfig, webhook: Arc<dyn Webhook>) {
//!     config.app_data(Data::from(webhook)).route("/hooks/twilio", post().to(hook));
//! }
//! ```
//!
//! A provider sends a request again when it gets no answer, and so can whoever has seen it:
//! [`VerifiedEvent::once`] says whether it came before.
//!
//! [`VerifiedEvent`] takes the body, as any extractor that reads it; what else a handler wants from the body
//! stands inside: `VerifiedEvent<W, Form<T>>`. At most [`MAX_BODY`] bytes are read, in at most 5 seconds. What
//! rewrites the address before the handler does, such as `NormalizePath`, makes signatures fail.
//!
//! A request that is refused is answered with a status and no body; take
//! `Result<VerifiedEvent<W>, VerifiedEventRejection>` to learn why. A handler that panics ends its connection and not the
//! server; the provider sees no answer.

use std::{fmt, future::Future, pin::Pin};

use actix_web::{
    Error, FromRequest, HttpRequest, HttpResponse, Responder, ResponseError,
    body::{BodyStream, BoxBody, to_bytes_limited},
    dev::Payload,
    http::{StatusCode, header::CONTENT_LENGTH},
    rt::time::timeout,
    web::Data,
};
use bytes::Bytes;

use crate::webhook::{
    MAX_BODY, Reply, Webhook, WebhookError, WebhookErrorKind, WebhookRequest,
    extractor::{BODY_DEADLINE, Checked, Refusal},
};

pub use crate::webhook::extractor::VerifiedEvent;

/// Reason why there is no [`VerifiedEvent`]. As a response it is a status without a body, or the other
/// extractor's own error.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct VerifiedEventRejection(Reason);

#[derive(thiserror::Error)]
enum Reason {
    #[error("{0}")]
    Refused(Refusal),
    #[error("webhook: verified, and refused by another extractor")]
    Inner(Error),
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
    /// Returns the error for which the request is not an event; `None` if its body did not come whole, if
    /// the application holds no such verifier, or if it is the other extractor that refused.
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
        self.status_code().as_u16()
    }
}

impl From<Refusal> for VerifiedEventRejection {
    fn from(refusal: Refusal) -> Self {
        Self(Reason::Refused(refusal))
    }
}

impl ResponseError for VerifiedEventRejection {
    fn status_code(&self) -> StatusCode {
        match &self.0 {
            Reason::Refused(refusal) => {
                StatusCode::from_u16(refusal.http_status()).unwrap_or(StatusCode::FORBIDDEN)
            }
            Reason::Inner(error) => error.as_response_error().status_code(),
        }
    }

    fn error_response(&self) -> HttpResponse {
        match &self.0 {
            Reason::Refused(_) => HttpResponse::new(self.status_code()),
            Reason::Inner(error) => error.error_response(),
        }
    }
}

impl<W, E> FromRequest for VerifiedEvent<W, E>
where
    W: Webhook + ?Sized,
    E: FromRequest + 'static,
{
    type Error = VerifiedEventRejection;
    type Future = Pin<Box<dyn Future<Output = Result<Self, VerifiedEventRejection>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let webhook = request.app_data::<Data<W>>().ok_or(Refusal::NoVerifier)?;
            let whole = timeout(BODY_DEADLINE, read(&request, payload)).await;
            let whole = whole.unwrap_or(Err(Refusal::TooSlow));
            let body = whole.map_err(|error| error.of_body(webhook.get_ref()))?;
            let checked = receive(webhook.get_ref(), &request, &body).map_err(Refusal::from)?;
            match E::from_request(&request, &mut body.into()).await {
                Ok(inner) => Ok(checked.with(inner)),
                Err(error) => Err(VerifiedEventRejection(Reason::Inner(error.into()))),
            }
        })
    }
}

impl Responder for Reply {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let response = self.into_http().into_body();
        HttpResponse::Ok().content_type("application/xml").body(response)
    }
}

/// Reads the whole body; what is beyond the limit is not kept.
async fn read(request: &HttpRequest, payload: Payload) -> Result<Bytes, Refusal> {
    let too_large = Refusal::Webhook(WebhookError::new(WebhookErrorKind::TooLarge));
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let announced = announced.and_then(|length| length.parse::<u64>().ok());
    if announced.is_some_and(|length| length > MAX_BODY as u64) {
        return Err(too_large);
    }
    let whole = to_bytes_limited(BodyStream::new(payload), MAX_BODY).await;
    whole.map_err(|_| too_large)?.map_err(|_| Refusal::Broken)
}

fn receive<W: Webhook + ?Sized>(
    webhook: &W,
    request: &HttpRequest,
    body: &[u8],
) -> Result<Checked, WebhookError> {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let headers: Vec<(&str, &[u8])> =
        request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let mut hook = WebhookRequest::new(request.method().as_str(), target, &headers, body);
    if let Some(peer) = request.peer_addr() {
        hook = hook.with_peer(peer.ip());
    }
    Checked::receive(webhook, hook)
}
