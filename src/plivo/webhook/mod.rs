//! [`PlivoWebhook`]: the check of a request's signature. Its content is read in `event`.

mod event;
mod request_parts;
mod signature;
mod xml;

use std::{fmt, sync::Arc};

use crate::{
    account_id::AccountId,
    env::{self, Vars},
    error::{Error, ErrorKind, Result},
    plivo::PLIVO,
    provider_id::ProviderId,
    webhook::{
        Authenticity, Check, Content, Diagnosis, Event, InboundMessage, Key, KeyLookup, KeyRing,
        Keys, Params, Proof, PublicUrl, Reply, ReplyMessage, RequestUrl, Verified, Webhook,
        WebhookError, WebhookErrorKind, WebhookRequest, diagnose, first_key,
    },
};
use request_parts::{last_segment, nonce, signed_body};
use signature::{
    Rules, SCHEMES, Scheme, Signatures, Version, append_v3, disputed, forms, sign, split,
};

pub use xml::PlivoXml;

/// Checks and reads what Plivo calls: V3 where it is there, else V2. The plain header, which the
/// account **or subaccount** of the resource signs, decides where it is there; else the `-Ma-` header,
/// which the main account signs.
///
/// What is there and wrong is a refusal, never a reason to look at another header. **V2 signs neither
/// the query nor the body**, and by GET V3 does not part one parameter from the next: what they prove
/// is [`Authenticity::UrlOnly`], and such an event changes nothing by itself. Plivo documents V2 for messaging, so
/// it is accepted; to leave V3 out gains an attacker nothing, and [`require_v3`](Self::require_v3) is for whoever
/// knows that all their requests have it.
///
/// Where Plivo's own SDKs disagree about what is signed, the request is refused unless
/// [`lenient`](Self::lenient) says otherwise. As of 2026-11-20 that is a path with a percent sign, in a
/// query of V3 a character outside of ASCII or a repeated name, and blanks in a list of signatures; so
/// give Plivo addresses of letters, digits, `/_.-`. (A GET has parameters in its query, of which the
/// SDKs disagree only where they were part of the address given: this cannot be told apart.)
///
/// ```
/// use anysms::{http::Request, plivo::PlivoWebhook};
/// use anysms::webhook::{Event, WebhookExt, WebhookRequest};
///
/// let url = "https://example.com/hooks/plivo";
/// let webhook = PlivoWebhook::new("auth token", url.parse()?)?;
/// let body = "MessageUUID=5b40a428&From=447700900123&To=15555550101&Text=Hello";
/// let signature = webhook.sign_v3("POST", url, body.as_bytes(), "17")?; // done by Plivo
/// let request = Request::post(url)
///     .header("content-type", "application/x-www-form-urlencoded")
///     .header("x-plivo-signature-v3", signature)
///     .header("x-plivo-signature-v3-nonce", "17")
///     .body(body)?;
/// let event = webhook.receive(WebhookRequest::from_http(&request))?;
/// assert!(matches!(event, Event::Inbound(message) if message.text == "Hello"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct PlivoWebhook {
    tokens: Tokens,
    subaccounts: Option<KeyRing>,
    url: PublicUrl,
    rules: Rules,
}

/// Auth tokens that are good: those of one ring, or of the account that a request names.
#[derive(Clone)]
enum Tokens {
    Ring(KeyRing),
    ByAccount(Arc<dyn KeyLookup>),
}

impl PlivoWebhook {
    /// Creates a verifier with the main account's token and the public URL.
    ///
    /// # Errors
    /// `Config` if the token is empty.
    pub fn new(auth_token: impl Into<String>, url: PublicUrl) -> Result<Self> {
        let ring = KeyRing::new(auth_token).map_err(|error| error.with_provider(PLIVO))?;
        Ok(Self::with_ring(ring, url))
    }

    /// Creates a verifier with the token from `PLIVO_AUTH_TOKEN`.
    ///
    /// # Errors
    /// `Config` if the variable is missing or malformed.
    pub fn from_env(url: PublicUrl) -> Result<Self> {
        let mut vars = Vars::new(&env::process);
        let token = vars.required("PLIVO_AUTH_TOKEN");
        vars.finish(&PLIVO)?;
        Self::new(token, url)
    }

    /// Creates a verifier with the main account's tokens of a ring, which may change meanwhile.
    #[must_use]
    pub fn with_ring(ring: KeyRing, url: PublicUrl) -> Self {
        Self::of(Tokens::Ring(ring), url)
    }

    /// Creates a verifier for several accounts, each with its own tokens. Plivo does not name the account in
    /// what it sends, so the last segment of the path does, which every scheme signs:
    /// `https://example.com/hooks/plivo/MAXXXXXXXXXXXXXXXXXX`. The URL is given up to the host, and **it is
    /// for the router in front to let through only such paths, and no query**: see [`PublicUrl`].
    #[must_use]
    pub fn by_account(keys: impl KeyLookup, url: PublicUrl) -> Self {
        Self::of(Tokens::ByAccount(Arc::new(keys)), url)
    }

    fn of(tokens: Tokens, url: PublicUrl) -> Self {
        Self { tokens, subaccounts: None, url, rules: Rules::default() }
    }

    /// Adds a token of the main account that is good too, for the time of a rotation: for this verifier, and
    /// not for others with the same ring, which [`KeyRing::add`] is for.
    ///
    /// # Errors
    /// `Config` if the token is empty, there are four already, or the keys are looked up.
    pub fn with_key(mut self, auth_token: impl Into<String>) -> Result<Self> {
        match &self.tokens {
            Tokens::Ring(ring) => self.tokens = Tokens::Ring(ring.with(auth_token)?),
            Tokens::ByAccount(_) => {
                let detail =
                    "auth token: keys are looked up by account; add it to that account's KeyRing";
                return Err(Error::not_sent(ErrorKind::Config).with_detail(detail));
            }
        }
        Ok(self)
    }

    /// Adds the token of a subaccount, which signs the plain headers and never the `-Ma-` ones.
    ///
    /// # Errors
    /// `Config` if the token is empty, or there are four already.
    pub fn with_subaccount_key(mut self, auth_token: impl Into<String>) -> Result<Self> {
        self.subaccounts = Some(match &self.subaccounts {
            Some(ring) => ring.with(auth_token)?,
            None => KeyRing::new(auth_token)?,
        });
        Ok(self)
    }

    /// Looks at the `-Ma-` headers only, which the main account signs for all its subaccounts.
    #[must_use]
    pub const fn by_main_account(mut self) -> Self {
        self.rules.main_account = true;
        self
    }

    /// Refuses what is signed by V2 only.
    #[must_use]
    pub const fn require_v3(mut self) -> Self {
        self.rules.require_v3 = true;
        self
    }

    /// Takes V1 too (`X-Plivo-Signature`, HMAC-SHA1 over address and parameters), where there is no
    /// other: it is in no current page of Plivo's, and has no nonce.
    #[must_use]
    pub const fn allow_v1(mut self) -> Self {
        self.rules.allow_v1 = true;
        self
    }

    /// Takes what Plivo's SDKs disagree about too: as its SDKs for Python and Node have it, and with
    /// blanks left out of a list of signatures.
    #[must_use]
    pub const fn lenient(mut self) -> Self {
        self.rules.lenient = true;
        self
    }

    /// Returns the V2 signature that Plivo would put on a request to this address: for tests. The first key
    /// signs.
    ///
    /// # Errors
    /// `MissingSignature` if no key is known for the address.
    pub fn sign_v2(&self, url: &str, nonce: &str) -> Result<String, WebhookError> {
        let base = split(url).0;
        Ok(sign(&self.signing_key(base)?, &[base, nonce].concat().into_bytes()))
    }

    /// Returns the V3 signature that Plivo would put on a request to this address: for tests. The first key
    /// signs. The parameters are given as the body will hold them, percent-encoded; of a GET they join those
    /// of the address.
    ///
    /// # Errors
    /// Those of a query or a body that could not have been signed; `MissingSignature` if no key is
    /// known for the address.
    pub fn sign_v3(
        &self,
        method: &str,
        url: &str,
        body: &[u8],
        nonce: &str,
    ) -> Result<String, WebhookError> {
        let (base, query) = split(url);
        let joined = [query.as_bytes(), b"&", body].concat();
        let (query, body) = match method {
            "GET" => (joined.as_slice(), &b""[..]),
            _ => (query.as_bytes(), body),
        };
        let mut text = base.as_bytes().to_vec();
        append_v3(&mut text, (&Params::parse(query)?, &Params::parse(body)?), nonce);
        Ok(sign(&self.signing_key(base)?, &text))
    }

    fn signing_key(&self, base: &str) -> Result<Key, WebhookError> {
        let missing = WebhookError::new(WebhookErrorKind::MissingSignature);
        let ring = match &self.tokens {
            Tokens::Ring(ring) => Some(ring.clone()),
            Tokens::ByAccount(lookup) => {
                last_segment(base).and_then(|account| lookup.keys(account))
            }
        };
        ring.and_then(|ring| ring.keys().first().cloned()).ok_or(missing)
    }

    /// Returns the keys that may have signed a header.
    fn keys<'a>(
        &self,
        url: &RequestUrl<'_>,
        request: &WebhookRequest<'a>,
        plain: bool,
    ) -> Result<Good<'a>, WebhookError> {
        let (main, account) = match &self.tokens {
            Tokens::Ring(ring) => (ring.keys(), None),
            Tokens::ByAccount(lookup) => {
                // The path that is signed, and no other.
                let account = last_segment(request.path()).filter(|_| url.path == request.path());
                let unknown = WebhookError::new(WebhookErrorKind::WrongAccount);
                let ring = account.and_then(|account| lookup.keys(account)).ok_or(unknown)?;
                (ring.keys(), account)
            }
        };
        let subaccounts = self.subaccounts.as_ref().filter(|_| plain).map(KeyRing::keys);
        Ok(Good { main, subaccounts, account })
    }

    /// Returns the header that decides.
    fn found<'a>(&self, request: &WebhookRequest<'a>) -> Result<Found<'a>, WebhookError> {
        for scheme in &SCHEMES {
            let plain = scheme.plain.filter(|_| !self.rules.main_account);
            for (header, plain) in [(plain, true), (scheme.main, false)] {
                let Some(header) = header.filter(|_| self.rules.allow(scheme.version)) else {
                    continue;
                };
                if let Some(value) = request.header(header)?.filter(|value| !value.is_empty()) {
                    return Ok(Found { scheme, header, value, plain });
                }
            }
        }
        Err(WebhookError::new(WebhookErrorKind::MissingSignature)
            .with_field("X-Plivo-Signature-V3"))
    }

    /// Checks a request as if it had come under this address.
    fn check_at<'a>(
        &self,
        url: &PublicUrl,
        request: &WebhookRequest<'a>,
    ) -> Result<Proof<'a>, WebhookError> {
        request.within_limits()?;
        let url = url.of(request)?;
        let body = signed_body(request)?;
        let found = self.found(request)?;
        let bad = WebhookError::new(WebhookErrorKind::BadSignature);
        let signatures = Signatures::decode(found.scheme.version, found.value, self.rules.lenient);
        let signatures = signatures.ok_or(bad.with_field(found.header))?;
        let nonce = found.scheme.nonce.map(|name| nonce(request, name)).transpose()?;
        let keys = self.keys(&url, request, found.plain)?;
        let (query, body) = match found.scheme.version {
            Version::V1 => ("", body),
            Version::V2 => ("", &b""[..]),
            Version::V3 => (url.query.as_deref().unwrap_or_default(), body),
        };
        let (query, params) = (Params::parse(query.as_bytes())?, Params::parse(body)?);
        if !self.rules.lenient && disputed(&url, &query, request.method()) {
            return Err(bad.with_field("address"));
        }
        let (mut text, mut key) = (Vec::new(), None);
        for form in forms(&url) {
            found.scheme.version.write(&mut text, (&url, form), (&query, &params), nonce);
            key = keys.first(|key| signatures.any_of(key, &text));
            if key.is_some() {
                break;
            }
        }
        let content = match (found.scheme.version, request.method()) {
            (Version::V3, "GET") => Content::Params(query),
            (Version::V1 | Version::V3, "POST") => Content::Params(params),
            _ => Content::Unread,
        };
        // By GET nothing parts a name from a value in what is signed: `Text=a&Status=b` may have been
        // one text or two parameters.
        let authenticity = match (found.scheme.version, request.method()) {
            (Version::V1 | Version::V3, "POST") => Authenticity::Full,
            _ => Authenticity::UrlOnly,
        };
        let mut proof = Proof::new(authenticity, found.header, key.ok_or(bad)?);
        proof = match nonce {
            Some(nonce) => proof.with_nonce(nonce),
            None => proof.with_signature(found.value),
        };
        proof.account = keys.account.map(Into::into);
        Ok(proof.with_content(content))
    }
}

/// A header that decides, and its value.
struct Found<'a> {
    scheme: &'static Scheme,
    header: &'static str,
    value: &'a str,
    plain: bool,
}

/// The keys that are good for one header.
struct Good<'a> {
    main: Keys,
    subaccounts: Option<Keys>,
    account: Option<&'a str>,
}

impl Good<'_> {
    /// Returns the index of the first key by which something holds, those of subaccounts behind the others;
    /// `None` if it holds by none.
    fn first(&self, holds: impl Fn(&Key) -> bool) -> Option<usize> {
        let main = first_key(&self.main, &holds);
        let subaccount = self.subaccounts.as_ref().and_then(|keys| first_key(keys, &holds));
        main.or(subaccount.map(|at| at + self.main.len()))
    }
}

impl fmt::Debug for PlivoWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("PlivoWebhook");
        debug.field("url", &self.url);
        if let Tokens::Ring(ring) = &self.tokens {
            debug.field("keys", &ring.len());
        }
        debug.finish_non_exhaustive()
    }
}

impl Webhook for PlivoWebhook {
    fn provider(&self) -> ProviderId {
        PLIVO
    }

    fn check_signature<'a>(&self, request: &WebhookRequest<'a>) -> Result<Proof<'a>, WebhookError> {
        self.check_at(&self.url, request)
    }

    fn parse(&self, verified: &Verified<'_>) -> Result<Event, WebhookError> {
        event::read(verified)
    }

    fn claimed_account(&self, request: &WebhookRequest<'_>) -> Option<AccountId> {
        let Tokens::ByAccount(lookup) = &self.tokens else { return None };
        let account = last_segment(request.path())?;
        lookup.keys(account).map(|_| account.into())
    }

    fn diagnose(&self, request: &WebhookRequest<'_>) -> Diagnosis {
        let check = |webhook: Self| {
            move |url: &PublicUrl, request: &WebhookRequest<'_>| {
                webhook.check_at(url, request).map(|proof| proof.key)
            }
        };
        let mut older = self.clone();
        (older.rules.require_v3, older.rules.allow_v1) = (false, true);
        let others: [(&str, &Check<'_>); 3] = [
            ("with `lenient`", &check(self.clone().lenient())),
            ("with `by_main_account`", &check(self.clone().by_main_account())),
            ("with an older version of the signature", &check(older)),
        ];
        diagnose(request, &self.url, &check(self.clone()), &others)
    }

    fn reply(&self, inbound: &InboundMessage, messages: &[ReplyMessage]) -> Result<Reply> {
        inbound.check_provider(PLIVO)?;
        xml::reply(inbound, messages)
    }
}
