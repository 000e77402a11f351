//! Opt-outs.

use serde::Serialize;

use crate::{OptOut, OptOutScope, backend::sql::{connection::{Columns, Corrupt, Value}, rows::{Field, Kind::{Int, Text}, micros, one_of, time}}};

use anysms::{message::Address, number::PhoneNumber, suppression::OptOutSource};

/// The columns of an opt-out.
pub(crate) const OPT_OUT: [Field; 5] =
    [("number", Int), ("organisation", Text), ("sender", Text), ("source", Int), ("at", Int)];

/// An opt-out as it is written.
#[derive(Serialize)]
pub(crate) struct OptOutRow<'a> {
    number: u64,
    organisation: &'a str,
    sender: String,
    source: i64,
    at: i64,
}

impl<'a> OptOutRow<'a> {
    pub(crate) fn of(opt_out: &'a OptOut) -> Self {
        Self {
            number: opt_out.number.digits(),
            organisation: opt_out.scope.organisation.as_deref().unwrap_or_default(),
            sender: opt_out.scope.sender.as_ref().map(ToString::to_string).unwrap_or_default(),
            source: opt_out.source as i64,
            at: micros(opt_out.at),
        }
    }
}

pub(crate) fn read_opt_out(row: Vec<Value>) -> Result<OptOut, Corrupt> {
    let mut row = Columns::new(row);
    let number: PhoneNumber = format!("+{}", row.int()?).parse().map_err(|_| Corrupt)?;
    let filled = |text: String| Some(text).filter(|text| !text.is_empty());
    let organisation = filled(row.text()?);
    let sender = filled(row.text()?).map(|text| Address::from_wire(&text));
    let scope = OptOutScope { organisation, sender };
    let sources = [OptOutSource::Keyword, OptOutSource::Provider, OptOutSource::Manual];
    let source = one_of(row.int_or_none()?, &sources)?.ok_or(Corrupt)?;
    Ok(OptOut { number, scope, source, at: time(row.int()?)? })
}
