//! [`Column`]: a column of a row, declared once; its name, its type, how it is written and how it is read.
//!
//! Lists of columns in statements, the JSON that carries rows to the database, the comparison that finds what has
//! changed, and the reader are all derived from the declaration, so that they cannot disagree.

use crate::backend::sql::{
    connection::{Columns, Corrupt},
    rows::{Field, json::RowWriter, stored::Stored},
};

/// One declaration: a field of `T`, and the column (of an amount, the two columns) that keeps it.
pub(crate) struct Column<T: 'static> {
    pub(crate) fields: &'static [Field],
    pub(crate) role: Role,
    pub(crate) write: fn(&T, &mut RowWriter<'_>),
    pub(crate) read: fn(&mut T, &mut Columns) -> Result<(), Corrupt>,
    pub(crate) differs: fn(&T, &T) -> bool,
}

/// Part that a column plays in writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Names the row. Where the database gives it, nothing is inserted.
    Id,
    /// Written when the row is inserted.
    Fixed,
    /// Written when the row is inserted, and again when it changes.
    Changing,
}

/// Kinds of the columns of a field, by its type.
pub(crate) const fn kinds<T, V: Stored>(_: fn(&T) -> &V) -> &'static [super::Kind] {
    V::KINDS
}

/// Declares the columns of a row: `role ["name"] => field;`, with two names for a field that takes two columns, or
/// `role ["name"] => (Kind, |row| value, |row, columns| result);` for what is more than a field.
macro_rules! columns {
    (
        $(#[$meta:meta])*
        $table:ident: $row:ty = {
            $($role:ident [$($name:literal),+] => $spec:tt;)+
        }
    ) => {
        $(#[$meta])*
        pub(crate) const $table: &[$crate::backend::sql::rows::column::Column<$row>] = &[
            $($crate::backend::sql::rows::column::columns!(
                @column $row, $role, [$($name),+], $spec
            )),+
        ];
    };
    (@column $row:ty, $role:ident, [$name:literal], ($kind:ident, $write:expr, $read:expr)) => {
        $crate::backend::sql::rows::column::Column::<$row> {
            fields: &[($name, $crate::backend::sql::rows::Kind::$kind)],
            role: $crate::backend::sql::rows::column::Role::$role,
            write: |row, out| {
                let write: fn(&$row) -> $crate::backend::sql::rows::json::Cell<'_> = $write;
                out.cell(write(row));
            },
            read: $read,
            differs: |a, b| {
                let write: fn(&$row) -> $crate::backend::sql::rows::json::Cell<'_> = $write;
                write(a) != write(b)
            },
        }
    };
    (@column $row:ty, $role:ident, [$($name:literal),+], $field:ident) => {
        $crate::backend::sql::rows::column::Column::<$row> {
            fields: {
                const KINDS: &[$crate::backend::sql::rows::Kind] =
                    $crate::backend::sql::rows::column::kinds::<$row, _>(|row| &row.$field);
                const NAMES: &[&str] = &[$($name),+];
                const FIELDS: [$crate::backend::sql::rows::Field; NAMES.len()] =
                    $crate::backend::sql::rows::column::fields(NAMES, KINDS);
                &FIELDS
            },
            role: $crate::backend::sql::rows::column::Role::$role,
            write: |row, out| $crate::backend::sql::rows::stored::Stored::write(&row.$field, out),
            read: |row, columns| {
                row.$field = $crate::backend::sql::rows::stored::Stored::read(columns)?;
                Ok(())
            },
            differs: |a, b| a.$field != b.$field,
        }
    };
}
pub(crate) use columns;

/// Names with their kinds. A declaration with more or fewer names than its type has columns does not compile.
pub(crate) const fn fields<const N: usize>(
    names: &[&'static str],
    kinds: &[super::Kind],
) -> [Field; N] {
    assert!(names.len() == N && kinds.len() == N);
    let mut fields = [("", super::Kind::Int); N];
    let mut at = 0;
    while at < N {
        fields[at] = (names[at], kinds[at]);
        at += 1;
    }
    fields
}

/// Returns all columns of a row, in the order in which they are read.
pub(crate) fn all<T>(columns: &[Column<T>]) -> Vec<Field> {
    columns.iter().flat_map(|column| column.fields).copied().collect()
}

/// Returns all columns but the id.
pub(crate) fn without_id<T>(columns: &[Column<T>]) -> Vec<Field> {
    let fields = columns.iter().filter(|column| column.role != Role::Id);
    fields.flat_map(|column| column.fields).copied().collect()
}

/// Returns the columns that change.
pub(crate) fn changing<T>(columns: &[Column<T>]) -> Vec<Field> {
    let fields = columns.iter().filter(|column| column.role == Role::Changing);
    fields.flat_map(|column| column.fields).copied().collect()
}

/// Returns the id and the columns that change.
pub(crate) fn changes<T>(columns: &[Column<T>]) -> Vec<Field> {
    let fields = columns.iter().filter(|column| column.role != Role::Fixed);
    fields.flat_map(|column| column.fields).copied().collect()
}

/// Columns by their names, in the order of the names.
pub(crate) fn named<T>(columns: &[Column<T>], names: &[&str]) -> Vec<Field> {
    let all = all(columns);
    let field = |name: &&str| all.iter().find(|(known, _)| known == name).copied();
    names.iter().filter_map(field).collect()
}

/// Returns the place of a column among those that are read.
pub(crate) fn place<T>(columns: &[Column<T>], name: &str) -> usize {
    let mut all = columns.iter().flat_map(|column| column.fields);
    all.position(|(known, _)| *known == name).unwrap_or(usize::MAX)
}

/// Reads columns into a row.
pub(crate) fn read<T>(
    columns: &[Column<T>],
    row: &mut T,
    values: &mut Columns,
) -> Result<(), Corrupt> {
    columns.iter().try_for_each(|column| (column.read)(row, values))
}

/// Returns whether a column that changes has changed.
pub(crate) fn has_changed<T>(columns: &[Column<T>], before: &T, now: &T) -> bool {
    let mut changing = columns.iter().filter(|column| column.role == Role::Changing);
    changing.any(|column| (column.differs)(before, now))
}
