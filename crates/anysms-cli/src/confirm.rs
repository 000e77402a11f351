//! [`confirmed`]: asks before something that costs money or cannot be undone.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::failure::Failure;

/// Asks a question on standard error, unless it was answered with `--yes`. `Err` without a terminal to ask on, and
/// for any answer but yes.
pub(crate) fn confirmed(question: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    can_ask("--yes")?;
    match answer(&format!("{question} [y/N] "))?.to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::usage("confirmation", "was not given; nothing was done")),
    }
}

/// Fails, with the option that answers in place of a person, if there is no terminal to ask on.
pub(crate) fn can_ask(option: &str) -> Result<(), Failure> {
    if io::stdin().is_terminal() {
        return Ok(());
    }
    Err(Failure::usage(
        option,
        "is not given, and there is no terminal to ask on; nothing was done",
    ))
}

/// Asks for a line.
pub(crate) fn answer(question: &str) -> Result<String, Failure> {
    let closed = |error: io::Error| Failure::usage("confirmation", error);
    eprint!("{question}");
    io::stderr().flush().map_err(closed)?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(closed)?;
    Ok(line.trim().to_owned())
}
