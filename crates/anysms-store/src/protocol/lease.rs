//! The queue's half of the protocol: claims and leases, as changes of a [`Case`]. No I/O.

use std::time::Duration;

use jiff::Timestamp;

use anysms::{
    error::ErrorKind,
    message::{DeliveryFailure, Message, Text},
};

use crate::{
    AttemptOutcome, AttemptRecord, Entry, Progress, Stage, StorePolicy, Unconfirmed,
    model::case::Case,
};

/// Most claims of a message without being begun before somebody has to look at it.
const MOST_CLAIMS: u32 = 5;

/// Pause before a message that may have been sent is sent again, where the policy says so.
const RESEND_AFTER: Duration = Duration::from_secs(30);

/// End of a claim.
#[derive(Clone, Debug)]
pub(crate) enum Release {
    /// It is to be sent again after so long. Nothing was sent.
    Later(Duration),
    /// It is not to be sent. Nothing was sent.
    Never(DeliveryFailure),
    /// It cannot be sent by anybody.
    Dead,
    /// It may have been sent: the policy decides.
    Unconfirmed,
}

/// Result of a look at a message of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    /// It is this worker's now.
    Claimed,
    /// It left the queue: expired, lost, or dead.
    Left,
}

impl Case {
    /// Handles a look of the queue at the message, because it is due or its lease is over.
    pub(crate) fn wake(&mut self, policy: StorePolicy, now: Timestamp) -> Woken {
        match self.entry.stage {
            Stage::Waiting => {}
            // Its worker is gone, after a submission of which no outcome is known.
            Stage::Claimed if self.may_be_sent() => {
                self.decide_unconfirmed(policy, now);
                return Woken::Left;
            }
            Stage::Claimed => {}
            Stage::Sending => {
                self.interrupt(policy, now);
                return Woken::Left;
            }
            Stage::Done | Stage::Dead => {
                self.entry.wake_at = None;
                return Woken::Left;
            }
        }
        if self.entry.expires_at.is_some_and(|expires| expires <= now) {
            self.refuse(DeliveryFailure::new(ErrorKind::Expired, "expired"), now);
            return Woken::Left;
        }
        if self.entry.claims >= MOST_CLAIMS {
            self.leave(Stage::Dead);
            return Woken::Left;
        }
        self.entry.stage = Stage::Claimed;
        self.entry.fence += 1;
        self.entry.claims += 1;
        self.lease(policy.lease, now);
        Woken::Claimed
    }

    /// Prolongs a claim. Whether it is still this one.
    pub(crate) fn renew(&mut self, fence: i64, lease: Duration, now: Timestamp) -> bool {
        let held = matches!(self.entry.stage, Stage::Claimed | Stage::Sending);
        if !held || self.entry.fence != fence {
            return false;
        }
        self.lease(lease, now);
        true
    }

    /// Ends a claim of what was not begun, or is proved not to have been sent.
    pub(crate) fn release(
        &mut self,
        fence: i64,
        release: &Release,
        policy: StorePolicy,
        now: Timestamp,
    ) -> bool {
        if self.entry.stage != Stage::Claimed || self.entry.fence != fence {
            return false;
        }
        match release {
            Release::Later(wait) => {
                self.entry.claims = self.entry.claims.saturating_sub(1);
                self.wait_until(now.checked_add(*wait).unwrap_or(Timestamp::MAX));
                self.show_waiting();
            }
            Release::Never(failure) => self.refuse(failure.clone(), now),
            Release::Dead => self.leave(Stage::Dead),
            Release::Unconfirmed if self.may_be_sent() => self.decide_unconfirmed(policy, now),
            Release::Unconfirmed => self.leave(Stage::Done), // settled meanwhile
        }
        true
    }

    /// Leaves the queue with an attempt whose outcome is unknown, or waits to be sent again where the policy says so.
    fn decide_unconfirmed(&mut self, policy: StorePolicy, now: Timestamp) {
        if policy.unconfirmed(self.entry.class) == Unconfirmed::Resend && self.may_resend_once() {
            self.wait_until(now.checked_add(RESEND_AFTER).unwrap_or(now));
        } else {
            self.leave(Stage::Done);
        }
        self.derive();
    }

    /// Returns whether one attempt at most is unconfirmed, none is on its way, and none was accepted.
    pub(crate) fn may_resend_once(&self) -> bool {
        let maybe = self.attempts.iter().filter(|a| a.outcome != Some(AttemptOutcome::NotSent));
        let mut maybe = maybe.map(|attempt| attempt.outcome);
        maybe.next().is_none_or(|first| first == Some(AttemptOutcome::Unknown))
            && maybe.next().is_none()
    }

    pub(crate) fn wait_until(&mut self, at: Timestamp) {
        self.entry.stage = Stage::Waiting;
        (self.entry.wake_at, self.entry.leased_at) = (Some(at), None);
    }

    /// Calls a message back that waits, or that is set aside. Whether it is called back.
    pub(crate) fn cancel(&mut self) -> bool {
        if self.may_be_sent() {
            return false;
        }
        if matches!(self.entry.stage, Stage::Waiting | Stage::Dead) {
            self.leave(Stage::Done);
            self.entry.set_status(Progress::Canceled);
        }
        self.entry.status == Some(Progress::Canceled)
    }

    /// Returns whether an attempt is not proved to have sent nothing.
    pub(crate) fn may_be_sent(&self) -> bool {
        self.attempts.iter().any(|attempt| attempt.outcome != Some(AttemptOutcome::NotSent))
    }

    /// Puts a message back into the queue that is set aside, or that left it and is proved not to have been sent:
    /// failed, canceled, expired, or settled as not sent. Whether it waits there.
    pub(crate) fn requeue(
        &mut self,
        kept: Option<Text>,
        policy: StorePolicy,
        now: Timestamp,
    ) -> bool {
        if self.entry.stage == Stage::Dead && self.may_be_sent() {
            self.interrupt(policy, now); // it was set aside while it was sent
        }
        match self.entry.stage {
            Stage::Dead => self.wait_again(now),
            Stage::Done if !self.may_be_sent() => self.put_back(kept, now),
            _ => {}
        }
        self.entry.stage == Stage::Waiting
    }

    /// Puts a message with this payload back into the queue, if it can be read.
    pub(crate) fn put_back(&mut self, payload: Option<Text>, now: Timestamp) {
        let message =
            payload.as_deref().and_then(|json| serde_json::from_str::<Message>(json).ok());
        let Some(message) = message else { return };
        let validity = message.validity().and_then(|validity| now.checked_add(validity).ok());
        (self.entry.payload, self.entry.expires_at) = (payload, validity);
        self.wait_again(now);
    }

    /// Waits in the queue again, from the first claim on.
    fn wait_again(&mut self, now: Timestamp) {
        // What was claimed before stays behind.
        self.entry.fence = self.entry.fence.max(now.as_microsecond());
        self.entry.claims = 0;
        self.wait_until(now);
        self.show_waiting();
    }

    /// Sets the status of what waits: perhaps sent before, or not sent.
    fn show_waiting(&mut self) {
        if self.may_be_sent() {
            self.derive();
        } else {
            self.entry.set_status(Progress::Prepared);
        }
    }

    /// Moves a message that waits to another time. Whether it waits.
    pub(crate) fn reschedule(&mut self, at: Timestamp) -> bool {
        if self.entry.stage != Stage::Waiting {
            return false;
        }
        let due = self.entry.due_at.unwrap_or(self.entry.created_at);
        let validity = self.entry.expires_at.map(|expires| expires.duration_since(due));
        self.entry.expires_at = validity.and_then(|validity| at.checked_add(validity).ok());
        (self.entry.due_at, self.entry.wake_at) = (Some(at), Some(at));
        true
    }

    /// Returns whether a submission began whose lease is over: its worker is gone, or was.
    pub(crate) fn is_stale(&self, now: Timestamp) -> bool {
        let over = |attempt: &AttemptRecord| attempt.check_at.is_some_and(|at| at <= now);
        self.attempts.iter().any(|attempt| attempt.outcome.is_none() && over(attempt))
    }

    /// Ends that submission. Nobody knows how far it came.
    pub(crate) fn interrupt(&mut self, policy: StorePolicy, now: Timestamp) {
        for attempt in self.attempts.iter_mut().filter(|attempt| attempt.outcome.is_none()) {
            attempt.outcome = Some(AttemptOutcome::Unknown);
            let failure = DeliveryFailure::new(ErrorKind::Interrupted, "lease");
            attempt.report(Progress::Unconfirmed, Some(&failure), attempt.begun_at);
            attempt.schedule_check();
        }
        if self.entry.payload.is_some() {
            self.decide_unconfirmed(policy, now);
        } else {
            self.leave(Stage::Done);
            self.derive();
        }
    }

    pub(crate) fn is_leased(&self, least: Duration, now: Timestamp) -> bool {
        let until = |time: Timestamp| time.duration_since(now);
        self.entry.leased_at.is_some_and(|leased| leased <= now)
            && self
                .entry
                .wake_at
                .is_some_and(|end| until(end) >= least.try_into().unwrap_or_default())
    }

    pub(crate) fn lease(&mut self, lease: Duration, now: Timestamp) {
        self.entry.leased_at = Some(now);
        self.entry.wake_at = now.checked_add(lease).ok();
        self.watch_attempts();
    }

    /// Has the submissions on their way end with the lease.
    pub(crate) fn watch_attempts(&mut self) {
        for attempt in self.attempts.iter_mut().filter(|attempt| attempt.outcome.is_none()) {
            attempt.check_at = self.entry.wake_at; // by then somebody must have said how it ended
        }
    }

    /// Leaves the queue for good.
    pub(crate) fn leave(&mut self, stage: Stage) {
        self.entry.stage = stage;
        (self.entry.wake_at, self.entry.leased_at) = (None, None);
        if stage == Stage::Done {
            // What was accepted is never sent again.
            let accepted = Some(AttemptOutcome::Accepted);
            let keeps = self.entry.keeps && self.attempts.iter().all(|a| a.outcome != accepted);
            let payload = self.entry.payload.take();
            self.entry.kept = payload.filter(|_| keeps).or(self.entry.kept.take());
        }
    }

    /// Takes it out of the queue: it will not be sent.
    pub(crate) fn refuse(&mut self, failure: DeliveryFailure, now: Timestamp) {
        self.leave(Stage::Done);
        let maybe = Some(AttemptOutcome::Unknown);
        if self.attempts.iter().any(|attempt| attempt.outcome == maybe) {
            return self.derive(); // it was not sent again, and may have been before
        }
        self.entry.status = Some(Progress::Failed);
        self.entry.error_text = Some(failure.kind.description().to_owned());
        self.entry.failure = Some(failure);
        self.entry.failed_at = Some(now);
    }
}

impl Entry {
    /// Sets a status that is no failure.
    fn set_status(&mut self, status: Progress) {
        self.status = Some(status);
        (self.failure, self.error_text, self.failed_at) = (None, None, None);
    }
}
