//! Tallies: what is counted of sends and wrong codes, and when a limit or a gate refuses.

use std::{net::IpAddr, time::Duration};

use jiff::{SignedDuration, Timestamp};

use super::{ChallengeRow, ChallengeRows, CodePolicy, ConversionGate, Refused, Tally, TallyKey};

impl TallyKey {
    pub(super) fn new(kind: impl Into<String>, tenant: &str, of: String) -> Self {
        Self { kind: kind.into(), tenant: tenant.to_owned(), of }
    }
}

fn tenant(row: &ChallengeRow) -> &str {
    row.tenant.as_ref().map_or("", |tenant| tenant.as_str())
}

pub(super) fn range_of(row: &ChallengeRow) -> TallyKey {
    TallyKey::new("range", tenant(row), row.range())
}

pub(super) fn country_of(row: &ChallengeRow) -> TallyKey {
    let country = row.country.map(|country| country.to_string()).unwrap_or_default();
    TallyKey::new("country", tenant(row), country)
}

pub(super) fn guesses(row: &ChallengeRow) -> TallyKey {
    tries("guess", row)
}

/// Names the tally of checks of a challenge that is over, which limits nothing: it is as much work as the other.
pub(super) fn late(row: &ChallengeRow) -> TallyKey {
    tries("late", row)
}

fn tries(kind: &str, row: &ChallengeRow) -> TallyKey {
    let kind = format!("{kind} {}", row.purpose);
    TallyKey::new(kind, tenant(row), row.number.canonical().digits().to_string())
}

/// Rule of one tally.
pub(super) enum Rule {
    Limit(u32, Duration),
    Gate(ConversionGate),
}

pub(super) fn limits(
    row: &ChallengeRow,
    client: Option<IpAddr>,
    policy: &CodePolicy,
) -> Vec<(TallyKey, Rule)> {
    let number = row.number.canonical().digits().to_string();
    let client = client.map(network);
    let mut all = Vec::new();
    let mut add = |kind: &str, tenant: &str, of: &str, limits: &[(u32, Duration)]| {
        for (most, window) in limits {
            let kind = format!("{kind} {}s", window.as_secs());
            all.push((TallyKey::new(kind, tenant, of.to_owned()), Rule::Limit(*most, *window)));
        }
    };
    // A purpose that strangers may ask for does not use up the codes of another.
    add(&format!("number {}", row.purpose), tenant(row), &number, &policy.per_number);
    if let Some(client) = &client {
        add("client", tenant(row), client, &policy.per_client);
    }
    add("tenant", tenant(row), "", &policy.per_tenant);
    add("all", "", "", &policy.overall);
    all.extend(policy.range_gate.map(|gate| (range_of(row), Rule::Gate(gate))));
    all.extend(policy.country_gate.map(|gate| (country_of(row), Rule::Gate(gate))));
    all
}

/// Returns the network of a client: what one household or one attacker has of it at no cost.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

pub(super) fn left(until: Timestamp, now: Timestamp) -> Duration {
    until.duration_since(now).try_into().unwrap_or_default() // what is over leaves nothing
}

pub(super) fn later(at: Timestamp, by: Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// Counts a send in all tallies, or refuses it by the first that is full.
pub(super) fn take(
    rows: &mut ChallengeRows,
    rules: &[(TallyKey, Rule)],
    now: Timestamp,
) -> Result<Vec<TallyKey>, (Refused, Vec<TallyKey>)> {
    let mut alarms = Vec::new();
    let mut refused = None;
    let mut counted = rows.tallies.clone();
    for (key, rule) in rules {
        let Some(tally) = counted.iter_mut().find(|tally| tally.key == *key) else { continue };
        match rule {
            Rule::Limit(most, window) => {
                renew(tally, *window, now);
                if tally.count >= *most {
                    let wait = left(later(tally.started_at, *window), now);
                    refused = refused.or(Some(Refused::Limit(wait)));
                }
            }
            Rule::Gate(gate) => match shut(tally, gate, now) {
                Gate::Open => {}
                Gate::Alarm => alarms.push(key.clone()),
                Gate::Shut { first, wait } => {
                    alarms.extend(first.then(|| key.clone()));
                    refused = refused.or(Some(Refused::Gate(wait)));
                }
            },
        }
        tally.count = tally.count.saturating_add(1);
        tally.last_at = now;
    }
    if let Some(refused) = refused {
        // Nothing counts but that a gate is shut.
        for (kept, after) in rows.tallies.iter_mut().zip(&counted) {
            kept.blocked_until = after.blocked_until;
        }
        return Err((refused, alarms));
    }
    rows.tallies = counted;
    Ok(alarms)
}

/// Begins a window anew that is over.
pub(super) fn renew(tally: &mut Tally, window: Duration, now: Timestamp) {
    if now >= later(tally.started_at, window) {
        *tally = Tally::new(tally.key.clone(), now);
    }
}

enum Gate {
    Open,
    Alarm,
    Shut { first: bool, wait: Duration },
}

fn shut(tally: &mut Tally, gate: &ConversionGate, now: Timestamp) -> Gate {
    if let Some(until) = tally.blocked_until {
        if now < until {
            return Gate::Shut { first: false, wait: left(until, now) };
        }
        *tally = Tally::new(tally.key.clone(), now);
    }
    renew(tally, gate.window, now);
    let few = u64::from(tally.approved) * 100 < u64::from(gate.percent) * u64::from(tally.count);
    if tally.count < gate.sends || !few {
        return Gate::Open;
    }
    if gate.block.is_zero() {
        // Once a window: at the send that reaches the figure.
        return if tally.count == gate.sends { Gate::Alarm } else { Gate::Open };
    }
    tally.blocked_until = Some(later(now, gate.block));
    Gate::Shut { first: true, wait: gate.block }
}
