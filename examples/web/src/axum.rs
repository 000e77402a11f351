//! axum, by the extractor; both providers, by POST and by GET.

use std::{io, io::Write, sync::Arc};

use anysms::{
    plivo::PlivoWebhook,
    twilio::TwilioWebhook,
    webhook::{PublicUrl, Reply, Webhook, axum::VerifiedEvent, axum::VerifiedEventRejection},
};
use axum::{Router, http::StatusCode, response::IntoResponse, response::Response, routing};
use serde_json::json;

/// Makes the routes of each provider whose token is there: `/hooks/twilio`, `/hooks/plivo` and all below. A
/// real endpoint pins its path by a whole address, `https://example.com/hooks/twilio`, as `PublicUrl`.
///
/// # Errors
/// `Config` for an empty token.
pub fn app(url: &PublicUrl, tokens: (Option<String>, Option<String>)) -> anysms::Result<Router> {
    let mut app = Router::new();
    if let Some(token) = tokens.0 {
        app = serve(app, url, "/hooks/twilio", |url| TwilioWebhook::new(&token, url))?;
    }
    if let Some(token) = tokens.1 {
        app = serve(app, url, "/hooks/plivo", |url| PlivoWebhook::new(&token, url))?;
    }
    Ok(app)
}

/// Adds a path and all below it; POST and GET have a verifier each.
fn serve<W: Webhook>(
    app: Router,
    url: &PublicUrl,
    path: &str,
    webhook: impl Fn(PublicUrl) -> anysms::Result<W>,
) -> anysms::Result<Router> {
    let by_post = routing::post(hook::<W>).with_state(Arc::new(webhook(url.clone())?));
    let by_get = routing::get(hook::<W>).with_state(Arc::new(webhook(url.clone().by_get())?));
    let both = by_post.merge(by_get);
    let app = app.route(path, both.clone()).route(&format!("{path}/"), both.clone());
    Ok(app.route(&format!("{path}/{{*below}}"), both))
}

async fn hook<W: Webhook>(hook: Result<VerifiedEvent<W>, VerifiedEventRejection>) -> Response {
    let event = match hook {
        Ok(VerifiedEvent { event, .. }) => json!(event),
        Err(rejection) => match rejection.error().filter(|error| error.is_authentic()) {
            Some(error) => json!({"event": "unreadable", "error": error.to_string()}),
            None => {
                eprintln!("refused: {rejection}");
                return rejection.into_response();
            }
        },
    };
    let mut out = io::stdout().lock();
    match writeln!(out, "{event}").and_then(|()| out.flush()) {
        Ok(()) => Reply::EMPTY.into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(), // the provider calls again
    }
}
