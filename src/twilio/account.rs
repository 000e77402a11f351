//! [`Twilio`]: the contract, over Twilio's messages resource.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use form_urlencoded::Serializer;
use http::{Method, StatusCode};
use jiff::Timestamp;

use crate::{
    error::{Error, ErrorKind, Result},
    message::{Cursor, Message, MessageId, MessageRecord, Page, Query, Receipt, Sender, word},
    provider::{AccountState, AccountStatus, Capabilities, SmsProvider},
    provider_id::ProviderId,
    transport::{
        HttpTransport,
        rest::{Accepted, Call, Rest},
    },
    twilio::{
        TWILIO, TwilioConfig, TwilioQuery,
        error::refused,
        sms::{submit, wire},
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
        let rest =
            Rest::new(TWILIO, transport, base, credentials, FORM, Some("twilio-request-id"))?;
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
    pub(super) fn run(
        &self,
        call: Call,
        request: http::Request<Bytes>,
    ) -> impl Future<Output = Result<Accepted>> + Send {
        self.rest.run(call, request, move |refusal| refused(call, refusal))
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
            ..Capabilities::default()
        }
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        let inner = self.inner();
        let form = submit::form(message, inner.sender.as_ref())?;
        let request = inner.rest.post(inner.messages.clone(), form.into_bytes());
        let accepted = inner.run(Call::sending("send"), request).await?;
        submit::receipt(message, accepted)
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
        let request = inner.rest.post(uri, b"Status=canceled".to_vec());
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
        other => AccountState::Other(other.and_then(word).unwrap_or_default().to_owned()),
    });
    status.kind = account.kind.text().and_then(word).map(str::to_owned);
    Ok(status)
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
    if query.from.as_ref().is_some_and(|from| from.pool().is_some()) {
        return unsupported("list: Twilio does not filter by pool");
    }
    let refuse = |rule: &'static str| {
        let error = Error::not_sent(ErrorKind::InvalidRequest).with_provider(TWILIO);
        Err(error.with_detail(rule))
    };
    let options: TwilioQuery = query.options()?.unwrap_or_default();
    let mut form = Serializer::new(String::new());
    if let Some(to) = &query.to {
        form.append_pair("To", &to.to_string());
    }
    if let Some(from) = &query.from {
        form.append_pair("From", &submit::from(from, query.from_channel)?);
    }
    if let Some(day) = options.date_sent {
        form.append_pair("DateSent", &day.strftime("%Y-%m-%d").to_string());
    }
    if let Some(since) = query.since {
        form.append_pair("DateSent>", &date_time(since));
    }
    if let Some(until) = query.until {
        form.append_pair("DateSent<", &date_time(until));
    }
    if let Some(size) = query.page_size {
        if !(1..=1_000).contains(&size) {
            return refuse("page_size: must be 1 to 1,000");
        }
        form.append_pair("PageSize", &size.to_string());
    }
    let filters = form.finish();
    Ok(if filters.is_empty() { filters } else { format!("?{filters}") })
}

/// A time as Twilio reads it: UTC, whole seconds.
pub(super) fn date_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
