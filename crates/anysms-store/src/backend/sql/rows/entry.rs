//! Messages, their content, and their places in the queue.

use anysms::{TenantId, message::MessageId};
use serde::Serialize;

use super::{
    Field, Kind,
    column::{self, columns},
    json::Cell,
};
use crate::{
    Entry, EntryId, Stage,
    backend::sql::connection::{Columns, Corrupt, Value},
    protocol::retention::Forget,
};

columns! {
    /// Columns of a message, without its content and its place in the queue.
    ENTRY: Entry = {
        Id ["id"] => id;
        Fixed ["tenant"] => (Text, |entry| Cell::Text(entry.tenant_name()), |entry, columns| {
            entry.tenant = tenant(&columns.text()?);
            Ok(())
        });
        Fixed ["key"] => key;
        Fixed ["direction"] => direction;
        Fixed ["remote"] => remote;
        Fixed ["local"] => local;
        Fixed ["sender"] => sender;
        Fixed ["country"] => country;
        Changing ["segments"] => segments;
        Fixed ["content"] => (Int, |entry| Cell::Int(entry.content.hash), |entry, columns| {
            entry.content.hash = columns.int()?;
            Ok(())
        });
        Fixed ["content_version"] => (Int, |entry| Cell::Int(entry.content.version.into()), |entry, columns| {
            entry.content.version = columns.int()?.try_into().map_err(|_| Corrupt)?;
            Ok(())
        });
        Fixed ["class"] => class;
        Fixed ["campaign"] => campaign;
        Fixed ["user_id"] => user;
        Fixed ["tags"] => tags;
        Changing ["status"] => status;
        Changing ["failure_kind", "failure_code"] => failure;
        Changing ["error_text"] => error_text;
        Changing ["provider"] => provider;
        Changing ["account"] => account;
        Changing ["provider_id"] => (Text, |entry| entry.provider_id.as_ref().map(MessageId::value).into(),
            |entry, columns| {
                let provider = entry.provider.clone();
                let id = columns.text_or_none()?.zip(provider);
                let id = id.map(|(value, provider)| MessageId::new(provider, &value));
                entry.provider_id = id.transpose().map_err(|_| Corrupt)?;
                Ok(())
            });
        Changing ["estimate", "estimate_currency"] => estimate;
        Changing ["price", "price_currency"] => price;
        Fixed ["created_at"] => created_at;
        Changing ["due_at"] => due_at;
        Changing ["accepted_at"] => accepted_at;
        Changing ["delivered_at"] => delivered_at;
        Changing ["failed_at"] => failed_at;
        Fixed ["read_at"] => read_at;
        Fixed ["forgotten"] => redaction;
        Changing ["freed"] => freed;
    }
}

columns! {
    /// Columns of the content of a message.
    CONTENT: Entry = {
        Id ["message"] => id;
        Fixed ["body"] => text;
        Fixed ["media"] => media;
        Fixed ["body_hash"] => text_hash;
        Fixed ["kept"] => kept;
    }
}

columns! {
    /// Columns of the place of a message in the queue.
    QUEUE: Entry = {
        Id ["message"] => id;
        Changing ["stage"] => stage;
        Fixed ["payload"] => payload;
        Changing ["fence"] => fence;
        Changing ["claims"] => claims;
        Changing ["version"] => version;
        Changing ["wake_at"] => wake_at;
        Changing ["leased_at"] => leased_at;
        Changing ["expires_at"] => expires_at;
        Fixed ["keeps"] => keeps;
        Fixed ["rank"] => (Int, |entry| Cell::Int(entry.rank()), |_, columns| columns.int().map(drop));
        Fixed ["queue_tenant"] => (Text, |entry| Cell::Text(entry.tenant_name()), |_, columns| columns.text().map(drop));
    }
}

/// Reads a tenant; `None` for an empty name. The first edition allowed names that are none today: those are
/// shown as far as they can be.
pub(crate) fn tenant(name: &str) -> Option<TenantId> {
    if name.is_empty() {
        return None;
    }
    TenantId::new(name).ok().or_else(|| {
        let shown = name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c });
        let mut shown: String = shown.collect();
        while shown.len() > TenantId::MAX_LEN {
            shown.pop();
        }
        TenantId::new(&shown).ok()
    })
}

/// Reads a message without its content, as one that is not in the queue.
pub(crate) fn read_entry(columns: &mut Columns) -> Result<Entry, Corrupt> {
    let mut entry = Entry::blank();
    column::read(ENTRY, &mut entry, columns)?;
    if let Some(failure) = entry.failure.as_ref().filter(|_| entry.error_text.is_none()) {
        entry.error_text = Some(failure.kind.description().to_owned()); // of the first edition
    }
    Ok(entry)
}

/// Reads a message with its content, which is selected behind it.
pub(crate) fn read_whole(row: Vec<Value>) -> Result<Entry, Corrupt> {
    let mut columns = Columns::new(row);
    let mut entry = read_entry(&mut columns)?;
    column::read(&CONTENT[1..], &mut entry, &mut columns)?;
    Ok(entry)
}

/// Reads the place of a message in the queue.
pub(crate) fn read_place(row: Vec<Value>, entry: &mut Entry) -> Result<(), Corrupt> {
    column::read(QUEUE, entry, &mut Columns::new(row))
}

/// Reads the id with which every row begins, whether the rest can be read or not.
pub(crate) fn id_of(row: &[Value]) -> Result<EntryId, Corrupt> {
    match row.first() {
        Some(Value::Int(id)) => Ok(EntryId(*id)),
        _ => Err(Corrupt),
    }
}

/// Returns whether a place in the queue is that of a dead letter.
pub(crate) fn is_dead(row: &[Value]) -> bool {
    row.get(column::place(QUEUE, "stage")) == Some(&Value::Int(Stage::Dead.number()))
}

/// Reads the id and the time of a row, by which lists go on, whether the rest can be read or not.
pub(crate) fn place_of(row: &[Value]) -> Result<(i64, i64), Corrupt> {
    match (row.first(), row.get(column::place(ENTRY, "created_at"))) {
        (Some(Value::Int(id)), Some(Value::Int(at))) => Ok((*id, *at)),
        _ => Err(Corrupt),
    }
}

/// Replacement of the number of a message from now on.
#[derive(Serialize)]
pub(crate) struct ForgetRow<'a> {
    id: i64,
    remote: &'a str,
}

/// Columns of that.
pub(crate) const FORGET: [Field; 2] = [("id", Kind::Int), ("remote", Kind::Text)];

impl<'a> ForgetRow<'a> {
    pub(crate) fn of(forget: &'a Forget) -> Self {
        Self { id: forget.id.0, remote: &forget.remote }
    }
}
