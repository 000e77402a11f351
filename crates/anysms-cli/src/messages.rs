//! Looks at messages and changes them: `fetch ID`, `list`, `cancel ID`, `redact ID`, `delete ID`,
//! `media ID` and `account`. Prints JSON lines.
//!
//! ```text
//! cargo run --example messages --all-features -- --provider plivo --sandbox list
//! ```
//!
//! With `--sandbox` there is something to look at: three messages are sent first, and `sample` is the
//! ID of the one that fits the command. Exit codes are those of `send`.

mod common;

use std::{process::ExitCode, time::Duration};

use anysms::{
    Message, MessageId, MessageStatus, PhoneNumber, Query, SmsProviderExt, Timestamp,
    message::Media, sandbox::Sandbox,
};
use clap::{Parser, Subcommand};
use common::{Client, Failure, Target};
use serde_json::json;

/// Looks at messages and changes them. Prints JSON lines.
#[derive(Parser)]
#[command(arg_required_else_help = false)] // one line says what is missing
struct Arguments {
    #[command(flatten)]
    target: Target,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// One message.
    Fetch { id: String },
    /// All messages.
    List {
        /// Only those to this number.
        #[arg(long)]
        to: Option<String>,
        /// At most this many a page.
        #[arg(long)]
        page_size: Option<u32>,
    },
    /// Calls a scheduled message back.
    Cancel { id: String },
    /// Removes the text of a message at the provider.
    Redact { id: String },
    /// Deletes a message at the provider.
    Delete { id: String },
    /// The files of a message.
    Media { id: String },
    /// Whether the credentials are alive.
    Account,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match common::arguments() {
        Ok(arguments) => match run(arguments).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => failure.report(),
        },
        Err(code) => code,
    }
}

async fn run(Arguments { target, command }: Arguments) -> Result<(), Failure> {
    let (client, sandbox) = Client::new(&target).await?;
    let provider = client.provider();
    if sandbox.is_some() {
        for text in ["one", "two"] {
            let to = number("+447700900123")?;
            provider.send(&Message::new(to, text)).await?;
        }
    }
    let sample = match (&sandbox, &command) {
        (Some(sandbox), command) => sample(&client, sandbox, command).await?,
        (None, _) => None,
    };
    // An id may be given with its provider, `twilio:SM…`, or as the vendor writes it.
    let id = |text: &str| {
        let sample = sample.clone().filter(|_| text == "sample");
        let own = || MessageId::new(provider.id(), text);
        sample
            .map_or_else(|| text.parse().or_else(|_| own()), Ok)
            .map_err(|error| Failure::usage("ID", error))
    };
    let unsupported = |what| Err(anysms::Error::unsupported(provider.id(), what).into());
    match command {
        Command::Fetch { id: text } => common::print(&provider.fetch(&id(&text)?).await?),
        Command::List { to, page_size } => {
            let mut query = Query::new();
            query.to = to.as_deref().map(number).transpose()?;
            query.page_size = page_size;
            let mut records = provider.list_all(query);
            while let Some(record) = records.next().await {
                common::print(&record?);
            }
        }
        Command::Cancel { id: text } => {
            let id = id(&text)?;
            provider.cancel(&id).await?;
            common::print(&json!({"cancelled": id}));
        }
        Command::Redact { id: text } => {
            let id = id(&text)?;
            match &client {
                Client::Twilio(twilio) => twilio.redact(&id).await?,
                Client::Plivo(_) => return unsupported("redact"),
            }
            common::print(&json!({"redacted": id}));
        }
        Command::Delete { id: text } => {
            let id = id(&text)?;
            match &client {
                Client::Twilio(twilio) => twilio.delete(&id).await?,
                Client::Plivo(_) => return unsupported("delete"),
            }
            common::print(&json!({"deleted": id}));
        }
        Command::Media { id: text } => {
            let id = id(&text)?;
            match &client {
                Client::Twilio(twilio) => {
                    let mut cursor = None;
                    loop {
                        let page = twilio.media(&id, cursor.as_ref()).await?;
                        page.items.iter().for_each(common::print);
                        match page.next {
                            Some(next) if cursor.as_ref() != Some(&next) => cursor = Some(next),
                            _ => break,
                        }
                    }
                }
                Client::Plivo(plivo) => plivo.media(&id).await?.iter().for_each(common::print),
            }
        }
        Command::Account => common::print(&provider.check().await?),
    }
    Ok(())
}

/// A message in the sandbox that fits the command: scheduled to cancel it, with a file to list its
/// media, and delivered for all else.
async fn sample(
    client: &Client,
    sandbox: &Sandbox,
    command: &Command,
) -> Result<Option<MessageId>, Failure> {
    let mut message = Message::new(number("+447700900123")?, "sample");
    if let (Command::Cancel { .. }, Client::Twilio(_)) = (command, client) {
        let pool = "MG00000000000000000000000000000001".parse();
        message = message
            .with_sender(pool.map_err(|error| Failure::usage("sample", error))?)
            .with_send_at(Timestamp::now() + Duration::from_secs(3_600));
    }
    if let Command::Media { .. } = command {
        let file = "https://example.com/picture.png".parse();
        let file = file.map_err(|error| Failure::usage("sample", error))?;
        message = message.with_media(Media::from_url(file));
    }
    let id = client.provider().send(&message).await?.id;
    if let (Some(id), None) = (&id, message.send_at()) {
        sandbox.wait_for(id, &MessageStatus::Delivered, Duration::from_secs(10)).await?;
    }
    Ok(id)
}

fn number(text: &str) -> Result<PhoneNumber, Failure> {
    text.parse().map_err(|error| Failure::usage("--to", error))
}
