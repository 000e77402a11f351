//! Receives Twilio's webhooks on warp: `cargo run --example webhook_warp -- --help`.

use std::{pin::pin, sync::Arc};

use anysms::{
    twilio::TwilioWebhook,
    webhook::{MAX_BODY, PublicUrl, Webhook, WebhookExt, WebhookRequest},
};
use bytes::{Buf, BufMut, Bytes};
use clap::Parser;
use futures_util::{Stream, StreamExt};
use tokio::net::TcpListener;
use warp::{Filter, any, body, header, http::Request, http::Response, path, query};

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
    let webhook = Arc::new(TwilioWebhook::from_env(public_url)?);
    serve(TcpListener::bind(("127.0.0.1", port)).await?, webhook).await;
    Ok(())
}

pub(crate) async fn serve(listener: TcpListener, webhook: Arc<dyn Webhook>) {
    let query = query::raw().map(|query| format!("?{query}")).or(any().map(String::new)).unify();
    let target = path("hooks").and(path::full()).and(query);
    let request = warp::post().and(target).and(header::headers_cloned());
    let hook = request.and(body::stream().then(read)).map(
        move |path: path::FullPath, query: String, headers, body: Option<Vec<u8>>| {
            let refused = |status: u16| Response::builder().status(status).body(Bytes::new());
            let Some(body) = body else { return refused(413) };
            let mut request = Request::post(path.as_str().to_owned() + &query).body(body)?;
            *request.headers_mut() = headers;
            match webhook.receive(WebhookRequest::from_http(&request)) {
                Ok(event) => println!("{event:?}"), // shows no numbers and no texts
                Err(error) => return refused(error.http_status()),
            }
            Ok(webhook.empty_reply().into_http())
        },
    );
    warp::serve(hook).incoming(listener).run().await;
}

/// The whole body; none if it is too large or breaks off.
async fn read(body: impl Stream<Item = Result<impl Buf, warp::Error>>) -> Option<Vec<u8>> {
    let (mut body, mut whole) = (pin!(body), Vec::new());
    while let Some(chunk) = body.next().await {
        whole.put(chunk.ok().filter(|chunk| chunk.remaining() <= MAX_BODY - whole.len())?);
    }
    Some(whole)
}
