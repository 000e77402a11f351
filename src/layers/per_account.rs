//! [`PerAccount`]: state that each account behind one provider has of its own.

use std::{collections::HashMap, fmt, sync::Arc};

use super::lock::{Mutex, lock};
use crate::account_id::AccountKey;

/// State by account. Two accounts of one provider are two providers to the layers; messages of which the
/// provider cannot say the account share one state.
pub(super) struct PerAccount<T> {
    make: Box<dyn Fn() -> T + Send + Sync>,
    known: Mutex<Known<T>>,
}

struct Known<T> {
    of: HashMap<Option<AccountKey>, Arc<T>>,
    /// Number of accounts at which idle ones are removed.
    prune_at: usize,
}

/// State that may be as good as new.
pub(super) trait Idle {
    /// Returns `true` if nothing is lost with it.
    fn is_idle(&self) -> bool;
}

/// Minimum number of accounts at which idle ones are removed.
const PRUNE_AT: usize = 1_024;

impl<T: Idle> PerAccount<T> {
    /// Makes the state of an account when it is first asked for.
    pub(super) fn new(make: impl Fn() -> T + Send + Sync + 'static) -> Self {
        let known = Known { of: HashMap::new(), prune_at: PRUNE_AT };
        Self { make: Box::new(make), known: Mutex::new(known) }
    }

    /// Returns the state of an account; of all messages without one for `None`.
    pub(super) fn of(&self, account: Option<AccountKey>) -> Arc<T> {
        let mut known = lock(&self.known);
        if let Some(state) = known.of.get(&account) {
            return Arc::clone(state);
        }
        if known.of.len() >= known.prune_at {
            known.of.retain(|_, state| Arc::strong_count(state) > 1 || !state.is_idle());
            known.prune_at = PRUNE_AT.max(known.of.len() * 2);
        }
        Arc::clone(known.of.entry(account).or_insert_with(|| Arc::new((self.make)())))
    }
}

impl<T> fmt::Debug for PerAccount<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerAccount").field("len", &lock(&self.known).of.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

    use super::*;

    #[derive(Default)]
    struct State(AtomicBool);

    impl Idle for State {
        fn is_idle(&self) -> bool {
            !self.0.load(Relaxed)
        }
    }

    #[test]
    fn what_is_idle_goes_and_what_is_not_stays() {
        let key = |n: usize| {
            let provider = crate::provider_id::ProviderId::from_static("acme");
            Some(AccountKey::new(provider, n.to_string().into()))
        };
        let states = PerAccount::new(State::default);
        states.of(key(0)).0.store(true, Relaxed);
        for n in 1..10 * PRUNE_AT {
            states.of(key(n));
        }
        assert!(states.of(key(0)).0.load(Relaxed));
        assert!(lock(&states.known).of.len() <= PRUNE_AT + 1);
    }
}
