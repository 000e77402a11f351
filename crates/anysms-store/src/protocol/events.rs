//! Changes by an event: as much as it proves, of the attempt whose account, recipient and sender it names.

use anysms::{message::Address, webhook::Authenticity};

use crate::{
    Applied, AttemptOutcome, AttemptRecord, Progress, SettledBy, Stage, StatusEvent,
    model::case::Case,
};

impl Case {
    /// Takes an event of an attempt, by its place.
    pub(crate) fn apply(&mut self, place: usize, event: &mut StatusEvent) -> Applied {
        let before = self.entry.status;
        let Some(attempt) = self.attempts.get(place) else { return Applied::default() };
        event.attempt = attempt.row;
        if self.is_foreign(attempt, event) {
            (event.foreign, event.stale) = (true, true);
            return Applied { foreign: true, stale: true, ..Applied::default() };
        }
        let Some(attempt) = self.attempts.get_mut(place) else { return Applied::default() };
        if event.proof != Authenticity::Full {
            attempt.hinted = Some(event.message.clone());
            attempt.ask_at(event.received_at);
            let message = Some((self.entry.tenant.clone(), self.entry.key.clone()));
            return Applied { unproved: true, message, status: before, ..Applied::default() };
        }
        let (known, ids) = (attempt.id.is_some(), attempt.id_conflict);
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

    /// Returns whether an event names another account, recipient or sender than the attempt has.
    fn is_foreign(&self, attempt: &AttemptRecord, event: &StatusEvent) -> bool {
        let differ = |ours: Option<&Address>, named: &Option<Address>| {
            ours.zip(named.as_ref()).is_some_and(|(ours, named)| are_others(ours, named))
        };
        let asked = self.entry.sender.as_ref().filter(|sender| sender.pool().is_none());
        let asked = asked.map(Address::from);
        attempt.account.as_ref().zip(event.account.as_ref()).is_some_and(|(a, b)| a != b)
            || !attempt.redirected && differ(Some(&self.entry.remote), &event.recipient)
            || differ(asked.as_ref(), &event.sender)
    }
}

/// Returns whether two addresses are of one kind and are not the same. A number that a provider masked, or a sender
/// that it replaced by one of another kind, is not known to be another.
pub(crate) fn are_others(ours: &Address, named: &Address) -> bool {
    match (ours.number(), named.number()) {
        (Some(ours), Some(named)) => ours.canonical() != named.canonical(),
        (None, None) => match (ours, named) {
            (Address::ShortCode(ours), Address::ShortCode(named)) => ours != named,
            (Address::Alphanumeric(ours), Address::Alphanumeric(named)) => {
                !ours.to_string().eq_ignore_ascii_case(&named.to_string())
            }
            _ => false,
        },
        _ => false,
    }
}
