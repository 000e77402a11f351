//! Intents in a database.

use async_trait::async_trait;

use anysms::{error::Result, intent::Intent};

use crate::{
    backend::sql::{
        challenges::{data_of, read, read_one},
        connection::{Arg, Corrupt, Dialect, Sql},
        rows::stored::micros,
        transaction::{SqlTransaction, corrupt},
    },
    protocol::challenges::IntentTables,
};

/// The statements.
#[derive(Debug)]
pub(crate) struct IntentSql {
    find: Sql,
    insert: Sql,
    save: Sql,
    remove: Sql,
    open: Sql,
}

impl IntentSql {
    pub(crate) fn new(dialect: Dialect, p: &str) -> Self {
        let hold = match dialect {
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => "",
            #[cfg(feature = "postgres")]
            Dialect::Postgres => " FOR UPDATE",
        };
        Self {
            find: format!("SELECT data FROM {p}intent WHERE name = $1{hold}").into(),
            insert: format!(
                "INSERT INTO {p}intent (name, begun_at, done, data) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT DO NOTHING RETURNING name"
            )
            .into(),
            save: format!(
                "INSERT INTO {p}intent (name, begun_at, done, data) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (name) DO UPDATE SET done = excluded.done, data = excluded.data"
            )
            .into(),
            remove: format!("DELETE FROM {p}intent WHERE name = $1").into(),
            open: format!("SELECT data FROM {p}intent WHERE done = 0 ORDER BY begun_at, name")
                .into(),
        }
    }

    #[cfg(all(test, feature = "sqlite"))]
    pub(crate) fn all(&self) -> impl Iterator<Item = &Sql> {
        [&self.find, &self.insert, &self.save, &self.remove, &self.open].into_iter()
    }
}

fn intent_args(intent: &Intent) -> [Arg; 4] {
    [
        Arg::Text(intent.name()),
        Arg::Int(micros(intent.begun_at)),
        Arg::Int(intent.done.is_some().into()),
        Arg::Text(data_of(intent)),
    ]
}

#[async_trait]
impl IntentTables for SqlTransaction<'_, '_> {
    async fn intent(&mut self, name: &str) -> Result<Option<Intent>> {
        read_one(&self.ask(&self.sql.intents.find, &[Arg::Text(name.to_owned())]).await?)
    }

    async fn insert_intent(&mut self, intent: &Intent) -> Result<bool> {
        let rows = self.ask(&self.sql.intents.insert, &intent_args(intent)).await?;
        Ok(!rows.is_empty())
    }

    async fn save_intent(&mut self, intent: &Intent) -> Result<()> {
        self.ask(&self.sql.intents.save, &intent_args(intent)).await.map(drop)
    }

    async fn remove_intent(&mut self, name: &str) -> Result<()> {
        let args = [Arg::Text(name.to_owned())];
        self.ask(&self.sql.intents.remove, &args).await.map(drop)
    }

    async fn open_intents(&mut self) -> Result<Vec<Intent>> {
        let rows = self.ask(&self.sql.intents.open, &[]).await?;
        let read = rows.iter().map(|row| read(row.first())).collect::<Result<_, _>>();
        read.map_err(|Corrupt| corrupt("an intent"))
    }
}
