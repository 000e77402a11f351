//! Registrations that no API knows: short codes and orders of numbers, which a person follows.

use jiff::Timestamp;

use super::RegistrationDesk;
use crate::{
    error::{ErrorKind, Result},
    message::Text,
    registration::{
        Registration, RegistrationId, RegistrationKind, RegistrationReason, RegistrationState,
        RegistrationStep, Registrations, StepCause,
    },
};

impl<R: Registrations> RegistrationDesk<R> {
    /// Keeps how a registration stands that a person looks after, and what was done for it: a short code or an order
    /// of numbers. The first call begins it. The notes of its [history](Self::history) are its checklist.
    ///
    /// ```
    /// # async fn example<R: anysms::registration::Registrations>(
    /// #     desk: anysms::registration::RegistrationDesk<R>,
    /// # ) -> anysms::Result<()> {
    /// use anysms::registration::{RegistrationKind, RegistrationState};
    ///
    /// let kind = RegistrationKind::ShortCode;
    /// desk.follow(kind, "72345", RegistrationState::Submitted, "application sent").await?;
    /// desk.follow(kind, "72345", RegistrationState::InReview, "lease is paid").await?;
    /// desk.follow(kind, "72345", RegistrationState::InReview, "first carrier is done").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Unsupported` for a kind that the provider is asked for; `Conflict` for a move that is not lawful;
    /// `Unavailable` if the history cannot be read or written now.
    pub async fn follow(
        &self,
        kind: RegistrationKind,
        name: &str,
        to: RegistrationState,
        note: impl Into<Text> + Send,
    ) -> Result<Registration> {
        if !kind.is_by_hand() {
            let rule = "follow: the provider says how this kind stands; use refresh";
            return Err(self.refuse(ErrorKind::Unsupported, rule));
        }
        let (note, now) = (note.into(), Timestamp::now());
        let known = self.registration(kind, name).await?;
        let known = match known {
            // The name of one that is gone may be used again, and its steps stay.
            Some(known) if known.state != RegistrationState::Deleted => known,
            ended => {
                let times = match ended {
                    Some(ended) => {
                        ended
                            .id
                            .value()
                            .rsplit('/')
                            .next()
                            .and_then(|n| n.parse().ok())
                            .unwrap_or(0)
                            + 1
                    }
                    None => 0_u32,
                };
                let step = RegistrationStep {
                    at: now,
                    account: self.registrations.registrar(),
                    name: name.to_owned(),
                    id: RegistrationId::new(kind, format!("hand/{times}")),
                    from: RegistrationState::Draft,
                    to: RegistrationState::Submitted,
                    word: String::new(),
                    cause: StepCause::Submitted,
                    reasons: vec![RegistrationReason::new(note.clone())],
                    edit_until: None,
                    fees: None,
                    form: None,
                };
                let begun = self.add(step).await?;
                if to == RegistrationState::Submitted {
                    return Ok(begun);
                }
                begun
            }
        };
        if known.state != to && !known.state.may_become(to) {
            let rule = "follow: no lawful move leads to this state";
            return Err(self.refuse(ErrorKind::Conflict, rule));
        }
        let mut step = known.act(to, StepCause::ByHand, now);
        step.reasons = vec![RegistrationReason::new(note)];
        self.add(step).await
    }
}
