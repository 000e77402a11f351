//! Twilio's API as data: which operations there are, what each asks for, what it answers. `api.json` is
//! condensed from Twilio's OpenAPI files (MIT license, beside it) by `xtask/src/sources/scripts`.

mod check;
mod table;

pub(super) use check::check;
pub(super) use table::{API, Arguments, Operation, Place, Rule, Shape, prefixes};
