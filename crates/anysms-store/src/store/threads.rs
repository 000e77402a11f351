//! Threads: the messages between two addresses, who takes care of them, and answers.

use jiff::Timestamp;

use anysms::{
    TenantId,
    error::Result,
    message::{Address, Cursor, MessageKey, Page, Text},
};

use crate::{
    Enqueued, Entry, MessageStore, Thread, ThreadFilter, ThreadId,
    backend::{
        Backend,
        operation::{ChangeThread, ReadThread, RebuildThreads, Reply},
    },
    model::{policy::storable_name, thread::ThreadEnds},
    protocol::threads::ThreadChange,
};

impl<B: Backend> MessageStore<B> {
    /// Returns one page of at most 1,000 threads, those with the latest message first, each with its unread count and
    /// its last message.
    ///
    /// A thread that gets a message meanwhile moves to the front, and is not on a later page.
    ///
    /// ```
    /// use anysms::{Message, PhoneNumber};
    /// use anysms_store::{MessageStore, ThreadFilter, ThreadState};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = MessageStore::memory();
    /// let to: PhoneNumber = "+447700900123".parse()?;
    /// let message = Message::new(to, "Your table is ready").with_sender("+15555550100".parse()?);
    /// store.enqueue(&[message], None).await?;
    /// let open = ThreadFilter::new().without_tenant().with_state(ThreadState::Open);
    /// let page = store.threads(&open, 50, None).await?;
    /// assert_eq!(page.items[0].last.text.as_deref(), Some("Your table is ready"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// - `InvalidRequest`: the cursor is not of this store.
    /// - `Unavailable`: the store cannot be read.
    pub async fn threads(
        &self,
        filter: &ThreadFilter,
        most: u32,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Thread>> {
        self.backend.threads(filter, most.clamp(1, 1_000), cursor).await
    }

    /// Returns the thread of a tenant between an own address and a remote one; `None` if there is none. `local` is
    /// `None` for messages that named no sender.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be read.
    pub async fn thread(
        &self,
        tenant: Option<&TenantId>,
        local: Option<&Address>,
        remote: &Address,
    ) -> Result<Option<Thread>> {
        self.backend.thread_between(&ThreadEnds::new(tenant, local, remote)).await
    }

    /// Returns a thread by its place; `None` if there is none. Compare its tenant before you show it: places are
    /// numbers that can be guessed.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be read.
    pub async fn thread_by_id(&self, id: ThreadId) -> Result<Option<Thread>> {
        self.backend.thread(id).await
    }

    /// Returns one page of at most 1,000 messages of a thread in both directions, the latest first. Empty if there is
    /// no such thread.
    ///
    /// # Errors
    /// - `InvalidRequest`: the cursor is not of this store.
    /// - `Unavailable`: the store cannot be read.
    pub async fn thread_messages(
        &self,
        id: ThreadId,
        most: u32,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Entry>> {
        self.sweep().await;
        self.backend.thread_entries(id, most.clamp(1, 1_000), cursor).await
    }

    /// Enqueues an answer from the own address of a thread to its remote one, and opens the thread.
    ///
    /// The key makes it safe to repeat, as with [`enqueue`](Self::enqueue): the same answer again is the same entry,
    /// and opens nothing that was closed since.
    ///
    /// ```
    /// use anysms::{Message, PhoneNumber, message::MessageKey};
    /// use anysms_store::{MessageStore, ThreadFilter};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = MessageStore::memory();
    /// let to: PhoneNumber = "+447700900123".parse()?;
    /// store.enqueue(&[Message::new(to, "Your table is ready")], None).await?;
    /// let thread = store.threads(&ThreadFilter::new(), 1, None).await?.items.remove(0);
    /// let key: MessageKey = "answer-17".parse()?;
    /// store.reply(thread.id, "We keep it for you", &key).await?;
    /// assert_eq!(store.thread_messages(thread.id, 50, None).await?.items.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// - `NotFound`: there is no such thread.
    /// - `InvalidRequest`: nothing can be sent to its remote address, or from its own.
    /// - `Conflict`: the key was already used for a different message.
    /// - `Unavailable`: the store cannot be written.
    pub async fn reply(
        &self,
        id: ThreadId,
        text: impl Into<Text>,
        key: &MessageKey,
    ) -> Result<Enqueued> {
        let queued = self.backend.run(Reply(id, text.into(), key.clone())).await??;
        self.backend.signal().raise();
        Ok(queued)
    }

    /// Marks all inbound messages of a thread as read and returns how many were not before.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be written.
    pub async fn mark_thread_read(&self, id: ThreadId) -> Result<u64> {
        self.backend.run(ReadThread(id)).await
    }

    /// Sets who takes care of a thread, at most 255 bytes; `None` for nobody. Returns the thread; `None` if there is
    /// none.
    ///
    /// # Errors
    /// - `InvalidRequest`: the name is empty, too long, or has control characters.
    /// - `Unavailable`: the store cannot be written.
    pub async fn assign(&self, id: ThreadId, assignee: Option<&str>) -> Result<Option<Thread>> {
        let assignee = assignee.map(|name| storable_name("assignee", name)).transpose()?;
        self.change_thread(id, ThreadChange::Assign(assignee)).await
    }

    /// Sets the subject of a thread, at most 255 bytes; `None` for none. Returns the thread; `None` if there is none.
    ///
    /// # Errors
    /// - `InvalidRequest`: the subject is empty, too long, or has control characters.
    /// - `Unavailable`: the store cannot be written.
    pub async fn set_subject(&self, id: ThreadId, subject: Option<&str>) -> Result<Option<Thread>> {
        let subject = subject.map(|text| storable_name("subject", text)).transpose()?;
        self.change_thread(id, ThreadChange::Subject(subject.map(Text::from))).await
    }

    /// Closes a thread and returns it; `None` if there is none. The next inbound message opens it again; an outbound
    /// one does not, unless it is a [reply](Self::reply).
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be written.
    pub async fn close(&self, id: ThreadId) -> Result<Option<Thread>> {
        self.change_thread(id, ThreadChange::Close).await
    }

    /// Opens a thread that is closed or snoozed and returns it; `None` if there is none.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be written.
    pub async fn reopen(&self, id: ThreadId) -> Result<Option<Thread>> {
        self.change_thread(id, ThreadChange::Reopen).await
    }

    /// Puts a thread aside until a time, or until an inbound message comes, and returns it; `None` if there is none.
    ///
    /// # Errors
    /// - `InvalidRequest`: the time has passed.
    /// - `Unavailable`: the store cannot be written.
    pub async fn snooze(&self, id: ThreadId, until: Timestamp) -> Result<Option<Thread>> {
        self.change_thread(id, ThreadChange::Snooze(until)).await
    }

    async fn change_thread(&self, id: ThreadId, change: ThreadChange) -> Result<Option<Thread>> {
        self.backend.run(ChangeThread(id, change)).await?
    }

    /// Makes threads anew from their messages, of a tenant or, with `None`, of all: last messages and unread counts.
    /// States, assignees and subjects stay.
    ///
    /// No threads need it that this crate wrote; rows that were written or removed by hand do. It goes in
    /// transactions of about 5,000 messages, and again does no harm.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be written; what was done before stays.
    pub async fn rebuild_threads(&self, tenant: Option<&TenantId>) -> Result<()> {
        let mut after = None;
        loop {
            let part = RebuildThreads(tenant.cloned(), after);
            after = self.backend.run(part).await?;
            if after.is_none() {
                return Ok(());
            }
        }
    }
}
