//! Lines on standard output.

use std::{fmt::Display, io::Write};

use serde::Serialize;

/// Prints a value as one line of JSON.
pub(crate) fn json(value: &impl Serialize) {
    let mut out = std::io::stdout().lock();
    let written = serde_json::to_writer(&mut out, value).map_err(Into::into);
    end_if_closed(written.and_then(|()| writeln!(out)));
}

/// Prints one line.
pub(crate) fn line(line: &impl Display) {
    end_if_closed(writeln!(std::io::stdout().lock(), "{line}"));
}

/// Ends the process with exit code 0 if nobody reads standard output any more.
fn end_if_closed(written: std::io::Result<()>) {
    if written.and_then(|()| std::io::stdout().flush()).is_err() {
        std::process::exit(0);
    }
}
