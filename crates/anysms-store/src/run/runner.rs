//! [`Runner`]: the worker, the reconciler and the daily purge, with one stop.

use std::{fmt, pin::Pin, sync::Arc, time::Duration};

use tokio::{sync::watch, time::sleep};

use anysms::{Accounts, error::Result, provider::SmsProvider};

use crate::{
    End, MessageResult, MessageStore, Reconciler, Retention, Worker,
    backend::{
        RawBackend,
        operation::{Told, Untold},
    },
    trouble::trouble,
};

/// Pause between two looks for ends to tell.
const TELL: Duration = Duration::from_millis(500);

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
    results: Option<Hear>,
}

/// Hook of a runner: hears of one end, and says whether that is done.
type Hear = Box<dyn Fn(MessageResult) -> BoxFuture<Result<()>> + Send + Sync>;

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

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
            results: None,
            store,
        })
    }

    /// Sets the function that hears how each message of the queue ended: sent, failed, unconfirmed, dead, expired or
    /// suppressed ([`End`](crate::End)); a cancel is its caller's own.
    ///
    /// Each end is told once, to one runner of the store, and durably: until the function returns `Ok` it is told again,
    /// after a minute at the latest, also by the next process. So it may be told twice where a process is killed in
    /// between. Each is traced and counted when it was heard (features `tracing` and `metrics`). Ends from before the function was set are told too, as far as the store has them.
    ///
    /// ```
    /// use anysms::SmsProvider;
    /// use anysms_store::{MessageStore, RecordExt, Runner};
    ///
    /// fn runner<P: SmsProvider>(store: MessageStore, acme: P) -> anysms::Result<Runner<impl SmsProvider>> {
    ///     let stack = acme.recorded(&store)?;
    ///     Ok(Runner::new(store, stack)?.on_result(|result| async move {
    ///         println!("{}: {}", result.key(), result.end.as_str());
    ///         Ok(())
    ///     }))
    /// }
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn on_result<F>(mut self, hear: impl Fn(MessageResult) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        self.results = Some(Box::new(move |result| Box::pin(hear(result))));
        self
    }

    /// Adds accounts that are asked about unconfirmed attempts, each of its own.
    #[must_use]
    pub fn with_accounts(mut self, accounts: &Accounts) -> Self {
        self.reconciler = self.reconciler.with_accounts(accounts);
        self
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
        let Self { store, worker, reconciler, retention, results } = self;
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
        let telling = async {
            let Some(hear) = &results else { return };
            let mut watched = watched.clone();
            loop {
                let told = tell(&store, hear).await;
                let stopped = tokio::select! {
                    biased;
                    _ = watched.changed() => true,
                    () = sleep(if told { Duration::ZERO } else { TELL }) => false,
                };
                if stopped {
                    tell(&store, hear).await; // what the worker ended meanwhile, as far as it is known
                    return;
                }
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
            telling,
            stopping,
        );
    }
}

/// Tells ends to the hook. Returns whether there were any.
async fn tell(store: &MessageStore, hear: &Hear) -> bool {
    let results = match store.backend.run(Untold(100)).await {
        Ok(results) => results,
        Err(error) => {
            trouble("results", &error);
            return false;
        }
    };
    let mut told = Vec::with_capacity(results.len());
    for result in results {
        let (id, end) = (result.entry.id, result.end);
        match hear(result).await {
            Ok(()) => {
                count(end);
                told.push((id, end));
            }
            Err(error) => trouble("results", &error), // told again
        }
    }
    let any = !told.is_empty();
    if any && let Err(error) = store.backend.run(Told(told)).await {
        trouble("results", &error);
    }
    any
}

/// Traces and counts an end that was heard.
#[cfg_attr(not(any(feature = "tracing", feature = "metrics")), allow(unused_variables))]
fn count(end: End) {
    #[cfg(feature = "tracing")]
    tracing::info!(target: "anysms::store", { anysms.end = end.as_str() }, "store: a message ended");
    #[cfg(feature = "metrics")]
    metrics::counter!("anysms.store.ends", "anysms.end" => end.as_str()).increment(1);
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
