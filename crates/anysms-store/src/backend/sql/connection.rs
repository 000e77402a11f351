//! [`Connection`]: a connection to one of the databases, and rows as plain values.

use std::sync::Arc;

#[cfg(feature = "postgres")]
use sqlx::PgConnection;
#[cfg(feature = "sqlite")]
use sqlx::SqliteConnection;
use sqlx::{AssertSqlSafe, Column, Executor, Row as _, TypeInfo, ValueRef, query};

/// A connection, in a transaction or not.
pub(crate) enum Connection<'c> {
    #[cfg(feature = "sqlite")]
    Sqlite(&'c mut SqliteConnection),
    #[cfg(feature = "postgres")]
    Postgres(&'c mut PgConnection),
}

/// Kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    #[cfg(feature = "sqlite")]
    Sqlite,
    #[cfg(feature = "postgres")]
    Postgres,
}

/// A parameter of a statement.
#[derive(Clone, Debug)]
pub(crate) enum Arg {
    Int(i64),
    Text(String),
    /// A list, which PostgreSQL alone takes.
    #[cfg(feature = "postgres")]
    Ints(Vec<Option<i64>>),
    #[cfg(feature = "postgres")]
    Texts(Vec<Option<String>>),
}

/// A column of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    Int(i64),
    Text(String),
}

/// Statements are made once, of constants and the tables' prefix, which is letters and digits.
pub(crate) type Sql = Arc<str>;

impl Connection<'_> {
    pub(crate) const fn dialect(&self) -> Dialect {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Dialect::Sqlite,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs one statement and takes its rows. The statement is kept prepared.
    pub(crate) async fn rows(&mut self, sql: &Sql, args: &[Arg]) -> sqlx::Result<Vec<Vec<Value>>> {
        macro_rules! run {
            ($connection:expr, $read:ident, |$query:ident| $($list:pat => $bind:expr),*) => {{
                let mut $query = query(AssertSqlSafe(Arc::clone(sql)));
                for arg in args {
                    $query = match arg {
                        Arg::Int(int) => $query.bind(*int),
                        Arg::Text(text) => $query.bind(text.as_str()),
                        $(#[cfg(feature = "postgres")] $list => $bind),*
                    };
                }
                let query = $query;
                let rows = query.fetch_all(&mut **$connection).await?;
                rows.iter().map($read).collect()
            }};
        }
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection) => {
                run!(connection, read_sqlite, |query| Arg::Ints(_) | Arg::Texts(_) => query) // never made for it
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => run!(connection, read_postgres, |query|
                Arg::Ints(ints) => query.bind(ints.as_slice()),
                Arg::Texts(texts) => query.bind(texts.as_slice())
            ),
        }
    }

    /// Runs statements that have neither parameters nor rows.
    pub(crate) async fn execute(&mut self, sql: &str) -> sqlx::Result<()> {
        let sql = AssertSqlSafe(sql);
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection) => connection.execute(sqlx::raw_sql(sql)).await.map(drop),
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => connection.execute(sqlx::raw_sql(sql)).await.map(drop),
        }
    }
}

macro_rules! read {
    ($name:ident, $row:ty) => {
        fn $name(row: &$row) -> sqlx::Result<Vec<Value>> {
            let value = |at: usize| {
                let raw = row.try_get_raw(at)?;
                if raw.is_null() {
                    return Ok(Value::Null);
                }
                // A column without a declared type, such as a sum, has that of its value.
                match raw.type_info().name() {
                    "TEXT" => row.try_get(at).map(Value::Text),
                    "INT2" => row.try_get::<i16, _>(at).map(|int| Value::Int(int.into())),
                    "BOOL" => row.try_get::<bool, _>(at).map(|yes| Value::Int(yes.into())),
                    _ => row.try_get(at).map(Value::Int),
                }
            };
            row.columns().iter().map(|column| value(column.ordinal())).collect()
        }
    };
}

#[cfg(feature = "sqlite")]
read!(read_sqlite, sqlx::sqlite::SqliteRow);
#[cfg(feature = "postgres")]
read!(read_postgres, sqlx::postgres::PgRow);

/// Takes the columns of a row one by one.
pub(crate) struct Columns(std::iter::Peekable<std::vec::IntoIter<Value>>);

/// A row does not say what it must: somebody else wrote it, or it is broken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Corrupt;

impl Columns {
    pub(crate) fn new(row: Vec<Value>) -> Self {
        Self(row.into_iter().peekable())
    }

    /// Returns the next value without taking it; `None` behind the last.
    pub(crate) fn peek(&mut self) -> Option<&Value> {
        self.0.peek()
    }

    pub(crate) fn skip(&mut self) {
        self.0.next();
    }

    pub(crate) fn int_or_none(&mut self) -> Result<Option<i64>, Corrupt> {
        match self.0.next() {
            Some(Value::Int(int)) => Ok(Some(int)),
            Some(Value::Null) => Ok(None),
            Some(Value::Text(_)) | None => Err(Corrupt),
        }
    }

    pub(crate) fn int(&mut self) -> Result<i64, Corrupt> {
        self.int_or_none()?.ok_or(Corrupt)
    }

    pub(crate) fn text_or_none(&mut self) -> Result<Option<String>, Corrupt> {
        match self.0.next() {
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(Value::Null) => Ok(None),
            Some(Value::Int(_)) | None => Err(Corrupt),
        }
    }

    pub(crate) fn text(&mut self) -> Result<String, Corrupt> {
        self.text_or_none()?.ok_or(Corrupt)
    }

    /// Reads a text as a value of a type; `None` for NULL.
    pub(crate) fn parse_or_none<T: std::str::FromStr>(&mut self) -> Result<Option<T>, Corrupt> {
        self.text_or_none()?.map(|text| text.parse().map_err(|_| Corrupt)).transpose()
    }

    pub(crate) fn parse<T: std::str::FromStr>(&mut self) -> Result<T, Corrupt> {
        self.parse_or_none()?.ok_or(Corrupt)
    }
}
