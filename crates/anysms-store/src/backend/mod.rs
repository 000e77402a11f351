//! [`Home`]: where a log lives, and [`Work`], which is all that is done there.

pub(crate) mod clock;
pub(crate) mod memory;
pub(crate) mod notify;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) mod sql;
pub(crate) mod transaction;

use async_trait::async_trait;

use anysms::{error::{Error, ErrorKind, Result}, message::{Cursor, MessageId, MessageRecord, Page, Text}, number::PhoneNumber, suppression::OptOutSource, ProviderId};

use crate::{Applied, AttemptToken, DeliveryReport, EntryId, Forgotten, History, LogEntry, LogFilter, LoggedEvent, OptOut, OptOutScope, Usage, backend::{clock::SteadyClock, notify::Wake, transaction::{Named, Tables, Which}}, model::{entry::Case, policy::LogPolicy}, protocol::{admission::{Begin, Begun}, lease::Release, operations::{self, Check, Claim, Enqueue, Order}, transitions::Finish}, run::retention::{self, Purge}};

/// Where a log lives.
#[async_trait]
pub(crate) trait Home: std::fmt::Debug + Send + Sync {
    fn policy(&self) -> LogPolicy;

    /// Does one thing, durably, in a transaction that it may share with others.
    async fn run(&self, work: Work) -> Result<Answer>;

    /// The time by which leases and schedules go.
    fn clock(&self) -> &SteadyClock;

    /// What tells workers that there may be something to do.
    fn wake(&self) -> &Wake;

    async fn read_entries(
        &self,
        filter: &LogFilter,
        most: u32,
        cursor: Option<&Cursor>,
    ) -> Result<Page<LogEntry>>;

    async fn read_history(&self, name: &Named) -> Result<Option<History>>;

    async fn read_report(&self, filter: &LogFilter) -> Result<DeliveryReport>;

    async fn read_usage(&self, filter: &LogFilter) -> Result<Usage>;

    async fn read_opt_outs(&self, after: Option<PhoneNumber>, most: u32) -> Result<Vec<OptOut>>;
}

/// One thing that is done in a log.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    Begin(Box<Begin>),
    Finish(Box<Finish>),
    Record(Box<LoggedEvent>),
    Insert(Box<LogEntry>),
    Enqueue(Vec<Enqueue>),
    Claim(usize),
    Renew(Vec<(Named, i64)>),
    Release(Vec<(Named, (i64, Release))>),
    Order(Named, Order),
    Checks(Vec<ProviderId>, usize),
    Settle(Vec<(AttemptToken, Option<MessageRecord>)>),
    CountIds(Vec<MessageId>),
    MarkRead(Vec<EntryId>),
    Purge(Purge),
    Erase(Vec<Text>),
    FindOptOuts(PhoneNumber),
    OptOut(OptOut),
    OptIn(PhoneNumber, OptOutScope, OptOutSource),
}

impl Work {
    /// Whether it is done together with others of its kind.
    pub(crate) const fn is_grouped(&self) -> bool {
        matches!(self, Self::Begin(_) | Self::Finish(_) | Self::Record(_))
    }
}

macro_rules! answers {
    ($($name:ident($type:ty),)+) => {
        /// What came of it.
        #[derive(Clone, Debug)]
        pub(crate) enum Answer {
            $($name($type),)+
        }

        $(impl TryFrom<Answer> for $type {
            type Error = Error;

            fn try_from(answer: Answer) -> Result<Self> {
                match answer {
                    Answer::$name(value) => Ok(value),
                    _ => Err(Error::not_sent(ErrorKind::Other).with_detail("log: another answer")),
                }
            }
        })+
    };
}

answers! {
    Nothing(()),
    Begun(Begun),
    Applied(Applied),
    Ids(Vec<Result<EntryId>>),
    Claims((Vec<Claim>, bool)),
    Held(Vec<bool>),
    Done(bool),
    Count(u64),
    Forgotten((Forgotten, bool)),
    Erased((u64, bool)),
    Checks((Vec<Check>, bool)),
    Cases(Vec<Case>),
    OptOuts(Vec<OptOut>),
}

/// Does several things in one transaction, those of a kind together.
pub(crate) async fn perform(
    tables: &mut dyn Tables,
    policy: LogPolicy,
    works: &[Work],
) -> Result<Vec<Answer>> {
    let mut answers: Vec<Option<Answer>> = vec![None; works.len()];
    let mut finishes = Vec::new();
    let mut events = Vec::new();
    let mut begins = Vec::new();
    for (place, work) in works.iter().enumerate() {
        match work {
            Work::Finish(finish) => finishes.push((place, &**finish)),
            Work::Record(event) => events.push((place, &**event)),
            Work::Begin(begin) => begins.push((place, &**begin)),
            other => answers[place] = Some(single(tables, policy, other).await?),
        }
    }
    if !finishes.is_empty() {
        operations::finish(tables, &seconds(&finishes)).await?;
        finishes.iter().for_each(|(place, _)| answers[*place] = Some(Answer::Nothing(())));
    }
    if !events.is_empty() {
        let applied = operations::record(tables, &seconds(&events)).await?;
        for ((place, _), applied) in events.iter().zip(applied) {
            answers[*place] = Some(Answer::Applied(applied));
        }
    }
    if !begins.is_empty() {
        let begun = operations::begin(tables, policy, &seconds(&begins)).await?;
        for ((place, _), begun) in begins.iter().zip(begun) {
            answers[*place] = Some(Answer::Begun(begun));
        }
    }
    Ok(answers.into_iter().flatten().collect())
}

fn seconds<'a, T>(placed: &[(usize, &'a T)]) -> Vec<&'a T> {
    placed.iter().map(|(_, one)| *one).collect()
}

async fn single(tables: &mut dyn Tables, policy: LogPolicy, work: &Work) -> Result<Answer> {
    Ok(match work {
        Work::Begin(_) | Work::Finish(_) | Work::Record(_) => Answer::Nothing(()), // done together
        Work::Insert(entry) => {
            tables.insert(vec![(**entry).clone()]).await?;
            Answer::Nothing(())
        }
        Work::Enqueue(messages) => Answer::Ids(operations::enqueue(tables, policy, messages).await?),
        Work::Claim(most) => Answer::Claims(operations::claim(tables, policy, *most).await?),
        Work::Renew(claims) => Answer::Held(operations::renew(tables, policy, claims).await?),
        Work::Release(claims) => Answer::Held(operations::release(tables, claims).await?),
        Work::Order(name, order) => Answer::Done(operations::order(tables, name, *order).await?),
        Work::Checks(providers, most) => {
            Answer::Checks(operations::checks(tables, providers, *most).await?)
        }
        Work::Settle(found) => Answer::Cases(operations::settle(tables, found).await?),
        Work::CountIds(ids) => Answer::Count(tables.load(Which::Ids(ids)).await?.len() as u64),
        Work::MarkRead(ids) => Answer::Count(tables.mark_read(ids).await?),
        Work::Purge(purge) => Answer::Forgotten(retention::purge(tables, purge).await?),
        Work::Erase(theirs) => Answer::Erased(retention::erase(tables, theirs).await?),
        Work::FindOptOuts(number) => Answer::OptOuts(tables.opt_outs(&[*number]).await?),
        Work::OptOut(opt_out) => {
            tables.insert_opt_outs(std::slice::from_ref(opt_out)).await?;
            Answer::Nothing(())
        }
        Work::OptIn(number, scope, up_to) => {
            tables.remove_opt_out(*number, scope, *up_to).await?;
            Answer::Nothing(())
        }
    })
}
