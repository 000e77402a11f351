//! [`Timeout`]: bounds the caller's wait without aborting a send.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::{sync::oneshot, time::timeout};

use crate::{
    account_id::AccountKey,
    error::{Error, ErrorKind, Outcome, Result},
    message::{Message, MessageId, MessageRecord, Page, Query, Receipt},
    provider::{AccountStatus, Capabilities, SmsProvider},
    provider_id::ProviderId,
};

/// Layer that bounds the caller's wait and lets a started send finish.
///
/// **Neither the timeout nor dropping the future aborts a send.** Everything inside (retries, the store,
/// metrics) continues in its own task, and [`on_late`](Self::on_late) receives the result.
///
/// After the timeout, a send fails with [`Outcome::Unknown`], as it may still succeed. Place it outside all
/// other layers, with a longer limit than the layers inside: the built-in transport times out after 30
/// seconds, and [`Retry`](super::Retry) starts attempts for 60 seconds.
///
/// Answer a web request in time and record late results:
///
/// ```
/// use std::time::Duration;
///
/// use anysms::{SmsProvider, layers::LayerExt};
///
/// fn bounded(provider: impl SmsProvider) -> impl SmsProvider {
///     provider.timeout(Duration::from_secs(100)).on_late(|message, result| {
///         println!("{}: {}", message.key(), if result.is_ok() { "accepted" } else { "failed" });
///     })
/// }
/// ```
pub struct Timeout<P> {
    inner: Arc<P>,
    limit: Duration,
    late: Late,
}

type Late = Arc<dyn Fn(&Message, Result<Receipt>) + Send + Sync>;

impl<P: SmsProvider> Timeout<P> {
    /// Wraps a provider.
    pub fn new(inner: P, limit: Duration) -> Self {
        Self { inner: Arc::new(inner), limit, late: Arc::new(|_, _| ()) }
    }

    /// Sets a callback for sends that end after their caller stopped waiting. Called once per send, on the
    /// runtime, so it must not block.
    #[must_use]
    pub fn on_late(
        mut self,
        late: impl Fn(&Message, Result<Receipt>) + Send + Sync + 'static,
    ) -> Self {
        self.late = Arc::new(late);
        self
    }

    async fn read<T>(&self, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        timeout(self.limit, call).await.unwrap_or_else(|_| Err(self.elapsed(Outcome::NotSent)))
    }

    fn elapsed(&self, outcome: Outcome) -> Error {
        let error = Error::new(ErrorKind::Timeout, outcome).with_provider(self.id());
        error.with_detail("timed out waiting for the provider")
    }
}

/// Send that runs in its own task. Always reports a result, even if it panics or the runtime shuts down.
struct Running {
    message: Message,
    sender: Option<oneshot::Sender<Result<Receipt>>>, // `None` once it has ended
    late: Late,
}

impl Running {
    fn end(&mut self, result: Result<Receipt>) {
        let Some(sender) = self.sender.take() else { return };
        if let Err(result) = sender.send(result) {
            (self.late)(&self.message, result);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end(Err(Error::unknown(ErrorKind::Interrupted)));
    }
}

/// Waiting caller. A result that it does not receive goes to `late`.
struct Waiting {
    message: Message,
    result: oneshot::Receiver<Result<Receipt>>,
    late: Late,
}

impl Waiting {
    /// Closes the channel and returns a result that was not received.
    fn last(&mut self) -> Option<Result<Receipt>> {
        self.result.close();
        self.result.try_recv().ok()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(result) = self.last() {
            (self.late)(&self.message, result);
        }
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<P: SmsProvider> SmsProvider for Timeout<P> {
    fn id(&self) -> ProviderId {
        self.inner.id()
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn account(&self, message: &Message) -> Option<AccountKey> {
        self.inner.account(message)
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        let (sender, result) = oneshot::channel();
        let (message, late) = (message.clone(), Arc::clone(&self.late));
        let waiting = Waiting { message: message.clone(), result, late: Arc::clone(&late) };
        let (inner, mut running) =
            (Arc::clone(&self.inner), Running { message, sender: Some(sender), late });
        tokio::spawn(async move {
            let result = inner.send(&running.message).await;
            running.end(result);
        });
        self.wait(waiting).await
    }

    async fn fetch(&self, id: &MessageId) -> Result<MessageRecord> {
        self.read(self.inner.fetch(id)).await
    }

    async fn list(&self, query: &Query) -> Result<Page<MessageRecord>> {
        self.read(self.inner.list(query)).await
    }

    async fn cancel(&self, id: &MessageId) -> Result<()> {
        let cancel = timeout(self.limit, self.inner.cancel(id)).await;
        cancel.unwrap_or_else(|_| Err(self.elapsed(Outcome::Unknown)))
    }

    async fn check(&self) -> Result<AccountStatus> {
        self.read(self.inner.check()).await
    }
}

impl<P: SmsProvider> Timeout<P> {
    async fn wait(&self, mut waiting: Waiting) -> Result<Receipt> {
        match timeout(self.limit, &mut waiting.result).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(Error::unknown(ErrorKind::Interrupted)), // unreachable: `Running` always sends a result
            Err(_) => waiting.last().unwrap_or_else(|| Err(self.elapsed(Outcome::Unknown))),
        }
    }
}

impl<P: fmt::Debug> fmt::Debug for Timeout<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeout")
            .field("inner", &self.inner)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
