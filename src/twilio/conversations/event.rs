//! [`ConversationEvent`]: what a webhook of Conversations says, read from a request that was checked.
//!
//! Source: Twilio's page on webhooks of Conversations, as of 2026-11-20.

use std::fmt;

use jiff::Timestamp;

use super::message::is_address;
use crate::{
    account_id::AccountId,
    message::{Address, Direction, Extra, Text},
    transport::lenient,
    twilio::{TWILIO, webhook::form_of},
    webhook::{Authenticity, EventId, OtherEvent, Verified, WebhookError, WebhookErrorKind},
};

/// Kinds of events with Twilio's words. Those without `ed` ask before the change is made.
const KINDS: [(ConversationEventKind, &str); 22] = {
    use ConversationEventKind as Kind;
    [
        (Kind::MessageAdd, "onMessageAdd"),
        (Kind::MessageAdded, "onMessageAdded"),
        (Kind::MessageUpdate, "onMessageUpdate"),
        (Kind::MessageUpdated, "onMessageUpdated"),
        (Kind::MessageRemove, "onMessageRemove"),
        (Kind::MessageRemoved, "onMessageRemoved"),
        (Kind::ConversationAdd, "onConversationAdd"),
        (Kind::ConversationAdded, "onConversationAdded"),
        (Kind::ConversationUpdate, "onConversationUpdate"),
        (Kind::ConversationUpdated, "onConversationUpdated"),
        (Kind::ConversationRemove, "onConversationRemove"),
        (Kind::ConversationRemoved, "onConversationRemoved"),
        (Kind::ConversationStateUpdated, "onConversationStateUpdated"),
        (Kind::ParticipantAdd, "onParticipantAdd"),
        (Kind::ParticipantAdded, "onParticipantAdded"),
        (Kind::ParticipantUpdate, "onParticipantUpdate"),
        (Kind::ParticipantUpdated, "onParticipantUpdated"),
        (Kind::ParticipantRemove, "onParticipantRemove"),
        (Kind::ParticipantRemoved, "onParticipantRemoved"),
        (Kind::DeliveryUpdated, "onDeliveryUpdated"),
        (Kind::UserAdded, "onUserAdded"),
        (Kind::UserUpdated, "onUserUpdated"),
    ]
};

/// Kind of an event of Conversations.
///
/// ```
/// use anysms::twilio::ConversationEventKind;
///
/// assert!(ConversationEventKind::from("onMessageAdd").asks_before());
/// assert_eq!(ConversationEventKind::MessageAdded.as_str(), "onMessageAdded");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConversationEventKind {
    /// A message is about to be added.
    MessageAdd,
    /// A message was added.
    MessageAdded,
    /// A message is about to be changed.
    MessageUpdate,
    /// A message was changed.
    MessageUpdated,
    /// A message is about to be removed.
    MessageRemove,
    /// A message was removed.
    MessageRemoved,
    /// A conversation is about to be created.
    ConversationAdd,
    /// A conversation was created.
    ConversationAdded,
    /// A conversation is about to be changed.
    ConversationUpdate,
    /// A conversation was changed.
    ConversationUpdated,
    /// A conversation is about to be removed.
    ConversationRemove,
    /// A conversation was removed.
    ConversationRemoved,
    /// A conversation became active, inactive or closed.
    ConversationStateUpdated,
    /// A participant is about to be added.
    ParticipantAdd,
    /// A participant was added.
    ParticipantAdded,
    /// A participant is about to be changed.
    ParticipantUpdate,
    /// A participant was changed.
    ParticipantUpdated,
    /// A participant is about to be removed.
    ParticipantRemove,
    /// A participant was removed.
    ParticipantRemoved,
    /// A receipt of a message changed.
    DeliveryUpdated,
    /// A user was created.
    UserAdded,
    /// A user was changed.
    UserUpdated,
    /// A word this crate does not know, as Twilio wrote it.
    Other(String),
}

impl ConversationEventKind {
    /// Returns Twilio's word for it, such as `onMessageAdded`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Other(word) => word,
            known => KINDS.iter().find(|(kind, _)| kind == known).map_or("", |(_, word)| word),
        }
    }

    /// Returns whether Twilio asks before it makes the change: the answer may refuse it.
    #[must_use]
    pub fn asks_before(&self) -> bool {
        matches!(
            self,
            Self::MessageAdd
                | Self::MessageUpdate
                | Self::MessageRemove
                | Self::ConversationAdd
                | Self::ConversationUpdate
                | Self::ConversationRemove
                | Self::ParticipantAdd
                | Self::ParticipantUpdate
                | Self::ParticipantRemove
        )
    }
}

impl From<&str> for ConversationEventKind {
    fn from(word: &str) -> Self {
        let known = KINDS.iter().find(|(_, known)| *known == word);
        known.map_or_else(|| Self::Other(word.to_owned()), |(kind, _)| kind.clone())
    }
}

impl fmt::Display for ConversationEventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Event of Conversations. Made of a request that was checked, and of nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConversationEvent {
    /// The same for every delivery of the same event, also for Twilio's next try.
    pub id: EventId,
    /// Extent of the signature over the request.
    pub authenticity: Authenticity,
    /// Kind of the event.
    pub kind: ConversationEventKind,
    /// Account that it is about.
    pub account: Option<AccountId>,
    /// SID of the Conversation Service (`IS…`).
    pub service: Option<String>,
    /// SID of the conversation (`CH…`).
    pub conversation: Option<String>,
    /// SID of the message (`IM…`), which is not that of a text message.
    pub message: Option<String>,
    /// Place of the message in its conversation, from 0.
    pub index: Option<u64>,
    /// Author of the message: the address of a phone, or the identity of a chat client.
    pub author: Option<Text>,
    /// Text of the message.
    pub body: Option<Text>,
    /// SID of the participant (`MB…`).
    pub participant: Option<String>,
    /// Source of the change, in Twilio's word: `SMS`, `SDK`, `API` and others.
    pub source: Option<String>,
    /// Number of earlier tries to deliver this event.
    pub retry: u32,
    /// Time the thing it is about was created.
    pub created_at: Option<Timestamp>,
    /// All fields as they came.
    pub fields: Extra,
}

impl ConversationEvent {
    /// Reads a request that was checked; `None` if it is not of Conversations: read it by
    /// [`Webhook::parse`](crate::webhook::Webhook::parse) then.
    ///
    /// ```
    /// use anysms::{http::Request, twilio::{ConversationEvent, ConversationEventKind, TwilioWebhook}};
    /// use anysms::webhook::{Verified, WebhookRequest};
    ///
    /// let url = "https://example.com/hooks/conversations";
    /// let webhook = TwilioWebhook::new("auth token", url.parse()?)?;
    /// let body = "EventType=onMessageAdded&ConversationSid=CH1&MessageSid=IM1&Body=Hello";
    /// let request = Request::post(url)
    ///     .header("content-type", "application/x-www-form-urlencoded")
    ///     .header("x-twilio-signature", webhook.sign(url, body.as_bytes())?) // done by Twilio
    ///     .body(body)?;
    /// let verified = Verified::check(&webhook, WebhookRequest::from_http(&request))?;
    /// let event = ConversationEvent::from_verified(&verified)?.expect("one of Conversations");
    /// assert_eq!(event.kind, ConversationEventKind::MessageAdded);
    /// assert_eq!(event.body.as_deref(), Some("Hello"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `WrongProvider` if another provider's check was passed; `DuplicateField` if a field is there twice.
    pub fn from_verified(verified: &Verified<'_>) -> Result<Option<Self>, WebhookError> {
        let Some(fields) = form_of(verified)? else { return Ok(None) };
        let Some(kind) = fields.get("EventType") else { return Ok(None) };
        let once = [
            "EventType",
            "AccountSid",
            "ChatServiceSid",
            "ConversationSid",
            "MessageSid",
            "Index",
            "Author",
            "Body",
            "ParticipantSid",
            "Source",
            "RetryCount",
            "DateCreated",
        ];
        for name in once {
            if fields.iter().filter(|(known, _)| *known == name).count() > 1 {
                return Err(WebhookError::new(WebhookErrorKind::DuplicateField).with_field(name));
            }
        }
        let text = |name| fields.get(name).filter(|text| !text.is_empty());
        let owned = |name| text(name).map(str::to_owned);
        // Another try of the same event is the same event.
        let news = fields.iter().filter(|(name, _)| *name != "RetryCount");
        let news = news.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let authenticity = verified.proof().authenticity;
        Ok(Some(Self {
            id: OtherEvent::new(TWILIO, news, authenticity).id,
            authenticity,
            kind: kind.into(),
            account: text("AccountSid").map(Into::into),
            service: owned("ChatServiceSid"),
            conversation: owned("ConversationSid"),
            message: owned("MessageSid"),
            index: text("Index").and_then(|index| index.parse().ok()),
            author: text("Author").map(Into::into),
            body: text("Body").map(Into::into),
            participant: owned("ParticipantSid"),
            source: owned("Source"),
            retry: text("RetryCount").and_then(|count| count.parse().ok()).unwrap_or_default(),
            created_at: text("DateCreated").and_then(lenient::time),
            fields,
        }))
    }

    /// Returns the direction of its message as the store's threads have it: inbound if a phone wrote it.
    #[must_use]
    pub fn direction(&self) -> Direction {
        if is_address(self.author.as_deref()) { Direction::Inbound } else { Direction::Outbound }
    }

    /// Returns the address of the phone that wrote the message; `None` if it came from no phone.
    #[must_use]
    pub fn from(&self) -> Option<Address> {
        self.author.as_deref().filter(|author| is_address(Some(author))).map(Address::from_wire)
    }
}
