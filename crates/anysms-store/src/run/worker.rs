//! [`Worker`]: sends what is in a store's queue.

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

use anysms::{
    error::{Blame, Error, ErrorKind, Outcome, Result},
    message::{DeliveryFailure, Receipt},
    provider::SmsProvider,
};

use crate::{
    AttemptOutcome, EntryId, History, MessageStore, Stage,
    backend::{
        RawBackend,
        operation::{Claim, ReleaseAll, Renew},
    },
    protocol::{lease::Release, queue::Claimed, turns::Turns},
    run::depth::{Depth, Slots},
    run::pace::{Pace, SOON, lane_of, tenant_of},
    trouble::trouble,
};

/// Sends what is in a store's queue by a stack of layers with [`Recorded`](crate::Recorded) in it.
///
/// Run as many as you like, on as many machines as the backend allows: a message is claimed by one worker at a time,
/// and a worker whose lease is over cannot send it.
///
/// A message that is proved not to have been sent, for a reason that may pass or lies with the account, is sent again
/// later: after 30 seconds, or 5 where no provider was asked, and then after as long as it has waited, 10 minutes at
/// most, until it expires or has waited for four hours. A message that may have been sent is never sent again. While
/// nothing goes through at all, single messages are tried and all others wait.
///
/// [`Runner`](crate::Runner) runs it together with the reconciler and the purge.
///
/// ```
/// use anysms_store::{MessageStore, RecordExt, Worker};
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
/// let store = MessageStore::memory();
/// let stack = Acme.recorded(&store)?;
/// let worker = Worker::new(store, stack)?.with_concurrency(32);
/// let stop = async {}; // in a program: until it is told to stop
/// worker.run_until(stop).await;
/// # Ok(())
/// # }
/// ```
pub struct Worker<P> {
    store: MessageStore,
    provider: Arc<P>,
    concurrency: usize,
    patience: Duration,
    grace: Duration,
}

/// Interval at which the queue is looked at without being told to: for what becomes due, and for leases that
/// end.
const POLL: Duration = Duration::from_secs(1);

/// Grace of a worker whose own is longer than a clock can tell.
const LONGEST_GRACE: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Most messages of one claim.
const MOST_CLAIMED: usize = 1_000;

/// Messages on their way, with the fence of each claim.
type Held = Arc<Mutex<HashMap<EntryId, i64>>>;

impl<P: SmsProvider> Worker<P> {
    /// Returns a worker that sends by a stack of layers around this store.
    ///
    /// # Errors
    /// `Config` if a message could be submitted without being written down in this store first: there is no `Recorded`
    /// around each provider, or it is another store's.
    pub fn new(store: MessageStore, provider: P) -> Result<Self> {
        let refuse = |rule| Err(Error::not_sent(ErrorKind::Config).with_detail(rule));
        match provider.capabilities().recorded_in {
            Some(identity) if identity == store.backend.identity() => {}
            Some(_) => {
                return refuse(
                    "worker: the providers are recorded in another store; give worker and `.recorded(&store)` the same",
                );
            }
            None => {
                return refuse(
                    "worker: not every provider is recorded; put `.recorded(&store)` around each",
                );
            }
        }
        let grace = Duration::from_secs(30);
        let patience = Duration::from_secs(4 * 60 * 60);
        Ok(Self { store, provider: Arc::new(provider), concurrency: 32, patience, grace })
    }

    /// Sets how many messages are with the providers at a time, at least 1; 32 by default. While they pass quickly more
    /// are claimed, at most 512, so that those which wait for the store share its commits.
    #[must_use]
    pub const fn with_concurrency(mut self, most: usize) -> Self {
        self.concurrency = if most == 0 { 1 } else { most };
        self
    }

    /// Sets for how long after it was due a message is tried again; four hours by default. A message with a validity
    /// is not tried beyond that.
    #[must_use]
    pub const fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Sets how long sends may take after the stop; 30 seconds by default. What was not begun by then goes back into
    /// the queue.
    #[must_use]
    pub const fn with_grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Sends until `stop` ends, and then waits for the sends on their way. A store that cannot be reached is waited for,
    /// with a warning of `tracing` each time, where that feature is on.
    pub async fn run_until(self, stop: impl Future<Output = ()> + Send) {
        let (held, pace) = (Held::default(), Arc::new(Pace::default()));
        let mut turns = Turns::default();
        let (mut depth, slots) = (Depth::new(self.concurrency), Slots::new(self.concurrency));
        let mut tasks = JoinSet::new();
        let mut stop = pin!(stop);
        let mut renewal = interval(self.renewal());
        let mut pause = POLL;
        loop {
            while let Some(took) = tasks.try_join_next() {
                took.into_iter().for_each(|took| depth.see(took, &slots));
            }
            let free = depth.now() - tasks.len().min(depth.now());
            let mut more = false;
            // By halves, so that a claim is worth its commit.
            if free >= depth.now().div_ceil(2) {
                pace.limit(&mut turns);
                match self.store.backend.run(Claim(free.min(MOST_CLAIMED), turns.clone())).await {
                    Ok((claims, rest)) => {
                        (more, pause) = (rest, POLL);
                        for claim in self.ready(claims, &pace, &mut turns).await {
                            lock(&held).insert(claim.id, claim.fence);
                            let work = Sending {
                                store: self.store.clone(),
                                provider: Arc::clone(&self.provider),
                                held: Arc::clone(&held),
                                slots: slots.clone(),
                                pace: Arc::clone(&pace),
                                patience: self.patience,
                            };
                            tasks.spawn(work.run(claim));
                        }
                    }
                    Err(error) => {
                        trouble("worker", &error);
                        pause = (2 * pause).min(SOON);
                    }
                }
            }
            let full = tasks.len() > depth.now() / 2;
            tokio::select! {
                biased;
                () = &mut stop => break,
                _ = renewal.tick() => renew(&self.store, &held).await,
                took = tasks.join_next(), if full => {
                    took.into_iter().flatten().for_each(|took| depth.see(took, &slots));
                }
                () = self.store.backend.signal().wait(pace.next().map_or(pause, |next| next.min(pause))),
                    if !full && !more => {}
                () = std::future::ready(()), if !full && more => {}
            }
        }
        self.finish(tasks, &held).await;
    }

    /// Gives back what is claimed in a lane that is in trouble, and returns the rest.
    async fn ready(&self, claims: Vec<Claimed>, pace: &Pace, turns: &mut Turns) -> Vec<Claimed> {
        let (mut ready, mut back) = (Vec::with_capacity(claims.len()), Vec::new());
        for claim in claims {
            let tenant = tenant_of(&claim.message);
            turns.took(claim.rank, tenant);
            match pace.hold(&lane_of(&self.provider, &claim.message), tenant) {
                None => ready.push(claim),
                Some(wait) => back.push((claim.id, (claim.fence, Release::Later(wait)))),
            }
        }
        if !back.is_empty() {
            let _ = self.store.backend.run(ReleaseAll(back)).await; // else their leases end
        }
        ready
    }

    /// Returns the interval at which leases of messages on their way are prolonged.
    fn renewal(&self) -> Duration {
        self.store.backend.policy().lease / 3
    }

    /// Waits for what is on its way, and gives back what was not begun.
    async fn finish(&self, mut tasks: JoinSet<Duration>, held: &Held) {
        let now = Instant::now();
        let end = now.checked_add(self.grace).unwrap_or(now + LONGEST_GRACE);
        while !tasks.is_empty() {
            let next = self.renewal().min(end.saturating_duration_since(Instant::now()));
            let all = async { while tasks.join_next().await.is_some() {} };
            if timeout(next, all).await.is_err() {
                if Instant::now() >= end {
                    break;
                }
                renew(&self.store, held).await;
            }
        }
        tasks.shutdown().await; // a submission that has begun is a task of its own, and goes on
        let rest: Vec<(EntryId, i64)> = lock(held).drain().collect();
        if !rest.is_empty() {
            let back = |(id, fence)| (id, (fence, Release::Later(Duration::ZERO)));
            let back = ReleaseAll(rest.into_iter().map(back).collect());
            let _ = self.store.backend.run(back).await; // else their leases end
        }
    }
}

async fn renew(store: &MessageStore, held: &Held) {
    let claims: Vec<(EntryId, i64)> = lock(held).iter().map(|(id, fence)| (*id, *fence)).collect();
    if !claims.is_empty() {
        let _ = store.backend.run(Renew(claims)).await; // tried again in time
    }
}

fn lock(held: &Held) -> MutexGuard<'_, HashMap<EntryId, i64>> {
    held.lock().unwrap_or_else(PoisonError::into_inner) // no change is made in parts
}

/// Lets go of a claim whose layers panic, so that its lease ends: no worker is at it any more.
struct Broken<'a>(&'a Held, EntryId);

impl Drop for Broken<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            lock(self.0).remove(&self.1);
        }
    }
}

/// One message on its way.
struct Sending<P> {
    store: MessageStore,
    provider: Arc<P>,
    held: Held,
    slots: Slots,
    pace: Arc<Pace>,
    patience: Duration,
}

impl<P: SmsProvider> Sending<P> {
    /// Sends it and takes care of its claim. Returns the time for which it was on its way.
    async fn run(self, mut claim: Claimed) -> Duration {
        claim.message.extensions_mut().insert(self.slots.clone());
        let (broken, begun) = (Broken(&self.held, claim.id), Instant::now());
        let sent = self.provider.send(&claim.message).await;
        let took = begun.elapsed();
        drop(broken);
        let lane = lane_of(&self.provider, &claim.message);
        self.pace.see(&lane, tenant_of(&claim.message), &sent);
        let left = self.patience.saturating_sub(claim.age);
        let unknown = sent.as_ref().is_err_and(|error| error.outcome() == Outcome::Unknown);
        let late = if unknown { self.outlast(&claim).await } else { None };
        let release = match late {
            Some(Late::NotSent(error)) => release(&Err(error), claim.age, left),
            Some(Late::Unconfirmed) => Some(Release::Unconfirmed),
            None => release(&sent, claim.age, left),
        };
        lock(&self.held).remove(&claim.id);
        let Some(release) = release else { return took };
        let back = ReleaseAll(vec![(claim.id, (claim.fence, release))]);
        for wait in [0, 1, 5] {
            sleep(Duration::from_secs(wait)).await;
            if self.store.backend.run(back.clone()).await.is_ok() {
                break; // else its lease ends
            }
        }
        took
    }

    /// Keeps the claim of a message whose submission goes on without a waiting layer: `Timeout` leaves a
    /// submission to itself. Until that begins the claim is kept for it, for ten leases at most, so that
    /// nobody else takes it; then its lease ends. Returns how it ended; `None` if that is not known.
    async fn outlast(&self, claim: &Claimed) -> Option<Late> {
        let lease = self.store.backend.policy().lease;
        let end = Instant::now() + 10 * lease;
        let (tenant, key) = &claim.name;
        while Instant::now() < end {
            if let Ok(history) = self.store.history(tenant.as_ref(), key).await {
                let History { entry, attempts, .. } = history?;
                let last = attempts.last().and_then(|attempt| attempt.outcome);
                match entry.stage {
                    Stage::Claimed | Stage::Sending if entry.fence != claim.fence => return None,
                    Stage::Claimed if entry.claims > 0 => {} // not begun so far
                    Stage::Claimed if last == Some(AttemptOutcome::Unknown) => {
                        return Some(Late::Unconfirmed);
                    }
                    Stage::Claimed => {
                        let failure = entry.failure?;
                        let error = Error::not_sent(failure.kind).with_code(failure.code);
                        return Some(Late::NotSent(error));
                    }
                    // It began with time enough. Who began it may be gone: its lease is not prolonged.
                    Stage::Sending => drop(lock(&self.held).remove(&claim.id)),
                    Stage::Waiting | Stage::Done | Stage::Dead => return None,
                }
            }
            sleep(lease / 6).await; // it is renewed with all that is on its way
        }
        None
    }
}

/// End of a submission that outlasted its layers, or of which no outcome is known.
enum Late {
    NotSent(Error),
    Unconfirmed,
}

/// Returns the way a claim is released; `None` where the store has it already.
fn release(sent: &Result<Receipt>, age: Duration, left: Duration) -> Option<Release> {
    let error = match sent {
        // A guard that only tries says so, and nothing was begun. Of what was begun the store knows better.
        Ok(receipt) if receipt.id.is_none() => {
            let failure = DeliveryFailure::new(ErrorKind::PolicyBlocked, "not_submitted");
            return Some(Release::Never(failure));
        }
        Err(error) if error.outcome() == Outcome::NotSent => error,
        _ => return None,
    };
    if error.kind() == ErrorKind::Conflict && error.is_by_layer() {
        return Some(Release::Later(Duration::ZERO)); // the claim was about to end, so somebody else begins
    }
    let passes = error.is_retryable()
        || error.blame() == Blame::Account
        || error.kind() == ErrorKind::PolicyBlocked && error.retry_after().is_some();
    if passes && !left.is_zero() {
        let least = if error.is_by_layer() { SOON } else { Duration::from_secs(30) };
        let wait = age.clamp(least, Duration::from_secs(600));
        // No longer than the patience: then it is tried a last time.
        return Some(Release::Later(error.retry_after().unwrap_or(wait).min(left)));
    }
    let code = error.code().unwrap_or(error.kind().as_str());
    Some(Release::Never(DeliveryFailure::new(error.kind(), code)))
}

impl<P: fmt::Debug> fmt::Debug for Worker<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("store", &self.store)
            .field("provider", &self.provider)
            .field("concurrency", &self.concurrency)
            .finish_non_exhaustive()
    }
}
