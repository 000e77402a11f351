//! `anysms register`: brands, campaigns and toll-free numbers.

mod example;
mod file;
mod status;
mod submit;

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use anysms::{
    intent::{FileIntents, IntentLog, MemoryIntents},
    registration::{
        FileRegistrationHistory, MemoryRegistrationHistory, RegistrationDesk, RegistrationHistory,
        Registrations,
    },
};
use clap::{Args, Subcommand, ValueEnum};

use crate::{
    failure::Failure,
    state_folder,
    target::{Client, Target, account_environment},
};

/// Registers brands, campaigns and toll-free numbers, each once, and follows them.
///
/// A form is a file of JSON; `--example` prints one to begin with. What is about to be submitted is written down
/// before, so that no run submits a second time what an earlier one may have submitted.
#[derive(Args)]
#[command(arg_required_else_help = false)] // one line says what is missing
#[command(after_help = concat!("\
Example:
  anysms register --example campaign > campaign.json
  anysms register check campaign.json
  anysms register --provider twilio submit campaign.json
  anysms register --provider twilio status

With --sandbox, what the form needs is made first, nothing is kept, and `status` has a brand to show.

", account_environment!(), "  XDG_STATE_HOME, HOME          where intents are kept without --intents

Exit codes:
  0  done
  1  findings, refused or not reached, or a submission that nobody can confirm
  2  the command line, the form or the configuration is wrong"))]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// Prints an example of a form, and ends.
    #[arg(long, value_name = "KIND")]
    example: Option<Kind>,
    /// The folder of the intents and the history.
    #[arg(long, global = true, value_name = "DIR")]
    intents: Option<PathBuf>,
    /// Print lines of JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Brand,
    Campaign,
    TollFree,
}

#[derive(Subcommand)]
enum Command {
    /// Finds the usual reasons of rejection in a form, without asking anybody.
    Check {
        /// The form; `-` reads standard input.
        #[arg(value_name = "FILE")]
        form: PathBuf,
    },
    /// Submits a form, once. Asks before it does.
    Submit {
        /// The form; `-` reads standard input.
        #[arg(value_name = "FILE")]
        form: PathBuf,
        /// Does not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Submits a form once more, after a rejection. Asks before it does.
    Resubmit {
        /// The mended form; `-` reads standard input.
        #[arg(value_name = "FILE")]
        form: PathBuf,
        /// Does not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Says that an unconfirmed submission did not happen, after a last look at the provider. Asks before it does.
    Withdraw {
        /// The form; `-` reads standard input.
        #[arg(value_name = "FILE")]
        form: PathBuf,
        /// Does not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Asks the provider for registrations, and prints them.
    Status {
        /// The registration: its kind with its name or the provider's ID, as `brand:club`; or all.
        #[arg(default_value = "all")]
        id: String,
    },
}

/// The desk of a command.
type Desk = RegistrationDesk<Arc<dyn Registrations>>;

pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let Arguments { target, example, intents, json, command } = arguments;
    if let Some(kind) = example {
        return example::print(kind);
    }
    let Some(command) = command else {
        let problem = "is missing: check, submit, resubmit, withdraw or status; or --example";
        return Err(Failure::usage("subcommand", problem));
    };
    if let Command::Check { form } = &command {
        return file::check(&file::read(form)?, json);
    }
    let (client, sandbox) = Client::new(&target).await?;
    let desk = desk(&client, sandbox.is_some(), intents.as_deref())?;
    match command {
        Command::Check { .. } => Ok(ExitCode::SUCCESS), // done above
        Command::Submit { form, yes } => {
            let mut form = file::read(&form)?;
            if sandbox.is_some() {
                form = submit::in_sandbox(&client, form).await?;
            }
            submit::submit(&desk, &form, yes, json).await
        }
        Command::Resubmit { form, yes } => {
            submit::resubmit(&desk, &file::read(&form)?, yes, json).await
        }
        Command::Withdraw { form, yes } => {
            submit::withdraw(&desk, &file::read(&form)?, yes, json).await
        }
        Command::Status { id } => {
            if sandbox.is_some() {
                let form = submit::in_sandbox(&client, example::form(Kind::Brand)?).await?;
                desk.submit(&form).await?;
            }
            status::print(&desk, &id, json).await
        }
    }
}

fn desk(
    client: &Client,
    in_sandbox: bool,
    folder: Option<&std::path::Path>,
) -> Result<Desk, Failure> {
    let registrations: Arc<dyn Registrations> = match client {
        Client::Twilio(twilio) => Arc::new(twilio.clone()),
        Client::Plivo(plivo) => Arc::new(plivo.clone()),
    };
    let (intents, history): (Arc<dyn IntentLog>, Arc<dyn RegistrationHistory>) =
        if in_sandbox && folder.is_none() {
            // The sandbox ends with this process, and what was registered in it.
            (Arc::new(MemoryIntents::new()), Arc::new(MemoryRegistrationHistory::new()))
        } else {
            let folder = state_folder::intents(folder)?;
            let history = FileRegistrationHistory::new(folder.join("registrations.jsonl"))?;
            (Arc::new(FileIntents::new(folder)?), Arc::new(history))
        };
    Ok(RegistrationDesk::new(registrations, intents, history))
}
