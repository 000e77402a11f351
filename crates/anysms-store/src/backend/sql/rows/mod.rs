//! Rows of the tables. **A column is declared here**, in the file of its table, and nowhere else; its place in the
//! database is a step of `schema`.

mod attempt;
pub(crate) mod column;
mod entry;
mod event;
pub(crate) mod json;
mod lookup_keys;
mod price;
pub(crate) mod stored;
mod suppression;
pub(crate) mod thread;

pub(crate) use attempt::{ATTEMPT, message_of, read_attempt};
pub(crate) use entry::{
    CONTENT, ENTRY, FORGET, ForgetRow, QUEUE, id_of, is_dead, place_of, read_entry, read_place,
    read_whole, tenant,
};
pub(crate) use event::{EVENT, read_event};
pub(crate) use lookup_keys::{
    Id, Key, Number, PLACE, Place, Provider, RESULT, Remotes, ResultRow, Tenant, Token,
    provider_ids,
};
pub(crate) use price::{PRICE, read_price};
pub(crate) use suppression::{SUPPRESSION, read_suppression, told};

/// Type of a column: a whole number or a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Int,
    Text,
}

/// Name and type of a column.
pub(crate) type Field = (&'static str, Kind);
