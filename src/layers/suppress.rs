//! [`Suppress`]: refuses messages to recipients who opted out.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::time::{sleep, timeout};

use crate::{
    account_id::AccountKey,
    error::{Error, ErrorKind, Outcome, Result},
    layers::misplaced,
    message::{Message, MessageId, MessageRecord, Page, Query, Receipt},
    number::PhoneNumber,
    provider::{AccountStatus, Capabilities, SmsProvider},
    provider_id::ProviderId,
    suppression::{SuppressionList, SuppressionSource},
};

/// Layer that refuses messages to recipients on a suppression list, right before they are submitted. Adds
/// recipients that the provider refuses as opted out ([`ErrorKind::OptedOut`]: Twilio's 21610).
///
/// Share one [`SuppressionList`] among all providers, and pass every webhook event to its
/// [`learn`](SuppressionList::learn). Place the layer directly around each provider, so that nothing waits
/// between the check and the submission; [`new`](Self::new) refuses providers that wait.
///
/// Refuse recipients of a list in memory:
///
/// ```
/// use std::sync::Arc;
///
/// use anysms::{Result, SmsProvider, layers::Suppress, suppression::MemorySuppressionList};
///
/// fn stack<P: SmsProvider>(provider: P) -> Result<Suppress<P>> {
///     Suppress::new(provider, Arc::new(MemorySuppressionList::new()))
/// }
/// ```
#[derive(Debug)]
pub struct Suppress<P> {
    inner: P,
    list: Arc<dyn SuppressionList>,
}

impl<P: SmsProvider> Suppress<P> {
    /// Wraps a provider.
    ///
    /// # Errors
    /// `Config` if the provider may wait before it submits, as with a retry or a rate limit, because an
    /// opt-out during the wait would be missed; or if a guard is inside, because it may redirect to another
    /// number.
    pub fn new(inner: P, list: Arc<dyn SuppressionList>) -> Result<Self> {
        if inner.capabilities().waits {
            return Err(misplaced(
                "suppress: is around a layer that waits; put it inside rate limit and retry",
            ));
        }
        if inner.capabilities().guards {
            return Err(misplaced("suppress: is around a guard; put it inside"));
        }
        Ok(Self { inner, list })
    }
}

/// Adds an opt-out that the provider reported to the list. Other providers do not know of it, so a task
/// that the caller cannot cancel adds it, and retries while the list cannot be written.
async fn remember(list: Arc<dyn SuppressionList>, number: PhoneNumber) {
    let written = tokio::spawn(async move {
        for wait in [0, 1, 5, 30, 60, 300] {
            sleep(Duration::from_secs(wait)).await;
            if list.insert(number, SuppressionSource::Provider).await.is_ok() {
                return;
            }
        }
    });
    let _ = timeout(MAX_WAIT, written).await; // the task continues
}

/// Maximum time for which a refusal waits until the opt-out is stored.
const MAX_WAIT: Duration = Duration::from_secs(1);

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<P: SmsProvider> SmsProvider for Suppress<P> {
    fn id(&self) -> ProviderId {
        self.inner.id()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { suppresses: true, ..self.inner.capabilities() }
    }

    fn account(&self, message: &Message) -> Option<AccountKey> {
        self.inner.account(message)
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        let Some(number) = message.destination().number() else {
            let error = Error::unsupported(
                self.id(),
                "destination: has no phone number to look up in the suppression list",
            )
            .by_layer();
            return Err(error);
        };
        let found = self.list.find(number).await;
        // The list is read before the submission, so its errors are not sent.
        if found.map_err(|error| error.with_outcome(Outcome::NotSent).by_layer())?.is_some() {
            let error = Error::not_sent(ErrorKind::OptedOut).with_provider(self.id());
            return Err(error.with_detail("destination: is on the suppression list").by_layer());
        }
        let sent = self.inner.send(message).await;
        if sent.as_ref().is_err_and(|error| error.kind() == ErrorKind::OptedOut) {
            remember(Arc::clone(&self.list), number).await;
        }
        sent
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
