//! Recording around a provider, and the tasks in the background.
//!
//! What belongs here: whatever asks a provider or a webhook's caller. What may be done is decided in `protocol`.

pub(crate) mod costs;
pub(crate) mod depth;
pub(crate) mod ingest;
mod lookup;
pub(crate) mod pace;
pub(crate) mod reconcile;
pub(crate) mod record;
pub(crate) mod runner;
pub(crate) mod worker;
