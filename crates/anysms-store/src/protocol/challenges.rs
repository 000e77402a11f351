//! [`ChallengeTables`] and [`IntentTables`]: what a backend keeps of one-time codes, and of what costs money.
//!
//! `anysms` decides about a challenge: its changes are pure functions of the rows that are read here.

use async_trait::async_trait;
use jiff::Timestamp;

use anysms::{
    error::Result,
    intent::Intent,
    number::PhoneNumber,
    verification::{
        ChallengeAnswer, ChallengeChange, ChallengeRow, ChallengeRows, ChallengeSend, Tally,
        TallyKey,
    },
};

use crate::protocol::transaction::Tables;

/// Tables of challenges, within one transaction.
#[async_trait]
pub(crate) trait ChallengeTables: Send {
    /// Reads a challenge, and keeps others from changing it.
    async fn challenge(&mut self, id: u128) -> Result<Option<ChallengeRow>>;

    /// Reads a send, whose challenge is held.
    async fn challenge_send(&mut self, send: (u128, u16)) -> Result<Option<ChallengeSend>>;

    /// Reads tallies in their order, empty ones for those that there are not, and holds them.
    async fn tallies(&mut self, keys: Vec<TallyKey>, now: Timestamp) -> Result<Vec<Tally>>;

    /// Writes rows.
    async fn save_challenge(&mut self, rows: &ChallengeRows) -> Result<()>;

    /// Removes everything about a number, and returns how many challenges that were.
    async fn erase_challenges(&mut self, number: PhoneNumber) -> Result<u64>;

    /// Removes at most `most` challenges that were started before a time, and the tallies of before; returns how many.
    async fn remove_challenges(&mut self, before: Timestamp, most: usize) -> Result<u64>;
}

/// Table of intents, within one transaction.
#[async_trait]
pub(crate) trait IntentTables: Send {
    /// Reads an intent by its name, and keeps others from changing it.
    async fn intent(&mut self, name: &str) -> Result<Option<Intent>>;

    /// Writes an intent unless there is one of its name, and returns whether it was written.
    async fn insert_intent(&mut self, intent: &Intent) -> Result<bool>;

    /// Writes an intent over the one of its name.
    async fn save_intent(&mut self, intent: &Intent) -> Result<()>;

    /// Removes an intent.
    async fn remove_intent(&mut self, name: &str) -> Result<()>;

    /// Returns the open intents, oldest first.
    async fn open_intents(&mut self) -> Result<Vec<Intent>>;
}

/// Runs a change of a challenge.
pub(crate) async fn change(
    tables: &mut dyn Tables,
    change: &ChallengeChange,
) -> Result<ChallengeAnswer> {
    let now = tables.now();
    let mut challenge = None;
    for id in change.challenges() {
        challenge = tables.challenge(id).await?;
        if challenge.is_some() {
            break;
        }
    }
    let send = match change.send() {
        Some(send) => tables.challenge_send(send).await?,
        None => None,
    };
    let mut rows = ChallengeRows::new(challenge, send);
    let keys = change.tallies(rows.challenge.as_ref(), now);
    rows.tallies = tables.tallies(keys, now).await?;
    let before = rows.clone();
    let answer = change.apply(&mut rows, now);
    if rows != before {
        tables.save_challenge(&rows).await?;
    }
    Ok(answer)
}

/// Begins an intent, or returns the one that there is.
pub(crate) async fn begin(tables: &mut dyn Tables, intent: &Intent) -> Result<Option<Intent>> {
    if tables.insert_intent(intent).await? {
        return Ok(None);
    }
    tables.intent(&intent.name()).await
}

/// Notes that an intent is done.
pub(crate) async fn finish(tables: &mut dyn Tables, intent: &Intent, id: &str) -> Result<()> {
    let known = tables.intent(&intent.name()).await?;
    let mut done = known.unwrap_or_else(|| intent.clone());
    done.done = Some(id.to_owned());
    tables.save_intent(&done).await
}
