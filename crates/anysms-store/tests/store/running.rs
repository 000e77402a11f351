//! Workers that run, and what goes around a provider or its record.

use std::{sync::Arc, time::Duration};

use anysms::{Capabilities, Message, ProviderId, Receipt, Result, SmsProvider, async_trait};
use anysms_store::{Entry, Filter, MessageStore, Progress, Stage, Worker};
use tokio::{sync::oneshot, task::JoinHandle, time::sleep};

use crate::{fake::ACME, message};

/// Cases that each backend passes, each with a lease of so many milliseconds.
macro_rules! on_each_backend {
    ($($case:ident: $lease:expr;)+) => {
        $(mod $case {
            use super::*;

            fn policy() -> StorePolicy {
                StorePolicy::default().with_lease(Duration::from_millis($lease))
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn in_memory() {
                super::$case(crate::memory_backend_with(policy()).await).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn on_sqlite() {
                super::$case(crate::sqlite_backend_with(policy()).await).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            #[ignore = "needs PostgreSQL"]
            async fn on_postgres() {
                super::$case(crate::postgres_backend_with(policy()).await).await;
            }
        })+
    };
}
pub(crate) use on_each_backend;

type Step = Arc<dyn Fn(&Message) -> Duration + Send + Sync>;

/// Does something with each message before and after it is sent, and takes its time. Goes around a provider or
/// around its record.
#[derive(Clone)]
pub(crate) struct Around<P> {
    inner: P,
    before: Step,
    after: Step,
}

impl<P> Around<P> {
    pub(crate) fn new(
        inner: P,
        before: impl Fn(&Message) -> Duration + Send + Sync + 'static,
    ) -> Self {
        Self { inner, before: Arc::new(before), after: Arc::new(|_| Duration::ZERO) }
    }

    pub(crate) fn after(
        self,
        after: impl Fn(&Message) -> Duration + Send + Sync + 'static,
    ) -> Self {
        Self { after: Arc::new(after), ..self }
    }
}

impl<P> std::fmt::Debug for Around<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Around")
    }
}

#[async_trait]
impl<P: SmsProvider> SmsProvider for Around<P> {
    fn id(&self) -> ProviderId {
        ACME
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        sleep((self.before)(message)).await;
        let sent = self.inner.send(message).await;
        sleep((self.after)(message)).await;
        sent
    }
}

/// A worker that runs, and how it is told to stop.
pub(crate) struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    pub(crate) fn start(store: &MessageStore, stack: impl SmsProvider) -> Self {
        let worker = Worker::new(store.clone(), stack).unwrap().with_concurrency(32);
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(worker.run_until(async { stopped.await.unwrap_or_default() }));
        Self { stop, task }
    }

    pub(crate) async fn stop(self) {
        let _ = self.stop.send(());
        self.task.await.unwrap();
    }
}

pub(crate) async fn enqueue(store: &MessageStore, count: u32) {
    store.enqueue_all(&mut (0..count).map(|n| message(&format!("k{n}"))), None).await.unwrap();
}

pub(crate) async fn entries(store: &MessageStore, filter: &Filter) -> Vec<Entry> {
    let (mut entries, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.entries(filter, 1_000, cursor.as_ref()).await.unwrap();
        entries.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return entries;
        }
    }
}

pub(crate) async fn in_stage(store: &MessageStore, stage: Stage) -> usize {
    entries(store, &Filter::new().with_stage(stage)).await.len()
}

pub(crate) async fn of_status(store: &MessageStore, status: Progress) -> usize {
    entries(store, &Filter::new().with_status(status)).await.len()
}

pub(crate) async fn until_in(store: &MessageStore, stage: Stage, count: usize, seconds: u32) {
    for _ in 0..seconds * 20 {
        if in_stage(store, stage).await >= count {
            return;
        }
        sleep(Duration::from_millis(50)).await;
    }
    panic!("{} of {count} in {stage:?}", in_stage(store, stage).await);
}
