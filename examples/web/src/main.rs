//! Receives webhooks on the framework of your choice and prints every event as a line.
//!
//! ```text
//! TWILIO_AUTH_TOKEN=... PLIVO_AUTH_TOKEN=... cargo run -p anysms-examples-web -- \
//!     --port 8080 --public-url https://example.com
//! ```
//!
//! On axum, the default, both providers are served, at `/hooks/twilio` and `/hooks/plivo`; a provider
//! without a token is not. The other frameworks serve Twilio, at every path below `/hooks/`.

mod arguments;

use std::{env, error::Error, net::SocketAddr, sync::Arc};

use anysms::{
    twilio::TwilioWebhook,
    webhook::{PublicUrl, Webhook},
};
use anysms_examples_web as web;
use arguments::{Arguments, Framework};
use clap::Parser;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { framework, port, public_url } = Arguments::parse();
    let token = |name| env::var(name).ok().filter(|token| !token.is_empty());
    let tokens = (token("TWILIO_AUTH_TOKEN"), token("PLIVO_AUTH_TOKEN"));
    if tokens == (None, None) {
        return Err("TWILIO_AUTH_TOKEN and PLIVO_AUTH_TOKEN: both are missing".into());
    }
    if matches!(framework, Framework::Rocket) {
        // Rocket binds its port itself, and says where.
        web::rocket::server(port, twilio(public_url)?).launch().await?;
        return Ok(());
    }
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    eprintln!("listening on {}", listener.local_addr()?);
    match framework {
        Framework::Axum => {
            let app = web::axum::app(&public_url, tokens)?;
            let app = app.into_make_service_with_connect_info::<SocketAddr>();
            let stop = async { tokio::signal::ctrl_c().await.unwrap_or(()) };
            axum::serve(listener, app).with_graceful_shutdown(stop).await?;
        }
        Framework::Actix => web::actix::serve(listener.into_std()?, twilio(public_url)?).await?,
        Framework::Hyper => web::hyper::serve(listener, twilio(public_url)?).await?,
        Framework::Poem => web::poem::serve(listener, twilio(public_url)?).await?,
        Framework::Rocket => {}
        Framework::Warp => web::warp::serve(listener, twilio(public_url)?).await,
    }
    Ok(())
}

fn twilio(url: PublicUrl) -> anysms::Result<Arc<dyn Webhook>> {
    Ok(Arc::new(TwilioWebhook::from_env(url)?))
}
