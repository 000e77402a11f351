//! A provider that answers what it is told to.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anysms::{
    Capabilities, Error, ErrorKind, Message, MessageId, MessageRecord, PhoneNumber, ProviderId,
    Query, Receipt, Result, SmsProvider, async_trait, message::Page, provider::AccountStatus,
};
use tokio::time::Instant;

pub(crate) const ACME: ProviderId = ProviderId::from_static("acme");

pub(crate) fn message() -> Message {
    message_to("+447700900123")
}

pub(crate) fn message_to(to: &str) -> Message {
    Message::new(to.parse::<PhoneNumber>().unwrap(), "Your table is ready")
}

/// Fails as it is told to, each time the next, and then accepts; every call takes as long as it is told
/// to.
#[derive(Clone, Debug)]
pub(crate) struct Scripted {
    id: ProviderId,
    errors: Arc<Mutex<VecDeque<Error>>>,
    pub(crate) begun: Arc<Mutex<Vec<Instant>>>,
    ended: Arc<AtomicUsize>,
    pub(crate) sent: Arc<Mutex<Vec<Message>>>,
    takes: Duration,
    panics: bool,
}

impl Scripted {
    pub(crate) fn failing(id: ProviderId, errors: impl IntoIterator<Item = Error>) -> Self {
        let errors = Arc::new(Mutex::new(errors.into_iter().collect()));
        Self {
            id,
            errors,
            begun: Arc::default(),
            ended: Arc::default(),
            sent: Arc::default(),
            takes: Duration::ZERO,
            panics: false,
        }
    }

    pub(crate) fn taking(mut self, time: Duration) -> Self {
        self.takes = time;
        self
    }

    pub(crate) fn panicking(mut self) -> Self {
        self.panics = true;
        self
    }

    /// How many calls came to their end.
    pub(crate) fn ended(&self) -> usize {
        self.ended.load(Ordering::SeqCst)
    }

    /// Who was sent to, in order, whatever was answered.
    pub(crate) fn recipients(&self) -> Vec<String> {
        self.sent.lock().unwrap().iter().map(|message| message.destination().to_string()).collect()
    }

    /// How many calls there were.
    pub(crate) fn calls(&self) -> usize {
        self.begun.lock().unwrap().len()
    }

    fn own(&self, id: &MessageId) -> Result<()> {
        let other = || Error::not_sent(ErrorKind::InvalidRequest);
        (*id.provider() == self.id).then_some(()).ok_or_else(other)
    }

    async fn answer<T>(&self, done: T) -> Result<T> {
        self.begun.lock().unwrap().push(Instant::now());
        let error = self.errors.lock().unwrap().pop_front();
        if !self.takes.is_zero() {
            tokio::time::sleep(self.takes).await;
        }
        assert!(!self.panics);
        self.ended.fetch_add(1, Ordering::SeqCst);
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
        self.sent.lock().unwrap().push(message.clone());
        let id = MessageId::new(self.id.clone(), message.key().as_str()).ok();
        self.answer(Receipt::new(self.id.clone(), id, message.key().clone())).await
    }

    async fn fetch(&self, id: &MessageId) -> Result<MessageRecord> {
        self.own(id)?;
        self.answer(()).await.and(Err(Error::not_sent(ErrorKind::NotFound)))
    }

    async fn list(&self, _: &Query) -> Result<Page<MessageRecord>> {
        self.answer(Page::new(Vec::new(), None)).await
    }

    async fn cancel(&self, id: &MessageId) -> Result<()> {
        self.own(id)?;
        self.answer(()).await
    }

    async fn check(&self) -> Result<AccountStatus> {
        self.answer(()).await.and(Err(Error::not_sent(ErrorKind::NotFound)))
    }
}
