//! [`State`]: what the inbox knows beside the sandbox: messages that were read, how they stood when it
//! looked last, and the webhooks that replies were handed to.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anysms::{
    MessageId, MessageStatus, PhoneNumber,
    sandbox::{Carried, Fate, Fault, SandboxHandle, When},
};
use tokio::{sync::broadcast, task::AbortHandle};

/// Name of a part of the page that changed: `list`, `bar`, `phone-447700900123`; `all` for everything.
pub(super) type Tick = String;

/// State that all requests share.
#[derive(Debug)]
pub(super) struct State {
    pub(super) handle: SandboxHandle,
    /// Most messages that are shown.
    pub(super) newest: usize,
    notes: Mutex<Notes>,
    /// The newest messages at the last look of the watch.
    seen: Mutex<Arc<Vec<Carried>>>,
    ticks: broadcast::Sender<Tick>,
    watch: Mutex<Option<AbortHandle>>,
}

#[derive(Debug, Default)]
struct Notes {
    seen: HashMap<MessageId, Seen>,
    read: HashSet<MessageId>,
    webhooks: HashMap<PhoneNumber, String>,
    faults: usize,
}

/// A message, as it was last seen.
#[derive(Debug)]
struct Seen {
    status: MessageStatus,
    reports: usize,
}

impl State {
    pub(super) fn new(handle: SandboxHandle, newest: usize) -> Self {
        let (ticks, _) = broadcast::channel(256);
        Self {
            handle,
            newest,
            notes: Mutex::default(),
            seen: Mutex::default(),
            ticks,
            watch: Mutex::default(),
        }
    }

    /// Looks at the sandbox. Returns its messages, newest first, as many as are shown.
    pub(super) fn look(&self) -> Arc<Vec<Carried>> {
        let all = Arc::new(self.handle.newest(self.newest));
        *lock(&self.seen) = Arc::clone(&all);
        all
    }

    /// Returns the messages of the last look: all that a tick can have told of.
    pub(super) fn last_look(&self) -> Arc<Vec<Carried>> {
        let last = Arc::clone(&lock(&self.seen));
        if last.is_empty() { self.look() } else { last }
    }

    /// Listens for changes of the page's parts.
    pub(super) fn listen(&self) -> broadcast::Receiver<Tick> {
        self.ticks.subscribe()
    }

    /// Says that a part of the page changed.
    pub(super) fn tick(&self, part: impl Into<Tick>) {
        let _ = self.ticks.send(part.into()); // fails where nobody listens
    }

    /// Notes how the messages stand. Returns the parts of the page that changed since the last time.
    pub(super) fn note(&self, messages: &[Carried]) -> BTreeSet<Tick> {
        let mut notes = self.notes();
        let mut changed = BTreeSet::new();
        let faults = self.handle.faults().len();
        if notes.faults != faults {
            notes.faults = faults;
            changed.insert("bar".to_owned());
        }
        for message in messages {
            let now = (&message.status, message.reports.len());
            match notes.seen.get_mut(&message.id) {
                Some(seen) if (&seen.status, seen.reports) == now => continue,
                _ => {
                    let status = message.status.clone();
                    let seen = Seen { status, reports: message.reports.len() };
                    notes.seen.insert(message.id.clone(), seen);
                }
            }
            changed.insert("list".to_owned());
            changed.insert(part_of(phone_of(message)));
        }
        if notes.seen.len() > messages.len() {
            let kept: HashSet<&MessageId> = messages.iter().map(|message| &message.id).collect();
            notes.seen.retain(|id, _| kept.contains(id));
            notes.read.retain(|id| kept.contains(id));
            if messages.len() < self.newest {
                changed.insert("all".to_owned()); // removed, not replaced by newer ones
            }
        }
        changed
    }

    /// Marks messages as read, and says so to all pages if one of them was not.
    pub(super) fn read<'a>(&self, messages: impl Iterator<Item = &'a Carried>) {
        let mut notes = self.notes();
        let mut news = false;
        for message in messages.filter(|message| !message.is_inbound()) {
            news |= notes.read.insert(message.id.clone());
        }
        drop(notes);
        if news {
            self.tick("list");
        }
    }

    /// Returns a test of messages: `true` for one that the program sent and nobody opened.
    pub(super) fn unread(&self) -> impl Fn(&Carried) -> bool + use<> {
        let read = self.notes().read.clone();
        move |message| !message.is_inbound() && !read.contains(&message.id)
    }

    /// Lets submissions go wrong, or requests whose path has this part.
    pub(super) fn inject(&self, path: &str, when: When, fault: Fault) {
        match path {
            "" => self.handle.inject(when, fault),
            path => self.handle.inject_at(path, when, fault),
        }
        self.faults_changed();
    }

    /// Removes all faults.
    pub(super) fn clear_faults(&self) {
        self.handle.clear_faults();
        self.faults_changed();
    }

    /// Says that the faults changed. Notes their number, so that it shows when they are used up.
    fn faults_changed(&self) {
        self.notes().faults = self.handle.faults().len();
        self.tick("bar");
    }

    /// Decides what becomes of messages to a number.
    pub(super) fn set_fate(&self, phone: PhoneNumber, fate: Fate) {
        self.handle.set_fate(phone, fate);
        self.tick(part_of(phone));
    }

    /// Returns what becomes of messages to a number.
    pub(super) fn fate(&self, phone: PhoneNumber) -> Fate {
        self.handle.fate(phone)
    }

    /// Keeps the webhook that a reply to a number was handed to.
    pub(super) fn set_webhook(&self, number: PhoneNumber, url: &str) {
        self.notes().webhooks.insert(number, url.to_owned());
    }

    /// Returns the webhook that the last reply to a number was handed to; empty if that named none.
    pub(super) fn webhook(&self, number: PhoneNumber) -> String {
        self.notes().webhooks.get(&number).cloned().unwrap_or_default()
    }

    /// Keeps the task that watches the sandbox; it ends with this value.
    pub(super) fn watched_by(&self, task: AbortHandle) {
        let before = lock(&self.watch).replace(task);
        if let Some(before) = before {
            before.abort();
        }
    }

    /// Returns `true` if a task watches the sandbox.
    pub(super) fn is_watched(&self) -> bool {
        lock(&self.watch).as_ref().is_some_and(|task| !task.is_finished())
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        lock(&self.notes)
    }
}

impl Drop for State {
    fn drop(&mut self) {
        if let Some(task) = lock(&self.watch).take() {
            task.abort();
        }
    }
}

/// Returns the phone's number of a message.
pub(super) fn phone_of(message: &Carried) -> PhoneNumber {
    match message.is_inbound() {
        true => message.from.parse().unwrap_or(message.to),
        false => message.to,
    }
}

/// Returns the name of the page's part that shows a phone.
pub(super) fn part_of(phone: PhoneNumber) -> Tick {
    format!("phone-{}", phone.digits())
}

/// Locks; a poisoned lock is taken all the same, as every change under it is whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
