//! [`DeliveryReports`]: how well each provider of a [`Weighted`](super::Weighted) delivers.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

use super::lock::{Mutex, lock};
use crate::{
    error::{Blame, ErrorKind},
    message::{MessageId, MessageStatus},
    webhook::{Event, StatusUpdate},
};

/// What delivery reports say of the providers of one [`Weighted`](super::Weighted). A clone is the same.
///
/// A report is bad if the message did not arrive and the recipient is not the cause, or if it arrived late;
/// so is one that does not come in time, of a provider that reports at all. What counts is roughly the last
/// 50 messages of each.
#[derive(Clone)]
pub struct DeliveryReports {
    state: Arc<Mutex<State>>,
    late: Duration,
}

#[derive(Default)]
struct State {
    members: Vec<Member>,
    /// Who sent what has not arrived yet, and when.
    expected: HashMap<MessageId, (usize, Instant)>,
    /// The same in the order of sending: what is in time, and what is late already.
    in_time: VecDeque<(Instant, MessageId)>,
    late: VecDeque<(Instant, MessageId)>,
    /// What was reported before the send was answered.
    early: VecDeque<(MessageId, Verdict)>,
}

/// What a last report says of the provider.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Arrived,
    /// It did not arrive, and the recipient is not the cause.
    Lost,
    /// It did not arrive, and the recipient or the sender is the cause.
    NotItsFault,
}

#[derive(Clone, Copy)]
struct Member {
    /// The share of good reports, the younger the weightier.
    good: f64,
    reports: bool,
}

/// How much one report weighs.
const WEIGHT: f64 = 0.02;

/// The least that is left of a weight, so that a provider can show that it is well again.
const LEAST: f64 = 0.05;

/// Most messages that are waited for.
const MOST: usize = 100_000;

/// Most reports that are kept for a send that is not answered yet.
const MOST_EARLY: usize = 100;

impl Default for DeliveryReports {
    /// A message that takes more than two minutes to arrive is late.
    fn default() -> Self {
        Self::new(Duration::from_secs(120))
    }
}

impl DeliveryReports {
    /// A message that takes longer than this to arrive is late.
    #[must_use]
    pub fn new(late: Duration) -> Self {
        Self { state: Arc::default(), late }
    }

    /// Takes what a verified event says of a message.
    pub fn learn(&self, event: &Event) {
        let Event::Status(update) = event else { return };
        let Some(verdict) = verdict(update) else { return };
        self.with(|state, now| {
            let Some((number, sent)) = state.expected.remove(&update.message) else {
                state.early.push_back((update.message.clone(), verdict));
                if state.early.len() > MOST_EARLY {
                    state.early.pop_front();
                }
                return;
            };
            let in_time = now.saturating_duration_since(sent) <= self.late;
            state.report(number, verdict, in_time);
        });
    }

    /// A provider of this number took this message.
    pub(super) fn expect(&self, id: &MessageId, number: usize) {
        self.with(|state, now| {
            if let Some(place) = state.early.iter().position(|(early, _)| early == id) {
                if let Some((_, verdict)) = state.early.remove(place) {
                    state.report(number, verdict, true);
                }
            } else if state.expected.len() < MOST {
                state.expected.insert(id.clone(), (number, now));
                state.in_time.push_back((now, id.clone()));
            }
        });
    }

    /// What is left of the weight of each of so many providers.
    pub(super) fn health(&self, members: usize) -> Vec<f64> {
        self.with(|state, _| {
            (0..members).map(|number| state.member(number).good.powi(2).max(LEAST)).collect()
        })
    }

    fn with<T>(&self, f: impl FnOnce(&mut State, Instant) -> T) -> T {
        let (mut state, now) = (lock(&self.state), Instant::now());
        state.give_up(now, self.late);
        f(&mut state, now)
    }
}

impl State {
    fn member(&mut self, number: usize) -> &mut Member {
        if self.members.len() <= number {
            self.members.resize(number + 1, Member { good: 1.0, reports: false });
        }
        &mut self.members[number]
    }

    fn report(&mut self, number: usize, verdict: Verdict, in_time: bool) {
        if verdict != Verdict::NotItsFault {
            self.rate(number, verdict == Verdict::Arrived && in_time);
        }
        self.member(number).reports = true;
    }

    fn rate(&mut self, number: usize, good: bool) {
        let member = self.member(number);
        member.good += WEIGHT * (f64::from(u8::from(good)) - member.good);
    }

    /// What has not been reported in time is bad, of a provider that reports. A report of the others is
    /// waited for ten times as long, as it may be the first.
    fn give_up(&mut self, now: Instant, late: Duration) {
        while let Some((sent, id)) = older(&mut self.in_time, now, late) {
            let Some((number, _)) = self.expected.get(&id).copied() else { continue };
            if self.member(number).reports {
                self.expected.remove(&id);
                self.rate(number, false);
            } else {
                self.late.push_back((sent, id));
            }
        }
        while let Some((_, id)) = older(&mut self.late, now, late.saturating_mul(10)) {
            self.expected.remove(&id);
        }
    }
}

/// Takes the first that is older than this.
fn older(
    sent: &mut VecDeque<(Instant, MessageId)>,
    now: Instant,
    age: Duration,
) -> Option<(Instant, MessageId)> {
    let (first, _) = sent.front()?;
    if now.saturating_duration_since(*first) > age { sent.pop_front() } else { None }
}

/// None if nobody can say yet.
fn verdict(update: &StatusUpdate) -> Option<Verdict> {
    match update.status {
        MessageStatus::Delivered | MessageStatus::Read => Some(Verdict::Arrived),
        MessageStatus::Canceled => Some(Verdict::NotItsFault),
        MessageStatus::Undelivered | MessageStatus::Failed | MessageStatus::Rejected => {
            match update.failure.as_ref().map(|failure| failure.kind) {
                Some(kind) if kind.blame() == Blame::Recipient => Some(Verdict::NotItsFault),
                Some(ErrorKind::InvalidContent) => Some(Verdict::NotItsFault),
                _ => Some(Verdict::Lost),
            }
        }
        _ => None,
    }
}

impl fmt::Debug for DeliveryReports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = lock(&self.state);
        f.debug_struct("DeliveryReports")
            .field("late", &self.late)
            .field("expected", &state.expected.len())
            .finish_non_exhaustive()
    }
}
