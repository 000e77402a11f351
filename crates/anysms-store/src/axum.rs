//! For axum: a router that serves the webhooks of all accounts.
//!
//! What belongs here: the way from a request to [`Ingest`]. Who signed a request is `anysms`'s to say.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{OriginalUri, Path, Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};

use anysms::webhook::{MAX_BODY, Webhook, WebhookExt, WebhookRequest};

use crate::{AttemptToken, Ingest};

/// Longest time a body may take to arrive.
const BODY_DEADLINE: Duration = Duration::from_secs(5);

type Webhooks = HashMap<String, Arc<dyn Webhook>>;

#[derive(Clone, Debug)]
struct App {
    ingest: Ingest,
    webhooks: Arc<Webhooks>,
}

/// Returns a router that takes the webhooks of accounts into a store, each at a path of its own.
///
/// A path such as `twilio` or `acme/twilio` serves `POST /twilio` for inbound messages and statuses, and
/// `POST /twilio/{token}` for the statuses of [`Recorded::with_callback`](crate::Recorded::with_callback). The answer
/// is the provider's empty reply; 403 or another status of 4xx where the request is not proved to be the provider's;
/// 404 for another path or a token that is none; and 503 where the store cannot be written, so that the provider calls
/// again.
///
/// ```
/// use std::sync::Arc;
///
/// use anysms::webhook::Webhook;
/// use anysms_store::{Ingest, MessageStore};
///
/// fn app(store: MessageStore, twilio: Arc<dyn Webhook>, plivo: Arc<dyn Webhook>) -> axum::Router {
///     let hooks = anysms_store::axum::router(Ingest::new(store), [("twilio", twilio), ("plivo", plivo)]);
///     axum::Router::new().nest("/hooks", hooks)
/// }
/// ```
pub fn router<S: Into<String>>(
    ingest: Ingest,
    webhooks: impl IntoIterator<Item = (S, Arc<dyn Webhook>)>,
) -> Router {
    let path = |path: S| path.into().trim_matches('/').to_owned();
    let webhooks = webhooks.into_iter().map(|(at, webhook)| (path(at), webhook)).collect();
    let app = App { ingest, webhooks: Arc::new(webhooks) };
    Router::new().route("/{*path}", post(receive)).with_state(app)
}

async fn receive(
    State(App { ingest, webhooks }): State<App>,
    Path(path): Path<String>,
    original: OriginalUri,
    request: Request,
) -> Response {
    let Some((webhook, token)) = find(&webhooks, &path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (mut parts, body) = request.into_parts();
    parts.uri = original.0; // a nested router has cut it
    let Ok(body) = tokio::time::timeout(BODY_DEADLINE, to_bytes(body, MAX_BODY)).await else {
        return StatusCode::REQUEST_TIMEOUT.into_response();
    };
    let Ok(body) = body else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let event = match webhook.receive(WebhookRequest::from_parts(&parts, &body)) {
        Ok(event) => event,
        Err(error) => {
            let status = StatusCode::from_u16(error.http_status());
            return status.unwrap_or(StatusCode::FORBIDDEN).into_response();
        }
    };
    match ingest.event(&event, token).await {
        Ok(_) => webhook.empty_reply().into_http().map(Body::from),
        Err(error) => {
            crate::trouble::trouble("webhook", &error);
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// Returns the webhook of a path, and the token that may be its last segment; `None` if the path has no
/// webhook.
fn find<'a>(
    webhooks: &'a Webhooks,
    path: &str,
) -> Option<(&'a Arc<dyn Webhook>, Option<AttemptToken>)> {
    let path = path.trim_matches('/');
    if let Some(webhook) = webhooks.get(path) {
        return Some((webhook, None));
    }
    let (path, token) = path.rsplit_once('/')?;
    Some((webhooks.get(path)?, Some(token.parse().ok()?)))
}
