//! [`Registration`]: what is known of a registration, which its steps make up.

use jiff::{SignedDuration, Timestamp};

use super::{
    RegistrationId, RegistrationKind, RegistrationReason, RegistrationReport, RegistrationState,
    RegistrationStep, StateMove, StepCause,
};
use crate::{
    account_id::{AccountId, AccountKey},
    message::Money,
    provider_id::ProviderId,
};

/// Registration of ours at a provider, as it is known here.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Registration {
    /// Provider's id.
    pub id: RegistrationId,
    /// Provider.
    pub provider: ProviderId,
    /// Account.
    pub account: AccountId,
    /// Kind, which is that of the id.
    pub kind: RegistrationKind,
    /// Our own name of it: there is one registration of a kind and a name.
    pub name: String,
    /// State.
    pub state: RegistrationState,
    /// Provider's word for the state, as it came last, known or not; empty before the first.
    pub vendor_state: String,
    /// Reasons of a rejection, or of what has to be mended.
    pub reasons: Vec<RegistrationReason>,
    /// Time until which something can be mended; `None` if none is said.
    pub edit_until: Option<Timestamp>,
    /// Time at which the provider is asked next; `None` if the state is final.
    pub next_check: Option<Timestamp>,
    /// Fees that the provider says; `None` if it says none.
    pub fees: Option<Money>,
    /// Time of the last step.
    pub updated_at: Timestamp,
}

/// Shortest wait between two questions about one registration.
pub(super) const SHORTEST_WAIT: SignedDuration = SignedDuration::from_mins(1);

impl Registration {
    /// Rebuilds a registration from its steps, oldest first; `None` if none of them submits it. A step that no
    /// lawful move takes is passed over, so that two programs that wrote at once do no harm.
    ///
    /// ```
    /// use anysms::registration::Registration;
    ///
    /// assert!(Registration::from_steps([]).is_none());
    /// ```
    #[must_use]
    pub fn from_steps<'a>(steps: impl IntoIterator<Item = &'a RegistrationStep>) -> Option<Self> {
        let mut known: Option<Self> = None;
        for step in steps {
            match &mut known {
                Some(known) if known.id == step.id => known.take(step),
                // A new one under the name of one that is gone.
                _ if step.cause == StepCause::Submitted => known = Some(Self::begun(step)),
                _ => {}
            }
        }
        known
    }

    fn begun(step: &RegistrationStep) -> Self {
        Self {
            id: step.id.clone(),
            provider: step.account.provider.clone(),
            account: step.account.id.clone(),
            kind: step.id.kind(),
            name: step.name.clone(),
            state: RegistrationState::Submitted,
            vendor_state: step.word.clone(),
            reasons: step.reasons.clone(),
            edit_until: step.edit_until,
            next_check: step.at.checked_add(SHORTEST_WAIT).ok(),
            fees: step.fees,
            updated_at: step.at,
        }
    }

    /// Takes over what a step says, as far as its move is lawful.
    pub(super) fn take(&mut self, step: &RegistrationStep) {
        if step.cause == StepCause::Submitted {
            return; // the same once more
        }
        let lawful = self.state == step.to || self.state.may_become(step.to);
        if !lawful {
            return;
        }
        self.state = step.to;
        self.updated_at = step.at;
        self.vendor_state.clone_from(&step.word);
        if step.cause != StepCause::LateWord {
            self.reasons.clone_from(&step.reasons);
            self.edit_until = step.edit_until;
            self.fees = step.fees.or(self.fees);
        }
        let check = step.at.checked_add(SHORTEST_WAIT).ok();
        self.next_check = check.filter(|_| !self.state.is_final());
    }

    /// Returns the account that has it.
    #[must_use]
    pub fn registrar(&self) -> AccountKey {
        AccountKey::new(self.provider.clone(), self.account.clone())
    }

    /// Returns the effect of a report, and the step that is to be kept; no step if it says nothing new.
    pub(super) fn step(
        &self,
        report: &RegistrationReport,
        at: Timestamp,
    ) -> (StateMove, Option<RegistrationStep>) {
        let moved = self.state.next(report.meaning);
        let news = report.word != self.vendor_state
            || report.reasons != self.reasons
            || report.edit_until != self.edit_until;
        let (to, cause) = match moved {
            StateMove::To(next) => (next, StepCause::Word),
            StateMove::Same if news => (self.state, StepCause::Word),
            StateMove::Unknown if news => (self.state, StepCause::UnknownWord),
            StateMove::Late if report.word != self.vendor_state => {
                (self.state, StepCause::LateWord)
            }
            _ => return (moved, None),
        };
        let mut step = self.act(to, cause, at);
        step.word.clone_from(&report.word);
        step.reasons.clone_from(&report.reasons);
        step.edit_until = report.edit_until;
        step.fees = report.fees.or(self.fees);
        (moved, Some(step))
    }

    /// Returns the step of an act of ours.
    pub(super) fn act(
        &self,
        to: RegistrationState,
        cause: StepCause,
        at: Timestamp,
    ) -> RegistrationStep {
        RegistrationStep {
            at,
            account: self.registrar(),
            name: self.name.clone(),
            id: self.id.clone(),
            from: self.state,
            to,
            word: self.vendor_state.clone(),
            cause,
            reasons: Vec::new(),
            edit_until: None,
            fees: self.fees,
            form: None,
        }
    }
}
