//! [`Reconciler`]: finds out what no answer and no webhook said.

use std::{fmt, sync::Arc, time::Duration};

use jiff::Timestamp;
use serde::Serialize;

use anysms::{
    TenantId,
    error::{ErrorKind, Result},
    message::{Direction, MessageKey, MessageRecord, Query},
    provider::SmsProvider,
};

use crate::{
    AttemptOutcome, AttemptRecord, AttemptToken, Filter, MessageStore, SettledBy, TextHash,
    backend::{
        RawBackend,
        operation::{Checks, Settle},
    },
    model::entry::Case,
    protocol::operations::Check,
    run::trouble,
};

/// Asks providers what became of unconfirmed attempts (30 seconds, 2, 10 and 60 minutes after they began), and of
/// those whose end or price no webhook brought (10 minutes, an hour, one and three days).
///
/// An attempt without an id is looked for in the provider's list: the one message to the same number, with the same
/// text, made about then, which no other attempt has or may have. Where there are several messages or several
/// attempts, or the store keeps no hash of texts, nothing is concluded. **What is not found is not proved**: after
/// the last look it stays unconfirmed ([`SettledBy::GivenUp`]) and is never sent again by itself;
/// [`MessageStore::settle`] resolves it by hand.
///
/// ```
/// use anysms_store::{MessageStore, Reconciler};
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
/// # async fn main() -> anysms::Result<()> {
/// let reconciler = Reconciler::new(MessageStore::memory()).with_provider(Acme);
/// let done = reconciler.run_once().await?;
/// assert_eq!((done.asked, done.settled), (0, 0));
/// # Ok(())
/// # }
/// ```
pub struct Reconciler {
    store: MessageStore,
    providers: Vec<Arc<dyn SmsProvider>>,
    given_up: Option<GivenUp>,
}

type GivenUp = Box<dyn Fn(Option<&TenantId>, &MessageKey) + Send + Sync>;

/// Numbers of one round of the reconciler.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Reconciled {
    /// Number of attempts about which a provider was asked.
    pub asked: u64,
    /// Number of unconfirmed attempts that are confirmed now.
    pub settled: u64,
    /// Number of attempts that were given up: unconfirmed, and not asked about again.
    pub given_up: u64,
    /// Number of attempts about which the provider could not be asked. They come again.
    pub failed: u64,
}

/// Most attempts of one transaction.
const MOST: usize = 100;

/// Greatest difference between our clock and the provider's.
const SKEW: Duration = Duration::from_secs(5 * 60);

impl Reconciler {
    /// Returns a reconciler of a store that asks no provider yet.
    #[must_use]
    pub fn new(store: MessageStore) -> Self {
        Self { store, providers: Vec::new(), given_up: None }
    }

    /// Adds a provider that is asked of its messages. Give it plain: nothing is sent.
    ///
    /// Attempts of a provider that is not among these are left to other reconcilers of the store for an hour.
    #[must_use]
    pub fn with_provider(mut self, provider: impl SmsProvider) -> Self {
        self.providers.push(Arc::new(provider));
        self
    }

    /// Sets a function that is called with the tenant and key of each message with an attempt that was given
    /// up: it may have been sent, and somebody has to decide.
    #[must_use]
    pub fn on_given_up(
        mut self,
        hear: impl Fn(Option<&TenantId>, &MessageKey) + Send + Sync + 'static,
    ) -> Self {
        self.given_up = Some(Box::new(hear));
        self
    }

    /// Asks of every attempt that is due now.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be read or written. A provider that cannot be asked is counted.
    pub async fn run_once(&self) -> Result<Reconciled> {
        let mut reconciled = Reconciled::default();
        loop {
            let ids = self.providers.iter().map(|provider| provider.id()).collect();
            let (checks, more) = self.store.backend.run(Checks(ids, MOST)).await?;
            if checks.is_empty() && !more {
                return Ok(reconciled);
            }
            let mut found = Vec::with_capacity(checks.len());
            for check in &checks {
                reconciled.asked += 1;
                match self.look(check).await {
                    Ok(record) => found.push((check.token, record)),
                    Err(_) => reconciled.failed += 1,
                }
            }
            self.settle(&checks, found, &mut reconciled).await?;
        }
    }

    /// Asks every 5 seconds until `stop` ends. A store that cannot be reached is waited for, with a warning of `tracing`
    /// each time, where that feature is on.
    pub async fn run_until(self, stop: impl Future<Output = ()> + Send) {
        let rounds = async {
            loop {
                if let Err(error) = self.run_once().await {
                    trouble("reconciler", &error); // the next round comes
                }
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
        };
        tokio::select! {
            biased;
            () = stop => {}
            () = rounds => {}
        }
    }

    async fn settle(
        &self,
        checks: &[Check],
        found: Vec<(AttemptToken, Option<MessageRecord>)>,
        reconciled: &mut Reconciled,
    ) -> Result<()> {
        let cases = self.store.backend.run(Settle(found)).await?;
        for attempt in checks.iter().filter(|check| check.is_unknown()) {
            let case = cases.iter().find(|case| case.name() == attempt.case.name());
            let token =
                |case: &Case| case.attempts.iter().find(|a| a.token == attempt.token).cloned();
            let Some((case, now)) = case.and_then(|case| Some((case, token(case)?))) else {
                continue;
            };
            reconciled.settled += u64::from(now.outcome == Some(AttemptOutcome::Accepted));
            if now.settled_by == Some(SettledBy::GivenUp) {
                reconciled.given_up += 1;
                if let Some(hear) = &self.given_up {
                    hear(case.entry.tenant.as_ref(), &case.entry.key);
                }
            }
        }
        Ok(())
    }

    /// Returns the provider's record of an attempt; `None` if it has none that is surely of this one.
    async fn look(&self, check: &Check) -> Result<Option<MessageRecord>> {
        let attempt = &check.case.attempts[check.place];
        let Some(provider) = self.providers.iter().find(|one| one.id() == attempt.provider) else {
            return Ok(None);
        };
        let Some(id) = &attempt.id else { return self.search(&**provider, check).await };
        match provider.fetch(id).await {
            Ok(record) => Ok(Some(record)),
            // It keeps no records, or not this one any more.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unsupported) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn search(
        &self,
        provider: &dyn SmsProvider,
        check: &Check,
    ) -> Result<Option<MessageRecord>> {
        let (entry, attempt) = (&check.case.entry, &check.case.attempts[check.place]);
        if !provider.capabilities().list {
            return Ok(None);
        }
        let whole = self.store.history(entry.tenant.as_ref(), &entry.key).await?;
        let hash = whole.and_then(|whole| whole.entry.text_hash);
        let (Some(to), Some(hash)) = (entry.remote.number(), hash) else { return Ok(None) };
        let from = attempt.begun_at.checked_sub(SKEW).unwrap_or(Timestamp::MIN);
        let until = attempt.begun_at.checked_add(SKEW).unwrap_or(Timestamp::MAX);
        let query = Query::new().with_to(to).with_since(from).with_until(until);
        let same = |record: &MessageRecord| {
            record.direction != Some(Direction::Inbound)
                && record.to.as_ref().is_none_or(|known| known.number() == Some(to))
                && record.text.as_ref().is_some_and(|text| TextHash::of(text) == hash)
                && record.created_at.is_none_or(|at| at >= from && at <= until)
        };
        let (mut query, mut found) = (query, None);
        loop {
            let page = provider.list(&query).await?;
            for record in page.items.into_iter().filter(same) {
                if self.store.knows(&record.id).await? {
                    continue; // another attempt's
                }
                if found.replace(record).is_some() {
                    return Ok(None); // which of them?
                }
            }
            match page.next {
                Some(cursor) => query = query.with_cursor(cursor),
                None => break,
            }
        }
        match found {
            Some(found) if !self.has_rival(check, hash).await? => Ok(Some(found)),
            _ => Ok(None),
        }
    }

    /// Returns whether the record that was found may be that of another unconfirmed attempt.
    async fn has_rival(&self, check: &Check, hash: TextHash) -> Result<bool> {
        let this = &check.case.attempts[check.place];
        let rivals = |attempt: &AttemptRecord| {
            let apart = attempt.begun_at.duration_since(this.begun_at).unsigned_abs();
            let open = matches!(attempt.outcome, None | Some(AttemptOutcome::Unknown));
            attempt.token != this.token
                && attempt.provider == this.provider
                && (attempt.account.is_none()
                    || this.account.is_none()
                    || attempt.account == this.account)
                && open
                && attempt.id.is_none()
                && apart <= 2 * SKEW
        };
        let to = Filter::new().with_remote(check.case.entry.remote.clone());
        let page = self.store.entries(&to, 1_000, None).await?;
        for entry in page.items.iter().filter(|e| e.text_hash == Some(hash)) {
            let history = self.store.history(entry.tenant.as_ref(), &entry.key).await?;
            if history.is_some_and(|history| history.attempts.iter().any(rivals)) {
                return Ok(true);
            }
        }
        Ok(page.next.is_some()) // more than anybody looks through
    }
}

impl Check {
    fn is_unknown(&self) -> bool {
        self.case.attempts[self.place].outcome == Some(AttemptOutcome::Unknown)
    }
}

impl fmt::Debug for Reconciler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reconciler")
            .field("store", &self.store)
            .field("providers", &self.providers)
            .finish_non_exhaustive()
    }
}
