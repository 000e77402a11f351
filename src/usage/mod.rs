//! Usage of an account: what was used and what it cost, the balance, and subaccounts. See [`UsageRecords`].
//!
//! What belongs here: the neutral traits and their types (`record`, `subaccount`), the words for what is used
//! (`category`), and a watch over the balance (`watch`). The vendors' halves live with the vendors.

mod category;
mod record;
mod subaccount;
mod watch;

use std::{fmt, sync::Arc};

use async_trait::async_trait;

pub use category::{UsageCategory, UsageCategoryError};
pub use record::{Balance, UsagePeriod, UsageQuery, UsageRecord};
pub use subaccount::{Subaccount, SubaccountSecret, Subaccounts};
pub use watch::{BalanceChange, BalanceCrossing, BalanceWatch};

pub(crate) use subaccount::{confirmed, named, one_of};

use crate::{error::Result, provider_id::ProviderId};

/// Usage and balance of an account at a provider. `Twilio` and `Plivo` are ones.
///
/// Add up what a day cost:
///
/// ```
/// # #[cfg(all(feature = "sandbox", feature = "twilio"))]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use anysms::usage::{UsageCategory, UsageQuery, UsageRecords};
/// use anysms::{Message, SmsProvider, sandbox::Sandbox, twilio::{Twilio, TwilioConfig}};
///
/// let sandbox = Sandbox::start().await?;
/// let twilio = Twilio::new(&TwilioConfig::sandbox(&sandbox))?;
/// twilio.send(&Message::new("+447700900123".parse::<anysms::PhoneNumber>()?, "Hello")).await?;
///
/// let day = sandbox.usage().first().ok_or("nothing was used")?.day;
/// let query = UsageQuery::days(day, day).with_category(UsageCategory::SmsOutbound);
/// let used = twilio.records(&query).await?;
/// assert_eq!(used.iter().filter_map(|record| record.count).sum::<u64>(), 1);
/// assert!(twilio.balance().await?.amount.is_some());
/// # Ok(())
/// # }
/// # #[cfg(not(all(feature = "sandbox", feature = "twilio")))]
/// # fn main() {}
/// ```
#[async_trait]
pub trait UsageRecords: fmt::Debug + Send + Sync {
    /// Returns the provider that is asked.
    fn usage_provider(&self) -> ProviderId;

    /// Returns what was used, one record for each category and stretch of time, in the provider's order.
    ///
    /// # Errors
    /// `InvalidRequest` for days in the wrong order; `Unsupported` for a category or a filter that the provider does
    /// not have, before anything is asked; else as any read of the provider.
    async fn records(&self, query: &UsageQuery) -> Result<Vec<UsageRecord>>;

    /// Returns the balance. It has no amount where a subaccount spends the balance of its main account.
    ///
    /// # Errors
    /// `InvalidResponse` if the answer has no amount that can be read; else as any read of the provider.
    async fn balance(&self) -> Result<Balance>;
}

#[async_trait]
impl<U: UsageRecords + ?Sized> UsageRecords for Arc<U> {
    fn usage_provider(&self) -> ProviderId {
        (**self).usage_provider()
    }

    async fn records(&self, query: &UsageQuery) -> Result<Vec<UsageRecord>> {
        (**self).records(query).await
    }

    async fn balance(&self) -> Result<Balance> {
        (**self).balance().await
    }
}
