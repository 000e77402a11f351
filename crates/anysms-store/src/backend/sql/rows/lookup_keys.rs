//! What rows are asked for by: ids, keys, tokens, providers' ids, numbers.

use serde::Serialize;

use anysms::{error::{Error, ErrorKind, Result}, message::MessageId};

use crate::{LogEntry, backend::sql::connection::Arg};

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

#[derive(Serialize)]
pub(crate) struct Provider<'a> {
    pub(crate) provider: &'a str,
}

#[derive(Serialize)]
pub(crate) struct Theirs<'a> {
    pub(crate) theirs: &'a str,
}

pub(crate) fn remotes(ids: &[MessageId]) -> Vec<Remote<'_>> {
    ids.iter().map(|id| Remote { provider: id.provider().as_str(), remote: id.value() }).collect()
}

pub(crate) fn rows_or_none<T: Serialize>(rows: &[T]) -> Result<Option<Arg>> {
    if rows.is_empty() { Ok(None) } else { json(rows).map(Some) }
}

/// Rows as one parameter.
pub(crate) fn json<T: Serialize>(rows: &[T]) -> Result<Arg> {
    json_text(rows).map(Arg::Text)
}

pub(crate) fn json_text<T: Serialize>(rows: &[T]) -> Result<String> {
    serde_json::to_string(rows).map(without_nul).map_err(|_| {
        Error::not_sent(ErrorKind::InvalidContent).with_detail("log: cannot be written as JSON")
    })
}

/// PostgreSQL has no text with a NUL in it, which JSON writes as `\u0000`.
fn without_nul(json: String) -> String {
    const NUL: &str = "\\u0000";
    if !json.contains(NUL) {
        return json;
    }
    let mut rest = json.as_str();
    let mut clean = String::with_capacity(json.len());
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        clean += before;
        // A backslash has one character behind it at least; only ASCII has escapes.
        let (escape, after) = escape.split_at(if escape.starts_with(NUL) { NUL.len() } else { 2 });
        clean += if escape == NUL { "\\ufffd" } else { escape };
        rest = after;
    }
    clean + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_is_replaced_and_what_looks_like_one_is_not() {
        for (text, kept) in
            [("a\0b\0", "a\u{fffd}b\u{fffd}"), ("\\u0000 \"\\", "\\u0000 \"\\"), ("é\n", "é\n")]
        {
            let Arg::Text(written) = json(&[text]).unwrap() else { panic!("a text") };
            assert_eq!(serde_json::from_str::<[String; 1]>(&written).unwrap(), [kept]);
        }
    }
}
