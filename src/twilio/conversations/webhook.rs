//! [`ConversationWebhook`]: who is told of one conversation, and [`ConversationWebhooks`], of all of them.

use http::Method;

use super::{ConversationEventKind, Fields, Form, Resource, TwilioConversations};
use crate::{
    error::Result,
    message::{Extra, Text, WebUrl},
};

/// Webhook, keyword trigger or Studio flow of one conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConversationWebhook {
    /// SID (`WH…`).
    pub sid: String,
    /// Kind of it: `webhook`, `trigger` or `studio`.
    pub target: String,
    /// Address that is called; `None` for a flow.
    pub url: Option<WebUrl>,
    /// Events that are told; empty for those that Twilio chooses.
    pub filters: Vec<ConversationEventKind>,
    /// Words that pull a trigger.
    pub triggers: Vec<Text>,
    /// SID of a Studio flow (`FW…`).
    pub flow: Option<String>,
    /// All fields as Twilio sent them.
    pub fields: Extra,
}

impl Resource for ConversationWebhook {
    const LIST: &'static str = "webhooks";
    const PAGE: usize = 5;

    fn read(fields: Fields) -> Option<Self> {
        let set = |name| fields.0.get("configuration").and_then(|set| set.get(name));
        let events = Fields::list(set("filters"));
        let words = Fields::list(set("triggers"));
        Some(Self {
            sid: fields.text("sid")?,
            target: fields.text("target").unwrap_or_default(),
            url: fields.inner("configuration", "url").and_then(|url| url.parse().ok()),
            filters: events.iter().map(|event| event.as_str().into()).collect(),
            triggers: words.into_iter().map(Into::into).collect(),
            flow: fields.inner("configuration", "flow_sid"),
            fields: fields.all(),
        })
    }
}

/// Webhook, trigger or flow to add to a conversation.
///
/// ```
/// use anysms::twilio::{ConversationEventKind, NewConversationWebhook};
///
/// let hook = NewConversationWebhook::webhook("https://example.com/hooks/conversations".parse()?)
///     .with_filter(ConversationEventKind::MessageAdded);
/// # Ok::<(), anysms::message::WebUrlError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewConversationWebhook {
    target: &'static str,
    url: Option<WebUrl>,
    filters: Vec<ConversationEventKind>,
    triggers: Vec<Text>,
    flow: Option<String>,
    replay_after: Option<u64>,
}

impl NewConversationWebhook {
    fn new(target: &'static str, url: Option<WebUrl>, flow: Option<String>) -> Self {
        let (filters, triggers, replay_after) = (Vec::new(), Vec::new(), None);
        Self { target, url, filters, triggers, flow, replay_after }
    }

    /// Returns a webhook, which is called by POST with events; add at least one filter.
    #[must_use]
    pub fn webhook(url: WebUrl) -> Self {
        Self::new("webhook", Some(url), None)
    }

    /// Returns a trigger: an address that is called when somebody writes one of these words.
    #[must_use]
    pub fn trigger<T: Into<Text>>(url: WebUrl, words: impl IntoIterator<Item = T>) -> Self {
        let triggers = words.into_iter().map(Into::into).collect();
        Self { triggers, ..Self::new("trigger", Some(url), None) }
    }

    /// Returns a Studio flow, by its SID (`FW…`).
    #[must_use]
    pub fn studio(flow: impl Into<String>) -> Self {
        Self::new("studio", None, Some(flow.into()))
    }

    /// Adds an event to be told.
    #[must_use]
    pub fn with_filter(mut self, event: ConversationEventKind) -> Self {
        self.filters.push(event);
        self
    }

    /// Has the messages told that came after this index.
    #[must_use]
    pub const fn with_replay_after(mut self, index: u64) -> Self {
        self.replay_after = Some(index);
        self
    }

    fn form(&self) -> Form {
        let mut form = Form::default()
            .with("Target", Some(self.target))
            .with("Configuration.Url", self.url.as_ref().map(WebUrl::as_str))
            .with("Configuration.Method", self.url.as_ref().map(|_| "post"));
        for event in &self.filters {
            form = form.with("Configuration.Filters", Some(event));
        }
        for word in &self.triggers {
            form = form.with("Configuration.Triggers", Some(word));
        }
        form.with("Configuration.FlowSid", self.flow.as_ref())
            .with("Configuration.ReplayAfter", self.replay_after)
    }
}

/// Webhooks of all conversations of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConversationWebhooks {
    /// Address that is asked before a change is made, and may refuse it.
    pub before: Option<WebUrl>,
    /// Address that is told of changes.
    pub after: Option<WebUrl>,
    /// Events that are told or asked about.
    pub filters: Vec<ConversationEventKind>,
}

impl ConversationWebhooks {
    /// Returns webhooks that tell an address of these changes.
    #[must_use]
    pub fn after(url: WebUrl, events: impl IntoIterator<Item = ConversationEventKind>) -> Self {
        Self { before: None, after: Some(url), filters: events.into_iter().collect() }
    }
}

impl Resource for ConversationWebhooks {
    const LIST: &'static str = "webhooks";

    fn read(fields: Fields) -> Option<Self> {
        let url = |name| fields.text(name).and_then(|url| url.parse().ok());
        let events = Fields::list(fields.0.get("filters"));
        Some(Self {
            before: url("pre_webhook_url"),
            after: url("post_webhook_url"),
            filters: events.iter().map(|event| event.as_str().into()).collect(),
        })
    }
}

impl TwilioConversations {
    /// Adds a webhook, a trigger or a flow to a conversation.
    ///
    /// # Errors
    /// `NotFound` if there is no such conversation.
    pub async fn add_webhook(
        &self,
        conversation: &str,
        webhook: &NewConversationWebhook,
    ) -> Result<ConversationWebhook> {
        self.write(&["Conversations", conversation, "Webhooks"], webhook.form()).await
    }

    /// Lists the webhooks of a conversation; at most so many.
    ///
    /// # Errors
    /// `NotFound` if there is no such conversation.
    pub async fn webhooks(
        &self,
        conversation: &str,
        most: usize,
    ) -> Result<Vec<ConversationWebhook>> {
        let path = ["Conversations", conversation, "Webhooks"];
        self.all(self.request(Method::GET, &path)?, most).await
    }

    /// Removes a webhook of a conversation by its SID (`WH…`). Returns `false` if it is not there.
    ///
    /// # Errors
    /// As any call of Twilio.
    pub async fn remove_webhook(&self, conversation: &str, sid: &str) -> Result<bool> {
        self.remove_one(&["Conversations", conversation, "Webhooks", sid]).await
    }

    /// Returns the webhooks of all conversations.
    ///
    /// # Errors
    /// As any call of Twilio.
    pub async fn global_webhooks(&self) -> Result<ConversationWebhooks> {
        self.fetch_one(&["Configuration", "Webhooks"]).await
    }

    /// Sets the webhooks of all conversations. An address that is `None` stays as it is.
    ///
    /// # Errors
    /// As any call of Twilio.
    pub async fn set_global_webhooks(
        &self,
        webhooks: &ConversationWebhooks,
    ) -> Result<ConversationWebhooks> {
        let mut form = Form::default()
            .with("PreWebhookUrl", webhooks.before.as_ref().map(WebUrl::as_str))
            .with("PostWebhookUrl", webhooks.after.as_ref().map(WebUrl::as_str))
            .with("Method", Some("POST"));
        for event in &webhooks.filters {
            form = form.with("Filters", Some(event));
        }
        self.write(&["Configuration", "Webhooks"], form).await
    }
}
