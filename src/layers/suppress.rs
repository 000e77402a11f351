//! [`Suppress`]: whoever opted out is sent nothing, by whatever provider.

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

/// Refuses whoever opted out, just before a message would be submitted, and learns from a provider that
/// refuses one ([`ErrorKind::OptedOut`]: Twilio's 21610).
///
/// Share one [`SuppressionList`] among all providers, and let it [`learn`](SuppressionList::learn) from every webhook. It
/// goes directly around each provider, so that nothing waits between the look at the list and the
/// submission; [`new`](Self::new) refuses to stand around what waits.
#[derive(Debug)]
pub struct Suppress<P> {
    inner: P,
    list: Arc<dyn SuppressionList>,
}

impl<P: SmsProvider> Suppress<P> {
    /// Around a provider.
    ///
    /// # Errors
    /// `Config` if a send of the provider may wait before it submits, as a retry or a rate limit does: an
    /// opt-out would come too late. And if a guard is inside, which may send to another number.
    pub fn new(inner: P, list: Arc<dyn SuppressionList>) -> Result<Self> {
        if inner.capabilities().waits {
            return Err(misplaced("suppress: goes inside of what waits (rate limit, retry)"));
        }
        if inner.capabilities().guards {
            return Err(misplaced("suppress: goes inside of the guard"));
        }
        Ok(Self { inner, list })
    }
}

/// Writes an opt-out down. The next message may go to another provider, which knows nothing of it: so it is
/// written by a task of its own, which the caller cannot drop, and again where the list cannot be written.
async fn keep(list: Arc<dyn SuppressionList>, number: PhoneNumber) {
    let written = tokio::spawn(async move {
        for wait in [0, 1, 5, 30, 60, 300] {
            sleep(Duration::from_secs(wait)).await;
            if list.insert(number, SuppressionSource::Provider).await.is_ok() {
                return;
            }
        }
    });
    let _ = timeout(LONGEST_WAIT, written).await; // the task goes on
}

/// How long a refusal waits until its opt-out is written down.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

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
            let error =
                Error::unsupported(self.id(), "destination: has no number to look up").by_layer();
            return Err(error);
        };
        let found = self.list.find(number).await;
        // Whatever a list says of its own trouble, nothing was sent.
        if found.map_err(|error| error.with_outcome(Outcome::NotSent).by_layer())?.is_some() {
            let error = Error::not_sent(ErrorKind::OptedOut).with_provider(self.id());
            return Err(error.with_detail("to: is on the list of opt-outs").by_layer());
        }
        let sent = self.inner.send(message).await;
        if sent.as_ref().is_err_and(|error| error.kind() == ErrorKind::OptedOut) {
            keep(Arc::clone(&self.list), number).await;
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
