//! [`Depth`]: the number of messages that a worker holds at a time; [`Slots`]: how many of them are with a provider.

use std::{sync::Arc, time::Duration};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use anysms::message::Message;

/// Most messages that one worker holds at a time, unless it submits more at a time.
const MOST: usize = 512;

/// Mean time of a message on its way below which more are held, and above which fewer are.
const QUICK: Duration = Duration::from_millis(150);
const SLOW: Duration = Duration::from_millis(400);

/// Number of messages that a worker holds: as many as it submits at a time, and more while they pass quickly, as then
/// they wait for the store, and those that wait for one commit share it.
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
    pub(crate) fn see(&mut self, took: Duration) {
        self.took = self.took.saturating_add(took);
        self.count += 1;
        if (self.count as usize) < self.now {
            return; // a round of all
        }
        let mean = self.took / self.count;
        if mean < QUICK {
            self.now = self.now.saturating_mul(2).min(MOST.max(self.least));
        } else if mean > SLOW {
            self.now = (self.now / 2).max(self.least);
        }
        (self.took, self.count) = (Duration::ZERO, 0);
    }
}

/// Places with the providers: a message of the queue has one while it is submitted, not while the store is written.
#[derive(Clone, Debug)]
pub(crate) struct Slots(Arc<Semaphore>);

impl Slots {
    pub(crate) fn new(most: usize) -> Self {
        Self(Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))))
    }

    /// Waits for a place, where the message has to have one.
    pub(crate) async fn of(message: &Message) -> Option<OwnedSemaphorePermit> {
        let Self(slots) = message.extensions().get::<Self>()?;
        Arc::clone(slots).acquire_owned().await.ok() // never closed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(depth: &mut Depth, rounds: usize, took: Duration) -> usize {
        for _ in 0..rounds {
            (0..depth.now()).for_each(|_| depth.see(took));
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
}
