//! [`Conversation`]: a thread that Twilio keeps.

use std::{fmt, time::Duration};

use http::Method;
use jiff::Timestamp;

use super::{Fields, Form, Resource, TwilioConversations, invalid};
use crate::{
    error::{Error, ErrorKind, Outcome, Result},
    message::{Extra, Text},
};

/// Conversation of Twilio's.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Conversation {
    /// SID (`CH…`).
    pub sid: String,
    /// Unique name; `None` if it has none.
    pub unique_name: Option<String>,
    /// Name that people read.
    pub friendly_name: Option<Text>,
    /// State now.
    pub state: ConversationState,
    /// SID of its Conversation Service (`IS…`).
    pub service: Option<String>,
    /// SID of the Messaging Service (`MG…`) whose senders it uses.
    pub messaging_service: Option<String>,
    /// Data of the program's own: a JSON text.
    pub attributes: Option<Text>,
    /// Time it was created.
    pub created_at: Option<Timestamp>,
    /// Time it was last changed.
    pub updated_at: Option<Timestamp>,
    /// All fields as Twilio sent them.
    pub fields: Extra,
}

impl Resource for Conversation {
    const LIST: &'static str = "conversations";

    fn read(fields: Fields) -> Option<Self> {
        Some(Self {
            sid: fields.text("sid")?,
            unique_name: fields.text("unique_name"),
            friendly_name: fields.text("friendly_name").map(Into::into),
            state: fields.text("state").unwrap_or_default().as_str().into(),
            service: fields.text("chat_service_sid"),
            messaging_service: fields.text("messaging_service_sid"),
            attributes: fields.text("attributes").map(Into::into),
            created_at: fields.time("date_created"),
            updated_at: fields.time("date_updated"),
            fields: fields.all(),
        })
    }
}

/// State of a [`Conversation`].
///
/// ```
/// use anysms::twilio::ConversationState;
///
/// assert_eq!(ConversationState::from("closed"), ConversationState::Closed);
/// assert_eq!(ConversationState::from("later").as_str(), "later"); // a word of Twilio's that is new
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConversationState {
    /// It is being set up: nothing is sent to its participants yet.
    Initializing,
    /// Nothing was said for as long as its timer says; a message makes it active again.
    Inactive,
    /// Messages come and go.
    Active,
    /// It is over: its addresses are free for another one, and it takes no messages.
    Closed,
    /// A word this crate does not know, as Twilio wrote it.
    Other(String),
}

impl ConversationState {
    /// Returns Twilio's word for it, such as `active`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Initializing => "initializing",
            Self::Inactive => "inactive",
            Self::Active => "active",
            Self::Closed => "closed",
            Self::Other(word) => word,
        }
    }
}

impl From<&str> for ConversationState {
    fn from(word: &str) -> Self {
        let known = [Self::Initializing, Self::Inactive, Self::Active, Self::Closed];
        let same = |state: &Self| state.as_str().eq_ignore_ascii_case(word);
        known.into_iter().find(same).unwrap_or_else(|| Self::Other(word.to_owned()))
    }
}

impl fmt::Display for ConversationState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Settings of a conversation, to create it with or to change it to. What is `None` stays as it is.
///
/// ```
/// use std::time::Duration;
///
/// use anysms::twilio::ConversationSettings;
///
/// let settings = ConversationSettings::new()
///     .with_friendly_name("Table 7")
///     .with_inactive_after(Duration::from_secs(86_400));
/// assert_eq!(settings.unique_name, None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConversationSettings {
    /// Unique name, at most 256 characters, by which the conversation can be found.
    pub unique_name: Option<String>,
    /// Name that people read, at most 256 characters.
    pub friendly_name: Option<Text>,
    /// State to begin with or to change to.
    pub state: Option<ConversationState>,
    /// SID of the Messaging Service (`MG…`) whose senders it uses.
    pub messaging_service: Option<String>,
    /// Data of the program's own: a JSON text.
    pub attributes: Option<Text>,
    /// Silence after which it becomes inactive: a minute or more.
    pub inactive_after: Option<Duration>,
    /// Silence after which it is closed: ten minutes or more.
    pub closed_after: Option<Duration>,
}

impl ConversationSettings {
    /// Returns settings that set nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the unique name.
    #[must_use]
    pub fn with_unique_name(mut self, name: impl Into<String>) -> Self {
        self.unique_name = Some(name.into());
        self
    }

    /// Sets the name that people read.
    #[must_use]
    pub fn with_friendly_name(mut self, name: impl Into<Text>) -> Self {
        self.friendly_name = Some(name.into());
        self
    }

    /// Sets the state.
    #[must_use]
    pub fn with_state(mut self, state: ConversationState) -> Self {
        self.state = Some(state);
        self
    }

    /// Sets the Messaging Service.
    #[must_use]
    pub fn with_messaging_service(mut self, service: impl Into<String>) -> Self {
        self.messaging_service = Some(service.into());
        self
    }

    /// Sets data of the program's own, a JSON text.
    #[must_use]
    pub fn with_attributes(mut self, attributes: impl Into<Text>) -> Self {
        self.attributes = Some(attributes.into());
        self
    }

    /// Sets the silence after which it becomes inactive.
    #[must_use]
    pub const fn with_inactive_after(mut self, silence: Duration) -> Self {
        self.inactive_after = Some(silence);
        self
    }

    /// Sets the silence after which it is closed.
    #[must_use]
    pub const fn with_closed_after(mut self, silence: Duration) -> Self {
        self.closed_after = Some(silence);
        self
    }

    fn form(&self) -> Result<Form> {
        if let Some(name) = &self.unique_name {
            unique(name)?;
        }
        if self.friendly_name.as_ref().is_some_and(|name| name.chars().count() > 256) {
            return Err(invalid("friendly_name: longer than 256 characters; shorten it"));
        }
        if let Some(text) = &self.attributes
            && serde_json::from_str::<serde::de::IgnoredAny>(text).is_err()
        {
            return Err(invalid("attributes: not JSON; pass a JSON text such as {}"));
        }
        let seconds = |silence: Option<Duration>, least, rule| match silence {
            Some(silence) if silence.as_secs() < least => Err(invalid(rule)),
            silence => Ok(silence.map(|silence| format!("PT{}S", silence.as_secs()))),
        };
        let inactive =
            seconds(self.inactive_after, 60, "inactive_after: less than a minute; give more")?;
        let closed =
            seconds(self.closed_after, 600, "closed_after: less than ten minutes; give more")?;
        Ok(Form::default()
            .with("UniqueName", self.unique_name.as_ref())
            .with("FriendlyName", self.friendly_name.as_ref())
            .with("State", self.state.as_ref())
            .with("MessagingServiceSid", self.messaging_service.as_ref())
            .with("Attributes", self.attributes.as_ref())
            .with("Timers.Inactive", inactive)
            .with("Timers.Closed", closed))
    }
}

/// Refuses a name that could not be found again.
fn unique(name: &str) -> Result<()> {
    let is_sid = name
        .strip_prefix("CH")
        .is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|b| b.is_ascii_hexdigit()));
    match name.chars().count() {
        _ if is_sid => Err(invalid("unique_name: reads as a SID; give a name of your own")),
        1..=256 => Ok(()),
        _ => Err(invalid("unique_name: must have 1 to 256 characters")),
    }
}

/// Returns whether a name is taken already.
fn is_taken(error: &Error) -> bool {
    error.kind() == ErrorKind::Conflict || error.code() == Some("50353")
}

impl TwilioConversations {
    /// Creates a conversation. One that timed out may have been created: with a unique name,
    /// [`ensure`](Self::ensure) finds it.
    ///
    /// # Errors
    /// `InvalidRequest` for a setting that breaks its rule; `Conflict` if the unique name is taken.
    pub async fn create(&self, settings: &ConversationSettings) -> Result<Conversation> {
        self.write(&["Conversations"], settings.form()?).await
    }

    /// Returns the conversation with this unique name, creating it if there is none. Safe to call again after any error,
    /// and from many places at once: there is one conversation of a name.
    ///
    /// The settings are those of a new one; one that is there stays as it is, closed or not.
    ///
    /// ```
    /// # async fn example(twilio: anysms::twilio::Twilio) -> anysms::Result<()> {
    /// use anysms::twilio::ConversationSettings;
    ///
    /// let conversations = twilio.conversations();
    /// let settings = ConversationSettings::new().with_friendly_name("Order 17");
    /// let first = conversations.ensure("order-17", &settings).await?;
    /// let again = conversations.ensure("order-17", &settings).await?;
    /// assert_eq!(first.sid, again.sid);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`create`](Self::create). With an unknown outcome it may have been created.
    pub async fn ensure(
        &self,
        unique_name: &str,
        settings: &ConversationSettings,
    ) -> Result<Conversation> {
        unique(unique_name)?;
        let settings = settings.clone().with_unique_name(unique_name);
        let mut last: Option<Error> = None;
        // A second creation only where the first is known to have come to nothing.
        for _ in 0..2 {
            match self.find(unique_name).await {
                Ok(Some(found)) => return Ok(found),
                Ok(None) => {}
                Err(error) => return Err(last.unwrap_or(error)),
            }
            match self.create(&settings).await {
                Err(error) if is_taken(&error) || error.outcome() == Outcome::Unknown => {
                    last = Some(error);
                }
                made => return made,
            }
        }
        match (self.find(unique_name).await, last) {
            (Ok(Some(found)), _) => Ok(found),
            (_, Some(last)) => Err(last),
            (Err(error), None) => Err(error),
            (Ok(None), None) => Err(Error::unknown(ErrorKind::Other)),
        }
    }

    /// Looks for a conversation by its SID or unique name; `None` if there is none.
    ///
    /// # Errors
    /// As any call of Twilio.
    pub async fn find(&self, conversation: &str) -> Result<Option<Conversation>> {
        match self.fetch(conversation).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            found => found.map(Some),
        }
    }

    /// Returns a conversation by its SID or unique name.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub async fn fetch(&self, conversation: &str) -> Result<Conversation> {
        self.fetch_one(&["Conversations", conversation]).await
    }

    /// Lists conversations, of a state or of all; at most so many.
    ///
    /// ```
    /// # async fn example(twilio: anysms::twilio::Twilio) -> anysms::Result<()> {
    /// use anysms::twilio::ConversationState;
    ///
    /// let conversations = twilio.conversations();
    /// for silent in conversations.list(Some(&ConversationState::Inactive), 1_000).await? {
    ///     conversations.close(&silent.sid).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As any call of Twilio.
    pub async fn list(
        &self,
        state: Option<&ConversationState>,
        most: usize,
    ) -> Result<Vec<Conversation>> {
        let mut request = self.request(Method::GET, &["Conversations"])?;
        if let Some(state) = state {
            request = request.query("State", state.as_str());
        }
        self.all(request, most).await
    }

    /// Changes the settings of a conversation.
    ///
    /// # Errors
    /// As [`create`](Self::create); `NotFound` if there is none.
    pub async fn update(
        &self,
        conversation: &str,
        settings: &ConversationSettings,
    ) -> Result<Conversation> {
        self.write(&["Conversations", conversation], settings.form()?).await
    }

    /// Closes a conversation: the addresses of its participants are free for another one. Twilio lets no closed
    /// conversation open again.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub async fn close(&self, conversation: &str) -> Result<Conversation> {
        let closed = ConversationSettings::new().with_state(ConversationState::Closed);
        self.update(conversation, &closed).await
    }

    /// Deletes a conversation with its messages. Returns `false` if there is none.
    ///
    /// # Errors
    /// As any call of Twilio.
    pub async fn delete(&self, conversation: &str) -> Result<bool> {
        self.remove_one(&["Conversations", conversation]).await
    }
}
