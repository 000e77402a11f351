//! [`ChallengeChange`]: every change of a challenge, as a pure function of the rows that a store locked.

use std::{net::IpAddr, sync::Arc};

use jiff::Timestamp;

use super::{
    ChallengeCheck, ChallengeRow, ChallengeRows, ChallengeSend, ChallengeState, CodePolicy,
    Refused, SendState, Tally, TallyKey, VerificationChannel,
    tallies::{country_of, guesses, late, later, left, limits, range_of, renew, take},
};
use crate::error::ErrorKind;

/// Change of a challenge: made by [`Otp`](super::Otp), run by a [`ChallengeStore`](super::ChallengeStore).
#[derive(Clone, Debug)]
pub struct ChallengeChange(pub(super) Change);

#[derive(Clone, Debug)]
pub(super) enum Change {
    /// Starts a challenge, unless one of these ids is there.
    Admit {
        row: Box<ChallengeRow>,
        ids: Vec<u128>,
        client: Option<IpAddr>,
        policy: Arc<CodePolicy>,
    },
    /// Asks for one more send.
    Resend { id: u128, channel: Option<VerificationChannel>, policy: Arc<CodePolicy> },
    /// Moves a send from one state to another.
    Mark(Mark),
    /// Counts a try before anything is compared.
    Try { id: u128, policy: Arc<CodePolicy> },
    /// Approves after the code of a try was right.
    Approve { id: u128, check: u16, policy: Arc<CodePolicy> },
    /// Cancels.
    Cancel { id: u128 },
}

#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub(super) id: u128,
    pub(super) number: u16,
    pub(super) from: SendState,
    pub(super) to: SendState,
    pub(super) channel: VerificationChannel,
    pub(super) remote: Option<String>,
    pub(super) error: Option<ErrorKind>,
}

/// Answer of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChallengeAnswer {
    /// Challenge is there and its send is due. The names of the gates that this send set off come with it.
    Admitted(Box<ChallengeRow>, Vec<TallyKey>),
    /// Challenge was there before.
    Known(Box<ChallengeRow>),
    /// Refused, and nothing was changed but the state of a gate.
    Refused(Refused, Vec<TallyKey>),
    /// Challenge is over or not known.
    Over,
    /// Try was not counted, as the challenge is over or not known. The row is there so that its answer takes as long.
    Late(Box<ChallengeRow>),
    /// Try was counted: compare now. It is the check of this number.
    Counted(Box<ChallengeRow>, u16),
    /// Done as asked.
    Done(Option<Box<ChallengeRow>>),
    /// Not done, as another was first.
    TooLate,
}

impl ChallengeChange {
    /// Returns the ids of the challenges to look for: the first that there is, is the one.
    #[must_use]
    pub fn challenges(&self) -> Vec<u128> {
        match &self.0 {
            Change::Admit { ids, .. } => ids.clone(),
            Change::Try { id, .. } => vec![*id, DECOY],
            Change::Mark(Mark { id, .. })
            | Change::Resend { id, .. }
            | Change::Approve { id, .. }
            | Change::Cancel { id } => vec![*id],
        }
    }

    /// Returns the challenge and the number of the send to read; `None` if it needs none.
    #[must_use]
    pub const fn send(&self) -> Option<(u128, u16)> {
        match &self.0 {
            Change::Mark(mark) => Some((mark.id, mark.number)),
            _ => None,
        }
    }

    /// Returns the names of the tallies to lock, in the order in which all changes lock them.
    #[must_use]
    pub fn tallies(&self, challenge: Option<&ChallengeRow>, now: Timestamp) -> Vec<TallyKey> {
        let mut keys = match (&self.0, challenge) {
            (Change::Admit { row, client, policy, .. }, None) => {
                limits(row, *client, policy).into_iter().map(|(key, _)| key).collect()
            }
            (Change::Resend { policy, .. }, Some(row)) => {
                limits(row, None, policy).into_iter().map(|(key, _)| key).collect()
            }
            (Change::Try { policy, .. }, Some(row)) if is_live(row, policy, now) => {
                vec![guesses(row)]
            }
            (Change::Try { .. }, Some(row)) => vec![late(row)],
            (Change::Try { policy, .. }, None) => decoy(policy).iter().map(late).collect(),
            (Change::Approve { .. }, Some(row)) => {
                vec![guesses(row), range_of(row), country_of(row)]
            }
            _ => Vec::new(),
        };
        keys.sort();
        keys.dedup();
        keys
    }

    /// Makes the change in the rows, and answers.
    pub fn apply(&self, rows: &mut ChallengeRows, now: Timestamp) -> ChallengeAnswer {
        match &self.0 {
            Change::Admit { row, client, policy, .. } => admit(rows, row, *client, policy, now),
            Change::Resend { channel, policy, .. } => resend(rows, *channel, policy, now),
            Change::Mark(mark) => mark.apply(rows),
            Change::Try { policy, .. } => count_try(rows, policy, now),
            Change::Approve { check, policy, .. } => approve(rows, *check, policy, now),
            Change::Cancel { .. } => cancel(rows, now),
        }
    }
}

fn admit(
    rows: &mut ChallengeRows,
    new: &ChallengeRow,
    client: Option<IpAddr>,
    policy: &CodePolicy,
    now: Timestamp,
) -> ChallengeAnswer {
    if let Some(known) = &rows.challenge {
        return ChallengeAnswer::Known(Box::new(known.clone()));
    }
    let alarms = match take(rows, &limits(new, client, policy), now) {
        Ok(alarms) => alarms,
        Err((refused, alarms)) => return ChallengeAnswer::Refused(refused, alarms),
    };
    let row = ChallengeRow {
        created_at: now,
        sent_at: now,
        expires_at: later(now, policy.life),
        ..new.clone()
    };
    rows.send = Some(send_of(&row, now));
    rows.challenge = Some(row.clone());
    ChallengeAnswer::Admitted(Box::new(row), alarms)
}

fn send_of(row: &ChallengeRow, now: Timestamp) -> ChallengeSend {
    ChallengeSend {
        challenge: row.id,
        number: row.sends,
        channel: row.channel,
        state: if row.silent { SendState::Silent } else { SendState::Due },
        at: now,
        remote: None,
        error: None,
    }
}

fn is_live(row: &ChallengeRow, policy: &CodePolicy, now: Timestamp) -> bool {
    is_pending(row, now) && row.failures < policy.tries
}

fn is_pending(row: &ChallengeRow, now: Timestamp) -> bool {
    row.state == ChallengeState::Pending && now < row.expires_at
}

/// Returns when the code may be sent again; `None` if not any more.
pub(super) fn resend_at(row: &ChallengeRow, policy: &CodePolicy) -> Option<Timestamp> {
    let wait = policy.waits.get(usize::from(row.sends).checked_sub(1)?)?;
    Some(later(row.sent_at, *wait)).filter(|at| *at < row.expires_at)
}

fn resend(
    rows: &mut ChallengeRows,
    channel: Option<VerificationChannel>,
    policy: &CodePolicy,
    now: Timestamp,
) -> ChallengeAnswer {
    let row = match rows.challenge.clone() {
        Some(row) if is_live(&row, policy, now) => row,
        _ => return ChallengeAnswer::Over,
    };
    let Some(at) = resend_at(&row, policy) else {
        return ChallengeAnswer::Refused(Refused::NoMoreSends, Vec::new());
    };
    if now < at {
        return ChallengeAnswer::Refused(Refused::TooSoon(left(at, now)), Vec::new());
    }
    let alarms = match take(rows, &limits(&row, None, policy), now) {
        Ok(alarms) => alarms,
        Err((refused, alarms)) => return ChallengeAnswer::Refused(refused, alarms),
    };
    let row = ChallengeRow {
        sends: row.sends.saturating_add(1),
        sent_at: now,
        channel: channel.unwrap_or(row.channel),
        ..row
    };
    rows.send = Some(send_of(&row, now));
    rows.challenge = Some(row.clone());
    ChallengeAnswer::Admitted(Box::new(row), alarms)
}

impl Mark {
    fn apply(&self, rows: &mut ChallengeRows) -> ChallengeAnswer {
        let (Some(send), Some(row)) = (&mut rows.send, &mut rows.challenge) else {
            return ChallengeAnswer::Over;
        };
        if send.state != self.from {
            return ChallengeAnswer::TooLate;
        }
        (send.state, send.channel) = (self.to, self.channel);
        (send.remote, send.error) = (self.remote.clone(), self.error);
        if self.to == SendState::Accepted {
            row.accepted = row.accepted.saturating_add(1);
            row.remote.clone_from(&self.remote);
        }
        // From before the mailer is asked: what may have been sent counts.
        row.emailed |= self.channel == VerificationChannel::Email;
        row.channel = self.channel;
        ChallengeAnswer::Done(Some(Box::new(row.clone())))
    }
}

/// Id of the row that stands in for a challenge that is not known.
const DECOY: u128 = 0;

/// Creates the row that stands in for a challenge that is not known, so that a check of one reads and writes as much as
/// any other: the time of an answer tells nothing. No time of a report and no retention comes near it.
fn decoy(policy: &CodePolicy) -> Option<ChallengeRow> {
    let (never, number) = (Timestamp::MAX, "+447700900000".parse().ok()?);
    Some(ChallengeRow {
        id: DECOY,
        tenant: None,
        purpose: "decoy".parse().ok()?,
        number,
        subject: None,
        email: None,
        locale: None,
        country: number.region(),
        channel: VerificationChannel::Sms,
        key_id: "decoy".to_owned(),
        epoch: 0,
        length: policy.length,
        silent: true,
        state: ChallengeState::Canceled,
        created_at: never,
        expires_at: never,
        settled_at: None,
        sent_at: never,
        sends: 1,
        accepted: 0,
        failures: 0,
        remote: None,
        emailed: false,
        late: 0,
    })
}

/// Counts a try. Whatever becomes of it, as much is read and written.
fn count_try(rows: &mut ChallengeRows, policy: &CodePolicy, now: Timestamp) -> ChallengeAnswer {
    if rows.challenge.is_none() {
        rows.challenge = decoy(policy);
    }
    let (Some(row), Some(tally)) = (&mut rows.challenge, rows.tallies.first_mut()) else {
        return ChallengeAnswer::Over;
    };
    let live = is_live(row, policy, now);
    let free_at = later(tally.last_at, policy.wait(tally.count));
    if live && tally.count > 0 && now < free_at {
        return ChallengeAnswer::Refused(Refused::Guessed(left(free_at, now)), Vec::new());
    }
    if tally.count >= policy.failures {
        tally.count = 0; // the day is over
    }
    (tally.count, tally.last_at) = (tally.count.saturating_add(1), now);
    if live {
        row.failures = row.failures.saturating_add(1);
    } else {
        row.late = row.late.saturating_add(1);
    }
    let number = if live { row.failures } else { 0 };
    rows.check = Some(ChallengeCheck { challenge: row.id, number, at: now, approved: false });
    let row = Box::new(row.clone());
    if live { ChallengeAnswer::Counted(row, number) } else { ChallengeAnswer::Late(row) }
}

fn approve(
    rows: &mut ChallengeRows,
    check: u16,
    policy: &CodePolicy,
    now: Timestamp,
) -> ChallengeAnswer {
    // A code that was in time when it was compared is approved, however long the comparison took.
    let row = match &mut rows.challenge {
        Some(row) if row.state == ChallengeState::Pending => row,
        _ => return ChallengeAnswer::TooLate,
    };
    (row.state, row.settled_at) = (ChallengeState::Approved, Some(now));
    row.failures = row.failures.saturating_sub(1);
    rows.check = Some(ChallengeCheck { challenge: row.id, number: check, at: now, approved: true });
    let (guesses, row) = (guesses(row), Box::new(row.clone()));
    for tally in &mut rows.tallies {
        if tally.key == guesses {
            *tally = Tally::new(guesses.clone(), now);
        } else {
            let gate =
                if tally.key.kind == "range" { policy.range_gate } else { policy.country_gate };
            if tally.blocked_until.is_none()
                && let Some(gate) = gate
            {
                renew(tally, gate.window, now);
            }
            tally.approved = tally.approved.saturating_add(1);
        }
    }
    ChallengeAnswer::Done(Some(row))
}

fn cancel(rows: &mut ChallengeRows, now: Timestamp) -> ChallengeAnswer {
    if let Some(row) = &mut rows.challenge
        && row.state == ChallengeState::Pending
    {
        (row.state, row.settled_at) = (ChallengeState::Canceled, Some(now));
    }
    ChallengeAnswer::Done(None)
}
