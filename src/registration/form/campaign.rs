//! [`CampaignForm`]: the purpose for which a brand sends.

use serde::{Deserialize, Serialize};

use crate::message::Text;

/// Form of a campaign. [`check`](Self::check) finds the usual reasons of rejection.
///
/// ```
/// use anysms::registration::CampaignForm;
///
/// let mut form = CampaignForm::new("club-codes", "Club");
/// form.samples = vec!["Club: your code is [code].".into()];
/// assert!(form.check().iter().any(|finding| finding.field == "samples")); // two are needed
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct CampaignForm {
    /// Our own name of it: 1 to 64 letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// Name of the brand, as the texts have it.
    pub brand_name: Text,
    /// Provider's id of the brand.
    pub brand: String,
    /// Twilio: id of the Messaging Service that sends, `MG…`.
    pub service: Option<String>,
    /// Use case, such as `2FA`, `MARKETING` or `MIXED`: one of [`USE_CASES`](crate::registration::USE_CASES).
    pub use_case: String,
    /// Use cases that `MIXED` and `LOW_VOLUME` join: two to five.
    pub sub_use_cases: Vec<String>,
    /// Plivo: trade of the business, such as `RETAIL`.
    pub vertical: Option<String>,
    /// Purpose of the messages: 40 to 4,096 characters.
    pub description: Text,
    /// Way in which people ask for the messages, and where: 40 to 2,048 characters.
    pub message_flow: Text,
    /// Two to five messages, each of 20 to 1,024 characters, with variables in brackets: `[code]`.
    pub samples: Vec<Text>,
    /// Answer to those who opt in: 20 to 320 characters.
    pub opt_in_message: Option<Text>,
    /// Answer to those who opt out: 20 to 320 characters.
    pub opt_out_message: Option<Text>,
    /// Answer to those who ask for help: 20 to 320 characters.
    pub help_message: Option<Text>,
    /// Words that opt in; empty leaves them to the provider.
    pub opt_in_keywords: Vec<String>,
    /// Words that opt out; empty leaves them to the provider.
    pub opt_out_keywords: Vec<String>,
    /// Words that ask for help; empty leaves them to the provider.
    pub help_keywords: Vec<String>,
    /// Address of the privacy policy, by https.
    pub privacy_policy: Option<Text>,
    /// Address of the terms and conditions, by https.
    pub terms: Option<Text>,
    /// `true` if messages have links.
    pub has_links: bool,
    /// `true` if messages have phone numbers.
    pub has_phones: bool,
    /// `true` if the content is for adults: alcohol, tobacco, gambling.
    pub age_gated: bool,
    /// `true` if the brand lends money itself.
    pub direct_lending: bool,
    /// Plivo: `true` if it is marketing for others.
    pub affiliate_marketing: bool,
    /// Plivo: address that is called when something changes.
    pub callback: Option<Text>,
}

impl CampaignForm {
    /// Begins a form of this name, for a brand with this name in the texts.
    #[must_use]
    pub fn new(name: impl Into<String>, brand_name: impl Into<Text>) -> Self {
        Self { name: name.into(), brand_name: brand_name.into(), ..Self::default() }
    }
}
