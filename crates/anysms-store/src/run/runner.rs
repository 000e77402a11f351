//! [`Runner`]: the worker, the reconciler and the daily purge, with one stop.

use std::{fmt, sync::Arc, time::Duration};

use tokio::{sync::watch, time::sleep};

use anysms::{error::Result, provider::SmsProvider};

use crate::{MessageStore, Reconciler, Retention, Worker, run::trouble};

/// Pause between two purges.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Pause after a purge that failed.
const SOON: Duration = Duration::from_secs(5 * 60);

/// Runs what a store needs in the background: a [`Worker`], a [`Reconciler`] and a daily purge.
///
/// ```
/// use std::sync::Arc;
///
/// use anysms::{Message, PhoneNumber, SmsProvider};
/// use anysms_store::{MessageStore, RecordExt, Runner};
///
/// async fn run(store: MessageStore, twilio: Arc<dyn SmsProvider>) -> anysms::Result<()> {
///     let stack = twilio.clone().recorded(&store)?;
///     Runner::new(store, stack)?
///         .with_lookup(twilio)
///         .run_until(async { tokio::signal::ctrl_c().await.unwrap_or_default() })
///         .await;
///     Ok(())
/// }
/// # fn main() {}
/// ```
pub struct Runner<P> {
    store: MessageStore,
    worker: Worker<P>,
    reconciler: Reconciler,
    retention: Arc<Retention>,
}

impl<P: SmsProvider> Runner<P> {
    /// Returns a runner that sends by a stack of layers around this store, asks no provider about unconfirmed attempts,
    /// and removes texts after 30 days.
    ///
    /// # Errors
    /// Those of [`Worker::new`].
    pub fn new(store: MessageStore, provider: P) -> Result<Self> {
        Ok(Self {
            worker: Worker::new(store.clone(), provider)?,
            reconciler: Reconciler::new(store.clone()),
            retention: Arc::new(Retention::default()),
            store,
        })
    }

    /// Adds a provider that is asked about unconfirmed attempts. Give it plain, without layers.
    #[must_use]
    pub fn with_lookup(mut self, provider: impl SmsProvider) -> Self {
        self.reconciler = self.reconciler.with_provider(provider);
        self
    }

    /// Changes the worker, such as its concurrency.
    #[must_use]
    pub fn with_worker(mut self, change: impl FnOnce(Worker<P>) -> Worker<P>) -> Self {
        self.worker = change(self.worker);
        self
    }

    /// Changes the reconciler, such as who hears of attempts that are given up.
    #[must_use]
    pub fn with_reconciler(mut self, change: impl FnOnce(Reconciler) -> Reconciler) -> Self {
        self.reconciler = change(self.reconciler);
        self
    }

    /// Sets what the daily purge removes.
    #[must_use]
    pub fn with_retention(mut self, retention: Retention) -> Self {
        self.retention = Arc::new(retention);
        self
    }

    /// Runs until `stop` ends, and then waits for the sends on their way, for the worker's grace at most.
    pub async fn run_until(self, stop: impl Future<Output = ()> + Send) {
        let Self { store, worker, reconciler, retention } = self;
        let (stopped, watched) = watch::channel(());
        let until = |mut watched: watch::Receiver<()>| async move {
            let _ = watched.changed().await; // the sender is gone: stopped
        };
        let purge = async {
            tokio::select! {
                biased;
                () = until(watched.clone()) => {}
                () = purge_daily(&store, &retention) => {}
            }
        };
        let stopping = async move {
            stop.await;
            drop(stopped);
        };
        tokio::join!(
            worker.run_until(until(watched.clone())),
            reconciler.run_until(until(watched.clone())),
            purge,
            stopping,
        );
    }
}

async fn purge_daily(store: &MessageStore, retention: &Retention) {
    loop {
        match store.purge(retention).await {
            Ok(_) => sleep(DAY).await,
            Err(error) => {
                trouble("purge", &error);
                sleep(SOON).await;
            }
        }
    }
}

impl<P: fmt::Debug> fmt::Debug for Runner<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner")
            .field("worker", &self.worker)
            .field("reconciler", &self.reconciler)
            .field("retention", &self.retention)
            .finish_non_exhaustive()
    }
}
