//! Sends one SMS through Twilio and one through Plivo, and waits until both are delivered.
//! It needs no account: a sandbox on this machine plays both providers.
//!
//! ```text
//! cargo run --example quickstart --features sandbox
//! ```

use std::{sync::Arc, time::Duration};

use anysms::{
    Message, MessageStatus, PhoneNumber, SmsProvider, SmsProviderExt,
    plivo::{Plivo, PlivoConfig, PlivoWebhook},
    sandbox::Sandbox,
    twilio::{Twilio, TwilioConfig, TwilioWebhook},
    webhook::{Event, Reply, Webhook, axum::VerifiedEvent},
};
use axum::{Router, routing::post};
use tokio::{net::TcpListener, sync::mpsc, time::timeout};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::start().await?;
    println!("a sandbox plays Twilio and Plivo at {}", sandbox.base_url());

    // A web server for delivery reports: `VerifiedEvent` refuses every request that the provider did not sign.
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/hooks", listener.local_addr()?);
    let webhooks: [Arc<dyn Webhook>; 2] = [
        Arc::new(TwilioWebhook::sandbox(format!("{url}/twilio").parse()?)?),
        Arc::new(PlivoWebhook::sandbox(format!("{url}/plivo").parse()?)?),
    ];
    let (events, mut reports) = mpsc::unbounded_channel();
    let mut app = Router::new();
    for webhook in webhooks {
        let (path, events) = (format!("/hooks/{}", webhook.provider()), events.clone());
        let hook = async move |VerifiedEvent { event, .. }: VerifiedEvent<dyn Webhook>| {
            events.send(event).map_or(Err("the program ends"), |()| Ok(Reply::EMPTY))
        };
        app = app.route(&path, post(hook).with_state(webhook));
    }
    tokio::spawn(async move { axum::serve(listener, app).await });

    let twilio = Twilio::new(&TwilioConfig::sandbox(&sandbox))?.into_dyn();
    let plivo = Plivo::new(&PlivoConfig::sandbox(&sandbox))?.into_dyn();
    for sms in [twilio, plivo] {
        let to: PhoneNumber = "+447700900123".parse()?;
        let message = Message::new(to, "Your table is ready")
            .with_status_callback(format!("{url}/{}", sms.id()).parse()?);
        let mut status = sms.send(&message).await?.status;
        println!("{}: accepted, {status}", sms.id());
        while status != MessageStatus::Delivered {
            let report = timeout(Duration::from_secs(30), reports.recv()).await?;
            let Some(Event::Status(update)) = report else { return Err("no status came".into()) };
            println!("{}: verified, {}", update.message, update.status);
            status = update.status;
        }
    }
    println!("both messages are delivered");
    Ok(())
}
