//! The command `anysms`: a sandbox carrier, a check of a set-up, messages one by one and in bulk,
//! texts, numbers, prices, lookups, usage, codes and registrations. `anysms --help` describes every subcommand.

mod bulk;
mod command_line;
mod completions;
mod confirm;
mod doctor;
mod failure;
mod lookup;
mod messages;
mod numbers;
mod output;
mod price;
mod register;
mod sandbox;
mod send;
mod state_folder;
mod target;
mod text;
mod usage;
mod verify;

use std::process::ExitCode;

use command_line::Command;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let command = match command_line::parse() {
        Ok(command) => command,
        Err(code) => return code,
    };
    let ended = match command {
        Command::Send(arguments) => send::run(arguments).await,
        Command::Messages(arguments) => messages::run(arguments).await,
        Command::Bulk(arguments) => bulk::run(&arguments).await,
        Command::Doctor(arguments) => doctor::run(&arguments).await,
        Command::Price(arguments) => price::run(arguments).await,
        Command::Text(arguments) => text::run(&arguments),
        Command::Numbers(arguments) => numbers::run(arguments).await,
        Command::Register(arguments) => register::run(arguments).await,
        Command::Lookup(arguments) => lookup::run(arguments).await,
        Command::Usage(arguments) => usage::run(arguments).await,
        Command::Sandbox(arguments) => sandbox::run(&arguments).await,
        Command::Verify(arguments) => verify::run(arguments).await,
        Command::Completions(arguments) => completions::run(&arguments),
    };
    ended.unwrap_or_else(|failure| failure.report())
}
