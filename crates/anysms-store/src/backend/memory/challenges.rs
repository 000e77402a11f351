//! Challenges and intents in memory.

use async_trait::async_trait;
use jiff::Timestamp;

use anysms::{
    error::Result,
    intent::Intent,
    number::PhoneNumber,
    verification::{
        ChallengeFact, ChallengeRow, ChallengeRows, ChallengeSend, ReportQuery, SendState, Tally,
        TallyKey,
    },
};

use super::{kept::Kept, transaction::MemoryTransaction};
use crate::{
    Progress,
    protocol::challenges::{ChallengeTables, IntentTables},
};

#[async_trait]
impl ChallengeTables for MemoryTransaction<'_> {
    async fn challenge(&mut self, id: u128) -> Result<Option<ChallengeRow>> {
        Ok(self.kept.challenges.get(&id).cloned())
    }

    async fn challenge_send(&mut self, send: (u128, u16)) -> Result<Option<ChallengeSend>> {
        Ok(self.kept.challenge_sends.get(&send).cloned())
    }

    async fn tallies(&mut self, keys: Vec<TallyKey>, now: Timestamp) -> Result<Vec<Tally>> {
        let kept = &self.kept.tallies;
        let tally = |key: TallyKey| kept.get(&key).cloned().unwrap_or_else(|| Tally::new(key, now));
        Ok(keys.into_iter().map(tally).collect())
    }

    async fn save_challenge(&mut self, rows: &ChallengeRows) -> Result<()> {
        let kept = &mut self.kept;
        kept.challenges.extend(rows.challenge.clone().map(|row| (row.id, row)));
        kept.challenge_sends
            .extend(rows.send.clone().map(|send| ((send.challenge, send.number), send)));
        let tallies = rows.tallies.iter().cloned();
        kept.tallies.extend(tallies.map(|tally| (tally.key.clone(), tally)));
        Ok(())
    }

    async fn erase_challenges(&mut self, number: PhoneNumber) -> Result<u64> {
        let before = self.kept.challenges.len();
        self.kept.challenges.retain(|_, row| row.number != number);
        self.drop_orphans();
        let forms = [number, number.canonical()].map(|number| number.digits().to_string());
        self.kept.tallies.retain(|key, _| !forms.contains(&key.of));
        Ok((before - self.kept.challenges.len()) as u64)
    }

    async fn remove_challenges(&mut self, before: Timestamp, most: usize) -> Result<u64> {
        let old: Vec<u128> = self
            .kept
            .challenges
            .values()
            .filter(|row| row.created_at < before)
            .map(|row| row.id)
            .take(most)
            .collect();
        for id in &old {
            self.kept.challenges.remove(id);
        }
        self.drop_orphans();
        self.kept.tallies.retain(|_, tally| tally.last_at >= before);
        Ok(old.len() as u64)
    }
}

impl MemoryTransaction<'_> {
    fn drop_orphans(&mut self) {
        let challenges = &self.kept.challenges;
        self.kept.challenge_sends.retain(|(id, _), _| challenges.contains_key(id));
    }
}

#[async_trait]
impl IntentTables for MemoryTransaction<'_> {
    async fn intent(&mut self, name: &str) -> Result<Option<Intent>> {
        Ok(self.kept.intents.get(name).cloned())
    }

    async fn insert_intent(&mut self, intent: &Intent) -> Result<bool> {
        let new = !self.kept.intents.contains_key(&intent.name());
        if new {
            self.kept.intents.insert(intent.name(), intent.clone());
        }
        Ok(new)
    }

    async fn save_intent(&mut self, intent: &Intent) -> Result<()> {
        self.kept.intents.insert(intent.name(), intent.clone());
        Ok(())
    }

    async fn remove_intent(&mut self, name: &str) -> Result<()> {
        self.kept.intents.remove(name);
        Ok(())
    }

    async fn open_intents(&mut self) -> Result<Vec<Intent>> {
        let open = self.kept.intents.values().filter(|intent| intent.done.is_none());
        let mut open: Vec<Intent> = open.cloned().collect();
        open.sort_by_key(|intent| intent.begun_at);
        Ok(open)
    }
}

/// Returns sends that have been due since before a time, each with its challenge.
pub(super) fn due(
    kept: &Kept,
    before: Timestamp,
    most: usize,
) -> Vec<(ChallengeRow, ChallengeSend)> {
    let due = kept.challenge_sends.values();
    let due = due.filter(|send| send.state == SendState::Due && send.at < before);
    let whole =
        |send: &ChallengeSend| Some((kept.challenges.get(&send.challenge)?.clone(), send.clone()));
    let mut due: Vec<_> = due.filter_map(whole).collect();
    due.sort_by_key(|(_, send)| send.at);
    due.truncate(most);
    due
}

/// Returns the challenges of a report, with what became of their messages.
pub(super) fn facts(kept: &Kept, query: &ReportQuery) -> Vec<ChallengeFact> {
    let fact = |row: &ChallengeRow| {
        let mut fact = ChallengeFact::of(row);
        for (_, send) in kept.challenge_sends.range((row.id, 0)..=(row.id, u16::MAX)) {
            let Some(case) = kept.named(&(row.tenant.clone(), send.key())) else { continue };
            let Some(status) = case.entry.status else { continue };
            let arrived = matches!(status, Progress::Delivered | Progress::Read);
            fact.delivered = Some(fact.delivered.unwrap_or(0) + u32::from(arrived));
            fact.cost.extend(case.entry.price);
        }
        fact
    };
    let facts = kept.challenges.values().map(fact);
    let mut facts: Vec<_> = facts.filter(|fact| query.matches(fact)).collect();
    facts.sort_by_key(|fact| fact.started_at);
    facts
}
