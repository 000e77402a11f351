//! [`VendorOptions`]: settings of one vendor alone, carried by a message in a typed way.

use std::fmt;

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    error::{Error, ErrorKind},
    provider_id::ProviderId,
};

/// Settings that only one vendor has, such as `twilio::TwilioOptions`.
///
/// A message carries the options of several vendors side by side, each by its own type; a provider
/// reads its own and never sees another's. They travel with the message when it is written as JSON.
///
/// Give a vendor of your own its options:
///
/// ```
/// use anysms::{Message, PhoneNumber, ProviderId, message::VendorOptions};
///
/// #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// struct AcmeOptions {
///     route: String,
/// }
/// impl VendorOptions for AcmeOptions {
///     const PROVIDER: ProviderId = ProviderId::from_static("acme");
/// }
/// let options = AcmeOptions { route: "direct".into() };
/// let message = Message::new("+447700900123".parse::<PhoneNumber>()?, "Hello");
/// assert_eq!(message.with_options(&options).options()?, Some(options)); // as the vendor reads it
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait VendorOptions: Serialize + DeserializeOwned {
    /// Vendor that reads these options.
    const PROVIDER: ProviderId;
}

/// The options of a message or a query, at most one set a vendor.
#[derive(Clone, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct OptionSet(Vec<(ProviderId, serde_json::Value)>);

impl OptionSet {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts options in, in place of earlier ones of the same vendor. What cannot be written as JSON
    /// becomes a text, which `get` then refuses.
    pub(crate) fn set<O: VendorOptions>(&mut self, options: &O) {
        let value = serde_json::to_value(options).unwrap_or_else(|_| "unwritable".into());
        self.0.retain(|(provider, _)| *provider != O::PROVIDER);
        self.0.push((O::PROVIDER, value));
    }

    /// Returns the options of one vendor.
    pub(crate) fn get<O: VendorOptions>(&self) -> Result<Option<O>, Error> {
        let Some((_, value)) = self.0.iter().find(|(provider, _)| *provider == O::PROVIDER) else {
            return Ok(None);
        };
        O::deserialize(value).map(Some).map_err(|_| {
            Error::not_sent(ErrorKind::InvalidRequest)
                .with_provider(O::PROVIDER)
                .with_detail("options: not of the vendor's options type")
        })
    }
}

impl fmt::Debug for OptionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(provider, _)| provider)).finish()
    }
}
