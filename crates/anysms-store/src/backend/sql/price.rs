//! [`PriceSql`]: statements of the prices.

use async_trait::async_trait;
use jiff::Timestamp;

use anysms::{ProviderId, error::Result, number::Region};

use crate::{
    EntryId, PriceRecord,
    backend::sql::{
        connection::{Arg, Corrupt, Dialect, Sql},
        error::failed,
        given::{given, given_rows, names},
        rows::{
            ATTEMPT, PRICE,
            column::{all, named, without_id},
            json::{NEW, rows_of},
            read_price,
            stored::micros,
        },
        transaction::{SqlTransaction, corrupt, ids_of},
    },
    protocol::{prices::PriceChanges, transaction::PriceTables},
};

/// The statements.
#[derive(Debug)]
pub(crate) struct PriceSql {
    /// Keeps two processes from changing the prices of one country at once; `None` where there is one writer.
    hold: Option<Sql>,
    open: Sql,
    list: Sql,
    insert: Sql,
    same: Sql,
    gone: Sql,
    /// Messages with an attempt whose price is asked for.
    pub(crate) uncosted: Sql,
}

impl PriceSql {
    pub(crate) fn new(dialect: Dialect, p: &str, postgres: bool) -> Self {
        let id = given(dialect, &named(PRICE, &["id"]));
        let new = &without_id(PRICE);
        let select = format!(
            "SELECT {} FROM {p}price WHERE provider = $1 AND country = $2",
            names(&all(PRICE), "")
        );
        Self {
            hold: postgres.then(|| {
                format!(
                    "SELECT pg_advisory_xact_lock(hashtextextended('{p}price:' || $1 || ':' || $2, 0)) IS NULL"
                )
                .into()
            }),
            open: format!("{select} AND valid_to IS NULL ORDER BY id").into(),
            list: format!("{select} ORDER BY id").into(),
            insert: format!(
                "INSERT INTO {p}price ({0}) SELECT {0} FROM {1} WHERE true",
                names(new, ""),
                given_rows(dialect, new)
            )
            .into(),
            same: format!("UPDATE {p}price SET fetched_at = $2 WHERE id IN (SELECT id FROM {id})")
                .into(),
            uncosted: format!(
                "SELECT message FROM {p}attempt WHERE cost_check_at <= $2 AND provider IN \
                 (SELECT provider FROM {}) ORDER BY cost_check_at LIMIT $3",
                given(dialect, &named(ATTEMPT, &["provider"]))
            )
            .into(),
            gone: format!("UPDATE {p}price SET valid_to = $2 WHERE id IN (SELECT id FROM {id})")
                .into(),
        }
    }
}

#[async_trait]
impl PriceTables for SqlTransaction<'_, '_> {
    async fn prices(
        &mut self,
        provider: &ProviderId,
        country: Region,
        open: bool,
    ) -> Result<Vec<PriceRecord>> {
        let sql = &self.sql.price;
        let args = [Arg::Text(provider.to_string()), Arg::Text(country.to_string())];
        if let Some(hold) = sql.hold.as_ref().filter(|_| open) {
            self.connection.rows(hold, &args).await.map_err(failed)?;
        }
        let select = if open { &sql.open } else { &sql.list };
        let rows = self.connection.rows(select, &args).await.map_err(failed)?;
        let read = rows.into_iter().map(read_price).collect::<Result<_, _>>();
        read.map_err(|Corrupt| corrupt("a price"))
    }

    async fn change_prices(&mut self, changes: PriceChanges, at: Timestamp) -> Result<()> {
        let sql = &self.sql.price;
        for (statement, rows) in [(&sql.same, changes.same), (&sql.gone, changes.gone)] {
            if !rows.is_empty() {
                let ids = ids_of(rows.into_iter().map(EntryId))?;
                let args = [ids, Arg::Int(micros(at))];
                self.connection.rows(statement, &args).await.map_err(failed)?;
            }
        }
        if !changes.new.is_empty() {
            let rows = rows_of(self.connection.dialect(), &changes.new, PRICE, &NEW)?;
            self.connection.rows(&sql.insert, &rows).await.map_err(failed)?;
        }
        Ok(())
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;
    use crate::backend::sql::schema::tests::Plans;

    #[tokio::test]
    async fn every_statement_has_an_index() {
        let mut plans = Plans::with_prefix("sms_").await;
        let sql = PriceSql::new(Dialect::Sqlite, "sms_", false);
        for statement in [&sql.open, &sql.list, &sql.insert, &sql.same, &sql.gone, &sql.uncosted] {
            for step in plans.of(statement).await {
                assert!(!step.starts_with("SCAN sms_"), "{step}: {statement}");
            }
        }
    }
}
