//! [`trouble`]: the warning of what runs in the background.

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
