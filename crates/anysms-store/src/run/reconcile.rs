//! [`Reconciler`]: finds out what no answer and no webhook said.

use std::{fmt, sync::Arc, time::Duration};

use jiff::Timestamp;
use serde::Serialize;

use anysms::{
    AccountId, AccountKey, Accounts, PhoneNumber, ProviderId, TenantId,
    error::{ErrorKind, Result},
    message::{Address, Direction, Message, MessageId, MessageKey, MessageRecord, Query},
    provider::SmsProvider,
};

use crate::{
    AttemptOutcome, AttemptRecord, AttemptToken, Filter, MessageStore, SettledBy, Suppression,
    TextHash,
    backend::{
        RawBackend,
        operation::{Checks, Settle, Suppress, UnprovedSuppressions},
    },
    model::entry::Case,
    protocol::{
        operations::{Check, Looked},
        transitions::are_others,
    },
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
    providers: Vec<Asked>,
    accounts: Option<Accounts>,
    given_up: Option<GivenUp>,
}

/// Provider that is asked, and its account.
#[derive(Debug)]
struct Asked {
    provider: Arc<dyn SmsProvider>,
    account: Option<AccountId>,
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
    /// Number of attempts of providers and accounts that this reconciler does not have. They come again.
    pub unasked: u64,
}

/// Recipient of a message that is never sent, to learn a provider's account: Ofcom's number for drama.
const PROBE: &str = "+447700900000";

/// Most pages of a list that are looked through.
const MOST_PAGES: usize = 20;

/// Most attempts of one transaction.
const MOST: usize = 100;

/// Greatest difference between our clock and the provider's.
const SKEW: Duration = Duration::from_secs(5 * 60);

impl Reconciler {
    /// Returns a reconciler of a store that asks no provider yet.
    #[must_use]
    pub fn new(store: MessageStore) -> Self {
        Self { store, providers: Vec::new(), accounts: None, given_up: None }
    }

    /// Adds a provider that is asked of its messages. Give it plain: nothing is sent. Of several accounts of one provider
    /// each is asked of its own.
    ///
    /// Attempts of a provider that is not among these are left to other reconcilers of the store for an hour.
    #[must_use]
    pub fn with_provider(mut self, provider: impl SmsProvider) -> Self {
        // No message is sent: which account the provider is does not hang on it.
        let any = PROBE.parse::<PhoneNumber>().ok().map(|number| Message::new(number, ""));
        let account = any.and_then(|message| provider.account(&message)).map(|account| account.id);
        self.providers.push(Asked { provider: Arc::new(provider), account });
        self
    }

    /// Adds accounts, each of which is asked of its own messages; those that are put in later too.
    #[must_use]
    pub fn with_accounts(mut self, accounts: &Accounts) -> Self {
        self.accounts = Some(accounts.clone());
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
            let of_accounts = self.accounts.iter().flat_map(Accounts::providers);
            let ids =
                self.providers.iter().map(|one| one.provider.id()).chain(of_accounts).collect();
            let (checks, more) = self.store.backend.run(Checks(ids, MOST)).await?;
            if checks.is_empty() && !more {
                self.confirm_suppressions().await?;
                return Ok(reconciled);
            }
            let mut found = Vec::with_capacity(checks.len());
            for check in &checks {
                match self.look(check).await {
                    Ok(looked) => {
                        let asked = !matches!(looked, Looked::NotAsked);
                        reconciled.asked += u64::from(asked);
                        reconciled.unasked += u64::from(!asked);
                        found.push((check.token, looked));
                    }
                    Err(_) => {
                        reconciled.asked += 1;
                        reconciled.failed += 1;
                    }
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
        found: Vec<(AttemptToken, Looked)>,
        reconciled: &mut Reconciled,
    ) -> Result<()> {
        let cases = self.store.backend.run(Settle(found)).await?;
        for attempt in checks.iter().filter(|check| check.is_unknown()) {
            let case = cases.iter().find(|case| case.entry.id == attempt.case.entry.id);
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

    /// Returns the one provider that is an account's; `None` if there is none, or if several may be.
    fn provider(
        &self,
        id: &ProviderId,
        account: Option<&AccountId>,
    ) -> Option<Arc<dyn SmsProvider>> {
        if let (Some(accounts), Some(account)) = (&self.accounts, account)
            && let Some(one) = accounts.find(&AccountKey::new(id.clone(), account.clone()))
        {
            return Some(one);
        }
        let mut same = self.providers.iter().filter(|one| one.provider.id() == *id);
        match account {
            // One that does not tell its account is meant if it is the only one.
            Some(account) => {
                same.clone().find(|one| one.account.as_ref() == Some(account)).or_else(|| {
                    let only = same.next().filter(|one| one.account.is_none());
                    only.filter(|_| same.next().is_none())
                })
            }
            None => same.next().filter(|_| same.next().is_none()),
        }
        .map(|one| Arc::clone(&one.provider))
    }

    /// Asks the provider of an attempt.
    async fn look(&self, check: &Check) -> Result<Looked> {
        let attempt = &check.case.attempts[check.place];
        let Some(provider) = self.provider(&attempt.provider, attempt.account.as_ref()) else {
            return Ok(Looked::NotAsked);
        };
        if let Some(id) = &attempt.id {
            return Ok(fetch(&*provider, id).await?.map_or(Looked::Nothing, found));
        }
        // An event that proves only its address named an id: the provider knows whether it is this message's.
        if let Some(id) = &attempt.hinted
            && let Some(record) = fetch(&*provider, id).await?
            && check.may_be(&record, None)
            && !self.store.knows(&record.id).await?
        {
            return Ok(found(record));
        }
        if attempt.outcome == Some(AttemptOutcome::Unknown) {
            self.search(&*provider, check).await
        } else {
            Ok(Looked::Nothing)
        }
    }

    async fn search(&self, provider: &dyn SmsProvider, check: &Check) -> Result<Looked> {
        let (entry, attempt) = (&check.case.entry, &check.case.attempts[check.place]);
        if !provider.capabilities().list {
            return Ok(Looked::Nothing);
        }
        let whole = self.store.history(entry.tenant.as_ref(), &entry.key).await?;
        let hash = whole.and_then(|whole| whole.entry.text_hash);
        let (Some(to), Some(hash)) = (entry.remote.number(), hash) else {
            return Ok(Looked::Nothing);
        };
        let from = attempt.begun_at.checked_sub(SKEW).unwrap_or(Timestamp::MIN);
        let until = attempt.begun_at.checked_add(SKEW).unwrap_or(Timestamp::MAX);
        let then =
            |record: &MessageRecord| record.created_at.is_none_or(|at| at >= from && at <= until);
        // Not by time: vendors filter by when a message was sent, and it may not be sent yet.
        let (mut query, mut found_one) = (Query::new().with_to(to), None);
        for _ in 0..MOST_PAGES {
            let page = provider.list(&query).await?;
            let over = page.items.iter().filter_map(|record| record.created_at).all(|at| at < from)
                && page.items.iter().any(|record| record.created_at.is_some());
            let same = |record: &MessageRecord| then(record) && check.may_be(record, Some(hash));
            for record in page.items.into_iter().filter(same) {
                if self.store.knows(&record.id).await? {
                    continue; // another attempt's
                }
                if found_one.replace(record).is_some() {
                    return Ok(Looked::Nothing); // which of them?
                }
            }
            let next = page.next.filter(|_| !over);
            let Some(cursor) = next else {
                let rival = found_one.is_some() && self.has_rival(check, hash).await?;
                return Ok(found_one.filter(|_| !rival).map_or(Looked::Nothing, found));
            };
            query = query.with_cursor(cursor);
        }
        Ok(Looked::NotAsked) // not all of them were seen
    }

    /// Asks the providers about recipients who opted out in messages whose content was not proved.
    async fn confirm_suppressions(&self) -> Result<()> {
        for one in self.store.backend.run(UnprovedSuppressions(MOST)).await? {
            let Some(id) = &one.said_by else { continue };
            let Some(provider) = self.provider(id.provider(), one.account.as_ref()) else {
                continue;
            };
            let Ok(Some(record)) = fetch(&*provider, id).await else { continue };
            let number = |address: &Option<Address>| {
                address.as_ref().and_then(Address::number).map(PhoneNumber::canonical)
            };
            let told = one.told.as_ref().and_then(Address::number).map(PhoneNumber::canonical);
            let proved = record.direction == Some(Direction::Inbound)
                && number(&record.from) == Some(one.number)
                && (told.is_none() || number(&record.to) == told);
            if proved {
                self.store.backend.run(Suppress(Suppression { until: None, ..one })).await?;
            }
        }
        Ok(())
    }

    /// Returns whether the record that was found may be that of another unconfirmed attempt.
    async fn has_rival(&self, check: &Check, hash: TextHash) -> Result<bool> {
        let this = &check.case.attempts[check.place];
        let rivals = |attempt: &AttemptRecord| {
            let apart = attempt.begun_at.duration_since(this.begun_at).unsigned_abs();
            let sent = attempt.outcome != Some(AttemptOutcome::NotSent);
            attempt.token != this.token
                && attempt.provider == this.provider
                && (attempt.account.is_none()
                    || this.account.is_none()
                    || attempt.account == this.account)
                && sent
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

/// Reads the provider's record of a message; `None` if it keeps no records, or not this one any more.
async fn fetch(provider: &dyn SmsProvider, id: &MessageId) -> Result<Option<MessageRecord>> {
    match provider.fetch(id).await {
        Ok(record) => Ok(Some(record)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unsupported) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn found(record: MessageRecord) -> Looked {
    Looked::Found(Box::new(record))
}

impl Check {
    /// Returns whether a record may be of this attempt: an outbound message to its recipient, from its sender, with its
    /// text where both are known.
    fn may_be(&self, record: &MessageRecord, text: Option<TextHash>) -> bool {
        let entry = &self.case.entry;
        let sender = entry.sender.as_ref().filter(|sender| sender.pool().is_none());
        let sender = sender.map(Address::from);
        let differ = |ours: Option<&Address>, theirs: &Option<Address>| {
            ours.zip(theirs.as_ref()).is_some_and(|(ours, theirs)| are_others(ours, theirs))
        };
        let of = |wanted| record.text.as_ref().is_some_and(|text| TextHash::of(text) == wanted);
        record.direction != Some(Direction::Inbound)
            && !differ(Some(&entry.remote), &record.to)
            && !differ(sender.as_ref(), &record.from)
            && text.is_none_or(of)
    }

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
