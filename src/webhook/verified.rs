//! [`Verified`]: a request that a check has passed.

use std::{borrow::Cow, fmt};

use crate::{
    message::{AccountId, Extra},
    provider_id::ProviderId,
    webhook::{Params, Webhook, WebhookError, WebhookErrorKind, WebhookRequest, refused},
};

/// Part of a request that its signature covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Authenticity {
    /// The whole request: the address and every parameter.
    ///
    /// Neither vendor marks in a form where a name ends and its value begins, so **what was signed can
    /// be cut into other parameters** by anyone who holds one such request. A cut that would name another
    /// message or another sender is refused as malformed;
    /// [`receive_once`](crate::webhook::WebhookExt::receive_once) refuses every second cut.
    Full,
    /// The address alone. **Every parameter may be forged** by anyone who has seen one such request, so such an
    /// event **changes nothing by itself**: look the message up at the provider and act on the answer. A STOP may
    /// hold messages back for an hour meanwhile, and a START does nothing. (Plivo V2, and V3 by GET.)
    UrlOnly,
}

/// Result of a successful check.
///
/// ```
/// use anysms::webhook::{Authenticity, Proof};
///
/// let proof = Proof::new(Authenticity::Full, "X-Acme-Signature", 0).with_nonce("17");
/// assert_eq!(proof.nonce.as_deref(), Some("17"));
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Proof<'a> {
    /// Part of the request that is signed.
    pub authenticity: Authenticity,
    /// The vendor's name of the scheme, such as `X-Plivo-Signature-Ma-V3`.
    pub scheme: &'static str,
    /// Index of the configured key that matched, from 0, in the order the keys were given.
    pub key: usize,
    /// Nonce of the request; `None` where the scheme has none.
    pub nonce: Option<Cow<'a, str>>,
    /// Signature as it came; `None` where the scheme has a nonce.
    pub signature: Option<Cow<'a, str>>,
    /// Account whose key matched; `None` unless keys are looked up by an account in the address.
    pub account: Option<Cow<'a, str>>,
    content: Content,
}

/// Content of a request, as far as the check had to read it: the event is read from the same.
#[derive(Clone)]
pub(crate) enum Content {
    /// The check needed nothing of it.
    Unread,
    /// The parameters of the body or the query.
    Params(Params),
    /// The fields of a JSON body.
    Json(Extra),
}

impl<'a> Proof<'a> {
    /// Creates a proof by a scheme and a key, with neither nonce nor signature.
    #[must_use]
    pub const fn new(authenticity: Authenticity, scheme: &'static str, key: usize) -> Self {
        let (nonce, signature, account) = (None, None, None);
        Self { authenticity, scheme, key, nonce, signature, account, content: Content::Unread }
    }

    /// Adds the nonce of the request.
    #[must_use]
    pub fn with_nonce(mut self, nonce: &'a str) -> Self {
        self.nonce = Some(nonce.into());
        self
    }

    /// Adds the signature, for a scheme without a nonce. Only its canonical form may be accepted, or a
    /// replay in another form counts as a new request.
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

    /// Adds what the check has read of the request.
    pub(crate) fn with_content(mut self, content: Content) -> Self {
        self.content = content;
        self
    }

    /// Copies what is borrowed from the request.
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
            content: Content::Unread, // the event has been read
        }
    }
}

/// Equality of the public fields.
impl PartialEq for Proof<'_> {
    fn eq(&self, other: &Self) -> bool {
        let Self { authenticity, scheme, key, nonce, signature, account, content: _ } = self;
        (authenticity, scheme, key) == (&other.authenticity, &other.scheme, &other.key)
            && (nonce, signature, account) == (&other.nonce, &other.signature, &other.account)
    }
}

impl Eq for Proof<'_> {}

impl fmt::Debug for Proof<'_> {
    /// Leaves out what a replay needs, the content, and most of the account.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proof")
            .field("authenticity", &self.authenticity)
            .field("scheme", &self.scheme)
            .field("key", &self.key)
            .field("account", &self.account.as_deref().map(AccountId::from))
            .finish_non_exhaustive()
    }
}

/// A request that has passed a check. Can only be constructed by [`Verified::check`].
#[derive(Clone, Debug)]
pub struct Verified<'a> {
    request: WebhookRequest<'a>,
    proof: Proof<'a>,
    provider: ProviderId,
}

impl<'a> Verified<'a> {
    /// Checks a request, to be read by [`Webhook::parse`].
    ///
    /// ```
    /// use anysms::webhook::{Event, Verified, Webhook, WebhookError, WebhookRequest};
    ///
    /// fn handle(webhook: &dyn Webhook, request: WebhookRequest<'_>) -> Result<Event, WebhookError> {
    ///     let verified = Verified::check(webhook, request)?;
    ///     println!("signed by key {}", verified.proof().key);
    ///     webhook.parse(&verified)
    /// }
    /// ```
    ///
    /// # Errors
    /// Those of [`Webhook::check_signature`].
    pub fn check<W: Webhook + ?Sized>(
        webhook: &W,
        request: WebhookRequest<'a>,
    ) -> Result<Self, WebhookError> {
        let refused = |error| refused::request(webhook, &request, error);
        let proof = webhook.check_signature(&request).map_err(refused)?;
        Ok(Self { request, proof, provider: webhook.provider() })
    }

    /// Returns the request, for the reader of the provider whose check it passed.
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

    /// Returns the result of the check.
    #[must_use]
    pub const fn proof(&self) -> &Proof<'a> {
        &self.proof
    }

    /// Returns the result of the check, without the request.
    #[must_use]
    pub fn into_proof(self) -> Proof<'a> {
        self.proof
    }

    /// Returns the request.
    pub(super) const fn request(&self) -> &WebhookRequest<'a> {
        &self.request
    }

    /// Returns the parts of the request that the check has read.
    pub(crate) const fn content(&self) -> &Content {
        &self.proof.content
    }
}
