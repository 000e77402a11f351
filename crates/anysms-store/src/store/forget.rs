//! Purge and erasure.

use anysms::{error::Result, number::PhoneNumber};

use crate::{
    MessageStore, PurgeReport, Retention,
    backend::{
        Backend,
        operation::{Erase, EraseChallenges, PurgeSome, Sweep},
    },
};

impl<B: Backend> MessageStore<B> {
    /// Removes texts, numbers and messages whose time is over, in transactions of at most 5,000 messages. Call it
    /// once a day, or leave it to the [`Runner`](crate::Runner).
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use anysms_store::{MessageStore, Retention};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> anysms::Result<()> {
    /// let store = MessageStore::memory();
    /// let year = Duration::from_secs(365 * 24 * 60 * 60);
    /// let report = store.purge(&Retention::default().with_messages(year)).await?;
    /// assert_eq!(report.messages, 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be written; what was removed before stays removed.
    pub async fn purge(&self, retention: &Retention) -> Result<PurgeReport> {
        let mut all = PurgeReport::default();
        while self.backend.run(Sweep(1_000)).await? {}
        loop {
            let purge = retention.at(self.backend.clock().now(), self.backend.policy().keys);
            let (some, more) = self.backend.run(PurgeSome(purge)).await?;
            all.texts += some.texts;
            all.numbers += some.numbers;
            all.messages += some.messages;
            all.challenges += some.challenges;
            if !more {
                if all != PurgeReport::default() {
                    self.backend.scrub().await?;
                }
                return Ok(all);
            }
        }
    }

    /// Erases a number and the texts of the messages to and from it, and returns how many messages that were.
    ///
    /// Cancels messages that wait to be sent to it, and removes its challenges of one-time codes. Costs and counts stay,
    /// and so do its suppressions. Takes the retention of the store, so that messages are found whose number is a hash by
    /// its secret.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be written, or if SQLite's journal cannot be emptied as a reader holds it: the
    /// store has erased it then, and a copy is left in the file beside it. Erase again.
    pub async fn erase(&self, number: PhoneNumber, retention: &Retention) -> Result<u64> {
        let (mut all, addresses) = (0, retention.addresses(number));
        self.backend.run(EraseChallenges(number)).await?;
        loop {
            let (some, more) = self.backend.run(Erase(addresses.clone())).await?;
            all += some;
            if !more {
                self.backend.scrub().await?;
                return Ok(all);
            }
        }
    }
}
