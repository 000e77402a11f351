//! `anysms send`: one message.

use std::process::ExitCode;

use anysms::{Destination, Message, Sender};
use clap::Args;

use crate::{
    failure::Failure,
    output,
    target::{Client, Target, account_environment},
};

/// Sends one message and prints the receipt as a line of JSON.
#[derive(Args)]
#[command(after_help = concat!("\
Example:
  anysms send --provider twilio --to +447700900123 --text \"Your table is ready\" --sandbox

", account_environment!(), "
Exit codes:
  0  accepted
  1  refused or not reached; standard error has the kind, the code and the outcome
  2  the command line or the configuration is wrong"))]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// The recipient, in international form: +447700900123, or whatsapp:+447700900123.
    #[arg(long, value_name = "RECIPIENT")]
    to: String,
    /// The sender: a number, a short code, a name or a pool. Default: the environment's.
    #[arg(long, value_name = "SENDER")]
    from: Option<String>,
    /// The text.
    #[arg(long)]
    text: String,
    /// The address that the provider calls when the status changes.
    #[arg(long, value_name = "URL")]
    status_callback: Option<String>,
}

pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let to: Destination = arguments.to.parse().map_err(|error| Failure::usage("--to", error))?;
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
    output::json(&client.provider().send(&message).await?);
    Ok(ExitCode::SUCCESS)
}
