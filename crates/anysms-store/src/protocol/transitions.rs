//! Transitions: what may become of a message and its attempts, as changes of a [`Case`]. No I/O.
//!
//! Every backend of the store reads a case, calls one of these and writes the case back in one transaction, so
//! that all backends decide alike.

use std::time::Duration;

use jiff::Timestamp;

use anysms::{
    error::{ErrorKind, Outcome, Result},
    message::{DeliveryFailure, MessageKey, MessageRecord, Money, Receipt},
};

use crate::{
    Applied, AttemptOutcome, AttemptRecord, AttemptToken, Progress, SettledBy, Stage, StatusEvent,
    message_status,
    model::entry::Case,
    protocol::admission::{Begin, Begun},
};

/// Least part of a lease that must be left when a submission begins, in twelfths: 35 seconds of 60, as that may take 30.
const LEAST_TWELFTHS: u32 = 7;

/// End of a submission.
#[derive(Clone, Debug)]
pub(crate) struct Finish {
    pub(crate) token: AttemptToken,
    pub(crate) result: Result<Receipt>,
}

impl Case {
    pub(crate) fn begin(
        &mut self,
        begin: &Begin,
        opted_out: bool,
        lease: Duration,
        now: Timestamp,
    ) -> Begun {
        let fence = begin.fence();
        // A layer may send what is claimed elsewhere: a guard, for staging.
        if fence.is_none() && !self.entry.content.matches(&begin.message, begin.content) {
            return Begun::OtherContent;
        }
        if self.is_stale(now) {
            self.interrupt();
        }
        // The commit of this very intent may have been taken for lost.
        if self.attempts.iter().any(|attempt| attempt.token == begin.token) {
            return Begun::Go;
        }
        if let Some(receipt) = self.receipt() {
            return Begun::Earlier(receipt);
        }
        let of = |outcome| self.attempts.iter().any(|attempt| attempt.outcome == outcome);
        if of(None) || of(Some(AttemptOutcome::Unknown)) && !begin.may_resend() {
            return Begun::MaybeSent;
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
        self.attempts.push(AttemptRecord::new(self.entry.id, number, asked, begin.token, now));
        self.entry.stage = Stage::Sending;
        self.entry.claims = 0;
        self.entry.estimate = begin.estimate.or(self.entry.estimate);
        self.lease(lease, now);
        self.derive();
        Begun::Go
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
                attempt.price = attempt.price.or(receipt.price);
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
        // A claim goes on after a proved refusal: its worker decides.
        let goes_on = attempt.outcome == Some(AttemptOutcome::NotSent)
            && self.entry.payload.is_some()
            && self.entry.stage == Stage::Sending;
        if goes_on {
            self.entry.stage = Stage::Claimed;
        } else {
            self.leave(Stage::Done);
        }
        self.derive();
    }

    /// Takes an event of an attempt, by its place.
    pub(crate) fn apply(&mut self, place: usize, event: &mut StatusEvent) -> Applied {
        let before = self.entry.status;
        let Some(attempt) = self.attempts.get_mut(place) else { return Applied::default() };
        let (known, ids) = (attempt.id.is_some(), attempt.id_conflict);
        event.attempt = attempt.row;
        attempt.learn_id(&event.message);
        let foreign = attempt.id_conflict && attempt.id.as_ref() != Some(&event.message);
        if !foreign {
            attempt.retract();
        }
        let (conflicts, status) = (attempt.conflict, attempt.status);
        let mut applied = Applied::default();
        if foreign {
            // It may be of another message, whoever made the address.
            applied.id_conflict = true;
            event.stale = true;
        } else {
            attempt.segments = event.segments.or(attempt.segments);
            attempt.price = event.price.or(attempt.price);
            attempt.account = attempt.account.take().or_else(|| event.account.clone());
            match Progress::of(&event.status) {
                None => applied.unmapped = true,
                Some(reported) => {
                    event.stale = reported < status;
                    let at = event.at.unwrap_or(event.received_at);
                    attempt.report(reported, event.failure.as_ref(), at);
                    if attempt.delivered_at.is_none() && reported >= Progress::Delivered {
                        attempt.delivered_at = event.at.or(Some(event.received_at));
                    }
                }
            }
            if attempt.outcome != Some(AttemptOutcome::Accepted) {
                // It speaks of the message, so it has it.
                attempt.accept(SettledBy::Callback, event.received_at);
                attempt.schedule_check();
            } else if !known {
                attempt.schedule_check(); // it can be asked for now
            }
        }
        applied.stale = event.stale;
        applied.id_conflict |= attempt.id_conflict && !ids;
        applied.conflict = attempt.conflict.filter(|_| attempt.conflict != conflicts);
        let arrived = |status| status >= Progress::Delivered;
        applied.delivered_twice = arrived(attempt.status)
            && !arrived(status)
            && self.attempts.iter().filter(|attempt| arrived(attempt.status)).count() > 1;
        if matches!(self.entry.stage, Stage::Waiting | Stage::Claimed | Stage::Sending) {
            self.leave(Stage::Done);
        }
        self.derive();
        applied.status = self.entry.status;
        applied.changed = self.entry.status != before;
        applied.message = Some((self.entry.tenant.clone(), self.entry.key.clone()));
        applied
    }

    /// Takes the answer of a provider that was asked about an attempt: a record, or that it has none.
    pub(crate) fn settle(
        &mut self,
        token: AttemptToken,
        found: Option<&MessageRecord>,
        now: Timestamp,
    ) {
        let Some(attempt) = self.attempts.iter_mut().find(|attempt| attempt.token == token) else {
            return;
        };
        attempt.checks += 1;
        if let Some(record) = found {
            attempt.retract();
            attempt.learn_id(&record.id);
            attempt.segments = record.segments.or(attempt.segments);
            attempt.price = record.price.or(attempt.price);
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
        attempt.schedule_check();
        self.derive();
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
        let suffix = format!("~{}", self.entry.id);
        let key = self.entry.key.as_str();
        let kept = key.len().min(MessageKey::MAX_LEN - suffix.len());
        if let Ok(key) = MessageKey::new(&format!("{}{suffix}", &key[..kept])) {
            self.entry.key = key;
        }
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
            accepted().filter_map(|attempt| attempt.segments).reduce(|a, b| a + b)
        {
            entry.segments = Some(segments);
        }
        entry.price = accepted().filter_map(|attempt| attempt.price).reduce(|sum, price| {
            let same = sum.currency == price.currency;
            let amount = sum.amount.saturating_add(price.amount);
            if same { Money { amount, ..sum } } else { price }
        });
    }
}
