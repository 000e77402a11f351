//! What rows are asked for by: ids, keys, tokens, providers' ids, numbers.

use serde::Serialize;

use crate::{
    error::{Error, ErrorKind, Result},
    log::{LogEntry, sql::link::Arg},
    message::MessageId,
};

#[derive(Serialize)]
pub(crate) struct Id {
    pub(crate) id: i64,
}

#[derive(Serialize)]
pub(crate) struct Key<'a> {
    pub(crate) organisation: &'a str,
    pub(crate) key: &'a str,
}

impl<'a> Key<'a> {
    pub(crate) fn of(entry: &'a LogEntry) -> Self {
        let organisation = entry.organisation.as_deref().unwrap_or_default();
        Self { organisation, key: entry.key.as_str() }
    }
}

#[derive(Serialize)]
pub(crate) struct Token {
    pub(crate) token: String,
}

#[derive(Serialize)]
pub(crate) struct Remote<'a> {
    pub(crate) provider: &'a str,
    pub(crate) remote: &'a str,
}

#[derive(Serialize)]
pub(crate) struct Number {
    pub(crate) number: u64,
}

pub(crate) fn remotes(ids: &[MessageId]) -> Vec<Remote<'_>> {
    ids.iter().map(|id| Remote { provider: id.provider().as_str(), remote: id.value() }).collect()
}

pub(crate) fn rows_or_none<T: Serialize>(rows: &[T]) -> Result<Option<Arg>> {
    if rows.is_empty() { Ok(None) } else { json(rows).map(Some) }
}

/// Rows as one parameter.
pub(crate) fn json<T: Serialize>(rows: &[T]) -> Result<Arg> {
    let json = serde_json::to_string(rows).map_err(|_| {
        Error::not_sent(ErrorKind::InvalidRequest).with_detail("log: cannot be written as JSON")
    })?;
    Ok(Arg::Text(json))
}
