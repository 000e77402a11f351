//! [`Recorded`]: every attempt is in the store before the provider is asked.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::time::sleep;

use anysms::{
    AccountKey, ProviderId,
    error::{Error, ErrorKind, Result},
    message::{Message, MessageId, MessageRecord, Money, Page, Query, Receipt, WebUrl},
    provider::{AccountStatus, Capabilities, SmsProvider},
};

use crate::{
    AttemptToken, MessageStore,
    backend::RawBackend,
    model::{hash::ContentFingerprint, policy::storable},
    protocol::{admission::Begin, transitions::Finish},
    run::depth::Slots,
};

/// Puts [`Recorded`] around a provider.
///
/// ```
/// use anysms::{Message, PhoneNumber, SmsProvider};
/// use anysms_store::{MessageStore, RecordExt};
///
/// # #[derive(Clone, Debug)]
/// # struct Acme;
/// # #[anysms::async_trait]
/// # impl anysms::SmsProvider for Acme {
/// #     fn id(&self) -> anysms::ProviderId {
/// #         anysms::ProviderId::from_static("acme")
/// #     }
/// #     fn capabilities(&self) -> anysms::Capabilities {
/// #         anysms::Capabilities::default()
/// #     }
/// #     async fn send(&self, message: &anysms::Message) -> anysms::Result<anysms::Receipt> {
/// #         Ok(anysms::Receipt::new(self.id(), None, message.key().clone()))
/// #     }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MessageStore::memory();
/// let sms = Acme.recorded(&store)?;
/// let message = Message::new("+447700900123".parse::<PhoneNumber>()?, "Your table is ready");
/// let receipt = sms.send(&message).await?;
/// let again = sms.send(&message).await?;
/// assert!(again.earlier, "the same key is not sent twice");
/// assert_eq!(again.id, receipt.id);
/// # Ok(())
/// # }
/// ```
pub trait RecordExt: SmsProvider + Sized {
    /// Writes every attempt of this provider into a store.
    ///
    /// # Errors
    /// Those of [`Recorded::new`].
    fn recorded(self, store: &MessageStore) -> Result<Recorded<Self>> {
        Recorded::new(self, store.clone())
    }
}

impl<P: SmsProvider> RecordExt for P {}

/// Layer that writes every attempt into a [`MessageStore`]: the intent before the provider is asked, the outcome after
/// it. Share one store among all providers.
///
/// A message whose key has an accepted attempt is not sent again: the send returns the receipt of that attempt
/// ([`Receipt::earlier`]). One that may have been sent is refused as `Conflict` with an outcome of `Unknown`, unless
/// [`RetryPolicy::with_resend`](anysms::layers::RetryPolicy::with_resend) allows it. The same key with a different
/// message is a `Conflict`; so is a message that waits in the store's queue. A recipient whom the store suppresses is
/// refused as `OptedOut`.
///
/// A store that cannot be written refuses every message. A submission that has begun runs to its end in a task of its
/// own, even if the caller stops waiting.
pub struct Recorded<P> {
    inner: Arc<P>,
    store: MessageStore,
    callback: Option<WebUrl>,
    price: PriceOf,
}

type PriceOf = Arc<dyn Fn(&Message) -> Option<Money> + Send + Sync>;

impl<P: SmsProvider> Recorded<P> {
    /// Wraps a provider.
    ///
    /// # Errors
    /// `Config` if the provider may wait before it submits, as a retry or a rate limit does (each try is an attempt of
    /// its own), if it chooses among providers, as a route does (each has ids of its own), if it holds a guard, which may
    /// send to another number, or if it is recorded already.
    pub fn new(inner: P, store: MessageStore) -> Result<Self> {
        let capabilities = inner.capabilities();
        let inside = [
            (capabilities.waits, "retry, rate limit or failover"),
            (capabilities.chooses, "route, failover or weights"),
            (capabilities.guards, "guard"),
            (capabilities.recorded_in.is_some(), "another recorded"),
        ];
        if let Some((_, layer)) = inside.into_iter().find(|(is, _)| *is) {
            let error = Error::not_sent(ErrorKind::Config);
            return Err(error.with_detail(format!(
                "recorded: is around {layer}; put it directly around each provider, and the other layers around it"
            )));
        }
        Ok(Self { inner: Arc::new(inner), store, callback: None, price: Arc::new(|_| None) })
    }

    /// Sets the address under which the provider reports, with the token of each attempt as one more segment of its
    /// path: `https://example.com/hooks/twilio/{token}`.
    ///
    /// With the token [`ingest`](MessageStore::ingest) finds the attempt of a report that comes before the answer of
    /// the send, or although that answer never came. Replaces the message's own address.
    #[must_use]
    pub fn with_callback(mut self, base: WebUrl) -> Self {
        self.callback = Some(base);
        self
    }

    /// Sets the function that estimates the cost of a message, for [`usage`](MessageStore::usage).
    #[must_use]
    pub fn with_price(
        mut self,
        price: impl Fn(&Message) -> Option<Money> + Send + Sync + 'static,
    ) -> Self {
        self.price = Arc::new(price);
        self
    }

    fn callback(&self, token: AttemptToken) -> Result<Option<WebUrl>> {
        let Some(base) = &self.callback else { return Ok(None) };
        let refuse = || {
            let error = Error::not_sent(ErrorKind::Config).by_layer();
            error.with_detail("callback: too long with the token of an attempt")
        };
        let base = base.as_str();
        let (base, fragment) =
            base.split_once('#').map_or((base, None), |(base, rest)| (base, Some(rest)));
        let (path, query) =
            base.split_once('?').map_or((base, None), |(path, query)| (path, Some(query)));
        let query = query.map_or(String::new(), |query| format!("?{query}"));
        let fragment = fragment.map_or(String::new(), |fragment| format!("#{fragment}"));
        let url = format!("{}/{token}{query}{fragment}", path.trim_end_matches('/'));
        url.parse().map(Some).map_err(|_| refuse())
    }
}

/// Submits a message once, and records it from the intent to the result.
async fn submit<P: SmsProvider>(
    inner: Arc<P>,
    store: MessageStore,
    begin: Begin,
    callback: Option<WebUrl>,
) -> Result<Receipt> {
    let (token, provider) = (begin.token, begin.provider.clone());
    let mut message = begin.message.clone();
    if let Some(url) = callback {
        message = message.with_status_callback(url);
    }
    let (begun, snapshot) = match store.backend.run(begin).await {
        Ok(begun) => begun,
        Err(error) => {
            // The intent may be written down all the same, and nothing is sent. That says nothing of the message:
            // it may be sent once the store can be written.
            let detail = "store: the intent cannot be written";
            let code = error.code().unwrap_or(error.kind().as_str()).to_owned();
            // What a database refuses for good does not pass by itself.
            let lasts = error.kind() == ErrorKind::Other;
            let kind = if lasts { ErrorKind::Other } else { ErrorKind::Unavailable };
            let error = Error::not_sent(kind).with_code(code);
            let error = error.with_provider(provider.clone()).with_detail(detail).by_layer();
            tokio::spawn(keep(store, Finish { token, result: Err(error.clone()), begun: None }));
            return Err(error);
        }
    };
    if let Some(refused) = begun.into_result(&provider) {
        return refused;
    }
    let slot = Slots::of(&message).await;
    let result = inner.send(&message).await;
    drop(slot);
    let finish = Finish { token, result: result.clone(), begun: snapshot };
    let written = store.backend.run(finish.clone()).await;
    if written.is_err() {
        tokio::spawn(keep(store, finish));
    }
    result
}

/// Writes an outcome once the store can be written again. Until then the attempt counts as unconfirmed.
async fn keep(store: MessageStore, finish: Finish) {
    for wait in [1, 2, 5, 10, 30, 60, 120, 300, 600] {
        sleep(Duration::from_secs(wait)).await;
        if store.backend.run(finish.clone()).await.is_ok() {
            return;
        }
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<P: SmsProvider> SmsProvider for Recorded<P> {
    fn id(&self) -> ProviderId {
        self.inner.id()
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = self.inner.capabilities();
        capabilities.recorded_in = Some(self.store.backend.identity());
        capabilities
    }

    fn account(&self, message: &Message) -> Option<AccountKey> {
        self.inner.account(message)
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        storable(message).map_err(|error| error.with_provider(self.id()).by_layer())?;
        let token = AttemptToken::random();
        // Behind many accounts there is one provider for each.
        let (provider, account) = match self.inner.account(message) {
            Some(account) => (account.provider, Some(account.id)),
            None => (self.id(), None),
        };
        let begin = Begin {
            message: message.clone(),
            content: ContentFingerprint::of(message),
            provider,
            account,
            token,
            estimate: (self.price)(message),
        };
        let (inner, store) = (Arc::clone(&self.inner), self.store.clone());
        let task = tokio::spawn(submit(inner, store, begin, self.callback(token)?));
        // A provider that panics leaves the intent behind, and that is the truth.
        task.await.unwrap_or_else(|_| Err(Error::unknown(ErrorKind::Interrupted)))
    }

    async fn fetch(&self, id: &MessageId) -> Result<MessageRecord> {
        self.inner.fetch(id).await
    }

    async fn list(&self, query: &Query) -> Result<Page<MessageRecord>> {
        self.inner.list(query).await
    }

    async fn cancel(&self, id: &MessageId) -> Result<()> {
        self.inner.cancel(id).await
    }

    async fn check(&self) -> Result<AccountStatus> {
        self.inner.check().await
    }
}

impl<P: fmt::Debug> fmt::Debug for Recorded<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorded")
            .field("inner", &self.inner)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}
