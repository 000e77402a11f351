//! [`ReplayStore`]: a record of the webhooks that came before.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;

use crate::{
    error::Result,
    provider_id::ProviderId,
    webhook::{Event, EventId, Proof, WebhookError, WebhookErrorKind, refused},
};

/// Remembers what has come, so that a request counts once.
///
/// A signature does not age: whoever has seen a request can send it again, and providers themselves
/// send one again when they do not get their answer. [`receive_once`](super::WebhookExt::receive_once)
/// asks for each event and for each nonce, or for each signature where the scheme has no nonce: a nonce
/// or a signature is good for one content. Memory is [`MemoryReplayStore`]; a store that several
/// machines share makes it so for all of them.
#[async_trait]
pub trait ReplayStore: fmt::Debug + Send + Sync + 'static {
    /// Remembers that this came with this content, unless it is remembered already, in one step: of
    /// two at once, one is the first. Keep it for 24 hours at least, and 7 days if you can.
    ///
    /// # Errors
    /// Those of the store. Answer 503 then, so that the provider sends the request again.
    async fn remember(&self, what: ReplayKey, content: PayloadHash) -> Result<Seen>;

    /// Forgets what came: for a request that was taken and could not be handled, so that the
    /// provider's next attempt is not taken for a replay.
    ///
    /// # Errors
    /// Those of the store.
    async fn forget(&self, what: ReplayKey) -> Result<()>;
}

/// Key of a record: an event of an account, or a nonce or signature. The same in every process and version.
pub type ReplayKey = EventId;

/// The content it came with.
pub type PayloadHash = EventId;

/// Answer of a replay store: whether something came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Seen {
    /// Did not come before, as far as the store remembers.
    First,
    /// Came before with the same content.
    Again,
    /// Came before with another content.
    Changed,
}

/// An event, and whether it came before.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// The event.
    pub event: Event,
    /// `true` if it came before: answer 200 and change nothing.
    pub replay: bool,
    traces: Traces,
}

impl Received {
    /// Forgets that this event came: call it when you could not handle it and answer 5xx, or the
    /// provider's next attempt is taken for a replay.
    ///
    /// A process that is killed before it gets here, and a handler that its server drops because the
    /// provider hung up (Plivo after 8 seconds), forget nothing: **what must not be lost is handled in a
    /// task of its own**, or remembered in the transaction that it changes.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn forget(&self, store: &dyn ReplayStore) -> Result<()> {
        if let Some(proof) = self.traces.proof {
            store.forget(proof).await?;
        }
        store.forget(self.traces.event).await
    }
}

/// Under which keys a request is remembered, and with what content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Traces {
    /// Its nonce, or its signature.
    proof: Option<ReplayKey>,
    event: ReplayKey,
    /// All that the event says.
    content: PayloadHash,
}

impl Traces {
    pub(super) fn of(provider: &ProviderId, proof: &Proof<'_>, event: &Event) -> Self {
        let key = |parts: [&str; 2]| EventId::of(provider, parts);
        let nonce = proof.nonce.as_deref().map(|nonce| key(["nonce", nonce]));
        let signature =
            || proof.signature.as_deref().map(|signature| key(["signature", signature]));
        // An account must not have a say in what another's messages came to.
        let account = event.account().map(|account| key([account, &event.id().to_string()]));
        let said = serde_json::to_vec(event).unwrap_or_default(); // an event is always JSON
        Self {
            proof: nonce.or_else(signature),
            event: account.unwrap_or(*event.id()),
            content: EventId::of(provider, [said]),
        }
    }

    /// Asks the store for the nonce or the signature of a request, and for its event.
    pub(super) async fn once(
        self,
        event: Event,
        store: &dyn ReplayStore,
    ) -> Result<std::result::Result<Received, WebhookError>> {
        if let Some(proof) = self.proof
            && store.remember(proof, self.content).await? == Seen::Changed
        {
            let reused = WebhookError::new(WebhookErrorKind::NonceReused);
            return Ok(Err(refused::event(&event, reused)));
        }
        // Of news that a provider words in another way there is no second.
        let replay = store.remember(self.event, self.content).await? != Seen::First;
        Ok(Ok(Received { event, replay, traces: self }))
    }
}

/// A [`ReplayStore`] in memory, bounded in size and time: for one process.
pub struct MemoryReplayStore {
    most: usize,
    keep: Duration,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    contents: HashMap<ReplayKey, PayloadHash>,
    /// Keys in the order they came.
    order: VecDeque<(ReplayKey, Instant)>,
}

impl MemoryReplayStore {
    /// Creates a store that remembers at most `most` keys (at least 1), each for the time `keep`. An entry
    /// takes some 100 bytes. When full, it forgets the oldest: only verified requests are remembered, so
    /// that nobody else can push it out.
    #[must_use]
    pub fn new(most: usize, keep: Duration) -> Self {
        Self { most: most.max(1), keep, known: Mutex::default() }
    }

    /// Returns the number of keys that are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).contents.len()
    }

    /// Returns whether no key is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn remember_at(&self, what: ReplayKey, content: PayloadHash, now: Instant) -> Seen {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let stale = |came: Instant| now.saturating_duration_since(came) >= self.keep;
        while known.order.front().is_some_and(|(_, came)| stale(*came)) {
            known.drop_oldest();
        }
        match known.contents.get(&what) {
            Some(known) if *known == content => return Seen::Again,
            Some(_) => return Seen::Changed,
            None => {}
        }
        while known.contents.len() >= self.most {
            known.drop_oldest();
        }
        known.contents.insert(what, content);
        known.order.push_back((what, now));
        Seen::First
    }
}

impl Default for MemoryReplayStore {
    /// Creates a store of 100,000 keys, each for 7 days.
    fn default() -> Self {
        Self::new(100_000, Duration::from_secs(7 * 24 * 60 * 60))
    }
}

impl Known {
    fn drop_oldest(&mut self) {
        let Some((what, _)) = self.order.pop_front() else { return };
        self.contents.remove(&what);
    }
}

#[async_trait]
impl ReplayStore for MemoryReplayStore {
    async fn remember(&self, what: ReplayKey, content: PayloadHash) -> Result<Seen> {
        Ok(self.remember_at(what, content, Instant::now()))
    }

    async fn forget(&self, what: ReplayKey) -> Result<()> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.contents.remove(&what).is_some() {
            // What could not be handled has come just now.
            let at = known.order.iter().rposition(|(known, _)| *known == what);
            at.map(|at| known.order.remove(at));
        }
        Ok(())
    }
}

impl fmt::Debug for MemoryReplayStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryReplayStore({} of {})", self.len(), self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u32) -> EventId {
        format!("{n:032x}").parse().unwrap()
    }

    #[test]
    fn is_bounded_in_size_and_time() {
        let store = MemoryReplayStore::new(3, Duration::from_secs(10));
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let see = |n, content, seconds| store.remember_at(id(n), id(content), at(seconds));
        assert_eq!(see(1, 1, 0), Seen::First);
        assert_eq!(see(1, 1, 1), Seen::Again);
        assert_eq!(see(1, 2, 9), Seen::Changed);
        assert_eq!(see(1, 2, 10), Seen::First);
        assert_eq!(
            (see(2, 2, 11), see(3, 3, 12), see(4, 4, 13)),
            (Seen::First, Seen::First, Seen::First)
        );
        assert_eq!((see(2, 2, 14), see(1, 2, 14)), (Seen::Again, Seen::First));
        assert_eq!(store.len(), 3);
    }

    #[test]
    fn the_default_remembers_for_a_week() {
        let store = MemoryReplayStore::default();
        let (start, day) = (Instant::now(), 24 * 60 * 60);
        let see = |seconds| store.remember_at(id(1), id(1), start + Duration::from_secs(seconds));
        assert_eq!(see(0), Seen::First);
        for seconds in [1, day, 7 * day - 1] {
            assert_eq!(see(seconds), Seen::Again, "{seconds}");
        }
        assert_eq!(see(7 * day), Seen::First);
    }
}
