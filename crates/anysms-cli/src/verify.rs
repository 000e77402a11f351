//! `anysms verify`: a one-time code by a vendor's own service.

use std::{env, process::ExitCode, sync::Arc};

use anysms::{
    PhoneNumber,
    http::Method,
    sandbox::Sandbox,
    twilio::{Product, Twilio},
    verification::{ChallengeId, Purpose, Verification, VerificationChannel, VerificationRequest},
};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use crate::{
    failure::Failure,
    output,
    target::{Client, Target, account_environment},
};

/// Sends and checks one-time codes by Twilio Verify or Plivo Verify.
#[derive(Args)]
#[command(after_help = concat!("\
Example:
  anysms verify start --sandbox --provider twilio --to +447700900123
  anysms verify check --sandbox --provider twilio

", account_environment!(), "  TWILIO_VERIFY_SERVICE_SID     Twilio's service, unless --service names it

Exit codes:
  0  done; of `check`: approved
  1  refused or not reached; of `check`: the code is wrong, used or too late
  2  the command line or the configuration is wrong"))]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: Target,
    #[command(subcommand)]
    command: Command,
    /// Twilio's service (VA…), or Plivo's application. Plivo has a default; a sandbox makes one.
    #[arg(long, global = true, value_name = "ID")]
    service: Option<String>,
    /// The purpose of the code: the check must name the same.
    #[arg(long, global = true, default_value = "sign-in")]
    purpose: String,
    /// Print one line of JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Sends a code, and prints the id of its challenge.
    #[command(after_help = concat!("\
Example:
  anysms verify start --sandbox --provider twilio --to +447700900123

", account_environment!(), "  TWILIO_VERIFY_SERVICE_SID     Twilio's service, unless --service names it

Exit codes:
  0  sent
  1  refused or not reached
  2  the command line or the configuration is wrong"))]
    Start(Start),
    /// Checks a code.
    ///
    /// With --sandbox and without --id it sends a code first, and without --code it checks the right one.
    #[command(after_help = concat!("\
Example:
  anysms verify check --sandbox --provider twilio

", account_environment!(), "  TWILIO_VERIFY_SERVICE_SID     Twilio's service, unless --service names it

Exit codes:
  0  approved
  1  wrong, used or too late; or refused or not reached
  2  the command line or the configuration is wrong"))]
    Check(Check),
}

#[derive(Args)]
struct Start {
    /// The number, in international form.
    #[arg(long, value_name = "NUMBER")]
    to: String,
    /// The channel on which the code is sent.
    #[arg(long, default_value = "sms")]
    channel: Channel,
    /// The language of the text, such as cy or pt-BR.
    #[arg(long)]
    locale: Option<String>,
}

#[derive(Args)]
struct Check {
    /// The id that `start` printed.
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// The code that was typed.
    #[arg(long)]
    code: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Channel {
    Sms,
    Voice,
    Whatsapp,
}

impl From<Channel> for VerificationChannel {
    fn from(channel: Channel) -> Self {
        match channel {
            Channel::Sms => Self::Sms,
            Channel::Voice => Self::Voice,
            Channel::Whatsapp => Self::Whatsapp,
        }
    }
}

/// A number of Ofcom's for drama, to which a sandbox sends what is tried out.
const TRY_OUT: &str = "+447700900123";

pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let purpose: Purpose =
        arguments.purpose.parse().map_err(|error| Failure::usage("--purpose", error))?;
    let (client, sandbox) = Client::new(&arguments.target).await?;
    let codes = codes(&client, arguments.service, sandbox.is_some()).await?;
    match arguments.command {
        Command::Start(start) => {
            let number = number(&start.to)?;
            let mut request =
                VerificationRequest::new(number, purpose).with_channel(start.channel.into());
            if let Some(locale) = start.locale {
                request = request.with_locale(locale);
            }
            let challenge = codes.start(&request).await?;
            if arguments.json {
                output::json(&challenge);
            } else {
                output::line(&format_args!("id       {}", challenge.id));
                output::line(&format_args!("channel  {}", challenge.channel.as_str()));
                if let Some(at) = challenge.expires_at {
                    output::line(&format_args!("expires  {at}"));
                }
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Check(check) => {
            let (id, code) = checked(check, &*codes, &purpose, sandbox.as_ref()).await?;
            let approved = codes.check(&id, &code).await?.approved().is_some();
            if arguments.json {
                output::json(&json!({"id": id, "approved": approved}));
            } else {
                output::line(&if approved { "approved" } else { "wrong, used or too late" });
            }
            Ok(if approved { ExitCode::SUCCESS } else { ExitCode::from(1) })
        }
    }
}

fn number(text: &str) -> Result<PhoneNumber, Failure> {
    text.parse().map_err(|error| Failure::usage("--to", error))
}

/// Returns the verification of the provider. A sandbox has no service of Twilio's before one is made.
async fn codes(
    client: &Client,
    service: Option<String>,
    sandbox: bool,
) -> Result<Arc<dyn Verification>, Failure> {
    match client {
        Client::Plivo(plivo) => Ok(Arc::new(plivo.verification(service.as_deref()))),
        Client::Twilio(twilio) => {
            let given =
                service.or_else(|| env::var("TWILIO_VERIFY_SERVICE_SID").ok().filter(|_| !sandbox));
            let service = match given {
                Some(service) => service,
                None if sandbox => make_service(twilio).await?,
                None => {
                    let problem = "is not given; nor is TWILIO_VERIFY_SERVICE_SID set";
                    return Err(Failure::usage("--service", problem));
                }
            };
            Ok(Arc::new(twilio.verification(service)))
        }
    }
}

async fn make_service(twilio: &Twilio) -> Result<String, Failure> {
    let made = twilio.request(Method::POST, Product::Verify, ["v2", "Services"]);
    let made: serde_json::Value = made.form("FriendlyName", "Sandbox").send().await?.json()?;
    Ok(made["sid"].as_str().unwrap_or_default().to_owned())
}

/// Returns the challenge and the code to check; on a sandbox those of a code that is sent now.
async fn checked(
    check: Check,
    codes: &dyn Verification,
    purpose: &Purpose,
    sandbox: Option<&Sandbox>,
) -> Result<(ChallengeId, String), Failure> {
    if let (None, Some(sandbox)) = (&check.id, sandbox) {
        let number = number(TRY_OUT)?;
        let request = VerificationRequest::new(number, purpose.clone());
        let challenge = codes.start(&request).await?;
        let code = match check.code {
            Some(code) => code,
            None => sandbox.expect_message(number).await?.code().unwrap_or_default(),
        };
        return Ok((challenge.id, code));
    }
    let missing = |option| Failure::usage(option, "is not given");
    let id = check.id.ok_or_else(|| missing("--id"))?;
    let id = id.parse().map_err(|error| Failure::usage("--id", error))?;
    Ok((id, check.code.ok_or_else(|| missing("--code"))?))
}
