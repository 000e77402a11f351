//! [`Worker`]: sends what is in a log's queue.

use std::{
    collections::HashMap,
    fmt,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{Instant, interval, sleep, timeout},
};

use crate::{
    error::{Error, ErrorKind, Outcome, Result},
    log::{MessageLog, Work, ask, ops::Claim, queue::Release, tables::Named},
    message::{DeliveryFailure, Receipt},
    provider::SmsProvider,
};

/// Sends what is in a log's queue by a stack of layers with [`Recorded`](crate::layers::Recorded) in it. Run
/// as many as you like, on as many machines as the log's home allows: a message is one worker's at a time,
/// and one that lost it cannot send it.
///
/// What is proved not to have been sent and is likely to pass is sent again later, 30 seconds first and then
/// twice as long, an hour at most, until it expires or has been tried ten times. What may have been sent is
/// never sent again.
///
/// ```
/// # async fn example(log: std::sync::Arc<dyn anysms::log::MessageLog>, stack: impl anysms::SmsProvider) -> anysms::Result<()> {
/// use anysms::log::Worker;
///
/// let worker = Worker::new(log, stack)?.with_concurrency(32);
/// worker.run_until(async { tokio::signal::ctrl_c().await.unwrap_or_default() }).await;
/// # Ok(())
/// # }
/// ```
pub struct Worker<P> {
    log: Arc<dyn MessageLog>,
    provider: Arc<P>,
    concurrency: usize,
    tries: u32,
    grace: Duration,
}

/// How often the queue is looked at without being told to: for what becomes due, and for leases that end.
const POLL: Duration = Duration::from_secs(1);

/// What is on its way, with the fence of each claim.
type Held = Arc<Mutex<HashMap<Named, i64>>>;

impl<P: SmsProvider> Worker<P> {
    /// By a stack of layers around this log.
    ///
    /// # Errors
    /// `Config` if a message could be submitted without being written down first: there is no `Recorded`
    /// around each provider.
    pub fn new(log: Arc<dyn MessageLog>, provider: P) -> Result<Self> {
        if !provider.capabilities().records {
            let error = Error::not_sent(ErrorKind::Config);
            return Err(error.with_detail("worker: needs `Recorded` around each provider"));
        }
        let grace = Duration::from_secs(30);
        Ok(Self { log, provider: Arc::new(provider), concurrency: 32, tries: 10, grace })
    }

    /// So many on their way at a time, at least 1; 32 if nothing is said.
    #[must_use]
    pub const fn with_concurrency(mut self, most: usize) -> Self {
        self.concurrency = if most == 0 { 1 } else { most };
        self
    }

    /// A message is tried so often at most; 10 if nothing is said.
    #[must_use]
    pub const fn with_tries(mut self, most: u32) -> Self {
        self.tries = most;
        self
    }

    /// How long what is on its way may take after the stop; 30 seconds if nothing is said. What was not begun
    /// by then goes back into the queue.
    #[must_use]
    pub const fn with_grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Sends until it is told to stop, and then waits for what is on its way. A log that cannot be reached is
    /// waited for.
    pub async fn run_until(self, stop: impl Future<Output = ()> + Send) {
        let held = Held::default();
        let mut tasks = JoinSet::new();
        let mut stop = pin!(stop);
        let mut renewal = interval(self.renewal());
        let mut pause = POLL;
        loop {
            while tasks.try_join_next().is_some() {}
            let free = self.concurrency - tasks.len().min(self.concurrency);
            let mut more = false;
            // By halves, so that a claim is worth its commit.
            if 2 * free >= self.concurrency {
                match ask::<_, (Vec<Claim>, bool)>(&*self.log, Work::Claim(free)).await {
                    Ok((claims, rest)) => {
                        (more, pause) = (rest, POLL);
                        for claim in claims {
                            lock(&held).insert(claim.name.clone(), claim.fence);
                            let (log, provider) =
                                (Arc::clone(&self.log), Arc::clone(&self.provider));
                            tasks.spawn(send(log, provider, claim, Arc::clone(&held), self.tries));
                        }
                    }
                    Err(_) => pause = (2 * pause).min(Duration::from_secs(30)),
                }
            }
            let full = tasks.len() * 2 > self.concurrency;
            tokio::select! {
                biased;
                () = &mut stop => break,
                _ = renewal.tick() => renew(&self.log, &held).await,
                _ = tasks.join_next(), if full => {}
                () = self.log.wake().wait(pause), if !full && !more => {}
                () = std::future::ready(()), if !full && more => {}
            }
        }
        self.finish(tasks, &held).await;
    }

    /// How often leases of what is on its way are prolonged.
    fn renewal(&self) -> Duration {
        self.log.policy().lease / 3
    }

    /// Waits for what is on its way, and gives back what was not begun.
    async fn finish(&self, mut tasks: JoinSet<()>, held: &Held) {
        let end = Instant::now() + self.grace;
        while !tasks.is_empty() {
            let next = self.renewal().min(end.saturating_duration_since(Instant::now()));
            let all = async { while tasks.join_next().await.is_some() {} };
            if timeout(next, all).await.is_err() {
                if Instant::now() >= end {
                    break;
                }
                renew(&self.log, held).await;
            }
        }
        tasks.shutdown().await; // a submission that has begun is a task of its own, and goes on
        let rest: Vec<(Named, i64)> = lock(held).drain().collect();
        if !rest.is_empty() {
            let back = |(name, fence)| (name, (fence, Release::Later(Duration::ZERO)));
            let work = Work::Release(rest.into_iter().map(back).collect());
            let _: Result<Vec<bool>> = ask(&*self.log, work).await; // else their leases end
        }
    }
}

async fn renew(log: &Arc<dyn MessageLog>, held: &Held) {
    let claims: Vec<(Named, i64)> =
        lock(held).iter().map(|(name, fence)| (name.clone(), *fence)).collect();
    if !claims.is_empty() {
        let _: Result<Vec<bool>> = ask(&**log, Work::Renew(claims)).await; // tried again in time
    }
}

fn lock(held: &Held) -> MutexGuard<'_, HashMap<Named, i64>> {
    held.lock().unwrap_or_else(PoisonError::into_inner) // no change is made in parts
}

async fn send<P: SmsProvider>(
    log: Arc<dyn MessageLog>,
    provider: Arc<P>,
    claim: Claim,
    held: Held,
    tries: u32,
) {
    let sent = provider.send(&claim.message).await;
    lock(&held).remove(&claim.name);
    let Some(release) = release(&sent, claim.tries + 1, tries) else { return };
    let work = Work::Release(vec![(claim.name, (claim.fence, release))]);
    for wait in [0, 1, 5] {
        sleep(Duration::from_secs(wait)).await;
        if ask::<_, Vec<bool>>(&*log, work.clone()).await.is_ok() {
            return; // else its lease ends
        }
    }
}

/// What becomes of a claim; nothing where the log has it already.
fn release(sent: &Result<Receipt>, tried: u32, tries: u32) -> Option<Release> {
    let error = sent.as_ref().err().filter(|error| error.outcome() == Outcome::NotSent)?;
    if error.kind() == ErrorKind::Conflict && error.is_by_layer() {
        return Some(Release::Later(Duration::ZERO)); // the claim was about to end, so somebody else begins
    }
    let passes = error.is_retryable()
        || error.kind() == ErrorKind::PolicyBlocked && error.retry_after().is_some();
    if passes && tried < tries {
        let doubled = Duration::from_secs(30).saturating_mul(1 << (tried - 1).min(7));
        let wait = error.retry_after().unwrap_or(doubled.min(Duration::from_secs(3_600)));
        return Some(Release::Later(wait));
    }
    let code = error.code().unwrap_or(error.kind().as_str());
    Some(Release::Never(DeliveryFailure::new(error.kind(), code)))
}

impl<P: fmt::Debug> fmt::Debug for Worker<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("log", &self.log)
            .field("provider", &self.provider)
            .field("concurrency", &self.concurrency)
            .finish_non_exhaustive()
    }
}
