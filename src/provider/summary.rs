//! [`Sent`] and [`Summary`]: what became of many messages.

#[cfg(doc)]
use crate::provider::SendAll;
use crate::{
    error::{ErrorKind, Outcome, Result},
    message::{Message, Money, Receipt},
    text,
};

/// Price of a message, where the provider does not say it.
pub(super) type PriceOf = Box<dyn Fn(&Message) -> Option<Money> + Send>;

/// Result of one message of many.
#[derive(Debug)]
#[non_exhaustive]
pub struct Sent {
    /// Its place in the stream, from 0.
    pub index: u64,
    /// The message.
    pub message: Message,
    /// Receipt or error.
    pub result: Result<Receipt>,
}

/// Summary of many messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Messages that a provider took.
    pub sent: u64,
    /// Messages that had been sent before under the same key, as a store says: not again, and they cost
    /// nothing now.
    pub earlier: u64,
    /// Messages proved not to have been sent, by kind of error.
    pub failed: Vec<(ErrorKind, u64)>,
    /// Messages that may have been sent, by kind of error. **Do not send them again** without a look at
    /// each.
    pub unknown: Vec<(ErrorKind, u64)>,
    /// Segments taken: as the provider counts them if it says so at once, else as
    /// [`text::segments`](crate::text::segments) does.
    pub segments: u64,
    /// Cost, each currency once: by the provider if it says so at once, else by [`SendAll::with_price`].
    pub cost: Vec<Money>,
}

impl Summary {
    /// Returns the number of messages that have ended.
    #[must_use]
    pub fn total(&self) -> u64 {
        let sum = |counts: &[(ErrorKind, u64)]| counts.iter().map(|(_, count)| count).sum::<u64>();
        self.sent + self.earlier + sum(&self.failed) + sum(&self.unknown)
    }

    pub(super) fn add(&mut self, sent: &Sent, price: Option<&PriceOf>) {
        let error = match &sent.result {
            Err(error) => error,
            Ok(receipt) if receipt.earlier => {
                self.earlier += 1;
                return;
            }
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
