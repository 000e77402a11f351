//! Suppressions.

use anysms::{PhoneNumber, TenantId, message::Address};

use super::{
    column::{self, columns},
    json::Cell,
};
use crate::{
    Suppression, SuppressionScope,
    backend::sql::connection::{Columns, Corrupt, Value},
    model::suppression::SuppressionSource,
};

columns! {
    /// Columns of a suppression.
    SUPPRESSION: Suppression = {
        Fixed ["number"] => (Int, |one| Cell::Int(one.number.digits() as i64), |one, columns| {
            one.number = format!("+{}", columns.int()?).parse().map_err(|_| Corrupt)?;
            Ok(())
        });
        Fixed ["tenant"] => (Text, |one| Cell::Text(one.scope.tenant_name()), |one, columns| {
            one.scope.tenant = filled(columns.text()?).map(|name| TenantId::new(&name)).transpose().map_err(|_| Corrupt)?;
            Ok(())
        });
        Fixed ["sender"] => (Text, |one| Cell::Owned(one.scope.sender_name()), |one, columns| {
            one.scope.sender = filled(columns.text()?).map(|text| Address::from_wire(&text));
            Ok(())
        });
        Fixed ["source"] => source;
        Fixed ["at"] => at;
    }
}

fn filled(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

pub(crate) fn read_suppression(row: Vec<Value>) -> Result<Suppression, Corrupt> {
    let mut columns = Columns::new(row);
    // The number comes first, and is read again with the rest.
    let number: i64 = match columns.peek() {
        Some(Value::Int(number)) => *number,
        _ => return Err(Corrupt),
    };
    let number: PhoneNumber = format!("+{number}").parse().map_err(|_| Corrupt)?;
    let mut one = Suppression {
        number,
        scope: SuppressionScope::all(),
        source: SuppressionSource::Keyword,
        at: jiff::Timestamp::UNIX_EPOCH,
    };
    column::read(SUPPRESSION, &mut one, &mut columns)?;
    Ok(one)
}
