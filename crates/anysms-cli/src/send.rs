//! Sends one message and prints the receipt as a JSON line.
//!
//! ```text
//! cargo run --example send --all-features -- --provider twilio --to +447700900123 \
//!     --from +15555550100 --text "Your table is ready" --sandbox
//! ```
//!
//! Exit code 0: accepted. 1: refused or not reached, with kind, code and outcome on standard error.
//! 2: the command line or the configuration is wrong.

mod common;

use std::process::ExitCode;

use anysms::{Message, PhoneNumber, Sender};
use clap::Parser;
use common::{Client, Failure, Target};

/// Sends one message and prints the receipt as a JSON line.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    target: Target,
    /// The recipient, in international form: +447700900123.
    #[arg(long)]
    to: String,
    /// The sender: a number, a short code, a name or a pool. Default: the environment's.
    #[arg(long)]
    from: Option<String>,
    /// The text.
    #[arg(long)]
    text: String,
    /// Where the provider reports what becomes of it.
    #[arg(long)]
    status_callback: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match common::arguments() {
        Ok(arguments) => match send(arguments).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => failure.report(),
        },
        Err(code) => code,
    }
}

async fn send(arguments: Arguments) -> Result<(), Failure> {
    let to: PhoneNumber = arguments.to.parse().map_err(|error| Failure::usage("--to", error))?;
    let mut message = Message::new(to, arguments.text);
    if let Some(from) = arguments.from {
        let sender: Sender = from.parse().map_err(|error| Failure::usage("--from", error))?;
        message = message.with_sender(sender);
    }
    if let Some(url) = arguments.status_callback {
        let url = url.parse().map_err(|error| Failure::usage("--status-callback", error))?;
        message = message.with_status_callback(url);
    }
    let (client, _sandbox) = Client::new(&arguments.target).await?;
    common::print(&client.provider().send(&message).await?);
    Ok(())
}
