//! [`Verified`]: a request that a check has passed.

use std::{borrow::Cow, fmt};

use crate::{
    message::AccountId,
    provider_id::ProviderId,
    webhook::{Webhook, WebhookError, WebhookErrorKind, WebhookRequest},
};

/// How much of a request its signature covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Authenticity {
    /// All of it: the address and every parameter.
    ///
    /// Neither vendor marks in a form where a name ends and its value begins, so **what was signed can
    /// be cut into other parameters** by whoever holds one such request. What would make another
    /// message or another sender of it is refused as malformed;
    /// [`receive_once`](crate::webhook::WebhookExt::receive_once) refuses every second cut.
    Full,
    /// Only the address for sure. **Every parameter may be forged** by whoever has seen one such
    /// request; look the message up before acting on anything that matters. (Plivo V2, and V3 by GET.)
    UrlOnly,
}

/// What a check has proved.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Proof<'a> {
    /// How much of the request is signed.
    pub authenticity: Authenticity,
    /// The vendor's name of the scheme, such as `X-Plivo-Signature-Ma-V3`.
    pub scheme: &'static str,
    /// Which of the configured keys matched, from 0, in the order they were given.
    pub key: usize,
    /// The number that is good once, where the scheme has one.
    pub nonce: Option<Cow<'a, str>>,
    /// The signature as it came, where there is no nonce: it is good for one content.
    pub signature: Option<Cow<'a, str>>,
    /// The account whose key matched, where keys are looked up by an account that the address names.
    pub account: Option<Cow<'a, str>>,
}

impl<'a> Proof<'a> {
    /// What was proved, by which scheme, with which key.
    #[must_use]
    pub const fn new(authenticity: Authenticity, scheme: &'static str, key: usize) -> Self {
        Self { authenticity, scheme, key, nonce: None, signature: None, account: None }
    }

    /// Adds the number that is good once.
    #[must_use]
    pub fn with_nonce(mut self, nonce: &'a str) -> Self {
        self.nonce = Some(nonce.into());
        self
    }

    /// Adds the signature, for a scheme without a nonce: in the one form it may have.
    #[must_use]
    pub fn with_signature(mut self, signature: &'a str) -> Self {
        self.signature = Some(signature.into());
        self
    }

    /// Adds the account that the address names.
    #[must_use]
    pub fn with_account(mut self, account: &'a str) -> Self {
        self.account = Some(account.into());
        self
    }

    /// The same, without the request.
    #[must_use]
    pub fn into_owned(self) -> Proof<'static> {
        let own = |text: Option<Cow<'_, str>>| text.map(|text| Cow::Owned(text.into_owned()));
        Proof {
            authenticity: self.authenticity,
            scheme: self.scheme,
            key: self.key,
            nonce: own(self.nonce),
            signature: own(self.signature),
            account: own(self.account),
        }
    }
}

impl fmt::Debug for Proof<'_> {
    /// Leaves out what a replay needs, and most of the account.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proof")
            .field("authenticity", &self.authenticity)
            .field("scheme", &self.scheme)
            .field("key", &self.key)
            .field("account", &self.account.as_deref().map(AccountId::from))
            .finish_non_exhaustive()
    }
}

/// A request that a check has passed. There is no other way to one than [`Verified::check`].
#[derive(Clone, Debug)]
pub struct Verified<'a> {
    request: WebhookRequest<'a>,
    proof: Proof<'a>,
    provider: ProviderId,
}

impl<'a> Verified<'a> {
    /// Checks a request.
    ///
    /// # Errors
    /// Those of [`Webhook::check_signature`].
    pub fn check<W: Webhook + ?Sized>(
        webhook: &W,
        request: WebhookRequest<'a>,
    ) -> Result<Self, WebhookError> {
        let proof = webhook.check_signature(&request)?;
        Ok(Self { request, proof, provider: webhook.provider() })
    }

    /// The request, for the reader of the provider whose check it passed.
    ///
    /// # Errors
    /// `WrongProvider` if the check was another provider's.
    pub fn request_for(&self, provider: &ProviderId) -> Result<&WebhookRequest<'a>, WebhookError> {
        if self.provider == *provider {
            Ok(&self.request)
        } else {
            Err(WebhookError::new(WebhookErrorKind::WrongProvider))
        }
    }

    /// What was proved.
    #[must_use]
    pub const fn proof(&self) -> &Proof<'a> {
        &self.proof
    }
}
