//! [`Reconciler`]: finds out what no answer and no webhook said.

use std::{collections::HashSet, fmt, sync::Arc, time::Duration};

use serde::Serialize;
use tokio::time::timeout;

use anysms::{
    AccountId, Accounts, PhoneNumber, ProviderId, TenantId,
    error::{Error, ErrorKind, Result},
    message::{Address, Direction, Message, MessageKey},
    provider::SmsProvider,
};

use crate::{
    AttemptOutcome, AttemptToken, MessageStore, SettledBy, Suppression,
    backend::{
        RawBackend,
        operation::{Checks, Settle, Suppress, UnprovedSuppressions},
    },
    model::case::Case,
    protocol::operations::{Check, Looked},
    run::lookup::fetch,
    trouble::trouble,
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
    pub(super) store: MessageStore,
    pub(super) providers: Vec<Asked>,
    pub(super) accounts: Option<Accounts>,
    given_up: Option<GivenUp>,
}

/// Provider that is asked, and its account.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) provider: Arc<dyn SmsProvider>,
    pub(super) account: Option<AccountId>,
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

/// Most attempts of one transaction.
const MOST: usize = 100;

/// Longest time that is spent on one attempt.
const LONGEST: Duration = Duration::from_secs(2 * 60);

/// Account that did not answer in this round, and is not asked again in it: one that hangs holds up no other.
type Silent = HashSet<(ProviderId, Option<AccountId>)>;

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

    /// Asks of every attempt that is due now. An account that cannot be reached, or says nothing for two minutes, is not
    /// asked again in this round.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be read or written. A provider that cannot be asked is counted.
    pub async fn run_once(&self) -> Result<Reconciled> {
        let (mut reconciled, mut silent) = (Reconciled::default(), Silent::new());
        loop {
            let (checks, more) = self.store.backend.run(Checks(self.provider_ids(), MOST)).await?;
            if checks.is_empty() && !more {
                self.confirm_suppressions(&mut silent).await?;
                return Ok(reconciled);
            }
            let mut found = Vec::with_capacity(checks.len());
            for check in &checks {
                let account = check.account();
                if silent.contains(&account) {
                    reconciled.failed += 1;
                    continue;
                }
                match within(self.look(check)).await {
                    Ok(looked) => {
                        let asked = !matches!(looked, Looked::NotAsked);
                        reconciled.asked += u64::from(asked);
                        reconciled.unasked += u64::from(!asked);
                        found.push((check.token, looked));
                    }
                    Err(error) => {
                        reconciled.asked += 1;
                        reconciled.failed += 1;
                        if error.blame().hits_the_next() {
                            silent.insert(account);
                        }
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

    /// Returns the providers that are asked.
    pub(super) fn provider_ids(&self) -> Vec<ProviderId> {
        let of_accounts = self.accounts.iter().flat_map(Accounts::providers);
        self.providers.iter().map(|one| one.provider.id()).chain(of_accounts).collect()
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

    /// Asks the providers about recipients who opted out in messages whose content was not proved.
    async fn confirm_suppressions(&self, silent: &mut Silent) -> Result<()> {
        for one in self.store.backend.run(UnprovedSuppressions(MOST)).await? {
            let Some(id) = &one.said_by else { continue };
            let Some(provider) = self.provider(id.provider(), one.account.as_ref()) else {
                continue;
            };
            let account = (id.provider().clone(), one.account.clone());
            if silent.contains(&account) {
                continue;
            }
            let record = match within(fetch(&*provider, id)).await {
                Ok(Some(record)) => record,
                Ok(None) => continue,
                Err(error) => {
                    if error.blame().hits_the_next() {
                        silent.insert(account);
                    }
                    continue;
                }
            };
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
}

/// Waits for a provider, and no longer than for so long.
pub(super) async fn within<T>(asking: impl Future<Output = Result<T>>) -> Result<T> {
    let late = |_| Err(Error::not_sent(ErrorKind::Timeout).without_message());
    timeout(LONGEST, asking).await.unwrap_or_else(late)
}

impl fmt::Debug for Reconciler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reconciler")
            .field("store", &self.store)
            .field("providers", &self.providers)
            .finish_non_exhaustive()
    }
}
