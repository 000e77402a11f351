//! [`PlivoWebhook`]: status callbacks and inbound messages, checked and read.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use crate::{
    env::{self, Vars},
    error::{Error, ErrorKind, Result},
    message::{Address, Currency, MessageId, Money},
    plivo::{
        PLIVO,
        error::delivery_failure,
        signature::{Key, candidates, decode, split, v2_text, v3_text},
        status::PlivoStatus,
        xml,
    },
    provider_id::ProviderId,
    transport::lenient,
    webhook::{
        Authenticity, Event, Form, InboundMedia, InboundMessage, Keyword, OtherEvent, Proof,
        PublicUrl, Reply, ReplyMessage, StatusUpdate, Verified, Webhook, WebhookError,
        WebhookErrorKind, WebhookRequest,
    },
};

const V2: &str = "X-Plivo-Signature-V2";
const MA_V2: &str = "X-Plivo-Signature-Ma-V2";
const V2_NONCE: &str = "X-Plivo-Signature-V2-Nonce";
const V3: &str = "X-Plivo-Signature-V3";
const MA_V3: &str = "X-Plivo-Signature-Ma-V3";
const V3_NONCE: &str = "X-Plivo-Signature-V3-Nonce";

/// Checks and reads what Plivo calls: V3 where it is there, else V2; in the plain headers, which the
/// account or subaccount of the resource signs, and in the `-Ma-` headers, which the main account
/// signs.
///
/// **V2 signs neither the query nor the body**, and by GET V3 does not part one parameter from the
/// next. What they prove is `Authenticity::UrlOnly`. A V3 signature that is there and wrong is a refusal, never a reason to look at V2.
///
/// ```
/// use anysms::plivo::PlivoWebhook;
///
/// let webhook = PlivoWebhook::new("auth token", "https://example.com/hooks/plivo".parse()?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct PlivoWebhook {
    keys: Vec<(Owner, Key)>,
    url: PublicUrl,
}

/// Whose token a key is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Main,
    Subaccount,
}

/// One version of the signature, as far as it is in the headers.
struct Found {
    header: &'static str,
    signatures: Vec<[u8; 32]>,
}

impl PlivoWebhook {
    /// A verifier with the main account's token and the public URL.
    ///
    /// # Errors
    /// `Config` if the token is empty.
    pub fn new(auth_token: impl Into<String>, url: PublicUrl) -> Result<Self> {
        Self { keys: Vec::new(), url }.add(Owner::Main, auth_token.into())
    }

    /// A verifier with the token from `PLIVO_AUTH_TOKEN`.
    ///
    /// # Errors
    /// `Config` if the variable is missing or malformed.
    pub fn from_env(url: PublicUrl) -> Result<Self> {
        let mut vars = Vars::new(&env::process);
        let token = vars.required("PLIVO_AUTH_TOKEN");
        vars.finish(&PLIVO)?;
        Self::new(token, url)
    }

    /// One more token of the main account that is good too, for the time of a rotation.
    ///
    /// # Errors
    /// `Config` if the token is empty.
    pub fn with_key(self, auth_token: impl Into<String>) -> Result<Self> {
        self.add(Owner::Main, auth_token.into())
    }

    /// The token of a subaccount, which signs the plain headers and never the `-Ma-` ones.
    ///
    /// # Errors
    /// `Config` if the token is empty.
    pub fn with_subaccount_key(self, auth_token: impl Into<String>) -> Result<Self> {
        self.add(Owner::Subaccount, auth_token.into())
    }

    fn add(mut self, owner: Owner, auth_token: String) -> Result<Self> {
        let token = SecretString::from(auth_token);
        let key = Key::new(token.expose_secret()).ok_or_else(|| {
            Error::not_sent(ErrorKind::Config)
                .with_provider(PLIVO)
                .with_detail("auth token: is empty")
        })?;
        self.keys.push((owner, key));
        Ok(self)
    }

    /// The V2 signature that Plivo would put on a request to this address: for tests. The first key
    /// signs.
    ///
    /// # Errors
    /// None today; a verifier always has a key.
    pub fn sign_v2(&self, url: &str, nonce: &str) -> Result<String, WebhookError> {
        self.sign(&v2_text(url, nonce))
    }

    /// The V3 signature that Plivo would put on a request to this address: for tests. The first key
    /// signs. The parameters are given as the body will hold them, percent-encoded; of a GET they
    /// join those of the address.
    ///
    /// # Errors
    /// Those of a query or a body that could not have been signed.
    pub fn sign_v3(
        &self,
        method: &str,
        url: &str,
        body: &[u8],
        nonce: &str,
    ) -> Result<String, WebhookError> {
        let query = split(url).1;
        let joined = [query.as_bytes(), b"&", body].concat();
        let (query, body) = match method {
            "GET" => (joined.as_slice(), &b""[..]),
            _ => (query.as_bytes(), body),
        };
        let (query, params) = (Form::parse(query)?.sorted(), Form::parse(body)?.sorted());
        self.sign(&v3_text(url, &params, &query, nonce))
    }

    fn sign(&self, text: &str) -> Result<String, WebhookError> {
        let missing = WebhookError::new(WebhookErrorKind::MissingSignature);
        self.keys.first().map(|(_, key)| key.sign(text)).ok_or(missing)
    }

    /// Which key signed one of the texts, with the scheme by whose header it did.
    fn key(
        &self,
        texts: &[String],
        found: &[Found],
    ) -> Result<(&'static str, usize), WebhookError> {
        let mut matched = None;
        for found in found {
            for (at, (owner, key)) in self.keys.iter().enumerate() {
                let main_only = found.header == MA_V2 || found.header == MA_V3;
                let may = *owner == Owner::Main || !main_only;
                let ok = key.matches(texts, &found.signatures) & may;
                matched = matched.or(ok.then_some((found.header, at)));
            }
        }
        matched.ok_or(WebhookError::new(WebhookErrorKind::BadSignature))
    }
}

impl fmt::Debug for PlivoWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlivoWebhook")
            .field("url", &self.url)
            .field("keys", &self.keys.len())
            .finish_non_exhaustive()
    }
}

impl Webhook for PlivoWebhook {
    fn provider(&self) -> ProviderId {
        PLIVO
    }

    fn check_signature(&self, request: &WebhookRequest<'_>) -> Result<Proof, WebhookError> {
        request.within_limits()?;
        let urls = candidates(&self.url.of(request)?);
        let (params, query) = signed_params(request)?;
        let v3 = headers(request, [V3, MA_V3])?;
        if !v3.is_empty() {
            let nonce = nonce(request, V3_NONCE)?;
            let text = |url: &String| v3_text(url, &params, &query, nonce);
            let texts: Vec<_> = urls.iter().map(text).collect();
            let (scheme, key) = self.key(&texts, &v3)?;
            // By GET nothing parts a name from a value in what is signed: `Text=a&Status=b` may have
            // been one text or two parameters.
            let authenticity = match request.method() {
                "GET" => Authenticity::UrlOnly,
                _ => Authenticity::Full,
            };
            return Ok(Proof::new(authenticity, scheme, key));
        }
        let v2 = headers(request, [V2, MA_V2])?;
        if v2.is_empty() {
            return Err(WebhookError::new(WebhookErrorKind::MissingSignature).with_field(V2));
        }
        let nonce = nonce(request, V2_NONCE)?;
        let texts: Vec<_> = urls.iter().map(|url| v2_text(url, nonce)).collect();
        let (scheme, key) = self.key(&texts, &v2)?;
        Ok(Proof::new(Authenticity::UrlOnly, scheme, key))
    }

    fn parse(&self, verified: &Verified<'_>) -> Result<Event, WebhookError> {
        let request = verified.request_for(&PLIVO)?;
        let form = match request.method() {
            "GET" => Form::parse(request.query().unwrap_or_default().as_bytes())?,
            _ => Form::parse(request.body())?,
        };
        let authenticity = verified.proof().authenticity;
        if form.has("MessageUUID") && form.has("Status") {
            status(&form, authenticity).map(Event::Status)
        } else if form.has("MessageUUID") && form.has("From") {
            inbound(&form, authenticity).map(Event::Inbound)
        } else {
            let fields = form.extra(|_| false);
            Ok(Event::Other(OtherEvent::new(PLIVO, fields, authenticity)))
        }
    }

    fn reply(&self, inbound: &InboundMessage, messages: &[ReplyMessage]) -> Result<Reply> {
        inbound.check_provider(PLIVO)?;
        xml::reply(inbound, messages)
    }
}

/// The parameters of the body and of the query, each sorted.
fn signed_params<'a>(request: &WebhookRequest<'a>) -> Result<(Form<'a>, Form<'a>), WebhookError> {
    let query = Form::parse(request.query().unwrap_or_default().as_bytes())?.sorted();
    let body = match request.method() {
        "GET" if request.body().is_empty() => b"",
        "POST" if request.body().is_empty() || request.has_form()? => request.body(),
        "POST" => {
            let kind = WebhookErrorKind::UnsupportedContent;
            return Err(WebhookError::new(kind).with_field("content-type"));
        }
        _ => return Err(WebhookError::new(WebhookErrorKind::UnsupportedMethod)),
    };
    Ok((Form::parse(body)?.sorted(), query))
}

/// Those of the headers that are there and not empty.
fn headers(
    request: &WebhookRequest<'_>,
    names: [&'static str; 2],
) -> Result<Vec<Found>, WebhookError> {
    let mut found = Vec::with_capacity(2);
    for header in names {
        if let Some(value) = request.header(header)?.filter(|value| !value.is_empty()) {
            let bad = WebhookError::new(WebhookErrorKind::BadSignature).with_field(header);
            found.push(Found { header, signatures: decode(value).ok_or(bad)? });
        }
    }
    Ok(found)
}

/// The nonce: digits only. A dot or a letter in it would let it trade places with its neighbours in
/// the signed text.
fn nonce<'a>(request: &WebhookRequest<'a>, header: &'static str) -> Result<&'a str, WebhookError> {
    let nonce = request.header(header)?.unwrap_or_default();
    if (1..=64).contains(&nonce.len()) && nonce.bytes().all(|b| b.is_ascii_digit()) {
        Ok(nonce)
    } else {
        Err(WebhookError::new(WebhookErrorKind::BadNonce).with_field(header))
    }
}

fn message_id(form: &Form<'_>) -> Result<MessageId, WebhookError> {
    let invalid = |_| WebhookError::new(WebhookErrorKind::InvalidField).with_field("MessageUUID");
    MessageId::new(PLIVO, form.required("MessageUUID")?).map_err(invalid)
}

/// The price, which Plivo gives without a currency: US dollars.
fn price(form: &Form<'_>) -> Result<Option<Money>, WebhookError> {
    let Some(amount) = form.text("TotalAmount")? else { return Ok(None) };
    let invalid = WebhookError::new(WebhookErrorKind::InvalidField).with_field("TotalAmount");
    let plain = amount.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    Money::charge(amount, Currency::USD).filter(|_| plain).map(Some).ok_or(invalid)
}

fn status(form: &Form<'_>, authenticity: Authenticity) -> Result<StatusUpdate, WebhookError> {
    let word = form.required("Status")?;
    if word.len() > 32 || !word.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_' || b == b'-') {
        return Err(WebhookError::new(WebhookErrorKind::InvalidField).with_field("Status"));
    }
    let failure = delivery_failure(form.text("ErrorCode")?);
    let status = PlivoStatus::from(word).into();
    let mut update = StatusUpdate::new(message_id(form)?, status, failure, authenticity);
    update.from = form.text("From")?.map(Address::from_plain);
    update.to = form.text("To")?.map(Address::from_plain);
    update.pool = form.parsed("PowerpackUUID")?;
    update.segments = form.parsed("Units")?;
    update.price = price(form)?;
    update.sequence = form.parsed("Sequence")?;
    let at = form.text("DeliveryReportTime")?.or(form.text("SentTime")?);
    update.at = at.or(form.text("QueuedTime")?).and_then(lenient::time);
    update.extra = form.extra(|name| {
        const READ: [&str; 13] = [
            "MessageUUID",
            "Status",
            "ErrorCode",
            "From",
            "To",
            "PowerpackUUID",
            "Units",
            "TotalAmount",
            "Sequence",
            "DeliveryReportTime",
            "SentTime",
            "QueuedTime",
            "MessageTime",
        ];
        READ.contains(&name)
    });
    Ok(update)
}

fn inbound(form: &Form<'_>, authenticity: Authenticity) -> Result<InboundMessage, WebhookError> {
    let ends =
        (Address::from_plain(form.required("From")?), Address::from_plain(form.required("To")?));
    // The text of an MMS is in Body.
    let text = form.get("Text")?.or(form.get("Body")?).unwrap_or_default();
    let mut message = InboundMessage::new(message_id(form)?, ends, text.into(), authenticity);
    message.pool = form.parsed("PowerpackUUID")?;
    message.segments = form.parsed("Units")?;
    message.media = media(form)?;
    message.keyword = match form.text("MessageIntent")? {
        Some("optout") => Some(Keyword::OptOut),
        Some("optin") => Some(Keyword::OptIn),
        Some("help") => Some(Keyword::Help),
        _ => None,
    };
    message.extra = form.extra(|name| {
        const READ: [&str; 8] = [
            "MessageUUID",
            "From",
            "To",
            "Text",
            "Body",
            "PowerpackUUID",
            "Units",
            "MessageIntent",
        ];
        READ.contains(&name) || media_number(name).is_some()
    });
    Ok(message)
}

/// Every `Media` with a number, in the order of the numbers: Plivo counts from 0 in some places and
/// from 1 in others.
fn media(form: &Form<'_>) -> Result<Vec<InboundMedia>, WebhookError> {
    let numbered = form.pairs().iter().filter_map(|(name, url)| Some((media_number(name)?, url)));
    let mut numbered: Vec<_> = numbered.collect();
    numbered.sort_unstable_by_key(|(number, _)| *number);
    let invalid = |_| WebhookError::new(WebhookErrorKind::InvalidField).with_field("Media");
    let url = |(_, url): (u32, &std::borrow::Cow<'_, str>)| url.parse().map_err(invalid);
    numbered.into_iter().map(|entry| Ok(InboundMedia::new(url(entry)?, None))).collect()
}

fn media_number(name: &str) -> Option<u32> {
    name.strip_prefix("Media").filter(|n| n.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()
}
