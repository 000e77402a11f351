//! Messages in a fresh sandbox, so that there is something to look at.

use std::time::Duration;

use anysms::{Message, MessageId, MessageStatus, Timestamp, message::Media, sandbox::Sandbox};

use super::{Command, destination};
use crate::{failure::Failure, target::Client};

/// Sends three messages and returns the ID of the last, which suits the command: scheduled for
/// `cancel`, with a file for `media`, and delivered for all others.
pub(super) async fn send(
    client: &Client,
    sandbox: &Sandbox,
    command: &Command,
) -> Result<Option<MessageId>, Failure> {
    let (provider, to) = (client.provider(), destination("+447700900123")?);
    for text in ["one", "two"] {
        provider.send(&Message::new(to.clone(), text)).await?;
    }
    let mut message = Message::new(to, "sample");
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
    let id = provider.send(&message).await?.id;
    if let (Some(id), None) = (&id, message.send_at()) {
        sandbox.wait_for(id, &MessageStatus::Delivered, Duration::from_secs(10)).await?;
    }
    Ok(id)
}
