//! Rows on their way to the database: one JSON array, the parameter of one statement, or a list of each column.

use std::{
    borrow::Cow,
    fmt::{Display, Write},
};

use anysms::error::{Error, ErrorKind, Result};
use serde::Serialize;

use crate::backend::sql::{
    connection::{Arg, Dialect},
    rows::{
        Field, Kind,
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

/// Writes the columns of one declaration after the other: into an object, or each into a list of its own.
pub(crate) struct RowWriter<'a>(Out<'a>);

enum Out<'a> {
    /// A null is left out: a name that is missing is null.
    Object { json: &'a mut Vec<u8>, names: std::slice::Iter<'static, Field>, first: bool },
    #[cfg(feature = "postgres")]
    Lists(std::slice::IterMut<'a, Arg>),
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
        match &mut self.0 {
            Out::Object { names, .. } => drop(names.next()),
            #[cfg(feature = "postgres")]
            Out::Lists(lists) => match lists.next() {
                Some(Arg::Ints(ints)) => ints.push(None),
                Some(Arg::Texts(texts)) => texts.push(None),
                _ => {} // a declaration has as many values as columns
            },
        }
    }

    pub(crate) fn int(&mut self, int: i64) {
        match &mut self.0 {
            Out::Object { .. } => {
                if let Some(json) = self.name() {
                    let _ = std::io::Write::write_fmt(json, format_args!("{int}")); // a Vec takes all
                }
            }
            #[cfg(feature = "postgres")]
            Out::Lists(lists) => {
                if let Some(Arg::Ints(ints)) = lists.next() {
                    ints.push(Some(int));
                }
            }
        }
    }

    pub(crate) fn text(&mut self, text: &str) {
        // PostgreSQL has no text with a NUL in it.
        let text = if text.contains('\0') {
            text.replace('\0', "\u{fffd}").into()
        } else {
            Cow::Borrowed(text)
        };
        match &mut self.0 {
            Out::Object { .. } => {
                if let Some(json) = self.name() {
                    let _ = serde_json::to_writer(json, &*text); // a text is always JSON, and a Vec takes all
                }
            }
            #[cfg(feature = "postgres")]
            Out::Lists(lists) => {
                if let Some(Arg::Texts(texts)) = lists.next() {
                    texts.push(Some(text.into_owned()));
                }
            }
        }
    }

    pub(crate) fn display(&mut self, value: &impl Display) {
        let mut text = String::new();
        let _ = write!(text, "{value}"); // a String takes all
        self.text(&text);
    }

    /// Writes the next name of an object, and returns where its value goes.
    fn name(&mut self) -> Option<&mut Vec<u8>> {
        #[allow(irrefutable_let_patterns)] // without PostgreSQL there are no lists
        let Out::Object { json, names, first } = &mut self.0 else { return None };
        let (name, _) = names.next()?;
        json.extend_from_slice(if std::mem::take(first) { b"\"" } else { b",\"" });
        json.extend_from_slice(name.as_bytes());
        json.extend_from_slice(b"\":");
        Some(json)
    }
}

/// Writes the columns of these roles as lists, the parameters of PostgreSQL's `unnest`: it takes them much sooner than
/// JSON.
#[cfg(feature = "postgres")]
fn lists_of<'a, T: 'static>(
    rows: impl Iterator<Item = &'a T>,
    columns: &[Column<T>],
    roles: &[Role],
) -> Vec<Arg> {
    let columns: Vec<_> = columns.iter().filter(|column| roles.contains(&column.role)).collect();
    let list = |(_, kind): &Field| match kind {
        Kind::Int => Arg::Ints(Vec::new()),
        Kind::Text => Arg::Texts(Vec::new()),
    };
    let mut lists: Vec<Arg> = columns.iter().flat_map(|column| column.fields).map(list).collect();
    for row in rows {
        let mut rest = lists.as_mut_slice();
        for column in &columns {
            let (own, others) = rest.split_at_mut(column.fields.len());
            (column.write)(row, &mut RowWriter(Out::Lists(own.iter_mut())));
            rest = others;
        }
    }
    lists
}

/// Rows under construction.
pub(crate) struct Rows(Vec<u8>);

impl Rows {
    pub(crate) fn new() -> Self {
        Self(vec![b'['])
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
            let names = column.fields.iter();
            let mut writer = RowWriter(Out::Object { json: &mut self.0, names, first: *first });
            (column.write)(row, &mut writer);
            #[allow(irrefutable_let_patterns)] // without PostgreSQL there are no lists
            if let Out::Object { first: still, .. } = writer.0 {
                *first = still;
            }
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

/// Roles of what is inserted; the same where the database gives the id.
pub(crate) const INSERTED: [Role; 3] = [Role::Id, Role::Fixed, Role::Changing];
pub(crate) const NEW: [Role; 2] = [Role::Fixed, Role::Changing];

/// Roles of what is changed.
pub(crate) const CHANGED: [Role; 2] = [Role::Id, Role::Changing];

/// Rows as the parameters of a statement of [`given_rows`](crate::backend::sql::given::given_rows).
pub(crate) fn rows_of<'a, T: 'static>(
    dialect: Dialect,
    rows: impl IntoIterator<Item = &'a T>,
    columns: &[Column<T>],
    roles: &[Role],
) -> Result<Vec<Arg>> {
    match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => {
            let mut out = Rows::new();
            for row in rows {
                out.start();
                out.columns(row, columns, roles, &mut true);
                out.end("");
            }
            Ok(vec![out.text().map(Arg::Text)?])
        }
        #[cfg(feature = "postgres")]
        Dialect::Postgres => Ok(lists_of(rows.into_iter(), columns, roles)),
    }
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
