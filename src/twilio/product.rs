//! [`Product`]: the products of Twilio's, each on a host of its own.

use crate::{error::Result, transport::BaseUrl, twilio::config::host};

/// Product of Twilio's, for [`Twilio::request`](crate::twilio::Twilio::request).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Product {
    /// The API of 2010-04-01 below the account: messages, numbers, usage, keys, subaccounts.
    Account,
    /// Content templates.
    Content,
    /// Conversations.
    Conversations,
    /// Lookup of numbers.
    Lookups,
    /// Messaging Services, brands, campaigns, toll-free verification.
    Messaging,
    /// Prices by country and number.
    Pricing,
    /// Verification of numbers by codes.
    Verify,
}

impl Product {
    const fn host(self) -> &'static str {
        match self {
            Self::Account => "api.twilio.com",
            Self::Content => "content.twilio.com",
            Self::Conversations => "conversations.twilio.com",
            Self::Lookups => "lookups.twilio.com",
            Self::Messaging => "messaging.twilio.com",
            Self::Pricing => "pricing.twilio.com",
            Self::Verify => "verify.twilio.com",
        }
    }
}

/// Hosts of the products.
#[derive(Clone, Debug)]
pub(super) enum Hosts {
    /// One host for all of them, such as a gateway.
    One(BaseUrl),
    /// One host for all of them, with Twilio's own in the path: a sandbox.
    Named(BaseUrl),
    /// Twilio's own, at an edge and in a region.
    Twilio { edge: Option<String>, region: Option<String> },
}

impl Hosts {
    /// Returns the address of a product.
    pub(super) fn of(&self, product: Product) -> Result<BaseUrl> {
        match self {
            Self::One(base) | Self::Named(base) => Ok(base.clone()),
            Self::Twilio { edge, region } => {
                BaseUrl::https(&host(product.host(), edge.as_deref(), region.as_deref()))
            }
        }
    }

    /// Returns the start of the paths of a product, below the address of its host.
    pub(super) fn start(&self, product: Product) -> String {
        match self {
            Self::Named(_) => format!("/{}", product.host()),
            Self::One(_) | Self::Twilio { .. } => String::new(),
        }
    }
}
