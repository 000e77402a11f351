//! [`SendAll`]: many messages, so many at a time.

use std::{
    fmt,
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Waker, ready},
    thread,
    time::Duration,
};

use futures_core::Stream;
use tokio::{
    sync::{
        Mutex,
        mpsc::{self, error::TryRecvError},
        watch,
    },
    time::{Sleep, sleep},
};

use crate::{
    error::{Error, ErrorKind, Result},
    message::{Message, Money, Receipt},
    provider::{
        SmsProvider,
        summary::{PriceOf, Sent, Summary},
    },
};

/// Sends the messages of a stream, several at a time, and hands out the result of each as it ends. It is
/// a stream itself; [`next`](Self::next) does without the traits.
///
/// Nothing begins before it is asked for. Messages are taken from the stream as others end, and at most 64
/// more than are sent at a time are in memory. Backpressure: unread results delay new sends. A message that
/// has begun runs to its end in a task of its own, even if this is dropped. A provider that panics makes
/// that message's outcome unknown; a stream that panics has ended.
#[must_use = "nothing is sent before `next` is called"]
pub struct SendAll<P, S> {
    work: Option<Work<P, S>>, // none once the tasks have it
    concurrency: usize,
    stopped: watch::Sender<bool>,
    ended: Option<mpsc::Receiver<Sent>>,
    /// `true` if something came since the last pause, and the pause.
    busy: bool,
    pause: Option<Pin<Box<Sleep>>>,
    summary: Summary,
    price: Option<PriceOf>,
    progress: Option<OnProgress>,
}

type OnProgress = Box<dyn FnMut(&Summary) + Send>;

impl<P, S> SendAll<P, S>
where
    P: SmsProvider + Clone,
    S: Stream<Item = Message> + Send + 'static,
{
    pub(super) fn new(provider: P, messages: S) -> Self {
        let source = Mutex::new(Source { messages: Some(Box::pin(messages)), index: 0 });
        Self {
            work: Some(Work { provider, source }),
            concurrency: 32,
            stopped: watch::Sender::new(false),
            ended: None,
            busy: false,
            pause: None,
            summary: Summary::default(),
            price: None,
            progress: None,
        }
    }

    /// Sets the number of messages in flight: 1 to 65,536, 32 by default.
    pub fn with_concurrency(mut self, most: usize) -> Self {
        self.concurrency = most.clamp(1, 65_536);
        self
    }

    /// Sets the price of a message, for the summary, where the provider does not say it at once.
    pub fn with_price(
        mut self,
        price: impl Fn(&Message) -> Option<Money> + Send + 'static,
    ) -> Self {
        self.price = Some(Box::new(price));
        self
    }

    /// Sets a function that is called after each message, with the summary of all that ended so far.
    pub fn on_progress(mut self, progress: impl FnMut(&Summary) + Send + 'static) -> Self {
        self.progress = Some(Box::new(progress));
        self
    }

    /// Begins no more messages. Those that have begun still come.
    pub fn stop(&mut self) {
        self.stopped.send_replace(true);
    }

    /// Returns the summary of the messages that have ended.
    #[must_use]
    pub const fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Returns the result of the next message to end, in whatever order; `None` after the last. May be
    /// dropped at any time and called again.
    pub async fn next(&mut self) -> Option<Sent> {
        poll_fn(|context| self.poll_sent(context)).await
    }

    fn poll_sent(&mut self, context: &mut Context<'_>) -> Poll<Option<Sent>> {
        if let Some(work) = self.work.take() {
            let (sender, ended) = mpsc::channel(self.concurrency + LAG);
            self.ended = Some(ended);
            let work = Arc::new(work);
            for _ in 0..self.concurrency {
                let (work, stopped) = (Arc::clone(&work), self.stopped.subscribe());
                tokio::spawn(Lane { work, sender: sender.clone(), stopped }.run());
            }
        }
        let sent = ready!(self.poll_ended(context));
        if let Some(sent) = &sent {
            self.summary.add(sent, self.price.as_ref());
            if let Some(progress) = &mut self.progress {
                progress(&self.summary);
            }
        }
        Poll::Ready(sent)
    }
}

/// Pause between looks at the results: waking the caller for each of thousands a second costs more than
/// sending it.
const PAUSE: Duration = Duration::from_millis(1);

/// Most results that may wait during a pause.
const LAG: usize = 64;

impl<P, S> SendAll<P, S> {
    /// Returns the next that has ended; `None` once all tasks have.
    fn poll_ended(&mut self, context: &mut Context<'_>) -> Poll<Option<Sent>> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
            self.pause = None;
        }
        let Some(ended) = &mut self.ended else { return Poll::Ready(None) };
        if std::mem::take(&mut self.busy) {
            match ended.try_recv() {
                Ok(sent) => {
                    self.busy = true;
                    return Poll::Ready(Some(sent));
                }
                Err(TryRecvError::Disconnected) => return Poll::Ready(None),
                Err(TryRecvError::Empty) => {
                    ready!(self.pause.insert(Box::pin(sleep(PAUSE))).as_mut().poll(context));
                }
            }
        }
        let sent = ready!(ended.poll_recv(context));
        self.busy = sent.is_some();
        Poll::Ready(sent)
    }
}

/// Provider and the messages still to be sent.
struct Work<P, S> {
    provider: P,
    source: Mutex<Source<S>>,
}

struct Source<S> {
    messages: Option<Pin<Box<S>>>, // none once it has ended, or nobody wants to hear of more
    index: u64,
}

/// One of the tasks that send. It ends with the messages, or when nobody wants to hear of more; after a panic
/// of the provider another takes its place.
struct Lane<P, S>
where
    P: SmsProvider + Clone,
    S: Stream<Item = Message> + Send + 'static,
{
    work: Arc<Work<P, S>>,
    sender: mpsc::Sender<Sent>,
    stopped: watch::Receiver<bool>,
}

impl<P, S> Lane<P, S>
where
    P: SmsProvider + Clone,
    S: Stream<Item = Message> + Send + 'static,
{
    async fn run(mut self) {
        let provider = self.work.provider.clone();
        // A place for the result comes first, so that what has begun never waits with it.
        while let Ok(place) = self.sender.clone().reserve_owned().await {
            let Some((index, message)) = self.work.next(&mut self.stopped).await else { return };
            let mut running = Running { index, message: Some(message), place: Some(place) };
            if let Some(message) = &running.message {
                let result = provider.send(message).await;
                running.end(result);
            }
        }
    }
}

impl<P, S> Drop for Lane<P, S>
where
    P: SmsProvider + Clone,
    S: Stream<Item = Message> + Send + 'static,
{
    fn drop(&mut self) {
        if thread::panicking() {
            let (work, stopped) = (Arc::clone(&self.work), self.stopped.clone());
            tokio::spawn(Self { work, sender: self.sender.clone(), stopped }.run());
        }
    }
}

impl<P, S: Stream<Item = Message>> Work<P, S> {
    /// Returns the next message; `None` after the last, and once nobody wants to hear of more. A stream that
    /// takes its time is waited for by one task, and the others wait for that one.
    async fn next(&self, stopped: &mut watch::Receiver<bool>) -> Option<(u64, Message)> {
        let mut source = self.source.lock().await;
        let goes_on = !*stopped.borrow() && stopped.has_changed().is_ok(); // not dropped
        if goes_on && let Poll::Ready(next) = source.poll(&mut Context::from_waker(Waker::noop())) {
            return next;
        }
        let mut stopped = pin!(stopped.wait_for(|stopped| *stopped));
        poll_fn(|context| match stopped.as_mut().poll(context) {
            Poll::Ready(_) => {
                source.messages = None;
                Poll::Ready(None)
            }
            Poll::Pending => source.poll(context),
        })
        .await
    }
}

impl<S: Stream<Item = Message>> Source<S> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<(u64, Message)>> {
        // Taken out, so that a stream that panics has ended.
        let Some(mut messages) = self.messages.take() else { return Poll::Ready(None) };
        let next = messages.as_mut().poll_next(context);
        if !matches!(next, Poll::Ready(None)) {
            self.messages = Some(messages);
        }
        let Some(message) = ready!(next) else { return Poll::Ready(None) };
        self.index += 1;
        Poll::Ready(Some((self.index - 1, message)))
    }
}

/// A message that has begun. It always ends, even if its task panics or the runtime goes.
struct Running {
    index: u64,
    message: Option<Message>, // none once it has ended
    place: Option<mpsc::OwnedPermit<Sent>>,
}

impl Running {
    fn end(&mut self, result: Result<Receipt>) {
        if let (Some(message), Some(place)) = (self.message.take(), self.place.take()) {
            place.send(Sent { index: self.index, message, result });
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
    S: Stream<Item = Message> + Send + 'static,
{
    type Item = Sent;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Sent>> {
        self.get_mut().poll_sent(context)
    }
}

impl<P: fmt::Debug, S> fmt::Debug for SendAll<P, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendAll")
            .field("provider", &self.work.as_ref().map(|work| &work.provider))
            .field("concurrency", &self.concurrency)
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
