//! [`CostReconciler`]: asks providers for prices that came with no webhook.

use std::{collections::HashSet, fmt, time::Duration};

use serde::Serialize;

use anysms::{AccountId, Accounts, ProviderId, error::Result, provider::SmsProvider};

use crate::{
    MessageStore, Reconciler,
    backend::{
        RawBackend,
        operation::{CostChecks, SettleCosts},
    },
    protocol::{
        costs::{CostFound, CostSettled},
        operations::Check,
    },
    run::{lookup::fetch, reconcile::within},
    trouble::trouble,
};

/// Most attempts of one transaction.
const MOST: usize = 100;

/// Pause between two rounds.
const PAUSE: Duration = Duration::from_secs(60);

/// Asks providers for the prices of attempts that ended without one: an hour, 6, 24 and 72 hours after they began. What
/// has none then is [unpriced](crate::AttemptRecord::is_unpriced).
///
/// Writes prices and segments, never a status, and sends nothing. Attempts of providers that it does not have are left to
/// others. A [`Reconciler`] asks for missing prices too, on its way to the end of a message; this is for a program that
/// bills by them, and finds those that end late.
///
/// ```
/// use anysms_store::{CostReconciler, MessageStore};
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
/// let costs = CostReconciler::new(MessageStore::memory()).with_provider(Acme);
/// assert_eq!(costs.run_once().await?.asked, 0);
/// # Ok(())
/// # }
/// ```
pub struct CostReconciler {
    providers: Reconciler,
}

/// Numbers of one round of a [`CostReconciler`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CostsReconciled {
    /// Number of attempts for whose price a provider was asked.
    pub asked: u64,
    /// Number of attempts that have a price now.
    pub priced: u64,
    /// Number of attempts that are unpriced now: not asked about again.
    pub unpriced: u64,
    /// Number of attempts about which the provider could not be asked. They come again.
    pub failed: u64,
    /// Number of attempts of accounts that this reconciler does not have. They come again.
    pub unasked: u64,
}

impl CostReconciler {
    /// Returns a reconciler of a store that asks no provider yet.
    #[must_use]
    pub fn new(store: MessageStore) -> Self {
        Self { providers: Reconciler::new(store) }
    }

    /// Adds a provider that is asked of its messages. Give it plain: nothing is sent.
    #[must_use]
    pub fn with_provider(mut self, provider: impl SmsProvider) -> Self {
        self.providers = self.providers.with_provider(provider);
        self
    }

    /// Adds accounts, each of which is asked of its own messages; those that are put in later too.
    #[must_use]
    pub fn with_accounts(mut self, accounts: &Accounts) -> Self {
        self.providers = self.providers.with_accounts(accounts);
        self
    }

    /// Asks for every price that is due now. An account that cannot be reached is not asked again in this round.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be read or written. A provider that cannot be asked is counted.
    pub async fn run_once(&self) -> Result<CostsReconciled> {
        let mut reconciled = CostsReconciled::default();
        let mut silent: HashSet<(ProviderId, Option<AccountId>)> = HashSet::new();
        let backend = &self.providers.store.backend;
        loop {
            let (checks, more) =
                backend.run(CostChecks(self.providers.provider_ids(), MOST)).await?;
            let mut found = Vec::with_capacity(checks.len());
            for check in &checks {
                let account = check.account();
                if silent.contains(&account) {
                    reconciled.failed += 1;
                    continue;
                }
                match within(self.ask(check)).await {
                    Ok(Some(cost)) => {
                        reconciled.asked += 1;
                        found.push((check.token, cost));
                    }
                    Ok(None) => reconciled.unasked += 1,
                    Err(error) => {
                        reconciled.asked += 1;
                        reconciled.failed += 1;
                        if error.blame().hits_the_next() {
                            silent.insert(account);
                        }
                    }
                }
            }
            if !found.is_empty() {
                for settled in backend.run(SettleCosts(found)).await? {
                    reconciled.priced += u64::from(settled == CostSettled::Priced);
                    reconciled.unpriced += u64::from(settled == CostSettled::Unpriced);
                }
            }
            if !more {
                return Ok(reconciled);
            }
        }
    }

    /// Asks every minute until `stop` ends. A store that cannot be reached is waited for.
    pub async fn run_until(self, stop: impl Future<Output = ()> + Send) {
        let rounds = async {
            loop {
                if let Err(error) = self.run_once().await {
                    trouble("cost reconciler", &error); // the next round comes
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        tokio::select! {
            biased;
            () = stop => {}
            () = rounds => {}
        }
    }

    /// Asks the provider of an attempt; `None` if it is not among those that are asked.
    async fn ask(&self, check: &Check) -> Result<Option<CostFound>> {
        let attempt = &check.case.attempts[check.place];
        let provider = self.providers.provider(&attempt.provider, attempt.account.as_ref());
        let (Some(provider), Some(id)) = (provider, &attempt.id) else { return Ok(None) };
        let record = fetch(&*provider, id).await?;
        let cost = |record: anysms::MessageRecord| CostFound {
            price: record.price,
            segments: record.segments,
        };
        Ok(Some(record.map(cost).unwrap_or_default()))
    }
}

impl fmt::Debug for CostReconciler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CostReconciler").field(&self.providers).finish()
    }
}
