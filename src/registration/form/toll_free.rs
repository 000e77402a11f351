//! [`TollFreeForm`]: the verification of a toll-free number.

use serde::{Deserialize, Serialize};

use crate::{message::Text, number::PhoneNumber};

/// Form of the verification of a toll-free number. [`check`](Self::check) finds the usual reasons of rejection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct TollFreeForm {
    /// Our own name of it: 1 to 64 letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// Number.
    pub number: Option<PhoneNumber>,
    /// Twilio: id of the number, `PN…`; without it, it is looked up by the number.
    pub number_id: Option<String>,
    /// Plivo: id of the profile, a UUID.
    pub profile: Option<String>,
    /// Twilio: id of the customer profile, `BU…`.
    pub customer_profile: Option<String>,
    /// Business.
    pub business: BusinessDetails,
    /// E-mail address at which the provider tells the decision.
    pub notification_email: Text,
    /// Use cases, such as `2FA`: at least one of [`USE_CASES`](crate::registration::USE_CASES).
    pub use_cases: Vec<String>,
    /// Purpose of the messages: at most 500 characters.
    pub summary: Text,
    /// Message as it is sent: at most 1,000 characters, with variables in brackets: `[code]`.
    pub sample: Text,
    /// Addresses of pictures that show how people opt in.
    pub opt_in_images: Vec<Text>,
    /// Way in which people opt in: `VERBAL`, `WEB_FORM`, `PAPER_FORM`, `VIA_TEXT` or `MOBILE_QR_CODE`.
    pub opt_in_type: String,
    /// Messages in a month.
    pub monthly_volume: u64,
    /// Answer to those who opt in.
    pub opt_in_message: Option<Text>,
    /// Answer to those who ask for help.
    pub help_message: Option<Text>,
    /// Words that opt in; empty leaves them out.
    pub opt_in_keywords: Vec<String>,
    /// Address of the privacy policy, by https.
    pub privacy_policy: Option<Text>,
    /// Address of the terms and conditions, by https.
    pub terms: Option<Text>,
    /// `true` if the content is for adults: alcohol, tobacco, gambling.
    pub age_gated: bool,
    /// Anything else that the reviewer should know.
    pub additional_information: Option<Text>,
    /// Plivo: address that is called when something changes.
    pub callback: Option<Text>,
}

/// Business that asks for the verification. Only Twilio takes all of it; Plivo has it in the profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct BusinessDetails {
    /// Name, as the texts have it.
    pub name: Text,
    /// Address of the website.
    pub website: Text,
    /// Other name under which it trades.
    pub doing_business_as: Option<Text>,
    /// Kind: `PRIVATE_PROFIT`, `PUBLIC_PROFIT`, `SOLE_PROPRIETOR`, `NON_PROFIT` or `GOVERNMENT`.
    pub business_type: Option<String>,
    /// Number in a register.
    pub registration_number: Option<Text>,
    /// Register, such as `EIN`.
    pub registration_authority: Option<String>,
    /// Country of the register, such as `US`.
    pub registration_country: Option<String>,
    /// Street and house number.
    pub street: Option<Text>,
    /// City.
    pub city: Option<Text>,
    /// State or province.
    pub region: Option<Text>,
    /// Postal code.
    pub postal_code: Option<Text>,
    /// Country, such as `US`.
    pub country: Option<String>,
    /// First name of the contact.
    pub contact_first_name: Option<Text>,
    /// Last name of the contact.
    pub contact_last_name: Option<Text>,
    /// E-mail address of the contact.
    pub contact_email: Option<Text>,
    /// Phone number of the contact.
    pub contact_phone: Option<PhoneNumber>,
}

impl TollFreeForm {
    /// Begins a form of this name.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}
