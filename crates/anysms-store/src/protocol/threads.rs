//! Threads: what their changes do, and [`ThreadTables`], the tables of threads within one transaction.
//!
//! Messages come into their threads where they are inserted, so that whoever sees a message sees its thread.

use async_trait::async_trait;
use jiff::Timestamp;

use anysms::{
    Destination, Sender, TenantId,
    error::{Error, ErrorKind, Result},
    message::{Address, Message, MessageKey, Text},
};

use crate::{
    Enqueued, Thread, ThreadId, ThreadState,
    model::policy::StorePolicy,
    protocol::{
        queue::{self, Enqueue},
        transaction::Tables,
    },
};

/// Tables of threads.
#[async_trait]
pub(crate) trait ThreadTables: Send {
    /// Reads a thread, and keeps other transactions from changing it.
    async fn thread(&mut self, id: ThreadId) -> Result<Option<Thread>>;

    /// Writes the state, the assignee, the subject and the marks of a thread.
    async fn save_thread(&mut self, thread: &Thread) -> Result<()>;

    /// Marks all inbound messages of a thread as read. Returns the number of messages that were unread.
    async fn mark_thread_read(&mut self, id: ThreadId) -> Result<u64>;

    /// Makes a part of the threads anew from their messages, of a tenant or of all: those behind a remote address.
    /// Returns the last remote address of the part; `None` if it was the last part.
    async fn rebuild_threads(
        &mut self,
        tenant: Option<&TenantId>,
        after: Option<&str>,
    ) -> Result<Option<String>>;
}

/// Change of a thread by a person.
#[derive(Clone, Debug)]
pub(crate) enum ThreadChange {
    Assign(Option<String>),
    Close,
    Reopen,
    Snooze(Timestamp),
    Subject(Option<Text>),
}

impl Thread {
    /// Returns the thread as it is at a time: a snooze that is over is none.
    pub(crate) fn at(mut self, now: Timestamp) -> Self {
        if self.state == ThreadState::Snoozed && self.snoozed_until.is_none_or(|until| until <= now)
        {
            self.open(now);
        }
        self
    }

    /// Opens it. One that was closed begins a session.
    pub(crate) fn open(&mut self, now: Timestamp) {
        if self.state == ThreadState::Closed {
            self.opened_at = now;
        }
        (self.state, self.snoozed_until) = (ThreadState::Open, None);
    }

    /// Changes it.
    pub(crate) fn change(&mut self, change: &ThreadChange, now: Timestamp) {
        match change {
            ThreadChange::Assign(assignee) => self.assignee.clone_from(assignee),
            ThreadChange::Subject(subject) => self.subject.clone_from(subject),
            ThreadChange::Reopen => self.open(now),
            ThreadChange::Close if self.state == ThreadState::Closed => {}
            ThreadChange::Close => {
                self.closed_at = Some(now);
                (self.state, self.snoozed_until) = (ThreadState::Closed, None);
            }
            ThreadChange::Snooze(until) => {
                self.open(now);
                (self.state, self.snoozed_until) = (ThreadState::Snoozed, Some(whole(*until)));
            }
        }
    }
}

/// Returns a time in whole microseconds, as every backend keeps it.
fn whole(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time)
}

/// Changes a thread and returns it; `None` if there is no such thread.
pub(crate) async fn change(
    tables: &mut dyn Tables,
    id: ThreadId,
    change: &ThreadChange,
) -> Result<Option<Thread>> {
    let now = tables.now();
    if let ThreadChange::Snooze(until) = change
        && *until <= now
    {
        return Err(Error::not_sent(ErrorKind::InvalidRequest)
            .with_detail("until: has passed; give a time to come, or reopen the thread"));
    }
    let Some(thread) = tables.thread(id).await? else { return Ok(None) };
    let mut changed = thread.clone().at(now);
    changed.change(change, whole(now));
    if changed != thread {
        tables.save_thread(&changed).await?;
    }
    Ok(Some(changed))
}

/// Enqueues a message to the remote end of a thread, and opens the thread if the message is new.
pub(crate) async fn reply(
    tables: &mut dyn Tables,
    policy: StorePolicy,
    id: ThreadId,
    text: &Text,
    key: &MessageKey,
) -> Result<Enqueued> {
    let now = tables.now();
    let Some(thread) = tables.thread(id).await? else {
        return Err(Error::not_sent(ErrorKind::NotFound)
            .with_detail("thread: no such thread; it may have been erased")
            .by_layer());
    };
    let message = answer(&thread, text, key)?;
    let mut queued = queue::enqueue(tables, policy, &[Enqueue { message, at: None }]).await?;
    let none = || Error::not_sent(ErrorKind::Other).with_detail("store: no answer");
    let queued = queued.pop().ok_or_else(none)??;
    // The same again is a repetition, and opens nothing that was closed since.
    if matches!(queued, Enqueued::Queued(_)) && thread.state != ThreadState::Open {
        let mut opened = thread;
        opened.open(now);
        tables.save_thread(&opened).await?;
    }
    Ok(queued)
}

/// Returns the message that answers in a thread.
fn answer(thread: &Thread, text: &Text, key: &MessageKey) -> Result<Message> {
    let refused =
        |detail| Error::not_sent(ErrorKind::InvalidRequest).with_detail(detail).by_layer();
    let to: Destination = thread.remote.to_string().parse().map_err(|_| {
        refused("thread: its remote address takes no message; only numbers and Messenger users do")
    })?;
    let mut message = Message::new(to, text.as_str()).with_key(key.clone());
    message = match &thread.local {
        None => message,
        Some(Address::OnChannel(_, number)) => message.with_sender(Sender::Number(*number)),
        Some(local) => message.with_sender(
            local
                .to_string()
                .parse()
                .map_err(|_| refused("thread: its own address is no sender; send a message"))?,
        ),
    };
    Ok(match &thread.tenant {
        Some(tenant) => message.with_tenant(tenant.clone()),
        None => message,
    })
}
