//! [`ReplyMessage`]: one message of the answer to an inbound message.

use crate::{
    error::{Error, ErrorKind, Result},
    message::{Media, Sender, Text, WebUrl},
    number::PhoneNumber,
    provider_id::ProviderId,
    webhook::{InboundMessage, xml},
};

/// One message of the answer to an inbound message: a text alone goes back to its sender, from the
/// number that received it.
///
/// Characters that XML cannot hold, such as most control characters, are left out of the text;
/// everything else arrives as it is, line ends and white space included.
///
/// ```
/// use anysms::{message::Media, webhook::ReplyMessage};
///
/// let map = Media::from_url("https://example.com/map.png".parse()?);
/// let reply = ReplyMessage::new("See you at 19:30").with_media(map);
/// # Ok::<(), anysms::message::WebUrlError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReplyMessage {
    text: Text,
    media: Vec<Media>,
    to: Option<PhoneNumber>,
    sender: Option<Sender>,
    status_callback: Option<WebUrl>,
}

impl ReplyMessage {
    /// Creates a message with a text, which may be empty where there is media.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        let text = Text::from(text);
        Self { text, media: Vec::new(), to: None, sender: None, status_callback: None }
    }

    /// Adds a picture or another file. Plivo refuses it in a reply.
    #[must_use]
    pub fn with_media(mut self, media: Media) -> Self {
        self.media.push(media);
        self
    }

    /// Sets who it goes to, in place of who wrote.
    #[must_use]
    pub const fn with_to(mut self, to: PhoneNumber) -> Self {
        self.to = Some(to);
        self
    }

    /// Sets who it comes from, in place of the number that received. No vendor takes a pool here.
    #[must_use]
    pub fn with_sender(mut self, sender: Sender) -> Self {
        self.sender = Some(sender);
        self
    }

    /// Sets where the provider reports what becomes of it: by POST, unless its own builder says
    /// otherwise.
    #[must_use]
    pub fn with_status_callback(mut self, url: WebUrl) -> Self {
        self.status_callback = Some(url);
        self
    }

    /// Returns the text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the media.
    #[must_use]
    pub fn media(&self) -> &[Media] {
        &self.media
    }

    /// Returns the recipient; `None` if the message does not name one.
    #[must_use]
    pub const fn to(&self) -> Option<PhoneNumber> {
        self.to
    }

    /// Returns the sender; `None` if the message does not name one.
    #[must_use]
    pub const fn sender(&self) -> Option<&Sender> {
        self.sender.as_ref()
    }

    /// Returns the address to which the provider reports its status; `None` if the message does not set one.
    #[must_use]
    pub const fn status_callback(&self) -> Option<&WebUrl> {
        self.status_callback.as_ref()
    }

    /// Refuses a message with nothing in it once it is written as XML.
    pub(crate) fn validate(&self, provider: ProviderId) -> Result<()> {
        if self.media.is_empty() && !self.text.chars().any(xml::is_allowed) {
            return Err(Error::not_sent(ErrorKind::InvalidContent)
                .with_provider(provider)
                .with_detail("text: is empty and there is no media"));
        }
        Ok(())
    }
}

impl<T: Into<String>> From<T> for ReplyMessage {
    fn from(text: T) -> Self {
        Self::new(text)
    }
}

impl InboundMessage {
    /// Refuses a message that came by another provider than the one that is answered.
    pub(crate) fn check_provider(&self, provider: ProviderId) -> Result<()> {
        if *self.message.provider() == provider {
            return Ok(());
        }
        Err(Error::not_sent(ErrorKind::InvalidRequest)
            .with_provider(provider)
            .with_detail("inbound: came by another provider"))
    }
}
