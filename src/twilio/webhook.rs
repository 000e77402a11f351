//! [`TwilioWebhook`]: status callbacks and inbound messages, checked and read.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::{
    env::{self, Vars},
    error::{Error, ErrorKind, Result},
    message::{Address, Extra, MessageId},
    provider_id::ProviderId,
    twilio::{
        TWILIO,
        error::delivery_failure,
        signature::{Key, candidates, decode},
        status::TwilioStatus,
        twiml,
    },
    webhook::{
        Authenticity, Event, Form, Geography, InboundMedia, InboundMessage, Keyword, OtherEvent,
        Proof, PublicUrl, Reply, ReplyMessage, StatusUpdate, Verified, Webhook, WebhookError,
        WebhookErrorKind, WebhookRequest,
    },
};

const HEADER: &str = "X-Twilio-Signature";

/// Checks and reads what Twilio calls: forms, and JSON with its hash in the query, by POST; where
/// [`PublicUrl::by_get`] says so, everything in the query by GET.
///
/// ```
/// use anysms::twilio::TwilioWebhook;
///
/// let webhook = TwilioWebhook::new("auth token", "https://example.com/hooks/twilio".parse()?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct TwilioWebhook {
    keys: Vec<Key>,
    url: PublicUrl,
    account: Option<String>,
}

impl TwilioWebhook {
    /// A verifier with the account's **primary auth token** (Twilio signs with it even where an API
    /// key sends) and the public URL.
    ///
    /// # Errors
    /// `Config` if the token is empty.
    pub fn new(auth_token: impl Into<String>, url: PublicUrl) -> Result<Self> {
        Self { keys: Vec::new(), url, account: None }.with_key(auth_token)
    }

    /// A verifier with the token from `TWILIO_AUTH_TOKEN`.
    ///
    /// # Errors
    /// `Config` if the variable is missing or malformed.
    pub fn from_env(url: PublicUrl) -> Result<Self> {
        let mut vars = Vars::new(&env::process);
        let token = vars.required("TWILIO_AUTH_TOKEN");
        vars.finish(&TWILIO)?;
        Self::new(token, url)
    }

    /// One more token that is good too, for the time of a rotation.
    ///
    /// # Errors
    /// `Config` if the token is empty.
    pub fn with_key(mut self, auth_token: impl Into<String>) -> Result<Self> {
        let token = SecretString::from(auth_token.into());
        let key = Key::new(token.expose_secret()).ok_or_else(|| {
            Error::not_sent(ErrorKind::Config)
                .with_provider(TWILIO)
                .with_detail("auth token: is empty")
        })?;
        self.keys.push(key);
        Ok(self)
    }

    /// Refuses what is signed but about another account than this (`AC…`).
    #[must_use]
    pub fn for_account(mut self, account_sid: impl Into<String>) -> Self {
        self.account = Some(account_sid.into());
        self
    }

    /// The signature that Twilio would put on a form sent to this address: for tests. The first key
    /// signs. The parameters are given as the body will hold them, percent-encoded.
    ///
    /// # Errors
    /// Those of a body that could not have been signed.
    pub fn sign(&self, url: &str, body: &[u8]) -> Result<String, WebhookError> {
        let params = Form::parse(body)?.sorted();
        let missing = WebhookError::new(WebhookErrorKind::MissingSignature);
        self.keys.first().map(|key| key.sign(url, &params)).ok_or(missing)
    }
}

impl fmt::Debug for TwilioWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwilioWebhook")
            .field("url", &self.url)
            .field("keys", &self.keys.len())
            .finish_non_exhaustive()
    }
}

impl Webhook for TwilioWebhook {
    fn provider(&self) -> ProviderId {
        TWILIO
    }

    fn check_signature(&self, request: &WebhookRequest<'_>) -> Result<Proof, WebhookError> {
        request.within_limits()?;
        let missing = WebhookError::new(WebhookErrorKind::MissingSignature).with_field(HEADER);
        let header = request.header(HEADER)?.filter(|text| !text.is_empty()).ok_or(missing)?;
        let mismatch = WebhookError::new(WebhookErrorKind::BadSignature);
        let signature = decode(header).ok_or(mismatch)?;
        let urls = candidates(&self.url.of(request)?);
        let params = signed_params(request)?.sorted();
        // Every key is tried, so that the time does not tell which one matched.
        let matched = self.keys.iter().map(|key| key.matches(&urls, &params, &signature));
        let found = matched.enumerate().fold(None, |found, (at, ok)| found.or(ok.then_some(at)));
        let key = found.ok_or(mismatch)?;
        if let Some(account) = &self.account {
            let named = match fields(request)? {
                Some(form) => form.get("AccountSid")?.map(str::to_owned),
                None => Extra::from_body(request.body()).get("AccountSid").map(str::to_owned),
            };
            if named.as_deref() != Some(account) {
                return Err(WebhookError::new(WebhookErrorKind::WrongAccount));
            }
        }
        Ok(Proof::new(Authenticity::Full, HEADER, key))
    }

    fn parse(&self, verified: &Verified<'_>) -> Result<Event, WebhookError> {
        let request = verified.request_for(&TWILIO)?;
        let authenticity = verified.proof().authenticity;
        let Some(form) = fields(request)? else {
            let fields = Extra::from_body(request.body());
            return Ok(Event::Other(OtherEvent::new(TWILIO, fields, authenticity)));
        };
        if form.has("MessageStatus") {
            status(&form, authenticity).map(Event::Status)
        } else if form.has("Body") && form.has("From") && !form.has("EventType") {
            inbound(&form, authenticity).map(Event::Inbound)
        } else {
            let fields = form.extra(|_| false);
            Ok(Event::Other(OtherEvent::new(TWILIO, fields, authenticity)))
        }
    }

    fn reply(&self, inbound: &InboundMessage, messages: &[ReplyMessage]) -> Result<Reply> {
        inbound.check_provider(TWILIO)?;
        twiml::reply(messages)
    }
}

/// The parameters that are part of the signed text: those of a form, and none of a GET or of a body
/// whose hash is in the query.
fn signed_params<'a>(request: &WebhookRequest<'a>) -> Result<Form<'a>, WebhookError> {
    match request.method() {
        "GET" if request.body().is_empty() => Form::parse(b""),
        "POST" => {
            let form = request.has_form()?;
            match hash_in_query(request)? {
                Some(hash) if Sha256::digest(request.body()).as_slice() != hash => {
                    Err(WebhookError::new(WebhookErrorKind::BodyHashMismatch))
                }
                None if !form => Err(WebhookError::new(WebhookErrorKind::UnsupportedContent)
                    .with_field("content-type")),
                _ => Form::parse(if form { request.body() } else { b"" }),
            }
        }
        _ => Err(WebhookError::new(WebhookErrorKind::UnsupportedMethod)),
    }
}

/// The SHA-256 of the body, if the query has one: exactly one parameter of that name, 64 hex digits.
fn hash_in_query(request: &WebhookRequest<'_>) -> Result<Option<[u8; 32]>, WebhookError> {
    let mismatch = || WebhookError::new(WebhookErrorKind::BodyHashMismatch);
    let query = Form::parse(request.query().unwrap_or_default().as_bytes())?;
    let Some(hex) = query.get("bodySHA256").map_err(|_| mismatch())? else { return Ok(None) };
    if hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(mismatch());
    }
    let mut hash = [0; 32];
    for (byte, pair) in hash.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).map_err(|_| mismatch())?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| mismatch())?;
    }
    Ok(Some(hash))
}

/// The fields of a request: of a form by POST, of the query by GET; none of any other body.
fn fields<'a>(request: &WebhookRequest<'a>) -> Result<Option<Form<'a>>, WebhookError> {
    match request.method() {
        "GET" => Form::parse(request.query().unwrap_or_default().as_bytes()).map(Some),
        _ if request.has_form()? => Form::parse(request.body()).map(Some),
        _ => Ok(None),
    }
}

fn message_id(form: &Form<'_>) -> Result<MessageId, WebhookError> {
    let invalid = |_| WebhookError::new(WebhookErrorKind::InvalidField).with_field("MessageSid");
    MessageId::new(TWILIO, form.required("MessageSid")?).map_err(invalid)
}

fn status(form: &Form<'_>, authenticity: Authenticity) -> Result<StatusUpdate, WebhookError> {
    let word = form.required("MessageStatus")?;
    // A signature does not part names from values: this is where a shifted boundary shows.
    if word.len() > 32 || !word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
        let kind = WebhookErrorKind::InvalidField;
        return Err(WebhookError::new(kind).with_field("MessageStatus"));
    }
    let failure =
        delivery_failure(form.parsed::<u32>("ErrorCode")?.map(|n| n.to_string()).as_deref());
    let status = TwilioStatus::from(word).into();
    let mut update = StatusUpdate::new(message_id(form)?, status, failure, authenticity);
    update.account = form.text("AccountSid")?.map(Into::into);
    update.from = form.text("From")?.map(Address::from_wire);
    update.to = form.text("To")?.map(Address::from_wire);
    update.pool = form.parsed("MessagingServiceSid")?;
    update.extra = form.extra(|name| {
        const READ: [&str; 9] = [
            "MessageSid",
            "SmsSid",
            "MessageStatus",
            "SmsStatus",
            "ErrorCode",
            "AccountSid",
            "From",
            "To",
            "MessagingServiceSid",
        ];
        READ.contains(&name)
    });
    Ok(update)
}

fn inbound(form: &Form<'_>, authenticity: Authenticity) -> Result<InboundMessage, WebhookError> {
    let ends =
        (Address::from_wire(form.required("From")?), Address::from_wire(form.required("To")?));
    let text = form.get("Body")?.unwrap_or_default().into();
    let mut message = InboundMessage::new(message_id(form)?, ends, text, authenticity);
    message.account = form.text("AccountSid")?.map(Into::into);
    message.pool = form.parsed("MessagingServiceSid")?;
    message.segments = form.parsed("NumSegments")?;
    message.media = media(form)?;
    message.keyword = match form.text("OptOutType")? {
        Some("STOP") => Some(Keyword::OptOut),
        Some("START") => Some(Keyword::OptIn),
        Some("HELP") => Some(Keyword::Help),
        _ => None,
    };
    message.from_geography = geography(form, ["FromCountry", "FromState", "FromCity", "FromZip"])?;
    message.to_geography = geography(form, ["ToCountry", "ToState", "ToCity", "ToZip"])?;
    message.extra = form.extra(|name| {
        const READ: [&str; 19] = [
            "MessageSid",
            "SmsSid",
            "SmsMessageSid",
            "AccountSid",
            "MessagingServiceSid",
            "From",
            "To",
            "Body",
            "NumMedia",
            "NumSegments",
            "SmsStatus",
            "FromCountry",
            "FromState",
            "FromCity",
            "FromZip",
            "ToCountry",
            "ToState",
            "ToCity",
            "ToZip",
        ];
        let numbered = ["MediaUrl", "MediaContentType"];
        let media = numbered.iter().filter_map(|prefix| name.strip_prefix(prefix));
        READ.contains(&name) || media.into_iter().any(|n| n.bytes().all(|b| b.is_ascii_digit()))
    });
    Ok(message)
}

/// `MediaUrl0` and so on, as many as `NumMedia` says.
fn media(form: &Form<'_>) -> Result<Vec<InboundMedia>, WebhookError> {
    let count: u32 = form.parsed("NumMedia")?.unwrap_or(0);
    let mut media = Vec::new();
    for n in 0..count.min(crate::webhook::MAX_PARAMS as u32) {
        let find = |prefix: &str| {
            let name = format!("{prefix}{n}");
            form.pairs().iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_ref())
        };
        let kind = if find("MediaUrl").is_none() {
            WebhookErrorKind::MissingField
        } else {
            WebhookErrorKind::InvalidField
        };
        let url = find("MediaUrl").and_then(|url| url.parse().ok());
        let url = url.ok_or_else(|| WebhookError::new(kind).with_field("MediaUrl"))?;
        media.push(InboundMedia::new(url, find("MediaContentType").map(str::to_owned)));
    }
    Ok(media)
}

fn geography(
    form: &Form<'_>,
    [country, state, city, zip]: [&'static str; 4],
) -> Result<Option<Geography>, WebhookError> {
    let text = |name| Ok(form.text(name)?.map(Into::into));
    let place = Geography {
        country: text(country)?,
        state: text(state)?,
        city: text(city)?,
        zip: text(zip)?,
    };
    Ok(Some(place).filter(|place| *place != Geography::default()))
}
