//! [`Lane`]: one connection that writes, for all that ask: what waits while it commits shares the next commit.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep, timeout},
};

use anysms::error::{Error, ErrorKind, Outcome, Result};

use crate::{backend::{Answer, Work, clock::SteadyClock, perform, sql::{connection::{Arg, Dialect, Link, Value}, error::{LOST, commit_failed, failed, is_lost, passes}, statements::Statements, transaction::SqlTables}}, model::policy::LogPolicy};

/// Most that share a commit.
const MOST: usize = 256;

/// How long a write is tried again while the database restarts.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long one transaction may take before the connection counts as lost.
const LONGEST: Duration = Duration::from_secs(60);

/// How old the database's time may be.
const CLOCK_AGE: Duration = Duration::from_secs(10);

#[derive(Clone, Debug)]
pub(crate) struct Lane(mpsc::Sender<Job>);

/// Lanes that take turns.
#[derive(Debug)]
pub(crate) struct Lanes {
    lanes: Vec<Lane>,
    turn: AtomicUsize,
}

impl Lanes {
    pub(crate) fn new(lanes: Vec<Lane>) -> Self {
        Self { lanes, turn: AtomicUsize::new(0) }
    }

    pub(crate) async fn run(&self, work: Work) -> Result<Answer> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        match self.lanes.get(turn % self.lanes.len().max(1)) {
            Some(lane) => lane.run(work).await,
            None => Err(gone()),
        }
    }
}

struct Job {
    work: Work,
    reply: oneshot::Sender<Result<Answer>>,
}

/// Where a lane has its connection from.
pub(crate) enum Source {
    #[cfg(feature = "sqlite")]
    Sqlite(Box<sqlx::sqlite::SqliteConnectOptions>),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgPool),
}

enum Connection {
    #[cfg(feature = "sqlite")]
    Sqlite(Box<sqlx::SqliteConnection>),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::pool::PoolConnection<sqlx::Postgres>),
}

pub(crate) struct Writer {
    pub(crate) source: Source,
    pub(crate) sql: Arc<Statements>,
    pub(crate) policy: LogPolicy,
    pub(crate) clock: Arc<SteadyClock>,
}

impl Lane {
    /// Starts a lane, which ends with the last that may ask it.
    pub(crate) fn start(writer: Writer) -> Self {
        let (sender, mut jobs) = mpsc::channel::<Job>(4 * MOST);
        tokio::spawn(async move {
            let (mut held, mut batch) =
                (Held { writer, connection: None, clock_at: None }, Vec::new());
            let mut closed = held.writer.source.closed();
            loop {
                let held_one = held.connection.is_some();
                let some = tokio::select! {
                    biased;
                    some = jobs.recv_many(&mut batch, MOST) => some,
                    () = &mut closed, if held_one => {
                        held.connection = None; // whoever closes the pool waits for it
                        continue;
                    }
                };
                if some == 0 {
                    return;
                }
                let (works, replies): (Vec<_>, Vec<_>) =
                    batch.drain(..).map(|job| (job.work, job.reply)).unzip();
                let answers = match held.transact(&works).await {
                    Ok(answers) => answers.into_iter().map(Ok).collect(),
                    // One of them may be why: each by itself.
                    Err(error) if works.len() > 1 && !is_lost(&error) => {
                        let mut answers = Vec::with_capacity(works.len());
                        for work in &works {
                            let one = held.transact(std::slice::from_ref(work)).await;
                            answers
                                .push(one.and_then(|one| one.into_iter().next().ok_or_else(gone)));
                        }
                        answers
                    }
                    Err(error) => works.iter().map(|_| Err(error.clone())).collect::<Vec<_>>(),
                };
                for (reply, answer) in replies.into_iter().zip(answers) {
                    let _ = reply.send(answer); // whoever stopped waiting has it written all the same
                }
            }
        });
        Self(sender)
    }

    async fn run(&self, work: Work) -> Result<Answer> {
        let (reply, answer) = oneshot::channel();
        self.0.send(Job { work, reply }).await.map_err(|_| gone())?;
        // A runtime that ends takes the lane with it, before or after a commit.
        answer.await.unwrap_or_else(|_| Err(gone().with_outcome(Outcome::Unknown)))
    }
}

fn gone() -> Error {
    Error::not_sent(ErrorKind::Unavailable).with_detail("log: is closed")
}

/// A writer and its connection.
struct Held {
    writer: Writer,
    connection: Option<Connection>,
    clock_at: Option<Instant>,
}

impl Held {
    /// Does all in one transaction. Tried again where it passes: every write may be made twice and is one.
    async fn transact(&mut self, works: &[Work]) -> Result<Vec<Answer>> {
        let start = Instant::now();
        let mut pause = Duration::from_millis(10);
        let mut maybe_written = false;
        loop {
            let error = match timeout(LONGEST, self.once(works)).await {
                Ok(Ok(answers)) => return Ok(answers),
                Ok(Err(error)) => error,
                Err(_) => {
                    let error = Error::unknown(ErrorKind::Unavailable).with_code(LOST);
                    error.with_detail("log: the database does not answer")
                }
            };
            if is_lost(&error) {
                self.connection = None;
            }
            maybe_written |= error.outcome() == Outcome::Unknown;
            if !passes(&error) || start.elapsed() + pause > PATIENCE {
                let outcome = if maybe_written { Outcome::Unknown } else { Outcome::NotSent };
                return Err(error.with_outcome(outcome));
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    }

    async fn once(&mut self, works: &[Work]) -> Result<Vec<Answer>> {
        let Writer { source, sql, policy, clock } = &self.writer;
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(source.connect().await.map_err(failed)?),
        };
        let mut link = connection.link();
        if self.clock_at.is_none_or(|at| at.elapsed() > CLOCK_AGE) {
            clock.see(source_time(&mut link, sql).await.map_err(failed)?);
            self.clock_at = Some(Instant::now());
        }
        if let Err(error) = link.execute(begin(link.dialect())).await {
            self.connection = None; // part of it may be open
            return Err(failed(error));
        }
        let mut tables = SqlTables::new(&mut link, sql, clock.now());
        let mut done = perform(&mut tables, *policy, works).await;
        let queued = works.iter().any(|work| matches!(work, Work::Enqueue(_)));
        if let Some(notify) = sql.notify.as_ref().filter(|_| queued && done.is_ok())
            && let Err(error) = link.rows(notify, &[]).await
        {
            done = Err(failed(error));
        }
        let answers = match done {
            Ok(answers) => answers,
            Err(error) => {
                if link.execute("ROLLBACK").await.is_err() {
                    self.connection = None;
                }
                return Err(error);
            }
        };
        match link.execute("COMMIT").await.map_err(commit_failed) {
            Ok(()) => Ok(answers),
            Err(error) => {
                // SQLite keeps a transaction open whose commit failed.
                if link.execute("ROLLBACK").await.is_err() {
                    self.connection = None;
                }
                Err(error)
            }
        }
    }
}

/// Writes are durable whatever the server's default is. And plans are kept while tables grow: one that was made
/// for a small table would read all of a large one, again and again, until the server next counts its rows.
const fn begin(dialect: Dialect) -> &'static str {
    match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => "BEGIN IMMEDIATE",
        #[cfg(feature = "postgres")]
        Dialect::Postgres => {
            "BEGIN; SET LOCAL synchronous_commit = on; SET LOCAL enable_seqscan = off; \
             SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
        }
    }
}

/// The time by which leases and schedules go: the server's, or the machine's.
pub(crate) async fn source_time(link: &mut Link<'_>, sql: &Statements) -> sqlx::Result<Timestamp> {
    let local = Timestamp::now();
    match link.dialect() {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => {
            let _ = sql; // there is no server to ask
            Ok(local)
        }
        #[cfg(feature = "postgres")]
        Dialect::Postgres => {
            let rows = link.rows(&sql.now, &[] as &[Arg]).await?;
            let micros = rows.first().and_then(|row| match row.first() {
                Some(Value::Int(micros)) => Timestamp::from_microsecond(*micros).ok(),
                _ => None,
            });
            Ok(micros.unwrap_or(local))
        }
    }
}

impl Source {
    /// Until the application closes its pool, if it does.
    fn closed(&self) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Box::pin(std::future::pending()),
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => Box::pin(pool.close_event()),
        }
    }

    async fn connect(&self) -> sqlx::Result<Connection> {
        Ok(match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(options) => {
                let connection = sqlx::ConnectOptions::connect(&**options).await?;
                Connection::Sqlite(Box::new(connection))
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => {
                let mut connection = pool.acquire().await?;
                connection.close_on_drop(); // a transaction may be open that the pool knows nothing of
                Connection::Postgres(connection)
            }
        })
    }
}

impl Connection {
    fn link(&mut self) -> Link<'_> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection) => Link::Sqlite(connection),
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => Link::Postgres(connection),
        }
    }
}
