//! Events.

use serde::Serialize;

use crate::{LoggedEvent, backend::sql::{connection::{Columns, Corrupt, Value}, rows::{Field, Kind::{Int, Text}, failure, micros, money, time, time_or_none, units}}};

use anysms::message::{MessageId, MessageStatus};

/// The columns of an event.
pub(crate) const EVENT: [Field; 15] = [
    ("id", Text),
    ("provider", Text),
    ("remote", Text),
    ("attempt", Int),
    ("status", Text),
    ("failure_kind", Text),
    ("failure_code", Text),
    ("segments", Int),
    ("price", Int),
    ("price_currency", Text),
    ("sequence", Int),
    ("at", Int),
    ("received_at", Int),
    ("times", Int),
    ("stale", Int),
];

/// An event as it is written.
#[derive(Serialize)]
pub(crate) struct EventRow<'a> {
    id: String,
    provider: &'a str,
    remote: &'a str,
    attempt: i64,
    status: &'a str,
    failure_kind: Option<&'static str>,
    failure_code: Option<&'a str>,
    segments: Option<u32>,
    price: Option<i64>,
    price_currency: Option<&'a str>,
    sequence: Option<u32>,
    at: Option<i64>,
    received_at: i64,
    times: u32,
    stale: i64,
}

impl<'a> EventRow<'a> {
    pub(crate) fn of(event: &'a LoggedEvent) -> Self {
        Self {
            id: event.id.to_string(),
            provider: event.message.provider().as_str(),
            remote: event.message.value(),
            attempt: event.attempt,
            status: event.status.as_str(),
            failure_kind: event.failure.as_ref().map(|failure| failure.kind.as_str()),
            failure_code: event.failure.as_ref().map(|failure| failure.code.as_str()),
            segments: event.segments,
            price: event.price.and_then(units),
            price_currency: event.price.as_ref().map(|money| money.currency.as_str()),
            sequence: event.sequence,
            at: event.at.map(micros),
            received_at: micros(event.received_at),
            times: event.times,
            stale: i64::from(event.stale),
        }
    }
}

pub(crate) fn read_event(row: Vec<Value>) -> Result<LoggedEvent, Corrupt> {
    let mut row = Columns::new(row);
    let id = row.parse()?;
    let (provider, remote) = (row.parse()?, row.text()?);
    Ok(LoggedEvent {
        id,
        message: MessageId::new(provider, &remote).map_err(|_| Corrupt)?,
        attempt: row.int()?,
        status: MessageStatus::from_word(&row.text()?),
        failure: failure(&mut row)?,
        segments: row.int_or_none()?.and_then(|count| count.try_into().ok()),
        price: money(&mut row)?,
        sequence: row.int_or_none()?.and_then(|count| count.try_into().ok()),
        at: time_or_none(&mut row)?,
        received_at: time(row.int()?)?,
        times: row.int()?.try_into().map_err(|_| Corrupt)?,
        stale: row.int()? != 0,
        token: None,
    })
}
