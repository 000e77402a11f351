//! Lookup of a number at a provider: its line, its carrier, and whether something about it changed. See [`Lookup`].
//!
//! What belongs here: the neutral trait, its packages and its report (`report`), and a cache around any of them
//! (`cache`). The vendors' halves live with the vendors.

mod cache;
mod report;

use std::{fmt, sync::Arc};

use async_trait::async_trait;

pub use cache::LookupCache;
pub use report::{LineType, LookupReport, NumberCarrier};

use crate::{error::Result, message::Money, number::PhoneNumber, provider_id::ProviderId};

/// Package of a lookup, asked for and paid for by itself.
///
/// serde writes the name in lower case: `line_type`, `sim_swap`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LookupPackage {
    /// Line and carrier: [`LookupReport::line`] and [`carrier`](LookupReport::carrier).
    LineType,
    /// Name that is registered for it: [`LookupReport::caller_name`].
    CallerName,
    /// Change of its SIM of late: [`LookupReport::sim_swapped`].
    SimSwap,
    /// Forwarding of its calls: [`LookupReport::forwarded`].
    CallForwarding,
    /// Reachability: [`LookupReport::active`].
    LineStatus,
    /// New owner by now: [`LookupReport::reassigned`].
    Reassigned,
    /// Risk that it pumps messages: [`LookupReport::pumping_risk`].
    PumpingRisk,
}

/// Lookup of numbers at a provider. `Twilio` and `Plivo` are ones.
///
/// Ask for what is needed and nothing else, as each package costs:
///
/// ```
/// # #[cfg(all(feature = "sandbox", feature = "twilio"))]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use anysms::lookup::{LineType, Lookup, LookupPackage};
/// use anysms::{sandbox::Sandbox, twilio::{Twilio, TwilioConfig}};
///
/// let sandbox = Sandbox::start().await?;
/// let twilio = Twilio::new(&TwilioConfig::sandbox(&sandbox))?;
/// let report = twilio.lookup("+447700900123".parse()?, &[LookupPackage::LineType]).await?;
/// assert_eq!((report.valid, report.line), (Some(true), Some(LineType::Mobile)));
/// # Ok(())
/// # }
/// # #[cfg(not(all(feature = "sandbox", feature = "twilio")))]
/// # fn main() {}
/// ```
#[async_trait]
pub trait Lookup: fmt::Debug + Send + Sync {
    /// Returns the provider that is asked.
    fn lookup_provider(&self) -> ProviderId;

    /// Returns the packages that it has.
    fn packages(&self) -> &'static [LookupPackage];

    /// Returns the list price of one lookup with these packages; `None` if the provider publishes none.
    fn lookup_price(&self, packages: &[LookupPackage]) -> Option<Money>;

    /// Asks about a number. Without packages it is asked whether there is such a number, which is free where
    /// the provider makes it so.
    ///
    /// # Errors
    /// `Unsupported` for a package that the provider does not have, before anything is asked or paid; else as
    /// any read of the provider. A number that does not exist is no error: [`LookupReport::valid`] says it.
    /// Neither is a package that failed: [`LookupReport::failed`] names it.
    async fn lookup(&self, number: PhoneNumber, packages: &[LookupPackage])
    -> Result<LookupReport>;
}

#[async_trait]
impl<L: Lookup + ?Sized> Lookup for Arc<L> {
    fn lookup_provider(&self) -> ProviderId {
        (**self).lookup_provider()
    }

    fn packages(&self) -> &'static [LookupPackage] {
        (**self).packages()
    }

    fn lookup_price(&self, packages: &[LookupPackage]) -> Option<Money> {
        (**self).lookup_price(packages)
    }

    async fn lookup(
        &self,
        number: PhoneNumber,
        packages: &[LookupPackage],
    ) -> Result<LookupReport> {
        (**self).lookup(number, packages).await
    }
}

/// Fails for the first package that a provider does not have.
pub(crate) fn supported(lookup: &dyn Lookup, packages: &[LookupPackage]) -> Result<()> {
    let has = |package: &&LookupPackage| lookup.packages().contains(package);
    if packages.iter().all(|package| has(&package)) {
        return Ok(());
    }
    let rule = "lookup: the provider does not have this package; packages lists those it has";
    Err(crate::error::Error::unsupported(lookup.lookup_provider(), rule))
}
