//! The result file: one line for each row of the recipients.

use std::{collections::BTreeMap, path::Path};

use super::{
    journal::{Journal, State},
    recipients::Row,
};

/// Number of rows in each state.
pub(super) fn count(rows: &[Row], journal: &Journal) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for row in rows {
        *counts.entry(state(row, journal).state).or_default() += 1;
    }
    counts
}

/// Writes one line for each row. It names the row by its position; the file holds no phone number and
/// no hash of one.
pub(super) fn write(path: &Path, rows: &[Row], journal: &Journal) -> Result<(), csv::Error> {
    let mut writer = csv::Writer::from_path(path)?;
    writer.write_record(["row", "state", "id", "error"])?;
    for row in rows {
        let state = state(row, journal);
        let number = row.number.to_string();
        writer.write_record([&number, &state.state, &state.id, &state.error])?;
    }
    Ok(writer.flush()?)
}

fn state(row: &Row, journal: &Journal) -> State {
    match &row.message {
        Ok(message) => journal.state(message.key()).unwrap_or_else(State::waiting),
        Err(wrong) => State::invalid(wrong),
    }
}
