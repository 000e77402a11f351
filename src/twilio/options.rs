//! [`TwilioOptions`] and [`TwilioQuery`]: settings of Twilio alone.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    message::{Text, VendorOptions},
    provider_id::ProviderId,
    twilio::TWILIO,
};

/// Settings of a message that only Twilio has. Everything is optional; `None` is not sent.
///
/// ```
/// use anysms::{Message, twilio::TwilioOptions};
///
/// let mut options = TwilioOptions::default();
/// options.smart_encoded = Some(true);
/// let message = Message::new("+447700900123".parse::<anysms::PhoneNumber>()?, "“Hello”").with_options(&options);
/// assert_eq!(message.options()?, Some(options));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct TwilioOptions {
    /// A content template, `HX…`.
    pub content_sid: Option<String>,
    /// The template's variables, as JSON text. Needs `content_sid`.
    pub content_variables: Option<Text>,
    /// The application (`AP…`) whose status callback is used if the message has none.
    pub application_sid: Option<String>,
    /// Replace look-alike characters so that the text fits GSM-7.
    pub smart_encoded: Option<bool>,
    /// Send a long text as one MMS.
    pub send_as_mms: Option<bool>,
    /// Shorten links. Needs a pool with link shortening.
    pub shorten_urls: Option<bool>,
    /// SMS-pumping protection for this message.
    pub risk_check: Option<RiskCheck>,
    /// You will report with `Twilio::feedback` whether the message did its job.
    pub provide_feedback: Option<bool>,
    /// Number of attempts so far, at all providers.
    pub attempt: Option<u32>,
    /// Retention of the text at Twilio.
    pub content_retention: Option<ContentRetention>,
    /// Retention of the numbers at Twilio.
    pub address_retention: Option<AddressRetention>,
    /// Actions of other channels, such as `geo:51.5,-0.1|London`.
    pub persistent_action: Vec<Text>,
    /// Only `free` is known.
    pub traffic_type: Option<String>,
    /// Reserved by Twilio.
    pub force_delivery: Option<bool>,
    /// Purpose of the message.
    pub message_intent: Option<MessageIntent>,
    /// The most it may cost. Obsolete: without effect since 2024-06-03.
    pub max_price: Option<String>,
}

impl VendorOptions for TwilioOptions {
    const PROVIDER: ProviderId = TWILIO;
}

/// Filters of a list that only Twilio has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct TwilioQuery {
    /// Sent on the day, in UTC, of this time.
    pub date_sent: Option<Timestamp>,
}

impl VendorOptions for TwilioQuery {
    const PROVIDER: ProviderId = TWILIO;
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            pub(super) const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }
    };
}

words! {
    /// SMS-pumping protection for a message.
    RiskCheck {
        /// It does.
        Enable = "enable",
        /// It does not.
        Disable = "disable",
    }
}

words! {
    /// Retention of a message's text at Twilio.
    ContentRetention {
        /// It does.
        Retain = "retain",
        /// It does not.
        Discard = "discard",
    }
}

words! {
    /// Retention of a message's numbers at Twilio.
    AddressRetention {
        /// It does.
        Retain = "retain",
        /// Only in part.
        Obfuscate = "obfuscate",
    }
}

words! {
    /// Purpose of a message (Twilio's list of 2026-08).
    MessageIntent {
        /// One-time codes.
        Otp = "otp",
        /// Notifications.
        Notifications = "notifications",
        /// Marketing.
        Marketing = "marketing",
        /// Fraud alerts.
        Fraud = "fraud",
        /// Security alerts.
        Security = "security",
        /// Customer care.
        CustomerCare = "customercare",
        /// Delivery notices.
        Delivery = "delivery",
        /// Education.
        Education = "education",
        /// Polling.
        Polling = "polling",
        /// Announcements.
        Announcements = "announcements",
        /// Events.
        Events = "events",
    }
}
