//! Transitions: what may become of a message and its attempts, as changes of a [`Case`]. No I/O.
//!
//! Every backend of the store reads a case, calls one of these and writes the case back in one transaction, so
//! that all backends decide alike.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use anysms::{
    error::{ErrorKind, Outcome, Result},
    message::{DeliveryFailure, Money, Receipt},
};

use crate::{
    AttemptOutcome, AttemptRecord, AttemptToken, Progress, SettledBy, Stage, StorePolicy,
    Unconfirmed, message_status,
    model::{
        case::{Case, Snapshot},
        policy::plausible,
    },
    protocol::{
        admission::{Begin, Begun},
        events::are_others,
        operations::Looked,
    },
};

/// Least part of a lease that must be left when a submission begins, in twelfths: 35 seconds of 60, as that may take 30.
const LEAST_TWELFTHS: u32 = 7;

/// Part of a lease that is not renewed when a submission begins, in twelfths.
const ENOUGH_TWELFTHS: u32 = 9;

/// Age from which on an attempt is given up whose provider nobody asks.
const UNASKED: jiff::SignedDuration = jiff::SignedDuration::from_hours(72);

/// Greatest difference between the clock of a caller that paused and the store's.
const CLOCKS: Duration = Duration::from_secs(1);

/// End of a submission.
#[derive(Clone, Debug)]
pub(crate) struct Finish {
    pub(crate) token: AttemptToken,
    pub(crate) result: Result<Receipt>,
    /// The message as it was begun, where that is known.
    pub(crate) begun: Option<Arc<Snapshot>>,
}

impl Case {
    pub(crate) fn begin(
        &mut self,
        begin: &Begin,
        opted_out: bool,
        policy: StorePolicy,
        now: Timestamp,
    ) -> Begun {
        let lease = policy.lease;
        let fence = begin.fence();
        // A layer may send what is claimed elsewhere: a guard, for staging.
        if fence.is_none() && !self.entry.content.matches(&begin.message, begin.content) {
            return Begun::OtherContent;
        }
        if self.is_stale(now) {
            self.interrupt(policy, now);
        }
        // The commit of this very intent may have been taken for lost.
        if self.attempts.iter().any(|attempt| attempt.token == begin.token) {
            return Begun::Go;
        }
        if let Some(receipt) = self.receipt() {
            return Begun::Earlier(Box::new(receipt));
        }
        let of = |outcome| self.attempts.iter().any(|attempt| attempt.outcome == outcome);
        let unknown = of(Some(AttemptOutcome::Unknown));
        if of(None) || unknown && !self.may_resend(begin, policy, now) {
            return Begun::MaybeSent;
        }
        if self.entry.stage == Stage::Done && self.entry.status == Some(Progress::Canceled) {
            return Begun::Canceled;
        }
        match (fence, self.entry.stage) {
            (Some(fence), Stage::Claimed | Stage::Sending) => {
                if fence != self.entry.fence || !self.is_leased(lease / 12 * LEAST_TWELFTHS, now) {
                    return Begun::LeaseLost;
                }
            }
            (Some(_), _) => return Begun::LeaseLost,
            (None, Stage::Waiting | Stage::Claimed | Stage::Dead) => return Begun::Queued,
            (None, Stage::Sending | Stage::Done) => {}
        }
        if opted_out {
            self.refuse(DeliveryFailure::new(ErrorKind::OptedOut, "opted_out"), now);
            return Begun::OptedOut;
        }
        if self.entry.expires_at.is_some_and(|expires| expires <= now) {
            self.refuse(DeliveryFailure::new(ErrorKind::Expired, "expired"), now);
            return Begun::Expired;
        }
        let number = self.attempts.len() as u32 + 1;
        let asked = (begin.provider.clone(), begin.account.clone());
        let mut attempt = AttemptRecord::new(self.entry.id, number, asked, begin.token, now);
        attempt.redirected = are_others(&self.entry.remote, &begin.message.destination().into());
        self.attempts.push(attempt);
        self.entry.stage = Stage::Sending;
        self.entry.claims = 0;
        self.entry.estimate = plausible(begin.estimate).or(self.entry.estimate);
        if self.is_leased(lease / 12 * ENOUGH_TWELFTHS, now) {
            self.watch_attempts(); // without a write to the indexes of the queue
        } else {
            self.lease(lease, now);
        }
        self.derive();
        Begun::Go
    }

    /// Returns whether a message that may have been sent may be sent again: a layer allows so many resends of the key
    /// over all calls, or the policy one of a queued message.
    fn may_resend(&self, begin: &Begin, policy: StorePolicy, now: Timestamp) -> bool {
        if begin.fence().is_some()
            && policy.unconfirmed(self.entry.class) != Unconfirmed::Hold
            && self.may_resend_once()
        {
            return true;
        }
        let Some(allowed) = begin.allowance() else { return false };
        let maybe = self.attempts.iter().filter(|a| a.outcome == Some(AttemptOutcome::Unknown));
        let last = maybe.clone().map(|attempt| attempt.begun_at).max();
        // The caller's clock measured the pause; ours may be a little behind.
        let pause = allowed.after.saturating_sub(CLOCKS);
        let paused = last.is_none_or(|last| last.checked_add(pause).is_ok_and(|at| at <= now));
        paused && maybe.count() <= allowed.most as usize
    }

    pub(crate) fn finish(&mut self, finish: &Finish, now: Timestamp) {
        let Some(attempt) = self.attempts.iter_mut().find(|a| a.token == finish.token) else {
            return;
        };
        let taken = attempt.outcome == Some(AttemptOutcome::Accepted); // a callback was faster
        if attempt.settled_by == Some(SettledBy::Answer) {
            return; // this very end is written down already
        }
        attempt.ended_at = Some(now);
        match &finish.result {
            Ok(receipt) => {
                attempt.retract();
                attempt.outcome = Some(AttemptOutcome::Accepted);
                attempt.request_id.clone_from(&receipt.request_id);
                attempt.account = receipt.account.clone().or(attempt.account.take());
                attempt.segments = attempt.segments.or(receipt.segments);
                attempt.price = attempt.price.or(plausible(receipt.price));
                if let Some(id) = &receipt.id {
                    attempt.learn_id(id);
                }
                let status = Progress::of(&receipt.status).unwrap_or(Progress::Accepted);
                attempt.report(status, None, now);
            }
            Err(error) if taken => {
                attempt.request_id = error.request_id().map(str::to_owned);
            }
            Err(error) => {
                let code = error.code().unwrap_or(error.kind().as_str());
                let failure = DeliveryFailure::new(error.kind(), code);
                attempt.request_id = error.request_id().map(str::to_owned);
                match error.outcome() {
                    Outcome::NotSent => {
                        attempt.outcome = Some(AttemptOutcome::NotSent);
                        attempt.report(Progress::Failed, Some(&failure), now);
                    }
                    Outcome::Unknown if attempt.settled_by == Some(SettledBy::Hand) => {}
                    Outcome::Unknown => {
                        attempt.outcome = Some(AttemptOutcome::Unknown);
                        attempt.report(Progress::Unconfirmed, Some(&failure), now);
                    }
                }
                attempt.explain(&failure, error.detail());
                attempt.account = error.account().cloned().or(attempt.account.take());
            }
        }
        if attempt.outcome != Some(AttemptOutcome::Unknown) {
            attempt.settled_by = Some(attempt.settled_by.unwrap_or(SettledBy::Answer));
        }
        attempt.schedule_check();
        if attempt.hinted.is_some() {
            attempt.ask_at(now);
        }
        // A claim goes on after what is not accepted: its worker decides.
        let goes_on = attempt.outcome != Some(AttemptOutcome::Accepted)
            && self.entry.payload.is_some()
            && self.entry.stage == Stage::Sending;
        if goes_on {
            self.entry.stage = Stage::Claimed;
        } else {
            self.leave(Stage::Done);
        }
        self.derive();
    }

    /// Takes the answer of a provider that was asked about an attempt: a record, or that it has none. Returns whether
    /// the message is to be sent once more.
    pub(crate) fn settle(
        &mut self,
        token: AttemptToken,
        looked: &Looked,
        policy: StorePolicy,
        now: Timestamp,
    ) -> bool {
        let Some(attempt) = self.attempts.iter_mut().find(|attempt| attempt.token == token) else {
            return false;
        };
        if matches!(looked, Looked::NotAsked) {
            // Nobody asks at all: after the last time of all it is given up, and that proves nothing.
            let age = now.duration_since(attempt.begun_at);
            if attempt.outcome == Some(AttemptOutcome::Unknown) && age >= UNASKED {
                (attempt.given_up, attempt.settled_by) = (true, Some(SettledBy::GivenUp));
                attempt.check_at = None;
                self.derive();
            }
            return false;
        }
        if attempt.hinted.take().is_none() {
            attempt.checks += 1;
        }
        if let Some(record) = looked.record() {
            attempt.retract();
            attempt.learn_id(&record.id);
            attempt.segments = record.segments.or(attempt.segments);
            attempt.price = plausible(record.price).or(attempt.price);
            attempt.account = attempt.account.take().or_else(|| record.account.clone());
            if let Some(status) = Progress::of(&record.status) {
                let at = record.updated_at.unwrap_or(now);
                attempt.report(status, record.failure.as_ref(), at);
                if attempt.delivered_at.is_none() && status >= Progress::Delivered {
                    attempt.delivered_at = record.updated_at;
                }
            }
            if attempt.outcome != Some(AttemptOutcome::Accepted) {
                attempt.accept(SettledBy::Lookup, now);
            }
        } else if attempt.outcome == Some(AttemptOutcome::Unknown) && attempt.is_last_check() {
            attempt.given_up = true;
            attempt.settled_by = Some(SettledBy::GivenUp);
        }
        let given_up = attempt.given_up;
        attempt.schedule_check();
        self.derive();
        given_up
            && policy.unconfirmed(self.entry.class) == Unconfirmed::AskThenResend
            && self.entry.stage == Stage::Done
            && self.may_resend_once()
    }

    /// Resolves the unconfirmed attempts by hand. Returns `true` if there were any.
    pub(crate) fn decide(&mut self, outcome: AttemptOutcome, now: Timestamp) -> bool {
        let unknown =
            |attempt: &&mut AttemptRecord| attempt.outcome == Some(AttemptOutcome::Unknown);
        let mut any = false;
        for attempt in self.attempts.iter_mut().filter(unknown) {
            match outcome {
                AttemptOutcome::Accepted => {
                    attempt.accept(SettledBy::Hand, now);
                }
                AttemptOutcome::NotSent => {
                    let failure = DeliveryFailure::new(ErrorKind::Other, "settled");
                    attempt.outcome = Some(AttemptOutcome::NotSent);
                    (attempt.settled_by, attempt.given_up) = (Some(SettledBy::Hand), false);
                    attempt.report(Progress::Failed, Some(&failure), now);
                }
                AttemptOutcome::Unknown => return false,
            }
            attempt.schedule_check();
            any = true;
        }
        if any {
            self.derive();
        }
        let decided =
            |a: &AttemptRecord| a.settled_by == Some(SettledBy::Hand) && a.outcome == Some(outcome);
        self.attempts.iter().any(decided)
    }

    /// Returns the receipt of the attempt that was accepted.
    pub(crate) fn receipt(&self) -> Option<Receipt> {
        let accepted = |a: &&AttemptRecord| a.outcome == Some(AttemptOutcome::Accepted);
        let attempt = self.attempts.iter().find(accepted)?;
        let key = self.entry.key.clone();
        let mut receipt = Receipt::new(attempt.provider.clone(), attempt.id.clone(), key);
        receipt.account.clone_from(&attempt.account);
        receipt.segments = attempt.segments;
        receipt.price = attempt.price;
        receipt.request_id.clone_from(&attempt.request_id);
        receipt.earlier = true;
        Some(receipt)
    }

    /// Returns whether the key may stand for another message: this one ended, and its time is over.
    pub(crate) fn is_over(&self, keep: Duration, now: Timestamp) -> bool {
        let begun = self.attempts.iter().map(|attempt| attempt.begun_at);
        let last = begun.chain(self.entry.due_at).fold(self.entry.created_at, Timestamp::max);
        let over = last.checked_add(keep).is_ok_and(|end| end <= now);
        over && matches!(self.entry.stage, Stage::Done | Stage::Dead)
            && self.attempts.iter().all(|attempt| attempt.outcome.is_some())
    }

    /// Frees the key for another message.
    pub(crate) fn free_key(&mut self) {
        self.entry.freed = self.entry.id.0;
    }

    /// Sets what the message has from its attempts.
    pub(crate) fn derive(&mut self) {
        let Self { entry, attempts, .. } = self;
        let Some(status) = message_status(attempts.iter().map(|a| (a.status, a.is_open()))) else {
            return;
        };
        entry.status = Some(status);
        let shown = attempts.iter().rev().find(|attempt| attempt.status == status);
        entry.failure = shown.and_then(|attempt| attempt.failure.clone());
        entry.error_text = shown.and_then(|attempt| attempt.error_text.clone());
        let failed = status.is_negative() && status != Progress::Canceled;
        entry.failed_at = shown.filter(|_| failed).and_then(|attempt| attempt.failed_at);
        if let Some(answered) = shown.filter(|attempt| attempt.status > Progress::Prepared) {
            entry.provider = Some(answered.provider.clone());
            entry.account.clone_from(&answered.account);
            entry.provider_id.clone_from(&answered.id);
        }
        let accepted = || attempts.iter().filter(|a| a.outcome == Some(AttemptOutcome::Accepted));
        entry.accepted_at =
            accepted().map(|attempt| attempt.ended_at.unwrap_or(attempt.begun_at)).min();
        entry.delivered_at = accepted().filter_map(|attempt| attempt.delivered_at).min();
        if let Some(segments) =
            accepted().filter_map(|attempt| attempt.segments).reduce(u32::saturating_add)
        {
            entry.segments = Some(segments);
        }
        // Of two currencies the first: the amounts of both stand with their attempts.
        entry.price = accepted().filter_map(|attempt| attempt.price).reduce(|sum, price| {
            let same = sum.currency == price.currency;
            let amount = sum.amount.saturating_add(price.amount);
            if same { Money { amount, ..sum } } else { sum }
        });
    }
}
