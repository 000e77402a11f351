//! [`ConversationParticipant`]: a phone or a chat client that takes part in a conversation.

use http::Method;
use jiff::Timestamp;

use super::{ConversationState, Fields, Form, Resource, TwilioConversations, invalid};
use crate::{
    error::Result,
    message::{Address, Extra, Text},
};

/// Participant of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConversationParticipant {
    /// SID (`MB…`).
    pub sid: String,
    /// Identity of a chat client; `None` for a phone.
    pub identity: Option<Text>,
    /// Address of a phone; `None` for a chat client.
    pub address: Option<Address>,
    /// Own number that a phone writes to and hears from.
    pub proxy_address: Option<Address>,
    /// Index of the last message that a chat client has read; `None` if it read none, or says nothing of it.
    pub last_read: Option<u64>,
    /// Time it was added.
    pub created_at: Option<Timestamp>,
    /// All fields as Twilio sent them.
    pub fields: Extra,
}

impl Resource for ConversationParticipant {
    const LIST: &'static str = "participants";

    fn read(fields: Fields) -> Option<Self> {
        let address = |name| fields.inner("messaging_binding", name);
        Some(Self {
            sid: fields.text("sid")?,
            identity: fields.text("identity").map(Into::into),
            address: address("address").as_deref().map(Address::from_wire),
            proxy_address: address("proxy_address").as_deref().map(Address::from_wire),
            last_read: fields.parsed("last_read_message_index"),
            created_at: fields.time("date_created"),
            fields: fields.all(),
        })
    }
}

/// Participant to add.
///
/// ```
/// use anysms::{PhoneNumber, twilio::NewParticipant};
///
/// let (guest, own): (PhoneNumber, PhoneNumber) = ("+447700900123".parse()?, "+15555550100".parse()?);
/// let phone = NewParticipant::sms(guest, own);
/// let clerk = NewParticipant::chat("desk-2").with_attributes(r#"{"role":"clerk"}"#);
/// assert_ne!(phone, clerk);
/// # Ok::<(), anysms::PhoneNumberError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewParticipant {
    who: Who,
    attributes: Option<Text>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Who {
    Phone { address: Address, proxy: Address },
    Chat(Text),
}

impl NewParticipant {
    /// Returns a phone, and the own number that it writes to. Twilio takes a pair of both in one open conversation only.
    #[must_use]
    pub fn sms(address: impl Into<Address>, proxy_address: impl Into<Address>) -> Self {
        let who = Who::Phone { address: address.into(), proxy: proxy_address.into() };
        Self { who, attributes: None }
    }

    /// Returns a chat client by its identity, a name of the program's own.
    #[must_use]
    pub fn chat(identity: impl Into<Text>) -> Self {
        Self { who: Who::Chat(identity.into()), attributes: None }
    }

    /// Sets data of the program's own, a JSON text.
    #[must_use]
    pub fn with_attributes(mut self, attributes: impl Into<Text>) -> Self {
        self.attributes = Some(attributes.into());
        self
    }

    fn form(&self) -> Result<Form> {
        let form = Form::default();
        let form = match &self.who {
            Who::Chat(identity) if identity.is_empty() => {
                return Err(invalid("identity: empty; give a name of your own"));
            }
            Who::Chat(identity) => form.with("Identity", Some(identity)),
            Who::Phone { address, proxy } => form
                .with("MessagingBinding.Address", Some(address))
                .with("MessagingBinding.ProxyAddress", Some(proxy)),
        };
        Ok(form.with("Attributes", self.attributes.as_ref()))
    }
}

/// Conversation that an address or an identity takes part in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParticipantConversation {
    /// SID of the conversation (`CH…`).
    pub conversation: String,
    /// Unique name of the conversation; `None` if it has none.
    pub unique_name: Option<String>,
    /// State of the conversation.
    pub state: ConversationState,
    /// SID of the participant (`MB…`).
    pub participant: Option<String>,
    /// Address of a phone; `None` for a chat client.
    pub address: Option<Address>,
    /// Own number that a phone writes to and hears from.
    pub proxy_address: Option<Address>,
    /// All fields as Twilio sent them.
    pub fields: Extra,
}

impl Resource for ParticipantConversation {
    const LIST: &'static str = "conversations";
    const PAGE: usize = 50;

    fn read(fields: Fields) -> Option<Self> {
        let address = |name| fields.inner("participant_messaging_binding", name);
        Some(Self {
            conversation: fields.text("conversation_sid")?,
            unique_name: fields.text("conversation_unique_name"),
            state: fields.text("conversation_state").unwrap_or_default().as_str().into(),
            participant: fields.text("participant_sid"),
            address: address("address").as_deref().map(Address::from_wire),
            proxy_address: address("proxy_address").as_deref().map(Address::from_wire),
            fields: fields.all(),
        })
    }
}

impl TwilioConversations {
    /// Adds a participant.
    ///
    /// # Errors
    /// `NotFound` if there is no such conversation; `Conflict` if it takes part already, or its pair of addresses does
    /// in another open conversation.
    pub async fn add_participant(
        &self,
        conversation: &str,
        participant: &NewParticipant,
    ) -> Result<ConversationParticipant> {
        let path = ["Conversations", conversation, "Participants"];
        self.write(&path, participant.form()?).await
    }

    /// Lists the participants of a conversation; at most so many.
    ///
    /// # Errors
    /// `NotFound` if there is no such conversation.
    pub async fn participants(
        &self,
        conversation: &str,
        most: usize,
    ) -> Result<Vec<ConversationParticipant>> {
        let path = ["Conversations", conversation, "Participants"];
        self.all(self.request(Method::GET, &path)?, most).await
    }

    /// Removes a participant by its SID. Returns `false` if it is not there.
    ///
    /// # Errors
    /// As any call of Twilio.
    pub async fn remove_participant(&self, conversation: &str, sid: &str) -> Result<bool> {
        self.remove_one(&["Conversations", conversation, "Participants", sid]).await
    }

    /// Finds the conversations that an address takes part in; at most so many.
    ///
    /// ```
    /// # async fn example(twilio: anysms::twilio::Twilio) -> Result<(), Box<dyn std::error::Error>> {
    /// use anysms::PhoneNumber;
    ///
    /// let guest: PhoneNumber = "+447700900123".parse()?;
    /// for found in twilio.conversations().of_address(&guest.into(), 50).await? {
    ///     println!("{} is {}", found.conversation, found.state);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As any call of Twilio.
    pub async fn of_address(
        &self,
        address: &Address,
        most: usize,
    ) -> Result<Vec<ParticipantConversation>> {
        let request = self.request(Method::GET, &["ParticipantConversations"])?;
        self.all(request.query("Address", address.to_string()), most).await
    }

    /// Finds the conversations that a chat client takes part in, by its identity; at most so many.
    ///
    /// # Errors
    /// As any call of Twilio.
    pub async fn of_identity(
        &self,
        identity: &str,
        most: usize,
    ) -> Result<Vec<ParticipantConversation>> {
        let request = self.request(Method::GET, &["ParticipantConversations"])?;
        self.all(request.query("Identity", identity), most).await
    }
}
