//! `anysms numbers list`, `release` and `recover`.

use std::process::ExitCode;

use anysms::numbers::{self as room, NumberBuyer, NumberQuery};
use clap::Args;
use serde_json::json;

use super::{
    intents::Intents,
    number, numbers,
    shown::{self, table},
};
use crate::{confirm, failure::Failure, output, target::Target};

#[derive(Args)]
pub(super) struct List {
    #[command(flatten)]
    target: Target,
    /// Only this number.
    #[arg(long, value_name = "NUMBER")]
    number: Option<String>,
    /// Only those of this name.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// At most this many numbers.
    #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
    limit: usize,
    /// Print lines of JSON.
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) async fn run(self) -> Result<ExitCode, Failure> {
        let mut query = NumberQuery::new().at_most(self.limit);
        query.number = self.number.as_deref().map(number).transpose()?;
        query.name = self.name.map(Into::into);
        let (numbers, _sandbox) = numbers(&self.target).await?;
        let owned = numbers.list_numbers(&query).await?;
        if self.json {
            owned.iter().map(shown::owned).for_each(|one| output::json(&one));
        } else {
            let head = ["NUMBER", "CATEGORY", "CAN", "NAME", "INBOUND", "MONTHLY"];
            table(&head, &owned.iter().map(shown::owned_row).collect::<Vec<_>>());
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Args)]
pub(super) struct Release {
    #[command(flatten)]
    target: Target,
    /// The number, with its country code.
    #[arg(value_name = "NUMBER")]
    number: String,
    /// The number again. Without it, it is asked for.
    #[arg(long, value_name = "NUMBER")]
    confirm: Option<String>,
    #[command(flatten)]
    intents: Intents,
    /// Print a line of JSON.
    #[arg(long)]
    json: bool,
}

impl Release {
    pub(super) async fn run(self) -> Result<ExitCode, Failure> {
        let number = number(&self.number)?;
        let typed = match self.confirm {
            Some(typed) => typed,
            None => {
                confirm::can_ask("--confirm")?;
                confirm::answer("Type the number again to release it for good: ")?
            }
        };
        let release = room::Release::confirm(number, &typed)?;
        let (numbers, sandbox) = numbers(&self.target).await?;
        let intents = self.intents.open(sandbox.is_some())?;
        NumberBuyer::new(numbers, intents).release(&release).await?;
        if self.json {
            output::json(&json!({"released": number}));
        } else {
            output::line(&format_args!("{number} is released"));
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Args)]
pub(super) struct Recover {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    intents: Intents,
    /// Print a line of JSON.
    #[arg(long)]
    json: bool,
}

impl Recover {
    pub(super) async fn run(self) -> Result<ExitCode, Failure> {
        let (numbers, sandbox) = numbers(&self.target).await?;
        let intents = self.intents.open(sandbox.is_some())?;
        let recovery = NumberBuyer::new(numbers, intents).recover().await?;
        if self.json {
            let bought: Vec<_> = recovery.bought.iter().map(shown::owned).collect();
            output::json(&json!({"bought": bought, "missing": recovery.missing}));
        } else {
            for owned in &recovery.bought {
                output::line(&format_args!("{} is the account's: {}", owned.number, owned.id));
            }
            for number in &recovery.missing {
                output::line(&format_args!("{number} is not found; buy it again to try again"));
            }
        }
        Ok(if recovery.missing.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}
