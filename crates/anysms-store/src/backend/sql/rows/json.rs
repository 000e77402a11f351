//! Rows on their way to the database: one JSON array, the parameter of one statement.

use std::{
    borrow::Cow,
    fmt::{Display, Write},
};

use anysms::error::{Error, ErrorKind, Result};
use serde::Serialize;

use crate::backend::sql::{
    connection::Arg,
    rows::{
        Field,
        column::{Column, Role},
    },
};

/// Value of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Owned(String),
}

impl<'a> From<Option<&'a str>> for Cell<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

/// Writes the columns of one declaration after the other. A null is left out: a name that is missing is null.
pub(crate) struct RowWriter<'a> {
    out: &'a mut Vec<u8>,
    names: std::slice::Iter<'static, Field>,
    first: bool,
}

impl RowWriter<'_> {
    pub(crate) fn cell(&mut self, cell: Cell<'_>) {
        match cell {
            Cell::Null => self.null(),
            Cell::Int(int) => self.int(int),
            Cell::Text(text) => self.text(text),
            Cell::Owned(text) => self.text(&text),
        }
    }

    pub(crate) fn null(&mut self) {
        self.names.next();
    }

    pub(crate) fn int(&mut self, int: i64) {
        if self.name() {
            let _ = std::io::Write::write_fmt(self.out, format_args!("{int}")); // a Vec takes all
        }
    }

    pub(crate) fn text(&mut self, text: &str) {
        if self.name() {
            // PostgreSQL has no text with a NUL in it.
            let text = if text.contains('\0') {
                text.replace('\0', "\u{fffd}").into()
            } else {
                Cow::Borrowed(text)
            };
            let _ = serde_json::to_writer(&mut *self.out, &*text); // a text is always JSON, and a Vec takes all
        }
    }

    pub(crate) fn display(&mut self, value: &impl Display) {
        let mut text = String::new();
        let _ = write!(text, "{value}"); // a String takes all
        self.text(&text);
    }

    fn name(&mut self) -> bool {
        let Some((name, _)) = self.names.next() else { return false };
        self.out.extend_from_slice(if self.first { b"\"" } else { b",\"" });
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.first = false;
        true
    }
}

/// Rows under construction.
pub(crate) struct Rows(Vec<u8>);

impl Rows {
    pub(crate) fn new() -> Self {
        Self(vec![b'['])
    }

    /// Adds a row of these columns.
    pub(crate) fn add<T>(&mut self, row: &T, columns: &[Column<T>], roles: &[Role]) {
        self.start();
        let mut first = true;
        self.columns(row, columns, roles, &mut first);
        self.0.push(b'}');
    }

    /// Begins an object, with what separates it from the one before.
    pub(crate) fn start(&mut self) {
        self.0.extend_from_slice(if self.0.len() == 1 { b"{" } else { b",{" });
    }

    /// Adds columns to the object that has begun.
    pub(crate) fn columns<T>(
        &mut self,
        row: &T,
        columns: &[Column<T>],
        roles: &[Role],
        first: &mut bool,
    ) {
        for column in columns.iter().filter(|column| roles.contains(&column.role)) {
            let mut writer =
                RowWriter { out: &mut self.0, names: column.fields.iter(), first: *first };
            (column.write)(row, &mut writer);
            *first = writer.first;
        }
    }

    /// Ends the object.
    pub(crate) fn end(&mut self, more: &str) {
        self.0.extend_from_slice(more.as_bytes());
        self.0.push(b'}');
    }

    pub(crate) fn text(mut self) -> Result<String> {
        self.0.push(b']');
        String::from_utf8(self.0).map(without_nul).map_err(|_| unwritable())
    }
}

/// Roles of what is inserted.
pub(crate) const INSERTED: [Role; 3] = [Role::Id, Role::Fixed, Role::Changing];

/// Roles of what is changed.
pub(crate) const CHANGED: [Role; 2] = [Role::Id, Role::Changing];

/// Rows as one parameter.
pub(crate) fn rows_of<'a, T: 'static>(
    rows: impl IntoIterator<Item = &'a T>,
    columns: &[Column<T>],
    roles: &[Role],
) -> Result<Arg> {
    let mut out = Rows::new();
    rows.into_iter().for_each(|row| out.add(row, columns, roles));
    out.text().map(Arg::Text)
}

/// Keys of rows as one parameter.
pub(crate) fn json<T: Serialize>(rows: &[T]) -> Result<Arg> {
    let text = serde_json::to_string(rows).map_err(|_| unwritable())?;
    Ok(Arg::Text(without_nul(text)))
}

fn unwritable() -> Error {
    Error::not_sent(ErrorKind::InvalidContent).with_detail("store: cannot be written as JSON")
}

/// Replaces NULs, which JSON writes as `\u0000`: PostgreSQL has no text with a NUL in it.
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
