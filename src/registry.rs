//! The only room that knows every vendor by name: a provider by configuration, and a sandbox that
//! speaks them all.

#[cfg(feature = "reqwest")]
mod from_env {
    use std::sync::Arc;

    use crate::{
        account::Account,
        env,
        error::{Error, ErrorKind, Result},
    };

    type Make = fn() -> Result<Arc<dyn Account>>;

    /// Every vendor of the build: its name, the variable that shows it is configured, and how to make
    /// it.
    const VENDORS: &[(&str, &str, Make)] = &[
        #[cfg(feature = "twilio")]
        ("twilio", "TWILIO_ACCOUNT_SID", || Ok(Arc::new(crate::twilio::Twilio::from_env()?))),
        #[cfg(feature = "plivo")]
        ("plivo", "PLIVO_AUTH_ID", || Ok(Arc::new(crate::plivo::Plivo::from_env()?))),
    ];

    /// Returns the account that the environment names: by `ANYSMS_PROVIDER` (`twilio`, `plivo`), or else
    /// the only one whose account is set (`TWILIO_ACCOUNT_SID`, `PLIVO_AUTH_ID`).
    ///
    /// Send through any provider, chosen where the program runs:
    ///
    /// ```no_run
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use anysms::{Message, PhoneNumber, SmsProvider, registry};
    ///
    /// let sms = registry::from_env()?;
    /// let to: PhoneNumber = "+447700900123".parse()?;
    /// let receipt = sms.send(&Message::new(to, "Your table is ready")).await?;
    /// println!("{} took it", receipt.provider);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Config` if it names none, several, or one that this build does not have; and what the
    /// provider's own `from_env` says.
    pub fn from_env() -> Result<Arc<dyn Account>> {
        choose(&env::process)
    }

    fn choose(get: &dyn Fn(&str) -> Option<String>) -> Result<Arc<dyn Account>> {
        let refuse = |rule: &'static str| Err(Error::not_sent(ErrorKind::Config).with_detail(rule));
        let set = |name: &str| get(name).filter(|value| !value.is_empty());
        let named = set("ANYSMS_PROVIDER");
        let mut chosen = VENDORS.iter().filter(|(name, variable, _)| match &named {
            Some(named) => named == name,
            None => set(variable).is_some(),
        });
        match (chosen.next(), chosen.next(), &named) {
            (Some((_, _, make)), None, _) => make(),
            (None, _, Some(_)) => refuse("ANYSMS_PROVIDER names no provider of this build"),
            (None, _, None) => refuse("ANYSMS_PROVIDER is not set, and no provider's account is"),
            _ => refuse("ANYSMS_PROVIDER is not set, and several providers' accounts are"),
        }
    }

    #[cfg(all(test, feature = "twilio", feature = "plivo"))]
    mod tests {
        use super::*;

        #[test]
        fn says_why_it_cannot_choose() {
            let detail = |pairs: &[(&str, &str)]| {
                let get = |name: &str| {
                    let found = pairs.iter().find(|(known, _)| *known == name);
                    found.map(|(_, value)| (*value).to_owned())
                };
                choose(&get).unwrap_err().detail().to_owned()
            };
            assert!(detail(&[]).contains("no provider's account"));
            assert!(detail(&[("ANYSMS_PROVIDER", "acme")]).contains("names no provider"));
            let both = [("TWILIO_ACCOUNT_SID", "x"), ("PLIVO_AUTH_ID", "y")];
            assert!(detail(&both).contains("several"));
        }
    }
}

#[cfg(feature = "reqwest")]
pub use from_env::from_env;

#[cfg(feature = "sandbox")]
mod sandbox {
    use crate::{
        error::Result,
        sandbox::{Sandbox, SandboxBuilder, SandboxVendor},
    };

    impl Sandbox {
        /// Creates a sandbox that speaks every vendor of the build, on a free port.
        ///
        /// # Errors
        /// `Config` if no port can be listened on.
        pub async fn start() -> Result<Self> {
            Self::builder().start().await
        }

        /// Returns the settings of a sandbox that speaks every vendor of the build.
        ///
        /// Deliver at once, for a test that does not wait:
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> anysms::Result<()> {
        /// use std::time::Duration;
        ///
        /// use anysms::sandbox::Sandbox;
        ///
        /// let sandbox = Sandbox::builder().pace(Duration::ZERO).start().await?;
        /// assert!(sandbox.base_url().starts_with("http://127.0.0.1:"));
        /// # Ok(())
        /// # }
        /// ```
        pub fn builder() -> SandboxBuilder {
            let vendors: Vec<Box<dyn SandboxVendor>> = vec![
                #[cfg(feature = "twilio")]
                Box::new(crate::twilio::TwilioSandbox),
                #[cfg(feature = "plivo")]
                Box::new(crate::plivo::PlivoSandbox),
            ];
            SandboxBuilder::new(vendors)
        }
    }
}
