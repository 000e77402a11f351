//! Rows that a statement is given: as one JSON array or as lists of columns, and their SQL.

use std::fmt::Write;

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
            let mut columns = String::new();
            for (at, (name, _)) in fields.iter().enumerate() {
                let comma = if at == 0 { "" } else { ", " };
                let _ = write!(columns, "{comma}value->>'$.{name}' AS {name}");
            }
            format!("(SELECT {columns} FROM jsonb_each($1)) AS x")
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
        Dialect::Sqlite => given(dialect, fields),
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
