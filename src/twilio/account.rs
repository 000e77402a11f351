//! [`Twilio`]: the contract, over Twilio's messages resource.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use form_urlencoded::Serializer;
use http::{Method, StatusCode};
use jiff::Timestamp;

use crate::{
    account::{Account, Products},
    account_id::{AccountId, AccountKey},
    error::{Error, ErrorKind, Result},
    message::{Cursor, Message, MessageId, MessageRecord, Page, Query, Receipt, Sender, word},
    provider::{AccountState, AccountStatus, Capabilities, SmsProvider},
    provider_id::ProviderId,
    transport::{
        HttpTransport,
        api::{Accepted, Api, ApiRequest, Call},
    },
    twilio::{
        Product, TWILIO, TwilioConfig, TwilioQuery, TwilioWebhook,
        error::refused,
        product::Hosts,
        sms::{submit, wire},
    },
    verification::IdSigner,
    webhook::{KeyRing, PublicUrl, Webhook},
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
    pub(super) api: Api,
    /// Path of the account, without an ending.
    pub(super) account: String,
    messages: http::Uri,
    sender: Option<Sender>,
    sender_per_message: bool,
    api_key: bool,
    keys: Option<KeyRing>,
    pub(super) hosts: Hosts,
    pub(super) ids: IdSigner,
}

impl Twilio {
    /// Creates a client with the built-in transport.
    ///
    /// # Errors
    /// `Config` if the configuration is not usable.
    #[cfg(feature = "reqwest")]
    pub fn new(config: &TwilioConfig) -> Result<Self> {
        Self::with_transport(config, Arc::new(crate::transport::ReqwestTransport::new()?))
    }

    /// Creates a client configured by the environment: [`TwilioConfig::from_env`] names the variables.
    ///
    /// # Errors
    /// `Config`: one error that names every variable that is missing or malformed.
    #[cfg(feature = "reqwest")]
    pub fn from_env() -> Result<Self> {
        Self::new(&TwilioConfig::from_env()?)
    }

    /// Creates a client with a transport of one's own.
    ///
    /// # Errors
    /// `Config` if the configuration is not usable.
    pub fn with_transport(
        config: &TwilioConfig,
        transport: Arc<dyn HttpTransport>,
    ) -> Result<Self> {
        let hosts = config.hosts()?;
        let base = hosts.of(Product::Account)?;
        let id = AccountId::from(&*config.account_sid);
        let api = Api::new(TWILIO, id, transport, base, config.credentials()?)?
            .with_request_id("twilio-request-id")
            .with_next_page(&["/next_page_uri", "/meta/next_page_url"])
            .with_read_refusal(refused);
        let account = format!("/2010-04-01/Accounts/{}", config.account_sid);
        let messages = api.uri(&format!("{account}/Messages.json"))?;
        let inner = Inner {
            api,
            account,
            messages,
            sender: config.sender.clone(),
            sender_per_message: config.sender_per_message,
            api_key: config.uses_api_key(),
            keys: config.webhook_keys()?,
            hosts,
            ids: IdSigner::new(config.credentials()?.1)?,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Begins a request to a product of Twilio's, signed in as this account: for what has no type here yet.
    ///
    /// Paths of [`Product::Account`] are below the account, such as `["Usage", "Records", "Today.json"]`; those
    /// of the others begin with the product's version, such as `["v2", "Services"]`. Segments are escaped. A base URL
    /// of one's own stands for all products, so the header `X-Forwarded-Host` tells it which host is meant.
    ///
    /// ```
    /// # async fn example(twilio: anysms::twilio::Twilio) -> anysms::Result<()> {
    /// use anysms::{http::Method, twilio::Product};
    ///
    /// let path = ["v2", "PhoneNumbers", "+447700900123"];
    /// let found = twilio.request(Method::GET, Product::Lookups, path).send().await?;
    /// let found: serde_json::Value = found.json()?;
    /// println!("{}", found["country_code"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn request<S: AsRef<str>>(
        &self,
        method: http::Method,
        product: Product,
        segments: impl IntoIterator<Item = S>,
    ) -> ApiRequest<'_> {
        let inner = self.inner();
        let below = if product == Product::Account { inner.account.as_str() } else { "" };
        let request = inner.api.request_at(inner.hosts.of(product), below, method, segments);
        request.meant_for(inner.hosts.meant(product))
    }

    pub(super) fn inner(&self) -> &Inner {
        &self.inner
    }
}

impl fmt::Debug for Twilio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.inner();
        f.debug_struct("Twilio")
            .field("api", &inner.api)
            .field("sender", &inner.sender)
            .finish_non_exhaustive()
    }
}

impl Inner {
    /// Makes one call.
    pub(super) fn run(
        &self,
        call: Call,
        request: http::Request<Bytes>,
    ) -> impl Future<Output = Result<Accepted>> + Send {
        self.api.run(call, request)
    }

    /// Makes one call whose answer must have a body.
    pub(super) async fn read(&self, call: Call, request: http::Request<Bytes>) -> Result<Bytes> {
        let accepted = self.run(call, request).await?;
        self.api.body(accepted, call)
    }

    /// Returns the address of a message, with what follows its id.
    pub(super) fn message(&self, id: &MessageId, rest: &str) -> Result<http::Uri> {
        let sid = self.api.own_id(id)?;
        self.api.uri(&format!("{}/Messages/{sid}{rest}", self.account))
    }
}

impl Account for Twilio {
    fn account_id(&self) -> &AccountId {
        self.inner().api.account()
    }

    fn webhook_keys(&self) -> Option<&KeyRing> {
        self.inner().keys.as_ref()
    }

    fn webhook(&self, url: PublicUrl) -> Result<Arc<dyn Webhook>> {
        let Some(keys) = self.webhook_keys() else {
            let rule = "auth token: none set, and Twilio signs webhooks with it; pass one beside the API key";
            return Err(Error::not_sent(ErrorKind::Config).with_provider(TWILIO).with_detail(rule));
        };
        let webhook = TwilioWebhook::with_ring(keys.clone(), url);
        Ok(Arc::new(webhook.for_account(self.account_id().as_str())))
    }

    fn products(&self) -> Products {
        let client = Arc::new(self.clone());
        Products {
            lookup: Some(client.clone()),
            prices: Some(client.clone()),
            numbers: Some(client.clone()),
            pools: Some(client.clone()),
            short_codes: Some(client.clone()),
            registrations: Some(client.clone()),
            usage: Some(client.clone()),
            subaccounts: Some(client),
        }
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
            whatsapp: true,
            rcs: true,
            messenger: true,
            ..Capabilities::default()
        }
    }

    fn account(&self, _: &Message) -> Option<AccountKey> {
        Some(AccountKey::new(TWILIO, self.account_id().clone()))
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        let inner = self.inner();
        let form = submit::form(message, inner.sender.as_ref())?;
        let request = inner.api.post(inner.messages.clone(), FORM, form.into_bytes());
        let accepted = inner.run(Call::sending("send"), request).await?;
        let receipt = submit::receipt(message, accepted);
        receipt
            .map(|receipt| receipt.with_account(inner.api.account().clone()))
            .map_err(|error| error.with_account(inner.api.account().clone()))
    }

    async fn fetch(&self, id: &MessageId) -> Result<MessageRecord> {
        const CALL: Call = Call::reading("fetch");
        let inner = self.inner();
        let request = inner.api.bare(Method::GET, inner.message(id, ".json")?);
        let body = inner.read(CALL, request).await?;
        let message: wire::Message<'_> = inner.api.decode(CALL, &body)?;
        message.into_record().ok_or_else(|| inner.api.unreadable(CALL, "the sid is missing"))
    }

    async fn list(&self, query: &Query) -> Result<Page<MessageRecord>> {
        const CALL: Call = Call::reading("list");
        let inner = self.inner();
        let uri = match &query.cursor {
            Some(cursor) => inner.api.next_page(cursor, inner.messages.path())?,
            None => inner.api.uri(&format!("{}{}", inner.messages.path(), filters(query)?))?,
        };
        let body = inner.read(CALL, inner.api.bare(Method::GET, uri)).await?;
        let page: wire::MessagePage<'_> = inner.api.decode(CALL, &body)?;
        let next = wire::path_of(&page.next_page_uri).map(Cursor::new);
        // A record without an id, which Twilio's schema allows, is nothing that could be asked about.
        let records = page.messages.unwrap_or_default().into_iter();
        Ok(Page::new(records.filter_map(wire::Message::into_record).collect(), next))
    }

    async fn cancel(&self, id: &MessageId) -> Result<()> {
        let inner = self.inner();
        let uri = inner.message(id, ".json")?;
        let request = inner.api.post(uri, FORM, b"Status=canceled".to_vec());
        inner.run(Call::changing("cancel"), request).await.map(drop)
    }

    /// Reads the account. Where that is well, a client without a default sender is refused, as most of its sends
    /// would be; [`TwilioConfig::with_sender_per_message`] says that none is wanted.
    async fn check(&self) -> Result<AccountStatus> {
        let inner = self.inner();
        let status = inner.check().await?;
        if inner.sender.is_none() && !inner.sender_per_message {
            let error = Error::not_sent(ErrorKind::Config).with_provider(TWILIO);
            return Err(error.with_detail(submit::NO_SENDER).without_message());
        }
        Ok(status)
    }
}

impl Inner {
    /// Reads the account. A Standard or Restricted API key may not do that (401, code 20003), so a
    /// key that is refused is tried on the list of messages, which says less.
    async fn check(&self) -> Result<AccountStatus> {
        const CALL: Call = Call::reading("check");
        let inner = self;
        let uri = inner.api.uri(&format!("{}.json", inner.account))?;
        let refused = match inner.read(CALL, inner.api.bare(Method::GET, uri)).await {
            Ok(body) => return account(inner, &body),
            Err(error) => error,
        };
        let denied = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].map(|s| Some(s.as_u16()));
        if !inner.api_key || !denied.contains(&refused.status()) {
            return Err(refused);
        }
        let uri = inner.api.uri(&format!("{}?PageSize=1", inner.messages.path()))?;
        let body = inner.read(CALL, inner.api.bare(Method::GET, uri)).await?;
        let page: wire::MessagePage<'_> = inner.api.decode(CALL, &body)?;
        page.messages.ok_or_else(|| inner.api.unreadable(CALL, "the messages are missing"))?;
        Ok(AccountStatus::new(AccountState::Active))
    }
}

fn account(inner: &Inner, body: &[u8]) -> Result<AccountStatus> {
    const CALL: Call = Call::reading("check");
    let account: wire::Account<'_> = inner.api.decode(CALL, body)?;
    if account.sid.text() != inner.account.rsplit('/').next() {
        let rule = "the answer is about another account";
        return Err(inner.api.unreadable(CALL, rule));
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

/// Returns the query of a list. Twilio's inequalities are part of the name and include their bound.
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

/// Returns a time as Twilio reads it: UTC, whole seconds.
pub(super) fn date_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
