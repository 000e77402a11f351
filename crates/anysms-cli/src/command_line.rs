//! The command line: every subcommand, and one line for a mistake.

use std::process::ExitCode;

use clap::{Parser, Subcommand, error::ErrorKind};

use crate::{
    bulk, completions, doctor, lookup, messages, numbers, price, register, sandbox, send, text,
    usage, verify,
};

/// Sends SMS through Twilio or Plivo, and checks everything around it.
#[derive(Parser)]
#[command(name = "anysms", version, after_help = AFTER_HELP)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Try it without an account:
  anysms send --sandbox --provider twilio --to +447700900123 --text \"Your table is ready\"
  anysms doctor --sandbox
  anysms sandbox --port 4010

With an account, set its credentials in the environment; `anysms send --help` lists the variables.

Exit codes:
  0  done
  1  the provider refused, or a check found something
  2  the command line, a file or the configuration is wrong";

#[derive(Subcommand)]
pub(crate) enum Command {
    Send(send::Arguments),
    Messages(messages::Arguments),
    Bulk(bulk::Arguments),
    Doctor(doctor::Arguments),
    Price(price::Arguments),
    Text(text::Arguments),
    Numbers(numbers::Arguments),
    Register(register::Arguments),
    Lookup(lookup::Arguments),
    Usage(usage::Arguments),
    Sandbox(sandbox::Arguments),
    Verify(verify::Arguments),
    Completions(completions::Arguments),
}

/// Reads the command line of this process. `Err` is the exit code after `--help`, `--version` or a
/// mistake, which is one line on standard error.
pub(crate) fn parse() -> Result<Command, ExitCode> {
    let error = match CommandLine::try_parse() {
        Ok(line) => return Ok(line.command),
        Err(error) => error,
    };
    if !error.use_stderr() {
        drop(error.print()); // --help and --version; a closed pipe is no failure
        return Err(ExitCode::SUCCESS);
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        eprint!("{error}");
    } else {
        let text = error.to_string(); // several lines; the last ones are about usage
        let lines = text.lines().take_while(|line| !line.starts_with("Usage"));
        let line = lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
        eprintln!("{line} (try --help)");
    }
    Err(ExitCode::from(2))
}
