//! [`WriteQueue`]: one connection that writes for everybody: operations that wait while it commits share the next
//! commit.

mod group;
mod source;

use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep, timeout},
};

use anysms::error::{Error, ErrorKind, Outcome, Result};

use crate::{
    backend::{
        clock::SteadyClock,
        operation::Operation,
        sql::{
            connection::{Connection, Dialect},
            error::{LOST, commit_failed, failed, is_busy, is_locked, is_lost, is_stale, passes},
            statements::Statements,
            transaction::SqlTransaction,
        },
    },
    model::{policy::StorePolicy, seal::Seal},
    trouble::trouble,
};
use group::{Group, Slot, gather};
use source::Owned;

pub(crate) use source::{Source, source_time};

/// Most operations of one commit.
const MOST: usize = 256;

/// Longest time a write is tried again while the database restarts.
const PATIENCE: Duration = Duration::from_secs(10);

/// Longest time of one transaction before the connection counts as lost.
const LONGEST: Duration = Duration::from_secs(60);

/// Longest wait for a row that another transaction holds; and for one of many, once one was waited for so long.
const LOCK: Duration = Duration::from_secs(2);
const SHORT_LOCK: Duration = Duration::from_millis(100);

/// Greatest age of the database's time.
const CLOCK_AGE: Duration = Duration::from_secs(10);

#[derive(Clone, Debug)]
pub(crate) struct WriteQueue(mpsc::Sender<Box<dyn Group>>);

/// Write queues that take turns.
#[derive(Debug)]
pub(crate) struct WriteQueues {
    queues: Vec<WriteQueue>,
    turn: AtomicUsize,
}

impl WriteQueues {
    pub(crate) fn new(queues: Vec<WriteQueue>) -> Self {
        Self { queues, turn: AtomicUsize::new(0) }
    }

    pub(crate) async fn run<O: Operation>(&self, operation: O) -> Result<O::Output> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        match self.queues.get(turn % self.queues.len().max(1)) {
            Some(queue) => queue.run(operation).await,
            None => Err(closed()),
        }
    }
}

pub(crate) struct Writer {
    pub(crate) source: Source,
    pub(crate) seal: Arc<Seal>,
    pub(crate) sql: Arc<Statements>,
    pub(crate) policy: StorePolicy,
    pub(crate) clock: Arc<SteadyClock>,
}

impl WriteQueue {
    /// Starts a queue, which ends with the last handle to it.
    pub(crate) fn start(writer: Writer) -> Self {
        let (sender, mut waiting) = mpsc::channel(4 * MOST);
        tokio::spawn(async move {
            let (writer, mut batch) = (Arc::new(writer), Vec::new());
            let mut held = Held::new(&writer);
            let mut pool_closed = writer.source.closed();
            loop {
                let holds = held.connection.is_some();
                let some = tokio::select! {
                    biased;
                    some = waiting.recv_many(&mut batch, MOST) => some,
                    () = &mut pool_closed, if holds => {
                        held.connection = None; // whoever closes the pool waits for it
                        continue;
                    }
                };
                if some == 0 {
                    return;
                }
                let groups = gather(batch.drain(..));
                let commit = async move {
                    held.commit(groups, some).await;
                    held
                };
                // What panics takes its own operations with it, and no others.
                held = match tokio::spawn(commit).await {
                    Ok(held) => held,
                    Err(_) => {
                        let error = closed().with_detail("store: a write broke off");
                        trouble("writes", &error);
                        Held::new(&writer)
                    }
                };
            }
        });
        Self(sender)
    }

    async fn run<O: Operation>(&self, operation: O) -> Result<O::Output> {
        let (reply, output) = oneshot::channel();
        self.0.send(Slot::group(operation, reply)).await.map_err(|_| closed())?;
        // A runtime that ends takes the queue with it, before or after a commit.
        output.await.unwrap_or_else(|_| Err(closed().with_outcome(Outcome::Unknown)))
    }
}

fn closed() -> Error {
    Error::not_sent(ErrorKind::Unavailable).with_detail("store: closed")
}

/// A writer and its connection.
struct Held {
    writer: Arc<Writer>,
    connection: Option<Owned>,
    clock_at: Option<Instant>,
}

impl Held {
    fn new(writer: &Arc<Writer>) -> Self {
        Self { writer: Arc::clone(writer), connection: None, clock_at: None }
    }

    /// Commits operations together, or each by itself where one of them may be the reason why they cannot
    /// be, and answers their callers. An operation whose caller has gone is written all the same.
    async fn commit(&mut self, mut groups: Vec<Box<dyn Group>>, count: usize) {
        // A group holds its rows in order, and one after another they do not: two processes would wait for each other
        // until the server finds out.
        let together = groups.len() > 1;
        match self.transact(&mut groups, if together { SHORT_LOCK } else { LOCK }).await {
            Ok(()) => groups.into_iter().for_each(Group::answer),
            Err(error) if together && is_locked(&error) => {
                for group in groups {
                    Box::pin(self.commit(vec![group], count)).await;
                }
            }
            // All would wait for the one lock of the whole file, one after the other.
            Err(error) if count > 1 && !is_lost(&error) && !is_busy(&error) => {
                // One row may be held by a transaction of the application: the others do not wait for it.
                let lock = if is_locked(&error) { SHORT_LOCK } else { LOCK };
                for mut one in groups.into_iter().flat_map(Group::split) {
                    match self.transact(std::slice::from_mut(&mut one), lock).await {
                        Ok(()) => one.answer(),
                        Err(error) => one.fail(&error),
                    }
                }
            }
            Err(error) => groups.into_iter().for_each(|group| group.fail(&error)),
        }
    }

    /// Runs all in one transaction, again where the error passes: every write may be made twice and is one.
    async fn transact(&mut self, groups: &mut [Box<dyn Group>], lock: Duration) -> Result<()> {
        let start = Instant::now();
        let mut pause = Duration::from_millis(10);
        let (mut maybe_written, mut trusts) = (false, true);
        loop {
            let error = match timeout(LONGEST, self.once(groups, lock, trusts)).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) => error,
                Err(_) => {
                    let error = Error::unknown(ErrorKind::Unavailable).with_code(LOST);
                    error.with_detail("store: the database does not answer")
                }
            };
            if is_lost(&error) {
                self.connection = None;
            }
            if is_stale(&error) && std::mem::take(&mut trusts) {
                continue;
            }
            maybe_written |= error.outcome() == Outcome::Unknown;
            if !passes(&error) || is_locked(&error) || start.elapsed() + pause > PATIENCE {
                let outcome = if maybe_written { Outcome::Unknown } else { Outcome::NotSent };
                return Err(error.with_outcome(outcome));
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    }

    /// Runs all in one transaction, once. With `trusts` it relies on what the program remembers of messages, as far as
    /// nobody else has changed them.
    async fn once(
        &mut self,
        groups: &mut [Box<dyn Group>],
        lock: Duration,
        trusts: bool,
    ) -> Result<()> {
        let Writer { source, seal, sql, policy, clock } = &*self.writer;
        let owned = match &mut self.connection {
            Some(owned) => owned,
            none => none.insert(source.connect().await.map_err(failed)?),
        };
        let mut connection = owned.borrow();
        if self.clock_at.is_none_or(|at| at.elapsed() > CLOCK_AGE) {
            clock.see(source_time(&mut connection, sql).await.map_err(failed)?);
            self.clock_at = Some(Instant::now());
        }
        if let Err(error) = connection.execute(&begin(connection.dialect(), lock)).await {
            self.connection = None; // part of it may be open
            return Err(failed(error));
        }
        if let Err(error) =
            perform(&mut connection, (sql, seal, trusts), *policy, clock, groups).await
        {
            if connection.execute("ROLLBACK").await.is_err() {
                self.connection = None;
            }
            return Err(error);
        }
        match connection.execute("COMMIT").await.map_err(commit_failed) {
            Ok(()) => Ok(()),
            Err(error) => {
                // SQLite keeps a transaction open whose commit failed.
                if connection.execute("ROLLBACK").await.is_err() {
                    self.connection = None;
                }
                Err(error)
            }
        }
    }
}

async fn perform(
    connection: &mut Connection<'_>,
    (sql, seal, trusts): (&Statements, &Seal, bool),
    policy: StorePolicy,
    clock: &SteadyClock,
    groups: &mut [Box<dyn Group>],
) -> Result<()> {
    let mut tables = SqlTransaction::new(connection, sql, seal, clock.now());
    tables.trusts = trusts;
    for group in groups.iter_mut() {
        group.run(&mut tables, policy).await?;
    }
    if let Some(notify) = &sql.notify
        && groups.iter().any(|group| group.enqueues())
    {
        connection.rows(notify, &[]).await.map_err(failed)?;
    }
    Ok(())
}

/// Writes are durable whatever the server's default is. And plans are kept while tables grow: one that was made
/// for a small table would read all of a large one, again and again, until the server next counts its rows.
fn begin(dialect: Dialect, lock: Duration) -> Cow<'static, str> {
    match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => "BEGIN IMMEDIATE".into(),
        #[cfg(feature = "postgres")]
        Dialect::Postgres => format!(
            "BEGIN; SET LOCAL synchronous_commit = on; SET LOCAL lock_timeout = {}; \
             SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off",
            lock.as_millis()
        )
        .into(),
    }
}
