//! [`MemorySuppressionList`]: a list that is gone when the program ends.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use async_trait::async_trait;

use super::{OptOutDetails, SuppressionList, SuppressionSource};
use crate::{error::Result, number::PhoneNumber};

/// Suppression list in memory, gone when the program ends. A clone is the same list.
///
/// It remembers which sender each recipient told to stop: a START takes back what that sender was told, and
/// what came without a sender. Numbers are compared in their [canonical form](PhoneNumber::canonical).
///
/// Refuse messages to a recipient who asked for it on the phone:
///
/// ```
/// # #[cfg(feature = "layers")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
///
/// use anysms::{Accounts, ErrorKind, Message, PhoneNumber, SmsProvider, layers::LayerExt};
/// use anysms::suppression::{MemorySuppressionList, SuppressionList, SuppressionSource};
///
/// let to: PhoneNumber = "+447700900123".parse()?;
/// let list = Arc::new(MemorySuppressionList::new());
/// list.insert(to, SuppressionSource::Manual).await?;
/// let sms = Accounts::new().suppress(list)?; // or any other provider
/// let error = sms.send(&Message::new(to, "Hello")).await.unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::OptedOut);
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "layers"))]
/// # fn main() {}
/// ```
#[derive(Clone, Default)]
pub struct MemorySuppressionList {
    numbers: Arc<Mutex<Numbers>>,
}

#[derive(Default)]
struct Numbers {
    of: HashMap<PhoneNumber, Vec<OptOut>>,
    /// Count of numbers at which those are removed of which every opt-out is over.
    prune_at: usize,
}

/// Opt-out of one sender's messages.
struct OptOut {
    details: OptOutDetails,
    source: SuppressionSource,
    /// Time at which it ends; `None` for one that stays.
    end: Option<Instant>,
}

/// Minimum count of numbers at which some are removed.
const PRUNE_AT: usize = 1_024;

impl MemorySuppressionList {
    /// Creates an empty list.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Numbers> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner) // no change is made in parts
    }

    fn find_at(&self, number: PhoneNumber, now: Instant) -> Option<SuppressionSource> {
        let numbers = self.lock();
        let known = numbers.of.get(&number.canonical())?.iter();
        known.filter(|one| one.holds(now)).map(|one| one.source).max()
    }

    fn insert_at(
        &self,
        number: PhoneNumber,
        source: SuppressionSource,
        details: &OptOutDetails,
        now: Instant,
    ) {
        let numbers = &mut *self.lock();
        numbers.prune(now);
        let known = numbers.of.entry(number.canonical()).or_default();
        // So long that it cannot be added is for ever.
        let end = details.keep.and_then(|keep| now.checked_add(keep));
        let same = |one: &&mut OptOut| one.details.is_same_sender(details);
        match known.iter_mut().find(same) {
            Some(one) if one.holds(now) => {
                one.source = source.max(one.source);
                one.end = one.end.zip(end).map(|(before, end)| before.max(end));
            }
            Some(one) => (one.source, one.end) = (source, end),
            None => known.push(OptOut { details: details.clone(), source, end }),
        }
    }

    /// Takes back the opt-outs of a number of this source or a lesser one.
    fn take(&self, number: PhoneNumber, up_to: SuppressionSource, all: impl Fn(&OptOut) -> bool) {
        let numbers = &mut *self.lock();
        if let Some(known) = numbers.of.get_mut(&number.canonical()) {
            known.retain(|one| one.source > up_to || !all(one));
            if known.is_empty() {
                numbers.of.remove(&number.canonical());
            }
        }
    }
}

impl OptOut {
    fn holds(&self, now: Instant) -> bool {
        self.end.is_none_or(|end| now < end)
    }
}

impl Numbers {
    fn prune(&mut self, now: Instant) {
        if self.of.len() >= self.prune_at.max(PRUNE_AT) {
            self.of.retain(|_, known| known.iter().any(|one| one.holds(now)));
            self.prune_at = self.of.len() * 2;
        }
    }
}

#[async_trait]
impl SuppressionList for MemorySuppressionList {
    async fn find(&self, number: PhoneNumber) -> Result<Option<SuppressionSource>> {
        Ok(self.find_at(number, Instant::now()))
    }

    async fn insert(&self, number: PhoneNumber, source: SuppressionSource) -> Result<()> {
        self.insert_for(number, source, &OptOutDetails::default()).await
    }

    async fn remove(&self, number: PhoneNumber, up_to: SuppressionSource) -> Result<()> {
        self.take(number, up_to, |_| true);
        Ok(())
    }

    async fn insert_for(
        &self,
        number: PhoneNumber,
        source: SuppressionSource,
        details: &OptOutDetails,
    ) -> Result<()> {
        self.insert_at(number, source, details, Instant::now());
        Ok(())
    }

    async fn remove_for(
        &self,
        number: PhoneNumber,
        up_to: SuppressionSource,
        details: &OptOutDetails,
    ) -> Result<()> {
        self.take(number, up_to, |one| one.details.is_taken_back_by(details));
        Ok(())
    }
}

impl fmt::Debug for MemorySuppressionList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemorySuppressionList").field("len", &self.lock().of.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A STOP of which only the address was signed may be anybody's.
    #[test]
    fn an_opt_out_that_may_be_forged_ends_after_its_time() {
        let (list, now) = (MemorySuppressionList::new(), Instant::now());
        let number = "+447700900123".parse().unwrap();
        let details = |keep| OptOutDetails { keep, ..OptOutDetails::default() };
        let insert = |keep, at| {
            list.insert_at(number, SuppressionSource::Keyword, &details(keep), at);
        };
        let hour = Duration::from_secs(3_600);
        let second = Duration::from_secs(1);
        insert(Some(hour), now);
        assert!(list.find_at(number, now + hour - second).is_some());
        assert!(list.find_at(number, now + hour).is_none());
        insert(Some(hour), now + hour);
        insert(None, now + hour);
        insert(Some(hour), now + hour);
        assert!(list.find_at(number, now + hour * 9).is_some(), "a proved one stays");
        insert(Some(Duration::MAX), now);
    }

    #[test]
    fn opt_outs_that_are_over_take_no_memory() {
        let (list, now) = (MemorySuppressionList::new(), Instant::now());
        let details =
            OptOutDetails { keep: Some(Duration::from_secs(1)), ..OptOutDetails::default() };
        for n in 0..20 * PRUNE_AT as u64 {
            let number = format!("+{}", 447_700_000_000 + n).parse().unwrap();
            let at = now + Duration::from_secs(n);
            list.insert_at(number, SuppressionSource::Keyword, &details, at);
        }
        assert!(list.lock().of.len() <= PRUNE_AT);
    }
}
