//! Operations that tell how messages of the queue ended.

use std::{collections::HashMap, time::Duration};

use jiff::Timestamp;

use anysms::error::Result;

use crate::{
    Entry, EntryId, MessageResult,
    protocol::transaction::{Tables, Which},
};

/// Time for which the ends that one process takes to tell are left to it.
const TELLING: Duration = Duration::from_secs(60);

/// Takes at most `most` ends to tell.
pub(crate) async fn untold(tables: &mut dyn Tables, most: usize) -> Result<Vec<MessageResult>> {
    let again = tables.now().checked_add(TELLING).unwrap_or(Timestamp::MAX);
    let ends = tables.untold(most, again).await?;
    let ids: Vec<EntryId> = ends.iter().map(|(id, _)| *id).collect();
    let cases = tables.load(Which::Entries(&ids)).await?;
    let mut entries: HashMap<EntryId, Entry> =
        cases.into_iter().map(|case| (case.entry.id, case.entry)).collect();
    let result = |(id, end)| Some(MessageResult { end, entry: entries.remove(&id)? });
    Ok(ends.into_iter().filter_map(result).collect())
}
