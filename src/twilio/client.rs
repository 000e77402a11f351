//! [`Twilio`]: the contract, over Twilio's messages resource.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use form_urlencoded::Serializer;
use http::{Method, StatusCode};
use jiff::Timestamp;

use crate::{
    error::{Error, ErrorKind, Outcome, Result},
    message::{
        Cursor, Message, MessageId, MessageRecord, MessageStatus, Page, Query, Receipt, Sender,
        word,
    },
    provider::{AccountState, AccountStatus, Capabilities, SmsProvider},
    provider_id::ProviderId,
    transport::{
        HttpTransport, lenient,
        rest::{Accepted, Call, Rest},
    },
    twilio::{
        TWILIO, TwilioConfig, TwilioOptions,
        error::{error_help, error_kind, is_unproved, refused},
        options::Channel,
        wire,
    },
};

pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// Sends through Twilio. A clone is cheap and shares everything.
///
/// ```no_run
/// # #[cfg(feature = "reqwest")]
/// # async fn example() -> anysms::Result<()> {
/// use anysms::{Message, SmsProvider, twilio::Twilio};
///
/// let sms = Twilio::from_env()?;
/// # let to = anysms::PhoneNumber::parse("+447700900123").unwrap();
/// let receipt = sms.send(&Message::new(to, "Your table is ready")).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Twilio {
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) rest: Rest,
    pub(super) account: String, // the path of the account, without an ending
    messages: http::Uri,
    sender: Option<Sender>,
    api_key: bool,
}

impl Twilio {
    /// A client with the built-in transport.
    ///
    /// # Errors
    /// `Config` if the configuration is not usable.
    #[cfg(feature = "reqwest")]
    pub fn new(config: &TwilioConfig) -> Result<Self> {
        Self::with_transport(config, Arc::new(crate::transport::ReqwestTransport::new()?))
    }

    /// A client configured by the environment: [`TwilioConfig::from_env`] names the variables.
    ///
    /// # Errors
    /// `Config`: one error that names every variable that is missing or malformed.
    #[cfg(feature = "reqwest")]
    pub fn from_env() -> Result<Self> {
        Self::new(&TwilioConfig::from_env()?)
    }

    /// A client with a transport of one's own.
    ///
    /// # Errors
    /// `Config` if the configuration is not usable.
    pub fn with_transport(
        config: &TwilioConfig,
        transport: Arc<dyn HttpTransport>,
    ) -> Result<Self> {
        let base = config.base()?;
        let credentials = config.credentials()?;
        let rest = Rest::new(TWILIO, transport, base, credentials, Some("twilio-request-id"))?;
        let account = format!("/2010-04-01/Accounts/{}", config.account_sid);
        let messages = rest.uri(&format!("{account}/Messages.json"))?;
        let (sender, api_key) = (config.sender.clone(), config.uses_api_key());
        Ok(Self { inner: Arc::new(Inner { rest, account, messages, sender, api_key }) })
    }

    pub(super) fn inner(&self) -> &Inner {
        &self.inner
    }
}

impl fmt::Debug for Twilio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.inner();
        f.debug_struct("Twilio")
            .field("rest", &inner.rest)
            .field("sender", &inner.sender)
            .finish_non_exhaustive()
    }
}

impl Inner {
    /// One call, its refusal read as Twilio's.
    pub(super) async fn run(&self, call: Call, request: http::Request<Bytes>) -> Result<Accepted> {
        self.rest.run(call, request, |refusal| refused(call, refusal)).await
    }

    /// One call whose answer must have a body.
    pub(super) async fn read(&self, call: Call, request: http::Request<Bytes>) -> Result<Bytes> {
        let accepted = self.run(call, request).await?;
        self.rest.body(accepted, call)
    }

    /// The address of a message, with what follows its id.
    pub(super) fn message(&self, id: &MessageId, rest: &str) -> Result<http::Uri> {
        let sid = self.rest.own_id(id)?;
        self.rest.uri(&format!("{}/Messages/{sid}{rest}", self.account))
    }
}

#[async_trait]
impl SmsProvider for Twilio {
    fn id(&self) -> ProviderId {
        TWILIO
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            fetch: true,
            list: true,
            cancel: true,
            check: true,
            media: true,
            schedule: true,
            validity: true,
            status_callback: true,
            short_code: true,
            alphanumeric: true,
            pool: true,
        }
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        let inner = self.inner();
        let form = form(message, inner.sender.as_ref())?;
        let request = inner.rest.post(inner.messages.clone(), FORM, form.into_bytes());
        let accepted = inner.run(Call::sending("send"), request).await?;
        receipt(message, accepted)
    }

    async fn fetch(&self, id: &MessageId) -> Result<MessageRecord> {
        const CALL: Call = Call::reading("fetch");
        let inner = self.inner();
        let request = inner.rest.request(Method::GET, inner.message(id, ".json")?);
        let body = inner.read(CALL, request).await?;
        let message: wire::Message<'_> = inner.rest.decode(CALL, &body)?;
        message.into_record().ok_or_else(|| inner.rest.unreadable(CALL, "the sid is missing"))
    }

    async fn list(&self, query: &Query) -> Result<Page<MessageRecord>> {
        const CALL: Call = Call::reading("list");
        let inner = self.inner();
        let uri = match &query.cursor {
            Some(cursor) => inner.rest.next_page(cursor, inner.messages.path())?,
            None => inner.rest.uri(&format!("{}{}", inner.messages.path(), filters(query)?))?,
        };
        let body = inner.read(CALL, inner.rest.request(Method::GET, uri)).await?;
        let page: wire::MessagePage<'_> = inner.rest.decode(CALL, &body)?;
        let next = wire::path_of(&page.next_page_uri).map(Cursor::new);
        // A record without an id, which Twilio's schema allows, is nothing that could be asked about.
        let records = page.messages.unwrap_or_default().into_iter();
        Ok(Page::new(records.filter_map(wire::Message::into_record).collect(), next))
    }

    async fn cancel(&self, id: &MessageId) -> Result<()> {
        let inner = self.inner();
        let uri = inner.message(id, ".json")?;
        let request = inner.rest.post(uri, FORM, b"Status=canceled".to_vec());
        inner.run(Call::changing("cancel"), request).await.map(drop)
    }

    /// Reads the account. A Standard or Restricted API key may not do that (401, code 20003), so a
    /// key that is refused is tried on the list of messages, which says less.
    async fn check(&self) -> Result<AccountStatus> {
        const CALL: Call = Call::reading("check");
        let inner = self.inner();
        let uri = inner.rest.uri(&format!("{}.json", inner.account))?;
        let refused = match inner.read(CALL, inner.rest.request(Method::GET, uri)).await {
            Ok(body) => return account(inner, &body),
            Err(error) => error,
        };
        let denied = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].map(|s| Some(s.as_u16()));
        if !inner.api_key || !denied.contains(&refused.status()) {
            return Err(refused);
        }
        let uri = inner.rest.uri(&format!("{}?PageSize=1", inner.messages.path()))?;
        let body = inner.read(CALL, inner.rest.request(Method::GET, uri)).await?;
        let page: wire::MessagePage<'_> = inner.rest.decode(CALL, &body)?;
        page.messages.ok_or_else(|| inner.rest.unreadable(CALL, "the messages are missing"))?;
        Ok(AccountStatus::new(AccountState::Active))
    }
}

/// The receipt for an answer of 2xx, however little of it can be read.
fn receipt(message: &Message, accepted: Accepted) -> Result<Receipt> {
    let body = accepted.body.clone().unwrap_or_default();
    let submitted: wire::Submitted<'_> = lenient::object(&body).unwrap_or_default();
    let status = wire::status(&submitted.status);
    let code: Option<u32> = submitted.error_code.parse().filter(|code| *code != 0);
    if gave_up(&status, code) {
        return Err(gave_up_error(code, accepted));
    }
    let id = submitted.sid.text().and_then(|sid| MessageId::new(TWILIO, sid).ok());
    let mut receipt = Receipt::new(TWILIO, id, message.key().clone());
    receipt.status = status;
    receipt.segments = submitted.num_segments.parse().filter(|segments| *segments > 0);
    receipt.price = wire::price(&submitted.price, &submitted.price_unit);
    receipt.request_id = accepted.request_id;
    Ok(receipt)
}

/// Whether Twilio made the message and gave it up in the same answer: it says so, or it gives an error
/// code for a message that has not left, other than those that only warn.
fn gave_up(status: &MessageStatus, code: Option<u32>) -> bool {
    use MessageStatus::{Accepted, Canceled, Failed, Queued, Scheduled, Unknown};
    match status {
        Failed | Canceled => true,
        Accepted | Scheduled | Queued | Unknown(_) => {
            code.is_some_and(|code| !matches!(code, 20001 | 30018 | 30045))
        }
        _ => false,
    }
}

/// It has not left, unless the code says that nobody knows. To ask again is pointless, so the kind is
/// none that is retried.
fn gave_up_error(code: Option<u32>, accepted: Accepted) -> Error {
    let proved = code.is_none_or(|code| !is_unproved(code));
    let outcome = if proved { Outcome::NotSent } else { Outcome::Unknown };
    let error = Error::new(code.map_or(ErrorKind::Other, error_kind), outcome);
    let error = if error.is_retryable() { Error::not_sent(ErrorKind::Other) } else { error };
    let error = error
        .with_provider(TWILIO)
        .with_status(accepted.status.as_u16())
        .with_request_id(accepted.request_id);
    match code {
        Some(code) => error.with_code(code.to_string()).with_help(Some(error_help(code))),
        None => error,
    }
}

fn account(inner: &Inner, body: &[u8]) -> Result<AccountStatus> {
    const CALL: Call = Call::reading("check");
    let account: wire::Account<'_> = inner.rest.decode(CALL, body)?;
    if account.sid.text() != inner.account.rsplit('/').next() {
        let rule = "the answer is about another account";
        return Err(inner.rest.unreadable(CALL, rule));
    }
    let mut status = AccountStatus::new(match account.status.text() {
        Some("active") => AccountState::Active,
        Some("suspended") => AccountState::Suspended,
        Some("closed") => AccountState::Closed,
        other => AccountState::Unknown(other.and_then(word).unwrap_or_default().to_owned()),
    });
    status.kind = account.kind.text().and_then(word).map(str::to_owned);
    Ok(status)
}

/// The body of a submission.
fn form(message: &Message, default_sender: Option<&Sender>) -> Result<String> {
    let refuse = |kind, detail: &'static str| {
        Error::not_sent(kind).with_provider(TWILIO).with_detail(detail)
    };
    let options: TwilioOptions = message.options()?.unwrap_or_default();
    if options.content_sid.is_none() {
        message.validate().map_err(|error| error.with_provider(TWILIO))?;
    }
    let sender = message.sender().or(default_sender).ok_or_else(|| {
        refuse(
            ErrorKind::InvalidSender,
            "sender: neither the message nor the configuration has one",
        )
    })?;
    let pool = matches!(sender, Sender::Pool(_));
    let mut form = Serializer::new(String::with_capacity(256 + message.text().len()));
    form.append_pair("To", &on_channel(&message.to(), options.channel));
    match sender {
        Sender::Pool(pool) => {
            form.append_pair("MessagingServiceSid", pool.as_str());
            if let Some(sender) = &options.pool_sender {
                form.append_pair("From", &on_channel(sender, options.channel));
            }
        }
        sender => {
            form.append_pair("From", &on_channel(sender, options.channel));
        }
    }
    if !message.text().is_empty() {
        form.append_pair("Body", message.text());
    }
    for media in message.media() {
        form.append_pair("MediaUrl", media.url().as_str());
    }
    if let Some(url) = message.status_callback() {
        form.append_pair("StatusCallback", url.as_str());
    }
    if let Some(validity) = message.validity() {
        if validity.subsec_nanos() != 0 || !(1..=36_000).contains(&validity.as_secs()) {
            let rule = "validity: must be 1 to 36,000 whole seconds";
            return Err(refuse(ErrorKind::InvalidRequest, rule));
        }
        form.append_pair("ValidityPeriod", &validity.as_secs().to_string());
    }
    if let Some(at) = message.send_at() {
        if !pool {
            let rule = "send_at: Twilio schedules only from a Messaging Service";
            return Err(refuse(ErrorKind::InvalidRequest, rule));
        }
        form.append_pair("ScheduleType", "fixed").append_pair("SendAt", &date_time(at));
    }
    append_options(&mut form, &options);
    Ok(form.finish())
}

fn append_options(form: &mut Serializer<'_, String>, options: &TwilioOptions) {
    let truth = |flag: Option<bool>| flag.map(|flag| if flag { "true" } else { "false" });
    let attempt = options.attempt.map(|attempt| attempt.to_string());
    let fallback = options.fallback_from.as_ref().map(ToString::to_string);
    let pairs = [
        ("FallbackFrom", fallback.as_deref()),
        ("ContentSid", options.content_sid.as_deref()),
        ("ContentVariables", options.content_variables.as_deref()),
        ("ApplicationSid", options.application_sid.as_deref()),
        ("SmartEncoded", truth(options.smart_encoded)),
        ("SendAsMms", truth(options.send_as_mms)),
        ("ShortenUrls", truth(options.shorten_urls)),
        ("RiskCheck", options.risk_check.map(|check| check.word())),
        ("ProvideFeedback", truth(options.provide_feedback)),
        ("Attempt", attempt.as_deref()),
        ("ContentRetention", options.content_retention.map(|retention| retention.word())),
        ("AddressRetention", options.address_retention.map(|retention| retention.word())),
        ("TrafficType", options.traffic_type.as_deref()),
        ("ForceDelivery", truth(options.force_delivery)),
        ("MessageIntent", options.message_intent.map(|intent| intent.word())),
        ("MaxPrice", options.max_price.as_deref()),
    ];
    for (name, value) in pairs {
        if let Some(value) = value {
            form.append_pair(name, value);
        }
    }
    for action in &options.persistent_action {
        form.append_pair("PersistentAction", action);
    }
}

/// The query of a list. Twilio's inequalities are part of the name and include their bound.
fn filters(query: &Query) -> Result<String> {
    let unsupported = |what| Err(Error::unsupported(TWILIO, what));
    if query.status.is_some() {
        return unsupported("list: Twilio does not filter by status");
    }
    if query.direction.is_some() {
        return unsupported("list: Twilio does not filter by direction");
    }
    if matches!(query.from, Some(Sender::Pool(_))) {
        return unsupported("list: Twilio does not filter by pool");
    }
    let mut form = Serializer::new(String::new());
    if let Some(to) = query.to {
        form.append_pair("To", &to.to_string());
    }
    if let Some(from) = &query.from {
        form.append_pair("From", &from.to_string());
    }
    if let Some(since) = query.since {
        form.append_pair("DateSent>", &date_time(since));
    }
    if let Some(until) = query.until {
        form.append_pair("DateSent<", &date_time(until));
    }
    if let Some(size) = query.page_size {
        if !(1..=1_000).contains(&size) {
            return Err(Error::new(ErrorKind::InvalidRequest, Outcome::NotSent)
                .with_provider(TWILIO)
                .with_detail("page_size: must be 1 to 1,000"));
        }
        form.append_pair("PageSize", &size.to_string());
    }
    let filters = form.finish();
    Ok(if filters.is_empty() { filters } else { format!("?{filters}") })
}

fn on_channel(address: &impl ToString, channel: Option<Channel>) -> String {
    let address = address.to_string();
    match channel {
        Some(channel) => format!("{}:{address}", channel.word()),
        None => address,
    }
}

/// A time as Twilio reads it: UTC, whole seconds.
fn date_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
