//! [`Target`]: the provider that a command talks to.

use std::sync::Arc;

use anysms::{
    SmsProvider, SmsProviderExt,
    numbers::Numbers,
    plivo::{Plivo, PlivoConfig},
    sandbox::Sandbox,
    twilio::{Twilio, TwilioConfig},
};
use clap::{Args, ValueEnum};

use crate::failure::Failure;

/// The environment variables of both providers, as a literal for `concat!`.
macro_rules! account_environment {
    () => {
        "\
Environment:
  TWILIO_ACCOUNT_SID            Twilio's account
  TWILIO_AUTH_TOKEN             its token, unless there is an API key
  TWILIO_API_KEY, TWILIO_API_SECRET
                                an API key in place of the token
  TWILIO_REGION, TWILIO_EDGE    region and edge (optional)
  TWILIO_FROM                   default sender (optional), or TWILIO_PHONE_NUMBER
  PLIVO_AUTH_ID                 Plivo's account
  PLIVO_AUTH_TOKEN              its token
  PLIVO_FROM                    default sender (optional), or PLIVO_SOURCE_NUMBER
  With --sandbox none of them is read.
"
    };
}
pub(crate) use account_environment;

#[derive(Args, Clone)]
pub(crate) struct Target {
    /// The provider. Its credentials come from the environment.
    #[arg(long, global = true)]
    pub(crate) provider: Option<Vendor>,
    /// Use a sandbox on this machine, without any account.
    #[arg(long, global = true, conflicts_with = "base_url")]
    pub(crate) sandbox: bool,
    /// Call this test host on a loopback address in place of the provider, such as
    /// `http://127.0.0.1:4010`.
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) base_url: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Vendor {
    Twilio,
    Plivo,
}

/// A client of either provider.
pub(crate) enum Client {
    Twilio(Twilio),
    Plivo(Plivo),
}

impl Client {
    /// Makes the client, and the sandbox it talks to, which runs until it is dropped.
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
                    None => TwilioConfig::from_env()?.with_sender_per_message(),
                };
                if let Some(url) = &target.base_url {
                    config = config.with_base_url(url);
                }
                Self::Twilio(Twilio::new(&config)?)
            }
            Vendor::Plivo => {
                let mut config = match &sandbox {
                    Some(sandbox) => PlivoConfig::sandbox(sandbox),
                    None => PlivoConfig::from_env()?.with_sender_per_message(),
                };
                if let Some(url) = &target.base_url {
                    config = config.with_base_url(url);
                }
                Self::Plivo(Plivo::new(&config)?)
            }
        };
        Ok((client, sandbox))
    }

    /// The client as the numbers of its account.
    pub(crate) fn numbers(&self) -> Arc<dyn Numbers> {
        match self {
            Self::Twilio(twilio) => Arc::new(twilio.clone()),
            Self::Plivo(plivo) => Arc::new(plivo.clone()),
        }
    }

    /// The client behind the trait that all providers share.
    pub(crate) fn provider(&self) -> Arc<dyn SmsProvider> {
        match self {
            Self::Twilio(twilio) => twilio.clone().into_dyn(),
            Self::Plivo(plivo) => plivo.clone().into_dyn(),
        }
    }
}
