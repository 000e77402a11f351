//! What the command-line examples share: choosing a provider, and ending with the right code.

use std::{io::Write, process::ExitCode, sync::Arc};

use anysms::{
    Error, ErrorKind, SmsProvider, SmsProviderExt,
    plivo::{Plivo, PlivoConfig},
    sandbox::Sandbox,
    twilio::{Twilio, TwilioConfig},
};
use clap::{Args, Parser, ValueEnum};

#[derive(Args)]
pub(crate) struct Target {
    /// The provider. Its credentials come from the environment.
    #[arg(long, global = true)]
    pub(crate) provider: Option<Vendor>,
    /// Use a sandbox on this machine, without any account.
    #[arg(long, global = true, conflicts_with = "base_url")]
    pub(crate) sandbox: bool,
    /// Call this test host on a loopback address in place of the provider, such as
    /// `http://127.0.0.1:8080`.
    #[arg(long, global = true)]
    pub(crate) base_url: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Vendor {
    Twilio,
    Plivo,
}

/// A client of either vendor.
pub(crate) enum Client {
    Twilio(Twilio),
    Plivo(Plivo),
}

impl Client {
    /// The client, and the sandbox it talks to, which lives as long as the caller keeps it.
    pub(crate) async fn new(target: &Target) -> Result<(Self, Option<Sandbox>), Failure> {
        let missing = || Failure::usage("--provider", "is not given: twilio or plivo");
        let provider = target.provider.ok_or_else(missing)?;
        let sandbox = match target.sandbox {
            true => Some(Sandbox::start().await?),
            false => None,
        };
        let client = match provider {
            Vendor::Twilio => {
                let mut config = match &sandbox {
                    Some(sandbox) => TwilioConfig::sandbox(sandbox),
                    None => TwilioConfig::from_env()?,
                };
                if let Some(url) = &target.base_url {
                    config = config.with_base_url(url);
                }
                Self::Twilio(Twilio::new(&config)?)
            }
            Vendor::Plivo => {
                let mut config = match &sandbox {
                    Some(sandbox) => PlivoConfig::sandbox(sandbox),
                    None => PlivoConfig::from_env()?,
                };
                if let Some(url) = &target.base_url {
                    config = config.with_base_url(url);
                }
                Self::Plivo(Plivo::new(&config)?)
            }
        };
        Ok((client, sandbox))
    }

    /// The client as any provider.
    pub(crate) fn provider(&self) -> Arc<dyn SmsProvider> {
        match self {
            Self::Twilio(twilio) => twilio.clone().into_dyn(),
            Self::Plivo(plivo) => plivo.clone().into_dyn(),
        }
    }
}

/// How a run ends other than well: one line on standard error, and an exit code.
pub(crate) enum Failure {
    /// The command line or the configuration is wrong: 2.
    Usage(String),
    /// The provider refused, or could not be reached: 1.
    Refused(Box<Error>),
}

impl Failure {
    pub(crate) fn usage(field: &str, rule: impl std::fmt::Display) -> Self {
        Self::Usage(format!("{field}: {rule}"))
    }

    pub(crate) fn report(&self) -> ExitCode {
        match self {
            Self::Usage(line) => {
                eprintln!("error: {line}");
                ExitCode::from(2)
            }
            Self::Refused(error) => {
                let outcome = error.outcome().as_str();
                let code = error.code().unwrap_or("none");
                eprintln!("error: kind={} code={code} outcome={outcome}: {error}", error.kind());
                ExitCode::from(1)
            }
        }
    }
}

impl From<Error> for Failure {
    /// What this side refuses before anything is asked is the caller's to mend.
    fn from(error: Error) -> Self {
        use ErrorKind::{Config, InvalidContent, InvalidRequest, InvalidSender};
        let ours = matches!(error.kind(), Config | InvalidContent | InvalidRequest | InvalidSender);
        if ours && error.status().is_none() {
            Self::Usage(error.to_string())
        } else {
            Self::Refused(Box::new(error))
        }
    }
}

/// Reads the command line; a mistake in it is one line on standard error and exit code 2.
pub(crate) fn arguments<T: Parser>() -> Result<T, ExitCode> {
    T::try_parse().map_err(|error| {
        if !error.use_stderr() {
            print!("{error}"); // --help
            return ExitCode::SUCCESS;
        }
        let text = error.to_string(); // several lines, of which the last are about usage
        let lines = text.lines().take_while(|line| !line.starts_with("Usage"));
        eprintln!("{}", lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" "));
        ExitCode::from(2)
    })
}

/// Prints a value as one JSON line.
pub(crate) fn print(value: &impl serde::Serialize) {
    let mut out = std::io::stdout().lock();
    let written = serde_json::to_writer(&mut out, value).map_err(Into::into);
    if written.and_then(|()| writeln!(out)).is_err() {
        std::process::exit(0); // whoever read the lines has read enough
    }
}
