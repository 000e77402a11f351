//! Receives the webhooks of Twilio and Plivo on axum, and prints every event as one JSON line.
//!
//! ```text
//! TWILIO_AUTH_TOKEN=... PLIVO_AUTH_TOKEN=... cargo run --example webhook_axum --features axum -- \
//!     --port 8080 --public-url https://example.com
//! ```
//!
//! `/hooks/twilio` and `/hooks/plivo` are served with all that is below them, by POST and by GET; a
//! vendor without a token is not. This takes any path and query that the vendor has signed: a real
//! endpoint pins both by giving `PublicUrl` its whole address, `https://example.com/hooks/twilio`.

use std::{error::Error, io, io::Write, net::SocketAddr, sync::Arc};

use anysms::{
    plivo::PlivoWebhook,
    twilio::TwilioWebhook,
    webhook::axum::{Hook, HookRejection},
    webhook::{PublicUrl, Reply, Webhook},
};
use axum::{Router, http::StatusCode, response::IntoResponse, response::Response, routing};
use clap::Parser;
use serde_json::json;

/// Receives webhooks and prints events.
#[derive(Parser)]
struct Arguments {
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Scheme and host under which the providers call.
    #[arg(long)]
    public_url: PublicUrl,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { port, public_url } = Arguments::parse();
    let token = |name| std::env::var(name).ok().filter(|token| !token.is_empty());
    let tokens = (token("TWILIO_AUTH_TOKEN"), token("PLIVO_AUTH_TOKEN"));
    if tokens == (None, None) {
        return Err("TWILIO_AUTH_TOKEN and PLIVO_AUTH_TOKEN: both are missing".into());
    }
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    eprintln!("listening on {}", listener.local_addr()?);
    let app = app(&public_url, tokens)?.into_make_service_with_connect_info::<SocketAddr>();
    let stop = async { tokio::signal::ctrl_c().await.unwrap_or(()) };
    Ok(axum::serve(listener, app).with_graceful_shutdown(stop).await?)
}

/// The routes of each vendor whose token is there.
pub(crate) fn app(
    url: &PublicUrl,
    (twilio, plivo): (Option<String>, Option<String>),
) -> anysms::Result<Router> {
    let mut app = Router::new();
    if let Some(token) = twilio {
        app = serve(app, url, "/hooks/twilio", |url| TwilioWebhook::new(&token, url))?;
    }
    if let Some(token) = plivo {
        app = serve(app, url, "/hooks/plivo", |url| PlivoWebhook::new(&token, url))?;
    }
    Ok(app)
}

/// A path and all below it, by POST and by GET, each method with its own verifier.
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

/// Prints what is authentic and answers 200, also if it cannot be read, as a repetition would say the
/// same. Answers 500 to what could not be printed, so that the provider repeats it.
async fn hook<W: Webhook>(hook: Result<Hook<W>, HookRejection>) -> Response {
    let event = match hook {
        Ok(Hook { event, .. }) => json!(event),
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
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
