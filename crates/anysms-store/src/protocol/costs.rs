//! Costs that come late: attempts whose price is asked for, and what their provider says of it.

use std::time::Duration;

use anysms::{ProviderId, error::Result, message::Money};
use jiff::Timestamp;

use crate::{
    AttemptOutcome, AttemptRecord, AttemptToken,
    model::{case::Case, policy::plausible},
    protocol::{
        operations::{Check, save},
        transaction::{Tables, Which},
    },
};

/// Ages, in seconds, at which a provider is asked for the price of an attempt that ended.
const COST_CHECKS: [u64; 4] = [60 * 60, 6 * 60 * 60, 24 * 60 * 60, 72 * 60 * 60];

/// For how long an attempt is left to the one that asks about it.
const ASKING: Duration = Duration::from_secs(60);

/// Answer of a provider about the cost of an attempt.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CostFound {
    pub(crate) price: Option<Money>,
    pub(crate) segments: Option<u32>,
}

/// End of a look for a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CostSettled {
    Priced,
    /// It is asked about again.
    Open,
    /// It is not asked about again.
    Unpriced,
}

/// Returns the attempts whose price one of these providers has to be asked for now, and whether there may be more.
/// Nobody else is told of them for a minute.
pub(crate) async fn checks(
    tables: &mut dyn Tables,
    providers: &[ProviderId],
    most: usize,
) -> Result<(Vec<Check>, bool)> {
    let now = tables.now();
    let later = now.checked_add(ASKING).unwrap_or(now);
    let mut cases = tables.load(Which::Uncosted { providers, most }).await?;
    let mut checks = Vec::new();
    for case in &mut cases {
        for place in 0..case.attempts.len() {
            let attempt = &mut case.attempts[place];
            let due = attempt.cost_check_at.is_some_and(|at| at <= now);
            if due && providers.contains(&attempt.provider) {
                attempt.cost_check_at = Some(later);
                let token = attempt.token;
                checks.push(Check { token, case: case.clone(), place });
            }
        }
    }
    // Without the schedule that `save` sets.
    tables.save(&mut cases).await?;
    let more = cases.len() >= most && !checks.is_empty();
    Ok((checks, more))
}

/// Writes down what providers said of the costs of attempts, and nothing else.
pub(crate) async fn settle(
    tables: &mut dyn Tables,
    found: &[(AttemptToken, CostFound)],
) -> Result<Vec<CostSettled>> {
    let now = tables.now();
    let tokens: Vec<AttemptToken> = found.iter().map(|(token, _)| *token).collect();
    let mut cases = tables.load(Which::Tokens(&tokens)).await?;
    let settled = found.iter().filter_map(|(token, found)| {
        let of = |case: &&mut Case| case.attempts.iter().any(|one| one.token == *token);
        let case = cases.iter_mut().find(of)?;
        let attempt = case.attempts.iter_mut().find(|one| one.token == *token)?;
        let settled = attempt.learn_cost(*found, now);
        case.derive();
        Some(settled)
    });
    let settled = settled.collect();
    save(tables, &mut cases).await?;
    Ok(settled)
}

impl AttemptRecord {
    /// Takes what a provider said of the cost. A price that is known stays.
    fn learn_cost(&mut self, found: CostFound, now: Timestamp) -> CostSettled {
        let age = now.duration_since(self.begun_at).as_secs();
        let past = COST_CHECKS.iter().filter(|at| i64::try_from(**at).is_ok_and(|at| at <= age));
        self.cost_checks = (self.cost_checks + 1).max(past.count() as u32);
        self.price = self.price.or(plausible(found.price));
        self.segments = found.segments.filter(|count| *count > 0).or(self.segments);
        if self.price.is_some() {
            CostSettled::Priced
        } else if self.is_unpriced() {
            CostSettled::Unpriced
        } else {
            CostSettled::Open
        }
    }

    /// Sets the time at which its price is asked for next, by all that is known now.
    pub(crate) fn schedule_cost_check(&mut self) {
        let wanted = self.outcome == Some(AttemptOutcome::Accepted)
            && self.status.is_final()
            && self.price.is_none()
            && self.id.is_some();
        let after = COST_CHECKS.get(self.cost_checks as usize).filter(|_| wanted);
        self.cost_check_at =
            after.and_then(|after| self.begun_at.checked_add(Duration::from_secs(*after)).ok());
    }

    /// Returns `true` if the provider was asked for its price for the last time and named none. A price that comes
    /// later counts all the same.
    #[must_use]
    pub fn is_unpriced(&self) -> bool {
        self.price.is_none() && self.cost_checks as usize >= COST_CHECKS.len()
    }
}
