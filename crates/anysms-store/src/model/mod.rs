//! Model of the store: what a row says.
//!
//! What belongs here: plain values. What may become of them is in `protocol`.

pub(crate) mod attempt;
pub(crate) mod attempt_token;
pub(crate) mod case;
pub(crate) mod entry;
pub(crate) mod event;
pub(crate) mod filter;
pub(crate) mod hash;
pub(crate) mod policy;
pub(crate) mod price;
pub(crate) mod redaction;
pub(crate) mod result;
pub(crate) mod seal;
pub(crate) mod status;
pub(crate) mod suppression;
pub(crate) mod thread;
