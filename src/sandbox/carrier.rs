//! [`Carrier`]: the messages, and what becomes of them, whatever vendor's words are spoken.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};

use crate::{
    message::{MessageId, MessageStatus, Text, WebUrl},
    number::PhoneNumber,
};

/// What becomes of the messages to a number.
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
    /// The id that the vendor's dialect gave it.
    pub id: MessageId,
    /// Who it comes from, as submitted; empty where a pool has not picked yet.
    pub from: Text,
    /// Who it goes to.
    pub to: PhoneNumber,
    /// The pool it was submitted to.
    pub pool: Option<String>,
    /// The text.
    pub text: Text,
    /// How many segments it was cut into, by the vendor's rule, when it was submitted. A message with
    /// media is not cut.
    pub segments: usize,
    /// Its media: the id that the vendor's dialect gave each, and its address.
    pub media: Vec<(String, WebUrl)>,
    /// Where it stands.
    pub status: MessageStatus,
    /// Why it did not arrive: the vendor's error code.
    pub error_code: Option<u32>,
    /// Where to report.
    pub callback: Option<Callback>,
    /// When to send it.
    pub send_at: Option<Timestamp>,
    /// When it was submitted.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// How often its status changed.
    pub changes: u32,
}

impl Carried {
    /// A message that was just submitted.
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
            send_at: None,
            created_at: now,
            updated_at: now,
            changes: 0,
        }
    }
}

/// Where to report what becomes of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Callback {
    /// The address.
    pub url: WebUrl,
    /// Whether everything goes into the query of a GET.
    pub get: bool,
}

impl Callback {
    /// A callback by POST, or by GET.
    #[must_use]
    pub const fn new(url: WebUrl, get: bool) -> Self {
        Self { url, get }
    }
}

/// The messages of a sandbox. A dialect submits, finds and changes them here.
#[derive(Debug)]
pub struct Carrier {
    messages: Mutex<Vec<Carried>>,
    fates: Mutex<HashMap<PhoneNumber, Fate>>,
    submitted: mpsc::UnboundedSender<MessageId>,
    changed: watch::Sender<()>,
}

impl Carrier {
    pub(super) fn new(submitted: mpsc::UnboundedSender<MessageId>) -> Self {
        Self {
            messages: Mutex::default(),
            fates: Mutex::default(),
            submitted,
            changed: watch::Sender::new(()),
        }
    }

    /// Takes a message, and starts its timeline.
    pub fn submit(&self, message: Carried) {
        let id = message.id.clone();
        lock(&self.messages).push(message);
        self.changed.send_replace(());
        let _ = self.submitted.send(id); // fails only once the sandbox is gone
    }

    /// A message of this id.
    #[must_use]
    pub fn find(&self, id: &MessageId) -> Option<Carried> {
        lock(&self.messages).iter().find(|message| message.id == *id).cloned()
    }

    /// All messages, newest first.
    #[must_use]
    pub fn all(&self) -> Vec<Carried> {
        lock(&self.messages).iter().rev().cloned().collect()
    }

    /// Changes a message, if the closure says yes to it. Returns it as it is then.
    pub fn change(
        &self,
        id: &MessageId,
        change: impl FnOnce(&mut Carried) -> bool,
    ) -> Option<Carried> {
        let mut messages = lock(&self.messages);
        let message = messages.iter_mut().find(|message| message.id == *id)?;
        if !change(message) {
            return None;
        }
        message.updated_at = Timestamp::now();
        let message = message.clone();
        drop(messages);
        self.changed.send_replace(());
        Some(message)
    }

    /// Forgets a message.
    pub fn remove(&self, id: &MessageId) {
        lock(&self.messages).retain(|message| message.id != *id);
    }

    /// What becomes of messages to this number.
    #[must_use]
    pub fn fate(&self, to: PhoneNumber) -> Fate {
        lock(&self.fates).get(&to).copied().unwrap_or_default()
    }

    pub(super) fn set_fate(&self, to: PhoneNumber, fate: Fate) {
        lock(&self.fates).insert(to, fate);
    }

    /// Wakes up whenever a message came or changed.
    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }
}

/// A poisoned lock is taken all the same: every change under it is a single assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
