//! [`Message`]: one text to one recipient.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, ErrorKind, Result},
    message::{
        Destination, Extensions, Media, MessageClass, MessageKey, OptionSet, Sender, TenantId,
        Text, VendorOptions, WebUrl,
    },
};

/// Most media a message may carry, at either vendor.
pub const MAX_MEDIA: usize = 10;

/// One text to one recipient, ready to send through any provider.
///
/// Every message has a [`MessageKey`], generated or the caller's own, that a clone keeps: sending a
/// clone is sending the same message. It is plain data, so it can be kept in a queue as JSON.
///
/// ```
/// use anysms::{Message, PhoneNumber};
///
/// let to: PhoneNumber = "+447700900123".parse()?;
/// let message = Message::new(to, "Your table is ready")
///     .with_sender("ACME".parse()?)
///     .with_status_callback("https://example.com/hooks/twilio".parse()?);
/// assert_eq!(message.text(), "Your table is ready");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Keep a message in a queue:
///
/// ```
/// use anysms::{Message, PhoneNumber};
///
/// let message = Message::new("+447700900123".parse::<PhoneNumber>()?, "Your table is ready");
/// let row = serde_json::to_string(&message)?;
/// let taken: Message = serde_json::from_str(&row)?;
/// assert_eq!(taken.key(), message.key()); // the same message, not a second one
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Message {
    key: MessageKey,
    to: Destination,
    #[serde(default)]
    text: Text,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    media: Vec<Media>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sender: Option<Sender>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status_callback: Option<WebUrl>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    send_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    validity: Option<Duration>,
    #[serde(default)]
    class: MessageClass,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    campaign: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fallback_sender: Option<Sender>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        alias = "organisation",
        deserialize_with = "tenant_or_none"
    )]
    tenant: Option<TenantId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Box<str>>,
    #[serde(default, skip_serializing_if = "OptionSet::is_empty")]
    options: OptionSet,
    #[serde(skip)]
    extensions: Extensions,
}

/// Reads a tenant; an empty name, as the first edition wrote it, is none.
fn tenant_or_none<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<TenantId>, D::Error> {
    let name: Option<std::borrow::Cow<'de, str>> = Option::deserialize(deserializer)?;
    let name = name.filter(|name| !name.is_empty());
    name.map(|name| TenantId::new(&name)).transpose().map_err(serde::de::Error::custom)
}

/// Cleans a label that a program chose: a NUL is replaced, as not every database has one.
fn name(text: impl Into<String>) -> Box<str> {
    text.into().replace('\0', "\u{fffd}").into()
}

impl Message {
    /// Creates a text for a recipient, under a new random key. The text may be empty where there is media.
    #[must_use]
    pub fn new(to: impl Into<Destination>, text: impl Into<String>) -> Self {
        Self {
            key: MessageKey::random(),
            to: to.into(),
            text: Text::from(text),
            media: Vec::new(),
            sender: None,
            status_callback: None,
            send_at: None,
            validity: None,
            class: MessageClass::default(),
            campaign: None,
            fallback_sender: None,
            tenant: None,
            user: None,
            tags: Vec::new(),
            options: OptionSet::default(),
            extensions: Extensions::default(),
        }
    }

    /// Sets the caller's own key, so that a program that starts again names the same message.
    ///
    /// Name a reminder by its booking:
    ///
    /// ```
    /// use anysms::{Message, PhoneNumber, message::{MessageKey, MessageKeyError}};
    ///
    /// fn reminder(booking: u32, to: PhoneNumber) -> Result<Message, MessageKeyError> {
    ///     let key = MessageKey::new(&format!("booking-{booking}-reminder"))?;
    ///     Ok(Message::new(to, "See you tomorrow").with_key(key))
    /// }
    /// let to = "+447700900123".parse()?;
    /// assert_eq!(reminder(4711, to)?.key(), reminder(4711, to)?.key());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_key(mut self, key: MessageKey) -> Self {
        self.key = key;
        self
    }

    /// Sets the sender, in place of the provider's default.
    #[must_use]
    pub fn with_sender(mut self, sender: Sender) -> Self {
        self.sender = Some(sender);
        self
    }

    /// Adds a picture or another file, which makes it an MMS. Up to [`MAX_MEDIA`].
    #[must_use]
    pub fn with_media(mut self, media: Media) -> Self {
        self.media.push(media);
        self
    }

    /// Sets the URL at which the provider reports the message's status.
    #[must_use]
    pub fn with_status_callback(mut self, url: WebUrl) -> Self {
        self.status_callback = Some(url);
        self
    }

    /// Asks the provider to hold it until then. `Capabilities::schedule` says who can.
    #[must_use]
    pub fn with_send_at(mut self, at: Timestamp) -> Self {
        self.send_at = Some(at);
        self
    }

    /// Sets how long it is worth delivering, in whole seconds. Twilio: 1 to 36,000; Plivo: 5 to
    /// 10,799.
    #[must_use]
    pub fn with_validity(mut self, validity: Duration) -> Self {
        self.validity = Some(validity);
        self
    }

    /// Sets its purpose, `Transactional` by default. No provider is told.
    #[must_use]
    pub fn with_class(mut self, class: MessageClass) -> Self {
        self.class = class;
        self
    }

    /// Names the campaign it belongs to, for limits and reports. No provider is told. Printed and logged:
    /// put no personal data into it.
    #[must_use]
    pub fn with_campaign(mut self, campaign: impl Into<String>) -> Self {
        self.campaign = Some(name(campaign));
        self
    }

    /// Sets on whose behalf it is sent. Message keys are the tenant's own: two tenants may use the same. No
    /// provider is told.
    #[must_use]
    pub fn with_tenant(mut self, tenant: TenantId) -> Self {
        self.tenant = Some(tenant);
        self
    }

    /// Sets the sender that takes over by SMS where RCS does not reach the recipient. Twilio alone has it, and
    /// only from a pool with an RCS sender.
    #[must_use]
    pub fn with_fallback_sender(mut self, sender: Sender) -> Self {
        self.fallback_sender = Some(sender);
        self
    }

    /// Names the user who caused it, by an id of the program's own. No provider is told. Printed and logged:
    /// no name, address or number.
    #[must_use]
    pub fn with_user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(name(user));
        self
    }

    /// Adds a tag, for the log's lists and reports. No provider is told. Printed and logged.
    #[must_use]
    pub fn with_tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(name(tag));
        self
    }

    /// Sends it to somebody else, as the same message.
    #[must_use]
    pub fn with_destination(mut self, to: impl Into<Destination>) -> Self {
        self.to = to.into();
        self
    }

    /// Sets options that only one vendor has; other vendors ignore them. Options that cannot be written as
    /// JSON are refused when the message is sent.
    #[must_use]
    pub fn with_options<O: VendorOptions>(mut self, options: &O) -> Self {
        self.options.set(options);
        self
    }

    /// Returns the key that makes it this message.
    #[must_use]
    pub fn key(&self) -> &MessageKey {
        &self.key
    }

    /// Returns the recipient and the channel.
    #[must_use]
    pub const fn destination(&self) -> &Destination {
        &self.to
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

    /// Returns the sender; `None` if the message leaves it to the provider's default.
    #[must_use]
    pub fn sender(&self) -> Option<&Sender> {
        self.sender.as_ref()
    }

    /// Returns the URL at which the provider reports the message's status; `None` if it names none.
    #[must_use]
    pub fn status_callback(&self) -> Option<&WebUrl> {
        self.status_callback.as_ref()
    }

    /// Returns the time at which the provider shall send it; `None` for at once.
    #[must_use]
    pub fn send_at(&self) -> Option<Timestamp> {
        self.send_at
    }

    /// Returns the time for which it is worth delivering; `None` if it says nothing.
    #[must_use]
    pub fn validity(&self) -> Option<Duration> {
        self.validity
    }

    /// Returns its purpose.
    #[must_use]
    pub fn class(&self) -> MessageClass {
        self.class
    }

    /// Returns the campaign it belongs to.
    #[must_use]
    pub fn campaign(&self) -> Option<&str> {
        self.campaign.as_deref()
    }

    /// Returns the tenant on whose behalf it is sent; `None` if it names none.
    #[must_use]
    pub const fn tenant(&self) -> Option<&TenantId> {
        self.tenant.as_ref()
    }

    /// Returns the sender that takes over by SMS; `None` if it names none.
    #[must_use]
    pub const fn fallback_sender(&self) -> Option<&Sender> {
        self.fallback_sender.as_ref()
    }

    /// Returns the values that layers attached.
    #[must_use]
    pub const fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// Returns the values that layers attached, to attach more.
    #[must_use]
    pub const fn extensions_mut(&mut self) -> &mut Extensions {
        &mut self.extensions
    }

    /// Returns the user who caused it.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Returns the tags.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.tags.iter().map(|tag| &**tag)
    }

    /// Returns one vendor's options.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] if what the message carries is not of this type.
    pub fn options<O: VendorOptions>(&self) -> Result<Option<O>> {
        self.options.get()
    }

    /// Returns `true` if a vendor's own options may stand for the text.
    pub(crate) fn has_options(&self) -> bool {
        !self.options.is_empty()
    }

    /// Checks what every provider demands: a text or media, and at most [`MAX_MEDIA`] media.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidContent`], not sent, naming the field and the rule.
    pub fn validate(&self) -> Result<()> {
        let refuse =
            |detail: String| Err(Error::not_sent(ErrorKind::InvalidContent).with_detail(detail));
        if self.text.is_empty() && self.media.is_empty() {
            return refuse("text: is empty and there is no media".into());
        }
        if self.media.len() > MAX_MEDIA {
            return refuse(format!("media: at most {MAX_MEDIA}, has {}", self.media.len()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number() -> crate::number::PhoneNumber {
        "+447700900123".parse().unwrap()
    }

    fn message() -> Message {
        Message::new(number(), "Your code is 123456")
    }

    #[test]
    fn a_clone_is_the_same_message() {
        let message = message();
        assert_eq!(message.clone().key(), message.key());
        assert_ne!(self::message().key(), message.key());
    }

    #[test]
    fn survives_a_queue() {
        let message = message()
            .with_sender("ACME".parse().unwrap())
            .with_media(Media::from_url("https://example.com/a.png".parse().unwrap()))
            .with_send_at(Timestamp::UNIX_EPOCH)
            .with_validity(Duration::from_secs(600))
            .with_class(MessageClass::OneTimeCode)
            .with_campaign("sign-in");
        let json = serde_json::to_string(&message).unwrap();
        assert_eq!(serde_json::from_str::<Message>(&json).unwrap(), message);
    }

    #[test]
    fn says_what_is_missing() {
        let empty = Message::new(number(), "");
        assert_eq!(empty.validate().unwrap_err().kind(), ErrorKind::InvalidContent);
        let media = Media::from_url("https://example.com/a.png".parse().unwrap());
        let crowded = (0..11).fold(empty, |message, _| message.with_media(media.clone()));
        let error = crowded.validate().unwrap_err();
        assert_eq!(error.detail(), "media: at most 10, has 11");
    }
}
