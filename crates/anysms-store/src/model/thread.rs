//! [`Thread`]: all messages between one own address and one remote one; [`ThreadFilter`]: a choice of threads.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use anysms::{
    TenantId,
    message::{Address, Direction, Text},
};

use crate::{Entry, EntryId, Progress};

/// Thread: the messages of a tenant between one own address and one remote address, in both directions.
///
/// There is one thread for each pair of addresses of a tenant. Closing it starts no new one: `opened_at` and
/// `closed_at` mark where a session begins and ends within it.
///
/// The own address is the sender that a message asks for. A message that leaves the choice to a pool is in the thread
/// of the pool, whichever number the provider picks, and one without a sender is in the thread without an own address:
/// which number sent it becomes known later, if at all, and a thread that changed its address could be taken for
/// another. An answer to the number is in the thread of the number; [`ThreadFilter::with_remote`] finds all threads
/// with a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Thread {
    /// Place in the store.
    pub id: ThreadId,
    /// Tenant; `None` where a program has no tenants.
    pub tenant: Option<TenantId>,
    /// Own address: a sender, a pool, or the address to which inbound messages came. `None` if its messages named no
    /// sender.
    pub local: Option<Address>,
    /// Other end: the recipient or the writer.
    pub remote: Address,
    /// State now. A snooze whose time is over counts as open.
    pub state: ThreadState,
    /// Time at which a snoozed thread wakes; `None` unless it is snoozed.
    pub snoozed_until: Option<Timestamp>,
    /// Person or team that takes care of it, in the program's own words.
    pub assignee: Option<String>,
    /// Subject, in the program's own words.
    pub subject: Option<Text>,
    /// Number of inbound messages that are not read.
    pub unread: u64,
    /// Time at which it was opened: by its first message, or by the last reopening.
    pub opened_at: Timestamp,
    /// Time at which it was last closed; `None` if it never was. Before `opened_at` if it was reopened since.
    pub closed_at: Option<Timestamp>,
    /// Time the last message was written down.
    pub last_at: Timestamp,
    /// Last message, as far as it is kept.
    pub last: LastMessage,
}

/// Last message of a thread, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LastMessage {
    /// Place of the message in the store.
    pub entry: EntryId,
    /// Direction: outbound or inbound.
    pub direction: Direction,
    /// Progress of the delivery; `None` for an inbound message.
    pub status: Option<Progress>,
    /// Text, as far as the policy keeps it.
    pub text: Option<Text>,
}

/// State of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ThreadState {
    /// Somebody has to look at it, or may.
    Open,
    /// Done. An inbound message opens it again.
    Closed,
    /// Put aside until a time, or until an inbound message comes.
    Snoozed,
}

impl ThreadState {
    /// All, each at the place of its number in the tables.
    const ALL: [(Self, &str); 3] =
        [(Self::Open, "open"), (Self::Closed, "closed"), (Self::Snoozed, "snoozed")];

    /// Returns the state as a word, such as `open`. Part of the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    pub(crate) const fn number(self) -> i64 {
        self as i64
    }

    pub(crate) fn from_number(number: i64) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).map(|(state, _)| *state)
    }
}

impl fmt::Display for ThreadState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Place of a thread in one store. It stays the same for as long as the thread has a message.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct ThreadId(pub(crate) i64);

impl fmt::Display for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Filter of threads to list. Empty: all, of every tenant.
///
/// Each field has an index, within a tenant; the rest of the fields narrow what that finds.
///
/// ```
/// use anysms_store::{ThreadFilter, ThreadState};
///
/// let mine = ThreadFilter::new().with_tenant("clinic-17".parse()?).with_assignee("desk-2");
/// let open = mine.with_state(ThreadState::Open).unread();
/// assert!(open.unread);
/// # Ok::<(), anysms::message::TenantIdError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ThreadFilter {
    /// Only threads of this tenant; `Some(None)` for those that have none.
    pub tenant: Option<Option<TenantId>>,
    /// Only threads in this state now.
    pub state: Option<ThreadState>,
    /// Only threads of this assignee; `Some(None)` for those that nobody has.
    pub assignee: Option<Option<String>>,
    /// Only threads with an inbound message that is not read.
    pub unread: bool,
    /// Only threads with this remote number or address.
    pub remote: Option<Address>,
    /// Only threads of this address of your own.
    pub local: Option<Address>,
}

impl ThreadFilter {
    /// Returns the filter of all threads.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps only threads of this tenant.
    #[must_use]
    pub fn with_tenant(mut self, tenant: TenantId) -> Self {
        self.tenant = Some(Some(tenant));
        self
    }

    /// Keeps only threads that have no tenant.
    #[must_use]
    pub fn without_tenant(mut self) -> Self {
        self.tenant = Some(None);
        self
    }

    /// Keeps only threads in this state now.
    #[must_use]
    pub const fn with_state(mut self, state: ThreadState) -> Self {
        self.state = Some(state);
        self
    }

    /// Keeps only threads of this assignee.
    #[must_use]
    pub fn with_assignee(mut self, assignee: impl Into<String>) -> Self {
        self.assignee = Some(Some(assignee.into()));
        self
    }

    /// Keeps only threads that nobody has.
    #[must_use]
    pub fn unassigned(mut self) -> Self {
        self.assignee = Some(None);
        self
    }

    /// Keeps only threads with an inbound message that is not read.
    #[must_use]
    pub const fn unread(mut self) -> Self {
        self.unread = true;
        self
    }

    /// Keeps only threads with this remote number or address.
    #[must_use]
    pub fn with_remote(mut self, remote: impl Into<Address>) -> Self {
        self.remote = Some(remote.into());
        self
    }

    /// Keeps only threads of this address of your own.
    #[must_use]
    pub fn with_local(mut self, local: impl Into<Address>) -> Self {
        self.local = Some(local.into());
        self
    }

    /// Returns whether a thread is one of them, as it is now.
    pub(crate) fn matches(&self, thread: &Thread) -> bool {
        self.tenant.as_ref().is_none_or(|wanted| *wanted == thread.tenant)
            && self.state.is_none_or(|wanted| wanted == thread.state)
            && self.assignee.as_ref().is_none_or(|wanted| *wanted == thread.assignee)
            && (!self.unread || thread.unread > 0)
            && self.remote.as_ref().is_none_or(|wanted| *wanted == thread.remote)
            && self.local.as_ref().is_none_or(|wanted| Some(wanted) == thread.local.as_ref())
    }
}

/// Tenant and both ends of a thread as tables have them: empty for none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ThreadEnds {
    pub(crate) remote: String,
    pub(crate) tenant: String,
    pub(crate) local: String,
}

impl ThreadEnds {
    pub(crate) fn new(
        tenant: Option<&TenantId>,
        local: Option<&Address>,
        remote: &Address,
    ) -> Self {
        Self {
            remote: remote.to_string(),
            tenant: tenant.map_or("", TenantId::as_str).to_owned(),
            local: local.map(Address::to_string).unwrap_or_default(),
        }
    }

    pub(crate) fn of(entry: &Entry) -> Self {
        Self::new(entry.tenant.as_ref(), entry.local.as_ref(), &entry.remote)
    }
}

/// Messages of one thread that come or go together.
#[derive(Clone, Debug)]
pub(crate) struct ThreadRow {
    pub(crate) ends: ThreadEnds,
    pub(crate) last_entry: EntryId,
    pub(crate) last_at: Timestamp,
    /// Number of inbound messages among them that are not read.
    pub(crate) unread: i64,
}

impl ThreadRow {
    /// Returns the threads of messages, each once, in the one order in which everybody holds threads.
    pub(crate) fn of<'a>(entries: impl Iterator<Item = &'a Entry>) -> Vec<Self> {
        let mut all: Vec<Self> = entries.map(Self::one).collect();
        Self::sum(&mut all);
        all
    }

    fn one(entry: &Entry) -> Self {
        Self {
            ends: ThreadEnds::of(entry),
            last_entry: entry.id,
            last_at: entry.created_at,
            unread: is_unread(entry).into(),
        }
    }

    /// Sorts threads, and makes one of those with the same ends.
    pub(crate) fn sum(all: &mut Vec<Self>) {
        all.sort_by(|a, b| a.ends.cmp(&b.ends));
        all.dedup_by(|one, kept| {
            let same = one.ends == kept.ends;
            if same {
                kept.unread += one.unread;
                if one.last_entry > kept.last_entry {
                    (kept.last_entry, kept.last_at) = (one.last_entry, one.last_at);
                }
            }
            same
        });
    }
}

pub(crate) fn is_unread(entry: &Entry) -> bool {
    entry.direction == Direction::Inbound && entry.read_at.is_none()
}
