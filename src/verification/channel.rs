//! [`CodeChannel`]: a way on which codes of our own reach a person.

use std::{fmt, sync::Arc};

use async_trait::async_trait;

use super::VerificationChannel;
use crate::{
    error::{Error, ErrorKind, Result},
    message::{Message, MessageClass, MessageKey, TenantId, Text},
    number::PhoneNumber,
    provider::SmsProvider,
};

/// Code on its way to a person. `Debug` shows neither the code nor the text.
#[derive(Clone)]
#[non_exhaustive]
pub struct CodeDelivery {
    /// Number.
    pub number: PhoneNumber,
    /// E-mail address, if one was given.
    pub email: Option<Text>,
    /// Code.
    pub code: Text,
    /// Whole text of a message.
    pub text: Text,
    /// Language of the text.
    pub locale: String,
    /// Tenant.
    pub tenant: Option<TenantId>,
    /// Key of this send: handed over twice, it is sent once where the channel can tell.
    pub key: MessageKey,
}

impl fmt::Debug for CodeDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeDelivery").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Way on which codes reach a person: SMS is built in; calls and e-mail are yours to write.
///
/// ```
/// use anysms::{Result, async_trait};
/// use anysms::verification::{CodeChannel, CodeDelivery, VerificationChannel};
///
/// #[derive(Debug)]
/// struct Mail; // holds your mailer
///
/// #[async_trait]
/// impl CodeChannel for Mail {
///     fn channel(&self) -> VerificationChannel {
///         VerificationChannel::Email
///     }
///
///     async fn deliver(&self, delivery: &CodeDelivery) -> Result<Option<String>> {
///         let Some(address) = &delivery.email else { return Err(anysms::Error::not_sent(
///             anysms::ErrorKind::InvalidRecipient).with_detail("email: none given")) };
///         // send delivery.text to the address, and return the mailer's id
///         Ok(None)
///     }
/// }
/// ```
#[async_trait]
pub trait CodeChannel: fmt::Debug + Send + Sync {
    /// Returns the channel that it is.
    fn channel(&self) -> VerificationChannel;

    /// Hands a code over, once, and returns the id of whoever took it; `None` if there is none.
    ///
    /// # Errors
    /// With `NotSent` only if nothing left: then another channel is tried. After `Unknown` none is.
    async fn deliver(&self, delivery: &CodeDelivery) -> Result<Option<String>>;

    /// Hears that a code was approved that it delivered under this id, for services that watch how many are.
    ///
    /// # Errors
    /// Where that could not be told. The approval stands.
    async fn approved(&self, id: &str) -> Result<()> {
        let _ = id;
        Ok(())
    }
}

#[async_trait]
impl<C: CodeChannel + ?Sized> CodeChannel for Arc<C> {
    fn channel(&self) -> VerificationChannel {
        (**self).channel()
    }

    async fn deliver(&self, delivery: &CodeDelivery) -> Result<Option<String>> {
        (**self).deliver(delivery).await
    }

    async fn approved(&self, id: &str) -> Result<()> {
        (**self).approved(id).await
    }
}

/// SMS by a provider.
#[derive(Debug)]
pub(super) struct Sms<P>(pub(super) P);

#[async_trait]
impl<P: SmsProvider> CodeChannel for Sms<P> {
    fn channel(&self) -> VerificationChannel {
        VerificationChannel::Sms
    }

    async fn deliver(&self, delivery: &CodeDelivery) -> Result<Option<String>> {
        let mut message = Message::new(delivery.number, delivery.text.as_str())
            .with_class(MessageClass::OneTimeCode)
            .with_key(delivery.key.clone());
        if let Some(tenant) = &delivery.tenant {
            message = message.with_tenant(tenant.clone());
        }
        let receipt = self.0.send(&message).await?;
        Ok(receipt.id.map(|id| id.to_string()))
    }
}

/// Returns the error for a channel that nobody serves.
pub(super) fn missing(channel: VerificationChannel) -> Error {
    let detail = format!("channel: {} is not set up; add it with with_channel", channel.as_str());
    Error::not_sent(ErrorKind::Unsupported).with_detail(detail)
}

/// Writes a code so that a voice reads it digit by digit, with a pause after each: `1, 2, 3, 4`.
///
/// ```
/// assert_eq!(anysms::verification::spoken("1234"), "1, 2, 3, 4");
/// ```
#[must_use]
pub fn spoken(code: &str) -> String {
    let mut spoken = String::with_capacity(code.len() * 3);
    for digit in code.chars() {
        if !spoken.is_empty() {
            spoken.push_str(", ");
        }
        spoken.push(digit);
    }
    spoken
}
