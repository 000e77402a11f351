//! Serde types of Twilio's answers, and how they become the crate's own.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    message::{
        Address, Currency, Direction, Extra, MessageId, MessageRecord, MessageStatus, Money, WebUrl,
    },
    transport::lenient::{self, Scalar},
    twilio::{TWILIO, error::delivery_failure, status::TwilioStatus},
};

/// The part of a message that a receipt needs.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::twilio) struct Submitted<'a> {
    #[serde(borrow)]
    pub(in crate::twilio) sid: Scalar<'a>,
    #[serde(borrow)]
    pub(in crate::twilio) status: Scalar<'a>,
    #[serde(borrow)]
    pub(in crate::twilio) num_segments: Scalar<'a>,
    #[serde(borrow)]
    pub(in crate::twilio) price: Scalar<'a>,
    #[serde(borrow)]
    pub(in crate::twilio) price_unit: Scalar<'a>,
    #[serde(borrow)]
    pub(in crate::twilio) error_code: Scalar<'a>,
}

/// A message. Every field may be null (OpenAPI 2.6.7, 2026-04-14).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::twilio) struct Message<'a> {
    #[serde(borrow)]
    sid: Scalar<'a>,
    #[serde(borrow)]
    status: Scalar<'a>,
    #[serde(borrow)]
    direction: Scalar<'a>,
    #[serde(borrow)]
    from: Scalar<'a>,
    #[serde(borrow)]
    to: Scalar<'a>,
    #[serde(borrow)]
    messaging_service_sid: Scalar<'a>,
    #[serde(borrow)]
    body: Scalar<'a>,
    #[serde(borrow)]
    num_segments: Scalar<'a>,
    #[serde(borrow)]
    num_media: Scalar<'a>,
    #[serde(borrow)]
    price: Scalar<'a>,
    #[serde(borrow)]
    price_unit: Scalar<'a>,
    #[serde(borrow)]
    error_code: Scalar<'a>,
    #[serde(borrow)]
    date_created: Scalar<'a>,
    #[serde(borrow)]
    date_updated: Scalar<'a>,
    #[serde(borrow)]
    date_sent: Scalar<'a>,
    #[serde(flatten)]
    extra: Map<String, Value>,
}

impl Message<'_> {
    /// Returns the record; `None` without an id.
    pub(in crate::twilio) fn into_record(self) -> Option<MessageRecord> {
        let id = MessageId::new(TWILIO, self.sid.text()?).ok()?;
        let mut record = MessageRecord::new(id, status(&self.status));
        record.direction = self.direction.text().map(|direction| match direction {
            "inbound" => Direction::Inbound,
            _ => Direction::Outbound, // outbound-api, -call, -reply
        });
        record.from = self.from.text().map(Address::from_wire);
        record.to = self.to.text().map(Address::from_wire);
        record.pool = self.messaging_service_sid.parse();
        record.text = self.body.raw().map(Into::into);
        record.segments = self.num_segments.parse();
        record.media = self.num_media.parse();
        record.price = price(&self.price, &self.price_unit);
        record.failure = delivery_failure(self.error_code.text());
        record.created_at = self.date_created.time();
        record.updated_at = self.date_updated.time();
        record.sent_at = self.date_sent.time();
        record.extra = Extra::from_json(self.extra);
        Some(record)
    }
}

/// A page of messages.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::twilio) struct MessagePage<'a> {
    #[serde(borrow, deserialize_with = "lenient::list")]
    pub(in crate::twilio) messages: Option<Vec<Message<'a>>>,
    #[serde(borrow)]
    pub(in crate::twilio) next_page_uri: Scalar<'a>,
}

/// A file of a message.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::twilio) struct Media<'a> {
    #[serde(borrow)]
    pub(in crate::twilio) sid: Scalar<'a>,
    #[serde(borrow)]
    pub(in crate::twilio) content_type: Scalar<'a>,
    #[serde(borrow)]
    pub(in crate::twilio) date_created: Scalar<'a>,
}

/// A page of files.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::twilio) struct MediaPage<'a> {
    #[serde(borrow, deserialize_with = "lenient::list")]
    pub(in crate::twilio) media_list: Option<Vec<Media<'a>>>,
    #[serde(borrow)]
    pub(in crate::twilio) next_page_uri: Scalar<'a>,
}

/// An account. Its auth token, which Twilio writes here in clear, is never read.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::twilio) struct Account<'a> {
    #[serde(borrow)]
    pub(in crate::twilio) sid: Scalar<'a>,
    #[serde(borrow)]
    pub(in crate::twilio) status: Scalar<'a>,
    #[serde(borrow, rename = "type")]
    pub(in crate::twilio) kind: Scalar<'a>,
}

/// A refusal, in any of the three shapes Twilio uses.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::twilio) struct ErrorBody<'a> {
    #[serde(borrow)]
    pub(in crate::twilio) code: Scalar<'a>,
    #[serde(borrow)]
    message: Scalar<'a>,
    #[serde(borrow)]
    title: Scalar<'a>,
    #[serde(borrow)]
    detail: Scalar<'a>,
}

impl ErrorBody<'_> {
    /// Returns whether nothing in it was said.
    pub(in crate::twilio) fn is_empty(&self) -> bool {
        self.code.text().is_none() && self.words().is_none()
    }

    /// Returns Twilio's own words; `None` if there are none.
    pub(in crate::twilio) fn words(&self) -> Option<String> {
        self.message.owned().or_else(|| self.detail.owned()).or_else(|| self.title.owned())
    }
}

/// Returns the status in this crate's words; `Accepted` if Twilio gives none.
pub(in crate::twilio) fn status(word: &Scalar<'_>) -> MessageStatus {
    word.text().map_or(MessageStatus::Accepted, |word| TwilioStatus::from(word).into())
}

/// Returns the price, positive. Twilio writes what it charges as a negative number, in dollars unless it
/// says otherwise.
pub(in crate::twilio) fn price(price: &Scalar<'_>, unit: &Scalar<'_>) -> Option<Money> {
    Money::charge(price.text()?, unit.parse().unwrap_or(Currency::USD))
}

/// Returns the path and query of a page's address, which Twilio gives relative or with its default host.
pub(in crate::twilio) fn path_of(next: &Scalar<'_>) -> Option<String> {
    let next = next.text()?;
    match WebUrl::parse(next) {
        Ok(url) => url.as_str().splitn(4, '/').nth(3).map(|rest| format!("/{rest}")),
        Err(_) => Some(next.to_owned()),
    }
}
