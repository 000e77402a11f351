//! Translates a database's errors into those of this crate.

use anysms::error::{Error, ErrorKind, Outcome};

/// Says what is wrong without a word of the database's own, which may quote a row. Nothing was written.
#[allow(clippy::needless_pass_by_value)] // as `map_err` has it
pub(crate) fn failed(error: sqlx::Error) -> Error {
    let (kind, code, detail) = match &error {
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default().into_owned();
            if is_trouble(&code) {
                (ErrorKind::Unavailable, code, "store: the database has trouble")
            } else {
                (ErrorKind::Other, code, "store: the database refuses a statement")
            }
        }
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => {
            (ErrorKind::Unavailable, LOST.to_owned(), "store: no connection to the database")
        }
        _ => (ErrorKind::Other, "sqlx".to_owned(), "store: the database cannot be used"),
    };
    Error::not_sent(kind).with_code(code).with_detail(detail)
}

/// The code of an error after which the connection is gone.
pub(crate) const LOST: &str = "connection";

/// Error of a transaction that relied on cases which have changed since. It is made again, with all of them read.
pub(crate) fn stale() -> Error {
    Error::not_sent(ErrorKind::Unavailable).with_code(STALE)
}

const STALE: &str = "stale";

pub(crate) fn is_stale(error: &Error) -> bool {
    error.code() == Some(STALE)
}

/// Translates the error of a commit, likewise: whether anything was written is not known.
pub(crate) fn commit_failed(error: sqlx::Error) -> Error {
    let error = failed(error);
    let lost = is_lost(&error);
    error.with_outcome(if lost { Outcome::Unknown } else { Outcome::NotSent })
}

/// Returns whether a code tells of trouble at the database. SQLite's extended codes end in the primary one's
/// byte; PostgreSQL's have five characters.
fn is_trouble(code: &str) -> bool {
    match code.parse::<u32>() {
        Ok(number) if code.len() < 5 => matches!(number & 0xff, 5 | 6 | 8 | 10 | 13 | 14),
        _ => ["08", "25", "40", "53", "55", "57", "58"].iter().any(|class| code.starts_with(class)),
    }
}

/// Returns whether the connection is of no more use.
pub(crate) fn is_lost(error: &Error) -> bool {
    // 25: it is in another transaction than it should be, or in one that may not write.
    let broken = |code: &str| ["08", "25", "57P"].iter().any(|class| code.starts_with(class));
    error.code().is_some_and(|code| code == LOST || code.len() == 5 && broken(code))
}

/// Returns whether somebody else holds the whole file.
pub(crate) fn is_busy(error: &Error) -> bool {
    let code = error.code().filter(|code| code.len() < 5).and_then(|code| code.parse::<u32>().ok());
    code.is_some_and(|number| matches!(number & 0xff, 5 | 6))
}

/// Returns whether another transaction holds a row for too long.
pub(crate) fn is_locked(error: &Error) -> bool {
    error.code() == Some("55P03")
}

/// Returns whether the same may succeed in a moment: a lost connection, a lock, a deadlock.
pub(crate) fn passes(error: &Error) -> bool {
    let moment = |code: &str| code.starts_with("40") || code.starts_with("55");
    is_lost(error) || is_busy(error) || error.code().is_some_and(moment)
}
