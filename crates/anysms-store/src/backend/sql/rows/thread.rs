//! Threads: what messages that come or go together change of them, and their rows.

use anysms::{TenantId, message::Address};

use super::{
    column::columns,
    stored::{Stored as _, time},
};
use crate::{
    EntryId, LastMessage, Progress, Thread, ThreadId, ThreadState,
    backend::sql::connection::{Columns, Corrupt, Value},
    backend::sql::rows::json::Cell,
    model::thread::{ThreadEnds, ThreadRow},
};

columns! {
    /// Columns of the messages of a thread that come or go together.
    THREAD: ThreadRow = {
        Fixed ["tenant"] => (Text, |row| Cell::Text(&row.ends.tenant), |row, columns| {
            row.ends.tenant = columns.text()?;
            Ok(())
        });
        Fixed ["local"] => (Text, |row| Cell::Text(&row.ends.local), |row, columns| {
            row.ends.local = columns.text()?;
            Ok(())
        });
        Fixed ["remote"] => (Text, |row| Cell::Text(&row.ends.remote), |row, columns| {
            row.ends.remote = columns.text()?;
            Ok(())
        });
        Fixed ["last_entry"] => last_entry;
        Fixed ["last_at"] => last_at;
        Fixed ["unread"] => unread;
    }
}

/// Columns of a thread, as it is read.
pub(crate) const COLUMNS: &str = "id, tenant, local, remote, state, snoozed_until, assignee, subject, \
     unread, opened_at, closed_at, last_entry, last_at";

/// Reads a thread, with what is selected of its last message behind it.
pub(crate) fn read_thread(row: Vec<Value>) -> Result<Thread, Corrupt> {
    let columns = &mut Columns::new(row);
    let filled = |text: String| Some(text).filter(|text| !text.is_empty());
    let id = ThreadId(columns.int()?);
    let tenant = filled(columns.text()?).map(|name| TenantId::new(&name));
    let local = filled(columns.text()?).map(|text| Address::from_wire(&text));
    let remote = Address::from_wire(&columns.text()?);
    let state = ThreadState::from_number(columns.int()?).ok_or(Corrupt)?;
    let snoozed_until = columns.int_or_none()?.map(time).transpose()?;
    let (assignee, subject) = (columns.text_or_none()?, columns.text_or_none()?);
    let unread = columns.int()?.try_into().unwrap_or_default(); // never less than none
    let opened_at = time(columns.int()?)?;
    let closed_at = columns.int_or_none()?.map(time).transpose()?;
    let (entry, last_at) = (EntryId(columns.int()?), time(columns.int()?)?);
    Ok(Thread {
        id,
        tenant: tenant.transpose().map_err(|_| Corrupt)?,
        local,
        remote,
        state,
        snoozed_until,
        assignee,
        subject: subject.map(Into::into),
        unread,
        opened_at,
        closed_at,
        last_at,
        last: LastMessage {
            entry,
            direction: super::stored::direction(columns.int_or_none()?.unwrap_or_default()),
            status: Option::<Progress>::read(columns)?,
            text: columns.text_or_none()?.map(Into::into),
        },
    })
}

/// Reads the ends of the thread of a message, and how many of its messages are not read.
pub(crate) fn read_ends(columns: &mut Columns) -> Result<ThreadRow, Corrupt> {
    let (tenant, local, remote) = (columns.text()?, columns.text()?, columns.text()?);
    let ends = ThreadEnds { remote, tenant, local };
    let unread = columns.int()?;
    let (last_entry, last_at) = (EntryId::default(), jiff::Timestamp::UNIX_EPOCH);
    Ok(ThreadRow { ends, last_entry, last_at, unread })
}
