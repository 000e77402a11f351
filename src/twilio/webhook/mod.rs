//! [`TwilioWebhook`]: the check of a request's signature. Its content is read in `event`.

mod event;
mod signature;
mod signed_params;
mod twiml;

use std::{fmt, sync::Arc};

use crate::{
    account_id::AccountId,
    env::{self, Vars},
    error::{Error, ErrorKind, Result},
    provider_id::ProviderId,
    twilio::TWILIO,
    webhook::{
        Authenticity, Check, Content, Diagnosis, Event, InboundMessage, Key, KeyLookup, KeyRing,
        Keys, Params, Proof, PublicUrl, Reply, ReplyMessage, RequestUrl, Verified, Webhook,
        WebhookError, WebhookErrorKind, WebhookRequest, diagnose, first_key,
    },
};

use signature::{Algorithm, Signature, forms, signed_text, unescaped};
use signed_params::signed_params;

pub(super) use event::form_of;
pub use twiml::Twiml;

const HEADER: &str = "X-Twilio-Signature";
const SETTINGS: &str = "X-Twilio-Webhooks-Signature-Settings";

/// Checks and reads what Twilio calls: forms, and JSON with its hash in the query, by POST; where
/// [`PublicUrl::by_get`] says so, everything in the query by GET.
///
/// All keys are tried whichever matches, so that the time does not tell which; a form of the address
/// is tried only if those before did not match, as the address is no secret.
///
/// ```
/// use anysms::{http::Request, twilio::TwilioWebhook};
/// use anysms::webhook::{Event, WebhookExt, WebhookRequest};
///
/// let url = "https://example.com/hooks/twilio";
/// let webhook = TwilioWebhook::new("auth token", url.parse()?)?;
/// let body = "MessageSid=SM1&From=%2B447700900123&To=%2B15555550100&Body=Hello";
/// let request = Request::post(url)
///     .header("content-type", "application/x-www-form-urlencoded")
///     .header("x-twilio-signature", webhook.sign(url, body.as_bytes())?) // done by Twilio
///     .body(body)?;
/// let event = webhook.receive(WebhookRequest::from_http(&request))?;
/// assert!(matches!(event, Event::Inbound(message) if message.text == "Hello"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct TwilioWebhook {
    tokens: Tokens,
    shared: Vec<SharedKey>,
    url: PublicUrl,
    account: Option<String>,
    lenient: bool,
}

/// Auth tokens that are good: those of one ring, or of the account that a request names.
#[derive(Clone)]
enum Tokens {
    /// No auth token: there are only shared keys.
    None,
    Ring(KeyRing),
    ByAccount(Arc<dyn KeyLookup>),
}

/// A SharedKey: its name in the settings header, and the one algorithm it signs by.
#[derive(Clone)]
struct SharedKey {
    name: String,
    algorithm: Algorithm,
    key: Key,
}

/// The algorithm of a SharedKey, as it was chosen when the key was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SharedKeyAlgorithm {
    /// `HMAC_SHA256`.
    HmacSha256,
    /// `HMAC_SHA1`.
    HmacSha1,
}

impl TwilioWebhook {
    /// Creates a verifier with the account's **primary auth token** (Twilio signs with it even where an API
    /// key sends) and the public URL.
    ///
    /// # Errors
    /// `Config` if the token is empty.
    pub fn new(auth_token: impl Into<String>, url: PublicUrl) -> Result<Self> {
        let ring = KeyRing::new(auth_token).map_err(|error| error.with_provider(TWILIO))?;
        Ok(Self::with_ring(ring, url))
    }

    /// Creates a verifier with the token from `TWILIO_AUTH_TOKEN`.
    ///
    /// # Errors
    /// `Config` if the variable is missing or malformed.
    pub fn from_env(url: PublicUrl) -> Result<Self> {
        let mut vars = Vars::new(&env::process);
        let token = vars.required("TWILIO_AUTH_TOKEN");
        vars.finish(&TWILIO)?;
        Self::new(token, url)
    }

    /// Creates a verifier with the tokens of a ring, which may change meanwhile.
    #[must_use]
    pub const fn with_ring(ring: KeyRing, url: PublicUrl) -> Self {
        Self::of(Tokens::Ring(ring), url)
    }

    /// Creates a verifier for several accounts, each with its own tokens: the keys are those of the
    /// request's `AccountSid` (`AC…`).
    #[must_use]
    pub fn by_account(keys: impl KeyLookup, url: PublicUrl) -> Self {
        Self::of(Tokens::ByAccount(Arc::new(keys)), url)
    }

    /// Creates a verifier with a SharedKey and no auth token. (Public beta, as of 2026-11-20.)
    ///
    /// # Errors
    /// `Config` if the name or the secret is empty.
    pub fn from_shared_key(
        name: impl Into<String>,
        secret: impl Into<String>,
        algorithm: SharedKeyAlgorithm,
        url: PublicUrl,
    ) -> Result<Self> {
        Self::of(Tokens::None, url).with_shared_key(name, secret, algorithm)
    }

    const fn of(tokens: Tokens, url: PublicUrl) -> Self {
        Self { tokens, shared: Vec::new(), url, account: None, lenient: false }
    }

    /// Adds a token that is good too, for the time of a rotation: for this verifier, and not for others with
    /// the same ring, which [`KeyRing::add`] is for.
    ///
    /// # Errors
    /// `Config` if the token is empty, there are four already, or the keys are looked up.
    pub fn with_key(mut self, auth_token: impl Into<String>) -> Result<Self> {
        match &self.tokens {
            Tokens::Ring(ring) => self.tokens = Tokens::Ring(ring.with(auth_token)?),
            Tokens::None => self.tokens = Tokens::Ring(KeyRing::new(auth_token)?),
            Tokens::ByAccount(_) => {
                let detail =
                    "auth token: keys are looked up by account; add it to that account's KeyRing";
                return Err(Error::not_sent(ErrorKind::Config).with_detail(detail));
            }
        }
        Ok(self)
    }

    /// Adds a SharedKey that is good too, by this algorithm and no other. (Public beta, as of 2026-11-20.)
    ///
    /// # Errors
    /// `Config` if the name (`webhooks_sharedkey_…`) or the secret is empty.
    pub fn with_shared_key(
        mut self,
        name: impl Into<String>,
        secret: impl Into<String>,
        algorithm: SharedKeyAlgorithm,
    ) -> Result<Self> {
        let (name, key) = (name.into().trim().to_owned(), Key::new(secret.into())?);
        if name.is_empty() {
            let detail = "shared key: no name; give the webhooks_sharedkey_… of the Console";
            return Err(Error::not_sent(ErrorKind::Config).with_detail(detail));
        }
        let algorithm = match algorithm {
            SharedKeyAlgorithm::HmacSha256 => Algorithm::Sha256,
            SharedKeyAlgorithm::HmacSha1 => Algorithm::Sha1,
        };
        self.shared.push(SharedKey { name, algorithm, key });
        Ok(self)
    }

    /// Refuses what is signed but about another account than this (`AC…`).
    #[must_use]
    pub fn for_account(mut self, account_sid: impl Into<String>) -> Self {
        self.account = Some(account_sid.into());
        self
    }

    /// Takes the hash of a body in upper-case hex too, which Twilio's SDKs refuse.
    #[must_use]
    pub const fn lenient(mut self) -> Self {
        self.lenient = true;
        self
    }

    /// Returns the signature that Twilio would put on a form sent to this address: for tests. The first key
    /// signs. The parameters are given as the body will hold them, percent-encoded.
    ///
    /// # Errors
    /// Those of a body that could not have been signed; `MissingSignature` if no key is known.
    pub fn sign(&self, url: &str, body: &[u8]) -> Result<String, WebhookError> {
        let params = Params::parse(body)?;
        let missing = WebhookError::new(WebhookErrorKind::MissingSignature);
        let keys = self.keys(params.get("AccountSid").ok().flatten()).ok();
        let mut text = url.as_bytes().to_vec();
        params.write_distinct(&mut text);
        match (keys.as_deref().and_then(<[Key]>::first), self.shared.first()) {
            (Some(key), _) => Ok((key.clone(), Algorithm::Sha1)),
            (None, Some(shared)) => Ok((shared.key.clone(), shared.algorithm)),
            (None, None) => Err(missing),
        }
        .map(|(key, algorithm)| algorithm.sign(&key, &text))
    }

    /// Returns the auth tokens that are good for the account that a request claims to be about.
    fn keys(&self, account: Option<&str>) -> Result<Keys, WebhookError> {
        match &self.tokens {
            Tokens::None => Err(WebhookError::new(WebhookErrorKind::BadSignature)),
            Tokens::Ring(ring) => Ok(ring.keys()),
            Tokens::ByAccount(lookup) => account
                .and_then(|account| lookup.keys(account))
                .map(|ring| ring.keys())
                .ok_or(WebhookError::new(WebhookErrorKind::WrongAccount)),
        }
    }

    /// Returns the shared key that the settings header names, if they agree on the algorithm.
    fn shared_key(&self, settings: &str) -> Result<&SharedKey, WebhookError> {
        let value = |name: &str| {
            let mut values = settings
                .split(',')
                .filter_map(|pair| pair.split_once('=').filter(|(known, _)| known.trim() == name));
            values.next().filter(|_| values.next().is_none()).map(|(_, value)| value.trim())
        };
        let (name, algorithm) = (value("key"), value("algorithm"));
        let named = |shared: &&SharedKey| {
            name == Some(shared.name.as_str()) && algorithm == Some(shared.algorithm.name())
        };
        let unknown = WebhookError::new(WebhookErrorKind::BadSignature).with_field(SETTINGS);
        self.shared.iter().find(named).ok_or(unknown)
    }

    /// Checks a request as if it had come under this address.
    fn check_at<'a>(
        &self,
        url: &PublicUrl,
        request: &WebhookRequest<'a>,
    ) -> Result<Proof<'a>, WebhookError> {
        request.within_limits()?;
        let missing = WebhookError::new(WebhookErrorKind::MissingSignature).with_field(HEADER);
        let header = request.header(HEADER)?.filter(|text| !text.trim().is_empty());
        let header = header.ok_or(missing)?;
        let shared = request.header(SETTINGS)?.map(|settings| self.shared_key(settings));
        let shared = shared.transpose()?;
        let algorithm = shared.map_or(Algorithm::Sha1, |shared| shared.algorithm);
        let mismatch = WebhookError::new(WebhookErrorKind::BadSignature);
        let signature = algorithm.decode(header).ok_or(mismatch)?;
        let url = url.of(request)?;
        let content = match signed_params(request, self.lenient)? {
            Some(params) => Content::Params(params),
            None if self.asks_account() => event::content(request).unwrap_or(Content::Unread),
            None => Content::Unread,
        };
        // Parameters of a GET are signed with its query.
        let params = match &content {
            Content::Params(params) if request.method() == "POST" => Some(params),
            _ => None,
        };
        let account = event::account(&content);
        let key = match shared {
            Some(shared) => matching(&url, params, &signature, std::slice::from_ref(&shared.key)),
            None => matching(&url, params, &signature, &self.keys(account)?),
        };
        let key = key.ok_or(mismatch)?;
        if self.account.is_some() && account != self.account.as_deref() {
            return Err(WebhookError::new(WebhookErrorKind::WrongAccount));
        }
        let scheme = if shared.is_some() { SETTINGS } else { HEADER };
        let proof = Proof::new(Authenticity::Full, scheme, key);
        Ok(proof.with_signature(header).with_content(content))
    }

    /// Returns whether the check depends on the account that a request claims to be about.
    const fn asks_account(&self) -> bool {
        self.account.is_some() || matches!(self.tokens, Tokens::ByAccount(_))
    }
}

/// Returns the index of the key that made this signature, over any form of the address; `None` if no key
/// did.
fn matching(
    url: &RequestUrl<'_>,
    params: Option<&Params>,
    signature: &Signature,
    keys: &[Key],
) -> Option<usize> {
    let mut text = Vec::new();
    let mut matching = |url: &RequestUrl<'_>| {
        for form in forms(url.origin) {
            signed_text(&mut text, url, form, params);
            let key = first_key(keys, |key| signature.is_of(key, &text));
            if key.is_some() {
                return key;
            }
        }
        None
    };
    matching(url).or_else(|| {
        let query = unescaped(url.query.as_deref()?)?;
        matching(&RequestUrl { query: Some(query.into()), ..url.clone() })
    })
}

impl fmt::Debug for TwilioWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("TwilioWebhook");
        debug.field("url", &self.url);
        match &self.tokens {
            Tokens::Ring(ring) => debug.field("keys", &ring.len()),
            Tokens::None | Tokens::ByAccount(_) => &mut debug,
        };
        debug.finish_non_exhaustive()
    }
}

impl Webhook for TwilioWebhook {
    fn provider(&self) -> ProviderId {
        TWILIO
    }

    fn check_signature<'a>(&self, request: &WebhookRequest<'a>) -> Result<Proof<'a>, WebhookError> {
        self.check_at(&self.url, request)
    }

    fn parse(&self, verified: &Verified<'_>) -> Result<Event, WebhookError> {
        event::read(verified)
    }

    fn claimed_account(&self, request: &WebhookRequest<'_>) -> Option<AccountId> {
        if let Some(account) = &self.account {
            return Some(account.as_str().into());
        }
        let Tokens::ByAccount(lookup) = &self.tokens else { return None };
        event::account(&event::content(request).ok()?)
            .and_then(|account| lookup.keys(account).map(|_| account.into()))
    }

    fn diagnose(&self, request: &WebhookRequest<'_>) -> Diagnosis {
        let check = |webhook: Self| {
            move |url: &PublicUrl, request: &WebhookRequest<'_>| {
                webhook.check_at(url, request).map(|proof| proof.key)
            }
        };
        let mut any_account = self.clone();
        any_account.account = None;
        let others: [(&str, &Check<'_>); 2] = [
            ("with `lenient`", &check(self.clone().lenient())),
            ("for another account than the one of `for_account`", &check(any_account)),
        ];
        diagnose(request, &self.url, &check(self.clone()), &others)
    }

    fn reply(&self, inbound: &InboundMessage, messages: &[ReplyMessage]) -> Result<Reply> {
        inbound.check_provider(TWILIO)?;
        twiml::reply(messages)
    }
}
