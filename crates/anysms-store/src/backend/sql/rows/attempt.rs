//! Attempts.

use jiff::Timestamp;
use serde::Serialize;

use crate::{Attempt, AttemptOutcome, EntryId, Progress, SettledBy, backend::sql::{connection::{Columns, Corrupt, Value}, rows::{Field, Kind::{Int, Text}, failure, micros, money, one_of, time, time_or_none, units}}};

use anysms::{message::MessageId, ProviderId};

/// The columns of an attempt.
pub(crate) const ATTEMPT: [Field; 23] = [
    ("id", Int),
    ("message", Int),
    ("number", Int),
    ("token", Text),
    ("provider", Text),
    ("remote", Text),
    ("outcome", Int),
    ("settled_by", Int),
    ("seen", Int),
    ("status", Int),
    ("failure_kind", Text),
    ("failure_code", Text),
    ("id_conflict", Int),
    ("begun_at", Int),
    ("ended_at", Int),
    ("delivered_at", Int),
    ("segments", Int),
    ("price", Int),
    ("price_currency", Text),
    ("request_id", Text),
    ("checks", Int),
    ("check_at", Int),
    ("given_up", Int),
];

/// An attempt as it is written.
#[derive(Serialize)]
pub(crate) struct AttemptRow<'a> {
    id: i64,
    message: i64,
    number: u32,
    token: String,
    provider: &'a str,
    remote: Option<&'a str>,
    outcome: Option<i64>,
    settled_by: Option<i64>,
    seen: u16,
    status: u8,
    failure_kind: Option<&'static str>,
    failure_code: Option<&'a str>,
    id_conflict: i64,
    begun_at: i64,
    ended_at: Option<i64>,
    delivered_at: Option<i64>,
    segments: Option<u32>,
    price: Option<i64>,
    price_currency: Option<&'a str>,
    request_id: Option<&'a str>,
    checks: u32,
    check_at: Option<i64>,
    given_up: i64,
}

impl<'a> AttemptRow<'a> {
    pub(crate) fn of(message: EntryId, attempt: &'a Attempt) -> Self {
        Self {
            id: attempt.row,
            message: message.0,
            number: attempt.number,
            token: attempt.token.to_string(),
            provider: attempt.provider.as_str(),
            remote: attempt.id.as_ref().map(MessageId::value),
            outcome: attempt.outcome.map(|outcome| outcome as i64),
            settled_by: attempt.settled_by.map(|settled| settled as i64),
            seen: attempt.progress.seen(),
            status: attempt.status.rank(),
            failure_kind: attempt.failure.as_ref().map(|failure| failure.kind.as_str()),
            failure_code: attempt.failure.as_ref().map(|failure| failure.code.as_str()),
            id_conflict: i64::from(attempt.id_conflict),
            begun_at: micros(attempt.begun_at),
            ended_at: attempt.ended_at.map(micros),
            delivered_at: attempt.delivered_at.map(micros),
            segments: attempt.segments,
            price: attempt.price.and_then(units),
            price_currency: attempt.price.as_ref().map(|money| money.currency.as_str()),
            request_id: attempt.request_id.as_deref(),
            checks: attempt.checks,
            check_at: attempt.check_at.map(micros),
            given_up: i64::from(attempt.given_up),
        }
    }
}

/// Of which message a row is, whether the rest of it can be read or not.
pub(crate) fn message_of(row: &[Value]) -> Result<EntryId, Corrupt> {
    match row.get(1) {
        Some(Value::Int(id)) => Ok(EntryId(*id)),
        _ => Err(Corrupt),
    }
}

pub(crate) fn read_attempt(row: Vec<Value>) -> Result<(EntryId, Attempt), Corrupt> {
    let mut row = Columns::new(row);
    let (id, message) = (row.int()?, EntryId(row.int()?));
    let (number, token) = (row.int()?, row.parse()?);
    let provider: ProviderId = row.parse()?;
    let number = number.try_into().map_err(|_| Corrupt)?;
    let mut attempt = Attempt::new(number, provider.clone(), token, Timestamp::UNIX_EPOCH);
    attempt.row = id;
    attempt.id = row
        .text_or_none()?
        .map(|value| MessageId::new(provider, &value).map_err(|_| Corrupt))
        .transpose()?;
    attempt.outcome = one_of(
        row.int_or_none()?,
        &[AttemptOutcome::Accepted, AttemptOutcome::NotSent, AttemptOutcome::Unknown],
    )?;
    attempt.settled_by = one_of(
        row.int_or_none()?,
        &[
            SettledBy::Answer,
            SettledBy::Callback,
            SettledBy::Lookup,
            SettledBy::GivenUp,
            SettledBy::Hand,
        ],
    )?;
    let seen = row.int()?.try_into().map_err(|_| Corrupt)?;
    row.int()?; // the status, which follows
    attempt.progress = Progress::from_seen(seen, failure(&mut row)?);
    attempt.read_progress();
    attempt.id_conflict = row.int()? != 0;
    attempt.begun_at = time(row.int()?)?;
    attempt.ended_at = time_or_none(&mut row)?;
    attempt.delivered_at = time_or_none(&mut row)?;
    attempt.segments = row.int_or_none()?.and_then(|count| count.try_into().ok());
    attempt.price = money(&mut row)?;
    attempt.request_id = row.text_or_none()?;
    attempt.checks = row.int()?.try_into().map_err(|_| Corrupt)?;
    attempt.check_at = time_or_none(&mut row)?;
    attempt.given_up = row.int()? != 0;
    Ok((message, attempt))
}
