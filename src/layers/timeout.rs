//! [`Timeout`]: how long the caller waits, and who hears of what ends later.

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

/// Bounds how long the caller waits, and lets a submission that has begun run to its end: **a caller that
/// stops waiting, by the limit or by dropping the future, breaks nothing off.** Everything inside (retries,
/// the log, metrics) goes on in a task of its own, and [`on_late`](Self::on_late) hears how it ended.
///
/// After the limit a send is an error of [`Outcome::Unknown`], as it may still succeed. Put it outside of
/// everything else, and the limit above what is inside: the built-in transport ends by itself after 30
/// seconds, and a `Retry` begins tries for 60.
pub struct Timeout<P> {
    inner: Arc<P>,
    limit: Duration,
    late: Late,
}

type Late = Arc<dyn Fn(&Message, Result<Receipt>) + Send + Sync>;

impl<P: SmsProvider> Timeout<P> {
    /// Around a provider.
    pub fn new(inner: P, limit: Duration) -> Self {
        Self { inner: Arc::new(inner), limit, late: Arc::new(|_, _| ()) }
    }

    /// Hears of every submission that ends when nobody waits for it any more. Called once for each, on the
    /// runtime: it must not block.
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
        error.with_detail("the caller's limit is over")
    }
}

/// A submission that goes on. It always ends, even if it panics or the runtime goes.
struct Running {
    message: Message,
    sender: Option<oneshot::Sender<Result<Receipt>>>, // none once it has ended
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

/// A caller that waits. Whatever it did not take, `late` hears.
struct Waiting {
    message: Message,
    result: oneshot::Receiver<Result<Receipt>>,
    late: Late,
}

impl Waiting {
    /// What came although nobody took it; nothing comes after this.
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
            Ok(Err(_)) => Err(Error::unknown(ErrorKind::Interrupted)), // a sender always says something
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
