//! A provider that answers what it is told to.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use anysms::{
    Capabilities, Error, ErrorKind, Message, MessageId, MessageRecord, ProviderId, Query, Receipt,
    Result, SmsProvider, async_trait, message::Page, provider::AccountStatus,
};
use tokio::time::Instant;

/// Fails as it is told to, each time the next, and then accepts; every call takes as long as it is told
/// to.
#[derive(Clone, Debug)]
pub(crate) struct Scripted {
    id: ProviderId,
    errors: Arc<Mutex<VecDeque<Error>>>,
    pub(crate) begun: Arc<Mutex<Vec<Instant>>>,
    takes: Duration,
}

impl Scripted {
    pub(crate) fn failing(id: ProviderId, errors: impl IntoIterator<Item = Error>) -> Self {
        let errors = Arc::new(Mutex::new(errors.into_iter().collect()));
        Self { id, errors, begun: Arc::default(), takes: Duration::ZERO }
    }

    pub(crate) fn taking(mut self, time: Duration) -> Self {
        self.takes = time;
        self
    }

    /// How many calls there were.
    pub(crate) fn calls(&self) -> usize {
        self.begun.lock().unwrap().len()
    }

    async fn answer<T>(&self, done: T) -> Result<T> {
        self.begun.lock().unwrap().push(Instant::now());
        let error = self.errors.lock().unwrap().pop_front();
        tokio::time::sleep(self.takes).await;
        error.map_or(Ok(done), Err)
    }
}

#[async_trait]
impl SmsProvider for Scripted {
    fn id(&self) -> ProviderId {
        self.id.clone()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        let id = MessageId::new(self.id.clone(), "1").ok();
        self.answer(Receipt::new(self.id.clone(), id, message.key().clone())).await
    }

    async fn fetch(&self, _: &MessageId) -> Result<MessageRecord> {
        self.answer(()).await.and(Err(Error::not_sent(ErrorKind::NotFound)))
    }

    async fn list(&self, _: &Query) -> Result<Page<MessageRecord>> {
        self.answer(Page::new(Vec::new(), None)).await
    }

    async fn cancel(&self, _: &MessageId) -> Result<()> {
        self.answer(()).await
    }

    async fn check(&self) -> Result<AccountStatus> {
        self.answer(()).await.and(Err(Error::not_sent(ErrorKind::NotFound)))
    }
}
