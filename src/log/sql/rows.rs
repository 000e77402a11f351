//! How entries, attempts and events stand in the tables.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::{
    log::{
        Attempt, AttemptOutcome, EntryId, LogEntry, LogStatus, LoggedEvent, OptOut, OptOutScope,
        Progress, SettledBy, Stage,
        report::UNITS,
        retention::{Forget, Memory},
        sql::link::{Columns, Corrupt, Value},
    },
    message::{
        Currency, DeliveryFailure, Direction, MessageClass, MessageId, MessageStatus, Money,
    },
    number::PhoneNumber,
    opt_out::OptOutSource,
    provider_id::ProviderId,
};

/// A column that is a whole number, or a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Int,
    Text,
}

pub(crate) type Field = (&'static str, Kind);

use Kind::{Int, Text};

/// The columns of an entry, in the order in which they are read.
pub(crate) const ENTRY: [Field; 29] = [
    ("id", Int),
    ("organisation", Text),
    ("key", Text),
    ("direction", Int),
    ("theirs", Text),
    ("ours", Text),
    ("country", Text),
    ("body", Text),
    ("body_hash", Text),
    ("segments", Int),
    ("class", Text),
    ("campaign", Text),
    ("user_id", Text),
    ("tags", Text),
    ("status", Int),
    ("failure_kind", Text),
    ("failure_code", Text),
    ("provider", Text),
    ("estimate", Int),
    ("estimate_currency", Text),
    ("price", Int),
    ("price_currency", Text),
    ("created_at", Int),
    ("due_at", Int),
    ("accepted_at", Int),
    ("delivered_at", Int),
    ("read_at", Int),
    ("content", Text),
    ("forgotten", Int),
];

/// The columns of what is in the queue.
pub(crate) const QUEUE: [Field; 8] = [
    ("message", Int),
    ("stage", Int),
    ("payload", Text),
    ("fence", Int),
    ("claims", Int),
    ("wake_at", Int),
    ("leased_at", Int),
    ("expires_at", Int),
];

/// Those that change, behind the id.
pub(crate) const CHANGE: [Field; 13] = [
    ("id", Int),
    ("key", Text),
    ("segments", Int),
    ("status", Int),
    ("failure_kind", Text),
    ("failure_code", Text),
    ("provider", Text),
    ("estimate", Int),
    ("estimate_currency", Text),
    ("price", Int),
    ("price_currency", Text),
    ("accepted_at", Int),
    ("delivered_at", Int),
];

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

/// The columns of an opt-out.
pub(crate) const OPT_OUT: [Field; 5] =
    [("number", Int), ("organisation", Text), ("sender", Text), ("source", Int), ("at", Int)];

/// An entry as it is written.
#[derive(Serialize)]
pub(crate) struct EntryRow<'a> {
    id: i64,
    organisation: &'a str,
    key: &'a str,
    direction: i64,
    theirs: String,
    ours: Option<String>,
    country: Option<&'a str>,
    body: Option<&'a str>,
    body_hash: Option<String>,
    segments: Option<u32>,
    class: &'static str,
    campaign: Option<&'a str>,
    user_id: Option<&'a str>,
    tags: String,
    status: Option<u8>,
    failure_kind: Option<&'static str>,
    failure_code: Option<&'a str>,
    provider: Option<&'a str>,
    estimate: Option<i64>,
    estimate_currency: Option<&'a str>,
    price: Option<i64>,
    price_currency: Option<&'a str>,
    created_at: i64,
    due_at: Option<i64>,
    accepted_at: Option<i64>,
    delivered_at: Option<i64>,
    read_at: Option<i64>,
    content: String,
    forgotten: i64,
}

/// A place in the queue as it is written; without the payload where that is there already.
#[derive(Serialize)]
pub(crate) struct QueueRow<'a> {
    message: i64,
    stage: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<&'a str>,
    fence: i64,
    claims: u32,
    wake_at: Option<i64>,
    leased_at: Option<i64>,
    expires_at: Option<i64>,
}

impl<'a> QueueRow<'a> {
    pub(crate) fn new(entry: &'a LogEntry) -> Self {
        Self { payload: entry.payload.as_deref(), ..Self::change(entry) }
    }

    pub(crate) fn change(entry: &'a LogEntry) -> Self {
        Self {
            message: entry.id.0,
            stage: Stage::ALL[entry.stage as usize].1,
            payload: None,
            fence: entry.fence,
            claims: entry.claims,
            wake_at: entry.wake_at.map(micros),
            leased_at: entry.leased_at.map(micros),
            expires_at: entry.expires_at.map(micros),
        }
    }
}

/// Whose it is.
pub(crate) fn queue_of(row: &[Value]) -> Result<EntryId, Corrupt> {
    match row.first() {
        Some(Value::Int(id)) => Ok(EntryId(*id)),
        _ => Err(Corrupt),
    }
}

pub(crate) fn read_queue(row: Vec<Value>, entry: &mut LogEntry) -> Result<(), Corrupt> {
    let mut row = Columns::new(row);
    row.int()?; // whose it is
    entry.stage = stage(row.int()?)?;
    entry.payload = row.text_or_none()?.map(Into::into);
    entry.fence = row.int()?;
    entry.claims = row.int()?.try_into().map_err(|_| Corrupt)?;
    entry.wake_at = time_or_none(&mut row)?;
    entry.leased_at = time_or_none(&mut row)?;
    entry.expires_at = time_or_none(&mut row)?;
    Ok(())
}

impl<'a> EntryRow<'a> {
    pub(crate) fn of(entry: &'a LogEntry) -> Self {
        Self {
            id: entry.id.0,
            organisation: entry.organisation.as_deref().unwrap_or_default(),
            key: entry.key.as_str(),
            direction: i64::from(entry.direction == Direction::Inbound),
            theirs: entry.theirs.to_string(),
            ours: entry.ours.as_ref().map(ToString::to_string),
            country: entry.country.as_ref().map(|country| country.as_str()),
            body: entry.text.as_deref(),
            body_hash: entry.text_hash.as_ref().map(ToString::to_string),
            segments: entry.segments,
            class: entry.class.as_str(),
            campaign: entry.campaign.as_deref(),
            user_id: entry.user.as_deref(),
            tags: serde_json::to_string(&entry.tags).unwrap_or_default(), // texts are always JSON
            status: entry.status.map(LogStatus::rank),
            failure_kind: entry.failure.as_ref().map(|failure| failure.kind.as_str()),
            failure_code: entry.failure.as_ref().map(|failure| failure.code.as_str()),
            provider: entry.provider.as_ref().map(ProviderId::as_str),
            estimate: entry.estimate.and_then(units),
            estimate_currency: entry.estimate.as_ref().map(|money| money.currency.as_str()),
            price: entry.price.and_then(units),
            price_currency: entry.price.as_ref().map(|money| money.currency.as_str()),
            created_at: micros(entry.created_at),
            due_at: entry.due_at.map(micros),
            accepted_at: entry.accepted_at.map(micros),
            delivered_at: entry.delivered_at.map(micros),
            read_at: entry.read_at.map(micros),
            content: entry.content.to_string(),
            forgotten: entry.memory as i64,
        }
    }
}

/// What changes of an entry, as it is written.
#[derive(Serialize)]
pub(crate) struct ChangeRow<'a> {
    id: i64,
    key: &'a str,
    segments: Option<u32>,
    status: Option<u8>,
    failure_kind: Option<&'static str>,
    failure_code: Option<&'a str>,
    provider: Option<&'a str>,
    estimate: Option<i64>,
    estimate_currency: Option<&'a str>,
    price: Option<i64>,
    price_currency: Option<&'a str>,
    accepted_at: Option<i64>,
    delivered_at: Option<i64>,
}

impl<'a> ChangeRow<'a> {
    pub(crate) fn of(entry: &'a LogEntry) -> Self {
        Self {
            id: entry.id.0,
            key: entry.key.as_str(),
            segments: entry.segments,
            status: entry.status.map(LogStatus::rank),
            failure_kind: entry.failure.as_ref().map(|failure| failure.kind.as_str()),
            failure_code: entry.failure.as_ref().map(|failure| failure.code.as_str()),
            provider: entry.provider.as_ref().map(ProviderId::as_str),
            estimate: entry.estimate.and_then(units),
            estimate_currency: entry.estimate.as_ref().map(|money| money.currency.as_str()),
            price: entry.price.and_then(units),
            price_currency: entry.price.as_ref().map(|money| money.currency.as_str()),
            accepted_at: entry.accepted_at.map(micros),
            delivered_at: entry.delivered_at.map(micros),
        }
    }
}

/// The entry of a row, as one that is not in the queue.
pub(crate) fn read_entry(row: Vec<Value>) -> Result<LogEntry, Corrupt> {
    let mut row = Columns::new(row);
    Ok(LogEntry {
        id: EntryId(row.int()?),
        organisation: Some(row.text()?).filter(|organisation| !organisation.is_empty()),
        key: row.parse()?,
        direction: if row.int()? == 1 { Direction::Inbound } else { Direction::Outbound },
        theirs: row.parse()?,
        ours: row.parse_or_none()?,
        country: row.parse_or_none()?,
        text: row.text_or_none()?.map(Into::into),
        text_hash: row.parse_or_none()?,
        segments: row.int_or_none()?.and_then(|count| count.try_into().ok()),
        class: word::<MessageClass>(&row.text()?)?,
        campaign: row.text_or_none()?,
        user: row.text_or_none()?,
        tags: serde_json::from_str(&row.text()?).map_err(|_| Corrupt)?,
        stage: Stage::Done,
        status: row
            .int_or_none()?
            .map(|rank| LogStatus::from_rank(rank).ok_or(Corrupt))
            .transpose()?,
        failure: failure(&mut row)?,
        provider: row.parse_or_none()?,
        estimate: money(&mut row)?,
        price: money(&mut row)?,
        created_at: time(row.int()?)?,
        due_at: time_or_none(&mut row)?,
        accepted_at: time_or_none(&mut row)?,
        delivered_at: time_or_none(&mut row)?,
        read_at: time_or_none(&mut row)?,
        content: row.parse()?,
        memory: one_of(
            row.int_or_none()?,
            &[Memory::Whole, Memory::WithoutText, Memory::WithoutNumber],
        )?
        .ok_or(Corrupt)?,
        payload: None,
        fence: 0,
        claims: 0,
        wake_at: None,
        leased_at: None,
        expires_at: None,
    })
}

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
        &[SettledBy::Answer, SettledBy::Callback, SettledBy::Lookup, SettledBy::GivenUp],
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

/// An opt-out as it is written.
#[derive(Serialize)]
pub(crate) struct OptOutRow<'a> {
    number: u64,
    organisation: &'a str,
    sender: &'a str,
    source: i64,
    at: i64,
}

impl<'a> OptOutRow<'a> {
    pub(crate) fn of(opt_out: &'a OptOut) -> Self {
        Self {
            number: opt_out.number.digits(),
            organisation: opt_out.scope.organisation.as_deref().unwrap_or_default(),
            sender: opt_out.scope.sender.as_deref().unwrap_or_default(),
            source: opt_out.source as i64,
            at: micros(opt_out.at),
        }
    }
}

pub(crate) fn read_opt_out(row: Vec<Value>) -> Result<OptOut, Corrupt> {
    let mut row = Columns::new(row);
    let number: PhoneNumber = format!("+{}", row.int()?).parse().map_err(|_| Corrupt)?;
    let filled = |text: String| Some(text).filter(|text| !text.is_empty());
    let scope = OptOutScope { organisation: filled(row.text()?), sender: filled(row.text()?) };
    let sources = [OptOutSource::Keyword, OptOutSource::Provider, OptOutSource::Manual];
    let source = one_of(row.int_or_none()?, &sources)?.ok_or(Corrupt)?;
    Ok(OptOut { number, scope, source, at: time(row.int()?)? })
}

pub(crate) fn micros(time: Timestamp) -> i64 {
    time.as_microsecond()
}

pub(crate) fn time(micros: i64) -> Result<Timestamp, Corrupt> {
    Timestamp::from_microsecond(micros).map_err(|_| Corrupt)
}

fn time_or_none(row: &mut Columns) -> Result<Option<Timestamp>, Corrupt> {
    row.int_or_none()?.map(time).transpose()
}

fn stage(number: i64) -> Result<Stage, Corrupt> {
    let known = Stage::ALL.into_iter().find(|(_, known, _)| *known == number);
    known.map(|(stage, ..)| stage).ok_or(Corrupt)
}

fn one_of<T: Copy>(place: Option<i64>, all: &[T]) -> Result<Option<T>, Corrupt> {
    let Some(place) = place else { return Ok(None) };
    let place: usize = place.try_into().map_err(|_| Corrupt)?;
    all.get(place).copied().map(Some).ok_or(Corrupt)
}

/// A word that serde reads.
fn word<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Corrupt> {
    serde_json::from_value(text.into()).map_err(|_| Corrupt)
}

pub(crate) fn failure(row: &mut Columns) -> Result<Option<DeliveryFailure>, Corrupt> {
    let (kind, code) = (row.text_or_none()?, row.text_or_none()?);
    let Some((kind, code)) = kind.zip(code) else { return Ok(None) };
    Ok(Some(DeliveryFailure::new(word(&kind)?, &code)))
}

/// An amount in whole units; none if it is not of this world.
pub(crate) fn units(money: Money) -> Option<i64> {
    let mut amount = money.amount.round_dp(UNITS);
    amount.rescale(UNITS);
    amount.mantissa().try_into().ok()
}

pub(crate) fn amount(units: i64) -> Decimal {
    Decimal::new(units, UNITS).normalize()
}

fn money(row: &mut Columns) -> Result<Option<Money>, Corrupt> {
    let (units, currency) = (row.int_or_none()?, row.parse_or_none::<Currency>()?);
    Ok(units.zip(currency).map(|(units, currency)| Money::new(amount(units), currency)))
}

/// What is forgotten of a message, as it is written.
#[derive(Serialize)]
pub(crate) struct ForgetRow<'a> {
    id: i64,
    forgotten: i64,
    theirs: &'a str,
}

/// The columns of that.
pub(crate) const FORGET: [Field; 3] = [("id", Int), ("forgotten", Int), ("theirs", Text)];

impl<'a> ForgetRow<'a> {
    pub(crate) fn of(forget: &'a Forget) -> Self {
        Self { id: forget.id.0, forgotten: forget.memory as i64, theirs: &forget.theirs }
    }
}
