//! [`ChallengeStore`]: where challenges are kept, and the rows of it.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    ChallengeAnswer, ChallengeChange, ChallengeFact, Purpose, ReportQuery, VerificationChannel,
    VerificationRequest,
};
use crate::{
    error::{ErrorKind, Result},
    message::{MessageKey, TenantId, Text},
    number::{PhoneNumber, Region},
};

/// State of a challenge. An end never changes; a challenge that waits past its time, or was tried too often, is over
/// too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ChallengeState {
    /// Waits for its code.
    Pending,
    /// Code was right.
    Approved,
    /// Ended by [`cancel`](super::Verification::cancel).
    Canceled,
}

/// Row of a challenge. It holds no code and nothing a code could be told from without the keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChallengeRow {
    /// Id: 128 bits that nobody can guess.
    #[serde(with = "hex")]
    pub id: u128,
    /// Tenant.
    pub tenant: Option<TenantId>,
    /// Purpose.
    pub purpose: Purpose,
    /// Number.
    pub number: PhoneNumber,
    /// Account of the program's own that asked.
    pub subject: Option<Text>,
    /// E-mail address.
    pub email: Option<Text>,
    /// Language that was asked for.
    pub locale: Option<String>,
    /// Country of the number.
    pub country: Option<Region>,
    /// Channel of the last send.
    pub channel: VerificationChannel,
    /// Name of the key of its code.
    pub key_id: String,
    /// Number of its code: another one is another code.
    pub epoch: u16,
    /// Digits of its code.
    pub length: u8,
    /// `true` if nothing is ever sent.
    pub silent: bool,
    /// State.
    pub state: ChallengeState,
    /// Time at which it was started.
    pub created_at: Timestamp,
    /// Time from which no code is approved.
    pub expires_at: Timestamp,
    /// Time at which it was approved or canceled.
    pub settled_at: Option<Timestamp>,
    /// Time of the last send.
    pub sent_at: Timestamp,
    /// Number of sends that were asked for: 1 and more.
    pub sends: u16,
    /// Number of sends that a channel took.
    pub accepted: u16,
    /// Number of codes that were compared and not approved.
    pub failures: u16,
    /// Id by which the channel of the last send that was taken knows it.
    pub remote: Option<String>,
    /// `true` if a send may have gone out by e-mail.
    pub emailed: bool,
    /// Number of checks after it was over, of which nothing was compared.
    pub late: u32,
}

impl ChallengeRow {
    /// Creates the row of a request, which has yet to be admitted.
    pub(super) fn new(
        request: &VerificationRequest,
        id: u128,
        key_id: &str,
        length: u8,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            tenant: request.tenant.clone(),
            purpose: request.purpose.clone(),
            number: request.number,
            subject: request.subject.clone(),
            email: request.email.clone(),
            locale: request.locale.clone(),
            country: request.number.region(),
            channel: request.channel,
            key_id: key_id.to_owned(),
            epoch: 0,
            length,
            silent: request.silent,
            state: ChallengeState::Pending,
            created_at: now,
            expires_at: now,
            settled_at: None,
            sent_at: now,
            sends: 1,
            accepted: 0,
            failures: 0,
            remote: None,
            emailed: false,
            late: 0,
        }
    }

    /// Returns the range of its number: the digits without the last four.
    ///
    /// Block ranges in a store of your own:
    ///
    /// ```
    /// use anysms::verification::ChallengeRow;
    ///
    /// fn is_of(row: &ChallengeRow, ranges: &[String]) -> bool {
    ///     ranges.contains(&row.range())
    /// }
    /// ```
    #[must_use]
    pub fn range(&self) -> String {
        (self.number.digits() / 10_000).to_string()
    }
}

/// State of a send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SendState {
    /// Nobody was asked yet: a process that takes over may send.
    Due,
    /// A channel was asked, and the process that did so has not said how it ended. Nobody sends it again.
    Sending,
    /// A channel took it.
    Accepted,
    /// Proved not sent.
    Failed,
    /// May have been sent.
    Unconfirmed,
    /// Not sent, as the request was silent.
    Silent,
}

/// Row of a send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChallengeSend {
    /// Challenge.
    #[serde(with = "hex")]
    pub challenge: u128,
    /// Number among the challenge's sends, from 1.
    pub number: u16,
    /// Channel.
    pub channel: VerificationChannel,
    /// State.
    pub state: SendState,
    /// Time at which it was asked for.
    pub at: Timestamp,
    /// Provider's id of it.
    pub remote: Option<String>,
    /// Kind of the failure.
    pub error: Option<ErrorKind>,
}

impl ChallengeSend {
    /// Returns the key of its message, by which a message store knows it.
    #[must_use]
    pub fn key(&self) -> MessageKey {
        let key = format!("otp:{:032x}:{}", self.challenge, self.number);
        key.parse().unwrap_or_else(|_| MessageKey::random()) // it always is one: short and printable
    }
}

/// Row of a check: never what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChallengeCheck {
    /// Challenge.
    #[serde(with = "hex")]
    pub challenge: u128,
    /// Number among the challenge's checks, from 1.
    pub number: u16,
    /// Time.
    pub at: Timestamp,
    /// `true` if the code was approved.
    pub approved: bool,
}

/// Name of a tally: what is counted, and for whom.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TallyKey {
    /// Kind of what is counted: `number`, `range`, `country`, `client`, `tenant`, `all`, `guess` or `late`, and its window.
    pub kind: String,
    /// Tenant; empty without one.
    pub tenant: String,
    /// Number, range, country or network. A number stands here as its digits.
    pub of: String,
}

/// Shows the kind alone, as the rest may be a number.
impl fmt::Debug for TallyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TallyKey({})", self.kind)
    }
}

/// Count over a window, which begins with the first of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tally {
    /// Name.
    pub key: TallyKey,
    /// Beginning of the window.
    pub started_at: Timestamp,
    /// Time of the last.
    pub last_at: Timestamp,
    /// Number of sends, or of wrong codes.
    pub count: u32,
    /// Number of approvals.
    pub approved: u32,
    /// Time until which it blocks.
    pub blocked_until: Option<Timestamp>,
}

impl Tally {
    /// Creates an empty tally.
    #[must_use]
    pub const fn new(key: TallyKey, now: Timestamp) -> Self {
        Self { key, started_at: now, last_at: now, count: 0, approved: 0, blocked_until: None }
    }
}

/// Rows that a change reads and writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChallengeRows {
    /// Challenge; `None` if there is none.
    pub challenge: Option<ChallengeRow>,
    /// Tallies, one for each key that was asked for.
    pub tallies: Vec<Tally>,
    /// Send.
    pub send: Option<ChallengeSend>,
    /// Check, which is only written.
    pub check: Option<ChallengeCheck>,
}

impl ChallengeRows {
    /// Creates rows from a challenge and a send that were read.
    #[must_use]
    pub const fn new(challenge: Option<ChallengeRow>, send: Option<ChallengeSend>) -> Self {
        Self { challenge, tallies: Vec::new(), send, check: None }
    }
}

/// Store of challenges: [`MemoryChallenges`](super::MemoryChallenges), and the message store of `anysms-store`.
///
/// A store of your own runs each [`ChallengeChange`] in one transaction that locks what it reads:
///
/// 1. read the first challenge of [`challenges`](ChallengeChange::challenges) that there is, one after the other, and the
///    [`send`](ChallengeChange::send) that it names;
/// 2. read the tallies of [`tallies`](ChallengeChange::tallies), in their order, an [empty](Tally::new) one for each that
///    there is not;
/// 3. [`apply`](ChallengeChange::apply) the change, write all rows back, and commit;
/// 4. give its answer back.
#[async_trait]
pub trait ChallengeStore: fmt::Debug + Send + Sync {
    /// Runs a change.
    ///
    /// # Errors
    /// `Unavailable` and the like if it could not be written: then it did not happen.
    async fn change(&self, change: &ChallengeChange) -> Result<ChallengeAnswer>;

    /// Returns at most this many sends that are due since a time, each with its challenge, the oldest first.
    ///
    /// # Errors
    /// As any read.
    async fn due(
        &self,
        before: Timestamp,
        most: usize,
    ) -> Result<Vec<(ChallengeRow, ChallengeSend)>>;

    /// Returns the challenges of a report, the oldest first.
    ///
    /// # Errors
    /// As any read.
    async fn facts(&self, query: &ReportQuery) -> Result<Vec<ChallengeFact>>;

    /// Returns the time by which challenges expire: the store's own clock.
    fn now(&self) -> Timestamp;
}

#[async_trait]
impl<S: ChallengeStore + ?Sized> ChallengeStore for Arc<S> {
    async fn change(&self, change: &ChallengeChange) -> Result<ChallengeAnswer> {
        (**self).change(change).await
    }

    async fn due(
        &self,
        before: Timestamp,
        most: usize,
    ) -> Result<Vec<(ChallengeRow, ChallengeSend)>> {
        (**self).due(before, most).await
    }

    async fn facts(&self, query: &ReportQuery) -> Result<Vec<ChallengeFact>> {
        (**self).facts(query).await
    }

    fn now(&self) -> Timestamp {
        (**self).now()
    }
}

/// serde for ids, as 32 hexadecimal digits.
mod hex {
    use serde::{Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(id: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{id:032x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<u128, D::Error> {
        let text = crate::serde_text::read(deserializer)?;
        u128::from_str_radix(&text, 16)
            .map_err(|_| D::Error::custom("id: is no hexadecimal number"))
    }
}
