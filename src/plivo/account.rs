//! [`Plivo`]: the contract, over Plivo's messages resource.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use form_urlencoded::Serializer;
use http::{Method, Uri};
use jiff::Timestamp;

use crate::{
    account::{Account, Products},
    account_id::{AccountId, AccountKey},
    error::{Error, ErrorKind, Result},
    message::{
        Channel, Currency, Cursor, Destination, Direction, Message, MessageId, MessageRecord,
        MessageStatus, Money, Page, Query, Receipt, Sender, word,
    },
    plivo::{
        PLIVO, PlivoConfig, PlivoQuery, PlivoWebhook,
        error::refused,
        options::MessageType,
        sms::{submit, wire},
        status::PlivoStatus,
    },
    provider::{AccountState, AccountStatus, Capabilities, SmsProvider},
    provider_id::ProviderId,
    transport::{
        BaseUrl, HttpTransport,
        api::{Accepted, Api, ApiRequest, Call},
    },
    verification::IdSigner,
    webhook::{KeyRing, PublicUrl, Webhook},
};

pub(super) const JSON: &str = "application/json";

/// Sends through Plivo. A clone is cheap and shares everything.
///
/// ```no_run
/// # #[cfg(feature = "reqwest")]
/// # async fn example() -> anysms::Result<()> {
/// use anysms::{Message, SmsProvider, plivo::Plivo};
///
/// let sms = Plivo::from_env()?;
/// # let to = anysms::PhoneNumber::parse("+447700900123").unwrap();
/// let receipt = sms.send(&Message::new(to, "Your table is ready")).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Plivo {
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) api: Api,
    pub(super) account: String, // the path of the account, with its slash
    pub(super) messages: Uri,
    pub(super) lookup: BaseUrl,
    pub(super) sender: Option<Sender>,
    sender_per_message: bool,
    pub(super) subaccount: bool,
    keys: KeyRing,
    pub(super) ids: IdSigner,
}

impl Plivo {
    /// Creates a client with the built-in transport.
    ///
    /// # Errors
    /// `Config` if the configuration is not usable.
    #[cfg(feature = "reqwest")]
    pub fn new(config: &PlivoConfig) -> Result<Self> {
        Self::with_transport(config, Arc::new(crate::transport::ReqwestTransport::new()?))
    }

    /// Creates a client configured by the environment: [`PlivoConfig::from_env`] names the variables.
    ///
    /// # Errors
    /// `Config`: one error that names every variable that is missing or malformed.
    #[cfg(feature = "reqwest")]
    pub fn from_env() -> Result<Self> {
        Self::new(&PlivoConfig::from_env()?)
    }

    /// Creates a client with a transport of one's own.
    ///
    /// # Errors
    /// `Config` if the configuration is not usable.
    pub fn with_transport(config: &PlivoConfig, transport: Arc<dyn HttpTransport>) -> Result<Self> {
        let id = AccountId::from(&*config.auth_id);
        let api = Api::new(PLIVO, id, transport, config.base()?, config.credentials()?)?
            .with_next_page(&["/meta/next"])
            .with_read_refusal(refused);
        let account = format!("/v1/Account/{}/", config.auth_id);
        let messages = api.uri(&format!("{account}Message/"))?;
        let (sender, subaccount) = (config.sender.clone(), config.is_subaccount());
        let keys = config.webhook_keys()?;
        let sender_per_message = config.sender_per_message;
        let lookup = config.lookup_base()?;
        let ids = IdSigner::new(config.credentials()?.1)?;
        let inner = Inner {
            api,
            account,
            messages,
            lookup,
            sender,
            sender_per_message,
            subaccount,
            keys,
            ids,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Begins a request below this account, signed in: for what has no type here yet. Plivo's paths end in a
    /// slash, which is added. Segments are escaped.
    ///
    /// ```
    /// # async fn example(plivo: anysms::plivo::Plivo) -> anysms::Result<()> {
    /// use anysms::http::Method;
    ///
    /// let pricing = plivo.request(Method::GET, ["Pricing"]).query("country_iso", "GB").send().await?;
    /// let pricing: serde_json::Value = pricing.json()?;
    /// println!("{}", pricing["message"]["outbound"]["rate"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn request<S: AsRef<str>>(
        &self,
        method: Method,
        segments: impl IntoIterator<Item = S>,
    ) -> ApiRequest<'_> {
        let inner = self.inner();
        let below = inner.account.trim_end_matches('/');
        let segments: Vec<S> = segments.into_iter().collect();
        let ended = segments.iter().map(AsRef::as_ref).chain([""]);
        inner.api.request_at(Ok(inner.api.base().clone()), below, method, ended)
    }

    pub(super) fn inner(&self) -> &Inner {
        &self.inner
    }
}

impl fmt::Debug for Plivo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.inner();
        f.debug_struct("Plivo")
            .field("api", &inner.api)
            .field("sender", &inner.sender)
            .finish_non_exhaustive()
    }
}

impl Inner {
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

    /// Returns the address of a message, with what follows its id. The slash at its end is part of it.
    pub(super) fn message(&self, id: &MessageId, rest: &str) -> Result<Uri> {
        let uuid = self.api.own_id(id)?;
        self.api.uri(&format!("{}Message/{uuid}/{rest}", self.account))
    }
}

impl Account for Plivo {
    fn account_id(&self) -> &AccountId {
        self.inner().api.account()
    }

    fn webhook_keys(&self) -> Option<&KeyRing> {
        Some(&self.inner().keys)
    }

    fn webhook(&self, url: PublicUrl) -> Result<Arc<dyn Webhook>> {
        Ok(Arc::new(PlivoWebhook::with_ring(self.inner().keys.clone(), url)))
    }

    fn products(&self) -> Products {
        let client = Arc::new(self.clone());
        Products {
            lookup: Some(client.clone()),
            prices: Some(client.clone()),
            numbers: Some(client.clone()),
            pools: Some(client.clone()),
            short_codes: None,
            registrations: Some(client.clone()),
            usage: Some(client.clone()),
            subaccounts: Some(client),
        }
    }
}

#[async_trait]
impl SmsProvider for Plivo {
    fn id(&self) -> ProviderId {
        PLIVO
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            fetch: true,
            list: true,
            check: true,
            media: true,
            validity: true,
            status_callback: true,
            short_code: true,
            alphanumeric: true,
            pool: true,
            whatsapp: true,
            ..Capabilities::default()
        }
    }

    fn account(&self, _: &Message) -> Option<AccountKey> {
        Some(AccountKey::new(PLIVO, self.account_id().clone()))
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        let inner = self.inner();
        let to = submit::number(message)?.to_string();
        let body = submit::submission(message, &to, inner.sender.as_ref())?;
        let request = inner.api.post(inner.messages.clone(), JSON, body);
        let accepted = inner.run(Call::sending("send"), request).await?;
        let receipt = submit::receipt(message, accepted);
        receipt
            .map(|receipt| receipt.with_account(inner.api.account().clone()))
            .map_err(|error| error.with_account(inner.api.account().clone()))
    }

    async fn fetch(&self, id: &MessageId) -> Result<MessageRecord> {
        const CALL: Call = Call::reading("fetch");
        let inner = self.inner();
        let request = inner.api.bare(Method::GET, inner.message(id, "")?);
        let body = inner.read(CALL, request).await?;
        let message: wire::Message<'_> = inner.api.decode(CALL, &body)?;
        let missing = || inner.api.unreadable(CALL, "the message_uuid is missing");
        message.into_record().ok_or_else(missing)
    }

    async fn list(&self, query: &Query) -> Result<Page<MessageRecord>> {
        const CALL: Call = Call::reading("list");
        let inner = self.inner();
        let uri = match &query.cursor {
            Some(cursor) => inner.api.next_page(cursor, inner.messages.path())?,
            None => inner.api.uri(&format!("{}{}", inner.messages.path(), filters(query)?))?,
        };
        let body = inner.read(CALL, inner.api.bare(Method::GET, uri)).await?;
        let page: wire::ObjectPage<'_, wire::Message<'_>> = inner.api.decode(CALL, &body)?;
        let next = page.meta.as_ref().and_then(|meta| meta.next.text()).map(Cursor::new);
        let records = page.objects.unwrap_or_default().into_iter();
        Ok(Page::new(records.filter_map(wire::Message::into_record).collect(), next))
    }

    /// Reads the account. Where that is well, a client without a default sender is refused, as most of its sends
    /// would be; [`PlivoConfig::with_sender_per_message`] says that none is wanted.
    async fn check(&self) -> Result<AccountStatus> {
        let inner = self.inner();
        let status = inner.check().await?;
        if inner.sender.is_none() && !inner.sender_per_message {
            let error = refuse(ErrorKind::Config, submit::NO_SENDER);
            return Err(error.without_message());
        }
        Ok(status)
    }
}

impl Inner {
    /// Reads the account, which names no secret. A subaccount that may not read itself is tried on
    /// the list of messages, which says less.
    async fn check(&self) -> Result<AccountStatus> {
        const CALL: Call = Call::reading("check");
        let inner = self;
        let request = inner.api.bare(Method::GET, inner.api.uri(&inner.account)?);
        let refused = match inner.read(CALL, request).await {
            Ok(body) => return account(inner, &body),
            Err(error) => error,
        };
        let denied = [401, 403, 404, 405].map(Some);
        if !inner.subaccount || !denied.contains(&refused.status()) {
            return Err(refused);
        }
        let uri = inner.api.uri(&format!("{}?limit=1", inner.messages.path()))?;
        let body = inner.read(CALL, inner.api.bare(Method::GET, uri)).await?;
        let page: wire::ObjectPage<'_, wire::Message<'_>> = inner.api.decode(CALL, &body)?;
        page.objects.ok_or_else(|| inner.api.unreadable(CALL, "the objects are missing"))?;
        Ok(AccountStatus::new(AccountState::Active))
    }
}

fn account(inner: &Inner, body: &[u8]) -> Result<AccountStatus> {
    const CALL: Call = Call::reading("check");
    let account: wire::Account<'_> = inner.api.decode(CALL, body)?;
    let (id, own) =
        (account.auth_id.text(), inner.account.trim_end_matches('/').rsplit('/').next());
    // A subaccount may be shown the account it belongs to.
    let parent = inner.subaccount && id.is_some_and(|id| id.starts_with("MA"));
    if id != own && !parent {
        let rule = "the answer is about another account";
        return Err(inner.api.unreadable(CALL, rule));
    }
    let mut status = AccountStatus::new(AccountState::Active);
    status.kind = account.account_type.text().and_then(word).map(str::to_owned);
    let credits = account.cash_credits.parse();
    status.balance = credits.map(|amount| Money::new(amount, Currency::USD));
    Ok(status)
}

/// Returns the query of a list. Plivo reads times as UTC.
fn filters(query: &Query) -> Result<String> {
    let options: PlivoQuery = query.options()?.unwrap_or_default();
    let on_whatsapp = |to: &Destination| to.channel() == Channel::WhatsApp;
    let whatsapp = query.to.as_ref().is_some_and(on_whatsapp).then_some(MessageType::WhatsApp);
    let mut form = Serializer::new(String::new());
    let mut add = |name, value: Option<String>| {
        if let Some(value) = value {
            form.append_pair(name, &value);
        }
    };
    add(
        "to_number",
        query.to.as_ref().map(submit::number_of).transpose()?.map(|to| to.to_string()),
    );
    match &query.from {
        Some(Sender::Pool(pool)) => add("powerpack_id", Some(pool.to_string())),
        from => add("from_number", from.as_ref().map(ToString::to_string)),
    }
    add("message_time__gte", query.since.map(date_time));
    add("message_time__lte", query.until.map(date_time));
    add(
        "message_direction",
        query.direction.map(|direction| match direction {
            Direction::Inbound => "inbound".to_owned(),
            Direction::Outbound => "outbound".to_owned(),
        }),
    );
    add("message_state", query.status.as_ref().map(state).transpose()?.map(str::to_owned));
    add("message_time", options.message_time.map(date_time));
    add("message_time__gt", options.message_time_gt.map(date_time));
    add("message_time__lt", options.message_time_lt.map(date_time));
    add("subaccount", options.subaccount.map(|id| id.to_string()));
    add(
        "message_type",
        options.message_type.or(whatsapp).map(|kind| match kind {
            MessageType::Sms => "sms".to_owned(),
            MessageType::Mms => "mms".to_owned(),
            MessageType::WhatsApp => "whatsapp".to_owned(),
        }),
    );
    add("error_code", options.error_code);
    add("tendlc_campaign_id", options.tendlc_campaign_id);
    add("tendlc_registration_status", options.tendlc_registration_status);
    add("destination_country_iso2", options.destination_country_iso2);
    add("conversation_id", options.conversation_id);
    add("conversation_origin", options.conversation_origin);
    if query.page_size.is_some_and(|size| !(1..=20).contains(&size)) {
        return Err(refuse(ErrorKind::InvalidRequest, "page_size: must be 1 to 20"));
    }
    add("limit", query.page_size.map(|size| size.to_string()));
    let filters = form.finish();
    Ok(if filters.is_empty() { filters } else { format!("?{filters}") })
}

/// Returns a status that Plivo can filter by.
fn state(status: &MessageStatus) -> Result<&str> {
    match PlivoStatus::from(status.as_str()) {
        PlivoStatus::Other(_) => {
            Err(Error::unsupported(PLIVO, "list: Plivo has no such status to filter by"))
        }
        _ => Ok(status.as_str()),
    }
}

/// Returns a time as Plivo reads it: UTC, to the microsecond.
fn date_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S%.f").to_string()
}

pub(super) fn refuse(kind: ErrorKind, detail: &'static str) -> Error {
    Error::not_sent(kind).with_provider(PLIVO).with_detail(detail)
}
