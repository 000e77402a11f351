//! `anysms messages`: looks at messages at the provider, and changes them.

mod sample;

use std::process::ExitCode;

use anysms::{Destination, Error, MessageId, Query, SmsProvider, SmsProviderExt};
use clap::{Args, Subcommand};
use serde_json::json;

use crate::{
    failure::Failure,
    output,
    target::{Client, Target, account_environment},
};

/// Looks at messages at the provider and changes them. Prints lines of JSON.
#[derive(Args)]
#[command(arg_required_else_help = false)] // one line says what is missing
#[command(after_help = concat!("\
Example:
  anysms messages --provider plivo --sandbox list

With --sandbox, three messages are sent first; the ID `sample` names one that suits the command.

", account_environment!(), "
Exit codes:
  0  done
  1  refused or not reached; standard error has the kind, the code and the outcome
  2  the command line or the configuration is wrong"))]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: Target,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Prints one message.
    #[command(visible_alias = "show")]
    Fetch {
        /// The message's ID, as `twilio:SM...` or as the provider writes it.
        id: String,
    },
    /// Prints all messages, newest first.
    List {
        /// Only those to this number.
        #[arg(long, value_name = "RECIPIENT")]
        to: Option<String>,
        /// At most this many a page.
        #[arg(long, value_name = "COUNT")]
        page_size: Option<u32>,
    },
    /// Cancels a scheduled message.
    Cancel {
        /// The message's ID.
        id: String,
    },
    /// Removes the text of a message at the provider.
    Redact {
        /// The message's ID.
        id: String,
    },
    /// Deletes a message at the provider.
    Delete {
        /// The message's ID.
        id: String,
    },
    /// Prints the media files of a message.
    Media {
        /// The message's ID.
        id: String,
    },
    /// Prints the state of the account; fails if the credentials are refused.
    Account,
}

pub(crate) async fn run(Arguments { target, command }: Arguments) -> Result<ExitCode, Failure> {
    let (client, sandbox) = Client::new(&target).await?;
    let provider = client.provider();
    let sample = match &sandbox {
        Some(sandbox) => sample::send(&client, sandbox, &command).await?,
        None => None,
    };
    let id = |text: &str| parse_id(&*provider, text, sample.as_ref());
    let unsupported = |what| Error::unsupported(provider.id(), what);
    match command {
        Command::Fetch { id: text } => output::json(&provider.fetch(&id(&text)?).await?),
        Command::List { to, page_size } => {
            let mut query = Query::new();
            query.to = to.as_deref().map(destination).transpose()?;
            query.page_size = page_size;
            let mut records = provider.list_all(query);
            while let Some(record) = records.next().await {
                output::json(&record?);
            }
        }
        Command::Cancel { id: text } => {
            let id = id(&text)?;
            provider.cancel(&id).await?;
            output::json(&json!({"cancelled": id}));
        }
        Command::Redact { id: text } => {
            let id = id(&text)?;
            match &client {
                Client::Twilio(twilio) => twilio.redact(&id).await?,
                Client::Plivo(_) => return Err(unsupported("redact").into()),
            }
            output::json(&json!({"redacted": id}));
        }
        Command::Delete { id: text } => {
            let id = id(&text)?;
            match &client {
                Client::Twilio(twilio) => twilio.delete(&id).await?,
                Client::Plivo(_) => return Err(unsupported("delete").into()),
            }
            output::json(&json!({"deleted": id}));
        }
        Command::Media { id: text } => media(&client, &id(&text)?).await?,
        Command::Account => output::json(&provider.check().await?),
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads an ID: `sample`, `twilio:SM...`, or as the provider writes it.
fn parse_id(
    provider: &dyn SmsProvider,
    text: &str,
    sample: Option<&MessageId>,
) -> Result<MessageId, Failure> {
    match sample {
        Some(sample) if text == "sample" => Ok(sample.clone()),
        _ => text.parse().or_else(|_| MessageId::new(provider.id(), text)),
    }
    .map_err(|error| Failure::usage("ID", error))
}

/// Prints the media files of a message, page by page.
async fn media(client: &Client, id: &MessageId) -> Result<(), Failure> {
    match client {
        Client::Twilio(twilio) => {
            let mut cursor = None;
            loop {
                let page = twilio.media(id, cursor.as_ref()).await?;
                page.items.iter().for_each(output::json);
                match page.next {
                    Some(next) if cursor.as_ref() != Some(&next) => cursor = Some(next),
                    _ => break,
                }
            }
        }
        Client::Plivo(plivo) => plivo.media(id).await?.iter().for_each(output::json),
    }
    Ok(())
}

fn destination(text: &str) -> Result<Destination, Failure> {
    text.parse().map_err(|error| Failure::usage("--to", error))
}
