//! Entries, what changes of them, and their places in the queue.

use serde::Serialize;

use crate::{EntryId, LogEntry, LogStatus, Stage, backend::sql::{connection::{Columns, Corrupt, Value}, rows::{Field, Kind::{Int, Text}, failure, micros, money, one_of, stage, time, time_or_none, units}}, model::hash::ContentHash, run::retention::Memory};

use anysms::{message::{Direction, MessageClass}, ProviderId};

/// The columns of an entry but what it says, in the order in which they are read.
pub(crate) const ENTRY: [Field; 27] = [
    ("id", Int),
    ("organisation", Text),
    ("key", Text),
    ("direction", Int),
    ("theirs", Text),
    ("ours", Text),
    ("country", Text),
    ("segments", Int),
    ("content", Int),
    ("class", Int),
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
    ("forgotten", Int),
];

/// Which of them is the time.
const CREATED_AT: usize = 21;

/// The classes by their numbers.
const CLASSES: [MessageClass; 3] =
    [MessageClass::Transactional, MessageClass::OneTimeCode, MessageClass::Marketing];

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

/// An entry as it is written, without what it says. What is missing is null, and most is.
#[derive(Serialize)]
pub(crate) struct EntryRow<'a> {
    id: i64,
    organisation: &'a str,
    key: &'a str,
    direction: i64,
    theirs: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ours: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    segments: Option<u32>,
    content: i64,
    class: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    estimate: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    estimate_currency: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price_currency: Option<&'a str>,
    created_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivered_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    read_at: Option<i64>,
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

/// Whether a place is that of a message that is set aside.
pub(crate) fn is_dead(row: &[Value]) -> bool {
    row.get(1) == Some(&Value::Int(Stage::ALL[Stage::Dead as usize].1))
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
            segments: entry.segments,
            content: entry.content.0,
            class: entry.class as i64,
            campaign: entry.campaign.as_deref(),
            user_id: entry.user.as_deref(),
            tags: Some(&entry.tags)
                .filter(|tags| !tags.is_empty())
                .and_then(|tags| serde_json::to_string(tags).ok()), // texts are always JSON
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

/// The id and the time of a row, by which lists go on, whether the rest of it can be read or not.
pub(crate) fn place_of(row: &[Value]) -> Result<(i64, i64), Corrupt> {
    match (row.first(), row.get(CREATED_AT)) {
        (Some(Value::Int(id)), Some(Value::Int(at))) => Ok((*id, *at)),
        _ => Err(Corrupt),
    }
}

/// The entry of a row without what it says, as one that is not in the queue.
pub(crate) fn read_entry(row: &mut Columns) -> Result<LogEntry, Corrupt> {
    Ok(LogEntry {
        id: EntryId(row.int()?),
        organisation: Some(row.text()?).filter(|organisation| !organisation.is_empty()),
        key: row.parse()?,
        direction: if row.int()? == 1 { Direction::Inbound } else { Direction::Outbound },
        theirs: row.parse()?,
        ours: row.parse_or_none()?,
        country: row.parse_or_none()?,
        segments: row.int_or_none()?.and_then(|count| count.try_into().ok()),
        content: ContentHash(row.int()?),
        class: one_of(row.int_or_none()?, &CLASSES)?.ok_or(Corrupt)?,
        campaign: row.text_or_none()?,
        user: row.text_or_none()?,
        tags: row
            .text_or_none()?
            .map_or(Ok(Vec::new()), |tags| serde_json::from_str(&tags))
            .map_err(|_| Corrupt)?,
        stage: Stage::Done,
        status: row
            .int_or_none()?
            .map(|rank| LogStatus::from_rank(rank).ok_or(Corrupt))
            .transpose()?,
        failure: failure(row)?,
        provider: row.parse_or_none()?,
        estimate: money(row)?,
        price: money(row)?,
        created_at: time(row.int()?)?,
        due_at: time_or_none(row)?,
        accepted_at: time_or_none(row)?,
        delivered_at: time_or_none(row)?,
        read_at: time_or_none(row)?,
        memory: one_of(
            row.int_or_none()?,
            &[Memory::Whole, Memory::WithoutText, Memory::WithoutNumber],
        )?
        .ok_or(Corrupt)?,
        text: None,
        media: Vec::new(),
        text_hash: None,
        payload: None,
        fence: 0,
        claims: 0,
        wake_at: None,
        leased_at: None,
        expires_at: None,
    })
}
