//! Receives text messages in an axum server, and answers by what they ask for.
//! It needs no account: a sandbox on this machine plays Twilio.
//!
//! ```text
//! cargo run --example webhook --features sandbox
//! ```
//!
//! For a real account, replace `TwilioWebhook::sandbox(url)` with `TwilioWebhook::from_env(url)`, where
//! `url` is the public address that Twilio calls.

use std::sync::Arc;

use anysms::{
    sandbox::{Inbound, Sandbox},
    text::{Keyword, Keywords},
    twilio::{TwilioSandbox, TwilioWebhook},
    webhook::{Event, Reply, Webhook, axum::VerifiedEvent},
};
use axum::{Router, extract::State, http::StatusCode, routing::post};
use tokio::net::TcpListener;

/// The handler runs for verified requests only; all others are answered with 403 before.
async fn hook(
    State(webhook): State<Arc<dyn Webhook>>,
    VerifiedEvent { event, .. }: VerifiedEvent<dyn Webhook>,
) -> Result<Reply, StatusCode> {
    let Event::Inbound(message) = event else { return Ok(Reply::EMPTY) };
    let answer = match message.intent(&Keywords::standard()) {
        Some(Keyword::OptOut) => {
            println!("{} opted out", message.from);
            return Ok(Reply::EMPTY); // Twilio confirms it
        }
        Some(Keyword::Help) => "Your table: call +44 7700 900999.",
        _ => "Thanks, we have your message.",
    };
    println!("{} wrote: {}", message.from, message.text.as_str());
    webhook.reply(&message, &[answer.into()]).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/hooks/twilio", listener.local_addr()?);
    let webhook: Arc<dyn Webhook> = Arc::new(TwilioWebhook::sandbox(url.parse()?)?);
    let app = Router::new().route("/hooks/twilio", post(hook)).with_state(webhook.clone());
    tokio::spawn(async move { axum::serve(listener, app).await });

    let sandbox = Sandbox::start().await?;
    let (from, to) = ("+447700900123".parse()?, TwilioSandbox::NUMBER.parse()?);
    for text in ["Is my table ready?", "HELP", "Stop!"] {
        let message = Inbound::new(from, to, text);
        let status = sandbox.receive(&webhook.provider(), &message, &url.parse()?).await?;
        assert_eq!(status, 200);
    }
    Ok(())
}
