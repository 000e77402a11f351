//! Rows that a statement is given: as one JSON array or as lists of columns, and their SQL.

use super::{
    connection::Dialect,
    rows::{Field, Kind},
};

/// Returns the names of columns, with what goes before each.
pub(crate) fn names(fields: &[Field], before: &str) -> String {
    fields.iter().map(|(name, _)| format!("{before}{name}")).collect::<Vec<_>>().join(", ")
}

/// Returns the SQL for `$1` as rows `x` of these columns.
pub(crate) fn given(dialect: Dialect, fields: &[Field]) -> String {
    match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => {
            let column = |(name, _): &Field| format!("value->>'$.{name}' AS {name}");
            let columns: Vec<_> = fields.iter().map(column).collect();
            format!("(SELECT {} FROM jsonb_each($1)) AS x", columns.join(", "))
        }
        #[cfg(feature = "postgres")]
        Dialect::Postgres => {
            let typed = |(name, kind): &Field| match kind {
                Kind::Int => format!("{name} bigint"),
                Kind::Text => format!("{name} text"),
            };
            let columns: Vec<_> = fields.iter().map(typed).collect();
            format!("json_to_recordset($1::text::json) AS x ({})", columns.join(", "))
        }
    }
}

/// Returns the SQL for the parameters that [`rows_of`](super::rows::json::rows_of) makes, as rows `x`.
pub(crate) fn given_rows(dialect: Dialect, fields: &[Field]) -> String {
    match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => {
            let column = |(at, (name, _)): (usize, &Field)| format!("value->>'$[{at}]' AS {name}");
            let columns: Vec<_> = fields.iter().enumerate().map(column).collect();
            format!("(SELECT {} FROM jsonb_each($1)) AS x", columns.join(", "))
        }
        #[cfg(feature = "postgres")]
        Dialect::Postgres => {
            let list = |(at, (_, kind)): (usize, &Field)| match kind {
                Kind::Int => format!("${}::bigint[]", at + 1),
                Kind::Text => format!("${}::text[]", at + 1),
            };
            let lists: Vec<_> = fields.iter().enumerate().map(list).collect();
            format!("unnest({}) AS x ({})", lists.join(", "), names(fields, ""))
        }
    }
}
