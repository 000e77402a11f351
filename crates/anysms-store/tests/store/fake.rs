//! A provider that does what it is told to, and keeps what it was asked to send.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use anysms::{
    Capabilities, Error, ErrorKind, Message, MessageId, MessageStatus, ProviderId, Receipt, Result,
    SmsProvider, async_trait,
    webhook::{Authenticity, StatusUpdate},
};

pub(crate) const ACME: ProviderId = ProviderId::from_static("acme");

type Answer = Arc<dyn Fn(u32, &Message) -> Result<()> + Send + Sync>;

/// Takes every message under the next id, unless its answer says otherwise.
#[derive(Clone)]
pub(crate) struct Fake {
    answer: Answer,
    count: Arc<AtomicU32>,
    pub(crate) sent: Arc<Mutex<Vec<Message>>>,
}

impl Fake {
    pub(crate) fn new() -> Self {
        Self::answering(|_, _| Ok(()))
    }

    /// Answers so to the calls, which are numbered from 1.
    pub(crate) fn answering(
        answer: impl Fn(u32, &Message) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self { answer: Arc::new(answer), count: Arc::default(), sent: Arc::default() }
    }

    /// Fails so often with this, and then takes all.
    pub(crate) fn failing(times: u32, error: &Error) -> Self {
        let error = error.clone();
        Self::answering(move |call, _| if call <= times { Err(error.clone()) } else { Ok(()) })
    }

    pub(crate) fn calls(&self) -> u32 {
        self.count.load(Ordering::SeqCst)
    }
}

impl std::fmt::Debug for Fake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fake")
    }
}

#[async_trait]
impl SmsProvider for Fake {
    fn id(&self) -> ProviderId {
        ACME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        let call = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        self.sent.lock().unwrap().push(message.clone());
        tokio::task::yield_now().await;
        (self.answer)(call, message)?;
        Ok(Receipt::new(ACME, Some(remote(call)), message.key().clone()))
    }
}

/// The id that the provider gives to its so-many-th message.
pub(crate) fn remote(call: u32) -> MessageId {
    MessageId::new(ACME, &format!("A{call}")).unwrap()
}

pub(crate) fn timed_out() -> Error {
    Error::unknown(ErrorKind::Timeout).with_provider(ACME)
}

pub(crate) fn busy() -> Error {
    Error::not_sent(ErrorKind::RateLimited).with_provider(ACME)
}

/// News of a message: a word, or a word and a code.
pub(crate) fn news(id: &MessageId, word: &str) -> StatusUpdate {
    let (word, code) = word.split_once(' ').map_or((word, None), |(word, code)| (word, Some(code)));
    let failure =
        code.map(|code| anysms::message::DeliveryFailure::new(ErrorKind::Unreachable, code));
    StatusUpdate::new(id.clone(), MessageStatus::from_word(word), failure, Authenticity::Full)
}
