//! [`MemoryChallenges`]: challenges that last as long as the process.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::{
    ChallengeAnswer, ChallengeChange, ChallengeFact, ChallengeRow, ChallengeRows, ChallengeSend,
    ChallengeStore, ReportQuery, SendState, Tally, TallyKey,
};
use crate::error::Result;

/// Store of challenges in memory: for one process, and for tests. What is older than a day goes when the store grows.
///
/// ```
/// use anysms::verification::MemoryChallenges;
///
/// let store = MemoryChallenges::new();
/// ```
pub struct MemoryChallenges {
    kept: Mutex<Kept>,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

#[derive(Default)]
struct Kept {
    challenges: HashMap<u128, ChallengeRow>,
    sends: BTreeMap<(u128, u16), ChallengeSend>,
    tallies: HashMap<TallyKey, Tally>,
    swept_at: Option<Timestamp>,
}

impl MemoryChallenges {
    /// Creates an empty store by the system's clock.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(Timestamp::now)
    }

    /// Creates an empty store by a clock of your own, for tests.
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    ///
    /// use anysms::{Timestamp, verification::MemoryChallenges};
    ///
    /// let now = Arc::new(Mutex::new(Timestamp::UNIX_EPOCH));
    /// let clock = now.clone();
    /// let store = MemoryChallenges::with_clock(move || *clock.lock().unwrap());
    /// ```
    #[must_use]
    pub fn with_clock(clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self { kept: Mutex::default(), clock: Arc::new(clock) }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryChallenges {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryChallenges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.kept();
        f.debug_struct("MemoryChallenges")
            .field("challenges", &kept.challenges.len())
            .finish_non_exhaustive()
    }
}

impl Kept {
    /// Drops what is older than a day, at most once an hour.
    fn sweep(&mut self, now: Timestamp) {
        let hour = SignedDuration::from_hours(1);
        if self.swept_at.is_some_and(|at| now.duration_since(at) < hour) {
            return;
        }
        self.swept_at = Some(now);
        let young = |at: Timestamp| now.duration_since(at) < SignedDuration::from_hours(24);
        self.challenges.retain(|_, row| young(row.created_at)); // the decoy is from the end of time
        self.sends.retain(|_, send| young(send.at));
        self.tallies.retain(|_, tally| {
            young(tally.last_at) || tally.blocked_until.is_some_and(|until| until > now)
        });
    }
}

#[async_trait]
impl ChallengeStore for MemoryChallenges {
    async fn change(&self, change: &ChallengeChange) -> Result<ChallengeAnswer> {
        let mut kept = self.kept();
        let now = (self.clock)(); // read under the lock, so that it never runs backwards
        kept.sweep(now);
        // All are looked for, so that one that is not known takes no longer.
        let ids = change.challenges();
        let known: Vec<_> = ids.iter().map(|id| kept.challenges.get(id)).collect();
        let challenge = known.into_iter().flatten().next().cloned();
        let send = change.send().and_then(|key| kept.sends.get(&key)).cloned();
        let mut rows = ChallengeRows::new(challenge, send);
        let keys = change.tallies(rows.challenge.as_ref(), now);
        let tally =
            |key: TallyKey| kept.tallies.get(&key).cloned().unwrap_or_else(|| Tally::new(key, now));
        rows.tallies = keys.into_iter().map(tally).collect();
        let answer = change.apply(&mut rows, now);
        kept.challenges.extend(rows.challenge.map(|row| (row.id, row)));
        kept.sends.extend(rows.send.map(|send| ((send.challenge, send.number), send)));
        kept.tallies.extend(rows.tallies.into_iter().map(|tally| (tally.key.clone(), tally)));
        Ok(answer)
    }

    async fn due(
        &self,
        before: Timestamp,
        most: usize,
    ) -> Result<Vec<(ChallengeRow, ChallengeSend)>> {
        let kept = self.kept();
        let mut due: Vec<_> = kept
            .sends
            .values()
            .filter(|send| send.state == SendState::Due && send.at < before)
            .filter_map(|send| Some((kept.challenges.get(&send.challenge)?.clone(), send.clone())))
            .collect();
        due.sort_by_key(|(_, send)| send.at);
        due.truncate(most);
        Ok(due)
    }

    async fn facts(&self, query: &ReportQuery) -> Result<Vec<ChallengeFact>> {
        let kept = self.kept();
        let facts = kept.challenges.values().map(ChallengeFact::of);
        let mut facts: Vec<_> = facts.filter(|fact| query.matches(fact)).collect();
        facts.sort_by_key(|fact| fact.started_at);
        Ok(facts)
    }

    fn now(&self) -> Timestamp {
        (self.clock)()
    }
}
