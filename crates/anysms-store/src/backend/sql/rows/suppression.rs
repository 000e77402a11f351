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
        Fixed ["tenant"] => (Text, |one| part(one, 0), |one, columns| {
            one.scope.tenant = filled(columns.text()?).map(|name| TenantId::new(&name)).transpose().map_err(|_| Corrupt)?;
            Ok(())
        });
        Fixed ["sender"] => (Text, |one| part(one, 1), |one, columns| {
            one.scope.sender = filled(columns.text()?).map(|text| Address::from_wire(&text));
            Ok(())
        });
        Fixed ["pool"] => (Text, |one| part(one, 2), |one, columns| {
            one.scope.pool = filled(columns.text()?).map(|text| text.parse()).transpose().map_err(|_| Corrupt)?;
            Ok(())
        });
        Fixed ["channel"] => (Text, |one| part(one, 3), |one, columns| {
            let word = filled(columns.text()?).map(Into::into).map(serde_json::from_value);
            one.scope.channel = word.transpose().map_err(|_| Corrupt)?;
            Ok(())
        });
        Fixed ["campaign"] => (Text, |one| part(one, 4), |one, columns| {
            one.scope.campaign = filled(columns.text()?);
            Ok(())
        });
        Fixed ["told"] => (Text, |one| Cell::Owned(told(one.told.as_ref())), |one, columns| {
            one.told = filled(columns.text()?).map(|text| Address::from_wire(&text));
            Ok(())
        });
        Fixed ["source"] => source;
        Fixed ["at"] => at;
        Fixed ["until"] => until;
        Fixed ["said_by"] => said_by;
        Fixed ["account"] => account;
    }
}

/// Returns a part of the scope, empty for none.
fn part(one: &Suppression, at: usize) -> Cell<'static> {
    one.scope.names().into_iter().nth(at).map_or(Cell::Null, Cell::Owned)
}

/// Returns the own address that a suppression was told to, empty for none.
pub(crate) fn told(address: Option<&Address>) -> String {
    address.map(ToString::to_string).unwrap_or_default()
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
    let (scope, source) = (SuppressionScope::all(), SuppressionSource::Keyword);
    let mut one = Suppression::new(number, scope, source, jiff::Timestamp::UNIX_EPOCH);
    column::read(SUPPRESSION, &mut one, &mut columns)?;
    Ok(one)
}
