//! [`SuppressionSql`]: statements of the suppressions.

use crate::backend::sql::{
    connection::{Dialect, Sql},
    given::{given, given_rows, names},
    rows::{
        SUPPRESSION,
        column::{all, named},
    },
};

/// The statements.
#[derive(Debug)]
pub(crate) struct SuppressionSql {
    pub(crate) find: Sql,
    pub(crate) insert: Sql,
    pub(crate) remove: Sql,
    pub(crate) list: Sql,
    pub(crate) unproved: Sql,
}

impl SuppressionSql {
    pub(crate) fn new(dialect: Dialect, p: &str) -> Self {
        let given = |fields: &[_]| given(dialect, fields);
        let suppressed = &all(SUPPRESSION);
        Self {
            find: format!(
                "SELECT {} FROM {p}suppression WHERE number IN (SELECT number FROM {})",
                names(suppressed, ""),
                given(&named(SUPPRESSION, &["number"]))
            )
            .into(),
            insert: format!(
                "INSERT INTO {p}suppression ({0}) SELECT {0} FROM {1} WHERE true \
                 ON CONFLICT (number, tenant, sender, pool, channel, campaign, told) DO UPDATE SET \
                 source = CASE WHEN {p}suppression.source < excluded.source THEN excluded.source \
                 ELSE {p}suppression.source END, \
                 until = CASE WHEN {p}suppression.until IS NULL OR excluded.until IS NULL THEN NULL \
                 WHEN {p}suppression.until < excluded.until THEN excluded.until ELSE {p}suppression.until END, \
                 said_by = CASE WHEN {p}suppression.until IS NULL OR excluded.until IS NULL THEN NULL \
                 ELSE coalesce(excluded.said_by, {p}suppression.said_by) END, \
                 account = coalesce(excluded.account, {p}suppression.account)",
                names(suppressed, ""),
                given_rows(dialect, suppressed)
            )
            .into(),
            remove: format!(
                "DELETE FROM {p}suppression WHERE number = $1 AND tenant = $2 AND sender = $3 \
                 AND pool = $4 AND channel = $5 AND campaign = $6 AND source <= $7 \
                 AND (told = $8 OR told = '' OR $8 = '')"
            )
            .into(),
            unproved: format!(
                "SELECT {} FROM {p}suppression WHERE until > $1 AND said_by IS NOT NULL LIMIT $2",
                names(suppressed, "")
            )
            .into(),
            list: format!(
                "SELECT {} FROM {p}suppression WHERE number IN (SELECT DISTINCT number FROM {p}suppression \
                 WHERE number > $1 ORDER BY number LIMIT $2) \
                 ORDER BY number, tenant, sender, pool, channel, campaign, told",
                names(suppressed, "")
            )
            .into(),
        }
    }

    #[cfg(all(test, feature = "sqlite"))]
    pub(crate) fn all(&self) -> impl Iterator<Item = &Sql> {
        [&self.find, &self.insert, &self.remove, &self.list, &self.unproved].into_iter()
    }
}
