//! [`Turns`]: whose message is claimed next. Classes go in order, codes first; within a class each tenant gets one
//! claim in turn, so that no backlog holds up another tenant.

use std::collections::{HashMap, VecDeque};

/// Number of ranks, one for each class of messages.
pub(crate) const RANKS: usize = 3;

/// Most tenants that one claim looks at for each rank. The next goes on behind them.
pub(crate) const MOST_TENANTS: usize = 1_000;

/// A worker's place in the round of tenants, by name, empty for none; and the tenants of which it takes few now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Turns {
    /// Tenant of the last claim, for each rank.
    pub(crate) last: [Option<String>; RANKS],
    /// Most messages of a tenant, where it is not all: 0 leaves the tenant alone.
    pub(crate) limits: HashMap<String, usize>,
}

impl Turns {
    /// Cuts what is due of a tenant down to what may be taken.
    pub(crate) fn cut(&self, tenant: &str, due: &mut VecDeque<i64>) {
        if let Some(most) = self.limits.get(tenant) {
            due.truncate(*most);
        }
    }

    /// Notes that a tenant had its turn.
    pub(crate) fn took(&mut self, rank: usize, tenant: &str) {
        if let Some(last) = self.last.get_mut(rank) {
            *last = Some(tenant.to_owned());
        }
    }
}

/// Deals at most `most` messages from the tenants' queues, one of each in turn.
pub(crate) fn deal(mut queues: Vec<VecDeque<i64>>, most: usize) -> Vec<i64> {
    let mut dealt = Vec::new();
    while dealt.len() < most && queues.iter().any(|queue| !queue.is_empty()) {
        let left = most - dealt.len();
        dealt.extend(queues.iter_mut().filter_map(VecDeque::pop_front).take(left));
    }
    dealt
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deals_one_to_each_in_turn() {
        let queues =
            || vec![VecDeque::from([1, 2, 3, 4]), VecDeque::from([10]), VecDeque::from([20, 21])];
        assert_eq!(deal(queues(), 4), [1, 10, 20, 2]);
        assert_eq!(deal(queues(), 99), [1, 10, 20, 2, 21, 3, 4]);
        assert_eq!(deal(Vec::new(), 3), Vec::<i64>::new());
    }
}
