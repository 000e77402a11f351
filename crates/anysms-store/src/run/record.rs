//! [`Recorded`]: every attempt is in the log before the provider is asked.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::time::sleep;

use anysms::{error::{Error, ErrorKind, Result}, message::{Message, MessageId, MessageRecord, Money, Page, Query, Receipt, WebUrl}, provider::{AccountStatus, Capabilities, SmsProvider}, ProviderId};

use crate::{AttemptToken, MessageLog, ask, backend::Work, model::hash::ContentHash, protocol::{admission::{Begin, Begun}, transitions::Finish}};

/// Writes every attempt into a [`MessageLog`]: that it will be made, before the provider is asked, and what
/// came of it. Share one log among all providers.
///
/// A message whose key has an attempt that was accepted is not sent again: the send answers with the receipt
/// of that attempt ([`Receipt::earlier`]). One that may have been sent is refused as `Conflict` with an outcome
/// of `Unknown`, unless [`RetryPolicy::with_resend`](anysms::layers::RetryPolicy::with_resend) allows it. The
/// same key with another content is a `Conflict`. So is a message that waits in the log's queue.
///
/// A log that cannot be written refuses every message. What has begun runs to its end in a task of its own,
/// even if the caller stops waiting.
pub struct Recorded<P> {
    inner: Arc<P>,
    log: Arc<dyn MessageLog>,
    callback: Option<WebUrl>,
    price: PriceOf,
}

type PriceOf = Arc<dyn Fn(&Message) -> Option<Money> + Send + Sync>;

impl<P: SmsProvider> Recorded<P> {
    /// Around a provider.
    ///
    /// # Errors
    /// `Config` if a send of the provider may wait before it submits, as a retry or a rate limit does: each
    /// try is an attempt of its own. And if a guard is inside, which may send to another number.
    pub fn new(inner: P, log: Arc<dyn MessageLog>) -> Result<Self> {
        let capabilities = inner.capabilities();
        if capabilities.waits || capabilities.guards || capabilities.records {
            let error = Error::not_sent(ErrorKind::Config);
            return Err(error.with_detail("recorded: goes directly around each provider"));
        }
        Ok(Self { inner: Arc::new(inner), log, callback: None, price: Arc::new(|_| None) })
    }

    /// Has the provider report under this address, with the token of each attempt as one more segment of its
    /// path: `https://example.com/hooks/twilio/{token}`. Hand that to
    /// [`record_status`](MessageLog::record_status), and a report finds its attempt even if it comes before
    /// the answer of the send, or that answer never comes. In place of the message's own address.
    #[must_use]
    pub fn with_callback(mut self, base: WebUrl) -> Self {
        self.callback = Some(base);
        self
    }

    /// What a message is expected to cost, for [`usage`](MessageLog::usage).
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
        let (path, query) =
            base.split_once('?').map_or((base, None), |(path, query)| (path, Some(query)));
        let query = query.map_or(String::new(), |query| format!("?{query}"));
        let url = format!("{}/{token}{query}", path.trim_end_matches('/'));
        url.parse().map(Some).map_err(|_| refuse())
    }
}

/// One submission, from the intent to what came of it.
async fn submit<P: SmsProvider>(
    inner: Arc<P>,
    log: Arc<dyn MessageLog>,
    begin: Begin,
    callback: Option<WebUrl>,
) -> Result<Receipt> {
    let (token, provider) = (begin.token, begin.provider.clone());
    let mut message = begin.message.clone();
    if let Some(url) = callback {
        message = message.with_status_callback(url);
    }
    let begun: Begun = match ask(&*log, Work::Begin(Box::new(begin))).await {
        Ok(begun) => begun,
        Err(error) => {
            // The intent may be written down all the same, and nothing is sent. That says nothing of the message:
            // it may be sent once the log can be written.
            let detail = "log: the intent cannot be written down";
            let code = error.code().unwrap_or(error.kind().as_str()).to_owned();
            let error = Error::not_sent(ErrorKind::Unavailable).with_code(code);
            let error = error.with_provider(provider.clone()).with_detail(detail).by_layer();
            tokio::spawn(keep(log, Finish { token, result: Err(error.clone()) }));
            return Err(error);
        }
    };
    if let Some(refused) = begun.into_result(&provider) {
        return refused;
    }
    let result = inner.send(&message).await;
    let finish = Finish { token, result: result.clone() };
    let written: Result<()> = ask(&*log, Work::Finish(Box::new(finish.clone()))).await;
    if written.is_err() {
        tokio::spawn(keep(log, finish));
    }
    result
}

/// Writes an end down once the log can be written again. Until then the attempt counts as one of which nobody
/// knows.
async fn keep(log: Arc<dyn MessageLog>, finish: Finish) {
    for wait in [1, 2, 5, 10, 30, 60, 120, 300, 600] {
        sleep(Duration::from_secs(wait)).await;
        if ask::<_, ()>(&*log, Work::Finish(Box::new(finish.clone()))).await.is_ok() {
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
        capabilities.records = true;
        capabilities
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        let token = AttemptToken::random();
        let begin = Begin {
            message: message.clone(),
            content: ContentHash::of(message),
            provider: self.id(),
            token,
            estimate: (self.price)(message),
        };
        let (inner, log) = (Arc::clone(&self.inner), Arc::clone(&self.log));
        let task = tokio::spawn(submit(inner, log, begin, self.callback(token)?));
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
            .field("log", &self.log)
            .finish_non_exhaustive()
    }
}
