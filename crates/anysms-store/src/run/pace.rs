//! [`Pace`]: the speed of a worker, lane by lane, while an account is in trouble or a tenant is over a limit.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use anysms::{
    error::{Blame, Error, ErrorKind, Outcome, Result},
    message::{Message, Receipt},
    provider::SmsProvider,
};

use crate::protocol::turns::Turns;

/// Lets every lane go at full speed until nothing of it goes through any more, and then with one message at a time, a
/// second apart at first and then twice as long: 30 seconds at most, and 5 where no provider was asked. The first that
/// goes through ends it. What is not claimed meanwhile is neither tried nor in doubt.
///
/// A lane is an account, or a tenant where the stack does not tell its accounts: the trouble of one holds up no other.
/// A tenant over a limit waits until the limit lets the next one through, and then takes twice as many each time.
#[derive(Debug, Default)]
pub(crate) struct Pace(Mutex<Lanes>);

#[derive(Debug, Default)]
struct Lanes {
    lanes: HashMap<String, Lane>,
    /// Lane of each tenant's last message.
    tenants: HashMap<String, String>,
    limits: HashMap<String, Limit>,
}

#[derive(Clone, Debug, Default)]
struct Lane {
    /// Number of failures in a row.
    failures: u32,
    pause: Duration,
    /// Time at which the next may be tried.
    until: Option<Instant>,
    /// `true` while one is tried.
    trial: bool,
}

/// State of a tenant over a limit.
#[derive(Clone, Copy, Debug, Default)]
struct Limit {
    /// Number of refusals in a row.
    refusals: u32,
    until: Option<Instant>,
    /// Most messages of the next claim.
    most: usize,
}

/// Number of failures in a row from which on an account counts as in trouble; of those that are the account's own, such
/// as refused credentials, fewer.
const MOST: u32 = 10;
const MOST_REFUSED: u32 = 3;

/// Number of refusals by a limit in a row from which on a tenant waits for it.
const MOST_LIMITED: u32 = 3;

const LONGEST: Duration = Duration::from_secs(30);

/// Longest time for which a tenant waits for a limit without a try.
const LONGEST_LIMIT: Duration = Duration::from_secs(1);

/// Pause where no provider was asked: a store that cannot be written, a breaker.
pub(crate) const SOON: Duration = Duration::from_secs(5);

/// Most lanes and tenants that are remembered; beyond that those in good order are forgotten.
const MOST_KNOWN: usize = 10_000;

impl Pace {
    /// Sets how many messages of each tenant may be claimed now: all, some, or none.
    pub(crate) fn limit(&self, turns: &mut Turns) {
        let (lanes, now) = (self.lock(), Instant::now());
        turns.limits.clear();
        for (tenant, lane) in &lanes.tenants {
            if let Some(until) = lanes.lanes.get(lane).and_then(|lane| lane.until) {
                turns.limits.insert(tenant.clone(), usize::from(until <= now));
            }
        }
        for (tenant, limit) in lanes.limits.iter().filter(|(_, limit)| limit.most > 0) {
            let waits = limit.until.is_some_and(|until| until > now);
            let most = if waits { 0 } else { limit.most };
            let known = turns.limits.entry(tenant.clone()).or_insert(most);
            *known = most.min(*known);
        }
    }

    /// Returns the time until the next lane may be tried that waits now.
    pub(crate) fn next(&self) -> Option<Duration> {
        let (lanes, now) = (self.lock(), Instant::now());
        let pauses = lanes.lanes.values().filter_map(|lane| lane.until);
        let limits = lanes.limits.values().filter_map(|limit| limit.until);
        let waits = pauses.chain(limits).filter(|until| *until > now);
        waits.min().map(|until| until - now)
    }

    /// Returns the wait of a message whose lane is in trouble, or was tried a moment ago; `None` if it may be sent.
    pub(crate) fn hold(&self, lane: &str, tenant: &str) -> Option<Duration> {
        let (mut lanes, now) = (self.lock(), Instant::now());
        lanes.tenants.insert(tenant.to_owned(), lane.to_owned());
        let lane = lanes.lanes.get_mut(lane)?;
        let until = lane.until?;
        if until > now {
            return Some(until - now);
        }
        (lane.trial, lane.until) = (true, Some(now + lane.pause)); // meanwhile the others wait
        None
    }

    /// Takes the result of a send.
    pub(crate) fn see(&self, lane: &str, tenant: &str, sent: &Result<Receipt>) {
        let (mut lanes, now) = (self.lock(), Instant::now());
        lanes.forget();
        match sent {
            Err(error) if is_limit(error) => {
                let limit = lanes.limits.entry(tenant.to_owned()).or_default();
                limit.refusals += 1;
                if limit.refusals >= MOST_LIMITED {
                    let wait = error.retry_after().unwrap_or(LONGEST_LIMIT).min(LONGEST_LIMIT);
                    (limit.most, limit.until) = (1, Some(now + wait));
                }
            }
            Err(error) if is_trouble(error) => {
                let unasked = error.is_by_layer() && error.outcome() == Outcome::NotSent;
                let refused = error.blame() == Blame::Account;
                let lane = lanes.lanes.entry(lane.to_owned()).or_default();
                let most = if refused { MOST_REFUSED } else { MOST };
                lane.add(now, most, if unasked { SOON } else { LONGEST });
            }
            Err(error) if error.is_by_layer() => {} // says nothing of the provider
            _ => {
                lanes.lanes.remove(lane);
                if let Some(limit) = lanes.limits.get_mut(tenant) {
                    (limit.refusals, limit.until) = (0, None);
                    limit.most = limit.most.saturating_mul(2);
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Lanes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner) // no change is made in parts
    }
}

impl Lanes {
    /// Forgets what is in good order, where too much is known.
    fn forget(&mut self) {
        if self.tenants.len() > MOST_KNOWN {
            let lanes = &self.lanes;
            self.tenants.retain(|_, lane| lanes.contains_key(lane));
        }
        if self.limits.len() > MOST_KNOWN {
            self.limits.retain(|_, limit| limit.until.is_some());
        }
        if self.lanes.len() > MOST_KNOWN {
            self.lanes.retain(|_, lane| lane.until.is_some());
        }
    }
}

impl Lane {
    fn add(&mut self, now: Instant, most: u32, longest: Duration) {
        self.failures += 1;
        // What was on its way before is no further trial.
        let was_tried = self.until.is_none() || std::mem::take(&mut self.trial);
        if self.failures >= most && was_tried {
            self.pause = (2 * self.pause).clamp(Duration::from_secs(1), longest);
            self.until = Some(now + self.pause);
        }
    }
}

/// Returns the lane of a message: the account that sends it, or its tenant where the stack does not tell.
pub(crate) fn lane_of(provider: &impl SmsProvider, message: &Message) -> String {
    match provider.account(message) {
        Some(account) => format!("{}:{}", account.provider, account.id.as_str()),
        None => format!("tenant:{}", tenant_of(message)),
    }
}

/// Returns the name of a message's tenant, empty for none.
pub(crate) fn tenant_of(message: &Message) -> &str {
    message.tenant().map_or("", anysms::TenantId::as_str)
}

/// Returns whether a limit of the program's own refused the message.
fn is_limit(error: &Error) -> bool {
    error.kind() == ErrorKind::RateLimited && error.is_by_layer()
}

/// Returns whether the next message would fare the same.
fn is_trouble(error: &Error) -> bool {
    error.blame().hits_the_next() || error.outcome() == Outcome::Unknown && !error.is_by_layer()
}
