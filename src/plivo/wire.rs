//! What Plivo reads and writes: serde types, and how they become the crate's own.

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
pub(super) struct Submission<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) src: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) powerpack_uuid: Option<&'a str>,
    pub(super) dst: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) text: &'a str,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) message_type: Option<MessageType>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) media_urls: Vec<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub(super) media_ids: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) method: Option<StatusMethod>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) log: Option<Log>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) trackable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message_expiry: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dlt_entity_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dlt_template_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dlt_template_category: Option<DltCategory>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) template: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) interactive: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) location: Option<&'a Location>,
}

/// The answer to a submission.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Submitted<'a> {
    #[serde(borrow)]
    pub(super) api_id: Scalar<'a>,
    #[serde(borrow, deserialize_with = "lenient::list")]
    pub(super) message_uuid: Option<Vec<Scalar<'a>>>,
    #[serde(borrow, deserialize_with = "lenient::list")]
    pub(super) invalid_number: Option<Vec<Scalar<'a>>>,
}

/// A message. Plivo does not give its text back.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Message<'a> {
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
    /// The record; none without an id.
    pub(super) fn into_record(self) -> Option<MessageRecord> {
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
pub(super) struct ObjectPage<'a, T> {
    #[serde(default, deserialize_with = "lenient::list")]
    pub(super) objects: Option<Vec<T>>,
    #[serde(borrow, default)]
    pub(super) meta: Option<Meta<'a>>,
}

/// Where a page stands in its list. `next` is null or empty at the end.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Meta<'a> {
    #[serde(borrow)]
    pub(super) next: Scalar<'a>,
}

/// A file of a message.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Media<'a> {
    #[serde(borrow)]
    pub(super) media_id: Scalar<'a>,
    #[serde(borrow)]
    pub(super) content_type: Scalar<'a>,
    #[serde(borrow)]
    pub(super) media_url: Scalar<'a>,
    #[serde(borrow)]
    pub(super) size: Scalar<'a>,
    #[serde(borrow)]
    pub(super) upload_time: Scalar<'a>,
}

/// An account.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Account<'a> {
    #[serde(borrow)]
    pub(super) auth_id: Scalar<'a>,
    #[serde(borrow)]
    pub(super) account_type: Scalar<'a>,
    #[serde(borrow)]
    pub(super) cash_credits: Scalar<'a>,
}
