//! The tables and their versions.

use std::fmt::Write;

use crate::backend::sql::connection::{Connection, Dialect, Sql, Value};

/// One step of the schema. Steps after the second only add, so that a program of the version before goes on
/// meanwhile; the second renames columns of the first edition, whose programs have to be stopped.
struct Step {
    version: i64,
    /// `{p}` stands for the prefix, `{id}` for a key that the database gives, `{key}` for a given one.
    common: &'static str,
    #[cfg(feature = "sqlite")]
    sqlite: &'static str,
    #[cfg(feature = "postgres")]
    postgres: &'static str,
}

const STEPS: [Step; 2] = [
    Step {
        version: 1,
        common: include_str!("schema/1.sql"),
        #[cfg(feature = "sqlite")]
        sqlite: include_str!("schema/1.sqlite.sql"),
        #[cfg(feature = "postgres")]
        postgres: include_str!("schema/1.postgres.sql"),
    },
    Step {
        version: 2,
        common: include_str!("schema/2.sql"),
        #[cfg(feature = "sqlite")]
        sqlite: include_str!("schema/2.sqlite.sql"),
        #[cfg(feature = "postgres")]
        postgres: include_str!("schema/2.postgres.sql"),
    },
];

/// The version that this crate writes.
pub(crate) const VERSION: i64 = STEPS[STEPS.len() - 1].version;

/// The oldest and newest version that it works with.
const FITTING: std::ops::RangeInclusive<i64> = VERSION..=VERSION + 1;

impl Step {
    fn sql(&self, dialect: Dialect, prefix: &str) -> String {
        let (own, id, key) = match dialect {
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => {
                (self.sqlite, "INTEGER PRIMARY KEY AUTOINCREMENT", "INTEGER PRIMARY KEY")
            }
            #[cfg(feature = "postgres")]
            Dialect::Postgres => (
                self.postgres,
                "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
                "BIGINT PRIMARY KEY",
            ),
        };
        let version = self.version;
        let done = format!("INSERT INTO {prefix}migration (version) VALUES ({version});\n");
        let sql = format!("{}\n{own}\n", self.common).replace("{p}", prefix);
        sql.replace("{id}", id).replace("{key}", key) + &done
    }
}

/// Returns all statements that lead from a version to the newest, to be run in one transaction.
pub(crate) fn statements(dialect: Dialect, prefix: &str, from: i64) -> String {
    let mut sql = format!(
        "CREATE TABLE IF NOT EXISTS {prefix}migration (version BIGINT NOT NULL PRIMARY KEY);\n"
    );
    for step in STEPS.iter().filter(|step| step.version > from) {
        let _ = write!(sql, "\n-- Version {}\n{}", step.version, step.sql(dialect, prefix));
    }
    sql
}

/// Brings the tables to the newest version. Programs that start at once wait for each other.
pub(crate) async fn migrate(connection: &mut Connection<'_>, prefix: &str) -> sqlx::Result<()> {
    let begin = match connection.dialect() {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => "BEGIN IMMEDIATE".to_owned(),
        #[cfg(feature = "postgres")]
        Dialect::Postgres => {
            format!("BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('{prefix}migration', 0))")
        }
    };
    connection.execute(&begin).await?;
    let done = async {
        let from = version(connection, prefix).await?.unwrap_or(0);
        connection.execute(&statements(connection.dialect(), prefix, from)).await?;
        connection.execute("COMMIT").await
    };
    let done = done.await;
    if done.is_err() {
        let _ = connection.execute("ROLLBACK").await; // a connection that is lost has none
    }
    done
}

/// Returns the version of the tables; `None` where there are no tables.
async fn version(connection: &mut Connection<'_>, prefix: &str) -> sqlx::Result<Option<i64>> {
    let known: Sql = match connection.dialect() {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => {
            format!("SELECT 1 FROM sqlite_master WHERE name = '{prefix}migration'").into()
        }
        #[cfg(feature = "postgres")]
        Dialect::Postgres => {
            format!("SELECT 1::bigint WHERE to_regclass('{prefix}migration') IS NOT NULL").into()
        }
    };
    if connection.rows(&known, &[]).await?.is_empty() {
        return Ok(None);
    }
    let newest: Sql = format!("SELECT max(version) FROM {prefix}migration").into();
    let rows = connection.rows(&newest, &[]).await?;
    Ok(rows.first().and_then(|row| match row.first() {
        Some(Value::Int(version)) => Some(*version),
        _ => None,
    }))
}

/// Returns the identity that the tables were given when they were made.
pub(crate) async fn identity(connection: &mut Connection<'_>, prefix: &str) -> sqlx::Result<u128> {
    let sql: Sql = format!("SELECT id FROM {prefix}store").into();
    let rows = connection.rows(&sql, &[]).await?;
    let id = rows.first().and_then(|row| match row.first() {
        Some(Value::Text(id)) => u128::from_str_radix(id, 16).ok(),
        _ => None,
    });
    id.ok_or(sqlx::Error::RowNotFound)
}

/// Returns whether the tables are of a version that this crate works with.
pub(crate) async fn fits(connection: &mut Connection<'_>, prefix: &str) -> sqlx::Result<bool> {
    Ok(version(connection, prefix).await?.is_some_and(|version| FITTING.contains(&version)))
}

#[cfg(test)]
#[cfg(feature = "sqlite")]
pub(crate) mod tests {
    use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};

    use super::*;

    /// Query plans of SQLite, for statements on tables that are empty.
    pub(crate) struct Plans(SqliteConnection);

    impl Plans {
        pub(crate) async fn with_prefix(prefix: &str) -> Self {
            let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
            let tables = AssertSqlSafe(statements(Dialect::Sqlite, prefix, 0));
            sqlx::raw_sql(tables).execute(&mut connection).await.unwrap();
            Self(connection)
        }

        /// Returns the steps of a statement.
        pub(crate) async fn of(&mut self, statement: &str) -> Vec<String> {
            let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
            let rows = sqlx::query(explain).fetch_all(&mut self.0).await.unwrap();
            rows.iter().map(|row| row.get("detail")).collect()
        }
    }
}
