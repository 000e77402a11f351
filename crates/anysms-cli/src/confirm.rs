//! Confirmation of what costs money or cannot be undone.

use std::io::{BufRead, IsTerminal, Write, stderr, stdin};

use crate::failure::Failure;

/// Asks a question on the terminal. Passes without asking if `--yes` was given; fails without a terminal to ask on,
/// and for any answer but `y` or `yes`.
pub(crate) fn ask(question: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    let mut input = stdin().lock();
    if !input.is_terminal() {
        let problem = "is not given, and standard input is no terminal to ask on; nothing was done";
        return Err(Failure::usage("--yes", problem));
    }
    eprint!("{question} [y/N] ");
    let (mut answer, failed) = (String::new(), |error| Failure::usage("standard input", error));
    stderr().flush().map_err(failed)?;
    input.read_line(&mut answer).map_err(failed)?;
    if is_yes(&answer) {
        return Ok(());
    }
    Err(Failure::usage("confirmation", "the answer was no; nothing was done"))
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::is_yes;

    #[test]
    fn only_yes_is_yes() {
        for (answer, yes) in
            [("y\n", true), (" YES\r\n", true), ("", false), ("yep", false), ("n", false)]
        {
            assert_eq!(is_yes(answer), yes, "{answer:?}");
        }
    }
}
