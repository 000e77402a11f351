//! [`ShortCodes`]: the short codes of an account.

use std::{fmt, sync::Arc};

use async_trait::async_trait;

use crate::{
    account_id::AccountKey,
    error::Result,
    message::{ShortCode, Text},
    numbers::{InboundRoute, NumberSetup},
};

/// Short code of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OwnedShortCode {
    /// Provider's id of it: Twilio's `SC…`.
    pub id: String,
    /// Short code.
    pub code: ShortCode,
    /// Name by which people know it; `None` if it has none.
    pub name: Option<Text>,
    /// Destination of messages that it receives.
    pub inbound: InboundRoute,
}

/// Short codes of an account at a provider. They are ordered by hand, so there is none to buy or to release.
///
/// ```
/// # #[cfg(all(feature = "sandbox", feature = "twilio"))]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use anysms::numbers::{NumberSetup, ShortCodes};
/// use anysms::{sandbox::Sandbox, twilio::{Twilio, TwilioConfig}};
///
/// let sandbox = Sandbox::start().await?;
/// let twilio = Twilio::new(&TwilioConfig::sandbox(&sandbox))?;
/// let owned = twilio.list_short_codes().await?.remove(0);
/// let setup = NumberSetup::new().calling("https://example.com/sms".parse()?);
/// twilio.configure_short_code(&owned.code, &setup).await?;
/// # Ok(())
/// # }
/// # #[cfg(not(all(feature = "sandbox", feature = "twilio")))]
/// # fn main() {}
/// ```
#[async_trait]
pub trait ShortCodes: fmt::Debug + Send + Sync {
    /// Returns the provider that is asked, and the account that short codes belong to.
    fn short_codes_account(&self) -> AccountKey;

    /// Lists the short codes of the account, at most 1,000.
    ///
    /// # Errors
    /// `Unsupported` from Plivo, whose API has none (2026-11); else as any read of the provider.
    async fn list_short_codes(&self) -> Result<Vec<OwnedShortCode>>;

    /// Changes the settings of a short code. What the setup leaves out stays as it is.
    ///
    /// # Errors
    /// `NotFound` if the account does not have it; `Unsupported` for a setting, and from Plivo; else the provider's
    /// refusal.
    async fn configure_short_code(&self, code: &ShortCode, setup: &NumberSetup) -> Result<()>;
}

#[async_trait]
impl<S: ShortCodes + ?Sized> ShortCodes for Arc<S> {
    fn short_codes_account(&self) -> AccountKey {
        (**self).short_codes_account()
    }

    async fn list_short_codes(&self) -> Result<Vec<OwnedShortCode>> {
        (**self).list_short_codes().await
    }

    async fn configure_short_code(&self, code: &ShortCode, setup: &NumberSetup) -> Result<()> {
        (**self).configure_short_code(code, setup).await
    }
}
