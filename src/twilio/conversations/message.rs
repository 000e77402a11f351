//! [`ConversationMessage`]: a message of a conversation, and [`ConversationReceipt`], its way to one phone.

use http::Method;
use jiff::Timestamp;

use super::{Fields, Form, Resource, TwilioConversations, invalid, one};
use crate::{
    error::{Outcome, Result},
    message::{Address, DeliveryFailure, Direction, Extra, MessageId, MessageStatus, Text},
    twilio::{TWILIO, TwilioStatus, error::failure_of},
};

/// Message of a conversation. Its id is not that of a text message (`SM…`): those that phones got are in its
/// [receipts](TwilioConversations::receipts).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConversationMessage {
    /// SID (`IM…`).
    pub sid: String,
    /// Place in the conversation, from 0. There may be gaps.
    pub index: Option<u64>,
    /// Author: the address of a phone, the identity of a chat client, or a name that the program gave.
    pub author: Option<Text>,
    /// Text; `None` where it has media or a template alone.
    pub body: Option<Text>,
    /// SID of the participant who wrote it (`MB…`); `None` if it was nobody's.
    pub participant: Option<String>,
    /// Progress on the way to the phones of all participants, by the one that is behind; `None` where no phone
    /// takes part, and for a message that came from one.
    pub status: Option<MessageStatus>,
    /// Time it was written.
    pub created_at: Option<Timestamp>,
    /// All fields as Twilio sent them.
    pub fields: Extra,
}

impl ConversationMessage {
    /// Returns its direction as the store's threads have it: inbound if a phone wrote it.
    ///
    /// Twilio says nothing of it; the author of what a phone wrote is the phone's address.
    #[must_use]
    pub fn direction(&self) -> Direction {
        if is_address(self.author.as_deref()) { Direction::Inbound } else { Direction::Outbound }
    }

    /// Returns the address of the phone that wrote it; `None` if it came from no phone.
    #[must_use]
    pub fn from(&self) -> Option<Address> {
        self.author.as_deref().filter(|author| is_address(Some(author))).map(Address::from_wire)
    }
}

/// Returns whether an author is the address of a phone, such as `+447700900123` or `whatsapp:+447700900123`.
pub(super) fn is_address(author: Option<&str>) -> bool {
    author.is_some_and(|author| Address::from_wire(author).number().is_some())
}

impl Resource for ConversationMessage {
    const LIST: &'static str = "messages";

    fn read(fields: Fields) -> Option<Self> {
        Some(Self {
            sid: fields.text("sid")?,
            index: fields.parsed("index"),
            author: fields.text("author").map(Into::into),
            body: fields.text("body").map(Into::into),
            participant: fields.text("participant_sid"),
            status: progress(|name| fields.inner("delivery", name)),
            created_at: fields.time("date_created"),
            fields: fields.all(),
        })
    }
}

/// Reads the summary of the receipts: each word is `none`, `some` or `all` of the phones.
fn progress(count: impl Fn(&str) -> Option<String>) -> Option<MessageStatus> {
    count("total").filter(|total| total != "0")?;
    let is = |name, words: &[&str]| count(name).is_some_and(|word| words.contains(&word.as_str()));
    let some = |name| is(name, &["some", "all"]);
    let all = |name| is(name, &["all"]);
    Some(match () {
        () if all("failed") => MessageStatus::Failed,
        () if all("undelivered") => MessageStatus::Undelivered,
        () if all("read") => MessageStatus::Read,
        () if all("delivered") => MessageStatus::Delivered,
        () if some("delivered") || some("read") => MessageStatus::PartiallyDelivered,
        () if some("failed") && some("undelivered") => MessageStatus::Undelivered,
        () if some("sent") => MessageStatus::Sent,
        () => MessageStatus::Queued,
    })
}

/// Way of a message to one participant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConversationReceipt {
    /// SID (`DY…`).
    pub sid: String,
    /// Id of the text message that the phone got.
    pub message: Option<MessageId>,
    /// SID of the participant (`MB…`).
    pub participant: Option<String>,
    /// Status of it.
    pub status: MessageStatus,
    /// Why it did not arrive; `None` if nothing is known to be wrong.
    pub failure: Option<DeliveryFailure>,
    /// All fields as Twilio sent them.
    pub fields: Extra,
}

impl Resource for ConversationReceipt {
    const LIST: &'static str = "delivery_receipts";
    const PAGE: usize = 50;

    fn read(fields: Fields) -> Option<Self> {
        let id = fields.text("channel_message_sid");
        let status = fields.text("status").unwrap_or_default();
        Some(Self {
            sid: fields.text("sid")?,
            message: id.and_then(|id| MessageId::new(TWILIO, &id).ok()),
            participant: fields.text("participant_sid"),
            status: TwilioStatus::from(&*status).into(),
            failure: fields.parsed("error_code").and_then(failure_of),
            fields: fields.all(),
        })
    }
}

/// Message to add to a conversation, which Twilio sends to every phone that takes part but the author's.
///
/// ```
/// use anysms::twilio::NewConversationMessage;
///
/// let said = NewConversationMessage::new("Your table is ready").with_author("desk-2");
/// assert!(!format!("{said:?}").contains("table"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewConversationMessage {
    /// Text, at most 1,600 characters.
    pub body: Option<Text>,
    /// Author; `None` for Twilio's `system`.
    pub author: Option<Text>,
    /// SID of a file (`ME…`) that Twilio has.
    pub media: Option<String>,
    /// SID of a content template (`HX…`).
    pub content: Option<String>,
    /// Values of the template: a JSON text.
    pub content_variables: Option<Text>,
    /// Subject, at most 256 characters, where the channel has one.
    pub subject: Option<Text>,
    /// Data of the program's own: a JSON text.
    pub attributes: Option<Text>,
}

impl NewConversationMessage {
    /// Returns a message of a text.
    #[must_use]
    pub fn new(body: impl Into<Text>) -> Self {
        Self { body: Some(body.into()), ..Self::default() }
    }

    /// Returns a message of a content template, by its SID (`HX…`).
    #[must_use]
    pub fn template(content: impl Into<String>) -> Self {
        Self { content: Some(content.into()), ..Self::default() }
    }

    /// Sets the author: the identity of a chat client that takes part, or a name of your own.
    #[must_use]
    pub fn with_author(mut self, author: impl Into<Text>) -> Self {
        self.author = Some(author.into());
        self
    }

    /// Sets data of the program's own, a JSON text.
    #[must_use]
    pub fn with_attributes(mut self, attributes: impl Into<Text>) -> Self {
        self.attributes = Some(attributes.into());
        self
    }

    fn form(&self) -> Result<Form> {
        let body = self.body.as_ref().filter(|body| !body.is_empty());
        if body.is_none() && self.media.is_none() && self.content.is_none() {
            return Err(invalid("body: empty; give a text, a file or a template"));
        }
        if body.is_some_and(|body| body.chars().count() > 1_600) {
            return Err(invalid("body: longer than 1,600 characters; split it"));
        }
        if self.subject.as_ref().is_some_and(|text| text.chars().count() > 256) {
            return Err(invalid("subject: longer than 256 characters; shorten it"));
        }
        Ok(Form::default()
            .with("Author", self.author.as_ref())
            .with("Body", body)
            .with("MediaSid", self.media.as_ref())
            .with("ContentSid", self.content.as_ref())
            .with("ContentVariables", self.content_variables.as_ref())
            .with("Subject", self.subject.as_ref())
            .with("Attributes", self.attributes.as_ref()))
    }
}

impl TwilioConversations {
    /// Adds a message, and sends it to the phones that take part. Submits once.
    ///
    /// # Errors
    /// `InvalidRequest` for a message that breaks a rule; `NotFound` if there is no such conversation. After an unknown
    /// outcome, look for it among the latest [`messages`](Self::messages): Conversations has no idempotency key.
    pub async fn send(
        &self,
        conversation: &str,
        message: &NewConversationMessage,
    ) -> Result<ConversationMessage> {
        let path = ["Conversations", conversation, "Messages"];
        let request = message.form()?.fill(self.request(Method::POST, &path)?);
        one(&request.sends().send().await?, Outcome::Unknown)
    }

    /// Lists the messages of a conversation, the latest first; at most so many.
    ///
    /// # Errors
    /// `NotFound` if there is no such conversation.
    pub async fn messages(
        &self,
        conversation: &str,
        most: usize,
    ) -> Result<Vec<ConversationMessage>> {
        let path = ["Conversations", conversation, "Messages"];
        self.all(self.request(Method::GET, &path)?.query("Order", "desc"), most).await
    }

    /// Returns a message by its SID (`IM…`).
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub async fn message(&self, conversation: &str, sid: &str) -> Result<ConversationMessage> {
        self.fetch_one(&["Conversations", conversation, "Messages", sid]).await
    }

    /// Lists the receipts of a message, one for each phone; at most so many.
    ///
    /// ```
    /// # async fn example(twilio: anysms::twilio::Twilio) -> anysms::Result<()> {
    /// let conversations = twilio.conversations();
    /// for message in conversations.messages("order-17", 20).await? {
    ///     for receipt in conversations.receipts("order-17", &message.sid, 50).await? {
    ///         println!("{} {:?}", receipt.status, receipt.failure);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `NotFound` if there is no such message.
    pub async fn receipts(
        &self,
        conversation: &str,
        sid: &str,
        most: usize,
    ) -> Result<Vec<ConversationReceipt>> {
        let path = ["Conversations", conversation, "Messages", sid, "Receipts"];
        self.all(self.request(Method::GET, &path)?, most).await
    }
}
