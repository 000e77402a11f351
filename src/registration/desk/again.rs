//! Submitting once more what was rejected or has to be mended, and taking an open intent away.

use jiff::Timestamp;

use super::{RegistrationDesk, key, unproved};
use crate::{
    error::{ErrorKind, Outcome, Result},
    intent::Intent,
    registration::{
        Registration, RegistrationForm, RegistrationId, RegistrationKind, RegistrationReport,
        RegistrationState, RegistrationStep, Registrations, StepCause,
    },
};

impl<R: Registrations> RegistrationDesk<R> {
    /// Frees a name. Looks once more for what an open intent may have submitted: if it is there, it is kept and
    /// returned; if not, the intent is taken away, so that the next call submits. The name of a registration that
    /// the provider does not have any more is freed, too.
    ///
    /// Only call it for a person who has looked at the provider's console, and when no other program is about to
    /// submit the same form.
    ///
    /// # Errors
    /// `NotFound` if nothing of this kind and name is unconfirmed or gone; else as any read of the provider, and
    /// then nothing is taken away.
    pub async fn withdraw(&self, form: &RegistrationForm) -> Result<Option<Registration>> {
        let intent = self.intent(&key(form.kind(), form.name()));
        let rule = "registration: nothing is unconfirmed or gone under this name";
        let nothing = || self.refuse(ErrorKind::NotFound, rule);
        let known = self.intents.find(&intent).await?.ok_or_else(nothing)?;
        let Some(id) = known.done else {
            return match self.registrations.find_registration(form).await? {
                Some(report) => {
                    self.intents.finish(&intent, report.id.value()).await?;
                    self.keep(form, report).await.map(Some)
                }
                None => self.intents.withdraw(&intent).await.map(|()| None),
            };
        };
        let report =
            self.registrations.fetch_registration(&RegistrationId::new(form.kind(), id)).await;
        let report = match report {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return self.intents.withdraw(&intent).await.map(|()| None);
            }
            report => report?,
        };
        let steps = self.history(form.kind(), form.name()).await?;
        let intent = self.intent(&again(form.kind(), form.name(), &steps));
        match self.intents.find(&intent).await? {
            Some(known) if known.done.is_none() => {}
            _ => return Err(nothing()),
        }
        use RegistrationState::{ActionNeeded, Rejected};
        let known = Registration::from_steps(&steps);
        let waited = known.is_some_and(|known| matches!(known.state, ActionNeeded | Rejected));
        if !waited || waits_for_an_act(report.meaning) {
            return self.intents.withdraw(&intent).await.map(|()| None);
        }
        self.resubmitted(form, &intent, report).await.map(Some)
    }

    /// Submits a registration once more, with what the form says now: after a rejection, when something has to be
    /// mended, or (but for a brand) to change its fields before it is decided. After a failure that proves nothing the next call asks the provider for the state, and does not
    /// submit again while that does not show.
    ///
    /// # Errors
    /// `InvalidRequest` if the form has errors; `NotFound` if nothing of this name was submitted; `Conflict` if its
    /// state allows no change, or (with the outcome unknown) if an earlier call may have submitted it again; else
    /// the provider's.
    pub async fn resubmit(&self, form: &RegistrationForm) -> Result<Registration> {
        form.refuse_errors()?;
        let (kind, name) = (form.kind(), form.name());
        let steps = self.history(kind, name).await?;
        let known = Registration::from_steps(&steps).ok_or_else(|| self.unknown())?;
        use RegistrationState::{ActionNeeded, InReview, Rejected, Resubmitted, Submitted};
        // Before it is decided only fields are changed, and twice is once; a brand has no fields there.
        let undecided = matches!(known.state, Submitted | InReview | Resubmitted);
        let changes = undecided && kind != RegistrationKind::Brand;
        let intent = self.intent(&again(kind, name, &steps));
        let begun = self.intents.find(&intent).await?;
        let may = changes || matches!(known.state, ActionNeeded | Rejected);
        if !may && begun.is_none() {
            let rule = "registration: its state allows no change; delete it and register anew";
            return Err(self.refuse(ErrorKind::Conflict, rule));
        }
        let begun = match begun {
            Some(begun) => Some(begun),
            None => self.intents.begin(&intent).await?,
        };
        if let Some(begun) = begun.filter(|begun| begun.done.is_some() || !changes) {
            let report =
                self.registrations.fetch_registration(&known.id).await.map_err(unproved)?;
            if begun.done.is_none() && waits_for_an_act(report.meaning) {
                let rule = "registration: may have been submitted again; ask later, or withdraw";
                return Err(unproved(self.refuse(ErrorKind::Conflict, rule)));
            }
            return self.resubmitted(form, &intent, report).await.map_err(unproved);
        }
        match self.registrations.resubmit_registration(&known.id, form).await {
            Ok(report) => self.resubmitted(form, &intent, report).await.map_err(unproved),
            Err(error) => {
                if error.outcome() == Outcome::NotSent {
                    drop(self.intents.withdraw(&intent).await);
                }
                Err(error)
            }
        }
    }

    /// Keeps that a registration was submitted again, and what the provider says of it.
    async fn resubmitted(
        &self,
        form: &RegistrationForm,
        intent: &Intent,
        report: RegistrationReport,
    ) -> Result<Registration> {
        let (known, _) = self.known(form.kind(), form.name()).await?;
        let to = match known.state.may_become(RegistrationState::Resubmitted) {
            true => RegistrationState::Resubmitted,
            false => known.state,
        };
        let mut step = known.act(to, StepCause::Resubmitted, Timestamp::now());
        step.form = Some(form.hash());
        self.intents.finish(intent, report.id.value()).await?;
        self.history.append(&step).await?;
        self.take(form.name(), &report).await.map(|(known, _)| known)
    }
}

/// End of the first word of an intent to submit again.
pub(super) const AGAIN: &str = "_again";

/// Returns the key of the next submission of what was submitted before.
fn again(kind: RegistrationKind, name: &str, steps: &[RegistrationStep]) -> String {
    let times = steps.iter().filter(|step| step.cause == StepCause::Resubmitted).count();
    format!("{kind}{AGAIN}:{name}:{}", times + 1)
}

/// Returns `true` if the provider waits for somebody to mend and submit.
const fn waits_for_an_act(meaning: Option<RegistrationState>) -> bool {
    use RegistrationState::{ActionNeeded, Expired, Rejected, Suspended};
    matches!(meaning, None | Some(ActionNeeded | Rejected | Expired | Suspended))
}
