//! [`AttemptRecord`]: one submission of a message to one provider, from the intent to the end.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use anysms::{
    AccountId, ProviderId,
    message::{DeliveryFailure, MessageId, Money},
};

use crate::{AttemptToken, EntryId, Progress, StatusConflict, StatusReducer};

/// Submission of a message to one provider, written down before the provider is asked.
///
/// To add a field: this struct, `AttemptRecord::new`, one line in `backend/sql/rows/attempt.rs`, and a step of
/// `backend/sql/schema`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AttemptRecord {
    /// Number of the attempt, from 1.
    pub number: u32,
    /// Provider that was asked.
    pub provider: ProviderId,
    /// Account at the provider; `None` where the provider has none, or did not say.
    pub account: Option<AccountId>,
    /// Provider's id of the message, once it is known.
    pub id: Option<MessageId>,
    /// Outcome that is proved; `None` while the answer is waited for.
    pub outcome: Option<AttemptOutcome>,
    /// Way in which the outcome became known.
    pub settled_by: Option<SettledBy>,
    /// Progress of the delivery.
    pub status: Progress,
    /// Reason why it did not arrive, with the provider's code.
    pub failure: Option<DeliveryFailure>,
    /// The same reason as half a sentence for people, in this project's words.
    pub error_text: Option<String>,
    /// Reports that contradict each other.
    pub conflict: Option<StatusConflict>,
    /// `true` if the provider gave two ids for it. The first is kept.
    pub id_conflict: bool,
    /// Time it was written down, just before the provider was asked.
    pub begun_at: Timestamp,
    /// Time the answer came.
    pub ended_at: Option<Timestamp>,
    /// Time the message arrived, where the provider says so.
    pub delivered_at: Option<Timestamp>,
    /// Time of the last report that it failed.
    pub failed_at: Option<Timestamp>,
    /// Number of segments that the provider counts.
    pub segments: Option<u32>,
    /// Price that the provider charged.
    pub price: Option<Money>,
    /// Provider's id of the request, for its support desk.
    pub request_id: Option<String>,
    #[serde(skip)]
    pub(crate) row: i64, // 0 until a backend has given one
    #[serde(skip)]
    pub(crate) message: EntryId,
    #[serde(skip)]
    pub(crate) token: AttemptToken,
    #[serde(skip)]
    pub(crate) reports: StatusReducer,
    /// Number of times the provider was asked what became of it, and when it is asked next; while the answer is
    /// waited for, when its lease is over.
    #[serde(skip)]
    pub(crate) checks: u32,
    #[serde(skip)]
    pub(crate) check_at: Option<Timestamp>,
    /// Number of times the provider was asked for the price, and when it is asked next.
    #[serde(skip)]
    pub(crate) cost_checks: u32,
    #[serde(skip)]
    pub(crate) cost_check_at: Option<Timestamp>,
    /// `true` if nothing more is done to find out.
    #[serde(skip)]
    pub(crate) given_up: bool,
    /// `true` if a layer sent it to another number than the message names, as a guard does for staging.
    #[serde(skip)]
    pub(crate) redirected: bool,
    /// Id that an event named which proves only its address, until the provider was asked about it.
    #[serde(skip)]
    pub(crate) hinted: Option<MessageId>,
}

/// Proved outcome of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AttemptOutcome {
    /// Accepted by the provider.
    Accepted,
    /// Not sent.
    NotSent,
    /// Unconfirmed: it may have been sent.
    Unknown,
}

/// Way in which an attempt's outcome became known.
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
    /// Not known, and not asked for any more: the time to find out is over.
    GivenUp,
    /// By hand, with [`MessageStore::settle`](crate::MessageStore::settle).
    Hand,
}

/// Returns a failure as all backends keep it: its kind and code, by which the provider's page can be found again.
pub(crate) fn without_help(failure: &DeliveryFailure) -> DeliveryFailure {
    DeliveryFailure::new(failure.kind, &failure.code)
}

/// Ages, in seconds, at which an unconfirmed attempt is looked up.
const UNKNOWN_CHECKS: [u64; 4] = [30, 2 * 60, 10 * 60, 60 * 60];

/// Ages, in seconds, at which the provider is asked for what no webhook brought: the end, and then the
/// price.
const MISSING_CHECKS: [u64; 4] = [10 * 60, 60 * 60, 24 * 60 * 60, 72 * 60 * 60];

impl AttemptRecord {
    pub(crate) fn new(
        message: EntryId,
        number: u32,
        (provider, account): (ProviderId, Option<AccountId>),
        token: AttemptToken,
        now: Timestamp,
    ) -> Self {
        Self {
            number,
            provider,
            account,
            id: None,
            outcome: None,
            settled_by: None,
            status: Progress::Prepared,
            failure: None,
            error_text: None,
            conflict: None,
            id_conflict: false,
            begun_at: now,
            ended_at: None,
            delivered_at: None,
            failed_at: None,
            segments: None,
            price: None,
            request_id: None,
            row: 0,
            message,
            token,
            reports: StatusReducer::default(),
            checks: 0,
            check_at: None,
            cost_checks: 0,
            cost_check_at: None,
            given_up: false,
            redirected: false,
            hinted: None,
        }
    }

    /// Creates an attempt with no field set.
    pub(crate) fn blank() -> Self {
        let provider = ProviderId::from_static("none");
        let (message, token) = (EntryId::default(), AttemptToken::NONE);
        Self::new(message, 0, (provider, None), token, Timestamp::UNIX_EPOCH)
    }

    /// Returns whether more is to come of it.
    pub(crate) fn is_open(&self) -> bool {
        match self.outcome {
            None => true,
            Some(AttemptOutcome::NotSent) => false,
            Some(AttemptOutcome::Unknown) => !self.given_up,
            Some(AttemptOutcome::Accepted) => !self.status.is_final(),
        }
    }

    /// Returns whether the outcome is known, or will not be looked for any more.
    pub(crate) const fn is_known(&self) -> bool {
        match self.outcome {
            None => false,
            Some(AttemptOutcome::Unknown) => self.given_up,
            Some(AttemptOutcome::Accepted | AttemptOutcome::NotSent) => true,
        }
    }

    /// Takes a report of a status at a time, with its reason in our words. Returns `true` if the status was not
    /// reported before.
    pub(crate) fn report(
        &mut self,
        status: Progress,
        failure: Option<&DeliveryFailure>,
        at: Timestamp,
    ) -> bool {
        let failure = failure.map(without_help);
        let is_new = self.reports.add(status, failure.as_ref());
        self.derive();
        if status.is_negative() && status != Progress::Canceled {
            self.failed_at = self.failed_at.max(Some(at));
        }
        is_new
    }

    /// Says in the project's own words why it failed, if this is the failure that counts.
    pub(crate) fn explain(&mut self, failure: &DeliveryFailure, words: &str) {
        let is_it = self.failure.as_ref() == Some(&without_help(failure));
        if is_it && !words.is_empty() {
            self.error_text = Some(words.to_owned());
        }
    }

    /// Sets what follows from the reports.
    fn derive(&mut self) {
        self.status = self.reports.status();
        self.conflict = self.reports.conflict();
        let failure = self.reports.failure();
        if self.failure.as_ref() != failure {
            self.failure = failure.cloned();
            self.error_text = failure.map(|failure| failure.kind.description().to_owned());
        }
    }

    /// Puts what was read back together: the reports, with the failure that stands beside them.
    pub(crate) fn restore_reports(&mut self) {
        self.reports = StatusReducer::from_seen(self.reports.seen(), self.failure.clone());
        self.status = self.reports.status();
        self.conflict = self.reports.conflict();
        if let Some(failure) = self.failure.as_ref().filter(|_| self.error_text.is_none()) {
            self.error_text = Some(failure.kind.description().to_owned()); // of the first edition
        }
    }

    /// Learns the provider's id. A second one does not replace the first.
    pub(crate) fn learn_id(&mut self, id: &MessageId) {
        match &self.id {
            None => self.id = Some(id.clone()),
            Some(known) => self.id_conflict |= known != id,
        }
    }

    /// Takes back a settlement by hand as not sent: the provider is about to say more.
    pub(crate) fn retract(&mut self) {
        let denied = self.settled_by == Some(SettledBy::Hand)
            && self.outcome == Some(AttemptOutcome::NotSent);
        if denied {
            (self.outcome, self.settled_by) = (Some(AttemptOutcome::Unknown), None);
            (self.reports, self.failed_at) = (StatusReducer::default(), None);
            self.report(Progress::Unconfirmed, None, self.begun_at);
        }
    }

    /// Marks the attempt as accepted, known by `by`. Missing facts are asked for as of an attempt that was
    /// answered, once at least.
    pub(crate) fn accept(&mut self, by: SettledBy, now: Timestamp) {
        if self.status <= Progress::Unconfirmed {
            self.report(Progress::Accepted, None, now);
        }
        (self.outcome, self.settled_by) = (Some(AttemptOutcome::Accepted), Some(by));
        let age = now.duration_since(self.begun_at).as_secs();
        let past = MISSING_CHECKS
            .iter()
            .filter(|after| i64::try_from(**after).is_ok_and(|after| after <= age));
        self.checks = past.count().min(MISSING_CHECKS.len() - 1) as u32;
        self.given_up = false;
    }

    /// Sets the time at which the provider is asked next, by all that is known now.
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

    /// Has the provider asked at this time, once the submission has ended.
    pub(crate) fn ask_at(&mut self, at: Timestamp) {
        if self.outcome.is_some() {
            self.check_at = Some(self.check_at.map_or(at, |known| known.min(at)));
        }
    }

    /// Returns whether this was the last look.
    pub(crate) const fn is_last_check(&self) -> bool {
        self.checks as usize >= UNKNOWN_CHECKS.len()
    }
}
