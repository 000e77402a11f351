//! [`PlivoOptions`] and [`PlivoQuery`]: settings of Plivo alone.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    message::{AccountId, Text, VendorOptions},
    plivo::PLIVO,
    provider_id::ProviderId,
};

/// Settings of a message that only Plivo has. Everything is optional; `None` is not sent.
///
/// ```
/// use anysms::{Message, plivo::{Log, PlivoOptions}};
///
/// let mut options = PlivoOptions::default();
/// options.log = Some(Log::None);
/// let message = Message::new("+447700900123".parse::<anysms::PhoneNumber>()?, "Hello").with_options(&options);
/// assert_eq!(message.options()?, Some(options));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct PlivoOptions {
    /// The type, where it is not `sms`, or `mms` for a message with media.
    pub message_type: Option<MessageType>,
    /// Media uploaded to Plivo before. Together with the message's own at most ten.
    pub media_ids: Vec<String>,
    /// Method of the status callback.
    pub status_method: Option<StatusMethod>,
    /// Retention at Plivo.
    pub log: Option<Log>,
    /// You will tell Plivo whether the message did its job.
    pub trackable: Option<bool>,
    /// India: the entity registered for DLT.
    pub dlt_entity_id: Option<String>,
    /// India: the template registered for DLT.
    pub dlt_template_id: Option<String>,
    /// India: the template's category.
    pub dlt_template_category: Option<DltCategory>,
    /// WhatsApp: a template, as JSON text. Needs a destination on WhatsApp.
    pub template: Option<Text>,
    /// WhatsApp: an interactive message, as JSON text.
    pub interactive: Option<Text>,
    /// WhatsApp: a place.
    pub location: Option<Location>,
}

impl VendorOptions for PlivoOptions {
    const PROVIDER: ProviderId = PLIVO;
}

/// Filters of a list that only Plivo has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct PlivoQuery {
    /// Taken at just this time.
    pub message_time: Option<Timestamp>,
    /// Taken after this time. (`Query::since` includes its bound.)
    pub message_time_gt: Option<Timestamp>,
    /// Taken before this time.
    pub message_time_lt: Option<Timestamp>,
    /// Subaccount (`SA…`).
    pub subaccount: Option<AccountId>,
    /// Type of message.
    pub message_type: Option<MessageType>,
    /// With this error code, such as `450`.
    pub error_code: Option<String>,
    /// 10DLC campaign.
    pub tendlc_campaign_id: Option<String>,
    /// With this 10DLC registration status.
    pub tendlc_registration_status: Option<String>,
    /// To this country (ISO 3166-1 alpha-2, such as `GB`).
    pub destination_country_iso2: Option<String>,
    /// WhatsApp conversation.
    pub conversation_id: Option<String>,
    /// Origin of WhatsApp conversations, such as `service`.
    pub conversation_origin: Option<String>,
}

impl VendorOptions for PlivoQuery {
    const PROVIDER: ProviderId = PLIVO;
}

/// The type of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum MessageType {
    /// Text.
    Sms,
    /// Text and media.
    Mms,
    /// WhatsApp.
    WhatsApp,
}

/// Method of a status callback at Plivo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum StatusMethod {
    /// With a form in the body: Plivo's default.
    Post,
    /// With everything in the query.
    Get,
}

/// Retention of a message at Plivo: by default the number for 90 days and the text for 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Log {
    /// Number and text.
    #[serde(rename = "true")]
    All,
    /// Neither: the number is masked in records and callbacks too.
    #[serde(rename = "false")]
    None,
    /// Only the text.
    ContentOnly,
    /// Only the number.
    NumberOnly,
}

/// The category of a DLT template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DltCategory {
    /// Transactional.
    Transactional,
    /// Promotional.
    Promotional,
    /// Service, implicit consent.
    ServiceImplicit,
    /// Service, explicit consent.
    ServiceExplicit,
}

/// A place, as WhatsApp shows it. Coordinates are decimal degrees, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Location {
    /// North of the equator, such as `51.5007`.
    pub latitude: Text,
    /// East of Greenwich, such as `-0.1246`.
    pub longitude: Text,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// Its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Text>,
}
