//! [`Carrier`]: accounts, messages, and what becomes of them, whichever vendor's words are spoken.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use jiff::{Timestamp, tz::TimeZone};
use rust_decimal::Decimal;
use tokio::{
    sync::{mpsc, watch},
    time::timeout,
};

use crate::{
    account_id::{AccountId, AccountKey},
    message::{MessageId, Text, WebUrl},
    number::PhoneNumber,
    provider_id::ProviderId,
    sandbox::{
        CallbackReport, Carried, Fate, Fault, RecordStore, SandboxAccount, Used, clock::Clock,
        ring::Ring, state::State, usage::Usage,
    },
};

/// The state of a sandbox: accounts, messages, and what else clients created. A vendor's half finds and
/// changes it here.
#[derive(Debug)]
pub struct Carrier {
    shared: Arc<Shared>,
    fault: Option<Fault>,
    request: Option<Text>,
    taken: Mutex<Vec<MessageId>>,
}

#[derive(Debug)]
struct Shared {
    messages: Mutex<Ring>,
    fates: Mutex<HashMap<PhoneNumber, Fate>>,
    accounts: Mutex<BTreeMap<AccountKey, SandboxAccount>>,
    /// Senders, each with the phones that want to hear no more of it.
    opted_out: Mutex<HashSet<(String, PhoneNumber)>>,
    records: RecordStore,
    usage: Usage,
    clock: Clock,
    submitted: mpsc::UnboundedSender<Errand>,
    changed: watch::Sender<()>,
}

/// Something that the sandbox does by itself.
#[derive(Debug)]
pub(super) enum Errand {
    /// Takes a message along its timeline.
    Deliver(MessageId),
    /// Calls a webhook of a vendor's client.
    Call(ProviderId, WebUrl, Box<http::Request<Bytes>>),
}

impl Shared {
    fn send(&self, errand: Errand) {
        let _ = self.submitted.send(errand); // fails only once the sandbox is gone
    }
}

impl Carrier {
    pub(super) fn new(submitted: mpsc::UnboundedSender<Errand>, most: usize) -> Self {
        let changed = watch::Sender::new(());
        let shared = Shared {
            messages: Mutex::new(Ring::new(most)),
            fates: Mutex::default(),
            accounts: Mutex::default(),
            opted_out: Mutex::default(),
            records: RecordStore::new(changed.clone()),
            usage: Usage::default(),
            clock: Clock::new(Duration::ZERO),
            submitted,
            changed,
        };
        Self { shared: Arc::new(shared), fault: None, request: None, taken: Mutex::default() }
    }

    /// Creates a carrier that delivers nothing.
    #[cfg(test)]
    pub(crate) fn detached() -> Self {
        Self::new(mpsc::unbounded_channel().0, 1_000)
    }

    /// Creates a handle on the same carrier for one request, with the fault of the callbacks of what it takes.
    pub(super) fn for_one(&self, fault: Option<Fault>, request: Option<Text>) -> Self {
        Self { shared: Arc::clone(&self.shared), fault, request, taken: Mutex::default() }
    }

    /// Returns the time of the sandbox.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// Opens an account, or replaces the one of this id.
    pub fn open_account(&self, account: SandboxAccount) {
        let key = AccountKey::new(account.provider.clone(), account.id.clone());
        lock(&self.shared.accounts).insert(key, account);
        self.shared.changed.send_replace(());
    }

    /// Returns the account of this id; `None` if there is none.
    #[must_use]
    pub fn account(&self, provider: &ProviderId, id: &AccountId) -> Option<SandboxAccount> {
        let key = AccountKey::new(provider.clone(), id.clone());
        lock(&self.shared.accounts).get(&key).cloned()
    }

    /// Returns all accounts.
    #[must_use]
    pub fn accounts(&self) -> Vec<SandboxAccount> {
        lock(&self.shared.accounts).values().cloned().collect()
    }

    /// Changes an account. Returns it as it is then; `None` if there is none.
    pub fn change_account(
        &self,
        provider: &ProviderId,
        id: &AccountId,
        change: impl FnOnce(&mut SandboxAccount),
    ) -> Option<SandboxAccount> {
        let key = AccountKey::new(provider.clone(), id.clone());
        let mut accounts = lock(&self.shared.accounts);
        let account = accounts.get_mut(&key)?;
        change(account);
        account.updated_at = self.now();
        let account = account.clone();
        drop(accounts);
        self.shared.changed.send_replace(());
        Some(account)
    }

    /// Closes an account for good: it is gone.
    pub fn remove_account(&self, provider: &ProviderId, id: &AccountId) -> bool {
        let key = AccountKey::new(provider.clone(), id.clone());
        lock(&self.shared.accounts).remove(&key).is_some()
    }

    /// Books what an account used, and takes its price from the balance: a subaccount's from its main
    /// account's.
    pub fn charge(
        &self,
        account: &SandboxAccount,
        category: &str,
        count: u64,
        units: u64,
        price: Decimal,
    ) {
        let (id, day) = (account.id.clone(), self.now().to_zoned(TimeZone::UTC).date());
        let category = category.to_owned();
        self.shared.usage.add(Used { account: id, category, day, count, units, price });
        let payer = account.parent.as_ref().unwrap_or(&account.id);
        let key = AccountKey::new(account.provider.clone(), payer.clone());
        if let Some(payer) = lock(&self.shared.accounts).get_mut(&key) {
            payer.balance -= price;
        }
    }

    /// Returns what all accounts used, by account, category and day.
    #[must_use]
    pub fn usage(&self) -> Vec<Used> {
        self.shared.usage.all()
    }

    /// Returns everything that is kept.
    pub(super) fn state(&self) -> State {
        let shared = &self.shared;
        let mut messages = self.all();
        messages.reverse();
        State {
            skipped: shared.clock.skipped(),
            accounts: self.accounts(),
            records: shared.records.all(),
            usage: shared.usage.all(),
            opted_out: lock(&shared.opted_out).iter().cloned().collect(),
            fates: lock(&shared.fates).iter().map(|(to, fate)| (*to, *fate)).collect(),
            messages,
        }
    }

    /// Takes what was kept, and lets the messages go on that were on their way.
    pub(super) fn restore(&self, state: State) {
        let shared = &self.shared;
        shared.clock.skip(state.skipped);
        for account in state.accounts {
            self.open_account(account);
        }
        shared.records.restore(state.records);
        state.usage.into_iter().for_each(|used| shared.usage.add(used));
        lock(&shared.opted_out).extend(state.opted_out);
        lock(&shared.fates).extend(state.fates);
        for message in state.messages {
            let (id, over) = (message.id.clone(), message.over);
            lock(&shared.messages).push(message);
            if !over {
                shared.send(Errand::Deliver(id));
            }
        }
    }

    /// Returns what clients created beside messages.
    #[must_use]
    pub fn records(&self) -> &RecordStore {
        &self.shared.records
    }

    /// Keeps that a phone wants to hear no more of a sender, or does again.
    pub fn set_opted_out(&self, sender: &str, phone: PhoneNumber, opted_out: bool) {
        let pair = (sender.to_owned(), phone);
        let mut all = lock(&self.shared.opted_out);
        let _ = if opted_out { all.insert(pair) } else { all.remove(&pair) };
    }

    /// Returns `true` if the phone wants to hear no more of the sender.
    #[must_use]
    pub fn opted_out(&self, sender: &str, phone: PhoneNumber) -> bool {
        lock(&self.shared.opted_out).contains(&(sender.to_owned(), phone))
    }

    /// Keeps a message that a phone sent: it has no timeline.
    pub fn keep(&self, mut message: Carried) {
        (message.created_at, message.updated_at) = (self.now(), self.now());
        message.over = true;
        message.history.push((message.status.clone(), message.created_at));
        lock(&self.shared.messages).push(message);
        self.shared.changed.send_replace(());
    }

    /// Takes a message, and starts its timeline.
    pub fn submit(&self, mut message: Carried) {
        let id = message.id.clone();
        message.fault = self.fault;
        message.request.clone_from(&self.request);
        (message.created_at, message.updated_at) = (self.now(), self.now());
        message.history.push((message.status.clone(), message.created_at));
        lock(&self.taken).push(id.clone());
        lock(&self.shared.messages).push(message);
        self.shared.changed.send_replace(());
        self.shared.send(Errand::Deliver(id));
    }

    /// Calls a webhook with an event that belongs to no message, such as one of a conversation, after this
    /// answer is given.
    pub fn call(&self, provider: ProviderId, url: WebUrl, request: http::Request<Bytes>) {
        self.shared.send(Errand::Call(provider, url, Box::new(request)));
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

    /// Returns this many messages, newest first.
    pub(super) fn newest_ones(&self, most: usize) -> Vec<Carried> {
        lock(&self.shared.messages).newest().take(most).cloned().collect()
    }

    /// Says that something changed which is kept elsewhere.
    pub(super) fn touch(&self) {
        self.shared.changed.send_replace(());
    }

    /// Changes a message, if the closure says yes to it. Returns it as it is then.
    pub fn change(
        &self,
        id: &MessageId,
        change: impl FnOnce(&mut Carried) -> bool,
    ) -> Option<Carried> {
        let mut messages = lock(&self.shared.messages);
        let message = messages.get_mut(id)?;
        let before = message.status.clone();
        if !change(message) {
            return None;
        }
        message.updated_at = self.now();
        if message.status != before {
            message.history.push((message.status.clone(), message.updated_at));
        }
        let message = message.clone();
        drop(messages);
        self.shared.changed.send_replace(());
        Some(message)
    }

    /// Keeps a call of a message's callback.
    pub(super) fn reported(&self, id: &MessageId, report: CallbackReport) {
        if let Some(message) = lock(&self.shared.messages).get_mut(id) {
            message.reports.push(report);
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
