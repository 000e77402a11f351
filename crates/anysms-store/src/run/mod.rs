//! Recording around a provider, and the tasks in the background.
//!
//! What belongs here: whatever asks a provider or a webhook's caller. What may be done is decided in `protocol`.

pub(crate) mod ingest;
mod lookup;
pub(crate) mod pace;
pub(crate) mod reconcile;
pub(crate) mod record;
pub(crate) mod runner;
pub(crate) mod worker;

use anysms::error::Error;

/// Warns of an error that nobody waits for.
#[cfg_attr(not(feature = "tracing"), allow(unused_variables))]
pub(crate) fn trouble(task: &'static str, error: &Error) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        target: "anysms::store",
        { anysms.task = task, error.type = error.kind().as_str(), anysms.code = error.code() },
        "store: cannot be read or written; tried again"
    );
}
