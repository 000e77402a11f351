//! `anysms doctor`: a check of a whole set-up.

mod account;
mod callback;
mod setup;
mod webhook;

use std::{env, process::ExitCode, time::Duration};

use anysms::{plivo::PlivoConfig, transport::ReqwestTransport, twilio::TwilioConfig};
use clap::{Args, ValueEnum};
use setup::{Level, Line, Setup};

use crate::{
    failure::Failure,
    output,
    target::{Target, Vendor, account_environment},
};

/// Checks credentials, account, sender, clock and webhook. Sends no message.
///
/// It checks all accounts of the environment, unless `--provider` or `ANYSMS_PROVIDER` names one. Without
/// an account, a sandbox and a webhook server on this machine show a healthy set-up. The webhook gets
/// three requests about a message that does not exist: a status callback signed with the account's token,
/// the same without a signature, and the same signed with another token.
#[derive(Args)]
#[command(after_help = concat!("\
Example:
  anysms doctor --provider twilio --webhook-url https://example.com/hooks/twilio

Output: one line for each check: `ok`, `note` for what cannot be known from here, `FINDING` for what
should be mended.

", account_environment!(), "  ANYSMS_PROVIDER               the provider to check, twilio or plivo (optional)

Exit codes:
  0  no findings
  1  findings
  2  the command line or the configuration is wrong"))]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// The whole address that the provider was given for its callbacks. It gets three test requests.
    #[arg(long, value_name = "URL")]
    webhook_url: Option<String>,
    /// Print lines of JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(
    Arguments { target, webhook_url, json }: &Arguments,
) -> Result<ExitCode, Failure> {
    let (vendors, sandbox) = vendors(target)?;
    if webhook_url.is_some() && vendors.len() > 1 {
        return Err(Failure::usage("--provider", "is not given, and --webhook-url is for one"));
    }
    if sandbox && !target.sandbox {
        eprintln!("no account in the environment: this is a sandbox on this machine");
    }
    let mut found = false;
    for vendor in vendors {
        let setup = Setup::new(vendor, target, sandbox).await?;
        let (url, _server) = match webhook_url {
            None if sandbox => {
                let (url, server) = webhook::serve(&setup).await?;
                (Some(url), Some(server))
            }
            url => (url.clone(), None),
        };
        for line in examine(&setup, url.as_deref()).await? {
            found |= line.level == Level::Finding;
            if *json { output::json(&line) } else { output::line(&line) }
        }
    }
    Ok(if found { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Checks everything of one provider.
async fn examine(setup: &Setup, url: Option<&str>) -> Result<Vec<Line>, Failure> {
    let timeout = Duration::from_secs(10);
    let transport = ReqwestTransport::builder().timeout(timeout).build()?;
    let mut lines = account::credentials(setup).await;
    lines.extend(account::sender(setup).await);
    lines.push(account::clock(setup, &transport).await);
    match url {
        Some(url) => lines.extend(webhook::examine(setup, url, &transport).await?),
        None => lines.push(setup.note("webhook", "no --webhook-url: it is not looked at")),
    }
    Ok(lines)
}

/// Returns the providers to look at, and `true` if a sandbox plays them.
fn vendors(target: &Target) -> Result<(Vec<Vendor>, bool), Failure> {
    let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let named = set("ANYSMS_PROVIDER").filter(|_| !target.sandbox);
    let named = named.map(|name| Vendor::from_str(&name, false)).transpose();
    let named = named.map_err(|_| Failure::usage("ANYSMS_PROVIDER", "is not twilio or plivo"))?;
    let any = |names: &[&str]| names.iter().any(|name| set(name).is_some());
    let configured =
        [(Vendor::Twilio, any(&TwilioConfig::ENV)), (Vendor::Plivo, any(&PlivoConfig::ENV))];
    let configured = configured.into_iter().filter(|(_, set)| *set && !target.sandbox);
    let configured: Vec<_> = configured.map(|(vendor, _)| vendor).collect();
    Ok(match target.provider.or(named) {
        Some(vendor) => (vec![vendor], target.sandbox),
        None if configured.is_empty() => (vec![Vendor::Twilio, Vendor::Plivo], true),
        None => (configured, false),
    })
}
