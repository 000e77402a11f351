//! Attempts.

use anysms::message::MessageId;

use super::column::{self, columns};
use crate::{
    AttemptRecord, EntryId,
    backend::sql::connection::{Columns, Corrupt, Value},
};

columns! {
    /// Columns of an attempt.
    ATTEMPT: AttemptRecord = {
        Id ["id"] => row;
        Fixed ["message"] => message;
        Fixed ["number"] => number;
        Fixed ["token"] => token;
        Changing ["provider"] => provider;
        Changing ["account"] => account;
        Changing ["provider_id"] => (Text, |attempt| attempt.id.as_ref().map(MessageId::value).into(),
            |attempt, columns| {
                let id = columns.text_or_none()?;
                let id = id.map(|value| MessageId::new(attempt.provider.clone(), &value));
                attempt.id = id.transpose().map_err(|_| Corrupt)?;
                Ok(())
            });
        Changing ["outcome"] => outcome;
        Changing ["settled_by"] => settled_by;
        Changing ["seen"] => reports;
        Changing ["status"] => status;
        Changing ["failure_kind", "failure_code"] => failure;
        Changing ["error_text"] => error_text;
        Changing ["id_conflict"] => id_conflict;
        Changing ["begun_at"] => begun_at;
        Changing ["ended_at"] => ended_at;
        Changing ["delivered_at"] => delivered_at;
        Changing ["failed_at"] => failed_at;
        Changing ["segments"] => segments;
        Changing ["price", "price_currency"] => price;
        Changing ["request_id"] => request_id;
        Changing ["checks"] => checks;
        Changing ["check_at"] => check_at;
        Changing ["cost_checks"] => cost_checks;
        Changing ["cost_check_at"] => cost_check_at;
        Changing ["given_up"] => given_up;
        Fixed ["redirected"] => redirected;
        Changing ["hinted_id"] => (Text, |attempt| attempt.hinted.as_ref().map(MessageId::value).into(),
            |attempt, columns| {
                let id = columns.text_or_none()?;
                let id = id.map(|value| MessageId::new(attempt.provider.clone(), &value));
                attempt.hinted = id.transpose().map_err(|_| Corrupt)?;
                Ok(())
            });
    }
}

/// Reads the id of the message that a row belongs to, whether the rest can be read or not.
pub(crate) fn message_of(row: &[Value]) -> Result<EntryId, Corrupt> {
    match row.get(column::place(ATTEMPT, "message")) {
        Some(Value::Int(id)) => Ok(EntryId(*id)),
        _ => Err(Corrupt),
    }
}

pub(crate) fn read_attempt(row: Vec<Value>) -> Result<AttemptRecord, Corrupt> {
    let mut attempt = AttemptRecord::blank();
    column::read(ATTEMPT, &mut attempt, &mut Columns::new(row))?;
    attempt.restore_reports();
    Ok(attempt)
}
