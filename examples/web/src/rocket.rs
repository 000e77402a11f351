//! Receives Twilio's webhooks on Rocket: `cargo run --example webhook_rocket -- --help`.

use std::sync::Arc;

use anysms::{
    twilio::TwilioWebhook,
    webhook::{MAX_BODY, PublicUrl, Webhook, WebhookExt, WebhookRequest},
};
use clap::Parser;
use rocket::data::{Data, ToByteUnit};
use rocket::http::{ContentType, Method, Status};
use rocket::route::{Handler, Outcome, Route};
use rocket::{Build, Config, Request, Rocket};

/// Receives Twilio's webhooks; the auth token comes from `TWILIO_AUTH_TOKEN`.
#[derive(Parser)]
struct Arguments {
    #[arg(long, default_value_t = 8080)]
    port: u16,
    #[arg(long)]
    public_url: PublicUrl,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Arguments { port, public_url } = Arguments::parse();
    rocket(port, Arc::new(TwilioWebhook::from_env(public_url)?)).launch().await?;
    Ok(())
}

pub(crate) fn rocket(port: u16, webhook: Arc<dyn Webhook>) -> Rocket<Build> {
    let config = Config { port, ..Config::default() };
    rocket::custom(config).mount("/hooks", [Route::new(Method::Post, "/<below..>", Hook(webhook))])
}

#[derive(Clone)]
struct Hook(Arc<dyn Webhook>);

#[rocket::async_trait]
impl Handler for Hook {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        let refused = |status| Outcome::from(request, (Status::new(status), ()));
        let body = match data.open(MAX_BODY.bytes()).into_bytes().await {
            Ok(body) if body.is_complete() => body.into_inner(),
            Ok(_) => return refused(413),
            Err(_) => return refused(400),
        };
        let target = request.uri().to_string();
        let headers: Vec<_> = request.headers().iter().collect();
        let pairs = headers.iter().map(|one| (one.name().as_str(), one.value().as_bytes()));
        let headers = pairs.collect::<Vec<_>>();
        match self.0.receive(WebhookRequest::new("POST", &target, &headers, &body)) {
            Ok(event) => println!("{event:?}"), // shows no numbers and no texts
            Err(error) => return refused(error.http_status()),
        }
        let kind = ContentType::new("application", "xml");
        Outcome::from(request, (kind, self.0.empty_reply().body().to_owned()))
    }
}
