//! Serde types of Plivo's requests and answers, and how they become the crate's own.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, value::RawValue};

use crate::{
    message::{
        Address, Currency, Direction, Extra, MessageId, MessageRecord, MessageStatus, Money,
    },
    plivo::{
        PLIVO,
        error::delivery_failure,
        options::{DltCategory, Location, Log, MessageType, StatusMethod},
        status::PlivoStatus,
    },
    transport::lenient::{self, Scalar},
};

/// A submission.
#[derive(Serialize)]
pub(in crate::plivo) struct Submission<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::plivo) src: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::plivo) powerpack_uuid: Option<&'a str>,
    pub(in crate::plivo) dst: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(in crate::plivo) text: &'a str,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(in crate::plivo) message_type: Option<MessageType>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::plivo) media_urls: Vec<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub(in crate::plivo) media_ids: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::plivo) url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::plivo) method: Option<StatusMethod>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::plivo) log: Option<Log>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::plivo) trackable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::plivo) message_expiry: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::plivo) dlt_entity_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::plivo) dlt_template_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::plivo) dlt_template_category: Option<DltCategory>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::plivo) template: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::plivo) interactive: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::plivo) location: Option<&'a Location>,
}

/// The answer to a submission.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::plivo) struct Submitted<'a> {
    #[serde(borrow)]
    pub(in crate::plivo) api_id: Scalar<'a>,
    #[serde(borrow, deserialize_with = "lenient::list")]
    pub(in crate::plivo) message_uuid: Option<Vec<Scalar<'a>>>,
    #[serde(borrow, deserialize_with = "lenient::list")]
    pub(in crate::plivo) invalid_number: Option<Vec<Scalar<'a>>>,
    #[serde(borrow)]
    error_code: Scalar<'a>,
}

impl Submitted<'_> {
    /// Returns the code beside a yes; `None` for no code and for zeros.
    pub(in crate::plivo) fn warning(&self) -> Option<String> {
        delivery_failure(self.error_code.text()).map(|failure| failure.code)
    }
}

/// A message. Plivo does not give its text back.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::plivo) struct Message<'a> {
    #[serde(borrow)]
    message_uuid: Scalar<'a>,
    #[serde(borrow)]
    message_state: Scalar<'a>,
    #[serde(borrow)]
    message_direction: Scalar<'a>,
    #[serde(borrow)]
    from_number: Scalar<'a>,
    #[serde(borrow)]
    to_number: Scalar<'a>,
    #[serde(borrow)]
    powerpack_id: Scalar<'a>,
    #[serde(borrow)]
    units: Scalar<'a>,
    #[serde(borrow)]
    total_amount: Scalar<'a>,
    #[serde(borrow)]
    error_code: Scalar<'a>,
    #[serde(borrow)]
    message_time: Scalar<'a>,
    #[serde(borrow)]
    message_sent_time: Scalar<'a>,
    #[serde(borrow)]
    message_updated_time: Scalar<'a>,
    #[serde(flatten)]
    extra: Map<String, Value>,
}

impl Message<'_> {
    /// Returns the record; `None` without an id.
    pub(in crate::plivo) fn into_record(self) -> Option<MessageRecord> {
        let id = MessageId::new(PLIVO, self.message_uuid.text()?).ok()?;
        let status = self.message_state.text().map(|word| PlivoStatus::from(word).into());
        let mut record = MessageRecord::new(id, status.unwrap_or(MessageStatus::Accepted));
        let inbound = self.message_direction.text().is_some_and(|d| d.starts_with("in"));
        record.direction = Some(if inbound { Direction::Inbound } else { Direction::Outbound });
        record.from = self.from_number.text().map(Address::from_plain);
        record.to = self.to_number.text().map(Address::from_plain);
        record.pool = self.powerpack_id.parse();
        record.segments = self.units.parse();
        // Plivo names no currency; its prices are in US dollars.
        record.price = self.total_amount.text().and_then(|text| Money::charge(text, Currency::USD));
        // Of an inbound message the code is the status that the webhook answered.
        record.failure = self
            .error_code
            .text()
            .filter(|_| !inbound)
            .and_then(|code| delivery_failure(Some(code)));
        record.created_at = self.message_time.time();
        record.sent_at = self.message_sent_time.time();
        record.updated_at = self.message_updated_time.time();
        record.extra = Extra::from_json(self.extra);
        Some(record)
    }
}

/// A page of something.
#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub(in crate::plivo) struct ObjectPage<'a, T> {
    #[serde(default, deserialize_with = "lenient::list")]
    pub(in crate::plivo) objects: Option<Vec<T>>,
    #[serde(borrow, default)]
    pub(in crate::plivo) meta: Option<Meta<'a>>,
}

/// Place of a page in its list. `next` is null or empty at the end.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::plivo) struct Meta<'a> {
    #[serde(borrow)]
    pub(in crate::plivo) next: Scalar<'a>,
}

/// A file of a message.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::plivo) struct Media<'a> {
    #[serde(borrow)]
    pub(in crate::plivo) media_id: Scalar<'a>,
    #[serde(borrow)]
    pub(in crate::plivo) content_type: Scalar<'a>,
    #[serde(borrow)]
    pub(in crate::plivo) media_url: Scalar<'a>,
    #[serde(borrow)]
    pub(in crate::plivo) size: Scalar<'a>,
    #[serde(borrow)]
    pub(in crate::plivo) upload_time: Scalar<'a>,
}

/// An account.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::plivo) struct Account<'a> {
    #[serde(borrow)]
    pub(in crate::plivo) auth_id: Scalar<'a>,
    #[serde(borrow)]
    pub(in crate::plivo) account_type: Scalar<'a>,
    #[serde(borrow)]
    pub(in crate::plivo) cash_credits: Scalar<'a>,
}
