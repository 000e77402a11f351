//! [`PlivoOptions`] and [`PlivoQuery`]: what only Plivo has.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{env, message::VendorOptions, plivo::PLIVO, provider_id::ProviderId};

/// What only Plivo has, for a message. Everything is optional; what is none is not sent.
///
/// ```
/// use anysms::{Message, plivo::{Log, PlivoOptions}};
///
/// let mut options = PlivoOptions::default();
/// options.log = Some(Log::None);
/// let message = Message::new("+447700900123".parse()?, "Hello").with_options(&options);
/// # Ok::<(), anysms::PhoneNumberError>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PlivoOptions {
    /// The type, where it is not `sms`, or `mms` for a message with media.
    pub message_type: Option<MessageType>,
    /// Media uploaded to Plivo before. Together with the message's own at most ten.
    pub media_ids: Vec<String>,
    /// How Plivo calls the status callback.
    pub status_method: Option<StatusMethod>,
    /// What Plivo keeps of the message.
    pub log: Option<Log>,
    /// You will tell Plivo whether the message did its job.
    pub trackable: Option<bool>,
    /// India: the entity registered for DLT.
    pub dlt_entity_id: Option<String>,
    /// India: the template registered for DLT.
    pub dlt_template_id: Option<String>,
    /// India: the template's category.
    pub dlt_template_category: Option<DltCategory>,
    /// WhatsApp: a template, as JSON text. Needs `message_type` WhatsApp.
    pub template: Option<String>,
    /// WhatsApp: an interactive message, as JSON text.
    pub interactive: Option<String>,
    /// WhatsApp: a place.
    pub location: Option<Location>,
}

/// Shows that there is a template or an interactive message, not what is in it.
impl fmt::Debug for PlivoOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlivoOptions")
            .field("message_type", &self.message_type)
            .field("media_ids", &self.media_ids)
            .field("status_method", &self.status_method)
            .field("log", &self.log)
            .field("trackable", &self.trackable)
            .field("dlt_entity_id", &self.dlt_entity_id)
            .field("dlt_template_id", &self.dlt_template_id)
            .field("dlt_template_category", &self.dlt_template_category)
            .field("template", &self.template.as_ref().map(|_| "…"))
            .field("interactive", &self.interactive.as_ref().map(|_| "…"))
            .field("location", &self.location)
            .finish()
    }
}

impl VendorOptions for PlivoOptions {
    const PROVIDER: ProviderId = PLIVO;
}

/// Filters of a list that only Plivo has.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PlivoQuery {
    /// Of this subaccount (`SA…`).
    pub subaccount: Option<String>,
    /// Of this type.
    pub message_type: Option<MessageType>,
    /// With this error code, such as `450`.
    pub error_code: Option<String>,
    /// Of this 10DLC campaign.
    pub tendlc_campaign_id: Option<String>,
    /// With this 10DLC registration status.
    pub tendlc_registration_status: Option<String>,
    /// To this country (ISO 3166-1 alpha-2, such as `GB`).
    pub destination_country_iso2: Option<String>,
    /// Of this WhatsApp conversation.
    pub conversation_id: Option<String>,
    /// Of WhatsApp conversations of this origin, such as `service`.
    pub conversation_origin: Option<String>,
}

/// Shows only the end of the subaccount.
impl fmt::Debug for PlivoQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlivoQuery")
            .field("subaccount", &self.subaccount.as_deref().map(env::tail))
            .field("message_type", &self.message_type)
            .field("error_code", &self.error_code)
            .field("tendlc_campaign_id", &self.tendlc_campaign_id)
            .field("tendlc_registration_status", &self.tendlc_registration_status)
            .field("destination_country_iso2", &self.destination_country_iso2)
            .field("conversation_id", &self.conversation_id)
            .field("conversation_origin", &self.conversation_origin)
            .finish()
    }
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

/// How Plivo calls a status callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum StatusMethod {
    /// With a form in the body: Plivo's default.
    Post,
    /// With everything in the query.
    Get,
}

/// What Plivo keeps of a message: by default the number for 90 days and the text for 7.
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
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Location {
    /// North of the equator, such as `51.5007`.
    pub latitude: String,
    /// East of Greenwich, such as `-0.1246`.
    pub longitude: String,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// A place is part of the message.
impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Location(…)")
    }
}
