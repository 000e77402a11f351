//! Operations that tell how messages of the queue ended.

use std::time::Duration;

use jiff::Timestamp;

use anysms::error::Result;

use crate::{
    End, EntryId, MessageResult,
    model::entry::Case,
    protocol::transaction::{Tables, Which},
};

/// Time for which the ends that one process takes to tell are left to it.
const TELLING: Duration = Duration::from_secs(60);

/// Takes at most `most` ends to tell.
pub(crate) async fn untold(tables: &mut dyn Tables, most: usize) -> Result<Vec<MessageResult>> {
    let later = tables.now().checked_add(TELLING).unwrap_or(Timestamp::MAX);
    let mut cases = tables.load(Which::Untold(most)).await?;
    cases.iter_mut().for_each(|case| case.entry.tell_at = Some(later));
    tables.save(&cases).await?;
    let result = |case: &Case| {
        let end = case.entry.ended?;
        Some(MessageResult { end, entry: case.entry.clone() })
    };
    Ok(cases.iter().filter_map(result).collect())
}

/// Notes that ends were told: those that are still the last.
pub(crate) async fn told(tables: &mut dyn Tables, ends: &[(EntryId, End)]) -> Result<()> {
    // Not by the key, which may stand for another message by now.
    let ids: Vec<EntryId> = ends.iter().map(|(id, _)| *id).collect();
    let mut cases = tables.load(Which::Entries(&ids)).await?;
    for case in &mut cases {
        let entry = &mut case.entry;
        if ends.iter().any(|(id, end)| *id == entry.id && Some(*end) == entry.ended) {
            (entry.ended, entry.tell_at) = (None, None);
        }
    }
    tables.save(&cases).await
}
