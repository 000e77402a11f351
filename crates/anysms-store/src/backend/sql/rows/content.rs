//! What a message says, and what is forgotten of it.

use serde::Serialize;

use crate::{LogEntry, backend::sql::{connection::{Columns, Corrupt, Value}, rows::{Field, Kind::{Int, Text}, read_entry}}, run::retention::Forget};

/// The columns of what a message says.
pub(crate) const CONTENT: [Field; 4] =
    [("message", Int), ("body", Text), ("media", Text), ("body_hash", Text)];

/// What a message says, as it is written.
#[derive(Serialize)]
pub(crate) struct ContentRow<'a> {
    #[serde(skip_serializing_if = "is_new")]
    message: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    media: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_hash: Option<String>,
}

/// The database gives the id.
fn is_new(id: &i64) -> bool {
    *id == 0
}

impl<'a> ContentRow<'a> {
    pub(crate) fn of(entry: &'a LogEntry) -> Self {
        Self {
            message: entry.id.0,
            body: entry.text.as_deref(),
            media: serde_json::to_string(&entry.media).unwrap_or_default(), // texts are always JSON
            body_hash: entry.text_hash.as_ref().map(ToString::to_string),
        }
    }
}

/// An entry with what it says, which is read behind it.
pub(crate) fn read_whole(row: Vec<Value>) -> Result<LogEntry, Corrupt> {
    let mut row = Columns::new(row);
    let entry = read_entry(&mut row)?;
    Ok(LogEntry {
        text: row.text_or_none()?.map(Into::into),
        media: serde_json::from_str(&row.text()?).map_err(|_| Corrupt)?,
        text_hash: row.parse_or_none()?,
        ..entry
    })
}

/// What stands in place of a message's number, as it is written.
#[derive(Serialize)]
pub(crate) struct ForgetRow<'a> {
    id: i64,
    theirs: &'a str,
}

/// The columns of that.
pub(crate) const FORGET: [Field; 2] = [("id", Int), ("theirs", Text)];

impl<'a> ForgetRow<'a> {
    pub(crate) fn of(forget: &'a Forget) -> Self {
        Self { id: forget.id.0, theirs: &forget.theirs }
    }
}
