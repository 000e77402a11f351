//! Arguments of the webhook server.

use anysms::webhook::PublicUrl;
use clap::{Parser, ValueEnum};

/// Receives webhooks and prints events. The tokens come from TWILIO_AUTH_TOKEN and PLIVO_AUTH_TOKEN.
#[derive(Parser)]
#[command(name = "webhook-server")]
pub(crate) struct Arguments {
    /// The framework that serves.
    #[arg(long, default_value = "axum")]
    pub(crate) framework: Framework,
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 8080)]
    pub(crate) port: u16,
    /// Scheme and host under which the providers call.
    #[arg(long)]
    pub(crate) public_url: PublicUrl,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Framework {
    Actix,
    Axum,
    Hyper,
    Poem,
    Rocket,
    Warp,
}
