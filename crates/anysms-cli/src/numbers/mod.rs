//! `anysms numbers`: numbers as people write them, and the numbers of an account.
//!
//! What belongs here: the command line. `clean` reads numbers; `market` searches and buys, `own` lists and releases,
//! and `shown` is what both print.

mod clean;
mod intents;
mod market;
mod own;
mod shown;

use std::{process::ExitCode, sync::Arc};

use anysms::{PhoneNumber, numbers::Numbers, sandbox::Sandbox};
use clap::{Args, Subcommand};

use crate::{
    failure::Failure,
    target::{Client, Target, account_environment},
};

/// Reads phone numbers as people write them; searches, buys, lists and releases those of an account.
#[derive(Args)]
#[command(after_help = "\
Example:
  anysms numbers search --sandbox --provider twilio --country US

Environment: `anysms numbers search --help` lists the variables.

Exit codes:
  0  done
  1  the provider refused or could not be reached
  2  the command line is wrong, or nobody said yes")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Reads `REGION<TAB>number` lines from standard input and prints one line of JSON for each.
    ///
    /// REGION is a country code such as GB, or ZZ for none. In the answer, `valid` is false for a number
    /// that could not be read or is in no range in use, and null where the country's plan is not known;
    /// `type` and `number_region` are libphonenumber's words; `mended` lists what was corrected, and
    /// `error` says what is wrong.
    #[command(after_help = "\
Example:
  printf 'GB\\t(0)7700 900123\\nFR\\t06 12 34 56 78\\n' | anysms numbers clean

Environment: reads none.

Exit codes:
  0  every line was answered
  2  the command line is wrong, or standard input cannot be read")]
    Clean,
    /// Searches numbers that can be bought, and prints them with their prices.
    #[command(after_help = concat!("\
Example:
  anysms numbers search --sandbox --provider twilio --country US --area 555 --limit 5

", account_environment!(), "
Exit codes:
  0  done, even if nothing was found
  1  refused or not reached; standard error has the kind, the code and the outcome
  2  the command line or the configuration is wrong"))]
    Search(market::Search),
    /// Buys one number, if its setup and first month cost at most so much.
    ///
    /// It asks first. The purchase is noted in a folder before it is made: after a lost answer or a crash the same
    /// command looks for the number, and buys it only if the account does not have it.
    #[command(after_help = concat!("\
Example:
  anysms numbers buy --sandbox --provider twilio +447700900123 --at-most \"5 USD\" --yes

", account_environment!(), "
  XDG_STATE_HOME, HOME          where purchases are noted, unless --intents says it:
                                $XDG_STATE_HOME/anysms/intents, or ~/.local/state/anysms/intents

Exit codes:
  0  it is the account's
  1  refused, dearer, of no known price or not reached; run it again if outcome=unknown
  2  the command line or the configuration is wrong, or nobody said yes"))]
    Buy(market::Buy),
    /// Looks for purchases that had no answer, and prints those that were made.
    #[command(after_help = concat!("\
Example:
  anysms numbers recover --sandbox --provider twilio

", account_environment!(), "
  XDG_STATE_HOME, HOME          where purchases are noted, as for `anysms numbers buy`

Exit codes:
  0  all of them were made, or there were none
  1  one is not found; `anysms numbers buy` tries it again
  2  the command line or the configuration is wrong"))]
    Recover(own::Recover),
    /// Lists the numbers of the account.
    #[command(after_help = concat!("\
Example:
  anysms numbers list --sandbox --provider plivo

", account_environment!(), "
Exit codes:
  0  done
  1  refused or not reached; standard error has the kind, the code and the outcome
  2  the command line or the configuration is wrong"))]
    List(own::List),
    /// Gives a number back for good. It has to be typed twice.
    #[command(after_help = concat!("\
Example:
  anysms numbers release --sandbox --provider twilio +15555550100 --confirm +15555550100

", account_environment!(), "
  XDG_STATE_HOME, HOME          where purchases are noted, as for `anysms numbers buy`

Exit codes:
  0  it is the account's no more
  1  refused or not reached; standard error has the kind, the code and the outcome
  2  the command line or the configuration is wrong, or the number was not typed again"))]
    Release(own::Release),
}

pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    match arguments.command {
        Command::Clean => clean::run(),
        Command::Search(arguments) => arguments.run().await,
        Command::Buy(arguments) => arguments.run().await,
        Command::Recover(arguments) => arguments.run().await,
        Command::List(arguments) => arguments.run().await,
        Command::Release(arguments) => arguments.run().await,
    }
}

/// The numbers of the account that a command talks to, and the sandbox they are in.
async fn numbers(target: &Target) -> Result<(Arc<dyn Numbers>, Option<Sandbox>), Failure> {
    let (client, sandbox) = Client::new(target).await?;
    Ok((client.numbers(), sandbox))
}

fn number(text: &str) -> Result<PhoneNumber, Failure> {
    let read = anysms::number::parse(text, None);
    read.map(|read| read.number()).map_err(|error| Failure::usage("NUMBER", error))
}
