//! [`IntentLog`]: what is about to be done at a provider for money, written down before it is done.
//!
//! No vendor has idempotency keys for buying a number or registering a brand. So an intent is written first; after a
//! crash or a timeout the provider is asked for its result, and nothing is done twice. What belongs here: the
//! intent, the trait, and two logs: in memory (`memory`) and as files (`file`).

mod file;
mod memory;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;

pub use file::FileIntents;
pub use memory::MemoryIntents;

use crate::{account_id::AccountId, error::Result, provider_id::ProviderId};

/// Intent to do one thing at a provider, once.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct Intent {
    /// Name of the act, the same whoever asks for it again: `buy:+15555550100`, `brand:acme`.
    pub key: String,
    /// Provider at which it is done.
    pub provider: ProviderId,
    /// Account for which it is done.
    pub account: AccountId,
    /// Time at which it was written.
    pub begun_at: Timestamp,
    /// Provider's id of the result; `None` until it is known that it was done.
    pub done: Option<String>,
}

impl Intent {
    /// Creates an intent of now.
    ///
    /// ```
    /// use anysms::{ProviderId, intent::Intent};
    ///
    /// let intent = Intent::new(ProviderId::from_static("acme"), "acct-1".into(), "brand:club");
    /// assert!(intent.done.is_none());
    /// ```
    #[must_use]
    pub fn new(provider: ProviderId, account: AccountId, key: impl Into<String>) -> Self {
        Self { key: key.into(), provider, account, begun_at: Timestamp::now(), done: None }
    }

    /// Returns the name under which a log keeps it: provider, account and key.
    #[must_use]
    pub fn name(&self) -> String {
        name(&self.provider, &self.account, &self.key)
    }
}

/// The key may hold a number, so `Debug` shows its first word alone.
impl fmt::Debug for Intent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intent")
            .field("key", &self.key.split(':').next().unwrap_or_default())
            .field("provider", &self.provider)
            .field("account", &self.account)
            .field("begun_at", &self.begun_at)
            .field("done", &self.done.is_some())
            .finish_non_exhaustive()
    }
}

fn name(provider: &ProviderId, account: &AccountId, key: &str) -> String {
    format!("{provider}/{account}/{key}")
}

/// Log of intents. An intent is open from [`begin`](Self::begin) until [`finish`](Self::finish) or
/// [`withdraw`](Self::withdraw); whoever finds an open one asks the provider before anything is done again.
///
/// ```
/// use anysms::{ProviderId, intent::{Intent, IntentLog, MemoryIntents}};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> anysms::Result<()> {
/// let log = MemoryIntents::new();
/// let intent = Intent::new(ProviderId::from_static("acme"), "acct-1".into(), "brand:club");
/// assert!(log.begin(&intent).await?.is_none()); // this call may do it
/// assert!(log.begin(&intent).await?.is_some()); // another has begun
/// log.finish(&intent, "BN01").await?;
/// assert_eq!(log.find(&intent).await?.and_then(|found| found.done).as_deref(), Some("BN01"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every method fails as `Unavailable` if the log cannot be read or written: then nothing is to be done.
#[async_trait]
pub trait IntentLog: fmt::Debug + Send + Sync {
    /// Writes an intent and returns `None`, or returns the one of the same name that is there, open or done.
    /// One of several callers at once gets `None`. The intent is durable when this returns.
    async fn begin(&self, intent: &Intent) -> Result<Option<Intent>>;

    /// Notes that it was done, with the provider's id of the result. An intent that was not begun is written.
    async fn finish(&self, intent: &Intent, id: &str) -> Result<()>;

    /// Takes it away: it is proved that it was not done, or it was undone.
    async fn withdraw(&self, intent: &Intent) -> Result<()>;

    /// Returns the intent of the same name; `None` if there is none.
    async fn find(&self, intent: &Intent) -> Result<Option<Intent>>;

    /// Returns all that are open, oldest first.
    async fn open(&self) -> Result<Vec<Intent>>;
}

#[async_trait]
impl<L: IntentLog + ?Sized> IntentLog for Arc<L> {
    async fn begin(&self, intent: &Intent) -> Result<Option<Intent>> {
        (**self).begin(intent).await
    }

    async fn finish(&self, intent: &Intent, id: &str) -> Result<()> {
        (**self).finish(intent, id).await
    }

    async fn withdraw(&self, intent: &Intent) -> Result<()> {
        (**self).withdraw(intent).await
    }

    async fn find(&self, intent: &Intent) -> Result<Option<Intent>> {
        (**self).find(intent).await
    }

    async fn open(&self) -> Result<Vec<Intent>> {
        (**self).open().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intent(key: &str) -> Intent {
        Intent::new(ProviderId::from_static("acme"), "acct-1".into(), key)
    }

    async fn keeps_its_promises(log: &dyn IntentLog) {
        let (brand, number) = (intent("brand:a/b"), intent("buy:+15555550100"));
        assert_eq!(log.begin(&brand).await.unwrap(), None);
        assert_eq!(log.begin(&number).await.unwrap(), None);
        assert_eq!(log.begin(&brand).await.unwrap().unwrap().begun_at, brand.begun_at);
        let open = log.open().await.unwrap();
        assert_eq!(
            open.iter().map(|one| &*one.key).collect::<Vec<_>>(),
            [&*brand.key, &*number.key]
        );
        log.finish(&brand, "BN01").await.unwrap();
        let done = log.begin(&brand).await.unwrap().unwrap();
        assert_eq!((done.done.as_deref(), done.begun_at), (Some("BN01"), brand.begun_at));
        log.withdraw(&number).await.unwrap();
        log.withdraw(&number).await.unwrap(); // twice is once
        assert_eq!(log.find(&number).await.unwrap(), None);
        assert_eq!(log.open().await.unwrap(), []);
        assert_eq!(log.begin(&number).await.unwrap(), None, "it may be tried again");
        let unbegun = intent("brand:c");
        log.finish(&unbegun, "BN02").await.unwrap();
        assert_eq!(log.find(&unbegun).await.unwrap().unwrap().done.as_deref(), Some("BN02"));
        let other = Intent { account: "acct-2".into(), ..brand.clone() };
        assert_eq!(log.find(&other).await.unwrap(), None, "it is another account's");
    }

    #[tokio::test]
    async fn memory_and_files_keep_the_same_promises() {
        keeps_its_promises(&MemoryIntents::new()).await;
        let folder = std::env::temp_dir().join(format!("anysms-intents-{}", crate::random::uuid()));
        let log = FileIntents::new(&folder).unwrap();
        keeps_its_promises(&log).await;
        let again = FileIntents::new(&folder).unwrap();
        assert_eq!(again.open().await.unwrap().len(), 1, "the one that was tried again");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn of_many_at_once_one_begins() {
        let folder = std::env::temp_dir().join(format!("anysms-intents-{}", crate::random::uuid()));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let logs: [Arc<dyn IntentLog>; 2] =
            [Arc::new(MemoryIntents::new()), Arc::new(FileIntents::new(&folder).unwrap())];
        for log in logs {
            let tries: Vec<_> = (0..64)
                .map(|_| {
                    let (log, intent) = (log.clone(), intent("brand:one"));
                    runtime.spawn(async move { log.begin(&intent).await.unwrap().is_none() })
                })
                .collect();
            let began =
                tries.into_iter().filter_map(|one| runtime.block_on(one).unwrap().then_some(()));
            assert_eq!(began.count(), 1);
        }
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn debug_shows_no_number() {
        let shown = format!("{:?}", intent("buy:+15555550100"));
        assert!(shown.contains("\"buy\"") && !shown.contains("5555"), "{shown}");
    }
}
