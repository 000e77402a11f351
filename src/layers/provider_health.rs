//! [`ProviderHealth`]: delivery rate of each provider of a [`Weighted`](super::Weighted).

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    fmt,
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

use super::lock::{Mutex, lock};
use crate::{
    account_id::AccountKey,
    error::{Blame, ErrorKind},
    message::{MessageId, MessageStatus},
    webhook::{Event, StatusUpdate},
};

/// Delivery rates of the providers of one [`Weighted`](super::Weighted), learned from delivery reports, of each
/// account by itself. Clones share their state. [`scores`](Self::scores) returns them for a report.
///
/// A report is bad if the message was not delivered for a reason other than its recipient, or was delivered
/// late. A missing report is bad too, unless the provider never reports. The rate follows roughly the last
/// 50 messages of each provider.
///
/// Learn from webhooks:
///
/// ```
/// use anysms::{layers::ProviderHealth, webhook::Event};
///
/// fn on_event(health: &ProviderHealth, event: &Event) {
///     health.learn(event);
/// }
/// ```
#[derive(Clone)]
pub struct ProviderHealth {
    state: Arc<Mutex<State>>,
    late: Duration,
}

#[derive(Default)]
struct State {
    scores: BTreeMap<Way, Score>,
    /// Messages without a final report: the way that they went, and the time of sending.
    expected: HashMap<MessageId, (Way, Instant)>,
    /// The same in order of sending, those that are not late yet.
    in_time: VecDeque<(Instant, MessageId)>,
    /// The same in order of sending, those that are late.
    late: VecDeque<(Instant, MessageId)>,
    /// Reports that arrived before the send returned.
    early: VecDeque<(MessageId, Verdict)>,
}

/// Index of a provider, and its account; `None` where it has none, or cannot tell.
type Way = (usize, Option<AccountKey>);

/// Delivery rate of one account of a provider of a [`Weighted`](super::Weighted).
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct ProviderScore {
    /// Index of the provider, in the order in which they were added, from 0.
    pub provider: usize,
    /// Account; `None` where the provider has none, or cannot tell.
    pub account: Option<AccountKey>,
    /// Share of good reports among roughly the last 50, from 0 to 1; 1 before the first.
    pub delivered: f64,
    /// `true` once a report has arrived.
    pub reports: bool,
}

/// Meaning of a final report for the provider.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Delivered,
    /// Not delivered, for a reason other than the recipient.
    Lost,
    /// Not delivered because of the recipient or the sender.
    NotCounted,
}

#[derive(Clone, Copy)]
struct Score {
    /// Share of good reports, as a moving average.
    good: f64,
    /// `true` once a report has arrived.
    reports: bool,
}

/// Weight of one report in the moving average.
const WEIGHT: f64 = 0.02;

/// Minimum share of a weight that is left, so that a provider can recover.
const MIN_SCORE: f64 = 0.05;

/// Maximum number of messages without a final report.
const MAX_EXPECTED: usize = 100_000;

/// Maximum number of reports kept for sends that have not returned.
const MAX_EARLY: usize = 100;

impl Default for ProviderHealth {
    /// Counts messages as late after two minutes.
    fn default() -> Self {
        Self::new(Duration::from_secs(120))
    }
}

impl ProviderHealth {
    /// Counts messages as late after this time.
    #[must_use]
    pub fn new(late: Duration) -> Self {
        Self { state: Arc::default(), late }
    }

    /// Learns from a verified event. Ignores events other than final statuses.
    pub fn learn(&self, event: &Event) {
        let Event::Status(update) = event else { return };
        let Some(verdict) = verdict(update) else { return };
        self.with(|state, now| {
            let Some((way, sent)) = state.expected.remove(&update.message) else {
                state.early.push_back((update.message.clone(), verdict));
                if state.early.len() > MAX_EARLY {
                    state.early.pop_front();
                }
                return;
            };
            let in_time = now.saturating_duration_since(sent) <= self.late;
            state.report(&way, verdict, in_time);
        });
    }

    /// Returns the delivery rates so far, by provider and account; empty before the first message.
    #[must_use]
    pub fn scores(&self) -> Vec<ProviderScore> {
        let score = |((provider, account), score): (&Way, &Score)| ProviderScore {
            provider: *provider,
            account: account.clone(),
            delivered: score.good,
            reports: score.reports,
        };
        self.with(|state, _| state.scores.iter().map(score).collect())
    }

    /// Records that a provider's account accepted a message.
    pub(super) fn expect(&self, id: &MessageId, way: Way) {
        self.with(|state, now| {
            if let Some(at) = state.early.iter().position(|(early, _)| early == id) {
                if let Some((_, verdict)) = state.early.remove(at) {
                    state.report(&way, verdict, true);
                }
            } else if state.expected.len() < MAX_EXPECTED {
                state.score(&way);
                state.expected.insert(id.clone(), (way, now));
                state.in_time.push_back((now, id.clone()));
            }
        });
    }

    /// Returns the share of its weight that each way keeps.
    pub(super) fn shares(&self, ways: impl Iterator<Item = Way>) -> Vec<f64> {
        self.with(|state, _| {
            let good = |way| state.scores.get(&way).map_or(1.0, |score| score.good);
            ways.map(|way| good(way).powi(2).max(MIN_SCORE)).collect()
        })
    }

    fn with<T>(&self, f: impl FnOnce(&mut State, Instant) -> T) -> T {
        let (mut state, now) = (lock(&self.state), Instant::now());
        state.give_up(now, self.late);
        f(&mut state, now)
    }
}

impl State {
    fn score(&mut self, way: &Way) -> &mut Score {
        self.scores.entry(way.clone()).or_insert(Score { good: 1.0, reports: false })
    }

    fn report(&mut self, way: &Way, verdict: Verdict, in_time: bool) {
        if verdict != Verdict::NotCounted {
            self.rate(way, verdict == Verdict::Delivered && in_time);
        }
        self.score(way).reports = true;
    }

    fn rate(&mut self, way: &Way, good: bool) {
        let score = self.score(way);
        score.good += WEIGHT * (f64::from(u8::from(good)) - score.good);
    }

    /// Counts missing reports as bad for providers that report. For all others, waits ten times as long for
    /// a first report.
    fn give_up(&mut self, now: Instant, late: Duration) {
        while let Some((sent, id)) = older(&mut self.in_time, now, late) {
            let Some((way, _)) = self.expected.get(&id).cloned() else { continue };
            if self.score(&way).reports {
                self.expected.remove(&id);
                self.rate(&way, false);
            } else {
                self.late.push_back((sent, id));
            }
        }
        while let Some((_, id)) = older(&mut self.late, now, late.saturating_mul(10)) {
            self.expected.remove(&id);
        }
    }
}

/// Removes and returns the first entry if it is older than `age`.
fn older(
    sent: &mut VecDeque<(Instant, MessageId)>,
    now: Instant,
    age: Duration,
) -> Option<(Instant, MessageId)> {
    let (first, _) = sent.front()?;
    if now.saturating_duration_since(*first) > age { sent.pop_front() } else { None }
}

/// Returns the meaning of a status; `None` if it is not final.
fn verdict(update: &StatusUpdate) -> Option<Verdict> {
    match update.status {
        MessageStatus::Delivered | MessageStatus::Read => Some(Verdict::Delivered),
        MessageStatus::Canceled => Some(Verdict::NotCounted),
        MessageStatus::Undelivered | MessageStatus::Failed | MessageStatus::Rejected => {
            match update.failure.as_ref().map(|failure| failure.kind) {
                Some(kind) if kind.blame() == Blame::Recipient => Some(Verdict::NotCounted),
                Some(ErrorKind::InvalidContent) => Some(Verdict::NotCounted),
                _ => Some(Verdict::Lost),
            }
        }
        _ => None,
    }
}

impl fmt::Debug for ProviderHealth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = lock(&self.state);
        f.debug_struct("ProviderHealth")
            .field("late", &self.late)
            .field("expected", &state.expected.len())
            .finish_non_exhaustive()
    }
}
