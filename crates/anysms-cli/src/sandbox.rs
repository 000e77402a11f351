//! `anysms sandbox`: a carrier on this machine, until it is stopped.

use std::{io, path::PathBuf, process::ExitCode};

use anysms::{plivo::PlivoSandbox, sandbox::Sandbox, twilio::TwilioSandbox};
use anysms_pages::{INBOX_PATH, inbox};
use clap::Args;
use serde::Serialize;

use crate::{failure::Failure, output};

/// Runs a carrier on this machine that speaks the wire formats of Twilio and Plivo.
///
/// Point a client at it with a base URL; it takes messages, delivers them along a timeline and calls
/// your webhooks with valid signatures. The inbox shows them in a browser, where you answer as the phone.
/// Nothing leaves this machine.
#[derive(Args)]
#[command(after_help = "\
Example:
  anysms sandbox --port 4010 --open
  anysms send --base-url http://127.0.0.1:4010 --provider twilio --to +447700900123 --text Hello
  curl http://127.0.0.1:4010/_anysms/messages/last

Tests in any language ask its JSON API below /_anysms/ what arrived: messages, messages/last, codes/last,
inbound, faults, accounts, clock. The page docs/sandbox.md describes it.

Output: one line of JSON with the base URL, the page to look at, and the credentials that both accounts
have.
  {\"base_url\":\"...\",\"inbox_url\":\"...\",
   \"twilio\":{\"account_sid\":\"...\",\"auth_token\":\"...\",\"number\":\"...\"},
   \"plivo\":{\"auth_id\":\"...\",\"auth_token\":\"...\",\"number\":\"...\"}}

Environment: reads none.

Exit codes:
  0  stopped by Ctrl-C or SIGTERM
  2  the command line is wrong, the port is taken, or the file of --data cannot be read")]
pub(crate) struct Arguments {
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Opens the inbox in a browser.
    #[arg(long)]
    open: bool,
    /// Keeps everything in this file over a restart; without it, all is gone when it stops.
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// The address to listen on; anything but 127.0.0.1 lets other machines in.
    #[arg(long, default_value = "127.0.0.1")]
    host: std::net::IpAddr,
}

/// The line on standard output.
#[derive(Serialize)]
struct Running {
    base_url: String,
    inbox_url: String,
    twilio: TwilioAccount,
    plivo: PlivoAccount,
}

#[derive(Serialize)]
struct TwilioAccount {
    account_sid: &'static str,
    auth_token: &'static str,
    number: &'static str,
}

#[derive(Serialize)]
struct PlivoAccount {
    auth_id: &'static str,
    auth_token: &'static str,
    number: &'static str,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let stop = stop_signal().map_err(|error| Failure::usage("signals", error))?;
    let builder = Sandbox::builder().port(arguments.port).host(arguments.host).pages(inbox);
    let builder = match &arguments.data {
        Some(file) => builder.data(file),
        None => builder,
    };
    let sandbox = builder.start().await?;
    let inbox_url = format!("{}{INBOX_PATH}", sandbox.base_url());
    output::json(&Running {
        base_url: sandbox.base_url(),
        inbox_url: inbox_url.clone(),
        twilio: TwilioAccount {
            account_sid: TwilioSandbox::ACCOUNT_SID,
            auth_token: TwilioSandbox::AUTH_TOKEN,
            number: TwilioSandbox::NUMBER,
        },
        plivo: PlivoAccount {
            auth_id: PlivoSandbox::AUTH_ID,
            auth_token: PlivoSandbox::AUTH_TOKEN,
            number: PlivoSandbox::NUMBER,
        },
    });
    eprintln!("the sandbox runs until Ctrl-C; its inbox is at {inbox_url}");
    if arguments.open && open::that_detached(&inbox_url).is_err() {
        eprintln!("no browser could be opened");
    }
    stop.await;
    Ok(ExitCode::SUCCESS)
}

/// Returns a future that ends at Ctrl-C or SIGTERM. Both are caught from this call on.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Returns a future that ends at Ctrl-C.
#[cfg(not(unix))]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async { tokio::signal::ctrl_c().await.unwrap_or(()) })
}
