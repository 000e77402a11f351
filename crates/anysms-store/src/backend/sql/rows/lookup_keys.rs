//! Keys by which rows are looked up: ids, keys, tokens, providers' ids, numbers.

use serde::Serialize;

use anysms::message::MessageId;

use super::{Field, Kind};
use crate::{End, Entry, EntryId};

#[derive(Serialize)]
pub(crate) struct Id {
    pub(crate) id: i64,
}

/// Place in the queue, of the version that is known.
#[derive(Serialize)]
pub(crate) struct Place {
    pub(crate) id: i64,
    pub(crate) version: i64,
}

/// Columns of that.
pub(crate) const PLACE: [Field; 2] = [("id", Kind::Int), ("version", Kind::Int)];

/// End of a message, and when it is told next.
#[derive(Serialize)]
pub(crate) struct ResultRow {
    message: i64,
    ended: i64,
    tell_at: i64,
}

/// Columns of that.
pub(crate) const RESULT: [Field; 3] =
    [("message", Kind::Int), ("ended", Kind::Int), ("tell_at", Kind::Int)];

impl ResultRow {
    pub(crate) fn new(message: EntryId, end: End, tell_at: i64) -> Self {
        Self { message: message.0, ended: end as i64, tell_at }
    }
}

#[derive(Serialize)]
pub(crate) struct Key<'a> {
    pub(crate) tenant: &'a str,
    pub(crate) key: &'a str,
}

impl<'a> Key<'a> {
    pub(crate) fn of(entry: &'a Entry) -> Self {
        Self { tenant: entry.tenant_name(), key: entry.key.as_str() }
    }
}

#[derive(Serialize)]
pub(crate) struct Tenant<'a> {
    pub(crate) tenant: &'a str,
}

#[derive(Serialize)]
pub(crate) struct Token {
    pub(crate) token: String,
}

#[derive(Serialize)]
pub(crate) struct ProviderIdKey<'a> {
    pub(crate) provider: &'a str,
    pub(crate) provider_id: &'a str,
}

#[derive(Serialize)]
pub(crate) struct Number {
    pub(crate) number: u64,
}

#[derive(Serialize)]
pub(crate) struct Provider<'a> {
    pub(crate) provider: &'a str,
}

#[derive(Serialize)]
pub(crate) struct Remotes<'a> {
    pub(crate) remote: &'a str,
}

pub(crate) fn provider_ids(ids: &[MessageId]) -> Vec<ProviderIdKey<'_>> {
    let key =
        |id| ProviderIdKey { provider: MessageId::provider(id).as_str(), provider_id: id.value() };
    ids.iter().map(key).collect()
}
