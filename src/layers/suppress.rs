//! [`Suppress`]: refuses messages to recipients who opted out.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::time::timeout;

use crate::{
    account_id::AccountKey,
    error::{Error, ErrorKind, Outcome, Result},
    layers::{misplaced, unsaved::Unsaved},
    message::{Message, MessageId, MessageRecord, Page, Query, Receipt},
    provider::{AccountStatus, Capabilities, SmsProvider},
    provider_id::ProviderId,
    suppression::{OptOutDetails, SuppressionList},
};

/// Layer that refuses messages to recipients on a suppression list, right before they are submitted. Adds
/// recipients that the provider refuses as opted out ([`ErrorKind::OptedOut`]: Twilio's 21610).
///
/// An opt-out holds for every form of the number, on every channel and from every sender. A refusal by the
/// provider is never forgotten: the recipient is refused from then on by all layers with the same list (clones
/// of one [`Arc`]), and the list is told until it can be written, for a day and again with the next message to
/// that recipient. The send returns once the list knows, or after a second. If the program ends before, the
/// provider refuses the next message again.
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
    unsaved: Arc<Unsaved>,
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
        let unsaved = Unsaved::of(&list);
        Ok(Self { inner, list, unsaved })
    }

    fn opted_out(&self) -> Error {
        let error = Error::not_sent(ErrorKind::OptedOut).with_provider(self.id());
        error.with_detail("destination: is on the suppression list").by_layer()
    }
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
        if self.unsaved.has(number) {
            self.unsaved.save(&self.list, number, None);
            return Err(self.opted_out());
        }
        // A list may have it as somebody wrote it.
        let forms = [number.canonical(), number];
        for form in &forms[..if forms[0] == number { 1 } else { 2 }] {
            let found = self.list.find(*form).await;
            // The list is read before the submission, so its errors are not sent.
            if found.map_err(|error| error.with_outcome(Outcome::NotSent).by_layer())?.is_some() {
                return Err(self.opted_out());
            }
        }
        let sent = self.inner.send(message).await;
        let refused = |error: &Error| error.kind() == ErrorKind::OptedOut && !error.is_by_layer();
        if sent.as_ref().is_err_and(refused) {
            let details = message.sender().map(OptOutDetails::from).unwrap_or_default();
            if let Some(saved) = self.unsaved.save(&self.list, number, Some(details)) {
                let _ = timeout(MAX_WAIT, saved).await; // the task continues
            }
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
