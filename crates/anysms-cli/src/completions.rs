//! `anysms completions`: completion scripts for shells.

use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::{command_line::CommandLine, failure::Failure, output};

/// Prints a completion script for a shell.
#[derive(Args)]
#[command(after_help = "\
Example:
  anysms completions bash > ~/.local/share/bash-completion/completions/anysms

Environment: reads none.

Exit codes:
  0  printed
  2  the command line is wrong")]
pub(crate) struct Arguments {
    /// The shell that completes.
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut CommandLine::command(), "anysms", &mut script);
    output::line(&String::from_utf8_lossy(&script).trim_end());
    Ok(ExitCode::SUCCESS)
}
