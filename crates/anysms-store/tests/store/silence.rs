//! Providers that say nothing, or too much, when they are asked about attempts.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use anysms::{
    AccountId, AccountKey, Capabilities, Message, MessageId, MessageRecord, MessageStatus, Query,
    Receipt, Result, SmsProvider, async_trait,
    message::{Address, Cursor, Direction, Page},
};
use anysms_store::{AttemptOutcome, Reconciler, RecordExt};
use tokio::time::Instant;

use crate::{
    carrier::Carrier,
    fake::{ACME, timed_out},
    memory_backend, message,
};

/// An account whose list never comes, or never ends.
#[derive(Clone, Debug)]
struct Strange {
    pages: Option<u32>,
    asked: Arc<AtomicU32>,
}

impl Strange {
    /// Hangs, or has so many pages.
    fn new(pages: Option<u32>) -> Self {
        Self { pages, asked: Arc::default() }
    }
}

#[async_trait]
impl SmsProvider for Strange {
    fn id(&self) -> anysms::ProviderId {
        ACME
    }

    fn capabilities(&self) -> Capabilities {
        let mut can = Capabilities::default();
        (can.fetch, can.list) = (true, true);
        can
    }

    fn account(&self, _: &Message) -> Option<AccountKey> {
        Some(AccountKey::new(ACME, AccountId::from("strange")))
    }

    async fn send(&self, _: &Message) -> Result<Receipt> {
        Err(timed_out())
    }

    async fn list(&self, query: &Query) -> Result<Page<MessageRecord>> {
        let asked = self.asked.fetch_add(1, Ordering::SeqCst);
        let Some(pages) = self.pages else { return std::future::pending().await };
        let id = MessageId::new(ACME, &format!("S{asked}")).unwrap();
        let mut record = MessageRecord::new(id, MessageStatus::Delivered);
        record.direction = Some(Direction::Outbound);
        record.to = query.to.as_ref().map(Address::from);
        record.text = Some("something else".into());
        record.created_at = Some(anysms::Timestamp::now());
        let next = (asked < pages).then(|| Cursor::new(asked.to_string()));
        Ok(Page::new(vec![record], next))
    }
}

/// Attempts of which nobody knows: many of the strange account, and one of another.
async fn unknown_of(strange: &Strange, store: &anysms_store::MessageStore) -> Carrier {
    let sms = strange.clone().recorded(store).unwrap();
    for key in 0..30 {
        sms.send(&message(&format!("s{key}"))).await.unwrap_err();
    }
    let carrier = Carrier::answering(Some("A"), |_| Err(timed_out()));
    let other = message("k").with_destination(crate::number(124));
    carrier.clone().recorded(store).unwrap().send(&other).await.unwrap_err();
    carrier.keep("A-9", &other, Direction::Outbound);
    store.skip(Duration::from_secs(31));
    carrier
}

#[tokio::test(start_paused = true)]
async fn an_account_that_hangs_is_asked_once_in_a_round_and_holds_up_no_other() {
    let store = memory_backend().await.store;
    let strange = Strange::new(None);
    let carrier = unknown_of(&strange, &store).await;
    let both = Reconciler::new(store.clone()).with_provider(strange.clone()).with_provider(carrier);
    let start = Instant::now();
    let done = both.run_once().await.unwrap();
    assert!(start.elapsed() <= Duration::from_secs(150), "{:?}", start.elapsed());
    assert_eq!((done.settled, done.failed, strange.asked.load(Ordering::SeqCst)), (1, 30, 1));
    let history = store.history(None, message("k").key()).await.unwrap().unwrap();
    assert_eq!(history.attempts[0].outcome, Some(AttemptOutcome::Accepted));
    assert_eq!(history.entry.remote, Address::from(crate::number(124)));
    // They come again.
    store.skip(Duration::from_secs(61));
    assert_eq!(both.run_once().await.unwrap().failed, 30);
}

#[tokio::test]
async fn a_list_without_end_is_looked_through_so_far_and_proves_nothing() {
    let store = memory_backend().await.store;
    let strange = Strange::new(Some(u32::MAX));
    let carrier = unknown_of(&strange, &store).await;
    let both = Reconciler::new(store.clone()).with_provider(strange.clone()).with_provider(carrier);
    let done = both.run_once().await.unwrap();
    assert_eq!((done.settled, strange.asked.load(Ordering::SeqCst)), (1, 30 * 20));
    let history = store.history(None, message("s0").key()).await.unwrap().unwrap();
    assert_eq!(history.attempts[0].outcome, Some(AttemptOutcome::Unknown));
}
