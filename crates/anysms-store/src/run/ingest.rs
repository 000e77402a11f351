//! [`Ingest`]: the last mile of a webhook.

use std::{fmt, sync::Arc, time::Duration};

use anysms::{
    TenantId,
    error::{ErrorKind, Result},
    text::{Keyword, Keywords},
    webhook::{Authenticity, Event, InboundMessage, StatusUpdate},
};

use crate::{
    Applied, AttemptToken, EntryId, MessageStore, Suppression, SuppressionScope,
    backend::{
        RawBackend,
        operation::{Suppress, Unsuppress},
    },
    model::{policy::indexable, suppression::SuppressionSource},
};

/// Takes verified events into a store: statuses, inbound messages, and the opt-outs and opt-ins in them.
///
/// [`MessageStore::ingest`] is the same with the standard keywords and without tenants.
///
/// ```
/// use anysms_store::{Ingest, MessageStore};
///
/// let clinic = "clinic".parse::<anysms::TenantId>()?;
/// let ingest = Ingest::new(MessageStore::memory())
///     .with_tenants(move |message| (message.to.to_string() == "+15555550100").then(|| clinic.clone()));
/// # drop(ingest);
/// # Ok::<(), anysms::message::TenantIdError>(())
/// ```
#[derive(Clone)]
pub struct Ingest {
    store: MessageStore,
    keywords: Arc<Keywords>,
    tenant_of: TenantOf,
}

/// Time after which a STOP ends whose content is not proved, unless the provider confirms it.
const UNPROVED: Duration = Duration::from_secs(60 * 60);

type TenantOf = Arc<dyn Fn(&InboundMessage) -> Option<TenantId> + Send + Sync>;

/// Effect of an event on the store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ingested {
    /// A status, and what it changed.
    Status(Applied),
    /// An inbound message.
    Inbound(IngestedInbound),
    /// An event of another kind, which is not kept.
    Ignored,
}

/// Effect of an inbound message on the store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IngestedInbound {
    /// Id of the new entry; `None` if the message was written before: it is a duplicate, and needs no reply.
    pub entry: Option<EntryId>,
    /// Tenant to whom it came.
    pub tenant: Option<TenantId>,
    /// Keyword that the message is, such as STOP.
    pub keyword: Option<Keyword>,
}

impl MessageStore {
    /// Takes a verified event into the store: a status is applied to its message, an inbound message is written down
    /// once, and STOP and START change the suppressions.
    ///
    /// The token is the last segment of the callback's path, where [`Recorded`](crate::Recorded) put one there.
    /// [`Ingest`] has other keywords and tenants.
    ///
    /// ```
    /// use anysms::{MessageId, MessageStatus, ProviderId};
    /// use anysms::webhook::{Authenticity, Event, StatusUpdate};
    /// use anysms_store::{Ingested, MessageStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = MessageStore::memory();
    /// let id = MessageId::new(ProviderId::from_static("acme"), "A1")?;
    /// let update = StatusUpdate::new(id, MessageStatus::Sent, None, Authenticity::Full);
    /// let done = store.ingest(&Event::Status(update), None).await?;
    /// assert!(matches!(done, Ingested::Status(applied) if !applied.duplicate));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be written. Answer the webhook with 503, so that the provider calls again.
    pub async fn ingest(&self, event: &Event, token: Option<AttemptToken>) -> Result<Ingested> {
        Ingest::new(self.clone()).event(event, token).await
    }
}

impl Ingest {
    /// Returns an intake of a store with the standard keywords and without tenants.
    #[must_use]
    pub fn new(store: MessageStore) -> Self {
        Self { store, keywords: Arc::new(Keywords::default()), tenant_of: Arc::new(|_| None) }
    }

    /// Sets the keywords that count as STOP, START and HELP.
    #[must_use]
    pub fn with_keywords(mut self, keywords: Keywords) -> Self {
        self.keywords = Arc::new(keywords);
        self
    }

    /// Sets the function that says to which tenant an inbound message came. A STOP to a tenant suppresses that
    /// tenant's messages alone; a STOP to none suppresses all.
    #[must_use]
    pub fn with_tenants(
        mut self,
        tenant_of: impl Fn(&InboundMessage) -> Option<TenantId> + Send + Sync + 'static,
    ) -> Self {
        self.tenant_of = Arc::new(tenant_of);
        self
    }

    /// Takes a verified event into the store.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be written. Answer the webhook with 503, so that the provider calls again.
    pub async fn event(&self, event: &Event, token: Option<AttemptToken>) -> Result<Ingested> {
        match event {
            Event::Status(update) => self.status(update, token).await.map(Ingested::Status),
            Event::Inbound(message) => self.inbound(message).await.map(Ingested::Inbound),
            _ => Ok(Ingested::Ignored),
        }
    }

    async fn status(&self, update: &StatusUpdate, token: Option<AttemptToken>) -> Result<Applied> {
        let applied = self.store.record_status(update, token).await?;
        let opted_out = update.failure.as_ref().is_some_and(|one| one.kind == ErrorKind::OptedOut);
        let proved = update.authenticity == Authenticity::Full && !applied.foreign;
        let to = update.to.as_ref().and_then(|to| to.number());
        // Of a message that the store knows it was kept together with the status.
        if let Some(to) = to.filter(|_| opted_out && proved && applied.message.is_none()) {
            self.store.suppress(to, scope(None), SuppressionSource::Provider).await?;
        }
        Ok(applied)
    }

    async fn inbound(&self, message: &InboundMessage) -> Result<IngestedInbound> {
        let tenant = (self.tenant_of)(message);
        let keyword = message.intent(&self.keywords);
        let from = message.from.number();
        // Before the message: what is written once is not learned again.
        if let (Some(from), Some(Keyword::OptOut)) = (from, keyword) {
            let now = self.store.backend.clock().now();
            let source = SuppressionSource::Keyword;
            let mut one = Suppression::new(from, scope(tenant.clone()), source, now);
            one.told = Some(indexable(&message.to));
            if message.authenticity != Authenticity::Full {
                one.until = now.checked_add(UNPROVED).ok();
                one.said_by = Some(message.message.clone());
                one.account.clone_from(&message.account);
            }
            self.store.backend.run(Suppress(one)).await?;
        }
        let entry = self.store.record_inbound(message, tenant.as_ref()).await?;
        // A START that comes again may be older than a STOP; and one that could be forged is none.
        let counts = entry.is_some() && message.authenticity == Authenticity::Full;
        if let (Some(from), Some(Keyword::OptIn), true) = (from, keyword, counts) {
            let (scope, source) = (scope(tenant.clone()), SuppressionSource::Provider);
            let start = Unsuppress(from, scope, source, Some(indexable(&message.to)));
            self.store.backend.run(start).await?;
        }
        Ok(IngestedInbound { entry, tenant, keyword })
    }
}

fn scope(tenant: Option<TenantId>) -> SuppressionScope {
    let all = SuppressionScope::all();
    match tenant {
        Some(tenant) => all.with_tenant(tenant),
        None => all,
    }
}

impl fmt::Debug for Ingest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ingest").field("store", &self.store).finish_non_exhaustive()
    }
}
