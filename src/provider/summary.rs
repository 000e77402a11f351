//! [`Sent`] and [`Summary`]: what became of many messages.

use serde::{Serialize, Serializer};

#[cfg(doc)]
use crate::provider::SendAll;
use crate::{
    error::{Error, ErrorKind, Outcome},
    message::{Message, MessageKey, Money, Receipt, TenantId},
    provider_id::ProviderId,
    text,
};

/// Price of a message, where the provider does not say it.
pub(super) type PriceOf = Box<dyn Fn(&Message) -> Option<Money> + Send>;

/// Result of one message of many.
///
/// Serialized for a report: the index, the key, the tenant, and how it ended. Neither the recipient nor the
/// text is in it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Sent {
    /// Its place in the stream, from 0.
    pub index: u64,
    /// The message.
    pub message: Message,
    /// Receipt or error.
    pub result: Result<Receipt, Error>,
}

impl Serialize for Sent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (receipt, error) = (self.result.as_ref().ok(), self.result.as_ref().err());
        let id = receipt.and_then(|receipt| receipt.id.as_ref());
        let provider = receipt.map(|receipt| &receipt.provider);
        Report {
            index: self.index,
            key: self.message.key(),
            tenant: self.message.tenant(),
            outcome: error.map_or("accepted", |error| error.outcome().as_str()),
            earlier: receipt.is_some_and(|receipt| receipt.earlier),
            provider: provider.or_else(|| error?.provider()),
            id: id.map(|id| id.value()),
            status: receipt.map(|receipt| receipt.status.as_str()),
            error: error.map(|error| error.kind().as_str()),
            code: error.and_then(|error| error.code()),
        }
        .serialize(serializer)
    }
}

/// Form in which a result is serialized.
#[derive(Serialize)]
struct Report<'a> {
    index: u64,
    key: &'a MessageKey,
    tenant: Option<&'a TenantId>,
    /// `accepted`, or the outcome of the error: `not_sent`, `unknown`.
    outcome: &'static str,
    earlier: bool,
    provider: Option<&'a ProviderId>,
    id: Option<&'a str>,
    status: Option<&'a str>,
    /// Kind of the error.
    error: Option<&'static str>,
    /// The provider's code of the error.
    code: Option<&'a str>,
}

/// Summary of many messages. No count or sum overflows: each stays at its maximum.
///
/// Serialized, `failed` and `unknown` are maps from the kind of error to the count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// Messages that a provider took.
    pub sent: u64,
    /// Messages that had been sent before under the same key, as a store says: not again, and they cost
    /// nothing now.
    pub earlier: u64,
    /// Messages proved not to have been sent, by kind of error.
    #[serde(serialize_with = "as_map")]
    pub failed: Vec<(ErrorKind, u64)>,
    /// Messages that may have been sent, by kind of error. **Do not send them again** without a look at
    /// each.
    #[serde(serialize_with = "as_map")]
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
        let counts = self.failed.iter().chain(&self.unknown).map(|(_, count)| *count);
        counts.fold(self.sent.saturating_add(self.earlier), u64::saturating_add)
    }

    pub(super) fn add(&mut self, sent: &Sent, price: Option<&PriceOf>) {
        let error = match &sent.result {
            Err(error) => error,
            Ok(receipt) if receipt.earlier => {
                self.earlier = self.earlier.saturating_add(1);
                return;
            }
            Ok(receipt) => {
                self.sent = self.sent.saturating_add(1);
                let counted = || text::segments(sent.message.text()).count() as u64;
                let segments = receipt.segments.map_or_else(counted, u64::from);
                self.segments = self.segments.saturating_add(segments);
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
            Some((_, count)) => *count = count.saturating_add(1),
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

fn as_map<S: Serializer>(counts: &[(ErrorKind, u64)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(counts.iter().map(|(kind, count)| (kind.as_str(), count)))
}
