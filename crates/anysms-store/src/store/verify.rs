//! Challenges of one-time codes, and intents to do what costs money.

use async_trait::async_trait;
use jiff::Timestamp;

use anysms::{
    error::Result,
    intent::{Intent, IntentLog},
    verification::{
        ChallengeAnswer, ChallengeChange, ChallengeFact, ChallengeRow, ChallengeSend,
        ChallengeStore, ReportQuery,
    },
};

use crate::{
    MessageStore,
    backend::{
        Backend,
        operation::{
            BeginIntent, ChangeChallenge, FindIntent, FinishIntent, OpenIntents, WithdrawIntent,
        },
    },
};

/// The store keeps challenges beside messages, so that a report knows which codes arrived and what they cost.
///
/// ```
/// use anysms::verification::{CodeKeys, CodeText, Otp};
/// use anysms_store::{MessageStore, RecordExt};
/// # use anysms::provider::LogOnly;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> anysms::Result<()> {
/// # let provider = LogOnly::new();
/// let store = MessageStore::memory();
/// let keys = CodeKeys::new("2026-12", [7; 32])?; // 32 random bytes from where your secrets are
/// let text = CodeText::builder("Club").build()?;
/// let codes = Otp::new(provider.recorded(&store)?, keys, store.clone(), text);
/// codes.recover().await?; // at the start, and every minute
/// # Ok(())
/// # }
/// ```
#[async_trait]
impl<B: Backend> ChallengeStore for MessageStore<B> {
    async fn change(&self, change: &ChallengeChange) -> Result<ChallengeAnswer> {
        self.backend.run(ChangeChallenge(change.clone())).await
    }

    async fn due(
        &self,
        before: Timestamp,
        most: usize,
    ) -> Result<Vec<(ChallengeRow, ChallengeSend)>> {
        self.backend.due_codes(before, most).await
    }

    async fn facts(&self, query: &ReportQuery) -> Result<Vec<ChallengeFact>> {
        self.backend.challenge_facts(query).await
    }

    fn now(&self) -> Timestamp {
        self.backend.clock().now()
    }
}

#[async_trait]
impl<B: Backend> IntentLog for MessageStore<B> {
    async fn begin(&self, intent: &Intent) -> Result<Option<Intent>> {
        self.backend.run(BeginIntent(intent.clone())).await
    }

    async fn finish(&self, intent: &Intent, id: &str) -> Result<()> {
        self.backend.run(FinishIntent(intent.clone(), id.to_owned())).await
    }

    async fn withdraw(&self, intent: &Intent) -> Result<()> {
        self.backend.run(WithdrawIntent(intent.name())).await
    }

    async fn find(&self, intent: &Intent) -> Result<Option<Intent>> {
        self.backend.run(FindIntent(intent.name())).await
    }

    async fn open(&self) -> Result<Vec<Intent>> {
        self.backend.run(OpenIntents()).await
    }
}
