//! [`Depth`]: the number of messages that a worker holds at a time; [`Slots`]: how many of them are with a provider.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use anysms::message::Message;

/// Most messages that one worker holds at a time, unless it submits more at a time.
const MOST: usize = 512;

/// Mean time of a message on its way below which more are held, and above which fewer are.
const QUICK: Duration = Duration::from_millis(150);
const SLOW: Duration = Duration::from_millis(400);

/// Wait for a place with a provider that counts as one.
const LONG_WAIT: Duration = Duration::from_millis(20);

/// Number of messages that a worker holds: as many as it submits at a time, and more while they pass quickly and none
/// waits for a provider. Then they wait for the store, and those that wait for one commit share it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Depth {
    least: usize,
    now: usize,
    took: Duration,
    count: u32,
}

impl Depth {
    pub(crate) const fn new(least: usize) -> Self {
        Self { least, now: least, took: Duration::ZERO, count: 0 }
    }

    pub(crate) const fn now(&self) -> usize {
        self.now
    }

    /// Takes the time that one message was on its way.
    pub(crate) fn see(&mut self, took: Duration, slots: &Slots) {
        self.took = self.took.saturating_add(took);
        self.count += 1;
        if (self.count as usize) < self.now {
            return; // a round of all
        }
        let (mean, waited) = (self.took / self.count, slots.waited());
        if waited || mean > SLOW {
            self.now = (self.now / 2).max(self.least);
        } else if mean < QUICK {
            self.now = self.now.saturating_mul(2).min(MOST.max(self.least));
        }
        (self.took, self.count) = (Duration::ZERO, 0);
    }
}

/// Places with the providers: a message of the queue has one while it is submitted, not while the store is written.
#[derive(Clone, Debug)]
pub(crate) struct Slots {
    free: Arc<Semaphore>,
    waited: Arc<AtomicBool>,
}

impl Slots {
    pub(crate) fn new(most: usize) -> Self {
        let free = Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
        Self { free, waited: Arc::default() }
    }

    /// Returns whether a message has waited for a place since this was last asked.
    fn waited(&self) -> bool {
        self.waited.swap(false, Ordering::Relaxed)
    }

    /// Waits for a place, where the message has to have one.
    pub(crate) async fn of(message: &Message) -> Option<OwnedSemaphorePermit> {
        let Self { free, waited } = message.extensions().get::<Self>()?;
        let mut slot = pin!(Arc::clone(free).acquire_owned());
        if let Ok(slot) = timeout(LONG_WAIT, &mut slot).await {
            return slot.ok(); // never closed
        }
        waited.store(true, Ordering::Relaxed);
        slot.await.ok()
    }
}

#[cfg(test)]
mod tests {
    use anysms::PhoneNumber;

    use super::*;

    fn after(depth: &mut Depth, rounds: usize, took: Duration) -> usize {
        let slots = Slots::new(32);
        for _ in 0..rounds {
            (0..depth.now()).for_each(|_| depth.see(took, &slots));
        }
        depth.now()
    }

    #[test]
    fn holds_more_while_messages_pass_quickly() {
        let mut depth = Depth::new(32);
        assert_eq!(after(&mut depth, 1, Duration::from_millis(5)), 64);
        assert_eq!(after(&mut depth, 9, Duration::from_millis(100)), 512);
        assert_eq!(after(&mut depth, 9, Duration::from_millis(200)), 512);
        assert_eq!(after(&mut depth, 9, Duration::from_secs(1)), 32);
        assert_eq!(after(&mut Depth::new(2_000), 9, Duration::ZERO), 2_000);
    }

    #[tokio::test(start_paused = true)]
    async fn holds_fewer_once_one_waits_for_a_provider() {
        let (mut depth, slots) = (Depth::new(1), Slots::new(1));
        depth.see(Duration::ZERO, &slots);
        assert_eq!(depth.now(), 2);
        let mut message = Message::new("+447700900123".parse::<PhoneNumber>().unwrap(), "");
        message.extensions_mut().insert(slots.clone());
        let held = Slots::of(&message).await;
        let second = tokio::time::timeout(Duration::from_secs(1), Slots::of(&message)).await;
        assert!(held.is_some() && second.is_err());
        (0..2).for_each(|_| depth.see(Duration::ZERO, &slots));
        assert_eq!(depth.now(), 1);
    }
}
