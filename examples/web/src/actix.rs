//! Receives Twilio's webhooks on actix-web: `cargo run --example webhook_actix --features actix-web -- --help`.

use std::{io, net::TcpListener, sync::Arc};

use actix_web::{
    App, HttpServer,
    web::{self, Data},
};
use anysms::{
    twilio::TwilioWebhook,
    webhook::{
        PublicUrl, Reply, Webhook,
        actix::{Hook, HookRejection},
    },
};
use clap::Parser;

/// Receives Twilio's webhooks; the auth token comes from `TWILIO_AUTH_TOKEN`.
#[derive(Parser)]
struct Arguments {
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The whole address that Twilio calls.
    #[arg(long)]
    public_url: PublicUrl,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Arguments { port, public_url } = Arguments::parse();
    let webhook = Arc::new(TwilioWebhook::from_env(public_url)?);
    Ok(serve(TcpListener::bind(("127.0.0.1", port))?, webhook).await?)
}

pub(crate) async fn serve(listener: TcpListener, webhook: Arc<dyn Webhook>) -> io::Result<()> {
    let app = move || {
        let hook = web::resource("/hooks/{below:.*}").route(web::post().to(hook));
        App::new().app_data(Data::from(webhook.clone())).service(hook)
    };
    HttpServer::new(app).workers(2).listen(listener)?.run().await
}

async fn hook(hook: Result<Hook<dyn Webhook>, HookRejection>) -> Result<Reply, HookRejection> {
    let Hook { event, .. } = hook.inspect_err(|error| eprintln!("refused: {error}"))?;
    println!("{event:?}"); // shows no numbers and no texts
    Ok(Reply::EMPTY)
}
