//! [`Pace`]: the speed of a worker while its provider is in trouble.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use anysms::{
    error::{Error, Outcome, Result},
    message::Receipt,
};

/// Lets a worker go at full speed until nothing goes through any more, and then with one message at a time, a
/// second apart at first and then twice as long: 30 seconds at most, and 5 where no provider was asked. The first
/// that goes through ends it. What is not claimed meanwhile is neither tried nor in doubt.
#[derive(Debug, Default)]
pub(crate) struct Pace(Mutex<Trouble>);

#[derive(Debug, Default)]
struct Trouble {
    /// Number of failures in a row.
    failures: u32,
    pause: Duration,
    /// Time at which the next may be tried.
    until: Option<Instant>,
}

/// Number of failures in a row from which on the provider counts as in trouble.
const MOST: u32 = 10;

const LONGEST: Duration = Duration::from_secs(30);

/// Pause where no provider was asked: a store that cannot be written, a breaker.
pub(crate) const SOON: Duration = Duration::from_secs(5);

impl Pace {
    /// Returns the number of messages that may be claimed, with room for `free` more and `busy` on their
    /// way.
    pub(crate) fn allowed(&self, free: usize, busy: usize) -> usize {
        match self.lock().until {
            None => free,
            Some(until) if busy == 0 && until <= Instant::now() => free.min(1),
            Some(_) => 0,
        }
    }

    /// Takes the result of a send.
    pub(crate) fn see(&self, sent: &Result<Receipt>) {
        let mut trouble = self.lock();
        match sent {
            Err(error) if is_trouble(error) => {
                let unasked = error.is_by_layer() && error.outcome() == Outcome::NotSent;
                trouble.add(Instant::now(), if unasked { SOON } else { LONGEST });
            }
            Err(error) if error.is_by_layer() => {} // says nothing of the provider
            _ => *trouble = Trouble::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Trouble> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner) // no change is made in parts
    }
}

impl Trouble {
    fn add(&mut self, now: Instant, longest: Duration) {
        self.failures += 1;
        // What was on its way before is no further trial.
        let was_tried = self.until.is_none_or(|until| until <= now);
        if self.failures >= MOST && was_tried {
            self.pause = (2 * self.pause).clamp(Duration::from_secs(1), longest);
            self.until = Some(now + self.pause);
        }
    }
}

/// Returns whether the next message would fare the same.
fn is_trouble(error: &Error) -> bool {
    error.blame().hits_the_next() || error.outcome() == Outcome::Unknown && !error.is_by_layer()
}

#[cfg(test)]
mod tests {
    use anysms::error::ErrorKind;

    use super::*;
    use anysms::{ProviderId, message::MessageKey};

    fn sent() -> Result<Receipt> {
        Ok(Receipt::new(ProviderId::from_static("acme"), None, MessageKey::random()))
    }

    #[tokio::test(start_paused = true)]
    async fn goes_by_single_messages_while_nothing_goes_through() {
        let (pace, down) = (Pace::default(), Error::not_sent(ErrorKind::Connect));
        for _ in 0..9 {
            pace.see(&Err(down.clone()));
        }
        assert_eq!(pace.allowed(32, 0), 32);
        pace.see(&Err(Error::not_sent(ErrorKind::OptedOut).by_layer()));
        for _ in 0..20 {
            pace.see(&Err(down.clone())); // that were on their way
        }
        for pause in [1, 2, 4, 8, 16, 30, 30] {
            tokio::time::advance(Duration::from_millis(pause * 1_000 - 1)).await;
            assert_eq!(pace.allowed(32, 0), 0, "{pause}");
            tokio::time::advance(Duration::from_millis(1)).await;
            assert_eq!((pace.allowed(32, 1), pace.allowed(32, 0)), (0, 1), "{pause}");
            pace.see(&Err(down.clone()));
        }
        for _ in 0..2 {
            tokio::time::advance(LONGEST).await;
            pace.see(&Err(Error::not_sent(ErrorKind::Unavailable).by_layer()));
            tokio::time::advance(SOON - Duration::from_millis(1)).await;
            assert_eq!(pace.allowed(32, 0), 0, "nobody was asked");
            tokio::time::advance(Duration::from_millis(1)).await;
            assert_eq!(pace.allowed(32, 0), 1, "nobody was asked");
        }
        pace.see(&sent());
        assert_eq!(pace.allowed(32, 5), 32);
    }

    #[tokio::test]
    async fn what_the_message_is_to_blame_for_says_that_the_provider_is_there() {
        let pace = Pace::default();
        for _ in 0..9 {
            pace.see(&Err(Error::unknown(ErrorKind::Timeout)));
        }
        pace.see(&Err(Error::not_sent(ErrorKind::InvalidRecipient)));
        pace.see(&Err(Error::not_sent(ErrorKind::Account)));
        assert_eq!(pace.allowed(4, 0), 4);
    }
}
