//! One SMS by Twilio and one by Plivo, from the submission to the verified delivery report: no
//! account, nothing leaves this machine.
//!
//! ```text
//! cargo run --example quickstart --features sandbox
//! ```
//!
//! A sandbox plays both vendors; the real clients send to it over HTTP; a small axum server receives
//! what it calls, and reads only what is verified. Ends by itself: exit code 0 once both messages are
//! delivered, 1 in any other case.

use std::{process::ExitCode, sync::Arc, time::Duration};

use anysms::{
    Message, MessageId, MessageStatus, SmsProvider, SmsProviderExt,
    plivo::{Plivo, PlivoConfig, PlivoWebhook},
    sandbox::Sandbox,
    twilio::{Twilio, TwilioConfig, TwilioWebhook},
    webhook::{Event, StatusUpdate, Webhook, WebhookExt, WebhookRequest},
};
use axum::{Router, extract::State, http::StatusCode, response::IntoResponse, routing::post};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// What a webhook route needs: a verifier, and where the verified events go.
type Hook = (Arc<dyn Webhook>, UnboundedSender<StatusUpdate>);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match tokio::time::timeout(Duration::from_secs(30), run()).await {
        Ok(Ok(())) => {
            println!("both messages are delivered");
            ExitCode::SUCCESS
        }
        Ok(Err(error)) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
        Err(_) => {
            eprintln!("error: the messages were not delivered within 30 seconds");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Error> {
    let sandbox = Sandbox::start().await?;
    println!("a sandbox plays Twilio and Plivo at {}", sandbox.base_url());
    let (url, mut updates) = webhooks().await?;
    println!("a webhook server listens at {url}");

    let providers: [Arc<dyn SmsProvider>; 2] = [
        Twilio::new(&TwilioConfig::sandbox(&sandbox))?.into_dyn(),
        Plivo::new(&PlivoConfig::sandbox(&sandbox))?.into_dyn(),
    ];
    for sms in providers {
        let callback = format!("{url}/hooks/{}", sms.id()).parse()?;
        let message = Message::new("+447700900123".parse()?, "Your table is ready")
            .with_status_callback(callback);
        let receipt = sms.send(&message).await?;
        let id = receipt.id.ok_or("the receipt has no id")?;
        println!("{}: accepted as {id}, {}", receipt.provider, receipt.status);
        delivered(&id, &mut updates).await?;
    }
    Ok(())
}

/// Prints what is reported of a message, until it is delivered.
async fn delivered(
    id: &MessageId,
    updates: &mut UnboundedReceiver<StatusUpdate>,
) -> Result<(), Error> {
    loop {
        let update = updates.recv().await.ok_or("the webhook server ended")?;
        println!("{}: verified, {}", update.message.provider(), update.status);
        match update.status {
            MessageStatus::Delivered if update.message == *id => return Ok(()),
            status if status.is_failure() => return Err(format!("the message is {status}").into()),
            _ => {}
        }
    }
}

/// Starts the webhook server, with one route and one verifier a vendor.
async fn webhooks() -> Result<(String, UnboundedReceiver<StatusUpdate>), Error> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let public = |path: &str| format!("{url}{path}").parse();
    let (events, updates) = unbounded_channel();
    let twilio: Hook =
        (Arc::new(TwilioWebhook::sandbox(public("/hooks/twilio")?)?), events.clone());
    let plivo: Hook = (Arc::new(PlivoWebhook::sandbox(public("/hooks/plivo")?)?), events);
    let app = Router::new()
        .route("/hooks/twilio", post(hook).with_state(twilio))
        .route("/hooks/plivo", post(hook).with_state(plivo));
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok((url, updates))
}

/// Answers a provider: 403 to what is not verified, and the vendor's own empty reply to what is.
async fn hook(
    State((webhook, events)): State<Hook>,
    request: axum::extract::Request,
) -> impl IntoResponse {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, anysms::webhook::MAX_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    match webhook.receive(WebhookRequest::from_parts(&parts, &body)) {
        Ok(Event::Status(update)) => drop(events.send(update)),
        Ok(_) => {}
        Err(error) => {
            eprintln!("refused: {error}");
            let status = StatusCode::from_u16(error.http_status());
            return status.unwrap_or(StatusCode::FORBIDDEN).into_response();
        }
    }
    webhook.empty_reply().into_http().map(axum::body::Body::from).into_response()
}
