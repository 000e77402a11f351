//! [`RegistrationState`]: the states of a registration, and which of their moves are lawful.

use std::fmt;

/// State of a registration, the same for every provider.
///
/// ```text
/// Draft -> Submitted -> InReview -> ActionNeeded -> Approved -> Active
///                                   Rejected -> Resubmitted
///                                   Suspended, Expired, Deleted
/// ```
///
/// States may be skipped forwards, as a provider is not asked all the time. [`next`](Self::next) is the whole
/// machine.
///
/// ```
/// use anysms::registration::{RegistrationState as State, StateMove};
///
/// assert_eq!(State::Submitted.next(Some(State::Approved)), StateMove::To(State::Approved));
/// assert_eq!(State::Approved.next(Some(State::InReview)), StateMove::Late); // an old word
/// assert_eq!(State::InReview.next(None), StateMove::Unknown); // a word that is not known
/// ```
///
/// serde writes the name in lower case: `in_review`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RegistrationState {
    /// Not submitted yet.
    Draft,
    /// Submitted, and nobody looks at it yet.
    Submitted,
    /// Looked at.
    InReview,
    /// Somebody has to mend or confirm something; the reasons say what, and perhaps until when.
    ActionNeeded,
    /// Approved.
    Approved,
    /// Approved, and in use at the carriers.
    Active,
    /// Rejected. It stays so until it is submitted again.
    Rejected,
    /// Submitted again.
    Resubmitted,
    /// Approved before, and not to be used now.
    Suspended,
    /// Its time is over: nothing can be mended any more.
    Expired,
    /// Deleted at the provider.
    Deleted,
}

/// Effect of a provider's word on a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StateMove {
    /// It moves to this state.
    To(RegistrationState),
    /// It stays: the word says what is known.
    Same,
    /// It stays: the word is older than what is known, or leads where no lawful move leads.
    Late,
    /// It stays: the word is not known.
    Unknown,
}

use RegistrationState::{
    ActionNeeded, Active, Approved, Deleted, Draft, Expired, InReview, Rejected, Resubmitted,
    Submitted, Suspended,
};

impl RegistrationState {
    /// All states, in their order.
    pub const ALL: [Self; 11] = [
        Draft,
        Submitted,
        InReview,
        ActionNeeded,
        Approved,
        Active,
        Rejected,
        Resubmitted,
        Suspended,
        Expired,
        Deleted,
    ];

    /// Returns `true` if a registration may move from this state to that one, whoever moves it.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Draft => matches!(next, Submitted),
            Submitted | Resubmitted | InReview => {
                let back = matches!(next, InReview) && matches!(self, InReview);
                !back && !matches!(next, Draft | Submitted | Resubmitted)
            }
            ActionNeeded => !matches!(next, Draft | Submitted | ActionNeeded),
            Approved => !matches!(next, Draft | Submitted | InReview | Resubmitted | Approved),
            Active => matches!(next, Rejected | Suspended | Expired | Deleted),
            Rejected => matches!(next, Resubmitted | Deleted),
            Suspended => !matches!(next, Draft | Submitted | InReview | Resubmitted | Suspended),
            Expired => matches!(next, Deleted),
            Deleted => false,
        }
    }

    /// Returns what a provider's word does, given what the word means; `None` for a word that is not known.
    ///
    /// A word never leads out of [`Rejected`](Self::Rejected), [`Expired`](Self::Expired) or
    /// [`Deleted`](Self::Deleted), but for the deletion of what ended: only the act of submitting again leads from
    /// `Rejected` to [`Resubmitted`](Self::Resubmitted).
    #[must_use]
    pub const fn next(self, meaning: Option<Self>) -> StateMove {
        let Some(meaning) = meaning else { return StateMove::Unknown };
        match (self, meaning) {
            // Submitted again, by us or by somebody at the provider's console.
            (Resubmitted, Submitted) => StateMove::Same,
            (ActionNeeded, Submitted) => StateMove::To(Resubmitted),
            // Of these no provider speaks.
            (_, Draft | Resubmitted) => StateMove::Late,
            _ if self as u8 == meaning as u8 => StateMove::Same,
            _ if self.may_become(meaning) => StateMove::To(meaning),
            _ => StateMove::Late,
        }
    }

    /// Returns `true` if no word of the provider's moves it any more, but for its deletion.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Rejected | Expired | Deleted)
    }

    /// Returns `true` if messages may be sent under it.
    #[must_use]
    pub const fn is_usable(self) -> bool {
        matches!(self, Approved | Active)
    }

    /// Returns the state as a word: `in_review`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Draft => "draft",
            Submitted => "submitted",
            InReview => "in_review",
            ActionNeeded => "action_needed",
            Approved => "approved",
            Active => "active",
            Rejected => "rejected",
            Resubmitted => "resubmitted",
            Suspended => "suspended",
            Expired => "expired",
            Deleted => "deleted",
        }
    }
}

impl fmt::Display for RegistrationState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every lawful move, written out a second time.
    const MOVES: [(RegistrationState, &[RegistrationState]); 11] = [
        (Draft, &[Submitted]),
        (
            Submitted,
            &[InReview, ActionNeeded, Approved, Active, Rejected, Suspended, Expired, Deleted],
        ),
        (InReview, &[ActionNeeded, Approved, Active, Rejected, Suspended, Expired, Deleted]),
        (
            ActionNeeded,
            &[InReview, Approved, Active, Rejected, Resubmitted, Suspended, Expired, Deleted],
        ),
        (Approved, &[ActionNeeded, Active, Rejected, Suspended, Expired, Deleted]),
        (Active, &[Rejected, Suspended, Expired, Deleted]),
        (Rejected, &[Resubmitted, Deleted]),
        (
            Resubmitted,
            &[InReview, ActionNeeded, Approved, Active, Rejected, Suspended, Expired, Deleted],
        ),
        (Suspended, &[ActionNeeded, Approved, Active, Rejected, Expired, Deleted]),
        (Expired, &[Deleted]),
        (Deleted, &[]),
    ];

    #[test]
    fn the_moves_are_those_of_the_table() {
        for (at, (from, moves)) in MOVES.iter().enumerate() {
            assert_eq!(*from, RegistrationState::ALL[at]);
            for to in RegistrationState::ALL {
                assert_eq!(from.may_become(to), moves.contains(&to), "{from} to {to}");
            }
        }
    }

    #[test]
    fn no_sequence_of_words_leaves_the_lawful_moves() {
        let mut random = fastrand::Rng::with_seed(7);
        let mut reached = std::collections::HashSet::new();
        for _ in 0..20_000 {
            let mut state = Draft;
            let mut ended = None;
            for _ in 0..random.usize(1..24) {
                let word = random.usize(0..=RegistrationState::ALL.len());
                let meaning = RegistrationState::ALL.get(word).copied();
                let moved = state.next(meaning);
                if meaning.is_none() {
                    assert_eq!(moved, StateMove::Unknown);
                }
                if let StateMove::To(next) = moved {
                    assert!(state.may_become(next) && next != state, "{state} to {next}");
                    if let Some(end) = ended {
                        assert_eq!(next, Deleted, "{end} is final");
                    }
                    state = next;
                }
                // A word that comes again says nothing new.
                assert!(!matches!(state.next(meaning), StateMove::To(_)), "{state} {meaning:?}");
                ended = ended.or(state.is_final().then_some(state));
                reached.insert(state);
            }
        }
        assert_eq!(reached.len(), RegistrationState::ALL.len(), "{reached:?}");
    }

    #[test]
    fn only_an_act_leads_out_of_a_rejection() {
        for meaning in RegistrationState::ALL {
            let lawful = matches!(meaning, Deleted);
            let moved = Rejected.next(Some(meaning));
            assert_eq!(matches!(moved, StateMove::To(_)), lawful, "{meaning}: {moved:?}");
        }
        assert!(Rejected.may_become(Resubmitted));
        assert_eq!(ActionNeeded.next(Some(Submitted)), StateMove::To(Resubmitted));
        assert_eq!(Resubmitted.next(Some(Submitted)), StateMove::Same);
        assert_eq!(Resubmitted.next(Some(Rejected)), StateMove::To(Rejected));
    }

    #[test]
    fn the_words_are_those_of_serde() {
        for state in RegistrationState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
    }
}
