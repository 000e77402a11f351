//! Opens and migrates a store in a database, and makes it part of a transaction of the caller's own.

#[cfg(feature = "sqlite")]
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
#[cfg(feature = "postgres")]
use sqlx::PgPool;
#[cfg(feature = "sqlite")]
use sqlx::sqlite::SqliteConnectOptions;

use anysms::{
    error::{Error, ErrorKind, Result},
    message::Message,
};

#[cfg(feature = "postgres")]
use crate::backend::sql::postgres;
#[cfg(feature = "sqlite")]
use crate::backend::sql::sqlite;
use crate::{
    EnqueueSql, InTransaction, MessageStore, OpenTransaction, StorePolicy, StoreTransaction,
    TablePrefix,
    backend::{
        AnyBackend, Kind,
        sql::{SqlBackend, connection::Dialect, schema},
    },
};

#[cfg(feature = "sqlite")]
impl MessageStore {
    /// Opens a store in a SQLite file, creates the file if it is missing, and brings its tables to the newest
    /// version.
    ///
    /// For programs on one machine; several processes may use one file. The store writes over one connection of its
    /// own, with write-ahead journal and `synchronous=FULL`: an intent that is answered is on disk. Writes that
    /// wait while it commits share the next commit.
    ///
    /// ```
    /// use anysms_store::{Filter, MessageStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let folder = tempfile::tempdir()?;
    /// let store = MessageStore::sqlite(folder.path().join("messages.db")).await?;
    /// assert!(store.entries(&Filter::new(), 50, None).await?.items.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// - `Unavailable`: the file cannot be opened or written.
    /// - `Config`: the SQLite that this program was built with is older than 3.51.3, or the tables are of a version
    ///   that does not fit.
    pub async fn sqlite(path: impl AsRef<Path>) -> Result<Self> {
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
        let prefix = TablePrefix::default();
        Self::migrate_sqlite(&options, &prefix).await?;
        Self::sqlite_with(options, prefix, StorePolicy::default()).await
    }

    /// Opens a store in a SQLite file whose tables exist, by options, table prefix and policy.
    ///
    /// The options that the store's promises need are set: write-ahead journal, `synchronous=FULL`, a busy timeout.
    ///
    /// # Errors
    /// - `Config`: the tables are missing or of a version that does not fit, or SQLite is older than 3.51.3.
    /// - `Unavailable`: the file cannot be opened.
    pub async fn sqlite_with(
        options: SqliteConnectOptions,
        prefix: TablePrefix,
        policy: StorePolicy,
    ) -> Result<Self> {
        sqlite::open(options, &prefix, policy).await.map(Self::of)
    }

    /// Brings the tables to the newest version, in one transaction.
    ///
    /// Stop programs of the first edition before it: version 2 renames columns that they name. Later versions only
    /// add, so that programs of the version before go on meanwhile.
    ///
    /// # Errors
    /// - `Unavailable`: the file cannot be opened or written.
    pub async fn migrate_sqlite(
        options: &SqliteConnectOptions,
        prefix: &TablePrefix,
    ) -> Result<()> {
        sqlite::migrate(options, prefix).await
    }

    /// Returns the statements that lead from a version of the tables to the newest, 0 for none, for a migration
    /// tool of your own. Run them in one transaction.
    ///
    /// ```
    /// use anysms_store::{MessageStore, TablePrefix};
    ///
    /// let sql = MessageStore::sqlite_schema(&TablePrefix::default(), 0);
    /// assert!(sql.contains("CREATE TABLE sms_message"));
    /// ```
    #[must_use]
    pub fn sqlite_schema(prefix: &TablePrefix, from: u32) -> String {
        schema::statements(Dialect::Sqlite, prefix.as_str(), from.into())
    }
}

#[cfg(feature = "postgres")]
impl MessageStore {
    /// Opens a store in PostgreSQL 13 or newer over a pool of at least 8 connections, and brings its tables to the
    /// newest version.
    ///
    /// For programs on many machines. The store holds five connections until the pool is closed: four that write,
    /// each with `synchronous_commit=on`, and one that hears what other machines enqueue. Leases and schedules go
    /// by the server's clock. `sqlx` is built without TLS here: where the server asks for it, name `sqlx` 0.9 in
    /// your own `Cargo.toml` with its feature `tls-rustls-ring-webpki` or another of those.
    ///
    /// A report reads every message that it counts. Give the server room for them: a quarter of its memory as
    /// `shared_buffers`, as its manual says; a million messages take 300 MB.
    ///
    /// # Errors
    /// - `Config`: the pool has room for fewer than 8 connections, or the tables are of a version that does not fit.
    /// - `Unavailable`: the database cannot be reached or written.
    /// - `Other`: the database refuses the user or a statement.
    pub async fn postgres(pool: PgPool) -> Result<Self> {
        let prefix = TablePrefix::default();
        Self::migrate_postgres(&pool, &prefix).await?;
        Self::postgres_with(pool, prefix, StorePolicy::default()).await
    }

    /// Opens a store in PostgreSQL whose tables exist, by table prefix and policy.
    ///
    /// # Errors
    /// - `Config`: the tables are missing or of a version that does not fit, or the pool has room for fewer than 8
    ///   connections.
    /// - `Unavailable`: the database cannot be reached.
    pub async fn postgres_with(
        pool: PgPool,
        prefix: TablePrefix,
        policy: StorePolicy,
    ) -> Result<Self> {
        postgres::open(pool, &prefix, policy).await.map(Self::of)
    }

    /// Brings the tables to the newest version, in one transaction. Programs that start at once wait for each
    /// other.
    ///
    /// Stop programs of the first edition before it: version 2 renames columns that they name. Later versions only
    /// add, so that programs of the version before go on meanwhile.
    ///
    /// # Errors
    /// - `Unavailable`: the database cannot be reached or written.
    pub async fn migrate_postgres(pool: &PgPool, prefix: &TablePrefix) -> Result<()> {
        postgres::migrate(pool, prefix).await
    }

    /// Returns the statements that lead from a version of the tables to the newest, 0 for none, for a migration
    /// tool of your own. Run them in one transaction.
    ///
    /// ```
    /// use anysms_store::{MessageStore, TablePrefix};
    ///
    /// let prefix: TablePrefix = "shop_sms_".parse()?;
    /// assert!(MessageStore::postgres_schema(&prefix, 0).contains("CREATE TABLE shop_sms_message"));
    /// # Ok::<(), anysms_store::TablePrefixError>(())
    /// ```
    #[must_use]
    pub fn postgres_schema(prefix: &TablePrefix, from: u32) -> String {
        schema::statements(Dialect::Postgres, prefix.as_str(), from.into())
    }
}

impl MessageStore {
    fn of(backend: SqlBackend) -> Self {
        Self { backend: AnyBackend(Kind::Sql(Arc::new(backend))) }
    }

    /// Returns the store inside of a transaction of the caller's own, on a connection to the same database.
    ///
    /// What it writes is there if and only if that transaction commits, and it reads what the transaction sees.
    /// After an error roll the transaction back: part of the work may be written. In SQLite begin it by
    /// `BEGIN IMMEDIATE`: one that reads first may not be allowed to write. Other writes of the store wait until it
    /// ends, for about 10 seconds at most. What is erased so is overwritten in the file if the connection has
    /// `secure_delete` on, as the store's own has.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use anysms::{Message, PhoneNumber};
    /// use anysms_store::MessageStore;
    /// use sqlx::{Connection, Executor, SqliteConnection};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("shop.db");
    /// let store = MessageStore::sqlite(&path).await?;
    /// let mut connection = SqliteConnection::connect(&format!("sqlite:{}", path.display())).await?;
    /// connection.execute("CREATE TABLE orders (table_number INTEGER)").await?;
    ///
    /// let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    /// transaction.execute("INSERT INTO orders (table_number) VALUES (17)").await?;
    /// let to: PhoneNumber = "+447700900123".parse()?;
    /// let message = Message::new(to, "Your table is ready");
    /// store.in_transaction(&mut *transaction)?.enqueue(&[message], None).await?;
    /// transaction.commit().await?;
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sqlite"))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// - `Config`: the store is in memory, or in another kind of database than the connection.
    pub fn in_transaction<'c>(
        &'c self,
        transaction: impl Into<OpenTransaction<'c>>,
    ) -> Result<StoreTransaction<'c>> {
        let connection = transaction.into().0;
        match &self.backend.0 {
            Kind::Sql(sql) if sql.dialect() == connection.dialect() => {
                Ok(MessageStore { backend: InTransaction::new(sql, connection) })
            }
            _ => Err(elsewhere("is not in a database of this connection's kind")),
        }
    }

    /// Returns the statements that enqueue messages, for an application that speaks to the same database by another
    /// driver than `sqlx`.
    ///
    /// # Errors
    /// - `Config`: the store is in memory.
    /// - `InvalidContent`: a message cannot be written as JSON.
    pub fn enqueue_sql(&self, messages: &[Message], at: Option<Timestamp>) -> Result<EnqueueSql> {
        match &self.backend.0 {
            Kind::Sql(sql) => EnqueueSql::new(sql, messages, at),
            Kind::Memory(_) => Err(elsewhere("is in memory; statements need a database")),
        }
    }
}

fn elsewhere(problem: &str) -> Error {
    Error::not_sent(ErrorKind::Config).with_detail(format!("store: {problem}"))
}
