//! [`PlivoXml`]: instructions to Plivo in answer to an inbound message.

use crate::{
    error::{Error, ErrorKind, Result},
    message::{Address, Sender, WebUrl},
    plivo::{PLIVO, account},
    webhook::{Document, InboundMessage, Reply, ReplyMessage},
};

/// Instructions to Plivo in answer to an inbound message. For texts alone there is
/// [`Webhook::reply`](crate::webhook::Webhook::reply).
///
/// Plivo fills in neither end of a message: unless it says otherwise, it goes to whom the inbound
/// message came from, and comes from where that went to. There are no media in a reply of Plivo, and
/// it answers neither WhatsApp nor by a Powerpack.
///
/// ```
/// use anysms::{plivo::PlivoXml, webhook::{InboundMessage, Reply, ReplyMessage}};
///
/// fn answer(inbound: &InboundMessage) -> Result<Reply, Box<dyn std::error::Error>> {
///     let thanks = ReplyMessage::new("Thanks!")
///         .with_status_callback("https://example.com/hooks/plivo".parse()?);
///     Ok(PlivoXml::answering(inbound).with_message(thanks).by_get().reply()?)
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlivoXml {
    to: Address,
    from: Address,
    whatsapp: bool,
    messages: Vec<ReplyMessage>,
    get: bool,
}

impl PlivoXml {
    /// Creates a document with nothing to do in answer to this message.
    #[must_use]
    pub fn answering(inbound: &InboundMessage) -> Self {
        Self {
            to: inbound.from.clone(),
            from: inbound.to.clone(),
            whatsapp: inbound.extra.get("Type") == Some("whatsapp"),
            messages: Vec::new(),
            get: false,
        }
    }

    /// Sends one more message.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<ReplyMessage>) -> Self {
        self.messages.push(message.into());
        self
    }

    /// Has Plivo call the messages' status callbacks by GET in place of POST.
    #[must_use]
    pub const fn by_get(mut self) -> Self {
        self.get = true;
        self
    }

    /// Returns the document.
    ///
    /// # Errors
    /// `Unsupported` for media, a pool as the sender, or a message that came by WhatsApp;
    /// `InvalidContent` for one without text; `InvalidRecipient` and `InvalidSender` for ends that are
    /// no numbers, or the same.
    pub fn reply(&self) -> Result<Reply> {
        if self.whatsapp && !self.messages.is_empty() {
            return Err(Error::unsupported(PLIVO, "reply: Plivo answers no WhatsApp in XML"));
        }
        let mut document = Document::new();
        for message in &self.messages {
            self.write(&mut document, message)?;
        }
        Ok(document.into_reply())
    }

    fn write(&self, document: &mut Document, message: &ReplyMessage) -> Result<()> {
        if !message.media().is_empty() {
            return Err(Error::unsupported(PLIVO, "media: Plivo takes none in a reply"));
        }
        message.validate(PLIVO)?;
        let (src, dst) = (self.src(message.sender())?, self.dst(message)?);
        if src == dst {
            return Err(account::refuse(ErrorKind::InvalidSender, "sender: is the recipient"));
        }
        let callback = message.status_callback().map(WebUrl::as_str);
        let method = callback.map(|_| if self.get { "GET" } else { "POST" });
        let attributes = [
            ("src", Some(src.as_str())),
            ("dst", Some(dst.as_str())),
            ("type", Some("sms")),
            ("callbackUrl", callback),
            ("callbackMethod", method),
        ];
        document.element("Message", &attributes, |d| d.text(message.text()));
        Ok(())
    }

    /// Returns the recipient for `dst`. Plivo reads several recipients from `1<2` (its page on `<Message>`,
    /// 2026-11), so only what is surely one address may stand here.
    fn dst(&self, message: &ReplyMessage) -> Result<String> {
        message.to().map(Address::from).as_ref().or(Some(&self.to)).and_then(plain).ok_or_else(
            || {
                let rule = "to: is neither a number nor a short code";
                account::refuse(ErrorKind::InvalidRecipient, rule)
            },
        )
    }

    fn src(&self, sender: Option<&Sender>) -> Result<String> {
        let from = match sender {
            Some(Sender::Pool(_)) => {
                return Err(Error::unsupported(PLIVO, "sender: Plivo takes no pool in a reply"));
            }
            Some(Sender::Alphanumeric(name)) if name.is_plain() => return Ok(name.to_string()),
            Some(Sender::Alphanumeric(_)) => {
                let rule = "sender: Plivo takes only letters and digits";
                return Err(account::refuse(ErrorKind::InvalidSender, rule));
            }
            Some(sender) => &Address::from(sender),
            None => &self.from,
        };
        plain(from).ok_or_else(|| {
            let rule = "sender: is neither a number nor a short code";
            account::refuse(ErrorKind::InvalidSender, rule)
        })
    }
}

/// Returns the reply that sends these messages back.
pub(in crate::plivo) fn reply(
    inbound: &InboundMessage,
    messages: &[ReplyMessage],
) -> Result<Reply> {
    PlivoXml { messages: messages.to_vec(), ..PlivoXml::answering(inbound) }.reply()
}

/// Returns a number or a short code as Plivo's examples write it: digits alone.
fn plain(address: &Address) -> Option<String> {
    match address {
        Address::Number(number) => Some(number.digits().to_string()),
        Address::ShortCode(code) => Some(code.to_string()),
        _ => None,
    }
}
