//! Twilio's Conversations, version 1, which Twilio calls "classic"; version 2 is another product.
//!
//! What belongs here: the client and how it asks and reads (`mod`), and a file for each resource: conversations,
//! participants, messages, webhooks, and the events that webhooks bring.

mod conversation;
mod event;
mod message;
mod participant;
mod webhook;

use http::Method;
use serde_json::{Map, Value};

use crate::{
    error::{Error, ErrorKind, Outcome, Result},
    message::Extra,
    transport::api::{ApiRequest, ApiResponse},
    twilio::{Product, TWILIO, Twilio},
};

pub use conversation::{Conversation, ConversationSettings, ConversationState};
pub use event::{ConversationEvent, ConversationEventKind};
pub use message::{ConversationMessage, ConversationReceipt, NewConversationMessage};
pub use participant::{ConversationParticipant, NewParticipant, ParticipantConversation};
pub use webhook::{ConversationWebhook, ConversationWebhooks, NewConversationWebhook};

/// Twilio's Conversations (classic): threads that Twilio keeps, with phones and chat clients in them. Made by
/// [`Twilio::conversations`].
///
/// Take these where Twilio's own SDKs for apps and browsers take part. For threads of text messages alone, the threads
/// of the package `anysms-store` need no product of a vendor.
///
/// A conversation is named by its SID (`CH…`) or its unique name. Lists take the greatest number of items to return,
/// and ask for as many pages as that needs.
#[derive(Clone, Debug)]
pub struct TwilioConversations {
    twilio: Twilio,
    service: Option<String>,
    webhooks: bool,
}

impl Twilio {
    /// Returns the Conversations (classic) of the account, in its default service.
    ///
    /// ```
    /// # #[cfg(feature = "sandbox")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use anysms::PhoneNumber;
    /// use anysms::twilio::{ConversationSettings, NewConversationMessage, NewParticipant};
    /// use anysms::{sandbox::Sandbox, twilio::{Twilio, TwilioConfig}};
    ///
    /// let sandbox = Sandbox::start().await?;
    /// let twilio = Twilio::new(&TwilioConfig::sandbox(&sandbox))?;
    /// let conversations = twilio.conversations();
    ///
    /// let order = conversations.ensure("order-17", &ConversationSettings::new()).await?;
    /// let (guest, own): (PhoneNumber, PhoneNumber) = ("+447700900123".parse()?, "+15555550100".parse()?);
    /// conversations.add_participant(&order.sid, &NewParticipant::sms(guest, own)).await?;
    /// let said = NewConversationMessage::new("Your table is ready");
    /// conversations.send(&order.sid, &said).await?;
    /// assert_eq!(sandbox.expect_message(guest).await?.text, "Your table is ready");
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sandbox"))]
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn conversations(&self) -> TwilioConversations {
        TwilioConversations { twilio: self.clone(), service: None, webhooks: true }
    }
}

impl TwilioConversations {
    /// Takes another service than the default one, by its SID (`IS…`).
    #[must_use]
    pub fn in_service(mut self, service: impl Into<String>) -> Self {
        self.service = Some(service.into());
        self
    }

    /// Keeps what this client writes from the webhooks. Without this, its writes are events as those of others are.
    #[must_use]
    pub const fn without_webhooks(mut self) -> Self {
        self.webhooks = false;
        self
    }

    /// Begins a request below the service.
    ///
    /// # Errors
    /// `InvalidRequest` for an empty part, which would name another resource.
    fn request(&self, method: Method, rest: &[&str]) -> Result<ApiRequest<'_>> {
        if rest.iter().any(|part| part.is_empty()) {
            return Err(invalid("id: empty; give a SID or a unique name"));
        }
        let service = self.service.iter().flat_map(|service| ["Services", service]);
        let path = std::iter::once("v1").chain(service).chain(rest.iter().copied());
        let writes = method != Method::GET;
        let request = self.twilio.request(method, Product::Conversations, path);
        // Without it Twilio tells no webhook of a client's own writes (twilio.com/docs/conversations, 2026-11-20).
        let header = "x-twilio-webhook-enabled";
        Ok(if writes && self.webhooks { request.header(header, "true") } else { request })
    }

    /// Reads one resource.
    async fn fetch_one<T: Resource>(&self, rest: &[&str]) -> Result<T> {
        let answer = self.request(Method::GET, rest)?.send().await?;
        one(&answer, Outcome::NotSent).map_err(Error::without_message)
    }

    /// Writes a resource, and reads what it has become.
    async fn write<T: Resource>(&self, rest: &[&str], form: Form) -> Result<T> {
        let request = form.fill(self.request(Method::POST, rest)?);
        one(&request.send().await?, Outcome::Unknown)
    }

    /// Removes a resource. Returns `false` if it is not there.
    async fn remove_one(&self, rest: &[&str]) -> Result<bool> {
        match self.request(Method::DELETE, rest)?.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Reads a list, at most so many items of it.
    async fn all<T: Resource>(&self, request: ApiRequest<'_>, most: usize) -> Result<Vec<T>> {
        let mut found = Vec::new();
        if most == 0 {
            return Ok(found);
        }
        let mut pages = request.query("PageSize", most.min(T::PAGE).to_string()).pages();
        while let Some(page) = pages.next().await {
            let mut page: Map<String, Value> = page?.json()?;
            let Some(Value::Array(items)) = page.remove(T::LIST) else {
                let error = Error::not_sent(ErrorKind::InvalidResponse).with_provider(TWILIO);
                return Err(error.with_detail("answer: the list is missing").without_message());
            };
            for item in items {
                if let Value::Object(fields) = item {
                    found.extend(T::read(Fields(fields)));
                }
                if found.len() == most {
                    return Ok(found);
                }
            }
        }
        Ok(found)
    }
}

/// Resource that can be read from an answer.
trait Resource: Sized {
    /// Name of a list of it.
    const LIST: &'static str;

    /// Longest page of a list of it. Twilio refuses a longer one (its OpenAPI files, 2026-11-20).
    const PAGE: usize = 100;

    /// Reads it; `None` if it has no id.
    fn read(fields: Fields) -> Option<Self>;
}

/// Fields of a resource. Twilio writes numbers as texts, too, and null for what there is not.
struct Fields(Map<String, Value>);

impl Fields {
    fn text(&self, name: &str) -> Option<String> {
        text_of(self.0.get(name)?)
    }

    /// Returns a field of an object within, such as `messaging_binding`.
    fn inner(&self, object: &str, name: &str) -> Option<String> {
        text_of(self.0.get(object)?.get(name)?)
    }

    fn parsed<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.text(name)?.parse().ok()
    }

    fn time(&self, name: &str) -> Option<jiff::Timestamp> {
        crate::transport::lenient::time(&self.text(name)?)
    }

    fn list(value: Option<&Value>) -> Vec<String> {
        value.and_then(Value::as_array).into_iter().flatten().filter_map(text_of).collect()
    }

    /// Returns all fields as they came.
    fn all(self) -> Extra {
        Extra::from_json(self.0)
    }
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is) => Some(is.to_string()),
        _ => None,
    }
}

/// Fields of a form.
#[derive(Default)]
struct Form(Vec<(&'static str, String)>);

impl Form {
    fn with(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        self.0.extend(value.map(|value| (name, value.to_string())));
        self
    }

    fn fill(self, request: ApiRequest<'_>) -> ApiRequest<'_> {
        self.0.into_iter().fold(request, |request, (name, value)| request.form(name, value))
    }
}

fn one<T: Resource>(answer: &ApiResponse, outcome: Outcome) -> Result<T> {
    let fields = Fields(answer.json()?);
    T::read(fields).ok_or_else(|| {
        let error = Error::new(ErrorKind::InvalidResponse, outcome).with_provider(TWILIO);
        error.with_detail("answer: the sid is missing")
    })
}

fn invalid(rule: &'static str) -> Error {
    Error::not_sent(ErrorKind::InvalidRequest).with_provider(TWILIO).with_detail(rule)
}
