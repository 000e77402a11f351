//! [`SendAll`]: many messages, so many at a time.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;
use tokio::sync::mpsc;

use crate::{
    error::{Error, ErrorKind, Outcome, Result},
    message::{Message, Money, Receipt},
    provider::SmsProvider,
    text,
};

/// Sends the messages of a stream, so many at a time, and hands out what became of each as it ends. It is
/// a stream itself; [`next`](Self::next) does without the traits.
///
/// Nothing begins before it is asked for, and there are never more messages in memory than are sent at a
/// time. A message that has begun runs to its end in a task of its own, even if this is dropped.
#[must_use = "nothing is sent before `next` is called"]
pub struct SendAll<P, S> {
    provider: P,
    messages: Option<Pin<Box<S>>>, // none once it has ended
    concurrency: usize,
    running: usize,
    index: u64,
    ended: mpsc::UnboundedReceiver<Sent>, // never more than are running
    sender: mpsc::UnboundedSender<Sent>,
    summary: Summary,
    price: Option<PriceOf>,
    progress: Option<OnProgress>,
}

type OnProgress = Box<dyn FnMut(&Summary) + Send>;

type PriceOf = Box<dyn Fn(&Message) -> Option<Money> + Send>;

/// What became of one message of many.
#[derive(Debug)]
#[non_exhaustive]
pub struct Sent {
    /// Its place in the stream, from 0.
    pub index: u64,
    /// The message.
    pub message: Message,
    /// What became of it.
    pub result: Result<Receipt>,
}

/// What became of many messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// How many a provider took.
    pub sent: u64,
    /// How many are proved not to have been sent, by kind.
    pub failed: Vec<(ErrorKind, u64)>,
    /// How many may have been sent, by kind. **Do not send them again** without a look at each.
    pub unknown: Vec<(ErrorKind, u64)>,
    /// How many segments were taken: as the provider counts them if it says so at once, else by the rule that
    /// [`text::segments`](crate::text::segments) has.
    pub segments: u64,
    /// What they cost, each currency once: by the provider if it says so at once, else by
    /// [`SendAll::with_price`].
    pub cost: Vec<Money>,
}

impl Summary {
    /// How many messages have ended.
    #[must_use]
    pub fn total(&self) -> u64 {
        let sum = |counts: &[(ErrorKind, u64)]| counts.iter().map(|(_, count)| count).sum::<u64>();
        self.sent + sum(&self.failed) + sum(&self.unknown)
    }

    fn add(&mut self, sent: &Sent, price: Option<&PriceOf>) {
        let error = match &sent.result {
            Err(error) => error,
            Ok(receipt) => {
                self.sent += 1;
                let counted = || text::segments(sent.message.text()).count() as u64;
                self.segments += receipt.segments.map_or_else(counted, u64::from);
                if let Some(price) = receipt.price.or_else(|| price?(&sent.message)) {
                    self.spend(price);
                }
                return;
            }
        };
        let counts = match error.outcome() {
            Outcome::NotSent => &mut self.failed,
            Outcome::Unknown => &mut self.unknown,
        };
        match counts.iter_mut().find(|(kind, _)| *kind == error.kind()) {
            Some((_, count)) => *count += 1,
            None => counts.push((error.kind(), 1)),
        }
    }

    fn spend(&mut self, price: Money) {
        match self.cost.iter_mut().find(|cost| cost.currency == price.currency) {
            Some(cost) => cost.amount = cost.amount.saturating_add(price.amount),
            None => self.cost.push(price),
        }
    }
}

impl<P: SmsProvider + Clone, S: Stream<Item = Message>> SendAll<P, S> {
    pub(super) fn new(provider: P, messages: S) -> Self {
        let (sender, ended) = mpsc::unbounded_channel();
        Self {
            provider,
            messages: Some(Box::pin(messages)),
            concurrency: 32,
            running: 0,
            index: 0,
            ended,
            sender,
            summary: Summary::default(),
            price: None,
            progress: None,
        }
    }

    /// How many are sent at a time; 32 if nothing is said, and at least 1.
    pub const fn with_concurrency(mut self, most: usize) -> Self {
        self.concurrency = if most == 0 { 1 } else { most };
        self
    }

    /// What a message costs of which the provider does not say so at once, for the summary.
    pub fn with_price(
        mut self,
        price: impl Fn(&Message) -> Option<Money> + Send + 'static,
    ) -> Self {
        self.price = Some(Box::new(price));
        self
    }

    /// Called after each message with all that ended so far.
    pub fn on_progress(mut self, progress: impl FnMut(&Summary) + Send + 'static) -> Self {
        self.progress = Some(Box::new(progress));
        self
    }

    /// Begins no more messages. Those that have begun still come.
    pub fn stop(&mut self) {
        self.messages = None;
    }

    /// What became of those that have ended.
    #[must_use]
    pub const fn summary(&self) -> &Summary {
        &self.summary
    }

    /// What became of the next message to end, in whatever order; none after the last. May be dropped at any
    /// time and called again.
    pub async fn next(&mut self) -> Option<Sent> {
        std::future::poll_fn(|context| self.poll_sent(context)).await
    }

    fn poll_sent(&mut self, context: &mut Context<'_>) -> Poll<Option<Sent>> {
        while self.running < self.concurrency
            && let Some(messages) = &mut self.messages
        {
            match messages.as_mut().poll_next(context) {
                Poll::Ready(Some(message)) => self.begin(message),
                Poll::Ready(None) => self.messages = None,
                Poll::Pending => break,
            }
        }
        match self.ended.poll_recv(context) {
            Poll::Ready(Some(sent)) => {
                self.running -= 1;
                self.summary.add(&sent, self.price.as_ref());
                if let Some(progress) = &mut self.progress {
                    progress(&self.summary);
                }
                Poll::Ready(Some(sent))
            }
            _ if self.running == 0 && self.messages.is_none() => Poll::Ready(None),
            _ => Poll::Pending,
        }
    }

    fn begin(&mut self, message: Message) {
        let (provider, sender) = (self.provider.clone(), self.sender.clone());
        let mut running = Running { index: self.index, message: Some(message), sender };
        self.index += 1;
        self.running += 1;
        tokio::spawn(async move {
            if let Some(message) = &running.message {
                let result = provider.send(message).await;
                running.end(result);
            }
        });
    }
}

/// A message that has begun. It always ends, even if its task panics or the runtime goes.
struct Running {
    index: u64,
    message: Option<Message>, // none once it has ended
    sender: mpsc::UnboundedSender<Sent>,
}

impl Running {
    fn end(&mut self, result: Result<Receipt>) {
        if let Some(message) = self.message.take() {
            // Nobody may be there to hear it any more.
            let _ = self.sender.send(Sent { index: self.index, message, result });
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end(Err(Error::unknown(ErrorKind::Interrupted)));
    }
}

impl<P, S> Stream for SendAll<P, S>
where
    P: SmsProvider + Clone + Unpin,
    S: Stream<Item = Message>,
{
    type Item = Sent;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Sent>> {
        self.get_mut().poll_sent(context)
    }
}

impl<P: fmt::Debug, S> fmt::Debug for SendAll<P, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendAll")
            .field("provider", &self.provider)
            .field("concurrency", &self.concurrency)
            .field("running", &self.running)
            .field("summary", &self.summary)
            .finish_non_exhaustive()
    }
}

/// The messages of an iterator.
#[derive(Debug)]
pub struct Each<I>(I);

impl<I> Each<I> {
    pub(super) const fn new(messages: I) -> Self {
        Self(messages)
    }
}

impl<I: Iterator<Item = Message> + Unpin> Stream for Each<I> {
    type Item = Message;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Message>> {
        Poll::Ready(self.get_mut().0.next())
    }
}
