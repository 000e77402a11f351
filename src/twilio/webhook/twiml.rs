//! [`Twiml`]: instructions to Twilio in answer to an inbound message.

use crate::{
    error::{Error, ErrorKind, Result},
    message::{Sender, WebUrl},
    twilio::TWILIO,
    webhook::{Document, Reply, ReplyMessage},
};

/// Most messages in one document; Twilio warns of more (14109).
const MAX_MESSAGES: usize = 10;
/// Most bytes of a document (11750: 64 kB).
const MAX_BYTES: usize = 65_536;

/// Instructions to Twilio in answer to an inbound message. For texts alone there is
/// [`Webhook::reply`](crate::webhook::Webhook::reply).
///
/// ```
/// use anysms::twilio::Twiml;
///
/// let reply = Twiml::new()
///     .with_message("One moment, please")
///     .with_redirect("https://example.com/hooks/next".parse()?)
///     .reply()?;
/// assert!(reply.body().contains("<Message>One moment, please</Message><Redirect "));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Twiml {
    messages: Vec<ReplyMessage>,
    next: Option<Next>,
    get: bool,
}

/// Address to which Twilio goes after the messages.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Next {
    Action(WebUrl),
    Redirect(WebUrl),
}

impl Twiml {
    /// Creates a document with nothing to do.
    #[must_use]
    pub const fn new() -> Self {
        Self { messages: Vec::new(), next: None, get: false }
    }

    /// Sends one more message. Up to 10.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<ReplyMessage>) -> Self {
        self.messages.push(message.into());
        self
    }

    /// Has Twilio call this address once it took the last message (the attribute `action`), in place
    /// of any redirect. It does what that address answers.
    ///
    /// What becomes of a message is reported by [`ReplyMessage::with_status_callback`].
    #[must_use]
    pub fn with_action(mut self, url: WebUrl) -> Self {
        self.next = Some(Next::Action(url));
        self
    }

    /// Has Twilio do, behind the messages, what this address answers (`<Redirect>`), in place of any
    /// action.
    #[must_use]
    pub fn with_redirect(mut self, url: WebUrl) -> Self {
        self.next = Some(Next::Redirect(url));
        self
    }

    /// Has Twilio call the address of the action or the redirect by GET in place of POST.
    #[must_use]
    pub const fn by_get(mut self) -> Self {
        self.get = true;
        self
    }

    /// Returns the document.
    ///
    /// # Errors
    /// `InvalidContent` for a message without text and media, or a document of more than 64 kB;
    /// `InvalidRequest` for more than 10 messages, or an action without one; `Unsupported` for a pool
    /// as the sender.
    pub fn reply(&self) -> Result<Reply> {
        let count = self.messages.len();
        if count > MAX_MESSAGES {
            let rule = format!("messages: at most {MAX_MESSAGES}, has {count}");
            return Err(refuse(ErrorKind::InvalidRequest).with_detail(rule));
        }
        if count == 0 && matches!(self.next, Some(Next::Action(_))) {
            return Err(refuse(ErrorKind::InvalidRequest).with_detail("action: needs a message"));
        }
        let method = Some(if self.get { "GET" } else { "POST" });
        let mut document = Document::new();
        for (at, message) in self.messages.iter().enumerate() {
            let action = match &self.next {
                Some(Next::Action(url)) if at + 1 == count => Some(url.as_str()),
                _ => None,
            };
            write(&mut document, message, action, method.filter(|_| action.is_some()))?;
        }
        if let Some(Next::Redirect(url)) = &self.next {
            document.element("Redirect", &[("method", method)], |d| d.text(url.as_str()));
        }
        let reply = document.into_reply();
        if reply.body().len() > MAX_BYTES {
            let rule = format!("reply: at most {MAX_BYTES} bytes, has {}", reply.body().len());
            return Err(refuse(ErrorKind::InvalidContent).with_detail(rule));
        }
        Ok(reply)
    }
}

/// Returns the reply that sends these messages. Twilio fills in who they go to and come from.
pub(in crate::twilio) fn reply(messages: &[ReplyMessage]) -> Result<Reply> {
    Twiml { messages: messages.to_vec(), ..Twiml::new() }.reply()
}

fn write(
    document: &mut Document,
    message: &ReplyMessage,
    action: Option<&str>,
    method: Option<&str>,
) -> Result<()> {
    message.validate(TWILIO)?;
    if matches!(message.sender(), Some(Sender::Pool(_))) {
        return Err(Error::unsupported(TWILIO, "sender: TwiML takes no pool"));
    }
    let to = message.to().map(|to| to.to_string());
    let from = message.sender().map(|sender| sender.to_string());
    // By Twilio's reference an action takes over from the verbs behind it, and `statusCallback` only
    // reports. Its libraries call the latter deprecated in favour of the former (9.13.0, 2026-11).
    let attributes = [
        ("action", action),
        ("from", from.as_deref()),
        ("method", method),
        ("statusCallback", message.status_callback().map(WebUrl::as_str)),
        ("to", to.as_deref()),
    ];
    document.element("Message", &attributes, |d| {
        if message.media().is_empty() {
            return d.text(message.text());
        }
        if !message.text().is_empty() {
            d.element("Body", &[], |d| d.text(message.text()));
        }
        for media in message.media() {
            d.element("Media", &[], |d| d.text(media.url().as_str()));
        }
    });
    Ok(())
}

fn refuse(kind: ErrorKind) -> Error {
    Error::not_sent(kind).with_provider(TWILIO)
}
