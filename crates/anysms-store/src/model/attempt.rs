//! [`Attempt`]: one submission of a message to one provider, from the intent to the end.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AttemptToken, LogStatus, Progress, StatusConflict};

use anysms::{message::{DeliveryFailure, MessageId, Money}, ProviderId};

/// One submission of a message to one provider. It is written down before the provider is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Attempt {
    /// 1 for the message's first.
    pub number: u32,
    /// Who was asked.
    pub provider: ProviderId,
    /// The provider's id, once it is known.
    pub id: Option<MessageId>,
    /// What is proved; none while the answer is waited for.
    pub outcome: Option<AttemptOutcome>,
    /// How that became known.
    pub settled_by: Option<SettledBy>,
    /// How far it got.
    pub status: LogStatus,
    /// Why it did not arrive.
    pub failure: Option<DeliveryFailure>,
    /// An end was reported that was none.
    pub conflict: Option<StatusConflict>,
    /// The provider gave two ids for it. The first is kept.
    pub id_conflict: bool,
    /// When it was written down, just before the provider was asked.
    pub begun_at: Timestamp,
    /// When the answer came.
    pub ended_at: Option<Timestamp>,
    /// When it arrived, where the provider says so.
    pub delivered_at: Option<Timestamp>,
    /// How many segments the provider counts.
    pub segments: Option<u32>,
    /// What the provider charged.
    pub price: Option<Money>,
    /// The provider's id of the request, for its support desk.
    pub request_id: Option<String>,
    #[serde(skip)]
    pub(crate) row: i64, // 0 until a home has given one
    #[serde(skip)]
    pub(crate) token: AttemptToken,
    #[serde(skip)]
    pub(crate) progress: Progress,
    /// How often the provider was asked what became of it, and when it is asked next; while the answer is
    /// waited for, when its lease is over.
    #[serde(skip)]
    pub(crate) checks: u32,
    #[serde(skip)]
    pub(crate) check_at: Option<Timestamp>,
    /// Nothing more is done to find out.
    #[serde(skip)]
    pub(crate) given_up: bool,
}

/// What is proved of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AttemptOutcome {
    /// The provider took it.
    Accepted,
    /// Nothing was sent.
    NotSent,
    /// It may have been sent.
    Unknown,
}

/// How an attempt's outcome became known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SettledBy {
    /// By the provider's answer.
    Answer,
    /// By a verified webhook.
    Callback,
    /// By asking the provider later.
    Lookup,
    /// It is not known and will not be: the time to find out is over.
    GivenUp,
    /// By somebody, with [`MessageLog::settle`](crate::MessageLog::settle).
    Hand,
}

/// After which time an attempt of which nobody knows is looked for.
const UNKNOWN_CHECKS: [u64; 4] = [30, 2 * 60, 10 * 60, 60 * 60];

/// After which time the provider is asked for what no webhook brought: the end, and then the price.
const MISSING_CHECKS: [u64; 4] = [10 * 60, 60 * 60, 24 * 60 * 60, 72 * 60 * 60];

impl Attempt {
    pub(crate) fn new(
        number: u32,
        provider: ProviderId,
        token: AttemptToken,
        now: Timestamp,
    ) -> Self {
        Self {
            number,
            provider,
            id: None,
            outcome: None,
            settled_by: None,
            status: LogStatus::Prepared,
            failure: None,
            conflict: None,
            id_conflict: false,
            begun_at: now,
            ended_at: None,
            delivered_at: None,
            segments: None,
            price: None,
            request_id: None,
            row: 0,
            token,
            progress: Progress::default(),
            checks: 0,
            check_at: None,
            given_up: false,
        }
    }

    /// Whether more is to come of it.
    pub(crate) fn is_open(&self) -> bool {
        match self.outcome {
            None => true,
            Some(AttemptOutcome::NotSent) => false,
            Some(AttemptOutcome::Unknown) => !self.given_up,
            Some(AttemptOutcome::Accepted) => !self.status.is_final(),
        }
    }

    /// Whether it is known if it was sent, or nobody will find out.
    pub(crate) const fn is_known(&self) -> bool {
        match self.outcome {
            None => false,
            Some(AttemptOutcome::Unknown) => self.given_up,
            Some(AttemptOutcome::Accepted | AttemptOutcome::NotSent) => true,
        }
    }

    /// Takes a report. Whether the status was not reported before.
    pub(crate) fn report(&mut self, status: LogStatus, failure: Option<&DeliveryFailure>) -> bool {
        let news = self.progress.add(status, failure);
        self.read_progress();
        news
    }

    pub(crate) fn read_progress(&mut self) {
        self.status = self.progress.status();
        self.failure = self.progress.failure().cloned();
        self.conflict = self.progress.conflict();
    }

    /// Learns the provider's id. A second one does not replace the first.
    pub(crate) fn learn_id(&mut self, id: &MessageId) {
        match &self.id {
            None => self.id = Some(id.clone()),
            Some(known) => self.id_conflict |= known != id,
        }
    }

    /// The provider is about to say more than somebody who settled that nothing was sent.
    pub(crate) fn retract(&mut self) {
        let denied = self.settled_by == Some(SettledBy::Hand)
            && self.outcome == Some(AttemptOutcome::NotSent);
        if denied {
            (self.outcome, self.settled_by) = (Some(AttemptOutcome::Unknown), None);
            self.progress = Progress::default();
            self.report(LogStatus::Unknown, None);
        }
    }

    /// The provider has it, as this says. What is missing of it is asked for as of one that was answered, once at
    /// least.
    pub(crate) fn accept(&mut self, by: SettledBy, now: Timestamp) {
        if self.status <= LogStatus::Unknown {
            self.report(LogStatus::Accepted, None);
        }
        (self.outcome, self.settled_by) = (Some(AttemptOutcome::Accepted), Some(by));
        let age = now.duration_since(self.begun_at).as_secs();
        let past = MISSING_CHECKS
            .iter()
            .filter(|after| i64::try_from(**after).is_ok_and(|after| after <= age));
        self.checks = past.count().min(MISSING_CHECKS.len() - 1) as u32;
        self.given_up = false;
    }

    /// When the provider is asked next, after all that is known now.
    pub(crate) fn schedule_check(&mut self) {
        let missing = !self.status.is_final() || self.price.is_none();
        let after = match self.outcome {
            Some(AttemptOutcome::Unknown) if !self.given_up => {
                UNKNOWN_CHECKS.get(self.checks as usize)
            }
            Some(AttemptOutcome::Accepted) if missing && self.id.is_some() => {
                MISSING_CHECKS.get(self.checks as usize)
            }
            _ => None,
        };
        self.check_at =
            after.and_then(|after| self.begun_at.checked_add(Duration::from_secs(*after)).ok());
    }

    /// Whether another look may still come.
    pub(crate) const fn is_last_check(&self) -> bool {
        self.checks as usize >= UNKNOWN_CHECKS.len()
    }
}
