//! How entries, attempts, events and opt-outs stand in the tables, and what they are asked for by.

mod lookup_keys;
mod attempt;
mod content;
mod entry;
mod event;
mod opt_out;

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::{Stage, backend::sql::connection::{Columns, Corrupt}, report::UNITS};

use anysms::message::{Currency, DeliveryFailure, Money};

pub(crate) use lookup_keys::{
    Id, Key, Number, Provider, Theirs, Token, json, json_text, remotes, rows_or_none,
};
pub(crate) use attempt::{ATTEMPT, AttemptRow, message_of, read_attempt};
pub(crate) use content::{CONTENT, ContentRow, FORGET, ForgetRow, read_whole};
pub(crate) use entry::{
    CHANGE, ChangeRow, ENTRY, EntryRow, QUEUE, QueueRow, is_dead, place_of, queue_of, read_entry,
    read_queue,
};
pub(crate) use event::{EVENT, EventRow, read_event};
pub(crate) use opt_out::{OPT_OUT, OptOutRow, read_opt_out};

/// A column that is a whole number, or a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Int,
    Text,
}

pub(crate) type Field = (&'static str, Kind);

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
