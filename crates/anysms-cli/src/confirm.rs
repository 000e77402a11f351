//! A question before something costs money.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::failure::Failure;

/// Asks on the terminal unless `--yes` was given. Anything but `y` or `yes` ends the command, and so does a standard
/// input that is no terminal.
pub(crate) fn confirmed(question: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return Err(Failure::usage("--yes", "is not given, and there is no terminal to ask on"));
    }
    eprint!("{question} [y/N] ");
    drop(io::stderr().flush());
    let mut answer = String::new();
    drop(stdin.lock().read_line(&mut answer));
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::Usage("not confirmed: nothing was done".to_owned())),
    }
}
