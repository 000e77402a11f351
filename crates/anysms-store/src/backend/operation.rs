//! [`Operation`]: a change or a locked read of the store, with the type of its own output.

use std::{fmt, sync::Arc};

use async_trait::async_trait;

use anysms::{
    ProviderId, TenantId,
    error::Result,
    intent::Intent,
    message::{Address, MessageId, MessageKey, Text},
    number::{PhoneNumber, Region},
    pricing::CountryPrices,
    verification::{ChallengeAnswer, ChallengeChange},
};

use crate::{
    Applied, AttemptToken, End, Enqueued, Entry, EntryId, MessageResult, PriceRecord, PurgeReport,
    StatusEvent, StorePolicy, Suppression, SuppressionScope, Thread, ThreadId,
    model::{
        case::{Case, Snapshot},
        suppression::SuppressionSource,
    },
    protocol::retention::{self, Purge},
    protocol::transaction::{Named, Tables, Which},
    protocol::{
        admission::{Begin, Begun},
        challenges,
        costs::{self, CostFound, CostSettled},
        lease::Release,
        operations::{self, Check, Looked},
        prices,
        queue::{self, Claimed, Enqueue, Order},
        results,
        threads::{self, ThreadChange},
        transitions::Finish,
        turns::Turns,
    },
};

/// One kind of change that runs within a transaction.
///
/// The output is the operation's own type, so that whoever asked cannot be given another's.
#[async_trait]
pub(crate) trait Operation: fmt::Debug + Send + Sync + Sized + 'static {
    type Output: Send + 'static;

    /// Place among the kinds that run together: operations of one such kind share their statements, and the
    /// lower kinds run first. `None`: each runs by itself.
    const TOGETHER: Option<u8> = None;

    /// Runs operations of this kind and returns their outputs, in order.
    async fn run(
        tables: &mut dyn Tables,
        policy: StorePolicy,
        all: &[&Self],
    ) -> Result<Vec<Self::Output>>;

    /// Returns whether it puts something into the queue.
    fn enqueues(&self) -> bool {
        false
    }
}

#[async_trait]
impl Operation for Begin {
    type Output = (Begun, Option<Arc<Snapshot>>);
    const TOGETHER: Option<u8> = Some(2);

    async fn run(
        tables: &mut dyn Tables,
        policy: StorePolicy,
        all: &[&Self],
    ) -> Result<Vec<Self::Output>> {
        operations::begin(tables, policy, all).await
    }
}

#[async_trait]
impl Operation for Finish {
    type Output = ();
    const TOGETHER: Option<u8> = Some(0);

    async fn run(tables: &mut dyn Tables, _: StorePolicy, all: &[&Self]) -> Result<Vec<()>> {
        operations::finish(tables, all).await?;
        Ok(vec![(); all.len()])
    }
}

#[async_trait]
impl Operation for StatusEvent {
    type Output = Applied;
    const TOGETHER: Option<u8> = Some(1);

    async fn run(tables: &mut dyn Tables, _: StorePolicy, all: &[&Self]) -> Result<Vec<Applied>> {
        operations::record(tables, all).await
    }
}

/// Declares an operation that runs by itself.
macro_rules! alone {
    (
        $(#[$meta:meta])*
        $name:ident($($type:ty),*) -> $output:ty,
        |$this:ident, $tables:ident, $policy:ident| $run:expr
        $(, enqueues: $enqueues:literal)?
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub(crate) struct $name($(pub(crate) $type),*);

        #[async_trait]
        impl Operation for $name {
            type Output = $output;

            async fn run(
                $tables: &mut dyn Tables,
                $policy: StorePolicy,
                all: &[&Self],
            ) -> Result<Vec<$output>> {
                let _ = $policy;
                let mut outputs = Vec::with_capacity(all.len());
                for $this in all {
                    outputs.push($run);
                }
                Ok(outputs)
            }

            $(fn enqueues(&self) -> bool {
                $enqueues
            })?
        }
    };
}

alone! {
    /// Writes an entry that came in; its id, or `None` if it was written before.
    Insert(Box<Entry>) -> Option<EntryId>,
    |this, tables, policy| {
        let inserted = tables.insert(vec![(*this.0).clone()]).await?;
        inserted.first().map(|case| case.entry.id)
    }
}
alone! {
    /// Puts messages into the queue.
    EnqueueAll(Vec<Enqueue>) -> Vec<Result<Enqueued>>,
    |this, tables, policy| queue::enqueue(tables, policy, &this.0).await?,
    enqueues: true
}
alone! {
    /// Claims at most so many messages by their turns, and says whether there may be more.
    Claim(usize, Turns) -> (Vec<Claimed>, bool),
    |this, tables, policy| queue::claim(tables, policy, this.0, &this.1).await?
}
alone! {
    /// Prolongs claims by their fences; whether each is still held.
    Renew(Vec<(EntryId, i64)>) -> Vec<bool>,
    |this, tables, policy| queue::renew(tables, policy, &this.0).await?
}
alone! {
    /// Gives claims back; whether each was still held.
    ReleaseAll(Vec<(EntryId, (i64, Release))>) -> Vec<bool>,
    |this, tables, policy| queue::release(tables, policy, &this.0).await?
}
alone! {
    /// Carries out an order of a person; whether it could be.
    Carry(Named, Order) -> bool,
    |this, tables, policy| queue::order(tables, policy, &this.0, this.1).await?,
    enqueues: true
}
alone! {
    /// Attempts that have to be asked about, and whether there may be more.
    Checks(Vec<ProviderId>, usize) -> (Vec<Check>, bool),
    |this, tables, policy| operations::checks(tables, policy, &this.0, this.1).await?
}
alone! {
    /// Writes down what providers say of attempts.
    Settle(Vec<(AttemptToken, Looked)>) -> Vec<Case>,
    |this, tables, policy| operations::settle(tables, policy, &this.0).await?
}
alone! {
    /// Ends at most so many submissions whose leases are over, and says whether there may be more.
    Sweep(usize) -> bool,
    |this, tables, policy| operations::sweep(tables, policy, this.0).await?
}
alone! {
    /// Takes at most so many ends to tell.
    Untold(usize) -> Vec<MessageResult>,
    |this, tables, policy| results::untold(tables, this.0).await?
}
alone! {
    /// Notes that ends were told.
    Told(Vec<(EntryId, End)>) -> (),
    |this, tables, policy| tables.told(&this.0).await?
}
alone! {
    /// Counts the messages of these providers' ids.
    CountIds(Vec<MessageId>) -> u64,
    |this, tables, policy| tables.load(Which::Reported { ids: &this.0, tokens: &[] }).await?.len() as u64
}
alone! {
    /// Marks inbound messages as read; how many were not before.
    MarkRead(Vec<EntryId>) -> u64,
    |this, tables, policy| tables.mark_read(&this.0).await?
}
alone! {
    /// Removes what is old, and says whether there may be more.
    PurgeSome(Purge) -> (PurgeReport, bool),
    |this, tables, policy| retention::purge(tables, &this.0).await?
}
alone! {
    /// Removes the number and the texts of messages with these addresses, and says whether there may be more.
    Erase(Vec<Text>) -> (u64, bool),
    |this, tables, policy| retention::erase(tables, &this.0).await?
}
alone! {
    /// Suppressions of a number.
    FindSuppressions(PhoneNumber) -> Vec<Suppression>,
    |this, tables, policy| {
        let now = tables.now();
        let mut all = tables.suppressions(&[this.0.canonical()]).await?;
        all.retain(|one| one.holds(now));
        all
    }
}
alone! {
    /// Adds a suppression.
    Suppress(Suppression) -> (),
    |this, tables, policy| tables.insert_suppressions(std::slice::from_ref(&this.0)).await?
}
alone! {
    /// Takes a suppression off, up to a source: one that was told to this own address, or any.
    Unsuppress(PhoneNumber, SuppressionScope, SuppressionSource, Option<Address>) -> (),
    |this, tables, policy| {
        tables.remove_suppression(this.0.canonical(), &this.1, this.2, this.3.as_ref()).await?;
    }
}
alone! {
    /// Runs a change of a challenge.
    ChangeChallenge(ChallengeChange) -> ChallengeAnswer,
    |this, tables, policy| challenges::change(tables, &this.0).await?
}
alone! {
    /// Removes the challenges of a number; how many there were.
    EraseChallenges(PhoneNumber) -> u64,
    |this, tables, policy| tables.erase_challenges(this.0).await?
}
alone! {
    /// Begins an intent, or returns the one that there is.
    BeginIntent(Intent) -> Option<Intent>,
    |this, tables, policy| challenges::begin(tables, &this.0).await?
}
alone! {
    /// Notes that an intent is done.
    FinishIntent(Intent, String) -> (),
    |this, tables, policy| challenges::finish(tables, &this.0, &this.1).await?
}
alone! {
    /// Removes an intent.
    WithdrawIntent(String) -> (),
    |this, tables, policy| tables.remove_intent(&this.0).await?
}
alone! {
    /// Returns the intent of a name.
    FindIntent(String) -> Option<Intent>,
    |this, tables, policy| tables.intent(&this.0).await?
}
alone! {
    /// Returns the open intents.
    OpenIntents() -> Vec<Intent>,
    |_this, tables, policy| tables.open_intents().await?
}
alone! {
    /// At most so many suppressions that a provider may confirm.
    UnprovedSuppressions(usize) -> Vec<Suppression>,
    |this, tables, policy| tables.unproved_suppressions(this.0).await?
}

alone! {
    /// Attempts whose price has to be asked for, and whether there may be more.
    CostChecks(Vec<ProviderId>, usize) -> (Vec<Check>, bool),
    |this, tables, policy| costs::checks(tables, &this.0, this.1).await?
}
alone! {
    /// Writes down what providers say of the costs of attempts.
    SettleCosts(Vec<(AttemptToken, CostFound)>) -> Vec<CostSettled>,
    |this, tables, policy| costs::settle(tables, &this.0).await?
}
alone! {
    /// Keeps the prices of a country.
    SavePrices(CountryPrices) -> (),
    |this, tables, policy| prices::save(tables, &this.0).await?
}
alone! {
    /// Prices of a country that hold.
    LoadPrices(ProviderId, Region) -> Option<CountryPrices>,
    |this, tables, policy| prices::load(tables, &this.0, this.1).await?
}
alone! {
    /// All prices of a country.
    PriceHistory(ProviderId, Region) -> Vec<PriceRecord>,
    |this, tables, policy| tables.prices(&this.0, this.1, false).await?
}
alone! {
    /// Changes a thread.
    ChangeThread(ThreadId, ThreadChange) -> Result<Option<Thread>>,
    |this, tables, policy| threads::change(tables, this.0, &this.1).await
}
alone! {
    /// Enqueues an answer in a thread.
    Reply(ThreadId, Text, MessageKey) -> Result<Enqueued>,
    |this, tables, policy| threads::reply(tables, policy, this.0, &this.1, &this.2).await,
    enqueues: true
}
alone! {
    /// Marks the messages of a thread as read; how many were not before.
    ReadThread(ThreadId) -> u64,
    |this, tables, policy| tables.mark_thread_read(this.0).await?
}
alone! {
    /// Makes a part of the threads anew; where the next part begins.
    RebuildThreads(Option<TenantId>, Option<String>) -> Option<String>,
    |this, tables, policy| tables.rebuild_threads(this.0.as_ref(), this.1.as_deref()).await?
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use anysms::Outcome;
    use jiff::Timestamp;

    use super::*;
    use crate::{MessageStore, backend::RawBackend};

    alone! {
        /// Panics, as a bug would.
        Breaks() -> (),
        |_this, tables, policy| assert_eq!(tables.now(), Timestamp::MIN, "as a bug would")
    }

    /// A lane that closed for good would refuse everything from then on.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_write_that_panics_takes_no_other_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = MessageStore::sqlite(folder.path().join("store.db")).await.unwrap();
        for _ in 0..3 {
            let error = store.backend.run(Breaks()).await.unwrap_err();
            assert_eq!(error.outcome(), Outcome::Unknown);
            store.ping().await.unwrap();
        }
    }
}
