//! [`Source`]: the connection and the time of a write queue.

use std::pin::Pin;

use jiff::Timestamp;

use crate::backend::sql::{
    connection::{Arg, Connection, Dialect, Value},
    statements::Statements,
};

/// Source of a write queue's connection.
pub(crate) enum Source {
    #[cfg(feature = "sqlite")]
    Sqlite(Box<sqlx::sqlite::SqliteConnectOptions>),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgPool),
}

/// A connection of the queue's own.
pub(super) enum Owned {
    #[cfg(feature = "sqlite")]
    Sqlite(Box<sqlx::SqliteConnection>),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::pool::PoolConnection<sqlx::Postgres>),
}

impl Source {
    /// Waits until the application closes its pool, if it does.
    pub(super) fn closed(&self) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Box::pin(std::future::pending()),
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => Box::pin(pool.close_event()),
        }
    }

    pub(super) async fn connect(&self) -> sqlx::Result<Owned> {
        Ok(match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(options) => {
                let connection = sqlx::ConnectOptions::connect(&**options).await?;
                Owned::Sqlite(Box::new(connection))
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => {
                let mut connection = pool.acquire().await?;
                connection.close_on_drop(); // a transaction may be open that the pool knows nothing of
                Owned::Postgres(connection)
            }
        })
    }
}

impl Owned {
    pub(super) fn borrow(&mut self) -> Connection<'_> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection) => Connection::Sqlite(connection),
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => Connection::Postgres(connection),
        }
    }
}

/// Returns the time by which leases and schedules go: the server's, or the machine's.
pub(crate) async fn source_time(
    connection: &mut Connection<'_>,
    sql: &Statements,
) -> sqlx::Result<Timestamp> {
    let machine = Timestamp::now();
    match connection.dialect() {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => {
            let _ = sql; // there is no server to ask
            Ok(machine)
        }
        #[cfg(feature = "postgres")]
        Dialect::Postgres => {
            let rows = connection.rows(&sql.now, &[] as &[Arg]).await?;
            let micros = rows.first().and_then(|row| match row.first() {
                Some(Value::Int(micros)) => Timestamp::from_microsecond(*micros).ok(),
                _ => None,
            });
            Ok(micros.unwrap_or(machine))
        }
    }
}
