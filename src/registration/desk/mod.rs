//! [`RegistrationDesk`]: one submission for each name, whatever breaks on the way.
//!
//! What belongs here: submitting, asking and deleting; submitting once more (`again`), and what a person follows
//! (`by_hand`).

mod again;
mod by_hand;

use std::{fmt, sync::Arc};

use jiff::{SignedDuration, Timestamp};

use crate::registration::{
    Registration, RegistrationForm, RegistrationHistory, RegistrationId, RegistrationKind,
    RegistrationReport, RegistrationState, RegistrationStep, Registrations, StateMove, StepCause,
};
use crate::{
    account_id::AccountKey,
    error::{Error, ErrorKind, Outcome, Result},
    intent::{Intent, IntentLog},
};

/// Outcome of [`RegistrationDesk::submit`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Filing {
    /// This call submitted it.
    New(Registration),
    /// It was there already: an earlier call submitted it, or somebody else did.
    Found(Registration),
    /// An earlier call may have submitted it, and the provider does not have it, or not yet. Nothing was submitted
    /// now. Ask again later; when a person has made sure that there is none, [`RegistrationDesk::withdraw`] lets
    /// the next call submit.
    Unconfirmed {
        /// Time at which it was first to be submitted.
        since: Timestamp,
    },
}

/// Registrations of one account, each submitted once.
///
/// No vendor has idempotency keys for registrations, and each one costs a fee. So an intent is written before a form
/// is submitted, under the account, the kind and the name of the form. If the answer does not come, or the program
/// dies, the intent stays open: the next call looks for the registration at the provider, and **never submits a
/// second time by itself**. A failure that proves that nothing was submitted takes the intent away.
///
/// Give it the same [`IntentLog`] and the same [`RegistrationHistory`] after a restart.
#[derive(Debug)]
pub struct RegistrationDesk<R> {
    pub(in crate::registration) registrations: R,
    intents: Arc<dyn IntentLog>,
    history: Arc<dyn RegistrationHistory>,
}

/// Age from which a provider that does not have a registration is believed: a new one may not show at once.
const SHOWS: SignedDuration = SignedDuration::from_hours(1);

impl<R: Registrations> RegistrationDesk<R> {
    /// Puts a desk before a provider.
    #[must_use]
    pub fn new(
        registrations: R,
        intents: Arc<dyn IntentLog>,
        history: Arc<dyn RegistrationHistory>,
    ) -> Self {
        Self { registrations, intents, history }
    }

    /// Returns the provider that it stands before.
    #[must_use]
    pub const fn inner(&self) -> &R {
        &self.registrations
    }

    /// Submits a form, unless that was done before under its kind and name.
    ///
    /// # Errors
    /// `InvalidRequest`, not sent, if [`RegistrationForm::check`] finds an error: nobody is asked. `Conflict`, not
    /// sent, if the name was used for another form. `Unavailable`, not sent, if the intents cannot be written: then
    /// nothing is submitted. Any other error is the provider's; if its outcome is
    /// [`Unknown`](Outcome::Unknown), the next call looks for the registration.
    pub async fn submit(&self, form: &RegistrationForm) -> Result<Filing> {
        form.refuse_errors()?;
        let intent = self.intent(&key(form.kind(), form.name()));
        if let Some(known) = self.intents.find(&intent).await? {
            return self.resume(form, &intent, &known).await;
        }
        // Somebody may have registered it by hand.
        if let Some(report) = self.registrations.find_registration(form).await? {
            self.intents.finish(&intent, report.id.value()).await?;
            return self.keep(form, report).await.map(Filing::Found);
        }
        if let Some(known) = self.intents.begin(&intent).await? {
            return self.resume(form, &intent, &known).await;
        }
        match self.registrations.submit_registration(form).await {
            Ok(report) => {
                // It was submitted, whatever cannot be written now.
                self.intents.finish(&intent, report.id.value()).await.map_err(unproved)?;
                self.keep(form, report).await.map(Filing::New).map_err(unproved)
            }
            Err(error) if error.outcome() == Outcome::NotSent => {
                // If this fails, the intent stays open, and the next call looks.
                drop(self.intents.withdraw(&intent).await);
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    /// Goes on with what an earlier call began.
    async fn resume(
        &self,
        form: &RegistrationForm,
        intent: &Intent,
        known: &Intent,
    ) -> Result<Filing> {
        let Some(id) = &known.done else {
            // Whatever fails from here on, the earlier call may have submitted it.
            let found = self.registrations.find_registration(form).await.map_err(unproved)?;
            let Some(report) = found else {
                return Ok(Filing::Unconfirmed { since: known.begun_at });
            };
            self.intents.finish(intent, report.id.value()).await.map_err(unproved)?;
            return self.keep(form, report).await.map(Filing::Found).map_err(unproved);
        };
        let id = RegistrationId::new(form.kind(), id);
        let steps = self.history(form.kind(), form.name()).await?;
        match Registration::from_steps(&steps).filter(|known| known.id == id) {
            Some(known) => {
                let last = steps.iter().rev().find_map(|step| step.form.as_ref());
                if last.is_some_and(|last| *last != form.hash()) {
                    return Err(self.refuse(
                        ErrorKind::Conflict,
                        "name: was used for another form; choose another name, or mend the registration with resubmit",
                    ));
                }
                Ok(Filing::Found(known))
            }
            // Its history was lost, or never written.
            None => {
                let report = self.registrations.fetch_registration(&id).await?;
                self.keep(form, report).await.map(Filing::Found)
            }
        }
    }

    /// Asks the provider for a registration, and moves it as the answer says.
    ///
    /// # Errors
    /// `NotFound` if nothing of this name was submitted, or if a new registration does not show yet; else as any
    /// read of the provider.
    pub async fn refresh(
        &self,
        kind: RegistrationKind,
        name: &str,
    ) -> Result<(Registration, StateMove)> {
        let (known, _) = self.known(kind, name).await?;
        if kind.is_by_hand() {
            return Ok((known, StateMove::Same)); // a person says how it stands
        }
        match self.registrations.fetch_registration(&known.id).await {
            Ok(report) => self.take(name, &report).await,
            Err(error) if error.kind() == ErrorKind::NotFound => self.gone(known, error).await,
            Err(error) => Err(error),
        }
    }

    async fn gone(&self, known: Registration, error: Error) -> Result<(Registration, StateMove)> {
        use RegistrationState::{Deleted, Resubmitted, Submitted};
        if known.state == Deleted {
            return Ok((known, StateMove::Same));
        }
        let now = Timestamp::now();
        let new = matches!(known.state, Submitted | Resubmitted);
        if new && now.duration_since(known.updated_at) < SHOWS {
            return Err(error);
        }
        let known = self.add(known.act(Deleted, StepCause::Gone, now)).await?;
        Ok((known, StateMove::To(Deleted)))
    }

    /// Deletes a registration at the provider. Its name may be used again.
    ///
    /// # Errors
    /// `NotFound` if nothing of this name was submitted; `Unsupported` where the provider has no way to; else as
    /// any change.
    pub async fn delete(&self, kind: RegistrationKind, name: &str) -> Result<Registration> {
        let (known, _) = self.known(kind, name).await?;
        match self.registrations.delete_registration(&known.id).await {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {} // gone is deleted
        }
        let step = known.act(RegistrationState::Deleted, StepCause::Deleted, Timestamp::now());
        let deleted = self.add(step).await?;
        self.intents.withdraw(&self.intent(&key(kind, name))).await?;
        Ok(deleted)
    }

    /// Returns a registration as it is known here; `None` if there is none of this kind and name.
    ///
    /// # Errors
    /// `Unavailable` if the history cannot be read now.
    pub async fn registration(
        &self,
        kind: RegistrationKind,
        name: &str,
    ) -> Result<Option<Registration>> {
        Ok(Registration::from_steps(&self.history(kind, name).await?))
    }

    /// Returns all registrations as they are known here, in the order of their first steps.
    ///
    /// # Errors
    /// `Unavailable` if the history cannot be read now.
    pub async fn registrations(&self) -> Result<Vec<Registration>> {
        let steps = self.history.steps(&self.registrations.registrar()).await?;
        let mut names: Vec<(RegistrationKind, &str)> = Vec::new();
        for step in &steps {
            let name = (step.id.kind(), step.name.as_str());
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let of = |(kind, name): &(RegistrationKind, &str)| {
            let own = steps.iter().filter(|step| step.id.kind() == *kind && step.name == *name);
            Registration::from_steps(own)
        };
        Ok(names.iter().filter_map(of).collect())
    }

    /// Returns every step of a registration, oldest first.
    ///
    /// # Errors
    /// `Unavailable` if the history cannot be read now.
    pub async fn history(
        &self,
        kind: RegistrationKind,
        name: &str,
    ) -> Result<Vec<RegistrationStep>> {
        let mut steps = self.history.steps(&self.registrations.registrar()).await?;
        steps.retain(|step| step.id.kind() == kind && step.name == name);
        Ok(steps)
    }

    /// Returns the intents of this account's registrations of which it is not known whether they were submitted,
    /// oldest first.
    ///
    /// # Errors
    /// `Unavailable` if the intents cannot be read now.
    pub async fn unconfirmed(&self) -> Result<Vec<Intent>> {
        let AccountKey { provider, id } = self.registrations.registrar();
        let mut open = self.intents.open().await?;
        open.retain(|intent| {
            let kind = intent.key.split(':').next().unwrap_or_default();
            let kind = kind.strip_suffix(again::AGAIN).unwrap_or(kind);
            let ours = intent.provider == provider && intent.account == id;
            ours && kind.parse::<RegistrationKind>().is_ok()
        });
        Ok(open)
    }

    async fn known(
        &self,
        kind: RegistrationKind,
        name: &str,
    ) -> Result<(Registration, Vec<RegistrationStep>)> {
        let steps = self.history(kind, name).await?;
        let known = Registration::from_steps(&steps).ok_or_else(|| self.unknown())?;
        Ok((known, steps))
    }

    /// Keeps what a form registered, and what the provider says of it.
    async fn keep(
        &self,
        form: &RegistrationForm,
        report: RegistrationReport,
    ) -> Result<Registration> {
        let known = self.registration(form.kind(), form.name()).await?;
        if known.is_none_or(|known| known.id != report.id) {
            let step = RegistrationStep {
                at: Timestamp::now(),
                account: self.registrations.registrar(),
                name: form.name().to_owned(),
                id: report.id.clone(),
                from: RegistrationState::Draft,
                to: RegistrationState::Submitted,
                word: String::new(),
                cause: StepCause::Submitted,
                reasons: Vec::new(),
                edit_until: None,
                fees: report.fees,
                form: Some(form.hash()),
            };
            self.history.append(&step).await?;
        }
        self.take(form.name(), &report).await.map(|(known, _)| known)
    }

    /// Takes a report over, and keeps the step if it says anything new.
    async fn take(
        &self,
        name: &str,
        report: &RegistrationReport,
    ) -> Result<(Registration, StateMove)> {
        let (known, _) = self.known(report.id.kind(), name).await?;
        match known.step(report, Timestamp::now()) {
            (moved, Some(step)) => Ok((self.add(step).await?, moved)),
            (moved, None) => Ok((known, moved)),
        }
    }

    async fn add(&self, step: RegistrationStep) -> Result<Registration> {
        self.history.append(&step).await?;
        self.known(step.id.kind(), &step.name).await.map(|(known, _)| known)
    }

    fn intent(&self, key: &str) -> Intent {
        let AccountKey { provider, id } = self.registrations.registrar();
        Intent::new(provider, id, key)
    }

    fn unknown(&self) -> Error {
        self.refuse(
            ErrorKind::NotFound,
            "registration: none of this kind and name was submitted here",
        )
    }

    fn refuse(&self, kind: ErrorKind, rule: &'static str) -> Error {
        let AccountKey { provider, id } = self.registrations.registrar();
        Error::not_sent(kind).with_provider(provider).with_account(id).with_detail(rule)
    }
}

/// Says of an error that something may have been submitted all the same.
fn unproved(error: Error) -> Error {
    error.with_outcome(Outcome::Unknown)
}

fn key(kind: RegistrationKind, name: impl fmt::Display) -> String {
    format!("{kind}:{name}")
}
