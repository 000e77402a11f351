//! `anysms sandbox`: a carrier on this machine, until it is stopped.

use std::{io, process::ExitCode};

use anysms::{plivo::PlivoSandbox, sandbox::Sandbox, twilio::TwilioSandbox};
use clap::Args;
use serde::Serialize;

use crate::{failure::Failure, output};

/// Runs a carrier on this machine that speaks the wire formats of Twilio and Plivo.
///
/// Point a client at it with a base URL; it takes messages, delivers them along a timeline and calls
/// your webhooks with valid signatures. Nothing leaves this machine.
#[derive(Args)]
#[command(after_help = "\
Example:
  anysms sandbox --port 4010
  anysms send --base-url http://127.0.0.1:4010 --provider twilio --to +447700900123 --text Hello
  curl http://127.0.0.1:4010/_anysms/messages/last

Tests in any language ask its JSON API below /_anysms/ what arrived: messages, messages/last, codes/last,
inbound, faults. The page docs/sandbox.md describes it.

Output: one line of JSON with the base URL and the credentials that both accounts have.
  {\"base_url\":\"...\",\"twilio\":{\"account_sid\":\"...\",\"auth_token\":\"...\",\"number\":\"...\"},
   \"plivo\":{\"auth_id\":\"...\",\"auth_token\":\"...\",\"number\":\"...\"}}

Environment: reads none.

Exit codes:
  0  stopped by Ctrl-C or SIGTERM
  2  the command line is wrong, or the port is taken")]
pub(crate) struct Arguments {
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
}

/// The line on standard output.
#[derive(Serialize)]
struct Running {
    base_url: String,
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
    let sandbox = Sandbox::builder().port(arguments.port).start().await?;
    output::json(&Running {
        base_url: sandbox.base_url(),
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
    eprintln!("the sandbox runs until Ctrl-C");
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
