//! [`BrandForm`]: the business that sends.

use serde::{Deserialize, Serialize};

use crate::message::Text;

/// Form of a brand. What is said of the business itself is in a profile that the provider has already.
///
/// Twilio has no field for our own name: a brand is known by its two profiles there, and a second form with the
/// same profiles finds the same brand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct BrandForm {
    /// Our own name of it: 1 to 64 letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// Type.
    pub brand_type: BrandType,
    /// Twilio: id of the customer profile, `BU…`.
    pub customer_profile: Option<String>,
    /// Twilio: id of the A2P messaging profile, `BU…`.
    pub messaging_profile: Option<String>,
    /// Plivo: id of the profile, a UUID.
    pub profile: Option<String>,
    /// Twilio: `true` leaves the secondary vetting out, which costs a fee of its own.
    pub skip_vetting: bool,
    /// Twilio: `true` registers a brand for tests, which reaches no carrier.
    pub mock: bool,
    /// Plivo: address that is called when something changes.
    pub callback: Option<Text>,
}

/// Type of a brand.
///
/// serde writes the name in lower case: `sole_proprietor`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BrandType {
    /// Business with a tax number.
    #[default]
    Standard,
    /// Person without one (Twilio), or a starter's brand (Plivo): few messages a day.
    SoleProprietor,
}

impl BrandForm {
    /// Begins a form of this name.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}
