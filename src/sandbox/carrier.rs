//! [`Carrier`]: the messages, and what becomes of them, whichever vendor's words are spoken.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    sync::{mpsc, watch},
    time::timeout,
};

use crate::{
    message::{MessageId, MessageStatus, Text, WebUrl},
    number::PhoneNumber,
    sandbox::{Fault, code::code_in, ring::Ring},
};

/// Fate of the messages to a number.
///
/// See what a program does when a message does not arrive:
///
/// ```
/// # #[cfg(feature = "twilio")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
///
/// use anysms::{Message, MessageStatus, PhoneNumber, SmsProvider, twilio::{Twilio, TwilioConfig}};
/// use anysms::sandbox::{Fate, Sandbox};
///
/// let (sandbox, to) = (Sandbox::start().await?, "+447700900123".parse::<PhoneNumber>()?);
/// sandbox.set_fate(to, Fate::Undelivered(30003));
/// let sms = Twilio::new(&TwilioConfig::sandbox(&sandbox))?;
/// let id = sms.send(&Message::new(to, "Hello")).await?.id.expect("the sandbox gives ids");
/// let failed = MessageStatus::Undelivered;
/// let message = sandbox.wait_for(&id, &failed, Duration::from_secs(5)).await?;
/// assert_eq!(message.error_code, Some(30003));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "twilio"))]
/// # fn main() {}
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fate {
    /// They arrive.
    #[default]
    Delivered,
    /// The carrier takes them and never reports.
    Sent,
    /// The carrier reports that they did not arrive, with the vendor's error code.
    Undelivered(u32),
    /// They never leave the provider, with the vendor's error code.
    Failed(u32),
}

/// A message, as the sandbox carries it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Carried {
    /// The id that the vendor's half gave it.
    pub id: MessageId,
    /// Sender, as submitted; empty where a pool has not picked yet.
    pub from: Text,
    /// Recipient.
    pub to: PhoneNumber,
    /// The pool it was submitted to.
    pub pool: Option<String>,
    /// The text.
    pub text: Text,
    /// Number of segments it was cut into, by the vendor's rule, when it was submitted. A message with media
    /// is not cut.
    pub segments: usize,
    /// Its media: the id that the vendor's half gave each, and its address.
    pub media: Vec<(String, WebUrl)>,
    /// Status.
    pub status: MessageStatus,
    /// The vendor's error code, if it did not arrive.
    pub error_code: Option<u32>,
    /// Callback to report to; `None` if it has none.
    pub callback: Option<Callback>,
    /// Calls of the callback so far, in the order in which they were made.
    pub reports: Vec<CallbackReport>,
    /// Time to send it; `None` for at once.
    pub send_at: Option<Timestamp>,
    /// Time at which it was submitted.
    pub created_at: Timestamp,
    /// Time of its last change.
    pub updated_at: Timestamp,
    /// Number of changes of its status.
    pub changes: u32,
    /// Fault of its callbacks; `None` if they are as they should be.
    pub(super) fault: Option<Fault>,
    /// `true` if its timeline and its callbacks are over.
    pub(super) over: bool,
}

impl Carried {
    /// Creates a message that was just submitted.
    #[must_use]
    pub fn new(
        id: MessageId,
        to: PhoneNumber,
        text: impl Into<String>,
        status: MessageStatus,
    ) -> Self {
        let now = Timestamp::now();
        Self {
            id,
            from: Text::default(),
            to,
            pool: None,
            text: text.into().into(),
            segments: 1,
            media: Vec::new(),
            status,
            error_code: None,
            callback: None,
            reports: Vec::new(),
            send_at: None,
            created_at: now,
            updated_at: now,
            changes: 0,
            fault: None,
            over: false,
        }
    }

    /// Returns the one-time code of the text; `None` if it seems to have none.
    ///
    /// ```
    /// use anysms::{MessageId, MessageStatus, ProviderId, sandbox::Carried};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let id = MessageId::new(ProviderId::from_static("acme"), "1")?;
    /// let to = "+447700900123".parse()?;
    /// let message = Carried::new(id, to, "Your code is 123-456", MessageStatus::Sent);
    /// assert_eq!(message.code().as_deref(), Some("123456"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn code(&self) -> Option<String> {
        code_in(&self.text)
    }
}

/// Address to which the status of a message is reported.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Callback {
    /// The address.
    pub url: WebUrl,
    /// `true` if everything goes into the query of a GET.
    pub get: bool,
}

impl Callback {
    /// Creates a callback by POST, or by GET.
    #[must_use]
    pub const fn new(url: WebUrl, get: bool) -> Self {
        Self { url, get }
    }
}

/// A call of a callback.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallbackReport {
    /// Status that was reported.
    pub status: MessageStatus,
    /// HTTP status of the answer; `None` if there was none.
    pub answer: Option<u16>,
    /// Time at which the answer was there, or given up.
    pub at: Timestamp,
}

impl CallbackReport {
    /// Returns `true` if the callback took it: it answered 2xx.
    #[must_use]
    pub fn was_taken(&self) -> bool {
        self.answer.is_some_and(|answer| (200..300).contains(&answer))
    }
}

/// The messages of a sandbox. A vendor's half submits, finds and changes them here.
#[derive(Debug)]
pub struct Carrier {
    shared: Arc<Shared>,
    fault: Option<Fault>,
    taken: Mutex<Vec<MessageId>>,
}

#[derive(Debug)]
struct Shared {
    messages: Mutex<Ring>,
    fates: Mutex<HashMap<PhoneNumber, Fate>>,
    submitted: mpsc::UnboundedSender<MessageId>,
    changed: watch::Sender<()>,
}

impl Carrier {
    pub(super) fn new(submitted: mpsc::UnboundedSender<MessageId>, most: usize) -> Self {
        let shared = Shared {
            messages: Mutex::new(Ring::new(most)),
            fates: Mutex::default(),
            submitted,
            changed: watch::Sender::new(()),
        };
        Self { shared: Arc::new(shared), fault: None, taken: Mutex::default() }
    }

    /// Creates a handle on the same carrier for one submission, with the fault of the callbacks of what it
    /// takes.
    pub(super) fn for_one(&self, fault: Option<Fault>) -> Self {
        Self { shared: Arc::clone(&self.shared), fault, taken: Mutex::default() }
    }

    /// Takes a message, and starts its timeline.
    pub fn submit(&self, mut message: Carried) {
        let id = message.id.clone();
        message.fault = self.fault;
        lock(&self.taken).push(id.clone());
        lock(&self.shared.messages).push(message);
        self.shared.changed.send_replace(());
        let _ = self.shared.submitted.send(id); // fails only once the sandbox is gone
    }

    /// Returns the message of this id; `None` if there is none.
    #[must_use]
    pub fn find(&self, id: &MessageId) -> Option<Carried> {
        lock(&self.shared.messages).get(id).cloned()
    }

    /// Returns all messages, newest first.
    #[must_use]
    pub fn all(&self) -> Vec<Carried> {
        lock(&self.shared.messages).newest().cloned().collect()
    }

    /// Changes a message, if the closure says yes to it. Returns it as it is then.
    pub fn change(
        &self,
        id: &MessageId,
        change: impl FnOnce(&mut Carried) -> bool,
    ) -> Option<Carried> {
        let mut messages = lock(&self.shared.messages);
        let message = messages.get_mut(id)?;
        if !change(message) {
            return None;
        }
        message.updated_at = Timestamp::now();
        let message = message.clone();
        drop(messages);
        self.shared.changed.send_replace(());
        Some(message)
    }

    /// Keeps a call of a message's callback.
    pub(super) fn reported(&self, id: &MessageId, status: MessageStatus, answer: Option<u16>) {
        if let Some(message) = lock(&self.shared.messages).get_mut(id) {
            message.reports.push(CallbackReport { status, answer, at: Timestamp::now() });
        }
        self.shared.changed.send_replace(());
    }

    /// Forgets a message.
    pub fn remove(&self, id: &MessageId) {
        lock(&self.shared.messages).remove(id);
        self.shared.changed.send_replace(());
    }

    /// Forgets all messages.
    pub(super) fn clear(&self) {
        lock(&self.shared.messages).clear();
        self.shared.changed.send_replace(());
    }

    /// Returns the newest message that fits; `None` if none does.
    pub(super) fn newest(&self, fits: impl Fn(&Carried) -> bool) -> Option<Carried> {
        lock(&self.shared.messages).newest().find(|message| fits(message)).cloned()
    }

    /// Waits for the newest message that fits; `None` if none does in time.
    pub(super) async fn wait_for(
        &self,
        fits: impl Fn(&Carried) -> bool,
        within: Duration,
    ) -> Option<Carried> {
        let mut changes = self.changes();
        let found = async {
            loop {
                match self.newest(&fits) {
                    Some(message) => return message,
                    None => drop(changes.changed().await), // the sender lives as long as `self`
                }
            }
        };
        timeout(within, found).await.ok()
    }

    /// Returns the fate of messages to this number.
    #[must_use]
    pub fn fate(&self, to: PhoneNumber) -> Fate {
        lock(&self.shared.fates).get(&to).copied().unwrap_or_default()
    }

    pub(super) fn set_fate(&self, to: PhoneNumber, fate: Fate) {
        lock(&self.shared.fates).insert(to, fate);
    }

    /// Wakes up whenever a message came or changed.
    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.shared.changed.subscribe()
    }

    /// Ends a message: nothing more happens to it.
    pub(super) fn end(&self, id: &MessageId) {
        let mut messages = lock(&self.shared.messages);
        if let Some(message) = messages.get_mut(id) {
            message.over = true;
        }
        drop(messages);
        self.shared.changed.send_replace(());
    }

    /// Waits until nothing more happens to what was taken here.
    pub(super) async fn ended(&self) {
        let mut changes = self.changes();
        let taken = std::mem::take(&mut *lock(&self.taken));
        for id in taken {
            while self.find(&id).is_some_and(|message| !message.over) {
                drop(changes.changed().await); // the sender lives as long as `self`
            }
        }
    }
}

/// Locks; a poisoned lock is taken all the same, as every change under it is a single assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
