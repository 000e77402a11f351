//! [`Verified`]: a request that a check has passed.

use crate::{
    provider_id::ProviderId,
    webhook::{EventId, Webhook, WebhookError, WebhookErrorKind, WebhookRequest},
};

/// How much of a request its signature covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Authenticity {
    /// All of it: the address and every parameter.
    Full,
    /// Only the address for sure. **Every parameter may be forged** by whoever has seen one such
    /// request; look the message up before acting on anything that matters. (Plivo V2, and V3 by GET.)
    UrlOnly,
}

/// What a check has proved.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Proof<'a> {
    /// How much of the request is signed.
    pub authenticity: Authenticity,
    /// The vendor's name of the scheme, such as `X-Plivo-Signature-Ma-V3`.
    pub scheme: &'static str,
    /// Which of the configured keys matched, from 0, in the order they were given.
    pub key: usize,
    /// The number that is good once, where the scheme has one.
    pub nonce: Option<&'a str>,
    /// The account whose key matched, where keys are looked up by an account that the address names.
    pub account: Option<&'a str>,
}

impl<'a> Proof<'a> {
    /// What was proved, by which scheme, with which key.
    #[must_use]
    pub const fn new(authenticity: Authenticity, scheme: &'static str, key: usize) -> Self {
        Self { authenticity, scheme, key, nonce: None, account: None }
    }

    /// Adds the number that is good once.
    #[must_use]
    pub const fn with_nonce(mut self, nonce: &'a str) -> Self {
        self.nonce = Some(nonce);
        self
    }

    /// Adds the account that the address names.
    #[must_use]
    pub const fn with_account(mut self, account: Option<&'a str>) -> Self {
        self.account = account;
        self
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

    /// The nonce, under which the request is remembered.
    pub(super) fn nonce_key(&self) -> Option<EventId> {
        let nonce = self.proof.nonce?;
        Some(EventId::of(&self.provider, ["nonce", nonce].map(str::as_bytes)))
    }

    /// All of the request that a provider chooses.
    pub(super) fn content_hash(&self) -> EventId {
        let (method, target) = (self.request.method(), self.request.path_and_query());
        EventId::of(&self.provider, [method.as_bytes(), target.as_bytes(), self.request.body()])
    }

    /// What was proved.
    #[must_use]
    pub const fn proof(&self) -> &Proof<'a> {
        &self.proof
    }
}
